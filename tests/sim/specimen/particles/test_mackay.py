"""Clusters with magic numbers against published counts and ase.cluster, atom by atom."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from ase.cluster import Decahedron, Icosahedron, Octahedron
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from sim.core.errors import InputError
from sim.numerics.neighbours import nearest_distance, pairs_within
from sim.specimen.particles.frames import icosahedral_frame
from sim.specimen.particles.mackay import (
    cuboctahedron,
    decahedron_count,
    icosahedron,
    icosahedron_count,
    ino_decahedron,
    marks_decahedron,
    octahedron,
    octahedron_count,
)

BOND = 2.884
#: ase takes the lattice constant of the fcc metal with that bond.
CONSTANT = BOND * np.sqrt(2.0)
MAGIC = [1, 13, 55, 147, 309, 561, 923]


def farthest_partner(ours, theirs):
    """Largest distance from an atom of ours to its own partner in theirs, Å: each partner used once."""
    assert len(ours) == len(theirs)
    distance, partner = cKDTree(theirs).query(ours)
    assert len(set(partner.tolist())) == len(ours)
    return distance.max()


def turned(positions, axis, onto, second, second_onto):
    """Positions after the rotation that takes two perpendicular vectors onto two others."""
    one = np.stack([axis, second, np.cross(axis, second)])
    two = np.stack([onto, second_onto, np.cross(onto, second_onto)])
    one /= np.linalg.norm(one, axis=1)[:, np.newaxis]
    two /= np.linalg.norm(two, axis=1)[:, np.newaxis]
    return positions @ one.T @ two


@pytest.mark.parametrize(("shells", "count"), list(enumerate(MAGIC, start=1)))
@pytest.mark.parametrize("build", [icosahedron, cuboctahedron])
def test_magic_numbers_bond_and_centre(build, shells, count):
    cluster = build(79, shells, BOND)
    assert len(cluster) == count == icosahedron_count(shells)
    assert set(cluster.numbers.tolist()) == {79}
    np.testing.assert_allclose(cluster.positions.mean(axis=0), 0.0, atol=1e-12)
    if count > 1:
        assert nearest_distance(cluster.positions).min() == pytest.approx(BOND, rel=1e-12)


@pytest.mark.parametrize(("build", "bonds"), [(icosahedron, 234), (cuboctahedron, 216)])
def test_au55_bonds(build, bonds):
    """Published numbers of bonds, at 1.2 times the bond length."""
    assert len(pairs_within(build(79, 3, BOND).positions, 1.2 * BOND)[0]) == bonds


@pytest.mark.parametrize("shells", [2, 3, 5, 7])
def test_icosahedron_equals_ase(shells):
    theirs = Icosahedron("Au", shells, latticeconstant=CONSTANT).positions
    golden = (1.0 + np.sqrt(5.0)) / 2.0
    # A corner of ase's to our +z; another to the half-plane of +x.
    corner, other = np.array([golden, 0.0, 1.0]), np.array([golden, 0.0, -1.0])
    aside = other - corner * (other @ corner) / (corner @ corner)
    moved = turned(theirs, corner, np.array([0.0, 0.0, 1.0]), aside, np.array([1.0, 0.0, 0.0]))
    assert farthest_partner(icosahedron(79, shells, BOND).positions, moved) < 1e-9


@pytest.mark.parametrize(("m", "n", "p"), [(2, 2, 1), (3, 2, 1), (2, 2, 2), (3, 2, 3), (1, 4, 2), (5, 1, 1)])
def test_decahedron_equals_ase(m, n, p):
    """ase counts the depth of the notches from 0, and has its twin plane along y."""
    theirs = Decahedron("Au", m, n, p - 1, latticeconstant=CONSTANT).positions
    x, y, z = np.eye(3)
    ours = marks_decahedron(79, m, n, p, BOND)
    assert len(ours) == decahedron_count(m, n, p)
    assert farthest_partner(ours.positions, turned(theirs, z, z, y, x)) < 1e-9


@pytest.mark.parametrize(("length", "cutoff"), [(2, 0), (3, 0), (4, 1), (5, 2), (7, 2), (8, 3)])
def test_octahedron_equals_ase(length, cutoff):
    theirs = Octahedron("Au", length, cutoff, latticeconstant=CONSTANT).positions
    ours = octahedron(79, length, BOND, cutoff)
    assert len(ours) == octahedron_count(length, cutoff)
    assert farthest_partner(ours.positions, theirs - theirs.mean(axis=0)) < 1e-9


@pytest.mark.parametrize(
    ("m", "n", "p", "count"), [(2, 2, 1, 13), (2, 1, 1, 7), (2, 2, 2, 75), (2, 3, 2, 101), (3, 2, 2, 146)]
)
def test_published_decahedra(m, n, p, count):
    """75, 101 and 146 are the Marks decahedra among the global minima of Lennard-Jones clusters."""
    assert len(marks_decahedron(47, m, n, p, BOND)) == count


def test_ino_decahedron_is_marks_without_notches():
    np.testing.assert_array_equal(
        ino_decahedron(47, 3, 4, BOND).positions, marks_decahedron(47, 3, 4, 1, BOND).positions
    )


@settings(max_examples=30, deadline=None)
@given(
    m=st.integers(1, 5),
    n=st.integers(1, 5),
    p=st.integers(1, 4),
    bond=st.floats(1.5, 4.0),
)
def test_decahedra_of_any_size(m, n, p, bond):
    cluster = marks_decahedron(46, m, n, p, bond)
    assert len(cluster) == decahedron_count(m, n, p)
    np.testing.assert_allclose(cluster.positions.mean(axis=0), 0.0, atol=1e-10)
    if len(cluster) > 1:
        assert nearest_distance(cluster.positions).min() > 0.999 * bond
    # Five-fold axis along z.
    turn = np.deg2rad(72.0)
    matrix = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    assert farthest_partner(cluster.positions @ matrix.T, cluster.positions) < 1e-9


@settings(max_examples=20, deadline=None)
@given(length=st.integers(1, 9), data=st.data())
def test_octahedra_of_any_size(length, data):
    cutoff = data.draw(st.integers(0, (length - 1) // 2))
    cluster = octahedron(46, length, BOND, cutoff)
    assert len(cluster) == octahedron_count(length, cutoff)
    np.testing.assert_allclose(cluster.positions.mean(axis=0), 0.0, atol=1e-10)


def test_grains_of_an_icosahedron_hold_their_atoms():
    """Every atom lies in the cone of its grain: no other face's axis is nearer to it."""
    cluster = icosahedron(79, 6, BOND)
    frame = icosahedral_frame()
    axes = frame.corners[frame.cells].sum(axis=1)
    along = cluster.positions @ axes.T
    own = along[np.arange(len(cluster)), cluster.grain]
    assert np.all(own >= along.max(axis=1) - 1e-9)
    # Of grains that share an atom the lowest has it.
    assert np.all(np.argmax(along >= along.max(axis=1)[:, np.newaxis] - 1e-9, axis=1) == cluster.grain)
    assert sorted(set(cluster.grain.tolist())) == list(range(20))


def test_grains_of_a_decahedron_hold_their_atoms():
    cluster = marks_decahedron(79, 3, 3, 2, BOND)
    angle = np.rad2deg(np.arctan2(cluster.positions[:, 1], cluster.positions[:, 0])) % 360.0
    middle = 36.0 + 72.0 * np.arange(5)
    apart = np.abs((angle[:, np.newaxis] - middle + 180.0) % 360.0 - 180.0)
    on_axis = np.hypot(*cluster.positions[:, :2].T) < 1e-6
    assert np.all(cluster.grain[on_axis] == 0)
    lowest = np.argmax(apart <= 36.0 + 1e-6, axis=1)
    np.testing.assert_array_equal(cluster.grain[~on_axis], lowest[~on_axis])


def test_shells_come_from_inside_out():
    cluster = icosahedron(79, 4, BOND)
    distance = np.linalg.norm(cluster.positions, axis=1)
    begins = [0, *MAGIC[:4]]
    for shell, (first, last) in enumerate(itertools.pairwise(begins)):
        assert distance[first:last].max() == pytest.approx(shell * BOND)


@pytest.mark.parametrize(
    "build",
    [
        lambda: icosahedron(79, 0, BOND),
        lambda: cuboctahedron(79, 1000, BOND),
        lambda: icosahedron(0, 3, BOND),
        lambda: icosahedron(79, 3, float("nan")),
        lambda: octahedron(79, 4, BOND, cutoff=2),
        lambda: octahedron(79, 4, BOND, cutoff=-1),
        lambda: marks_decahedron(79, 2, 2, 0, BOND),
        lambda: ino_decahedron(79, 500, 2, BOND),
    ],
)
def test_what_cannot_be_built_is_refused(build):
    with pytest.raises(InputError):
        build()
