"""Contrast transfer: apertures, envelopes of partial coherence, zeros, Scherzer focus, resolution limits.

Spatial frequencies k in Å⁻¹, apertures as semiangles in mrad, lengths in Å.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.polynomial.polynomial import polyroots, polyval
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.core.types import FloatArray
from sim.physics.optics.aberrations import Aberrations

ComplexArray = NDArray[np.complex128]

ScherzerConvention = Literal["classic", "scherzer", "extended"]
#: Defocus as a multiple of sqrt(Cs λ).  classic: 1; scherzer: sqrt(4/3), where the smallest χ is −2π/3;
#: extended: sqrt(3/2), where it is −3π/4.  Scherzer, J. Appl. Phys. 20, 20 (1949).
SCHERZER: dict[ScherzerConvention, float] = {
    "classic": 1.0,
    "scherzer": math.sqrt(4.0 / 3.0),
    "extended": math.sqrt(1.5),
}

#: Damping at which the information limit is read, exp(−2) = 13.5 %.
INFORMATION_THRESHOLD = math.exp(-2.0)

#: χ/π that comes this near to a whole number where it turns round touches it.
_TOUCH = 1e-9


def aperture(k: FloatArray, semiangle: float, wavelength: float, edge: float = 0.0) -> FloatArray:
    """Transmission of a round aperture.

    Parameters
    ----------
    k
        Spatial frequency, Å⁻¹, any shape.
    semiangle
        mrad; infinity lets everything pass.
    wavelength
        Å.
    edge
        Width in Å⁻¹ over which the transmission falls linearly from 1 to 0, centred on the edge; one
        reciprocal pixel keeps the aperture's area from jumping with its size.  0: a sharp edge.

    Returns
    -------
    Transmission in [0, 1], same shape as ``k``.

    Raises
    ------
    InputError
        If the semiangle is not positive.
    """
    if not semiangle > 0.0:
        raise InputError("aperture", "an aperture needs an opening", value=semiangle, allowed="above 0 mrad")
    cutoff = semiangle * 1e-3 / wavelength
    if edge == 0.0 or math.isinf(cutoff):
        return np.asarray(np.less_equal(k, cutoff), dtype=np.float64)
    return np.clip((cutoff - np.asarray(k)) / edge + 0.5, 0.0, 1.0)


def focal_spread_envelope(k2: FloatArray, wavelength: float, focal_spread: float) -> FloatArray:
    """Damping by a spread of focus (temporal coherence), exp(−(½πλ·fs·k²)²).

    Parameters
    ----------
    k2
        Squared spatial frequency, Å⁻², any shape.
    wavelength
        Å.
    focal_spread
        1/e half-width of the distribution of focus, Å (√2 times its standard deviation).

    Returns
    -------
    Envelope in [0, 1], same shape as ``k2``.

    Notes
    -----
    Frank, Optik 38, 519 (1973).
    """
    return np.exp(-np.square((0.5 * math.pi * wavelength * focal_spread) * np.asarray(k2)))


def convergence_envelope(gradient_x: FloatArray, gradient_y: FloatArray, convergence: float) -> FloatArray:
    """Damping by a spread of illumination angles (spatial coherence), exp(−(θ0/2)²·|∂χ/∂α⃗|²).

    Parameters
    ----------
    gradient_x, gradient_y
        ∂χ/∂α⃗ of :meth:`Aberrations.gradient`, rad/rad, any shape.
    convergence
        1/e half-angle θ0 of the Gaussian distribution, mrad.

    Frank (1973), as above; asymmetric aberrations enter by the whole gradient.
    """
    half = 0.5e-3 * convergence
    return np.exp(-(half * half) * (np.square(gradient_x) + np.square(gradient_y)))


def vibration_envelope(k2: FloatArray, rms: float) -> FloatArray:
    """Damping of an image that shakes isotropically, exp(−2π²u²k²).

    Parameters
    ----------
    k2
        Squared spatial frequency of the image, Å⁻², any shape.
    rms
        Root mean square displacement u along each axis, Å.
    """
    return np.exp((-2.0 * math.pi * math.pi * rms * rms) * np.asarray(k2))


def ctf(
    kx: FloatArray,
    ky: FloatArray,
    wavelength: float,
    aberrations: Aberrations,
    *,
    aperture_semiangle: float = math.inf,
    focal_spread: float = 0.0,
    convergence: float = 0.0,
    edge: float = 0.0,
) -> ComplexArray:
    """The wave's transfer function: aperture × envelopes × exp(−iχ).

    Parameters
    ----------
    kx, ky
        Spatial frequencies, Å⁻¹, of any shapes that broadcast.
    wavelength
        Å.
    aperture_semiangle, edge
        See :func:`aperture`.
    focal_spread
        Å, 1/e half-width.
    convergence
        mrad, 1/e half-angle.

    Returns
    -------
    complex128 of the broadcast shape.
    """
    chi = aberrations.phase(kx, ky, wavelength)
    result = np.empty(chi.shape, dtype=np.complex128)
    np.cos(chi, out=result.real)
    np.negative(np.sin(chi), out=result.imag)
    k2 = np.square(kx) + np.square(ky)
    if not math.isinf(aperture_semiangle):
        result *= aperture(np.sqrt(k2), aperture_semiangle, wavelength, edge)
    if focal_spread:
        result *= focal_spread_envelope(k2, wavelength, focal_spread)
    if convergence:
        result *= convergence_envelope(*aberrations.gradient(kx, ky, wavelength), convergence)
    return result


@dataclass(frozen=True, eq=False)
class RadialTransfer:
    """Transfer along one direction, for plots; all arrays have the shape of ``k``.

    Attributes
    ----------
    k
        Å⁻¹.
    phase
        χ, rad.
    transfer
        sin χ × aperture × envelopes; negative values show atoms dark where χ comes from underfocus.
    focal_spread, convergence, vibration, aperture
        The single factors.
    """

    k: FloatArray
    phase: FloatArray
    transfer: FloatArray
    focal_spread: FloatArray
    convergence: FloatArray
    vibration: FloatArray
    aperture: FloatArray

    @property
    def envelope(self) -> FloatArray:
        """Product of the aperture and all envelopes."""
        return self.focal_spread * self.convergence * self.vibration * self.aperture


def radial_transfer(
    k: FloatArray,
    wavelength: float,
    aberrations: Aberrations,
    *,
    azimuth: float = 0.0,
    aperture_semiangle: float = math.inf,
    focal_spread: float = 0.0,
    convergence: float = 0.0,
    vibration: float = 0.0,
) -> RadialTransfer:
    """The contrast transfer function of a weak phase object along one direction.

    Parameters
    ----------
    k
        (n,) spatial frequencies from 0 up, Å⁻¹.
    azimuth
        Direction, degrees from x towards y.
    vibration
        Root mean square displacement along each axis, Å.
    """
    k = np.asarray(k, dtype=np.float64)
    kx, ky = k * math.cos(math.radians(azimuth)), k * math.sin(math.radians(azimuth))
    chi = aberrations.phase(kx, ky, wavelength)
    k2 = np.square(k)
    spread = focal_spread_envelope(k2, wavelength, focal_spread)
    spatial = convergence_envelope(*aberrations.gradient(kx, ky, wavelength), convergence)
    shaken = vibration_envelope(k2, vibration)
    opening = aperture(k, aperture_semiangle, wavelength)
    transfer = np.sin(chi) * spread * spatial * shaken * opening
    return RadialTransfer(k, chi, transfer, spread, spatial, shaken, opening)


def zeros(wavelength: float, aberrations: Aberrations, k_max: float, *, azimuth: float = 0.0) -> FloatArray:
    """Every spatial frequency 0 < k ≤ ``k_max`` at which sin χ vanishes along one direction.

    Parameters
    ----------
    k_max
        Å⁻¹.
    azimuth
        Degrees.

    Returns
    -------
    (n,) ascending, Å⁻¹, each once.
    """
    coefficients = aberrations.polynomial(wavelength, azimuth)
    if not coefficients.any():
        return np.empty(0)
    # Between its turning points χ is monotonic and passes each multiple of π in between once.
    turning = _positive_roots(coefficients[1:] * np.arange(1.0, 7.0), k_max)
    edges = np.concatenate([[0.0], np.sort(turning), [k_max]])
    values = polyval(edges, coefficients) / math.pi
    touched = edges[1:][np.abs(values[1:] - np.round(values[1:])) < _TOUCH]
    found = [touched[touched > 0.0]]
    for low, high, first, last in zip(edges, edges[1:], values, values[1:], strict=False):
        lowest, highest = min(first, last) + _TOUCH, max(first, last) - _TOUCH
        multiples = math.pi * np.arange(math.ceil(lowest), math.floor(highest) + 1)
        if multiples.size:
            found.append(_crossings(coefficients, low, high, multiples, rising=bool(last > first)))
    return np.unique(np.concatenate(found))


def first_zero(
    wavelength: float, aberrations: Aberrations, k_max: float = 10.0, *, azimuth: float = 0.0
) -> float | None:
    """The smallest of :func:`zeros`, Å⁻¹, or None where there is none up to ``k_max``."""
    # Zeros crowd towards large k: a window that grows until it holds one finds it soon.
    reach = min(k_max, 0.01)
    while True:
        found = zeros(wavelength, aberrations, reach, azimuth=azimuth)
        if found.size:
            return float(found[0])
        if reach >= k_max:
            return None
        reach = min(k_max, 2.0 * reach)


def _crossings(
    coefficients: FloatArray, low: float, high: float, values: FloatArray, *, rising: bool
) -> FloatArray:
    """Where a polynomial that is monotonic from ``low`` to ``high`` takes each of the values (bisection)."""
    lows, highs = np.full(values.shape, low), np.full(values.shape, high)
    for _ in range(54):
        middle = 0.5 * (lows + highs)
        beyond = (polyval(middle, coefficients) > values) == rising
        highs, lows = np.where(beyond, middle, highs), np.where(beyond, lows, middle)
    return np.asarray(0.5 * (lows + highs))


def _positive_roots(coefficients: FloatArray, k_max: float) -> FloatArray:
    """Real roots 0 < k < ``k_max`` of Σ c_j k^j."""
    # In units of k_max: the coefficients of high powers are else many orders of magnitude larger.
    scaled = coefficients * k_max ** np.arange(float(len(coefficients)))
    scaled = np.trim_zeros(scaled, "b")
    if len(scaled) < 2:
        return np.empty(0)
    roots = polyroots(scaled)
    real = roots.real[(np.abs(roots.imag) < 1e-9) & (roots.real > 1e-9) & (roots.real < 1.0)]
    return np.asarray(real * k_max, dtype=np.float64)


@dataclass(frozen=True)
class ScherzerFocus:
    """An optimum focus for phase contrast.

    Attributes
    ----------
    defocus
        Å, positive = underfocus (C10 = −defocus).
    point_resolution
        1/k of the first zero at this focus, Å.
    convention
        Which of the conventions.
    """

    defocus: float
    point_resolution: float
    convention: ScherzerConvention


def scherzer(cs: float, wavelength: float, convention: ScherzerConvention = "extended") -> ScherzerFocus:
    """Scherzer's focus of a lens with spherical aberration.

    Parameters
    ----------
    cs
        Spherical aberration C30, Å, positive.
    wavelength
        Å.
    convention
        ``classic`` sqrt(Cs λ), ``scherzer`` sqrt(4/3 Cs λ) or ``extended`` sqrt(3/2 Cs λ).

    Raises
    ------
    InputError
        If Cs is not positive: phase contrast then has no optimum underfocus.

    Notes
    -----
    The first zero follows from ½Csλ³k⁴ = λΔf·k²: d = (Csλ³)^¼ (2Δf/sqrt(Csλ))^(−½), which is 0.707,
    0.658 and 0.639 Cs^¼ λ^¾ for the three.
    """
    if not cs > 0.0:
        raise InputError(
            "aberrations.C30",
            "Scherzer's focus needs a positive spherical aberration",
            value=cs,
            allowed="above 0 Å",
            remedy="set the focus by hand",
        )
    multiple = SCHERZER[convention]
    resolution = (cs * wavelength**3) ** 0.25 / math.sqrt(2.0 * multiple)
    return ScherzerFocus(multiple * math.sqrt(cs * wavelength), resolution, convention)


def information_limit(
    wavelength: float,
    aberrations: Aberrations,
    *,
    focal_spread: float = 0.0,
    convergence: float = 0.0,
    vibration: float = 0.0,
    azimuth: float = 0.0,
    threshold: float = INFORMATION_THRESHOLD,
    k_max: float = 20.0,
) -> float | None:
    """The frequency beyond which the envelopes damp below a threshold for the first time.

    Parameters
    ----------
    focal_spread, vibration
        Å.
    convergence
        mrad.
    threshold
        exp(−2) by convention.
    k_max
        Where the search ends, Å⁻¹.

    Returns
    -------
    Å⁻¹, or None where the damping stays above the threshold.
    """
    spreads = {"focal_spread": focal_spread, "convergence": convergence, "vibration": vibration}

    def damping(k: FloatArray) -> FloatArray:
        return radial_transfer(k, wavelength, aberrations, azimuth=azimuth, **spreads).envelope

    # The convergence envelope may recover; steps of k_max/4000 find the first crossing.
    grid = np.linspace(0.0, k_max, 4001)
    below = np.flatnonzero(damping(grid) < threshold)
    if not below.size:
        return None
    low, high = float(grid[below[0] - 1]), float(grid[below[0]])
    for _ in range(60):
        middle = 0.5 * (low + high)
        below_it = float(damping(np.array([middle]))[0]) < threshold
        low, high = (low, middle) if below_it else (middle, high)
    return 0.5 * (low + high)
