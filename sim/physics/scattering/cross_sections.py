"""How often an atom scatters an electron elastically into an annular detector."""

from __future__ import annotations

import math

import numpy as np

from sim.core.errors import InputError
from sim.physics.electrons import BOHR_RADIUS, mass_factor, wavelength
from sim.physics.scattering.factors import Parametrisation, scattering_factor
from sim.physics.scattering.tables import coefficients

#: Backwards: the largest scattering angle, mrad.
LARGEST_ANGLE = 1000 * math.pi

#: Panels and Gauss-Legendre nodes of the integral over log(k² + offset): 1e-12 for every element.
_PANELS, _NODES = 12, 24
#: Å⁻²; below it the scattering factors of all elements are nearly flat.
_OFFSET = 1e-3


def partial_elastic_cross_section(
    number: int, voltage: float, inner: float, outer: float, parametrisation: Parametrisation = "lobato"
) -> float:
    """Elastic cross-section of one atom at rest for scattering into an annulus, first Born approximation.

    Parameters
    ----------
    number
        Atomic number, 1 to 103.
    voltage
        kV.
    inner, outer
        Scattering angles in mrad that bound the annulus, 0 ≤ inner < outer ≤ 1000 π.
    parametrisation
        Table of scattering factors.

    Returns
    -------
    ∫ (γ f_e)² dΩ in Å².

    Raises
    ------
    InputError
        Angles out of order, no voltage, an element without tabulated coefficients.

    Notes
    -----
    With k = 2 sin(θ/2)/λ the solid angle is 2π sin θ dθ = 2π λ² k dk, without small angles.  The Born
    amplitude knows no multiple scattering inside the atom and no spin, which matters for heavy atoms at
    high angles.
    """
    low, high = _frequencies(voltage, inner, outer)
    edges = np.linspace(math.log(low**2 + _OFFSET), math.log(high**2 + _OFFSET), _PANELS + 1)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    half = 0.5 * (edges[1:] - edges[:-1])[:, None]
    t = 0.5 * (edges[1:] + edges[:-1])[:, None] + half * nodes
    # q = k²: 2 k dk = dq = exp(t) dt; rounding must not carry the lowest node below 0.
    q = np.maximum(np.exp(t) - _OFFSET, 0.0)
    amplitude = scattering_factor(number, np.sqrt(q), parametrisation)
    integral = 0.5 * float(np.sum(half * weights * amplitude**2 * np.exp(t)))
    return 2 * math.pi * (wavelength(voltage) * mass_factor(voltage)) ** 2 * integral


def screened_rutherford(number: int, voltage: float, inner: float, outer: float) -> float:
    """Elastic cross-section of an exponentially screened nucleus for scattering into an annulus.

    The simplest model with the right limits, in closed form; a check on the tabulated factors at high
    angles, where both see the bare nucleus.

    Parameters
    ----------
    number
        Atomic number, 1 to 103.
    voltage
        kV.
    inner, outer
        Scattering angles in mrad that bound the annulus, 0 ≤ inner < outer ≤ 1000 π.

    Returns
    -------
    Cross-section in Å².

    Raises
    ------
    InputError
        Angles out of order, no voltage, an unknown element.

    Notes
    -----
    Wentzel's potential with screening radius R = a0 Z^(−1/3) in first Born approximation: f_e =
    Z/(2π² a0) / (k² + 1/(2πR)²).  Reimer & Kohl, Transmission Electron Microscopy (2008), chapter 5.
    """
    coefficients(number)  # the same elements, the same sentence
    low, high = _frequencies(voltage, inner, outer)
    screening = math.cbrt(number) / (2 * math.pi * BOHR_RADIUS)
    strength = number / (2 * math.pi**2 * BOHR_RADIUS)
    below, above = low**2 + screening**2, high**2 + screening**2
    # 1/below − 1/above without the loss of digits in a narrow annulus.
    integral = 0.5 * strength**2 * (high - low) * (high + low) / (below * above)
    return 2 * math.pi * (wavelength(voltage) * mass_factor(voltage)) ** 2 * integral


def _frequencies(voltage: float, inner: float, outer: float) -> tuple[float, float]:
    """Spatial frequencies in Å⁻¹ at the edges of an annulus given in mrad."""
    if not (0 <= inner < outer <= LARGEST_ANGLE * (1 + 1e-12)):
        raise InputError(
            "inner, outer",
            "no annulus of scattering angles",
            value=(inner, outer),
            allowed=f"0 or more, inner below outer, up to {LARGEST_ANGLE:.0f} mrad",
        )
    length = wavelength(voltage)
    return 2 * math.sin(0.5e-3 * inner) / length, 2 * math.sin(0.5e-3 * outer) / length
