"""How many neighbours atoms have, and how near the nearest are, by elements.

Tier A.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray, IntArray
from sim.numerics.neighbours import CandidateSearch, pairs_within
from sim.numerics.periodic import Periodic, periodic_pairs_within


@dataclass(frozen=True)
class Coordination:
    """Neighbours of one element among another.

    Attributes
    ----------
    centre, neighbour
        Atomic numbers.
    mean
        Neighbours an atom of ``centre`` has on average.
    histogram
        histogram[n] atoms of ``centre`` have n neighbours.
    """

    centre: int
    neighbour: int
    mean: float
    histogram: tuple[int, ...]


def pairs_and_distances(
    positions: FloatArray,
    radius: float,
    *,
    box: Sequence[float] | None = None,
    periodic: Periodic = (False, False, False),
    candidates: CandidateSearch | None = None,
) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs of atoms within a radius, i < j, and their distances, Å.

    Parameters
    ----------
    positions
        (N, 3) Å; in [0, edge) along axes that repeat.
    radius
        Å.
    box, periodic
        Edges, Å, and which of them repeat; open space without a box.
    candidates
        As for :func:`sim.numerics.neighbours.pairs_within`.
    """
    if box is not None and any(periodic):
        one, two, squared = periodic_pairs_within(positions, radius, box, periodic, candidates)
        return one, two, np.sqrt(squared)
    one, two = pairs_within(positions, radius, candidates)
    total = np.zeros(one.size)
    for axis in range(3):
        apart = np.subtract(positions[one, axis], positions[two, axis])
        np.add(total, np.multiply(apart, apart), out=total)
    return one, two, np.sqrt(total)


def coordination(
    numbers: IntArray,
    positions: FloatArray,
    cutoff: float,
    *,
    box: Sequence[float] | None = None,
    periodic: Periodic = (False, False, False),
    candidates: CandidateSearch | None = None,
) -> tuple[Coordination, ...]:
    """Coordination numbers of every ordered pair of elements that occur, ascending.

    Parameters
    ----------
    numbers
        (N,) atomic numbers.
    positions, box, periodic, candidates
        As for :func:`pairs_and_distances`.
    cutoff
        Atoms no farther apart are neighbours, Å.
    """
    one, two, _ = pairs_and_distances(positions, cutoff, box=box, periodic=periodic, candidates=candidates)
    elements = np.unique(numbers).tolist()
    found = []
    for centre in elements:
        own = np.equal(numbers, centre)
        for neighbour in elements:
            other = np.equal(numbers, neighbour)
            forward = one[np.logical_and(own[one], other[two])]
            backward = two[np.logical_and(own[two], other[one])]
            counts = np.add(
                np.bincount(forward, minlength=len(numbers)), np.bincount(backward, minlength=len(numbers))
            )[own]
            total = int(np.sum(counts, dtype=np.int64))
            histogram = tuple(int(count) for count in np.bincount(counts).tolist())
            found.append(Coordination(int(centre), int(neighbour), total / len(counts), histogram))
    return tuple(found)


def minimum_distances(
    numbers: IntArray,
    positions: FloatArray,
    *,
    reach: float = 4.0,
    box: Sequence[float] | None = None,
    periodic: Periodic = (False, False, False),
    candidates: CandidateSearch | None = None,
) -> dict[tuple[int, int], float]:
    """Smallest distance, Å, of every pair of elements (smaller number first) that comes within ``reach``.

    Parameters
    ----------
    numbers
        (N,) atomic numbers.
    positions, box, periodic, candidates
        As for :func:`pairs_and_distances`.
    reach
        Pairs of elements that are nowhere nearer than this, Å, are left out.
    """
    if len(numbers) != len(positions):
        raise InputError("positions", f"hold {len(positions)} atoms, the atomic numbers {len(numbers)}")
    one, two, distance = pairs_and_distances(
        positions, reach, box=box, periodic=periodic, candidates=candidates
    )
    low = np.minimum(numbers[one], numbers[two])
    high = np.maximum(numbers[one], numbers[two])
    elements = np.unique(numbers).tolist()
    found: dict[tuple[int, int], float] = {}
    for place, first in enumerate(elements):
        for second in elements[place:]:
            these = distance[np.logical_and(np.equal(low, first), np.equal(high, second))]
            if these.size:
                found[int(first), int(second)] = float(np.min(these))
    return found
