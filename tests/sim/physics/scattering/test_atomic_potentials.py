"""Analytic potentials against numerical transforms of the factors, and Kirkland's line of atoms."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import j0

from sim.physics.electrons import SCATTERING_TO_POTENTIAL, interaction_constant, wavelength
from sim.physics.scattering.factors import (
    PARAMETRISATIONS,
    potential,
    projected_factor,
    projected_potential,
    scattering_factor,
)

LINE = Path(__file__).parents[3] / "data" / "scattering" / "kirkland_line.csv"


def radii() -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre points and weights from the nucleus to 40 Å, dense where the potential is steep."""
    edges = np.concatenate([[0.0], np.geomspace(1e-9, 0.02, 60), np.linspace(0.02, 40.0, 800)[1:]])
    nodes, weights = np.polynomial.legendre.leggauss(16)
    half = 0.5 * np.diff(edges)[:, None]
    return ((0.5 * (edges[1:] + edges[:-1]))[:, None] + half * nodes).ravel(), (half * weights).ravel()


@pytest.mark.parametrize("parametrisation", PARAMETRISATIONS)
@pytest.mark.parametrize("number", [1, 6, 14, 55, 79, 92])
def test_projected_potential_is_the_transform_of_the_factor(number: int, parametrisation) -> None:
    r, weight = radii()
    values = weight * 2 * math.pi * r * projected_potential(number, r, parametrisation)
    for k in (0.0, 0.2, 0.7, 2.0, 6.0):
        hankel = float(np.sum(values * j0(2 * math.pi * k * r)))
        assert hankel == pytest.approx(float(projected_factor(number, k**2, parametrisation)), rel=1e-8)


@pytest.mark.parametrize("parametrisation", PARAMETRISATIONS)
@pytest.mark.parametrize("number", [6, 29, 79])
def test_potential_is_the_transform_of_the_factor(number: int, parametrisation) -> None:
    r, weight = radii()
    values = weight * 4 * math.pi * r**2 * potential(number, r, parametrisation)
    for k in (0.0, 0.2, 0.7, 2.0, 6.0):
        transform = float(np.sum(values * np.sinc(2 * k * r)))
        expected = SCATTERING_TO_POTENTIAL * float(scattering_factor(number, k, parametrisation))
        assert transform == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("parametrisation", PARAMETRISATIONS)
@pytest.mark.parametrize("number", [8, 47])
def test_projection_is_the_integral_along_the_beam(number: int, parametrisation) -> None:
    z, weight = radii()
    for r in (0.02, 0.3, 1.7):
        along = 2 * float(np.sum(weight * potential(number, np.hypot(r, z), parametrisation)))
        assert along == pytest.approx(float(projected_potential(number, r, parametrisation)), rel=1e-8)


@pytest.mark.parametrize(("number", "values"), [(6, (215.46, 38.92, 6.11)), (79, (1451.5, 132.16, 18.38))])
def test_projected_potentials_as_abtem_has_them(number: int, values: tuple[float, ...]) -> None:
    """abTEM 1.0.11: LobatoParametrization().projected_potential(symbol)(r)."""
    np.testing.assert_allclose(projected_potential(number, [0.1, 0.5, 1.0]), values, rtol=1e-3)
    np.testing.assert_allclose(projected_potential(number, [0.1, 0.5, 1.0]), values, atol=0.06)


@pytest.mark.parametrize("number", [6, 79])
def test_near_the_nucleus(number: int) -> None:
    """The bare Coulomb potential: r V → Z e/(4π ε0) = 14.4 Z V Å; infinite at 0, without a warning."""
    assert 1e-5 * float(potential(number, 1e-5)) == pytest.approx(14.3996 * number, rel=5e-3)
    for function in (potential, projected_potential):
        for parametrisation in PARAMETRISATIONS:
            with np.errstate(all="raise"):
                values = function(number, np.array([[0.0, 0.1], [1.0, 0.0]]), parametrisation)
            assert values.shape == (2, 2)
            assert np.isinf(values[0, 0]) and values[1, 1] > 0 and np.all(np.isfinite(values.flat[1:3]))


@pytest.mark.parametrize("points", [512, 640])
@pytest.mark.parametrize("parametrisation", PARAMETRISATIONS)
def test_line_of_atoms(points: int, parametrisation) -> None:
    """Kirkland's line of C, Si, Cu, Au, U at 200 kV as a phase object, with the data file's settings."""
    width, voltage = 50.0, 200.0
    numbers, places = (6, 14, 29, 79, 92), (5.0, 15.0, 25.0, 35.0, 45.0)
    step = width / points
    k = np.fft.fftfreq(points, step)
    k2 = k[:, None] ** 2 + k**2
    spectrum = np.zeros((points, points), complex)
    for number, x in zip(numbers, places, strict=True):
        phase = np.exp(-2j * math.pi * (k * x + k[:, None] * width / 2))
        spectrum += projected_factor(number, k2, parametrisation) * phase
    projected = np.fft.ifft2(spectrum).real / step**2
    wave = np.fft.fft2(np.exp(1j * interaction_constant(voltage) * projected))
    length = wavelength(voltage)
    aberration = math.pi * length * k2 * (0.5 * 1.3e7 * length**2 * k2 - 700.0)
    wave *= np.exp(-1j * aberration) * (length * np.sqrt(k2) <= 10.37e-3)
    image = np.abs(np.fft.ifft2(wave)) ** 2

    lines = LINE.read_text(encoding="utf-8").splitlines()
    expected = {
        row["quantity"]: pytest.approx(float(row["value"]), abs=float(row["tolerance"]))
        for row in csv.DictReader(line for line in lines if not line.startswith("#"))
    }
    at_atoms = [float(image[points // 2, round(x / step)]) for x in places]
    found = [float(image.min()), float(image.max()), *at_atoms]
    assert dict(zip(("least", "greatest", "C", "Si", "Cu", "Au", "U"), found, strict=True)) == expected
