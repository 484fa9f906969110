"""Detector stages against analytic statistics and an independent filter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.signal import lfilter

from sim.noise.detector import (
    LARGEST_NORMAL,
    afterglow,
    convert,
    dark_and_read,
    gain_spread,
    stored,
    whole_counts,
)
from sim.numerics.detmath import normal_quantile
from sim.numerics.samplers import poisson
from sim.numerics.streams import Stream

SHAPE = (400, 500)
COUNT = SHAPE[0] * SHAPE[1]


def test_gain_spread_mean_and_variance() -> None:
    """N electrons give g N ± g s √N."""
    signal = gain_spread(np.full(SHAPE, 25.0), 3.0, 0.4, Stream(1, "gain"))
    deviation = 3.0 * 0.4 * 5.0
    assert signal.mean() == pytest.approx(75.0, abs=5 * deviation / math.sqrt(COUNT))
    assert signal.var() == pytest.approx(deviation**2, rel=5 * math.sqrt(2 / COUNT))


def test_gain_spread_sets_the_dqe() -> None:
    """DQE(0) = (S/N out)² / (S/N in)² = 1/(1 + s²)."""
    expected = 40.0
    counts = poisson(Stream(2, "poisson"), np.full(SHAPE, expected)).astype(float)
    signal = gain_spread(counts, 2.5, 0.7, Stream(2, "gain"))
    assert signal.mean() ** 2 / signal.var() / expected == pytest.approx(1 / (1 + 0.7**2), rel=0.01)


def test_gain_without_spread_is_exact() -> None:
    np.testing.assert_array_equal(gain_spread(np.array([[0.0, 3.0]]), 2.0, 0.0, Stream(1)), [[0.0, 6.0]])


def test_afterglow_is_the_first_order_filter_along_time() -> None:
    """scipy's recursive filter on the time line, with the flyback as dark pixels in it."""
    signal = np.random.default_rng(3).uniform(0.0, 10.0, (7, 11))
    dwell, pauses, decay = 2.0, 3, 5.0
    timeline = np.concatenate([signal, np.zeros((7, pauses))], axis=1).ravel()
    memory = math.exp(-dwell / decay)
    expected = lfilter([1 - memory], [1, -memory], timeline).reshape(7, 11 + pauses)[:, :11]
    np.testing.assert_allclose(afterglow(signal, decay, dwell, pauses * dwell), expected, rtol=1e-12)


def test_afterglow_crosses_the_flyback() -> None:
    """A spark in the last pixel of row 0 shows at the start of row 1, faded by the flyback."""
    signal = np.zeros((3, 5))
    signal[0, 4] = 1.0
    result = afterglow(signal, decay_time=4.0, dwell_time=1.0, flyback_time=2.0)
    now = 1 - math.exp(-1 / 4)
    np.testing.assert_allclose(result[0], [0, 0, 0, 0, now], rtol=1e-12)
    np.testing.assert_allclose(result[1], [now * math.exp(-(3 + i) / 4) for i in range(5)], rtol=1e-12)
    np.testing.assert_allclose(result[2, 0], now * math.exp(-(3 + 5 + 2) / 4), rtol=1e-12)


def test_afterglow_statistics() -> None:
    """White noise in: variance (1 − a)/(1 + a), autocorrelation a^k along the row, none across rows."""
    memory = math.exp(-0.5)
    white = np.random.default_rng(4).normal(size=SHAPE)
    result = afterglow(white, decay_time=2.0, dwell_time=1.0, flyback_time=100.0)[:, 20:]
    assert result.var() == pytest.approx((1 - memory) / (1 + memory), rel=0.02)
    for lag in (1, 2, 3):
        correlation = (result[:, lag:] * result[:, :-lag]).mean() / result.var()
        assert correlation == pytest.approx(memory**lag, abs=0.02)
    assert (result[1:] * result[:-1]).mean() / result.var() == pytest.approx(0.0, abs=0.02)


def test_no_afterglow_changes_nothing() -> None:
    signal = np.ones((2, 2))
    assert afterglow(signal, 0.0, 1.0, 1.0) is signal


def test_dark_and_read_noise() -> None:
    noise = dark_and_read(np.full(SHAPE, 7.0), 3.0, 2.0, Stream(6, "read"))
    assert noise.mean() == pytest.approx(10.0, abs=5 * 2.0 / math.sqrt(COUNT))
    assert noise.var() == pytest.approx(4.0, rel=5 * math.sqrt(2 / COUNT))
    assert abs((noise[:, 1:] - 10) * (noise[:, :-1] - 10)).mean() == pytest.approx(
        4.0 * 2 / math.pi, rel=0.02
    )


def test_blocks_of_normals_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    zero = np.zeros((30, 41))
    whole = dark_and_read(zero, 0.0, 1.0, Stream(6, "read"))
    monkeypatch.setattr("sim.numerics.samplers.BLOCK", 100)
    np.testing.assert_array_equal(dark_and_read(zero, 0.0, 1.0, Stream(6, "read")), whole)
    np.testing.assert_array_equal(whole.ravel(), Stream(6, "read").normals(30 * 41))


def test_converter_rounds_half_up_and_clips() -> None:
    signal = np.array([[-50.0, -5.2, 0.0, 1.0, 1.25, 1e9]])
    np.testing.assert_array_equal(convert(signal, 12, 2.0, 10.0), [[0, 0, 10, 12, 13, 4095]])
    assert convert(signal, 8, 2.0, 10.0).max() == 255
    assert signal[0, 0] == -50.0  # the input is left alone


def test_signal_without_converter_becomes_whole_counts() -> None:
    signal = np.array([[-3.0, 0.49, 0.5, 2.5, 1e30]])
    np.testing.assert_array_equal(whole_counts(signal), [[0, 0, 1, 3, 2**32 - 1]])
    assert signal[0, 0] == -3.0


def test_storing_clips_and_never_wraps() -> None:
    counts = np.array([[0, 65535, 65536, 70000]])
    np.testing.assert_array_equal(stored(counts, "uint16"), np.array([[0, 65535, 65535, 65535]], np.uint16))
    np.testing.assert_array_equal(stored(counts, "uint32"), counts)
    assert stored(np.array([[0.1]]), "float32").dtype == np.float32


def test_largest_normal_bounds_every_word() -> None:
    extremes = normal_quantile(np.array([0, 2**64 - 1], dtype=np.uint64))
    assert np.max(np.abs(extremes)) < LARGEST_NORMAL
