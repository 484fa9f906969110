"""Composition, distances, coordination and g(r) against lattices whose numbers are known."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest

from app.gui.scene_statistics import near_pairs as counting
from app.gui.scene_statistics.composition import Specimen, amounts
from app.gui.scene_statistics.distribution import Pairs, distribution
from app.gui.scene_statistics.near_pairs import near_pairs
from app.gui.scene_statistics.report import Report, curve_csv, lines_of, report_csv
from app.gui.structure.details import Details, details_of
from app.gui.structure.scene import Scene
from sim.core.errors import Cancelled, InputError
from sim.core.settings import validate
from sim.core.types import Structure
from sim.specimen.scene.build import build_scene
from sim.specimen.scene.settings import SceneSpecimen

NONE = np.zeros(0, dtype=np.int64)


def go_on() -> None:
    """Nobody cancels."""


def crystal(name: str, kind: str, x: float, size: float, **more: Any) -> dict[str, Any]:
    return {
        "kind": "particle",
        "name": name,
        "crystal": {"kind": "builtin", "name": kind},
        "volume": {"kind": "sphere", "radius": size},
        "placement": {"kind": "fixed", "x": x, "y": 0.0, "z": 0.0},
    } | more


@pytest.fixture(scope="module")
def specimen() -> Specimen:
    """Copper and gallium arsenide, 3 Å from each other, and two alike pieces of iron farther off."""
    tree = {
        "kind": "scene",
        "width": 240.0,
        "height": 60.0,
        "nodes": [
            crystal("copper", "Cu", -60.0, 20.0),
            crystal("blende", "GaAs", -17.0, 20.0),
            crystal("iron", "Fe", 35.0, 14.0),
            crystal("iron#2", "Fe", 75.0, 14.0, instance=2),
        ],
    }
    settings = validate(SceneSpecimen, tree)
    built = build_scene(settings, {}, 1)
    return Specimen(
        built.structure, details_of(settings, built), settings, np.asarray(built.parts["motions"])
    )


@pytest.fixture(scope="module")
def report(specimen: Specimen) -> Report:
    own = specimen.structure
    near = near_pairs(own.numbers, own.positions, specimen.details.object_of, go_on)
    return Report(amounts(specimen, go_on), near, specimen.details.objects)


def test_densities_are_those_of_the_crystals(report: Report) -> None:
    """g/cm³ of the elements and of gallium arsenide (CRC Handbook)."""
    found = {amount.name: amount for amount in report.amounts}
    for name, expected in (("copper", 8.96), ("blende", 5.32), ("iron", 7.87)):
        assert found[name].mass == pytest.approx(expected, rel=0.04)
    assert found["blende"].counts.keys() == {31, 33}
    assert found[""].atoms == sum(amount.atoms for amount in report.amounts[1:])
    assert found[""].number is None and found["copper"].number == pytest.approx(4 / 3.615**3, rel=0.04)


def test_smallest_distances_are_the_bonds_and_the_gap(specimen: Specimen, report: Report) -> None:
    near = report.near
    assert near.elements[29, 29] == pytest.approx(3.6149 / np.sqrt(2), abs=0.01)
    assert near.elements[31, 33] == pytest.approx(5.6533 * np.sqrt(3) / 4, abs=0.01)
    assert near.elements[26, 26] == pytest.approx(2.866 * np.sqrt(3) / 2, abs=0.01)
    places, objects = specimen.structure.positions, specimen.details.object_of
    from scipy.spatial import cKDTree

    for (one, two), distance in near.objects.items():
        expected = np.min(cKDTree(places[objects == one]).query(places[objects == two])[0])
        assert distance == pytest.approx(expected, abs=1e-9)
    assert all(one < two for one, two in near.objects)


def test_coordination_inside_a_crystal_is_that_of_its_lattice() -> None:
    """Of atoms far from the surface: fcc 12, bcc 8, zinc blende 4; here of repeated cells' inner atoms."""
    step = np.arange(9)
    corners = np.stack(np.meshgrid(step, step, step), axis=-1).reshape(-1, 3)
    bases = {8: [[0, 0, 0], [0.5, 0.5, 0.5]], 12: [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]}
    for expected, basis in bases.items():
        places = (corners[:, None] + np.array(basis)).reshape(-1, 3) * 3.0
        inside = np.all((places > 4.0) & (places < 22.0), axis=1)
        # The inner atoms are another element: they have neighbours on all sides.
        numbers = np.where(inside, 79, 47).astype(np.int64)
        found = near_pairs(numbers, places, NONE, go_on)
        assert found.coordination[79] == pytest.approx(expected)
        assert found.coordination[47] < expected


def test_portions_change_nothing(specimen: Specimen, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "PORTION", 700)
    own = specimen.structure
    found = near_pairs(own.numbers, own.positions, specimen.details.object_of, go_on)
    assert found == report.near


def test_counting_stops_when_it_is_not_wanted_any_more(specimen: Specimen) -> None:
    def stop() -> None:
        raise Cancelled("superseded")

    own = specimen.structure
    with pytest.raises(Cancelled):
        near_pairs(own.numbers, own.positions, NONE, stop)
    with pytest.raises(Cancelled):
        distribution(specimen, Pairs(node="copper"), 6.0, stop)


def test_distribution_of_a_node_has_the_shells_of_its_lattice(specimen: Specimen) -> None:
    curve = distribution(specimen, Pairs(node="copper"), 6.0, go_on)
    bond = 3.6149 / np.sqrt(2)
    shells = bond * np.sqrt([1, 2, 3, 4, 5])
    occupied = curve.r[curve.pairs > 0]
    assert all(np.abs(shells - r).min() < 0.03 for r in occupied)
    assert all(np.abs(occupied - shell).min() < 0.03 for shell in shells)


def test_distribution_of_two_elements_leaves_the_others_out(specimen: Specimen) -> None:
    curve = distribution(specimen, Pairs((31, 33), "blende"), 5.0, go_on)
    first, second = 5.6533 * np.sqrt(3) / 4, 5.6533 * np.sqrt(11) / 4
    occupied = curve.r[curve.pairs > 0]
    assert all(min(abs(r - first), abs(r - second)) < 0.03 for r in occupied)


def test_members_of_a_node_are_counted_one_by_one(specimen: Specimen) -> None:
    both = distribution(specimen, Pairs(node="iron"), 6.0, go_on)
    one, two = (specimen.details.numbers_of("iron", only_one=True), specimen.details.numbers_of("iron#2"))
    assert len(one) == len(two) == 1
    alone = distribution(specimen, Pairs(node="iron#2"), 6.0, go_on)
    assert both.pairs.sum() == pytest.approx(2 * alone.pairs.sum(), rel=0.01)
    assert both.g.max() == pytest.approx(alone.g.max(), rel=0.01)


def test_atoms_that_enclose_nothing_have_no_distribution() -> None:
    flat = Structure(np.array([6, 6, 6]), np.array([[0.0, 0, 0], [1.4, 0, 0], [0, 1.4, 0]]))
    alone = Specimen(flat, Details(Scene.of(flat)), None, np.zeros((0, 3, 4)))
    with pytest.raises(InputError, match="enclose no volume"):
        distribution(alone, Pairs(), 5.0, go_on)


def test_a_unit_cell_gives_the_density() -> None:
    edge = 4.0782
    gold = Structure(np.full(4, 79), np.zeros((4, 3)), np.eye(3) * edge)
    found = amounts(Specimen(gold, Details(Scene.of(gold)), None, np.zeros((0, 3, 4))), go_on)
    assert found[0].mass == pytest.approx(19.28, abs=0.03)


def test_a_single_atom_has_no_neighbours() -> None:
    found = near_pairs(np.array([79]), np.zeros((1, 3)), NONE, go_on)
    assert found.elements == {} and found.neighbours == () and found.coordination == {79: 0.0}


def test_lines_and_values_say_the_same(report: Report, specimen: Specimen) -> None:
    lines = lines_of(report)
    assert [line.cells[0] for line in lines if line.heading] == [
        "Elements", "Objects", "Smallest distances", "Between objects", "Coordination",
    ]  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(report_csv(report))))
    values = {(row["quantity"], row["of"]): float(row["value"]) for row in rows}
    assert values["atoms", "blende:Ga"] == report.amounts[2].counts[31]
    assert values["mass_density", "copper"] == pytest.approx(report.amounts[1].mass)
    assert values["minimum_distance", "copper:blende"] == pytest.approx(report.near.objects[1, 2])
    curve = distribution(specimen, Pairs(node="copper"), 4.0, go_on)
    first, *rest = curve_csv(curve).splitlines()
    assert first == "r_angstrom,g,pairs" and len(rest) == len(curve.r)
