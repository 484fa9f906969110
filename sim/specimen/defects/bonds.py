"""How well a stack of differently moved pieces of one crystal keeps its bonds.

Tier A.  A piece is the crystal after a rigid motion that keeps the layers level, between two heights.
The measure decides in which gap a defect lies and which of the possible motions it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.types import FloatArray, IntArray
from sim.numerics.motion import Motion, heights_of
from sim.specimen.defects.layers import Layers, block, cartesian, wrapped_home

#: Neighbours no farther than this many nearest distances are an atom's first shell.
SHELL = 1.25
#: Pairs are looked for up to this many nearest distances.
REACH = 1.6


@dataclass(frozen=True, eq=False)
class Piece:
    """A crystal after a rigid motion, where ``low`` ≤ height < ``high`` (Å, crystal frame)."""

    motion: Motion
    low: float
    high: float


@dataclass(frozen=True)
class Misfit:
    """What the bonds of a stack are like.

    Attributes
    ----------
    change
        Mean change of the first-shell distances of the atoms beside the planes, and the mean by which their
        nearest atom of each element is closer than usual, added, Å.
    closest
        Smallest distance between two atoms, in units of the crystal's smallest between such elements.
    """

    change: float
    closest: float


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The neighbourhood of every kind of atom in the undisturbed crystal."""

    layers: Layers
    points: FloatArray
    numbers: IntArray
    radius: float

    @classmethod
    def of(cls, layers: Layers) -> Surroundings:
        """Prepared for :meth:`misfit`."""
        crystal = layers.crystal
        # The largest nearest distance of any atom; a cell diagonal is far enough to find one.
        widest = max(float(np.sqrt(heights_of(row, row[np.newaxis])[0])) for row in crystal.cell)
        points, _ = block(crystal, widest)
        centres = wrapped_home(crystal, cartesian(crystal, crystal.fractional[layers.primitive]))
        distances = _distances(centres, points)
        distances[distances < 1e-6] = np.inf
        radius = REACH * float(np.max(np.min(distances, axis=1)))
        points, numbers = block(crystal, radius)
        return cls(layers, points, numbers, radius)

    def misfit(self, pieces: Sequence[Piece]) -> Misfit:
        """Compare every atom near a boundary between pieces with the same atom inside the crystal."""
        changes: list[FloatArray] = []
        closest = 1.0
        for index, piece in enumerate(pieces):
            homes, atoms = self._representatives(piece)
            if not len(homes):
                continue
            bulk = self._lists([Piece(Motion.identity(), -np.inf, np.inf)], 0, homes, np.zeros(len(homes)))
            there = piece.motion.apply(homes)
            heights = heights_of(self.layers.normal, there)
            now = self._lists(pieces, index, there, heights)
            elements = self.layers.crystal.numbers[atoms]
            limits = np.multiply(self._nearest(bulk), SHELL)
            total = np.zeros(len(homes))
            counted = np.zeros(len(homes))
            crowding = np.zeros(len(homes))
            for element, distances in bulk.items():
                shell = np.less_equal(distances, limits[:, np.newaxis])
                most = int(np.max(shell.sum(axis=1, dtype=np.int64)))
                before = distances[:, :most]
                after = np.minimum(now[element][:, :most], self.radius)
                kept = shell[:, :most]
                moved = np.where(kept, np.abs(np.subtract(after, np.where(kept, before, 0.0))), 0.0)
                for column in range(most):
                    np.add(total, moved[:, column], out=total)
                np.add(counted, kept.sum(axis=1, dtype=np.int64), out=counted)
                for kind in np.unique(elements).tolist():
                    mine = np.equal(elements, kind)
                    usual = min(float(np.min(distances[mine, 0])), self.radius)
                    there_now = now[element][mine, 0]
                    closest = min(closest, float(np.min(there_now)) / usual)
                    crowding[mine] = np.add(crowding[mine], np.maximum(np.subtract(usual, there_now), 0.0))
            changes.append(np.add(np.divide(total, np.maximum(counted, 1.0)), crowding))
        every = np.concatenate(changes).tolist() if changes else []
        mean = 0.0
        for value in every:
            mean += value
        return Misfit(mean / max(len(every), 1), closest)

    def _representatives(self, piece: Piece) -> tuple[FloatArray, IntArray]:
        """One unmoved atom of each kind and layer that lies within reach of an end of the piece."""
        layers = self.layers
        crystal = layers.crystal
        homes = cartesian(crystal, crystal.fractional[layers.primitive])
        # A lattice vector one repeat up: laterally anywhere, for the surroundings are periodic there.
        step = self.one_repeat()
        found: list[FloatArray] = []
        kinds: list[IntArray] = []
        heights = heights_of(layers.normal, piece.motion.apply(homes))
        rise = float(heights_of(layers.normal, piece.motion.turn(step[np.newaxis]))[0])
        for low, high in ((piece.low, piece.low + self.radius), (piece.high - self.radius, piece.high)):
            if not (np.isfinite(low) and np.isfinite(high)):
                continue
            low, high = max(low, piece.low), min(high, piece.high)
            first = np.ceil(np.divide(np.subtract(low if rise > 0.0 else high, heights), rise)).astype(
                np.int64
            )
            count = int((high - low) / abs(rise)) + 2
            for extra in range(count):
                times = np.add(first, extra)
                places = np.add(homes, np.multiply(times[:, np.newaxis], step[np.newaxis]))
                now = heights_of(layers.normal, piece.motion.apply(places))
                fits = np.logical_and(np.greater_equal(now, low), np.less(now, high))
                found.append(places[fits])
                kinds.append(layers.primitive[fits])
        if not found:
            return np.empty((0, 3)), np.empty(0, dtype=np.int64)
        return np.concatenate(found), np.concatenate(kinds)

    def one_repeat(self) -> FloatArray:
        """A lattice vector (3,) that climbs by one repeat: the one that climbs, of small integers."""
        cell = self.layers.crystal.cell
        rises = heights_of(self.layers.normal, cell)
        whole = np.floor(np.add(np.divide(rises, self.layers.repeat), 0.5)).astype(np.int64).tolist()
        numbers = _bezout(whole)
        vector = np.zeros(3)
        for number, row in zip(numbers, cell, strict=True):
            vector = np.add(vector, np.multiply(float(number), row))
        return vector

    def _lists(
        self, pieces: Sequence[Piece], own: int, places: FloatArray, heights: FloatArray
    ) -> dict[int, FloatArray]:
        """Sorted distances (M, K) from atoms at ``places`` to the atoms of each element in the stack."""
        normal = self.layers.normal
        columns: dict[int, list[FloatArray]] = {}
        for index, piece in enumerate(pieces):
            back = piece.motion.inverse
            centres = wrapped_home(self.layers.crystal, back.apply(places))
            distances = _distances(centres, self.points)
            # The motion keeps layers level: heights along the normal turn into heights along ±normal.
            sight = back.turn(normal[np.newaxis])[0]
            above = np.subtract(
                heights_of(sight, self.points)[np.newaxis], heights_of(sight, centres)[:, np.newaxis]
            )
            above = np.add(above, heights[:, np.newaxis])
            outside = np.logical_or(np.less(above, piece.low), np.greater_equal(above, piece.high))
            if index == own:
                outside = np.logical_or(outside, np.less(distances, 1e-6))
            distances[outside] = np.inf
            for element in np.unique(self.numbers).tolist():
                columns.setdefault(element, []).append(distances[:, np.equal(self.numbers, element)])
        return {
            element: np.sort(np.concatenate(parts, axis=1), axis=1, kind="stable")
            for element, parts in columns.items()
        }

    @staticmethod
    def _nearest(lists: dict[int, FloatArray]) -> FloatArray:
        nearest: FloatArray = np.min(np.stack([distances[:, 0] for distances in lists.values()]), axis=0)
        return nearest


def _distances(centres: FloatArray, points: FloatArray) -> FloatArray:
    """Distances (M, K) between two sets of points, Å."""
    total = np.zeros((len(centres), len(points)))
    for axis in range(3):
        difference = np.subtract(points[np.newaxis, :, axis], centres[:, np.newaxis, axis])
        np.add(total, np.multiply(difference, difference), out=total)
    distances: FloatArray = np.sqrt(total)
    return distances


def _bezout(numbers: list[int]) -> list[int]:
    """Whole numbers x with Σ x·numbers = 1, for three numbers without a common divisor."""
    divisor, factors = numbers[0], [1, 0, 0]
    for place in (1, 2):
        divisor, one, two = _extended(divisor, numbers[place])
        factors = [one * factor for factor in factors]
        factors[place] += two
    return [factor * divisor for factor in factors]


def _extended(a: int, b: int) -> tuple[int, int, int]:
    """(g, x, y) with x·a + y·b = g = ± greatest common divisor (Euclid)."""
    x, y, next_x, next_y = 1, 0, 0, 1
    while b:
        times = a // b
        a, b = b, a - times * b
        x, next_x = next_x, x - times * next_x
        y, next_y = next_y, y - times * next_y
    return a, x, y
