"""Heights of what rests on others, and random places that keep their gaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from sim.numerics.streams import Stream
from sim.specimen.scene.placing import PROPOSALS, Disc, outline_radius, scatter, seat_height


def closest(one, two):
    return float(cKDTree(two).query(one)[0].min())


def uneven_floor(seed, count=400):
    random = np.random.default_rng(seed)
    return random.uniform([-12.0, -9.0, -8.0], [12.0, 9.0, 0.0], (count, 3))


@given(seed=st.integers(0, 10**6), clearance=st.floats(0.6, 4.0), size=st.integers(1, 40))
def test_at_its_height_the_nearest_pair_is_the_clearance_apart(seed, clearance, size):
    floor = uneven_floor(seed)
    body = np.random.default_rng(seed + 1).uniform([-4.0, -3.0, -2.0], [4.0, 3.0, 9.0], (size, 3))
    lift = seat_height(body, floor, clearance)
    assume(lift is not None)
    seated = body + np.array([0.0, 0.0, lift])
    assert closest(seated, floor) == pytest.approx(clearance, abs=1e-9)
    # From there up to high above, nothing is in the way.
    for higher in (1e-6, 0.3, 2.0, 20.0):
        assert closest(seated + np.array([0.0, 0.0, higher]), floor) > clearance - 1e-9
    assert closest(seated - np.array([0.0, 0.0, 0.01]), floor) < clearance


@given(seed=st.integers(0, 10**6), clearance=st.floats(0.6, 4.0))
def test_equals_the_largest_over_all_pairs(seed, clearance):
    floor, body = uneven_floor(seed, 150), uneven_floor(seed + 1, 60) * 0.5
    flat = ((body[:, np.newaxis, :2] - floor[:, :2]) ** 2).sum(axis=2)
    rise = floor[:, 2] + np.sqrt(np.maximum(clearance**2 - flat, 0.0)) - body[:, 2:3]
    expected = np.where(flat < clearance**2, rise, -np.inf).max()
    assert seat_height(body, floor, clearance) == pytest.approx(expected, abs=1e-12)


def test_nothing_below_gives_no_height():
    body = np.zeros((1, 3))
    assert seat_height(body, np.array([[5.0, 0.0, 0.0]]), 2.0) is None
    assert seat_height(body, np.empty((0, 3)), 2.0) is None


def test_an_atom_over_another_rests_exactly_the_clearance_higher():
    assert seat_height(np.array([[1.0, 2.0, 7.0]]), np.array([[1.0, 2.0, -3.0]]), 2.0) == -8.0


def discs(radii, gap=0.0, margin=0.0, seed=3):
    return [Disc(radius, gap, margin, Stream(seed, "disc", n)) for n, radius in enumerate(radii)]


@given(
    radii=st.lists(st.floats(0.5, 9.0), min_size=1, max_size=12),
    gap=st.floats(0.0, 3.0),
    margin=st.floats(-2.0, 4.0),
    seed=st.integers(0, 10**6),
)
def test_scattered_discs_keep_gaps_and_margins(radii, gap, margin, seed):
    places = scatter(discs(radii, gap, margin, seed), 60.0, 40.0)
    found = [(place, radius) for place, radius in zip(places, radii, strict=True) if place is not None]
    assert found
    for n, ((x, y), radius) in enumerate(found):
        assert abs(x) + radius + margin <= 30.0 + 1e-9
        assert abs(y) + radius + margin <= 20.0 + 1e-9
        for (u, v), other in found[:n]:
            assert np.hypot(x - u, y - v) >= radius + other + gap - 1e-9


@given(seed=st.integers(0, 10**6))
def test_a_place_depends_on_others_only_by_what_fits(seed):
    one, two, three = discs([3.0, 3.0, 3.0], seed=seed)
    alone = scatter([two], 500.0, 500.0)[0]
    assume(
        all(np.hypot(*np.subtract(alone, scatter([other], 500.0, 500.0)[0])) > 6.0 for other in (one, three))
    )
    assert scatter([one, two, three], 500.0, 500.0)[1] == alone
    assert scatter([three, one, two], 500.0, 500.0)[2] == alone


def test_places_fill_the_field_evenly():
    places = np.array([scatter(discs([5.0], seed=seed), 110.0, 60.0)[0] for seed in range(2000)])
    assert places[:, 0].min() < -48.0 < 48.0 < places[:, 0].max()
    # Uniform over ±50 and ±25: means within four standard errors.
    assert abs(places[:, 0].mean()) < 4.0 * 50.0 / np.sqrt(3 * 2000)
    assert abs(places[:, 1].std() - 25.0 / np.sqrt(3)) < 1.0


def test_too_many_stop_after_a_bounded_effort_and_keep_what_fits(monkeypatch):
    asked = []
    own = Stream.uniforms
    monkeypatch.setattr(
        Stream, "uniforms", lambda self, count, start=0: asked.append(count) or own(self, count, start)
    )
    places = scatter(discs([10.0] * 5), 45.0, 45.0)
    placed = [place for place in places if place is not None]
    assert 1 <= len(placed) <= 4
    assert sum(asked) <= 2 * 5 * PROPOSALS * 20


def test_outline_radius_is_seen_along_the_beam():
    assert outline_radius(np.array([[3.0, 4.0, 100.0], [0.0, -1.0, 0.0]])) == 5.0
    assert outline_radius(np.empty((0, 3))) == 0.0
