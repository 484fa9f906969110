"""Where points of the specimen appear in a distorted scan.

A point at r_atom appears at the r that solves r + d(r) = r_atom.  The displacement is known at pixels;
between columns and between rows it is taken bilinearly, so every cell of four pixels is one
bilinear map, inverted in closed form.  No iteration is involved, because rows with jitter make the
map fold and fixed-point schemes jump between rows for ever.  Tier A: numpy and other tier-A modules
only, one rounding per operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.core.types import FloatArray, ImageGrid, IntArray

#: A root of a cell counts when it misses the point by less than this, px.
TOLERANCE = 1e-6

#: Roots closer than this are one root on the border of two cells, px⁻¹.
ROOTS_PER_PIXEL = 65536.0

#: Points handled at once; bounds the memory.
BLOCK = 4096


@dataclass(frozen=True, eq=False)
class WarpedPoints:
    """Where points appear.

    Attributes
    ----------
    x, y
        (N,) apparent positions, Å.
    residual
        (N,) |r + d(r) − r_atom|, px.
    appearances
        (N,) how many times the scan passes over the point (1 where the map does not fold).
    """

    x: FloatArray
    y: FloatArray
    residual: FloatArray
    appearances: IntArray


def warp_points(
    x: FloatArray,
    y: FloatArray,
    dx: FloatArray,
    dy: FloatArray,
    grid: ImageGrid,
    cancel: Callable[[], None] | None = None,
) -> WarpedPoints:
    """Solve r + d(r) = r_atom for every point.

    Parameters
    ----------
    x, y
        (N,) true positions, Å.
    dx, dy
        (H, W) displacement at the pixels of ``grid``, Å.

    Notes
    -----
    - Beyond the outermost pixel centres the displacement of the nearest pixel is used, so points
      outside the image have an apparent position too (outside the image or just inside it), and
      every point has at least one.
    - Where rows move against each other by more than their distance, or the settling beam turns
      back, the scan passes over a point several times: an odd number generically.  The middle one in
      scan order is returned, which lies in the middle of the smeared spot.
    """
    target_rows = grid.rows_of(np.asarray(y, dtype=np.float64))
    target_columns = grid.columns_of(np.asarray(x, dtype=np.float64))
    warp = _Warp(-dy / grid.pixel_size, dx / grid.pixel_size)
    parts = []
    for start in range(0, len(target_rows), BLOCK):
        if cancel is not None:
            cancel()
        parts.append(warp.solve(target_rows[start : start + BLOCK], target_columns[start : start + BLOCK]))
    if not parts:
        empty = np.zeros(0)
        return WarpedPoints(empty, empty, empty, np.zeros(0, dtype=np.int64))
    rows, columns, residual, appearances = (np.concatenate(part) for part in zip(*parts, strict=True))
    return WarpedPoints(grid.x_of(columns), grid.y_of(rows), residual, appearances.astype(np.int64))


class _Warp:
    """The displacement in pixels with what the search needs to know of each row."""

    def __init__(self, shift_rows: FloatArray, shift_columns: FloatArray) -> None:
        self.shift_rows = shift_rows
        self.shift_columns = shift_columns
        self.height, self.width = shift_rows.shape
        self.row_low, self.row_high = shift_rows.min(axis=1), shift_rows.max(axis=1)
        self.column_low, self.column_high = shift_columns.min(axis=1), shift_columns.max(axis=1)

    def solve(
        self, target_rows: FloatArray, target_columns: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
        """Rows, columns, residuals and numbers of appearances of points given in pixels."""
        points, rows, columns = self._candidates(target_rows, target_columns)
        row_fraction, column_fraction, residual = self._roots(
            target_rows[points], target_columns[points], rows, columns
        )
        points = np.concatenate([points, points])
        found_rows = np.concatenate([rows, rows]) + row_fraction
        found_columns = np.concatenate([columns, columns]) + column_fraction
        return _choose(points, found_rows, found_columns, residual, len(target_rows))

    def _candidates(
        self, target_rows: FloatArray, target_columns: FloatArray
    ) -> tuple[IntArray, IntArray, IntArray]:
        """Point numbers and upper left corners of all cells that can hold a solution."""
        # Rows first: a cell row can be left out when its two rows miss the point in every column.
        lowest, highest = float(self.row_low.min()), float(self.row_high.max())
        count = np.full(len(target_rows), int(np.floor(highest - lowest)) + 3)
        points, rows = _expand(np.floor(target_rows - highest).astype(np.int64) - 1, count)
        upper, lower = self._clamp_rows(rows), self._clamp_rows(rows + 1)
        reach_low = np.minimum(rows + self.row_low[upper], rows + 1 + self.row_low[lower])
        reach_high = np.maximum(rows + self.row_high[upper], rows + 1 + self.row_high[lower])
        wanted = target_rows[points]
        kept = np.flatnonzero((reach_low - TOLERANCE <= wanted) & (wanted <= reach_high + TOLERANCE))
        points, rows, upper, lower = points[kept], rows[kept], upper[kept], lower[kept]

        low = np.minimum(self.column_low[upper], self.column_low[lower])
        high = np.maximum(self.column_high[upper], self.column_high[lower])
        count = np.floor(high - low).astype(np.int64) + 3
        pairs, columns = _expand(np.floor(target_columns[points] - high).astype(np.int64) - 1, count)
        return points[pairs], rows[pairs], columns

    def _roots(
        self, target_rows: FloatArray, target_columns: FloatArray, rows: IntArray, columns: IntArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Both roots of every cell, pressed into the cell, and what they miss the point by (px).

        With column fraction u and row fraction v the cell maps to
        (a u + b v + c u v, a' u + b' v + c' u v) from its upper left corner; eliminating u leaves a
        quadratic in v.
        """
        a, b, c, e = self._cell(self.shift_columns, target_columns, rows, columns, along_columns=True)
        a2, b2, c2, e2 = self._cell(self.shift_rows, target_rows, rows, columns, along_columns=False)
        square = c * b2 - b * c2
        linear = e * c2 - b * a2 - e2 * c + b2 * a
        constant = e * a2 - e2 * a
        discriminant = np.maximum(linear * linear - 4.0 * square * constant, 0.0)
        # The sum without cancellation; the other root comes from the product of the roots.
        root = np.sqrt(discriminant)
        half = -0.5 * np.where(linear >= 0.0, linear + root, linear - root)
        v = np.concatenate([_ratio(constant, half), _ratio(half, square)])
        v = np.minimum(np.maximum(v, 0.0), 1.0)
        a, b, c, e = (np.concatenate([value, value]) for value in (a, b, c, e))
        a2, b2, c2, e2 = (np.concatenate([value, value]) for value in (a2, b2, c2, e2))
        by_columns, by_rows = a + c * v, a2 + c2 * v
        u = np.where(
            np.abs(by_columns) >= np.abs(by_rows),
            _ratio(e - b * v, by_columns),
            _ratio(e2 - b2 * v, by_rows),
        )
        u = np.minimum(np.maximum(u, 0.0), 1.0)
        missed_columns = e - a * u - b * v - c * (u * v)
        missed_rows = e2 - a2 * u - b2 * v - c2 * (u * v)
        return v, u, np.sqrt(missed_columns * missed_columns + missed_rows * missed_rows)

    def _cell(
        self, shift: FloatArray, target: FloatArray, rows: IntArray, columns: IntArray, *, along_columns: bool
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Bilinear coefficients of one coordinate in each cell, and the point seen from its corner."""
        upper, lower = self._clamp_rows(rows) * self.width, self._clamp_rows(rows + 1) * self.width
        left, right = self._clamp_columns(columns), self._clamp_columns(columns + 1)
        flat = shift.ravel()
        corner, beside = flat[upper + left], flat[upper + right]
        below, opposite = flat[lower + left], flat[lower + right]
        per_column, per_row = beside - corner, below - corner
        mixed = opposite - below - per_column
        if along_columns:
            return per_column + 1.0, per_row, mixed, target - columns - corner
        return per_column, per_row + 1.0, mixed, target - rows - corner

    def _clamp_rows(self, rows: IntArray) -> IntArray:
        return _clamped(rows, self.height - 1)

    def _clamp_columns(self, columns: IntArray) -> IntArray:
        return _clamped(columns, self.width - 1)


def _clamped(indices: IntArray, last: int) -> IntArray:
    inside: IntArray = np.minimum(np.maximum(indices, 0), last)
    return inside


def _expand(first: IntArray, count: IntArray) -> tuple[IntArray, IntArray]:
    """(owner, value) pairs: value runs over first, first + 1, … ``count`` times for every owner."""
    owner = np.repeat(np.arange(len(first)), count)
    before = np.cumsum(count, dtype=np.int64) - count
    value = np.arange(len(owner)) - before[owner] + first[owner]
    return owner, value


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Quotient; −1 (outside every cell) where it would not be finite."""
    safe = np.abs(denominator) > 1e-300
    return np.where(safe, numerator / np.where(safe, denominator, 1.0), -1.0)


def _choose(
    points: IntArray, rows: FloatArray, columns: FloatArray, residual: FloatArray, count: int
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """The middle root of every point in scan order."""
    # Rounding can press a root on a border a hair out of both cells: the tolerance then takes it in.
    best = np.full(count, np.inf)
    np.minimum.at(best, points, residual)
    kept = np.flatnonzero(residual <= np.maximum(best[points], TOLERANCE))
    row_key = np.floor(rows[kept] * ROOTS_PER_PIXEL + 0.5).astype(np.int64)
    column_key = np.floor(columns[kept] * ROOTS_PER_PIXEL + 0.5).astype(np.int64)
    order = np.lexsort((column_key, row_key, points[kept]))
    kept, row_key, column_key = kept[order], row_key[order], column_key[order]
    owner = points[kept]
    new = np.ones(len(kept), dtype=np.bool_)
    new[1:] = (owner[1:] != owner[:-1]) | (row_key[1:] != row_key[:-1]) | (column_key[1:] != column_key[:-1])
    kept, owner = kept[new], owner[new]
    appearances = np.bincount(owner, minlength=count)
    middle = kept[np.cumsum(appearances, dtype=np.int64) - appearances + (appearances - 1) // 2]
    return rows[middle], columns[middle], residual[middle], appearances
