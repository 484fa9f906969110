"""Structure files: which reader, what all structures must satisfy, and the files of a folder.

Formats are an explicit list.  A file's name says which it is, its content must agree, and
``format`` overrides the name; nothing is guessed beyond that.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError, nearest
from sim.core.types import FloatArray, Structure, on_position_grid
from sim.specimen.formats.cif import read_cif
from sim.specimen.formats.lammps import read_lammps
from sim.specimen.formats.pdb import read_pdb
from sim.specimen.formats.poscar import read_poscar
from sim.specimen.formats.source import FARTHEST, MOST_ATOMS, FileAtoms, StructureText, read_text, shown_path
from sim.specimen.formats.xyz import kind_of_xyz, read_extxyz, read_prismatic, read_xyz
from sim.specimen.proximity import Pair, closest_pair, closest_periodic_pair

READERS: dict[str, Callable[[StructureText], FileAtoms]] = {
    "xyz": read_xyz,
    "extxyz": read_extxyz,
    "prismatic": read_prismatic,
    "cif": read_cif,
    "pdb": read_pdb,
    "poscar": read_poscar,
    "lammps": read_lammps,
}

#: Format by the end of a file's name; ``xyz`` is told from its two relatives by content.
ENDINGS: dict[str, str] = {
    ".xyz": "xyz",
    ".extxyz": "extxyz",
    ".cif": "cif",
    ".pdb": "pdb",
    ".ent": "pdb",
    ".vasp": "poscar",
    ".poscar": "poscar",
    ".contcar": "poscar",
    ".data": "lammps",
    ".lmp": "lammps",
    ".lammps": "lammps",
}
_VASP_NAME = re.compile(r"(?:POSCAR|CONTCAR)(?:[._-].*)?", re.IGNORECASE)
_PACKED = (".gz", ".bz2", ".xz", ".zip", ".zst", ".7z")

#: Atoms closer than this are one atom twice, Å.
COINCIDENT = 0.1
#: Nearest-neighbour distances outside this range suggest another unit of length, Å.
USUAL_NEIGHBOURS = (0.6, 8.0)
#: A unit cell whose opposite faces are closer than this is degenerate, Å.
THINNEST_CELL = 0.5


@dataclass(frozen=True)
class ReadStructure:
    """A structure with what its reading involved.

    Attributes
    ----------
    structure
        The atoms, on the position grid.
    format
        The format it was read as.
    warnings
        Sentences about choices made and things that look odd; empty for a plain file.
    """

    structure: Structure
    format: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class StructureListing:
    """The structure files of a folder: (stem, path) sorted by name, and (name, reason) of the rest."""

    files: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[str, str], ...]


def read_structure(path: str | os.PathLike[str], format: str = "") -> Structure:
    """Read one structure file; see :func:`read_structure_file`."""
    return read_structure_file(path, format).structure


def read_structure_file(path: str | os.PathLike[str], format: str = "") -> ReadStructure:
    """Read the first structure of a file, check it, and put it on the 2⁻²⁰ Å grid.

    Parameters
    ----------
    path
        An ordinary file (or a link to one) of at most 64 MB.
    format
        One of :data:`READERS`, or empty to go by the name.

    Raises
    ------
    InputError
        Naming the path, and the line where there is one, for whatever makes the file unusable.
    """
    path_text = os.fspath(path)
    shown = shown_path(path_text)
    name = format or format_of_name(os.path.basename(path_text))
    if name not in READERS:
        raise _unknown_format(shown, format, os.path.basename(shown))
    text = read_text(path_text)
    return structure_of(text, name, told=bool(format))


def structure_of(text: StructureText, format: str, told: bool = False) -> ReadStructure:
    """Parse and check text that is already in memory; ``told`` keeps ``format`` whatever the content."""
    if format == "xyz" and not told:
        format = kind_of_xyz(text)
    atoms = READERS[format](text)
    structure, warnings = _checked(text, atoms)
    return ReadStructure(structure, format, (*atoms.warnings, *warnings))


def format_of_name(name: str) -> str:
    """Format that a file's name stands for; empty for none."""
    ending = os.path.splitext(name)[1].lower()
    if ending in ENDINGS:
        return ENDINGS[ending]
    return "poscar" if _VASP_NAME.fullmatch(name) and ending not in _PACKED else ""


def stem_of_name(name: str) -> str:
    """What a file is called in a dataset: its name without the ending (``POSCAR_a`` whole).

    In Unicode's composed form (NFC), so that a file copied over from macOS keeps its identity.
    """
    stem, ending = os.path.splitext(name)
    return unicodedata.normalize("NFC", stem if ending.lower() in ENDINGS else name)


def list_structure_files(directory: str | os.PathLike[str]) -> StructureListing:
    """The structure files of one folder, by name; hidden files and sub-folders are left alone.

    Raises
    ------
    InputError
        If there is no such folder, it holds no structure file, two files have one stem, or a
        structure file's name cannot stand in a manifest or its link leads nowhere.
    """
    folder = os.fspath(directory)
    shown = shown_path(folder)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        raise InputError(shown, "there is no such folder", remedy="check the path") from None
    except NotADirectoryError:
        raise InputError(shown, "is a file, not a folder", remedy="give the folder that holds it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no folder name"
        raise InputError(
            shown, f"cannot be read ({reason})", remedy="check its name and permissions"
        ) from None
    files: dict[str, str] = {}
    skipped: list[tuple[str, str]] = []
    for entry in entries:
        reason = _reason_to_skip(entry)
        if reason:
            skipped.append((shown_path(entry.name), reason))
            continue
        stem = stem_of_name(entry.name)
        if not stem.isprintable() or stem != stem.strip():
            raise InputError(
                shown_path(entry.path),
                "its name has characters that cannot be printed",
                remedy="rename it with plain letters",
            )
        if stem in files:
            first, second = shown_path(os.path.basename(files[stem])), shown_path(entry.name)
            raise InputError(
                shown, f"{first} and {second} would both be called {stem!r}", remedy="rename one of them"
            )
        files[stem] = entry.path
    if not files:
        raise InputError(
            shown,
            "holds no structure file",
            allowed=", ".join(ENDINGS) + ", POSCAR, CONTCAR",
            remedy="put the files directly into this folder",
        )
    return StructureListing(tuple(files.items()), tuple(skipped))


def _reason_to_skip(entry: os.DirEntry[str]) -> str:
    if entry.name.startswith("."):
        return "a hidden file"
    if not format_of_name(entry.name):
        return "no structure file by its name"
    try:
        mode = os.stat(entry.path).st_mode
    except OSError:
        raise InputError(
            shown_path(entry.path),
            "is a link that leads to no file",
            remedy="remove it or restore its target",
        ) from None
    if stat.S_ISDIR(mode):
        return "a folder"
    return "" if stat.S_ISREG(mode) else "a pipe or device"


def _unknown_format(shown: str, format: str, name: str) -> InputError:
    allowed = ", ".join(READERS)
    if format:
        return InputError(
            shown,
            f"{format!r} is no format of structure files",
            allowed=allowed,
            remedy=nearest(format, READERS) or "name one of these",
        )
    if os.path.splitext(name)[1].lower() in _PACKED:
        return InputError(shown, "is packed", remedy="unpack it first")
    return InputError(
        shown,
        "its name does not say which format it is",
        allowed=", ".join(ENDINGS) + ", POSCAR, CONTCAR",
        remedy=f"rename it or name its format ({allowed})",
    )


def _checked(text: StructureText, atoms: FileAtoms) -> tuple[Structure, list[str]]:
    """The checks that every format needs, the position grid, and what looks odd."""
    if not 1 <= len(atoms.numbers) <= MOST_ATOMS:
        raise text.refuse(
            f"holds {len(atoms.numbers)} atoms",
            allowed=f"1 to {MOST_ATOMS}",
            remedy="cut out the part that is to be imaged",
        )
    extent = np.abs(atoms.positions).max(axis=1)
    if not np.all(extent <= FARTHEST):
        atom = int(np.argmax(~(extent <= FARTHEST)))
        raise text.refuse(
            f"a coordinate of {atoms.places(atom)} is beyond {FARTHEST:g} Å",
            remedy="correct it or move the structure to the origin",
        )
    cell = _usable_cell(text, atoms)
    positions = on_position_grid(atoms.positions)
    warnings: list[str] = []
    pair = closest_pair(positions, COINCIDENT)
    if pair is not None:
        if pair.distance < COINCIDENT:
            raise _coincident(text, atoms, pair, "")
        warnings += _odd_lengths(pair)
    repeated = closest_periodic_pair(positions, cell, COINCIDENT) if cell is not None else None
    if repeated is not None and atoms.periodic:
        raise _coincident(text, atoms, repeated, " once the cell repeats")
    if repeated is not None:
        warnings.append(f"atoms {repeated.first + 1} and {repeated.second + 1} coincide if the cell repeats")
    return Structure(atoms.numbers, positions, cell), warnings


def _coincident(text: StructureText, atoms: FileAtoms, pair: Pair, when: str) -> InputError:
    first, second = pair.first, pair.second
    return text.refuse(
        f"atoms {first + 1} and {second + 1} ({atoms.places(first)} and {atoms.places(second)}) "
        f"are closer than {COINCIDENT:g} Å{when}",
        remedy="remove one of the two",
    )


def _usable_cell(text: StructureText, atoms: FileAtoms) -> FloatArray | None:
    """The cell, or None where the file's is the all-zero or partly zero one of a finite particle."""
    cell = atoms.cell
    if cell is None or not np.all(np.any(cell != 0.0, axis=1)):
        return None
    lengths = np.sqrt(np.sum(cell * cell, axis=1))
    volume = abs(float(np.linalg.det(cell)))
    faces = np.sqrt(np.sum(np.cross(cell[[1, 2, 0]], cell[[2, 0, 1]]) ** 2, axis=1))
    if lengths.max() > FARTHEST or not np.all(volume > THINNEST_CELL * faces):
        raise text.refuse(
            f"its unit cell is thinner than {THINNEST_CELL:g} Å or beyond all size",
            remedy="correct the cell or leave it out",
        )
    return np.ascontiguousarray(cell, np.float64)


def _odd_lengths(pair: Pair) -> list[str]:
    """What looks like another unit of length."""
    low, high = USUAL_NEIGHBOURS
    if pair.distance < low:
        return [f"the closest atoms are {pair.distance:.3g} Å apart; are the coordinates in nanometres?"]
    if pair.distance > high:
        return [f"no two atoms are closer than {pair.distance:.3g} Å; are the coordinates in picometres?"]
    return []
