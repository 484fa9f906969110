"""The focused probe: a coherent cone of plane waves with the phases of the lens.

Defocus 0 focuses on the entrance surface of the cell; the probe is exp(−iχ) under the aperture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.core.types import FloatArray, IntArray
from sim.physics.electrons import wavelength
from sim.physics.multislice.cell import Cell
from sim.physics.stem.waves import ComplexArray

#: A cone with fewer frequencies than this across its radius is no cone.
_LEAST_RADIUS = 2.0
#: Nodes of the integral over the aperture for profiles: along the radius and around.
_RADIAL_NODES, _AZIMUTHS = 64, 128


class Lens(Protocol):
    """Aberrations: ``sim.physics.optics.aberrations.Aberrations``."""

    def phase(self, kx: FloatArray, ky: FloatArray, wavelength: float, /) -> FloatArray:
        """χ at the frequencies, rad."""


@dataclass(frozen=True)
class ProbeOptics:
    """How the probe is made.

    Attributes
    ----------
    voltage
        kV.
    semiangle
        Convergence semi-angle, mrad.
    aberrations
        Of the probe-forming lens; none: a perfect lens in focus.
    soft_edge
        Whether the aperture's edge is one frequency of the cell wide, which lets the current change
        smoothly with the angle; a hard edge otherwise.
    source_size
        Full width at half maximum of the source's image, Å.
    """

    voltage: float
    semiangle: float
    aberrations: Lens | None = None
    soft_edge: bool = True
    source_size: float = 0.0

    def check(self, cell: Cell) -> None:
        """Refuse what cannot be or what the cell cannot hold.

        Raises
        ------
        InputError
            For a semi-angle that is not positive, beyond the band limit (the largest one and the sampling
            that is needed are named) or below two frequencies of the cell; for a negative source size.
        """
        where, wave = "probe.semiangle", wavelength(self.voltage)
        if not 0.0 < self.semiangle < math.inf:
            raise InputError(where, "has to be positive", value=self.semiangle, allowed="more than 0 mrad")
        edge = 1e3 * wave / min(cell.width, cell.height)
        largest = 1e3 * cell.k_max * wave - edge
        if self.semiangle > largest:
            step = max(cell.row_step, cell.column_step) * 1e3 * cell.k_max * wave / (self.semiangle + edge)
            raise InputError(
                where,
                "the sampling is too coarse for this aperture",
                value=self.semiangle,
                allowed=f"up to {math.floor(largest * 100) / 100:.2f} mrad",
                remedy=f"take a sampling of {math.floor(step * 1e4) / 1e4:.4f} Å or finer",
            )
        if self.semiangle < _LEAST_RADIUS * edge:
            raise InputError(
                where,
                "the field is too small for so narrow a cone, whose probe is wider than the field",
                value=self.semiangle,
                allowed=f"{math.ceil(_LEAST_RADIUS * edge * 100) / 100:.2f} mrad or more",
                remedy="take a larger field",
            )
        if not 0.0 <= self.source_size < math.inf:
            raise InputError("probe.source_size", "cannot be negative", value=self.source_size)


@dataclass(frozen=True, eq=False)
class Beams:
    """The plane waves of a probe, on the frequencies of a cell.

    Attributes
    ----------
    row_numbers, column_numbers
        (beams,) signed indices of the transform's rows and columns; k_y is −row number / height.
    amplitudes
        (beams,) complex128 with aberrations; their squares add up to 1.
    """

    row_numbers: IntArray
    column_numbers: IntArray
    amplitudes: NDArray[np.complex128]

    def __len__(self) -> int:
        return len(self.amplitudes)

    @property
    def reach(self) -> tuple[int, int]:
        """Largest row number and column number."""
        return int(np.abs(self.row_numbers).max()), int(np.abs(self.column_numbers).max())

    def coefficients(self, rows: FloatArray, columns: FloatArray, cell: Cell) -> NDArray[np.complex128]:
        """Fourier coefficients of probes, (probes, beams), at fractional rows and columns, (probes,) each."""
        turns = np.outer(rows / cell.rows, self.row_numbers) + np.outer(
            columns / cell.columns, self.column_numbers
        )
        return np.asarray(self.amplitudes * np.exp(-2j * np.pi * turns))


def beams(cell: Cell, optics: ProbeOptics) -> Beams:
    """The plane waves under the aperture.

    Raises
    ------
    InputError
        See :meth:`ProbeOptics.check`.
    """
    optics.check(cell)
    wave = wavelength(optics.voltage)
    kx, ky = np.broadcast_arrays(cell.kx[np.newaxis, :], cell.ky[:, np.newaxis])
    radius = np.hypot(kx, ky)
    # The width of one frequency along each direction: cells need not be square.
    along = np.where(radius > 0, radius, 1.0)
    edge = np.hypot(kx / along / cell.width, ky / along / cell.height)
    edge[0, 0] = 1.0 / max(cell.width, cell.height)
    distance = (optics.semiangle * 1e-3 / wave - radius) / edge
    weight = np.clip(distance + 0.5, 0.0, 1.0) if optics.soft_edge else (distance >= 0).astype(np.float64)
    rows, columns = np.nonzero(weight)
    amplitudes = weight[rows, columns].astype(np.complex128)
    if optics.aberrations is not None:
        phase = optics.aberrations.phase(kx[rows, columns], ky[rows, columns], wave)
        amplitudes *= np.exp(-1j * phase)
    amplitudes /= np.sqrt(np.sum(np.abs(amplitudes) ** 2))
    signed = [
        np.where(index >= (n + 1) // 2, index - n, index)
        for index, n in ((rows, cell.rows), (columns, cell.columns))
    ]
    return Beams(signed[0], signed[1], amplitudes)


def probe(cell: Cell, optics: ProbeOptics, x: FloatArray, y: FloatArray) -> ComplexArray:
    """Probes at places.

    Parameters
    ----------
    x, y
        (probes,) Å.

    Returns
    -------
    (probes, rows, columns) complex64 at the entrance surface; the squares of a probe add up to 1 electron.
    """
    waves = beams(cell, optics)
    coefficients = waves.coefficients(cell.rows_of(np.asarray(y)), cell.columns_of(np.asarray(x)), cell)
    spectra = np.zeros((len(coefficients), *cell.shape), dtype=np.complex128)
    spectra[:, waves.row_numbers, waves.column_numbers] = coefficients
    result: ComplexArray = scipy.fft.ifft2(spectra, norm="ortho", workers=1).astype(np.complex64)
    return result


def probe_profile(optics: ProbeOptics, distance: FloatArray, azimuth: float = 0.0) -> FloatArray:
    """Intensity of the probe along a line through its middle, for plots; without source size.

    Parameters
    ----------
    optics
        The edge is hard here: no cell is involved.
    distance
        (n,) signed distances from the middle, Å.
    azimuth
        Of the line, degrees from +x towards +y.

    Returns
    -------
    (n,) electrons/Å² of a probe of one electron.

    Notes
    -----
    ψ(r) = ∫ exp(−iχ(k) + 2πi k·r) d²k / sqrt(π k₀²) over the disc of radius k₀, by Gauss's rule in k² and the
    trapezoidal rule around.
    """
    wave = wavelength(optics.voltage)
    largest = optics.semiangle * 1e-3 / wave
    nodes, weights = np.polynomial.legendre.leggauss(_RADIAL_NODES)
    radius = largest * np.sqrt(0.5 * (nodes + 1.0))
    turns = 2.0 * np.pi * np.arange(_AZIMUTHS) / _AZIMUTHS
    kx, ky = np.outer(radius, np.cos(turns)), np.outer(radius, np.sin(turns))
    wanted = np.outer(weights, np.full(_AZIMUTHS, 0.5 / _AZIMUTHS)) * np.sqrt(np.pi) * largest
    phase = np.zeros(kx.shape) if optics.aberrations is None else optics.aberrations.phase(kx, ky, wave)
    direction = np.cos(np.deg2rad(azimuth)) * kx + np.sin(np.deg2rad(azimuth)) * ky
    factor = (wanted * np.exp(-1j * phase)).ravel()
    field = np.exp(2j * np.pi * np.outer(np.asarray(distance), direction.ravel())) @ factor
    return np.asarray(np.abs(field) ** 2, dtype=np.float64)
