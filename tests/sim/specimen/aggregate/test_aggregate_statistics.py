"""Statistics over many aggregates: mixing, radii, clusters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.specimen.aggregate.build import build_aggregate
from sim.specimen.aggregate.radii import pure_cluster_sizes, radii_of, species_of
from sim.specimen.aggregate.settings import AggregateSpecimen

SMALL = AggregateSpecimen(number=40, mixing=0.3, trials=3).parameters()


def hetero_share(made) -> float:
    ends = made.species[made.contacts]
    return float(np.mean(ends[:, 0] != ends[:, 1]))


@pytest.mark.parametrize("rolled", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_hetero_fraction_of_unclustered_mixes_is_the_random_one(rolled):
    """Every pair is equally likely to touch: 2·x·(1 − x)·N / (N − 1), within three standard errors."""
    parameters = replace(SMALL, rolled=rolled)
    shares = np.array([hetero_share(build_aggregate(parameters, seed)) for seed in range(40)])
    expected = 2.0 * 0.3 * 0.7 * 40 / 39
    error = shares.std(ddof=1) / np.sqrt(len(shares))
    assert error < 0.02
    assert abs(shares.mean() - expected) <= 3.0 * error


def test_hetero_contacts_fall_with_the_size_of_pure_clusters():
    """Prototype: 1.03 → 0.06 hetero-contacts a particle from n = 1 to 16 (N = 120, x = 1/2)."""
    means = []
    for size in (1.0, 4.0, 16.0):
        parameters = replace(SMALL, number=120, mixing=0.5, cluster_sizes=(size, size))
        means.append(np.mean([2.0 * hetero_share(build_aggregate(parameters, seed)) for seed in range(4)]))
    assert means[0] == pytest.approx(1.0, abs=0.12)
    assert means[0] > 2.5 * means[1] > 2.5 * 2.0 * means[2] > 0.0


def test_share_of_the_first_species_is_right_on_average():
    """floor(x·N + u) with u uniform: 0.37·7 = 2.59 on average, only 2 or 3 each time."""
    parameters = replace(SMALL, number=7, mixing=0.37)
    counts = np.array([int((species_of(parameters, seed) == 0).sum()) for seed in range(600)])
    assert set(counts.tolist()) == {2, 3}
    assert counts.mean() == pytest.approx(2.59, abs=3.0 * np.sqrt(0.59 * 0.41 / 600))


@pytest.mark.parametrize(("mixing", "count"), [(0.0, 0), (1.0, 40)])
def test_aggregates_of_one_species(mixing, count):
    made = build_aggregate(replace(SMALL, mixing=mixing), 2)
    assert int((made.species == 0).sum()) == count
    assert len(made.contacts) == 39


def test_radii_are_log_normal_with_each_species_law():
    parameters = replace(SMALL, number=5000, mixing=0.4, radii=((30.0, 0.2), (70.0, 0.5)))
    species = species_of(parameters, 3)
    logarithms = np.log(radii_of(parameters, species, 3))
    for number, (median, deviation) in enumerate(parameters.radii):
        own = logarithms[species == number]
        assert own.mean() == pytest.approx(np.log(median), abs=4.0 * deviation / np.sqrt(len(own)))
        assert own.std() == pytest.approx(deviation, rel=4.0 / np.sqrt(2.0 * len(own)))
    third = np.mean(((logarithms[species == 1] - np.log(70.0)) / 0.5) ** 3)
    assert abs(third) < 4.0 * np.sqrt(15.0 / 3000)


def test_equal_particles_where_the_deviation_is_zero():
    made = build_aggregate(replace(SMALL, number=12, radii=((33.5, 0.0), (8.25, 0.0))), 1)
    np.testing.assert_allclose(made.radii, np.where(made.species == 0, 33.5, 8.25), atol=1e-6)


def test_sizes_of_pure_clusters():
    """1 + Poisson(n − 1): mean 6 and variance 5; they add up to the particles of the species."""
    parameters = replace(SMALL, number=5000, mixing=0.9, cluster_sizes=(6.0, 1.0))
    species = species_of(parameters, 8)
    first, second = pure_cluster_sizes(parameters, species, 8)
    assert (sum(first), sum(second)) == (int((species == 0).sum()), int((species == 1).sum()))
    assert set(second) == {1}
    assert np.mean(first) == pytest.approx(6.0, abs=0.35)
    assert np.var(first) == pytest.approx(5.0, rel=0.25)


def test_pure_clusters_stay_connected():
    """One cluster of each species: a tree with a single contact between them."""
    made = build_aggregate(replace(SMALL, number=30, mixing=0.5, cluster_sizes=(1000.0, 1000.0)), 5)
    ends = made.species[made.contacts]
    assert int((ends[:, 0] != ends[:, 1]).sum()) == 1
