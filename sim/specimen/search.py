"""Faster searches for neighbours, passed to tier-A functions that take ``candidates``.

Not tier A: scipy's KD-tree only proposes pairs; whoever asked decides with its own arithmetic.
"""

from __future__ import annotations

import numpy as np

from sim.core.types import FloatArray, IntArray

#: Room for the tree's own rounding, relative.
_MARGIN = 1.0 + 2.0**-30


def kd_tree(positions: FloatArray, radius: float) -> tuple[IntArray, IntArray]:
    """Pairs of points within a radius, proposed by a KD-tree.

    A :data:`sim.numerics.neighbours.CandidateSearch`; it serves periodic boxes as well, because
    :func:`sim.numerics.periodic.periodic_pairs_within` repeats the points near the faces itself.

    Parameters
    ----------
    positions
        (N, D), finite.
    radius
        Largest distance, in the unit of the positions.

    Returns
    -------
    Indices i < j, two int64 arrays in no particular order.
    """
    from scipy.spatial import cKDTree

    if len(positions) < 2:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    tree = cKDTree(positions, compact_nodes=False, balanced_tree=False)
    pairs = tree.query_pairs(radius * _MARGIN, output_type="ndarray")
    return np.ascontiguousarray(pairs[:, 0], dtype=np.int64), np.ascontiguousarray(
        pairs[:, 1], dtype=np.int64
    )
