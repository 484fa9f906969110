"""Wulff and Winterbottom shapes against closed formulas, ase and scipy's half-space intersection."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from ase.cluster import wulff_construction
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull, HalfspaceIntersection

from sim.core.errors import InputError
from sim.specimen.crystal.fill import fill
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.crystal.table import builtin
from sim.specimen.particles.lattices import family, nearest_neighbour, point_group
from sim.specimen.particles.wulff import surfaces, winterbottom, wulff

GOLD = builtin("Au")
ENERGIES = [((1, 1, 1), 1.28), ((1, 0, 0), 1.63)]


def corners_by_scipy(normals, heights):
    planes = np.column_stack([normals, -np.asarray(heights)])
    return HalfspaceIntersection(planes, np.zeros(3) + 1e-3).intersections


def test_volume_is_that_of_the_sphere_and_of_the_atoms():
    shape = wulff(GOLD, ENERGIES, radius=17.0)
    assert ConvexHull(shape.vertices).volume == pytest.approx(4.0 / 3.0 * np.pi * 17.0**3, rel=1e-12)
    # One size may be off by half a layer on every face, many together are not.
    sizes = np.linspace(30_000.0, 40_000.0, 8)
    held = [len(fill(GOLD, wulff(GOLD, ENERGIES, atoms=size))) for size in sizes]
    assert np.sum(held) == pytest.approx(np.sum(sizes), rel=0.01)


def test_truncated_octahedron_in_closed_form():
    """Octahedron |x| + |y| + |z| <= s less six pyramids of height s - c: 4/3 s³ - 4 (s - c)³."""
    shape = wulff(GOLD, ENERGIES, radius=20.0)
    octahedral = np.isclose(np.abs(shape.normals).max(axis=1), 1.0 / np.sqrt(3.0))
    assert octahedral.sum() == 8
    assert (~octahedral).sum() == 6
    (s,) = {round(height * np.sqrt(3.0), 9) for height in shape.heights[octahedral]}
    (c,) = {round(height, 9) for height in shape.heights[~octahedral]}
    assert c / (s / np.sqrt(3.0)) == pytest.approx(1.63 / 1.28)
    assert 4.0 / 3.0 * s**3 - 4.0 * (s - c) ** 3 == pytest.approx(4.0 / 3.0 * np.pi * 20.0**3)


@settings(max_examples=15, deadline=None)
@given(
    energies=st.tuples(*[st.floats(0.8, 1.6)] * 4),
    radius=st.floats(5.0, 40.0),
)
def test_corners_equal_scipy(energies, radius):
    planes = [(1, 1, 1), (1, 0, 0), (1, 1, 0), (3, 1, 1)]
    listed = list(zip(planes, energies, strict=True))
    shape = wulff(GOLD, listed, radius=radius)
    normals, gammas = surfaces(GOLD, listed)
    assert len(normals) == 8 + 6 + 12 + 24
    scale = shape.heights[0] / gammas[np.argmax(normals @ shape.normals[0])]
    theirs = ConvexHull(corners_by_scipy(normals, gammas * scale)).volume
    assert shape.volume == pytest.approx(theirs, rel=1e-7)


def test_facets_equal_those_of_ase():
    """The outermost layers of ase's cluster, which its faces pass half a spacing outside, to one layer."""
    cluster = wulff_construction(
        "Au", [(1, 1, 1), (1, 0, 0)], [1.28, 1.63], 3000, "fcc", latticeconstant=GOLD.cell[0, 0]
    )
    positions = cluster.positions - cluster.positions.mean(axis=0)
    shape = wulff(GOLD, ENERGIES, atoms=float(len(cluster)))
    for normal, height in zip(shape.normals, shape.heights, strict=True):
        spacing = 4.0782 / (np.sqrt(3.0) if np.abs(normal).max() < 0.9 else 2.0)
        assert (positions @ normal).max() + 0.5 * spacing == pytest.approx(height, abs=spacing)


def test_polar_faces_of_wurtzite_are_two_families():
    crystal = builtin("CdSe")
    assert len(family(crystal, (0, 0, 1))) == 1
    assert len(family(crystal, (1, 0, -1, 0))) == 6
    energies = [((0, 0, 0, 1), 1.0), ((0, 0, 0, -1), 1.4), ((1, 0, -1, 0), 1.2)]
    shape = wulff(crystal, energies, radius=20.0)
    assert len(shape.heights) == 8
    assert -shape.bounds()[0, 2] / shape.bounds()[1, 2] == pytest.approx(1.4)
    # Without the second the first stands for both.
    prism = wulff(crystal, [energies[0], energies[2]], radius=20.0)
    assert -prism.bounds()[0, 2] == pytest.approx(prism.bounds()[1, 2])


@pytest.mark.parametrize(
    ("name", "order"),
    [("Au", 48), ("Fe", 48), ("Si", 48), ("GaAs", 24), ("CdSe", 12), ("Ti", 24), ("TiO2_rutile", 16)],
)
def test_point_groups(name, order):
    """m-3m, -43m, 6mm, 6/mmm, 4/mmm: orders from the International Tables."""
    group = point_group(builtin(name))
    assert len(group) == order
    assert set(np.rint(np.linalg.det(group)).tolist()) == {-1.0, 1.0}
    rows = {tuple(w.ravel()) for w in group}
    assert all(tuple((a @ b).ravel()) in rows for a, b in itertools.product(group, repeat=2))


def test_elements_lower_the_symmetry():
    """Sites of a face-centred cube, one each of two elements among silver: 4/mmm about x."""
    cell = np.diag([4.0, 4.0, 4.0])
    sites = np.array([[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]])
    mixed = Crystal("mixed", cell, np.array([79, 29, 47, 47]), sites)
    assert len(point_group(mixed)) == 16
    assert len(point_group(Crystal("pure", cell, np.full(4, 79), sites))) == 48
    assert len(family(mixed, (1, 0, 0))) == 2


def test_tetrahedral_planes_of_zincblende():
    found = {tuple(plane) for plane in family(builtin("GaAs"), (1, 1, 1))}
    assert found == {(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)}


@pytest.mark.parametrize("name", ["Au", "CdSe", "Fe3O4", "NaCl", "C"])
def test_nearest_neighbours_from_a_filled_sphere(name):
    from scipy.spatial import cKDTree

    from sim.specimen.shapes.plain import Sphere

    crystal = builtin(name)
    positions = fill(crystal, Sphere(9.0)).positions
    measured = cKDTree(positions).query(positions, k=2)[0][:, 1].min()
    assert nearest_neighbour(crystal) == pytest.approx(measured, rel=1e-12)


@pytest.mark.parametrize("gamma", [-0.9, -0.2, 0.0, 0.7])
def test_winterbottom_cuts_the_free_shape(gamma):
    """The cut lies at γ* on the scale on which the free faces lie at γ."""
    free = wulff(GOLD, ENERGIES, radius=25.0)
    found = winterbottom(GOLD, ENERGIES, (1, 1, 1), interface_energy=gamma, radius=25.0)
    scale = free.heights.min() / 1.28
    assert found.height == pytest.approx(gamma * scale)
    np.testing.assert_allclose(found.normal, np.ones(3) / np.sqrt(3.0))
    corners = found.shape.vertices
    assert (corners @ found.normal).max() == pytest.approx(found.height)
    inside = np.all(free.normals @ corners.T <= free.heights[:, np.newaxis] + 1e-9)
    assert inside
    kept = np.vstack([free.normals, found.normal]), np.append(free.heights, found.height)
    point = corners.mean(axis=0)
    planes = np.column_stack([kept[0], -kept[1]])
    theirs = ConvexHull(HalfspaceIntersection(planes, point).intersections).volume
    assert found.shape.volume == pytest.approx(theirs, rel=1e-7)


def test_adhesion_is_the_energy_gained():
    one = winterbottom(GOLD, ENERGIES, (1, 0, 0), adhesion=1.0, radius=25.0)
    two = winterbottom(GOLD, ENERGIES, (1, 0, 0), interface_energy=0.63, radius=25.0)
    assert one.height == pytest.approx(two.height)
    np.testing.assert_allclose(one.shape.vertices, two.shape.vertices, atol=1e-9)


def test_a_support_that_repels_leaves_the_free_shape():
    free = wulff(GOLD, ENERGIES, radius=25.0)
    found = winterbottom(GOLD, ENERGIES, (1, 1, 1), interface_energy=2.0, radius=25.0)
    np.testing.assert_array_equal(found.shape.vertices, free.vertices)
    assert found.height == pytest.approx(free.heights.min())


@pytest.mark.parametrize(
    "build",
    [
        lambda: wulff(GOLD, [], radius=10.0),
        lambda: wulff(GOLD, [((1, 1, 1), -1.0)], radius=10.0),
        lambda: wulff(GOLD, [((1, 1, 1), 1.0), ((-1, 1, 1), 1.1)], radius=10.0),
        lambda: wulff(GOLD, ENERGIES),
        lambda: wulff(GOLD, ENERGIES, radius=10.0, atoms=100.0),
        lambda: wulff(GOLD, ENERGIES, radius=float("nan")),
        lambda: wulff(GOLD, [((0, 0, 0), 1.0)], radius=10.0),
        lambda: wulff(builtin("CdSe"), [((0, 0, 0, 1), 1.0)], radius=10.0),
        lambda: winterbottom(GOLD, ENERGIES, (1, 1, 1), interface_energy=-1.28, radius=10.0),
        lambda: winterbottom(GOLD, ENERGIES, (2, 1, 0), adhesion=1.0, radius=10.0),
        lambda: winterbottom(GOLD, ENERGIES, (1, 1, 1), radius=10.0),
        lambda: winterbottom(GOLD, ENERGIES, (1, 1, 1), adhesion=float("inf"), radius=10.0),
    ],
)
def test_what_has_no_shape_is_refused(build):
    with pytest.raises(InputError):
        build()
