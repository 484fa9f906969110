"""The reading of stacking sequences, on stacks whose letters are written down first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from sim.core.errors import InputError
from sim.specimen.defects.analysis import layers_from, stacking_sequence, surroundings


def stacked(letters, rows=4):
    """Close-packed layers with the given letters, 2.5 Å apart, without any code of the program."""
    one, two = np.array([3.0, 0.0]), np.array([1.5, 1.5 * np.sqrt(3.0)])
    place = {"A": np.zeros(2), "B": (one + two) / 3.0, "C": 2.0 * (one + two) / 3.0}
    mesh = [i * one + j * two for i in range(rows) for j in range(rows)]
    return np.array([[*(point + place[c]), 2.5 * n] for n, c in enumerate(letters) for point in mesh])


def canonical(letters):
    """The same word with its letters named in order of appearance."""
    names: dict[str, str] = {}
    return "".join(names.setdefault(letter, "ABC"[len(names) % 3]) for letter in letters)


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.sampled_from([1, 2]), min_size=3, max_size=12),
    angles=st.tuples(*[st.floats(-180.0, 180.0)] * 3),
    shift=st.tuples(*[st.floats(-20.0, 20.0)] * 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_sequence_is_read_back(steps, angles, shift, seed):
    """In any orientation, at any place and with the atoms in any order."""
    letters = "".join("ABC"[n % 3] for n in np.cumsum([0, *steps]))
    turn = Rotation.from_euler("zxz", angles, degrees=True)
    positions = turn.apply(stacked(letters)) + shift
    positions = np.random.default_rng(seed).permutation(positions)
    assert stacking_sequence(positions, turn.apply([0.0, 0.0, 2.0])) == canonical(letters)


def test_pairs_of_layers_collapse():
    lower = stacked("ABCA")
    both = np.concatenate([lower, lower + np.array([0.0, 0.0, 1.6])])
    assert stacking_sequence(both, [0, 0, 1]) == "AABBCCAA"
    assert stacking_sequence(both, [0, 0, 1], collapse=True) == "ABCA"


def test_small_layers_at_the_ends_are_left_out():
    positions = np.concatenate([stacked("ABC"), [[0.4, 0.4, 7.5]]])
    with pytest.raises(InputError, match="positions"):
        stacking_sequence(positions[-1:], [0, 0, 1])
    assert stacking_sequence(positions, [0, 0, 1], least=2) == "ABC"


def test_a_disordered_layer_is_refused():
    positions = stacked("ABC")
    positions[20, 0] += 0.5
    with pytest.raises(InputError, match="layer 1 does not have the lattice"):
        stacking_sequence(positions, [0, 0, 1])


def test_jagodzinski_notation():
    assert surroundings("ABCABC") == "cccc"
    assert surroundings("ABAB") == "hh"
    assert surroundings("ABCBA") == "chc"
    assert surroundings("AB") == ""


def test_layers_are_found_from_the_lowest_up():
    groups = layers_from(stacked("AB", rows=2)[::-1], [0, 0, 3])
    assert [group.tolist() for group in groups] == [[4, 5, 6, 7], [0, 1, 2, 3]]
