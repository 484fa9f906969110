"""Amorphous carbon support film: a smooth, slightly grainy addition to the ideal STEM image.

Tier A: numpy and other tier-A modules only, one rounding per operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.core.types import FloatArray, ImageGrid
from sim.numerics.detmath import sincos_degrees
from sim.numerics.streams import Stream

#: Wave numbers along x; twice as many along y, because y carries both signs.
WAVES_X = 16
WAVES_Y = 2 * WAVES_X


@dataclass(frozen=True)
class BackgroundParameters:
    """The support film.

    Attributes
    ----------
    thickness
        Film thickness t, nm; 0 means no film.
    scattering
        Fraction of the beam that one nanometre of film sends to the detector, κ_C, 1/nm.
    roughness
        Standard deviation of the film's relative thickness.
    shortest_wavelength
        Shortest wavelength of the thickness variation, Å.
    """

    thickness: float = 0.0
    scattering: float = 1.1e-4
    roughness: float = 0.1
    shortest_wavelength: float = 5.0

    @property
    def present(self) -> bool:
        """Whether there is a film that scatters at all."""
        return self.thickness > 0.0 and self.scattering > 0.0


def add_background(
    fraction: FloatArray,
    grid: ImageGrid,
    parameters: BackgroundParameters,
    stream: Stream,
    cancel: Callable[[], None] | None = None,
) -> FloatArray:
    """Ideal image plus κ_C t (1 + roughness · field), never below the ideal image.

    Parameters
    ----------
    fraction
        (H, W) fraction of the beam that is detected; ``grid`` may carry the margin of the scan
        distortion, the film at a given place does not depend on it.
    stream
        Keys the film.
    """
    if not parameters.present:
        return fraction
    mean = parameters.scattering * parameters.thickness
    if parameters.roughness == 0.0:
        return fraction + mean
    film = carbon_field(grid, parameters.shortest_wavelength, stream, cancel)
    np.multiply(film, parameters.roughness, out=film)
    np.add(film, 1.0, out=film)
    # A film cannot be thinner than nothing; at the largest roughness this touches 1 pixel in 2000.
    np.maximum(film, 0.0, out=film)
    np.multiply(film, mean, out=film)
    return np.add(fraction, film, out=film)


def carbon_field(
    grid: ImageGrid,
    shortest_wavelength: float,
    stream: Stream,
    cancel: Callable[[], None] | None = None,
) -> FloatArray:
    """A band-limited random field of mean 0 and variance 1, a function of position alone.

    Parameters
    ----------
    grid
        Where it is sampled.
    shortest_wavelength
        No wave in the field is shorter, Å.

    Returns
    -------
    (H, W) float64.

    Notes
    -----
    A sum of plane waves whose wave vectors fill the half disc |k| ≤ 1/``shortest_wavelength``, k_x > 0,
    one at random in each cell of a ``WAVES_X`` × ``WAVES_Y`` lattice, with independent normal cosine
    and sine amplitudes: exactly normal at every point, no wave beyond the disc, no period.  The
    lattice makes the sum separable, so that it costs ``WAVES_X`` products over the image.
    """
    cutoff = 1.0 / shortest_wavelength
    offsets = stream.child("wave_numbers").uniforms(WAVES_X + WAVES_Y)
    waves_x = (np.arange(WAVES_X) + offsets[:WAVES_X]) * (cutoff / WAVES_X)
    waves_y = (np.arange(WAVES_Y) + offsets[WAVES_X:]) * (2.0 * cutoff / WAVES_Y) - cutoff
    inside = (waves_x * waves_x)[:, None] + (waves_y * waves_y)[None, :] <= cutoff * cutoff
    amplitudes = stream.child("amplitudes").normals(2 * WAVES_X * WAVES_Y)
    amplitudes = amplitudes.reshape(2, WAVES_X, WAVES_Y)
    scale = 1.0 / np.sqrt(float(np.count_nonzero(inside)))
    cosine, sine = np.where(inside, amplitudes * scale, 0.0)

    sin_x, cos_x = _sincos_turns(waves_x[:, None] * grid.x_of(np.arange(float(grid.width)))[None, :])
    sin_y, cos_y = _sincos_turns(waves_y[:, None] * grid.y_of(np.arange(float(grid.height)))[None, :])

    # a cos(X + Y) + b sin(X + Y) = cos X (a cos Y + b sin Y) + sin X (b cos Y − a sin Y), summed over
    # the waves along y first.
    with_cosine = np.zeros((WAVES_X, grid.height))
    with_sine = np.zeros((WAVES_X, grid.height))
    for wave in range(WAVES_Y):
        a, b = cosine[:, wave, None], sine[:, wave, None]
        with_cosine += a * cos_y[wave]
        with_cosine += b * sin_y[wave]
        with_sine += b * cos_y[wave]
        with_sine -= a * sin_y[wave]

    field = np.zeros(grid.shape)
    product = np.empty(grid.shape)
    for wave in range(WAVES_X):
        if cancel is not None:
            cancel()
        np.multiply(with_cosine[wave, :, None], cos_x[wave], out=product)
        np.add(field, product, out=field)
        np.multiply(with_sine[wave, :, None], sin_x[wave], out=product)
        np.add(field, product, out=field)
    return field


def _sincos_turns(turns: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sine and cosine of angles given in whole turns."""
    sine, cosine = sincos_degrees((turns - np.floor(turns)) * 360.0)
    return sine, cosine
