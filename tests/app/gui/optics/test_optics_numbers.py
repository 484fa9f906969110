"""What the optics pane computes and says, without Qt."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import j0, j1

from app.gui.optics.microscope import Microscope, microscope_of
from app.gui.optics.plane import (
    Plane,
    checked_pattern,
    detector_plane,
    detector_warnings,
    drawn_pattern,
    pattern_plane,
    phase_colours,
    phase_plane,
    read_plane,
    transfer_plane,
)
from app.gui.optics.probe_shape import phase_map, probe_shape
from app.gui.optics.transfer_curves import (
    curve_csv,
    facts,
    read_curve,
    scherzer_offer,
    transfer_curve,
    transfer_map,
)
from app.gui.optics.wave_pictures import common_levels, drawn_wave, foci, from_middle, small
from sim.core.errors import InputError
from sim.core.settings import validate
from sim.imaging.hrtem.settings import HrtemImaging
from sim.imaging.settings import GaussianImaging
from sim.imaging.stem.settings import ProbeImaging, StemImaging
from sim.physics.stem.probe import ProbeOptics, probe_profile

#: Å at 200 and 300 kV, published.
AT_200, AT_300 = 0.0250793, 0.0196875


def hrtem(**tree: Any) -> Microscope:
    found = microscope_of(validate(HrtemImaging, tree), 0.2)
    assert found is not None
    return found


def stem(**tree: Any) -> Microscope:
    found = microscope_of(validate(StemImaging, tree), 0.2)
    assert found is not None
    return found


def annular(outer: float) -> dict[str, Any]:
    return {"kind": "annular", "name": "haadf", "inner": 80.0, "outer": outer}


# --- the microscope --------------------------------------------------------------------------


def test_models_without_a_lens_have_no_microscope() -> None:
    assert microscope_of(GaussianImaging(), 0.2) is None
    linear = microscope_of(ProbeImaging(), 0.2)
    assert linear is not None and linear.band_limit == 0.0 and linear.detectors[0].outer == 200.0


def test_focus_and_its_error_add_up_with_the_sign_of_underfocus() -> None:
    microscope = hrtem(focus={"defocus": 80.0, "error": -5.0})
    assert microscope.aberrations.c10 == pytest.approx(-75.0)
    assert microscope.wavelength == pytest.approx(AT_300, rel=1e-5)


# --- transfer --------------------------------------------------------------------------------


def test_the_curve_of_a_perfect_lens_out_of_focus() -> None:
    """χ = −πλΔf·k² alone: zeros at sqrt(n/(λΔf)), and atoms are dark at underfocus."""
    curve = transfer_curve(hrtem(focus={"defocus": 400.0}, coherence={"focal_spread": 0.0}), 0.0)
    expected = np.sqrt(np.arange(1, 4) / (AT_300 * 400.0))
    np.testing.assert_allclose(curve.zeros[:3], expected, rtol=1e-5)
    first = curve.k < expected[0]
    assert curve.transfer[first].max() <= 0.0 and curve.transfer[first].min() < -0.999
    assert curve.limit is None and "no information limit" in facts(curve)
    assert f"{1.0 / expected[0]:.2f} Å" in facts(curve)


def test_the_information_limit_is_where_the_focal_spread_leaves_13_percent() -> None:
    """exp(−(½πλ·fs·k²)²) = exp(−2) at k² = 2·sqrt(2)/(πλ·fs)."""
    curve = transfer_curve(hrtem(coherence={"focal_spread": 40.0}), 0.0)
    assert curve.limit is not None
    assert curve.limit == pytest.approx(math.sqrt(2.0 * math.sqrt(2.0) / (math.pi * AT_300 * 40.0)), rel=1e-4)
    assert curve.k[-1] == pytest.approx(1.2 * curve.limit)


def test_fast_oscillations_keep_their_height() -> None:
    """4096 points become about five hundred; what is drawn still reaches both extremes everywhere."""
    curve = transfer_curve(hrtem(aberrations={"C30": 1.2e7}, coherence={"focal_spread": 20.0}), 0.0)
    late = curve.sine[curve.k > 0.8 * curve.k[-1]]
    assert len(curve.k) < 550 and late.max() > 0.99 and late.min() < -0.99
    assert np.all(np.diff(curve.k) > 0)


def test_the_map_agrees_with_the_curves_and_is_not_flipped() -> None:
    microscope = hrtem(
        aberrations={"C30": 5e6, "C12": 200.0, "C12_azimuth": 30.0},
        focus={"defocus": 300.0},
        aperture=12.0,
        coherence={"focal_spread": 30.0, "convergence": 0.4, "vibration": 0.3},
    )
    found = transfer_map(microscope)
    plane = transfer_plane(found, microscope)
    for azimuth in (30.0, -30.0):
        curve = transfer_curve(microscope, azimuth)
        at = 0.45
        kx, ky = at * math.cos(math.radians(azimuth)), at * math.sin(math.radians(azimuth))
        column = int(np.argmin(np.abs(found.k - kx)))
        row = len(found.k) - 1 - int(np.argmin(np.abs(found.k - ky)))
        undamped = np.interp(at, curve.k, curve.sine * curve.envelope)
        assert found.values[row, column] == pytest.approx(undamped, abs=0.08)
        assert read_plane(plane, kx, ky).startswith("k = 0.450 Å⁻¹ · d = 2.22 Å · 8.9 mrad · ")
    # Along 30° and −30° it is something else altogether, or a flip would pass.
    one, other = (
        np.interp(0.45, *(lambda c: (c.k, c.transfer))(transfer_curve(microscope, a))) for a in (30, -30)
    )
    assert abs(one - other) > 0.3
    assert [mark.style for mark in plane.marks] == ["aperture"]
    assert plane.marks[0].outer == pytest.approx(12e-3 / AT_300, rel=1e-5)


def test_reading_and_copying_the_curve() -> None:
    curve = transfer_curve(hrtem(focus={"defocus": 400.0}, aperture=15.0), 0.0)
    index, words = read_curve(curve, 0.25, AT_300)
    assert words.startswith(f"k = {curve.k[index]:.3f} Å⁻¹ · d = ") and "−0." in words and "mrad" in words
    rows = curve_csv(curve).splitlines()
    assert len(rows) == len(curve.k) + 1 and len(rows[1].split(",")) == len(rows[0].split(","))


def test_scherzer_names_its_formula_or_its_reason() -> None:
    """1.2 mm at 300 kV, extended: sqrt(1.5·Cs·λ) = 595.3 Å."""
    lens = hrtem(aberrations={"C30": 1.2e7})
    offer = scherzer_offer(lens, "extended")
    assert offer.defocus == pytest.approx(math.sqrt(1.5 * 1.2e7 * AT_300), rel=1e-5)
    classic = scherzer_offer(lens, "classic").defocus
    assert classic == pytest.approx(math.sqrt(1.2e7 * AT_300), rel=1e-5)
    assert "595.3 Å" in offer.words
    assert scherzer_offer(hrtem(), "extended").defocus is None
    negative = scherzer_offer(hrtem(aberrations={"C30": -130000.0}), "extended")
    assert negative.defocus is None and "Cs is −13 µm" in negative.words


# --- the probe -------------------------------------------------------------------------------


def test_the_widths_of_a_perfect_probe() -> None:
    """Airy's disc: half its height at 2J1(v)/v = sqrt(½); 59 % of the current where J0² + J1² = 0.41."""
    shape = probe_shape(stem(source_size=0.0))
    scale = AT_200 / (2.0 * math.pi * 25e-3)
    half = brentq(lambda v: 2.0 * j1(v) / v - math.sqrt(0.5), 1.0, 2.0) * scale
    d59 = 2.0 * brentq(lambda v: j0(v) ** 2 + j1(v) ** 2 - 0.41, 1.0, 3.0) * scale
    assert shape.fwhm == pytest.approx(2.0 * half, rel=0.01)
    assert shape.d59 == pytest.approx(d59, rel=0.015)


def test_an_aberrated_probe_agrees_with_the_integral_over_the_aperture() -> None:
    """Round aberrations: the mean over directions is the profile along any line."""
    microscope = stem(source_size=0.0, convergence=12.0, aberrations={"C30": 1e7}, focus={"defocus": 300.0})
    shape = probe_shape(microscope)
    exact = probe_profile(ProbeOptics(200.0, 12.0, microscope.aberrations), shape.r)
    np.testing.assert_allclose(shape.coherent, exact / exact.max(), atol=0.012)


def test_a_large_source_gives_its_width_to_the_probe() -> None:
    shape = probe_shape(stem(source_size=3.0))
    assert 3.0 < shape.fwhm < 3.15
    assert shape.blurred[0] < 0.1 and shape.coherent[0] == pytest.approx(1.0)


def test_a_hopeless_probe_is_refused() -> None:
    with pytest.raises(InputError, match="wide"):
        probe_shape(stem(focus={"defocus": 1e5}))


def test_the_flat_phase_of_spherical_aberration() -> None:
    """2π/λ·C3α⁴/4 = π/4 at α = (λ/(2·C3))^¼."""
    microscope = stem(aberrations={"C30": 1e6})
    found = phase_map(microscope)
    assert microscope.angle(found.flat) == pytest.approx(1e3 * (AT_200 / 2e6) ** 0.25, rel=0.01)
    assert len(phase_plane(found, microscope).marks) == 2
    assert len(phase_plane(phase_map(stem()), stem()).marks) == 1


def test_the_phase_map_is_not_flipped() -> None:
    """Coma towards 60°: the phase grows up and to the right."""
    found = phase_map(stem(aberrations={"C21": 1e4, "C21_azimuth": 60.0}))
    inside = np.hypot(found.k[np.newaxis, :], found.k[:, np.newaxis]) <= found.aperture
    highest = int(np.argmax(np.where(inside, found.values, -np.inf)))
    row, column = np.unravel_index(highest, found.values.shape)
    middle = len(found.k) // 2
    assert row < middle < column and middle - row > column - middle


def test_phases_a_turn_apart_have_one_colour() -> None:
    phase = np.array([[0.3, -2.9]])
    np.testing.assert_array_equal(phase_colours(phase), phase_colours(phase + 2.0 * math.pi))


# --- detectors -------------------------------------------------------------------------------


def test_a_detector_beyond_the_band_limit_is_named_with_advice_that_is_enough() -> None:
    """2/3 of Nyquist at 0.04 Å and 200 kV: λ/(3·0.04 Å) = 208.99 mrad."""
    microscope = stem(detectors=[annular(250.0), {"kind": "bright_field", "name": "bf", "outer": 10.0}])
    (said,) = detector_warnings(microscope)
    assert said == (
        "haadf reaches to 250 mrad beyond the band limit of 209 mrad: take a wave sampling of at most "
        "0.0334 Å/px, or an outer angle of at most 208 mrad."
    )
    assert [mark.style for mark in detector_plane(microscope).marks] == [
        "beyond",
        "detector",
        "aperture",
        "limit",
    ]
    assert not detector_warnings(stem(detectors=[annular(208.0)]))
    assert not detector_warnings(stem(detectors=[annular(250.0)], multislice={"sampling": 0.0334}))


def test_the_corners_of_a_camera_count() -> None:
    camera = {"kind": "pixelated", "name": "camera", "outer": 160.0}
    (said,) = detector_warnings(stem(detectors=[annular(150.0), camera]))
    assert "camera" in said and "√2" in said and "at most 147 mrad" in said


# --- patterns and waves ----------------------------------------------------------------------


def test_a_pattern_in_the_order_of_an_fft_lies_where_its_frequencies_say() -> None:
    """A wave exp(2πi(0.5x + 0.25y)), y upwards against the rows."""
    x, y = 0.25 * np.arange(80), -0.25 * np.arange(64)
    wave = np.exp(2j * np.pi * (0.5 * x[np.newaxis, :] + 0.25 * y[:, np.newaxis]))
    pattern = checked_pattern(np.fft.fft2(wave), np.fft.fftfreq(80, 0.25), -np.fft.fftfreq(64, 0.25))
    plane = pattern_plane(drawn_pattern(pattern), hrtem(aperture=10.0))
    assert plane.pixels is not None and plane.pixels.shape == (64, 80)
    row, column = np.unravel_index(int(plane.pixels.argmax()), plane.pixels.shape)
    assert row < 32 and column > 40
    words = read_plane(plane, 0.5, 0.25)
    assert words.endswith(f"intensity {(64 * 80) ** 2:.3g}".replace("+0", "+0")) and "27°" in words
    assert len(plane.marks) == 1


def test_a_pattern_whose_sizes_differ_is_refused() -> None:
    with pytest.raises(InputError, match="one row for every k_y"):
        checked_pattern(np.zeros((4, 5)), np.arange(4), np.arange(5))


def test_an_empty_pattern_is_black() -> None:
    drawn = drawn_pattern(checked_pattern(np.zeros((4, 6)), np.arange(6), np.arange(4)))
    assert drawn.nothing and not drawn.pixels.any()


def test_beside_the_plane_only_the_frequency_is_read() -> None:
    assert read_plane(Plane(1.0, AT_300), 0.0, 0.0) == "k = 0"
    assert read_plane(Plane(1.0, AT_300), 0.0, -0.5) == "k = 0.500 Å⁻¹ · d = 2.00 Å · 9.8 mrad · −90°"


def test_the_phase_of_a_wave_is_counted_from_its_mean() -> None:
    bump = np.zeros((40, 60))
    bump[5:9, 40:50] = 1.2
    drawn = drawn_wave(0.8 * np.exp(1j * (bump + 2.0)))
    assert drawn.phase[6, 44] - drawn.phase[30, 10] == pytest.approx(1.2)
    assert abs(float(drawn.phase.mean())) < 0.1 and drawn.phase_pixels.ndim == 2
    assert drawn.phase_pixels[6, 44] == 255 and drawn.amplitude[0, 0] == pytest.approx(0.8)
    wrapped = drawn_wave(np.exp(1j * np.linspace(-math.pi, math.pi, 400).reshape(20, 20)))
    assert wrapped.phase_pixels.shape == (20, 20, 3)


def test_a_series_is_made_from_the_middle_outwards_with_common_levels() -> None:
    assert foci(50.0, 100.0, 5) == (-50.0, 0.0, 50.0, 100.0, 150.0)
    assert from_middle(5) == (2, 1, 3, 0, 4)
    low, high = common_levels([np.full((4, 4), 1.0), np.linspace(0.5, 3.0, 64 * 64).reshape(64, 64)])
    assert 0.5 <= low < 0.6 and 2.9 < high <= 3.0
    large = np.arange(512.0 * 400).reshape(512, 400)
    reduced = small(large)
    assert max(reduced.shape) <= 128 and reduced[0, 0] == pytest.approx(large[:4, :4].mean())
