"""Structure files as other programs read them: ase, and this program's own readers."""

from __future__ import annotations

import math

import ase.io
import numpy as np
import pytest

from sim.core.errors import InputError
from sim.core.types import SpecimenObject, Structure
from sim.specimen.files import read_structure_file
from sim.specimen.writing import write_structure

STRUCTURE = Structure(
    np.array([79, 6, 8]), np.array([[1.0, -2.5, 3.25], [-30.0, 20.5, 0.0], [4.0, 4.5, -7.125]])
)
PARTS = {"object": np.array([1, 2, 2]), "grain": np.array([3, 0, 0]), "side": np.array([1, 0, 0])}
OBJECTS = (SpecimenObject("gold", "particle"), SpecimenObject("film", "support"))


def written(path, format_name="", box=(80.0, 60.0), parts=PARTS, objects=OBJECTS):
    write_structure(path, STRUCTURE, parts, objects, box, 'a "scene"', format_name)
    return path


def test_extended_xyz_keeps_places_and_what_is_known_of_each_atom(tmp_path):
    atoms = ase.io.read(written(tmp_path / "scene.xyz"))
    np.testing.assert_allclose(atoms.positions, STRUCTURE.positions, atol=1e-6)
    assert atoms.get_chemical_symbols() == ["Au", "C", "O"]
    assert atoms.arrays["object"].tolist() == [1, 2, 2]
    assert atoms.arrays["grain"].tolist() == [3, 0, 0] and atoms.arrays["side"].tolist() == [1, 0, 0]
    assert atoms.arrays["role"].tolist() == ["particle", "support", "support"]
    np.testing.assert_allclose(atoms.cell.lengths(), [80.0, 60.0, 10.375 + 10.0])
    assert atoms.pbc.tolist() == [True, True, False]


def test_without_a_box_the_cell_is_around_the_atoms_and_does_not_repeat(tmp_path):
    atoms = ase.io.read(written(tmp_path / "scene.extxyz", box=None, parts={}, objects=()))
    np.testing.assert_allclose(atoms.cell.lengths(), [34.0 + 10.0, 23.0 + 10.0, 10.375 + 10.0])
    assert not atoms.pbc.any() and atoms.arrays["object"].tolist() == [1, 1, 1]


def test_a_box_that_atoms_stick_out_of_is_not_the_cell(tmp_path):
    atoms = ase.io.read(written(tmp_path / "scene.xyz", box=(40.0, 60.0)))
    assert not atoms.pbc.any() and atoms.cell.lengths()[0] == pytest.approx(44.0)


def test_cif_has_the_same_distances_and_b_factors(tmp_path):
    path = written(tmp_path / "scene.cif")
    atoms = ase.io.read(path)
    np.testing.assert_allclose(
        atoms.positions - atoms.positions[0], STRUCTURE.positions - STRUCTURE.positions[0], atol=1e-6
    )
    own = read_structure_file(str(path)).structure
    assert own.numbers.tolist() == [79, 6, 8]
    rows = [line.split() for line in path.read_text().splitlines() if line.startswith(("Au1", "C2", "O3"))]
    assert [float(row[-1]) for row in rows] == [0.593, 0.142, 0.79]


def test_prismatic_has_displacements_for_b_factors_and_begins_at_zero(tmp_path):
    path = written(tmp_path / "scene.xyz", "prismatic")
    atoms = ase.io.read(path, format="prismatic")
    np.testing.assert_allclose(atoms.positions[0], [41.0, 27.5, 3.25 + 12.125], atol=1e-6)
    np.testing.assert_allclose(atoms.arrays["debye_waller_factors"], [0.593, 0.142, 0.79], rtol=2e-3)
    last = float(path.read_text().splitlines()[2].split()[-1])
    assert last == pytest.approx(math.sqrt(0.593 / (8 * math.pi**2)), abs=1e-5)
    assert path.read_text().splitlines()[-1] == "-1"


def test_unknown_formats_are_refused(tmp_path):
    with pytest.raises(InputError, match="does not say by its ending"):
        written(tmp_path / "scene.dat")
    with pytest.raises(InputError, match="--format = 'xzy'"):
        written(tmp_path / "scene.dat", "xzy")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        written(tmp_path / "none" / "scene.xyz")
