"""From the fraction of the beam to expected electrons."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.noise.dose import ExposureParameters, electrons_per_pixel, expectation, on_relative_grid


def test_30_pa_for_20_microseconds() -> None:
    """30e-12 A × 20e-6 s / 1.602176634e-19 C = 3745 electrons, which is 9.4e4 e⁻/Å² at 0.2 Å a pixel."""
    current = ExposureParameters(source="beam_current", beam_current=30.0, dose=1.0)
    electrons = electrons_per_pixel(current, dwell_time=20.0, pixel_size=0.2)
    assert electrons == pytest.approx(3745, abs=0.5)
    assert electrons / 0.2**2 == pytest.approx(9.4e4, rel=0.005)
    # Neither pixel size nor the unused dose plays a part.
    assert electrons_per_pixel(current, 20.0, 0.7) == electrons


def test_dose_times_pixel_area() -> None:
    dose = ExposureParameters(dose=1e5, beam_current=1.0)
    assert electrons_per_pixel(dose, dwell_time=20.0, pixel_size=0.2) == pytest.approx(4000.0, rel=1e-12)
    assert electrons_per_pixel(dose, dwell_time=40.0, pixel_size=0.4) == pytest.approx(16000.0, rel=1e-12)


def test_expectation() -> None:
    fraction = np.array([[0.0, 0.25], [0.5, 1.0]])
    np.testing.assert_array_equal(expectation(fraction, 4000.0), [[0.0, 1000.0], [2000.0, 4000.0]])
    np.testing.assert_array_equal(expectation(fraction, 0.0), np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("fraction", "electrons", "words"),
    [(1.0, 2e9, "2e+09 electrons"), (np.nan, 1.0, "nan"), (np.inf, 1.0, "inf"), (-0.1, 1.0, "at least 0")],
)
def test_impossible_expectations_are_refused(fraction: float, electrons: float, words: str) -> None:
    with pytest.raises(InputError) as caught:
        expectation(np.array([[0.5, fraction]]), electrons)
    assert words in str(caught.value)


def test_relative_grid_absorbs_last_bits() -> None:
    """Relative step at most 2⁻²⁰; errors of 1e-13 move at most the few values on the edge of a step."""
    values = np.exp(np.random.default_rng(5).uniform(-8, 12, 20000))
    rounded = on_relative_grid(values)
    assert np.max(np.abs(rounded / values - 1.0)) <= 2.0**-21
    assert np.unique(on_relative_grid(np.linspace(1.0, 1.001, 100001))).size == 1 + round(0.001 * 2**20)
    moved = on_relative_grid(values * (1.0 + 1e-13)) != rounded
    assert np.count_nonzero(moved) <= 5
    assert on_relative_grid(np.array([0.0]))[0] == 0.0
