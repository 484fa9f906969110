"""Thickness of spheres along the beam, averaged over every pixel, each place counted once.

Tier A.  The spheres' arithmetic is in ``kernels_numpy``; here are the search for overlapping spheres and the
order of the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sim.core.errors import InputError, never
from sim.core.types import FloatArray, ImageGrid, IntArray
from sim.imaging.thickness import kernels
from sim.imaging.thickness.kernels_numpy import CAP_POINTS, Field, Spheres
from sim.numerics.neighbours import pairs_within

Cancel = Callable[[], None]

#: Spheres that reach into each other by less, Å, share nothing that could be seen.
_TOUCHING = 1e-4
#: Pixels handled between two looks at ``cancel``.
_AT_ONCE = 2**20


def thickness_maps(
    centres: FloatArray,
    radii: FloatArray,
    species: IntArray,
    count: int,
    grid: ImageGrid,
    *,
    heights: FloatArray | None = None,
    cancel: Cancel = never,
) -> FloatArray:
    """Thickness of every species along the beam, the mean over each pixel.

    Parameters
    ----------
    centres, radii
        (N, 3) and (N,), Å; the field's centre is x = y = 0, z is the beam axis.
    species
        (N,) int64 from 0 on.
    count
        Number of species.
    grid
        Pixels of the image.
    heights
        (L,) z of planes, descending, Å.
    cancel
        Called at least every 100 ms; raises to stop.

    Returns
    -------
    (count, H, W) float64, Å; with ``heights`` (L, count, H, W): what lies above each plane.

    Notes
    -----
    A place that several spheres hold belongs to the largest of them (of equal ones to that of the smallest
    number).  Of whole spheres every pixel
    is exact; where a plane cuts a sphere, or spheres overlap, it is the mean over points in the pixel,
    24 across the radius of a cut sphere and up to 60 across the box around what two spheres share.
    """
    if heights is None:
        return next(cumulative_maps(centres, radii, species, count, grid, np.array([-np.inf]), cancel=cancel))
    levels = np.asarray(heights, dtype=np.float64)
    maps = np.empty((len(levels), count, *grid.shape))
    for level, made in enumerate(
        cumulative_maps(centres, radii, species, count, grid, levels, cancel=cancel)
    ):
        maps[level] = made
    return maps


def cumulative_maps(
    centres: FloatArray,
    radii: FloatArray,
    species: IntArray,
    count: int,
    grid: ImageGrid,
    heights: FloatArray,
    *,
    cancel: Cancel = never,
) -> Iterator[FloatArray]:
    """The maps of ``thickness_maps`` plane after plane, in one array that is changed from plane to plane."""
    if np.any(np.greater_equal(heights[1:], heights[:-1])):
        raise InputError("heights", "planes must descend", remedy="sort them from the entrance to the exit")
    spheres = spheres_of(centres, radii, species)
    maps = np.zeros((count, *grid.shape))
    highest, lowest = np.add(spheres.z, spheres.radius), np.subtract(spheres.z, spheres.radius)
    upper = np.inf
    for lower in heights.tolist():
        here = np.flatnonzero(np.logical_and(np.greater(highest, lower), np.less(lowest, upper)))
        _add(maps, spheres, here, upper, lower, grid, cancel)
        yield maps
        upper = lower


def spheres_of(centres: FloatArray, radii: FloatArray, species: IntArray) -> Spheres:
    """Spheres and which of them overlap; see :class:`Spheres`."""
    # The larger one has what two share, whichever material comes first.
    order = np.argsort(np.negative(np.asarray(radii, dtype=np.float64)), kind="stable")
    points = np.asarray(centres, dtype=np.float64)[order]
    radius = np.ascontiguousarray(np.asarray(radii, dtype=np.float64)[order])
    begin = np.zeros(len(radius) + 1, dtype=np.int64)
    earlier = np.zeros(0, dtype=np.int64)
    if len(radius) > 1:
        one, two = pairs_within(points, 2.0 * float(np.max(radius)))
        square = np.zeros(len(one))
        for axis in range(3):
            difference = np.subtract(points[one, axis], points[two, axis])
            square = np.add(square, np.multiply(difference, difference))
        reach = np.maximum(np.subtract(np.add(radius[one], radius[two]), _TOUCHING), 0.0)
        overlap = np.less(square, np.multiply(reach, reach))
        one, two = one[overlap], two[overlap]
        earlier = one[np.lexsort((one, two))].astype(np.int64)
        begin[1:] = np.cumsum(np.bincount(two, minlength=len(radius)), dtype=np.int64)
    x, y, z = (np.ascontiguousarray(points[:, axis]) for axis in range(3))
    return Spheres(x, y, z, radius, np.asarray(species, dtype=np.int64)[order], begin, earlier)


def _add(
    maps: FloatArray,
    spheres: Spheres,
    which: IntArray,
    upper: float,
    lower: float,
    grid: ImageGrid,
    cancel: Cancel,
) -> None:
    """Add spheres in portions and bands of rows that leave time to look at ``cancel``.

    Bands change no bit: every pixel gets its spheres in their order.
    """
    if not len(which):
        return
    kernel = kernels.chosen()
    side = np.add(np.multiply(spheres.radius[which], 2.0 / grid.pixel_size), 2.0)
    pixels = np.multiply(np.minimum(side, grid.width), np.minimum(side, grid.height))
    # A sphere that a plane cuts costs some points a pixel.
    cut = max(4.0, CAP_POINTS * CAP_POINTS / 16.0) if np.isfinite(lower) or np.isfinite(upper) else 1.0
    work = np.multiply(pixels, cut)
    bands = max(1, int(np.ceil(float(np.max(work)) / _AT_ONCE)))
    rows = max(1, -(-grid.height // bands))
    portion = np.floor(np.divide(_running(work), float(_AT_ONCE * bands))).astype(np.int64)
    begins = np.flatnonzero(np.concatenate([[True], np.not_equal(portion[1:], portion[:-1])]))
    for first in range(0, grid.height, rows):
        field = Field(grid.height, grid.width, float(grid.pixel_size), first, min(first + rows, grid.height))
        for start, stop in zip(begins.tolist(), [*begins[1:].tolist(), len(which)], strict=True):
            cancel()
            kernel.add_spheres(maps, spheres, which[start:stop], upper, lower, field)


def _running(work: FloatArray) -> FloatArray:
    """Running total in whole pixels."""
    return np.cumsum(np.ceil(work).astype(np.int64), dtype=np.int64).astype(np.float64)
