"""Masks of particles from the phase of their exit wave in vacuum.

Where a particle is, its potential advances the electron wave; where the phase of the mean wave passes a
threshold is what a phase image could show of the particle.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from sim.core.errors import InputError
from sim.core.types import FloatArray
from sim.physics.optics.imaging import Place, Wave

#: Phase, rad, from which a place counts as particle.
THRESHOLD = math.pi / 16.0
#: Share of its neighbourhood, weighted by the Gaussian, that must be particle.
HALF = 0.5


@dataclass(frozen=True, eq=False)
class PhaseMask:
    """What a phase image shows of the particles.

    Attributes
    ----------
    mask
        (H, W) uint8, 1 where a particle is.
    phase
        (H, W) float32, phase of the mean wave against vacuum, rad in (−π, π].
    amplitude
        (H, W) float32, modulus of the mean wave; vacuum has 1.
    area
        Area of the mask, Å².
    """

    mask: NDArray[np.uint8]
    phase: NDArray[np.float32]
    amplitude: NDArray[np.float32]
    area: float

    @property
    def empty(self) -> bool:
        """Whether nothing passed the threshold: the particles are too thin to show."""
        return self.area == 0.0


def mean_block(blocks: Iterable[Wave]) -> Wave:
    """Mean of the Fourier blocks of all configurations: the coherent part of the wave."""
    total: NDArray[np.complex128] | None = None
    count = 0
    for block in blocks:
        total = block.astype(np.complex128) if total is None else np.add(total, block, out=total)
        count += 1
    if total is None:
        raise InputError("exit waves", "there is none to make a mask of")
    return (total / count).astype(np.complex64)


def propagated(block: Wave, kx: FloatArray, ky: FloatArray, wavelength: float, c10: float) -> Wave:
    """The block of the wave in the plane that a lens with this C10 (Å) has in focus.

    Multiplies by exp(−iπλ C10 k²), exp(−iχ) with nothing but C10.
    """
    along_x, along_y = (
        np.exp((-1j * math.pi * wavelength * c10) * np.square(axis)).astype(np.complex64) for axis in (kx, ky)
    )
    result: Wave = block * along_x[None, :]
    result *= along_y[:, None]
    return result


def wave_of(block: Wave, kx: FloatArray, ky: FloatArray) -> Wave:
    """The wave at the points of the whole cell, (rows, columns), with its right phase."""
    rolled = np.roll(block, (-int(np.argmin(np.abs(ky))), -int(np.argmin(np.abs(kx)))), axis=(0, 1))
    wave: Wave = fft.ifft2(rolled, norm="forward", overwrite_x=True, workers=1)
    return wave


def phase_mask(
    blocks: Iterable[Wave],
    kx: FloatArray,
    ky: FloatArray,
    wavelength: float,
    c10: float,
    *,
    pixel_size: float,
    place: Place | None = None,
    threshold: float = THRESHOLD,
    sigma: float = 1.0,
    vacuum: complex = 1.0,
) -> PhaseMask:
    """Where the phase of the mean wave differs from vacuum's.

    Parameters
    ----------
    blocks
        Fourier blocks (rows, columns) of the configurations of the particles in vacuum; see
        :mod:`sim.physics.optics.imaging`.
    kx, ky
        (columns,) and (rows,) frequencies of the blocks, Å⁻¹.
    wavelength
        Å.
    c10
        The plane in which the wave is looked at, Å, as :func:`~sim.physics.optics.calibration.
        minimum_contrast` gives it.
    pixel_size
        Å between the points of the result.
    place
        Turns a block into the wave at the image's points; without it they are those of the cell.
    threshold
        rad; the absolute phase counts, since it wraps at π in heavy columns.
    sigma
        Standard deviation of the Gaussian that smooths the mask, Å; 0 leaves it as it is.
    vacuum
        The wave where nothing is.

    Returns
    -------
    Mask, phase and amplitude, and the mask's area.
    """
    if not threshold > 0.0:
        raise InputError("threshold", "every pixel would be particle", value=threshold,
                         allowed="above 0 rad")  # fmt: skip
    block = propagated(mean_block(blocks), kx, ky, wavelength, c10)
    wave = np.asarray(wave_of(block, kx, ky) if place is None else place(block)) / np.complex64(vacuum)
    phase = np.angle(wave).astype(np.float32)
    mask = smoothed(np.greater(np.abs(phase), threshold), sigma / pixel_size)
    return PhaseMask(mask, phase, np.abs(wave).astype(np.float32), area(mask, pixel_size))


def smoothed(mask: NDArray[np.bool_], sigma: float) -> NDArray[np.uint8]:
    """A mask blurred by a Gaussian of ``sigma`` pixels and cut at one half, (H, W) uint8."""
    if sigma == 0.0:
        return mask.astype(np.uint8)
    share = ndimage.gaussian_filter(mask.astype(np.float64), sigma, mode="nearest")
    return np.greater_equal(share, HALF).astype(np.uint8)


def area(mask: NDArray[np.uint8], pixel_size: float) -> float:
    """Area of a mask, Å²."""
    return float(np.count_nonzero(mask)) * pixel_size * pixel_size
