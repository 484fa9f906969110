"""Atomic columns against scipy's complete linkage, crystals of known columns, and hostile projections."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import bulk
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial import cKDTree

from sim.core.errors import Cancelled
from sim.labels import columns as module
from sim.labels.columns import find_columns, nearest_other, resolved


def partition(index):
    """Columns as a set of sets of atoms: what they are, without their numbers."""
    return {frozenset(np.flatnonzero(index == number).tolist()) for number in np.unique(index)}


def farthest_from_mean(x, y, found):
    return np.max(np.hypot(x - found.x[found.index], y - found.y[found.index]))


def gold(repeats, zone):
    """Atoms of a block of gold with a zone axis along the beam (ase), centred."""
    from ase.build import surface

    atoms = surface(bulk("Au", "fcc", a=4.078, cubic=True), zone, repeats[2]) * (repeats[0], repeats[1], 1)
    atoms.center()
    return atoms.positions - atoms.positions.mean(axis=0)


# --- what a column is ------------------------------------------------------------------------


@pytest.mark.parametrize("zone", [(1, 0, 0), (1, 1, 0)])
def test_zone_axes_of_gold_give_their_columns(zone):
    """Atoms above one another in the ideal crystal form one column, in place or shaken by 0.15 Å."""
    positions = gold((4, 5, 4), zone)
    generator = np.random.default_rng(1)
    shaken = positions[:, :2] + generator.uniform(-0.15, 0.15, (len(positions), 2))
    exact = find_columns(positions[:, 0], positions[:, 1])
    found = find_columns(shaken[:, 0], shaken[:, 1])
    # Atoms of one ideal column have equal rounded coordinates.
    ideal = np.unique(np.round(positions[:, :2], 6), axis=0, return_inverse=True)[1].ravel()
    assert partition(exact.index) == partition(ideal)
    assert partition(found.index) == partition(ideal)
    assert len(exact) > 20 and exact.count.min() >= 2


@pytest.mark.parametrize("seed", range(6))
def test_clusters_are_those_of_scipy_where_the_tolerance_never_interferes(seed):
    """Below a diameter of one tolerance the mean test cannot fail: plain complete linkage."""
    generator = np.random.default_rng(seed)
    # Blobs smaller than the tolerance, farther than two tolerances from each other.
    centres = np.stack(np.meshgrid(np.arange(6) * 2.3, np.arange(5) * 2.6), -1).reshape(-1, 2)
    x, y = (np.repeat(centres, 4, axis=0) + generator.uniform(-0.17, 0.17, (120, 2))).T
    tree = linkage(np.stack([x, y], axis=1), method="complete")
    reference = fcluster(tree, t=1.0, criterion="distance")
    assert partition(find_columns(x, y).index) == partition(reference)


@pytest.mark.parametrize("seed", range(6))
def test_merging_order_is_that_of_scipy(seed):
    """Dense random atoms, cut at 0.5 Å: with every pair beyond waiting, the trees agree."""
    generator = np.random.default_rng(100 + seed)
    x, y = generator.uniform(-4, 4, (2, 150))
    reference = fcluster(linkage(np.stack([x, y], axis=1), method="complete"), t=0.5, criterion="distance")
    # Stop at clusters of diameter 0.5: forbid pairs farther apart than that.
    clusters = module._Clusters(x, y, np.arange(150), 0.5, lambda: None)
    near = clusters.square <= 0.25
    clusters.first, clusters.second = clusters.first[near], clusters.second[near]
    clusters.square, clusters.waiting = clusters.square[near], clusters.waiting[near]
    while clusters.merge_nearest():
        pass
    assert partition(clusters.owner) == partition(reference)


def test_every_atom_is_within_the_tolerance_of_its_mean_and_nothing_more_can_merge():
    generator = np.random.default_rng(4)
    x, y = generator.uniform(-12, 12, (2, 1500))
    for tolerance in (0.2, 0.5, 1.0):
        found = find_columns(x, y, tolerance)
        assert farthest_from_mean(x, y, found) <= tolerance * (1 + 1e-12)
        np.testing.assert_allclose(
            found.x, [x[found.index == n].mean() for n in range(len(found))], atol=1e-13
        )
        np.testing.assert_array_equal(found.count, np.bincount(found.index))
        # No two neighbouring columns fit into one.
        for one, two in cKDTree(np.stack([found.x, found.y], axis=1)).query_pairs(tolerance):
            joint = np.flatnonzero((found.index == one) | (found.index == two))
            away = np.hypot(x[joint] - x[joint].mean(), y[joint] - y[joint].mean())
            apart = np.hypot(np.subtract.outer(x[joint], x[joint]), np.subtract.outer(y[joint], y[joint]))
            assert away.max() > tolerance or apart.max() > 2 * tolerance


def test_a_long_row_does_not_become_one_column():
    """Single linkage would: 41 atoms, each 0.25 Å from the next."""
    x = np.arange(41) * 0.25
    found = find_columns(x, np.zeros(41), 0.5)
    assert len(found) >= 9 and found.count.max() <= 5


def test_atoms_two_tolerances_apart_share_a_column_and_farther_ones_do_not():
    assert len(find_columns(np.array([0.0, 1.0]), np.zeros(2), 0.5)) == 1
    assert len(find_columns(np.array([0.0, 1.001]), np.zeros(2), 0.5)) == 2


def test_a_pair_that_waited_is_tried_again():
    """5 atoms at 0, 1 at 0.7 and 5 at 0.6: the lone atom joins once the two groups have merged."""
    x = np.array([0.0] * 5 + [0.72] + [0.62] * 5)
    found = find_columns(x, np.zeros(11), 0.5)
    assert len(found) == 1
    assert farthest_from_mean(x, np.zeros(11), found) <= 0.5


# --- numbers, orders, sizes ------------------------------------------------------------------


def test_columns_are_numbered_by_their_first_atom():
    x = np.array([5.0, 0.0, 5.1, -3.0, 0.1])
    np.testing.assert_array_equal(find_columns(x, np.zeros(5)).index, [0, 1, 0, 2, 1])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 80))
def test_columns_do_not_depend_on_the_order_of_the_atoms_or_on_where_they_lie(seed, count):
    """Random atoms have no ties.  Shifts by powers of two keep the differences exact."""
    generator = np.random.default_rng(seed)
    x, y = np.round(generator.uniform(-3, 3, (2, count)) * 2**20) / 2**20
    order = generator.permutation(count)
    found = find_columns(x, y)
    shuffled = find_columns(x[order], y[order])
    assert partition(found.index[order]) == partition(shuffled.index)
    moved = find_columns(x + 64.0, y - 32.0)
    assert partition(found.index) == partition(moved.index)


def test_search_in_strips_finds_the_pairs_of_the_full_table(monkeypatch):
    generator = np.random.default_rng(8)
    x, y = generator.normal(0, 3, (2, 700))
    monkeypatch.setattr(module, "_STRIP", 60)
    one, two = module._pairs(x, y, 1.0, lambda: None)
    reference = cKDTree(np.stack([x, y], axis=1)).query_pairs(1.0)
    assert (one < two).all()
    assert len(one) == len(reference)
    assert set(zip(one.tolist(), two.tolist(), strict=True)) == reference
    few = find_columns(x[:200], y[:200])
    monkeypatch.setattr(module, "FEW_POINTS", 0)
    assert np.array_equal(find_columns(x[:200], y[:200]).index, few.index)


def test_dense_projections_are_gathered_and_keep_the_tolerance(monkeypatch):
    """A wire seen end-on: 36 columns of shaking atoms, more pairs than allowed."""
    generator = np.random.default_rng(9)
    site = generator.integers(0, 6, (4000, 2)) * 2.88
    x, y = (site + generator.normal(0, 0.07, (4000, 2))).T
    plain = find_columns(x, y)
    monkeypatch.setattr(module, "MOST_PAIRS", 20_000)
    gathered = find_columns(x, y)
    assert len(np.unique(module._gathered(x, y, 0.5, lambda: None))) < 2000
    assert partition(gathered.index) == partition(plain.index)
    assert len(gathered) == 36
    assert farthest_from_mean(x, y, gathered) <= 0.5


def test_the_bound_on_pairs_is_one():
    generator = np.random.default_rng(10)
    x, y = generator.normal(0, 2, (2, 500))
    pairs = len(cKDTree(np.stack([x, y], axis=1)).query_pairs(1.0))
    assert pairs <= module._pair_bound(x, y, 1.0) <= 6 * pairs


def test_a_hundred_thousand_atoms_take_seconds():
    import time

    generator = np.random.default_rng(11)
    direction = generator.normal(size=(100_000, 3))
    positions = direction / np.linalg.norm(direction, axis=1)[:, None]
    positions = positions * 75.0 * generator.uniform(size=(100_000, 1)) ** (1 / 3)
    begin = time.perf_counter()
    found = find_columns(positions[:, 0], positions[:, 1])
    assert time.perf_counter() - begin < 15.0
    assert farthest_from_mean(positions[:, 0], positions[:, 1], found) <= 0.5


def test_one_atom_and_none():
    one = find_columns(np.array([3.0]), np.array([-1.0]))
    assert (one.index.tolist(), one.count.tolist(), one.x[0], one.y[0]) == ([0], [1], 3.0, -1.0)
    assert nearest_other(one).tolist() == [np.inf] and resolved(one, 5.0).tolist() == [True]
    assert len(find_columns(np.zeros(0), np.zeros(0))) == 0


def test_it_is_cancelled():
    def stop():
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        find_columns(np.zeros(3), np.zeros(3), cancel=stop)


# --- resolved --------------------------------------------------------------------------------


def test_resolved_means_strictly_farther_than_the_factor_times_sigma():
    found = find_columns(np.array([0.0, 1.5, 4.0, 4.0]), np.array([0.0, 0.0, 0.0, 2.0]))
    np.testing.assert_array_equal(nearest_other(found), [1.5, 1.5, 2.0, 2.0])
    assert resolved(found, sigma=0.75, factor=2.0).tolist() == [False, False, True, True]
    assert resolved(found, sigma=0.6, factor=2.35).tolist() == [True] * 4  # 1.41 Å
    assert resolved(found, sigma=0.65, factor=2.35).tolist() == [False, False, True, True]  # 1.5275 Å


def test_nearest_columns_agree_with_a_tree(monkeypatch):
    generator = np.random.default_rng(12)
    x, y = generator.uniform(-20, 20, (2, 900))
    found = find_columns(x, y)
    points = np.stack([found.x, found.y], axis=1)
    reference = cKDTree(points).query(points, k=2)[0][:, 1]
    np.testing.assert_allclose(nearest_other(found), reference, rtol=1e-14)
    few = find_columns(x[:100], y[:100])
    table = nearest_other(few)
    monkeypatch.setattr(module, "FEW_POINTS", 0)
    assert np.array_equal(nearest_other(few), table)
