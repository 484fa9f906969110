"""Volumes of spheres that may overlap, each place counted once.

Tier A.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from sim.core.errors import never
from sim.core.types import FloatArray, ImageGrid, IntArray
from sim.imaging.thickness.chords import spheres_of, thickness_maps
from sim.numerics.detmath import ordered_sum

#: Pixels across the smallest radius of the maps that overlapping spheres are integrated on (3e-5 of the
#: volume), and across the whole aggregate at most.
_FINE, _MOST = 3.0, 1536


def species_volumes(
    centres: FloatArray,
    radii: FloatArray,
    species: IntArray,
    count: int,
    *,
    cancel: Callable[[], None] = never,
) -> tuple[float, ...]:
    """Volume of every species, Å³.

    Parameters
    ----------
    centres, radii
        (N, 3) and (N,) Å.
    species
        (N,) from 0 on.
    count
        Number of species.
    cancel
        Called at least every 100 ms; raises to stop.

    Returns
    -------
    One volume a species.  Of spheres that do not overlap it is exact; otherwise the integral of their
    thickness, where what several spheres hold belongs to the largest of them.
    """
    cubes = np.multiply(np.multiply(radii, radii), np.multiply(radii, 4.0 / 3.0 * math.pi))
    if not len(radii) or not len(spheres_of(centres, radii, species).earlier):
        return tuple(float(ordered_sum(cubes[np.equal(species, which)])) for which in range(count))
    low = [float(np.min(np.subtract(centres[:, axis], radii))) for axis in (0, 1)]
    high = [float(np.max(np.add(centres[:, axis], radii))) for axis in (0, 1)]
    widest = max(high[0] - low[0], high[1] - low[1])
    step = max(float(np.min(radii)) / _FINE, widest / _MOST)
    sides = [math.ceil((high[axis] - low[axis]) / step) + 2 for axis in (0, 1)]
    middle = np.array([0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1]), 0.0])
    grid = ImageGrid(sides[1], sides[0], step)
    maps = thickness_maps(np.subtract(centres, middle), radii, species, count, grid, cancel=cancel)
    return tuple(float(ordered_sum(one)) * (step * step) for one in maps)
