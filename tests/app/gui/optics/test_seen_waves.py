"""What the optics pane shows of an image: the waves that made it, and when they are computed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.document.document import RecipeDocument
from app.gui.optics import wave_desk
from app.gui.optics.pane import DEFOCUS, NO_CAMERA, OpticsPane
from app.gui.optics.seen_waves import camera_of, focus_source, seen_by_camera, seen_waves, waves_key
from app.gui.preview import processing
from app.gui.preview.results import Display, Made, Result, Selection
from app.gui.preview.worker import Listener, PreviewWorker, Request
from sim.core.errors import Cancelled, never
from sim.core.settings import validate
from sim.core.types import Sample
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe
from sim.render.context import RenderContext

WAVES: dict[str, Any] = {
    "model": "hrtem",
    "focus": {"defocus": 80.0, "error": 3.0},
    "aberrations": {"C12": 120.0, "C12_azimuth": 25.0},
    "multislice": {"sampling": 0.2, "slice_thickness": 2.0},
    "phonons": {"configurations": 2},
}
CAMERA: dict[str, Any] = {
    "model": "stem",
    "convergence": 20.0,
    "multislice": {"sampling": 0.08},
    "detectors": [
        {"kind": "annular", "name": "haadf", "inner": 60.0, "outer": 90.0},
        {"kind": "pixelated", "name": "camera", "outer": 40.0, "pixels": 8},
    ],
}
ROWS, COLUMNS, PIXEL = 24, 32, 0.5


def recipe_of(imaging: dict[str, Any], **tree: Any) -> Recipe:
    specimen = {"kind": "cluster", "geometry": "garzon"}
    image = {"height": ROWS, "width": COLUMNS, "pixel_size": PIXEL}
    base = {"images": 3, "specimen": specimen, "image": image, "noise": {"preset": "none"}}
    return validate(Recipe, {**base, "imaging": imaging, **tree})


def made_of(worker: PreviewWorker, recipe: Recipe, **asked: Any) -> tuple[Result, list[Result]]:
    drafts: list[Result] = []
    request = Request(1, recipe, **{"selection": Selection(), "display": Display(), **asked})
    result = worker.make(request, never, Listener(draft=drafts.append))
    assert result is not None
    return result, drafts


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> PreviewWorker:
    return PreviewWorker(folder=tmp_path_factory.mktemp("stages"))


@pytest.fixture(scope="module")
def exact(worker: PreviewWorker) -> Result:
    return made_of(worker, recipe_of(WAVES))[0]


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The draft of the same image, by a worker that has no waves of it."""
    worker = PreviewWorker(folder=tmp_path_factory.mktemp("drafts"))
    return made_of(worker, recipe_of(WAVES), moving=True)[0]


def made(result: Result) -> Made:
    assert result.made is not None
    return result.made


# --- numbers ---------------------------------------------------------------------------------


def test_images_at_other_foci_are_those_that_the_recipe_would_give(
    exact: Result, worker: PreviewWorker
) -> None:
    """With the scatter of the focus and the astigmatism of this image; no noise, so the clean images."""
    source = focus_source(made(exact))
    here = source(80.0, never)
    np.testing.assert_allclose(here, exact.sample.clean, rtol=1e-6)
    other = recipe_of({**WAVES, "focus": {"defocus": -150.0, "error": 3.0}})
    there = made_of(worker, other)[0].sample.clean
    np.testing.assert_allclose(source(-150.0, never), there, rtol=1e-6)
    assert np.max(np.abs(here - there)) > 0.05


def test_the_wave_is_that_of_the_labels_and_the_pattern_holds_every_electron(
    exact: Result, worker: PreviewWorker
) -> None:
    seen = seen_waves(made(exact))
    labelled = recipe_of(WAVES, labels={"exit_wave": True, "visible_mask": False})
    extras = made_of(worker, labelled)[0].sample.extras
    np.testing.assert_allclose(np.abs(seen.wave), extras["exit_wave_amplitude"], atol=1e-6)
    np.testing.assert_allclose(np.angle(seen.wave), extras["exit_wave_phase"], atol=1e-6)
    pattern = seen.pattern
    assert pattern.intensity.shape == (len(pattern.ky), len(pattern.kx))
    assert pattern.kx[0] < 0.0 < pattern.kx[-1] and pattern.ky[0] > 0.0 > pattern.ky[-1]
    # The incident wave has 1; nearly all of it stays below the band limit.
    assert float(pattern.intensity.sum()) == pytest.approx(1.0, abs=0.02)
    # The mean of intensities, not the intensity of the mean: what the motion scatters is in it.
    assert pattern.about == "Mean over 2 snapshots."
    far = np.hypot(pattern.kx[None, :], pattern.ky[:, None]) > 1.0
    from sim.imaging.hrtem.model import mean_block
    from sim.imaging.hrtem.waves import exit_waves
    from sim.render.render import given_to_model

    specimen, grid, around = given_to_model(made(exact).job, made(exact).context)
    waves = exit_waves(specimen, grid, made(exact).job.imaging, around)
    coherent = np.abs(mean_block(waves.blocks)) ** 2
    assert float(pattern.intensity[far].sum()) > 1.05 * float(coherent[far].sum())


def test_waves_come_from_the_cache_and_are_given_up_when_nobody_wants_them(exact: Result) -> None:
    stages: list[str] = []
    own = made(exact)
    told = RenderContext(own.context.structures, own.context.cache, progress=stages.append)
    seen_waves(Made(own.job, told))
    assert not [stage for stage in stages if stage.startswith("exit wave")]

    def stop() -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        seen_waves(own, stop)


def test_the_margin_of_a_distorted_scan_is_left_out(worker: PreviewWorker) -> None:
    noise = {"preset": "none", "scan": {"jitter_x": 1.0}}
    result = made_of(worker, recipe_of(WAVES, noise=noise))[0]
    still = made_of(worker, recipe_of(WAVES))[0]
    assert waves_key(result.job) != waves_key(still.job)
    wave, reference = seen_waves(made(result)).wave, seen_waves(made(still)).wave
    assert wave.shape == reference.shape == (ROWS, COLUMNS)
    # Another cell has waves of other points, nearly the same; a shift by a pixel would be ten times that.
    assert np.std(wave - reference) < 0.1 * np.std(reference - np.roll(reference, 1, axis=1))


def test_draft_and_exact_image_have_the_same_waves_as_far_as_they_are_told_apart(
    exact: Result, draft: Result
) -> None:
    assert draft.draft and made(draft).job != made(exact).job
    assert waves_key(draft.job) == waves_key(exact.job)
    assert seen_waves(made(draft)).wave.shape == (ROWS, COLUMNS)


def test_another_specimen_has_other_waves(exact: Result, worker: PreviewWorker) -> None:
    other = made_of(worker, recipe_of(WAVES), selection=Selection(1))[0]
    assert waves_key(other.job) != waves_key(exact.job)


# --- a camera --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def filmed() -> Result:
    """A scan whose camera sees one spot at +y, −x, twice as bright from pixel to pixel."""
    recipe = recipe_of(CAMERA)
    job = Plan(recipe, collect_structures(recipe))[0]
    places = np.arange(ROWS * COLUMNS, dtype=np.float32).reshape(ROWS, COLUMNS)
    patterns = np.zeros((ROWS, COLUMNS, 8, 8), dtype=np.float32)
    patterns[:, :, 1, 2] = places
    sample = Sample(image=places, clean=places, extras={"detector_camera": patterns}, tier="B")
    picture = processing.prepare(sample, job, Display())
    structure: Any = None
    context = RenderContext({}, None)
    return Result(
        1, recipe, Selection(), Display(), job, sample, "", structure, None, picture, (), 3, "", 1, 0.1,
        made=Made(job, context),
    )  # fmt: skip


def test_a_camera_lies_in_the_diffraction_plane_as_its_angles_say(filmed: Result) -> None:
    assert camera_of(filmed) == "detector_camera"
    seen = seen_by_camera(filmed, "detector_camera", None)
    assert seen is not None
    row, column = np.unravel_index(int(np.argmax(seen.intensity)), seen.intensity.shape)
    # 8 pixels of 10 mrad: row 1 at +25 mrad, column 2 at −15 mrad; 200 kV has 0.025079 Å.
    assert seen.ky[row] == pytest.approx(25e-3 / 0.02507934, rel=1e-4)
    assert seen.kx[column] == pytest.approx(-15e-3 / 0.02507934, rel=1e-4)
    assert float(seen.intensity.max()) == pytest.approx((ROWS * COLUMNS - 1) / 2.0)
    one = seen_by_camera(filmed, "detector_camera", (5, 3))
    assert one is not None and float(one.intensity.max()) == 3 * COLUMNS + 5
    assert "column 5, row 3" in one.about and "mean over all" in seen.about
    assert (
        seen_by_camera(replace(filmed, sample=replace(filmed.sample, extras={})), "detector_camera", None)
        is None
    )


# --- the pane --------------------------------------------------------------------------------


@pytest.fixture
def document() -> RecipeDocument:
    return RecipeDocument(recipe_of(WAVES))


@pytest.fixture
def pane(qtbot: QtBot, document: RecipeDocument) -> Iterator[OpticsPane]:
    widget = OpticsPane(document)
    qtbot.addWidget(widget)
    widget.resize(340, 460)
    widget.show()
    qtbot.waitExposed(widget)
    assert widget.view
    yield widget
    widget.shutdown()
    widget.close()


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[Made]:
    """Whatever waves were computed of, in which order; never in the window's thread."""
    found: list[Made] = []

    def count(of: Made, cancel: Any = never) -> Any:
        assert threading.current_thread() is not threading.main_thread()
        found.append(of)
        return seen_waves(of, cancel)

    monkeypatch.setattr(wave_desk, "seen_waves", count)
    return found


@pytest.mark.gui
def test_wave_and_pattern_of_a_draft_are_marked_until_the_exact_ones_come(
    pane: OpticsPane, exact: Result, draft: Result, computed: list[Made], qtbot: QtBot
) -> None:
    view = pane.view
    pane.set_result(draft)
    view.tabs.setCurrentWidget(view.wave)
    qtbot.waitUntil(lambda: view.wave.view.wave is not None, timeout=10_000)
    assert view.wave.sentence.kind == "warning" and draft.draft in view.wave.sentence.text()
    pane.set_result(exact)
    qtbot.waitUntil(lambda: not view.wave.sentence.text(), timeout=10_000)
    view.tabs.setCurrentWidget(view.pattern)
    qtbot.waitUntil(lambda: view.pattern.view.plane is not None, timeout=10_000)
    assert "Draft" not in view.pattern.sentence.text() and "2 snapshots" in view.pattern.sentence.text()
    # A draft of the same waves, while the focus is dragged, is no reason to show worse ones.
    pane.set_result(draft)
    assert pane._source[1] == ""
    pane.set_result(exact)
    assert len(computed) == 2


@pytest.mark.gui
def test_nothing_is_computed_for_a_pane_that_nobody_sees(
    pane: OpticsPane, exact: Result, computed: list[Made], qtbot: QtBot
) -> None:
    pane.hide()
    pane.set_result(exact)
    pane.set_pixel(1, 1)
    assert not computed and pane.view.focus._source is None
    pane.show()
    qtbot.waitUntil(lambda: pane._wave is not None, timeout=10_000)
    assert len(computed) == 1 and pane.view.focus._source is not None


@pytest.mark.gui
def test_a_new_focus_keeps_the_wave_another_voltage_takes_it_away(
    pane: OpticsPane, document: RecipeDocument, exact: Result, qtbot: QtBot
) -> None:
    pane.set_result(exact)
    qtbot.waitUntil(lambda: pane._wave is not None, timeout=10_000)
    source = pane.view.focus._source
    document.set(DEFOCUS, 120.0)
    assert pane._wave is not None and pane.view.focus._source is source
    document.set("noise.exposure.dose", 500.0)
    assert pane._wave is not None and pane.view.focus._source is source
    document.set("imaging.aberrations.C30", 1e6)
    assert pane._wave is not None, "the lens lies behind the wave"
    assert pane.view.focus._source is None, "but the series is of another lens"
    document.set("imaging.beam.voltage", 80.0)
    assert pane._wave is None and pane._pattern is None


@pytest.mark.gui
def test_the_image_of_another_specimen_takes_wave_and_series_away(
    pane: OpticsPane, exact: Result, worker: PreviewWorker, qtbot: QtBot
) -> None:
    pane.set_result(exact)
    qtbot.waitUntil(lambda: pane._wave is not None, timeout=10_000)
    other = made_of(worker, recipe_of(WAVES), selection=Selection(1))[0]
    pane.set_result(other)
    assert pane._wave is None, "until its own is there"
    qtbot.waitUntil(lambda: pane._wave is not None, timeout=10_000)
    pane.set_result(made_of(worker, recipe_of({"model": "gaussian"}))[0])
    assert pane._wave is None and pane.view.focus._source is None


@pytest.mark.gui
def test_waves_that_fail_say_so_and_are_tried_again(
    pane: OpticsPane, exact: Result, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:

        def fail(of: Made, cancel: Any) -> None:
            raise MemoryError("no room for a wave")

        broken.setattr(wave_desk, "seen_waves", fail)
        pane.set_result(exact)
        qtbot.waitUntil(lambda: pane.view.wave.sentence.kind == "error", timeout=10_000)
        assert "no room for a wave" in pane.view.wave.sentence.text()
    pane.set_result(exact)
    qtbot.waitUntil(lambda: pane._wave is not None, timeout=10_000)


@pytest.mark.gui
def test_the_pattern_of_the_clicked_pixel_and_then_the_mean_again(qtbot: QtBot, filmed: Result) -> None:
    pane = OpticsPane(RecipeDocument(recipe_of(CAMERA)))
    qtbot.addWidget(pane)
    pane.show()
    qtbot.waitExposed(pane)
    view = pane.view
    view.tabs.setCurrentWidget(view.pattern)
    try:
        pane.set_result(filmed)
        words = view.pattern.sentence.text
        qtbot.waitUntil(lambda: "mean over all" in words(), timeout=10_000)
        pane.set_pixel(5, 3)
        qtbot.waitUntil(lambda: "column 5, row 3" in words(), timeout=10_000)
        pane.set_pixel(5, 3)
        qtbot.waitUntil(lambda: "mean over all" in words(), timeout=10_000)
        # Without a camera there is nothing to film with, and the page says what would do.
        bare = {**CAMERA, "detectors": CAMERA["detectors"][:1]}
        recipe = recipe_of(bare)
        job = Plan(recipe, collect_structures(recipe))[0]
        pane.set_result(replace(filmed, recipe=recipe, job=job, sample=replace(filmed.sample, extras={})))
        assert pane._pattern is None and pane._no_pattern == NO_CAMERA
        assert view.pattern.view._words == NO_CAMERA
    finally:
        pane.shutdown()
        pane.close()
