"""XYZ, extended XYZ, and the XYZ of Prismatic and computem.

They share a name and little else, so the content tells them apart: XYZ and extended XYZ begin
with a count (the extended comment holds ``Properties=`` or ``Lattice=``), Prismatic's has a
comment, the three cell lengths, rows ``Z x y z occupancy displacement`` and a closing ``-1``.
"""

from __future__ import annotations

import re

import numpy as np

from sim.core.types import FloatArray
from sim.physics.elements import LARGEST_NUMBER, number_of
from sim.specimen.formats.source import (
    FileAtoms,
    StructureText,
    line_places,
    parse_number,
    positions_array,
)

_EXTENDED = re.compile(r"\b(?:properties|lattice)\s*=", re.IGNORECASE)
_KEY_VALUE = re.compile(r"""(?<!\w)(\w+)\s*=\s*("[^"]*"|'[^']*'|\{[^}]*\}|\[[^=]*\]|\S+)""")
_WHOLE = re.compile(r"\d{1,3}", re.ASCII)
#: Occupancies this close to 1 are whole atoms.
OCCUPANCY_TOLERANCE = 0.005


def kind_of_xyz(text: StructureText) -> str:
    """``xyz``, ``extxyz`` or ``prismatic``, by what the file holds."""
    start = _first_line(text)
    lines = text.lines
    lengths = lines[start + 1].split() if start + 1 < len(lines) else []
    if len(lengths) == 3 and all(parse_number(word) is not None for word in lengths):
        # Three lengths may be an odd comment of a counted file; then there is a count and no -1.
        last = next(line.split() for line in reversed(lines) if line.strip())
        if last[:1] == ["-1"] or not re.fullmatch(r"\s*\d+\s*", lines[start]):
            return "prismatic"
    if start + 1 < len(lines) and _EXTENDED.search(lines[start + 1]):
        return "extxyz"
    return "xyz"


def read_xyz(text: StructureText) -> FileAtoms:
    """Plain XYZ: a count, a comment, and ``symbol x y z`` a line; further columns are left alone."""
    return _read_counted(text, properties=(0, 1, 4), symbols=True, cell=None, periodic=False)


def read_extxyz(text: StructureText) -> FileAtoms:
    """Extended XYZ: ``Properties`` says which columns are species and positions, ``Lattice`` the cell."""
    start = _first_line(text)
    comment = text.lines[start + 1] if start + 1 < len(text.lines) else ""
    keys = {key.lower(): value for key, value in _KEY_VALUE.findall(comment)}
    first_species, symbols, first_position, columns = 0, True, 1, 4
    if "properties" in keys:
        first_species, symbols, first_position, columns = _property_columns(
            text, keys["properties"], start + 1
        )
    cell = _lattice(text, keys["lattice"], start + 1) if "lattice" in keys else None
    flags = re.findall(r"[A-Za-z01]+", keys.get("pbc", "T T T"))
    periodic = cell is not None and all(flag[0].upper() in "T1" for flag in flags)
    return _read_counted(text, (first_species, first_position, columns), symbols, cell, periodic)


def read_prismatic(text: StructureText) -> FileAtoms:
    """Prismatic XYZ (Kirkland's computem format), ended by ``-1``.

    The last column, the thermal displacement, is left alone: atoms are imaged where they stand.
    """
    start = _first_line(text)
    if start + 1 >= len(text.lines):
        raise text.refuse("is no Prismatic XYZ (no cell line)", remedy="restore the file")
    words = text.lines[start + 1].split()
    if len(words) != 3:
        raise text.refuse("the cell line must hold three lengths", line=start + 1, remedy="correct the file")
    lengths = text.numbers(words, start + 1, "a cell length")
    if min(lengths) <= 0.0:
        raise text.refuse("a cell length is not positive", line=start + 1, remedy="correct the file")
    numbers: list[int] = []
    rows: list[list[float]] = []
    places: list[int] = []
    end = len(text.lines)
    for line in range(start + 2, len(text.lines)):
        words = text.lines[line].split()
        if not words:
            continue
        if words[0] == "-1":
            end = line
            break
        if len(words) < 4:
            raise text.refuse(
                "an atom needs Z x y z, occupancy and displacement", line=line, remedy="correct the file"
            )
        number = text.count(words[0], line, "the atomic number")
        if not 1 <= number <= LARGEST_NUMBER:
            raise text.refuse(
                f"{number} is no atomic number",
                line=line,
                allowed=f"1 to {LARGEST_NUMBER}",
                remedy="correct the file",
            )
        rows.append(text.numbers(words[1:4], line, "a coordinate"))
        if len(words) > 4:
            check_occupancy(text, text.number(words[4], line, "the occupancy"), line)
        numbers.append(number)
        places.append(line)
    else:
        raise text.refuse("has no closing -1: the file is cut short", remedy="restore the file")
    for line in range(end + 1, len(text.lines)):
        if text.lines[line].strip():
            raise text.refuse(
                "something follows the closing -1", line=line, remedy="keep one structure in the file"
            )
    if not numbers:
        raise text.refuse("holds no atoms", remedy="give a structure with at least one atom")
    return FileAtoms(
        np.array(numbers, np.int64), positions_array(rows), np.diag(lengths), True, line_places(places)
    )


def check_occupancy(text: StructureText, occupancy: float, line: int) -> None:
    """Refuse a partly occupied site: an image shows whole atoms, and which ones is the user's to say."""
    if abs(occupancy - 1.0) > OCCUPANCY_TOLERANCE:
        raise text.refuse(
            f"the site is occupied to {occupancy:g}, not by a whole atom",
            line=line,
            allowed="1",
            remedy="write a supercell in which every site holds one atom or none",
        )


def _read_counted(
    text: StructureText,
    properties: tuple[int, int, int],
    symbols: bool,
    cell: FloatArray | None,
    periodic: bool,
) -> FileAtoms:
    """The atoms of the first frame; ``properties`` is (species column, first position column, columns)."""
    first_species, first_position, columns = properties
    start = _first_line(text)
    words = text.lines[start].split()
    if len(words) != 1:
        raise text.refuse(
            "an XYZ file begins with the number of atoms alone",
            line=start,
            remedy="correct the file or name its format",
        )
    count = text.count(words[0], start, "the number of atoms")
    text.check_count(count, start)
    begin = start + 2
    found = sum(1 for line in text.lines[begin:] if line.strip())
    if found < count:
        raise text.refuse(
            f"declares {count} atoms, but only {found} lines follow",
            line=start,
            remedy="correct the count or restore the file",
        )
    seen: dict[str, int] = {}
    numbers: list[int] = []
    rows: list[list[float]] = []
    for line in range(begin, begin + count):
        words = text.lines[line].split()
        if len(words) < columns:
            problem = (
                "is blank among the atoms"
                if not words
                else f"an atom needs {columns} columns, found {len(words)}"
            )
            raise text.refuse(problem, line=line, remedy="correct the file")
        word = words[first_species]
        number = seen.get(word)
        if number is None:
            number = seen[word] = _element(text, word, line, symbols)
        numbers.append(number)
        rows.append(text.numbers(words[first_position : first_position + 3], line, "a coordinate"))
    warnings = _warn_of_symbols(text, seen, text.lines[start + 1], start) if symbols else []
    warnings += _after_first_frame(text, begin + count, count, start)
    places = line_places(range(begin, begin + count))
    return FileAtoms(np.array(numbers, np.int64), positions_array(rows), cell, periodic, places, warnings)


def _first_line(text: StructureText) -> int:
    return next(line for line, content in enumerate(text.lines) if content.strip())


def _element(text: StructureText, word: str, line: int, symbols: bool) -> int:
    """Element of a species word: a symbol in any case, one with a running number, or an atomic number."""
    if _WHOLE.fullmatch(word):
        number: int | None = int(word)
        if not 1 <= int(word) <= LARGEST_NUMBER:
            number = None
    else:
        number = number_of(word.rstrip("0123456789")) if symbols else None
    if number is None:
        shown = word if len(word) <= 20 else word[:17] + "..."
        raise text.refuse(
            f"{shown!r} is no element",
            line=line,
            allowed=f"symbols H to Og or numbers 1 to {LARGEST_NUMBER}",
            remedy="correct the first column",
        )
    return number


def _warn_of_symbols(text: StructureText, seen: dict[str, int], comment: str, start: int) -> list[str]:
    warnings = []
    if all(_WHOLE.fullmatch(word) for word in seen):
        if comment.startswith("Atoms. Timestep"):
            raise text.refuse(
                "is a LAMMPS dump: its first column holds atom types, not elements",
                line=start + 1,
                remedy="dump with 'dump_modify element' or replace the types by symbols",
            )
        warnings.append("the first column holds numbers; they are read as atomic numbers")
    shouted = [w for w in seen if len(w) == 2 and w.isalpha() and w.isupper() and number_of(w[0]) is not None]
    warnings += [f"{word!r} is read as the element {word.capitalize()}" for word in sorted(shouted)]
    return warnings


def _after_first_frame(text: StructureText, line: int, count: int, start: int) -> list[str]:
    """Nothing, a further frame (a warning), or a wrong count (refused)."""
    while line < len(text.lines) and not text.lines[line].strip():
        line += 1
    if line >= len(text.lines):
        return []
    if re.fullmatch(r"\s*\d+\s*", text.lines[line]):
        return [f"holds several frames; only the first ({count} atoms) is used"]
    raise text.refuse(
        f"declares {count} atoms, but more follow in line {line + 1}", line=start, remedy="correct the count"
    )


def _property_columns(text: StructureText, value: str, line: int) -> tuple[int, bool, int, int]:
    """What ``Properties`` says: species column, whether it holds symbols, first position column, columns."""
    parts = value.strip("\"'").split(":")
    if len(parts) % 3 or not all(
        width.isascii() and width.isdigit() and len(width) < 5 for width in parts[2::3]
    ):
        raise text.refuse(
            "Properties is not made of name:type:columns", line=line, remedy="correct the comment line"
        )
    column = 0
    found: dict[str, tuple[int, str, int]] = {}
    for name, kind, width in zip(parts[0::3], parts[1::3], parts[2::3], strict=True):
        found.setdefault(name.lower(), (column, kind.upper(), int(width)))
        column += int(width)
    symbols = next(
        (found[name] for name in ("species", "symbols", "symbol", "element") if name in found), None
    )
    charges = next((found[name] for name in ("z", "numbers", "atomic_numbers") if name in found), None)
    place = next((found[name] for name in ("pos", "positions", "position") if name in found), None)
    species = symbols or charges
    if species is None or place is None or place[2] != 3 or species[2] != 1:
        raise text.refuse(
            "Properties names no species (one column) or no pos (three columns)",
            line=line,
            remedy="write Properties=species:S:1:pos:R:3",
        )
    return species[0], symbols is not None, place[0], column


def _lattice(text: StructureText, value: str, line: int) -> FloatArray | None:
    words = value.translate(str.maketrans("\"'[]{},", "       ")).split()
    if len(words) != 9:
        raise text.refuse(
            f"Lattice holds {len(words)} numbers, not 9",
            line=line,
            remedy='write Lattice="ax ay az bx by bz cx cy cz"',
        )
    return np.array(text.numbers(words, line, "a number of Lattice")).reshape(3, 3)
