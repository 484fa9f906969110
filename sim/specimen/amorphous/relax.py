"""Amorphous carbon made more like the real thing: a network of bonds, relaxed.

Tier A.  Atoms thrown in at random know a smallest distance and nothing else.  Here each atom is bonded to
up to three neighbours, bonds and the distances across one bond are drawn towards those of threefold
carbon, and all other atoms are pushed away.  It is no potential of carbon: it has no energies, dihedral
angles or hybridisation, and serves pictures of supports, not their chemistry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sim.core.errors import InputError, never
from sim.core.types import FloatArray, IntArray
from sim.numerics.detmath import BoolArray
from sim.numerics.neighbours import CandidateSearch
from sim.numerics.periodic import IN_PLANE, Periodic, periodic_pairs_within, wrapped
from sim.specimen.atoms import Atoms

#: Lengths to which bonds and distances across a bond are drawn, Å.  The network is under strain and its
#: bonds come out 0.07 Å longer: the peaks then lie within the 1.43 to 1.46 and 2.50 to 2.53 Å of measured
#: amorphous carbon.
BOND, ACROSS = 1.375, 2.53
#: Atoms that are neither bonded nor across a bond stay this far apart, Å.
APART = 2.60
#: Longest distance at which a bond is closed, Å.
REACH = 2.50
#: Bonds an atom has at most.
VALENCE = 3
#: Stiffness of bonds, of the distances across, and of the push.
_STIFF_BOND, _STIFF_ACROSS, _STIFF_APART = 2.0, 0.40, 0.15
#: Share of a force taken as a step, share of the last step kept, and the longest step, Å.
_RATE, _INERTIA, _LONGEST = 0.15, 0.75, 0.15
#: Steps between two choices of bonds, and the share of all steps in which bonds may still change.
_RENEWAL, _CHANGING = 5, 0.8
#: Farther out than any distance that is looked at, so that lists of pairs last for some steps, Å.
_SKIN = 0.6
_ROUNDS = 6


def relaxed(
    atoms: Atoms,
    box: Sequence[float],
    steps: int = 100,
    *,
    periodic: Periodic = IN_PLANE,
    candidates: CandidateSearch | None = None,
    cancel: Callable[[], None] = never,
) -> Atoms:
    """Amorphous carbon after relaxation of a network of bonds.

    Parameters
    ----------
    atoms
        Carbon from :func:`sim.specimen.amorphous.rsa.random_addition`, in the box.
    box
        (3,) edges, Å; those that repeat are at least 7 Å long.
    steps
        Of the relaxation; 0 changes nothing.
    periodic
        Which axes repeat; along the others atoms stay between the faces.
    candidates
        As for :func:`sim.numerics.neighbours.pairs_within`; changes the speed only.
    cancel
        Called in every step; raises to stop.

    Returns
    -------
    The same atoms in the same order, elsewhere.

    Raises
    ------
    InputError
        For other elements, a negative number of steps, or a box that is too small.
    """
    if steps < 0:
        raise InputError("steps", "is no number of steps", value=steps, allowed="0 or more")
    if len(atoms) and not bool(np.all(np.equal(atoms.numbers, 6))):
        raise InputError("relaxation", "is made for carbon alone", remedy="leave it out for other elements")
    least = 2.0 * (APART + _SKIN)
    for axis in range(3):
        if periodic[axis] and float(box[axis]) < least:
            raise InputError(
                "box",
                "is too small to relax",
                value=tuple(box),
                allowed=f"{least:g} Å or more where it repeats",
            )
    positions = wrapped(atoms.positions, box, periodic)
    velocity = np.zeros_like(positions)
    none = np.empty(0, dtype=np.int64)
    one, two, bonds, across = none, none, none, none
    for step in range(steps):
        cancel()
        if step % _RENEWAL == 0:
            was = np.add(np.multiply(one[bonds], len(positions)), two[bonds])
            one, two, squared = periodic_pairs_within(positions, APART + _SKIN, box, periodic, candidates)
            keys = np.add(np.multiply(one, len(positions)), two)
            if step <= _CHANGING * steps:
                bonds = _chosen(one, two, np.sqrt(squared), len(positions))
            else:
                bonds = np.flatnonzero(np.isin(keys, was))
            across = _across(one[bonds], two[bonds], keys, len(positions))
        positions, velocity = _moved(positions, velocity, box, periodic, one, two, bonds, across)
    return Atoms(atoms.numbers, positions, atoms.grain, atoms.side)


def _chosen(one: IntArray, two: IntArray, length: FloatArray, count: int) -> IntArray:
    """Which pairs are bonded: shortest first, up to the valence of either atom, no triangles."""
    near = np.flatnonzero(np.less(length, REACH))
    near = near[np.argsort(length[near], kind="stable")]
    bonded = np.empty(0, dtype=np.int64)
    for _ in range(_ROUNDS):
        degree = np.bincount(np.concatenate([one[bonded], two[bonded]]), minlength=count)
        room = np.subtract(VALENCE, degree)
        open_ends = np.logical_and(np.greater(room[one[near]], 0), np.greater(room[two[near]], 0))
        near = near[open_ends]
        if not near.size:
            break
        # A pair is bonded where it is among the shortest that either atom still has room for.
        ends = np.concatenate([one[near], two[near]])
        place = np.concatenate([np.arange(near.size), np.arange(near.size)])
        order = np.lexsort((place, ends))
        ordered = ends[order]
        rank = np.empty(ends.size, dtype=np.int64)
        rank[order] = np.subtract(np.arange(ends.size), np.searchsorted(ordered, ordered, side="left"))
        fits = np.less(rank, room[ends])
        mutual = np.logical_and(fits[: near.size], fits[near.size :])
        bonded = np.concatenate([bonded, near[mutual]])
        bonded = bonded[
            np.logical_not(_longest_of_triangles(one[bonded], two[bonded], length[bonded], count))
        ]
        near = near[np.logical_not(mutual)]
    bonded.sort(kind="stable")
    return bonded


def _table(one: IntArray, two: IntArray, count: int) -> IntArray:
    """Numbers of up to ``VALENCE`` bonds of each atom, (count, VALENCE); −1 for none."""
    ends = np.concatenate([one, two])
    bond = np.concatenate([np.arange(one.size), np.arange(one.size)])
    order = np.argsort(ends, kind="stable")
    slot = np.subtract(np.arange(ends.size), np.searchsorted(ends[order], ends[order], side="left"))
    table = np.full((count, VALENCE), -1, dtype=np.int64)
    table[ends[order], slot] = bond[order]
    return table


def _corners(one: IntArray, two: IntArray, count: int) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Both bonds of every corner of two bonds, and the atoms at their far ends (smaller first)."""
    table = _table(one, two, count)
    first, second, low, high = [], [], [], []
    for a in range(VALENCE):
        for b in range(a + 1, VALENCE):
            atom = np.flatnonzero(np.greater_equal(table[:, b], 0))
            left, right = table[atom, a], table[atom, b]
            far_left = np.subtract(np.add(one[left], two[left]), atom)
            far_right = np.subtract(np.add(one[right], two[right]), atom)
            first.append(left)
            second.append(right)
            low.append(np.minimum(far_left, far_right))
            high.append(np.maximum(far_left, far_right))
    return np.concatenate(first), np.concatenate(second), np.concatenate(low), np.concatenate(high)


def _longest_of_triangles(one: IntArray, two: IntArray, length: FloatArray, count: int) -> BoolArray:
    """Which bonds close a triangle as its longest side."""
    drop = np.zeros(one.size, dtype=np.bool_)
    if not one.size:
        return drop
    keys = np.add(np.multiply(one, count), two)
    order = np.argsort(keys, kind="stable")
    first, second, low, high = _corners(one, two, count)
    third, found = _looked_up(keys[order], np.add(np.multiply(low, count), high))
    third = order[third[found]]
    first, second = first[found], second[found]
    longest = np.logical_and(
        np.greater_equal(length[third], length[first]), np.greater_equal(length[third], length[second])
    )
    drop[third[longest]] = True
    return drop


def _across(one: IntArray, two: IntArray, keys: IntArray, count: int) -> IntArray:
    """Which pairs of the list are the far ends of two bonds of one atom."""
    if not one.size:
        return np.empty(0, dtype=np.int64)
    _, _, low, high = _corners(one, two, count)
    place, found = _looked_up(keys, np.unique(np.add(np.multiply(low, count), high)))
    return place[found]


def _looked_up(keys: IntArray, wanted: IntArray) -> tuple[IntArray, BoolArray]:
    """Places in ascending keys, and whether the key is there."""
    place = np.minimum(np.searchsorted(keys, wanted, side="left"), keys.size - 1)
    return place, np.equal(keys[place], wanted)


def _moved(
    positions: FloatArray,
    velocity: FloatArray,
    box: Sequence[float],
    periodic: Periodic,
    one: IntArray,
    two: IntArray,
    bonds: IntArray,
    across: IntArray,
) -> tuple[FloatArray, FloatArray]:
    """Positions and steps after one step."""
    separation = []
    squared = np.zeros(one.size)
    for axis in range(3):
        apart = np.subtract(positions[one, axis], positions[two, axis])
        if periodic[axis]:
            edge = float(box[axis])
            turns = np.floor(np.add(np.divide(apart, edge), 0.5))
            apart = np.subtract(apart, np.multiply(turns, edge))
        separation.append(apart)
        np.add(squared, np.multiply(apart, apart), out=squared)
    distance = np.sqrt(squared)
    force = np.multiply(np.fmax(np.subtract(APART, distance), 0.0), _STIFF_APART)
    force[across] = np.multiply(np.subtract(ACROSS, distance[across]), _STIFF_ACROSS)
    force[bonds] = np.multiply(np.subtract(BOND, distance[bonds]), _STIFF_BOND)
    # Atoms in one place have no direction to part in: they wait for others to move them.
    force = np.divide(force, np.fmax(distance, 1e-6))
    moved, speed = np.empty_like(positions), np.empty_like(positions)
    for axis in range(3):
        pull = np.multiply(force, separation[axis])
        total = np.subtract(
            np.bincount(one, weights=pull, minlength=len(positions)),
            np.bincount(two, weights=pull, minlength=len(positions)),
        )
        change = np.add(np.multiply(velocity[:, axis], _INERTIA), np.multiply(total, _RATE))
        change = np.fmax(np.fmin(change, _LONGEST), -_LONGEST)
        speed[:, axis] = change
        moved[:, axis] = np.add(positions[:, axis], change)
        if not periodic[axis]:
            moved[:, axis] = np.fmax(np.fmin(moved[:, axis], float(box[axis])), 0.0)
    return wrapped(moved, box, periodic), speed
