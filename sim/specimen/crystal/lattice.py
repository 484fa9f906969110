"""A crystal: a cell, a basis, and the directions and planes in it.

Tier A.  Lattices are row vectors: positions = fractional · cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from sim.core.types import FloatArray, IntArray
from sim.numerics.motion import determinant, inverse_matrix
from sim.numerics.rotations import rotate


@dataclass(frozen=True, eq=False)
class Crystal:
    """A periodic arrangement of atoms.

    Attributes
    ----------
    name
        What it is called.
    cell
        (3, 3) float64 row vectors a, b, c, Å; right-handed, not necessarily orthogonal.
    numbers
        (B,) int64, atomic numbers of the basis.
    fractional
        (B, 3) float64, coordinates of the basis in units of a, b, c.
    """

    name: str
    cell: FloatArray
    numbers: IntArray
    fractional: FloatArray

    @cached_property
    def volume(self) -> float:
        """Volume of the cell, Å³."""
        return abs(determinant(self.cell))

    @property
    def density(self) -> float:
        """Atoms per Å³."""
        return len(self.numbers) / self.volume

    @cached_property
    def reciprocal(self) -> FloatArray:
        """(3, 3) row vectors a*, b*, c* without 2π, 1/Å: a · a* = 1."""
        return np.ascontiguousarray(inverse_matrix(self.cell).T)

    def direction(self, uvw: ArrayLike) -> FloatArray:
        """Cartesian vector (3,) of a lattice direction [uvw], Å."""
        given = np.asarray(uvw, dtype=np.float64)[np.newaxis, :]
        vector: FloatArray = rotate(np.ascontiguousarray(self.cell.T), given)[0]
        return vector

    def normal(self, hkl: ArrayLike) -> FloatArray:
        """Cartesian vector (3,) normal to the planes (hkl), of length 1/spacing, 1/Å."""
        given = np.asarray(hkl, dtype=np.float64)[np.newaxis, :]
        vector: FloatArray = rotate(np.ascontiguousarray(self.reciprocal.T), given)[0]
        return vector
