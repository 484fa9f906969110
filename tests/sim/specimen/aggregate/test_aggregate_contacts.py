"""Contacts and distances of whole aggregates, against all pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.core.types import Particles
from sim.specimen.aggregate.build import build_aggregate
from sim.specimen.aggregate.contact import contacts_of
from sim.specimen.aggregate.settings import AggregateSpecimen, SecondSpeciesSettings, SpeciesSettings

UNEQUAL = AggregateSpecimen(
    number=90,
    mixing=0.35,
    first=SpeciesSettings(median_radius=25.0, deviation=0.3),
    second=SecondSpeciesSettings(median_radius=60.0, deviation=0.5, cluster_size=4.0),
).parameters()


def gaps(particles: Particles, overlap: float) -> np.ndarray:
    """Distance less touching distance of all pairs, (N, N), infinity on the diagonal."""
    apart = np.linalg.norm(particles.centres[:, None] - particles.centres[None], axis=-1)
    found = apart - (1.0 - overlap) * (particles.radii[:, None] + particles.radii[None])
    np.fill_diagonal(found, np.inf)
    return found


def pieces(count: int, contacts: np.ndarray) -> int:
    """Number of connected pieces, by joining sets one contact at a time."""
    of = list(range(count))
    for first, second in contacts.tolist():
        old, new = of[second], of[first]
        of = [new if one == old else one for one in of]
    return len(set(of))


@pytest.mark.parametrize("overlap", [0.0, 0.25])
@pytest.mark.parametrize("rolled", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_pairs_touch_to_the_grid_and_none_is_closer(rolled, overlap, seed):
    """Every pair is looked at: touching to 2e-6 Å, none closer; contacts are those that touch or overlap."""
    made = build_aggregate(replace(UNEQUAL, rolled=rolled, overlap=overlap), seed)
    apart = gaps(made, overlap)
    assert apart.min() >= -2e-6
    # As many pairs as a connected aggregate needs are exactly as far apart as they should be.
    assert np.count_nonzero(np.triu(apart <= 2e-6)) >= len(made) - 1
    first, second = np.nonzero(np.triu(gaps(made, 0.0) <= 2e-6))
    assert made.contacts.tolist() == np.stack([first, second], axis=1).tolist()
    assert pieces(len(made), made.contacts) == 1


@pytest.mark.parametrize("number", [2, 3, 10, 97])
def test_first_contacts_make_a_tree(number):
    """N spheres in one piece with N − 1 contacts: mean coordination 2 − 2/N."""
    for seed in range(3):
        made = build_aggregate(replace(UNEQUAL, number=number), seed)
        assert len(made.contacts) == number - 1
        assert pieces(number, made.contacts) == 1


@pytest.mark.parametrize(("coordination", "allowed"), [(2.0, 0.0), (3.0, 0.02), (4.0, 0.03), (5.0, 0.04)])
def test_rolling_reaches_the_coordination_asked_for(coordination, allowed):
    """Mean number of contacts a particle over samples of 60, within a few per cent of what was asked for."""
    equal = AggregateSpecimen(number=60, trials=8, contacts="rolled", coordination=coordination).parameters()
    means = [2.0 * len(build_aggregate(equal, seed).contacts) / 60 for seed in range(3)]
    assert abs(np.mean(means) / coordination - 1.0) <= allowed
    assert min(means) > coordination * 0.94


def test_hetero_contacts_are_counted_alike_from_both_sides():
    """N_A·(mean hetero-coordination of A) = N_B·(that of B): every such contact has one end in each."""
    made = build_aggregate(replace(UNEQUAL, rolled=True), 11)
    ends = made.species[made.contacts]
    hetero = ends[:, 0] != ends[:, 1]
    each = np.bincount(made.contacts[hetero].reshape(-1), minlength=len(made))
    first, second = made.species == 0, made.species == 1
    assert first.sum() * each[first].mean() == pytest.approx(second.sum() * each[second].mean(), abs=1e-9)
    assert each[first].sum() == hetero.sum() > 0


def test_contacts_of_any_spheres_match_all_pairs():
    """Spheres from 1 to 300 Å, some pairs exactly touching, some a hair apart."""
    random = np.random.default_rng(5)
    centres = random.uniform(-900.0, 900.0, (700, 3))
    radii = np.exp(random.uniform(0.0, np.log(300.0), 700))
    for number in range(0, 200, 2):
        reach = radii[number] + radii[number + 1]
        hair = (1.9e-6, 2.1e-6, 0.0, -5.0)[number // 2 % 4]
        centres[number + 1] = centres[number] + np.array([0.0, 0.6, -0.8]) * (reach + hair)
    made = Particles(centres, radii, np.zeros(700, dtype=np.int64), np.empty((0, 2), dtype=np.int64))
    first, second = np.nonzero(np.triu(gaps(made, 0.0) <= 2e-6))
    found = contacts_of(centres, radii)
    assert found.tolist() == np.stack([first, second], axis=1).tolist()
    assert [0, 1] in found.tolist() and [2, 3] not in found.tolist()


def test_no_spheres_touch_where_there_is_one():
    assert contacts_of(np.zeros((1, 3)), np.ones(1)).shape == (0, 2)
