"""What is filled: a bounded volume, or one layer of it.

Tier A.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError
from sim.core.types import BoolArray, FloatArray
from sim.numerics.motion import Motion, heights_of, length
from sim.specimen.crystal.moved_lattice import CORNERS
from sim.specimen.shapes.base import Shape

#: Pairs of corners that an edge of the cube joins, (12, 2).
_EDGES = np.array([[i, i | bit] for i in range(8) for bit in (1, 2, 4) if not i & bit])


@dataclass(frozen=True, eq=False)
class Slice:
    """One layer of a particle whose lattice is moved as a whole.

    Attributes
    ----------
    motion
        Of the lattice, into the final frame.
    normal
        (3,) unit vector, final frame.
    low, high
        The layer holds the atoms with low <= normal · p < high, Å; may be infinite.
    side
        How many defect planes lie below the layer.
    grain
        Grain of its atoms; None for that of the particle.
    """

    motion: Motion
    normal: FloatArray
    low: float
    high: float
    side: int = 0
    grain: int | None = None

    def heights(self, points: FloatArray) -> FloatArray:
        """normal · p of points (N, 3), Å, added in the order x, y, z."""
        return heights_of(self.normal, points)


@dataclass(frozen=True, eq=False)
class Region:
    """A bounded shape, or one layer of it."""

    shape: Shape
    bounds: FloatArray
    layer: Slice | None

    def contains(self, points: FloatArray) -> BoolArray:
        """Which points (N, 3) lie in the shape and the layer, (N,)."""
        if self.layer is None:
            return self.shape.contains(points)
        heights = self.layer.heights(points)
        inside = np.greater_equal(heights, self.layer.low)
        np.logical_and(inside, np.less(heights, self.layer.high), out=inside)
        chosen = np.flatnonzero(inside)
        inside[chosen] = self.shape.contains(np.take(points, chosen, axis=0))
        return inside

    def distance(self, points: FloatArray) -> FloatArray:
        """A bound on the distance with the right sign: negative inside."""
        away = self.shape.distance(points)
        if self.layer is None:
            return away
        heights = self.layer.heights(points)
        beyond = np.maximum(np.subtract(self.layer.low, heights), np.subtract(heights, self.layer.high))
        return np.maximum(away, np.divide(beyond, length(self.layer.normal)))

    def hull(self) -> FloatArray:
        """Corners (N, 3) of the bounding box, cut by the layer's two planes; none when they miss it."""
        low, high = self.bounds
        corners: FloatArray = np.add(low, np.multiply(CORNERS, np.subtract(high, low)))
        if self.layer is None:
            return corners
        heights = self.layer.heights(corners)
        kept = [corners[(heights >= self.layer.low) & (heights <= self.layer.high)]]
        start, end = _EDGES[:, 0], _EDGES[:, 1]
        for plane in (self.layer.low, self.layer.high):
            crossed = (np.minimum(heights[start], heights[end]) <= plane) & (
                plane <= np.maximum(heights[start], heights[end])
            )
            one, two = start[crossed], end[crossed]
            rise = np.subtract(heights[two], heights[one])
            level = rise == 0.0
            part = np.divide(np.subtract(plane, heights[one]), np.where(level, 1.0, rise))
            way = np.multiply(part[:, np.newaxis], np.subtract(corners[two], corners[one]))
            kept.append(np.add(corners[one], way))
        return np.concatenate(kept)


def bounds_of(shape: Shape) -> FloatArray:
    """Bounds (2, 3) of a shape, Å; InputError where they are infinite."""
    bounds = shape.bounds()
    if not bool(np.isfinite(bounds).all()) and bool((bounds[0] <= bounds[1]).all()):
        raise InputError(
            "shape", "has no end and cannot be filled", remedy="intersect it with one that has, such as a box"
        )
    return bounds
