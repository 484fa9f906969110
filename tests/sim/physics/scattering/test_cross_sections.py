"""Cross-sections against closed forms, direct integration over the angle, and the bare nucleus."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from sim.core.errors import InputError
from sim.physics.electrons import BOHR_RADIUS, mass_factor, wavelength
from sim.physics.scattering.cross_sections import (
    LARGEST_ANGLE,
    partial_elastic_cross_section,
    screened_rutherford,
)
from sim.physics.scattering.factors import scattering_factor


@pytest.mark.parametrize("voltage", [60.0, 200.0])
def test_hydrogen_has_a_closed_form(voltage: float) -> None:
    """σ = 7π γ²/(3 k²), k = 2π/λ (Landau & Lifshitz, Quantum Mechanics, section 139)."""
    exact = 7 * mass_factor(voltage) ** 2 * wavelength(voltage) ** 2 / (12 * math.pi)
    assert partial_elastic_cross_section(1, voltage, 0.0, LARGEST_ANGLE) == pytest.approx(exact, rel=2e-4)


@pytest.mark.parametrize("number", [1, 13, 55, 92])
@pytest.mark.parametrize(("inner", "outer"), [(0.0, 12.0), (68.0, 200.0), (0.0, LARGEST_ANGLE)])
@pytest.mark.parametrize("parametrisation", ["lobato", "kirkland"])
def test_integral_over_the_angle(number: int, inner: float, outer: float, parametrisation) -> None:
    voltage = 200.0

    def integrand(angle: float) -> float:
        k = 2 * math.sin(angle / 2) / wavelength(voltage)
        amplitude = mass_factor(voltage) * float(scattering_factor(number, k, parametrisation))
        return 2 * math.pi * math.sin(angle) * amplitude**2

    edges = [inner, *(edge for edge in np.geomspace(0.1, LARGEST_ANGLE, 14) if inner < edge < outer), outer]
    direct = sum(
        quad(integrand, 1e-3 * low, 1e-3 * high, epsabs=0.0, epsrel=1e-11)[0] for low, high in pairwise(edges)
    )
    found = partial_elastic_cross_section(number, voltage, inner, outer, parametrisation)
    assert found == pytest.approx(direct, rel=1e-9)


@pytest.mark.parametrize("function", [partial_elastic_cross_section, screened_rutherford])
def test_annuli_add_up(function) -> None:
    edges = (0.0, 3.0, 25.0, 26.0, 80.0, 900.0, LARGEST_ANGLE)
    parts = [function(47, 120.0, low, high) for low, high in pairwise(edges)]
    assert math.fsum(parts) == pytest.approx(function(47, 120.0, 0.0, LARGEST_ANGLE), rel=1e-10)


@pytest.mark.parametrize(
    ("number", "inner", "outer", "tolerance"),
    # Heavier atoms keep more electrons close to the nucleus, so that the limit is reached later.
    [
        (6, 400.0, 1000.0, 0.002),
        (14, 400.0, 1000.0, 0.005),
        (79, 400.0, 1000.0, 0.04),
        (79, 80.0, 200.0, 0.25),
    ],
)
def test_high_angles_see_the_nucleus(number: int, inner: float, outer: float, tolerance: float) -> None:
    nucleus = screened_rutherford(number, 200.0, inner, outer)
    assert partial_elastic_cross_section(number, 200.0, inner, outer) == pytest.approx(nucleus, rel=tolerance)


def test_rutherford_without_screening() -> None:
    """The bare nucleus: dσ/dΩ = 4 γ² Z²/(a0² q⁴) with q = 4π sin(θ/2)/λ, nearly hydrogen's at 1.2 rad."""
    voltage, low, high = 100.0, 1.2, 1.3
    scale = 4 * (mass_factor(voltage) / BOHR_RADIUS) ** 2

    def bare(angle: float) -> float:
        q = 4 * math.pi * math.sin(angle / 2) / wavelength(voltage)
        return 2 * math.pi * math.sin(angle) * scale / q**4

    expected = quad(bare, low, high)[0]
    assert screened_rutherford(1, voltage, 1e3 * low, 1e3 * high) == pytest.approx(expected, rel=3e-4)


def test_exponent_of_the_atomic_number() -> None:
    """Annular dark field grows with Z to a power between Thomas-Fermi 4/3 and Rutherford 2."""
    ratio = partial_elastic_cross_section(79, 200.0, 80.0, 200.0) / partial_elastic_cross_section(
        29, 200.0, 80.0, 200.0
    )
    assert 1.6 < math.log(ratio) / math.log(79 / 29) < 2.0


@pytest.mark.parametrize("function", [partial_elastic_cross_section, screened_rutherford])
@pytest.mark.parametrize(
    ("inner", "outer"),
    [(-1.0, 10.0), (10.0, 10.0), (20.0, 10.0), (0.0, 3200.0), (math.nan, 10.0), (0.0, math.nan)],
)
def test_no_annulus(function, inner: float, outer: float) -> None:
    with pytest.raises(InputError, match="no annulus"):
        function(6, 200.0, inner, outer)


def test_other_refusals() -> None:
    for function in (partial_elastic_cross_section, screened_rutherford):
        with pytest.raises(InputError, match="'Db'"):
            function(105, 200.0, 0.0, 10.0)
        with pytest.raises(InputError, match="volts"):
            function(6, 200e3, 0.0, 10.0)
