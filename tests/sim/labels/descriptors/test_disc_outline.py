"""The outline of a union of discs against formulas and fine pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.core.types import Particles
from sim.labels.descriptors.outline import outline_descriptors, union_of_discs


def union(*discs):
    table = np.array(discs, dtype=np.float64)
    return union_of_discs(table[:, :2], table[:, 2])


def test_one_disc_anywhere():
    area, perimeter = union((-3.5, 90.0, 7.0))
    assert area == pytest.approx(49 * math.pi, rel=1e-14) and perimeter == pytest.approx(
        14 * math.pi, rel=1e-15
    )


@pytest.mark.parametrize("turn", [0.0, 0.7, 2.3, 3.141592653589793, 4.4])
def test_two_crossing_discs_by_the_lens_formula(turn):
    """Radii 5 and 3 at 6 apart, the second in any direction: arcs that pass 0 are cut there."""
    a, b, d = 5.0, 3.0, 6.0
    alpha = math.acos((d * d + a * a - b * b) / (2 * d * a))
    beta = math.acos((d * d + b * b - a * a) / (2 * d * b))
    lens = a * a * (alpha - math.sin(2 * alpha) / 2) + b * b * (beta - math.sin(2 * beta) / 2)
    area, perimeter = union((2.0, -1.0, a), (2.0 + d * math.cos(turn), -1.0 + d * math.sin(turn), b))
    assert area == pytest.approx(math.pi * (a * a + b * b) - lens, rel=1e-13)
    assert perimeter == pytest.approx(2 * a * (math.pi - alpha) + 2 * b * (math.pi - beta), rel=1e-13)


def test_discs_apart_touching_and_inside_one_another():
    apart = union((0, 0, 2), (10, 1, 3))
    assert apart == pytest.approx((13 * math.pi, 10 * math.pi), rel=1e-14)
    assert union((0, 0, 2), (5, 0, 3)) == pytest.approx((13 * math.pi, 10 * math.pi), rel=1e-14)
    hidden = (25 * math.pi, 10 * math.pi)
    assert union((1, 1, 5), (2, 2, 1)) == pytest.approx(hidden, rel=1e-14)
    assert union((2, 2, 1), (1, 1, 5), (5, 1, 1)) == pytest.approx(
        hidden, rel=1e-14
    )  # the last touches inside
    assert union((1, 1, 5), (1, 1, 5), (1, 1, 5)) == pytest.approx(hidden, rel=1e-14)
    assert union_of_discs(np.empty((0, 2)), np.empty(0)) == (0.0, 0.0)


def test_rim_of_an_enclosed_hole_counts():
    """Six discs of radius 1.1 at the corners of a hexagon of side 2 leave a star in the middle."""
    corners = [(2 * math.cos(k * math.pi / 3), 2 * math.sin(k * math.pi / 3), 1.1) for k in range(6)]
    alpha = math.acos(1 / 1.1)
    area, perimeter = union(*corners)
    assert perimeter == pytest.approx(6 * 1.1 * (2 * math.pi - 4 * alpha), rel=1e-13)
    lens = 2 * 1.21 * (alpha - math.sin(2 * alpha) / 2)
    assert area == pytest.approx(6 * (1.21 * math.pi - lens), rel=1e-13)


def test_many_discs_against_fine_pixels():
    numbers = np.random.Generator(np.random.PCG64(8))
    centres, radii = numbers.uniform(0, 300, (60, 2)), numbers.uniform(4, 40, 60)
    axis = np.arange(-45.0, 345.0, 0.2)
    covered = np.zeros((axis.size, axis.size), dtype=bool)
    for (x, y), radius in zip(centres, radii, strict=True):
        covered |= (axis[None] - x) ** 2 + (axis[:, None] - y) ** 2 < radius * radius
    area, perimeter = union_of_discs(centres, radii)
    assert area == pytest.approx(covered.sum() * 0.04, rel=3e-5)
    # Growing every disc by h adds perimeter·h to the first order.
    grown = union_of_discs(centres, radii + 1e-4)[0] - union_of_discs(centres, radii - 1e-4)[0]
    assert grown / 2e-4 == pytest.approx(perimeter, rel=1e-6)


def test_descriptors_look_along_z():
    spheres = Particles(
        np.array([(0.0, 0.0, 0.0), (0.0, 0.0, 8.0), (0.0, 12.0, 0.0)]), np.array([4.0, 3.0, 5.0]),
        np.array([0, 1, 1]), np.array([(0, 1)]),
    )  # fmt: skip
    found = outline_descriptors(spheres)
    assert found["outline_area"] == pytest.approx(math.pi * 41, rel=1e-14)
    assert found["outline_perimeter"] == pytest.approx(math.pi * 18, rel=1e-14)
