"""Distributions against scipy.stats, and the independence that position-addressed words promise."""

from __future__ import annotations

import importlib.util
from decimal import Decimal, localcontext

import numpy as np
import pytest
import scipy.stats
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.core.errors import Cancelled, InputError
from sim.numerics import backend, kernels, samplers, streams
from sim.numerics.detmath import normal_quantile
from sim.numerics.samplers import bernoulli, normal, poisson
from sim.numerics.streams import Stream

EXPECTATIONS = [0.01, 0.3, 1.0, 5.0, 11.999, 12.0, 13.7, 40.0, 127.5, 1e3, 1e5, 1e6]


@pytest.fixture(autouse=True, params=["numpy", "numba"])
def kernel(request, monkeypatch):
    """Everything here holds for both kernels."""
    if request.param == "numba" and importlib.util.find_spec("numba") is None:
        pytest.skip("the extra 'fast' is not installed")
    monkeypatch.setenv(backend.VARIABLE, request.param)
    return request.param


def chi_square_p(counts, expectation):
    """p-value over bins of at least 20 expected counts, tails pooled."""
    distribution = scipy.stats.poisson(expectation)
    low, high = int(distribution.ppf(1e-9)), int(distribution.ppf(1.0 - 1e-9)) + 1
    width = max(1, (high - low) // 400)
    edges = np.arange(low, high + width, width)
    cumulative = np.concatenate([[0.0], distribution.cdf(edges), [1.0]])
    expected = np.diff(cumulative) * counts.size
    observed = np.bincount(np.searchsorted(edges, counts), minlength=expected.size).astype(float)
    bins = np.searchsorted(np.cumsum(expected), np.arange(20.0, counts.size, 20.0))
    starts = np.unique(np.concatenate([[0], bins[:-1] + 1]))
    starts = starts[starts < expected.size]
    expected, observed = np.add.reduceat(expected, starts), np.add.reduceat(observed, starts)
    if expected.size > 1 and expected[-1] < 20.0:
        expected[-2] += expected[-1]
        observed[-2] += observed[-1]
        expected, observed = expected[:-1], observed[:-1]
    return scipy.stats.chisquare(observed, expected).pvalue


@pytest.mark.parametrize("expectation", EXPECTATIONS)
def test_poisson_follows_its_distribution(expectation):
    counts = poisson(Stream(11, "chi square"), np.full(200_000, expectation))
    assert chi_square_p(counts, expectation) > 1e-4


@pytest.mark.parametrize("expectation", [*EXPECTATIONS, 1e9, 1e10])
def test_poisson_mean_and_variance(expectation):
    """Both equal the expectation; limits are five standard errors."""
    size = 200_000
    counts = poisson(Stream(12, "moments"), np.full(size, expectation)).astype(float)
    assert abs(counts.mean() - expectation) < 5.0 * np.sqrt(expectation / size)
    spread = np.sqrt((expectation + 2.0 * expectation**2) / size)
    assert abs(counts.var() - expectation) < 5.0 * spread


def test_poisson_walk_is_the_inverse_of_the_distribution_function():
    """Below 12 the count is scipy's quantile of the pixel's own uniform number."""
    stream = Stream(13, "walk")
    expectation = np.linspace(0.01, 11.99, 5000)
    uniform = stream.uniforms(10_000)[::2]
    np.testing.assert_array_equal(poisson(stream, expectation), scipy.stats.poisson.ppf(uniform, expectation))


def test_stirling_rest_joins_table_and_series():
    """ln k! in 50 digits; below 128 from the table, above from the series, both to 1e-13."""
    with localcontext() as context:
        context.prec = 50
        log_factorial = Decimal(0)
        expected = []
        for k in range(400):
            log_factorial += Decimal(max(k, 1)).ln()
            expected.append(float(log_factorial - (k + Decimal("0.5")) * Decimal(k + 1).ln() + (k + 1)))
    np.testing.assert_allclose(samplers._stirling_rest(np.arange(400.0)), expected, rtol=1e-13)


def test_poisson_of_zero_is_zero_and_shapes_are_kept():
    counts = poisson(Stream(14, "zero"), np.zeros((3, 4, 2)))
    assert counts.shape == (3, 4, 2) and counts.dtype == np.int64 and not counts.any()
    assert poisson(Stream(14, "zero"), 3.5).shape == ()
    assert poisson(Stream(14, "zero"), np.zeros((0, 5))).shape == (0, 5)


def mixed_image(size):
    """Zero, walk and rejection pixels side by side, and neighbours across the limit."""
    values = np.random.Generator(np.random.PCG64(3)).choice([0.0, 0.2, 11.9, 12.0, 25.0, 400.0, 1e7], size)
    return values * np.linspace(0.9, 1.1, size)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 19_999), st.sampled_from([0.0, 0.01, 5.0, 11.99, 12.01, 50.0, 3e3, 1e9]))
def test_one_pixels_expectation_changes_no_other_count(pixel, value):
    stream = Stream(15, "neighbour")
    expectation = mixed_image(20_000)
    before = poisson(stream, expectation)
    changed = expectation.copy()
    changed[pixel] = value
    after = poisson(stream, changed)
    before[pixel] = after[pixel]
    np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("block", [1000, 4096, 30_000])
def test_block_sizes_and_tuning_change_no_count(block, monkeypatch):
    """Every choice made for speed: blocks, contiguous or scattered words, rounds tried at once."""
    stream = Stream(16, "blocks")
    expectation = mixed_image(150_000)
    expected = poisson(stream, expectation)
    noise = normal(stream, 50_000)
    monkeypatch.setattr(samplers, "BLOCK", block)
    monkeypatch.setattr(streams, "BLOCK", block)
    monkeypatch.setattr(samplers, "CANCEL_BLOCK", 3 * block)
    monkeypatch.setattr(samplers, "DENSE", 10**9 if block == 1000 else 0)
    monkeypatch.setattr(samplers, "ROUND_LANES", 0 if block == 1000 else 10**9)
    np.testing.assert_array_equal(poisson(stream, expectation), expected)
    np.testing.assert_array_equal(normal(stream, 50_000), noise)


def test_a_pixels_count_depends_on_its_index_only():
    """The same pixels in another shape, and the first part of a longer image, count alike."""
    stream = Stream(17, "shape")
    expectation = mixed_image(120_000)
    whole = poisson(stream, expectation)
    np.testing.assert_array_equal(poisson(stream, expectation.reshape(300, 400)).reshape(-1), whole)
    np.testing.assert_array_equal(poisson(stream, expectation[:70_001]), whole[:70_001])
    np.testing.assert_array_equal(normal(stream, (20, 30)).reshape(-1), normal(stream, 700)[:600])


def test_poisson_reads_no_memory_layout():
    stream = Stream(18, "layout")
    image = mixed_image(6000).reshape(60, 100)
    expected = poisson(stream, image)
    np.testing.assert_array_equal(poisson(stream, np.asfortranarray(image)), expected)
    np.testing.assert_array_equal(poisson(stream, np.repeat(image, 2, axis=1)[:, ::2]), expected)


@pytest.mark.parametrize("bad", [-1e-12, np.nan, np.inf, -np.inf, 1.01e10])
def test_impossible_expectations_are_refused(bad):
    with pytest.raises(InputError, match="allowed: 0 to 1e"):
        poisson(Stream(19), np.array([1.0, bad, 2.0]))


def test_cancel_is_asked_and_may_stop():
    calls = []
    poisson(Stream(20), np.ones(200_000), cancel=lambda: calls.append(1))
    assert len(calls) >= 3

    def stop():
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        poisson(Stream(20), np.ones(10), cancel=stop)


@pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="the extra 'fast' is not installed")
def test_compiled_and_numpy_kernels_agree_bit_for_bit(kernel, monkeypatch):
    """Half a million numbers over twelve decades: a fused multiply-add would show in some of them."""
    monkeypatch.setenv(backend.VARIABLE, "numba")
    expectation = 10.0 ** (np.linspace(-2.0, 10.0, 500_000) - 1e-9)
    stream = Stream(23, "compiled")
    np.testing.assert_array_equal(
        poisson(stream, expectation), samplers.poisson_by_numpy(stream, expectation)
    )
    np.testing.assert_array_equal(normal(stream, 500_000), stream.normals(500_000))


def test_kernels_are_chosen_by_the_environment(kernel, monkeypatch):
    assert (kernels.compiled() is not None) == (kernel == "numba")
    monkeypatch.setenv(backend.VARIABLE, "fortran")
    with pytest.raises(InputError, match="allowed: numpy, numba"):
        poisson(Stream(24), np.ones(3))


def test_kernels_that_differ_from_numpy_are_not_used(kernel, monkeypatch):
    """A compiled module that is off by one count in its self-test is refused."""
    if kernel == "numpy":
        return
    module = kernels.compiled()
    assert kernels._same_bits(module)
    monkeypatch.setattr(module, "normal_quantile", lambda words: np.nextafter(normal_quantile(words), 9.0))
    assert not kernels._same_bits(module)


def test_normal_is_normal_and_reads_one_word_a_pixel():
    stream = Stream(21, "normal")
    values = normal(stream, (300, 400))
    assert scipy.stats.kstest(values.reshape(-1), "norm").pvalue > 1e-4
    np.testing.assert_array_equal(values.reshape(-1), normal_quantile(stream.words(120_000)))


def test_bernoulli_frequency_and_monotony():
    """Raising a probability can only switch pixels on, as each keeps its own word."""
    stream = Stream(22, "dead pixels")
    hits = bernoulli(stream, (500, 400), 0.013)
    assert scipy.stats.binomtest(int(hits.sum()), hits.size, 0.013).pvalue > 1e-4
    assert not np.any(hits & ~bernoulli(stream, (500, 400), np.full((500, 400), 0.02)))
    assert not bernoulli(stream, 100, 0.0).any() and bernoulli(stream, 100, 1.0).all()
    with pytest.raises(InputError, match="probability"):
        bernoulli(stream, 3, 1.5)
