"""Molecules against ASE's table (an independent source) and against what their sources state."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import molecule as ase_molecule

from sim.core.errors import InputError
from sim.specimen.particles.molecules import MOLECULES, molecule


def distances(numbers, positions):
    """Sorted (Z, Z, distance) of all pairs: the same for one molecule in any frame."""
    one, two = np.triu_indices(len(numbers), 1)
    length = np.linalg.norm(positions[one] - positions[two], axis=1)
    low, high = np.minimum(numbers[one], numbers[two]), np.maximum(numbers[one], numbers[two])
    order = np.lexsort((length, high, low))
    return low[order], high[order], length[order]


@pytest.mark.parametrize("name", [name for name in MOLECULES if name != "H2"])
def test_geometry_agrees_with_ase(name):
    """The G2 geometries are calculated (MP2), with bonds up to 0.06 Å from experiment."""
    ours, theirs = molecule(name), ase_molecule(name)
    mine = distances(ours.numbers, ours.positions)
    other = distances(theirs.numbers, theirs.positions)
    np.testing.assert_array_equal(mine[0], other[0])
    np.testing.assert_array_equal(mine[1], other[1])
    np.testing.assert_allclose(mine[2], other[2], rtol=0.06)


@pytest.mark.parametrize(
    ("name", "pair", "expected", "count"),
    [
        ("CO", (6, 8), 1.128323, 1),
        ("H2", (1, 1), 0.74144, 1),
        ("O2", (8, 8), 1.20752, 1),
        ("H2O", (1, 8), 0.9578, 2),
        ("NH3", (1, 7), 1.012, 3),
        ("CH4", (1, 6), 1.0858, 4),
        ("C2H4", (1, 6), 1.090, 4),
        ("C6H6", (6, 6), 1.3913, 6),
        ("C6H6", (1, 6), 1.0809, 6),
        ("C60", (6, 6), 1.401, 60 // 2),
    ],
)
def test_bonds_are_those_published(name, pair, expected, count):
    one = molecule(name)
    low, high, length = distances(one.numbers, one.positions)
    lengths = length[(low == pair[0]) & (high == pair[1])]
    assert np.sum(np.abs(lengths - expected) < 1e-9) == count


def test_angles_are_those_published():
    def angle(name, middle, first, second):
        one = molecule(name).positions
        a, b = one[first] - one[middle], one[second] - one[middle]
        return np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))

    assert angle("H2O", 0, 1, 2) == pytest.approx(104.4776, abs=1e-9)
    assert angle("NH3", 0, 1, 3) == pytest.approx(106.7, abs=1e-9)
    assert angle("CH4", 0, 1, 3) == pytest.approx(109.4712206, abs=1e-6)
    assert angle("C2H4", 0, 1, 2) == pytest.approx(121.7, abs=1e-9)


def test_fullerene_has_its_bonds_and_size():
    """30 double and 60 single bonds; the diffraction study gives 7.113(10) Å across."""
    positions = molecule("C60").positions
    _, _, length = distances(molecule("C60").numbers, positions)
    assert np.sum(np.abs(length - 1.458) < 1e-9) == 60
    assert np.sum(length < 1.5) == 90
    assert length.max() == pytest.approx(7.113, abs=0.02)
    # The foot is a hexagon.
    assert np.sum(positions[:, 2] < 1e-9) == 6


@pytest.mark.parametrize("name", MOLECULES)
def test_molecules_stand_on_their_plane(name):
    one = molecule(name)
    assert one.positions[:, 2].min() == 0.0
    assert one.source
    np.testing.assert_allclose(one.atoms().positions.mean(axis=0), 0.0, atol=1e-12)


def test_carbon_monoxide_stands_on_its_carbon():
    one = molecule("CO")
    assert one.numbers[np.argmin(one.positions[:, 2])] == 6


def test_an_unknown_molecule_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match=r"did you mean 'C6H6'"):
        molecule("C6H66")
