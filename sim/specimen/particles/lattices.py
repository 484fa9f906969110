"""What particle builders ask of a crystal: its symmetry, families of planes and shortest distance.

Tier A.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from sim.core.types import BoolArray, FloatArray, IntArray
from sim.numerics.motion import squared_lengths
from sim.numerics.rotations import rotate
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.shapes.miller import Indices, equivalent_planes, lattice_symmetry

#: Farthest an atom may lie from where a symmetry puts it, Å: published coordinates have four digits.
TOLERANCE = 0.01


def point_group(crystal: Crystal) -> IntArray:
    """Rotations, reflections and inversions that leave a crystal as it is, up to a translation.

    Returns
    -------
    (K, 3, 3) int64, acting on columns of fractional coordinates (and as a set, being a group, on rows of
    plane indices).  Of the basis, not of the lattice alone: zincblende has 24, diamond and
    face-centred cubic metals 48, wurtzite 12.
    """
    return _point_group(crystal.cell.tobytes(), crystal.numbers.tobytes(), crystal.fractional.tobytes())


@lru_cache(maxsize=64)
def _point_group(cell: bytes, numbers: bytes, fractional: bytes) -> IntArray:
    """By content: one recipe asks for thousands of particles of few crystals."""
    crystal = Crystal(
        "",
        np.frombuffer(cell).reshape(3, 3),
        np.frombuffer(numbers, dtype=np.int64),
        np.frombuffer(fractional).reshape(-1, 3),
    )
    operations = np.array(lattice_symmetry(crystal), dtype=np.int64)
    kept = np.stack([operation for operation in operations if _keeps_basis(crystal, operation)])
    kept.flags.writeable = False
    return kept


def maps_onto_itself(crystal: Crystal, operation: ArrayLike, shift: ArrayLike = (0.0, 0.0, 0.0)) -> bool:
    """Whether x ↦ operation · x + shift (fractional) puts every atom onto one of its own kind."""
    w = np.asarray(operation, dtype=np.float64)
    images = np.add(rotate(w, crystal.fractional), np.asarray(shift, dtype=np.float64))
    return bool(np.all(np.any(_same_site(crystal, images), axis=1)))


def family(crystal: Crystal, indices: Sequence[float]) -> tuple[Indices, ...]:
    """Planes that the crystal's own symmetry makes of (hkl) or (hkil), from the largest indices down.

    Raises
    ------
    InputError
        For indices that are no plane.
    """
    return equivalent_planes(crystal, indices, list(point_group(crystal)))


def nearest_neighbour(crystal: Crystal) -> float:
    """Shortest distance between two atoms of a crystal, Å."""
    steps = np.array(list(product(range(-2, 3), repeat=3)), dtype=np.float64)
    count = len(crystal.numbers)
    shortest = float("inf")
    for atom in range(count):
        apart = np.subtract(crystal.fractional, crystal.fractional[atom])
        apart = np.subtract(apart, np.floor(np.add(apart, 0.5)))
        images = np.add(apart[:, np.newaxis, :], steps).reshape(-1, 3)
        squared = squared_lengths(rotate(np.ascontiguousarray(crystal.cell.T), images))
        # The atom itself, and a second entry of the same site.
        shortest = min(shortest, float(np.min(squared[squared > TOLERANCE * TOLERANCE])))
    return float(np.sqrt(shortest))


def _keeps_basis(crystal: Crystal, operation: IntArray) -> bool:
    kinds, counts = np.unique(crystal.numbers, return_counts=True)
    rarest = np.flatnonzero(np.equal(crystal.numbers, kinds[int(np.argmin(counts))]))
    image = rotate(operation.astype(np.float64), crystal.fractional[rarest[:1]])[0]
    shifts = np.subtract(crystal.fractional[rarest], image)
    return any(maps_onto_itself(crystal, operation, shift) for shift in shifts)


def _same_site(crystal: Crystal, images: FloatArray) -> BoolArray:
    """(B, B): whether image b lies on atom c, of the same element, up to lattice vectors."""
    apart = np.subtract(images[:, np.newaxis, :], crystal.fractional[np.newaxis, :, :])
    apart = np.subtract(apart, np.floor(np.add(apart, 0.5))).reshape(-1, 3)
    count = len(crystal.numbers)
    near = squared_lengths(rotate(np.ascontiguousarray(crystal.cell.T), apart)) < TOLERANCE * TOLERANCE
    same = np.equal(crystal.numbers[:, np.newaxis], crystal.numbers[np.newaxis, :])
    return np.logical_and(near.reshape(count, count), same)
