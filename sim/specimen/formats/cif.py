"""Crystallographic information files (CIF 1.1, Hall, Allen and Brown, Acta Cryst. A47, 655, 1991).

The file is read value by value and only what is needed is kept: a CIF may carry megabytes of
reflections beside its atoms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sim.core.types import FloatArray
from sim.physics.elements import number_of, number_of_label
from sim.specimen.formats.cells import cell_from_lengths_and_angles
from sim.specimen.formats.source import MOST_ATOMS, FileAtoms, StructureText, positions_array
from sim.specimen.formats.symmetry import (
    MOST_IMAGES,
    MOST_OPERATIONS,
    Operations,
    expand,
    operations_of_group,
    parse_operation,
)
from sim.specimen.formats.xyz import check_occupancy

#: Most values in a file.
MOST_VALUES = 5_000_000

_CELL = (
    "_cell_length_a",
    "_cell_length_b",
    "_cell_length_c",
    "_cell_angle_alpha",
    "_cell_angle_beta",
    "_cell_angle_gamma",
)
_FRACTIONAL = ("_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z")
_SYMBOL = ("_space_group_name_h-m_alt", "_symmetry_space_group_name_h-m", "_space_group_name_h-m_full")
_NUMBER = ("_space_group_it_number", "_symmetry_int_tables_number")
_OPERATIONS = ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz")
_LABEL, _TYPE, _OCCUPANCY = "_atom_site_label", "_atom_site_type_symbol", "_atom_site_occupancy"
_CARTESIAN = "_atom_site_cartn_x"
_WANTED = frozenset(
    (*_CELL, *_FRACTIONAL, *_SYMBOL, *_NUMBER, *_OPERATIONS, _LABEL, _TYPE, _OCCUPANCY, _CARTESIAN)
)

#: Comment, quoted values, the rest of the line where a quote has no end, word.
_TOKEN = re.compile(r"""#.*|'(?:[^']|'(?=\S))*'(?=\s|$)|"(?:[^"]|"(?=\S))*"(?=\s|$)|['"].*|\S+""")
_UNCERTAINTY = re.compile(r"\(\d*\)?$")
_LETTERS = re.compile(r"[A-Za-z]+")


class _Value(NamedTuple):
    text: str
    line: int
    bare: bool

    @property
    def missing(self) -> bool:
        return self.bare and self.text in (".", "?")


@dataclass
class _Block:
    line: int
    values: dict[str, list[_Value]] = field(default_factory=dict)

    def first(self, *tags: str) -> _Value | None:
        for tag in tags:
            if self.values.get(tag) and not self.values[tag][0].missing:
                return self.values[tag][0]
        return None


def read_cif(text: StructureText) -> FileAtoms:
    """All atoms in the unit cell of the first data block that has any.

    Symmetry operations listed in the file are used as they stand; else the space group's symbol
    or number.  Partly occupied sites are refused.
    """
    blocks = [
        block for block in _blocks(text) if _FRACTIONAL[0] in block.values or _CARTESIAN in block.values
    ]
    if not blocks:
        raise text.refuse(
            "lists no atom sites: it is no CIF structure", remedy="give a CIF with _atom_site_fract_x, y, z"
        )
    block = blocks[0]
    if any(tag not in block.values for tag in _FRACTIONAL):
        raise text.refuse(
            "has Cartesian atom sites only (a macromolecular CIF)", remedy="save it as PDB or XYZ"
        )
    cell, fractional = _cell(text, block), _fractional(text, block)
    numbers = _numbers(text, block, len(fractional))
    operations, warnings = _operations(text, block, cell)
    if len(fractional) * len(operations) > MOST_IMAGES:
        raise text.refuse(
            f"{len(fractional)} sites and {len(operations)} operations make too many atoms",
            allowed=f"1 to {MOST_ATOMS}",
            remedy="cut out the part that is to be imaged",
        )
    expanded, site = expand(fractional, cell, operations)
    if len(blocks) > 1:
        warnings.append(f"holds {len(blocks)} structures; only the first ({len(expanded)} atoms) is used")
    labels = block.values.get(_LABEL) or block.values[_TYPE]
    rows = block.values[_FRACTIONAL[0]]

    def place(atom: int) -> str:
        return f"site {labels[site[atom]].text[:20]} in line {rows[site[atom]].line + 1}"

    return FileAtoms(np.array(numbers, np.int64)[site], expanded @ cell, cell, True, place, warnings)


def _tokens(text: StructureText) -> Iterator[_Value]:
    """Values, tags and keywords in order; a text field is one value."""
    line, count = 0, 0
    while line < len(text.lines):
        content = text.lines[line]
        if content.startswith(";"):
            begin = line
            parts = [content[1:]]
            line += 1
            while line < len(text.lines) and not text.lines[line].startswith(";"):
                parts.append(text.lines[line])
                line += 1
            if line >= len(text.lines):
                raise text.refuse(
                    "a text field has no end: the file is cut short", line=begin, remedy="restore the file"
                )
            yield _Value("\n".join(parts).strip(), begin, False)
            content = text.lines[line][1:]
        for found in _TOKEN.finditer(content):
            word = found.group()
            if word[0] == "#":
                break
            count += 1
            if count > MOST_VALUES:
                raise text.refuse("holds too many values", line=line, remedy="keep one structure in the file")
            if len(word) > 1 and word[0] in "'\"" and word[-1] == word[0]:
                yield _Value(word[1:-1], line, False)
            else:
                yield _Value(word, line, True)
        line += 1


def _blocks(text: StructureText) -> list[_Block]:
    """The data blocks with the values that are wanted of each."""
    blocks: list[_Block] = []
    tokens = _tokens(text)
    token = next(tokens, None)
    while token is not None:
        word = token.text.lower()
        if token.bare and word.startswith("data_"):
            blocks.append(_Block(token.line))
            token = next(tokens, None)
        elif not blocks:
            raise text.refuse(
                "does not begin with data_: it is no CIF",
                line=token.line,
                remedy="correct the file or name its format",
            )
        elif token.bare and word == "loop_":
            token = _read_loop(text, blocks[-1], tokens, token.line)
        elif token.bare and word.startswith("_"):
            value = next(tokens, None)
            if value is None or _keyword(value):
                raise text.refuse(
                    f"{token.text[:40]} has no value", line=token.line, remedy="correct or restore the file"
                )
            if (tag := _plain_tag(word)) in _WANTED:
                blocks[-1].values.setdefault(tag, []).append(value)
            token = next(tokens, None)
        else:
            # A stray word: files have them after typing errors, and nothing that is wanted is lost.
            token = next(tokens, None)
    return blocks


def _read_loop(text: StructureText, block: _Block, tokens: Iterator[_Value], line: int) -> _Value | None:
    """Take one loop; returns the token after it."""
    tags: list[str] = []
    token = next(tokens, None)
    while token is not None and token.bare and token.text.startswith("_"):
        tags.append(_plain_tag(token.text.lower()))
        token = next(tokens, None)
    wanted = [tag in _WANTED for tag in tags]
    columns: list[list[_Value]] = [[] for _ in tags]
    count = 0
    while token is not None and not _keyword(token):
        if not tags:
            raise text.refuse("a loop without tags", line=line, remedy="correct the file")
        column = count % len(tags)
        if wanted[column]:
            columns[column].append(token)
        count += 1
        if count > MOST_ATOMS * len(tags) and any(wanted):
            raise text.refuse(
                "lists too many atom sites",
                line=line,
                allowed=f"1 to {MOST_ATOMS}",
                remedy="cut out the part that is to be imaged",
            )
        token = next(tokens, None)
    if any(wanted) and count % len(tags):
        raise text.refuse(
            "a loop ends in the middle of a row: the file is cut short", line=line, remedy="restore the file"
        )
    for tag, keep, values in zip(tags, wanted, columns, strict=True):
        if keep and values:
            block.values.setdefault(tag, values)
    return token


def _plain_tag(tag: str) -> str:
    """Dots of the newer dictionaries (``_atom_site.fract_x``) as underscores."""
    return tag.replace(".", "_")


def _keyword(token: _Value) -> bool:
    word = token.text.lower()
    return token.bare and (word.startswith(("_", "data_", "save_")) or word == "loop_")


def _number(text: StructureText, value: _Value, what: str) -> float:
    """A number without its uncertainty: ``3.2501(1)`` is 3.2501."""
    return text.number(_UNCERTAINTY.sub("", value.text), value.line, what)


def _cell(text: StructureText, block: _Block) -> FloatArray:
    values = [block.first(tag) for tag in _CELL]
    if any(value is None for value in values):
        raise text.refuse(
            "has no complete unit cell", remedy="give _cell_length_a, b, c and _cell_angle_alpha, beta, gamma"
        )
    found = [value for value in values if value is not None]
    numbers = [_number(text, value, "a cell parameter") for value in found]
    return cell_from_lengths_and_angles(text, numbers, found[0].line)


def _fractional(text: StructureText, block: _Block) -> FloatArray:
    columns = [block.values[tag] for tag in _FRACTIONAL]
    if len({len(column) for column in columns}) != 1:
        raise text.refuse(
            "the columns of its atom sites differ in length",
            line=columns[0][0].line,
            remedy="correct the file",
        )
    rows = [[_number(text, value, "a coordinate") for value in row] for row in zip(*columns, strict=True)]
    return positions_array(rows)


def _numbers(text: StructureText, block: _Block, sites: int) -> list[int]:
    types, labels = block.values.get(_TYPE, []), block.values.get(_LABEL, [])
    occupancies = block.values.get(_OCCUPANCY, [])
    if sites not in (len(types), len(labels)):
        raise text.refuse(
            "its atom sites have neither label nor type symbol",
            line=block.values[_FRACTIONAL[0]][0].line,
            remedy="add _atom_site_type_symbol",
        )
    numbers = []
    for site in range(sites):
        number = None
        if site < len(types) and (letters := _LETTERS.match(types[site].text)):
            number = number_of(letters.group())
        if number is None and site < len(labels):
            number = number_of_label(labels[site].text)
        if number is None:
            word = (types if site < len(types) else labels)[site]
            raise text.refuse(
                f"{word.text[:20]!r} does not say which element it is",
                line=word.line,
                remedy="write the element into _atom_site_type_symbol",
            )
        if site < len(occupancies) and not occupancies[site].missing:
            value = occupancies[site]
            check_occupancy(text, _number(text, value, "the occupancy"), value.line)
        numbers.append(number)
    return numbers


def _operations(text: StructureText, block: _Block, cell: FloatArray) -> tuple[Operations, list[str]]:
    listed = next((block.values[tag] for tag in _OPERATIONS if block.first(tag)), [])
    if len(listed) > MOST_OPERATIONS:
        raise text.refuse(
            f"lists {len(listed)} symmetry operations",
            line=listed[0].line,
            allowed=f"1 to {MOST_OPERATIONS}",
            remedy="correct the file",
        )
    if listed:
        parsed = []
        for value in listed:
            operation = parse_operation(value.text)
            if operation is None:
                raise text.refuse(
                    f"{value.text[:40]!r} is no symmetry operation",
                    line=value.line,
                    remedy="correct the file",
                )
            parsed.append(operation)
        rotations, translations = zip(*parsed, strict=True)
        return Operations(np.array(rotations), np.array(translations)), []
    symbol, number = block.first(*_SYMBOL), block.first(*_NUMBER)
    if symbol is None and number is None:
        identity = Operations(np.eye(3)[None], np.zeros((1, 3)))
        return identity, ["names no symmetry; its atoms are taken as all there are (P 1)"]
    whole = text.count(number.text, number.line, "the space-group number") if number is not None else None
    # Equal lengths and equal angles other than 90 degrees: the rhombohedral axes of a rhombohedral group.
    sides = np.sqrt(np.sum(cell * cell, axis=1))
    rhombohedral_axes = bool(
        np.ptp(sides) < 1e-3 * sides[0] and abs(cell[1, 0]) > 1e-6 and abs(cell[2, 0]) > 1e-6
    )
    found = operations_of_group(symbol.text if symbol is not None else "", whole, rhombohedral_axes)
    if found is None:
        word = symbol if symbol is not None else number
        assert word is not None
        raise text.refuse(
            f"the space group {word.text[:30]!r} is not known in this setting",
            line=word.line,
            remedy="list its operations under _space_group_symop_operation_xyz",
        )
    return found[0], [found[1]] if found[1] else []
