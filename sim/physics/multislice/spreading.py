"""Projected potentials by spreading atoms onto the grid and multiplying their spectrum.

A non-uniform Fourier transform: every atom becomes a small bump on the grid, whose transform is divided out
together with the multiplication by the scattering factor.  Exact to about 1e-4 inside a band of frequencies,
wherever an atom lies in its pixel; nothing is left beyond the band.  Barnett, Magland, af Klinteberg, SIAM
J. Sci. Comput. 41 (2019) C479: "exponential of semicircle" bump, equation 1.8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sim.core.types import FloatArray, IntArray
from sim.physics.multislice.cell import Cell, band_weight
from sim.physics.multislice.potential import smeared_factor
from sim.physics.scattering.factors import Parametrisation

#: Width of the bump, points.
WIDTH = 6
#: Its steepness for spectra that fill two thirds of the grid's band (twofold: 2.30 · width).
_STEEPNESS = 11.6
#: Bytes of a block of columns that are worked on at once: they stay in the processor's cache.
_BLOCK = 2**19


class Spreading:
    """The potential of slices of one cell.

    Parameters
    ----------
    cell, numbers, parametrisation, b_factors
        As in ``stamps.stamps``.
    limit, edge
        Largest frequency of the potential and width of the cosine edge below it, Å⁻¹.
    """

    def __init__(
        self,
        cell: Cell,
        numbers: Sequence[int],
        parametrisation: Parametrisation,
        b_factors: Mapping[int, float] | None,
        limit: float,
        edge: float,
    ) -> None:
        self._shape = cell.shape
        half = cell.columns // 2 + 1
        kx = np.arange(half) / cell.width
        # Columns of frequencies beyond the limit are never transformed.
        self._columns = int(np.count_nonzero(kx <= limit))
        k2 = np.add.outer(np.square(cell.ky), np.square(kx[: self._columns]))
        bump = np.outer(
            _bump_transform(cell.ky * cell.row_step),
            _bump_transform(np.arange(self._columns) / cell.columns),
        )
        scale = band_weight(np.sqrt(k2), limit, edge) / (bump * cell.row_step * cell.column_step)
        self._factors: list[NDArray[np.float32]] = []
        for number in numbers:
            factor = smeared_factor(number, k2, parametrisation, (b_factors or {}).get(number, 0.0))
            self._factors.append((factor * scale).astype(np.float32))
        self._block = max(8, _BLOCK // (8 * cell.rows))

    def potential(self, rows: FloatArray, columns: FloatArray, species: IntArray) -> NDArray[np.float32]:
        """Potential of atoms at fractional rows and columns (inside the grid); ``species`` index elements.

        Returns
        -------
        (rows, columns) float32, V Å.
        """
        spectra = []
        factors = []
        for kind, factor in enumerate(self._factors):
            chosen = np.flatnonzero(species == kind)
            if chosen.size:
                image = self._spread(rows[chosen], columns[chosen])
                spectra.append(scipy.fft.rfft(image, axis=1, workers=1))
                factors.append(factor)
        total = spectra[0]
        for start in range(0, self._columns, self._block):
            block = slice(start, min(start + self._block, self._columns))
            parts = [
                scipy.fft.fft(spectrum[:, block], axis=0, workers=1) * factor[:, block]
                for spectrum, factor in zip(spectra, factors, strict=True)
            ]
            for part in parts[1:]:
                parts[0] += part
            total[:, block] = scipy.fft.ifft(parts[0], axis=0, overwrite_x=True, workers=1)
        total[:, self._columns :] = 0.0
        values: NDArray[np.float32] = scipy.fft.irfft(
            total, n=self._shape[1], axis=1, overwrite_x=True, workers=1
        )
        return values

    def _spread(self, rows: FloatArray, columns: FloatArray) -> NDArray[np.float32]:
        height, width = self._shape
        around = np.arange(WIDTH)
        top = np.floor(rows).astype(np.int64)[:, None] - WIDTH // 2 + 1 + around
        left = np.floor(columns).astype(np.int64)[:, None] - WIDTH // 2 + 1 + around
        row_values, column_values = _bump(top - rows[:, None]), _bump(left - columns[:, None])
        where = (top % height * width)[:, :, None] + (left % width)[:, None, :]
        values = row_values[:, :, None] * column_values[:, None, :]
        image = np.bincount(where.ravel(), values.ravel(), minlength=height * width)
        return image.astype(np.float32).reshape(height, width)


def _bump(distance: FloatArray) -> FloatArray:
    """The bump at distances in points."""
    inside = np.maximum(0.0, 1.0 - np.square(2.0 / WIDTH * distance))
    values: FloatArray = np.exp(_STEEPNESS * (np.sqrt(inside) - 1.0))
    return values


def _bump_transform(frequency: FloatArray) -> FloatArray:
    """Its Fourier transform at frequencies in cycles a point."""
    nodes, weights = np.polynomial.legendre.leggauss(80)
    places = 0.5 * WIDTH * nodes
    waves = np.cos(2.0 * np.pi * np.outer(frequency, places))
    result: FloatArray = np.einsum("ij,j->i", waves, 0.5 * WIDTH * weights * _bump(places))
    return result
