"""Who keeps its atoms where objects overlap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from sim.core.types import POSITION_GRID
from sim.specimen.scene.clearing import TOLERANCE, Occupant, cleared, outside_of
from sim.specimen.shapes.plain import Sphere


def kd_tree(points, others, radius):
    found = cKDTree(points).query_ball_tree(cKDTree(others), radius)
    pairs = [(i, j) for i, row in enumerate(found) for j in row]
    return tuple(np.array(pairs, dtype=np.int64).reshape(-1, 2).T)


def cloud(seed, count, size=8.0):
    return np.random.default_rng(seed).uniform(-size, size, (count, 3)) * [1.0, 1.3, 0.6]


@given(
    seed=st.integers(0, 10**6),
    priorities=st.lists(st.integers(-1, 1), min_size=2, max_size=4),
    clearance=st.floats(0.2, 3.0),
)
def test_no_two_objects_come_too_near_and_the_first_gives_nothing(seed, priorities, clearance):
    occupants = [Occupant(cloud(seed + n, 40), None, priority) for n, priority in enumerate(priorities)]
    kept = cleared(occupants, clearance)
    with_tree = cleared(occupants, clearance, kd_tree)
    assert all(np.array_equal(one, two) for one, two in zip(kept, with_tree, strict=True))
    order = sorted(range(len(priorities)), key=lambda n: (-priorities[n], n))
    assert kept[order[0]].all()
    for place, number in enumerate(order[1:], start=1):
        points = occupants[number].positions
        nearest = np.full(len(points), np.inf)
        for other in order[:place]:
            rest = occupants[other].positions[kept[other]]
            if len(rest):
                nearest = np.minimum(nearest, cKDTree(rest).query(points)[0])
        assert np.array_equal(kept[number], nearest >= clearance - TOLERANCE)


def test_volumes_take_what_lies_deeper_than_the_depth():
    ball = Occupant(np.array([[0.0, 0.0, 0.0]]), Sphere(5.0), 1, depth=2.0)
    line = np.array([[float(x), 0.0, 0.0] for x in range(-8, 9)])
    kept = cleared([Occupant(line, None, 0), ball], 0.5)[0]
    assert line[~kept][:, 0].tolist() == [-2.0, -1.0, 0.0, 1.0, 2.0]
    hard = Occupant(np.empty((0, 3)), Sphere(5.0), 1)
    assert line[~cleared([Occupant(line, None, 0), hard], 0.5)[0]][:, 0].tolist() == [
        float(x) for x in range(-5, 6)
    ]


def test_of_equals_the_earlier_keeps():
    first, second = (Occupant(np.array([[x, 0.0, 0.0]]), None, 3) for x in (0.0, 1.0))
    assert [stays.tolist() for stays in cleared([first, second], 2.0)] == [[True], [False]]


def test_what_rests_at_the_clearance_keeps_its_footing():
    # More than the grid can shift two atoms, less than anybody could measure.
    assert 4.0 * POSITION_GRID < TOLERANCE < 1e-4
    foot = Occupant(np.array([[0.0, 0.0, 0.0]]), None, -1)
    for apart, stays in ((2.0 - 0.5 * TOLERANCE, True), (2.0 - 4.0 * TOLERANCE, False)):
        assert cleared([foot, Occupant(np.array([[0.0, 0.0, apart]]), None, 0)], 2.0)[0].tolist() == [stays]


def test_molecules_go_as_a_whole_and_may_touch_their_host():
    host = Occupant(np.zeros((1, 3)), Sphere(3.0), 0)
    other = Occupant(np.array([[6.0, 0.0, 0.0]]), None, 0)
    molecules = np.array([[1.8, 0.0, 0.0], [2.9, 0.0, 0.0], [0.0, 1.8, 0.0], [5.0, 0.5, 0.0]])
    which = np.array([0, 0, 1, 1])
    bonded = Occupant(molecules, None, -5, companions=frozenset({0}), bonded=1.6, molecule=which)
    assert cleared([host, other, bonded], 2.0)[2].tolist() == [True, True, False, False]
    loose = Occupant(molecules, None, -5, molecule=which)
    assert not cleared([host, other, loose], 2.0)[2].any()


def test_outside_of_uses_the_boundary_of_the_shape():
    points = np.array([[0.0, 0.0, 4.999], [0.0, 0.0, 5.001], [100.0, 0.0, 0.0]])
    assert outside_of(points, Sphere(5.0)).tolist() == [False, True, True]
    assert outside_of(points, Sphere(5.0), 0.5).tolist() == [True, True, True]


@pytest.mark.parametrize("count", [0, 1])
def test_few_occupants(count):
    occupants = [Occupant(np.zeros((1, 3)), None, 0)] * count
    assert [stays.all() for stays in cleared(occupants, 2.0)] == [True] * count
