"""Label images: the particle's geometric mask and the mask of visible intensity.

Tier A.  The two answer different questions and carry different names: ``particle_mask`` says where the
atoms are, ``visible_mask`` where the noise-free image shows something.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.types import FloatArray, ImageGrid
from sim.labels.kernels import compiled

Mask = NDArray[np.uint8]

# Pixel tests between two looks at ``cancel``; a few milliseconds.
_TESTS_AT_ONCE = 2**18
_COMPILED_TESTS_AT_ONCE = 2.0**23
# Rows of a distorted image that are handled together: the displacement changes little within them.
_BAND = 16


def particle_mask(
    x: FloatArray,
    y: FloatArray,
    radius: float,
    grid: ImageGrid,
    *,
    sample_x: FloatArray | None = None,
    sample_y: FloatArray | None = None,
    cancel: Callable[[], None] | None = None,
) -> Mask:
    """Union of discs around the projected atoms.

    Parameters
    ----------
    x, y
        (N,) true positions, Å.
    radius
        Radius of the discs, Å; half the bond length for the particle's mask.
    grid
        Pixels of the image.
    sample_x, sample_y
        (H, W) point of the specimen that each pixel shows, Å (pixel centre plus the displacement of
        a distorted scan); the pixel centres themselves when None.
    cancel
        Called at least every 100 ms; raises to stop.

    Returns
    -------
    (H, W) uint8, 1 where the point that the pixel shows lies in a disc, its rim included.

    Notes
    -----
    Each pixel is decided at its own point, so a distorted mask is never blended, and no coarser than
    the image.
    """
    check = cancel or _never
    x = np.asarray(x, dtype=np.float64)
    y = np.asarray(y, dtype=np.float64)
    if sample_x is None or sample_y is None:
        return _on_the_grid(x, y, radius, grid, check)
    mask = np.zeros(grid.shape, dtype=np.uint8)
    for top in range(0, grid.height, _BAND):
        rows = slice(top, min(top + _BAND, grid.height))
        _mark_band(mask[rows], x, y, radius, grid, sample_x[rows], sample_y[rows], check)
    return mask


def _on_the_grid(
    x: FloatArray, y: FloatArray, radius: float, grid: ImageGrid, check: Callable[[], None]
) -> Mask:
    """Discs on undistorted pixels."""
    module = compiled()
    if module is None:
        return mask_by_numpy(x, y, radius, grid, check)
    mask = np.zeros(grid.shape, dtype=np.uint8)
    side = min(2.0 * radius / grid.pixel_size + 4.0, float(max(grid.shape)))
    atoms_at_once = 1 + int(_COMPILED_TESTS_AT_ONCE / (side * side))
    for begin in range(0, len(x), atoms_at_once):
        check()
        atoms = slice(begin, begin + atoms_at_once)
        module.mark_discs(mask, x[atoms], y[atoms], radius, grid)
    return mask


def mask_by_numpy(
    x: FloatArray,
    y: FloatArray,
    radius: float,
    grid: ImageGrid,
    check: Callable[[], None] = lambda: None,
) -> Mask:
    """:func:`particle_mask` of undistorted pixels, whatever kernels are chosen.

    Each atom tests the square of pixels around it.
    """
    mask = np.zeros(grid.shape, dtype=np.uint8)
    inside_field = np.logical_and(
        np.less_equal(np.abs(x), 0.5 * grid.width * grid.pixel_size + radius),
        np.less_equal(np.abs(y), 0.5 * grid.height * grid.pixel_size + radius),
    )
    x, y = x[inside_field], y[inside_field]
    side = 2 * int(np.floor(radius / grid.pixel_size)) + 4
    height, width = min(side, grid.height), min(side, grid.width)
    # The square is moved into the field where it would reach over the edge; it still holds the disc's part.
    top = np.floor(grid.rows_of(np.add(y, radius))).astype(np.int64)
    left = np.floor(grid.columns_of(np.subtract(x, radius))).astype(np.int64)
    top = np.minimum(np.maximum(top, 0), grid.height - height)
    left = np.minimum(np.maximum(left, 0), grid.width - width)
    flat = mask.reshape(-1)
    chunk = max(1, _TESTS_AT_ONCE // (height * width))
    for begin in range(0, len(x), chunk):
        check()
        atoms = slice(begin, begin + chunk)
        rows = np.add(top[atoms, np.newaxis], np.arange(height))
        columns = np.add(left[atoms, np.newaxis], np.arange(width))
        away_y = np.subtract(grid.y_of(rows.astype(np.float64)), y[atoms, np.newaxis])
        away_x = np.subtract(grid.x_of(columns.astype(np.float64)), x[atoms, np.newaxis])
        square_y, square_x = np.multiply(away_y, away_y), np.multiply(away_x, away_x)
        inside = np.less_equal(
            np.add(square_x[:, np.newaxis, :], square_y[:, :, np.newaxis]), radius * radius
        )
        pixel = np.add(np.multiply(rows, grid.width)[:, :, np.newaxis], columns[:, np.newaxis, :])
        flat[pixel[inside]] = 1
    return mask


def _mark_band(
    mask: Mask,
    x: FloatArray,
    y: FloatArray,
    radius: float,
    grid: ImageGrid,
    sample_x: FloatArray,
    sample_y: FloatArray,
    check: Callable[[], None],
) -> None:
    """Discs on some rows of a distorted image, marked in ``mask`` (rows, W) in place."""
    check()
    rows = len(mask)
    shift = np.subtract(sample_x, grid.x_of(np.arange(grid.width, dtype=np.float64)))
    lowest, highest = float(np.min(shift)), float(np.max(shift))
    near = np.logical_and(
        np.logical_and(
            np.greater_equal(y, float(np.min(sample_y)) - radius),
            np.less_equal(y, float(np.max(sample_y)) + radius),
        ),
        np.logical_and(
            np.greater_equal(x, float(np.min(sample_x)) - radius),
            np.less_equal(x, float(np.max(sample_x)) + radius),
        ),
    )
    x, y = x[near], y[near]
    # Columns whose displaced points can lie in the disc, with one pixel to spare on either side.
    width = min(int(np.floor((2.0 * radius + highest - lowest) / grid.pixel_size)) + 4, grid.width)
    left = np.floor(grid.columns_of(np.subtract(x, radius + highest))).astype(np.int64)
    left = np.minimum(np.maximum(np.subtract(left, 1), 0), grid.width - width)
    first_pixel = np.multiply(np.arange(rows), grid.width)[np.newaxis, :, np.newaxis]
    flat_mask, flat_x, flat_y = mask.reshape(-1), np.ravel(sample_x), np.ravel(sample_y)
    chunk = max(1, _TESTS_AT_ONCE // (rows * width))
    for begin in range(0, len(x), chunk):
        check()
        atoms = slice(begin, begin + chunk)
        columns = np.add(left[atoms, np.newaxis], np.arange(width))[:, np.newaxis, :]
        pixel = np.add(first_pixel, columns)
        away_x = np.subtract(np.take(flat_x, pixel), x[atoms, np.newaxis, np.newaxis])
        away_y = np.subtract(np.take(flat_y, pixel), y[atoms, np.newaxis, np.newaxis])
        np.multiply(away_x, away_x, out=away_x)
        np.multiply(away_y, away_y, out=away_y)
        np.add(away_x, away_y, out=away_x)
        flat_mask[pixel[np.less_equal(away_x, radius * radius)]] = 1


def visible_mask(clean: NDArray[Any], fraction: float) -> Mask:
    """Where the noise-free image is brighter than a fraction of its maximum.

    Parameters
    ----------
    clean
        (H, W) noise-free image.
    fraction
        0 to 1.

    Returns
    -------
    (H, W) uint8; all 0 for a dark image.
    """
    image = np.asarray(clean, dtype=np.float64)
    return np.greater(image, np.multiply(np.max(image), fraction)).astype(np.uint8)


def _never() -> None:
    """Stands in for ``cancel`` where nobody can stop the work."""


def areas_of(
    phase: NDArray[np.uint8], geometric: NDArray[np.uint8], grid: ImageGrid
) -> dict[str, float | bool]:
    """What the truth says of a phase mask beside the geometric one.

    Parameters
    ----------
    phase, geometric
        (H, W) masks of the same particles.

    Returns
    -------
    ``phase_mask_area`` and ``particle_mask_area``, Å², and ``phase_mask_empty``: the particles in the image
    turn the phase too little to show.
    """
    pixel = grid.pixel_size * grid.pixel_size
    shown, there = int(np.count_nonzero(phase)), int(np.count_nonzero(geometric))
    return {
        "phase_mask_area": shown * pixel,
        "particle_mask_area": there * pixel,
        "phase_mask_empty": shown == 0,
    }
