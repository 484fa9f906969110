"""Space-filling designs: Latin hypercubes and Sobol points.

Tier A.  A design is global: it depends on the number of points, unlike every other draw.
"""

from __future__ import annotations

import numpy as np

from sim.core.errors import InputError
from sim.numerics.detmath import FloatArray, WordArray
from sim.numerics.streams import Stream

#: Bits of a Sobol coordinate; up to 2³⁰ points.
SOBOL_BITS = 30
_SMALLEST_STEP = 2.0**-30

# Joe & Kuo, SIAM J. Sci. Comput. 30, 2635 (2008), file new-joe-kuo-6.21201, dimensions 2 to 21:
# degree of the primitive polynomial, its inner coefficients as bits, the initial odd numbers.
_DIRECTIONS = [
    (1, 0, (1,)),
    (2, 1, (1, 3)),
    (3, 1, (1, 3, 1)),
    (3, 2, (1, 1, 1)),
    (4, 1, (1, 1, 3, 3)),
    (4, 4, (1, 3, 5, 13)),
    (5, 2, (1, 1, 5, 5, 17)),
    (5, 4, (1, 1, 5, 5, 5)),
    (5, 7, (1, 1, 7, 11, 19)),
    (5, 11, (1, 1, 5, 1, 1)),
    (5, 13, (1, 1, 1, 3, 11)),
    (5, 14, (1, 3, 5, 5, 31)),
    (6, 1, (1, 3, 3, 9, 7, 49)),
    (6, 13, (1, 1, 1, 15, 21, 21)),
    (6, 16, (1, 3, 1, 13, 27, 49)),
    (6, 19, (1, 1, 1, 15, 7, 5)),
    (6, 22, (1, 3, 1, 15, 13, 25)),
    (6, 25, (1, 1, 5, 5, 19, 61)),
    (7, 1, (1, 3, 7, 11, 23, 15, 103)),
    (7, 4, (1, 3, 7, 13, 13, 15, 69)),
]
MOST_DIMENSIONS = len(_DIRECTIONS) + 1


def latin_hypercube(stream: Stream, count: int, dimensions: int) -> FloatArray:
    """Points of which every one of ``count`` equal slices of every axis holds exactly one.

    Returns
    -------
    (count, dimensions) float64, strictly between 0 and 1.
    """
    points = np.empty((count, dimensions))
    for axis in range(dimensions):
        own = stream.child("latin hypercube", axis)
        slices = own.child("order").permutation(count).astype(np.float64)
        inside = own.child("place").uniforms(count)
        points[:, axis] = np.minimum(np.divide(np.add(slices, inside), float(count)), 1.0 - 2.0**-53)
    return points


def sobol(count: int, dimensions: int, start: int = 0, stream: Stream | None = None) -> FloatArray:
    """Points ``start`` to ``start + count − 1`` of the Sobol sequence in Gray-code order.

    Parameters
    ----------
    count, dimensions
        Number of points; 1 to 21 dimensions.
    start
        First point; the sequence's first 2ⁿ points are the balanced sets.
    stream
        Random digital shift (exclusive or with one word a dimension), which keeps the balance and
        puts no point on the border; without it the points begin at the origin.

    Returns
    -------
    (count, dimensions) float64, from 0 to below 1; strictly above 0 with a stream.
    """
    if not 1 <= dimensions <= MOST_DIMENSIONS:
        raise InputError("sobol dimensions", "no direction numbers for so many", value=dimensions,
                         allowed=f"1 to {MOST_DIMENSIONS}", remedy="use a Latin hypercube")  # fmt: skip
    if not 0 <= start <= start + count <= 1 << SOBOL_BITS:
        raise InputError("sobol points", "outside the sequence", value=start + count,
                         allowed=f"0 to 2**{SOBOL_BITS}", remedy="ask for fewer points")  # fmt: skip
    number = np.arange(start, start + count).astype(np.uint64)
    gray = np.bitwise_xor(number, np.right_shift(number, np.uint64(1)))
    points = np.empty((count, dimensions))
    for axis in range(dimensions):
        digits = np.zeros(count, dtype=np.uint64)
        for bit, direction in enumerate(_direction_numbers(axis)):
            on = np.bitwise_and(np.right_shift(gray, np.uint64(bit)), np.uint64(1))
            digits = np.bitwise_xor(digits, np.multiply(on, np.uint64(direction)))
        points[:, axis] = _coordinate(digits, axis, stream)
    return points


def _coordinate(digits: WordArray, axis: int, stream: Stream | None) -> FloatArray:
    if stream is None:
        return np.multiply(digits.astype(np.float64), _SMALLEST_STEP)
    # The digits are continued by the shift's own lower bits, down to the 52 that uniform_from keeps.
    shift = np.right_shift(stream.child("digital shift", axis).words(1), np.uint64(12))
    mixed = np.bitwise_xor(np.left_shift(digits, np.uint64(52 - SOBOL_BITS)), shift)
    return np.multiply(np.add(mixed.astype(np.float64), 0.5), 2.0**-52)


def _direction_numbers(axis: int) -> list[int]:
    """The 30 direction numbers of an axis, as integers with 30 binary digits."""
    if axis == 0:
        return [1 << (SOBOL_BITS - 1 - bit) for bit in range(SOBOL_BITS)]
    degree, inner, initial = _DIRECTIONS[axis - 1]
    numbers = list(initial)
    for position in range(degree, SOBOL_BITS):
        value = numbers[position - degree] ^ (numbers[position - degree] << degree)
        for step in range(1, degree):
            if inner >> (degree - 1 - step) & 1:
                value ^= numbers[position - step] << step
        numbers.append(value)
    return [number << (SOBOL_BITS - 1 - bit) for bit, number in enumerate(numbers)]
