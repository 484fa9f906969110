"""Arrays beside the image: what is offered, which one is shown, in which unit, and that it goes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.gui.preview import arrays, colour_maps, processing
from app.gui.preview.draft import needed_labels
from app.gui.preview.pane import PreviewPane
from app.gui.preview.results import ALL_PARTS, Display, Result, Selection
from app.gui.preview.worker import PreviewWorker, Request
from app.gui.session import _display, _display_tree
from sim.core.settings import validate
from sim.core.types import Sample
from sim.recipe.model import Recipe

LEFT = Qt.MouseButton.LeftButton
SHAPE = (8, 11)
DETECTORS = [
    {"kind": "annular", "name": "haadf", "inner": 60.0, "outer": 90.0},
    {"kind": "bright_field", "name": "abf", "outer": 15.0},
    {"kind": "segmented", "name": "dpc", "inner": 10.0, "outer": 30.0, "segments": 4},
    {"kind": "pixelated", "name": "camera", "outer": 40.0, "pixels": 8},
]
SCAN = {"model": "stem", "convergence": 20.0, "detectors": DETECTORS, "multislice": {"sampling": 0.08}}
WAVES = {
    "model": "hrtem",
    "multislice": {"sampling": 0.2, "slice_thickness": 2.0},
    "phonons": {"configurations": 2},
}


def small(imaging: dict[str, Any], **tree: Any) -> Recipe:
    image = {"height": SHAPE[0], "width": SHAPE[1], "pixel_size": 0.5}
    cluster = {"kind": "cluster", "geometry": "decahedron"}
    noise = {"preset": "poisson_medium"}
    made = {"images": 2, "specimen": cluster, "image": image, "imaging": imaging, "noise": noise, **tree}
    return validate(Recipe, made)


@pytest.fixture(scope="module")
def scanned() -> Result:
    """A scan with all kinds of detectors: its arrays are made up, asymmetric and told apart by their sums."""
    from sim.plan.plan import Plan, collect_structures

    recipe = small(SCAN)
    job = Plan(recipe, collect_structures(recipe))[0]
    places = np.arange(SHAPE[0] * SHAPE[1], dtype=np.float32).reshape(SHAPE)
    segments = np.stack([places * (part + 1) for part in range(4)], axis=2)
    patterns = np.zeros((*SHAPE, 8, 8), dtype=np.float32)
    patterns[:, :, 1, 6] = places
    patterns[:, :, 7, 0] = 2.0
    sample = Sample(
        image=(places + 100.0).astype(np.uint16),
        clean=places + 100.5,
        extras={
            "detector_abf": places + 200.0,
            "detector_abf_clean": places + 200.5,
            "detector_dpc": segments,
            "detector_dpc_clean": segments + 0.5,
            "detector_camera": patterns,
        },
        tier="B",
    )
    display = Display()
    picture = processing.prepare(sample, job, display)
    structure: Any = None
    return Result(
        1, recipe, Selection(), display, job, sample, "", structure, None, picture, (), 2, "", 1, 0.1
    )


def shown(result: Result, **display: Any) -> arrays.Chosen:
    return arrays.chosen(result.sample, result.job, Display(**display))


# --- which there are -------------------------------------------------------------------------


def test_every_detector_and_segment_is_offered_and_expectations_are_not(scanned: Result) -> None:
    offered = {choice.title: choice for choice in arrays.choices(scanned.job)}
    segments = [f"dpc, segment {number}" for number in (1, 2, 3, 4)]
    assert list(offered) == ["haadf", "abf", "dpc, sum", *segments, "camera, sum"]
    assert offered["abf"].both and offered["dpc, segment 3"].part == 2
    assert not offered["camera, sum"].both, "a camera stores no expectation"
    assert arrays.cameras(scanned.job) == ("detector_camera",)


def test_models_without_further_arrays_offer_their_image_alone() -> None:
    from sim.plan.plan import Plan, collect_structures

    for imaging, labels, expected in (
        ({"model": "gaussian"}, {}, ["image"]),
        (WAVES, {}, ["image"]),
        (WAVES, {"exit_wave": True}, ["image", "exit wave phase", "exit wave amplitude"]),
    ):
        recipe = small(imaging, labels={**labels, "visible_mask": False})
        job = Plan(recipe, collect_structures(recipe))[0]
        assert [choice.title for choice in arrays.choices(job)] == expected


# --- which is shown --------------------------------------------------------------------------


def test_the_chosen_array_is_shown_noisy_or_noise_free(scanned: Result) -> None:
    extras = scanned.sample.extras
    assert shown(scanned).values is scanned.sample.image
    assert shown(scanned, shown="clean").values is scanned.sample.clean
    assert shown(scanned, array="detector_abf").values is extras["detector_abf"]
    clean = shown(scanned, array="detector_abf", shown="clean")
    assert clean.values is extras["detector_abf_clean"] and clean.unit == "e⁻"
    assert clean.described == "abf, noise-free"
    np.testing.assert_array_equal(
        shown(scanned, array="detector_dpc", part=2).values, extras["detector_dpc"][:, :, 2]
    )
    np.testing.assert_array_equal(
        shown(scanned, array="detector_dpc").values, extras["detector_dpc"].sum(axis=2)
    )
    camera = shown(scanned, array="detector_camera", shown="clean")
    np.testing.assert_array_equal(camera.values, extras["detector_camera"].sum(axis=(2, 3)))
    assert camera.described == "camera, sum, noisy", "there is no expectation of it"


def test_the_image_stands_in_for_what_a_draft_or_another_recipe_has_not(scanned: Result) -> None:
    bare = replace(scanned.sample, extras={})
    found = arrays.chosen(bare, scanned.job, Display(array="detector_abf"))
    assert found.values is bare.image and found.name == ""
    for display in ({"array": "detector_gone"}, {"array": "detector_dpc", "part": 9}):
        assert shown(scanned, **display).values is scanned.sample.image


def test_locked_levels_do_not_hold_for_an_array_that_stands_in(scanned: Result) -> None:
    display = Display(array="detector_abf", levels="locked", low=1.0, high=2.0)
    assert processing.prepare(scanned.sample, scanned.job, display).low == 1.0
    bare = replace(scanned.sample, extras={})
    assert processing.prepare(bare, scanned.job, display).low > 99.0


def test_phases_go_once_around_a_cyclic_map_and_otherwise_fill_the_greys() -> None:
    from sim.plan.plan import Plan, collect_structures

    recipe = small(WAVES, labels={"exit_wave": True, "visible_mask": False})
    job = Plan(recipe, collect_structures(recipe))[0]
    phase = np.linspace(-0.2, 0.9, SHAPE[0] * SHAPE[1], dtype=np.float32).reshape(SHAPE)
    flat = np.ones(SHAPE, dtype=np.float32)
    sample = Sample(flat, flat, extras={"exit_wave_phase": phase, "exit_wave_amplitude": flat})
    display = Display(array="exit_wave_phase")
    plain = processing.prepare(sample, job, display)
    assert (plain.unit, plain.quantity, plain.described) == ("rad", "Phase", "exit wave phase")
    assert plain.low == pytest.approx(-0.2, abs=0.05) and plain.high == pytest.approx(0.9, abs=0.05)
    around = processing.prepare(sample, job, replace(display, colour_map="cyclic"))
    assert (around.low, around.high) == (-np.pi, np.pi)
    amplitude = processing.prepare(sample, job, Display(array="exit_wave_amplitude"))
    assert (amplitude.unit, amplitude.quantity) == ("", "Amplitude")
    table = colour_maps.lookup("cyclic")
    np.testing.assert_array_equal(table[0], table[-1])


def test_a_draft_makes_the_wave_that_is_looked_at(tmp_path: Path) -> None:
    assert needed_labels(Display(labels=frozenset({"columns"}))) == {"columns"}
    worker = PreviewWorker(folder=tmp_path)
    recipe = small(WAVES, labels={"exit_wave": True, "visible_mask": False})
    display = Display(array="exit_wave_phase")
    drafted = worker.make(Request(1, recipe, Selection(), display, moving=True), lambda: None)
    assert drafted is not None and drafted.draft
    assert drafted.picture.array == "exit_wave_phase"
    assert drafted.picture.values is drafted.sample.extras["exit_wave_phase"]


def test_a_workspace_brings_the_chosen_array_back() -> None:
    display = Display(array="detector_dpc", part=3, labels=frozenset({"atoms"}))
    assert _display(_display_tree(display)) == display
    older = _display_tree(display)
    del older["array"], older["part"]
    assert _display(older) == replace(display, array="", part=ALL_PARTS)


# --- the pane --------------------------------------------------------------------------------


@pytest.fixture
def pane(qtbot: QtBot, scanned: Result) -> Iterator[PreviewPane]:
    widget = PreviewPane()
    qtbot.addWidget(widget)
    widget.resize(900, 560)
    widget.show()
    qtbot.waitExposed(widget)
    widget.display_changed.connect(lambda display: widget.show_result(shown_as(scanned, display)))
    yield widget
    widget.shutdown()


def shown_as(result: Result, display: Display) -> Result:
    picture = processing.prepare(result.sample, result.job, display)
    return replace(result, display=display, picture=picture)


def entry(pane: PreviewPane, name: str) -> QAction:
    found = pane.tools.array_button.menu().findChild(QAction, f"preview.tools.array.{name}")
    assert found is not None
    return found


@pytest.mark.gui
def test_the_chooser_is_there_where_there_is_something_to_choose(
    pane: PreviewPane, scanned: Result, make_result: Callable[..., Result]
) -> None:
    pane.show_result(make_result())
    assert pane.tools.array_button.isHidden()
    assert pane.tools.array_button not in pane.tools.hidden_tools(), "nor in the menu of what has no room"
    pane.show_result(scanned)
    assert pane.tools.array_button.isVisible() and pane.tools.array_button.text().startswith("Haadf")
    pane.show_result(make_result())
    assert pane.tools.array_button.isHidden()


@pytest.mark.gui
def test_a_click_in_the_chooser_shows_the_array_everywhere(
    pane: PreviewPane, scanned: Result, qtbot: QtBot
) -> None:
    pane.show_result(scanned)
    pane.set_levels(1.0, 2.0)
    menu = pane.tools.array_button.menu()
    menu.popup(pane.mapToGlobal(QPoint(0, 0)))
    qtbot.waitUntil(menu.isVisible)
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(entry(pane, "detector_dpc.1")).center())
    display = pane.display()
    assert (display.array, display.part) == ("detector_dpc", 1)
    assert display.levels == "auto", "levels of another detector mean nothing"
    assert entry(pane, "detector_dpc.1").isChecked() and not entry(pane, "image.-1").isChecked()
    assert pane.tools.array_button.text().startswith("Dpc, segment 2")
    np.testing.assert_array_equal(pane.shown_picture().values, scanned.sample.extras["detector_dpc"][:, :, 1])
    said: list[str] = []
    pane.status.connect(said.append)
    x, y = pane.image.viewport.to_widget(4, 2)
    QTest.mouseMove(pane.image, QPoint(round(x), round(y)))
    assert "52 e⁻" in said[-1], said  # pixel 26, times two
    assert pane.tools.clean_button.isEnabled()
    pane.set_display(replace(pane.display(), array="detector_camera", part=ALL_PARTS))
    assert not pane.tools.clean_button.isEnabled(), "a camera has no expectation"


@pytest.mark.gui
def test_a_draft_says_that_it_shows_another_array(pane: PreviewPane, scanned: Result) -> None:
    pane.set_display(Display(array="detector_abf"))
    bare = replace(scanned, sample=replace(scanned.sample, extras={}), draft="linear model")
    pane.show_result(shown_as(bare, pane.display()))
    assert pane.badge.text == "draft: linear model, not yet abf"
    pane.set_display(Display())
    pane.show_result(shown_as(bare, Display()))
    assert pane.badge.text == "draft: linear model"


@pytest.mark.gui
def test_a_click_tells_its_pixel_and_a_drag_does_not(pane: PreviewPane, scanned: Result) -> None:
    pane.show_result(scanned)
    told: list[tuple[int, int]] = []
    pane.pixel_clicked.connect(lambda column, row: told.append((column, row)))
    x, y = pane.image.viewport.to_widget(7, 1)
    at = QPoint(round(x), round(y))
    QTest.mouseClick(pane.image, LEFT, pos=at)
    assert told == [(7, 1)]
    QTest.mousePress(pane.image, LEFT, pos=at)
    QTest.mouseMove(pane.image, at + QPoint(40, 0))
    QTest.mouseRelease(pane.image, LEFT, pos=at + QPoint(40, 0))
    assert told == [(7, 1)]
