"""The Gupta potential against its formula worked out by hand, finite differences and bulk gold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.physics.gupta import GOLD, energy_and_gradient, relax

RANDOM_CLUSTER = np.random.default_rng(7).uniform(-3.0, 3.0, (9, 3)) * [1.0, 1.3, 1.7]


@pytest.mark.parametrize("distance", [2.2, 2.884, 3.7])
def test_dimer_is_the_formula(distance):
    """Two atoms: E = 2A exp(−px) − 2ξ exp(−qx) with x = r/r0 − 1, from the definition."""
    x = distance / 2.884 - 1.0
    expected = 2 * 0.2061 * math.exp(-10.229 * x) - 2 * 1.790 * math.exp(-4.036 * x)
    energy, gradient = energy_and_gradient(np.array([[0.0, 0.0, 0.0], [0.0, distance, 0.0]]))
    assert energy == pytest.approx(expected, rel=1e-12)
    slope = (-2 * 0.2061 * 10.229 * math.exp(-10.229 * x) + 2 * 1.790 * 4.036 * math.exp(-4.036 * x)) / 2.884
    assert gradient[1] == pytest.approx([0.0, slope, 0.0], abs=1e-12)
    assert gradient[0] == pytest.approx(-gradient[1], abs=1e-12)


def test_gradient_is_the_derivative_of_the_energy():
    """Central differences for every coordinate of an asymmetric cluster."""
    _, gradient = energy_and_gradient(RANDOM_CLUSTER)
    step = 1e-5
    for atom in range(len(RANDOM_CLUSTER)):
        for axis in range(3):
            moved = np.array([RANDOM_CLUSTER, RANDOM_CLUSTER])
            moved[0, atom, axis] -= step
            moved[1, atom, axis] += step
            difference = (energy_and_gradient(moved[1])[0] - energy_and_gradient(moved[0])[0]) / (2 * step)
            assert gradient[atom, axis] == pytest.approx(difference, rel=2e-6, abs=2e-6)


def test_dimer_relaxes_to_the_analytic_bond():
    """dE/dr = 0 at r = r0 (1 + ln(Ap/ξq)/(p − q))."""
    expected = 2.884 * (1.0 + math.log(0.2061 * 10.229 / (1.790 * 4.036)) / (10.229 - 4.036))
    relaxed, energy = relax(np.array([[0.1, 0.2, 0.3], [1.5, 2.0, 1.0]]))
    assert np.linalg.norm(relaxed[1] - relaxed[0]) == pytest.approx(expected, abs=1e-5)
    assert energy == pytest.approx(energy_and_gradient(relaxed)[0])


def test_energy_is_the_double_sum():
    """Atom by atom in plain Python, as the formula is printed."""
    expected = 0.0
    for i, one in enumerate(RANDOM_CLUSTER):
        overlap = 0.0
        for j, two in enumerate(RANDOM_CLUSTER):
            if i != j:
                x = math.dist(one, two) / 2.884 - 1.0
                expected += 0.2061 * math.exp(-10.229 * x)
                overlap += math.exp(-2 * 4.036 * x)
        expected -= 1.790 * math.sqrt(overlap)
    assert energy_and_gradient(RANDOM_CLUSTER)[0] == pytest.approx(expected, rel=1e-12)


def test_parameters_give_bulk_gold():
    """Cohesive energy 3.81 eV and lattice constant 4.08 Å (Kittel, Introduction to Solid State Physics).

    The sum over fcc neighbours within 8 Å, for three lattice constants: the middle one is lowest.
    """
    steps = np.arange(-4, 5)
    sites = np.array([(i, j, k) for i in steps for j in steps for k in steps if (i + j + k) % 2 == 0])
    squares = np.sort(np.sum(sites * sites, axis=1))[1:]
    energies = []
    for lattice_constant in (4.02, 4.08, 4.14):
        distances = 0.5 * lattice_constant * np.sqrt(squares[squares <= 16])
        x = distances / GOLD.distance - 1.0
        repulsion = GOLD.repulsion * np.exp(-GOLD.repulsion_decay * x).sum()
        energies.append(repulsion - GOLD.hopping * math.sqrt(np.exp(-2 * GOLD.hopping_decay * x).sum()))
    assert energies[1] == min(energies)
    assert energies[1] == pytest.approx(-3.81, abs=0.05)


def test_energy_does_not_depend_on_place_orientation_or_order():
    rng = np.random.default_rng(3)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    moved = (RANDOM_CLUSTER @ turn + [5.0, -3.0, 1.0])[rng.permutation(len(RANDOM_CLUSTER))]
    assert energy_and_gradient(moved)[0] == pytest.approx(energy_and_gradient(RANDOM_CLUSTER)[0], rel=1e-12)


def test_one_atom_has_no_energy():
    energy, gradient = energy_and_gradient(np.zeros((1, 3)), GOLD)
    assert energy == 0.0
    assert gradient.tolist() == [[0.0, 0.0, 0.0]]
