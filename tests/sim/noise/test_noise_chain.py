"""The joined chain: its order, its independent draws, and the bound on its counts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sim.core.errors import Cancelled, InputError
from sim.core.settings import validate
from sim.core.types import ImageGrid
from sim.noise import chain
from sim.noise.background import BackgroundParameters
from sim.noise.chain import NoiseParameters
from sim.noise.detector import DetectorParameters
from sim.noise.dose import ExposureParameters
from sim.noise.presets import presets
from sim.noise.scan import ScanParameters
from sim.noise.settings import NoiseSettings

SHAPE = (300, 400)


def named(preset: str) -> NoiseParameters:
    return validate(NoiseSettings, {"preset": preset}).plain()


def with_detector(mode: str = "poisson", **detector: float) -> NoiseParameters:
    return NoiseParameters(
        exposure=ExposureParameters(mode=mode),  # type: ignore[arg-type]
        detector=DetectorParameters(**detector),  # type: ignore[arg-type]
    )


def test_gain_spread_comes_before_the_afterglow() -> None:
    """λ = 400, s = 1, a = ½: variance (1 + s²) λ (1 − a)/(1 + a) = ⅔ λ and autocorrelation ½, ¼.

    The other order gives 4/3 λ and correlations of ⅛ and 1/16.
    """
    parameters = with_detector(gain_spread=1.0, afterglow_time=1.0 / math.log(2.0))
    parameters = replace(parameters, scan=ScanParameters(dwell_time=1.0, flyback_time=60.0))
    image = chain.detect(np.full(SHAPE, 400.0), parameters, 7)[:, 20:].astype(float)
    deviation = image - 400.0
    assert image.mean() == pytest.approx(400.0, rel=0.002)
    # + 1/12 from rounding to whole counts
    assert deviation.var() == pytest.approx(800.0 / 3.0 + 1 / 12, rel=0.02)
    for lag, expected in ((1, 0.5), (2, 0.25)):
        correlation = (deviation[:, lag:] * deviation[:, :-lag]).mean() / deviation.var()
        assert correlation == pytest.approx(expected, abs=0.02)


def test_read_noise_is_not_smeared_by_the_afterglow() -> None:
    parameters = with_detector("expected", afterglow_time=10.0, read_noise=20.0)
    image = chain.detect(np.full(SHAPE, 1000.0), parameters, 7)[:, 60:].astype(float)
    deviation = image - image.mean()
    assert deviation.var() == pytest.approx(400.0, rel=0.03)
    assert (deviation[:, 1:] * deviation[:, :-1]).mean() / deviation.var() == pytest.approx(0.0, abs=0.02)


def test_converter_comes_last() -> None:
    parameters = with_detector(dark=1.0, read_noise=2.0, adc_bits=8, adc_gain=3.0, adc_offset=4.0, gain=2.0)
    image = chain.detect(np.full(SHAPE, 10.0), parameters, 1)
    assert image.mean() == pytest.approx(3.0 * (2.0 * 10.0 + 1.0) + 4.0, rel=0.005)
    assert image.var() == pytest.approx(9.0 * (4.0 * 10.0 + 4.0), rel=0.03)
    assert chain.detect(np.full(SHAPE, 200.0), parameters, 1).max() == 255


def test_poisson_mode_counts_electrons() -> None:
    """Mean and variance equal λ, also with λ from pixel to pixel different."""
    expected = np.linspace(0.0, 30.0, 120000).reshape(SHAPE)
    image = chain.detect(expected, with_detector(), 3)
    assert image.dtype == np.int64 and image.min() == 0
    residual = (image - expected)[expected > 0] / np.sqrt(expected[expected > 0])
    assert residual.mean() == pytest.approx(0.0, abs=0.015)
    assert residual.var() == pytest.approx(1.0, abs=0.03)


def test_stages_draw_from_streams_of_their_own() -> None:
    """Read noise is the same whether shot noise and gain spread are on or off, and the reverse."""
    expected = np.full(SHAPE, 5000.0)
    read = chain.detect(expected, with_detector("expected", read_noise=9.0), 5) - 5000
    counts = chain.detect(expected, with_detector(), 5)
    both = chain.detect(expected, with_detector(read_noise=9.0), 5)
    np.testing.assert_array_equal(both - counts, read)

    fine = {"adc_bits": 16, "adc_gain": 5.0, "adc_offset": 5000.0}
    spread = chain.detect(expected, with_detector(gain_spread=0.2, **fine), 5)
    all_three = chain.detect(expected, with_detector(gain_spread=0.2, read_noise=9.0, **fine), 5)
    np.testing.assert_allclose((all_three - spread) / 5.0, read, atol=0.5 + 0.2 + 1e-9)


def test_stages_are_independent_of_each_other() -> None:
    """Variances of shot noise, gain spread and read noise add; a shared stream would correlate them."""
    expected = np.full(SHAPE, 10000.0)
    image = chain.detect(expected, with_detector(gain_spread=1.0, read_noise=100.0), 6)
    assert image.var() == pytest.approx(30000.0, rel=0.03)


def test_draws_depend_on_the_noise_seed() -> None:
    expected = np.full((20, 20), 50.0)
    first, second, again = (chain.detect(expected, with_detector(read_noise=1.0), seed) for seed in (1, 2, 1))
    np.testing.assert_array_equal(first, again)
    assert np.count_nonzero(first != second) > 300


def test_scan_and_detector_draws_are_independent_of_each_other() -> None:
    """Switching jitter on leaves the film as it is; the film never reads the scan's stream."""
    grid = ImageGrid(24, 24, 0.5)
    film = BackgroundParameters(thickness=5.0)
    still = NoiseParameters(background=film)
    moving = NoiseParameters(background=film, scan=ScanParameters(jitter_x=0.3))
    empty = np.zeros(grid.shape)
    np.testing.assert_array_equal(
        chain.add_background(empty, grid, still, 4), chain.add_background(empty, grid, moving, 4)
    )


def test_mode_none_hands_the_fraction_through() -> None:
    parameters = named("none")
    fraction = np.array([[0.0, 0.003]])
    expected = chain.expectation(fraction, parameters, 0.2)
    np.testing.assert_array_equal(chain.detect(expected, parameters, 1), fraction)
    assert chain.stored(expected, "float32").dtype == np.float32
    assert chain.largest_count(parameters, 0.2) == 0


def test_expected_mode_has_no_shot_noise() -> None:
    expected = np.array([[0.2, 7.5, 100.4]])
    np.testing.assert_array_equal(chain.detect(expected, with_detector("expected"), 1), [[0, 8, 100]])


def test_zero_dose_gives_an_empty_image() -> None:
    parameters = replace(named("poisson_medium"), exposure=ExposureParameters(dose=0.0))
    expected = chain.expectation(np.full((8, 8), 0.5), parameters, 0.2)
    assert chain.detect(expected, parameters, 1).max() == 0


def test_tier_b_expectations_are_rounded_first() -> None:
    """Differences in the last bits, as between two FFTs, no longer reach the counts."""
    expected = np.random.default_rng(2).uniform(5.0, 500.0, SHAPE)
    other = expected * (1.0 + 1e-14)
    one = chain.detect(expected, with_detector(), 9, tier="B")
    two = chain.detect(other, with_detector(), 9, tier="B")
    assert np.count_nonzero(one != two) <= 2
    rounded = chain.detect(chain.dose_stage.on_relative_grid(expected), with_detector(), 9)
    np.testing.assert_array_equal(one, rounded)


def test_warp_field_joins_the_scan_stages() -> None:
    grid = ImageGrid(32, 40, 0.3)
    assert chain.warp_field(grid, named("poisson_medium"), 1) is None
    field = chain.warp_field(grid, named("fast_scan"), 1)
    assert field is not None and field.dx.shape == grid.shape and field.margin >= 2
    flat = field.image(np.full(grid.padded(field.margin).shape, 2.0))
    np.testing.assert_allclose(flat, np.full(grid.shape, 2.0), rtol=1e-12)
    assert field.points(np.zeros(3), np.zeros(3)).residual.max() < 0.01


@pytest.mark.parametrize("name", sorted(set(presets()) - {"none"}))
def test_counts_stay_below_the_bound(name: str) -> None:
    parameters = named(name)
    fraction = 0.05
    bound = chain.largest_count(parameters, 0.2, fraction)
    expected = chain.expectation(np.full((128, 128), fraction), parameters, 0.2)
    largest = max(int(chain.detect(expected, parameters, seed).max()) for seed in range(3))
    assert largest <= bound
    # The bound is of use: not orders of magnitude above what happens.
    assert bound < 4 * largest + 1000


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    mode=st.sampled_from(["expected", "poisson"]),
    electrons=st.floats(0, 1e6),
    gain=st.floats(0.1, 50),
    spread=st.floats(0, 3),
    read=st.floats(0, 1e3),
    dark=st.floats(0, 1e3),
    glow=st.floats(0, 100),
    bits=st.sampled_from([0, 8, 16]),
    offset=st.floats(0, 1000),
    seed=st.integers(0, 2**63 - 1),
)
def test_bound_holds_for_any_detector(
    mode: str, electrons: float, gain: float, spread: float, read: float, dark: float, glow: float,
    bits: int, offset: float, seed: int,
) -> None:  # fmt: skip
    parameters = NoiseParameters(
        exposure=ExposureParameters(mode=mode, dose=electrons),  # type: ignore[arg-type]
        detector=DetectorParameters(gain, spread, glow, dark, read, bits, 1.5, offset),
    )
    image = chain.detect(chain.expectation(np.ones((16, 16)), parameters, 1.0), parameters, seed)
    assert image.min() >= 0 and image.max() <= chain.largest_count(parameters, 1.0)


def test_bound_covers_film_and_cubic_overshoot() -> None:
    """A film and a moving scan raise the bound; a sharp checkerboard overshoots by up to 28 %."""
    still = named("poisson_low")
    moving = replace(still, scan=ScanParameters(jitter_x=0.1))
    film = replace(still, background=BackgroundParameters(thickness=10.0, scattering=1e-3, roughness=0.0))
    assert chain.largest_expectation(still, 0.2, 0.5) == pytest.approx(20000.0)
    assert chain.largest_expectation(film, 0.2, 0.5) == pytest.approx(0.51 * 40000.0)
    grid = ImageGrid(16, 16, 1.0)
    half = np.full(grid.shape, 0.5)
    field = chain.WarpField(grid, half, half, 4)
    image = np.zeros(grid.padded(4).shape)
    image[10:12, 10:12] = 1.0  # halfway between four bright pixels
    image[9, 9] = image[9, 12] = image[12, 9] = image[12, 12] = 1.0
    overshoot = field.image(image).max()
    assert overshoot == pytest.approx(1.28125, rel=1e-12)
    assert chain.largest_expectation(moving, 0.2, 0.5) >= overshoot * 20000.0 * (1 - 1e-12)


def test_impossible_settings_are_refused_before_work() -> None:
    grid = ImageGrid(64, 64, 0.2)
    chain.refuse_impossible(named("fast_scan"), grid)
    chain.refuse_impossible(named("none"), grid)
    dose = replace(named("poisson_low"), exposure=ExposureParameters(dose=1e9))
    with pytest.raises(InputError, match="lower the dose"):
        chain.refuse_impossible(dose, ImageGrid(64, 64, 2.0))
    with pytest.raises(InputError, match="noise.detector.gain"):
        chain.refuse_impossible(with_detector(gain=1e6), ImageGrid(64, 64, 1.0))
    drift = replace(named("poisson_low"), scan=ScanParameters(drift_x=500.0))
    with pytest.raises(InputError, match="noise.scan"):
        chain.refuse_impossible(drift, grid)


def test_cancel_stops_the_chain() -> None:
    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        chain.detect(np.full((8, 8), 3.0), with_detector(), 1, cancel=cancel)
    with pytest.raises(Cancelled):
        chain.detect(np.full((8, 8), 3.0), with_detector("expected", read_noise=1.0), 1, cancel=cancel)
