"""Protein Data Bank files (fixed columns; wwPDB format 3.3, ATOM/HETATM and CRYST1 records)."""

from __future__ import annotations

import re

import numpy as np

from sim.core.types import FloatArray
from sim.physics.elements import number_of
from sim.specimen.formats.cells import cell_from_lengths_and_angles
from sim.specimen.formats.source import MOST_ATOMS, FileAtoms, StructureText, line_places, positions_array
from sim.specimen.formats.xyz import check_occupancy

_LETTERS = re.compile(r"[A-Za-z]+")


def read_pdb(text: StructureText) -> FileAtoms:
    """Atoms of the first model.

    The element is taken from columns 77–78.  Where they are blank the label decides if it can mean
    one element only: ``CA`` may be calcium or an alpha carbon and is refused.
    """
    numbers: list[int] = []
    rows: list[list[float]] = []
    places: list[int] = []
    occupancies: list[float] = []
    cell: FloatArray | None = None
    ended = several = False
    for line, content in enumerate(text.lines):
        record = content[:6].rstrip().upper()
        if record in ("END", "ENDMDL"):
            ended = bool(numbers)
        elif record in ("ATOM", "HETATM"):
            if ended:
                several = True
                break
            if len(content) < 54:
                raise text.refuse(
                    "an atom record ends before column 54", line=line, remedy="restore the file"
                )
            if len(numbers) >= MOST_ATOMS:
                raise text.refuse(
                    "holds too many atoms",
                    line=line,
                    allowed=f"1 to {MOST_ATOMS}",
                    remedy="cut out the part that is to be imaged",
                )
            words = [content[start : start + 8].strip() for start in (30, 38, 46)]
            rows.append(text.numbers(words, line, "a coordinate"))
            occupancy = content[54:60].strip()
            occupancies.append(text.number(occupancy, line, "the occupancy") if occupancy else 1.0)
            numbers.append(_element(text, content, line))
            places.append(line)
        elif record == "CRYST1":
            cell = _cell(text, content, line)
    if not numbers:
        raise text.refuse(
            "holds no ATOM or HETATM record: it is no PDB file or has no atoms",
            remedy="give a PDB file with atoms or name its format",
        )
    # Modelling programs that know no occupancy write 0.00 for every atom.
    if any(occupancies):
        for occupancy_value, line in zip(occupancies, places, strict=True):
            check_occupancy(text, occupancy_value, line)
    warnings = [f"holds several models; only the first ({len(numbers)} atoms) is used"] if several else []
    # A PDB file lists what the depositor chose, not a filled cell: no check across its faces.
    return FileAtoms(
        np.array(numbers, np.int64), positions_array(rows), cell, False, line_places(places), warnings
    )


def _element(text: StructureText, content: str, line: int) -> int:
    column = content[76:78].strip()
    if column:
        number = number_of(column)
        if number is None:
            raise text.refuse(
                f"columns 77-78 hold {column!r}, no element", line=line, remedy="correct the element column"
            )
        return number
    label = content[12:16].strip()
    letters = _LETTERS.search(label)
    if letters is not None:
        word = letters.group()
        pair = number_of(word[:2]) if len(word) > 1 else None
        single = number_of(word[0])
        if pair is not None and single is None:
            return pair
        if single is not None and pair is None:
            return single
    raise text.refuse(
        f"no element in columns 77-78, and the label {label!r} does not say which",
        line=line,
        remedy="write the elements into columns 77-78",
    )


def _cell(text: StructureText, content: str, line: int) -> FloatArray | None:
    spans = ((6, 15), (15, 24), (24, 33), (33, 40), (40, 47), (47, 54))
    words = [content[start:stop].strip() for start, stop in spans]
    values = text.numbers(words, line, "a cell parameter")
    # "1 1 1 90 90 90" is the format's way of saying that there is no cell.
    if values[:3] == [1.0, 1.0, 1.0] or values[:3] == [0.0, 0.0, 0.0]:
        return None
    return cell_from_lengths_and_angles(text, values, line)
