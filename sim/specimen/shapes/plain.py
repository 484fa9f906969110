"""Shapes with a formula: sphere, ellipsoid, box, cylinder, cone, capsule, half-space, everything.

Tier A.  A shape with an end has a frame of its own, in which it stands centred on the origin with its
axis along z, and a motion that puts the frame into space.  Membership undoes the motion and is exact
to ``TOLERANCE`` in the shape's own frame; signed distances are exact where the motion keeps lengths
or scales all alike, and elsewhere a bound of the right sign that never exceeds the true one.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from sim.core.errors import InputError
from sim.core.types import BoolArray, FloatArray
from sim.numerics.motion import Motion, dot
from sim.numerics.rotations import rotate
from sim.specimen.shapes.base import Line, Shape
from sim.specimen.shapes.blocks import (
    BLOCK,
    TOLERANCE,
    as_points,
    blocks,
    columns,
    direction,
    inverse,
    is_translation,
    positive,
    squares,
)
from sim.specimen.shapes.distances import ellipsoid_distance, segment_square
from sim.specimen.shapes.outlines import SEGMENTS, circle, great_circles
from sim.specimen.shapes.placed import Placed

ORIGIN = (0.0, 0.0, 0.0)


class Sphere(Placed):
    """A ball.

    Parameters
    ----------
    radius
        Å.
    centre
        (3,), Å.
    """

    def __init__(self, radius: float, centre: ArrayLike = ORIGIN) -> None:
        self.radius = positive("radius", radius)
        self._place(Motion.translation(centre))

    def _place(self, placement: Motion) -> None:
        # A ball looks alike from everywhere: without the turn membership needs a third of the time.
        super()._place(Motion.translation(placement.offset) if placement.rigid else placement)

    def _inside(self, x: FloatArray, y: FloatArray, z: FloatArray, inside: BoolArray) -> None:
        np.less_equal(squares(x, y, z), (self.radius + TOLERANCE) * (self.radius + TOLERANCE), out=inside)

    def _signed(self, x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        return np.subtract(np.sqrt(squares(x, y, z)), self.radius)

    def _support(self, x: float, y: float, z: float) -> float:
        return self.radius * math.sqrt(x * x + y * y + z * z)

    def _lines(self) -> tuple[Line, ...]:
        return great_circles(self.radius, self.radius, self.radius)

    def _own_volume(self) -> float:
        return 4.0 / 3.0 * math.pi * self.radius * self.radius * self.radius


class Ellipsoid(Placed):
    """An ellipsoid.

    Parameters
    ----------
    semi_axes
        (3,) half lengths along x, y and z, Å.
    centre
        (3,), Å.
    """

    def __init__(self, semi_axes: ArrayLike, centre: ArrayLike = ORIGIN) -> None:
        a, b, c = (positive("semi_axes", half) for half in _three("semi_axes", semi_axes))
        self.semi_axes = (a, b, c)
        self._place(Motion.translation(centre))

    def _inside(self, x: FloatArray, y: FloatArray, z: FloatArray, inside: BoolArray) -> None:
        for row, half in zip((x, y, z), self.semi_axes, strict=True):
            np.multiply(row, 1.0 / (half + TOLERANCE), out=row)
        np.less_equal(squares(x, y, z), 1.0 + 2.0**-50, out=inside)

    def _signed(self, x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        return ellipsoid_distance(self.semi_axes, x, y, z)

    def _support(self, x: float, y: float, z: float) -> float:
        a, b, c = self.semi_axes
        return math.sqrt(a * x * a * x + b * y * b * y + c * z * c * z)

    def _lines(self) -> tuple[Line, ...]:
        return great_circles(*self.semi_axes)

    def _own_volume(self) -> float:
        a, b, c = self.semi_axes
        return 4.0 / 3.0 * math.pi * a * b * c


class Box(Placed):
    """A rectangular box.

    Parameters
    ----------
    size
        (3,) full lengths along x, y and z, Å.
    centre
        (3,), Å.
    """

    def __init__(self, size: ArrayLike, centre: ArrayLike = ORIGIN) -> None:
        a, b, c = (positive("size", edge) for edge in _three("size", size))
        self.size = (a, b, c)
        self._half = (a * 0.5, b * 0.5, c * 0.5)
        self._place(Motion.translation(centre))

    def contains(self, points: FloatArray) -> BoolArray:
        """Which points lie inside or on the boundary, (N,)."""
        if not is_translation(self.placement):
            return super().contains(points)
        # All coordinates of a block in one pass, compared with the corners side by side.
        given = as_points(points)
        reach = np.add(self._half, TOLERANCE)
        count = min(BLOCK, len(given))
        low = np.tile(np.subtract(self.placement.offset, reach), count)
        high = np.tile(np.add(self.placement.offset, reach), count)
        below, above = np.empty(3 * count, dtype=np.bool_), np.empty(3 * count, dtype=np.bool_)
        inside = np.empty(len(given), dtype=np.bool_)
        flat = given.reshape(-1)
        for block in blocks(len(given)):
            length = block.stop - block.start
            part = flat[3 * block.start : 3 * block.stop]
            both = np.less_equal(low[: 3 * length], part, out=below[: 3 * length])
            right = np.less_equal(part, high[: 3 * length], out=above[: 3 * length])
            np.logical_and(both, right, out=both)
            # x with y with z for every three neighbours: faster than for every third of them.
            three = np.logical_and(both[:-2], both[1:-1], out=right[:-2])
            np.copyto(inside[block], np.logical_and(three, both[2:], out=three)[::3])
        return inside

    def _inside(self, x: FloatArray, y: FloatArray, z: FloatArray, inside: BoolArray) -> None:
        a, b, c = self._half
        np.less_equal(np.abs(x, out=x), a + TOLERANCE, out=inside)
        np.logical_and(inside, np.less_equal(np.abs(y, out=y), b + TOLERANCE), out=inside)
        np.logical_and(inside, np.less_equal(np.abs(z, out=z), c + TOLERANCE), out=inside)

    def _signed(self, x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        over = [np.subtract(np.abs(row), half) for row, half in zip((x, y, z), self._half, strict=True)]
        inner = np.minimum(np.maximum(np.maximum(over[0], over[1]), over[2]), 0.0)
        outer = [np.maximum(row, 0.0) for row in over]
        return np.add(np.sqrt(squares(*outer)), inner)

    def _support(self, x: float, y: float, z: float) -> float:
        a, b, c = self._half
        return a * abs(x) + b * abs(y) + c * abs(z)

    def _lines(self) -> tuple[Line, ...]:
        a, b, c = self._half
        square = np.array([[-a, -b], [a, -b], [a, b], [-a, b], [-a, -b]])
        rings = tuple(np.column_stack([square, np.full(5, height)]) for height in (-c, c))
        return rings + tuple(np.array([[x, y, -c], [x, y, c]]) for x, y in square[:4])

    def _own_volume(self) -> float:
        a, b, c = self.size
        return a * b * c


class Cone(Placed):
    """A frustum about z, from z = −height/2 to height/2.

    Parameters
    ----------
    radius
        At the lower end, Å.
    top_radius
        At the upper end, Å; 0 makes a point.  One of the two radii is above 0.
    height
        Along z, Å.
    centre
        (3,), the middle of the axis, Å.
    """

    def __init__(self, radius: float, top_radius: float, height: float, centre: ArrayLike = ORIGIN) -> None:
        self.radius = positive("radius", radius, zero=top_radius > 0.0)
        self.top_radius = positive("top_radius", top_radius, zero=True)
        self.height = positive("height", height)
        self._half = self.height * 0.5
        slope = self.radius - self.top_radius
        length = math.sqrt(slope * slope + self.height * self.height)
        # Outward normal of the side in the (r, z) plane and its distance from the origin there.
        self._normal = (self.height / length, slope / length)
        self._side = (self.radius + self.top_radius) * 0.5 * self._normal[0]
        self._place(Motion.translation(centre))

    def _inside(self, x: FloatArray, y: FloatArray, z: FloatArray, inside: BoolArray) -> None:
        np.multiply(x, x, out=x)
        np.add(x, np.multiply(y, y, out=y), out=x)
        # n_r r + n_z z ≤ side, without the square root of r².
        np.multiply(z, -self._normal[1] / self._normal[0], out=y)
        np.add(y, (self._side + TOLERANCE) / self._normal[0], out=y)
        np.greater_equal(y, 0.0, out=inside)
        np.logical_and(inside, np.less_equal(x, np.multiply(y, y, out=y)), out=inside)
        np.logical_and(inside, np.less_equal(np.abs(z, out=z), self._half + TOLERANCE), out=inside)

    def _signed(self, x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        r = np.sqrt(np.add(np.multiply(x, x), np.multiply(y, y)))
        h, low, top = self._half, self.radius, self.top_radius
        square = segment_square(r, z, (0.0, -h), (low, -h))
        square = np.minimum(square, segment_square(r, z, (low, -h), (top, h)))
        square = np.minimum(square, segment_square(r, z, (0.0, h), (top, h)))
        side = np.subtract(
            np.add(np.multiply(r, self._normal[0]), np.multiply(z, self._normal[1])), self._side
        )
        inside = np.maximum(side, np.subtract(np.abs(z), h)) < 0.0
        far = np.sqrt(square)
        np.negative(far, out=far, where=inside)
        return far

    def _support(self, x: float, y: float, z: float) -> float:
        across = math.sqrt(x * x + y * y)
        return max(self.radius * across - self._half * z, self.top_radius * across + self._half * z)

    def _lines(self) -> tuple[Line, ...]:
        ends = ((self.radius, -self._half), (self.top_radius, self._half))
        rims = tuple(circle(radius, radius, 0, 1, height) for radius, height in ends if radius > 0.0)
        sides = tuple(
            np.array([[a * radius, b * radius, height] for radius, height in ends])
            for a, b in ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))
        )
        return rims + sides

    def _own_volume(self) -> float:
        low, top = self.radius, self.top_radius
        return math.pi * self.height * (low * low + low * top + top * top) / 3.0


class Cylinder(Cone):
    """A cylinder about z, from z = −height/2 to height/2.

    Parameters
    ----------
    radius
        Å.
    height
        Along z, Å.
    centre
        (3,), the middle of the axis, Å.
    """

    def __init__(self, radius: float, height: float, centre: ArrayLike = ORIGIN) -> None:
        super().__init__(positive("radius", radius), radius, height, centre)


class Capsule(Placed):
    """A cylinder about z with half a ball at each end.

    Parameters
    ----------
    radius
        Å.
    height
        Of the straight part, Å; 0 makes a ball.
    centre
        (3,), the middle of the axis, Å.
    """

    def __init__(self, radius: float, height: float, centre: ArrayLike = ORIGIN) -> None:
        self.radius = positive("radius", radius)
        self.height = positive("height", height, zero=True)
        self._half = self.height * 0.5
        self._place(Motion.translation(centre))

    def _inside(self, x: FloatArray, y: FloatArray, z: FloatArray, inside: BoolArray) -> None:
        reach = self.radius + TOLERANCE
        np.less_equal(squares(x, y, self._beyond(z)), reach * reach, out=inside)

    def _signed(self, x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        return np.subtract(np.sqrt(squares(x, y, self._beyond(z))), self.radius)

    def _beyond(self, z: FloatArray) -> FloatArray:
        """Height above or below the straight part, in place."""
        np.subtract(np.abs(z, out=z), self._half, out=z)
        return np.maximum(z, 0.0, out=z)

    def _support(self, x: float, y: float, z: float) -> float:
        return self.radius * math.sqrt(x * x + y * y + z * z) + self._half * abs(z)

    def _lines(self) -> tuple[Line, ...]:
        r, h = self.radius, self._half
        rims = tuple(circle(r, r, 0, 1, height) for height in ((-h, h) if h > 0.0 else (0.0,)))
        return rims + tuple(self._outline(axis) for axis in (0, 1))

    def _outline(self, axis: int) -> Line:
        """Straight sides and half circles in the plane of z and another axis."""
        ring = circle(self.radius, self.radius, axis, 2, 0.0)
        quarter = SEGMENTS // 2
        upper, lower = ring[: quarter + 1].copy(), ring[quarter:].copy()
        upper[:, 2] += self._half
        lower[:, 2] -= self._half
        return np.concatenate([upper, lower, upper[:1]])

    def _own_volume(self) -> float:
        return math.pi * self.radius * self.radius * (self.height + 4.0 / 3.0 * self.radius)


class HalfSpace(Shape):
    """Everything on one side of a plane: normal · p ≤ height.

    Parameters
    ----------
    normal
        (3,), outward, of any length; stored with length 1.
    height
        Of the plane along the unit normal, Å.
    """

    def __init__(self, normal: ArrayLike, height: float = 0.0) -> None:
        self.normal = direction("normal", normal)
        if not math.isfinite(height):
            raise InputError("height", "not a height", value=height, allowed="a finite number of Å")
        self.height = float(height)

    def contains(self, points: FloatArray) -> BoolArray:
        """Which points lie on the inner side or on the plane, (N,)."""
        return np.less_equal(self.distance(points), TOLERANCE)

    def distance(self, points: FloatArray) -> FloatArray:
        """Signed distance to the plane, Å, (N,): negative inside."""
        given = as_points(points)
        found = np.empty(len(given))
        a, b, c = self.normal.tolist()
        scratch = np.empty((4, min(BLOCK, len(given))))
        for block in blocks(len(given)):
            x, y, z = columns(given[block], None, scratch)
            np.add(np.multiply(x, a, out=x), np.multiply(y, b, out=y), out=x)
            np.add(x, np.multiply(z, c, out=z), out=x)
            np.subtract(x, self.height, out=found[block])
        return found

    def bounds(self) -> FloatArray:
        """Infinite, except towards a plane that stands square to an axis, (2, 3), Å."""
        found = np.array([[-np.inf] * 3, [np.inf] * 3])
        for axis, part in enumerate(self.normal.tolist()):
            if abs(part) == 1.0:
                found[1 if part > 0.0 else 0, axis] = self.height * part
        return found

    def moved(self, motion: Motion) -> HalfSpace:
        """The half-space elsewhere."""
        turned = rotate(inverse(motion).matrix.T, self.normal[np.newaxis, :])[0]
        size = math.sqrt(dot(turned, turned))
        return HalfSpace(turned, (self.height + dot(turned, motion.offset)) / size)

    def wireframe(self) -> tuple[Line, ...]:
        """None: it has no end."""
        return ()


class Everything(Shape):
    """All of space."""

    def contains(self, points: FloatArray) -> BoolArray:
        """All points, (N,)."""
        return np.ones(len(as_points(points)), dtype=np.bool_)

    def distance(self, points: FloatArray) -> FloatArray:
        """Minus infinity, (N,): there is no boundary."""
        return np.full(len(as_points(points)), -np.inf)

    def bounds(self) -> FloatArray:
        """Infinite, (2, 3)."""
        return np.array([[-np.inf] * 3, [np.inf] * 3])

    def moved(self, motion: Motion) -> Everything:
        """The same."""
        return self

    def wireframe(self) -> tuple[Line, ...]:
        """None: it has no end."""
        return ()


def _three(name: str, values: ArrayLike) -> list[float]:
    given = np.asarray(values, dtype=np.float64)
    if given.shape != (3,):
        raise InputError(name, "three lengths are needed", value=given.tolist(), allowed="x, y, z in Å")
    return [float(value) for value in given]
