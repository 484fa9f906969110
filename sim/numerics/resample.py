"""Images read at fractional pixel positions: cubic for intensities, nearest for labels.

Tier A.  Positions are fractional (row, column), integers are pixel centres; outside the image its
edge pixels continue.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.numerics.detmath import FloatArray, IntArray
from sim.numerics.streams import BLOCK

#: Rows and columns the image is continued by, so that no neighbour index needs a check.
_BORDER = 4


def sample_cubic(image: FloatArray, rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Cubic convolution (Keys, IEEE Trans. ASSP 29, 1153, 1981, a = −1/2: Catmull–Rom).

    Reproduces pixel values at pixel centres exactly and quadratic surfaces away from the edges.

    Parameters
    ----------
    image
        (H, W).
    rows, columns
        Fractional positions, one shape; anything finite.

    Returns
    -------
    float64 values, shape of ``rows``.
    """
    height, width = image.shape
    stride = width + 2 * _BORDER
    padded = np.pad(np.asarray(image, dtype=np.float64), _BORDER, mode="edge").reshape(-1)
    flat_rows, flat_columns = np.broadcast_arrays(rows, columns)
    shape = flat_rows.shape
    flat_rows, flat_columns = flat_rows.reshape(-1), flat_columns.reshape(-1)
    values = np.empty(flat_rows.size)
    for start in range(0, values.size, BLOCK):
        block = slice(start, start + BLOCK)
        row, row_weights = _taps(flat_rows[block], height)
        column, column_weights = _taps(flat_columns[block], width)
        corner = np.add(np.multiply(row, stride), column)
        total = np.zeros(corner.size)
        for down in range(4):
            line = np.multiply(padded[np.add(corner, down * stride)], column_weights[0])
            for right in range(1, 4):
                term = np.multiply(padded[np.add(corner, down * stride + right)], column_weights[right])
                np.add(line, term, out=line)
            np.add(total, np.multiply(line, row_weights[down]), out=total)
        values[block] = total
    return values.reshape(shape)


def sample_nearest(image: NDArray[Any], rows: FloatArray, columns: FloatArray) -> NDArray[Any]:
    """The nearest pixel's value (halves go down and to the right), dtype of the image."""
    return image[_nearest(rows, image.shape[0]), _nearest(columns, image.shape[1])]


def _nearest(positions: FloatArray, size: int) -> IntArray:
    index = np.floor(np.add(positions, 0.5))
    return np.asarray(np.minimum(np.maximum(index, 0.0), size - 1.0)).astype(np.int64)


def _taps(positions: FloatArray, size: int) -> tuple[IntArray, list[FloatArray]]:
    """First of four neighbours in the padded image, and the neighbours' weights."""
    inside = np.minimum(np.maximum(positions, -2.0), size + 1.0)
    below = np.floor(inside)
    t = np.subtract(inside, below)
    first = np.add(below.astype(np.int64), _BORDER - 1)
    return first, [
        _outer_weight(t),
        _inner_weight(t),
        _inner_weight(np.subtract(1.0, t)),
        _outer_weight(np.subtract(1.0, t)),
    ]


def _inner_weight(t: FloatArray) -> FloatArray:
    """Weight at distance t, 0 to 1: 3/2·t³ − 5/2·t² + 1."""
    value = np.subtract(np.multiply(t, 1.5), 2.5)
    return np.add(np.multiply(np.multiply(value, t), t), 1.0)


def _outer_weight(t: FloatArray) -> FloatArray:
    """Weight at distance 1 + t: −1/2·t·(1 − t)²."""
    rest = np.subtract(1.0, t)
    return np.multiply(np.multiply(np.multiply(rest, rest), t), -0.5)
