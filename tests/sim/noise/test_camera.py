"""Cameras against their formulas: transfer of fringes, spectra of noise, bounds, broken pixels, tiers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sim.core.errors import InputError
from sim.core.settings import validate
from sim.core.types import ImageGrid
from sim.noise import chain
from sim.noise.camera import CameraParameters, Curve, blurred, blurred_noise
from sim.noise.chain import NoiseParameters
from sim.noise.detector import DetectorParameters
from sim.noise.dose import ExposureParameters
from sim.noise.settings import NoiseSettings
from sim.numerics.streams import Stream

CURVE = Curve(0.8, 0.4, 0.06)
NOISE_CURVE = Curve(0.7, 0.6, 0.1)
SHAPE = (256, 320)


def formula(curve: Curve, q: float | np.ndarray) -> np.ndarray:
    first = curve.weight * np.exp(-((np.asarray(q) / curve.first) ** 2))
    return first + (1.0 - curve.weight) * np.exp(-((np.asarray(q) / curve.second) ** 2))


def with_camera(camera: CameraParameters, mode: str = "poisson", **detector: float) -> NoiseParameters:
    return NoiseParameters(
        exposure=ExposureParameters(mode=mode),  # type: ignore[arg-type]
        detector=DetectorParameters(**detector),  # type: ignore[arg-type]
        camera=camera,
    )


def fringes(row_cycles: int, column_cycles: int) -> np.ndarray:
    """A fringe that fits both the periodic and the mirrored image."""
    rows = np.cos(np.pi * row_cycles * (np.arange(SHAPE[0]) + 0.5) / SHAPE[0])
    columns = np.cos(np.pi * column_cycles * (np.arange(SHAPE[1]) + 0.5) / SHAPE[1])
    return rows[:, None] * columns[None, :]


@pytest.mark.parametrize("cycles", [(0, 0), (6, 0), (0, 90), (131, 40), (255, 319)])
def test_a_fringe_is_damped_by_the_curve(cycles: tuple[int, int]) -> None:
    """cos(πn(r + ½)/H) cos(πm(c + ½)/W) has |q| = hypot(n/2H, m/2W) cycles per pixel."""
    q = math.hypot(cycles[0] / (2 * SHAPE[0]), cycles[1] / (2 * SHAPE[1]))
    damped = blurred(fringes(*cycles), CURVE)
    np.testing.assert_allclose(damped, float(formula(CURVE, q)) * fringes(*cycles), atol=1e-12)
    np.testing.assert_allclose(CURVE.at(np.array([q])), formula(CURVE, [q]), rtol=1e-12)


def test_noise_filter_is_the_periodic_transform() -> None:
    noise = np.random.default_rng(1).normal(size=(31, 40))
    q = np.hypot(np.fft.fftfreq(31)[:, None], np.fft.fftfreq(40)[None, :])
    expected = np.fft.ifft2(np.fft.fft2(noise) * formula(CURVE, q)).real
    np.testing.assert_allclose(blurred_noise(noise, CURVE), expected, atol=1e-12)


def test_opposite_edges_do_not_meet() -> None:
    """A bright right half leaves the dark left edge dark, and the mean is kept."""
    image = np.zeros(SHAPE)
    image[:, 160:] = 1000.0
    result = blurred(image, CURVE)
    assert np.abs(result[:, 0]).max() < 1e-3 and result.mean() == pytest.approx(500.0)


def spectrum_ratio(image: np.ndarray, mean: float) -> tuple[np.ndarray, np.ndarray]:
    """Noise power per pixel, averaged in rings: frequencies and power."""
    power = np.abs(np.fft.fft2(image - mean)) ** 2 / image.size
    q = np.hypot(np.fft.fftfreq(SHAPE[0])[:, None], np.fft.fftfreq(SHAPE[1])[None, :])
    rings = [(q > low) & (q <= low + 0.02) for low in (0.05, 0.1, 0.2, 0.3, 0.4)]
    return np.array([q[ring].mean() for ring in rings]), np.array([power[ring].mean() for ring in rings])


def test_noise_of_a_counting_camera_is_white() -> None:
    """Counts are drawn behind the MTF: λ is blurred, its Poisson noise is not."""
    image = chain.detect(np.full(SHAPE, 200.0), with_camera(CameraParameters("counting", CURVE)), 3)
    assert image.dtype == np.int64
    _, power = spectrum_ratio(image.astype(float), 200.0)
    np.testing.assert_allclose(power, 200.0, rtol=0.1)
    assert image.var() == pytest.approx(200.0, rel=0.03)


def test_signal_of_a_counting_camera_is_damped() -> None:
    expected = 1e6 * (1.0 + 0.5 * fringes(131, 40))
    image = chain.detect(expected, with_camera(CameraParameters("counting", CURVE)), 3)
    q = math.hypot(131 / 512, 40 / 640)
    contrast = (image * fringes(131, 40)).mean() / (fringes(131, 40) ** 2).mean() / 1e6
    assert contrast == pytest.approx(0.5 * float(formula(CURVE, q)), abs=1e-4)


def test_noise_of_an_integrating_camera_follows_its_own_curve() -> None:
    """Power g²(1 + s²)λ·NTF² in rings, signal contrast by the MTF: DQE(q) = (MTF/NTF)²/(1 + s²)."""
    camera = CameraParameters("integrating", CURVE, NOISE_CURVE)
    options = {"gain": 30.0, "gain_spread": 0.7, "adc_bits": 16, "adc_offset": 100.0}
    image = chain.detect(np.full(SHAPE, 400.0), with_camera(camera, **options), 4).astype(float)
    q, power = spectrum_ratio(image, 30.0 * 400.0 + 100.0)
    expected = 900.0 * (1.0 + 0.49) * 400.0 * formula(NOISE_CURVE, q) ** 2
    np.testing.assert_allclose(power, expected, rtol=0.12)
    assert image.mean() == pytest.approx(12100.0, rel=1e-3)


def test_equal_curves_filter_the_counted_electrons() -> None:
    """F⁻¹{MTF F[Poisson]}: the same draw as without a camera, filtered, then read noise on top."""
    camera = CameraParameters("integrating", CURVE, CURVE)
    expected = np.full(SHAPE, 900.0)
    plain = chain.detect(expected, replace(with_camera(camera), camera=None), 5)
    image = chain.detect(expected, with_camera(camera), 5)
    np.testing.assert_allclose(image, blurred_noise(plain.astype(float), CURVE), atol=0.5 + 1e-9)
    read = chain.detect(expected, with_camera(camera, read_noise=25.0), 5)
    assert (read - image).std() == pytest.approx(25.0, rel=0.02)


def test_efficiency_loses_electrons() -> None:
    for kind in ("counting", "integrating"):
        camera = CameraParameters(kind, CURVE, CURVE, efficiency=0.6)  # type: ignore[arg-type]
        image = chain.detect(np.full(SHAPE, 500.0), with_camera(camera), 6)
        assert image.mean() == pytest.approx(300.0, rel=0.01)


def test_broken_pixels() -> None:
    """Shares of dead and hot pixels as asked, keyed by the seed, and no other pixel changed."""
    whole = CameraParameters("counting", CURVE)
    broken = replace(whole, hot_pixels=0.01, hot_signal=500.0, dead_pixels=0.02)
    expected = np.full(SHAPE, 100.0)
    first, second, sound = (
        chain.detect(expected, with_camera(camera), seed)
        for camera, seed in ((broken, 7), (broken, 8), (whole, 7))
    )
    hot, dead = first >= 500, first == 0
    assert hot.mean() == pytest.approx(0.01, rel=0.15) and dead.mean() == pytest.approx(0.02, rel=0.15)
    good = ~(hot | dead)
    np.testing.assert_array_equal(first[good], sound[good])
    assert np.count_nonzero((second >= 500) & hot) < 0.1 * np.count_nonzero(hot)
    again = broken.with_broken_pixels(np.ones(SHAPE), Stream(7, "noise", "broken_pixels"))
    np.testing.assert_array_equal(again == 501.0, hot & ~(again == 500.0))


def test_mode_none_and_expected() -> None:
    camera = CameraParameters("counting", CURVE)
    fraction = np.full((8, 9), 0.5)
    np.testing.assert_array_equal(chain.detect(fraction, with_camera(camera, "none"), 1), fraction)
    image = chain.detect(1000.0 * (1 + fringes(40, 0)), with_camera(camera, "expected"), 1)
    expected = 1000.0 * (1 + float(formula(CURVE, 40 / 512)) * fringes(40, 0))
    np.testing.assert_allclose(image, expected, atol=0.51)


def test_a_camera_makes_tier_b() -> None:
    camera = with_camera(CameraParameters("counting", CURVE))
    assert chain.tier(camera, "A") == "B" and chain.tier(camera, "B") == "B"
    assert chain.tier(replace(camera, camera=None), "A") == "A"
    assert chain.tier(with_camera(CameraParameters(), "none"), "A") == "A"


def test_without_a_camera_nothing_of_it_is_there() -> None:
    assert validate(NoiseSettings, {"preset": "poisson_low"}).plain().camera is None
    assert validate(NoiseSettings, {"camera": {"kind": "integrating"}}).plain().camera is not None


@pytest.mark.parametrize(
    ("name", "half", "nyquist"),
    [
        ("k2", 0.7404, 0.3774),
        ("k3", 0.8867, 0.6358),
        ("falcon3ec", 0.5743, 0.1239),
        ("falcon4ec", 0.5348, 0.0887),
    ],
)
def test_presets_hold_the_fitted_curves(name: str, half: float, nyquist: float) -> None:
    """MTF at a quarter and at half a cycle per pixel, from the fits by hand; dose and no offset."""
    parameters = validate(NoiseSettings, {"preset": f"hrtem_{name}"}).plain()
    assert parameters.camera is not None and parameters.camera.counts
    np.testing.assert_allclose(
        parameters.camera.mtf.at(np.array([0.0, 0.25, 0.5])), [1.0, half, nyquist], atol=1e-4
    )
    assert parameters.exposure.dose == 400.0 and parameters.detector.perfect
    assert parameters.scan.still and not parameters.background.present


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["counting", "integrating"]),
    weight=st.floats(0, 1),
    widths=st.tuples(st.floats(0.01, 5), st.floats(0.01, 5)),
    mode=st.sampled_from(["expected", "poisson"]),
    electrons=st.floats(0, 1e5),
    gain=st.floats(0.1, 50),
    spread=st.floats(0, 3),
    hot=st.floats(0, 1000),
    seed=st.integers(0, 2**63 - 1),
)
def test_bound_holds_for_any_camera(
    kind: str, weight: float, widths: tuple[float, float], mode: str, electrons: float, gain: float,
    spread: float, hot: float, seed: int,
) -> None:  # fmt: skip
    """Also on single pixels and checkerboards, where cut-off curves ring most."""
    curve = Curve(weight, *widths)
    camera = CameraParameters(kind, curve, curve, 0.9, 0.05, hot, 0.02)  # type: ignore[arg-type]
    parameters = NoiseParameters(
        exposure=ExposureParameters(mode=mode, dose=electrons),  # type: ignore[arg-type]
        detector=DetectorParameters(gain, spread),
        camera=camera,
    )
    rows, columns = np.indices((18, 21))
    for fraction in (np.ones((18, 21)), (rows + columns) % 2.0, (rows % 5 == 2) * (columns % 7 == 3) * 1.0):
        image = chain.detect(chain.expectation(fraction, parameters, 1.0), parameters, seed)
        assert image.min() >= 0 and image.max() <= chain.largest_count(parameters, 1.0)


def test_impossible_counts_are_refused_with_a_camera_too() -> None:
    camera = with_camera(CameraParameters("integrating", CURVE, CURVE), gain=1e6)
    with pytest.raises(InputError, match="noise.detector.gain"):
        chain.refuse_impossible(camera, ImageGrid(64, 64, 1.0))
    with pytest.raises(InputError, match="noise.camera.mtf_first"):
        validate(NoiseSettings, {"camera": {"mtf_first": 0.0}}, root="noise")
    with pytest.raises(InputError, match="noise.camera.kind"):
        validate(NoiseSettings, {"camera": {"kind": "ccd"}}, root="noise")
