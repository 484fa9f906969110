"""Pairs between two sets of points: the grid against all pairs, and with a KD-tree that proposes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from sim.specimen.scene.crossing import near, pairs_between


def kd_tree(points, others, radius):
    found = cKDTree(points).query_ball_tree(cKDTree(others), radius)
    pairs = [(i, j) for i, row in enumerate(found) for j in row]
    one, two = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return one[::-1], two[::-1]


def cloud(seed, count, size, dimensions=3):
    return (
        np.random.default_rng(seed).uniform(-size, size, (count, dimensions)) * [1.0, 2.0, 0.5][:dimensions]
    )


def all_pairs(points, others, radius):
    apart = points[:, np.newaxis, :] - others
    squared = (apart[..., 0] * apart[..., 0]) + (apart[..., 1] * apart[..., 1])
    if points.shape[1] == 3:
        squared = squared + apart[..., 2] * apart[..., 2]
    return {(int(i), int(j)) for i, j in zip(*np.nonzero(squared < radius * radius), strict=True)}


def found_pairs(*arguments):
    pairs = [
        (int(i), int(j)) for one, two, _ in pairs_between(*arguments) for i, j in zip(one, two, strict=True)
    ]
    assert len(pairs) == len(set(pairs))
    return set(pairs)


@given(
    seed=st.integers(0, 10**6),
    counts=st.tuples(st.integers(0, 60), st.integers(0, 60)),
    radius=st.floats(0.05, 8.0),
    dimensions=st.sampled_from([2, 3]),
    shift=st.floats(-30.0, 30.0),
)
def test_finds_all_pairs_and_no_others(seed, counts, radius, dimensions, shift):
    points = cloud(seed, counts[0], 6.0, dimensions)
    others = cloud(seed + 1, counts[1], 6.0, dimensions) + shift
    expected = all_pairs(points, others, radius)
    assert found_pairs(points, others, radius) == expected
    assert found_pairs(points, others, radius, kd_tree) == expected


def test_many_points_with_a_grid_too_large_for_its_cells():
    # 10 km across at a radius of 1 Å: wider cells, the same pairs.
    points = np.concatenate([cloud(1, 400, 5.0), cloud(2, 400, 5.0) + 1e4])
    others = np.concatenate([cloud(3, 400, 5.0), cloud(4, 400, 5.0) + 1e4])
    expected = all_pairs(points, others, 1.0)
    assert expected
    assert found_pairs(points, others, 1.0) == expected


def test_a_pair_at_exactly_the_radius_does_not_count():
    points, others = np.zeros((1, 3)), np.array([[0.0, 0.0, 2.0]])
    assert not near(points, others, 2.0)[0]
    assert near(points, others, np.nextafter(2.0, 3.0))[0]


@pytest.mark.parametrize("candidates", [None, kd_tree])
def test_near_names_the_points_of_the_first_set(candidates):
    points = np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [0.0, 10.0, 0.0]])
    others = np.array([[10.5, 0.0, 0.0]])
    assert near(points, others, 1.0, candidates).tolist() == [False, True, False]
