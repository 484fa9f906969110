"""Union, intersection and difference."""

from __future__ import annotations

import numpy as np
import pytest

from sim.specimen.shapes.combined import Difference, Intersection, Union
from sim.specimen.shapes.plain import Box, HalfSpace, Sphere
from sim.specimen.shapes.volume import volume

ONE = Sphere(10.0, (-4.0, 0.0, 1.0))
TWO = Box((12.0, 9.0, 30.0), (5.0, 1.0, 0.0))
THREE = HalfSpace((0.0, 1.0, 1.0), 2.0)
POINTS = np.random.default_rng(2).uniform(-20.0, 20.0, (100_000, 3))


def test_membership_is_boolean():
    """More points than one portion, so that portions are joined rightly."""
    one, two, three = (shape.contains(POINTS) for shape in (ONE, TWO, THREE))
    np.testing.assert_array_equal(Union([ONE, TWO, THREE]).contains(POINTS), one | two | three)
    np.testing.assert_array_equal(Intersection([ONE, TWO, THREE]).contains(POINTS), one & two & three)
    np.testing.assert_array_equal(Difference(ONE, TWO).contains(POINTS), one & ~two)


def test_a_part_and_what_it_was_cut_from_share_no_point():
    """Points exactly on the cut go with the part that was removed."""
    cut = HalfSpace((0.0, 0.0, 1.0), 0.0)
    on = np.array([[x, y, 0.0] for x in range(-9, 2) for y in range(-5, 6)], dtype=float)
    upper, lower = Difference(ONE, cut), Intersection([ONE, cut])
    assert not np.any(upper.contains(on))
    np.testing.assert_array_equal(lower.contains(on), ONE.contains(on))


def test_bounds():
    np.testing.assert_allclose(Union([ONE, TWO]).bounds(), [[-14.0, -10.0, -15.0], [11.0, 10.0, 15.0]])
    np.testing.assert_allclose(Intersection([ONE, TWO]).bounds(), [[-1.0, -3.5, -9.0], [6.0, 5.5, 11.0]])
    np.testing.assert_allclose(Difference(ONE, TWO).bounds(), ONE.bounds())
    top = Intersection([ONE, HalfSpace((0.0, 0.0, 1.0), 3.0)])
    assert top.bounds()[1].tolist() == [6.0, 10.0, 3.0]


def test_volume_of_a_lens():
    """Two balls of radius R at distance d share π (4R + d)(2R − d)²/12 (Weisstein, "Sphere-sphere
    intersection")."""
    radius, apart = 10.0, 7.0
    balls = [Sphere(radius), Sphere(radius, (0.0, apart, 0.0))]
    lens = np.pi * (4.0 * radius + apart) * (2.0 * radius - apart) ** 2 / 12.0
    ball = 4.0 / 3.0 * np.pi * radius**3
    assert volume(Intersection(balls)) == pytest.approx(lens, rel=5e-4)
    assert volume(Union(balls)) == pytest.approx(2.0 * ball - lens, rel=5e-4)
    assert volume(Difference(*balls)) == pytest.approx(ball - lens, rel=5e-4)


def test_volume_of_what_misses_is_nothing():
    assert volume(Intersection([Sphere(3.0), Sphere(3.0, (10.0, 0.0, 0.0))])) == 0.0


def test_volume_can_be_stopped():
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        volume(Union([ONE, TWO]), stop)


def test_outlines_of_all_parts():
    assert len(Union([ONE, TWO]).wireframe()) == len(ONE.wireframe()) + len(TWO.wireframe())
