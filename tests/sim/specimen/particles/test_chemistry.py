"""Substitution, vacancies and displacements: exact numbers, keyed choices, the right statistics."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import bulk
from ase.cluster import Icosahedron
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import InputError
from sim.numerics.streams import Stream
from sim.specimen.atoms import Atoms
from sim.specimen.particles.chemistry import displace, substitute, vacancies


def block(count=500):
    """A two-element row, each atom at its own place."""
    numbers = np.where(np.arange(count) % 5 == 0, 29, 79)
    return Atoms.of(numbers, np.stack([np.arange(count) * 3.0, np.zeros(count), np.ones(count)], axis=1))


@given(fraction=st.floats(0.0, 1.0), seed=st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_the_number_of_substituted_atoms_is_exact(fraction, seed):
    atoms = block()
    changed = substitute(atoms, 79, 47, Stream(seed, "test"), fraction=fraction)
    assert np.sum(changed.numbers == 47) == int(np.floor(fraction * 400 + 0.5))
    assert np.sum(changed.numbers == 29) == 100
    np.testing.assert_array_equal(changed.positions, atoms.positions)
    assert np.all(atoms.numbers[changed.numbers == 47] == 79)


def test_larger_shares_hold_the_smaller_ones():
    """Raising a share in a recipe adds atoms to those already exchanged."""
    atoms, stream = block(), Stream(3, "test")
    few = substitute(atoms, 79, 47, stream, count=40).numbers == 47
    many = substitute(atoms, 79, 47, stream, count=90).numbers == 47
    assert np.all(many[few])
    other = substitute(atoms, 79, 47, Stream(4, "test"), count=40).numbers == 47
    assert not np.array_equal(few, other)


def test_every_atom_is_chosen_equally_often():
    atoms = block(50)
    hits = np.zeros(50)
    for seed in range(800):
        hits += substitute(atoms, 79, 47, Stream(seed, "test"), count=10).numbers == 47
    eligible = atoms.numbers == 79
    expected = 800 * 10 / 40
    # Five standard deviations of a binomial number.
    assert np.all(np.abs(hits[eligible] - expected) < 5 * np.sqrt(expected * 0.75))
    assert np.all(hits[~eligible] == 0)


def test_surface_and_inside_are_those_of_an_icosahedron():
    """The outer shell of 309 atoms has 162 of them."""
    cluster = Icosahedron("Au", 5)
    atoms = Atoms.of(cluster.numbers, cluster.positions - cluster.positions.mean(axis=0))
    outer = substitute(atoms, 79, 47, Stream(1, "test"), fraction=1.0, where="surface")
    assert len(atoms) == 309
    assert np.sum(outer.numbers == 47) == 162
    inner = substitute(atoms, 79, 46, Stream(1, "test"), fraction=1.0, where="inside")
    np.testing.assert_array_equal(outer.numbers == 47, inner.numbers == 79)


def test_vacancies_leave_the_others_as_they_were():
    atoms = block()
    left = vacancies(atoms, Stream(5, "test"), fraction=0.1, number=29)
    assert len(left) == 490
    assert np.sum(left.numbers == 79) == 400
    kept = np.isin(atoms.positions[:, 0], left.positions[:, 0])
    np.testing.assert_array_equal(atoms.positions[kept], left.positions)
    masked = vacancies(atoms, Stream(5, "test"), count=3, where=atoms.positions[:, 0] < 9.5)
    assert len(masked) == 497
    assert np.sum(masked.positions[:, 0] < 9.5) == 1


def test_displacements_have_the_width_of_the_b_factor():
    """B = 8π² u² (Peng 1996): gold at 0.593 Å² moves 0.0867 Å per axis, copper at 0.526 Å² 0.0816 Å."""
    crystal = bulk("Au", "fcc", 4.0782, cubic=True).repeat(22)
    numbers = crystal.numbers.copy()
    numbers[::2] = 29
    atoms = Atoms.of(numbers, crystal.positions)
    moved = displace(atoms, Stream(9, "test"), {79: 0.593, 29: 0.526})
    shift = moved.positions - atoms.positions
    for number, width in ((79, 0.08666), (29, 0.08162)):
        part = shift[numbers == number]
        np.testing.assert_allclose(part.std(axis=0), width, rtol=0.02)
        np.testing.assert_allclose(part.mean(axis=0), 0.0, atol=5 * width / np.sqrt(len(part)))
    correlation = np.corrcoef(shift.T)
    assert np.max(np.abs(correlation - np.eye(3))) < 0.03
    again = displace(atoms.kept(np.arange(100)), Stream(9, "test"), {79: 0.593, 29: 0.526})
    np.testing.assert_array_equal(again.positions, moved.positions[:100])


def test_elements_without_a_value_take_the_default():
    atoms = block(20000)
    moved = displace(atoms, Stream(2, "test"), {79: 0.0})
    shift = moved.positions - atoms.positions
    assert np.all(shift[atoms.numbers == 79] == 0.0)
    assert shift[atoms.numbers == 29].std() == pytest.approx(0.1, rel=0.03)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda a, s: substitute(a, 79, 47, s, fraction=1.2), "no share"),
        (lambda a, s: substitute(a, 79, 47, s, count=401), "0 to 400"),
        (lambda a, s: substitute(a, 79, 47, s), "either a share or a number"),
        (lambda a, s: substitute(a, 79, 0, s, fraction=0.1), "no element"),
        (lambda a, s: vacancies(a, s, fraction=0.1, where=np.ones(3, dtype=bool)), "no mask of 500"),
        (lambda a, s: displace(a, s, -0.1), "no B factor"),
    ],
)
def test_what_cannot_be_done_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        call(block(), Stream(1, "test"))
