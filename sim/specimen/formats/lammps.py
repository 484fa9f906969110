"""LAMMPS data files (LAMMPS manual, "read_data command").

Read here rather than with ase, which takes atom types for atomic numbers when nothing says what
they are, and allocates whatever count the header declares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from sim.core.types import FloatArray
from sim.physics.elements import number_of, number_of_label, symbol_of
from sim.specimen.formats.source import FileAtoms, StructureText, line_places, positions_array

#: Atom styles that are understood: column of the type, column of x, and columns without image flags.
STYLES: dict[str, tuple[int, int, int]] = {
    "atomic": (1, 2, 5),
    "charge": (1, 3, 6),
    "angle": (2, 3, 6),
    "bond": (2, 3, 6),
    "molecular": (2, 3, 6),
    "full": (2, 4, 7),
    "sphere": (1, 4, 7),
}
_SECTIONS = re.compile(
    r"(Atoms|Velocities|Masses|Bonds|Angles|Dihedrals|Impropers|Ellipsoids|Lines|Triangles|Bodies"
    r"|\w+ Type Labels|[\w ]+ Coeffs)$"
)
_UNITS = re.compile(r"units\s*=\s*(\w+)")
#: Largest difference between a mass in the file and an element's, u.
MASS_TOLERANCE = 0.3


@dataclass
class _Header:
    atoms: int = -1
    atoms_line: int = 0
    box: dict[str, list[float]] = field(default_factory=dict)


def read_lammps(text: StructureText) -> FileAtoms:
    """Atoms in the order of their ids, image flags undone so that particles are whole.

    The elements come from the type labels, from comments beside the masses (``1 196.97 # Au``), or
    from the masses; where none of them tells, the file is refused.
    """
    units = _UNITS.search(text.lines[0])
    if units is not None and units.group(1) not in ("metal", "real"):
        raise text.refuse(
            f"its units are {units.group(1)!r}, not ångström",
            line=0,
            remedy="write it with units metal or real",
        )
    header, sections = _split(text)
    if header.atoms < 0 or "Atoms" not in sections:
        raise text.refuse(
            "has no 'N atoms' line or no Atoms section: it is no LAMMPS data file",
            remedy="correct the file or name its format",
        )
    text.check_count(header.atoms, header.atoms_line)
    cell = _cell(text, header)
    heading, rows = sections["Atoms"]
    if len(rows) != header.atoms:
        raise text.refuse(
            f"declares {header.atoms} atoms, but the Atoms section has {len(rows)} lines",
            line=header.atoms_line,
            remedy="correct the count or restore the file",
        )
    words = [_bare(text.lines[line]).split() for line in rows]
    type_column, x_column, columns = STYLES[_style(text, heading, words[0], rows[0])]
    ids: list[int] = []
    coordinates: list[list[float]] = []
    for line, row in zip(rows, words, strict=True):
        if len(row) not in (columns, columns + 3):
            raise text.refuse(
                f"an atom needs {columns} columns (or {columns + 3} with image flags), found {len(row)}",
                line=line,
                remedy="correct the file or its atom style",
            )
        ids.append(text.count(row[0], line, "an atom id"))
        coordinate = text.numbers(row[x_column : x_column + 3], line, "a coordinate")
        if len(row) > columns and cell is not None:
            flags = text.numbers(row[columns:], line, "an image flag")
            coordinate = [
                x + float(shift) for x, shift in zip(coordinate, np.array(flags) @ cell, strict=True)
            ]
        coordinates.append(coordinate)
    if len(set(ids)) != len(ids):
        raise text.refuse("an atom id is given twice", line=heading, remedy="correct the ids")
    elements, warnings = _elements(
        text, sections, {row[type_column]: line for line, row in zip(rows, words, strict=True)}
    )
    order = sorted(range(len(ids)), key=ids.__getitem__)
    numbers = np.array([elements[words[atom][type_column]] for atom in order], np.int64)
    positions = positions_array([coordinates[atom] for atom in order])
    # The file does not say which faces of the box repeat.
    return FileAtoms(numbers, positions, cell, False, line_places([rows[atom] for atom in order]), warnings)


def _bare(line: str) -> str:
    return line.partition("#")[0].strip()


def _comment(line: str) -> str:
    return line.partition("#")[2].strip()


def _split(text: StructureText) -> tuple[_Header, dict[str, tuple[int, list[int]]]]:
    """The header's values, and the sections as (heading line, lines with content)."""
    header = _Header()
    sections: dict[str, tuple[int, list[int]]] = {}
    current: list[int] | None = None
    for line in range(1, len(text.lines)):
        content = _bare(text.lines[line])
        if not content:
            continue
        if content[0].isalpha() and (found := _SECTIONS.match(content)):
            name = found.group(1)
            if name in sections:
                raise text.refuse(
                    f"a second {name} section", line=line, remedy="keep one structure in the file"
                )
            current = []
            sections[name] = (line, current)
        elif current is not None:
            current.append(line)
        else:
            _read_header(text, header, content, line)
    return header, sections


def _read_header(text: StructureText, header: _Header, content: str, line: int) -> None:
    words = content.split()
    if words[1:] == ["atoms"]:
        header.atoms, header.atoms_line = text.count(words[0], line, "the number of atoms"), line
    for keys, values in (
        ("xlo xhi", 2),
        ("ylo yhi", 2),
        ("zlo zhi", 2),
        ("xy xz yz", 3),
        ("avec", 3),
        ("bvec", 3),
        ("cvec", 3),
    ):
        if words[values:] == keys.split():
            header.box[keys] = text.numbers(words[:values], line, "a side of the box")


def _cell(text: StructureText, header: _Header) -> FloatArray | None:
    box = header.box
    if all(key in box for key in ("avec", "bvec", "cvec")):
        return np.array([box["avec"], box["bvec"], box["cvec"]])
    if not all(key in box for key in ("xlo xhi", "ylo yhi", "zlo zhi")):
        return None
    sides = [box[key][1] - box[key][0] for key in ("xlo xhi", "ylo yhi", "zlo zhi")]
    if min(sides) <= 0.0:
        raise text.refuse(
            "a side of the box is not positive", line=header.atoms_line, remedy="correct the box"
        )
    xy, xz, yz = box.get("xy xz yz", [0.0, 0.0, 0.0])
    return np.array([[sides[0], 0.0, 0.0], [xy, sides[1], 0.0], [xz, yz, sides[2]]])


def _style(text: StructureText, heading: int, words: list[str], line: int) -> str:
    """The atom style: as the heading's comment says, or ``atomic`` where only that fits."""
    named = _comment(text.lines[heading])
    if named:
        if named not in STYLES:
            raise text.refuse(
                f"the atom style {named[:30]!r} is not understood",
                line=heading,
                allowed=", ".join(STYLES),
                remedy="write the file in one of these",
            )
        return named
    if len(words) in (5, 8):
        return "atomic"
    raise text.refuse(
        f"lines of {len(words)} columns may be of several atom styles",
        line=line,
        remedy=f"name the style in line {heading + 1}, for example 'Atoms # full'",
    )


def _elements(
    text: StructureText, sections: dict[str, tuple[int, list[int]]], types: dict[str, int]
) -> tuple[dict[str, int], list[str]]:
    """Element of every type in use, and warnings; ``types`` gives a line on which each stands."""
    labels = dict(_labels(text, sections.get("Atom Type Labels", (0, []))[1]))
    masses: dict[str, tuple[float, str]] = {}
    for line in sections.get("Masses", (0, []))[1]:
        words = _bare(text.lines[line]).split()
        if len(words) != 2:
            raise text.refuse("a mass needs a type and a number", line=line, remedy="correct the file")
        masses[words[0]] = (text.number(words[1], line, "a mass"), _comment(text.lines[line]))
    elements: dict[str, int] = {}
    warnings: list[str] = []
    for name, line in types.items():
        number = labels.get(name) or number_of(name)
        if number is None and name in masses:
            number = _element_of_mass(name, *masses[name], warnings)
        if number is None:
            known = (
                f"has mass {masses[name][0]:g}, which tells no element" if name in masses else "has no mass"
            )
            raise text.refuse(
                f"atom type {name[:20]} {known}",
                line=line,
                remedy="name the elements beside the masses, for example '1 196.97 # Au'",
            )
        elements[name] = number
    return elements, warnings


def _labels(text: StructureText, lines: list[int]) -> Iterator[tuple[str, int]]:
    """(type number, element) of the type labels that are elements."""
    for line in lines:
        words = _bare(text.lines[line]).split()
        number = number_of(words[1]) if len(words) == 2 else None
        if number is not None:
            yield words[0], number


def _element_of_mass(name: str, mass: float, comment: str, warnings: list[str]) -> int | None:
    """The element that the comment beside a mass names, else the one with this mass.

    None where no element's mass is near or two are (58.8 may be cobalt or nickel).
    """
    from ase.data import atomic_masses

    differences = np.abs(np.asarray(atomic_masses[1:], dtype=np.float64) - mass)
    named = number_of_label(comment.split()[0]) if comment else None
    if named is not None:
        if differences[named - 1] > MASS_TOLERANCE:
            warnings.append(f"atom type {name} is read as {symbol_of(named)}, though its mass is {mass:g}")
        return named
    closest, second = np.argsort(differences, kind="stable")[:2]
    if differences[closest] > MASS_TOLERANCE or differences[second] < 2.0 * differences[closest]:
        return None
    if mass == 1.0:
        warnings.append(f"atom type {name} has mass 1 and is read as hydrogen")
    return int(closest) + 1
