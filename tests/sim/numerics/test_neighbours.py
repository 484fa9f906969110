"""The cell list against scipy's KD-tree and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from sim.core.errors import InputError
from sim.numerics import neighbours
from sim.numerics.neighbours import nearest_distance, pairs_within


@pytest.fixture(scope="module", params=[0, 256], ids=["cell list", "every pair"], autouse=True)
def few(request):
    """Every test runs with the cell list for all sizes and with the short cut for few points."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "_FEW", request.param)
        yield


def tree_pairs(points, radius):
    found = cKDTree(points).query_pairs(radius, output_type="ndarray")
    return found[np.lexsort((found[:, 1], found[:, 0]))]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3), st.integers(1, 150), st.floats(0.05, 30.0), st.integers(0, 1000))
def test_pairs_are_those_of_a_kd_tree(dimensions, count, radius, seed):
    """Clumps and far outliers together, so that cells are empty, full and cut by the radius."""
    numbers = np.random.Generator(np.random.PCG64(seed))
    points = numbers.normal(size=(count, dimensions)) * numbers.choice([0.1, 3.0, 50.0], (count, 1))
    first, second = pairs_within(points, radius)
    expected = tree_pairs(points, radius)
    np.testing.assert_array_equal(first, expected[:, 0])
    np.testing.assert_array_equal(second, expected[:, 1])


def test_the_radius_itself_is_included():
    """A square grid of spacing 1: 4-neighbours at radius 1, none just below."""
    points = np.stack(np.meshgrid(np.arange(5.0), np.arange(4.0), indexing="ij"), -1).reshape(-1, 2)
    assert pairs_within(points, 1.0)[0].size == 4 * 4 + 5 * 3
    assert pairs_within(points, np.nextafter(1.0, 0.0))[0].size == 0


def test_no_pair_is_lost_at_the_border_of_cells():
    """A long row of points exactly one radius apart, in which any error of the cells' width adds up."""
    for spacing in (1.0, 0.1, 2.884):
        row = np.stack([np.arange(3000) * 1.0, np.zeros(3000)], axis=1) * spacing - 77.7
        gaps = np.diff(row[:, 0])
        first, second = pairs_within(row, float(gaps.max()))
        np.testing.assert_array_equal(first, np.arange(2999))
        np.testing.assert_array_equal(second, np.arange(1, 3000))


def test_chunks_change_nothing(monkeypatch):
    points = np.random.Generator(np.random.PCG64(1)).random((2000, 3)) * 10.0
    expected = pairs_within(points, 1.1)
    monkeypatch.setattr(neighbours, "_CHUNK", 37)
    for got, wanted in zip(pairs_within(points, 1.1), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_a_candidate_search_is_asked_with_a_margin_and_overruled():
    """Reversed, repeated and too distant proposals give the cell list's own answer."""
    points = np.random.Generator(np.random.PCG64(2)).random((300, 3)) * 5.0
    asked = []

    def search(positions, radius):
        asked.append(radius)
        found = cKDTree(positions).query_pairs(3.0 * radius, output_type="ndarray")
        both = np.concatenate([found, found[:, ::-1]])
        return both[:, 0], both[:, 1]

    for got, wanted in zip(pairs_within(points, 0.8, search), pairs_within(points, 0.8), strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert 0.8 < asked[0] < 0.801


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3), st.integers(2, 200), st.integers(0, 1000))
def test_nearest_distance_is_that_of_a_kd_tree(dimensions, count, seed):
    numbers = np.random.Generator(np.random.PCG64(seed))
    points = numbers.normal(size=(count, dimensions)) * numbers.choice([0.001, 1.0, 1000.0], (count, 1))
    expected = cKDTree(points).query(points, 2)[0][:, 1]
    np.testing.assert_allclose(nearest_distance(points), expected, rtol=1e-12)


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_nearest_distance_in_a_cloud_that_thins_out(dimensions):
    """Cauchy tails: for many points the first neighbour found is not the nearest one."""
    numbers = np.random.Generator(np.random.PCG64(4))
    for _ in range(10):
        points = numbers.standard_cauchy((2000, dimensions))
        expected = cKDTree(points).query(points, 2)[0][:, 1]
        np.testing.assert_allclose(nearest_distance(points), expected, rtol=1e-12)


def test_nearest_distance_of_few_and_of_coincident_points():
    assert nearest_distance(np.array([[1.0, 2.0, 3.0]])).tolist() == [np.inf]
    assert nearest_distance(np.zeros((0, 3))).size == 0
    assert nearest_distance(np.zeros((4, 3))).tolist() == [0.0] * 4
    assert nearest_distance(np.array([[0.0, 0, 0], [0, 0, 0], [3, 4, 0]])).tolist() == [0.0, 0.0, 5.0]
    assert not nearest_distance(np.ones((100_000, 3))).any()


def test_one_far_point_among_many_is_quick():
    """A hundred thousand points and one far away: no all-pairs search, no table of empty cells."""
    points = np.random.Generator(np.random.PCG64(3)).random((100_000, 3)) * 100.0
    points[500] = [1e7, -1e7, 1e7]
    distances = nearest_distance(points)
    others = np.delete(points, 500, axis=0)
    np.testing.assert_allclose(distances[500], np.sqrt(((others - points[500]) ** 2).sum(1).min()))
    first, _ = pairs_within(points, 1.0)
    assert first.size == len(cKDTree(points).query_pairs(1.0, output_type="ndarray"))


def test_unusable_input_is_refused():
    with pytest.raises(InputError, match="radius"):
        pairs_within(np.zeros((2, 3)), 0.0)
    with pytest.raises(InputError, match="finite"):
        pairs_within(np.array([[0.0, np.nan, 0.0]]), 1.0)
    with pytest.raises(ValueError, match="shape"):
        nearest_distance(np.zeros((3, 4)))
