"""Convex polyhedra against Qhull, Euler's formula and the crystals' forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from sim.core.errors import InputError
from sim.numerics.motion import Motion
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.shapes.miller import equivalent_planes, lattice_symmetry
from sim.specimen.shapes.polyhedron import Polyhedron


def crystal(cell) -> Crystal:
    return Crystal("test", np.array(cell, dtype=float), np.array([79]), np.zeros((1, 3)))


CUBIC = crystal(4.0782 * np.eye(3))
PRIMITIVE = crystal([[0.0, 2.0, 2.0], [2.0, 0.0, 2.0], [2.0, 2.0, 0.0]])
HEXAGONAL = crystal([[4.2985, 0.0, 0.0], [-4.2985 / 2, 4.2985 * np.sqrt(3) / 2, 0.0], [0.0, 0.0, 7.0152]])
TETRAGONAL = crystal(np.diag([4.6, 4.6, 2.96]))
ORTHORHOMBIC = crystal(np.diag([4.0, 5.0, 6.0]))
SIX = np.concatenate([np.eye(3), -np.eye(3)])
TRICLINIC = crystal([[4.0, 0.0, 0.0], [0.9, 5.1, 0.0], [-0.7, 1.3, 6.2]])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(4, 40), shift=st.floats(-300.0, 300.0))
def test_hulls_equal_those_of_qhull(seed, count, shift):
    points = np.random.default_rng(seed).normal(size=(count, 3)) * [20.0, 9.0, 30.0] + shift
    theirs = ConvexHull(points)
    # Slivers thinner than an atom by far are no volumes, and their planes no longer close.
    assume(theirs.volume > 0.1 * theirs.area)
    ours = Polyhedron.from_points(points)
    assert ours.volume == pytest.approx(theirs.volume, rel=1e-9)
    corners = points[theirs.vertices]
    apart = np.linalg.norm(ours.vertices[:, np.newaxis] - corners, axis=2)
    assert len(ours.vertices) == len(corners)
    assert np.max(apart.min(axis=1)) < 1e-7
    assert len(ours.vertices) - len(ours.edges) + len(ours.faces) == 2
    queries = points.mean(axis=0) + np.random.default_rng(1).normal(size=(500, 3)) * 20.0
    over = (queries @ theirs.equations[:, :3].T + theirs.equations[:, 3]).max(axis=1)
    np.testing.assert_array_equal(ours.contains(queries), over <= 0.0)
    np.testing.assert_allclose(ours.distance(queries)[over < 0.0], over[over < 0.0], atol=1e-9)


def test_many_points_with_flat_faces():
    """A lattice cube: 125 points, 98 of them on its faces and edges."""
    steps = np.stack(np.meshgrid(*[np.arange(5.0)] * 3), axis=-1).reshape(-1, 3)
    turned = Motion.about_axis((1.0, 2.0, 3.0), 40.0).apply(steps)
    cube = Polyhedron.from_points(turned)
    assert (len(cube.faces), len(cube.edges), len(cube.vertices)) == (6, 12, 8)
    assert cube.volume == pytest.approx(64.0, rel=1e-12)
    assert cube.contains(turned).all()


@pytest.mark.parametrize(
    ("facets", "faces", "edges", "vertices"),
    [
        ([((1, 1, 1), 20.0)], 8, 12, 6),
        ([((1, 0, 0), 20.0)], 6, 12, 8),
        ([((1, 1, 0), 20.0)], 12, 24, 14),
        ([((1, 1, 1), 20.0), ((1, 0, 0), 22.0)], 14, 36, 24),
        # Corners of the octahedron lie at 20 √3: cubes through and beyond them add nothing.
        ([((1, 1, 1), 20.0), ((1, 0, 0), 20.0 * np.sqrt(3.0))], 8, 12, 6),
        ([((1, 1, 1), 20.0), ((1, 0, 0), 40.0)], 8, 12, 6),
        # The cuboctahedron: triangles meet at corners only.
        ([((1, 1, 1), 20.0), ((1, 0, 0), 10.0 * np.sqrt(3.0))], 14, 24, 12),
        ([((1, 1, 1), 20.0), ((1, 0, 0), 22.0), ((1, 1, 0), 20.9)], 26, 72, 48),
        ([((1, 2, 3), 20.0)], 48, 72, 26),
    ],
)
def test_forms_of_a_cubic_crystal(facets, faces, edges, vertices):
    shape = Polyhedron.from_miller(CUBIC, facets)
    assert (len(shape.faces), len(shape.edges), len(shape.vertices)) == (faces, edges, vertices)


def test_volume_of_a_truncated_octahedron():
    """Edge a: volume 8 √2 a³, squares at √2 a and hexagons at √(3/2) a from the centre."""
    edge = 10.0
    shape = Polyhedron.from_miller(
        CUBIC, [((1, 0, 0), np.sqrt(2.0) * edge), ((1, 1, 1), np.sqrt(1.5) * edge)]
    )
    assert shape.volume == pytest.approx(8.0 * np.sqrt(2.0) * edge**3, rel=1e-12)
    lengths = np.linalg.norm(np.diff(shape.vertices[shape.edges], axis=1)[:, 0], axis=1)
    np.testing.assert_allclose(lengths, edge, atol=1e-9)


def test_a_hexagonal_prism_by_four_indices():
    """{10-10} and {0001} of CdSe: regular hexagon of side 2r/√3, area 2 √3 r²."""
    prism = Polyhedron.from_miller(HEXAGONAL, [((1, 0, -1, 0), 15.0), ((0, 0, 0, 1), 20.0)])
    assert (len(prism.faces), len(prism.vertices)) == (8, 12)
    assert prism.volume == pytest.approx(2.0 * np.sqrt(3.0) * 15.0**2 * 40.0, rel=1e-9)
    np.testing.assert_allclose(prism.bounds()[:, 2], [-20.0, 20.0], atol=1e-9)


@pytest.mark.parametrize(
    ("lattice", "order"),
    [(CUBIC, 48), (PRIMITIVE, 48), (HEXAGONAL, 24), (TETRAGONAL, 16), (ORTHORHOMBIC, 8), (TRICLINIC, 2)],
)
def test_order_of_the_lattices_symmetry(lattice, order):
    """International Tables A, holohedries."""
    assert len(lattice_symmetry(lattice)) == order


@pytest.mark.parametrize(
    ("lattice", "indices", "count"),
    [
        (CUBIC, (1, 1, 1), 8), (CUBIC, (1, 0, 0), 6), (CUBIC, (1, 1, 0), 12), (CUBIC, (1, 1, 3), 24),
        (CUBIC, (1, 2, 3), 48), (HEXAGONAL, (1, 0, -1, 0), 6), (HEXAGONAL, (0, 0, 0, 1), 2),
        (HEXAGONAL, (1, 0, -1, 1), 12), (HEXAGONAL, (2, 1, -3, 4), 24), (TETRAGONAL, (1, 0, 0), 4),
        (TETRAGONAL, (0, 0, 1), 2), (TETRAGONAL, (1, 0, 1), 8), (ORTHORHOMBIC, (1, 2, 3), 8),
        (TRICLINIC, (1, 2, 3), 2),
    ],
)  # fmt: skip
def test_multiplicity_of_forms(lattice, indices, count):
    """International Tables A, face forms; all planes of a form have one spacing."""
    form = equivalent_planes(lattice, indices)
    assert len(set(form)) == len(form) == count
    spacings = [np.linalg.norm(lattice.normal(plane)) for plane in form]
    np.testing.assert_allclose(spacings, spacings[0], rtol=1e-9)


def test_one_plane_is_one_plane():
    """Without families nothing is added: four planes of a tetrahedron, as with the rotations of 23."""
    four = [((1, 1, 1), 9.0), ((1, -1, -1), 9.0), ((-1, 1, -1), 9.0), ((-1, -1, 1), 9.0)]
    single = Polyhedron.from_miller(CUBIC, four, family=False)
    turns = [np.diag(signs) for signs in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))]
    given_turns = Polyhedron.from_miller(CUBIC, four[:1], rotations=turns)
    assert len(single.faces) == len(given_turns.faces) == 4
    assert single.volume == pytest.approx(given_turns.volume) == pytest.approx(8.0 * np.sqrt(3.0) * 9.0**3)


def test_planes_are_normal_to_reciprocal_vectors():
    """A triclinic (123): atoms of one layer, written in lattice steps, lie on one height."""
    shape = Polyhedron.from_miller(TRICLINIC, [((1, 2, 3), 12.0), ((1, 0, 0), 9.0), ((0, 1, 0), 8.0)])
    normal = shape.normals[np.argmax(shape.heights)]
    in_plane = np.array([[2.0, -1.0, 0.0], [3.0, 0.0, -1.0]]) @ TRICLINIC.cell
    np.testing.assert_allclose(in_plane @ normal, 0.0, atol=1e-12)
    assert shape.heights.max() == 12.0


def test_membership_equals_all_planes():
    """The balls inside and around never overrule a face: points near all of them, both sides."""
    shape = Polyhedron.from_miller(CUBIC, [((1, 1, 1), 20.0), ((1, 0, 0), 22.0), ((3, 1, 1), 21.0)])
    shape = shape.moved(Motion.translation((7.0, -5.0, 3.0)))
    points = np.random.default_rng(3).uniform(-20.0, 30.0, (150_000, 3))
    over = (points @ shape.normals.T - shape.heights).max(axis=1)
    np.testing.assert_array_equal(shape.contains(points), over <= 0.0)


def test_atoms_on_faces_belong():
    """Octahedron through lattice points: 1 + 6 + ... of an fcc octahedral number with 6 a side: 146."""
    steps = np.stack(np.meshgrid(*[np.arange(-6, 7)] * 3), axis=-1).reshape(-1, 3)
    atoms = steps[np.sum(steps, axis=1) % 2 == 1] * 2.0391
    shape = Polyhedron.from_miller(CUBIC, [((1, 1, 1), 5.0 * 2.0391 / np.sqrt(3.0))])
    assert np.count_nonzero(shape.contains(atoms)) == 146


def test_moved_faces_look_outwards():
    """Loops turn counter-clockwise about their normals, after a reflection too."""
    shape = Polyhedron.from_points([[0, 0, 0], [9, 0, 1], [1, 7, 0], [2, 1, 8], [5, 5, 5]])
    for moved in (shape, shape.moved(Motion.reflection((1.0, 2.0, 0.0), 3.0))):
        for normal, height, face in zip(moved.normals, moved.heights, moved.faces, strict=True):
            ring = moved.vertices[list(face)]
            assert np.cross(ring[1] - ring[0], ring[2] - ring[1]) @ normal > 0.0
            np.testing.assert_allclose(ring @ normal, height, atol=1e-9)


def test_planes_given_twice_count_once():
    normals = np.concatenate([np.eye(3), -np.eye(3), np.eye(3)])
    box = Polyhedron(normals * 5.0, [1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.5, 3.0])
    assert len(box.faces) == 6
    assert box.volume == pytest.approx(48.0, rel=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Polyhedron(np.eye(3), np.ones(3)), "at least four planes"),
        (lambda: Polyhedron(SIX[:5], np.ones(5)), "way to infinity"),
        (lambda: Polyhedron(SIX, [1, 1, 1, -2, 1, 1]), "nothing lies behind"),
        (lambda: Polyhedron(SIX, np.ones(5)), "one height a plane"),
        (lambda: Polyhedron(np.zeros((4, 3)), np.ones(4)), "a direction needs a length"),
        (lambda: Polyhedron.from_points(np.eye(3)), "at least four corners"),
        (lambda: Polyhedron.from_points([[0, 0, 0], [1, 0, 0], [0, 1, 0], [3, 5, 0]]), "in one plane"),
        (lambda: Polyhedron.from_points([[0, 0, 0], [1, 1, 1], [2, 2, 2], [3, 3, 3]]), "in one plane"),
        (lambda: Polyhedron.from_points(np.zeros((6, 3))), "in one plane"),
        (lambda: Polyhedron.from_miller(HEXAGONAL, [((1, 0, 0, 0), 5.0)]), "third of four"),
        (lambda: Polyhedron.from_miller(CUBIC, [((0, 0, 0), 5.0)]), "not a plane"),
        (lambda: Polyhedron.from_miller(HEXAGONAL, [((1, 0, -1, 0), 5.0)]), "way to infinity"),
    ],
)  # fmt: skip
def test_what_bounds_no_volume_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
