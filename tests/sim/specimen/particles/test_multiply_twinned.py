"""Multiply twinned particles of any outline: against closed clusters, lattices and their own symmetry."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from sim.core.errors import Cancelled, InputError
from sim.numerics.motion import Motion
from sim.numerics.neighbours import nearest_distance, pairs_within
from sim.specimen.crystal.table import builtin
from sim.specimen.particles.lattices import nearest_neighbour
from sim.specimen.particles.mackay import icosahedron, ino_decahedron
from sim.specimen.particles.multiply_twinned import five_fold, twenty_fold, twin_origin
from sim.specimen.shapes.plain import Box, Ellipsoid, HalfSpace, Sphere

GOLD = builtin("Au")
BOND = nearest_neighbour(GOLD)


def same_atoms(one, two, tolerance=1e-9):
    assert len(one) == len(two)
    distance, partner = cKDTree(two.positions).query(one.positions)
    assert len(set(partner.tolist())) == len(one)
    assert distance.max() < tolerance
    return partner


@pytest.mark.parametrize("outline", [Sphere(17.3), Ellipsoid((9.1, 14.2, 21.3)), Box((21.0, 30.1, 26.2))])
@pytest.mark.parametrize("fold", ["five", "twenty"])
def test_equals_the_closed_cluster_cut_by_the_outline(fold, outline):
    """The clusters are built from integers, these by filling strained cones."""
    moved = outline.moved(Motion.translation((1.3, -2.1, 0.7)))
    if fold == "five":
        ours, whole = five_fold(GOLD, moved), ino_decahedron(79, 14, 20, BOND)
        # An odd number of atoms on the axis, so that one lies at the centre.
        assert (14 + 20 - 1) % 2 == 1
    else:
        ours, whole = twenty_fold(GOLD, moved), icosahedron(79, 11, BOND)
    cut = whole.kept(moved.contains(whole.positions))
    assert np.abs(cut.positions).max() < 0.95 * np.abs(whole.positions).max()
    partner = same_atoms(ours, cut)
    np.testing.assert_array_equal(ours.grain, cut.grain[partner])


@pytest.mark.parametrize("build", [five_fold, twenty_fold])
@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("radius", [3.0, 12.0, 33.0])
def test_no_two_atoms_too_near(build, closed, radius):
    found = build(GOLD, Sphere(radius), closed=closed)
    assert nearest_distance(found.positions).min() > 0.999 * BOND
    if radius > 10.0:
        assert set(found.grain.tolist()) == set(range(5 if build is five_fold else 20))


@pytest.mark.parametrize("build", [five_fold, twenty_fold])
def test_open_grains_are_unstrained(build):
    """All neighbours within a grain at the lattice's distance to 1e-9."""
    found = build(GOLD, Sphere(20.0), closed=False)
    one, two = pairs_within(found.positions, 1.3 * BOND)
    within = found.grain[one] == found.grain[two]
    apart = np.linalg.norm(found.positions[one] - found.positions[two], axis=1)
    np.testing.assert_allclose(apart[within], BOND, rtol=1e-9)


def test_the_open_gap_is_the_missing_angle():
    """360° less five times arccos 1/3 = 7.356°, below +x; the other four boundaries are true twins."""
    found = five_fold(GOLD, Sphere(40.0), closed=False)
    far = np.hypot(found.positions[:, 0], found.positions[:, 1]) > 20.0
    angle = np.rad2deg(np.arctan2(found.positions[far, 1], found.positions[far, 0]))
    angle = (angle + 1e-7) % 360.0
    assert angle.min() == pytest.approx(0.0, abs=1e-6)
    assert angle.max() == pytest.approx(5.0 * np.rad2deg(np.arccos(1.0 / 3.0)), abs=1e-6)
    mirrored = found.kept((found.grain == 0) & far)
    plane = np.deg2rad(np.rad2deg(np.arccos(1.0 / 3.0)))
    image = Motion.reflection((-np.sin(plane), np.cos(plane), 0.0)).apply(mirrored.positions)
    assert cKDTree(found.positions).query(image)[0].max() < 1e-9


@pytest.mark.parametrize("build", [five_fold, twenty_fold])
@pytest.mark.parametrize("name", ["Si", "GaAs"])
def test_diamond_and_zincblende_twins_restore_every_bond(build, name):
    """The twin plane lies in the widest gap between layers: each atom inside keeps four bonds."""
    crystal = builtin(name)
    bond = nearest_neighbour(crystal)
    found = build(crystal, Sphere(18.0))
    one, two = pairs_within(found.positions, 1.15 * bond)
    assert nearest_distance(found.positions).min() > 0.97 * bond
    bonds = np.bincount(np.concatenate([one, two]), minlength=len(found))
    inside = np.linalg.norm(found.positions, axis=1) < 18.0 - 1.2 * bond
    crossing = found.grain[one] != found.grain[two]
    assert crossing.sum() > 20
    # Around the axis and the centre themselves rings of other sizes close.
    if build is five_fold:
        inside &= np.hypot(found.positions[:, 0], found.positions[:, 1]) > 2.0 * bond
    else:
        inside &= np.linalg.norm(found.positions, axis=1) > 2.0 * bond
    assert np.mean(bonds[inside] == 4) == 1.0


def test_origin_of_metals_is_on_the_atoms():
    np.testing.assert_array_equal(twin_origin(GOLD, (1, 1, 1), (0, 0, 1)), 0.0)
    np.testing.assert_allclose(twin_origin(builtin("Si"), (1, 1, 1), (0, 0, 1)), (0.0, 0.0, -0.375))


def test_elements_follow_the_crystal():
    """An ordered alloy keeps its composition, and gold its neighbours of copper, across the twins."""
    alloy = builtin("Cu3Au_L12")
    found = five_fold(alloy, Sphere(25.0))
    assert np.mean(found.numbers == 79) == pytest.approx(0.25, abs=0.01)
    one, two = pairs_within(found.positions, 1.1 * nearest_neighbour(alloy))
    assert not np.any((found.numbers[one] == 79) & (found.numbers[two] == 79))


def test_an_outline_off_the_centre_leaves_other_grains_empty():
    found = twenty_fold(GOLD, Sphere(6.0, (0.0, 0.0, 30.0)))
    assert len(found) > 30
    assert set(found.grain.tolist()) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    ("crystal", "settings"),
    [
        ("CdSe", {}),
        ("Fe", {}),
        ("CeO2", {}),
        ("Si", {"origin": (0.1, 0.0, 0.0)}),
        ("Au", {"most": 100}),
    ],
)
@pytest.mark.parametrize("build", [five_fold, twenty_fold])
def test_what_does_not_join_is_refused(build, crystal, settings):
    with pytest.raises(InputError):
        build(builtin(crystal), Sphere(15.0), **settings)


def test_a_shape_without_end_is_refused():
    with pytest.raises(InputError, match="no end"):
        five_fold(GOLD, HalfSpace((0.0, 0.0, 1.0), 3.0))


def test_can_be_stopped():
    def stop():
        raise Cancelled

    with pytest.raises(Cancelled):
        twenty_fold(GOLD, Sphere(30.0), cancel=stop)
