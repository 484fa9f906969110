"""Circles and ellipses to draw shapes by.

Tier A.
"""

from __future__ import annotations

import numpy as np

from sim.numerics.detmath import sincos_degrees
from sim.specimen.shapes.base import Line

#: Straight pieces of a drawn circle.
SEGMENTS = 64


def circle(one: float, two: float, first: int, second: int, height: float) -> Line:
    """A closed ellipse in the plane of two axes, at a height along the third, (SEGMENTS + 1, 3)."""
    sine, cosine = sincos_degrees(np.multiply(np.arange(SEGMENTS + 1), 360.0 / SEGMENTS))
    line = np.full((SEGMENTS + 1, 3), height)
    line[:, first] = np.multiply(cosine, one)
    line[:, second] = np.multiply(sine, two)
    return line


def great_circles(a: float, b: float, c: float) -> tuple[Line, ...]:
    """Outlines of an ellipsoid in the three planes of its axes."""
    return (circle(a, b, 0, 1, 0.0), circle(a, c, 0, 2, 0.0), circle(b, c, 1, 2, 0.0))
