"""Which two atoms of a structure are closest: the check of what a file brought.

Uses scipy's KD-tree: it decides about refusals and warnings only, never about an image.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.core.types import FloatArray, IntArray


class Pair(NamedTuple):
    """Two atoms (first < second, counted from 0) and their distance, Å."""

    first: int
    second: int
    distance: float


def closest_pair(positions: FloatArray, crowded: float) -> Pair | None:
    """The two closest atoms; None for fewer than two.

    Parameters
    ----------
    positions
        (N, 3) in Å.
    crowded
        Below this distance (Å) any pair will do: structures that hold thousands of atoms in one
        place must not cost more than others.
    """
    if len(positions) < 2:
        return None
    pair = _same_cell(positions, crowded)
    if pair is not None:
        return pair
    from scipy.spatial import cKDTree

    found, neighbours = cKDTree(positions).query(positions, k=2)
    distances = np.asarray(found)[:, 1]
    atom = int(np.argmin(distances))
    first, second = sorted((atom, int(np.asarray(neighbours)[atom, 1])))
    return Pair(first, second, float(distances[atom]))


def closest_periodic_pair(positions: FloatArray, cell: FloatArray, crowded: float) -> Pair | None:
    """Two atoms closer than ``crowded`` (Å) once the cell repeats, or None.

    ``cell`` holds row vectors; its opposite faces are farther apart than ``2 * crowded``.
    """
    inverse = np.linalg.inv(cell)
    fractional = positions @ inverse
    fractional -= np.floor(fractional)
    # Distance between opposite faces is 1 / |column of the inverse|.
    margins = crowded * np.sqrt(np.sum(inverse * inverse, axis=0))
    atoms: IntArray = np.arange(len(positions), dtype=np.int64)
    for axis in range(3):
        low = fractional[:, axis] < margins[axis]
        ghosts = fractional[low]
        ghosts[:, axis] += 1.0
        fractional = np.concatenate([fractional, ghosts])
        atoms = np.concatenate([atoms, atoms[low]])
    pair = closest_pair(fractional @ cell, crowded)
    if pair is None or pair.distance >= crowded:
        return None
    first, second = sorted((int(atoms[pair.first]), int(atoms[pair.second])))
    return Pair(first, second, pair.distance)


def _same_cell(positions: FloatArray, crowded: float) -> Pair | None:
    """A pair in one cube so small that all in it are closer than ``crowded``."""
    cubes = np.floor(positions * (2.0 / crowded)).astype(np.int64)
    order = np.lexsort((cubes[:, 2], cubes[:, 1], cubes[:, 0]))
    ordered = cubes[order]
    same = np.flatnonzero(np.all(ordered[1:] == ordered[:-1], axis=1))
    if not len(same):
        return None
    place = same[np.argmin(np.minimum(order[same], order[same + 1]))]
    first, second = sorted((int(order[place]), int(order[place + 1])))
    return Pair(first, second, float(np.sqrt(np.sum((positions[first] - positions[second]) ** 2))))
