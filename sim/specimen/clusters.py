"""The Au55 clusters that come with the program.

Read from ``resources/structures``; ``packaging/make_au55_structures.py`` made them.  Loading needs
neither ase nor scipy.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib import resources

import numpy as np

from sim.core.errors import InputError, IntegrityError, nearest
from sim.core.types import Structure, on_position_grid
from sim.specimen.formats.source import text_of
from sim.specimen.formats.xyz import read_extxyz


@dataclass(frozen=True)
class ClusterInfo:
    """What is known of a shipped cluster.

    Attributes
    ----------
    name, form
        Geometry (``icosahedron``) and ``ideal`` or ``relaxed``.
    file
        Its file in ``resources/structures``.
    sha256
        Hash of its :class:`~sim.core.types.Structure`.
    atoms
        Number of atoms.
    energy
        Energy in the named potential, eV; it compares the clusters within that potential only.
    potential
        Name of the potential.
    text
        Where the coordinates come from.
    """

    name: str
    form: str
    file: str
    sha256: str
    atoms: int
    energy: float
    potential: str
    text: str


@functools.cache
def cluster_table() -> tuple[ClusterInfo, ...]:
    """Every shipped cluster."""
    text = (resources.files("resources") / "structures" / "index.json").read_text(encoding="utf-8")
    return tuple(ClusterInfo(**entry) for entry in json.loads(text)["structures"])


def cluster_info(geometry: str, form: str = "relaxed") -> ClusterInfo:
    """The table's entry of a cluster.

    Raises
    ------
    InputError
        For a geometry that is not shipped, or not in this form.
    """
    forms = {info.form: info for info in cluster_table() if info.name == geometry}
    if not forms:
        names = list(dict.fromkeys(info.name for info in cluster_table()))
        raise InputError(
            "specimen.geometry",
            "unknown choice",
            value=geometry,
            allowed=", ".join(names),
            remedy=nearest(geometry, names) or "choose one of these",
        )
    if form not in forms:
        raise InputError(
            "specimen.form",
            f"the {geometry} cluster does not come in this form",
            value=form,
            allowed=", ".join(forms),
            remedy="choose one of these",
        )
    return forms[form]


@functools.cache
def load_cluster(geometry: str, form: str = "relaxed") -> Structure:
    """A shipped cluster, its hash checked; its arrays are read-only, because they are shared.

    Raises
    ------
    InputError
        For an unknown geometry or form.
    IntegrityError
        If the shipped file is not what its table says.
    """
    info = cluster_info(geometry, form)
    file = resources.files("resources") / "structures" / info.file
    atoms = read_extxyz(text_of(file.read_bytes(), info.file))
    structure = Structure(atoms.numbers, on_position_grid(np.asarray(atoms.positions)))
    if structure.sha256 != info.sha256:
        raise IntegrityError(
            f"{info.file}: the shipped structure has been changed; install the program again."
        )
    structure.numbers.setflags(write=False)
    structure.positions.setflags(write=False)
    return structure
