"""The shipped table of angular distributions behind slabs of matter, ``resources/scattering/slabs.csv``.

Tier A.  ``packaging/make_slab_table.py`` makes the table with this program's multislice; the head of the file
says how.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray
from sim.imaging.thickness.monotone import Curve

#: A thickness in nm in Å.
_NM = 10.0
_Key = tuple[str, str, float]


@dataclass(frozen=True, eq=False)
class SlabTable:
    """Angular distributions behind slabs of one material at one voltage.

    Attributes
    ----------
    density
        Of the slabs, g/cm³.
    thickness
        (T,) Å, ascending from 0.
    angles
        (A,) mrad, ascending.
    fractions
        (T, A): share of the beam that leaves the slab within an angle of the axis, the unscattered beam
        included.
    """

    density: float
    thickness: FloatArray
    angles: FloatArray
    fractions: FloatArray

    def within(self, angle: float, parameter: str) -> FloatArray:
        """(T,) share of the beam within an angle, mrad; ``parameter`` is the setting that it comes from.

        Raises
        ------
        InputError
            An angle that the table does not have.
        """
        low, high = float(self.angles[0]), float(self.angles[-1])
        if not low <= angle <= high:
            raise InputError(
                parameter, "the table of slabs does not have this angle", value=angle,
                allowed=f"{low:g} to {high:g} mrad", remedy="take constants = 'cross_sections'",
            )  # fmt: skip
        return _within(self, angle)


@lru_cache(maxsize=64)
def _within(table: SlabTable, angle: float) -> FloatArray:
    place = np.array([angle])
    shares = np.array([Curve.through(table.angles, row).at(place)[0] for row in table.fractions])
    shares.setflags(write=False)
    return shares


def slab_table(material: str, phase: str, voltage: float) -> SlabTable:
    """The table of a material.

    Parameters
    ----------
    material
        Its name in the table of materials; of a phase such as ``TiO2_anatase`` the part before the underscore
        is looked for, too.
    phase
        ``amorphous`` or ``crystalline``.
    voltage
        kV.

    Raises
    ------
    InputError
        A material, phase or voltage that the table does not have; it names those it has.
    """
    known = _tables()
    name = material if any(key[0] == material for key in known) else material.split("_")[0]
    names = list(dict.fromkeys(key[0] for key in known))
    if name not in names:
        raise InputError(
            "imaging.constants", f"there is no table of slabs of {material}", value="lookup",
            allowed=f"{', '.join(names)}", remedy="take 'cross_sections', which knows every material",
        )  # fmt: skip
    phases = list(dict.fromkeys(key[1] for key in known if key[0] == name))
    if phase not in phases:
        raise InputError(
            "imaging.phase", f"there is no table of such slabs of {name}", value=phase,
            allowed=", ".join(phases),
        )  # fmt: skip
    voltages = [key[2] for key in known if key[:2] == (name, phase)]
    if voltage not in voltages:
        raise InputError(
            "imaging.voltage", "there is no table of slabs for this voltage", value=voltage,
            allowed=f"{', '.join(f'{known_voltage:g}' for known_voltage in voltages)} kV",
            remedy="take constants = 'cross_sections'",
        )  # fmt: skip
    return known[name, phase, voltage]


@cache
def _tables() -> Mapping[_Key, SlabTable]:
    file = resources.files("resources") / "scattering" / "slabs.csv"
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    rows = list(csv.reader(lines))
    angles = np.array([float(word) for word in rows[0][5:]])
    grouped: dict[_Key, list[list[str]]] = {}
    for row in rows[1:]:
        grouped.setdefault((row[0], row[1], float(row[3])), []).append(row)
    found = {}
    for key, group in grouped.items():
        thickness = np.multiply(np.array([0.0, *(float(row[4]) for row in group)]), _NM)
        values = np.array([[float(word) for word in row[5:]] for row in group])
        fractions = np.concatenate([np.ones((1, len(angles))), values])
        found[key] = SlabTable(float(group[0][2]), thickness, angles, fractions)
    return found
