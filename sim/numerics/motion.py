"""Motions of space: a matrix and an offset, p ↦ matrix · p + offset.

Tier A.  The matrix may turn, reflect, invert or strain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sim.numerics.detmath import FloatArray, sincos_degrees
from sim.numerics.rotations import quaternion_to_matrix, rotate

Vector = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Motion:
    """An affine map of space.

    Attributes
    ----------
    matrix
        (3, 3) float64, acting on column vectors.
    offset
        (3,) float64, Å.
    """

    matrix: FloatArray
    offset: FloatArray

    @classmethod
    def identity(cls) -> Motion:
        """Nothing moves."""
        return cls(np.eye(3), np.zeros(3))

    @classmethod
    def translation(cls, offset: ArrayLike) -> Motion:
        """Everything is shifted."""
        return cls(np.eye(3), np.asarray(offset, dtype=np.float64))

    @classmethod
    def linear(cls, matrix: ArrayLike) -> Motion:
        """A matrix about the origin."""
        return cls(np.asarray(matrix, dtype=np.float64), np.zeros(3))

    @classmethod
    def rotation(cls, quaternion: ArrayLike) -> Motion:
        """A rotation about the origin by a quaternion (w, x, y, z)."""
        return cls.linear(quaternion_to_matrix(quaternion))

    @classmethod
    def about_axis(cls, axis: ArrayLike, degrees: float) -> Motion:
        """A rotation about an axis through the origin, right-handed."""
        unit = unit_vector(axis)
        sine, cosine = (float(part) for part in sincos_degrees(degrees * 0.5))
        return cls.rotation([cosine, sine * unit[0], sine * unit[1], sine * unit[2]])

    @classmethod
    def reflection(cls, normal: ArrayLike, height: float = 0.0) -> Motion:
        """A reflection in the plane normal · p = height (normal of any length, height in Å along it)."""
        n = unit_vector(normal)
        matrix = np.subtract(np.eye(3), np.multiply(2.0, np.multiply(n[:, np.newaxis], n[np.newaxis, :])))
        return cls(matrix, np.multiply(2.0 * height, n))

    def about(self, centre: ArrayLike) -> Motion:
        """The same motion with another fixed point in the place of the origin."""
        middle = np.asarray(centre, dtype=np.float64)
        return Motion.translation(middle).after(self).after(Motion.translation(np.negative(middle)))

    def apply(self, points: FloatArray) -> FloatArray:
        """Points (N, 3) after the motion."""
        return np.add(rotate(self.matrix, points), self.offset)

    def turn(self, vectors: FloatArray) -> FloatArray:
        """Directions (N, 3) after the motion: without the offset."""
        return rotate(self.matrix, vectors)

    def after(self, first: Motion) -> Motion:
        """``first``, then this one."""
        matrix = rotate(self.matrix, np.ascontiguousarray(first.matrix.T)).T
        return Motion(np.ascontiguousarray(matrix), self.apply(first.offset[np.newaxis, :])[0])

    @property
    def inverse(self) -> Motion:
        """The motion back."""
        back = inverse_matrix(self.matrix)
        return Motion(back, np.negative(rotate(back, self.offset[np.newaxis, :])[0]))

    @property
    def rigid(self) -> bool:
        """Whether lengths stay as they are, to 1e-9."""
        columns = self.matrix.T
        return all(
            abs(dot(columns[i], columns[j]) - (1.0 if i == j else 0.0)) < 1e-9
            for i in range(3)
            for j in range(3)
        )


def dot(one: ArrayLike, two: ArrayLike) -> float:
    """Scalar product of two vectors (3,), added in the order x, y, z."""
    a, b = np.asarray(one, dtype=np.float64).tolist(), np.asarray(two, dtype=np.float64).tolist()
    return float(a[0] * b[0] + a[1] * b[1] + a[2] * b[2])


def cross(one: ArrayLike, two: ArrayLike) -> FloatArray:
    """Vector product, (3,)."""
    a, b = np.asarray(one, dtype=np.float64).tolist(), np.asarray(two, dtype=np.float64).tolist()
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def length(vector: ArrayLike) -> float:
    """Length of a vector (3,)."""
    return float(np.sqrt(dot(vector, vector)))


def heights_of(normal: FloatArray, points: FloatArray) -> FloatArray:
    """normal · p of points (N, 3), (N,), added in the order x, y, z: heights in Å along a unit normal."""
    total: FloatArray = np.multiply(points[:, 0], normal[0])
    np.add(total, np.multiply(points[:, 1], normal[1]), out=total)
    np.add(total, np.multiply(points[:, 2], normal[2]), out=total)
    return total


def squared_lengths(vectors: FloatArray) -> FloatArray:
    """Squared lengths (N,) of vectors (N, 3), added in the order x, y, z."""
    total: FloatArray = np.multiply(vectors[:, 0], vectors[:, 0])
    np.add(total, np.multiply(vectors[:, 1], vectors[:, 1]), out=total)
    np.add(total, np.multiply(vectors[:, 2], vectors[:, 2]), out=total)
    return total


def unit_vector(vector: ArrayLike) -> FloatArray:
    """The direction of a vector (3,); ValueError where it has none."""
    given = np.asarray(vector, dtype=np.float64)
    largest = float(np.max(np.abs(given)))
    if not 0.0 < largest < float("inf"):
        raise ValueError(f"{given.tolist()} has no direction")
    scaled = np.divide(given, largest)
    return np.divide(scaled, length(scaled))


def determinant(matrix: ArrayLike) -> float:
    """Determinant of a (3, 3) matrix."""
    rows = np.asarray(matrix, dtype=np.float64)
    return dot(rows[0], cross(rows[1], rows[2]))


def inverse_matrix(matrix: ArrayLike) -> FloatArray:
    """Inverse of a (3, 3) matrix by its cofactors; ValueError for a singular one."""
    rows = np.asarray(matrix, dtype=np.float64)
    volume = determinant(rows)
    if volume == 0.0:
        raise ValueError("the matrix is singular")
    columns = [cross(rows[1], rows[2]), cross(rows[2], rows[0]), cross(rows[0], rows[1])]
    return np.ascontiguousarray(np.divide(np.stack(columns), volume).T)
