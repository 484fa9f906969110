"""Exit waves as small blocks of their spectrum, and back onto the points of an image.

An image needs only the frequencies that the aperture and the envelopes pass, or those its pixels can show; a
block of the centre of the spectrum holds them in a fraction of the wave's memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.core.types import FloatArray, ImageGrid
from sim.physics.multislice.cell import Cell
from sim.physics.multislice.propagation import ComplexArray
from sim.physics.optics.placement import Placement, runs_of

#: Deviation from a whole number of pixels that is rounding.
_ROUNDING = 1e-9


def block_shape(cell: Cell, k_limit: float) -> tuple[int, int]:
    """Rows and columns of the block that holds all |k_x|, |k_y| ≤ ``k_limit`` (Å⁻¹): odd numbers.

    Raises
    ------
    InputError
        If the cell has no such frequencies.
    """
    sizes = []
    for count, period in zip(cell.shape, (cell.height, cell.width), strict=True):
        reach = int(np.floor(k_limit * period * (1.0 + 1e-12)))
        if 2 * reach + 1 > count:
            raise InputError(
                "sampling", "the cell's points are too far apart for the frequencies of the image",
                value=max(cell.row_step, cell.column_step), allowed=f"below {0.5 / k_limit:.4g} Å",
            )  # fmt: skip
        sizes.append(2 * reach + 1)
    return sizes[0], sizes[1]


def block_frequencies(cell: Cell, shape: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """k_x ascending (columns,) and k_y descending (rows,) of a block, Å⁻¹."""
    rows, columns = shape
    ky = -(np.arange(rows) - rows // 2) / cell.height
    return (np.arange(columns) - columns // 2) / cell.width, ky


def band_spectrum(wave: ComplexArray, cell: Cell, k_limit: float) -> NDArray[np.complex64]:
    """The centre of a wave's spectrum.

    Parameters
    ----------
    wave
        (…, rows, columns) on the cell's points.
    cell
        Where it lives.
    k_limit
        Largest |k_x| and |k_y| to keep, Å⁻¹.

    Returns
    -------
    (…, m, n) complex64 amplitudes c with wave = Σ c exp(2πi(k_x (x − left) + k_y (y − top))): a plane wave of
    amplitude 1 has one 1.  Rows follow descending k_y and columns ascending k_x, zero in the middle; see
    :func:`block_frequencies`.
    """
    rows, columns = block_shape(cell, k_limit)
    # Only the columns that are kept are transformed along y.
    spectrum = scipy.fft.fft(wave, axis=-1, norm="forward", workers=1)
    kept = np.take(spectrum, np.arange(columns) - columns // 2, axis=-1, mode="wrap")
    kept = scipy.fft.fft(kept, axis=-2, norm="forward", overwrite_x=True, workers=1)
    block: NDArray[np.complex64] = np.take(kept, np.arange(rows) - rows // 2, axis=-2, mode="wrap").astype(
        np.complex64
    )
    return block


def on_grid(block: NDArray[Any], cell: Cell, grid: ImageGrid) -> NDArray[np.complex64]:
    """The wave of a block at the pixel centres of an image.

    Parameters
    ----------
    block
        (…, m, n) from :func:`band_spectrum`, possibly multiplied by a transfer function.
    cell
        The cell it came from.
    grid
        The image, which lies anywhere.

    Returns
    -------
    (…, H, W) complex64, exact (up to rounding) for any pixel size: a fast transform where the cell is a whole
    number of pixels wide, else three of them.
    """
    placement = _placement(cell, grid, (block.shape[-2], block.shape[-1]))
    if placement is not None:
        factors = np.multiply.outer(placement.row_phases, placement.column_phases)
        result = np.empty((*block.shape[:-2], *grid.shape), dtype=np.complex64)
        buffers = placement.buffers()
        for index in np.ndindex(block.shape[:-2]):
            result[index] = placement.wave(block[index], factors, buffers)
        return result
    kx, ky = block_frequencies(cell, (block.shape[-2], block.shape[-1]))
    x, y = _first_pixel(cell, grid)
    wave = np.swapaxes(_chirp(block, kx, x, grid.pixel_size, grid.width), -1, -2)
    turned = _chirp(wave, ky, y, -grid.pixel_size, grid.height)
    return np.ascontiguousarray(np.swapaxes(turned, -1, -2))


@dataclass(frozen=True)
class GridPoints:
    """The pixel centres of an image, for :meth:`sim.physics.optics.imaging.ImageFormation.image`.

    Attributes
    ----------
    cell
        The cell that blocks come from.
    grid
        The image.
    """

    cell: Cell
    grid: ImageGrid

    def __call__(self, block: NDArray[Any]) -> NDArray[np.complex64]:
        """As :func:`on_grid`."""
        return on_grid(block, self.cell, self.grid)

    def placement(self, shape: tuple[int, int]) -> Placement | None:
        """How blocks of a shape get there; None where the cell is no whole number of pixels."""
        return _placement(self.cell, self.grid, shape)


def _first_pixel(cell: Cell, grid: ImageGrid) -> tuple[float, float]:
    """From the corner of the cell to the centre of the first pixel, Å."""
    return (
        float(grid.x_of(np.zeros(()))) - cell.left,
        float(grid.y_of(np.zeros(()))) - cell.top,
    )


@lru_cache(maxsize=8)
def _placement(cell: Cell, grid: ImageGrid, shape: tuple[int, int]) -> Placement | None:
    kx, ky = block_frequencies(cell, shape)
    points, runs, phases = [], [], []
    for k, period, start, step, count in (
        (ky, cell.height, _first_pixel(cell, grid)[1], -grid.pixel_size, grid.height),
        (kx, cell.width, _first_pixel(cell, grid)[0], grid.pixel_size, grid.width),
    ):
        pixels = period / abs(step)
        whole = round(pixels)
        if abs(pixels - whole) > _ROUNDING * whole or whole < count:
            return None
        # Ascending in both cases: frequencies descend where steps are negative.
        runs.append(runs_of(np.rint(k * period * np.sign(step)).astype(np.int64) % whole))
        points.append(whole)
        phases.append(np.exp(2j * np.pi * k * start).astype(np.complex64))
    return Placement((points[0], points[1]), grid.shape, runs[0], runs[1], phases[0], phases[1])


def _chirp(
    block: NDArray[Any], k: FloatArray, start: float, step: float, count: int
) -> NDArray[np.complex64]:
    """Σ_k block exp(2πik (start + i·step)) along the last axis, i = 0 … count − 1, for any step.

    Notes
    -----
    jn = (j² + n² − (n − j)²)/2 makes a convolution of the sum: Bluestein, IEEE Transactions on Audio and
    Electroacoustics 18 (1970) 451.  A product with a Fourier matrix is as exact, but its bits depend on the
    threads of the linear-algebra library.
    """
    size = len(k)
    phases = np.exp(2j * np.pi * k * start)
    length = scipy.fft.next_fast_len(size + count - 1)
    turn = (k[1] - k[0]) * step if size > 1 else 0.0
    number = np.arange(max(size, count), dtype=np.float64)
    chirp = np.exp(1j * np.pi * np.mod(turn * np.square(number), 2.0))
    kernel = np.zeros(length, dtype=np.complex128)
    kernel[:count] = np.conj(chirp[:count])
    kernel[length - size + 1 :] = np.conj(chirp[size - 1 : 0 : -1])
    weights = scipy.fft.fft(kernel).astype(np.complex64)
    values = np.multiply(block, (phases * chirp[:size]).astype(np.complex64)).astype(np.complex64, copy=False)
    spectrum = scipy.fft.fft(values, n=length, axis=-1, workers=1)
    spectrum *= weights
    wave = scipy.fft.ifft(spectrum, axis=-1, overwrite_x=True, workers=1)[..., :count]
    first = np.exp(2j * np.pi * np.mod(k[0] * step * np.arange(count), 1.0))
    result: NDArray[np.complex64] = wave * (first * chirp[:count]).astype(np.complex64)
    return result
