"""The structure files of a folder."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from pathlib import Path

import pytest

from sim.core.errors import InputError
from sim.specimen.files import format_of_name, list_structure_files, stem_of_name

XYZ = "1\n\nAu 0 0 0\n"


def fill(folder, *names):
    for name in names:
        (folder / name).write_text(XYZ)


def test_sorted_by_name_and_the_rest_explained(tmp_path):
    fill(tmp_path, "b.xyz", "a.cif", "POSCAR", "c.DATA", "notes.txt", ".hidden.xyz", "d.xyz.gz", "e.PDB")
    (tmp_path / "folder.xyz").mkdir()
    fill(tmp_path / "folder.xyz", "inner.xyz")
    os.mkfifo(tmp_path / "pipe.xyz")
    listing = list_structure_files(tmp_path)
    assert [stem for stem, _ in listing.files] == ["POSCAR", "a", "b", "c", "e"]
    assert listing.files[1] == ("a", str(tmp_path / "a.cif"))
    reasons = dict(listing.skipped)
    assert reasons == {
        ".hidden.xyz": "a hidden file",
        "d.xyz.gz": "no structure file by its name",
        "folder.xyz": "a folder",
        "notes.txt": "no structure file by its name",
        "pipe.xyz": "a pipe or device",
    }


def test_one_stem_twice_is_refused(tmp_path):
    fill(tmp_path, "gold.xyz", "gold.cif")
    with pytest.raises(InputError, match=r"gold\.cif and gold\.xyz would both be called 'gold'.*rename"):
        list_structure_files(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems normalise names themselves")
def test_names_that_look_alike_are_one(tmp_path):
    """é as one letter and as e with an accent."""
    one, two = unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é")
    assert one != two
    fill(tmp_path, f"{two}.xyz")
    assert list_structure_files(tmp_path).files[0][0] == one
    fill(tmp_path, f"{one}.cif")
    with pytest.raises(InputError, match="would both be called"):
        list_structure_files(tmp_path)


def test_empty_folder(tmp_path):
    fill(tmp_path, "notes.txt")
    with pytest.raises(InputError, match=r"holds no structure file.*\.xyz"):
        list_structure_files(tmp_path)


def test_no_folder(tmp_path):
    with pytest.raises(InputError, match="there is no such folder"):
        list_structure_files(tmp_path / "none")
    fill(tmp_path, "a.xyz")
    with pytest.raises(InputError, match="is a file, not a folder"):
        list_structure_files(tmp_path / "a.xyz")
    with pytest.raises(InputError, match="cannot be read"):
        list_structure_files("a\0b")


def test_broken_link_is_not_passed_over(tmp_path):
    fill(tmp_path, "a.xyz")
    (tmp_path / "b.xyz").symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match=r"b\.xyz: is a link that leads to no file"):
        list_structure_files(tmp_path)


def test_link_to_a_file_counts(tmp_path):
    fill(tmp_path, "a.xyz")
    (tmp_path / "b.xyz").symlink_to(tmp_path / "a.xyz")
    assert [stem for stem, _ in list_structure_files(tmp_path).files] == ["a", "b"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not allow such names")
@pytest.mark.parametrize("name", [b"caf\xe9.xyz", b"two\nlines.xyz", b" space.xyz"])
def test_name_that_cannot_stand_in_a_manifest(tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    path.write_text(XYZ)
    with pytest.raises(InputError, match="rename it") as caught:
        list_structure_files(tmp_path)
    assert "\n" not in str(caught.value)
    str(caught.value).encode()


def test_real_files_are_recognised(tmp_path):
    data = Path(__file__).parents[2] / "data" / "structures"
    for path in data.iterdir():
        if path.is_file():
            shutil.copyfile(path, tmp_path / path.name)
    with pytest.raises(InputError, match="both be called 'pair'"):
        list_structure_files(tmp_path)
    (tmp_path / "pair.xyz").unlink()
    (tmp_path / "pair.pdb").unlink()
    stems = {stem for stem, _ in list_structure_files(tmp_path).files}
    assert {"Rutile", "Silicon", "POSCAR_perovskite", "full_style", "pair", "prismatic"} <= stems


@pytest.mark.parametrize(
    ("name", "format", "stem"),
    [
        ("Au55.xyz", "xyz", "Au55"),
        ("a.b.CIF", "cif", "a.b"),
        ("POSCAR", "poscar", "POSCAR"),
        ("CONTCAR.relaxed", "poscar", "CONTCAR.relaxed"),
        ("POSCAR_a.vasp", "poscar", "POSCAR_a"),
        ("POSCARS", "", "POSCARS"),
        ("xyz", "", "xyz"),
        ("a.traj", "", "a.traj"),
        ("a.db", "", "a.db"),
        ("POSCAR.gz", "", "POSCAR.gz"),
    ],
)
def test_names(name, format, stem):
    assert format_of_name(name) == format
    assert stem_of_name(name) == stem
