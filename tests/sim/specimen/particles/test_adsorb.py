"""Surface atoms and molecules that stand on them."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import bulk
from ase.cluster import Octahedron
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from sim.core.errors import InputError
from sim.numerics.streams import Stream
from sim.specimen.crystal.table import SHEETS
from sim.specimen.particles.adsorb import adsorbed
from sim.specimen.particles.molecules import molecule
from sim.specimen.particles.sheets import sheet
from sim.specimen.particles.surface import _neighbourhood, surface


def ball(radius, shift=(0.3, -0.7, 0.2)):
    positions = bulk("Au", "fcc", 4.0782, cubic=True).repeat(int(2 * radius / 4.0) + 3).positions
    positions = positions - positions.mean(axis=0) + np.array(shift)
    return positions[np.linalg.norm(positions, axis=1) <= radius]


def slab():
    """An Au(001) film of 24 × 24 × 5 layers, periodic in the plane, and its box."""
    positions = bulk("Au", "fcc", 4.0782, cubic=True).repeat((6, 6, 2)).positions.copy()
    return positions[positions[:, 2] < 7.0], (6 * 4.0782, 6 * 4.0782)


def search(points, radius):
    pairs = cKDTree(points).query_pairs(radius, output_type="ndarray").astype(np.int64)
    return pairs[:, 1], pairs[:, 0]


BALL = ball(12.0)
SITES = surface(BALL)


def test_surface_is_what_a_rolling_ball_touches():
    """Against the definition with 4000 random directions: nothing wrong, nothing of weight overlooked."""
    rng = np.random.default_rng(3)
    around = rng.normal(size=(4000, 3))
    around /= np.linalg.norm(around, axis=1)[:, None]
    reach = 1.25 * 4.0782 / np.sqrt(2.0)
    tree = cKDTree(BALL)
    free = np.array([np.mean(tree.query(atom + reach * around)[0] > reach - 1e-9) for atom in BALL])
    ours = np.zeros(len(BALL), dtype=bool)
    ours[SITES.atoms] = True
    assert not np.any(ours & (free == 0.0))
    # Only what can be touched from hardly anywhere is overlooked.
    assert np.max(free[~ours]) < 0.02
    assert 0.2 < ours.mean() < 0.6


def test_faces_of_an_octahedron_have_exact_normals():
    """On terraces the vectors from the neighbours add up to the normal by symmetry."""
    cluster = Octahedron("Au", 13)
    positions = cluster.positions - cluster.positions.mean(axis=0)
    found = surface(positions)
    face = np.abs(positions).sum(axis=1) > np.abs(positions).sum(axis=1).max() - 1e-6
    assert np.array_equal(np.sort(found.atoms), np.flatnonzero(face))
    inner = np.min(np.abs(found.positions), axis=1) > 4.1
    assert inner.sum() >= 8
    np.testing.assert_allclose(found.normals[inner], np.sign(found.positions[inner]) / np.sqrt(3), atol=1e-9)


def test_a_search_changes_nothing():
    again = surface(BALL, candidates=search)
    np.testing.assert_array_equal(again.atoms, SITES.atoms)
    np.testing.assert_array_equal(again.normals, SITES.normals)


def test_vacancies_and_holes_of_open_lattices_are_no_surface():
    inside = np.linalg.norm(BALL, axis=1)
    left = np.delete(BALL, np.argmin(inside), axis=0)
    assert len(surface(left)) == len(SITES)
    for symbol, constant in (("C", 3.567), ("Si", 5.43)):
        positions = bulk(symbol, "diamond", constant, cubic=True).repeat(6).positions
        positions = positions - positions.mean(axis=0)
        deep = positions[surface(positions).atoms]
        assert np.all(np.max(np.abs(deep), axis=1) > 3.0 * constant - 0.8 * constant)


def test_gaps_between_layers_are_no_surface():
    """Of three layers of graphene the middle one is covered, except along its rim."""
    atoms = sheet(SHEETS["graphene"], 34.0, 30.0, layers=3, stacking="AB").atoms
    found = surface(atoms.positions)
    hidden = found.atoms[atoms.grain[found.atoms] == 1]
    assert len(hidden) > 0
    inner = np.array([17.0, 15.0]) - np.abs(atoms.positions[hidden][:, :2])
    assert np.all(np.min(inner, axis=1) < 3.0)
    assert np.sum(atoms.grain[found.atoms] != 1) == np.sum(atoms.grain != 1)


def test_neighbourhood_leaves_out_only_what_is_far():
    points = np.random.default_rng(5).uniform(-40.0, 45.0, (3000, 3))
    chosen = np.array([17, 1200, 2999])
    near = _neighbourhood(points, chosen, 9.0)
    within = np.unique(np.concatenate(cKDTree(points).query_ball_point(points[chosen], 9.0)).astype(int))
    assert np.all(np.isin(within, near))
    assert len(near) < 500
    assert np.all(np.diff(near) > 0)


def test_a_periodic_film_has_two_faces_and_no_rim():
    positions, box = slab()
    found = surface(positions, periodic=box)
    heights = positions[:, 2]
    np.testing.assert_array_equal(
        found.atoms, np.flatnonzero((heights < 0.1) | (heights > heights.max() - 0.1))
    )
    np.testing.assert_allclose(np.abs(found.normals[:, 2]), 1.0, atol=1e-9)
    top = found.facing((0.0, 0.0, 2.0))
    assert np.all(top.positions[:, 2] > 5.0)
    assert len(top) == len(found) // 2


def test_a_single_layer_faces_up():
    positions = sheet(SHEETS["graphene"], 30.0, 25.0).atoms.positions
    found = surface(positions)
    assert len(found) == len(positions)
    middle = np.all(np.abs(found.positions[:, :2]) < 8.0, axis=1)
    assert np.all(found.normals[middle, 2] > 0.9)


@given(seed=st.integers(0, 2**31), number=st.integers(0, 40))
@settings(max_examples=15, deadline=None)
def test_molecules_stand_at_their_height_and_keep_their_distances(seed, number):
    water = molecule("H2O")
    found = adsorbed(SITES, water, Stream(seed, "test"), number=number, height=2.3, gap=2.5)
    assert len(found) == 3 * number
    places = found.positions.reshape(number, 3, 3)
    if number:
        np.testing.assert_array_equal(found.numbers.reshape(number, 3), np.tile([8, 1, 1], (number, 1)))
        assert cKDTree(BALL).query(places[:, 0])[0] == pytest.approx(2.3, abs=1e-9)
        bonds = np.linalg.norm(places[:, 1:] - places[:, :1], axis=2)
        np.testing.assert_allclose(bonds, 0.9578, atol=1e-9)
        assert cKDTree(BALL).query(found.positions)[0].min() > 0.8 * 2.3
        # Hydrogen points away from the particle.
        assert np.all(
            np.linalg.norm(places[:, 1:].mean(axis=1), axis=1) > np.linalg.norm(places[:, 0], axis=1)
        )
    pairs = cKDTree(found.positions).query_pairs(2.5 - 1e-9, output_type="ndarray")
    assert np.all(found.grain[pairs[:, 0]] == found.grain[pairs[:, 1]])


def test_more_molecules_are_the_same_ones_and_others():
    def placed(number):
        return adsorbed(SITES, molecule("CO"), Stream(8, "test"), number=number).positions

    np.testing.assert_array_equal(placed(30)[: 2 * 12], placed(12))
    other = adsorbed(SITES, molecule("CO"), Stream(9, "test"), number=12).positions
    assert not np.array_equal(other, placed(12))
    kept = adsorbed(SITES, molecule("CO"), Stream(8, "test"), number=30, candidates=search).positions
    np.testing.assert_array_equal(kept, placed(30))


def test_choice_is_that_of_one_after_the_other():
    """A plain loop over the same random order of sites, for an upright molecule of two atoms."""
    carbon = molecule("CO")
    ours = adsorbed(SITES, carbon, Stream(4, "test"), number=25, height=2.0, gap=4.0, clearance=0.0)
    taken = []
    for site in Stream(4, "test").child("sites").permutation(len(SITES)):
        foot = SITES.positions[site] + 2.0 * SITES.normals[site]
        both = np.stack([foot, foot + 1.128323 * SITES.normals[site]])
        apart = [np.min(np.linalg.norm(both[:, None] - other[None], axis=2)) > 4.0 for other in taken]
        if all(apart):
            taken.append(both)
    np.testing.assert_allclose(ours.positions, np.concatenate(taken[:25]), atol=1e-9)


def test_random_stances_are_rigid_and_do_not_touch():
    cage = molecule("C60")
    found = adsorbed(SITES, cage, Stream(2, "test"), number=4, height=3.0, gap=3.0, stance="random")
    places = found.positions.reshape(4, 60, 3)
    expected = np.linalg.norm(cage.positions[:, None] - cage.positions[None], axis=2)
    for place in places:
        np.testing.assert_allclose(np.linalg.norm(place[:, None] - place[None], axis=2), expected, atol=1e-9)
    assert cKDTree(BALL).query(found.positions)[0].min() > 2.4


def test_random_stances_point_everywhere():
    """Mean direction of many CO is zero and its square 1/3, within five standard deviations."""
    positions = sheet(SHEETS["graphene"], 140.0, 140.0).atoms.positions
    sites = surface(positions, bond=1.42).facing((0.0, 0.0, 1.0))
    found = adsorbed(
        sites, molecule("CO"), Stream(6, "test"), number=3000, gap=0.0, clearance=0.0, stance="random"
    )
    places = found.positions.reshape(3000, 2, 3)
    direction = (places[:, 1] - places[:, 0]) / 1.128323
    np.testing.assert_allclose(direction.mean(axis=0), 0.0, atol=5 / np.sqrt(3 * 3000))
    np.testing.assert_allclose((direction**2).mean(axis=0), 1.0 / 3.0, atol=5 * 0.3 / np.sqrt(3000))


def test_gaps_hold_over_the_seam_of_a_periodic_film():
    positions, box = slab()
    top = surface(positions, periodic=box).facing((0.0, 0.0, 1.0))
    found = adsorbed(top, molecule("NH3"), Stream(1, "test"), number=18, gap=2.6, periodic=box)
    wrapped = np.mod(found.positions, [*box, 1000.0])
    tree = cKDTree(wrapped, boxsize=[*box, 1000.0])
    pairs = tree.query_pairs(2.6 - 1e-9, output_type="ndarray")
    assert np.all(found.grain[pairs[:, 0]] == found.grain[pairs[:, 1]])


def test_molecules_keep_clear_of_what_else_is_there():
    """Other atoms sit above a third of the sites; with no clearance asked for they would be hit."""
    others = SITES.positions[::3] + 3.0 * SITES.normals[::3]
    values = {"number": 12, "gap": 0.0, "obstacles": np.concatenate([BALL, others])}
    found = adsorbed(SITES, molecule("CO"), Stream(3, "test"), clearance=1.9, **values)
    assert cKDTree(values["obstacles"]).query(found.positions)[0].min() >= 1.9
    hit = adsorbed(SITES, molecule("CO"), Stream(3, "test"), clearance=0.0, **values)
    assert cKDTree(others).query(hit.positions)[0].min() < 1.5


def test_too_many_molecules_are_refused_with_the_number_that_fits():
    with pytest.raises(InputError, match=r"80 of C60 do not fit on \d+ surface atoms, \d+ do") as caught:
        adsorbed(SITES, molecule("C60"), Stream(1, "test"), number=80)
    fits = int(str(caught.value).split(" atoms, ")[1].split(" ")[0])
    assert 2 <= fits < 50
    assert len(adsorbed(SITES, molecule("C60"), Stream(1, "test"), number=fits)) == 60 * fits


def test_coverage_counts_sites():
    found = adsorbed(SITES, molecule("CO"), Stream(1, "test"), coverage=0.1)
    assert len(found) == 2 * int(0.1 * len(SITES) + 0.5)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"number": -1}, "0 to"),
        ({"coverage": 1.5}, "no share"),
        ({}, "either a number"),
        ({"number": 3, "height": float("nan")}, "height"),
        ({"number": 3, "stance": "lying"}, "upright, random"),
    ],
)
def test_what_cannot_be_placed_is_refused(values, words):
    with pytest.raises(InputError, match=words):
        adsorbed(SITES, molecule("CO"), Stream(1, "test"), **values)
