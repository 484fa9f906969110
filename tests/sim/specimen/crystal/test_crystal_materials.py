"""Crystals of the table of materials: sites against ase, bonds and densities against published values."""

from __future__ import annotations

import numpy as np
import pytest
from ase.data import atomic_numbers, reference_states
from ase.neighborlist import neighbor_list
from ase.spacegroup import crystal as ase_crystal
from scipy.spatial import cKDTree

from sim.physics.elements import symbol_of
from sim.specimen.crystal.fill import fill
from sim.specimen.crystal.structure_types import monoclinic
from sim.specimen.crystal.table import BUILTIN
from sim.specimen.shapes.plain import Sphere

#: Space group, setting and cell; the sites are the first atom of every orbit as our table has it.
GROUPS = {
    "Al2O3": (167, 1, (4.7589, 4.7589, 12.991, 90, 90, 120), [0, 12]),
    "Fe2O3": (167, 1, (5.038, 5.038, 13.772, 90, 90, 120), [0, 12]),
    "WO3": (14, 2, (7.306, 7.540, 7.692, 90, 90.881, 90), [0, 4, 8, 12, 16, 20, 24, 28]),
    "ZrO2": (14, 1, (5.1505, 5.2116, 5.3173, 90, 99.230, 90), [0, 4, 8]),
}


def of_group(name: str):
    group, setting, cell, first = GROUPS[name]
    ours = BUILTIN[name]
    return ase_crystal(
        [symbol_of(int(ours.numbers[site])) for site in first],
        [ours.fractional[site] for site in first],
        spacegroup=group,
        setting=setting,
        cellpar=list(cell),
    )


@pytest.mark.parametrize("name", GROUPS)
def test_bases_of_the_oxides_are_what_their_space_groups_make_of_them(name: str) -> None:
    """Site by site against ase: a wrong glide keeps the formula and changes every bond."""
    ours, theirs = BUILTIN[name], of_group(name)
    assert len(ours.numbers) == len(theirs)
    np.testing.assert_allclose(ours.cell, theirs.cell.array, atol=1e-9)
    gap = ours.fractional[:, np.newaxis] - theirs.get_scaled_positions()
    same = (np.abs(gap - np.round(gap)).max(axis=2) < 1e-6) & (ours.numbers[:, np.newaxis] == theirs.numbers)
    np.testing.assert_array_equal(same.sum(axis=0), 1)
    np.testing.assert_array_equal(same.sum(axis=1), 1)


#: Molar mass of a mean atom and density of the X-ray cell (CRC Handbook; minerals: Handbook of Mineralogy),
#: coordination of the cation, shortest and longest of its bonds: octahedra of WO3 1.74 to 2.19 Å (Loopstra
#: and Rietveld), ZrO7 of baddeleyite 2.05 to 2.28 Å (Howard et al.), corundum 1.855 and 1.972 Å, haematite
#: 1.946 and 2.116 Å.
KNOWN = {
    "Al2O3": (20.392, 3.987, 13, 6, 1.855, 1.972),
    "Fe2O3": (31.938, 5.26, 26, 6, 1.946, 2.116),
    "WO3": (57.96, 7.27, 74, 6, 1.737, 2.185),
    "ZrO2": (41.074, 5.82, 40, 7, 2.052, 2.267),
}


@pytest.mark.parametrize("name", KNOWN)
def test_oxides_have_their_densities_and_bonds(name: str) -> None:
    mass, density, metal, coordination, shortest, longest = KNOWN[name]
    assert BUILTIN[name].density * mass * 1.66054 == pytest.approx(density, rel=3e-3)
    atoms = fill(BUILTIN[name], Sphere(12.0), origin=(0.13, 0.21, 0.34))
    oxygen = cKDTree(atoms.positions[atoms.numbers == 8])
    inner = atoms.positions[(atoms.numbers == metal) & (np.linalg.norm(atoms.positions, axis=1) < 8.0)]
    away = np.sort(oxygen.query(inner, k=coordination + 1)[0], axis=1)
    assert away[:, 0].min() == pytest.approx(shortest, abs=2e-3)
    assert away[:, coordination - 1].max() == pytest.approx(longest, abs=2e-3)
    assert away[:, coordination].min() > 1.2 * longest


@pytest.mark.parametrize("name", GROUPS)
def test_filling_keeps_the_distances_of_the_cell(name: str) -> None:
    """The oblique cell goes through the filling: as many neighbours as ase counts in the periodic crystal."""
    theirs = of_group(name)
    mean = len(neighbor_list("i", theirs, 3.0)) / len(theirs)
    atoms = fill(BUILTIN[name], Sphere(16.0), origin=(0.4, 0.1, 0.7))
    inner = atoms.positions[np.linalg.norm(atoms.positions, axis=1) < 12.0]
    counted = cKDTree(atoms.positions).query_ball_point(inner, 3.0, return_length=True) - 1
    assert counted.mean() == pytest.approx(mean, rel=0.02)


def test_the_monoclinic_cell_has_its_angle() -> None:
    a, b, c = monoclinic(3.0, 4.0, 5.0, 104.0)
    assert np.degrees(np.arccos(a @ c / 15.0)) == pytest.approx(104.0, abs=1e-10)
    assert a @ b == 0.0 and b @ c == 0.0
    np.testing.assert_allclose([np.linalg.norm(edge) for edge in (a, b, c)], [3.0, 4.0, 5.0])


@pytest.mark.parametrize(
    ("name", "mean_mass", "density"),
    [
        ("Ge", 72.63, 5.323),
        ("Rh", 102.906, 12.41),
        ("Mo", 95.95, 10.2),
        ("Co", 58.933, 8.86),
        ("Ru", 101.07, 12.1),
        ("NiO", 37.346, 6.72),
        ("CoO", 37.466, 6.44),
        ("SnO2", 50.236, 6.95),
    ],
)
def test_simple_crystals_have_the_densities_of_handbooks(name: str, mean_mass: float, density: float) -> None:
    """g/cm³ of the CRC Handbook, cassiterite's of its X-ray cell; 3 %."""
    assert BUILTIN[name].density * mean_mass * 1.66054 == pytest.approx(density, rel=0.03)


@pytest.mark.parametrize("name", ["Ge", "Rh", "Mo", "Co", "Ru"])
def test_elements_have_the_lattice_constants_of_ase(name: str) -> None:
    """ase.data.reference_states, given to 0.01 Å."""
    reference = reference_states[atomic_numbers[name]]
    cell = BUILTIN[name].cell
    assert cell[0, 0] == pytest.approx(reference["a"], abs=0.0101)
    assert cell[2, 2] / cell[0, 0] == pytest.approx(reference.get("c/a", 1.0), abs=0.004)


def test_cassiterite_has_its_bonds() -> None:
    """Two Sn-O of 2.06 and four of 2.05 Å (Wyckoff)."""
    atoms = fill(BUILTIN["SnO2"], Sphere(8.0))
    tin = atoms.positions[np.argmin(np.linalg.norm(atoms.positions, axis=1) + 9.0 * (atoms.numbers == 8))]
    away = np.sort(np.linalg.norm(atoms.positions[atoms.numbers == 8] - tin, axis=1))
    np.testing.assert_allclose(away[:6], 2.055, atol=0.012)
    assert away[6] > 3.0
