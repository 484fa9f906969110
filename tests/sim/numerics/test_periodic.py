"""Neighbours in a box that repeats: against looking at every pair and every image."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import InputError
from sim.numerics.periodic import CellGrid, periodic_pairs_within, wrapped
from sim.specimen.search import kd_tree

AXES = st.tuples(st.booleans(), st.booleans(), st.booleans())
EDGES = st.tuples(*[st.floats(2.0, 9.0)] * 3)


def points_in(box, count, seed):
    return np.random.default_rng(seed).random((count, 3)) * np.array(box)


def by_images(points, others, box, periodic):
    """Distance of every pair by the nearest of 27 images."""
    steps = [(-1, 0, 1) if repeats else (0,) for repeats in periodic]
    best = np.full((len(points), len(others)), np.inf)
    for image in itertools.product(*steps):
        shift = np.array(image) * np.array(box)
        best = np.minimum(best, np.linalg.norm(points[:, None] - others[None] - shift, axis=-1))
    return best


@given(EDGES, AXES, st.integers(0, 60), st.integers(0, 10**6), st.booleans())
@settings(max_examples=60, deadline=None)
def test_pairs_are_those_of_all_images(box, periodic, count, seed, tree):
    points = points_in(box, count, seed)
    one, two, squared = periodic_pairs_within(points, 1.0, box, periodic, kd_tree if tree else None)
    apart = by_images(points, points, box, periodic)
    expected = [(i, j) for i in range(count) for j in range(i + 1, count) if apart[i, j] <= 1.0]
    assert list(zip(one.tolist(), two.tolist(), strict=True)) == expected
    np.testing.assert_allclose(np.sqrt(squared), apart[one, two], atol=1e-12)


@given(EDGES, AXES, st.integers(1, 80), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_grid_finds_every_pair_once_however_it_was_filled(box, periodic, count, seed):
    points, asked = points_in(box, count, seed), points_in(box, 40, seed + 1)
    grid = CellGrid(box, 1.9, periodic)
    for part in np.array_split(points, 3):
        grid.add(part)
    np.testing.assert_array_equal(grid.positions, points)
    found = []
    for one, two, squared in grid.near(asked):
        near = squared <= 1.9**2
        found += list(zip(one[near].tolist(), two[near].tolist(), strict=True))
    apart = by_images(asked, points, box, periodic)
    assert sorted(found) == [tuple(pair) for pair in np.argwhere(apart <= 1.9).tolist()]


def test_a_pair_across_a_corner_is_found():
    """Both axes repeat: the short way leads over two faces."""
    points = np.array([[0.1, 0.1, 1.0], [9.9, 7.9, 1.0]])
    one, two, squared = periodic_pairs_within(points, 1.0, (10.0, 8.0, 5.0))
    assert (one.tolist(), two.tolist()) == ([0], [1])
    assert squared[0] == pytest.approx(0.08)


def test_a_radius_past_half_the_box_is_refused():
    with pytest.raises(InputError, match="half of the box"):
        periodic_pairs_within(np.zeros((2, 3)), 3.0, (5.0, 20.0, 20.0))


def test_wrapped_points_lie_in_the_box_at_the_same_place():
    points = np.array([[-0.25, 7.5, -3.0], [10.0, -1e-18, 30.0]])
    inside = wrapped(points, (10.0, 7.0, 5.0), (True, True, False))
    np.testing.assert_array_equal(inside, [[9.75, 0.5, -3.0], [0.0, 0.0, 30.0]])
