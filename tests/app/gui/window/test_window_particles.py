"""The window with particles: presets by menu and start page, panes beside, the beam, the panel's labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

pytestmark = pytest.mark.gui


def small(window: Any) -> None:
    """An aggregate that is there at once."""
    window.document.set_many(
        {"specimen.kind": "aggregate", "specimen.number": 12, "image.width": 64, "image.height": 64},
        label="small",
    )


def test_a_preset_of_the_menu_is_imaged_in_one_step(desk: Any) -> None:
    window = desk.on_recipe("au55_sigma_alpha_grid", image__width=64, image__height=64)
    before = window.document.recipe
    window.actions_by_key["structure.aggregate_segregated"].trigger()
    result = desk.settle(window)
    assert result.job.imaging.model == "mass_thickness"
    assert len(result.structure) == 100 == len(window.structure.scene)
    assert window.status.text("specimen").endswith(
        f"100 particles, {len(result.structure.contacts)} contacts"
    )
    assert window.document.undo_label == "TiO2/WO3 segregated"
    window.actions_by_key["edit.undo"].trigger()
    assert window.document.recipe == before
    assert desk.settle(window).job.specimen.kind == "cluster"
    assert window.status.text("specimen").endswith("55 atoms")


def test_a_card_of_the_start_page_begins_an_aggregate(desk: Any) -> None:
    window = desk.open()
    assert window.on_start_page
    desk.click(window, "start.aggregate.compact")
    result = desk.settle(window)
    assert not window.on_start_page and not window.document.can_undo
    assert result.job.specimen.fractal_dimension == 2.2 and window.document.title == "aggregates_compact"


def test_the_pane_of_the_specimen_follows_what_is_imaged(desk: Any) -> None:
    window = desk.on_recipe(image__width=64, image__height=64)
    small(window)
    desk.settle(window)
    window.show_pane("atoms")
    particles = window.specimen_statistics.particles
    desk.qtbot.waitUntil(lambda: particles.numbers is not None, timeout=20_000)
    assert window.docks["atoms"].windowTitle() == "Particles" and particles.isVisible()
    window.edit.undo()
    desk.settle(window)
    assert window.docks["atoms"].windowTitle() == "Atoms" and window.atoms.isVisible()


def test_the_view_becomes_the_beam_of_particles(desk: Any) -> None:
    window = desk.on_recipe(image__width=64, image__height=64)
    small(window)
    desk.settle(window)
    window.structure.view_along("+x")
    window.actions_by_key["structure.view_as_beam"].trigger()
    result = desk.settle(window)
    assert result.job.pose.kind == "euler"
    centres = result.structure.centres
    # From +x: the image's x is the specimen's y, its y the specimen's z.
    table = result.sample.tables["particles"]
    assert table["x"] == pytest.approx(centres[:, 1], abs=1e-3)
    assert table["y"] == pytest.approx(centres[:, 2], abs=1e-3)
    window.structure.select(3)
    window.structure.along_beam()
    said = window.structure.overlay_content.read_out[2]
    assert said.startswith(f"in the image's frame · x {centres[3, 1] / 10.0:.2f}".replace("-", "−"))


def test_colours_of_particles_are_chosen_in_the_menu(desk: Any) -> None:
    window = desk.on_recipe(image__width=64, image__height=64)
    small(window)
    desk.settle(window)
    window.actions_by_key["view.colour_particles_by_hetero"].trigger()
    assert window.structure.colour_particles_by == "hetero"
    assert window.actions_by_key["view.colour_particles_by_hetero"].isChecked()
    assert window.actions_by_key["view.colour_by_element"].isChecked()
    assert len(np.unique(window.structure._shown_scene().colours, axis=0)) > 1


def test_the_panel_has_the_labels_that_apply(desk: Any) -> None:
    window = desk.on_recipe(image__width=64, image__height=64)
    window.show_pane("parameters")
    window.panel.reveal("labels.atoms")
    assert window.panel.row("labels.atoms") is not None
    desk.choose(window, "field.specimen.kind", "aggregate")
    desk.settle(window)
    window.panel.reveal("labels.semantic_map")
    row = window.panel.row("labels.semantic_map")
    assert row is not None and row.isVisible()
    assert window.panel.row("labels.atoms") is None
    desk.choose(window, "field.specimen.kind", "cluster")
    window.panel.reveal("labels.atoms")
    assert window.panel.row("labels.semantic_map") is None and window.panel.row("labels.atoms") is not None


def test_a_model_that_cannot_image_particles_says_so_at_its_place(desk: Any) -> None:
    window = desk.on_recipe(image__width=64, image__height=64)
    small(window)
    desk.settle(window)
    before = window.document.recipe
    window.panel.reveal("imaging.model")
    desk.choose(window, "field.imaging.model", "gaussian")
    row = window.panel.row("imaging.model")
    assert row is not None and "Cannot image a specimen" in row.problem
    assert window.document.recipe is before


def test_the_optics_say_that_the_model_has_no_lens(desk: Any) -> None:
    window = desk.on_recipe(image__width=64, image__height=64)
    window.show_pane("optics")
    small(window)
    desk.settle(window)

    def said() -> list[str]:
        return [label.text() for label in window.optics.findChildren(QLabel) if label.isVisible()]

    desk.qtbot.waitUntil(lambda: any("mass_thickness" in text for text in said()), timeout=20_000)
