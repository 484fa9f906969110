"""Scanned images as what they are: few Fourier coefficients.

The signal of a probe at p is Σ_D C_D exp(2πi D·p), where D are differences of two frequencies under the
aperture. So an image is known everywhere in the cell once its C_D are, or once it is known on a grid of
Nyquist's step.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.types import FloatArray
from sim.physics.multislice.cell import Cell
from sim.physics.stem.products import product

Spectrum = NDArray[np.complex128]

#: Standard deviation of a Gaussian whose full width at half maximum is 1.
SIGMA_OF_FWHM = 1.0 / (2.0 * math.sqrt(2.0 * math.log(2.0)))


def source_factor(shape: tuple[int, int], cell: Cell, source_size: float) -> FloatArray:
    """Fourier transform of a Gaussian source at the centred frequencies of a spectrum.

    Parameters
    ----------
    shape
        Odd numbers of rows and columns of the spectrum.
    source_size
        Full width at half maximum, Å.
    """
    ky = (np.arange(shape[0]) - shape[0] // 2) / cell.height
    kx = (np.arange(shape[1]) - shape[1] // 2) / cell.width
    scale = -2.0 * (np.pi * SIGMA_OF_FWHM * source_size) ** 2
    return np.exp(scale * np.add.outer(ky**2, kx**2))


def evaluate(spectrum: Spectrum, cell: Cell, x: FloatArray, y: FloatArray) -> FloatArray:
    """The image at the points of a scan.

    Parameters
    ----------
    spectrum
        (..., odd rows, odd columns), centred, in the transform's signs.
    x, y
        (columns,) and (rows,) of the scan, Å.

    Returns
    -------
    (..., rows, columns) float64.
    """
    waves = []
    for count, places in (
        (spectrum.shape[-2], cell.rows_of(y) / cell.rows),
        (spectrum.shape[-1], cell.columns_of(x) / cell.columns),
    ):
        waves.append(np.exp(2j * np.pi * np.outer(places, np.arange(count) - count // 2)))
    rows, columns = waves
    result = np.empty((*spectrum.shape[:-2], len(rows), len(columns)))
    for index in np.ndindex(spectrum.shape[:-2]):
        result[index] = product(product(rows, spectrum[index]), columns.T).real
    return result


def grid_size(reach: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of the coarsest grid over the cell that holds all of an image's frequencies."""
    return 4 * reach[0] + 1, 4 * reach[1] + 1


def grid_points(shape: tuple[int, int], cell: Cell) -> tuple[FloatArray, FloatArray]:
    """x (columns,) and y (rows,) of a grid over the whole cell that begins at its point [0, 0], Å."""
    x = cell.left + cell.width * np.arange(shape[1]) / shape[1]
    return x, cell.top - cell.height * np.arange(shape[0]) / shape[0]


def spectrum_of(values: NDArray[np.floating]) -> Spectrum:
    """Centred spectrum of an image on such a grid with odd numbers of points, over the last two axes."""
    transform = np.fft.fft2(np.asarray(values, dtype=np.float64), norm="forward")
    return np.asarray(np.fft.fftshift(transform, axes=(-2, -1)))
