"""An independent multislice in complex128: whole transforms, one line a step, nothing of the engine's code.

The potential is summed from its exact structure factors, point by point of the spectrum.
"""

from __future__ import annotations

import numpy as np


def frequencies(rows, columns, row_step, column_step):
    """k_x (columns,) and k_y (rows,) of an array whose row 0 lies at the highest y."""
    return np.fft.fftfreq(columns, column_step), -np.fft.fftfreq(rows, row_step)


def band(kx, ky, step):
    """The band limit: two thirds of Nyquist, a cosine edge 0.01/step wide (abTEM's)."""
    k = np.hypot(ky[:, None], kx[None, :])
    limit, edge = 1.0 / (3.0 * step), 0.01 / step
    inner = np.cos(np.pi * (k - limit + edge) / edge)
    return np.where(k > limit, 0.0, np.where(k > limit - edge, 0.5 * (1.0 + inner), 1.0))


def potential(kx, ky, x, y, numbers, factor, steps, weight=1.0):
    """V (V Å) on the points whose corner [0, 0] is the origin of x and y; ``factor(number, k²)`` in V Å³."""
    k2 = ky[:, None] ** 2 + kx[None, :] ** 2
    spectrum = np.zeros(k2.shape, complex)
    for number in sorted(set(numbers.tolist())):
        chosen = numbers == number
        along_x = np.exp(-2j * np.pi * np.outer(x[chosen], kx))
        along_y = np.exp(-2j * np.pi * np.outer(ky, y[chosen]))
        spectrum += (along_y @ along_x) * factor(number, k2)
    return np.fft.ifft2(spectrum * weight).real / (steps[0] * steps[1])


def propagator(kx, ky, wavelength, thickness, step):
    """P(k) = exp(−iπλΔz k²) inside the band."""
    k2 = ky[:, None] ** 2 + kx[None, :] ** 2
    return np.exp(-1j * np.pi * wavelength * thickness * k2) * band(kx, ky, step)


def multislice(potentials, wave, propagate, sigma, limit=None):
    """Transmit, then propagate, in every slice; ``limit`` band-limits the transmission where given."""
    waves = []
    for values in potentials:
        if values is not None:
            transmission = np.exp(1j * sigma * values)
            if limit is not None:
                transmission = np.fft.ifft2(np.fft.fft2(transmission) * limit)
            wave = wave * transmission
        wave = np.fft.ifft2(np.fft.fft2(wave) * propagate)
        waves.append(wave)
    return waves
