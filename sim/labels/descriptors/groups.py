"""Which things hang together, directly or by way of others.

Tier A.
"""

from __future__ import annotations

import numpy as np

from sim.numerics.detmath import IntArray


def smallest_members(count: int, first: IntArray, second: IntArray) -> IntArray:
    """The smallest number in the group of each of ``count`` things that links join.

    Parameters
    ----------
    count
        Things, numbered from 0.
    first, second
        (L,) the two ends of every link, in any order.

    Returns
    -------
    (count,) int64; a thing without links is its own group.
    """
    root = np.arange(count, dtype=np.int64)
    if not len(first):
        return root
    while True:
        one, two = root[first], root[second]
        apart = np.not_equal(one, two)
        if not bool(np.any(apart)):
            return root
        # The larger root of every link is hung below the smaller one, then all paths are shortened.
        np.minimum.at(root, np.maximum(one, two)[apart], np.minimum(one, two)[apart])
        shorter = root[root]
        while not np.array_equal(shorter, root):
            root, shorter = shorter, shorter[shorter]


def pure_clusters(species: IntArray, contacts: IntArray) -> IntArray:
    """Clusters of touching particles of one material.

    Parameters
    ----------
    species
        (N,) material of every particle.
    contacts
        (C, 2) pairs of particles that touch.

    Returns
    -------
    (N,) int64, number of each particle's cluster: from 0 on, in the order of their first particles.
    """
    first, second = contacts[:, 0], contacts[:, 1]
    same = np.equal(species[first], species[second])
    roots = smallest_members(len(species), first[same], second[same])
    _, numbers = np.unique(roots, return_inverse=True)
    return np.asarray(numbers, dtype=np.int64).reshape(-1)
