"""POSCAR and CONTCAR files of VASP (VASP wiki, "POSCAR").

Read here rather than with ase, which looks into neighbouring POTCAR and OUTCAR files when the
symbols are missing.
"""

from __future__ import annotations

import re

import numpy as np

from sim.core.types import FloatArray
from sim.physics.elements import number_of
from sim.specimen.formats.source import FileAtoms, StructureText, line_places, positions_array

_COMMENT = re.compile(r"[!#].*")


def read_poscar(text: StructureText) -> FileAtoms:
    """Cell, elements and positions; velocities and whatever else follows are left alone."""
    first = _words(text, 0) if text.lines else []
    scale = text.numbers(_needed(text, 1, "the scale factor"), 1, "the scale factor")
    if len(scale) not in (1, 3):
        raise text.refuse(
            "the scale is not one number (or three): it is no POSCAR",
            line=1,
            remedy="correct the file or name its format",
        )
    rows = []
    for line in (2, 3, 4):
        words = _needed(text, line, "a lattice vector")
        if len(words) < 3:
            raise text.refuse("a lattice vector needs three numbers", line=line, remedy="correct the file")
        rows.append(text.numbers(words[:3], line, "a lattice vector"))
    lattice, factors = _scaled(text, positions_array(rows), scale)
    line = 5
    words = _needed(text, line, "the elements")
    if words[0].isdigit():
        symbols = first
        symbols_line = 0
    else:
        symbols, symbols_line = words, line
        line += 1
    counts = [
        text.count(word, line, "a number of atoms") for word in _needed(text, line, "the numbers of atoms")
    ]
    text.check_count(sum(counts), line)
    species = _species(text, symbols, symbols_line, counts, line)
    line += 1
    mode = _needed(text, line, "Direct or Cartesian")[0].lower()
    if mode[0] == "s":
        line += 1
        mode = _needed(text, line, "Direct or Cartesian")[0].lower()
    if mode[0] not in "dck":
        raise text.refuse("neither Direct nor Cartesian", line=line, remedy="correct the file")
    begin = line + 1
    coordinates: list[list[float]] = []
    for line in range(begin, begin + sum(counts)):
        words = _words(text, line)
        if len(words) < 3:
            raise text.refuse(
                f"declares {sum(counts)} atoms, but atom {len(coordinates) + 1} is missing",
                line=line,
                remedy="correct the numbers of atoms or restore the file",
            )
        coordinates.append(text.numbers(words[:3], line, "a coordinate"))
    positions = positions_array(coordinates)
    positions = positions @ lattice if mode[0] == "d" else positions * factors
    numbers = np.repeat(np.array(species, np.int64), counts)
    places = line_places(range(begin, begin + len(numbers)))
    return FileAtoms(numbers, positions, lattice, True, places)


def _scaled(text: StructureText, lattice: FloatArray, scale: list[float]) -> tuple[FloatArray, FloatArray]:
    """The lattice in Å and the factors of x, y, z; one negative number is the cell's volume."""
    if len(scale) == 1 and scale[0] < 0.0:
        volume = abs(float(np.linalg.det(lattice)))
        if volume == 0.0:
            raise text.refuse("the lattice vectors lie in a plane", line=2, remedy="correct the cell")
        factors = np.full(3, (-scale[0] / volume) ** (1.0 / 3.0))
    else:
        factors = np.array(scale * 3 if len(scale) == 1 else scale)
    if not np.all(factors > 0.0):
        raise text.refuse("the scale factor is not positive", line=1, remedy="correct the file")
    return lattice * factors, factors


def _species(
    text: StructureText, symbols: list[str], symbols_line: int, counts: list[int], counts_line: int
) -> list[int]:
    """Atomic numbers, one a count; potential names such as ``Au_pv`` or ``Fe/1a2b`` lose their tail."""
    if symbols_line == 0 and len(symbols) != len(counts):
        raise text.refuse(
            "names no elements (an old POSCAR without symbols)",
            line=counts_line,
            remedy="add a line with the element symbols before the numbers of atoms",
        )
    if len(symbols) != len(counts):
        raise text.refuse(
            f"{len(symbols)} elements, but {len(counts)} numbers of atoms",
            line=counts_line,
            remedy="correct the file",
        )
    species = []
    for symbol in symbols:
        number = number_of(re.split(r"[_/.]", symbol)[0])
        if number is None:
            raise text.refuse(
                f"{symbol[:20]!r} is no element",
                line=symbols_line,
                remedy="write the element symbols before the numbers of atoms",
            )
        species.append(number)
    return species


def _words(text: StructureText, line: int) -> list[str]:
    return _COMMENT.sub("", text.lines[line]).split() if line < len(text.lines) else []


def _needed(text: StructureText, line: int, what: str) -> list[str]:
    words = _words(text, line)
    if not words:
        raise text.refuse(
            f"{what} is missing: the file is cut short or no POSCAR",
            line=min(line, len(text.lines) - 1),
            remedy="restore the file or name its format",
        )
    return words
