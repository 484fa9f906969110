"""Where defect planes appear: the atoms beside each plane of twins, stacking faults and boundaries.

Tier A.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.core.errors import never
from sim.core.types import FloatArray, IntArray

#: Atoms within this share of a bond of a plane lie beside it: those of the nearest layer on either side.
REACH = 0.75


def beside_planes(
    positions: FloatArray,
    objects: IntArray,
    domain: IntArray,
    planes: FloatArray,
    bonds: FloatArray,
    cancel: Callable[[], None] = never,
) -> IntArray:
    """The kind of the plane that each atom lies beside.

    Parameters
    ----------
    positions
        (N, 3) Å.
    objects
        (N,) object of each atom, from 1 on.
    domain
        (N,) number of the atom's domain: the two sides of a plane differ in it.
    planes
        (P, 8) object, kind code, normal (3), point (3), in the frame of the positions.
    bonds
        (M,) bond length of each object, Å.
    cancel
        Called for every plane; raises to stop.

    Returns
    -------
    (N,) kind code + 1 of the nearest plane of the atom's own object that is no farther away than 0.75 bonds
    and has atoms of different domains beside it (of equally near ones the first); 0 for all other atoms.
    """
    found = np.zeros(len(positions), dtype=np.int64)
    nearest = np.full(len(positions), np.inf)
    for owner in np.unique(planes[:, 0]).astype(np.int64).tolist():
        own = np.flatnonzero(np.equal(objects, owner))
        reach = REACH * float(bonds[owner - 1])
        for plane in planes[np.equal(planes[:, 0], owner)]:
            cancel()
            away = np.abs(_height(positions[own], plane[2:5], plane[5:8]))
            near = np.less_equal(away, reach)
            sides = domain[own[near]]
            if not len(sides) or int(np.min(sides)) == int(np.max(sides)):
                continue
            nearer = np.logical_and(near, np.less(away, nearest[own]))
            found[own[nearer]] = int(plane[1]) + 1
            nearest[own[nearer]] = away[nearer]
    return found


def _height(positions: FloatArray, normal: FloatArray, point: FloatArray) -> FloatArray:
    """Signed distance from a plane, (N,) Å."""
    total = np.zeros(len(positions))
    for axis in range(3):
        total = np.add(total, np.multiply(np.subtract(positions[:, axis], point[axis]), normal[axis]))
    return total
