"""First contacts: against marching in small steps, and compiled kernels against numpy bit for bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.numerics.backend import VARIABLE
from sim.specimen.aggregate import kernels, kernels_numpy
from sim.specimen.aggregate.build import build_aggregate
from sim.specimen.aggregate.settings import AggregateSpecimen, SpeciesSettings


def loose_cluster(seed: int, count: int, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Spheres anywhere in a box, (3, n) and (n,): kernels need no real cluster."""
    random = np.random.default_rng(seed)
    return random.uniform(-size, size, (3, count)), random.uniform(0.3, 1.5, count)


def unit(values: np.ndarray) -> np.ndarray:
    return values / np.linalg.norm(values, axis=-1, keepdims=True)


def flights(seed: int, count: int, radius: float) -> np.ndarray:
    random = np.random.default_rng(seed)
    turns = [unit(random.normal(size=(count, 4))) for _ in range(2)]
    return np.concatenate([*turns, random.uniform(-radius, radius, (count, 2))], axis=1)


def rotation(quaternion: np.ndarray) -> np.ndarray:
    """Matrix by Rodrigues' formula, not by the products of the program."""
    w, axis = quaternion[0], quaternion[1:]
    cross = np.cross(axis, np.eye(3)).T
    return np.eye(3) + 2.0 * w * cross + 2.0 * cross @ cross


def smallest_gap(here, here_touch, there, there_touch) -> float:
    apart = np.linalg.norm(here[:, :, None] - there[:, None, :], axis=0)
    return float((apart - (here_touch[:, None] + there_touch)).min())


def test_flight_ends_at_the_first_contact():
    """At the shift found the spheres just touch; 0.05 Å further out, and 50 Å along, they never do."""
    fixed, fixed_touch = loose_cluster(1, 14, 5.0)
    moving, moving_touch = loose_cluster(2, 9, 4.0)
    rows = flights(3, 40, 8.0)
    shifts = kernels.chosen().approach(fixed, fixed_touch, moving, moving_touch, rows)
    hits = np.isfinite(shifts)
    assert 5 < hits.sum() < 40
    for row, shift in zip(rows, shifts, strict=True):
        here, there = rotation(row[0:4]) @ fixed, rotation(row[4:8]) @ moving
        there[1:] += row[8:10, None]
        start = shift if np.isfinite(shift) else -50.0
        if np.isfinite(shift):
            touching = there + np.array([[shift], [0.0], [0.0]])
            assert abs(smallest_gap(here, fixed_touch, touching, moving_touch)) < 1e-9
        for x in np.arange(start + 0.05, 50.0, 0.11):
            moved = there + np.array([[x], [0.0], [0.0]])
            assert smallest_gap(here, fixed_touch, moved, moving_touch) > 0.0


def arcs(seed: int, moving: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A translation on a circle, or a rotation about an axis, as the kernel takes them."""
    random = np.random.default_rng(seed)
    axis, other = unit(random.normal(size=3)), random.normal(size=3)
    flat = unit(other - axis * (other @ axis))
    point = random.uniform(-2.0, 2.0, 3)
    if kind == "translation":
        radius = 2.5
        outward = np.repeat((radius * flat)[:, None], moving.shape[1], axis=1)
        frame = np.array([*point, *axis, *flat, 2.0 * radius])
    else:
        apart = moving - point[:, None]
        outward = apart - axis[:, None] * (axis @ apart)
        frame = np.array([*point, *axis, 0.0, 0.0, 0.0, 0.0])
    return outward, np.cross(axis, outward.T).T.copy(), frame


@pytest.mark.parametrize("kind", ["translation", "rotation"])
def test_arc_ends_at_the_first_contact(kind):
    """Marching along the arc in 1/1000 turns finds no contact before, and one at, the angle found."""
    met = 0
    for seed in range(10):
        fixed, fixed_touch = loose_cluster(seed, 6, 4.0)
        moving, moving_touch = loose_cluster(seed + 50, 4, 2.0)
        moving = moving + np.array([[6.0], [0.0], [0.0]]) * (kind == "rotation")
        fixed_touch, moving_touch = 0.6 * fixed_touch, 0.6 * moving_touch
        if smallest_gap(fixed, fixed_touch, moving, moving_touch) <= 0.0:
            continue
        outward, onward, frame = arcs(seed, moving, kind)
        none = np.empty((0, 2), dtype=np.int64)
        angle, i, j = kernels.chosen().first_on_arc(
            fixed, fixed_touch, moving, moving_touch, outward, onward, frame, none
        )
        # s = −cot(φ/2), so φ = 2·arccot(−s).
        end = 2.0 * np.arctan2(1.0, -angle) if np.isfinite(angle) else 2.0 * np.pi
        for phi in np.arange(0.0, end - 1e-9, 2.0 * np.pi / 1000):
            moved = moving + outward * (np.cos(phi) - 1.0) + onward * np.sin(phi)
            assert smallest_gap(fixed, fixed_touch, moved, moving_touch) > 0.0
        if np.isfinite(angle):
            met += 1
            moved = moving + outward * (np.cos(end) - 1.0) + onward * np.sin(end)
            gap = np.linalg.norm(moved[:, j] - fixed[:, i]) - (fixed_touch[i] + moving_touch[j])
            assert abs(gap) < 1e-9
    assert met >= 4


def test_known_pairs_are_passed_over_and_others_that_touch_are_told():
    """Two spheres in contact: known, the arc goes on to the third; not known, it is blocked at once."""
    fixed, fixed_touch = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 5.0]]), np.array([1.0, 1.0])
    moving, moving_touch = np.array([[2.0], [0.0], [0.0]]), np.array([1.0])
    outward, onward = np.array([[2.0], [0.0], [0.0]]), np.array([[0.0], [0.0], [2.0]])
    frame = np.array([0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 4.0])
    first_on_arc = kernels.chosen().first_on_arc
    known = np.array([[0, 0]])
    case = (fixed, fixed_touch, moving, moving_touch, outward, onward, frame)
    # Sphere 1 is out of reach: its surface begins at z = 4, the moving one ends at z = 3.
    assert first_on_arc(*case, known)[0] == np.inf
    assert first_on_arc(*case, np.empty((0, 2), dtype=np.int64)) == (-np.inf, 0, 0)
    fixed[2, 1] = 2.0
    angle, i, j = first_on_arc(*case, known)
    # An equilateral triangle of side 2: the moving centre stops 30° above the x axis.
    assert (i, j) == (1, 0)
    assert 2.0 * np.degrees(np.arctan2(1.0, -angle)) == pytest.approx(30.0, abs=1e-9)


needs_numba = pytest.mark.skipif(isinstance(kernels.available(), str), reason="needs numba")


@needs_numba
@pytest.mark.parametrize("sizes", [(1, 1), (5, 2), (37, 20), (400, 150)])
def test_compiled_kernels_give_the_same_bits(sizes):
    """Few pairs and many, which take different ways through the cells."""
    compiled = kernels.available()
    box = 2.5 * sizes[0] ** (1.0 / 3.0)
    fixed, fixed_touch = loose_cluster(7, sizes[0], box)
    moving, moving_touch = loose_cluster(8, sizes[1], box)
    rows = flights(9, 12, 1.5 * box)
    case = (fixed, fixed_touch, moving, moving_touch)
    assert compiled.approach(*case, rows).tolist() == kernels_numpy.approach(*case, rows).tolist()
    for margin in (0.0, 0.5, 50.0):
        assert compiled.touching(*case, margin) == kernels_numpy.touching(*case, margin)
    thin = (fixed, 0.02 * fixed_touch, moving, 0.02 * moving_touch)
    for seed in range(8):
        for kind in ("translation", "rotation"):
            arc = arcs(seed, moving, kind)
            known = np.array([[0, 0]])
            assert compiled.first_on_arc(*thin, *arc, known) == kernels_numpy.first_on_arc(*thin, *arc, known)
            assert compiled.first_on_arc(*case, *arc, known) == kernels_numpy.first_on_arc(*case, *arc, known)


@needs_numba
@pytest.mark.parametrize("rolled", [False, True])
def test_whole_aggregates_have_the_same_bits(rolled, monkeypatch):
    parameters = AggregateSpecimen(
        number=60, first=SpeciesSettings(cluster_size=5.0, median_radius=60.0), overlap=0.1
    ).parameters()
    made = []
    for name in ("numpy", "numba"):
        monkeypatch.setenv(VARIABLE, name)
        made.append(build_aggregate(replace(parameters, rolled=rolled, coordination=4.0), 6))
    assert made[0].centres.tobytes() == made[1].centres.tobytes()
    assert made[0].contacts.tolist() == made[1].contacts.tolist()
