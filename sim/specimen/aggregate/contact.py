"""The contacts of a finished aggregate."""

from __future__ import annotations

import numpy as np

from sim.core.types import FloatArray, IntArray
from sim.numerics.neighbours import pairs_within

#: Spheres count as touching up to this distance of their surfaces, Å: positions lie on a grid of 2⁻²⁰ Å.
TOLERANCE = 2e-6


def contacts_of(centres: FloatArray, radii: FloatArray) -> IntArray:
    """Pairs of spheres that touch or overlap: |c_i − c_j| ≤ r_i + r_j + 2e-6 Å.

    With sinter necks these are the pairs that were merged and those that come near enough by the way.

    Parameters
    ----------
    centres, radii
        (N, 3) and (N,) Å.

    Returns
    -------
    (C, 2) int64, smaller number first, in ascending order.
    """
    touch = np.asarray(radii, dtype=np.float64)
    order = np.argsort(np.negative(touch), kind="stable")
    found: list[IntArray] = []
    # Classes of falling size: a search as wide as the largest spheres need would drown in the small ones.
    start = 0
    while start < len(order) - 1:
        largest = float(touch[order[start]])
        stop = start + int(np.count_nonzero(np.greater(touch[order[start:]], 0.5 * largest)))
        here, rest = order[start:stop], order[start:]
        one, two = pairs_within(centres[rest], (largest + largest) + TOLERANCE)
        chosen = np.less(one, len(here))
        one, two = rest[one[chosen]], rest[two[chosen]]
        square = np.zeros(len(one))
        for axis in range(3):
            apart = np.subtract(centres[one, axis], centres[two, axis])
            square = np.add(square, np.multiply(apart, apart))
        reach = np.add(np.add(touch[one], touch[two]), TOLERANCE)
        near = np.less_equal(square, np.multiply(reach, reach))
        found.append(np.stack([np.minimum(one, two)[near], np.maximum(one, two)[near]], axis=1))
        start = stop
    if not found:
        return np.empty((0, 2), dtype=np.int64)
    pairs = np.concatenate(found)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].astype(np.int64)
