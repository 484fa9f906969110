"""Maps of a scene's particles: which of them, which grain and which domain is seen at every pixel.

Tier A.  Everywhere an atom is a disc about its projection, as in ``masks.particle_mask``; of several discs
over a pixel the one that lies nearest to the source is seen (largest z; of equals the earlier atom).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError, never
from sim.core.types import FloatArray, ImageGrid, IntArray
from sim.labels.discs import Band, bands
from sim.labels.kernels import compiled

_Number = TypeVar("_Number", bound=np.generic)

#: Numbers of objects and grains that fit into 16 bits.
MOST_NUMBERS = 65_535
#: Domains and layers beyond this are not told apart.
MOST_DOMAINS = 255


def topmost_atom(
    x: FloatArray,
    y: FloatArray,
    z: FloatArray,
    radius: FloatArray | float,
    grid: ImageGrid,
    *,
    sample_x: FloatArray | None = None,
    sample_y: FloatArray | None = None,
    cancel: Callable[[], None] = never,
) -> IntArray:
    """The atom that is seen at every pixel.

    Parameters
    ----------
    x, y, z
        (N,) true positions, Å.
    radius
        (N,) radii of the discs, or one for all, Å.
    grid
        Pixels of the image.
    sample_x, sample_y
        (H, W) point of the specimen that each pixel shows, Å; the pixel centres themselves when None.
    cancel
        Called often; raises to stop.

    Returns
    -------
    (H, W) int64: number of the atom whose disc covers the pixel and which lies nearest to the source (largest
    z; of equals the lower number), −1 where there is none.
    """
    x, y, radius = _discs(x, y, radius)
    # Ranks from far to near; of equal heights the later atom comes first and is covered by the earlier.
    order = np.lexsort((np.negative(np.arange(len(x))), z))
    rank = np.empty(len(x), dtype=np.int64)
    rank[order] = np.arange(len(x))
    best = np.full(grid.shape, -1, dtype=np.int64)
    module = compiled()
    mark = topmost_by_numpy if module is None else module.topmost_in_band
    for band in bands(x, y, radius, grid, sample_x, sample_y, cancel):
        mark(best[band.rows], band, rank[band.atoms])
    found = np.append(order, -1)
    return found[best]


def topmost_by_numpy(best: IntArray, band: Band, rank: IntArray) -> None:
    """Raise the ranks ``best`` (rows, W) of a band's pixels to those of the atoms over them, in place."""
    flat = best.reshape(-1)
    for place, pixel in band.hits():
        np.maximum.at(flat, pixel, rank[place])


def overlap_map(
    x: FloatArray,
    y: FloatArray,
    radius: FloatArray | float,
    owner: IntArray,
    grid: ImageGrid,
    *,
    sample_x: FloatArray | None = None,
    sample_y: FloatArray | None = None,
    cancel: Callable[[], None] = never,
) -> NDArray[np.uint8]:
    """How many things lie one behind the other at every pixel.

    Parameters
    ----------
    owner
        (N,) which thing each atom belongs to.
    x, y, radius, grid, sample_x, sample_y, cancel
        As in :func:`topmost_atom`.

    Returns
    -------
    (H, W) uint8, at most 255.
    """
    order = np.argsort(owner, kind="stable")
    x, y, radius = _discs(x, y, radius)
    x, y, radius, owner = x[order], y[order], radius[order], owner[order]
    count = np.zeros(grid.shape, dtype=np.int64)
    module = compiled()
    mark = layers_by_numpy if module is None else module.layers_in_band
    for band in bands(x, y, radius, grid, sample_x, sample_y, cancel):
        mark(count[band.rows], band, owner[band.atoms])
    return np.minimum(count, MOST_DOMAINS).astype(np.uint8)


def layers_by_numpy(count: IntArray, band: Band, owner: IntArray) -> None:
    """Add 1 to ``count`` (rows, W) for every owner, of ascending numbers, over a pixel, in place."""
    flat = count.reshape(-1)
    last = np.full(len(flat), -1, dtype=np.int64)
    for place, pixel in band.hits():
        which = owner[place]
        # Pixel by pixel in the order of the owners, each owner once.
        one = np.lexsort((which, pixel))
        which, pixel = which[one], pixel[one]
        fresh = np.not_equal(which, last[pixel])
        if len(pixel):
            repeated = np.logical_and(np.equal(which[1:], which[:-1]), np.equal(pixel[1:], pixel[:-1]))
            fresh[1:] = np.logical_and(fresh[1:], np.logical_not(repeated))
        np.add.at(flat, pixel[fresh], 1)
        np.maximum.at(last, pixel, which)


def seen(topmost: IntArray, values: NDArray[Any], dtype: type[_Number]) -> NDArray[_Number]:
    """What the seen atoms have: ``values`` (N,) by pixel, 0 where there is no atom.

    Parameters
    ----------
    topmost
        (H, W) from :func:`topmost_atom`.
    dtype
        Of the result (H, W).
    """
    return np.append(np.asarray(values), 0)[topmost].astype(dtype)


def grain_numbers(objects: IntArray, grains: IntArray) -> IntArray:
    """Grains numbered through a scene, from 1 on, in the order of the objects and then of their grains.

    Parameters
    ----------
    objects, grains
        (N,) object of each atom, and its grain there.

    Raises
    ------
    InputError
        When there are more than 65 535.
    """
    if not len(objects):
        return np.empty(0, dtype=np.int64)
    order = np.lexsort((grains, objects))
    one, two = objects[order], grains[order]
    fresh = np.logical_or(np.not_equal(one[1:], one[:-1]), np.not_equal(two[1:], two[:-1]))
    steps = np.concatenate([[1], fresh.astype(np.int64)])
    numbers = np.empty(len(objects), dtype=np.int64)
    numbers[order] = np.cumsum(steps, dtype=np.int64)
    most = int(np.max(numbers))
    if most > MOST_NUMBERS:
        raise InputError(
            "labels.grain_map",
            f"the scene has {most:,} grains",
            allowed=f"up to {MOST_NUMBERS:,}",
            remedy="turn the map off or make fewer grains",
        )
    return numbers


def domain_numbers(side: IntArray) -> IntArray:
    """Twin domains (N,) from 1 on: one more than the defect planes below; 255 for all beyond."""
    return np.minimum(np.add(side, 1), MOST_DOMAINS)


def _discs(x: FloatArray, y: FloatArray, radius: FloatArray | float) -> tuple[FloatArray, ...]:
    x = np.asarray(x, dtype=np.float64)
    y = np.asarray(y, dtype=np.float64)
    return x, y, np.broadcast_to(np.asarray(radius, dtype=np.float64), x.shape)
