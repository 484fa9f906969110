"""Near atoms of a specimen: smallest distances and coordination, by elements and by objects.  No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from sim.core.types import FloatArray, IntArray
from sim.specimen.search import kd_tree
from sim.specimen.statistics.coordination import pairs_and_distances

#: Pairs farther apart are not looked for, Å.
REACH = 4.0
#: Atoms whose neighbours are looked for at once: memory stays small, and the work can be stopped.
PORTION = 50_000
#: Neighbours of an atom are no farther than this many times the nearest-neighbour distance of its element:
#: between the first and second shells of the common lattices (bcc is the tightest, 1.155).
SHELL = 1.12
#: Distances are counted to this, Å.
STEP = 0.001

Cancel = Callable[[], None]
Pair = tuple[int, int]


@dataclass(frozen=True)
class Neighbours:
    """Of one element among another: mean number within ``cutoff``, Å."""

    centre: int
    neighbour: int
    mean: float
    cutoff: float


@dataclass(frozen=True)
class NearPairs:
    """What the near pairs of atoms tell.

    Attributes
    ----------
    elements
        Smallest distance, Å, by two atomic numbers, the smaller first; those beyond ``REACH`` are left out.
    objects
        The same by the numbers of two different objects.
    neighbours
        By ordered pairs of elements that have any.
    coordination
        Mean number of neighbours of all elements, by atomic number.
    """

    elements: dict[Pair, float]
    objects: dict[Pair, float]
    neighbours: tuple[Neighbours, ...]
    coordination: dict[int, float]


def near_pairs(numbers: IntArray, positions: FloatArray, objects: IntArray, cancel: Cancel) -> NearPairs:
    """Distances and neighbours in a specimen.

    Parameters
    ----------
    numbers, positions
        (N,) and (N, 3) Å.
    objects
        (N,) numbers of the objects that atoms belong to; empty for one object.
    cancel
        Called between portions; raises to stop.
    """
    elements, kind = np.unique(numbers, return_inverse=True)
    kind = kind.reshape(-1)
    kinds = len(elements)
    nearest = np.full(len(numbers), np.inf)
    by_elements: dict[Pair, float] = {}
    by_objects: dict[Pair, float] = {}
    # How many pairs of each kind are how far apart, as seen from their first element.
    bins = round(REACH / STEP) + 1
    counted = np.zeros((kinds * kinds, bins), dtype=np.int64)
    for one, two, distance in _portions(positions, cancel):
        np.minimum.at(nearest, one, distance)
        np.minimum.at(nearest, two, distance)
        low, high = np.minimum(kind[one], kind[two]), np.maximum(kind[one], kind[two])
        _smallest(by_elements, low * kinds + high, distance, kinds)
        # Both ways round: what is a neighbour depends on the element of the atom that has it.
        place = np.minimum((distance * (1.0 / STEP)).astype(np.int64), bins - 1)
        for own, other in ((one, two), (two, one)):
            code = (kind[own] * kinds + kind[other]) * bins + place
            counted += np.bincount(code, minlength=counted.size).reshape(counted.shape)
        if len(objects):
            apart = objects[one] != objects[two]
            first, second = objects[one[apart]], objects[two[apart]]
            most = int(objects.max()) + 1
            keys = np.minimum(first, second) * most + np.maximum(first, second)
            _smallest(by_objects, keys, distance[apart], most)
    cancel()
    atoms = np.bincount(kind, minlength=kinds)
    cutoffs = np.array([_median(nearest[kind == own]) for own in range(kinds)]) * SHELL
    # A pair as far apart as the cutoff is one of neighbours, to a bin.
    last = np.minimum((cutoffs * (1.0 / STEP)).astype(np.int64), bins - 1)
    up_to = np.cumsum(counted, axis=1).reshape(kinds, kinds, bins)
    means = up_to[np.arange(kinds), :, last] / np.maximum(atoms, 1)[:, np.newaxis]
    words = elements.tolist()
    return NearPairs(
        {(words[low], words[high]): value for (low, high), value in sorted(by_elements.items())},
        dict(sorted(by_objects.items())),
        tuple(
            Neighbours(words[own], words[other], float(means[own, other]), float(cutoffs[own]))
            for own in range(kinds)
            for other in range(kinds)
            if means[own, other] > 0.0
        ),
        {words[own]: float(means[own].sum()) for own in range(kinds)},
    )


def _median(values: FloatArray) -> float:
    """Of the finite ones; 0 without any."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else 0.0


def _smallest(found: dict[Pair, float], keys: IntArray, distance: FloatArray, base: int) -> None:
    """Note the smallest distance of each key (low · base + high)."""
    if not len(keys):
        return
    order = np.lexsort((distance, keys))
    firsts = order[np.flatnonzero(np.diff(keys[order], prepend=-1))]
    for key, value in zip(keys[firsts].tolist(), distance[firsts].tolist(), strict=True):
        pair = divmod(key, base)
        found[pair] = min(value, found.get(pair, value))


def _portions(positions: FloatArray, cancel: Cancel) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """Pairs within ``REACH``, each once, in portions: layers across x, each with what it can reach."""
    order = np.argsort(positions[:, 0], kind="stable")
    across = positions[order, 0]
    for begin in range(0, len(order), PORTION):
        cancel()
        end = min(begin + PORTION, len(order))
        reached = int(np.searchsorted(across, across[end - 1] + REACH, side="right"))
        atoms = order[begin:reached]
        one, two, distance = pairs_and_distances(positions[atoms], REACH, candidates=kd_tree)
        # A pair belongs to the layer of its first atom; those of two later ones come again.
        own = np.minimum(one, two) < end - begin
        yield atoms[one[own]], atoms[two[own]], distance[own]
