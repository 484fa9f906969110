"""Rolls a cluster on the one it touches, contact by contact, without ever letting go of one.

A rigid body has six degrees of freedom and every contact takes one.  Of the motions that keep all contacts
those are used in which every sphere moves along an arc, so that the next contact has a closed form:

- with one contact, translations along a great circle of the sphere on which the moving centre stays;
- with two, translations along the circle in which two such spheres intersect;
- rotations about an axis through two sphere centres such that one sphere of every contact lies on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from sim.core.errors import never
from sim.core.types import FloatArray
from sim.specimen.aggregate import kernels
from sim.specimen.aggregate.clusters import Cluster

Vector = tuple[float, float, float]
Pair = tuple[int, int]

#: Shortest arc radius and axis, Å: below, a motion has no direction worth the name.
_LEAST = 1e-3


@dataclass(frozen=True, eq=False)
class Motion:
    """Arcs of all spheres of a cluster; see ``kernels_numpy.first_on_arc``.

    Attributes
    ----------
    outward, onward
        (3, m) Å.
    frame
        (10,) for the search.
    """

    outward: FloatArray
    onward: FloatArray
    frame: FloatArray

    def moved(self, places: FloatArray, angle: float) -> FloatArray:
        """Places (3, m) after the motion, up to ``angle`` = −cot(φ/2)."""
        # With s = −cot(φ/2): cos φ − 1 = −2 / (s² + 1) and sin φ = −2·s / (s² + 1).
        share = 2.0 / (angle * angle + 1.0)
        step = np.subtract(np.multiply(self.onward, -(angle * share)), np.multiply(self.outward, share))
        return np.add(places, step)


def rolled(
    fixed: Cluster,
    here: FloatArray,
    moving: Cluster,
    there: FloatArray,
    pair: Pair,
    contacts: int,
    uniforms: list[float],
    cancel: Callable[[], None] = never,
) -> tuple[FloatArray, list[Pair]]:
    """Roll a cluster on from its first contact.

    Parameters
    ----------
    fixed, here
        The cluster that stays, and its places (3, n).
    moving, there
        The cluster that rolls, and its places and its centre of mass in the last column, (3, m + 1).
    pair
        The spheres that touch.
    contacts
        How many are wanted.
    uniforms
        18 random numbers that choose directions.
    cancel
        Called before every motion; may raise.

    Returns
    -------
    ``there`` after rolling, and the contacts, at most as many as are wanted.
    """
    pairs = [pair]
    kernel = kernels.chosen().first_on_arc
    while len(pairs) < contacts:
        for motion in _motions(here, there, pairs, uniforms):
            known = np.array(pairs, dtype=np.int64)
            angle, i, j = kernel(
                here,
                fixed.touch,
                there[:, :-1],
                moving.touch,
                motion.outward[:, :-1],
                motion.onward[:, :-1],
                motion.frame,
                known,
                cancel,
            )
            if -math.inf < angle < math.inf:
                there = motion.moved(there, angle)
                pairs.append((i, j))
                break
        else:
            break
    return there, pairs


def _motions(
    here: FloatArray, there: FloatArray, pairs: list[Pair], uniforms: list[float]
) -> Iterator[Motion]:
    """Motions that keep all contacts, in the order in which they are tried."""
    directions = [
        (uniforms[at] - 0.5, uniforms[at + 1] - 0.5, uniforms[at + 2] - 0.5)
        for at in range(0, len(uniforms) - 2, 3)
    ]
    centres = [(_column(here, i), _column(there, j)) for i, j in pairs]
    if len(pairs) == 1:
        fixed, moved = centres[0]
        outward = _less(moved, fixed)
        for direction in directions[:2]:
            yield from _slides(there, outward, _cross(outward, direction))
    elif len(pairs) == 2:
        outward, axis = _circle(centres)
        both = [_scaled(axis, -1.0), axis]
        for normal in both if uniforms[0] < 0.5 else both[::-1]:
            yield from _slides(there, outward, normal)
    if there.shape[1] > 2:
        for start, end in _axes(pairs, centres, directions):
            yield from _turns(there, start, _less(end, start))


def _circle(centres: list[tuple[Vector, Vector]]) -> tuple[Vector, Vector]:
    """The circle of translations that keep two contacts: from its centre to the origin, and its axis."""
    # Kept contact k: the translation p has |p − q| = |q| for q = a − b.
    one, two = (_less(fixed, moved) for fixed, moved in centres)
    axis = _less(two, one)
    square = _times(axis, axis)
    if square <= _LEAST * _LEAST:
        return (0.0, 0.0, 0.0), axis
    # The foot of the origin on the axis through both centres.
    share = _times(one, axis) / square
    return _scaled(_less(one, _scaled(axis, share)), -1.0), axis


def _slides(there: FloatArray, outward: Vector, axis: Vector) -> Iterator[Motion]:
    """The translation along a circle about an axis; none where it has no extent."""
    radius, length = math.sqrt(_times(outward, outward)), math.sqrt(_times(axis, axis))
    if radius <= _LEAST or length <= _LEAST:
        return
    axis = _scaled(axis, 1.0 / length)
    onward = _cross(axis, outward)
    shape = there.shape
    flat = _scaled(outward, 1.0 / radius)
    frame = np.array([*_column(there, 0), *axis, *flat, 2.0 * radius])
    yield Motion(
        np.multiply(np.ones(shape), np.array(outward)[:, None]),
        np.multiply(np.ones(shape), np.array(onward)[:, None]),
        frame,
    )


def _turns(there: FloatArray, start: Vector, direction: Vector) -> Iterator[Motion]:
    """Rotations about an axis, either way."""
    length = math.sqrt(_times(direction, direction))
    if length <= _LEAST:
        return
    x, y, z = _scaled(direction, 1.0 / length)
    apart = np.subtract(there, np.array(start)[:, None])
    along = np.add(np.add(np.multiply(apart[0], x), np.multiply(apart[1], y)), np.multiply(apart[2], z))
    outward = np.subtract(apart, np.multiply(along, np.array([x, y, z])[:, None]))
    onward = np.stack(
        [
            np.subtract(np.multiply(y, outward[2]), np.multiply(z, outward[1])),
            np.subtract(np.multiply(z, outward[0]), np.multiply(x, outward[2])),
            np.subtract(np.multiply(x, outward[1]), np.multiply(y, outward[0])),
        ]
    )
    frame = np.array([*start, x, y, z, 0.0, 0.0, 0.0, 0.0])
    yield Motion(outward, onward, frame)
    yield Motion(outward, np.negative(onward), frame)


def _axes(
    pairs: list[Pair], centres: list[tuple[Vector, Vector]], directions: list[Vector]
) -> Iterator[tuple[Vector, Vector]]:
    """Two points of every axis that has one sphere of each contact on it."""
    points: dict[tuple[str, int], Vector] = {}
    for (i, j), (fixed, moved) in zip(pairs, centres, strict=True):
        points["moving", j] = moved
        points["fixed", i] = fixed
    names = list(points)
    keeps = {
        name: {number for number, (i, j) in enumerate(pairs) if name in (("fixed", i), ("moving", j))}
        for name in names
    }
    for at, name in enumerate(names):
        if len(keeps[name]) == len(pairs):
            for direction in directions[2:5]:
                x, y, z = points[name]
                yield points[name], (x + direction[0], y + direction[1], z + direction[2])
        for other in names[:at]:
            if len(keeps[name] | keeps[other]) == len(pairs):
                yield points[other], points[name]


def _column(places: FloatArray, number: int) -> Vector:
    return (float(places[0, number]), float(places[1, number]), float(places[2, number]))


def _less(one: Vector, two: Vector) -> Vector:
    return (one[0] - two[0], one[1] - two[1], one[2] - two[2])


def _scaled(vector: Vector, factor: float) -> Vector:
    return (vector[0] * factor, vector[1] * factor, vector[2] * factor)


def _times(one: Vector, two: Vector) -> float:
    return (one[0] * two[0] + one[1] * two[1]) + one[2] * two[2]


def _cross(one: Vector, two: Vector) -> Vector:
    return (
        one[1] * two[2] - one[2] * two[1],
        one[2] * two[0] - one[0] * two[2],
        one[0] * two[1] - one[1] * two[0],
    )
