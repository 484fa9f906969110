"""Voronoi grains and bicrystals against nearest-seed and KD-tree answers of scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from sim.core.errors import InputError
from sim.numerics.motion import Motion
from sim.numerics.streams import Stream
from sim.specimen.atoms import Atoms
from sim.specimen.crystal.fill import fill
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.defects.polycrystal import (
    VoronoiCell,
    bicrystal,
    polycrystal,
    random_seeds,
    without_crowding,
)
from sim.specimen.shapes.plain import Box, Everything, Sphere

COPPER = Crystal(
    "Cu",
    np.eye(3) * 3.6157,
    np.full(4, 29),
    np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]),
)
IRON = Crystal("Fe", np.eye(3) * 2.866, np.full(2, 26), np.array([[0, 0, 0], [0.5, 0.5, 0.5]]))
SHAPE = Box((30.0, 24.0, 18.0), (4.0, -3.0, 2.0))


def candidates(positions, radius):
    pairs = cKDTree(positions).query_pairs(radius, output_type="ndarray")
    return pairs[:, 0], pairs[:, 1]


def test_every_atom_belongs_to_its_nearest_seed():
    seeds = random_seeds(SHAPE, 7, Stream(3), minimum_distance=6.0)
    atoms = polycrystal(COPPER, SHAPE, seeds, Stream(4))
    np.testing.assert_array_equal(atoms.grain, cKDTree(seeds).query(atoms.positions)[1])
    assert set(atoms.grain) == set(range(7))
    # Nothing is left out: as many atoms as the volume holds of the bulk, but for the surface.
    assert len(atoms) == pytest.approx(30 * 24 * 18 * 4 / 3.6157**3, rel=0.05)


def test_one_motion_for_all_gives_the_crystal_back():
    """Grains of one orientation leave no seam: every lattice atom once."""
    seeds = random_seeds(SHAPE, 5, Stream(9))
    motion = Motion.about_axis([1.0, 0.3, -0.2], 25.0)
    atoms = polycrystal(COPPER, SHAPE, seeds, Stream(4), motions=[motion] * 5, minimum_distance=1.0)
    whole = fill(COPPER, SHAPE, motion=motion)
    assert len(atoms) == len(whole)
    assert cKDTree(atoms.positions).query(whole.positions)[0].max() < 1e-9


def test_grains_are_single_crystals_of_random_orientation():
    seeds = np.array([[-4.0, -3.0, 2.0], [12.0, -2.0, 3.0]])
    atoms = polycrystal([COPPER, IRON], SHAPE, seeds, Stream(4))
    assert set(atoms.numbers[atoms.grain == 0]) == {29}
    assert set(atoms.numbers[atoms.grain == 1]) == {26}
    for grain, bond in ((0, 3.6157 / np.sqrt(2.0)), (1, 2.866 * np.sqrt(0.75))):
        positions = atoms.positions[atoms.grain == grain]
        np.testing.assert_allclose(cKDTree(positions).query(positions, k=2)[0][:, 1], bond, atol=1e-9)
    # The second grain does not know of the first.
    other = polycrystal([IRON, IRON], SHAPE, seeds, Stream(4))
    np.testing.assert_array_equal(other.positions[other.grain == 1], atoms.positions[atoms.grain == 1])
    assert not np.array_equal(polycrystal(IRON, SHAPE, seeds, Stream(5)).positions, other.positions)


def test_boundary_atoms_keep_their_distance_and_no_more_are_taken_than_needed():
    seeds = random_seeds(SHAPE, 6, Stream(3), minimum_distance=6.0)
    crowded = polycrystal(COPPER, SHAPE, seeds, Stream(4))
    atoms = polycrystal(COPPER, SHAPE, seeds, Stream(4), minimum_distance=2.0)
    assert cKDTree(crowded.positions).query(crowded.positions, k=2)[0][:, 1].min() < 1.5
    tree = cKDTree(atoms.positions)
    assert tree.query(atoms.positions, k=2)[0][:, 1].min() > 2.0
    gone = np.flatnonzero(cKDTree(atoms.positions).query(crowded.positions)[0] > 1e-9)
    assert 0 < len(gone) < 0.15 * len(crowded)
    # Every atom taken away was too close to one that stayed.
    assert tree.query(crowded.positions[gone])[0].max() <= 2.0
    again = polycrystal(COPPER, SHAPE, seeds, Stream(4), minimum_distance=2.0, candidates=candidates)
    np.testing.assert_array_equal(again.positions, atoms.positions)


@settings(max_examples=40, deadline=None)
@given(
    points=st.lists(st.tuples(*[st.floats(-3.0, 3.0)] * 3), min_size=2, max_size=40),
    groups=st.integers(1, 4),
    seed=st.integers(0, 2**60),
)
def test_crowding_is_removed_in_one_order(points, groups, seed):
    """The same as going through the atoms one by one in the drawn order."""
    positions = np.array(points)
    group = np.arange(len(points)) % groups
    atoms = Atoms.of(np.full(len(points), 6), positions)
    left = without_crowding(atoms, group, 1.5, Stream(seed))
    rank = Stream(seed).permutation(len(points))
    kept: list[int] = []
    for atom in np.argsort(rank):
        difference = positions[kept] - positions[atom]
        close = (difference**2).sum(axis=1) <= 1.5**2
        if not (close & (group[kept] != group[atom])).any():
            kept.append(int(atom))
    np.testing.assert_array_equal(left.positions, positions[np.sort(kept)])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**60), own=st.integers(0, 4))
def test_cells_have_bounds_and_distances_that_hold(seed, own):
    seeds = random_seeds(SHAPE, 5, Stream(seed))
    cell = VoronoiCell(SHAPE, seeds, own)
    points = np.random.default_rng(seed).uniform([-14, -18, -10], [22, 12, 14], (2000, 3))
    inside = cell.contains(points)
    expected = SHAPE.contains(points) & (cKDTree(seeds).query(points)[1] == own)
    np.testing.assert_array_equal(inside, expected)
    low, high = cell.bounds()
    assert ((points[inside] >= low) & (points[inside] <= high)).all()
    distance = cell.distance(points)
    assert (distance[inside] <= 1e-9).all()
    assert (distance[~inside] >= -1e-9).all()
    turn = Motion.about_axis([1.0, 2.0, 3.0], 50.0)
    np.testing.assert_array_equal(cell.moved(turn).contains(turn.apply(points)), inside)


def test_seeds_lie_inside_apart_and_do_not_depend_on_their_number():
    sphere = Sphere(20.0, (1.0, 2.0, 3.0))
    seeds = random_seeds(sphere, 12, Stream(1), minimum_distance=8.0)
    assert sphere.contains(seeds).all()
    assert cKDTree(seeds).query(seeds, k=2)[0][:, 1].min() >= 8.0
    np.testing.assert_array_equal(random_seeds(sphere, 5, Stream(1), minimum_distance=8.0), seeds[:5])
    with pytest.raises(InputError, match="do not fit; allowed: .* fitted"):
        random_seeds(sphere, 40, Stream(1), minimum_distance=20.0)
    with pytest.raises(InputError, match="has no end"):
        random_seeds(Everything(), 2, Stream(1))


def test_bicrystal_has_its_two_crystals_on_their_sides():
    normal = np.array([2.0, -1.0, 1.0])
    turn = Motion(Rotation.from_rotvec([0.3, 0.2, -0.4]).as_matrix(), np.zeros(3))
    atoms = bicrystal(
        (COPPER, IRON), (Motion.identity(), turn), SHAPE, normal, 3.0, Stream(2), minimum_distance=2.0
    )
    above = atoms.positions @ normal / np.sqrt(6.0) >= 3.0
    np.testing.assert_array_equal(atoms.grain, above.astype(int))
    np.testing.assert_array_equal(atoms.side, above.astype(int))
    np.testing.assert_array_equal(atoms.numbers, np.where(above, 26, 29))
    assert cKDTree(atoms.positions).query(atoms.positions, k=2)[0][:, 1].min() > 2.0
    with pytest.raises(InputError, match="misses the particle"):
        bicrystal((COPPER, IRON), (turn, turn), SHAPE, normal, 90.0, Stream(2))


def test_a_symmetric_tilt_boundary_keeps_the_atoms_in_its_plane():
    """Sigma 5 (310): every 5.7 Å both crystals have a row in the plane, where rounding falls either way."""
    half = 0.5 * np.degrees(np.arccos(0.8))
    turns = tuple(Motion.about_axis((0.0, 0.0, 1.0), angle) for angle in (-half, half))
    box = Box((30.0, 60.0, 30.0))
    for crowding in (0.0, 1.8):
        atoms = bicrystal(
            (COPPER, COPPER), turns, box, (1.0, 0.0, 0.0), 0.0, Stream(2), minimum_distance=crowding
        )
        rows = atoms.positions[np.abs(atoms.positions[:, 0]) < 1e-6]
        period = 3.6157 * np.sqrt(2.5)
        wanted = {(step, layer) for step in range(-5, 6) for layer in range(-8, 9, 2)}
        found = [
            (round(y / period), round(z / (0.5 * 3.6157)))
            for _, y, z in rows.tolist()
            if abs(y / period - round(y / period)) < 1e-6
        ]
        assert sorted(found) == sorted(wanted)
