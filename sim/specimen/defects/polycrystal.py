"""Grains that fill a volume between them: Voronoi polycrystals and bicrystals.

Tier A.  A grain owns the points that are nearer to its seed than to any other; of equally near seeds the
first wins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError, never
from sim.core.types import BoolArray, FloatArray, IntArray
from sim.numerics.motion import Motion, heights_of, squared_lengths, unit_vector
from sim.numerics.neighbours import CandidateSearch, pairs_within
from sim.numerics.rotations import random_quaternion
from sim.numerics.streams import Stream
from sim.specimen.atoms import Atoms
from sim.specimen.crystal.fill import Slice, fill, fill_slices
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.shapes.base import Line, Shape

#: Tries in a row without a place for a seed, after which the volume counts as full.
_TRIES = 20_000
_CHUNK = 16384
#: Atoms so near to a boundary lie in it, Å; atoms so near to each other are one.
_IN_PLANE, _ONE_ATOM = 1e-6, 1e-3


@dataclass(frozen=True, eq=False)
class VoronoiCell(Shape):
    """The part of a volume that is nearest to one of several seeds.

    Attributes
    ----------
    whole
        The volume.
    seeds
        (S, 3), Å.
    own
        Which seed.
    """

    whole: Shape
    seeds: FloatArray
    own: int

    def contains(self, points: FloatArray) -> BoolArray:
        """Inside the volume and nearest to the seed."""
        inside = self.whole.contains(points)
        for start in range(0, len(points), _CHUNK):
            part = inside[start : start + _CHUNK]
            chosen = np.flatnonzero(part)
            part[chosen] = self._nearest(points[start : start + _CHUNK][chosen])
        return inside

    def distance(self, points: FloatArray) -> FloatArray:
        """The largest of the distances to the volume and to the planes half-way to other seeds: a bound."""
        largest = self.whole.distance(points)
        for middle, towards in self._planes():
            np.maximum(largest, heights_of(towards, np.subtract(points, middle)), out=largest)
        return largest

    def bounds(self) -> FloatArray:
        """The volume's box, narrowed by the planes half-way to other seeds; not the tightest."""
        low, high = (np.array(corner) for corner in self.whole.bounds())
        if not bool(np.all(np.isfinite(np.stack([low, high])))):
            return np.stack([low, high])
        for _ in range(3):
            for middle, towards in self._planes():
                _narrow(low, high, towards, float(heights_of(towards, middle[np.newaxis])[0]))
        return np.stack([low, np.maximum(low, high)])

    def moved(self, motion: Motion) -> Shape:
        """The cell elsewhere; only rigid motions keep what is nearest."""
        if not motion.rigid:
            raise InputError("volume", "a Voronoi cell cannot be strained", remedy="strain its atoms")
        return VoronoiCell(self.whole.moved(motion), motion.apply(self.seeds), self.own)

    def wireframe(self) -> tuple[Line, ...]:
        """The outline of the whole volume."""
        return self.whole.wireframe()

    def _nearest(self, points: FloatArray) -> BoolArray:
        own = _squared(points, self.seeds[self.own])
        nearest = np.ones(len(points), dtype=np.bool_)
        for number, seed in enumerate(self.seeds):
            if number < self.own:
                np.logical_and(nearest, np.less(own, _squared(points, seed)), out=nearest)
            elif number > self.own:
                np.logical_and(nearest, np.less_equal(own, _squared(points, seed)), out=nearest)
        return nearest

    def _planes(self) -> list[tuple[FloatArray, FloatArray]]:
        """A point half-way to every other seed and the direction to that seed."""
        mine = self.seeds[self.own]
        others = [seed for number, seed in enumerate(self.seeds) if number != self.own]
        return [
            (np.multiply(0.5, np.add(mine, seed)), unit_vector(np.subtract(seed, mine)))
            for seed in others
            if bool(np.any(np.not_equal(seed, mine)))
        ]


def random_seeds(
    shape: Shape,
    count: int,
    stream: Stream,
    *,
    minimum_distance: float = 0.0,
    cancel: Callable[[], None] = never,
) -> FloatArray:
    """Seeds in a volume by random sequential addition, (count, 3), Å.

    Parameters
    ----------
    shape
        A bounded volume.
    count
        Number of seeds.
    stream
        Source of the randomness; the first seeds do not depend on how many follow.
    minimum_distance
        Between any two, Å.

    Raises
    ------
    InputError
        When they do not fit after a bounded effort; says how many did.
    """
    if count < 1:
        raise InputError("count", "a polycrystal needs a grain", value=count, allowed="1 or more")
    low, high = shape.bounds()
    if not bool(np.all(np.isfinite(np.stack([low, high])))):
        raise InputError("volume", "has no end", remedy="bound it with another volume")
    accepted = np.empty((0, 3))
    limit = minimum_distance * minimum_distance
    block, start, last = 1024, 0, 0
    while start - last < _TRIES:
        cancel()
        words = stream.uniforms(3 * block, 3 * start).reshape(block, 3)
        points = np.add(low, np.multiply(words, np.subtract(high, low)))
        free = shape.contains(points)
        for seed in accepted:
            np.logical_and(free, np.greater_equal(_squared(points, seed), limit), out=free)
        for point in points[free]:
            if not bool(np.any(np.less(_squared(accepted, point), limit))):
                accepted = np.concatenate([accepted, point[np.newaxis]])
                last = start
                if len(accepted) == count:
                    return accepted
        start += block
    raise InputError(
        "count",
        f"{count} grains with seeds at least {minimum_distance:g} Å apart do not fit",
        allowed=f"{len(accepted)} fitted",
        remedy="ask for fewer grains or a smaller distance",
    )


def polycrystal(
    crystal: Crystal | Sequence[Crystal],
    shape: Shape,
    seeds: FloatArray,
    stream: Stream,
    *,
    motions: Sequence[Motion] | None = None,
    minimum_distance: float = 0.0,
    candidates: CandidateSearch | None = None,
    cancel: Callable[[], None] = never,
) -> Atoms:
    """Fill a volume with grains around seeds.

    Parameters
    ----------
    crystal
        Of all grains, or one for each.
    shape
        The volume.
    seeds
        (S, 3), Å, for example from :func:`random_seeds`.
    stream
        Source of orientations, of the lattice's place in each grain, and of which atom gives way where two
        grains crowd each other.
    motions
        Of each grain's lattice instead of random ones.
    minimum_distance
        Of two atoms of different grains that are closer (Å) one is taken away.
    candidates
        A faster search for close pairs.

    Returns
    -------
    Atoms grain after grain; ``grain`` is the number of the seed.

    Raises
    ------
    InputError
        When the numbers of seeds, crystals and motions differ.
    """
    crystals = [crystal] * len(seeds) if isinstance(crystal, Crystal) else list(crystal)
    if len(crystals) != len(seeds) or (motions is not None and len(motions) != len(seeds)):
        raise InputError("seeds", f"{len(seeds)} seeds, but not as many crystals and motions")
    parts: list[Atoms] = []
    for number, (kind, seed) in enumerate(zip(crystals, seeds, strict=True)):
        cancel()
        motion = _random_motion(kind, seed, stream.child(number)) if motions is None else motions[number]
        cell = VoronoiCell(shape, seeds, number)
        parts.append(fill(kind, cell, motion=motion, grain=number, cancel=cancel))
    atoms = Atoms.joined(parts)
    return without_crowding(atoms, atoms.grain, minimum_distance, stream.child("crowding"), candidates)


def bicrystal(
    crystals: tuple[Crystal, Crystal],
    motions: tuple[Motion, Motion],
    shape: Shape,
    normal: Sequence[float],
    height: float,
    stream: Stream,
    *,
    minimum_distance: float = 0.0,
    candidates: CandidateSearch | None = None,
    cancel: Callable[[], None] = never,
) -> Atoms:
    """Two crystals that meet in a plane.

    Parameters
    ----------
    crystals, motions
        Below and above the plane: grains 0 and 1.
    shape
        The volume.
    normal
        (3,) of the plane, any length, the particle's frame.
    height
        Of the plane along it, Å.
    stream
        Decides which atom gives way where the two crowd each other.
    minimum_distance
        Of two atoms of different crystals that are closer (Å) one is taken away; those that coincide are
        one atom in any case.
    """
    direction = unit_vector(normal)
    # Both crystals fill the plane itself: rounding would otherwise keep some of its atoms and lose others.
    ends = ((-np.inf, height + _IN_PLANE), (height - _IN_PLANE, np.inf))
    parts = [
        fill_slices(crystal, shape, [Slice(motion, direction, *end, side)], grain=side, cancel=cancel)
        for side, (crystal, motion, end) in enumerate(zip(crystals, motions, ends, strict=True))
    ]
    if not (len(parts[0]) and len(parts[1])):
        raise InputError(
            "height", "the plane misses the particle: one of the crystals has no atom", value=height
        )
    atoms = Atoms.joined(parts)
    apart = max(minimum_distance, _ONE_ATOM)
    return without_crowding(atoms, atoms.grain, apart, stream.child("crowding"), candidates)


def without_crowding(
    atoms: Atoms,
    group: IntArray,
    minimum_distance: float,
    stream: Stream,
    candidates: CandidateSearch | None = None,
) -> Atoms:
    """Take atoms away until no two of different groups are closer than a distance.

    Parameters
    ----------
    atoms
        All of them.
    group
        (N,) for example ``atoms.grain`` or ``atoms.side``; pairs within a group stay.
    minimum_distance
        Å; 0 takes nothing away.
    stream
        Ranks the atoms: in random order each stays unless one that stays already is too close.
    candidates
        A faster search for close pairs; the result is the same.
    """
    if minimum_distance <= 0.0 or len(atoms) < 2:
        return atoms
    one, two = pairs_within(atoms.positions, minimum_distance, candidates)
    apart = np.not_equal(group[one], group[two])
    one, two = one[apart], two[apart]
    rank = stream.permutation(len(atoms))
    first = np.where(np.less(rank[one], rank[two]), one, two)
    later = np.where(np.less(rank[one], rank[two]), two, one)
    gone = np.zeros(len(atoms), dtype=np.bool_)
    while first.size:
        # An atom with no undecided pair in which it comes later certainly stays.
        waits = np.zeros(len(atoms), dtype=np.bool_)
        waits[later] = True
        gone[later[np.logical_not(waits[first])]] = True
        open_pairs = np.logical_not(np.logical_or(gone[first], gone[later]))
        first, later = first[open_pairs], later[open_pairs]
    return atoms.kept(np.logical_not(gone))


def _random_motion(crystal: Crystal, seed: FloatArray, stream: Stream) -> Motion:
    """Any orientation, and any place of the lattice relative to the seed."""
    turn = Motion.rotation(random_quaternion(stream.child("orientation")))
    start = crystal.direction(stream.child("origin").uniforms(3))
    return Motion.translation(seed).after(turn).after(Motion.translation(np.negative(start)))


def _squared(points: FloatArray, place: FloatArray) -> FloatArray:
    """Squared distances (N,) of points (N, 3) from a place, added in the order x, y, z."""
    return squared_lengths(np.subtract(points, place))


def _narrow(low: FloatArray, high: FloatArray, normal: FloatArray, limit: float) -> None:
    """Shrink a box to what a half-space normal · p ≤ limit can leave of it, in place."""
    least = np.minimum(np.multiply(normal, low), np.multiply(normal, high))
    for axis in range(3):
        n = float(normal[axis])
        if abs(n) < 1e-9:
            continue
        others = float(least[(axis + 1) % 3]) + float(least[(axis + 2) % 3])
        # A hair more, so that rounding loses no atom.
        end = (limit - others) / n
        if n > 0.0:
            high[axis] = min(float(high[axis]), end + 1e-6)
        else:
            low[axis] = max(float(low[axis]), end - 1e-6)
