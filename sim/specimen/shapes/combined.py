"""Shapes made of shapes: union, intersection, difference.

Tier A.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from sim.core.errors import InputError
from sim.core.types import BoolArray, FloatArray
from sim.numerics.motion import Motion
from sim.specimen.shapes.base import Line, Shape
from sim.specimen.shapes.blocks import as_points, blocks

#: Points handed to the parts at a time: enough to hide the calls, few enough for bounded memory.
PORTION = 1 << 16


class Combined(Shape):
    """Several shapes taken together.

    Attributes
    ----------
    parts
        At least one.
    """

    def __init__(self, parts: Sequence[Shape]) -> None:
        if not parts:
            raise InputError("parts", "no volume is left", allowed="at least one part")
        self.parts = tuple(parts)

    def contains(self, points: FloatArray) -> BoolArray:
        """Which points lie inside, (N,)."""
        given = as_points(points)
        inside = np.empty(len(given), dtype=np.bool_)
        for block in blocks(len(given), PORTION):
            inside[block] = self._inside(given[block])
        return inside

    @abstractmethod
    def _inside(self, points: FloatArray) -> BoolArray:
        """Membership of one portion."""

    def wireframe(self) -> tuple[Line, ...]:
        """The lines of all parts."""
        return tuple(line for part in self.parts for line in part.wireframe())


class Union(Combined):
    """What lies in any part.  Distances are exact outside where those of the parts are."""

    def _inside(self, points: FloatArray) -> BoolArray:
        inside = self.parts[0].contains(points)
        for part in self.parts[1:]:
            rest = np.flatnonzero(np.logical_not(inside))
            if len(rest) == 0:
                break
            inside[rest] = part.contains(points[rest])
        return inside

    def distance(self, points: FloatArray) -> FloatArray:
        """Smallest signed distance of the parts, Å, (N,)."""
        return _extreme(np.minimum, [part.distance(points) for part in self.parts])

    def bounds(self) -> FloatArray:
        """The box around the boxes of all parts, (2, 3), Å."""
        corners = np.stack([part.bounds() for part in self.parts])
        return np.stack([np.min(corners[:, 0], axis=0), np.max(corners[:, 1], axis=0)])

    def moved(self, motion: Motion) -> Union:
        """The union of the moved parts."""
        return Union([part.moved(motion) for part in self.parts])


class Intersection(Combined):
    """What lies in all parts.  Distances are exact inside where those of the parts are."""

    def _inside(self, points: FloatArray) -> BoolArray:
        inside = self.parts[0].contains(points)
        for part in self.parts[1:]:
            rest = np.flatnonzero(inside)
            if len(rest) == 0:
                break
            inside[rest] = part.contains(points[rest])
        return inside

    def distance(self, points: FloatArray) -> FloatArray:
        """Largest signed distance of the parts, Å, (N,)."""
        return _extreme(np.maximum, [part.distance(points) for part in self.parts])

    def bounds(self) -> FloatArray:
        """What the boxes of all parts have in common, (2, 3), Å; without width where they miss each other."""
        corners = np.stack([part.bounds() for part in self.parts])
        low, high = np.max(corners[:, 0], axis=0), np.min(corners[:, 1], axis=0)
        return np.stack([low, np.maximum(low, high)])

    def moved(self, motion: Motion) -> Intersection:
        """The intersection of the moved parts."""
        return Intersection([part.moved(motion) for part in self.parts])


class Difference(Combined):
    """What lies in one shape and not in another.

    The boundary of what is removed goes with it: a volume and what was cut out of it share no atom.

    Parameters
    ----------
    base
        What is cut.
    removed
        What is taken away.
    """

    def __init__(self, base: Shape, removed: Shape) -> None:
        super().__init__((base, removed))
        self.base, self.removed = base, removed

    def _inside(self, points: FloatArray) -> BoolArray:
        inside = self.base.contains(points)
        rest = np.flatnonzero(inside)
        inside[rest] = np.logical_not(self.removed.contains(points[rest]))
        return inside

    def distance(self, points: FloatArray) -> FloatArray:
        """The larger of the distance to the base and of the depth in what is removed, Å, (N,)."""
        return np.maximum(self.base.distance(points), np.negative(self.removed.distance(points)))

    def bounds(self) -> FloatArray:
        """The box around the base, (2, 3), Å."""
        return self.base.bounds()

    def moved(self, motion: Motion) -> Difference:
        """The difference of the moved shapes."""
        return Difference(self.base.moved(motion), self.removed.moved(motion))


def _extreme(choose: np.ufunc, found: list[FloatArray]) -> FloatArray:
    result = found[0]
    for other in found[1:]:
        result = choose(result, other)
    return result
