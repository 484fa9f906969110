"""Which points of one set lie near points of another: between two objects, never inside one.

Tier A.  A search may be passed in to propose pairs; the arithmetic here decides, so the result is the
same with and without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sim.core.errors import never
from sim.core.types import BoolArray, FloatArray, IntArray

#: Given two sets of points and a radius: (i, j) pairs, a superset of those within it, in any order.
CrossSearch = Callable[[FloatArray, FloatArray, float], tuple[IntArray, IntArray]]

#: Cells of the grid at most; larger boxes have wider cells.
_MOST_CELLS = 1 << 22
#: Candidate pairs held at once.
_CHUNK = 1 << 19
#: Radii are wider by this factor where candidates are looked for, so that rounding hides none.
_HAIR = 1.0 + 2.0**-20


def pairs_between(
    points: FloatArray,
    others: FloatArray,
    radius: float,
    candidates: CrossSearch | None = None,
    cancel: Callable[[], None] = never,
) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """Pairs of a point and an other point closer than a radius, in chunks of bounded size.

    Parameters
    ----------
    points, others
        (N, D) and (M, D) float64, D = 2 or 3, Å.
    radius
        Å; pairs at exactly this distance do not count.

    Yields
    ------
    Indices into ``points`` and ``others`` and the squared distances, Å², each (n,).
    """
    if not len(points) or not len(others) or not radius > 0.0:
        return
    reach = radius * _HAIR
    here = within_box(points, *corners(others), reach)
    if not len(here):
        return
    chosen = points[here]
    there = within_box(others, *corners(chosen), reach)
    if not len(there):
        return
    rest = others[there]
    if candidates is None:
        proposals = _proposed(chosen, rest, reach, cancel)
    else:
        one, two = candidates(chosen, rest, reach)
        proposals = iter([(np.asarray(one, dtype=np.int64), np.asarray(two, dtype=np.int64))])
    for one, two in proposals:
        squared = np.zeros(len(one))
        for axis in range(points.shape[1]):
            apart = np.subtract(chosen[:, axis][one], rest[:, axis][two])
            np.add(squared, np.multiply(apart, apart), out=squared)
        close = np.flatnonzero(np.less(squared, radius * radius))
        if len(close):
            yield here[one[close]], there[two[close]], squared[close]


def near(
    points: FloatArray,
    others: FloatArray,
    radius: float,
    candidates: CrossSearch | None = None,
    cancel: Callable[[], None] = never,
) -> BoolArray:
    """Which of the points (N, 3) have an other point closer than a radius, (N,)."""
    found = np.zeros(len(points), dtype=np.bool_)
    for one, _, _ in pairs_between(points, others, radius, candidates, cancel):
        found[one] = True
    return found


def corners(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest corner (D,) of the box around points (N, D), at least one."""
    # Column by column: numpy is twenty times slower along the long axis of all at once.
    columns = [points[:, axis] for axis in range(points.shape[1])]
    low = np.array([np.min(column) for column in columns])
    return low, np.array([np.max(column) for column in columns])


def box_corners(low: FloatArray, high: FloatArray) -> FloatArray:
    """The eight corners (8, 3) of a box."""
    both = np.stack([low, high])
    return np.array([[both[i, 0], both[j, 1], both[k, 2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)])


def within_box(points: FloatArray, low: FloatArray, high: FloatArray, margin: float) -> IntArray:
    """Indices of the points (N, D) in a box with a margin around it."""
    chosen: IntArray | None = None
    for axis in range(points.shape[1]):
        # Of a small box in a large film the first axis leaves little for the others.
        column = points[:, axis] if chosen is None else points[chosen, axis]
        inside = np.greater_equal(column, float(low[axis]) - margin)
        np.logical_and(inside, np.less_equal(column, float(high[axis]) + margin), out=inside)
        chosen = np.flatnonzero(inside) if chosen is None else chosen[inside]
    assert chosen is not None
    return chosen


def _proposed(
    points: FloatArray, others: FloatArray, reach: float, cancel: Callable[[], None]
) -> Iterator[tuple[IntArray, IntArray]]:
    """Candidate pairs from the same and neighbouring cells of a grid around the others."""
    low, high = corners(others)
    low = np.subtract(low, reach)
    extent = np.add(np.subtract(high, low), reach)
    width = reach
    while True:
        # Two empty cells on each side spare the checks at the borders.
        counts = [int(edge) + 5 for edge in np.floor(np.divide(extent, width)).tolist()]
        total = 1
        for count in counts:
            total *= count
        if total <= _MOST_CELLS:
            break
        width *= 1.25
    keys = _keys(others, low, width, counts)
    order = np.argsort(keys, kind="stable")
    begins = np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=total), dtype=np.int64)])
    here = _keys(points, low, width, counts)
    shifts, stride = [0], 1
    for count in reversed(counts[1:]):
        stride *= count
        shifts = [shift + step * stride for shift in shifts for step in (-1, 0, 1)]
    for shift in shifts:
        cancel()
        # Along the last axis the three neighbouring cells are one stretch of the sorted points.
        middle = np.add(here, shift)
        begin, end = begins[np.subtract(middle, 1)], begins[np.add(middle, 2)]
        asked = np.flatnonzero(np.greater(end, begin))
        yield from _expanded(asked, begin[asked], end[asked], order)


def _keys(points: FloatArray, low: FloatArray, width: float, counts: list[int]) -> IntArray:
    """Number of the cell of each point; points beyond the border count to its outermost cells."""
    key = np.zeros(len(points), dtype=np.int64)
    for axis, count in enumerate(counts):
        cell = np.floor(np.divide(np.subtract(points[:, axis], float(low[axis])), width)).astype(np.int64)
        np.add(cell, 1, out=cell)
        np.add(np.multiply(key, count), np.clip(cell, 1, count - 2), out=key)
    return key


def _expanded(
    asked: IntArray, begin: IntArray, end: IntArray, order: IntArray
) -> Iterator[tuple[IntArray, IntArray]]:
    """Every (asked[n], order[m]) with begin[n] ≤ m < end[n], in chunks of bounded size."""
    sizes = np.subtract(end, begin)
    totals = np.cumsum(sizes, dtype=np.int64)
    start = 0
    while start < len(asked):
        done = int(totals[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(totals, done + _CHUNK, side="right")))
        owner = np.repeat(np.arange(start, stop), sizes[start:stop])
        before = np.subtract(np.subtract(totals[start:stop], sizes[start:stop]), done)
        inside = np.subtract(np.arange(len(owner)), np.repeat(before, sizes[start:stop]))
        yield asked[owner], order[np.add(begin[owner], inside)]
        start = stop
