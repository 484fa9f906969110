"""Electrons against published tables and exact relations."""

from __future__ import annotations

import math

import pytest

from sim.core.errors import InputError
from sim.physics.electrons import (
    BOHR_RADIUS,
    ELECTRON_MASS,
    ELEMENTARY_CHARGE,
    LIGHT_SPEED,
    PLANCK,
    REST_ENERGY,
    SCATTERING_TO_POTENTIAL,
    interaction_constant,
    mass_factor,
    velocity_ratio,
    wavelength,
)


@pytest.mark.parametrize(
    ("voltage", "length", "sigma"),
    # abTEM 1.0.11: abtem.core.energy.energy2wavelength and energy2sigma.
    [
        (60.0, 0.0486606, 1.135691e-3),
        (80.0, 0.0417572, 1.008707e-3),
        (200.0, 0.0250793, 7.288401e-4),
        (300.0, 0.0196875, 6.526161e-4),
    ],
)
def test_wavelength_and_interaction_constant(voltage: float, length: float, sigma: float) -> None:
    assert wavelength(voltage) == pytest.approx(length, rel=1e-5)
    assert interaction_constant(voltage) == pytest.approx(sigma, rel=1e-5)


@pytest.mark.parametrize(
    ("voltage", "length", "beta", "gamma"),
    # Kirkland, Advanced Computing in Electron Microscopy (2010), table 2.2 and any textbook.
    [
        (100.0, 0.03701, 0.548, 1.196),
        (200.0, 0.02508, 0.695, 1.391),
        (300.0, 0.01969, 0.776, 1.587),
        (1000.0, 0.008719, 0.941, 2.957),
    ],
)
def test_textbook_values(voltage: float, length: float, beta: float, gamma: float) -> None:
    assert wavelength(voltage) == pytest.approx(length, rel=3e-4)
    assert velocity_ratio(voltage) == pytest.approx(beta, abs=6e-4)
    assert mass_factor(voltage) == pytest.approx(gamma, abs=6e-4)


@pytest.mark.parametrize("voltage", [0.1, 5.0, 80.0, 300.0, 3000.0])
def test_momentum_and_speed_belong_together(voltage: float) -> None:
    momentum = mass_factor(voltage) * ELECTRON_MASS * velocity_ratio(voltage) * LIGHT_SPEED
    assert PLANCK / momentum * 1e10 == pytest.approx(wavelength(voltage), rel=1e-12)
    assert velocity_ratio(voltage) == pytest.approx(math.sqrt(1 - mass_factor(voltage) ** -2), rel=1e-9)


@pytest.mark.parametrize("voltage", [20.0, 60.0, 200.0, 1000.0])
def test_the_other_form_of_the_interaction_constant(voltage: float) -> None:
    """σ = 2π/(λU) (m c² + eU)/(2 m c² + eU)."""
    ratio = (REST_ENERGY + voltage) / (2 * REST_ENERGY + voltage)
    other = 2 * math.pi / (wavelength(voltage) * voltage * 1e3) * ratio
    assert interaction_constant(voltage) == pytest.approx(other, rel=1e-12)


def test_constants_agree_with_each_other() -> None:
    assert pytest.approx(510.99895, rel=1e-8) == REST_ENERGY
    # h²/(2π m e) = 2π a0 · e/(4π ε0), with e/(4π ε0) = 14.399 645 V Å.
    assert pytest.approx(2 * math.pi * BOHR_RADIUS * 14.3996454, rel=1e-7) == SCATTERING_TO_POTENTIAL
    assert ELEMENTARY_CHARGE == 1.602176634e-19


@pytest.mark.parametrize("voltage", [0.0, -200.0, 0.05, 2e4, math.nan, math.inf])
@pytest.mark.parametrize("function", [wavelength, interaction_constant, mass_factor, velocity_ratio])
def test_no_voltage(function, voltage: float) -> None:
    with pytest.raises(InputError, match="no accelerating voltage in kV.*0.1 to 5000 kV"):
        function(voltage)


def test_volts_are_noticed() -> None:
    with pytest.raises(InputError, match="looks like volts; give 200"):
        wavelength(200e3)
