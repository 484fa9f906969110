"""Pairs of points that are not far apart, block by block, in bounded memory.

Tier A.  For counting over all pairs, whose number may be far above the number of points; lists of
touching pairs come from :mod:`sim.numerics.neighbours`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sim.core.errors import never
from sim.numerics.detmath import FloatArray, IntArray

#: Distances computed at once; a few milliseconds.
_AT_ONCE = 2**18


def near_pairs(
    points: FloatArray, reach: float, *, cancel: Callable[[], None] = never
) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """Every pair of points no farther apart than ``reach``, once.

    Parameters
    ----------
    points
        (N, D), any unit.
    reach
        Largest distance, in the same unit.
    cancel
        Called for every block; raises to stop.

    Yields
    ------
    Blocks of pairs: numbers of the two points and their squared distance.
    """
    # Sorted along one axis, the partners of a stretch of points are a stretch too.
    order = np.argsort(points[:, 0], kind="stable")
    sorted_points = points[order]
    along = sorted_points[:, 0]
    limit = reach * reach
    count = len(points)
    start = 0
    while start < count:
        cancel()
        # A hair farther than the reach: rounding of the sum must not lose a pair.
        rows = 1
        end = _end(along, start, reach)
        while start + rows < count and rows * 2 * (end - start) <= _AT_ONCE:
            rows *= 2
            end = _end(along, min(start + rows, count) - 1, reach)
        stop = min(start + rows, count)
        squared = np.zeros((stop - start, end - start))
        for axis in range(points.shape[1]):
            column = sorted_points[:, axis]
            difference = np.subtract(column[start:stop, None], column[None, start:end])
            np.add(squared, np.multiply(difference, difference), out=squared)
        near = np.less_equal(squared, limit)
        near &= np.arange(end - start)[None, :] > np.arange(stop - start)[:, None]
        row, column_number = np.nonzero(near)
        if row.size:
            yield order[row + start], order[column_number + start], squared[row, column_number]
        start = stop


def _end(along: FloatArray, place: int, reach: float) -> int:
    far = along[place] + reach * (1.0 + 2.0**-20)
    return int(np.searchsorted(along, far, side="right"))
