"""What shapes with a frame of their own have in common.

Tier A.
"""

from __future__ import annotations

from abc import abstractmethod
from copy import copy

import numpy as np

from sim.core.types import BoolArray, FloatArray
from sim.numerics.motion import Motion, determinant
from sim.specimen.shapes.base import Line, Shape
from sim.specimen.shapes.blocks import BLOCK, as_points, blocks, columns, inverse, least_stretch


class Placed(Shape):
    """A shape that is described in a frame of its own.

    Attributes
    ----------
    placement
        From the shape's own frame into space.
    """

    placement: Motion

    def _place(self, placement: Motion) -> None:
        self.placement = placement
        self._back = inverse(placement)
        self._stretch = least_stretch(placement)

    def contains(self, points: FloatArray) -> BoolArray:
        """Which points lie inside or on the boundary, (N,)."""
        given = as_points(points)
        inside = np.empty(len(given), dtype=np.bool_)
        scratch = np.empty((4, min(BLOCK, len(given))))
        for block in blocks(len(given)):
            x, y, z = columns(given[block], self._back, scratch)
            self._inside(x, y, z, inside[block])
        return inside

    def distance(self, points: FloatArray) -> FloatArray:
        """Signed distance to the boundary, Å, (N,): negative inside."""
        given = as_points(points)
        found = np.empty(len(given))
        scratch = np.empty((4, min(BLOCK, len(given))))
        for block in blocks(len(given)):
            x, y, z = columns(given[block], self._back, scratch)
            np.multiply(self._signed(x, y, z), self._stretch, out=found[block])
        return found

    def bounds(self) -> FloatArray:
        """Lowest and highest corner of the smallest upright box around the shape, (2, 3), Å."""
        rows = self.placement.matrix.tolist()
        highest = np.add(self.placement.offset, [self._support(*row) for row in rows])
        lowest = np.subtract(self.placement.offset, [self._support(-a, -b, -c) for a, b, c in rows])
        return np.stack([lowest, highest])

    def moved(self, motion: Motion) -> Shape:
        """The shape elsewhere; any invertible motion, reflections included."""
        other = copy(self)
        other._place(motion.after(self.placement))
        return other

    def wireframe(self) -> tuple[Line, ...]:
        """Edges and outlines to draw it by."""
        return tuple(self.placement.apply(line) for line in self._lines())

    @property
    def volume(self) -> float:
        """Volume, Å³."""
        return self._own_volume() * abs(determinant(self.placement.matrix))

    @abstractmethod
    def _inside(self, x: FloatArray, y: FloatArray, z: FloatArray, inside: BoolArray) -> None:
        """Membership of points in the own frame, into ``inside``; x, y and z may be overwritten."""

    @abstractmethod
    def _signed(self, x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        """Signed distance in the own frame."""

    @abstractmethod
    def _support(self, x: float, y: float, z: float) -> float:
        """Largest scalar product of a vector with a point of the shape."""

    @abstractmethod
    def _lines(self) -> tuple[Line, ...]:
        """The wireframe in the own frame."""

    @abstractmethod
    def _own_volume(self) -> float:
        """Volume in the own frame, Å³."""
