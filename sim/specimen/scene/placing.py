"""Where the objects of a scene lie: how high one rests on others, and random places without overlap.

Tier A.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.errors import never
from sim.core.types import FloatArray, IntArray
from sim.numerics.streams import Stream
from sim.specimen.scene.crossing import CrossSearch, corners, pairs_between

#: Places proposed to one object before it counts as without room.
PROPOSALS = 2000
#: How often all objects are placed anew when one found no room.
RESTARTS = 20
#: First of the proposals looked at together → their number; nearly all objects take one of the first few.
_BATCHES = {0: 16, 16: 240}
#: Columns narrower than this are not worth their number, Å.
_LEAST_COLUMN = 1.0
#: Columns along one side at most.
_MOST_COLUMNS = 1024


def outline_radius(positions: FloatArray) -> float:
    """Largest distance of points (N, 3) from the z axis, Å; 0 for none."""
    if not len(positions):
        return 0.0
    x, y = positions[:, 0], positions[:, 1]
    return float(np.sqrt(np.max(np.add(np.multiply(x, x), np.multiply(y, y)))))


def seat_height(
    positions: FloatArray,
    below: FloatArray,
    clearance: float,
    candidates: CrossSearch | None = None,
    cancel: Callable[[], None] = never,
) -> float | None:
    """How far atoms must be lifted so that they rest on others, as if let down from high above.

    Exact: the largest of z(below) + √(clearance² − lateral distance²) − z over all pairs whose lateral
    distance is below the clearance; at that height the nearest pair is exactly the clearance apart.

    Parameters
    ----------
    positions
        (N, 3) atoms that are seated, at their lateral places, Å.
    below
        (M, 3) atoms that they rest on, Å.
    clearance
        Smallest distance between the two, Å, above 0.

    Returns
    -------
    Lift along z, Å (negative: they come down); None where nothing lies below them.
    """
    if not len(positions) or not len(below):
        return None
    # First the tops against the undersides: few atoms, and a lift that is never too high.
    column = max(0.5 * clearance, _LEAST_COLUMN)
    tops, undersides = _highest(below, column, 1.0), _highest(positions, column, -1.0)
    lift = _lift(positions[undersides], below[tops], clearance, candidates, cancel)
    if lift is not None:
        # What could still lift it further: z(below) + clearance − z > lift.
        lowest = float(np.min(positions[:, 2]))
        upper = np.flatnonzero(np.greater(np.add(below[:, 2], clearance - lowest), lift))
        below = below[upper]
        highest = float(np.max(below[:, 2])) if len(upper) else -np.inf
        positions = positions[np.less(positions[:, 2], highest + clearance - lift)]
    other = _lift(positions, below, clearance, candidates, cancel)
    if lift is None or other is None:
        return lift if other is None else other
    return max(lift, other)


def _lift(
    positions: FloatArray,
    below: FloatArray,
    clearance: float,
    candidates: CrossSearch | None,
    cancel: Callable[[], None],
) -> float | None:
    best: float | None = None
    flat, floor = np.ascontiguousarray(positions[:, :2]), np.ascontiguousarray(below[:, :2])
    for one, two, squared in pairs_between(flat, floor, clearance, candidates, cancel):
        rise = np.sqrt(np.subtract(clearance * clearance, squared))
        found = float(np.max(np.subtract(np.add(below[:, 2][two], rise), positions[:, 2][one])))
        best = found if best is None else max(best, found)
    return best


def _highest(points: FloatArray, width: float, sign: float) -> IntArray:
    """The highest (sign 1) or lowest (sign −1) points of every column of a square grid."""
    low, high = corners(points)
    # Columns that would be too many for a table are wider: that changes how many are left, not the lift.
    width = max(width, float(np.max(np.subtract(high, low)[:2])) / _MOST_COLUMNS)
    cells = [
        np.floor(np.divide(np.subtract(points[:, axis], low[axis]), width)).astype(np.int64)
        for axis in (0, 1)
    ]
    across = int(np.max(cells[1])) + 1
    column = np.add(np.multiply(cells[0], across), cells[1])
    heights = np.multiply(points[:, 2], sign)
    top = np.full(int(np.max(column)) + 1, -np.inf)
    np.maximum.at(top, column, heights)
    return np.flatnonzero(np.equal(heights, top[column]))


@dataclass(frozen=True)
class Disc:
    """The outline of something to be scattered.

    Attributes
    ----------
    radius
        Å.
    gap
        Smallest distance between its outline and that of anything else that is scattered, Å; of two,
        the larger gap counts.
    margin
        Smallest distance of the outline from the edge of the field, Å.
    stream
        Source of its places: no other disc's places depend on it.
    """

    radius: float
    gap: float
    margin: float
    stream: Stream

    def room(self, width: float, height: float) -> tuple[float, float]:
        """Half the width and height (Å) that its centre may use; negative where it is too large."""
        used = self.margin + self.radius
        return 0.5 * width - used, 0.5 * height - used


def scatter(
    discs: Sequence[Disc], width: float, height: float, cancel: Callable[[], None] = never
) -> list[tuple[float, float] | None]:
    """Random places in a field centred on x = y = 0 that keep their gaps.

    Every disc takes the first of its own keyed places that leaves the gap to all discs before it.
    Where one finds none among 2000, all are placed anew from other keyed places, up to 20 times.

    Returns
    -------
    (x, y) in Å for each disc, None for those without room in the try that placed the most.
    """
    best: list[tuple[float, float] | None] = [None] * len(discs)
    best_count = -1
    for attempt in range(RESTARTS):
        places = _one_try(discs, width, height, attempt, cancel)
        count = len(places) - places.count(None)
        if count > best_count:
            best, best_count = places, count
        if count == len(discs):
            break
    return best


def _one_try(
    discs: Sequence[Disc], width: float, height: float, attempt: int, cancel: Callable[[], None]
) -> list[tuple[float, float] | None]:
    count = len(discs)
    x, y, reach, gaps = np.empty(count), np.empty(count), np.empty(count), np.empty(count)
    taken = 0
    places: list[tuple[float, float] | None] = []
    for disc in discs:
        cancel()
        half_x, half_y = disc.room(width, height)
        found: tuple[float, float] | None = None
        words_of = disc.stream.child(attempt)
        start = 0
        while found is None and start < PROPOSALS and half_x >= 0.0 and half_y >= 0.0:
            # Few at first, as the first place nearly always fits, and all the rest in two goes.
            size = min(_BATCHES.get(start, PROPOSALS), PROPOSALS - start)
            words = words_of.uniforms(2 * size, 2 * start)
            places_x = np.multiply(half_x, np.subtract(np.multiply(2.0, words[::2]), 1.0))
            places_y = np.multiply(half_y, np.subtract(np.multiply(2.0, words[1::2]), 1.0))
            dx = np.subtract(places_x[:, np.newaxis], x[:taken])
            dy = np.subtract(places_y[:, np.newaxis], y[:taken])
            apart = np.add(np.add(reach[:taken], disc.radius), np.maximum(gaps[:taken], disc.gap))
            clear = np.greater_equal(
                np.add(np.multiply(dx, dx), np.multiply(dy, dy)), np.multiply(apart, apart)
            )
            free = np.flatnonzero(np.all(clear, axis=1))
            if len(free):
                found = float(places_x[free[0]]), float(places_y[free[0]])
            start += size
        if found is not None:
            x[taken], y[taken], reach[taken], gaps[taken] = *found, disc.radius, disc.gap
            taken += 1
        places.append(found)
    return places
