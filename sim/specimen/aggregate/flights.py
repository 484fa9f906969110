"""Flights of one cluster onto another: ten numbers each, drawn, mixed and flown.

A flight is a row of two unit quaternions, which first turn the fixed and the moving cluster about their
centres of mass, and y and z (Å) at which the moving one's centre of mass flies along −x.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from sim.core.types import FloatArray
from sim.numerics.detmath import sincos_degrees
from sim.numerics.streams import Stream
from sim.specimen.aggregate import kernels
from sim.specimen.aggregate.clusters import Cluster

#: Random words of one flight.
_WORDS = 8
#: Merges whose first flights are drawn at once: a call costs more than the numbers it brings.
_BLOCK = 64
#: Pairs of spheres of one call, between two looks at ``cancel``.
_PAIRS = 1 << 21


class RandomFlights:
    """Flights at random: orientations spread evenly over all, impact points over a disc.

    Parameters
    ----------
    seed
        Of the aggregate.
    batch
        Flights of one merge in one round; the round has a stream of its own, in which flight k of merge m
        has eight words from 8·(m·batch + k) on.
    """

    def __init__(self, seed: int, batch: int) -> None:
        self.seed, self.batch = seed, batch
        self._block = -1
        self._first_rounds = np.empty((0, batch, 10))

    def of(self, merge: int, round_number: int, radius: float) -> FloatArray:
        """(batch, 10) flights whose impact points fill a disc of a radius, Å."""
        if round_number:
            flights = self._drawn(merge, 1, round_number).reshape(-1, 10)
        else:
            block, inside = divmod(merge, _BLOCK)
            if block != self._block:
                self._first_rounds = self._drawn(block * _BLOCK, _BLOCK, 0)
                self._block = block
            flights = np.array(self._first_rounds[inside], dtype=np.float64)
        flights[:, 8:] = np.multiply(flights[:, 8:], radius)
        return flights

    def _drawn(self, merge: int, merges: int, round_number: int) -> FloatArray:
        """(merges, batch, 10) with impact points in the unit disc."""
        count = merges * self.batch
        stream = Stream(self.seed, "aggregate", "flights", round_number)
        uniforms = stream.uniforms(_WORDS * count, _WORDS * merge * self.batch).reshape(count, _WORDS)
        flights = np.empty((count, 10))
        flights[:, 0:4] = _quaternions(uniforms[:, 0:3])
        flights[:, 4:8] = _quaternions(uniforms[:, 3:6])
        distance = np.sqrt(uniforms[:, 6])
        sine, cosine = sincos_degrees(np.multiply(uniforms[:, 7], 360.0))
        flights[:, 8] = np.multiply(distance, cosine)
        flights[:, 9] = np.multiply(distance, sine)
        return flights.reshape(merges, self.batch, 10)


def _quaternions(uniforms: FloatArray) -> FloatArray:
    """Rotations spread evenly over all orientations, (K, 4), from three uniform numbers each.

    K. Shoemake, Uniform random rotations, Graphics Gems III (1992), pp. 124–132.
    """
    inner, outer = np.sqrt(np.subtract(1.0, uniforms[:, 0])), np.sqrt(uniforms[:, 0])
    sine, cosine = sincos_degrees(np.multiply(uniforms[:, 1:3], 360.0))
    found = np.empty((len(uniforms), 4))
    found[:, 0] = np.multiply(inner, sine[:, 0])
    found[:, 1] = np.multiply(inner, cosine[:, 0])
    found[:, 2] = np.multiply(outer, sine[:, 1])
    found[:, 3] = np.multiply(outer, cosine[:, 1])
    return found


def between(first: list[float], second: list[float], share: float) -> list[float]:
    """A flight on the way from one to another: the rotations' chords and the impacts' line cut at a share.

    Parameters
    ----------
    share
        0 gives the first, 1 the second.
    """
    rest = 1.0 - share
    mixed = _chord(first[0:4], second[0:4], share) + _chord(first[4:8], second[4:8], share)
    return [*mixed, rest * first[8] + share * second[8], rest * first[9] + share * second[9]]


def _chord(first: list[float], second: list[float], share: float) -> list[float]:
    a, b, c, d = first
    w, x, y, z = second
    # The nearer of the two quaternions that mean the same rotation.
    towards = share if (a * w + b * x) + (c * y + d * z) >= 0.0 else -share
    rest = 1.0 - share
    w, x, y, z = (
        rest * a + towards * w,
        rest * b + towards * x,
        rest * c + towards * y,
        rest * d + towards * z,
    )
    length = math.sqrt((w * w + x * x) + (y * y + z * z))
    return [w / length, x / length, y / length, z / length]


def flown(fixed: Cluster, moving: Cluster, flights: FloatArray, cancel: Callable[[], None]) -> FloatArray:
    """x of the moving cluster's centre of mass where each flight (K, 10) first touches, (K,) Å.

    −infinity where it flies past.
    """
    together = max(1, _PAIRS // (len(fixed) * len(moving)))
    approach = kernels.chosen().approach
    found = []
    for first in range(0, len(flights), together):
        some = flights[first : first + together]
        found.append(approach(fixed.places, fixed.touch, moving.places, moving.touch, some, cancel))
    return np.concatenate(found) if len(found) > 1 else found[0]
