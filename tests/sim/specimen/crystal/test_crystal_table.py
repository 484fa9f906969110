"""The built-in crystals against ase, published bond lengths and each other."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import bulk
from ase.data import atomic_numbers, reference_states
from ase.neighborlist import neighbor_list
from ase.spacegroup import crystal as ase_crystal
from scipy.spatial import cKDTree

from sim.core.errors import InputError
from sim.core.types import FloatArray
from sim.numerics.motion import Motion, determinant
from sim.physics.thermal import b_factor
from sim.specimen.crystal.fill import fill
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.crystal.table import (
    BUILTIN,
    SHEETS,
    SURFACE_ENERGIES,
    builtin,
)
from sim.specimen.shapes.plain import Sphere

TILTED = Motion.rotation([0.31, -0.52, 0.77, 0.19])
REACH = 4.4

#: The nine of the published series, each built by ase from its space group.
FROM_ASE = {
    "ZnS": lambda: _wurtzite("ZnS", 3.8227, 6.2607, 0.3748),
    "CdSe": lambda: _wurtzite("CdSe", 4.2985, 7.0152, 0.375),
    "Cu": lambda: bulk("Cu", "fcc", a=3.6157),
    "Ag": lambda: bulk("Ag", "fcc", a=4.0782),
    "C": lambda: bulk("C", "diamond", a=3.5673),
    "Si": lambda: bulk("Si", "diamond", a=5.430),
    "Fe3O4": lambda: _spinel("Fe", 8.394, 0.2549),
    "Co3O4": lambda: _spinel("Co", 8.065, 0.263),
    "Fe": lambda: bulk("Fe", "bcc", a=2.866),
}


def _wurtzite(name: str, a: float, c: float, u: float):
    return bulk(name, "wurtzite", a=a, c=c, u=u)


def _spinel(metal: str, a: float, u: float):
    sites = [(0.125, 0.125, 0.125), (0.5, 0.5, 0.5), (u, u, u)]
    return ase_crystal([metal, metal, "O"], sites, spacegroup=227, setting=2, cellpar=[a, a, a, 90, 90, 90])


def shells_of_ase(atoms) -> set[tuple[int, tuple[float, ...]]]:
    """Every kind of surroundings: element and its sorted neighbour distances, Å."""
    centre, distance = neighbor_list("id", atoms, REACH)
    found = set()
    for index, number in enumerate(atoms.numbers):
        found.add((int(number), tuple(np.sort(distance[centre == index]).round(4))))
    return found


def shells_of_ours(crystal: Crystal, motion: Motion) -> set[tuple[int, tuple[float, ...]]]:
    """The same in a filled sphere, of the atoms that have all their neighbours."""
    atoms = fill(crystal, Sphere(14.0), motion=motion, origin=(0.13, 0.21, 0.34))
    tree = cKDTree(atoms.positions)
    inner = np.flatnonzero(np.linalg.norm(atoms.positions, axis=1) < 14.0 - REACH)
    found = set()
    for index in inner.tolist():
        near = tree.query_ball_point(atoms.positions[index], REACH)
        away = np.linalg.norm(atoms.positions[near] - atoms.positions[index], axis=1)
        found.add((int(atoms.numbers[index]), tuple(np.sort(away)[1:].round(4))))
    return found


def assert_same_shells(ours, theirs) -> None:
    def summary(shells):
        return sorted((number, len(distances), distances) for number, distances in shells)

    mine, reference = _merged(ours), _merged(theirs)
    assert [line[:2] for line in summary(mine)] == [line[:2] for line in summary(reference)]
    for one, two in zip(summary(mine), summary(reference), strict=True):
        np.testing.assert_allclose(one[2], two[2], atol=3e-4)


def _merged(shells):
    """Shells that differ by the rounding of their text only are one."""
    kept: list[tuple[int, tuple[float, ...]]] = []
    for number, distances in sorted(shells):
        if not any(
            number == other and len(distances) == len(known) and np.allclose(distances, known, atol=3e-4)
            for other, known in kept
        ):
            kept.append((number, distances))
    return kept


@pytest.mark.parametrize("name", FROM_ASE)
def test_neighbours_are_those_of_ase(name: str) -> None:
    """Row-vector lattices: element, coordination and every distance up to 4.4 Å, turned crystal included."""
    assert_same_shells(shells_of_ours(BUILTIN[name], TILTED), shells_of_ase(FROM_ASE[name]()))


@pytest.mark.parametrize("name", FROM_ASE)
def test_density_is_that_of_the_cell(name: str) -> None:
    """Within 0.5 % in a sphere of 50 Å; volume and count of the cell as ase has them."""
    reference = FROM_ASE[name]()
    expected = len(reference) / reference.get_volume()
    assert BUILTIN[name].density == pytest.approx(expected, rel=1e-12)
    count = len(fill(BUILTIN[name], Sphere(50.0), motion=TILTED, origin=(0.4, 0.1, 0.7)))
    assert count / (4.0 / 3.0 * np.pi * 50.0**3) == pytest.approx(expected, rel=5e-3)


_S, _T = 1 / 3, 2 / 3
#: Space group, setting and asymmetric unit by structure type, International Tables for Crystallography A.
SYMMETRY = {
    "ZnS": (186, 1, [("Zn", (_S, _T, 0)), ("S", (_S, _T, 0.3748))]),
    "Au": (225, 1, [("Au", (0, 0, 0))]),
    "W": (229, 1, [("W", (0, 0, 0))]),
    "Ti": (194, 1, [("Ti", (_S, _T, 0.25))]),
    "Si": (227, 1, [("Si", (0, 0, 0))]),
    "GaAs": (216, 1, [("Ga", (0, 0, 0)), ("As", (0.25, 0.25, 0.25))]),
    "MgO": (225, 1, [("Mg", (0, 0, 0)), ("O", (0.5, 0.5, 0.5))]),
    "CeO2": (225, 1, [("Ce", (0, 0, 0)), ("O", (0.25, 0.25, 0.25))]),
    "SrTiO3": (221, 1, [("Sr", (0, 0, 0)), ("Ti", (0.5, 0.5, 0.5)), ("O", (0.5, 0.5, 0))]),
    "TiO2_rutile": (136, 1, [("Ti", (0, 0, 0)), ("O", (0.3048, 0.3048, 0))]),
    "TiO2_anatase": (141, 1, [("Ti", (0, 0, 0)), ("O", (0, 0, 0.2081))]),
    "Co3O4": (227, 2, [("Co", (0.125,) * 3), ("Co", (0.5,) * 3), ("O", (0.263,) * 3)]),
    "MoS2_2H": (194, 1, [("Mo", (_S, _T, 0.25)), ("S", (_S, _T, 0.621))]),
    "graphite": (194, 1, [("C", (0, 0, 0.25)), ("C", (_S, _T, 0.25))]),
    "hBN": (194, 1, [("B", (_S, _T, 0.25)), ("N", (_T, _S, 0.25))]),
    "Cu3Au_L12": (221, 1, [("Au", (0, 0, 0)), ("Cu", (0, 0.5, 0.5))]),
    "FePt_L10": (123, 1, [("Fe", (0, 0, 0)), ("Fe", (0.5, 0.5, 0)), ("Pt", (0, 0.5, 0.5))]),
}


@pytest.mark.parametrize("name", SYMMETRY)
def test_bases_are_what_their_space_groups_make_of_them(name: str) -> None:
    """Site by site against ase: a wrong sign can keep distances and coordination and change the crystal."""
    group, setting, sites = SYMMETRY[name]
    ours = BUILTIN[name]
    edges = np.linalg.norm(ours.cell, axis=1)
    gamma = 120 if group in (186, 194) else 90
    theirs = ase_crystal(
        [symbol for symbol, _ in sites],
        [place for _, place in sites],
        spacegroup=group,
        setting=setting,
        cellpar=[*edges, 90, 90, gamma],
    )
    np.testing.assert_allclose(ours.cell, theirs.cell.array, atol=1e-9)
    gap = ours.fractional[:, np.newaxis] - theirs.get_scaled_positions()
    same = (np.abs(gap - np.round(gap)).max(axis=2) < 1e-6) & (ours.numbers[:, np.newaxis] == theirs.numbers)
    np.testing.assert_array_equal(same.sum(axis=0), 1)
    np.testing.assert_array_equal(same.sum(axis=1), 1)


def test_all_bonds_of_cadmium_selenide_are_equally_long() -> None:
    """The transposed hexagonal cell gives 2.437 to 3.003 Å instead of 2.631 and 2.632 Å."""
    atoms = fill(BUILTIN["CdSe"], Sphere(20.0), motion=TILTED)
    inner = np.linalg.norm(atoms.positions, axis=1) < 16.0
    away, near = cKDTree(atoms.positions).query(atoms.positions[inner], k=5)
    assert away[:, 1:].min() > 2.62 and away[:, 1:].max() < 2.64
    assert (atoms.numbers[near[:, 1:]] != atoms.numbers[inner][:, np.newaxis]).all()


#: Shortest distance between unlike atoms and coordination of each element by it.
BONDS = {
    "GaAs": (2.448, {31: 4, 33: 4}),
    "InP": (2.542, {49: 4, 15: 4}),
    "CdTe": (2.806, {48: 4, 52: 4}),
    "ZnO": (1.978, {30: 4, 8: 4}),
    "CdS": (2.530, {48: 4, 16: 4}),
    "PbS": (2.968, {82: 6, 16: 6}),
    "NaCl": (2.820, {11: 6, 17: 6}),
    "MgO": (2.106, {12: 6, 8: 6}),
    "CeO2": (2.343, {58: 8, 8: 4}),
    "TiO2_rutile": (1.956, {22: 6, 8: 3}),
    "TiO2_anatase": (1.943, {22: 6, 8: 3}),
    "MoS2_2H": (2.417, {42: 6, 16: 3}),
    "WS2": (2.405, {74: 6, 16: 3}),
    "WSe2": (2.526, {74: 6, 34: 3}),
    "MoSe2": (2.527, {42: 6, 34: 3}),
    "hBN": (1.446, {5: 3, 7: 3}),
    "Fe3O4": (1.97, {26: None, 8: 4}),
    "FePt_L10": (2.675, {26: 8, 78: 8}),
    "CuAu_L10": (2.703, {29: 8, 79: 8}),
    "Cu3Au_L12": (2.650, {29: 4, 79: 12}),
}


@pytest.mark.parametrize("name", BONDS)
def test_compounds_have_their_bonds_and_coordination(name: str) -> None:
    """Bond lengths as published for the compound, 4 % around them; stoichiometry by coordination."""
    bond, coordination = BONDS[name]
    atoms = fill(BUILTIN[name], Sphere(11.0))
    inner = np.flatnonzero(np.linalg.norm(atoms.positions, axis=1) < 7.0)
    tree = cKDTree(atoms.positions)
    for index in inner.tolist():
        number = int(atoms.numbers[index])
        near = tree.query_ball_point(atoms.positions[index], 1.06 * bond)
        unlike = [other for other in near if atoms.numbers[other] != number]
        away = np.linalg.norm(atoms.positions[unlike] - atoms.positions[index], axis=1)
        if coordination[number] is not None:
            assert len(unlike) == coordination[number]
        np.testing.assert_allclose(away, bond, rtol=0.045)


@pytest.mark.parametrize(
    ("name", "coordination"),
    [("Au", 12), ("W", 8), ("Ti", 12), ("Zn", 6), ("Pt", 12), ("graphite", 3), ("Pb", 12), ("Ni", 12)],
)
def test_elements_have_their_coordination(name: str, coordination: int) -> None:
    """Zinc's c/a of 1.86 leaves six neighbours in the plane; titanium's 1.59 keeps twelve."""
    atoms = fill(BUILTIN[name], Sphere(14.0))
    away = cKDTree(atoms.positions).query(atoms.positions[_innermost(atoms.positions)], k=16)[0][1:]
    assert int((away < 1.05 * away[0]).sum()) == coordination


def _innermost(positions: FloatArray) -> int:
    return int(np.argmin(np.linalg.norm(positions, axis=1)))


def test_mass_densities_are_those_of_handbooks() -> None:
    """g/cm³ of the CRC Handbook, 2 %: catches a wrong count of atoms or a wrong constant."""
    grams = {
        "Au": (196.967, 19.3), "Pt": (195.084, 21.5), "Pd": (106.42, 12.0), "Al": (26.982, 2.70),
        "Ni": (58.693, 8.90), "Ir": (192.217, 22.56), "Pb": (207.2, 11.3), "W": (183.84, 19.3),
        "Ti": (47.867, 4.506), "Zn": (65.38, 7.134), "Ag_4.086": (107.868, 10.5), "graphite": (12.011, 2.25),
        "GaAs": (72.32, 5.318), "InP": (72.895, 4.81), "ZnO": (40.69, 5.67), "CdS": (72.24, 4.826),
        "CdTe": (120.0, 5.85), "PbS": (119.63, 7.60), "NaCl": (29.22, 2.17), "MgO": (20.15, 3.58),
        "CeO2": (57.37, 7.22), "SrTiO3": (36.70, 5.11), "TiO2_rutile": (26.62, 4.25),
        "TiO2_anatase": (26.62, 3.90), "MoS2_2H": (53.36, 5.0), "WS2": (82.66, 7.6), "hBN": (12.41, 2.27),
        "WSe2": (113.9, 9.3), "MoSe2": (84.6, 6.98), "Cu3Au_L12": (96.9, 12.2), "CuAu_L10": (130.3, 15.0),
        "FePt_L10": (125.5, 15.1),
    }  # fmt: skip
    for name, (mean_mass, density) in grams.items():
        ours = BUILTIN[name].density * mean_mass * 1.66054
        assert ours == pytest.approx(density, rel=0.025), name


@pytest.mark.parametrize(
    "name", ["Cu", "Ag_4.086", "Si", "C", "Fe", "Au", "Pt", "Pd", "Al", "Ni", "Ir", "Pb", "W", "Ti", "Zn"]
)
def test_lattice_constants_are_those_of_ase(name: str) -> None:
    """ase.data.reference_states, given to 0.01 Å."""
    symbol = name.split("_")[0]
    reference = reference_states[atomic_numbers[symbol]]
    cell = BUILTIN[name].cell
    assert cell[0, 0] == pytest.approx(reference["a"], abs=0.0101)
    ratio = reference.get("c/a", 1.0)
    assert cell[2, 2] / cell[0, 0] == pytest.approx(ratio, abs=0.004)


def test_every_crystal_is_right_handed_in_its_cell_and_without_coincident_atoms() -> None:
    for crystal in [*BUILTIN.values(), *SHEETS.values()]:
        assert determinant(crystal.cell) > 0.0
        atoms = fill(crystal, Sphere(6.0))
        assert cKDTree(atoms.positions).query(atoms.positions, k=2)[0][:, 1].min() > 1.4


@pytest.mark.parametrize(
    ("name", "thickness"), [("graphene", 0.0), ("hBN", 0.0), ("MoS2", 3.17), ("WSe2", 3.34)]
)
def test_sheets_are_single_layers_around_height_zero(name: str, thickness: float) -> None:
    """The chalcogens' distance along c: molybdenite 3.17 Å, tungsten diselenide 3.34 Å."""
    sheet = SHEETS[name]
    heights = (sheet.fractional @ sheet.cell)[:, 2]
    assert np.ptp(heights) == pytest.approx(thickness, abs=0.01)
    assert heights.max() == pytest.approx(-heights.min(), abs=1e-12)
    assert 3.2 < sheet.cell[2, 2] < 6.6


def test_a_layer_of_the_bulk_is_the_sheet() -> None:
    """The same bonds in the layer as in the bulk."""
    for name, whole in (("MoS2", "MoS2_2H"), ("WSe2", "WSe2")):
        bonds = [
            cKDTree(atoms.positions).query(atoms.positions[_innermost(atoms.positions)], k=7)[0][1:]
            for atoms in (
                fill(SHEETS[name], Sphere(6.0), origin=(-1 / 3, -2 / 3, 0.0)),
                fill(BUILTIN[whole], Sphere(6.0), origin=(-1 / 3, -2 / 3, -0.25)),
            )
        ]
        np.testing.assert_allclose(bonds[0], bonds[1], atol=1e-9)


def test_scale_stretches_bonds() -> None:
    longer = builtin("Au", 1.01)
    np.testing.assert_allclose(longer.cell, BUILTIN["Au"].cell * 1.01, rtol=1e-15)
    assert builtin("Au") is BUILTIN["Au"]


def test_unknown_names_and_scales_are_refused_with_a_hint() -> None:
    with pytest.raises(InputError, match="did you mean 'CdSe'"):
        builtin("CdSee")
    with pytest.raises(InputError, match="not a positive number"):
        builtin("Au", -1.0)


def test_the_tables_cannot_be_written_to() -> None:
    """They are shared by everything that runs in the program."""
    with pytest.raises(ValueError, match="read-only"):
        BUILTIN["Au"].cell[0, 0] = 1.0
    with pytest.raises(TypeError):
        BUILTIN["new"] = BUILTIN["Au"]  # type: ignore[index]


def test_close_packed_faces_cost_least() -> None:
    """(111) of face-centred metals is the cheapest; of each metal no plane is listed twice."""
    for name, energies in SURFACE_ENERGIES.items():
        assert len({plane for plane, _ in energies}) == len(energies)
        if len(BUILTIN[name].numbers) == 4:
            assert min(energies, key=lambda entry: entry[1])[0] == (1, 1, 1)
        assert all(0.3 < energy < 5.0 for _, energy in energies)


def test_b_factors_say_whether_they_have_a_source() -> None:
    assert b_factor(79) == (0.593, True)
    value, sourced = b_factor(48)
    assert not sourced
    assert np.sqrt(value / (8.0 * np.pi**2)) == pytest.approx(0.10, abs=5e-4)
