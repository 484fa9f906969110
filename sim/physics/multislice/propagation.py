"""Free flight of waves through a slice, and the loop over slices.

A slice is a transmission in real space followed by a multiplication of the spectrum.  Two thirds of the
spectrum's columns are inside the band, so that only these are transformed along y; and the passes go block
by block, so that a block of rows is transformed back, transmitted and transformed again while it is in the
processor's cache.  Both give exactly what whole two-dimensional transforms give.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sim.physics.multislice.cell import Cell

Precision = Literal["single", "double"]
ComplexArray = NDArray[np.complexfloating[Any, Any]]

#: Bytes of a block: about a core's cache.
_BLOCK = 2**19


class Propagator:
    """Fresnel propagation through one slice, limited to the band.

    Parameters
    ----------
    cell
        Points, slice thickness Δz.
    wavelength
        λ, Å.
    tilt
        Tilt (t_x, t_y), mrad; see :class:`sim.physics.multislice.engine.Multislice`.
    precision
        Of the waves.

    Notes
    -----
    P(k) = exp(−iπλΔz k²) exp(2πiΔz (k_x tan t_x + k_y tan t_y)): Kirkland, Advanced Computing in Electron
    Microscopy (2010), chapter 6.
    """

    def __init__(
        self,
        cell: Cell,
        wavelength: float,
        tilt: tuple[float, float] = (0.0, 0.0),
        precision: Precision = "single",
    ) -> None:
        self._cell = cell
        self.dtype = np.dtype(np.complex64 if precision == "single" else np.complex128)
        phases = []
        for k, angle in ((cell.ky, tilt[1]), (cell.kx, tilt[0])):
            along = -wavelength * np.square(k) / 2.0 + k * math.tan(1e-3 * angle)
            phases.append(np.exp(2j * np.pi * cell.slice_thickness * along))
        # The transforms along y are not scaled; the propagator makes up for it.
        scale = 1.0 / cell.rows
        inside = np.flatnonzero(np.abs(cell.kx) <= cell.k_max)
        break_at = int(np.flatnonzero(np.diff(inside, append=-1) != 1)[0]) + 1
        self._last, self._first = break_at, int(inside[break_at]) if break_at < len(inside) else cell.columns
        width = max(8, _BLOCK // (self.dtype.itemsize * cell.rows))
        self._column_blocks = [
            slice(start, min(start + width, stop))
            for begin, stop in ((0, self._last), (self._first, cell.columns))
            for start in range(begin, stop, width)
        ]
        height = max(1, _BLOCK // (self.dtype.itemsize * cell.columns))
        self._row_blocks = [
            slice(start, min(start + height, cell.rows)) for start in range(0, cell.rows, height)
        ]
        band = cell.band()
        self._factors = [
            (np.outer(phases[0], phases[1][block]) * (band[:, block] * scale)).astype(self.dtype)
            for block in self._column_blocks
        ]

    @cached_property
    def array(self) -> ComplexArray:
        """P(k) with the band limit, (rows, columns), in the order of a discrete Fourier transform."""
        values: ComplexArray = np.zeros(self._cell.shape, dtype=self.dtype)
        for block, factor in zip(self._column_blocks, self._factors, strict=True):
            values[:, block] = factor * self.dtype.type(self._cell.rows)
        return values

    def begin(self, wave: ComplexArray) -> None:
        """From points to half a spectrum: transform along x, in place."""
        for rows in self._row_blocks:
            _in_place(scipy.fft.fft, wave[rows], axis=1)

    def fly(self, half: ComplexArray) -> None:
        """Half a spectrum to the one behind a slice, in place; columns beyond the band become undefined."""
        for block, factor in zip(self._column_blocks, self._factors, strict=True):
            part = half[:, block]
            _in_place(scipy.fft.fft, part, axis=0)
            part *= factor
            _in_place(scipy.fft.ifft, part, axis=0, norm="forward")

    def end(self, half: ComplexArray) -> None:
        """From half a spectrum that has flown to points, in place."""
        for rows in self._row_blocks:
            self._to_points(half, rows)

    def transmit(self, half: ComplexArray, act: Callable[[ComplexArray, slice], None]) -> None:
        """Between two flights: to points, ``act`` on blocks of rows, back to half a spectrum, in place."""
        for rows in self._row_blocks:
            block = self._to_points(half, rows)
            act(block, rows)
            _in_place(scipy.fft.fft, block, axis=1)

    def _to_points(self, half: ComplexArray, rows: slice) -> ComplexArray:
        block = half[rows]
        block[:, self._last : self._first] = 0.0
        _in_place(scipy.fft.ifft, block, axis=1)
        return block

    def apply(self, waves: ComplexArray) -> ComplexArray:
        """Propagate waves on points, (…, rows, columns) in C order, through one slice in place."""
        for wave in waves.reshape(-1, *self._cell.shape):
            self.begin(wave)
            self.fly(wave)
            self.end(wave)
        return waves


def _in_place(
    transform: Callable[..., ComplexArray],
    block: ComplexArray,
    axis: int,
    norm: Literal["backward", "forward"] = "backward",
) -> None:
    """Transform a view in place: scipy does so where it may overwrite, but does not promise it."""
    result = transform(block, axis=axis, norm=norm, overwrite_x=True, workers=1)
    if not np.may_share_memory(result, block):
        block[:] = result
