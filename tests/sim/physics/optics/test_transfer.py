"""Zeros, Scherzer focus and limits of resolution against abTEM, closed forms and published microscopes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.physics.electrons import wavelength
from sim.physics.optics.aberrations import Aberrations
from sim.physics.optics.transfer import (
    aperture,
    ctf,
    first_zero,
    information_limit,
    radial_transfer,
    scherzer,
    vibration_envelope,
    zeros,
)

TABLE = Path(__file__).with_name("abtem_transfer.csv")


def round_lens(cs: float, defocus: float) -> Aberrations:
    return Aberrations({"C10": (-defocus, 0.0), "C30": (cs, 0.0)})


def abtem_zeros() -> list[list[float]]:
    lines = [line.split(",") for line in TABLE.read_text(encoding="utf-8").splitlines()]
    return [[float(word) for word in line[1:]] for line in lines if line[0] == "zeros"]


@pytest.mark.parametrize("row", abtem_zeros(), ids=lambda row: f"{row[0]:g} kV, {row[1]:g} Å")
def test_zeros_are_those_of_abtem(row: list[float]) -> None:
    """Root search in abTEM 1.0.11's transfer function; required 1e-5, reached 1e-6."""
    voltage, cs, defocus, *expected = row
    found = zeros(wavelength(voltage), round_lens(cs, defocus), 2.0)
    assert len(expected) >= 5
    np.testing.assert_allclose(found[: len(expected)], expected, rtol=1e-6)
    assert first_zero(wavelength(voltage), round_lens(cs, defocus)) == pytest.approx(expected[0], rel=1e-6)


def test_zeros_have_their_closed_form() -> None:
    """k² = (Δf ± sqrt(Δf² + 2jCsλ))/(Csλ²) from ½Csλ³k⁴ − Δfλk² = j, all of them up to 1.1 Å⁻¹."""
    wave, cs, defocus, k_max = wavelength(300.0), 1.3e7, 1100.0, 1.1
    expected = []
    for number in range(-60, 2000):
        root = defocus**2 + 2.0 * number * cs * wave
        if root >= 0.0:
            for sign in (1.0, -1.0):
                square = (defocus + sign * math.sqrt(root)) / (cs * wave**2)
                if 1e-9 < square <= k_max**2:
                    expected.append(math.sqrt(square))
    found = zeros(wave, round_lens(cs, defocus), k_max)
    np.testing.assert_allclose(found, sorted(expected), rtol=1e-9)


def test_zeros_of_an_asymmetric_lens_depend_on_direction() -> None:
    """At every zero sin χ of the phase itself vanishes; with astigmatism directions differ."""
    wave = wavelength(200.0)
    lens = Aberrations({"C10": (-600.0, 0.0), "C12": (150.0, 20.0), "C21": (4e3, 70.0), "C30": (1e7, 0.0)})
    firsts = []
    for azimuth in (0.0, 20.0, 110.0, 200.0):
        found = zeros(wave, lens, 0.9, azimuth=azimuth)
        along = np.radians(azimuth)
        chi = lens.phase(found * np.cos(along), found * np.sin(along), wave)
        np.testing.assert_allclose(np.sin(chi), 0.0, atol=1e-7)
        # None is missed: the sign of sin χ changes as often on a fine grid.
        k = np.linspace(1e-4, 0.9, 200001)
        signs = np.sign(np.sin(lens.phase(k * np.cos(along), k * np.sin(along), wave)))
        assert len(found) == np.count_nonzero(np.diff(signs))
        firsts.append(found[0])
    assert len(set(np.round(firsts, 3))) == 4


def test_no_aberrations_no_zeros() -> None:
    assert zeros(0.02, Aberrations(), 2.0).size == 0
    assert first_zero(0.02, Aberrations(), 2.0) is None
    # A single defocus: k = sqrt(j/(λ Δf)).
    found = zeros(0.02, round_lens(0.0, -500.0), 1.0)
    np.testing.assert_allclose(found, np.sqrt(np.arange(1, 11) / (0.02 * 500.0)), rtol=1e-10)


@pytest.mark.parametrize(
    ("convention", "coefficient", "lowest"),
    [("classic", 2**-0.5, -0.5), ("scherzer", 0.6580370, -2 / 3), ("extended", 0.6389431, -0.75)],
)
def test_scherzer_focus_and_point_resolution(convention: str, coefficient: float, lowest: float) -> None:
    """Resolution as a multiple of Cs^¼ λ^¾, lowest χ/π, and the resolution is the first zero."""
    wave, cs = wavelength(200.0), 1.2e7
    focus = scherzer(cs, wave, convention)  # type: ignore[arg-type]
    assert focus.point_resolution == pytest.approx(coefficient * cs**0.25 * wave**0.75, rel=1e-6)
    lens = round_lens(cs, focus.defocus)
    k = np.linspace(0.0, 1.0 / focus.point_resolution, 20001)
    assert lens.phase(k, np.zeros_like(k), wave).min() / math.pi == pytest.approx(lowest, abs=1e-6)
    found = zeros(wave, lens, 1.0)
    # The lowest χ of the classic focus is no multiple of π, so the first zero is where χ returns to 0.
    assert found[0] == pytest.approx(1.0 / focus.point_resolution, rel=1e-9)


@pytest.mark.parametrize(
    ("voltage", "cs", "resolution"),
    [(200.0, 0.5e7, 1.9), (200.0, 1.0e7, 2.3), (300.0, 1.2e7, 2.0), (400.0, 1.0e7, 1.7), (300.0, 0.6e7, 1.7)],
)
def test_point_resolution_of_microscopes(voltage: float, cs: float, resolution: float) -> None:
    """Manufacturers' figures: JEM-2010F UHR and HR, Titan 300, JEM-4000EX, JEM-3010 UHR; printed to 0.1 Å."""
    assert scherzer(cs, wavelength(voltage), "scherzer").point_resolution == pytest.approx(
        resolution, abs=0.08
    )


def test_scherzer_needs_spherical_aberration() -> None:
    with pytest.raises(InputError, match="positive spherical aberration"):
        scherzer(-1e5, 0.02)


def test_information_limit_of_focal_spread() -> None:
    """exp(−(½πλ·fs·k²)²) = exp(−2) at k = sqrt(2√2/(πλ·fs)); vibration: exp(−2π²u²k²) at k = 1/(πu)."""
    wave = wavelength(300.0)
    limit = information_limit(wave, Aberrations(), focal_spread=40.0)
    assert limit == pytest.approx(math.sqrt(2 * math.sqrt(2) / (math.pi * wave * 40.0)), rel=1e-9)
    assert information_limit(wave, Aberrations(), vibration=0.3) == pytest.approx(
        1 / (math.pi * 0.3), rel=1e-9
    )
    assert information_limit(wave, Aberrations()) is None
    lens = round_lens(1.2e7, 700.0)
    both = information_limit(wave, lens, focal_spread=40.0, convergence=0.5)
    assert both is not None and limit is not None and both < limit
    damped = radial_transfer(np.array([both]), wave, lens, focal_spread=40.0, convergence=0.5).envelope
    assert damped[0] == pytest.approx(math.exp(-2.0), rel=1e-9)


def test_aperture_edges() -> None:
    """25 mrad at 0.02 Å cut at 1.25 Å⁻¹; a soft edge is centred there and keeps the area."""
    k = np.array([0.0, 1.2499, 1.2501, 2.0])
    np.testing.assert_array_equal(aperture(k, 25.0, 0.02), [1.0, 1.0, 0.0, 0.0])
    np.testing.assert_allclose(aperture(np.array([1.2, 1.24, 1.25, 1.26, 1.3]), 25.0, 0.02, edge=0.04),
                               [1.0, 0.75, 0.5, 0.25, 0.0], atol=1e-12)  # fmt: skip
    np.testing.assert_array_equal(aperture(k, math.inf, 0.02), 1.0)
    with pytest.raises(InputError, match="mrad"):
        aperture(k, -3.0, 0.02)


def test_radial_transfer_is_the_imaginary_part_of_the_ctf() -> None:
    """−Im of the complex transfer function along the direction, with every damping; vibration beside it."""
    wave = wavelength(200.0)
    lens = Aberrations({"C10": (-400.0, 0.0), "C12": (60.0, 40.0), "C30": (5e6, 0.0)})
    k = np.linspace(0.0, 0.8, 9)
    options = {"aperture_semiangle": 15.0, "focal_spread": 50.0, "convergence": 0.3}
    plot = radial_transfer(k, wave, lens, azimuth=75.0, vibration=0.2, **options)
    whole = ctf(k * math.cos(math.radians(75)), k * math.sin(math.radians(75)), wave, lens, **options)
    np.testing.assert_allclose(plot.transfer, -whole.imag * vibration_envelope(k**2, 0.2), atol=1e-12)
    np.testing.assert_allclose(plot.envelope, np.abs(whole) * vibration_envelope(k**2, 0.2), atol=1e-12)
    assert np.count_nonzero(plot.aperture) < len(k)
