"""The Gaussian projection kernel compiled by numba (the optional ``fast`` extra).

Tier A: operation for operation the arithmetic of ``kernels_numpy`` and ``detmath.exp``, so the bits
are the same.  Without fastmath the compiler neither contracts ``a*b + c`` nor reorders sums.
Inner loops run over one-dimensional slices from 0 upwards: with two-dimensional sub-views, or indices
that might be negative, the compiler uses no vector instructions (four times slower).
"""

from __future__ import annotations

import numba
import numpy as np

from sim.core.types import FloatArray, IntArray
from sim.numerics import detmath

_LOG2_E = detmath.LOG2_E
_LN2_HIGH = detmath.LN2_HIGH
_LN2_LOW = detmath.LN2_LOW
_UNDERFLOW = detmath.EXP_UNDERFLOW
_OVERFLOW = detmath.EXP_OVERFLOW
(_C13, _C12, _C11, _C10, _C9, _C8, _C7, _C6, _C5, _C4, _C3, _C2) = detmath.EXP_COEFFICIENTS


def _gaussian_factors(
    start: FloatArray, count: int, position: FloatArray, pixel_size: float, exponent_scale: float
) -> FloatArray:
    factors = np.empty((len(start), count))
    # All windows in one long loop: the last few pixels of each would be computed one by one otherwise.
    flat = factors.ravel()
    for atom in range(len(start)):
        window = flat[atom * count : (atom + 1) * count]
        first, here = start[atom], position[atom]
        for pixel in range(count):
            offset = (first + pixel) * pixel_size - here
            window[pixel] = offset * offset * exponent_scale
    exponent_bits = np.empty(len(flat), np.int64)
    scale = exponent_bits.view(np.float64)
    for pixel in range(len(flat)):
        given = flat[pixel]
        x = min(max(given, _UNDERFLOW), _OVERFLOW)
        exponent = np.floor(x * _LOG2_E + 0.5)
        r = (x - exponent * _LN2_HIGH) - exponent * _LN2_LOW
        value = r * _C13
        value = (value + _C12) * r
        value = (value + _C11) * r
        value = (value + _C10) * r
        value = (value + _C9) * r
        value = (value + _C8) * r
        value = (value + _C7) * r
        value = (value + _C6) * r
        value = (value + _C5) * r
        value = (value + _C4) * r
        value = (value + _C3) * r
        value = value + _C2
        value = (value * (r * r) + r) + 1.0
        flat[pixel] = 0.0 if given < _UNDERFLOW else value
        # 32-bit conversion has a vector instruction everywhere; 64-bit has not.
        exponent_bits[pixel] = (np.int64(np.int32(exponent)) + 1023) << 52
    for pixel in range(len(flat)):
        flat[pixel] = flat[pixel] * scale[pixel]
    return factors


def _add_products(
    image: FloatArray,
    first_row: IntArray,
    first_column: IntArray,
    row_factors: FloatArray,
    column_factors: FloatArray,
) -> None:
    height, width = image.shape
    window_height, window_width = row_factors.shape[1], column_factors.shape[1]
    flat = image.ravel()
    flat_columns = column_factors.ravel()
    for atom in range(len(first_row)):
        top, left = first_row[atom], first_column[atom]
        near, far = max(left, 0), min(left + window_width, width)
        if near >= far:
            continue
        shift = atom * window_width - left
        source = flat_columns[shift + near : shift + far]
        for row in range(max(top, 0), min(top + window_height, height)):
            factor = row_factors[atom, row - top]
            target = flat[row * width + near : row * width + far]
            for column in range(far - near):
                target[column] += factor * source[column]


_compile = numba.njit(cache=True, fastmath=False, error_model="numpy", nogil=True)
gaussian_factors = _compile(_gaussian_factors)
add_products = _compile(_add_products)
