"""What every volume can be asked.

Tier A.  Points are (N, 3) float64 in Å.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from sim.core.types import BoolArray, FloatArray
from sim.numerics.motion import Motion

#: A polyline (M, 3), Å.
Line = FloatArray


class Shape(ABC):
    """A closed region of space; its boundary belongs to it."""

    @abstractmethod
    def contains(self, points: FloatArray) -> BoolArray:
        """Which points lie inside or on the boundary, (N,)."""

    @abstractmethod
    def distance(self, points: FloatArray) -> FloatArray:
        """Signed distance to the boundary, Å, (N,): negative inside.

        Exact for the plain shapes; for intersections, unions and differences of them a bound that has
        the right sign and never exceeds the true distance.
        """

    @abstractmethod
    def bounds(self) -> FloatArray:
        """Lowest and highest corner of a box around the shape, (2, 3), Å; infinite where it is open."""

    @abstractmethod
    def moved(self, motion: Motion) -> Shape:
        """The shape elsewhere; any invertible motion, reflections included."""

    @abstractmethod
    def wireframe(self) -> tuple[Line, ...]:
        """Edges and outlines to draw it by; none for what has no end."""
