"""Which points lie near each other: a cell list in numpy.

Tier A, and the reference that KD-trees are tested against.  A faster search may be passed in to
propose candidates; the arithmetic here decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError
from sim.numerics.detmath import BoolArray, FloatArray, IntArray

#: Given positions and a radius: (i, j) pairs, a superset of those within it, in any order.
CandidateSearch = Callable[[FloatArray, float], tuple[IntArray, IntArray]]

#: Cells along one axis at most: the rounding of their numbers stays below the hair added to the width.
_MOST_CELLS = 1 << 30
#: Candidate pairs held at once.
_CHUNK = 2**19
#: Up to this many points every pair is looked at: cheaper than any search.
_FEW = 256
#: Points in one cell above which smaller cells are worth their cost.
_CROWDED = 48


def pairs_within(
    positions: FloatArray, radius: float, candidates: CandidateSearch | None = None
) -> tuple[IntArray, IntArray]:
    """All pairs of points no farther apart than a radius.

    Parameters
    ----------
    positions
        (N, D) with D = 1, 2 or 3, finite.
    radius
        Largest distance, in the unit of the positions; above 0.
    candidates
        A search that proposes pairs (asked with a slightly larger radius); a cell list when None.

    Returns
    -------
    Indices i < j, two int64 arrays sorted by i, then j.
    """
    points = _checked(positions)
    if not 0.0 < radius < float("inf"):
        raise InputError("search radius", "not a usable distance", value=radius, allowed="above 0")
    limit = radius * radius
    found: list[tuple[IntArray, IntArray]] = []
    if candidates is not None:
        one, two = candidates(points, radius * (1.0 + 2.0**-20))
        one, two = np.minimum(one, two).astype(np.int64), np.maximum(one, two).astype(np.int64)
        proposals: Iterator[tuple[IntArray, IntArray]] = iter([(one, two)])
    elif len(points) <= _FEW:
        proposals = iter([np.triu_indices(len(points), 1)])
    else:
        proposals = _near(points, np.arange(len(points)), radius)
    for one, two in proposals:
        keep = np.logical_and(np.less(one, two), np.less_equal(_squared(points, one, two), limit))
        found.append((one[keep], two[keep]))
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    first = np.concatenate([pair[0] for pair in found])
    second = np.concatenate([pair[1] for pair in found])
    order = np.lexsort((second, first))
    first, second = first[order], second[order]
    if candidates is not None and first.size:
        fresh = np.ones(first.size, dtype=np.bool_)
        fresh[1:] = np.logical_or(np.not_equal(first[1:], first[:-1]), np.not_equal(second[1:], second[:-1]))
        first, second = first[fresh], second[fresh]
    return first, second


def nearest_distance(positions: FloatArray) -> FloatArray:
    """Distance of every point to its nearest other point, (N,); infinity for a single point.

    Parameters
    ----------
    positions
        (N, D) with D = 1, 2 or 3, finite.
    """
    points = _checked(positions)
    best = np.full(len(points), np.inf)
    if len(points) < 2:
        return best
    if len(points) <= _FEW:
        return _nearest_of_few(points)
    repeated = _repeated(points)
    best[repeated] = 0.0
    radius = _sparse_radius(points[np.logical_not(repeated)])
    waiting = np.flatnonzero(np.logical_not(repeated))
    while waiting.size:
        for one, two in _near(points, waiting, radius):
            other = np.not_equal(one, two)
            np.minimum.at(best, one[other], _squared(points, one[other], two[other]))
        # What lies outside the neighbouring cells is at least one radius away.
        waiting = waiting[np.greater(best[waiting], radius * radius)]
        radius *= 2.0
    distances: FloatArray = np.sqrt(best)
    return distances


def _nearest_of_few(points: FloatArray) -> FloatArray:
    count = len(points)
    one, two = np.divmod(np.arange(count * count), count)
    squared = _squared(points, one, two).reshape(count, count)
    squared[np.arange(count), np.arange(count)] = np.inf
    distances: FloatArray = np.sqrt(np.min(squared, axis=1))
    return distances


def _repeated(points: FloatArray) -> BoolArray:
    """Which points have an exact copy among the others."""
    order = np.lexsort(tuple(points[:, axis] for axis in range(points.shape[1])))
    same = np.all(np.equal(points[order[1:]], points[order[:-1]]), axis=1)
    repeated = np.zeros(len(points), dtype=np.bool_)
    repeated[order[1:][same]] = True
    repeated[order[:-1][same]] = True
    return repeated


def _sparse_radius(points: FloatArray) -> float:
    """A cell width at which cells hold a few points each, however unevenly the points are spread."""
    if len(points) < 2:
        return 1.0
    extent = float(np.max(np.subtract(np.max(points, axis=0), np.min(points, axis=0))))
    radius = extent
    while radius > extent / _MOST_CELLS:
        keys = _sorted_into_cells(points, radius).keys
        starts = np.flatnonzero(np.concatenate([[True], np.not_equal(keys[1:], keys[:-1])]))
        sizes = np.diff(np.append(starts, len(points)))
        if int(np.sum(np.multiply(sizes, sizes), dtype=np.int64)) <= 8 * len(points):
            break
        radius *= 0.5
    return radius


def _checked(positions: FloatArray) -> FloatArray:
    points = np.asarray(positions, dtype=np.float64)
    if points.ndim != 2 or not 1 <= points.shape[1] <= 3:
        raise ValueError(f"positions have shape {points.shape}, not (N, 1), (N, 2) or (N, 3)")
    if not bool(np.all(np.isfinite(points))):
        raise InputError(
            "positions", "hold a coordinate that is no finite number", remedy="correct the structure"
        )
    return points


def _squared(points: FloatArray, one: IntArray, two: IntArray) -> FloatArray:
    """Squared distances, components added in the order x, y, z."""
    total = np.zeros(one.size)
    for axis in range(points.shape[1]):
        column = points[:, axis]
        difference = np.subtract(column[one], column[two])
        np.add(total, np.multiply(difference, difference), out=total)
    return total


@dataclass(frozen=True)
class _Cells:
    """Points sorted by the number of their cell, last axis fastest."""

    order: IntArray
    keys: IntArray
    numbers: IntArray
    counts: tuple[int, ...]


def _sorted_into_cells(points: FloatArray, radius: float) -> _Cells:
    low = np.min(points, axis=0)
    extent = float(np.max(np.subtract(np.max(points, axis=0), low)))
    # A hair wider than the radius, so that rounding of the division cannot hide a neighbour.
    width = max(radius, extent / _MOST_CELLS) * (1.0 + 2.0**-20)
    numbers = np.floor(np.divide(np.subtract(points, low), width)).astype(np.int64)
    for axis in range(points.shape[1]):
        numbers[:, axis] = _without_gaps(numbers[:, axis])
    # One empty cell on each side spares the checks at the borders.
    counts = tuple(int(count) + 2 for count in np.max(numbers, axis=0))
    keys = _key(numbers, counts)
    order = np.argsort(keys, kind="stable")
    return _Cells(order, keys[order], numbers, counts)


def _fullest_cell(points: FloatArray, radius: float) -> int:
    """Largest number of points in one cell."""
    keys = _sorted_into_cells(points, radius).keys
    begins = np.flatnonzero(np.concatenate([[True], np.not_equal(keys[1:], keys[:-1]), [True]]))
    return int(np.max(np.subtract(begins[1:], begins[:-1])))


def _without_gaps(numbers: IntArray) -> IntArray:
    """Cell numbers from 1 on, in which any stretch of empty cells counts as one.

    Neighbours stay neighbours and strangers stay strangers, and the number of a cell in the whole box
    fits into 63 bits however far apart the points lie.
    """
    values, place = np.unique(numbers, return_inverse=True)
    steps = np.minimum(np.diff(values, prepend=values[0] - 1), 2)
    return np.cumsum(steps, dtype=np.int64)[place.reshape(-1)]


def _key(numbers: IntArray, counts: tuple[int, ...]) -> IntArray:
    key = numbers[:, 0]
    for axis in range(1, len(counts)):
        key = np.add(np.multiply(key, counts[axis]), numbers[:, axis])
    return key


def _near(points: FloatArray, which: IntArray, radius: float) -> Iterator[tuple[IntArray, IntArray]]:
    """Chunks of pairs (chosen point, any point) from the same and neighbouring cells."""
    if not len(points):
        return
    cells = _sorted_into_cells(points, radius)
    here = cells.numbers[which]
    sideways = [-1, 0, 1]
    shifts: list[tuple[int, ...]] = [()]
    for _ in range(points.shape[1] - 1):
        shifts = [(*shift, step) for shift in shifts for step in sideways]
    for shift in shifts:
        # Along the last axis the three neighbouring cells are one stretch of the sorted points.
        centre = _key(np.add(here, np.array([*shift, 0], dtype=np.int64)), cells.counts)
        begin = np.searchsorted(cells.keys, np.subtract(centre, 1), side="left")
        end = np.searchsorted(cells.keys, np.add(centre, 1), side="right")
        yield from _expanded(which, begin, end, cells.order)


def _expanded(
    which: IntArray, begin: IntArray, end: IntArray, order: IntArray
) -> Iterator[tuple[IntArray, IntArray]]:
    """Every (which[n], order[m]) with begin[n] ≤ m < end[n], in chunks of bounded size."""
    lengths = np.subtract(end, begin)
    totals = np.cumsum(lengths, dtype=np.int64)
    start = 0
    while start < len(which):
        done = int(totals[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(totals, done + _CHUNK, side="right")))
        sizes = lengths[start:stop]
        count = int(totals[stop - 1]) - done
        if count:
            owner = np.repeat(np.arange(start, stop), sizes)
            before = np.subtract(np.subtract(totals[start:stop], sizes), done)
            inside = np.subtract(np.arange(count), np.repeat(before, sizes))
            yield which[owner], order[np.add(begin[owner], inside)]
        start = stop
