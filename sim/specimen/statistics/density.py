"""How many atoms there are, and how densely they fill a volume.

Tier A.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray, IntArray
from sim.numerics.detmath import ordered_sum
from sim.physics.masses import GRAMS_PER_UNIT, weights


@dataclass(frozen=True)
class Density:
    """Atoms in a volume.

    Attributes
    ----------
    volume
        Å³.
    atoms
        Number of atoms.
    number
        Atoms/Å³.
    mass
        g/cm³.
    counts
        Atoms by atomic number, ascending.
    """

    volume: float
    atoms: int
    number: float
    mass: float
    counts: dict[int, int]


def counts_by_element(numbers: IntArray) -> dict[int, int]:
    """Number of atoms by atomic number, ascending."""
    elements, counts = np.unique(numbers, return_counts=True)
    return {int(element): int(count) for element, count in zip(elements, counts, strict=True)}


def density(numbers: IntArray, volume: float) -> Density:
    """Number and mass density of atoms that fill a known volume.

    Parameters
    ----------
    numbers
        (N,) atomic numbers.
    volume
        Å³, above 0.
    """
    if not 0.0 < volume < float("inf"):
        raise InputError("volume", "is no volume to divide by", value=volume, allowed="above 0, Å³")
    mass = float(ordered_sum(weights(numbers))) if len(numbers) else 0.0
    return Density(
        volume,
        len(numbers),
        len(numbers) / volume,
        mass / volume * GRAMS_PER_UNIT,
        counts_by_element(numbers),
    )


def density_in_sphere(numbers: IntArray, positions: FloatArray, centre: FloatArray, radius: float) -> Density:
    """Density within a ball inside the material: no surface takes part.

    Parameters
    ----------
    numbers, positions
        (N,) and (N, 3) Å.
    centre, radius
        Of the ball, Å.
    """
    total = np.zeros(len(positions))
    for axis in range(3):
        apart = np.subtract(positions[:, axis], float(centre[axis]))
        np.add(total, np.multiply(apart, apart), out=total)
    inside = np.less_equal(total, radius * radius)
    return density(numbers[inside], 4.0 / 3.0 * np.pi * radius * radius * radius)


def density_in_bounds(numbers: IntArray, positions: FloatArray, margin: float = 0.0) -> Density:
    """Density in the smallest box along the axes around the atoms, for a film or a block.

    Parameters
    ----------
    numbers, positions
        (N,) and (N, 3) Å; at least one atom.
    margin
        Added on each side of the box, Å: half a layer spacing makes a block of crystal come out right.
    """
    if not len(positions):
        raise InputError("positions", "hold no atoms to measure")
    edges = np.subtract(np.max(positions, axis=0), np.min(positions, axis=0)).tolist()
    x, y, z = (float(edge) + 2.0 * margin for edge in edges)
    return density(numbers, x * y * z)
