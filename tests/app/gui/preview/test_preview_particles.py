"""Images of particles in the preview: nanometres, overlays in the materials' colours, rings of their size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from app.gui.document.sections import with_values
from app.gui.document.usual import with_usual
from app.gui.preview import processing
from app.gui.preview.cursor_text import cursor_text
from app.gui.preview.draft import draft_job
from app.gui.preview.label_values import LABEL_VALUES
from app.gui.preview.overlay_names import legend_of, overlay_names, overlay_title
from app.gui.preview.results import Display, Result, Selection
from app.gui.preview.truth_rows import truth_rows
from app.gui.preview.worker import PreviewWorker, Request
from app.gui.structure.elements import species_colour
from sim.core.types import Particles
from sim.recipe.model import Recipe


@pytest.fixture(scope="module")
def make() -> Callable[..., Result]:
    """A preview of twenty particles, all labels made, with these overlays."""
    worker = PreviewWorker()
    usual = Recipe()
    wanted = {
        "specimen.kind": "aggregate",
        "specimen.number": 20,
        "image.width": 96,
        "image.height": 80,
        "labels.instance_map": True,
        "labels.overlap_map": True,
        "labels.material_maps": True,
    }
    recipe = with_values(usual, with_usual(usual, wanted))

    def build(*overlays: str, **display: Any) -> Result:
        shown = Display(labels=frozenset(overlays), **display)
        result = worker.make(Request(1, recipe, Selection(), shown), lambda: None)
        assert result is not None
        return result

    return build


def test_a_result_has_the_particles_themselves(make: Callable[..., Result]) -> None:
    result = make()
    assert isinstance(result.structure, Particles) and len(result.structure) == 20
    assert result.details is not None and "species" in result.details.colourings
    assert result.parts is result.structure.parts
    assert result.quaternion is not None
    assert make().structure is result.structure and make().details is result.details


def test_everything_of_an_image_of_particles_can_be_laid_over_it(make: Callable[..., Result]) -> None:
    names = overlay_names(make().sample)
    assert {
        "semantic_map",
        "contact_map",
        "instance_map",
        "overlap_map",
        "thickness_first",
        "thickness_second",
        "particles",
        "contacts",
    } <= set(names)
    for name in names:
        result = make(name)
        picture = result.picture
        assert picture.overlay is not None or picture.points, name
        assert legend_of(result), name


def test_materials_have_their_colours_and_names(make: Callable[..., Result]) -> None:
    result = make("semantic_map")
    labels, overlay = result.sample.labels["semantic_map"], result.picture.overlay
    assert overlay is not None
    for value in (1, 2):
        colours = {tuple(colour) for colour in overlay[labels == value][:, :3].tolist()}
        assert colours == {species_colour(value - 1)}
    assert not overlay[labels == 0].any()
    assert [name for name, _, _ in legend_of(result)] == ["TiO2", "WO3", "TiO2 and WO3"]


def test_contacts_lie_over_materials(make: Callable[..., Result]) -> None:
    result = make("semantic_map", "contact_map")
    labels, overlay = result.sample.labels["contact_map"], result.picture.overlay
    assert overlay is not None
    for value, (_, colour) in enumerate(LABEL_VALUES["contact_map"], start=1):
        where = labels == value
        assert where.any()
        assert {tuple(own) for own in overlay[where][:, :3].tolist()} == {colour}


def test_thickness_of_a_material_is_drawn_in_its_colour(make: Callable[..., Result]) -> None:
    result = make("thickness_second")
    values, overlay = result.sample.labels["thickness_second"], result.picture.overlay
    assert overlay is not None
    at = np.unravel_index(int(np.argmax(values)), values.shape)
    assert tuple(overlay[at][:3].tolist()) == species_colour(1)
    assert legend_of(result)[0][0] == "Thickness WO3"
    assert overlay_title("thickness_second") == "Thickness second"


def test_rings_are_as_large_as_the_particles_and_contacts_are_told_apart(make: Callable[..., Result]) -> None:
    result = make("particles", "contacts")
    rings, table = result.picture.points["particles"], result.sample.tables["particles"]
    inside = table["in_field"].astype(bool)
    assert rings.shape == (np.count_nonzero(inside), 3)
    assert rings[:, 2].tolist() == (table["sphere_radius"][inside] / 10.0).tolist()
    contacts = result.sample.tables["contacts"]
    points = result.picture.points
    hetero = contacts["hetero"].astype(bool) & contacts["in_field"].astype(bool)
    assert len(points["hetero_contacts"]) == np.count_nonzero(hetero) > 0
    assert len(points["contacts"]) + len(points["hetero_contacts"]) == np.count_nonzero(contacts["in_field"])
    titles = [name for name, _, ring in legend_of(result) if ring]
    assert titles == ["Contacts of two materials", "Contacts of one material", "Particles"]


def test_the_cursor_reads_nanometres_and_materials(make: Callable[..., Result]) -> None:
    result = make()
    labels = result.sample.labels
    thickness = labels["thickness_second"]
    row, column = np.unravel_index(int(np.argmax(thickness)), thickness.shape)
    text = cursor_text(result, int(column), int(row))
    # 96 × 80 pixels of 1 nm: the middle of the image lies between pixels.
    x, y = column - 47.5, 39.5 - row
    assert text.startswith(f"x {x:.2f} y {y:.2f} nm".replace("-", "−"))
    material = {1: "TiO2", 2: "WO3", 3: "TiO2 and WO3"}[int(labels["semantic_map"][row, column])]
    assert f" · {material} · " in text
    assert f"thickness WO3 {float(thickness[row, column]) / 10.0:.4g} nm" in text


def test_statistics_say_lengths_in_nanometres(make: Callable[..., Result]) -> None:
    result = make()
    rows = {row.name: row.value for row in truth_rows(result)}
    assert rows["Pixel size"] == "1 nm"
    truth = result.sample.truth
    assert rows["Radius of gyration"] == f"{truth['gyration_radius'] / 10.0:.4g} nm"
    assert rows["Projected area"] == f"{truth['projected_area'] / 100.0:.4g} nm²"
    assert rows["Pair correlation"] == "24 numbers"
    assert rows["Particles in the field"] == "20"


def test_a_draft_keeps_the_labels_on_screen_and_no_others(make: Callable[..., Result]) -> None:
    job = make().job
    for shown, kept in (
        ("contacts", "particles"),
        ("hetero_contacts", "particles"),
        ("thickness_first", "material_maps"),
        ("semantic_map", "semantic_map"),
    ):
        labels = draft_job(job, {shown}).labels
        assert getattr(labels, kept), shown
        others = ("particles", "material_maps", "semantic_map", "contact_map", "instance_map")
        assert not any(getattr(labels, name) for name in others if name != kept)


def test_points_without_radius_and_kind_are_as_before() -> None:
    tables = {"columns": {"row": np.array([1.0, 2.0]), "column": np.array([3.0, 4.0])}}
    assert processing.points(tables, ["columns"])["columns"].tolist() == [[3.0, 1.0], [4.0, 2.0]]
