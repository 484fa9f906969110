"""Columns, masks and maps compiled by numba (the optional ``fast`` extra).

Tier A: operation for operation the arithmetic of ``columns``, ``masks`` and ``maps``, so the bits are the
same.  Without fastmath the compiler neither contracts ``a*b + c`` nor reorders anything.
"""

from __future__ import annotations

import importlib

import numpy as np
from numpy.typing import NDArray

from sim.core.types import FloatArray, ImageGrid, IntArray
from sim.labels.columns import MIXER
from sim.labels.discs import Band

# numba carries no types; importing it by name keeps this module checkable.
_numba = importlib.import_module("numba")
_compile = _numba.njit(cache=True, fastmath=False, error_model="numpy", nogil=True)

_LARGEST_WORD = np.uint64(0xFFFFFFFFFFFFFFFF)


def linked(
    x: FloatArray, y: FloatArray, tolerance: float
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Columns of a few atoms, as ``columns.find_columns`` makes them: index, count, mean x and y.

    Keeps a table of all distances, so N should be some hundreds at most.
    """
    x, y = _plain(x), _plain(y)
    index, columns = _numbered(_owners(x, y, float(tolerance)))
    count = np.zeros(columns, dtype=np.int64)
    mean_x, mean_y = np.zeros(columns), np.zeros(columns)
    _means(index, x, y, count, mean_x, mean_y)
    return index, count, mean_x, mean_y


def mark_discs(mask: NDArray[np.uint8], x: FloatArray, y: FloatArray, radius: float, grid: ImageGrid) -> None:
    """Set to 1 the pixels of ``mask`` (H, W) whose centres lie in a disc around any atom."""
    pixel_x = grid.x_of(np.arange(grid.width).astype(np.float64))
    pixel_y = grid.y_of(np.arange(grid.height).astype(np.float64))
    _mark_discs(mask, _plain(x), _plain(y), float(radius), pixel_x, pixel_y, float(grid.pixel_size))


def topmost_in_band(best: IntArray, band: Band, rank: IntArray) -> None:
    """Raise the ranks ``best`` (rows, W) of a band's pixels to those of the atoms over them, in place."""
    _topmost(
        best,
        _plain(band.x),
        _plain(band.y),
        _plain(band.square),
        _whole(band.left),
        band.width,
        _whole(rank),
        _plain(band.sample_x),
        _plain(band.sample_y),
    )


def layers_in_band(count: IntArray, band: Band, owner: IntArray) -> None:
    """Add 1 to ``count`` (rows, W) for every owner, of ascending numbers, over a pixel, in place."""
    _layers(
        count,
        np.full(count.shape, -1, dtype=np.int64),
        _plain(band.x),
        _plain(band.y),
        _plain(band.square),
        _whole(band.left),
        band.width,
        _whole(owner),
        _plain(band.sample_x),
        _plain(band.sample_y),
    )


def _whole(values: IntArray) -> IntArray:
    """As :func:`_plain`, of whole numbers."""
    return np.array(values, dtype=np.int64)


def _plain(values: FloatArray) -> FloatArray:
    """A copy that is contiguous and may be written to.

    numba compiles a function anew for read-only and for strided arrays.  Several compiled forms of one
    function must not be: processes that fill numba's cache at the same time can then load each other's.
    """
    return np.array(values, dtype=np.float64)


@_compile
def _owners(x, y, tolerance):  # type: ignore[no-untyped-def]
    """The smallest atom of each atom's column; see ``columns`` for the rule and its order."""
    count = len(x)
    limit = tolerance * tolerance
    reach = (2.0 * tolerance) * (2.0 * tolerance)
    owner = np.arange(count)
    size = np.ones(count)
    mean_x, mean_y = x.copy(), y.copy()
    # Infinite: the two are no pair (or no longer).
    square = np.full((count, count), np.inf)
    waiting = np.zeros((count, count), dtype=np.bool_)
    # Clusters keep the number of one of their atoms, so no pair of numbers is ever added to these.
    pairs = np.empty((count * (count - 1) // 2, 2), dtype=np.int64)
    found = 0
    for first in range(count):
        for second in range(first + 1, count):
            across, along = x[first] - x[second], y[first] - y[second]
            apart = across * across + along * along
            if apart <= reach:
                square[first, second] = apart
                pairs[found, 0], pairs[found, 1] = first, second
                found += 1
    pairs = pairs[:found]
    chosen = _mutually_nearest(pairs, square, waiting)
    while len(chosen):
        for first, second in chosen:
            one, two = size[first], size[second]
            total = one + two
            joint_x = (mean_x[first] * one + mean_x[second] * two) / total
            joint_y = (mean_y[first] * one + mean_y[second] * two) / total
            if square[first, second] > limit and _outside(
                x, y, owner, first, second, joint_x, joint_y, limit
            ):
                waiting[first, second] = True
                continue
            mean_x[first], mean_y[first] = joint_x, joint_y
            size[first] = total
            _unite(square, waiting, owner, first, second)
        chosen = _mutually_nearest(pairs, square, waiting)
    return owner


@_compile
def _mutually_nearest(pairs, square, waiting):  # type: ignore[no-untyped-def]
    """Pairs in which each cluster is the other's nearest, equal distances in mixed order, (n, 2)."""
    count = len(square)
    nearest = np.full(count, np.inf)
    for first, second in pairs:
        if not waiting[first, second]:
            nearest[first] = min(nearest[first], square[first, second])
            nearest[second] = min(nearest[second], square[first, second])
    lowest = np.full(count, _LARGEST_WORD)
    for first, second in pairs:
        if _mutual(square, waiting, nearest, first, second):
            mixed = np.uint64(first * count + second) * MIXER
            lowest[first] = min(lowest[first], mixed)
            lowest[second] = min(lowest[second], mixed)
    # No cluster is in two of the pairs.
    chosen = np.empty((count // 2, 2), dtype=np.int64)
    found = 0
    for first, second in pairs:
        mixed = np.uint64(first * count + second) * MIXER
        if mixed == lowest[first] and mixed == lowest[second]:
            chosen[found, 0], chosen[found, 1] = first, second
            found += 1
    return chosen[:found]


@_compile
def _mutual(square, waiting, nearest, first, second):  # type: ignore[no-untyped-def]
    apart = square[first, second]
    return (
        apart < np.inf and not waiting[first, second] and apart == nearest[first] and apart == nearest[second]
    )


@_compile
def _outside(x, y, owner, first, second, mean_x, mean_y, limit):  # type: ignore[no-untyped-def]
    """Whether an atom of the union lies farther from its mean than the tolerance."""
    for atom in range(len(x)):
        if owner[atom] == first or owner[atom] == second:
            across, along = x[atom] - mean_x, y[atom] - mean_y
            if across * across + along * along > limit:
                return True
    return False


@_compile
def _unite(square, waiting, owner, first, second):  # type: ignore[no-untyped-def]
    """Complete linkage: the larger distance of the two parts; whoever waited may try again."""
    for other in range(len(owner)):
        if owner[other] == second:
            owner[other] = first
        if other in (first, second):
            continue
        low, high = min(first, other), max(first, other)
        far = square[min(second, other), max(second, other)]
        square[low, high] = max(square[low, high], far)
        waiting[low, high] = False
        square[min(second, other), max(second, other)] = np.inf
    square[first, second] = np.inf


@_compile
def _numbered(owner):  # type: ignore[no-untyped-def]
    """Columns numbered by their first atoms, and how many there are."""
    index = np.empty(len(owner), dtype=np.int64)
    columns = 0
    for atom in range(len(owner)):
        if owner[atom] == atom:
            index[atom] = columns
            columns += 1
        else:
            index[atom] = index[owner[atom]]
    return index, columns


@_compile
def _means(index, x, y, count, mean_x, mean_y):  # type: ignore[no-untyped-def]
    """Adds in the order of the atoms, as ``bincount`` does."""
    for atom in range(len(index)):
        column = index[atom]
        count[column] += 1
        mean_x[column] += x[atom]
        mean_y[column] += y[atom]
    for column in range(len(count)):
        mean_x[column] /= count[column]
        mean_y[column] /= count[column]


@_compile
def _mark_discs(mask, x, y, radius, pixel_x, pixel_y, pixel_size):  # type: ignore[no-untyped-def]
    height, width = mask.shape
    limit = radius * radius
    for atom in range(len(x)):
        # Rows and columns that can lie in the disc, with a pixel to spare on either side.
        top = (pixel_y[0] - (y[atom] + radius)) / pixel_size - 1.0
        bottom = (pixel_y[0] - (y[atom] - radius)) / pixel_size + 2.0
        left = ((x[atom] - radius) - pixel_x[0]) / pixel_size - 1.0
        right = ((x[atom] + radius) - pixel_x[0]) / pixel_size + 2.0
        first_row, last_row = int(min(max(top, 0.0), height)), int(min(max(bottom, 0.0), height))
        first_column, last_column = int(min(max(left, 0.0), width)), int(min(max(right, 0.0), width))
        for row in range(first_row, last_row):
            along = pixel_y[row] - y[atom]
            along_square = along * along
            if along_square > limit:
                continue
            for column in range(first_column, last_column):
                across = pixel_x[column] - x[atom]
                if across * across + along_square <= limit:
                    mask[row, column] = 1


@_compile
def _topmost(best, x, y, square, left, width, rank, sample_x, sample_y):  # type: ignore[no-untyped-def]
    rows = best.shape[0]
    for atom in range(len(x)):
        for row in range(rows):
            for column in range(left[atom], left[atom] + width):
                across = sample_x[row, column] - x[atom]
                along = sample_y[row, column] - y[atom]
                if across * across + along * along <= square[atom] and rank[atom] > best[row, column]:
                    best[row, column] = rank[atom]


@_compile
def _layers(count, last, x, y, square, left, width, owner, sample_x, sample_y):  # type: ignore[no-untyped-def]
    rows = count.shape[0]
    for atom in range(len(x)):
        for row in range(rows):
            for column in range(left[atom], left[atom] + width):
                across = sample_x[row, column] - x[atom]
                along = sample_y[row, column] - y[atom]
                if across * across + along * along <= square[atom] and owner[atom] != last[row, column]:
                    last[row, column] = owner[atom]
                    count[row, column] += 1
