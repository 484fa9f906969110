"""Materials: formulas, densities and their errors."""

from __future__ import annotations

import pytest

from sim.core.errors import InputError
from sim.physics.masses import ATOMIC_WEIGHTS
from sim.physics.materials import (
    material,
    material_names,
    molar_mass,
    number_density,
    parse_formula,
    table,
)
from sim.specimen.crystal.table import builtin

#: Of the table, a built-in crystal each.
CRYSTALS = {
    "TiO2": "TiO2_anatase", "TiO2_rutile": "TiO2_rutile", "WO3": "WO3", "CeO2": "CeO2", "ZnO": "ZnO",
    "MgO": "MgO", "SrTiO3": "SrTiO3", "CdSe": "CdSe", "CdS": "CdS", "ZnS": "ZnS", "PbS": "PbS",
    "Fe3O4": "Fe3O4", "Co3O4": "Co3O4", "C_graphite": "graphite", "Si": "Si", "Au": "Au", "Pt": "Pt",
    "Pd": "Pd", "Ag": "Ag_4.086", "Cu": "Cu", "Ni": "Ni", "Fe": "Fe", "W": "W", "Ir": "Ir", "Al": "Al",
    "Ti": "Ti",
}  # fmt: skip


@pytest.mark.parametrize("name", CRYSTALS)
def test_densities_are_those_of_the_crystals(name):
    """Atoms per Å³ of the table against the unit cell: independent of atomic weights but for the density."""
    crystal = builtin(CRYSTALS[name])
    one = material(name)
    atoms = sum(count for _, count in one.composition)
    assert number_density(one) * atoms == pytest.approx(crystal.density, rel=0.012)
    elements = {
        int(number): int((crystal.numbers == number).sum()) for number in set(crystal.numbers.tolist())
    }
    share = {number: count / atoms for number, count in one.composition}
    assert share == pytest.approx({number: n / len(crystal.numbers) for number, n in elements.items()})


def test_every_line_of_the_table_is_complete():
    for name, entry in table().items():
        assert entry.formula == name.split("_")[0]
        assert entry.source.strip()
        assert 1.0 < entry.material.density < 23.0
        assert entry.material.name == name
    assert {"TiO2", "WO3", "SiO2", "Al2O3", "CeO2", "ZnO", "Fe3O4", "Fe2O3", "ZrO2"} <= set(material_names())
    assert {"Au", "Pt", "Ag", "Pd", "Cu", "Ni", "C", "Si"} <= set(material_names())


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("TiO2", ((8, 2.0), (22, 1.0))),
        ("Au", ((79, 1.0),)),
        ("CO", ((6, 1.0), (8, 1.0))),
        ("Co", ((27, 1.0),)),
        ("La0.8Sr0.2MnO3", ((8, 3.0), (25, 1.0), (38, 0.2), (57, 0.8))),
        ("Ca(OH)2", ((1, 2.0), (8, 2.0), (20, 1.0))),
        ("Ca5(PO4)3(OH)", ((1, 1.0), (8, 13.0), (15, 3.0), (20, 5.0))),
        ("((Ti)O2)3", ((8, 6.0), (22, 3.0))),
        ("HOH", ((1, 2.0), (8, 1.0))),
    ],
)
def test_formulas_are_read(formula, expected):
    assert parse_formula(formula) == expected


@pytest.mark.parametrize(
    ("formula", "word"),
    [
        ("", "names no element"),
        ("Xy2", "'Xy' is no chemical element"),
        ("tio2", "'ti' is no chemical element"),
        ("Ti O2", "' ' has no place"),
        ("2Ti", "'2' has no place"),
        ("TiO(", "not closed"),
        ("Ti)O", "not opened"),
        ("Ti()O", "brackets hold nothing"),
        ("TiO1.2.3", "'1.2.3' is no number"),
        ("TiO0", "0 atoms of O"),
        ("TiO99999999", "atoms of O"),
        ("Ti" + "(" * 40 + "O" + ")" * 40, "too many brackets"),
        ("TiO²", "'²' has no place"),
        ("OgO2", "no scattering factors are tabulated for Og"),
    ],
)
def test_what_is_no_formula_is_refused_in_one_sentence(formula, word):
    with pytest.raises(InputError) as caught:
        material(formula, 3.0, "specimen.first.material")
    assert word in str(caught.value)
    assert str(caught.value).startswith("specimen.first.material = ")
    assert "\n" not in str(caught.value)


def test_a_name_in_the_wrong_case_offers_the_right_one():
    with pytest.raises(InputError, match="did you mean 'TiO2'"):
        material("Tio2")


def test_free_materials_need_a_density():
    with pytest.raises(InputError) as caught:
        material("LaMnO3", 0.0, "specimen.first.material")
    assert "specimen.first.density" in str(caught.value)
    free = material("LaMnO3", 6.5)
    assert (free.name, free.density) == ("LaMnO3", 6.5)


@pytest.mark.parametrize("density", [-1.0, 26.0, float("nan"), float("inf")])
def test_impossible_densities_are_refused(density):
    with pytest.raises(InputError) as caught:
        material("TiO2", density, "specimen.second.material")
    assert caught.value.parameter == "specimen.second.density"


def test_a_given_density_goes_before_the_table():
    light = material("TiO2", 3.0)
    assert light.composition == material("TiO2").composition
    assert number_density(light) == pytest.approx(number_density(material("TiO2")) * 3.0 / 3.89)


def test_molar_mass_of_tungsten_trioxide():
    """183.84 + 3 · 15.999 g/mol; 7.20 g/cm³ are 0.018702 units a cubic ångström by Avogadro's number."""
    composition = parse_formula("WO3")
    assert molar_mass(composition) == pytest.approx(231.837, abs=1e-9)
    assert number_density(material("WO3")) == pytest.approx(7.20 / 231.837 * 0.602214076, rel=1e-8)
    assert ATOMIC_WEIGHTS[73] == 183.84
