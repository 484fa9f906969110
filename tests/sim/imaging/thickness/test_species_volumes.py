"""Volumes of overlapping spheres, against fine points in space and the lens formula."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.imaging.thickness.volumes import species_volumes


def test_spheres_apart_are_exact():
    centres = np.array([[0.0, 0.0, 0.0], [30.0, 0.0, 0.0], [0.0, 50.0, 5.0]])
    radii, species = np.array([10.0, 20.0, 7.0]), np.array([1, 0, 1])
    expected = [4.0 / 3.0 * math.pi * 8000.0, 4.0 / 3.0 * math.pi * (1000.0 + 343.0)]
    assert species_volumes(centres, radii, species, 2) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("swapped", [False, True])
def test_the_larger_of_two_has_what_they_share(swapped):
    """Whichever species comes first."""
    centres = np.array([[100.0, -40.0, 3.0], [100.0, -40.0 + 24.0, 3.0]])
    radii = np.array([12.0, 18.0])
    species = np.array([1, 0]) if swapped else np.array([0, 1])
    apart = 24.0
    lens = math.pi * (30.0 - apart) ** 2 * (apart**2 + 2 * apart * 30.0 - 3 * 6.0**2) / (12 * apart)
    small = 4.0 / 3.0 * math.pi * 12.0**3 - lens
    large = 4.0 / 3.0 * math.pi * 18.0**3
    found = species_volumes(centres, radii, species, 2)
    assert found == pytest.approx((large, small) if swapped else (small, large), rel=1e-4)


def test_three_that_share_one_place_count_it_once():
    """Against points on a lattice of 0.2 Å: the lens formula would count it twice."""
    centres = np.array([[0.0, 0.0, 0.0], [9.0, 0.0, 0.0], [4.0, 8.0, 2.0]])
    radii = np.array([8.0, 9.0, 7.0])
    axes = [np.arange(low, high, 0.2) for low, high in ((-9.0, 19.0), (-10.0, 16.0), (-10.0, 10.0))]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    inside = np.zeros(x.shape, dtype=bool)
    for centre, radius in zip(centres, radii, strict=True):
        inside |= (x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2 < radius**2
    found = species_volumes(centres, radii, np.array([0, 1, 0]), 2)
    assert sum(found) == pytest.approx(np.count_nonzero(inside) * 0.2**3, rel=1e-3)
