"""The Gaussian projection kernel in numpy: one-dimensional factors and their outer products.

Tier A: its bits are the reference; ``kernels_numba`` is compared against them.
"""

from __future__ import annotations

import numpy as np

from sim.core.types import FloatArray, IntArray
from sim.numerics import detmath


def gaussian_factors(
    start: FloatArray, count: int, position: FloatArray, pixel_size: float, exponent_scale: float
) -> FloatArray:
    """Gaussian of each atom at the pixel centres of its window, along one axis.

    Parameters
    ----------
    start
        (N,) coordinate of each window's first pixel, in pixels from the field's centre: a multiple of
        one half, so that adding whole numbers to it is exact.
    count
        Pixels in a window.
    position
        (N,) atom positions along the axis, Å.
    pixel_size
        Å.
    exponent_scale
        −1/(2σ²), Å⁻².

    Returns
    -------
    (N, count) values exp(−(x − x_atom)²/2σ²).
    """
    offset = np.add(start[:, np.newaxis], np.arange(count, dtype=np.float64))
    np.multiply(offset, pixel_size, out=offset)
    np.subtract(offset, position[:, np.newaxis], out=offset)
    np.multiply(offset, offset, out=offset)
    np.multiply(offset, exponent_scale, out=offset)
    return detmath.exp(offset, out=offset)


def add_products(
    image: FloatArray,
    first_row: IntArray,
    first_column: IntArray,
    row_factors: FloatArray,
    column_factors: FloatArray,
) -> None:
    """Add the outer product of each atom's two factors to the image, atom after atom.

    Parameters
    ----------
    image
        (H, W), changed in place.
    first_row, first_column
        (N,) image index of the first element of each atom's window; windows may reach over the edge.
    row_factors, column_factors
        (N, h) and (N, w).
    """
    height, width = image.shape
    window_height, window_width = row_factors.shape[1], column_factors.shape[1]
    product = np.empty((window_height, window_width))
    rows = row_factors[:, :, np.newaxis]
    columns = column_factors[:, np.newaxis, :]
    for atom, (top, left) in enumerate(zip(first_row.tolist(), first_column.tolist(), strict=True)):
        bottom, right = top + window_height, left + window_width
        if top >= 0 and left >= 0 and bottom <= height and right <= width:
            np.multiply(rows[atom], columns[atom], out=product)
            view = image[top:bottom, left:right]
            np.add(view, product, out=view)
            continue
        # The part of the window that lies on the image.
        upper, lower = max(top, 0), min(bottom, height)
        near, far = max(left, 0), min(right, width)
        if upper < lower and near < far:
            view = image[upper:lower, near:far]
            some_rows = rows[atom, upper - top : lower - top]
            some_columns = columns[atom, :, near - left : far - left]
            np.add(view, np.multiply(some_rows, some_columns), out=view)
