"""How matter of a given thickness scatters into a detector: S(t), with 1 − e^(−S) or e^(−S) of the beam seen.

Tier A.  Three ways: elastic cross-sections, a table of multislice computations, a constant that is given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray, Material
from sim.imaging.thickness import slabs
from sim.imaging.thickness.monotone import Curve
from sim.numerics import detmath
from sim.physics.electrons import mass_factor, wavelength
from sim.physics.materials import number_density
from sim.physics.scattering.tables import coefficients

Signal = Literal["haadf", "bf"]
Constants = Literal["cross_sections", "lookup", "given"]
Phase = Literal["amorphous", "crystalline"]

#: Backwards: the largest scattering angle, mrad.
LARGEST_ANGLE = 1000.0 * math.pi
_DEGREES = 180.0 / LARGEST_ANGLE
#: A thickness in nm is a tenth of it in Å.
_PER_NM = 0.1
#: What is left of the beam at least.
_LEAST_SEEN = 1e-6

#: Panels of the integral over log(k² + offset), and offset in Å⁻²: 1e-12 for every element.
_PANELS, _OFFSET = 20, 1e-3
#: Positive nodes and weights of Gauss and Legendre's rule with 16 nodes (Abramowitz & Stegun, table 25.4).
_NODES = (
    (0.0950125098376374402, 0.1894506104550684963),
    (0.2816035507792589132, 0.1826034150449235888),
    (0.4580167776572273863, 0.1691565193950025382),
    (0.6178762444026437484, 0.1495959888165767321),
    (0.7554044083550030339, 0.1246289712555338720),
    (0.8656312023878317439, 0.0951585116824927848),
    (0.9445750230732325761, 0.0622535239386478929),
    (0.9894009349916499326, 0.0271524594117540949),
)


@dataclass(frozen=True, eq=False)
class Attenuation:
    """Optical depth of a material for one signal.

    Attributes
    ----------
    constant
        S of a thin layer divided by its thickness, 1/Å.
    curve
        S over thickness in Å; None where S is the constant times the thickness.
    """

    constant: float
    curve: Curve | None = None

    def optical_depth(self, thickness: FloatArray) -> FloatArray:
        """S of thicknesses in Å, any shape; 0 for no matter.

        Of what is seen, 1 − e^(−S) is the share of the beam that reaches an annular dark-field detector
        and e^(−S) the share that reaches a bright-field one.
        """
        if self.curve is None:
            return np.multiply(thickness, self.constant)
        given = np.asarray(thickness, dtype=np.float64)
        depth = np.zeros(given.shape)
        # Most pixels of an image of particles are empty.
        matter = np.nonzero(given)
        depth[matter] = self.curve.at(given[matter])
        return depth


def attenuation(
    material: Material,
    *,
    signal: Signal = "haadf",
    constants: Constants = "cross_sections",
    phase: Phase = "amorphous",
    voltage: float = 200.0,
    inner: float = 80.0,
    outer: float = 200.0,
    collection: float = 10.0,
    given: float = 0.0,
) -> Attenuation:
    """What a material scatters into a detector, or out of it, for any thickness.

    Parameters
    ----------
    material
        Composition and density.
    signal
        ``haadf``: into the annulus.  ``bf``: out of the disc.
    constants
        Where S comes from: ``cross_sections`` (every electron scattered once goes to the detector, S = κt),
        ``lookup`` (multislice through slabs of the material), ``given`` (κ itself).
    phase
        Of the slabs.
    voltage
        kV.
    inner, outer
        Angles of the annulus, mrad.
    collection
        Half angle of the bright-field disc, mrad.
    given
        κ for ``given``, 1/nm.

    Raises
    ------
    InputError
        Angles out of order, a voltage, angle or material that the table of slabs does not have.

    Notes
    -----
    κ = n Σ c_Z σ(Z) with n formula units a volume, c_Z atoms of an element in one, and σ its elastic
    cross-section.  A slab of another density than the table's counts with its mass thickness.
    """
    if constants == "given":
        if not (math.isfinite(given) and given >= 0.0):
            raise InputError("imaging.given", "no attenuation", value=given, allowed="0 or more, in 1/nm")
        return Attenuation(given * _PER_NM)
    low, high = (collection, LARGEST_ANGLE) if signal == "bf" else (inner, outer)
    if constants == "cross_sections":
        return Attenuation(attenuation_constant(material, voltage, low, high))
    _check_annulus(low, high)
    table = slabs.slab_table(material.name, phase, voltage)
    if signal == "bf":
        scattered = np.subtract(1.0, table.within(low, "imaging.collection"))
    else:
        inside = table.within(low, "imaging.inner")
        scattered = np.subtract(table.within(high, "imaging.outer"), inside)
    # S stays finite.
    seen = np.fmax(np.subtract(1.0, np.fmax(scattered, 0.0)), _LEAST_SEEN)
    depth = np.negative(detmath.log(seen))
    stretch = table.density / material.density
    curve = Curve.through(np.multiply(table.thickness, stretch), np.add(depth, 0.0))
    return Attenuation(float(curve.slopes[0]), curve)


def attenuation_constant(material: Material, voltage: float, inner: float, outer: float) -> float:
    """κ = n Σ c_Z σ(Z) of elastic scattering into an annulus, 1/Å.

    Parameters
    ----------
    material
        Composition and density.
    voltage
        kV.
    inner, outer
        Scattering angles, mrad, 0 ≤ inner < outer ≤ 1000 π.
    """
    total = 0.0
    for number, count in material.composition:
        total += count * elastic_cross_section(number, voltage, inner, outer)
    return number_density(material) * total


@lru_cache(maxsize=1024)
def elastic_cross_section(number: int, voltage: float, inner: float, outer: float) -> float:
    """Elastic cross-section of one atom at rest for scattering into an annulus, Å².

    Parameters
    ----------
    number
        Atomic number, 1 to 103.
    voltage
        kV.
    inner, outer
        Scattering angles, mrad, 0 ≤ inner < outer ≤ 1000 π.

    Raises
    ------
    InputError
        Angles out of order, no voltage, an element without tabulated coefficients.

    Notes
    -----
    ∫ (γ f_e)² dΩ in first Born approximation with the scattering factors of Lobato & Van Dyck, Acta Cryst.
    A70 (2014) 636: :func:`sim.physics.scattering.cross_sections.partial_elastic_cross_section` with the same
    bits on every machine.  k = 2 sin(θ/2)/λ, dΩ = 2π λ² k dk.

    Born's approximation is good to 1 % for light elements; heavy ones scatter less: partial waves of the same
    potential (without spin) give 0.75 of it for gold, 0.79 for tungsten and 0.997 for titanium between 80 and
    200 mrad at 200 kV, and much the same beyond 10 mrad.  The table of slabs has most of that (Glauber's
    approximation, 0.73, 0.76 and 0.97).
    """
    _check_annulus(inner, outer)
    length = wavelength(voltage)
    low, high = _frequency(inner, length), _frequency(outer, length)
    ends = detmath.log([low * low + _OFFSET, high * high + _OFFSET])
    first, width = float(ends[0]), (float(ends[1]) - float(ends[0])) / _PANELS
    middles = np.add(np.multiply(np.add(np.arange(_PANELS), 0.5), width), first)
    nodes = np.array([-node for node, _ in _NODES] + [node for node, _ in _NODES])
    weights = np.array([weight for _, weight in _NODES] * 2)
    offset = np.multiply(nodes, 0.5 * width)
    # q = k²: 2 k dk = dq = exp(t) dt; rounding must not carry the lowest node below 0.
    stretched = detmath.exp(np.add(middles[:, None], offset[None, :]))
    amplitude = _factor(number, np.fmax(np.subtract(stretched, _OFFSET), 0.0))
    terms = np.multiply(np.multiply(np.multiply(amplitude, amplitude), stretched), weights[None, :])
    # A half from the width of a panel, a half from 2 k dk.
    integral = 0.25 * width * float(detmath.ordered_sum(terms))
    scale = length * mass_factor(voltage)
    return 2.0 * math.pi * (scale * scale) * integral


def _check_annulus(inner: float, outer: float) -> None:
    if not (0.0 <= inner < outer <= LARGEST_ANGLE * (1.0 + 1e-12)):
        raise InputError(
            "imaging.inner, imaging.outer",
            "no annulus of scattering angles",
            value=(inner, outer),
            allowed=f"0 or more, inner below outer, up to {LARGEST_ANGLE:.0f} mrad",
        )


def _frequency(angle: float, length: float) -> float:
    """2 sin(θ/2)/λ in Å⁻¹ of an angle in mrad."""
    sine, _ = detmath.sincos_degrees(0.5 * min(angle, LARGEST_ANGLE) * _DEGREES)
    return 2.0 * float(sine) / length


def _factor(number: int, k2: FloatArray) -> FloatArray:
    """f_e in Å at squared spatial frequencies in Å⁻²."""
    total = np.zeros(k2.shape)
    for a, b in _pairs(number):
        falloff = np.divide(1.0, np.add(np.multiply(k2, b), 1.0))
        total = np.add(total, np.multiply(np.multiply(falloff, a), np.add(falloff, 1.0)))
    return total


def _pairs(number: int) -> Sequence[tuple[float, float]]:
    return [(float(a), float(b)) for a, b in coefficients(number, "lobato")]
