"""Elementary functions against 40-digit decimal arithmetic and scipy.special."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

from sim.numerics import detmath


def ulps(values, references):
    """Largest error in units of the reference's last place; references are Decimals."""
    worst = 0.0
    for value, reference in zip(values.tolist(), references, strict=True):
        spacing = Decimal(math.ulp(float(reference)))
        worst = max(worst, float(abs(Decimal(value) - reference) / spacing))
    return worst


def decimal_series(first, ratio, terms):
    """Sum of first, first·ratio(1), … in 60 digits."""
    term = total = first
    for n in range(1, terms):
        term = term * ratio(n)
        total += term
    return total


@pytest.fixture
def digits():
    with localcontext() as context:
        context.prec = 60
        yield


@pytest.fixture
def numbers():
    return np.random.Generator(np.random.PCG64(20240607))


def test_exp_is_within_one_ulp(digits, numbers):
    x = np.concatenate([numbers.uniform(-707.9, 708.9, 1500), numbers.uniform(-1, 1, 1500)])
    assert ulps(detmath.exp(x), [Decimal(value).exp() for value in x.tolist()]) < 1.0


def test_exp_at_and_beyond_its_limits():
    """Exact values that do not depend on any approximation."""
    x = np.array([0.0, -0.0, -708.5, -1e300, -np.inf, 709.5, np.inf, np.nan])
    np.testing.assert_array_equal(detmath.exp(x), [1, 1, 0, 0, 0, np.inf, np.inf, np.nan])
    assert detmath.exp(-708.0) > 0.0
    assert math.isfinite(detmath.exp(709.0))


def test_exp_writes_into_its_own_argument():
    x = np.linspace(-5.0, 5.0, 11)
    expected = detmath.exp(x)
    assert detmath.exp(x, out=x) is x
    np.testing.assert_array_equal(x, expected)


def test_log_is_within_one_ulp(digits, numbers):
    """Near 1, where log vanishes, as well as over the whole range of exponents."""
    x = np.concatenate(
        [
            np.exp2(numbers.uniform(-1021.0, 1023.0, 1500)),
            numbers.uniform(0.5, 2.0, 1000),
            1.0 + numbers.uniform(-1e-6, 1e-6, 500),
        ]
    )
    assert ulps(detmath.log(x), [Decimal(value).ln() for value in x.tolist()]) < 1.0


def test_log_of_special_numbers(digits):
    x = np.array([0.0, -0.0, -1.0, np.inf, -np.inf, np.nan, 1.0])
    np.testing.assert_array_equal(detmath.log(x), [-np.inf, -np.inf, np.nan, np.inf, np.nan, np.nan, 0.0])
    subnormal = np.array([5e-324, 1.2345e-310, 2.0**-1022])
    assert ulps(detmath.log(subnormal), [Decimal(value).ln() for value in subnormal.tolist()]) < 1.0


def test_power_is_within_its_stated_bound(digits, numbers):
    x = numbers.uniform(1e-3, 30.0, 400)
    for exponent in (0.5, 1.7, 2.0, -3.3):
        references = [Decimal(value) ** Decimal(exponent) for value in x.tolist()]
        for value, got, reference in zip(x, detmath.power(x, exponent), references, strict=True):
            bound = 2.0 + 2.0 * abs(exponent * math.log(value))
            assert ulps(np.array([got]), [reference]) < bound


def test_power_of_nothing_and_to_nothing():
    np.testing.assert_array_equal(detmath.power([0.0, 2.0], 0.0), [1.0, 1.0])
    np.testing.assert_array_equal(detmath.power([0.0, 0.1], 1.0), [0.0, 0.1])
    assert detmath.power(0.0, 1.5) == 0.0


def test_sine_and_cosine_of_degrees(digits, numbers):
    """Absolute error below 2e-16 against the Taylor series in 60 digits, also for large angles."""
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
    angles = np.concatenate([numbers.uniform(-720.0, 720.0, 600), numbers.uniform(-1e10, 1e10, 200)])
    sine, cosine = detmath.sincos_degrees(angles)
    for angle, s, c in zip(angles.tolist(), sine.tolist(), cosine.tolist(), strict=True):
        x = (Decimal(angle) % 360) * pi / 180
        exact_sine = decimal_series(x, lambda n, z=x * x: -z / ((2 * n) * (2 * n + 1)), 40)
        exact_cosine = decimal_series(Decimal(1), lambda n, z=x * x: -z / ((2 * n - 1) * (2 * n)), 40)
        assert abs(Decimal(s) - exact_sine) < Decimal("2e-16")
        assert abs(Decimal(c) - exact_cosine) < Decimal("2e-16")


def test_multiples_of_ninety_degrees_are_exact_and_never_minus_zero():
    sine, cosine = detmath.sincos_degrees(np.arange(-8, 9) * 90.0)
    np.testing.assert_array_equal(sine, np.tile([0.0, 1.0, 0.0, -1.0], 5)[:17])
    np.testing.assert_array_equal(cosine, np.tile([1.0, 0.0, -1.0, 0.0], 5)[:17])
    assert not np.any(np.signbit(sine[sine == 0.0])) and not np.any(np.signbit(cosine[cosine == 0.0]))


def test_error_function_is_within_four_ulp(digits, numbers):
    """Maclaurin series of erf with 60 digits; points crowd both sides of the change of formula."""
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
    x = np.concatenate(
        [
            numbers.uniform(-6.0, 6.0, 500),
            numbers.uniform(-0.6, 0.6, 300),
            [1e-300, 1e-8, 0.46875, 0.4687500001, 4.0, 4.0001, 5.9],
        ]
    )
    references = []
    for value in x.tolist():
        z = Decimal(value)
        total = decimal_series(z, lambda n, z=z: -z * z * (2 * n - 1) / (n * (2 * n + 1)), 200)
        references.append(2 * total / pi.sqrt())
    assert ulps(detmath.erf(x), references) < 4.0


def test_error_function_far_out_and_against_scipy():
    np.testing.assert_array_equal(detmath.erf([6.0, 40.0, np.inf, -np.inf, np.nan]), [1, 1, 1, -1, np.nan])
    x = np.linspace(-6.5, 6.5, 20001)
    np.testing.assert_allclose(detmath.erf(x), scipy.special.erf(x), rtol=5e-16)


def test_normal_quantile_against_scipy(numbers):
    """scipy.special.ndtri (Cephes) is itself good to about 5e-16; extremes of the word range included."""
    words = numbers.integers(0, 2**64, 200_000, dtype=np.uint64)
    words[:6] = [0, 1 << 12, 2**64 - 1, 2**63, 2**63 - 1, 1 << 40]
    got = detmath.normal_quantile(words)
    np.testing.assert_allclose(got, scipy.special.ndtri(detmath.uniform_from(words)), rtol=2e-15, atol=1e-18)
    assert got[0] == -got[2] and 8.2 < got[2] < 8.22


def test_normal_quantile_keeps_the_shape():
    words = np.arange(24, dtype=np.uint64).reshape(2, 3, 4) << np.uint64(58)
    np.testing.assert_array_equal(
        detmath.normal_quantile(words).reshape(-1), detmath.normal_quantile(words.reshape(-1))
    )


@given(st.integers(0, 2**64 - 1))
def test_uniform_is_the_exact_middle_of_its_cell(word):
    """(n + 1/2)·2⁻⁵² with n the upper 52 bits, computed in integers."""
    got = Fraction(float(detmath.uniform_from(np.array([word], dtype=np.uint64))[0]))
    assert got == Fraction(2 * (word >> 12) + 1, 2**53)
    assert 0 < got < 1


@pytest.mark.parametrize(
    ("base", "exponent"), [(79, 1.7), (47, 0.5), (Fraction(79, 6), 2.0), (6, -1.3), (1, 4.9)]
)
def test_decimal_power_is_correctly_rounded(base, exponent):
    """The nearest float64 to 100 digits of the power."""
    with localcontext() as context:
        context.prec = 100
        ratio = Fraction(base)
        exact = (Decimal(ratio.numerator) / Decimal(ratio.denominator)) ** Decimal(exponent)
        assert detmath.decimal_power(base, exponent) == float(exact)


def test_decimal_power_of_special_numbers():
    assert detmath.decimal_power(7, 0.0) == 1.0
    assert detmath.decimal_power(0, 2.0) == 0.0
    assert detmath.decimal_power(3, 2.0) == 9.0
    with pytest.raises(ValueError, match="negative"):
        detmath.decimal_power(-2, 1.0)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 64, 1000, 4097])
def test_ordered_sum_is_close_to_the_exact_sum(count, numbers):
    """math.fsum is exact; pairwise error grows like log₂ n, times the sum of magnitudes."""
    values = numbers.normal(size=count) * 1e6
    assert abs(detmath.ordered_sum(values) - math.fsum(values)) <= 13 * 2.0**-53 * math.fsum(np.abs(values))


def test_ordered_sum_follows_its_stated_order():
    """Five terms: halves are added (a+c), (b+d), e waits; then ((a+c)+(b+d)) + e."""
    a, b, c, d, e = 1e16, 1.0, -1e16, 1.0, 2.0**-60
    assert detmath.ordered_sum([a, b, c, d, e]) == ((a + c) + (b + d)) + e == 2.0
    assert detmath.ordered_sum([b, a, d, c]) == 2.0


def test_ordered_sum_along_an_axis_equals_one_dimensional_sums(numbers):
    array = numbers.normal(size=(3, 37, 5))
    got = detmath.ordered_sum(array, axis=1)
    assert got.shape == (3, 5)
    for i in range(3):
        for j in range(5):
            assert got[i, j] == detmath.ordered_sum(array[i, :, j])


@pytest.mark.parametrize("function", [detmath.exp, detmath.log, detmath.erf, detmath.sincos_degrees])
def test_results_do_not_depend_on_length_or_layout(function, numbers):
    """Vector loops of numpy treat heads and tails apart; one number at a time gives the same bits."""
    x = numbers.uniform(0.01, 5.0, 203)
    whole = np.asarray(function(x))
    singles = np.stack([np.asarray(function(np.array([value])))[..., 0] for value in x], axis=-1)
    np.testing.assert_array_equal(whole, singles)
    np.testing.assert_array_equal(np.asarray(function(np.repeat(x, 3)[::3])), whole)
    np.testing.assert_array_equal(np.asarray(function(float(x[0]))), whole[..., 0])


def test_arctan2_is_within_three_ulp(numbers):
    """Against Python's own; slopes of every size, all four quadrants."""
    size = np.exp(numbers.uniform(-30, 30, 4000))
    y, x = size * numbers.choice([-1, 1], 4000), numbers.normal(size=4000)
    ours = detmath.arctan2(y, x)
    references = [Decimal(math.atan2(*pair)) for pair in zip(y.tolist(), x.tolist(), strict=True)]
    assert ulps(ours, references) <= 3.0
    assert detmath.arctan2(1e308, 1e308) == math.pi / 4


def test_arctan2_on_the_axes_and_at_the_origin():
    y = np.array([0.0, 0.0, 2.0, -2.0, 0.0, -0.0, 1.0])
    x = np.array([3.0, -3.0, 0.0, 0.0, 0.0, -1.0, 1.0])
    turns = np.array([0.0, 1.0, 0.5, -0.5, 0.0, 1.0, 0.25])
    np.testing.assert_array_equal(detmath.arctan2(y, x), turns * math.pi)
