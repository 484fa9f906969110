"""Writes a specimen's atoms as extended XYZ, CIF or Prismatic XYZ, with what is known of each atom."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sim.core.atomic import write_whole
from sim.core.errors import InputError, nearest
from sim.core.types import FloatArray, Parts, SpecimenObject, Structure
from sim.physics.elements import symbol_of
from sim.physics.thermal import b_factors_in

FORMATS: Mapping[str, tuple[str, ...]] = {"extxyz": (".xyz", ".extxyz"), "cif": (".cif",), "prismatic": ()}
#: Room around the atoms of a file whose format needs a cell, Å.
MARGIN = 5.0
_DIGITS = 7


def format_of(path: Path, asked: str = "", formats: Mapping[str, tuple[str, ...]] = FORMATS) -> str:
    """The format by its name or by the file's.

    Parameters
    ----------
    asked
        Its name; empty goes by the file's ending.
    formats
        Names of the formats there are and the endings of their files; those of structures unless given.

    Raises
    ------
    InputError
        If there is no such format.
    """
    if asked:
        if asked not in formats:
            raise InputError(
                "--format",
                "is no format that this specimen is written in",
                value=asked,
                allowed=", ".join(formats),
                remedy=nearest(asked, list(formats)) or "choose one of these",
            )
        return asked
    for name, endings in formats.items():
        if path.suffix.lower() in endings:
            return name
    raise InputError(
        str(path),
        "does not say by its ending which format it is",
        allowed="; ".join(
            f"{name} ({' or '.join(endings)})" if endings else f"--format {name}"
            for name, endings in formats.items()
        ),
        remedy="choose one of these",
    )


def write_structure(
    path: Path,
    structure: Structure,
    parts: Parts,
    objects: Sequence[SpecimenObject],
    box: tuple[float, float] | None,
    title: str,
    format_name: str = "",
    periodic: bool = True,
) -> None:
    """Write the atoms; the file is whole or absent.

    Parameters
    ----------
    path
        File to write.
    structure
        The atoms, Å.
    parts, objects
        As :class:`sim.core.types.Built` has them; without parts all atoms belong to one object.
    box
        Width and height of the scene's box, Å, centred on x = y = 0, whose edges become the cell's where
        all atoms lie in it; None takes a box around the atoms.
    title
        One line for the file's comment.
    format_name
        ``extxyz``, ``cif`` or ``prismatic``; empty goes by the file's ending.
    periodic
        Whether the scene goes on beyond its box in x and y; a sheet of a two-dimensional material, cut at
        the edges, does not.

    Notes
    -----
    Extended XYZ keeps the positions as they are, with the box as its lattice and its origin in
    ``Origin``.  CIF and Prismatic XYZ have no origin: there the box begins at 0.  Prismatic's last
    column is the root mean square displacement along one axis, √(B/8π²) in Å; CIF has B itself.
    """
    chosen = format_of(path, format_name)
    write = {"extxyz": _extended, "cif": _cif, "prismatic": _prismatic}[chosen]
    found = _box_of(structure.positions, box)
    found = replace(found, periodic=found.periodic and periodic)
    text = write(structure, parts, objects, found, title.replace("\n", " "))
    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise InputError(
            str(path), f"cannot be written ({os.strerror(error.errno or 0)})", remedy="choose another place"
        ) from None


@dataclass(frozen=True, eq=False)
class _Box:
    """Lower corner and edge lengths of a cell, (3,) Å; whether it repeats in x and y."""

    origin: FloatArray
    lengths: FloatArray
    periodic: bool


def _box_of(positions: FloatArray, box: tuple[float, float] | None) -> _Box:
    low, high = positions.min(axis=0) - MARGIN, positions.max(axis=0) + MARGIN
    inside = False
    if box is not None:
        half = np.array([0.5 * box[0], 0.5 * box[1]])
        inside = bool((positions[:, :2] >= -half - 1e-6).all() and (positions[:, :2] <= half + 1e-6).all())
        if inside:
            low[:2], high[:2] = -half, half
    return _Box(low, high - low, inside)


def _roles(structure: Structure, parts: Parts, objects: Sequence[SpecimenObject]) -> list[str]:
    if "object" not in parts:
        return ["particle"] * len(structure)
    words = ["", *(item.role or "none" for item in objects)]
    return [words[number] for number in parts["object"].tolist()]


def _column(structure: Structure, parts: Parts, name: str) -> list[int]:
    lone = 1 if name == "object" else 0
    values: list[int] = parts[name].tolist() if name in parts else [lone] * len(structure)
    return values


def _factors(structure: Structure, parts: Parts) -> list[float]:
    """B factor of every atom, Å², by what its object is made of."""
    owners = parts.get("object", np.ones(len(structure), dtype=np.int64))
    factors = np.empty(len(structure))
    for owner in np.unique(owners).tolist():
        own = np.equal(owners, owner)
        for number, factor in b_factors_in(np.unique(structure.numbers[own]).tolist()).items():
            factors[own & np.equal(structure.numbers, number)] = factor
    found: list[float] = factors.tolist()
    return found


def _extended(
    structure: Structure,
    parts: Parts,
    objects: Sequence[SpecimenObject],
    box: _Box,
    title: str,
) -> str:
    lattice = " ".join(f"{edge:.{_DIGITS}f}" for edge in np.diag(box.lengths).ravel())
    corner = " ".join(f"{value:.{_DIGITS}f}" for value in box.origin)
    names = ",".join(item.name for item in objects)
    comment = title.replace('"', "'")
    repeats = "T T F" if box.periodic else "F F F"
    lines = [
        str(len(structure)),
        f'Lattice="{lattice}" Origin="{corner}" '
        "Properties=species:S:1:pos:R:3:object:I:1:grain:I:1:side:I:1:role:S:1 "
        f'pbc="{repeats}" objects="{names}" comment="{comment}"',
    ]
    symbols = {number: symbol_of(number) for number in np.unique(structure.numbers).tolist()}
    columns = [_column(structure, parts, name) for name in ("object", "grain", "side")]
    for number, place, owner, grain, side, role in zip(
        structure.numbers.tolist(),
        structure.positions.tolist(),
        *columns,
        _roles(structure, parts, objects),
        strict=True,
    ):
        x, y, z = place
        lines.append(
            f"{symbols[number]} {x:.{_DIGITS}f} {y:.{_DIGITS}f} {z:.{_DIGITS}f} {owner} {grain} {side} {role}"
        )
    return "\n".join(lines) + "\n"


def _cif(
    structure: Structure,
    parts: Parts,
    objects: Sequence[SpecimenObject],
    box: _Box,
    title: str,
) -> str:
    del objects
    a, b, c = box.lengths.tolist()
    lines = [
        "data_nanophantom",
        f"# {title.encode('ascii', 'replace').decode()}",
        f"_cell_length_a {a:.{_DIGITS}f}",
        f"_cell_length_b {b:.{_DIGITS}f}",
        f"_cell_length_c {c:.{_DIGITS}f}",
        "_cell_angle_alpha 90",
        "_cell_angle_beta 90",
        "_cell_angle_gamma 90",
        "_symmetry_space_group_name_H-M 'P 1'",
        "_symmetry_Int_Tables_number 1",
        "loop_",
        "_symmetry_equiv_pos_as_xyz",
        "'x, y, z'",
        "loop_",
        "_atom_site_label",
        "_atom_site_type_symbol",
        "_atom_site_fract_x",
        "_atom_site_fract_y",
        "_atom_site_fract_z",
        "_atom_site_occupancy",
        "_atom_site_B_iso_or_equiv",
    ]
    symbols = {number: symbol_of(number) for number in np.unique(structure.numbers).tolist()}
    owners = _column(structure, parts, "object")
    fractions = ((structure.positions - box.origin) / box.lengths).tolist()
    factors = _factors(structure, parts)
    for position, (number, place, owner, factor) in enumerate(
        zip(structure.numbers.tolist(), fractions, owners, factors, strict=True), start=1
    ):
        symbol = symbols[number]
        x, y, z = place
        lines.append(f"{symbol}{position}_{owner} {symbol} {x:.10f} {y:.10f} {z:.10f} 1.0 {factor:.3f}")
    return "\n".join(lines) + "\n"


def _prismatic(
    structure: Structure,
    parts: Parts,
    objects: Sequence[SpecimenObject],
    box: _Box,
    title: str,
) -> str:
    del objects
    lines = [title, " ".join(f"{length:.{_DIGITS}f}" for length in box.lengths)]
    places = (structure.positions - box.origin).tolist()
    for number, place, factor in zip(
        structure.numbers.tolist(), places, _factors(structure, parts), strict=True
    ):
        x, y, z = place
        width = math.sqrt(factor / (8.0 * math.pi**2))
        lines.append(f"{number} {x:.{_DIGITS}f} {y:.{_DIGITS}f} {z:.{_DIGITS}f} 1.0 {width:.5f}")
    return "\n".join([*lines, "-1"]) + "\n"
