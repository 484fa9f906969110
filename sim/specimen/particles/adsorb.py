"""Molecules on the surface of an object.

Tier A.  Every site has its own random words, addressed by the site's number: a larger number of molecules
holds the same molecules and some more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np

from sim.core.errors import InputError, never
from sim.core.types import BoolArray, FloatArray, IntArray
from sim.numerics.detmath import sincos_degrees
from sim.numerics.neighbours import CandidateSearch, pairs_within
from sim.numerics.streams import Stream
from sim.specimen.atoms import Atoms
from sim.specimen.particles.molecules import Molecule
from sim.specimen.particles.surface import Surface, row_dot, with_images

Stance = Literal["upright", "random"]
#: Atoms of molecules looked at together.
_MOST_AT_ONCE = 200_000


def adsorbed(
    sites: Surface,
    molecule: Molecule,
    stream: Stream,
    *,
    number: int | None = None,
    coverage: float | None = None,
    height: float = 2.0,
    gap: float = 3.0,
    clearance: float | None = None,
    stance: Stance = "upright",
    obstacles: FloatArray | None = None,
    periodic: tuple[float, float] | None = None,
    candidates: CandidateSearch | None = None,
    cancel: Callable[[], None] = never,
) -> Atoms:
    """Molecules standing on randomly chosen surface atoms.

    Parameters
    ----------
    sites
        The surface atoms they may stand on, from :func:`sim.specimen.particles.surface.surface`.
    molecule
        The molecule; its z axis points along the site's normal.
    stream
        Random words of this purpose.
    number
        How many molecules.
    coverage
        Molecules per site instead of the number; rounded, half upwards.
    height
        Distance from the surface atom to the molecule's lowest atoms along the normal, Å.
    gap
        Smallest distance between atoms of two molecules, Å.
    clearance
        Smallest distance between a molecule's atom and any obstacle, Å; 0.8 of the height when None.
    stance
        "upright" with a random turn about the normal, or "random" in any orientation.
    obstacles
        (M, 3) positions to keep clear of, Å; the sites themselves when None.
    periodic
        Periods along x and y, Å, over which molecules and obstacles repeat.
    candidates
        A faster search for neighbours; the result is the same.
    cancel
        Called now and then.

    Returns
    -------
    Atoms of all molecules, molecule after molecule in the order in which they were placed; ``grain``
    numbers the molecules.

    Raises
    ------
    InputError
        When not all of them fit, saying how many do; for lengths that are none.

    Notes
    -----
    Sites are tried in random order and taken when nothing is in the way (random sequential adsorption).
    """
    wanted = _wanted(len(sites), number, coverage)
    free = 0.8 * height if clearance is None else clearance
    for name, value, lowest in (("height", height, 0.0), ("gap", gap, 0.0), ("clearance", free, 0.0)):
        if not lowest <= value < math.inf:
            raise InputError(name, "is no usable distance", value=value, allowed="0 or more, in Å")
    if stance not in ("upright", "random"):
        raise InputError("stance", "is unknown", value=stance, allowed="upright, random")
    blocked = sites.positions if obstacles is None else obstacles
    if periodic is not None and free > 0.0:
        blocked, _ = with_images(blocked, periodic, 4.0 * free)
    order = stream.child("sites").permutation(len(sites))
    turns = _turns(stream, len(sites), stance)
    size = len(molecule)
    taken = np.empty((0, size, 3))
    start, most = 0, max(1, _MOST_AT_ONCE // size)
    while len(taken) < wanted and start < len(order):
        cancel()
        block = order[start : start + min(most, max(64, 2 * (wanted - len(taken))))]
        start += len(block)
        placed = _placed(sites.kept(block), molecule, turns[block], height, stance)
        placed = placed[_clear(placed, blocked, free, candidates)]
        both = np.concatenate([taken, placed])
        fitting = _first_come(both, gap, periodic, candidates, cancel)
        taken = both[fitting][:wanted]
    if len(taken) < wanted:
        raise InputError(
            "number",
            f"{wanted} of {molecule.name} do not fit on {len(sites)} surface atoms, {len(taken)} do",
            remedy="ask for fewer, or for a smaller gap or clearance",
        )
    return Atoms(
        np.tile(molecule.numbers, wanted),
        np.ascontiguousarray(taken.reshape(wanted * size, 3)),
        np.repeat(np.arange(wanted, dtype=np.int64), size),
        np.zeros(wanted * size, dtype=np.int64),
    )


def _wanted(count: int, number: int | None, coverage: float | None) -> int:
    if (number is None) == (coverage is None):
        raise InputError("number", "give either a number of molecules or a coverage")
    if coverage is not None:
        if not 0.0 <= coverage <= 1.0:
            raise InputError("coverage", "is no share", value=coverage, allowed="0 to 1")
        return math.floor(coverage * count + 0.5)
    if number is None or not 0 <= number <= count:
        raise InputError(
            "number",
            "more molecules are asked for than there are surface atoms",
            value=number,
            allowed=f"0 to {count}",
        )
    return number


def _turns(stream: Stream, count: int, stance: Stance) -> FloatArray:
    """A rotation matrix for every site, (count, 3, 3), to be applied before its z axis is the normal."""
    azimuth = np.multiply(stream.child("azimuth").uniforms(count), 360.0)
    if stance == "upright":
        sine, cosine = sincos_degrees(azimuth)
        zero, one = np.zeros(count), np.ones(count)
        rows = [[cosine, np.negative(sine), zero], [sine, cosine, zero], [zero, zero, one]]
        return np.stack([np.stack(row, axis=1) for row in rows], axis=1)
    # K. Shoemake, Graphics Gems III (1992), p. 124: uniform over all rotations.
    share = stream.child("share").uniforms(count)
    other = np.multiply(stream.child("roll").uniforms(count), 360.0)
    low, high = np.sqrt(np.subtract(1.0, share)), np.sqrt(share)
    (s1, c1), (s2, c2) = sincos_degrees(azimuth), sincos_degrees(other)
    w, x = np.multiply(high, c2), np.multiply(low, s1)
    y, z = np.multiply(low, c1), np.multiply(high, s2)
    return _matrices(w, x, y, z)


def _matrices(w: FloatArray, x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
    """Rotation matrices (n, 3, 3) of unit quaternions."""

    def twice(one: FloatArray, two: FloatArray, three: FloatArray, four: FloatArray) -> FloatArray:
        return np.multiply(2.0, np.add(np.multiply(one, two), np.multiply(three, four)))

    minus = np.negative
    rows = [
        [np.subtract(1.0, twice(y, y, z, z)), twice(x, y, minus(w), z), twice(x, z, w, y)],
        [twice(x, y, w, z), np.subtract(1.0, twice(x, x, z, z)), twice(y, z, minus(w), x)],
        [twice(x, z, minus(w), y), twice(y, z, w, x), np.subtract(1.0, twice(x, x, y, y))],
    ]
    return np.stack([np.stack(row, axis=1) for row in rows], axis=1)


def _placed(
    sites: Surface, molecule: Molecule, turns: FloatArray, height: float, stance: Stance
) -> FloatArray:
    """The molecule at every site, (S, M, 3)."""
    own = np.broadcast_to(molecule.positions, (len(sites), len(molecule), 3))
    local = _each_rotated(turns, own)
    if stance == "random":
        for axis in range(2):
            middle = local[:, 0, axis].copy()
            for atom in range(1, len(molecule)):
                np.add(middle, local[:, atom, axis], out=middle)
            middle = np.divide(middle, float(len(molecule)))
            local[:, :, axis] = np.subtract(local[:, :, axis], middle[:, np.newaxis])
        local[:, :, 2] = np.subtract(local[:, :, 2], np.min(local[:, :, 2], axis=1)[:, np.newaxis])
    up = sites.normals
    # Any direction across the normal will do: the turn about it is random.
    steep = np.greater(np.abs(up[:, 0]), 0.6)[:, np.newaxis]
    aside = np.where(steep, np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]))
    first = np.subtract(aside, np.multiply(row_dot(aside, up)[:, np.newaxis], up))
    first = np.divide(first, np.sqrt(row_dot(first, first))[:, np.newaxis])
    second = np.stack([_minor(up, first, 1, 2), _minor(up, first, 2, 0), _minor(up, first, 0, 1)], axis=1)
    frames = np.stack([first, second, up], axis=2)
    foot = np.add(sites.positions, np.multiply(up, height))
    return np.add(_each_rotated(frames, local), foot[:, np.newaxis, :])


def _minor(one: FloatArray, two: FloatArray, i: int, j: int) -> FloatArray:
    return np.subtract(np.multiply(one[:, i], two[:, j]), np.multiply(one[:, j], two[:, i]))


def _each_rotated(matrices: FloatArray, points: FloatArray) -> FloatArray:
    """Points (S, M, 3) turned by the matrices (S, 3, 3) of their sites."""
    total = np.multiply(points[:, :, 0, np.newaxis], matrices[:, np.newaxis, :, 0])
    np.add(total, np.multiply(points[:, :, 1, np.newaxis], matrices[:, np.newaxis, :, 1]), out=total)
    return np.add(total, np.multiply(points[:, :, 2, np.newaxis], matrices[:, np.newaxis, :, 2]), out=total)


def _clear(
    placed: FloatArray, obstacles: FloatArray, clearance: float, candidates: CandidateSearch | None
) -> BoolArray:
    """Which molecules (S, M, 3) keep clear of all obstacles, (S,)."""
    clear = np.ones(len(placed), dtype=np.bool_)
    if clearance == 0.0 or not len(placed) or not len(obstacles):
        return clear
    flat = placed.reshape(-1, 3)
    low = np.subtract(np.min(flat, axis=0), clearance)
    high = np.add(np.max(flat, axis=0), clearance)
    near = np.logical_and(np.greater_equal(obstacles, low), np.less_equal(obstacles, high))
    close = obstacles[np.all(near, axis=1)]
    one, two = pairs_within(np.concatenate([close, flat]), clearance, candidates)
    between = np.logical_and(np.less(one, len(close)), np.greater_equal(two, len(close)))
    clear[np.floor_divide(np.subtract(two[between], len(close)), placed.shape[1])] = False
    return clear


def _first_come(
    placed: FloatArray,
    gap: float,
    periodic: tuple[float, float] | None,
    candidates: CandidateSearch | None,
    cancel: Callable[[], None],
) -> IntArray:
    """Molecules (S, M, 3) that stay when each is refused that is too close to an earlier one that stays."""
    count = len(placed)
    if gap == 0.0 or count < 2:
        return np.arange(count, dtype=np.int64)
    points = placed.reshape(-1, 3)
    owner = np.arange(len(points), dtype=np.int64)
    if periodic is not None:
        points, owner = with_images(points, periodic, gap)
    one, two = pairs_within(points, gap, candidates)
    owner = np.floor_divide(owner, placed.shape[1])
    one, two = owner[one], owner[two]
    apart = np.not_equal(one, two)
    keys = np.unique(np.add(np.multiply(np.minimum(one, two)[apart], count), np.maximum(one, two)[apart]))
    earlier, later = np.divmod(keys, count)
    undecided = np.ones(count, dtype=np.bool_)
    stays = np.zeros(count, dtype=np.bool_)
    # In every pass those without an undecided earlier rival stay: the same result as one after the other.
    while bool(np.any(undecided)):
        cancel()
        waiting = np.zeros(count, dtype=np.bool_)
        waiting[later[undecided[earlier]]] = True
        stays[np.logical_and(undecided, np.logical_not(waiting))] = True
        undecided = np.logical_and(undecided, waiting)
        undecided[later[stays[earlier]]] = False
    return np.flatnonzero(stays).astype(np.int64)
