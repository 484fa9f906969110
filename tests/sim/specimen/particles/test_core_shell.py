"""Core-shell particles: who is where, how near, and which lattice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from sim.core.errors import InputError
from sim.numerics.motion import Motion
from sim.numerics.neighbours import nearest_distance
from sim.specimen.crystal.fill import fill
from sim.specimen.crystal.table import builtin
from sim.specimen.particles.core_shell import CORE, SHELL, Offset, core_shell, offset
from sim.specimen.shapes.combined import Union
from sim.specimen.shapes.plain import Box, Ellipsoid, Sphere
from sim.specimen.shapes.polyhedron import Polyhedron

GOLD, SILVER, COPPER = builtin("Au"), builtin("Ag_4.086"), builtin("Cu")
CORNERS = np.array([[9.0, 1.0, -4.0], [-8.0, 7.0, -5.0], [-2.0, -9.0, -6.0], [1.0, 2.0, 12.0]])


def test_shell_atoms_surround_the_core():
    found = core_shell(GOLD, SILVER, outer=Sphere(21.0), thickness=6.0)
    away = np.linalg.norm(found.positions, axis=1)
    np.testing.assert_array_equal(found.grain == CORE, away <= 15.0 + 1e-9)
    np.testing.assert_array_equal(found.numbers, np.where(found.grain == CORE, 79, 47))
    assert away.max() > 20.0


def test_core_keeps_its_lattice_and_shell_its_own():
    """The core is gold's atoms; the shell's are silver's (0.2 % wider), cut at the same radius."""
    found = core_shell(GOLD, SILVER, outer=Sphere(21.0), thickness=6.0, clearance=0.0)
    np.testing.assert_array_equal(found.positions[found.grain == CORE], fill(GOLD, Sphere(15.0)).positions)
    silver = fill(SILVER, Sphere(21.0)).positions
    silver = silver[np.linalg.norm(silver, axis=1) > 15.0]
    np.testing.assert_array_equal(found.positions[found.grain == SHELL], silver)


def test_mismatch_keeps_the_clearance():
    """Copper on gold (11 % shorter bonds): atoms of the shell too near to the core go, others stay."""
    loose = core_shell(GOLD, COPPER, outer=Sphere(25.0), thickness=8.0, clearance=0.0)
    found = core_shell(GOLD, COPPER, outer=Sphere(25.0), thickness=8.0)
    limit = 0.8 * 0.5 * (4.0782 + 3.6157) / np.sqrt(2.0)
    core = loose.positions[loose.grain == CORE]
    shell = loose.positions[loose.grain == SHELL]
    near = cKDTree(core).query(shell)[0] < limit
    assert 0 < near.sum() < 0.3 * len(shell)
    assert nearest_distance(found.positions).min() >= limit
    kept = found.positions[found.grain == SHELL]
    outside = np.linalg.norm(kept, axis=1) > 17.0
    np.testing.assert_array_equal(kept[outside], shell[~near])


@pytest.mark.parametrize("shell", [SILVER, builtin("Au", 0.99), builtin("Au", 1.01)])
def test_lattices_of_different_width_meet_without_vacancies(shell):
    """Every site of the particle's middle keeps its twelve neighbours within 1.25 bonds.

    With a core of 15.2 Å there are gold sites just outside whose counterparts in the narrower shell lie
    inside.
    """
    found = core_shell(GOLD, shell, outer=Sphere(24.0), thickness=8.8)
    tree = cKDTree(found.positions)
    inside = np.linalg.norm(found.positions, axis=1) < 19.0
    near = tree.query_ball_point(found.positions[inside], 1.25 * 4.0782 / np.sqrt(2.0), return_length=True)
    assert near.min() == near.max() == 13


def test_coherent_shell_continues_the_core():
    found = core_shell(GOLD, COPPER, outer=Sphere(20.0), thickness=5.0, coherent=True)
    whole = fill(GOLD, Sphere(20.0))
    assert len(found) == len(whole)
    assert cKDTree(whole.positions).query(found.positions)[0].max() < 1e-9


def test_lattices_turn_together_and_apart():
    turned = Motion.about_axis((1.0, 2.0, 3.0), 25.0)
    found = core_shell(GOLD, SILVER, outer=Sphere(15.0), thickness=4.0, core_motion=turned)
    straight = core_shell(GOLD, SILVER, outer=Sphere(15.0), thickness=4.0)
    assert len(found) == len(straight)
    assert cKDTree(turned.apply(straight.positions)).query(found.positions)[0].max() < 1e-9
    other = core_shell(
        GOLD, SILVER, outer=Sphere(15.0), thickness=4.0, shell_motion=Motion.about_axis((0, 0, 1), 45.0)
    )
    np.testing.assert_array_equal(
        other.positions[other.grain == CORE], straight.positions[straight.grain == CORE]
    )
    # a/sqrt(2) along x instead of a/2 along x and y.
    shell = other.positions[other.grain == SHELL]
    level = shell[np.abs(shell[:, 2]) < 1e-6]
    steps = level / (4.086 * np.sqrt(0.5))
    np.testing.assert_allclose(steps[:, :2], np.round(steps[:, :2]), atol=1e-9)


def test_a_core_off_the_centre():
    inner = Ellipsoid((6.0, 8.0, 10.0), (4.0, -3.0, 1.0))
    found = core_shell(GOLD, SILVER, inner=inner, outer=Sphere(18.0), clearance=0.0)
    np.testing.assert_array_equal(found.grain == CORE, inner.contains(found.positions))


def test_a_core_does_not_reach_out_of_the_particle():
    found = core_shell(GOLD, SILVER, inner=Sphere(10.0, (9.0, 0.0, 0.0)), outer=Sphere(15.0))
    assert np.linalg.norm(found.positions, axis=1).max() <= 15.0 + 1e-9


def test_grown_polyhedra_keep_sharp_edges():
    tetrahedron = Polyhedron.from_points(CORNERS)
    grown = offset(tetrahedron, 3.0)
    assert isinstance(grown, Polyhedron)
    np.testing.assert_allclose(grown.heights, tetrahedron.heights + 3.0)
    back = offset(grown, -3.0)
    np.testing.assert_allclose(np.sort(back.vertices, axis=0), np.sort(tetrahedron.vertices, axis=0))


@settings(max_examples=20, deadline=None)
@given(by=st.floats(-3.0, 6.0), angle=st.floats(-180.0, 180.0))
def test_offset_of_a_sphere_is_a_sphere(by, angle):
    motion = Motion.translation((1.0, 2.0, -3.0)).after(Motion.about_axis((1.0, 0.0, 2.0), angle))
    ours = offset(Sphere(7.0, (2.0, 0.0, 1.0)), by).moved(motion)
    exact = Sphere(7.0 + by, (2.0, 0.0, 1.0)).moved(motion)
    points = np.stack(np.meshgrid(*[np.linspace(-15.0, 15.0, 9)] * 3), axis=-1).reshape(-1, 3)
    np.testing.assert_allclose(ours.distance(points), exact.distance(points), atol=1e-9)
    np.testing.assert_array_equal(ours.contains(points), exact.contains(points))
    low, high = ours.bounds()
    assert np.all(low <= exact.bounds()[0] + 1e-9)
    assert np.all(high >= exact.bounds()[1] - 1e-9)


def test_offset_after_a_strain():
    """Membership goes back through the motion; distances stay below the true ones."""
    strain = Motion.linear(np.array([[1.3, 0.2, 0.0], [0.0, 0.8, 0.1], [0.0, 0.0, 1.0]]))
    union = Union([Sphere(4.0), Box((6.0, 7.0, 8.0), (5.0, 0.0, 0.0))])
    moved = Offset(union, 1.0).moved(strain)
    points = np.stack(np.meshgrid(*[np.linspace(-12.0, 14.0, 27)] * 3), axis=-1).reshape(-1, 3)
    inside = moved.contains(points)
    away = union.distance(strain.inverse.apply(points)) - 1.0
    np.testing.assert_array_equal(inside[np.abs(away) > 1e-8], away[np.abs(away) > 1e-8] < 0.0)
    apart = cKDTree(points[inside]).query(points[~inside])[0]
    assert np.all(moved.distance(points[~inside]) <= apart + 1e-9)
    low, high = moved.bounds()
    assert np.all((points[inside] >= low) & (points[inside] <= high))
    assert len(moved.wireframe()) == len(union.wireframe())


@pytest.mark.parametrize(
    "settings_",
    [
        {"outer": Sphere(10.0), "thickness": 11.0},
        {"outer": Sphere(10.0), "thickness": -1.0},
        {"outer": Sphere(10.0), "thickness": float("nan")},
        {"outer": Sphere(10.0)},
        {"outer": Sphere(10.0), "inner": Sphere(5.0), "thickness": 5.0},
        {"outer": Sphere(10.0), "inner": Sphere(12.0)},
        {"outer": Sphere(10.0), "inner": Sphere(2.0, (30.0, 0.0, 0.0))},
        {"outer": Sphere(30.0), "thickness": 5.0, "most": 100},
        {"outer": Sphere(10.0), "thickness": 3.0, "clearance": -1.0},
        {"outer": Polyhedron.from_points(CORNERS), "thickness": 9.0},
        {"outer": Sphere(10.0), "thickness": 0.01, "inner": None, "clearance": 3.0},
    ],
)
def test_what_cannot_be_is_refused(settings_):
    with pytest.raises(InputError):
        core_shell(GOLD, SILVER, **settings_)
