"""Which pixels lie in which atoms' discs, on straight and on distorted grids: in bands of rows.

Tier A.  The same definition as ``masks.particle_mask``: each pixel is decided at the point that it shows,
the rim of a disc included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from sim.core.types import FloatArray, ImageGrid, IntArray

#: Rows that are handled together: the displacement of a distorted scan changes little within them.
BAND = 16
#: Pixel tests of the reference at once.
_TESTS_AT_ONCE = 2**18


@dataclass(frozen=True, eq=False)
class Band:
    """Some rows of an image and the atoms whose discs may reach them.

    Attributes
    ----------
    rows
        Of the image.
    atoms
        (n,) the atoms, in their order.
    x, y, square
        (n,) their places and squared radii, Å and Å².
    left
        (n,) first column in which a disc can lie.
    width
        Columns that every disc is tested in.
    sample_x, sample_y
        (rows, W) the points that the pixels show, Å.
    """

    rows: slice
    atoms: IntArray
    x: FloatArray
    y: FloatArray
    square: FloatArray
    left: IntArray
    width: int
    sample_x: FloatArray
    sample_y: FloatArray

    def hits(self) -> Iterator[tuple[IntArray, IntArray]]:
        """(place in ``atoms``, pixel of the band counted row by row) of every pixel in a disc, in chunks."""
        rows, width_of_image = self.sample_x.shape
        flat_x, flat_y = np.ravel(self.sample_x), np.ravel(self.sample_y)
        first_pixel = np.multiply(np.arange(rows), width_of_image)[np.newaxis, :, np.newaxis]
        chunk = max(1, _TESTS_AT_ONCE // (rows * self.width))
        for begin in range(0, len(self.x), chunk):
            some = slice(begin, begin + chunk)
            columns = np.add(self.left[some, np.newaxis], np.arange(self.width))[:, np.newaxis, :]
            pixel = np.add(first_pixel, columns)
            away_x = np.subtract(np.take(flat_x, pixel), self.x[some, np.newaxis, np.newaxis])
            away_y = np.subtract(np.take(flat_y, pixel), self.y[some, np.newaxis, np.newaxis])
            away = np.add(np.multiply(away_x, away_x), np.multiply(away_y, away_y))
            inside = np.nonzero(np.less_equal(away, self.square[some, np.newaxis, np.newaxis]))
            yield np.add(inside[0], begin), pixel[inside]


def bands(
    x: FloatArray,
    y: FloatArray,
    radius: FloatArray,
    grid: ImageGrid,
    sample_x: FloatArray | None,
    sample_y: FloatArray | None,
    check: Callable[[], None],
) -> Iterator[Band]:
    """The bands of an image that any disc may reach.

    Parameters
    ----------
    x, y, radius
        (N,) places and radii of the discs, Å.
    grid
        Pixels of the image.
    sample_x, sample_y
        (H, W) point of the specimen that each pixel shows, Å; the pixel centres when None.
    check
        Called for every band; raises to stop.
    """
    centres_x = grid.x_of(np.arange(grid.width, dtype=np.float64))
    centres_y = grid.y_of(np.arange(grid.height, dtype=np.float64))[:, np.newaxis]
    if sample_x is None or sample_y is None:
        sample_x = np.broadcast_to(centres_x, grid.shape)
        sample_y = np.broadcast_to(centres_y, grid.shape)
    top, bottom = np.add(y, radius), np.subtract(y, radius)
    for first in range(0, grid.height, BAND):
        check()
        rows = slice(first, min(first + BAND, grid.height))
        shown_x, shown_y = sample_x[rows], sample_y[rows]
        low, high = float(np.min(shown_y)), float(np.max(shown_y))
        left, right = float(np.min(shown_x)), float(np.max(shown_x))
        near = np.logical_and(np.greater_equal(top, low), np.less_equal(bottom, high))
        np.logical_and(near, np.greater_equal(np.add(x, radius), left), out=near)
        np.logical_and(near, np.less_equal(np.subtract(x, radius), right), out=near)
        atoms = np.flatnonzero(near)
        if not len(atoms):
            continue
        some_x, some_radius = x[atoms], radius[atoms]
        shift = np.subtract(shown_x, centres_x)
        lowest, highest = float(np.min(shift)), float(np.max(shift))
        # Columns whose displaced points can lie in the widest disc, with a pixel to spare on either side.
        across = (2.0 * float(np.max(some_radius)) + highest - lowest) / grid.pixel_size
        width = min(int(np.floor(across)) + 4, grid.width)
        begin = np.floor(grid.columns_of(np.subtract(some_x, np.add(some_radius, highest))))
        begin = np.fmin(np.fmax(np.subtract(begin, 1.0), 0.0), float(grid.width - width))
        yield Band(
            rows,
            atoms,
            some_x,
            y[atoms],
            np.multiply(some_radius, some_radius),
            begin.astype(np.int64),
            width,
            np.ascontiguousarray(shown_x),
            np.ascontiguousarray(shown_y),
        )
