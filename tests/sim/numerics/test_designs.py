"""Space-filling designs against scipy.stats.qmc and their defining properties."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats.qmc

from sim.core.errors import InputError
from sim.numerics.designs import MOST_DIMENSIONS, latin_hypercube, sobol
from sim.numerics.streams import Stream


def test_sobol_points_are_those_of_scipy():
    """Same direction numbers (Joe & Kuo 2008), order and scaling; 21 dimensions, 4096 points."""
    expected = scipy.stats.qmc.Sobol(MOST_DIMENSIONS, scramble=False, bits=30).random_base2(12)
    np.testing.assert_array_equal(sobol(4096, MOST_DIMENSIONS), expected)


def test_sobol_can_start_anywhere():
    np.testing.assert_array_equal(sobol(100, 5, start=321), sobol(421, 5)[321:])


def test_a_shifted_sobol_set_stays_balanced_and_off_the_border():
    """In every dimension each of 256 equal slices holds exactly one of 256 points."""
    points = sobol(256, 21, stream=Stream(1, "shift"))
    assert points.min() > 0.0 and points.max() < 1.0
    for axis in range(21):
        assert sorted(np.floor(points[:, axis] * 256).astype(int).tolist()) == list(range(256))
    assert np.all(points != sobol(256, 21, stream=Stream(2, "shift")))
    assert np.all(points[:64] == sobol(64, 21, stream=Stream(1, "shift")))


def test_a_shifted_sobol_set_is_more_even_than_chance():
    shifted = scipy.stats.qmc.discrepancy(sobol(512, 6, stream=Stream(3, "even")))
    chance = scipy.stats.qmc.discrepancy(np.random.Generator(np.random.PCG64(1)).random((512, 6)))
    assert shifted < 0.2 * chance


@pytest.mark.parametrize(
    ("count", "dimensions", "start"), [(4, 0, 0), (4, 22, 0), (-1, 2, 0), (2, 2, 2**30 - 1)]
)
def test_sobol_outside_its_tables_is_refused(count, dimensions, start):
    with pytest.raises(InputError, match="allowed"):
        sobol(count, dimensions, start)


@pytest.mark.parametrize("count", [1, 7, 1000])
def test_latin_hypercube_has_one_point_in_every_slice(count):
    points = latin_hypercube(Stream(4, "lhs"), count, 5)
    assert points.shape == (count, 5)
    assert points.min() > 0.0 and points.max() < 1.0
    for axis in range(5):
        assert sorted(np.floor(points[:, axis] * count).astype(int).tolist()) == list(range(count))


def test_latin_hypercube_axes_are_independent():
    points = latin_hypercube(Stream(5, "lhs"), 2000, 4)
    correlation = np.corrcoef(points.T) - np.eye(4)
    assert np.abs(correlation).max() < 0.1
