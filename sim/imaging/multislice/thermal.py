"""How far each atom of a specimen moves."""

from __future__ import annotations

import math

import numpy as np

from sim.core.errors import InputError
from sim.core.types import AtomicSpecimen, FloatArray
from sim.imaging.multislice.settings import MotionSettings
from sim.physics.elements import SYMBOLS
from sim.physics.thermal import b_factors_in


def rms_displacements(specimen: AtomicSpecimen, phonons: MotionSettings) -> FloatArray:
    """Root-mean-square displacement of every atom along one axis.

    Returns
    -------
    (N,) Å; zero where atoms are at rest.  u = √(B/8π²).

    Notes
    -----
    Factors are looked up object by object: iron in an oxide particle moves otherwise than iron in a
    metal beside it.
    """
    count = len(specimen)
    if phonons.kind == "none":
        return np.zeros(count)
    if phonons.source == "rms":
        return np.full(count, phonons.rms)
    own = own_factors(phonons)
    objects = specimen.parts.get("object", np.zeros(count, dtype=np.int64))
    result = np.zeros(count)
    for one in np.unique(objects).tolist():
        which = np.flatnonzero(objects == one)
        numbers = specimen.numbers[which]
        factors = b_factors_in(np.unique(numbers).tolist()) | own
        table = np.zeros(len(SYMBOLS) + 1)
        for number, factor in factors.items():
            table[number] = math.sqrt(factor / (8.0 * math.pi**2))
        result[which] = table[numbers]
    return result


def own_factors(phonons: MotionSettings) -> dict[int, float]:
    """The B factors that the user gave, Å², by atomic number.

    Raises
    ------
    InputError
        For an unknown element, or one that is listed twice.
    """
    found: dict[int, float] = {}
    for place, entry in enumerate(phonons.elements):
        if entry.element not in SYMBOLS:
            raise InputError(
                f"imaging.phonons.elements.{place}.element",
                "is no chemical element",
                value=entry.element,
                remedy="give a symbol such as Au",
            )
        number = SYMBOLS.index(entry.element) + 1
        if number in found:
            raise InputError(
                f"imaging.phonons.elements.{place}.element",
                "is listed twice",
                value=entry.element,
                remedy="keep one of them",
            )
        found[number] = entry.b_factor
    return found


def element_b_factors(specimen: AtomicSpecimen, rms: FloatArray) -> dict[int, float]:
    """B = 8π²u² of every element; the largest where one element moves otherwise in two objects."""
    return {
        number: float(8.0 * np.pi**2 * np.max(np.square(rms[specimen.numbers == number])))
        for number in np.unique(specimen.numbers).tolist()
    }
