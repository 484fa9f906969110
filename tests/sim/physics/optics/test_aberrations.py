"""χ and its gradient against abTEM's transfer functions, finite differences and the two naming schools."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.physics.electrons import wavelength
from sim.physics.optics.aberrations import HAIDER, KRIVANEK, NAMES, Aberrations, from_haider, to_haider
from sim.physics.optics.transfer import convergence_envelope, ctf, focal_spread_envelope

TABLE = Path(__file__).with_name("abtem_transfer.csv")

#: The lens settings of the table; abTEM has angles in radians.
SETS: dict[str, tuple[float, dict[str, tuple[float, float]], float, float]] = {
    "corrected": (
        300.0,
        {
            "C10": (-87.3, 0.0), "C12": (31.7, 0.41), "C21": (1530.0, -1.13), "C23": (1170.0, 0.77),
            "C30": (2.4e4, 0.0), "C32": (6.1e4, 0.29), "C34": (3.3e4, -0.61), "C41": (2.2e6, 2.3),
            "C43": (1.9e6, 0.5), "C45": (2.7e6, -0.2), "C50": (4.4e7, 0.0), "C52": (3.1e7, 1.1),
            "C54": (2.6e7, 0.35), "C56": (5.2e7, 0.13),
        },
        33.0,
        0.45,
    ),
    "uncorrected": (
        200.0,
        {"C10": (-612.0, 0.0), "C12": (45.0, 1.2), "C21": (2.5e3, 2.9), "C30": (1.2e7, 0.0)},
        71.0,
        0.25,
    ),
}  # fmt: skip


def lens(name: str) -> Aberrations:
    return Aberrations(
        {symbol: (size, math.degrees(angle)) for symbol, (size, angle) in SETS[name][1].items()}
    )


def table(name: str) -> np.ndarray:
    lines = [line.split(",") for line in TABLE.read_text(encoding="utf-8").splitlines()]
    return np.array([[float(word) for word in line[1:]] for line in lines if line[0] == name])


@pytest.mark.parametrize("name", sorted(SETS))
def test_transfer_and_envelopes_are_those_of_abtem(name: str) -> None:
    """abTEM 1.0.11 at twelve frequencies with every aberration up to C56, to 1e-10 at its wavelength."""
    voltage, _, spread, angle = SETS[name]
    rows = table(name)
    kx, ky = rows[:, 0], rows[:, 1]
    # Its older constants differ by 2e-8, which hundreds of radians would turn into 1e-5.
    wave = {300.0: 0.01968748889772767, 200.0: 0.025079340317328468}[voltage]
    assert wave == pytest.approx(wavelength(voltage), rel=1e-7)
    value = ctf(kx, ky, wave, lens(name))
    np.testing.assert_allclose(value, rows[:, 2] + 1j * rows[:, 3], atol=1e-10)
    np.testing.assert_allclose(focal_spread_envelope(kx**2 + ky**2, wave, spread), rows[:, 4], rtol=1e-9)
    gradient = lens(name).gradient(kx, ky, wave)
    np.testing.assert_allclose(convergence_envelope(*gradient, angle), rows[:, 5], rtol=1e-9)
    whole = ctf(kx, ky, wave, lens(name), focal_spread=spread, convergence=angle)
    np.testing.assert_allclose(whole, value * rows[:, 4] * rows[:, 5], atol=1e-10)


def test_gradient_is_the_derivative_of_the_phase() -> None:
    """Central differences with every aberration, per angle: ∂χ/∂α = (∂χ/∂k)/λ."""
    wave, step = wavelength(300.0), 1e-5
    kx, ky = np.array([0.3, -0.7, 0.05, 0.0]), np.array([-0.2, 0.4, 0.9, 0.0])
    chosen = lens("corrected")
    along_x, along_y = chosen.gradient(kx, ky, wave)
    by_x = (chosen.phase(kx + step, ky, wave) - chosen.phase(kx - step, ky, wave)) / (2 * step * wave)
    by_y = (chosen.phase(kx, ky + step, wave) - chosen.phase(kx, ky - step, wave)) / (2 * step * wave)
    np.testing.assert_allclose(along_x, by_x, rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(along_y, by_y, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.symbol)
def test_each_term_is_largest_along_its_azimuth(name: object) -> None:
    """χ of one coefficient alone at 25 mrad: largest along φ_nm and its m-fold images, a cosine between."""
    symbol, order, symmetry = name.symbol, name.order, name.symmetry  # type: ignore[attr-defined]
    wave, alpha, size, azimuth = wavelength(200.0), 0.025, 123.0, 17.0
    azimuth = azimuth if symmetry else 0.0
    single = Aberrations({symbol: (size, azimuth)})
    directions = azimuth + np.array([0.0, 360.0 / max(symmetry, 1), 11.0])
    angles = np.radians(directions)
    chi = single.phase(alpha / wave * np.cos(angles), alpha / wave * np.sin(angles), wave)
    largest = 2 * math.pi / wave * size * alpha ** (order + 1) / (order + 1)
    expected = largest * np.cos(symmetry * np.radians(directions - azimuth))
    np.testing.assert_allclose(chi, expected, rtol=1e-12)


def test_polynomial_is_the_phase_along_a_direction() -> None:
    wave, chosen = wavelength(300.0), lens("corrected")
    k = np.linspace(0.0, 1.3, 7)
    direction = 133.0
    along = chosen.phase(k * math.cos(math.radians(direction)), k * math.sin(math.radians(direction)), wave)
    polynomial = np.polynomial.polynomial.polyval(k, chosen.polynomial(wave, direction))
    np.testing.assert_allclose(polynomial, along, rtol=1e-10, atol=1e-10)


def test_haider_names_and_factors() -> None:
    """FACTS of the two schools: C21 = 3 B2, C32 = 4 S3, C41 = 5 B4, C43 = 5 D4, the rest alike."""
    factors = {"B2": 3, "S3": 4, "B4": 5, "D4": 5, "S5": 6, "R5": 6}
    given = {key: (7.0, 1.0 if HAIDER[key].symmetry else 0.0) for key in HAIDER}
    converted = from_haider(given)
    for key, name in HAIDER.items():
        assert converted.coefficients[name.symbol][0] == 7.0 * factors.get(key, 1)
    back = to_haider(converted)
    assert set(back) == set(given)
    for key, (size, azimuth) in given.items():
        assert back[key] == pytest.approx((size, azimuth))
    assert {name.haider for name in NAMES} >= {
        "C1",
        "A1",
        "B2",
        "A2",
        "C3",
        "S3",
        "A3",
        "B4",
        "D4",
        "A4",
        "C5",
    }


def test_coma_in_haider_form_is_written_out() -> None:
    """Re(ω²ω* B2) without 1/3 (Uhlemann and Haider 1998, eq. 1): B2 α³ cos φ · 2π/λ."""
    wave, alpha, phi = wavelength(300.0), 0.013, 0.6
    chi = from_haider({"B2": (500.0, 0.0)}).phase(
        np.array(alpha / wave * math.cos(phi)), np.array(alpha / wave * math.sin(phi)), wave
    )
    assert float(chi) == pytest.approx(2 * math.pi / wave * 500.0 * alpha**3 * math.cos(phi), rel=1e-12)


def test_azimuths_are_counted_modulo_the_symmetry() -> None:
    chosen = Aberrations({"C12": (5.0, 190.0), "C23": (5.0, -10.0), "C30": (1e7, 45.0), "C10": (-5.0, 0.0)})
    assert chosen.coefficients["C12"] == (5.0, pytest.approx(10.0))
    assert chosen.coefficients["C23"] == (5.0, pytest.approx(110.0))
    assert chosen.coefficients["C30"] == (1e7, 0.0)
    assert chosen.defocus == 5.0 and chosen.replaced("C10", 8.0).c10 == 8.0 and chosen.c10 == -5.0


def test_bad_coefficients_are_named() -> None:
    with pytest.raises(InputError, match="^aberrations.C31: no aberration.*did you mean 'C"):
        Aberrations({"C31": (1.0, 0.0)})
    with pytest.raises(InputError, match="finite"):
        Aberrations({"C12": (math.nan, 0.0)})
    with pytest.raises(InputError, match="B3"):
        from_haider({"B3": (1.0, 0.0)})
    assert set(KRIVANEK) == {name.symbol for name in NAMES}
