"""Structure files that must be refused: at once, and with a sentence that names file, fault and remedy."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from sim.core.errors import InputError
from sim.specimen.files import read_structure
from sim.specimen.formats.source import LARGEST_FILE, LONGEST_LINE, MOST_LINES, shown_path

HOSTILE = Path(__file__).parents[2] / "data" / "structures" / "hostile"

#: File → words of the fault, words of the remedy.
REFUSALS = {
    "empty.xyz": ("is empty", "at least one atom"),
    "blank.xyz": ("is empty", "at least one atom"),
    "huge_count.xyz": (
        "line 1: declares 1000000000000 atoms, but the file has only 28 bytes",
        "correct the count",
    ),
    "endless_count.xyz": ("line 1: the number of atoms has 32 digits", "correct"),
    "truncated.xyz": ("line 1: declares 3 atoms, but only 2 lines follow", "restore the file"),
    "too_many.xyz": ("line 1: declares 2 atoms, but more follow in line 5", "correct the count"),
    "nan.xyz": ("line 4: a coordinate is 'nan'", "correct the file"),
    "infinite.xyz": ("line 4: a coordinate is '-inf'", "correct the file"),
    "overflow.xyz": ("line 4: a coordinate is '1e999'", "correct the file"),
    "comma.xyz": ("line 3: a coordinate is '0,0'", "decimals take a point"),
    "coincident.xyz": ("atoms 2 and 3 (line 4 and line 5) are closer than 0.1 Å", "remove one"),
    "unknown_element.xyz": ("line 4: 'Xx' is no element", "correct the first column"),
    "zero.xyz": ("line 1: declares 0 atoms", "at least one atom"),
    "negative.xyz": ("line 1: the number of atoms is '-5'", "correct"),
    "far.xyz": ("a coordinate of line 4 is beyond 100000 Å", "move the structure"),
    "short_line.xyz": ("line 4: an atom needs 4 columns, found 3", "correct the file"),
    "blank_line.xyz": ("line 4: is blank among the atoms", "correct the file"),
    "dump.xyz": ("is a LAMMPS dump", "replace the types by symbols"),
    "prismatic_cut.xyz": ("no closing -1", "restore the file"),
    "prismatic_partial.xyz": ("line 3: the site is occupied to 0.5", "supercell"),
    "properties.extxyz": (
        "line 2: Properties names no species (one column) or no pos",
        "species:S:1:pos:R:3",
    ),
    "both_faces.extxyz": (
        "atoms 1 and 2 (line 3 and line 4) are closer than 0.1 Å once the cell repeats",
        "remove",
    ),
    "flat_cell.extxyz": ("its unit cell is thinner than 0.5 Å", "correct the cell"),
    "no_element.pdb": ("line 1: no element in columns 77-78, and the label 'CA'", "columns 77-78"),
    "odd_element.pdb": ("line 1: columns 77-78 hold 'Qq'", "correct the element column"),
    "cut.pdb": ("line 1: an atom record ends before column 54", "restore the file"),
    "stars.pdb": ("line 1: a coordinate is '********'", "correct the file"),
    "partial.pdb": ("line 1: the site is occupied to 0.5", "supercell"),
    "text.pdb": ("no PDB file", "name its format"),
    "POSCAR_no_symbols": ("line 1: 'old' is no element", "element symbols"),
    "POSCAR_cut": ("line 11: declares 4 atoms, but atom 3 is missing", "restore the file"),
    "POSCAR_huge": ("line 7: declares 1000000000000 atoms", "correct the count"),
    "no_masses.data": ("line 11: atom type 1 has no mass", "1 196.97 # Au"),
    "between.data": ("line 12: atom type 1 has mass 58.81, which tells no element", "1 196.97 # Au"),
    "style.data": ("line 15: lines of 6 columns may be of several atom styles", "name the style in line 13"),
    "huge.data": ("line 3: declares 1000000000000 atoms", "correct the count"),
    "lj.data": ("line 1: its units are 'lj'", "metal or real"),
    "table.data": ("no LAMMPS data file", "name its format"),
    "partial.cif": ("line 15: the site is occupied to 0.5", "supercell"),
    "coincident.cif": (
        "atoms 1 and 2 (site Au in line 15 and site Cu in line 16) are closer than 0.1 Å",
        "remove",
    ),
    "unknown_group.cif": ("line 8: the space group 'P 21 n b c' is not known", "list its operations"),
    "angles.cif": ("line 2: no cell has these three angles", "correct the cell"),
    "cut.cif": ("line 9: a loop ends in the middle of a row", "restore the file"),
    "label.cif": ("line 16: 'CU1' does not say which element", "_atom_site_type_symbol"),
    "unknown_coordinate.cif": ("line 16: a coordinate is '?'", "correct the file"),
    "no_sites.cif": ("lists no atom sites", "_atom_site_fract_x"),
    "web_page.cif": ("line 1: does not begin with data_", "name its format"),
    "macromolecule.cif": ("Cartesian atom sites only", "PDB or XYZ"),
}


def refusal(path, format="", seconds=2.0):
    """The sentence with which a file is refused, in no time."""
    start = time.perf_counter()
    with pytest.raises(InputError) as caught:
        read_structure(path, format)
    assert time.perf_counter() - start < seconds
    error = caught.value
    assert error.parameter == shown_path(path)
    assert error.remedy
    assert "\n" not in str(error)
    assert str(error).endswith(".")
    return str(error)


@pytest.mark.parametrize("name", REFUSALS)
def test_refused_with_fault_and_remedy(name):
    fault, remedy = REFUSALS[name]
    sentence = refusal(HOSTILE / name)
    assert fault in sentence
    assert remedy in sentence


def test_every_hostile_file_is_listed():
    assert {path.name for path in HOSTILE.iterdir()} == set(REFUSALS)


@pytest.mark.parametrize("name", sorted(REFUSALS))
@pytest.mark.parametrize("format", ["xyz", "extxyz", "prismatic", "cif", "pdb", "poscar", "lammps"])
def test_nothing_else_than_a_sentence_whatever_the_format(name, format):
    """A hostile file read as any format is refused or read; no other exception escapes."""
    try:
        read_structure(HOSTILE / name, format)
    except InputError as error:
        assert error.remedy or error.allowed


GOOD = [
    HOSTILE.parent / name
    for name in (
        "pair.xyz",
        "pair.extxyz",
        "prismatic.xyz",
        "pair.pdb",
        "POSCAR_perovskite",
        "full_style.data",
        "wurtzite.cif",
        "Rutile.cif",
    )
]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_cut_anywhere_is_read_or_refused(path, tmp_path):
    """Every shorter version of a good file: a structure or a sentence, never another exception."""
    content = path.read_bytes()
    target = tmp_path / path.name
    for size in range(0, len(content), 13):
        target.write_bytes(content[:size])
        try:
            assert len(read_structure(target)) >= 1
        except InputError:
            continue


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_one_odd_byte_is_read_or_refused(path, tmp_path):
    content = bytearray(path.read_bytes())
    target = tmp_path / path.name
    for place in range(0, len(content), 29):
        for byte in (0, 0x0A, 0x22, 0x27, 0x2D, 0x39, 0xE9):
            kept = content[place]
            content[place] = byte
            target.write_bytes(content)
            content[place] = kept
            try:
                read_structure(target)
            except InputError:
                continue


# --- what is no ordinary file ----------------------------------------------------------------


def test_missing_file(tmp_path):
    assert "there is no such file" in refusal(tmp_path / "none.xyz")


def test_folder(tmp_path):
    (tmp_path / "folder.xyz").mkdir()
    assert "is a folder" in refusal(tmp_path / "folder.xyz")


def test_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.xyz")
    assert "pipe or device" in refusal(tmp_path / "pipe.xyz")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_device_does_not_hang(tmp_path):
    (tmp_path / "endless.xyz").symlink_to("/dev/zero")
    assert "pipe or device" in refusal(tmp_path / "endless.xyz")


def test_link_in_a_circle(tmp_path):
    (tmp_path / "a.xyz").symlink_to(tmp_path / "b.xyz")
    (tmp_path / "b.xyz").symlink_to(tmp_path / "a.xyz")
    assert "leads back to itself" in refusal(tmp_path / "a.xyz")


def test_link_to_nowhere(tmp_path):
    (tmp_path / "a.xyz").symlink_to(tmp_path / "gone.xyz")
    assert "points nowhere" in refusal(tmp_path / "a.xyz")


def test_link_to_a_file_is_followed(tmp_path):
    (tmp_path / "a.xyz").symlink_to(HOSTILE.parent / "pair.xyz")
    assert len(read_structure(tmp_path / "a.xyz")) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_forbidden_file(tmp_path):
    path = tmp_path / "a.xyz"
    path.write_text("1\n\nAu 0 0 0\n")
    path.chmod(0)
    assert "cannot be read" in refusal(path)


def test_file_in_the_place_of_a_folder(tmp_path):
    (tmp_path / "a").write_text("")
    assert "cannot be read" in refusal(tmp_path / "a" / "b.xyz")


def test_name_of_300_letters(tmp_path):
    assert "cannot be read" in refusal(tmp_path / ("x" * 300 + ".xyz"))


def test_zero_byte_in_the_name():
    assert "is no file name" in refusal("a\0.xyz")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not allow such names")
def test_name_that_is_no_text(tmp_path):
    """Latin-1 bytes in a name: the sentence can be printed, and a good file behind it is read."""
    path = tmp_path / os.fsdecode(b"caf\xe9.xyz")
    path.write_bytes(b"nonsense")
    assert "caf\\xe9.xyz" in refusal(path)
    shutil.copyfile(HOSTILE.parent / "pair.xyz", path)
    assert len(read_structure(path)) == 3


def test_name_with_a_line_end(tmp_path):
    """The sentence stays one line."""
    path = tmp_path / "two\nlines.xyz"
    path.write_bytes(b"nonsense")
    assert r"two\nlines.xyz" in refusal(path)


def test_packed_file(tmp_path):
    assert "unpack it" in refusal(tmp_path / "a.xyz.gz")


def test_at_sign_is_part_of_the_name(tmp_path):
    """ase would take frame 0 of a.xyz."""
    shutil.copyfile(HOSTILE.parent / "pair.xyz", tmp_path / "a.xyz")
    refusal(f"{tmp_path}/a.xyz@0")


# --- what is too large -------------------------------------------------------------------------


def test_file_of_a_terabyte(tmp_path):
    """Sparse: declared by the file system, refused unread."""
    with (tmp_path / "a.xyz").open("wb") as stream:
        stream.truncate(10**12 if sys.platform == "linux" else LARGEST_FILE + 1)
    assert "up to 64 MB" in refusal(tmp_path / "a.xyz")


def test_sparse_file_within_the_limit_is_no_text(tmp_path):
    with (tmp_path / "a.xyz").open("wb") as stream:
        stream.truncate(LARGEST_FILE)
    assert "is no text" in refusal(tmp_path / "a.xyz")


def test_utf16_without_its_mark(tmp_path):
    (tmp_path / "a.xyz").write_bytes("1\n\nAu 0 0 0\n".encode("utf-16-le"))
    assert "save it as UTF-8" in refusal(tmp_path / "a.xyz")


def test_broken_utf16(tmp_path):
    (tmp_path / "a.xyz").write_bytes(b"\xff\xfe1\x00\n\x00\x00\xd8")
    assert "save it as UTF-8" in refusal(tmp_path / "a.xyz")


def test_too_many_lines(tmp_path):
    (tmp_path / "a.xyz").write_bytes(b"1\n\nAu 0 0 0\n" + b"\n" * (MOST_LINES + 1))
    assert "lines" in refusal(tmp_path / "a.xyz")


@pytest.mark.parametrize(
    "content",
    ["'a " * 10_000_000, "_" * 30_000_000, "1" * 30_000_000, "Lattice={" * 1_000_000],
    ids=["quotes", "tag", "digits", "keys"],
)
@pytest.mark.parametrize("name", ["a.cif", "a.xyz", "POSCAR", "a.data", "a.pdb"])
def test_one_endless_line(tmp_path, name, content):
    """Patterns that would try for hours never see such a line."""
    (tmp_path / name).write_text("data_x\n" + content)
    assert "characters" in refusal(tmp_path / name)


@pytest.mark.parametrize("line", ["'a ", "a={", "Lattice ", '"" ', "((", "1."])
def test_longest_lines_are_quick(tmp_path, line):
    """Many lines of the largest length, in the worst patterns, in every format."""
    content = ((line * LONGEST_LINE)[: LONGEST_LINE - 20] + "\n") * 25
    for name in ("a.cif", "a.xyz", "POSCAR", "a.data", "a.pdb"):
        (tmp_path / name).write_text("2\n" + content if name == "a.xyz" else "data_x\n" + content)
        refusal(tmp_path / name, seconds=5.0)


def test_too_many_atoms_in_an_honest_file(tmp_path):
    (tmp_path / "a.xyz").write_text("100001\n\n" + "Au 0 0 0\n" * 100_001)
    assert "allowed: 1 to 100000" in refusal(tmp_path / "a.xyz")


def test_all_atoms_in_one_place(tmp_path):
    """100 000 coincident atoms are 5e9 pairs: one is enough."""
    (tmp_path / "a.xyz").write_text("100000\n\n" + "Au 0 0 0\n" * 100_000)
    assert "atoms 1 and 2 (line 3 and line 4)" in refusal(tmp_path / "a.xyz", seconds=6.0)


def test_all_atoms_in_one_place_once_the_cell_repeats(tmp_path):
    head = '20000\nLattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3\n'
    (tmp_path / "a.xyz").write_text(head + "".join(f"Au {4 * i} 0 0\n" for i in range(20_000)))
    assert "once the cell repeats" in refusal(tmp_path / "a.xyz", seconds=6.0)


def test_symmetry_that_makes_too_many_atoms(tmp_path):
    sites = "".join(
        f"Au{i} {i / 3001:.6f} {i * 7 % 3001 / 3001:.6f} {i * 13 % 3001 / 3001:.6f}\n" for i in range(3000)
    )
    content = (
        (HOSTILE.parent / "Silicon.cif")
        .read_text(encoding="utf-8")
        .replace("Si   0.00000   0.00000   0.00000", sites)
    )
    (tmp_path / "a.cif").write_text(content)
    assert "make too many atoms" in refusal(tmp_path / "a.cif")


def test_neighbouring_files_are_not_opened(tmp_path):
    """ase would look for the symbols in POTCAR and OUTCAR beside an old POSCAR; ours opens one file."""
    shutil.copyfile(HOSTILE / "POSCAR_no_symbols", tmp_path / "POSCAR")
    os.mkfifo(tmp_path / "POTCAR")
    os.mkfifo(tmp_path / "OUTCAR")
    assert "is no element" in refusal(tmp_path / "POSCAR")
