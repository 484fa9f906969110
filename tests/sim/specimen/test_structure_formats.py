"""Readers of structure files against handwritten numbers and against ase's writers and readers."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import ase
import ase.build
import ase.io
import numpy as np
import pytest
from ase.spacegroup import Spacegroup, crystal
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import InputError
from sim.core.types import POSITION_GRID
from sim.physics.elements import SYMBOLS
from sim.specimen.files import READERS, read_structure, read_structure_file
from sim.specimen.formats.source import text_of
from sim.specimen.formats.symmetry import modern_symbol, operations_of_group, parse_operation
from sim.specimen.formats.xyz import read_extxyz, read_xyz

DATA = Path(__file__).parents[2] / "data" / "structures"
TRICLINIC = np.array([[6.1, 0.3, -0.2], [1.7, 7.2, 0.4], [-0.9, 1.1, 8.3]])


def triclinic_atoms():
    """Five atoms of three elements without any symmetry."""
    scaled = [[0.05, 0.1, 0.15], [0.4, 0.45, 0.2], [0.8, 0.3, 0.7], [0.33, 0.9, 0.55], [0.62, 0.71, 0.93]]
    return ase.Atoms("AuPtOAuO", cell=TRICLINIC, scaled_positions=scaled, pbc=True)


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def distances_of(positions):
    difference = positions[:, None] - positions
    return np.sqrt(np.sum(difference**2, axis=-1))


# --- handwritten files -----------------------------------------------------------------------


def test_plain_xyz():
    """Further columns and the case of symbols do not matter."""
    read = read_structure_file(DATA / "pair.xyz")
    assert read.format == "xyz"
    assert read.warnings == ()
    assert read.structure.numbers.tolist() == [79, 78, 47]
    assert read.structure.positions.tolist() == [[0.0, 0.0, 0.0], [2.75, 0.125, -1.5], [-2.5, 1.0, 0.25]]
    assert read.structure.cell is None


def test_extended_xyz_goes_by_its_properties():
    """Species behind the positions, an id and forces around them, a lattice that is not orthogonal."""
    read = read_structure_file(DATA / "pair.extxyz")
    assert read.format == "extxyz"
    assert read.structure.numbers.tolist() == [79, 47]
    assert read.structure.positions.tolist() == [[0.5, 0.25, 0.125], [3.0, 1.0, 2.0]]
    assert read.structure.cell.tolist() == [[8.0, 0.0, 0.0], [1.0, 9.0, 0.0], [0.5, 0.25, 10.0]]


def test_prismatic_xyz():
    read = read_structure_file(DATA / "prismatic.xyz")
    assert read.format == "prismatic"
    assert read.structure.numbers.tolist() == [79, 6]
    assert read.structure.positions.tolist() == [[1.0, 2.0, 3.0], [5.0, 2.5, 3.5]]
    assert read.structure.cell.tolist() == np.diag([12.0, 13.0, 14.0]).tolist()


def test_pdb_goes_by_the_element_column():
    """The alpha carbon labelled CA is carbon; the calcium ion labelled CA says Ca in columns 77-78."""
    read = read_structure_file(DATA / "pair.pdb")
    assert read.structure.numbers.tolist() == [79, 6, 20]
    assert read.structure.positions.tolist() == [[1.0, 2.0, 3.0], [4.5, -2.0, 3.25], [-6.5, 2.125, 3.0]]
    assert read.structure.cell.tolist() == np.diag([20.0, 21.0, 22.0]).tolist()


def test_poscar_with_scale_potential_names_and_selective_dynamics():
    read = read_structure_file(DATA / "POSCAR_perovskite")
    assert read.format == "poscar"
    assert read.structure.numbers.tolist() == [38, 22, 8, 8, 8]
    assert read.structure.cell == pytest.approx(np.eye(3) * 3.9)
    half = 1.95
    expected = [[0, 0, 0], [half, half, half], [half, half, 0], [half, 0, half], [0, half, half]]
    assert read.structure.positions == pytest.approx(np.array(expected), abs=1e-6)


def test_lammps_full_style_by_id_with_image_flags():
    """Sorted by id; atom 2 lies in the image −b, atom 3 in the image +c of a tilted box.

    Oxygen by the comment beside its mass, gold by the mass.
    """
    read = read_structure_file(DATA / "full_style.data")
    assert read.structure.numbers.tolist() == [79, 79, 8]
    assert read.structure.positions.tolist() == [[1.0, 2.0, 3.0], [-2.5, -0.5, 3.0], [4.0, 2.5, 12.0]]
    assert read.structure.cell.tolist() == [[10.0, 0.0, 0.0], [2.0, 10.0, 0.0], [0.0, 0.5, 11.0]]


def test_silicon_cif_with_the_old_symbol():
    """F d 3 m, which ase refuses: diamond from ase.build.bulk with the file's lattice constant."""
    structure = read_structure(DATA / "Silicon.cif")
    reference = ase.build.bulk("Si", "diamond", a=5.4307, cubic=True)
    assert structure.numbers.tolist() == [14] * 8
    assert same_crystal(structure, reference)


def test_old_symbol_without_operations():
    """The same crystal from the symbol alone, with a word about the choice of origin."""
    read = read_structure_file(DATA / "diamond_by_symbol.cif")
    assert same_crystal(read.structure, ase.build.bulk("Si", "diamond", a=5.4307, cubic=True))
    assert "choice 1" in read.warnings[0]


def test_rutile_and_triclinic_cif_match_ase():
    for name in ("Rutile.cif", "triclinic.cif"):
        with (DATA / name).open() as stream:
            reference = ase.io.read(stream, format="cif")
        assert same_crystal(read_structure(DATA / name), reference), name


def test_wurtzite_with_rounded_thirds():
    """0.3333 and 0.6667 are special positions: 4 atoms, not 24; bonds 1.98 and 1.97 Å."""
    structure = read_structure(DATA / "wurtzite.cif")
    assert sorted(structure.numbers.tolist()) == [8, 8, 30, 30]
    reference = crystal(
        ["Zn", "O"],
        [(1 / 3, 2 / 3, 0), (1 / 3, 2 / 3, 0.3817)],
        spacegroup=186,
        cellpar=[3.2501, 3.2501, 5.2071, 90, 90, 120],
    )
    assert same_crystal(structure, reference, tolerance=1e-3)


def same_crystal(structure, reference, tolerance=2e-6):
    """The same atoms in the same cell, in any order and any of the cell's images."""
    cell = np.array(reference.cell)
    assert structure.cell == pytest.approx(cell, abs=1e-6)
    assert sorted(structure.numbers.tolist()) == sorted(reference.numbers.tolist())
    ours, theirs = structure.positions @ np.linalg.inv(cell), reference.positions @ np.linalg.inv(cell)
    difference = ours[:, None] - theirs
    difference -= np.round(difference)
    apart = np.sqrt(np.sum((difference @ cell) ** 2, axis=-1))
    apart[structure.numbers[:, None] != reference.numbers] = np.inf
    partners = apart.argmin(axis=1)
    return len(set(partners.tolist())) == len(partners) and bool(np.all(apart.min(axis=1) < tolerance))


# --- against ase's writers -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "format", "options", "ours"),
    [
        ("a.extxyz", "extxyz", {}, "extxyz"),
        ("a.xyz", "extxyz", {}, "extxyz"),
        ("plain.xyz", "xyz", {}, "xyz"),
        ("a.cif", "cif", {}, "cif"),
        ("POSCAR", "vasp", {"direct": True}, "poscar"),
        ("a.vasp", "vasp", {"direct": False}, "poscar"),
        ("a.pdb", "proteindatabank", {}, "pdb"),
    ],
)
def test_triclinic_cell_from_ase(tmp_path, name, format, options, ours):
    """What ase writes is read back: elements in order, all distances, the cell's lengths and angles."""
    atoms = triclinic_atoms()
    path = tmp_path / name
    ase.io.write(path, atoms, format=format, **options)
    read = read_structure_file(path)
    assert read.format == ours
    tolerance = 3e-3 if ours in ("cif", "pdb") else 3e-6
    found = read.structure
    assert found.numbers.tolist() == atoms.numbers.tolist()
    assert distances_of(found.positions) == pytest.approx(distances_of(atoms.positions), abs=tolerance)
    if ours in ("extxyz", "xyz", "poscar"):
        assert found.positions == pytest.approx(atoms.positions, abs=tolerance)
    if found.cell is not None:
        gram = found.cell @ found.cell.T
        assert gram == pytest.approx(TRICLINIC @ TRICLINIC.T, abs=0.05 if ours in ("cif", "pdb") else 1e-5)


@pytest.mark.parametrize("style", ["atomic", "charge", "full"])
def test_lammps_from_ase(tmp_path, style):
    atoms = triclinic_atoms()
    path = tmp_path / "a.lmp"
    ase.io.write(path, atoms, format="lammps-data", atom_style=style, masses=True)
    structure = read_structure(path)
    assert structure.numbers.tolist() == atoms.numbers.tolist()
    assert distances_of(structure.positions) == pytest.approx(distances_of(atoms.positions), abs=3e-6)
    assert abs(np.linalg.det(structure.cell)) == pytest.approx(atoms.cell.volume)


def test_poscar_with_negative_scale_is_a_volume(tmp_path):
    content = "volume\n-125.0\n2 0 0\n0 2 0\n0 0 2\nAu Cu\n1 1\nCartesian\n0 0 0\n1 1 1\n"
    structure = read_structure(write(tmp_path / "CONTCAR", content))
    with (tmp_path / "CONTCAR").open() as stream:
        reference = ase.io.read(stream, format="vasp")
    assert structure.cell == pytest.approx(np.eye(3) * 5.0)
    assert structure.positions == pytest.approx(reference.positions, abs=1e-6)


# --- symmetry --------------------------------------------------------------------------------


def test_every_space_group_is_found_by_its_symbol():
    """All 230 symbols of ase's table, with and without spaces, lead to the group's own operations."""
    for number in range(1, 231):
        group = Spacegroup(number)
        for symbol in (group.symbol, group.symbol.replace(" ", "")):
            found = operations_of_group(symbol, None, False)
            assert found is not None, symbol
            rotations, translations = map(np.array, zip(*group.get_symop(), strict=True))
            assert np.array_equal(found[0].rotations, rotations), symbol
            assert np.array_equal(found[0].translations, translations), symbol


@pytest.mark.parametrize(
    ("old", "number"),
    [
        ("F m 3 m", 225),
        ("F d 3 m", 227),
        ("I m 3 m", 229),
        ("P a 3", 205),
        ("I a 3 d", 230),
        ("P m 3 n", 223),
        ("P 1 21/c 1", 14),
        ("C m c a", 64),
        ("A b m 2", 39),
    ],
)
def test_old_symbols(old, number):
    found = operations_of_group(old, None, False)
    assert found is not None
    assert len(found[0]) == len(Spacegroup(number).get_symop())
    assert Spacegroup(modern_symbol(old)).no == number


@pytest.mark.parametrize(
    ("symbol", "number"), [("P 21/n", 14), ("P 1 1 2", 3), ("Z 9", None), ("P 1 21/a 1", 14)]
)
def test_another_setting_is_not_replaced_by_the_standard_one(symbol, number):
    """P 21/n is group 14 with other axes: the standard operations would build a wrong crystal."""
    assert operations_of_group(symbol, number, False) is None


def test_rhombohedral_axes_follow_the_cell():
    assert len(operations_of_group("R -3 m", 166, True)[0]) == 12
    assert len(operations_of_group("R -3 m", 166, False)[0]) == 36


def test_operations_match_ase():
    """Every operation of eight groups, printed by ase-style strings and parsed back."""
    for number in (2, 14, 62, 88, 166, 186, 203, 227):
        for rotation, translation in Spacegroup(number).get_symop():
            parts = []
            for row, shift in zip(rotation, translation, strict=True):
                terms = "".join(
                    f"{'+' if f > 0 else '-'}{axis}" for f, axis in zip(row, "xyz", strict=True) if f
                )
                parts.append(f"{terms}+{round(shift * 24)}/24" if shift else terms)
            parsed = parse_operation(", ".join(parts))
            assert parsed is not None
            assert np.array_equal(parsed[0], rotation)
            assert parsed[1] == pytest.approx(list(translation))


@pytest.mark.parametrize(
    "text", ["x,y", "x,y,1/0", "x,x,z", "x,,z", "2x,y,z", "x;y;z", "x+-y,y,z", "q,y,z", "1,2,3", ""]
)
def test_what_is_no_operation(text):
    assert parse_operation(text) is None


def cif_with(**changes):
    lines = {
        "a": "4",
        "b": "4",
        "c": "4",
        "alpha": "90",
        "beta": "90",
        "gamma": "90",
        "symmetry": "",
        "sites": "Au Au 0.25 0.5 0.75",
        **changes,
    }
    return (
        "data_x\n"
        + "".join(f"_cell_length_{k} {lines[k]}\n" for k in "abc")
        + "".join(f"_cell_angle_{k} {lines[k]}\n" for k in ("alpha", "beta", "gamma"))
        + lines["symmetry"]
        + "\nloop_\n_atom_site_label\n_atom_site_type_symbol\n"
        "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n" + lines["sites"] + "\n"
    )


def test_cif_without_symmetry_says_so(tmp_path):
    read = read_structure_file(write(tmp_path / "a.cif", cif_with()))
    assert len(read.structure) == 1
    assert "P 1" in read.warnings[0]


def test_cif_particle_is_not_torn_at_the_face(tmp_path):
    """Without symmetry, coordinates outside the cell stay where they are."""
    content = cif_with(symmetry="_space_group_name_H-M_alt 'P 1'", sites="Au1 Au -0.2 0 0\nAu2 Au 0.5 0 0")
    structure = read_structure(write(tmp_path / "a.cif", content))
    assert structure.positions[:, 0] == pytest.approx([-0.8, 2.0], abs=1e-6)


def test_cif_by_number_and_dots(tmp_path):
    """The newer dictionary's dots, and a number without symbol: fcc."""
    content = cif_with(symmetry="_space_group.IT_number 225", sites="Au Au 0 0 0").replace(
        "_atom_site_", "_atom_site."
    )
    structure = read_structure(write(tmp_path / "a.cif", content))
    assert same_crystal(structure, ase.build.bulk("Au", "fcc", a=4.0, cubic=True))


def test_cif_keeps_the_first_of_two_structures(tmp_path):
    content = cif_with(sites="Au Au 0 0 0") + cif_with(sites="Pt Pt 0 0 0").replace("data_x", "data_y")
    read = read_structure_file(write(tmp_path / "a.cif", content))
    assert read.structure.numbers.tolist() == [79]
    assert any("2 structures" in warning for warning in read.warnings)


# --- encodings, line ends, frames --------------------------------------------------------------


XYZ = "2\ncomment\nAu 0 0 0\nAu 0 0 2.9\n"


@pytest.mark.parametrize(
    "content",
    [
        XYZ.replace("\n", "\r\n").encode(),
        XYZ.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + XYZ.encode(),
        XYZ.encode("utf-16"),
        XYZ.replace("comment", "5 \u00c5 d\u00e9j\u00e0").encode("latin-1"),
        XYZ.replace("comment", "5 Å \u2028 \x0b \x0c").encode(),
        XYZ.replace("comment", "").encode(),
        XYZ.rstrip("\n").encode(),
        b"\n\n" + XYZ.encode() + b"\n\n",
        XYZ.replace("2.9", "0.29D+01").encode(),
        XYZ.replace("Au 0 0 2.9", "79\t0\t0\t2.9 1 2 3").encode(),
    ],
    ids=[
        "crlf",
        "cr",
        "bom",
        "utf16",
        "latin1",
        "separators",
        "no-comment",
        "no-end",
        "blank-around",
        "fortran",
        "tabs",
    ],
)
def test_odd_encodings_give_the_same_structure(tmp_path, content):
    structure = read_structure(write(tmp_path / "a.xyz", content))
    assert structure.numbers.tolist() == [79, 79]
    assert structure.positions == pytest.approx(np.array([[0, 0, 0], [0, 0, 2.9]]), abs=1e-6)


@pytest.mark.parametrize("gap", ["", "\n", "\n  \n"])
def test_trajectory_gives_its_first_frame_and_says_so(tmp_path, gap):
    read = read_structure_file(write(tmp_path / "a.xyz", XYZ + gap + XYZ.replace("2.9", "3.9")))
    assert read.structure.positions[1, 2] == pytest.approx(2.9, abs=1e-6)
    assert "first" in read.warnings[0]


def test_pdb_trajectory_gives_its_first_model(tmp_path):
    atom = "HETATM    1 AU   AU  A   1       1.000   2.000   3.000  0.00  0.00          AU\n"
    content = (
        "MODEL        1\n" + atom + "ENDMDL\nMODEL        2\n" + atom.replace("1.000", "7.000") + "ENDMDL\n"
    )
    read = read_structure_file(write(tmp_path / "a.pdb", content))
    assert read.structure.positions.tolist() == [[1.0, 2.0, 3.0]]
    assert "models" in read.warnings[0]


def test_nanometres_are_noticed(tmp_path):
    read = read_structure_file(write(tmp_path / "a.xyz", XYZ.replace("2.9", "0.29")))
    assert "nanometres" in read.warnings[0]


def test_picometres_are_noticed(tmp_path):
    read = read_structure_file(write(tmp_path / "a.xyz", XYZ.replace("2.9", "290")))
    assert "picometres" in read.warnings[0]


def test_numbers_and_shouted_symbols_are_mentioned(tmp_path):
    numbers = read_structure_file(write(tmp_path / "a.xyz", XYZ.replace("Au", "79")))
    assert "atomic numbers" in numbers.warnings[0]
    shouted = read_structure_file(write(tmp_path / "b.xyz", XYZ.replace("Au", "CA")))
    assert shouted.structure.numbers.tolist() == [20, 20]
    assert "'CA' is read as the element Ca" in shouted.warnings[0]


def test_lammps_comment_beats_a_made_up_mass(tmp_path):
    content = "LAMMPS\n\n1 atoms\n\nMasses\n\n1 1.0 # Au\n\nAtoms # atomic\n\n1 1 1 1 1\n"
    read = read_structure_file(write(tmp_path / "a.data", content))
    assert read.structure.numbers.tolist() == [79]
    assert "its mass is 1" in read.warnings[0]


def test_lammps_type_labels(tmp_path):
    content = (
        "LAMMPS\n\n2 atoms\n\nAtom Type Labels\n\n1 Pd\n2 Pt\n\nAtoms # atomic\n\n1 Pt 1 1 1\n2 1 4 4 4\n"
    )
    assert read_structure(write(tmp_path / "a.data", content)).numbers.tolist() == [78, 46]


def test_format_overrides_the_name(tmp_path):
    path = write(tmp_path / "structure.txt", XYZ)
    with pytest.raises(InputError, match="does not say which format"):
        read_structure(path)
    assert len(read_structure(path, "xyz")) == 2
    with pytest.raises(InputError, match="did you mean 'poscar'"):
        read_structure(path, "poscars")


def test_zero_lattice_of_a_particle_is_no_cell(tmp_path):
    content = '2\nLattice="0 0 0 0 0 0 0 0 0" Properties=species:S:1:pos:R:3\nAu 0 0 0\nAu 0 0 2.9\n'
    assert read_structure(write(tmp_path / "a.xyz", content)).cell is None


def test_particle_may_touch_both_faces_of_a_box_that_does_not_repeat(tmp_path):
    """A shrink-wrapped box: LAMMPS does not say that it repeats, extended XYZ says that it does not."""
    box = "LAMMPS\n\n2 atoms\n\n0 5 xlo xhi\n0 5 ylo yhi\n0 5 zlo zhi\n\n"
    box += "Masses\n\n1 196.97\n\nAtoms # atomic\n\n"
    read = read_structure_file(write(tmp_path / "a.data", box + "1 1 0 0 0\n2 1 5 0 0\n"))
    assert "coincide if the cell repeats" in read.warnings[0]
    content = (
        '2\nLattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3 pbc="F F F"\nAu 0 0 0\nAu 5 0 0\n'
    )
    assert len(read_structure(write(tmp_path / "a.xyz", content))) == 2


def test_identity_is_that_of_the_values_on_the_grid(tmp_path):
    """Half a grid step more or less, another comment or column width: the same structure."""
    one = read_structure(write(tmp_path / "a.xyz", XYZ))
    two = read_structure(
        write(tmp_path / "b.xyz", XYZ.replace("2.9", "   2.90000001 ").replace("comment", "other"))
    )
    three = read_structure(write(tmp_path / "c.xyz", XYZ.replace("2.9", "2.900002")))
    assert one.sha256 == two.sha256
    assert one.sha256 != three.sha256
    assert np.array_equal(one.positions / POSITION_GRID, np.round(one.positions / POSITION_GRID))


grid_coordinate = st.integers(-(2**32), 2**32).map(lambda step: step * POSITION_GRID)


@given(
    atoms=st.lists(
        st.tuples(st.sampled_from(SYMBOLS), st.tuples(*[grid_coordinate] * 3)), min_size=1, max_size=12
    ),
    comment=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30),
    end=st.sampled_from(["\n", "\r\n"]),
    extended=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_xyz_round_trip(atoms, comment, end, extended):
    """Written with repr and read back: elements and coordinates exactly."""
    head = "Properties=species:S:1:pos:R:3" if extended else comment
    rows = [f"{symbol} {x!r} {y!r} {z!r}" for symbol, (x, y, z) in atoms]
    text = text_of(end.join([str(len(atoms)), head, *rows, ""]).encode(), "a.xyz")
    read = (read_extxyz if extended else read_xyz)(text)
    assert [SYMBOLS[number - 1] for number in read.numbers] == [symbol for symbol, _ in atoms]
    assert read.positions.tolist() == [list(position) for _, position in atoms]


def test_formats_are_the_explicit_list():
    assert set(READERS) == {"xyz", "extxyz", "prismatic", "cif", "pdb", "poscar", "lammps"}


def test_largest_structure_is_read_in_seconds(tmp_path):
    """100 000 atoms of fcc gold; a second or two on one core, and nothing quadratic."""
    cells = np.array(list(itertools.product(range(30), repeat=3)), dtype=float)[:25000]
    basis = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    positions = ((cells[:, None] + basis).reshape(-1, 3)) * 4.078
    lines = "\n".join(f"Au {x:.6f} {y:.6f} {z:.6f}" for x, y, z in positions.tolist())
    path = write(tmp_path / "large.xyz", f"{len(positions)}\nlarge\n{lines}\n")
    start = time.perf_counter()
    assert len(read_structure(path)) == 100_000
    assert time.perf_counter() - start < 15.0
