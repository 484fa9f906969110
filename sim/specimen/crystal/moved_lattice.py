"""A lattice after a motion: where its cells and atoms lie, and which cells a region can meet.

Tier A.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sim.core.errors import InputError
from sim.core.types import FloatArray, IntArray
from sim.numerics.motion import Motion, inverse_matrix, squared_lengths
from sim.numerics.rotations import rotate
from sim.specimen.crystal.lattice import Crystal

#: Cells along one axis at most.
_MOST_CELLS = 1 << 24
#: Added to every radius of exclusion, Å: covers the rounding of distances and the thickness that
#: shapes give their boundary, so that a culled cell holds no atom that its shape would keep.
HAIR = 1e-6

#: Corners of the unit cube, (8, 3).
CORNERS = np.array([[x, y, z] for x in (0.0, 1.0) for y in (0.0, 1.0) for z in (0.0, 1.0)])


@dataclass(frozen=True, eq=False)
class MovedLattice:
    """A lattice in the final frame: rows of ``vectors`` are a, b, c; ``basis`` the atoms of cell 0, Å."""

    numbers: IntArray
    vectors: FloatArray
    fractional: FloatArray
    basis: FloatArray
    offset: FloatArray

    @classmethod
    def of(cls, crystal: Crystal, motion: Motion, origin: ArrayLike) -> MovedLattice:
        """A crystal's lattice, its origin first shifted by fractions of the cell, then moved."""
        shift = np.asarray(origin, dtype=np.float64)
        if shift.shape != (3,) or not bool(np.isfinite(shift).all()):
            raise InputError("origin", "is not three finite numbers", value=shift.tolist())
        vectors = motion.turn(crystal.cell)
        offset = motion.apply(rotate(np.ascontiguousarray(crystal.cell.T), shift[np.newaxis, :]))[0]
        inside = rotate(np.ascontiguousarray(vectors.T), crystal.fractional)
        return cls(crystal.numbers, vectors, crystal.fractional, np.add(inside, offset), offset)

    def index_range(self, points: FloatArray) -> tuple[IntArray, IntArray]:
        """First and one past the last cell, each (3,), that has an atom in the hull of points (N, 3)."""
        try:
            back = inverse_matrix(self.vectors.T)
        except ValueError as error:
            raise InputError("motion", "flattens the crystal", remedy="use one that can be undone") from error
        fractions = rotate(back, np.subtract(points, self.offset))
        low = np.subtract(np.min(fractions, axis=0), np.max(self.fractional, axis=0))
        high = np.subtract(np.max(fractions, axis=0), np.min(self.fractional, axis=0))
        if not float(np.max(np.subtract(high, low))) < _MOST_CELLS:
            raise InputError("shape", f"spans more than {_MOST_CELLS} cells", remedy="make it smaller")
        first = np.ceil(np.subtract(low, HAIR)).astype(np.int64)
        past = np.floor(np.add(high, HAIR)).astype(np.int64) + 1
        return first, past

    def tables(self, first: IntArray, past: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """i·a (I, 3), j·b (J, 3) and k·c + basis (3, K, B) of a range of cells."""
        steps = [np.arange(first[axis], past[axis]).astype(np.float64) for axis in range(3)]
        along = [np.multiply(steps[axis][:, np.newaxis], self.vectors[axis]) for axis in range(3)]
        last = np.add(along[2].T[:, :, np.newaxis], self.basis.T[:, np.newaxis, :])
        return along[0], along[1], np.ascontiguousarray(last)

    def reach(self, cells: int) -> tuple[FloatArray, float]:
        """Middle (3,) of the atoms of ``cells``³ cells from cell 0 on, and a radius that holds them, Å."""
        half = 0.5 * (cells - 1)
        middle = np.multiply(0.5, np.add(np.min(self.basis, axis=0), np.max(self.basis, axis=0)))
        signs = np.subtract(np.multiply(2.0, CORNERS), 1.0)
        diagonals = np.multiply(half, rotate(np.ascontiguousarray(self.vectors.T), signs))
        radius = _longest(diagonals) + _longest(np.subtract(self.basis, middle))
        shift = rotate(np.ascontiguousarray(self.vectors.T), np.full((1, 3), half))[0]
        return np.add(middle, shift), radius


def _longest(vectors: FloatArray) -> float:
    return float(np.sqrt(np.max(squared_lengths(vectors))))


def product(counts: IntArray) -> int:
    """How many cells three counts (3,) make."""
    one, two, three = counts.tolist()
    return int(one * two * three)


def too_large(most: int) -> InputError:
    """What is said of a volume that would hold more than ``most`` atoms."""
    return InputError(
        "shape", f"would hold more than {most} atoms", allowed=f"up to {most}", remedy="make it smaller"
    )
