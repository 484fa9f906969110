"""How densely particles stand around a particle, by distance.

Tier A: pairs are counted; only the counts are scaled.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from sim.core.errors import never
from sim.labels.descriptors.near import near_pairs
from sim.numerics.detmath import FloatArray, IntArray, ordered_sum

#: Shells of distance, and their thickness in mean diameters.  They are centred on multiples of the
#: thickness, so that equal touching spheres (distance 1) fall into the middle of a shell.
SHELLS = 24
THICKNESS = 0.25

#: Middle of every shell, mean diameters: 0.25 to 6.
DISTANCES = tuple(THICKNESS * (number + 1) for number in range(SHELLS))
_EDGES = tuple(THICKNESS * (number + 0.5) for number in range(SHELLS + 1))
_VOLUMES = tuple(
    4.0 / 3.0 * math.pi * (outer * outer * outer - inner * inner * inner) for inner, outer in pairwise(_EDGES)
)


def pair_correlations(
    centres: FloatArray, radii: FloatArray, species: IntArray, *, cancel: Callable[[], None] = never
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Pair correlation of all particles, and that of the first with the second material.

    Parameters
    ----------
    centres
        (N, 3) Å.
    radii
        (N,) Å; their mean gives the unit of length, the mean diameter d.
    species
        (N,) 0 or 1.
    cancel
        Called at least every 100 ms.

    Returns
    -------
    Two tuples of :data:`SHELLS` numbers, one for each distance of :data:`DISTANCES`.

    The first is the mean number of other particles a particle has in a shell, divided by the
    shell's volume in units of d³: a density in 1/d³, which behaves like x^(D_f − 3) in a fractal and
    needs no volume of the whole aggregate.  It does not depend on the number of particles as long as
    the aggregate is larger than the distance.

    The second is the same of pairs of unlike particles only, divided by the share of unlike pairs
    among all pairs, 2·N_A·N_B/(N(N − 1)): where the materials are mixed at random it equals the
    first, in segregated aggregates it is smaller at short distances.  All 0 if there is one material.
    """
    count = len(radii)
    if count < 2:
        return (0.0,) * SHELLS, (0.0,) * SHELLS
    diameter = 2.0 * float(ordered_sum(radii)) / count
    edges = np.multiply(np.array(_EDGES), diameter)
    squared_edges = np.multiply(edges, edges)
    pairs = np.zeros(SHELLS, dtype=np.int64)
    unlike = np.zeros(SHELLS, dtype=np.int64)
    for first, second, squared in near_pairs(centres, float(edges[-1]), cancel=cancel):
        shell = np.subtract(np.searchsorted(squared_edges, squared, side="left"), 1)
        inside = np.logical_and(np.greater_equal(shell, 0), np.less(shell, SHELLS))
        pairs += np.bincount(shell[inside], minlength=SHELLS)
        inside &= np.not_equal(species[first], species[second])
        unlike += np.bincount(shell[inside], minlength=SHELLS)
    first_count = int(np.count_nonzero(np.equal(species, 0)))
    expected = 2.0 * first_count * (count - first_count) / (count * (count - 1.0))
    return _density(pairs, count, 1.0), _density(unlike, count, expected)


def _density(pairs: IntArray, count: int, share: float) -> tuple[float, ...]:
    if not share:
        return (0.0,) * SHELLS
    return tuple(
        2.0 * int(number) / count / (volume * share) for number, volume in zip(pairs, _VOLUMES, strict=True)
    )
