"""Writes specimens of spherical particles: as a table, or as extended XYZ with radii, which viewers draw."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sim.core.atomic import write_whole
from sim.core.errors import InputError
from sim.core.spheres import Spheres
from sim.specimen.writing import format_of

#: Formats of particles and the endings of their files.
PARTICLE_FORMATS = {"csv": (".csv",), "extxyz": (".xyz", ".extxyz")}
COLUMNS = ("particle", "x", "y", "z", "radius", "species", "material", "coordination", "hetero_coordination")
_DIGITS = 7


def write_particles(
    path: Path, spheres: Spheres, materials: Sequence[str], title: str, format_name: str = ""
) -> None:
    """Write the particles; the file is whole or absent.

    Parameters
    ----------
    path
        File to write.
    spheres
        Centres and radii, Å, species and contacts.
    materials
        Name of the material of each species.
    title
        One line for the comment of an extended XYZ file.
    format_name
        ``csv`` or ``extxyz``; empty goes by the file's ending.

    Notes
    -----
    Particles and species are numbered from 1.  ``coordination`` counts contacts, ``hetero_coordination``
    those with the other material.  In extended XYZ the material is the particle's type and ``radius`` its
    radius, as OVITO reads them; programs that expect chemical symbols there do not read it.

    Raises
    ------
    InputError
        If the format is not known or the file cannot be written.
    """
    chosen = format_of(path, format_name, PARTICLE_FORMATS)
    text = _table(spheres, materials) if chosen == "csv" else _extended(spheres, materials, title)
    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise InputError(
            str(path), f"cannot be written ({os.strerror(error.errno or 0)})", remedy="choose another place"
        ) from None


def _rows(spheres: Spheres, materials: Sequence[str]) -> list[tuple[str, ...]]:
    """One line a particle, in the order of :data:`COLUMNS`."""
    species, contacts = spheres.species, spheres.contacts
    unlike = contacts[np.not_equal(species[contacts[:, 0]], species[contacts[:, 1]])]
    count = len(spheres.radii)
    coordination = np.bincount(contacts.reshape(-1), minlength=count).tolist()
    hetero = np.bincount(unlike.reshape(-1), minlength=count).tolist()
    found = []
    places = zip(spheres.centres.tolist(), spheres.radii.tolist(), species.tolist(), strict=True)
    for number, (centre, radius, kind) in enumerate(places):
        lengths = [f"{value:.{_DIGITS}f}" for value in (*centre, radius)]
        contacts_of = (str(coordination[number]), str(hetero[number]))
        found.append((str(number + 1), *lengths, str(kind + 1), materials[kind], *contacts_of))
    return found


def _table(spheres: Spheres, materials: Sequence[str]) -> str:
    """Comma-separated values with a line of names; lengths in Å."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(spheres, materials))
    return text.getvalue()


def _extended(spheres: Spheres, materials: Sequence[str], title: str) -> str:
    comment = title.replace('"', "'").replace("\n", " ")
    # A type is one word.
    words = ["".join(name.split()) or "none" for name in materials]
    lines = [
        str(len(spheres.radii)),
        "Properties=species:S:1:pos:R:3:radius:R:1:id:I:1:coordination:I:1:hetero_coordination:I:1 "
        f'pbc="F F F" comment="{comment}"',
    ]
    for number, x, y, z, radius, _, material, coordination, hetero in _rows(spheres, words):
        lines.append(f"{material} {x} {y} {z} {radius} {number} {coordination} {hetero}")
    return "\n".join(lines) + "\n"
