"""Atomic columns: which atoms lie above one another along the beam.

Tier A.  Columns are found by complete linkage: clusters of atoms merge two by two, nearest first, the
distance of two clusters being the largest projected distance between an atom of one and an atom of
the other.  Two clusters merge only while every atom of the union lies within the tolerance of the
union's mean; complete linkage keeps long rows of atoms, each near the next, from becoming one column.

The order of merging is fixed:

1. In every round, all pairs of clusters that are nearest to each other merge at once (for complete
   linkage this gives the same clusters as one merger at a time).  Equal distances are ordered by a
   mixed number of the pair; ordered by the atoms' numbers, long regular rows would merge one atom a
   round.
2. A pair whose union would break the tolerance waits until one of the two has merged with another.
3. It ends when no pair can merge.

Projections too dense for this (a long wire seen end-on has more pairs than memory) are first
gathered in square cells of tolerance/64, or the next power of two that suffices, up to tolerance/2;
each cell's atoms then move together.  The tolerance holds for every single atom all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.core.types import BoolArray, FloatArray, IntArray
from sim.labels.kernels import compiled
from sim.numerics.neighbours import nearest_distance, pairs_within

#: Bound on the pairs of points that are looked at without gathering them in cells first.
MOST_PAIRS = 3_000_000
#: Up to so many points, a table of all distances is faster than a search.
FEW_POINTS = 256
#: Points of one strip of the search for pairs; a few hundredths of a second.
_STRIP = 2048

#: An odd number: multiplication modulo 2⁶⁴ mixes pair numbers and keeps them distinct (2⁶⁴ over the
#: golden ratio, Knuth's multiplicative hashing).
MIXER = np.uint64(0x9E3779B97F4A7C15)
# Cells are numbered row × this + column; their numbers stay below it.
_CELL_STRIDE = 2**31


@dataclass(frozen=True, eq=False)
class Columns:
    """Atomic columns of one posed specimen, numbered by their first atom.

    Attributes
    ----------
    index
        (N,) column of each atom.
    count
        (M,) atoms in each column.
    x, y
        (M,) mean position of each column's atoms, Å.
    """

    index: IntArray
    count: IntArray
    x: FloatArray
    y: FloatArray

    def __len__(self) -> int:
        return len(self.count)


def find_columns(
    x: FloatArray, y: FloatArray, tolerance: float = 0.5, cancel: Callable[[], None] | None = None
) -> Columns:
    """Gather atoms into columns.

    Parameters
    ----------
    x, y
        (N,) projected positions, Å.
    tolerance
        Largest distance of an atom from the mean of its column, Å.
    cancel
        Called at least every 100 ms; raises to stop.

    Returns
    -------
    Columns; every atom belongs to exactly one.
    """
    x = np.ascontiguousarray(x, dtype=np.float64)
    y = np.ascontiguousarray(y, dtype=np.float64)
    check = cancel or _never
    module = compiled() if len(x) <= FEW_POINTS else None
    if module is None:
        return columns_by_numpy(x, y, tolerance, check)
    check()
    return Columns(*module.linked(x, y, tolerance))


def columns_by_numpy(
    x: FloatArray, y: FloatArray, tolerance: float, check: Callable[[], None] = lambda: None
) -> Columns:
    """:func:`find_columns` of contiguous positions, whatever kernels are chosen."""
    clusters = _Clusters(x, y, _gathered(x, y, tolerance, check), tolerance, check)
    while clusters.merge_nearest():
        pass
    index = _numbered_by_first(clusters.owner)
    return Columns(index, np.bincount(index), *_means(index, x, y))


def nearest_other(columns: Columns) -> FloatArray:
    """Distance of each column's mean to the nearest other one, (M,) Å; infinite for a lone column."""
    if not 2 <= len(columns) <= FEW_POINTS:
        return nearest_distance(np.stack([columns.x, columns.y], axis=1))
    squares = _all_squares(columns.x, columns.y)
    np.fill_diagonal(squares, np.inf)
    distances: FloatArray = np.sqrt(np.min(squares, axis=1))
    return distances


def resolved(columns: Columns, sigma: float, factor: float = 2.35) -> BoolArray:
    """Which columns the image resolves: the nearest other one is farther away than factor · σ.

    Parameters
    ----------
    columns
        As found.
    sigma
        Width of a spot, Å.
    factor
        2.35 is the full width at half maximum of a Gaussian in σ.

    Returns
    -------
    (M,) bool.
    """
    return np.greater(nearest_other(columns), factor * sigma)


class _Clusters:
    """Clusters on their way to columns; a cluster is known by the smallest of its points' numbers."""

    def __init__(
        self,
        x: FloatArray,
        y: FloatArray,
        owner: IntArray,
        tolerance: float,
        check: Callable[[], None],
    ) -> None:
        self.x, self.y = x, y
        self.owner = owner
        self.check = check
        self.limit = tolerance * tolerance
        self.size = np.bincount(owner)
        self.mean_x, self.mean_y = _means(owner, x, y)
        # Two atoms of one column are at most two tolerances apart.
        self.first, self.second = _pairs(self.mean_x, self.mean_y, 2.0 * tolerance, check)
        self.square = _square(
            np.subtract(self.mean_x[self.first], self.mean_x[self.second]),
            np.subtract(self.mean_y[self.first], self.mean_y[self.second]),
        )
        self.waiting = np.zeros(len(self.first), dtype=np.bool_)

    def merge_nearest(self) -> bool:
        """One round; whether there is anything left to try."""
        self.check()
        chosen = self._mutually_nearest()
        self.check()
        if not chosen.size:
            return False
        chosen = self._within_tolerance(chosen)
        if chosen.size:
            self._merge(chosen)
        return True

    def _mutually_nearest(self) -> IntArray:
        """Pairs in which each cluster is the other's nearest."""
        free = np.flatnonzero(np.logical_not(self.waiting))
        first, second, square = self.first[free], self.second[free], self.square[free]
        nearest = np.full(len(self.size), np.inf)
        np.minimum.at(nearest, first, square)
        np.minimum.at(nearest, second, square)
        mutual = np.logical_and(np.equal(square, nearest[first]), np.equal(square, nearest[second]))
        free, first, second = free[mutual], first[mutual], second[mutual]
        mixed = np.multiply(self._pair_number(first, second).astype(np.uint64), MIXER)
        lowest = np.full(len(self.size), np.iinfo(np.uint64).max, dtype=np.uint64)
        np.minimum.at(lowest, first, mixed)
        np.minimum.at(lowest, second, mixed)
        chosen = np.logical_and(np.equal(mixed, lowest[first]), np.equal(mixed, lowest[second]))
        nearest_pairs: IntArray = free[chosen]
        return nearest_pairs

    def _within_tolerance(self, chosen: IntArray) -> IntArray:
        """Those of the chosen pairs whose union keeps the tolerance; the others wait."""
        # Points no farther apart than the tolerance are all within it of their mean.
        wide = chosen[np.greater(self.square[chosen], self.limit)]
        if not wide.size:
            return chosen
        first, second = self.first[wide], self.second[wide]
        mean_x, mean_y = self._joint_means(first, second)
        union_of = np.full(len(self.size), -1, dtype=np.int64)
        union_of[first] = np.arange(len(wide))
        union_of[second] = np.arange(len(wide))
        union = union_of[self.owner]
        atoms = np.flatnonzero(np.greater_equal(union, 0))
        union = union[atoms]
        away = _square(np.subtract(self.x[atoms], mean_x[union]), np.subtract(self.y[atoms], mean_y[union]))
        outside = np.bincount(union[np.greater(away, self.limit)], minlength=len(wide))
        self.waiting[wide[np.greater(outside, 0)]] = True
        return chosen[np.logical_not(self.waiting[chosen])]

    def _joint_means(self, first: IntArray, second: IntArray) -> tuple[FloatArray, FloatArray]:
        """Means of the unions of pairs of clusters."""
        one, two = self.size[first].astype(np.float64), self.size[second].astype(np.float64)
        total = np.add(one, two)
        mean_x = np.add(np.multiply(self.mean_x[first], one), np.multiply(self.mean_x[second], two))
        mean_y = np.add(np.multiply(self.mean_y[first], one), np.multiply(self.mean_y[second], two))
        return np.divide(mean_x, total), np.divide(mean_y, total)

    def _merge(self, chosen: IntArray) -> None:
        """Join the chosen pairs and bring the list of pairs up to date."""
        first, second = self.first[chosen], self.second[chosen]
        self.mean_x[first], self.mean_y[first] = self._joint_means(first, second)
        self.size[first] = np.add(self.size[first], self.size[second])
        parts = np.ones(len(self.size), dtype=np.int64)
        parts[first] = 2
        now = np.arange(len(self.size))
        now[second] = first
        self.owner = now[self.owner]

        others = np.ones(len(self.first), dtype=np.bool_)
        others[chosen] = False
        one, two = now[self.first[others]], now[self.second[others]]
        low, high = np.minimum(one, two), np.maximum(one, two)
        square, waiting = self.square[others], self.waiting[others]
        changed = np.greater(np.multiply(parts[low], parts[high]), 1)
        same = np.logical_not(changed)
        self.check()
        low_new, high_new, square_new = self._united(low[changed], high[changed], square[changed], parts)
        self.first = np.concatenate([low[same], low_new])
        self.second = np.concatenate([high[same], high_new])
        self.square = np.concatenate([square[same], square_new])
        self.waiting = np.concatenate([waiting[same], np.zeros(len(low_new), dtype=np.bool_)])

    def _united(
        self, low: IntArray, high: IntArray, square: FloatArray, parts: IntArray
    ) -> tuple[IntArray, IntArray, FloatArray]:
        """Complete linkage of merged clusters: the largest distance of their parts.

        Where a pair of parts is missing from the list, these are too far apart, and so is the whole.
        """
        if not low.size:
            return low, high, square
        number = self._pair_number(low, high)
        order = np.argsort(number, kind="stable")
        self.check()
        number = number[order]
        begin = np.flatnonzero(np.concatenate([[True], np.not_equal(number[1:], number[:-1])]))
        found = np.diff(np.concatenate([begin, [len(number)]]))
        largest = np.maximum.reduceat(square[order], begin)
        low, high = low[order][begin], high[order][begin]
        whole = np.equal(found, np.multiply(parts[low], parts[high]))
        return low[whole], high[whole], largest[whole]

    def _pair_number(self, first: IntArray, second: IntArray) -> IntArray:
        return np.add(np.multiply(first, len(self.size)), second)


def _pairs(
    x: FloatArray, y: FloatArray, radius: float, check: Callable[[], None]
) -> tuple[IntArray, IntArray]:
    """Pairs of points within a radius, first < second, in no particular order."""
    if len(x) <= FEW_POINTS:
        one, two = np.nonzero(np.less_equal(_all_squares(x, y), radius * radius))
        once = np.less(one, two)
        return one[once], two[once]
    # Strips of points by height, each searched together with the points just above it.
    upwards = np.argsort(y, kind="stable")
    points = np.stack([x[upwards], y[upwards]], axis=1)
    found: list[tuple[IntArray, IntArray]] = []
    for begin in range(0, len(points), _STRIP):
        check()
        end = min(begin + _STRIP, len(points))
        # A hair more than the radius: the sum is rounded.
        reach = points[end - 1, 1] + radius * (1.0 + 2.0**-20)
        stop = int(np.searchsorted(points[:, 1], reach, side="right"))
        one, two = pairs_within(points[begin:stop], radius)
        own = np.less(one, end - begin)
        one, two = upwards[np.add(one[own], begin)], upwards[np.add(two[own], begin)]
        found.append((np.minimum(one, two), np.maximum(one, two)))
    return np.concatenate([one for one, _ in found]), np.concatenate([two for _, two in found])


def _gathered(x: FloatArray, y: FloatArray, tolerance: float, check: Callable[[], None]) -> IntArray:
    """Point that each atom moves with: one point an atom unless the projection is too dense."""
    alone = np.arange(len(x))
    if len(x) * (len(x) - 1) // 2 <= MOST_PAIRS or _pair_bound(x, y, 2.0 * tolerance) <= MOST_PAIRS:
        return alone
    point = alone
    for parts in (64.0, 32.0, 16.0, 8.0, 4.0, 2.0):
        check()
        point = np.unique(_cells(x, y, tolerance / parts), return_inverse=True)[1]
        if _pair_bound(*_means(point, x, y), 2.0 * tolerance) <= MOST_PAIRS:
            break
    return point


def _cells(x: FloatArray, y: FloatArray, side: float) -> IntArray:
    """Number of the square cell that each point lies in."""
    row = np.floor(np.divide(y, side)).astype(np.int64)
    column = np.floor(np.divide(x, side)).astype(np.int64)
    return np.add(np.multiply(row, _CELL_STRIDE), column)


def _pair_bound(x: FloatArray, y: FloatArray, radius: float) -> int:
    """No fewer than the pairs of points within a radius: those in the same or neighbouring cells."""
    cells, count = np.unique(_cells(x, y, radius), return_counts=True)
    around = np.zeros(len(cells), dtype=np.int64)
    for row_step in (-1, 0, 1):
        for column_step in (-1, 0, 1):
            wanted = np.add(cells, row_step * _CELL_STRIDE + column_step)
            place = np.minimum(np.searchsorted(cells, wanted), len(cells) - 1)
            np.add(around, np.where(np.equal(cells[place], wanted), count[place], 0), out=around)
    return int(np.sum(np.multiply(count, around), dtype=np.int64)) // 2


def _means(index: IntArray, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean position of every index; bincount adds in the order of the atoms."""
    count = np.bincount(index).astype(np.float64)
    # Numbers that have been merged away are empty.
    count = np.maximum(count, 1.0)
    return (
        np.divide(np.bincount(index, weights=x), count),
        np.divide(np.bincount(index, weights=y), count),
    )


def _numbered_by_first(owner: IntArray) -> IntArray:
    """Clusters renumbered 0, 1, … in the order of their first atoms."""
    _, first, inverse = np.unique(owner, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[inverse]


def _square(across: FloatArray, along: FloatArray) -> FloatArray:
    """Squared length of plane vectors."""
    return np.add(np.multiply(across, across), np.multiply(along, along))


def _all_squares(x: FloatArray, y: FloatArray) -> FloatArray:
    """Squared distances of all points to all, (N, N)."""
    return _square(np.subtract(x[:, np.newaxis], x), np.subtract(y[:, np.newaxis], y))


def _never() -> None:
    """Stands in for ``cancel`` where nobody can stop the work."""
