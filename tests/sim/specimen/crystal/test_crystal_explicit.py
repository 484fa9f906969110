"""Crystals from parameters, space groups and files against ase."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms as AseAtoms
from ase.geometry import cellpar_to_cell
from ase.neighborlist import neighbor_list
from ase.spacegroup import crystal as ase_crystal
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from sim.core.errors import InputError
from sim.core.types import Structure
from sim.numerics.motion import Motion, determinant
from sim.specimen.crystal.explicit import from_parameters, from_spacegroup, from_structure
from sim.specimen.crystal.fill import fill
from sim.specimen.crystal.table import BUILTIN
from sim.specimen.shapes.plain import Sphere

PARAMETERS = (4.1, 5.3, 6.7, 71.0, 83.0, 102.0)
NUMBERS = [6, 8, 79]
PLACES = [[0.1, 0.8, 0.05], [0.4, 0.55, 0.62], [0.71, 0.33, 0.1]]


def test_neighbours_of_a_triclinic_cell_are_those_of_ase() -> None:
    """Three kinds of atoms, no right angle, turned: every distance up to 6 Å and whom it leads to."""
    reference = AseAtoms(NUMBERS, scaled_positions=PLACES, cell=cellpar_to_cell(PARAMETERS), pbc=True)
    centre, other, distance = neighbor_list("ijd", reference, 6.0)
    crystal = from_parameters("triclinic", *PARAMETERS, NUMBERS, PLACES)
    motion = Motion.rotation([0.3, 0.1, -0.8, 0.4])
    atoms = fill(crystal, Sphere(18.0), motion=motion)
    tree = cKDTree(atoms.positions)
    for kind, number in enumerate(NUMBERS):
        expected = sorted(
            (NUMBERS[j], d) for j, d in zip(other[centre == kind], distance[centre == kind], strict=True)
        )
        inner = (np.linalg.norm(atoms.positions, axis=1) < 11.9) & (atoms.numbers == number)
        assert inner.sum() > 20
        for place in atoms.positions[inner]:
            near = [n for n in tree.query_ball_point(place, 6.0)]
            away = np.linalg.norm(atoms.positions[near] - place, axis=1)
            found = sorted((int(atoms.numbers[n]), d) for n, d in zip(near, away, strict=True) if d > 1e-6)
            assert [n for n, _ in found] == [n for n, _ in expected]
            np.testing.assert_allclose([d for _, d in found], [d for _, d in expected], atol=1e-6)


angle = st.floats(25.0, 150.0)


@settings(deadline=None)
@given(edges=st.tuples(*[st.floats(1.0, 60.0)] * 3), angles=st.tuples(angle, angle, angle))
def test_cells_have_their_edges_and_angles(edges, angles) -> None:
    x, y, z = np.cos(np.radians(angles))
    assume(1.0 - x * x - y * y - z * z + 2.0 * x * y * z > 0.02)
    crystal = from_parameters("any", *edges, *angles, [6], [[0.2, 0.3, 0.4]])
    lengths = np.linalg.norm(crystal.cell, axis=1)
    np.testing.assert_allclose(lengths, edges, rtol=1e-9)
    cosines = (crystal.cell @ crystal.cell.T) / np.outer(lengths, lengths)
    np.testing.assert_allclose(cosines[[1, 0, 0], [2, 2, 1]], [x, y, z], atol=1e-9)
    assert crystal.cell[0, 1] == crystal.cell[0, 2] == crystal.cell[1, 2] == 0.0
    assert determinant(crystal.cell) > 0.0


def test_cells_are_on_a_grid_that_hides_the_last_bits() -> None:
    """2⁻⁴⁰ of the next power of two: the sines of two mathematics libraries give one crystal."""
    crystal = from_parameters("hexagonal", 4.2985, 4.2985, 7.0152, 90, 90, 120, [48], [[1 / 3, 2 / 3, 0]])
    np.testing.assert_array_equal(crystal.cell * 2.0**37, np.floor(crystal.cell * 2.0**37))
    np.testing.assert_array_equal(crystal.fractional * 2.0**40, np.floor(crystal.fractional * 2.0**40))
    np.testing.assert_allclose(crystal.cell, BUILTIN["CdSe"].cell, atol=1e-11)
    nudged = from_parameters(
        "hexagonal", 4.2985, 4.2985, 7.0152, 90, 90, np.nextafter(120.0, 0), [48], [[1 / 3, 2 / 3, 0]]
    )
    np.testing.assert_array_equal(nudged.cell, crystal.cell)


def test_coordinates_are_brought_into_the_cell() -> None:
    crystal = from_parameters("any", 3, 4, 5, 90, 90, 90, [6], [[-0.25, 1.5, 2.0]])
    np.testing.assert_array_equal(crystal.fractional, [[0.75, 0.5, 0.0]])


@pytest.mark.parametrize(
    ("group", "setting", "cellpar", "symbols", "places", "count"),
    [
        (227, 1, (5.43, 5.43, 5.43, 90, 90, 90), ["Si"], [[0, 0, 0]], 8),
        (227, 2, (5.43, 5.43, 5.43, 90, 90, 90), ["Si"], [[0.125, 0.125, 0.125]], 8),
        (186, 1, (4.2, 4.2, 7.1, 90, 90, 120), ["Cd", "Se"], [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.375]], 4),
        (14, 1, (5.1, 6.2, 7.3, 90, 98, 90), ["Zr"], [[0.28, 0.04, 0.21]], 4),
        (2, 1, PARAMETERS, ["Cu", "O"], [[0, 0, 0], [0.3, 0.4, 0.1]], 3),
    ],
)  # fmt: skip
def test_space_groups_make_the_atoms_that_ase_makes(group, setting, cellpar, symbols, places, count) -> None:
    ours = from_spacegroup(group, setting, cellpar, symbols, places)
    theirs = ase_crystal(symbols, places, spacegroup=group, setting=setting, cellpar=cellpar)
    assert len(ours.numbers) == count
    np.testing.assert_array_equal(ours.numbers, theirs.numbers)
    gap = ours.fractional - theirs.get_scaled_positions()
    np.testing.assert_allclose(gap - np.round(gap), 0.0, atol=1e-9)
    np.testing.assert_allclose(ours.cell, theirs.cell.array, atol=1e-9)


def test_magnetite_from_its_space_group_is_the_built_in_one() -> None:
    places = [[0.125] * 3, [0.5] * 3, [0.2549] * 3]
    made = from_spacegroup(227, 2, (8.394, 8.394, 8.394, 90, 90, 90), ["Fe", "Fe", "O"], places)
    for one, two in ((made, BUILTIN["Fe3O4"]), (BUILTIN["Fe3O4"], made)):
        gap = one.fractional[:, np.newaxis] - two.fractional
        matched = (np.abs(gap - np.round(gap)).max(axis=2) < 1e-9) & (
            one.numbers[:, np.newaxis] == two.numbers
        )
        assert (matched.sum(axis=1) == 1).all()


def test_the_cell_of_a_file_becomes_a_crystal() -> None:
    """Positions are Cartesian there; the crystal repeats them, a left-handed cell included."""
    cell = cellpar_to_cell(PARAMETERS)
    positions = np.array(PLACES) @ cell
    right = from_structure("file", Structure(np.array(NUMBERS), positions, cell))
    left = from_structure("file", Structure(np.array(NUMBERS), positions, cell[[1, 0, 2]]))
    assert determinant(left.cell) > 0.0
    one, two = fill(right, Sphere(10.0)), fill(left, Sphere(10.0))
    assert len(one) == len(two)
    assert cKDTree(one.positions).query(two.positions)[0].max() < 1e-8
    assert cKDTree(one.positions).query(positions)[0].max() < 1e-8


def test_what_no_crystal_can_be_is_refused_in_a_sentence() -> None:
    cubic = (4.0, 4.0, 4.0, 90, 90, 90)
    with pytest.raises(InputError, match="angles of no cell"):
        from_parameters("x", 4, 4, 4, 30, 40, 80, [6], [[0, 0, 0]])
    with pytest.raises(InputError, match="b = -4"):
        from_parameters("x", 4, -4, 4, 90, 90, 90, [6], [[0, 0, 0]])
    with pytest.raises(InputError, match="basis"):
        from_parameters("x", 4, 4, 4, 90, 90, 90, [], [])
    with pytest.raises(InputError, match="no space group"):
        from_spacegroup(231, 1, cubic, ["C"], [[0, 0, 0]])
    with pytest.raises(InputError, match="no space group"):
        from_spacegroup(225, 2, cubic, ["C"], [[0, 0, 0]])
    with pytest.raises(InputError, match="does not fit the edges"):
        from_spacegroup(225, 1, (4.0, 4.0, 5.0, 90, 90, 90), ["C"], [[0, 0, 0]])
    with pytest.raises(InputError, match="two atoms on one site"):
        from_spacegroup(225, 1, cubic, ["C", "Si"], [[0, 0, 0], [0.5, 0.5, 0.0]])
    with pytest.raises(InputError, match="unknown element"):
        from_spacegroup(225, 1, cubic, ["Xx"], [[0, 0, 0]])
    with pytest.raises(InputError, match="no unit cell"):
        from_structure("x", Structure(np.array([6]), np.zeros((1, 3))))
    with pytest.raises(InputError, match="flat"):
        from_structure("x", Structure(np.array([6]), np.zeros((1, 3)), np.diag([1.0, 1.0, 0.0])))
