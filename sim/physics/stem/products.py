"""Matrix products with the same bits for any number of threads of the linear-algebra library.

OpenBLAS cuts large products among threads, and the cuts change the order of sums: a preview would differ
from an export, whose processes have one thread each.  Products below 65 536 multiplications it leaves whole,
so products are made of such tiles here, at five sixths of the speed on one core.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[Any]

#: Edge of a tile; 32³ is half of the limit.  Longer edges of other shapes had other bits with two threads.
TILE = 32
#: Floating-point operations of a product in the time of one of a Fourier transform: measured with scipy 1.17
#: on one core at 400² points.
RATE = 6.0
#: Told after every tile of a product: its share of the whole.
Tell = Callable[[float], None]
#: Tiles multiplied before they are added up: their results stay in the processor's caches.
_STACK = 64


def _silent(_: float) -> None:
    """Stands in for ``tell`` where nobody listens."""


def product(first: Matrix, second: Matrix, tell: Tell = _silent) -> Matrix:
    """``first @ second``, (m, k) and (k, n), of one type."""
    result = np.empty((len(first), second.shape[1]), dtype=np.result_type(first, second))
    for row in range(0, len(first), TILE):
        strip = first[row : row + TILE]
        for column in range(0, second.shape[1], TILE):
            tile = _tile(strip, second[:, column : column + TILE])
            result[row : row + TILE, column : column + TILE] = tile
            tell(tile.size / result.size)
    return result


def gram(waves: Matrix, tell: Tell = _silent) -> Matrix:
    """Upper triangle of conj(S) Sᵀ for S (m, k), and zeros in the tiles below the diagonal."""
    result = np.zeros((len(waves), len(waves)), dtype=waves.dtype)
    edges = range(0, len(waves), TILE)
    tiles = len(edges) * (len(edges) + 1) // 2
    for row in edges:
        strip = np.conj(waves[row : row + TILE])
        for column in range(row, len(waves), TILE):
            other = waves[column : column + TILE].T
            result[row : row + TILE, column : column + TILE] = _tile(strip, other)
            tell(1.0 / tiles)
    return result


def _tile(first: Matrix, second: Matrix) -> Matrix:
    """A product with at most TILE rows and columns, in order of its sum."""
    whole = len(second) // TILE * TILE
    # Splitting an axis copies nothing.
    left = first[:, :whole].reshape(len(first), -1, TILE).transpose(1, 0, 2)
    right = second[:whole].reshape(-1, TILE, second.shape[1])
    total: Matrix = first[:, whole:] @ second[whole:]
    for start in range(0, len(left), _STACK):
        total += np.add.reduce(left[start : start + _STACK] @ right[start : start + _STACK], axis=0)
    return total
