"""Figures of objects against lattice constants of silver and distances counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from sim.numerics.motion import Motion
from sim.numerics.streams import Stream
from sim.physics.thermal import b_factor, b_factors_in
from sim.specimen.amorphous.rsa import random_addition
from sim.specimen.crystal.fill import fill
from sim.specimen.crystal.table import builtin
from sim.specimen.search import kd_tree
from sim.specimen.shapes.plain import Box, Ellipsoid, Sphere
from sim.specimen.statistics.summary import between_objects, object_statistics


def test_a_particle_of_silver_has_the_density_of_silver():
    """Wherever it lies: 4 atoms in a³; 107.8682 u each; bonds of a/√2."""
    a = 4.0782
    for shape in (Sphere(15.0), Box((28.0, 26.0, 30.0)), Ellipsoid((16.0, 14.0, 20.0))):
        there = Motion.translation((7.0, -3.0, 11.3))
        atoms = fill(builtin("Ag"), shape, origin=(0.2, 0.1, 0.3)).moved(there)
        found = object_statistics(atoms.numbers, atoms.positions, candidates=kd_tree)
        assert found.number_density == pytest.approx(4.0 / a**3, rel=3e-3)
        assert found.mass_density == pytest.approx(4.0 * 107.8682 * 1.66053907 / a**3, rel=3e-3)
        assert found.shortest == pytest.approx(a / np.sqrt(2.0), abs=1e-6)
        assert found.first_peak == pytest.approx(a / np.sqrt(2.0), abs=0.02)
        tree = cKDTree(atoms.positions)
        counted = len(tree.query_pairs(found.cutoff)) * 2.0 / len(atoms)
        assert found.neighbours == pytest.approx(counted)


def test_the_search_makes_no_difference():
    atoms = fill(builtin("CdSe"), Sphere(12.0))
    assert object_statistics(atoms.numbers, atoms.positions) == object_statistics(
        atoms.numbers, atoms.positions, candidates=kd_tree
    )


def test_a_film_is_measured_in_its_bounds_and_over_its_seam():
    """Atoms outside the box by whole widths, as after a shift, are the same film."""
    made = random_addition((30.0, 26.0, 15.0), [(6, 0.11)], 1.4, Stream(3, "film"))
    positions = made.positions - np.array([15.0, 13.0, 15.0])
    found = object_statistics(made.numbers, positions, (30.0, 26.0), candidates=kd_tree)
    deep = np.ptp(positions[:, 2])
    assert found.number_density == pytest.approx(len(made) / (30.0 * 26.0 * deep))
    assert found.mass_density == pytest.approx(found.number_density * 12.011 * 1.66053907, rel=1e-6)
    assert 1.4 <= found.shortest < 1.41 and 1.4 <= found.first_peak < 1.6
    shifted = positions + np.array([15.0, 0.0, 0.0])
    again = object_statistics(made.numbers, shifted, (30.0, 26.0), candidates=kd_tree)
    assert again.first_peak == pytest.approx(found.first_peak, abs=1e-9)


def test_what_is_too_small_has_no_density():
    one = object_statistics(np.array([79]), np.zeros((1, 3)))
    assert one.shortest is one.cutoff is one.number_density is one.first_peak is None
    pair = object_statistics(np.array([79, 79]), np.array([[0.0, 0, 0], [0, 0, 2.5]]))
    assert (pair.shortest, pair.neighbours, pair.number_density) == (2.5, 1.0, None)
    layer = fill(builtin("Ag"), Box((40.0, 40.0, 0.5)))
    assert object_statistics(layer.numbers, layer.positions, (40.0, 40.0)).number_density is None


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 60))
def test_distances_between_objects_are_those_of_every_pair(seed, count):
    random = np.random.default_rng(seed)
    positions, owners = random.uniform(0.0, 8.0, (count, 3)), random.integers(1, 4, count)
    found = between_objects(owners, positions)
    apart = np.linalg.norm(positions[:, np.newaxis] - positions[np.newaxis], axis=2)
    for one in range(1, 4):
        for two in range(one + 1, 4):
            pairs = apart[owners == one][:, owners == two]
            nearest = pairs.min() if pairs.size else np.inf
            if nearest <= 4.0:
                assert found.pop((one, two)) == pytest.approx(nearest)
    assert not found


def test_iron_beside_oxygen_has_no_factor_of_its_own():
    """0.310 is the metal's (Peng 1996); 0.79 stands for a displacement of 0.10 Å along each axis."""
    assert b_factor(26) == (0.310, True)
    assert b_factors_in([26]) == {26: 0.310}
    assert b_factors_in([26, 6]) == {6: 0.142, 26: 0.310}
    assert b_factors_in(iter([26, 8])) == {8: 0.79, 26: 0.79}
