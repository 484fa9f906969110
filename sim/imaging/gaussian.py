"""The Gaussian model: every atom adds a two-dimensional Gaussian to the image.

Tier A: the same bits on every 64-bit IEEE-754 machine.

    I(x, y) = Σ A g(x − x_atom, y − y_atom),   g = exp(−(x² + y²)/2σ²)

Here are the amplitudes, the three meanings of α and the conversion into detected electrons; the sum
itself is made in ``projection``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Context
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import numpy as np

from sim.core.errors import InputError, never
from sim.core.types import FloatArray, ImageGrid, IntArray
from sim.imaging.projection import REACH, Cancel, Normalisation, project, unit_peak
from sim.numerics import detmath

Mode = Literal["z_power", "linear", "column_gamma"]

#: One carbon atom has amplitude 1 in the mode ``z_power``.
REFERENCE_NUMBER = 6
GOLD = 79
_LARGEST_NUMBER = 118
#: σ of the gold atom that ``collected_fraction`` refers to when areas are kept, Å.
REFERENCE_SIGMA = 0.6
#: Below this σ in pixels, point samples misjudge a spot and Gaussians are averaged over each pixel.
COARSEST_SAMPLED_SIGMA = 0.7

# Pixels raised to a power between two looks at ``cancel``.
_PIXELS_AT_ONCE = 2**17
# exp gives 0 beyond 37.6 σ, so that no window need be wider.
_WIDEST_REACH = 38.0
# Excess of a fraction over 1 that is rounding and not electrons.
_ROUNDING = 1e-12


def amplitudes(
    numbers: IntArray, mode: Mode, alpha: float, reference_number: int = REFERENCE_NUMBER
) -> FloatArray:
    """Amplitude of each atom's Gaussian.

    Parameters
    ----------
    numbers
        (N,) atomic numbers.
    mode
        ``z_power``: (Z/reference)^α, correctly rounded.  ``linear``: α.  ``column_gamma``: 1; there α
        acts on the summed image.
    alpha
        α.
    reference_number
        Atomic number that has amplitude 1 in ``z_power``.

    Returns
    -------
    (N,) float64.
    """
    if mode == "linear":
        return np.full(len(numbers), float(alpha))
    if mode == "column_gamma":
        return np.ones(len(numbers))
    table = np.zeros(_LARGEST_NUMBER + 1)
    for number in np.flatnonzero(np.bincount(numbers)).tolist():
        table[number] = _number_power(number, reference_number, float(alpha))
    return table[numbers]


@lru_cache(maxsize=4096)
def _number_power(number: int, reference_number: int, alpha: float) -> float:
    return detmath.decimal_power(Fraction(number, reference_number), alpha)


def gold_peak(mode: Mode, normalisation: Normalisation) -> float:
    """I_Au: peak of one gold atom at α = 1, which detects ``collected_fraction`` of the beam.

    With ``area`` it is the peak at σ = 0.6 Å (Å⁻²), so that a spot's electrons do not depend on σ.
    """
    amplitude = _number_power(GOLD, REFERENCE_NUMBER, 1.0) if mode == "z_power" else 1.0
    return amplitude * unit_peak(REFERENCE_SIGMA, normalisation)


def model_intensity(
    positions: FloatArray,
    numbers: IntArray,
    grid: ImageGrid,
    sigma: float,
    alpha: float,
    mode: Mode,
    normalisation: Normalisation,
    cancel: Cancel | None = None,
) -> FloatArray:
    """Intensity of the Gaussian model, in the model's own units.

    Parameters
    ----------
    positions
        (N, 3), Å.
    numbers
        (N,) atomic numbers.
    grid, sigma, normalisation, cancel
        As in :func:`project`; where σ is below 0.7 pixels, Gaussians are averaged over each pixel.
    alpha, mode
        ``z_power``, ``linear``: see :func:`amplitudes`.  ``column_gamma``: the sum of unit Gaussians,
        in units of the reference (1, or with ``area`` the peak of one atom at σ = 0.6 Å), is raised to
        the power α; so α = 1 leaves the sum as it is, in both normalisations.

    Returns
    -------
    (H, W) float64.

    Notes
    -----
    In ``column_gamma``, intensity 0 stays 0 for α > 0.  α = 0 gives a uniform image: a Gaussian is
    nowhere zero, and anything to the power 0 is 1.  For α < 1 the power lifts a spot's tail to that of
    a Gaussian of width σ/√α, so the windows grow to 6σ/√α (at most 38σ, where exp ends): the edge of
    a window never shows.
    """
    integrate = sigma < COARSEST_SAMPLED_SIGMA * grid.pixel_size
    gamma = mode == "column_gamma"
    reach = REACH
    if gamma and alpha < 1.0:
        wider = float(np.sqrt(1.0 / alpha)) if alpha > 0.0 else np.inf
        reach = min(REACH * wider, _WIDEST_REACH)
    image = project(
        positions,
        amplitudes(numbers, mode, alpha),
        grid,
        sigma,
        integrate=integrate,
        normalisation=normalisation,
        reach=reach,
        cancel=cancel,
    )
    if gamma and alpha != 1.0:
        _raise_to_power(image, alpha, unit_peak(REFERENCE_SIGMA, normalisation), cancel or never)
    return image


def _raise_to_power(image: FloatArray, alpha: float, unit: float, check: Cancel) -> None:
    """image = unit · (image/unit)^α in place, in bands of rows."""
    for band in _bands(image):
        check()
        np.multiply(detmath.power(np.divide(band, unit), alpha), unit, out=band)


def _bands(image: FloatArray) -> list[FloatArray]:
    rows = max(1, _PIXELS_AT_ONCE // image.shape[1])
    return [image[top : top + rows] for top in range(0, image.shape[0], rows)]


def beam_fraction(
    positions: FloatArray,
    numbers: IntArray,
    grid: ImageGrid,
    *,
    sigma: float,
    alpha: float,
    mode: Mode,
    normalisation: Normalisation,
    collected_fraction: float,
    cancel: Cancel | None = None,
) -> FloatArray:
    """Fraction of the incident electrons that is detected in every pixel: f · I / I_Au.

    Parameters
    ----------
    positions, numbers, grid, sigma, alpha, mode, normalisation, cancel
        As in :func:`model_intensity`.
    collected_fraction
        f, the fraction detected at the centre of one gold atom at α = 1.

    Returns
    -------
    (H, W) float64, 0 to 1.

    Raises
    ------
    InputError
        If the fraction exceeds 1 anywhere.
    """
    check = cancel or never
    image = model_intensity(positions, numbers, grid, sigma, alpha, mode, normalisation, cancel)
    scale = collected_fraction / gold_peak(mode, normalisation)
    largest = 0.0
    for band in _bands(image):
        check()
        np.multiply(band, scale, out=band)
        largest = max(largest, float(np.max(band)))
    if largest > 1.0 + _ROUNDING:
        possible = Context(prec=3, rounding=ROUND_FLOOR).create_decimal(collected_fraction / largest)
        raise InputError(
            "imaging.collected_fraction",
            f"the brightest pixel would detect {largest:.4g} times the electrons that arrive",
            value=collected_fraction,
            allowed=f"up to {float(possible):g} for this image",
            remedy="lower it or lower imaging.alpha",
        )
    return image


def largest_fraction(
    composition: Mapping[int, int],
    *,
    sigma: float,
    alpha: float,
    mode: Mode,
    normalisation: Normalisation,
    collected_fraction: float,
) -> float:
    """Bound on the fraction of the beam in any pixel of any image of a structure, at most 1.

    Every atom is taken to lie on one point; :func:`beam_fraction` refuses fractions above 1.

    Parameters
    ----------
    composition
        Atomic number → number of atoms.
    sigma, alpha, mode, normalisation, collected_fraction
        As in :func:`beam_fraction`.
    """
    numbers = np.array(list(composition), dtype=np.int64)
    total = 0.0
    for amplitude, count in zip(amplitudes(numbers, mode, alpha).tolist(), composition.values(), strict=True):
        total += amplitude * count
    unit = unit_peak(REFERENCE_SIGMA, normalisation)
    total = total * unit_peak(sigma, normalisation)
    if mode == "column_gamma":
        total = unit * float(detmath.power(np.array([total / unit]), alpha)[0])
    # A little more than rounding can take away.
    return min(1.0, collected_fraction * total / gold_peak(mode, normalisation) * (1.0 + 1e-9))
