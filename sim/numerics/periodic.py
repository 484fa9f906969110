"""Which points lie near each other in a box that repeats along some of its axes.

Tier A.  :class:`CellGrid` grows while it is searched; :func:`periodic_pairs_within` looks once at points
that are all there.  A KD-tree may propose pairs to the second; the arithmetic here decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.numerics.detmath import FloatArray, IntArray
from sim.numerics.neighbours import CandidateSearch, pairs_within

#: Points looked at together: their 27 cells each stay in the processor's cache.
_BLOCK = 4096
#: Cells of a grid at most: wider cells only cost time.
_MOST_CELLS = 1 << 24

Periodic = tuple[bool, bool, bool]
IN_PLANE: Periodic = (True, True, False)


def minimum_image(differences: FloatArray, extent: float, periodic: bool) -> FloatArray:
    """Distances along one axis between points of a box, the shorter way round where it repeats, ≥ 0.

    Parameters
    ----------
    differences
        Coordinates of one point less those of another, Å; both in [0, ``extent``].
    extent
        Edge of the box, Å.
    periodic
        Whether the box repeats along this axis.
    """
    apart = np.abs(differences)
    return np.minimum(apart, np.abs(np.subtract(extent, apart))) if periodic else apart


def squared_distances(
    one: FloatArray, two: FloatArray, box: Sequence[float], periodic: Periodic
) -> FloatArray:
    """Squared distances (N,), Å², of pairs of points (N, 3) of a box, by the nearest images."""
    total = np.zeros(len(one))
    for axis in range(3):
        apart = minimum_image(np.subtract(one[:, axis], two[:, axis]), float(box[axis]), periodic[axis])
        np.add(total, np.multiply(apart, apart), out=total)
    return total


def wrapped(positions: FloatArray, box: Sequence[float], periodic: Periodic) -> FloatArray:
    """The images (N, 3) of points in the box, in [0, edge) along every axis that repeats."""
    result = np.array(positions, dtype=np.float64)
    for axis in range(3):
        if periodic[axis]:
            edge = float(box[axis])
            column = result[:, axis]
            column = np.subtract(column, np.multiply(np.floor(np.divide(column, edge)), edge))
            # Rounding may leave the edge itself, or a hair below zero.
            result[:, axis] = np.where(
                np.logical_and(np.greater_equal(column, 0.0), np.less(column, edge)), column, 0.0
            )
    return result


def periodic_pairs_within(
    positions: FloatArray,
    radius: float,
    box: Sequence[float],
    periodic: Periodic = IN_PLANE,
    candidates: CandidateSearch | None = None,
) -> tuple[IntArray, IntArray, FloatArray]:
    """All pairs of points no farther apart than a radius, each by its shortest way round the box.

    Parameters
    ----------
    positions
        (N, 3) Å; along an axis that repeats in [0, edge).
    radius
        Largest distance, Å; at most half an edge that repeats, so that no pair counts twice.
    box
        (3,) edges, Å; those of axes that do not repeat are not used.
    periodic
        Which axes repeat.
    candidates
        As for :func:`sim.numerics.neighbours.pairs_within`: any search in open space will do.

    Returns
    -------
    Indices i < j (int64, sorted by i, then j) and the squared distances of the pairs, Å².
    """
    for axis in range(3):
        if periodic[axis] and radius > 0.5 * float(box[axis]):
            raise InputError(
                "search radius",
                f"reaches past half of the box, which repeats every {float(box[axis]):g} Å",
                value=radius,
                allowed=f"at most {0.5 * float(box[axis]):g}",
            )
    points = np.asarray(positions, dtype=np.float64).reshape(-1, 3)
    reach = radius * (1.0 + 2.0**-20)
    copies, owner = points, np.arange(len(points), dtype=np.int64)
    for axis in range(3):
        if periodic[axis]:
            low = np.flatnonzero(np.less_equal(copies[:, axis], reach))
            ghosts = copies[low]
            ghosts[:, axis] = np.add(ghosts[:, axis], float(box[axis]))
            copies, owner = np.concatenate([copies, ghosts]), np.concatenate([owner, owner[low]])
    one, two = pairs_within(copies, reach, candidates)
    one, two = owner[one], owner[two]
    first, second = np.minimum(one, two), np.maximum(one, two)
    squared = squared_distances(points[first], points[second], box, periodic)
    keep = np.logical_and(np.less(first, second), np.less_equal(squared, radius * radius))
    first, second, squared = first[keep], second[keep], squared[keep]
    order = np.lexsort((second, first))
    first, second, squared = first[order], second[order], squared[order]
    fresh = np.ones(first.size, dtype=np.bool_)
    # Two ghosts of a pair both near a corner tell of it twice.
    fresh[1:] = np.logical_or(np.not_equal(first[1:], first[:-1]), np.not_equal(second[1:], second[:-1]))
    return first[fresh], second[fresh], squared[fresh]


class CellGrid:
    """Points of a box sorted into cells, to which more are added; each cell a chain of its points.

    Parameters
    ----------
    box
        (3,) edges, Å.  Along axes that repeat they are at least as long as ``radius``.
    radius
        Largest distance that will be asked for, Å; above 0.
    periodic
        Which axes repeat.
    """

    def __init__(self, box: Sequence[float], radius: float, periodic: Periodic = IN_PLANE) -> None:
        self.box = tuple(float(edge) for edge in box)
        self.periodic = periodic
        # A hair wider than the radius, so that rounding of the division cannot hide a neighbour.
        width = radius * (1.0 + 2.0**-20)
        while True:
            # Bounded before they become integers: a box may be 10^300 radii long.
            counts = [max(1, int(min(edge / width, 2.0**30))) for edge in self.box]
            if counts[0] * counts[1] * counts[2] <= _MOST_CELLS:
                break
            width *= 1.5
        self._counts = counts
        self._scales = [count / edge for count, edge in zip(counts, self.box, strict=True)]
        sizes = [count if repeats else count + 2 for count, repeats in zip(counts, periodic, strict=True)]
        strides = (sizes[1] * sizes[2], sizes[2], 1)
        self._around = [
            _neighbours(count, repeats, stride)
            for count, repeats, stride in zip(counts, periodic, strides, strict=True)
        ]
        self._last = np.full(sizes[0] * sizes[1] * sizes[2], -1, dtype=np.int32)
        self._before = np.empty(0, dtype=np.int32)
        self._columns = [np.empty(0) for _ in range(3)]
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def positions(self) -> FloatArray:
        """The points so far, (N, 3) Å, in the order in which they were added."""
        return np.stack([column[: self._count] for column in self._columns], axis=1)

    def add(self, points: FloatArray) -> None:
        """Add points (N, 3), each in [0, edge) of the box; they are numbered on from those there."""
        if not len(points):
            return
        first, count = self._count, len(points)
        self._reserve(first + count)
        for axis in range(3):
            self._columns[axis][first : first + count] = points[:, axis]
        cells = self._own_cells(points)
        order = np.argsort(cells, kind="stable")
        ordered = cells[order]
        numbers = np.add(order, first).astype(np.int32)
        opens = np.ones(count, dtype=np.bool_)
        opens[1:] = np.not_equal(ordered[1:], ordered[:-1])
        earlier = np.empty(count, dtype=np.int32)
        earlier[1:] = numbers[:-1]
        earlier[opens] = self._last[ordered[opens]]
        self._before[numbers] = earlier
        closes = np.append(opens[1:], True)
        self._last[ordered[closes]] = numbers[closes]
        self._count = first + count

    def near(self, points: FloatArray) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
        """Blocks of pairs (point asked for, point of the grid) with their squared distances, Å².

        They come from neighbouring cells: every pair within the radius is among them, exactly once.
        """
        for start in range(0, len(points), _BLOCK):
            block = points[start : start + _BLOCK]
            cells = self._cells(block)
            count = len(block)
            held = np.take(self._last, cells.reshape(-1))
            where = np.flatnonzero(np.greater_equal(held, 0))
            held = held[where]
            asked = np.remainder(where, count)
            columns = [np.ascontiguousarray(block[:, axis]) for axis in range(3)]
            while where.size:
                total = np.zeros(held.size)
                for axis in range(3):
                    apart = np.subtract(columns[axis][asked], self._columns[axis][held])
                    apart = minimum_image(apart, self.box[axis], self.periodic[axis])
                    np.multiply(apart, apart, out=apart)
                    np.add(total, apart, out=total)
                yield np.add(asked, start), held.astype(np.int64), total
                held = self._before[held]
                more = np.greater_equal(held, 0)
                where, asked, held = where[more], asked[more], held[more]

    def _reserve(self, count: int) -> None:
        have = self._before.size
        if count <= have:
            return
        room = max(count, 2 * have)
        self._before = np.concatenate([self._before, np.empty(room - have, dtype=np.int32)])
        self._columns = [np.concatenate([column, np.empty(room - have)]) for column in self._columns]

    def _own_cells(self, points: FloatArray) -> NDArray[np.int32]:
        """Number of each point's own cell, (N,)."""
        rows = [1 if len(around) == 3 else 0 for around in self._around]
        x, y, z = (part[row] for part, row in zip(self._along(points), rows, strict=True))
        cells: NDArray[np.int32] = np.add(np.add(x, y), z)
        return cells

    def _cells(self, points: FloatArray) -> NDArray[np.int32]:
        """Numbers of the cells around each point, (cells around, N)."""
        x, y, z = self._along(points)
        plane = np.add(x[:, np.newaxis, :], y[np.newaxis, :, :]).reshape(-1, len(points))
        return np.add(plane[:, np.newaxis, :], z[np.newaxis, :, :]).reshape(-1, len(points))

    def _along(self, points: FloatArray) -> list[NDArray[np.int32]]:
        """What the cells around each point add to a cell's number along each axis, (around, N) each."""
        parts = []
        for axis in range(3):
            along = np.floor(np.multiply(points[:, axis], self._scales[axis])).astype(np.int32)
            along = np.minimum(along, np.int32(self._counts[axis] - 1))
            parts.append(np.take(self._around[axis], along, axis=1))
        return parts


def _neighbours(count: int, repeats: bool, stride: int) -> NDArray[np.int32]:
    """What the cells beside each cell along one axis add to a cell's number, (1 to 3, count).

    Of three rows the middle one is the cell itself, else the first.
    """
    own = np.arange(count, dtype=np.int64)
    if not repeats:
        # One empty cell on each side spares the checks at the borders.
        rows = [own, np.add(own, 1), np.add(own, 2)]
    elif count == 1:
        rows = [own]
    elif count == 2:
        rows = [own, np.remainder(np.add(own, 1), 2)]
    else:
        rows = [np.remainder(np.add(own, step), count) for step in (count - 1, 0, 1)]
    steps: NDArray[np.int32] = np.multiply(np.stack(rows), stride).astype(np.int32)
    return steps
