"""Points in blocks that stay in the processor's cache, and what every shape checks of its numbers.

Tier A.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from sim.core.errors import InputError
from sim.core.types import FloatArray
from sim.numerics.motion import Motion, unit_vector

#: x, y and z of points, (N,) each.
Columns = tuple[FloatArray, FloatArray, FloatArray]
#: Points in a block.
BLOCK = 1 << 14
#: A point so close outside a boundary counts as on it, Å: a plane through atoms keeps them.
TOLERANCE = 1e-9


def as_points(points: ArrayLike) -> FloatArray:
    """Points as a contiguous (N, 3) float64 array."""
    return np.ascontiguousarray(points, dtype=np.float64).reshape(-1, 3)


def blocks(count: int, size: int = BLOCK) -> Iterator[slice]:
    """Consecutive pieces of ``count`` things."""
    for begin in range(0, count, size):
        yield slice(begin, min(begin + size, count))


def columns(points: FloatArray, motion: Motion | None, out: FloatArray) -> Columns:
    """x, y and z of a block (M, 3) after a motion, each (M,), in the rows of ``out`` (4 or more, ≥ M)."""
    count = len(points)
    x, y, z, spare = (row[:count] for row in out[:4])
    given = points.T
    if motion is None:
        for row, column in zip((x, y, z), given, strict=True):
            np.copyto(row, column)
        return x, y, z
    if is_translation(motion):
        for row, column, shift in zip((x, y, z), given, motion.offset.tolist(), strict=True):
            np.add(column, shift, out=row)
        return x, y, z
    for row, (a, b, c), shift in zip((x, y, z), motion.matrix.tolist(), motion.offset.tolist(), strict=True):
        np.multiply(given[0], a, out=row)
        np.add(row, np.multiply(given[1], b, out=spare), out=row)
        np.add(row, np.multiply(given[2], c, out=spare), out=row)
        np.add(row, shift, out=row)
    return x, y, z


def is_translation(motion: Motion) -> bool:
    """Whether a motion only shifts."""
    return bool(np.array_equal(motion.matrix, np.eye(3)))


def positive(name: str, value: float, *, zero: bool = False) -> float:
    """A finite length above 0 (or from 0 on), Å."""
    if not math.isfinite(value) or value < 0.0 or (value == 0.0 and not zero):
        raise InputError(name, "not a length that a shape can have", value=value,
                         allowed=f"finite and {'at least' if zero else 'above'} 0 Å")  # fmt: skip
    return float(value)


def direction(name: str, vector: ArrayLike) -> FloatArray:
    """The unit vector (3,) of a vector that has to have a length."""
    try:
        return unit_vector(vector)
    except ValueError:
        raise InputError(
            name,
            "a direction needs a length",
            value=np.asarray(vector).tolist(),
            remedy="give a non-zero vector",
        ) from None


def inverse(motion: Motion) -> Motion:
    """The motion back; InputError where there is none."""
    try:
        return motion.inverse
    except ValueError:
        raise InputError(
            "motion", "it flattens the shape", remedy="give a matrix with a determinant other than 0"
        ) from None


def least_stretch(motion: Motion) -> float:
    """What no length shrinks below by a motion: a lower bound of its smallest singular value.

    Exact for turns, reflections and uniform scales, else at most 1 % too low: of a positive definite
    matrix B the largest eigenvalue is at most trace(Bⁿ)^(1/n), here with n = 64.
    """
    if motion.rigid:
        return 1.0
    columns_of = motion.matrix.T.tolist()
    gram = [[_dot(one, two) for two in columns_of] for one in columns_of]
    size = gram[0][0]
    if all(abs(gram[i][j] - (size if i == j else 0.0)) < 1e-12 * size for i in range(3) for j in range(3)):
        return math.sqrt(size)
    rows = inverse(motion).matrix.tolist()
    power = [[_dot(one, two) for two in rows] for one in rows]
    factors = []
    for _ in range(6):
        size = power[0][0] + power[1][1] + power[2][2]
        factors.append(size)
        power = [[value / size for value in row] for row in power]
        power = [[_dot(row, [power[k][j] for k in range(3)]) for j in range(3)] for row in power]
    bound = power[0][0] + power[1][1] + power[2][2]
    for factor in reversed(factors):
        bound = math.sqrt(bound) * factor
    return 1.0 / math.sqrt(bound)


def _dot(one: list[float], two: list[float]) -> float:
    return one[0] * two[0] + one[1] * two[1] + one[2] * two[2]


def squares(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
    """x² + y² + z², in the place of x."""
    np.multiply(x, x, out=x)
    np.add(x, np.multiply(y, y, out=y), out=x)
    return np.add(x, np.multiply(z, z, out=z), out=x)
