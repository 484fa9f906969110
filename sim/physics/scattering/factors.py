"""Electron scattering factors of neutral atoms, and the potentials that belong to them.

Everything follows from f_e(k), the first Born amplitude without its relativistic factor γ:
the potential is V(r) = h²/(2π m e) ∫ f_e(k) exp(2πi k·r) d³k, the projected potential its integral
along the beam.  Both sets of coefficients have analytic transforms, so nothing here is interpolated
or cut off.  k = 1/d = 2 sin(θ/2)/λ throughout, with scattering angle θ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from sim.core.errors import InputError
from sim.core.types import FloatArray
from sim.physics.electrons import SCATTERING_TO_POTENTIAL
from sim.physics.scattering.tables import PARAMETRISATIONS, Parametrisation, coefficients

__all__ = [
    "PARAMETRISATIONS",
    "Parametrisation",
    "debye_waller",
    "mean_inner_potential",
    "potential",
    "projected_factor",
    "projected_potential",
    "rms_displacement",
    "scattering_factor",
]


def scattering_factor(
    number: int, k: npt.ArrayLike, parametrisation: Parametrisation = "lobato"
) -> FloatArray:
    """Electron scattering factor f_e(k) of an atom at rest.

    Parameters
    ----------
    number
        Atomic number, 1 to 103.
    k
        Spatial frequency 1/d in Å⁻¹, any shape.
    parametrisation
        Table of coefficients.

    Returns
    -------
    f_e in Å, float64, the shape of ``k``; times γ it is the Born amplitude.

    Raises
    ------
    InputError
        An element without tabulated coefficients, an unknown parametrisation.

    Notes
    -----
    Lobato & Van Dyck, Acta Cryst. A70 (2014) 636, table 5; Kirkland, Advanced Computing in
    Electron Microscopy (2010), equation C.15.
    """
    return _factor(number, np.square(np.asarray(k, dtype=np.float64)), parametrisation)


def projected_factor(
    number: int, k2: npt.ArrayLike, parametrisation: Parametrisation = "lobato"
) -> FloatArray:
    """Two-dimensional Fourier transform of an atom's projected potential.

    Parameters
    ----------
    number
        Atomic number, 1 to 103.
    k2
        Squared spatial frequency in Å⁻², any shape.
    parametrisation
        Table of coefficients.

    Returns
    -------
    ∫ V_z(x, y) exp(−2πi k·x) dx dy = h²/(2π m e) f_e(k), in V Å³, the shape of ``k2``.

    Raises
    ------
    InputError
        An element without tabulated coefficients, an unknown parametrisation.
    """
    return SCATTERING_TO_POTENTIAL * _factor(number, np.asarray(k2, dtype=np.float64), parametrisation)


def projected_potential(
    number: int, r: npt.ArrayLike, parametrisation: Parametrisation = "lobato"
) -> FloatArray:
    """Potential of an atom integrated along the beam.

    Parameters
    ----------
    number
        Atomic number, 1 to 103.
    r
        Distance from the nucleus in the plane of projection, Å, not negative, any shape.
    parametrisation
        Table of coefficients.

    Returns
    -------
    V_z in V Å, the shape of ``r``; infinite at 0, where the nucleus lies (logarithmic).

    Raises
    ------
    InputError
        An element without tabulated coefficients, an unknown parametrisation.

    Notes
    -----
    Transforms of the terms of f_e with the modified Bessel functions K0 and K1; for Kirkland's
    table his equation C.20.
    """
    from scipy.special import k0, k1

    distance = np.asarray(r, dtype=np.float64)
    total = np.zeros(distance.shape)
    terms = coefficients(number, parametrisation)
    at_nucleus = distance == 0.0
    # Any other distance there: the limit is set below, and K0 would warn of nothing useful.
    distance = np.where(at_nucleus, 1.0, distance)
    if parametrisation == "lobato":
        for a, b in terms:
            x = 2 * math.pi / math.sqrt(b) * distance
            total += 2 * math.pi * a / b * (k0(x) + 0.5 * x * k1(x))
    else:
        for a, b in terms[:3]:
            total += 2 * math.pi * a * k0(2 * math.pi * math.sqrt(b) * distance)
        for c, d in terms[3:]:
            total += c * math.pi / d * np.exp(-((math.pi * distance) ** 2) / d)
    return np.where(at_nucleus, np.inf, SCATTERING_TO_POTENTIAL * total)


def potential(number: int, r: npt.ArrayLike, parametrisation: Parametrisation = "lobato") -> FloatArray:
    """Potential of an atom in three dimensions.

    Parameters
    ----------
    number
        Atomic number, 1 to 103.
    r
        Distance from the nucleus, Å, not negative, any shape.
    parametrisation
        Table of coefficients.

    Returns
    -------
    V in volts, the shape of ``r``; infinite at 0, where the nucleus lies.

    Raises
    ------
    InputError
        An element without tabulated coefficients, an unknown parametrisation.

    Notes
    -----
    Transforms of the terms of f_e; for Kirkland's table his equation C.19.
    """
    distance = np.asarray(r, dtype=np.float64)
    total = np.zeros(distance.shape)
    terms = coefficients(number, parametrisation)
    at_nucleus = distance == 0.0
    distance = np.where(at_nucleus, 1.0, distance)
    if parametrisation == "lobato":
        for a, b in terms:
            decay = np.exp(-2 * math.pi / math.sqrt(b) * distance)
            total += math.pi * a / b * (1.0 / distance + math.pi / math.sqrt(b)) * decay
    else:
        for a, b in terms[:3]:
            total += math.pi * a * np.exp(-2 * math.pi * math.sqrt(b) * distance) / distance
        for c, d in terms[3:]:
            total += c * (math.pi / d) ** 1.5 * np.exp(-((math.pi * distance) ** 2) / d)
    return np.where(at_nucleus, np.inf, SCATTERING_TO_POTENTIAL * total)


def mean_inner_potential(
    composition: Mapping[int, float], volume: float, parametrisation: Parametrisation = "lobato"
) -> float:
    """Mean potential of matter made of neutral free atoms.

    Parameters
    ----------
    composition
        Atomic number → number of such atoms in ``volume``.
    volume
        Å³.
    parametrisation
        Table of coefficients.

    Returns
    -------
    h²/(2π m e) Σ n f_e(0)/volume in volts.  Bonding contracts the outer electrons
    and lowers it, so that this is an upper limit.

    Raises
    ------
    InputError
        A volume that is not positive, an element without tabulated coefficients.

    Notes
    -----
    Reimer & Kohl, Transmission Electron Microscopy (2008), chapter 3.
    """
    if not (math.isfinite(volume) and volume > 0):
        raise InputError("volume", "no volume of matter", value=volume, allowed="positive, in Å³")
    total = sum(
        count * float(scattering_factor(number, 0.0, parametrisation))
        for number, count in composition.items()
    )
    return SCATTERING_TO_POTENTIAL * total / volume


def rms_displacement(b_factor: float) -> float:
    """Root mean square displacement of an atom along one axis, from its B factor.

    Parameters
    ----------
    b_factor
        Isotropic temperature factor B in Å².

    Returns
    -------
    sqrt(B/8π²) in Å.

    Raises
    ------
    InputError
        A negative B factor.
    """
    _check_b_factor(b_factor)
    return math.sqrt(b_factor / (8 * math.pi**2))


def debye_waller(k2: npt.ArrayLike, b_factor: float) -> FloatArray:
    """Factor by which thermal motion damps the scattering amplitude of an atom.

    Parameters
    ----------
    k2
        Squared spatial frequency in Å⁻² (k = 1/d), any shape.
    b_factor
        Isotropic temperature factor B in Å².

    Returns
    -------
    exp(−B k²/4) = exp(−2π² u² k²) with the displacement u of `rms_displacement`, the shape of ``k2``.

    Raises
    ------
    InputError
        A negative B factor.
    """
    _check_b_factor(b_factor)
    return np.exp(-0.25 * b_factor * np.asarray(k2, dtype=np.float64))


def _factor(number: int, k2: FloatArray, parametrisation: Parametrisation) -> FloatArray:
    """f_e in Å at squared spatial frequencies in Å⁻²."""
    total = np.zeros(k2.shape)
    terms = coefficients(number, parametrisation)
    if parametrisation == "lobato":
        for a, b in terms:
            falloff = 1.0 / (1.0 + b * k2)
            total += a * falloff * (1.0 + falloff)
    else:
        for a, b in terms[:3]:
            total += a / (k2 + b)
        for c, d in terms[3:]:
            total += c * np.exp(-d * k2)
    return total


def _check_b_factor(b_factor: float) -> None:
    if not (math.isfinite(b_factor) and b_factor >= 0):
        raise InputError("b_factor", "no temperature factor", value=b_factor, allowed="0 or more, in Å²")
