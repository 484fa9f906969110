"""Relaxed amorphous carbon: the peaks and neighbours of the measured material, periodic, repeatable."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.numerics.streams import Stream
from sim.specimen.amorphous.relax import relaxed
from sim.specimen.amorphous.rsa import random_addition
from sim.specimen.atoms import Atoms
from sim.specimen.search import kd_tree
from sim.specimen.statistics.coordination import coordination
from sim.specimen.statistics.pair_distribution import slab_distribution

BOX = (30.0, 28.0, 26.0)
IN_PLANE = (True, True, False)


@pytest.fixture(scope="module")
def before():
    return random_addition(BOX, [(6, 0.1103075)], 1.4, Stream(5, "relaxed"))


@pytest.fixture(scope="module")
def after(before):
    return relaxed(before, BOX)


def shell(positions, low, high):
    """Mean distance in the upper half of a peak of g(r), in bins of 0.01 Å smoothed over 0.09 Å."""
    found = slab_distribution(positions, BOX, 6.0, 600)
    smooth = np.convolve(found.g, np.ones(9) / 9, mode="same")
    near = (found.r > low) & (found.r < high)
    r, g = found.r[near], smooth[near]
    upper = g > 0.5 * g.max()
    return (g[upper] * r[upper]).sum() / g[upper].sum(), g.max()


def test_peaks_lie_where_measured_carbon_has_them(before, after):
    """First 1.43 to 1.46 Å, second 2.50 to 2.53 Å (FACTS section 4)."""
    first, height = shell(after.positions, 1.2, 1.8)
    second, rise = shell(after.positions, 2.2, 2.85)
    assert 1.43 <= first <= 1.46
    assert 2.50 <= second <= 2.53
    assert height > 6.0
    assert rise > 1.6
    # Thrown in at random there is no second shell at all.
    assert shell(before.positions, 2.2, 2.85)[1] < 1.25


def test_atoms_have_about_three_neighbours_and_a_gap_behind_them(before, after):
    def mean(atoms):
        return coordination(atoms.numbers, atoms.positions, 1.85, box=BOX, periodic=IN_PLANE)[0].mean

    assert mean(before) < 2.1
    assert 2.75 < mean(after) < 3.05
    found = slab_distribution(after.positions, BOX, 6.0, 60)
    gap = (found.r > 1.75) & (found.r < 2.15)
    assert found.g[gap].mean() < 0.3


def test_atoms_stay_in_the_box_and_apart(after):
    assert np.all(after.positions >= 0.0)
    assert np.all(after.positions[:, :2] < np.array(BOX[:2]))
    assert np.all(after.positions[:, 2] <= BOX[2])
    found = slab_distribution(after.positions, BOX, 3.0, 300)
    assert found.r[np.flatnonzero(found.pairs)[0]] > 1.1


def test_a_faster_search_changes_no_bit(before):
    one = relaxed(before, BOX, 12)
    two = relaxed(before, BOX, 12, candidates=kd_tree)
    np.testing.assert_array_equal(one.positions, two.positions)
    assert not np.array_equal(one.positions, before.positions)


def test_moving_the_box_over_its_seam_changes_nothing_but_places(before):
    """The seam is no special place: carbon shifted round the box relaxes to the same carbon, shifted."""
    shift = np.array([7.25, 11.5, 0.0])
    moved = (before.positions + shift) % np.array([*BOX[:2], 1e9])
    one = relaxed(before, BOX, 10).positions
    two = relaxed(Atoms.of(before.numbers, moved), BOX, 10).positions
    apart = np.abs((one + shift - two) % np.array(BOX))
    apart = np.minimum(apart, np.array(BOX) - apart)
    assert apart.max() < 1e-6


def test_no_steps_change_nothing(before):
    np.testing.assert_array_equal(relaxed(before, BOX, 0).positions, before.positions)


def test_other_elements_and_small_boxes_are_refused(before):
    with pytest.raises(InputError, match="carbon alone"):
        relaxed(Atoms.of(np.full(len(before), 14), before.positions), BOX)
    with pytest.raises(InputError, match="too small"):
        relaxed(before, (5.0, 28.0, 26.0))
    with pytest.raises(InputError, match="steps"):
        relaxed(before, BOX, -1)


def test_few_atoms_and_none_are_relaxed_too():
    """Two atoms within reach find each other; one and none stay."""
    pair = Atoms.of(np.full(2, 6), np.array([[5.0, 5.0, 5.0], [6.7, 5.0, 5.0]]))
    distance = np.linalg.norm(np.diff(relaxed(pair, BOX).positions, axis=0))
    assert distance == pytest.approx(1.375, abs=1e-3)
    for count in (0, 1):
        few = pair.kept(np.arange(count))
        np.testing.assert_array_equal(relaxed(few, BOX).positions, few.positions)
