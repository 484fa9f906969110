"""Coordination, smallest distances and densities, against ase's neighbour list and known solids."""

from __future__ import annotations

import ase.build
import ase.data
import numpy as np
import pytest
from ase.neighborlist import neighbor_list

from sim.core.errors import InputError
from sim.physics.masses import ATOMIC_WEIGHTS
from sim.specimen.search import kd_tree
from sim.specimen.statistics.coordination import coordination, minimum_distances
from sim.specimen.statistics.density import density, density_in_bounds, density_in_sphere


def mixture():
    """Three elements, without symmetry, in a box that repeats in the plane."""
    generator = np.random.default_rng(11)
    box = np.array([17.0, 14.0, 9.0])
    return generator.choice([6, 8, 79], 300), generator.random((300, 3)) * box, box


@pytest.mark.parametrize("candidates", [None, kd_tree])
def test_neighbours_are_those_of_ase(candidates):
    numbers, positions, box = mixture()
    atoms = ase.Atoms(numbers, positions, cell=box, pbc=(True, True, False))
    i, j, d = neighbor_list("ijd", atoms, 2.5)
    found = coordination(
        numbers, positions, 2.5, box=box, periodic=(True, True, False), candidates=candidates
    )
    nearest = minimum_distances(
        numbers, positions, reach=2.5, box=box, periodic=(True, True, False), candidates=candidates
    )
    assert [(one.centre, one.neighbour) for one in found] == [(a, b) for a in (6, 8, 79) for b in (6, 8, 79)]
    for one in found:
        pairs = (numbers[i] == one.centre) & (numbers[j] == one.neighbour)
        counts = np.bincount(i[pairs], minlength=len(numbers))[numbers == one.centre]
        assert one.mean == pytest.approx(counts.mean())
        assert list(one.histogram) == np.bincount(counts).tolist()
        key = (min(one.centre, one.neighbour), max(one.centre, one.neighbour))
        assert nearest[key] == pytest.approx(d[pairs].min(), abs=1e-12)


def test_open_space_sees_no_images():
    positions = np.array([[0.1, 0.0, 0.0], [9.9, 0.0, 0.0], [5.0, 0.0, 1.0]])
    numbers = np.array([6, 6, 8])
    assert minimum_distances(numbers, positions, reach=5.1) == {(6, 8): pytest.approx(np.hypot(4.9, 1.0))}
    assert minimum_distances(numbers, positions, reach=3.0) == {}
    near = minimum_distances(
        numbers, positions, reach=3.0, box=(10.0, 10.0, 10.0), periodic=(True, True, False)
    )
    assert near == {(6, 6): pytest.approx(0.2)}


def test_copper_has_the_density_of_the_handbook():
    """8.93 g/cm³ at a = 3.6157 Å (four atoms a cell), in a large ball."""
    copper = ase.build.bulk("Cu", a=3.6157, cubic=True) * (20, 20, 20)
    found = density_in_sphere(copper.numbers, copper.positions, copper.positions.mean(axis=0), 34.0)
    assert found.number == pytest.approx(4 / 3.6157**3, rel=5e-3)
    assert found.mass == pytest.approx(8.93, rel=5e-3)
    assert found.counts == {29: found.atoms}


def test_a_block_with_half_a_layer_on_each_side_has_the_density_of_its_cell():
    salt = ase.build.bulk("NaCl", "rocksalt", a=5.64, cubic=True) * (3, 4, 5)
    found = density_in_bounds(salt.numbers, salt.positions, margin=5.64 / 4)
    assert found.volume == pytest.approx(5.64**3 * 60)
    assert found.mass == pytest.approx(2.164, rel=2e-3)
    assert found.counts == {11: 240, 17: 240}


def test_weights_are_those_of_the_tables():
    np.testing.assert_allclose(ATOMIC_WEIGHTS, ase.data.atomic_masses_iupac2016[1:], rtol=1e-12)


def test_no_volume_and_no_atoms_are_refused():
    with pytest.raises(InputError, match="volume"):
        density(np.array([6]), 0.0)
    with pytest.raises(InputError, match="no atoms"):
        density_in_bounds(np.empty(0, dtype=np.int64), np.empty((0, 3)))
