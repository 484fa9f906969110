"""Which atoms of an object can be touched from outside, and where outside is.

Tier A.  A ball is rolled over the atoms (A. Shrake and J. A. Rupley, J. Mol. Biol. 79, 351 (1973)): an
atom lies at the surface where the ball finds a place beside it that no other atom takes.  Unlike a count
of neighbours this needs no knowledge of the crystal; holes in the lattice and single vacancies are no
surface.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError, never
from sim.core.types import BoolArray, FloatArray, IntArray
from sim.numerics.detmath import sincos_degrees
from sim.numerics.neighbours import CandidateSearch, pairs_within
from sim.specimen.pose import bond_length

#: Directions tried around each atom: spaced by about 20°, closer than the gaps in a dense layer are wide.
DIRECTIONS = 96
#: Distance from an atom to the middle of the ball: this many bonds, and no less than the second, Å.
#: Smaller balls would fall into the holes of diamond and into the gaps between layers.
REACH_BONDS = 1.25
SHORTEST_REACH = 2.8
#: Neighbours out to this many bonds hide atoms inside an object from all directions.
_NEAREST_BONDS = 1.3
_GOLDEN_ANGLE = 180.0 * (3.0 - math.sqrt(5.0))
#: Atoms worked on at once.
_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class Surface:
    """The outermost atoms of an object.

    Attributes
    ----------
    atoms
        (S,) int64, their indices, ascending.
    positions
        (S, 3), Å.
    normals
        (S, 3), unit vectors to the outside; where both sides are free (single layers), the upper side.
    """

    atoms: IntArray
    positions: FloatArray
    normals: FloatArray

    def __len__(self) -> int:
        return len(self.atoms)

    def kept(self, which: BoolArray | IntArray) -> Surface:
        """The chosen sites."""
        return Surface(self.atoms[which], self.positions[which], self.normals[which])

    def facing(self, direction: tuple[float, float, float], degrees: float = 60.0) -> Surface:
        """The sites whose normal is within an angle of a direction."""
        away = np.array([direction], dtype=np.float64)
        size = float(np.sqrt(row_dot(away, away))[0])
        if not 0.0 < size < math.inf:
            raise InputError("facing", "has no direction", value=list(direction))
        limit = float(sincos_degrees(degrees)[1]) * size
        return self.kept(np.greater_equal(row_dot(self.normals, away), limit))


def surface(
    positions: FloatArray,
    *,
    bond: float | None = None,
    reach: float | None = None,
    periodic: tuple[float, float] | None = None,
    candidates: CandidateSearch | None = None,
    cancel: Callable[[], None] = never,
) -> Surface:
    """The atoms that a rolling ball can touch, with their normals.

    Parameters
    ----------
    positions
        (N, 3), Å.
    bond
        Distance of nearest neighbours, Å; measured when None.
    reach
        Distance from an atom to the middle of a ball that touches it, Å; the larger of 1.25 bonds and
        2.8 Å when None.
    periodic
        Periods along x and y, Å, of a film that goes on beyond its box; the film then has no rim.
    candidates
        A faster search for neighbours; the result is the same.
    cancel
        Called now and then.

    Raises
    ------
    InputError
        When the reach is not a length, or the periods are smaller than the ball can span.
    """
    count = len(positions)
    if count == 0:
        return Surface(np.empty(0, dtype=np.int64), np.empty((0, 3)), np.empty((0, 3)))
    nearest = bond_length(positions) if bond is None else bond
    span = max(REACH_BONDS * nearest, SHORTEST_REACH) if reach is None else reach
    if not 0.0 < span < math.inf:
        raise InputError("reach", "is no usable distance", value=span, allowed="above 0")
    points = positions
    if periodic is not None:
        points, _ = with_images(positions, periodic, 2.0 * span)
    cancel()
    open_atoms = np.arange(count, dtype=np.int64)
    close = min(_NEAREST_BONDS * nearest, 2.0 * span)
    open_atoms = _touched(points, open_atoms, close, span, candidates, cancel)[0]
    cancel()
    near = _neighbourhood(points, open_atoms, 2.0 * span)
    place = np.searchsorted(near, open_atoms)
    found, free, pull = _touched(points[near], place, 2.0 * span, span, candidates, cancel)
    atoms = near[found]
    return Surface(atoms, positions[atoms], _normals(free, pull))


def row_dot(one: FloatArray, two: FloatArray) -> FloatArray:
    """Scalar products of rows (N, 3), added in the order x, y, z, (N,)."""
    total = np.multiply(one[:, 0], two[:, 0])
    np.add(total, np.multiply(one[:, 1], two[:, 1]), out=total)
    return np.add(total, np.multiply(one[:, 2], two[:, 2]), out=total)


def with_images(
    points: FloatArray, periods: tuple[float, float], margin: float
) -> tuple[FloatArray, IntArray]:
    """Points and those of their periodic images that lie within a margin of the points' own box.

    Returns
    -------
    Points first, images behind them, (M, 3); and the point each belongs to, (M,).
    """
    every = points
    owner = np.arange(len(points), dtype=np.int64)
    for axis, period in enumerate(periods):
        if not margin < period < math.inf:
            raise InputError(
                "periodic", "is too short a period for the search", value=period, allowed=f"> {margin:g}"
            )
        low = float(np.min(points[:, axis])) if len(points) else 0.0
        below = np.flatnonzero(np.less(every[:, axis], low + margin))
        above = np.flatnonzero(np.greater(every[:, axis], low + period - margin))
        after, before = every[below].copy(), every[above].copy()
        after[:, axis] = np.add(after[:, axis], period)
        before[:, axis] = np.subtract(before[:, axis], period)
        every = np.concatenate([every, after, before])
        owner = np.concatenate([owner, owner[below], owner[above]])
    return every, owner


def directions(count: int = DIRECTIONS) -> FloatArray:
    """Unit vectors spread evenly over the sphere (a Fibonacci lattice), from the top down, (count, 3)."""
    index = np.arange(count).astype(np.float64)
    z = np.subtract(1.0, np.divide(np.add(np.multiply(index, 2.0), 1.0), float(count)))
    across = np.sqrt(np.subtract(1.0, np.multiply(z, z)))
    sine, cosine = sincos_degrees(np.multiply(index, _GOLDEN_ANGLE))
    return np.stack([np.multiply(across, cosine), np.multiply(across, sine), z], axis=1)


def _touched(
    points: FloatArray,
    asked: IntArray,
    radius: float,
    span: float,
    candidates: CandidateSearch | None,
    cancel: Callable[[], None],
) -> tuple[IntArray, BoolArray, FloatArray]:
    """Those asked for that neighbours within a radius leave free, their free directions, (S, D), and
    the sum of the vectors from their neighbours, (S, 3)."""
    one, two = pairs_within(points, radius, candidates)
    wanted = np.zeros(len(points), dtype=np.bool_)
    wanted[asked] = True
    owner = np.concatenate([one[wanted[one]], two[wanted[two]]])
    other = np.concatenate([two[wanted[one]], one[wanted[two]]])
    order = np.argsort(owner, kind="stable")
    owner, other = owner[order], other[order]
    around = np.ascontiguousarray(directions().T)
    atoms, frees, pulls = [], [], []
    for start in range(0, len(asked), _BLOCK):
        cancel()
        block = asked[start : start + _BLOCK]
        first = int(np.searchsorted(owner, block[0], side="left"))
        last = int(np.searchsorted(owner, block[-1], side="right"))
        mine, far = owner[first:last], other[first:last]
        place = np.searchsorted(block, mine)
        away = np.subtract(points[far], points[mine])
        free, pull = np.ones((len(block), DIRECTIONS), dtype=np.bool_), np.zeros((len(block), 3))
        # The middle of a ball at span · u touches the neighbour at d, or worse, when u · d > d² / (2 span).
        limit = np.divide(row_dot(away, away), 2.0 * span)
        for low in range(0, len(mine), 4 * _BLOCK):
            part = slice(low, low + 4 * _BLOCK)
            hidden = np.greater(_against(away[part], around), limit[part, np.newaxis])
            begins = np.flatnonzero(np.diff(place[part], prepend=-1))
            anyone = np.logical_or.reduceat(hidden, begins, axis=0)
            rows = place[part][begins]
            free[rows] = np.logical_and(free[rows], np.logical_not(anyone))
        for axis in range(3):
            # One after the other in the order of the pairs.
            np.subtract.at(pull[:, axis], place, away[:, axis])
        keep = np.flatnonzero(np.any(free, axis=1))
        atoms.append(block[keep])
        frees.append(free[keep])
        pulls.append(pull[keep])
    if not atoms:
        return asked, np.empty((0, DIRECTIONS), dtype=np.bool_), np.empty((0, 3))
    return np.concatenate(atoms), np.concatenate(frees), np.concatenate(pulls)


def _against(vectors: FloatArray, around: FloatArray) -> FloatArray:
    total: FloatArray = np.multiply(vectors[:, 0, np.newaxis], around[0])
    np.add(total, np.multiply(vectors[:, 1, np.newaxis], around[1]), out=total)
    np.add(total, np.multiply(vectors[:, 2, np.newaxis], around[2]), out=total)
    return total


def _neighbourhood(points: FloatArray, chosen: IntArray, width: float) -> IntArray:
    """Indices of all points in the cubes of the chosen ones and the cubes around those, ascending."""
    low = np.min(points, axis=0)
    cubes = np.add(np.floor(np.divide(np.subtract(points, low), width)).astype(np.int64), 1)
    counts = np.add(np.max(cubes, axis=0), 2)
    if float(counts[0]) * float(counts[1]) * float(counts[2]) > 2.0**62:
        return np.arange(len(points), dtype=np.int64)
    keys = np.add(
        np.multiply(np.add(np.multiply(cubes[:, 0], counts[1]), cubes[:, 1]), counts[2]), cubes[:, 2]
    )
    home = np.unique(keys[chosen])
    shifts = [
        (i * int(counts[1]) + j) * int(counts[2]) + k
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
        for k in (-1, 0, 1)
    ]
    marked = np.unique(np.add(home[:, np.newaxis], np.array(shifts, dtype=np.int64)))
    return np.flatnonzero(np.isin(keys, marked)).astype(np.int64)


def _normals(free: BoolArray, pull: FloatArray) -> FloatArray:
    """Unit vectors to the outside, (S, 3): away from the neighbours where that is a free direction.

    The vectors from the neighbours add up to the exact normal of a terrace; where they cancel (single
    layers, lone atoms) the free directions of the upper half are averaged instead.
    """
    around = directions()
    toward = np.zeros((len(free), 3))
    uppermost = np.argmax(free, axis=1)
    # One direction after the other, so that the order of additions is fixed.
    for number in range(len(around)):
        same_half = np.greater(row_dot(around[uppermost], around[number : number + 1]), 0.0)
        counted = np.where(np.logical_and(free[:, number], same_half), 1.0, 0.0)
        np.add(toward, np.multiply(counted[:, np.newaxis], around[number]), out=toward)
    toward = _unit_rows(toward)
    size = np.sqrt(row_dot(pull, pull))
    safe = np.where(np.greater(size, 0.1), size, 1.0)
    straight = np.divide(pull, safe[:, np.newaxis])
    nearest = np.full(len(free), -1.0)
    for number in range(len(around)):
        along = row_dot(straight, around[number : number + 1])
        nearest = np.where(np.logical_and(free[:, number], np.greater(along, nearest)), along, nearest)
    # 0.9: within 26° of a free direction, wider than the spacing of the directions.
    good = np.logical_and(np.greater(size, 0.1), np.greater(nearest, 0.9))
    return np.where(good[:, np.newaxis], straight, toward)


def _unit_rows(vectors: FloatArray) -> FloatArray:
    lengths = np.sqrt(row_dot(vectors, vectors))
    return np.asarray(np.divide(vectors, lengths[:, np.newaxis]), dtype=np.float64)
