"""Descriptors of aggregates against hand-counted ones, numpy's linear algebra and a loop over all pairs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.core.errors import Cancelled
from sim.core.types import Particles
from sim.labels.descriptors.aggregate import UNITS, aggregate_descriptors, shared_volumes
from sim.labels.descriptors.groups import pure_clusters, smallest_members
from sim.labels.descriptors.gyration import eigenvalues, gyration
from sim.labels.descriptors.near import near_pairs
from sim.labels.descriptors.pair_correlation import DISTANCES, pair_correlations


def particles(centres, radii, species, contacts):
    return Particles(
        np.array(centres, dtype=np.float64).reshape(-1, 3),
        np.array(radii, dtype=np.float64),
        np.array(species, dtype=np.int64),
        np.array(contacts, dtype=np.int64).reshape(-1, 2),
    )


@pytest.fixture
def numbers():
    return np.random.Generator(np.random.PCG64(611))


@pytest.fixture
def chain():
    """Seven touching spheres of radius 5 in a row: A A B A B B B."""
    centres = [(10.0 * place, 0.0, 0.0) for place in range(7)]
    return particles(centres, [5.0] * 7, [0, 0, 1, 0, 1, 1, 1], [(place, place + 1) for place in range(6)])


@pytest.fixture
def cloud(numbers):
    """300 spheres anywhere, contacts anywhere: counting needs no geometry."""
    contacts = np.unique(np.sort(numbers.integers(0, 300, (700, 2)), axis=1), axis=0)
    contacts = contacts[contacts[:, 0] < contacts[:, 1]]
    centres = numbers.uniform(-400, 400, (300, 3)) * [1.0, 0.4, 0.7]
    radii = numbers.uniform(15, 60, 300)
    return particles(centres, radii, numbers.random(300) < 0.7, contacts)


def test_chain_counted_by_hand(chain):
    found = aggregate_descriptors(chain)
    assert (found["particles_first"], found["particles_second"]) == (3, 4)
    assert (found["contacts"], found["hetero_contacts"]) == (6, 3)
    assert found["coordination_mean"] == 12 / 7
    assert found["coordination_first"] == 5 / 3 and found["coordination_second"] == 7 / 4
    assert found["hetero_coordination_first"] == 1.0  # 0, 1 and 2
    assert found["hetero_coordination_second"] == 3 / 4
    assert found["hetero_coordination_mean"] == 6 / 7
    assert found["hetero_histogram_first"] == (1 / 3, 1 / 3, 1 / 3, *[0.0] * 10)
    assert found["hetero_histogram_second"] == (0.5, 0.25, 0.25, *[0.0] * 10)
    assert found["coordination_histogram"] == (0.0, 2 / 7, 5 / 7, *[0.0] * 10)
    assert found["hetero_fraction"] == 0.5
    assert found["mixing_index"] == pytest.approx(0.5 * 42 / 24, rel=1e-15)
    assert found["cluster_size_first"] == 1.5 and found["cluster_size_weighted_first"] == 5 / 3
    assert found["cluster_size_second"] == 2.0 and found["cluster_size_weighted_second"] == 2.5
    assert found["volume_fraction_first"] == pytest.approx(3 / 7, rel=1e-15)
    # Inertia of seven points at 10 Å and of the spheres themselves.
    radius = math.sqrt(100 * (9 + 4 + 1) * 2 / 7 + 0.6 * 25)
    assert found["gyration_radius"] == pytest.approx(radius, rel=1e-14)
    assert found["anisotropy"] == pytest.approx((400 + 5) / 5, rel=1e-13)
    assert found["geometric_radius"] == pytest.approx(5.0, rel=1e-15) and found["mean_diameter"] == 10.0
    assert found["fractal_dimension_achieved"] == pytest.approx(
        math.log(7 / 1.3) / math.log(radius / 5), rel=1e-13
    )
    assert found["packing"] == pytest.approx(7 * 5**3 / (math.sqrt(5 / 3) * radius) ** 3, rel=1e-13)
    assert found["solid_volume"] == pytest.approx(7 * 4 / 3 * math.pi * 125, rel=1e-14)


def test_hetero_contacts_are_the_same_from_either_side(cloud):
    found = aggregate_descriptors(cloud)
    first = found["particles_first"] * found["hetero_coordination_first"]
    second = found["particles_second"] * found["hetero_coordination_second"]
    assert round(first) == round(second) == found["hetero_contacts"] > 100
    assert first == pytest.approx(second, rel=4e-16)
    assert math.fsum(found["hetero_histogram_first"]) == pytest.approx(1.0, abs=1e-15)


def test_more_than_eleven_contacts_are_counted_in_the_last_class():
    star = particles(np.zeros((17, 3)), [1.0] * 17, [0] + [1] * 16, [(0, other) for other in range(1, 17)])
    found = aggregate_descriptors(star)
    assert found["coordination_histogram"][12] == 1 / 17 and found["hetero_histogram_first"][12] == 1.0


@pytest.mark.parametrize("species", [[], [0], [1, 1], [0, 1]])
def test_names_and_lengths_are_always_the_same_and_every_number_finite(species, cloud):
    contacts = [(0, 1)] if len(species) == 2 else []
    few = aggregate_descriptors(
        particles(
            [(9.0 * place, 0, 0) for place in range(len(species))], [4.5] * len(species), species, contacts
        )
    )
    many = aggregate_descriptors(cloud)
    assert list(few) == list(many) and set(UNITS) <= set(many)
    for name, value in few.items():
        assert np.shape(value) == np.shape(many[name]) and np.all(np.isfinite(value)), name
        assert isinstance(value, (int, float, tuple)) and not isinstance(value, np.generic), name


def test_pure_clusters_are_numbered_by_their_first_particles():
    """Particle 3 joins 5 by way of 0; 4 touches only the other material."""
    species = np.array([1, 0, 0, 1, 0, 1])
    contacts = np.array([(0, 5), (0, 3), (1, 3), (0, 4), (1, 2)])
    assert pure_clusters(species, contacts).tolist() == [0, 1, 1, 0, 2, 0]


def test_groups_against_a_walk_along_the_links(numbers):
    for links in (0, 40, 90, 300):
        first, second = numbers.integers(0, 120, (2, links))
        expected = list(range(120))
        for _ in range(120):
            for one, two in zip(first, second, strict=True):
                expected[one] = expected[two] = min(expected[one], expected[two])
        assert smallest_members(120, first, second).tolist() == expected


def test_long_chain_of_links_is_followed_to_its_end(numbers):
    order = numbers.permutation(3000)
    assert not smallest_members(3000, order[:-1], order[1:]).any()


def test_eigenvalues_are_those_of_lapack(numbers):
    for scale in (1e-6, 1.0, 1e9):
        for _ in range(50):
            matrix = numbers.normal(size=(3, 3)) * scale
            matrix = matrix @ matrix.T
            np.testing.assert_allclose(
                eigenvalues(matrix.tolist()),
                np.linalg.eigvalsh(matrix)[::-1],
                rtol=1e-9,
                atol=1e-13 * matrix.max(),
            )
    assert eigenvalues([[2.0, 1e-200, 0.0], [1e-200, 3.0, 0.0], [0.0, 0.0, -1.0]]) == (3.0, 2.0, -1.0)


def test_gyration_against_points_filling_the_spheres(numbers):
    """Moments of many random points in two unequal spheres."""
    centres, radii = np.array([(3.0, -40.0, 12.0), (25.0, 8.0, -7.0)]), np.array([30.0, 18.0])
    points = numbers.uniform(-1, 1, (400_000, 3))
    points = points[(points**2).sum(axis=1) <= 1]
    split = round(len(points) * 30.0**3 / (30.0**3 + 18.0**3))
    cloud = np.concatenate([points[:split] * 30.0 + centres[0], points[split:] * 18.0 + centres[1]])
    expected = np.linalg.eigvalsh(np.cov(cloud.T))[::-1]
    found = gyration(centres, radii)
    np.testing.assert_allclose(found.moments, expected, rtol=0.01)
    assert found.radius == pytest.approx(math.sqrt(math.fsum(found.moments)), rel=1e-14)


def test_descriptors_do_not_depend_on_the_frame(cloud, numbers):
    turn, _ = np.linalg.qr(numbers.normal(size=(3, 3)))
    moved = particles(cloud.centres @ turn + [70.0, -3.0, 11.0], cloud.radii, cloud.species, cloud.contacts)
    before, after = aggregate_descriptors(cloud), aggregate_descriptors(moved)
    for name in ("gyration_radius", "anisotropy", "packing", "fractal_dimension_achieved"):
        assert after[name] == pytest.approx(before[name], rel=1e-11), name


def test_lens_of_two_spheres_is_the_integral_of_its_slices():
    centres, radii = np.array([(0.0, 0.0, 0.0), (3.0, 4.0, 12.0)]), np.array([10.0, 6.0])
    x = np.linspace(7.0, 10.0, 2_000_001)
    slices = np.pi * np.minimum(100.0 - x**2, np.maximum(36.0 - (x - 13.0) ** 2, 0.0))
    shared = shared_volumes(centres, radii, np.array([(0, 1)]))
    assert shared[0] == pytest.approx(
        np.trapezoid(slices, x) if hasattr(np, "trapezoid") else np.trapz(slices, x), rel=1e-6
    )
    assert shared_volumes(centres * 16 / 13, radii, np.array([(0, 1)]))[0] < 1e-12


# --- pair correlation ------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 40, 900])
def test_near_pairs_are_all_pairs_within_reach(count, numbers):
    points = numbers.normal(size=(count, 3)) * [30.0, 5.0, 80.0]
    pairs = {}
    for first, second, squared in near_pairs(points, 33.0):
        for one, two, distance in zip(first.tolist(), second.tolist(), squared.tolist(), strict=True):
            key = (min(one, two), max(one, two))
            assert key not in pairs
            pairs[key] = distance
    distances = ((points[:, None] - points[None]) ** 2).sum(axis=-1)
    one, two = np.nonzero(np.triu(distances <= 33.0**2, 1))
    assert set(pairs) == set(zip(one.tolist(), two.tolist(), strict=True))
    if pairs:
        np.testing.assert_allclose(
            [pairs[key] for key in pairs], [distances[key] for key in pairs], rtol=1e-12
        )


def test_pair_correlation_against_a_histogram_of_all_distances(cloud):
    both, unlike = pair_correlations(cloud.centres, cloud.radii, cloud.species)
    one, two = np.triu_indices(300, 1)
    apart = np.linalg.norm(cloud.centres[one] - cloud.centres[two], axis=1) / (2 * cloud.radii.mean())
    edges = np.append(np.array(DISTANCES) - 0.125, 6.125)
    volumes = 4 / 3 * np.pi * np.diff(edges**3)
    counts = np.histogram(apart, edges)[0]
    np.testing.assert_allclose(both, 2 * counts / 300 / volumes, rtol=1e-13)
    differ = cloud.species[one] != cloud.species[two]
    unlike_counts = np.histogram(apart[differ], edges)[0]
    np.testing.assert_allclose(unlike, 2 * unlike_counts / 300 / volumes / differ.mean(), rtol=1e-12)


def test_pair_correlation_of_a_line_does_not_know_how_long_it_is():
    """Touching equal spheres in a row: 2 neighbours at 1, 2, 3 … diameters; nothing between."""
    found = []
    for count in (400, 1600):
        line = np.zeros((count, 3))
        line[:, 1] = 8.0 * np.arange(count)
        both, _ = pair_correlations(line, np.full(count, 4.0), np.zeros(count, dtype=np.int64))
        found.append(both)
        shell = 4 / 3 * math.pi * (1.125**3 - 0.875**3)
        assert both[3] == pytest.approx(2 * (1 - 1 / count) / shell, rel=1e-13) and both[4] == 0.0
    np.testing.assert_allclose(found[0], found[1], rtol=0.02)


def test_unlike_pairs_match_all_pairs_where_mixed_at_random_and_miss_where_segregated(numbers):
    centres = numbers.uniform(0, 600, (1500, 3))
    radii = np.full(1500, 20.0)
    both, random = pair_correlations(centres, radii, numbers.integers(0, 2, 1500))
    np.testing.assert_allclose(random[8:], both[8:], rtol=0.06)
    _, apart = pair_correlations(centres, radii, (centres[:, 0] > 300).astype(np.int64))
    assert apart[3] < 0.15 * both[3] and max(apart[:8]) < min(both[8:])


def test_cancelling_stops_the_count(cloud):
    def stop():
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        aggregate_descriptors(cloud, cancel=stop)
