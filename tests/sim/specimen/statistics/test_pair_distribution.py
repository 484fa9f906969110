"""g(r): 1 for atoms at random in any outline, the shells of a crystal where they are."""

from __future__ import annotations

import ase.build
import numpy as np
import pytest

from sim.core.errors import InputError
from sim.specimen.shapes.base import Shape
from sim.specimen.statistics.pair_distribution import (
    PairDistribution,
    particle_distribution,
    slab_distribution,
)


class Ball(Shape):
    """A ball around the origin."""

    def __init__(self, radius):
        self.radius = radius

    def contains(self, points):
        return (points**2).sum(axis=1) <= self.radius**2

    def distance(self, points):
        return np.sqrt((points**2).sum(axis=1)) - self.radius

    def bounds(self):
        return np.array([[-self.radius] * 3, [self.radius] * 3])

    def moved(self, motion):
        raise NotImplementedError

    def wireframe(self):
        return ()


@pytest.mark.parametrize("periodic", [(True, True, False), (True, True, True)])
def test_random_points_have_no_structure(periodic):
    """A film only as thick as the largest r: without the term of its faces g would fall to 5/8."""
    box = (24.0, 26.0, 10.0 if not periodic[2] else 28.0)
    points = np.random.default_rng(4).random((6000, 3)) * np.array(box)
    found = slab_distribution(points, box, 10.0, 10, periodic=periodic)
    np.testing.assert_allclose(found.g, 1.0, atol=5.0 / np.sqrt(found.pairs.min()))
    np.testing.assert_allclose(found.g[4:], 1.0, atol=0.02)


def test_random_points_in_a_ball_have_no_structure_either():
    """Half of all pairs would be missing at r = 0.7 R in a formula for the bulk."""
    radius = 15.0
    points = (np.random.default_rng(2).random((12000, 3)) * 2 - 1) * radius
    ball = Ball(radius)
    points = points[ball.contains(points)][:5000]
    found = particle_distribution(points, ball, 4 / 3 * np.pi * radius**3, 20.0, 20)
    np.testing.assert_allclose(found.g[2:], 1.0, atol=0.06)


def test_shells_of_a_crystal_hold_its_neighbours():
    """fcc silver, fully periodic: 12 atoms at a/√2, 6 at a (ase)."""
    silver = ase.build.bulk("Ag", cubic=True) * (5, 6, 7)
    box = silver.cell.lengths()
    inside = (silver.positions + 0.1) % box
    found = slab_distribution(inside, box, 5.0, 500, periodic=(True, True, True))
    a = 4.09
    for distance, neighbours in ((a / np.sqrt(2), 12), (a, 6), (4.7, 0)):
        near = np.abs(found.r - distance) < 0.03
        assert found.pairs[near].sum() * 2 / len(silver) == neighbours
    assert found.pairs.sum() * 2 / len(silver) == 18
    assert found.peak(2.0, 3.5) == pytest.approx(a / np.sqrt(2), abs=0.01)


def test_pairs_of_two_elements_are_told_apart():
    """Rock salt: unlike neighbours at a/2, like ones at a/√2; each partial g counts its own pairs."""
    salt = ase.build.bulk("NaCl", "rocksalt", a=5.64, cubic=True) * (3, 3, 3)
    box, numbers = salt.cell.lengths(), salt.numbers.astype(np.int64)
    inside = (salt.positions + 0.2) % box

    def partial(*elements):
        return slab_distribution(
            inside, box, 4.2, 420, numbers=numbers, elements=elements, periodic=(True, True, True)
        )

    unlike, like = partial(17, 11), partial(11, 11)
    assert unlike.pairs.sum() == 6 * 108
    assert like.pairs.sum() == 12 * 108 // 2
    assert unlike.peak(2, 4.2) == pytest.approx(2.82, abs=0.01)
    assert like.peak(2, 4.2) == pytest.approx(5.64 / np.sqrt(2), abs=0.01)


@pytest.mark.parametrize("elements", [(6, 8), (8, 8)])
def test_parts_of_random_points_have_no_structure(elements):
    """Whatever the mixture: each pair of elements is counted against its own number of pairs."""
    generator = np.random.default_rng(3)
    box = (22.0, 20.0, 18.0)
    points = generator.random((4000, 3)) * np.array(box)
    numbers = np.where(generator.random(4000) < 0.7, 6, 8)
    found = slab_distribution(points, box, 8.0, 8, numbers=numbers, elements=elements)
    np.testing.assert_allclose(found.g[4:], 1.0, atol=0.05)


def test_a_peak_between_bins_is_found_there():
    """A parabola with its top at 2.03 Å, sampled every 0.1 Å, is read back exactly."""
    edges = np.arange(31) * 0.1
    r = 0.5 * (edges[1:] + edges[:-1])
    g = np.maximum(0.0, 2.0 - 30.0 * (r - 2.03) ** 2)
    found = PairDistribution(edges, np.ones(len(g), dtype=np.int64), np.ones(len(g)), g)
    assert found.peak(1.0, 3.0) == pytest.approx(2.03, abs=1e-9)


def test_there_is_no_peak_without_pairs():
    found = slab_distribution(np.array([[1.0, 1.0, 1.0]]), (10.0, 10.0, 10.0), 3.0)
    assert found.peak(0.0, 3.0) is None
    assert np.all(found.g == 0.0)


@pytest.mark.parametrize(
    ("largest", "bins", "periodic", "word"),
    [
        (6.0, 10, (True, True, False), "thick"),
        (0.0, 10, (True, True, False), "distance"),
        (3.0, 0, (True, True, False), "bins"),
        (3.0, 10, (True, False, False), "film"),
        (5.5, 10, (True, True, True), "half"),
    ],
)
def test_unusable_questions_are_refused(largest, bins, periodic, word):
    with pytest.raises(InputError, match=word):
        slab_distribution(np.zeros((3, 3)), (10.0, 10.0, 5.0), largest, bins, periodic=periodic)
