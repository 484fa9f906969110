"""One job runs, one waits, the newest wins; driven with a slow renderer and with the program's own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.preview import controller as controller_module
from app.gui.preview.controller import PreviewController
from app.gui.preview.results import Display, Failure, Result, Selection
from sim.core.errors import InputError
from sim.core.types import Sample
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Job, Recipe
from sim.recipe.toml import load_recipe
from sim.render.context import RenderContext
from sim.render.render import render

pytestmark = pytest.mark.gui

Make = Callable[..., "Watched"]


class SlowRenderer:
    """The real renderer after a pause that listens to cancel, or does not."""

    def __init__(self, seconds: float = 0.0, listens: bool = True) -> None:
        self.seconds, self.listens = seconds, listens
        self.running = self.most_running = 0
        self.started: list[float] = []
        self.finished: list[float] = []
        self.modes: list[str] = []
        self.fault: Exception | None = None

    def __call__(self, job: Job, context: RenderContext) -> Sample:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.started.append(job.imaging.sigma)
        self.modes.append(job.noise.exposure.mode)
        try:
            end = time.monotonic() + self.seconds
            while time.monotonic() < end:
                if self.listens:
                    context.cancel()
                time.sleep(0.002)
            if self.fault is not None:
                raise self.fault
            sample = render(job, replace(context, cancel=lambda: None))
            self.finished.append(job.imaging.sigma)
            return sample
        finally:
            self.running -= 1


class Watched:
    """A controller with everything it has said."""

    def __init__(self, renderer: SlowRenderer) -> None:
        self.renderer = renderer
        self.controller = PreviewController(render=renderer)
        self.results: list[Result] = []
        self.failures: list[Failure] = []
        self.busy: list[bool] = []
        self.controller.result.connect(self.results.append)
        self.controller.failed.connect(self.failures.append)
        self.controller.busy_changed.connect(self.busy.append)

    def ask(self, sigma: float, *, dragging: bool = False, selection: Selection | None = None) -> None:
        self.controller.request(with_sigma(sigma), selection or Selection(), Display(), dragging=dragging)

    @property
    def shown(self) -> list[float]:
        return [result.job.imaging.sigma for result in self.results]


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Compiled kernels are loaded before anything is timed."""
    recipe = Recipe()
    plan = Plan(recipe, collect_structures(recipe))
    render(plan[0], RenderContext(structures=plan.catalogue))


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    made: list[Watched] = []

    def build(seconds: float = 0.0, listens: bool = True) -> Watched:
        made.append(Watched(SlowRenderer(seconds, listens)))
        return made[-1]

    yield build
    for watched in made:
        watched.controller.close()


def with_sigma(sigma: float) -> Recipe:
    recipe = Recipe()
    return recipe.model_copy(update={"imaging": recipe.imaging.model_copy(update={"sigma": sigma})})


def rested(qtbot: QtBot, watched: Watched, timeout: int = 5000) -> None:
    """Wait until nothing is being made and no exact image is due."""
    qtbot.waitUntil(lambda: not watched.controller.busy, timeout=timeout)
    qtbot.wait(controller_module.REST + 60)
    qtbot.waitUntil(lambda: not watched.controller.busy, timeout=timeout)


# --- newest wins -----------------------------------------------------------------------------


def test_superseded_image_is_never_shown(qtbot: QtBot, make: Make) -> None:
    """The renderer does not listen to cancel and finishes the old image; it must not arrive."""
    watched = make(0.25, listens=False)
    watched.ask(0.5)
    qtbot.wait(50)
    watched.ask(0.9)
    qtbot.waitUntil(lambda: bool(watched.results), timeout=5000)
    rested(qtbot, watched)
    assert 0.5 in watched.renderer.finished
    assert set(watched.shown) == {0.9}


def test_image_that_was_finished_but_not_yet_delivered_is_dropped(qtbot: QtBot, make: Make) -> None:
    """The old image waits in the event queue when the new request comes."""
    watched = make()
    watched.ask(0.5)
    deadline = time.monotonic() + 5.0
    while not watched.renderer.finished and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    watched.ask(0.9)
    qtbot.waitUntil(lambda: bool(watched.results), timeout=5000)
    rested(qtbot, watched)
    assert watched.renderer.finished[0] == 0.5
    assert set(watched.shown) == {0.9}


def test_superseded_work_stops_at_its_next_stage(qtbot: QtBot, make: Make) -> None:
    watched = make(20.0)
    watched.ask(0.5)
    qtbot.waitUntil(lambda: watched.renderer.running == 1)
    watched.renderer.seconds = 0.0
    watched.ask(0.9)
    qtbot.waitUntil(lambda: watched.shown == [0.9], timeout=3000)
    assert watched.renderer.finished == [0.9]


def test_slow_drag_shows_the_last_value_and_renders_few(qtbot: QtBot, make: Make) -> None:
    """125 changes a second, 40 ms an image: one runs at a time, values only grow, the last is exact."""
    watched = make(0.04)
    sigmas = [round(0.4 + 0.004 * step, 6) for step in range(60)]
    for sigma in sigmas:
        watched.ask(sigma, dragging=True)
        qtbot.wait(8)
    watched.controller.gesture_ended()
    qtbot.waitUntil(lambda: bool(watched.results) and watched.shown[-1] == sigmas[-1], timeout=3000)
    rested(qtbot, watched)
    assert watched.renderer.most_running == 1
    assert 3 <= len(watched.renderer.started) < 30
    assert watched.shown == sorted(watched.shown)
    assert watched.shown[-1] == sigmas[-1] and watched.results[-1].draft == ""
    assert [result.token for result in watched.results] == sorted({r.token for r in watched.results})


def test_drag_that_is_too_slow_gives_up_what_was_overtaken(
    qtbot: QtBot, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.gui.preview.running.PATIENCE", 0.1)
    watched = make(20.0)
    watched.ask(0.5, dragging=True)
    qtbot.waitUntil(lambda: watched.renderer.running == 1)
    watched.renderer.seconds = 0.0
    watched.ask(0.9, dragging=True)
    qtbot.waitUntil(lambda: 0.9 in watched.shown, timeout=3000)
    assert 0.5 not in watched.shown


def test_fast_changes_without_a_drag_are_a_movement(qtbot: QtBot, make: Make) -> None:
    """A held arrow key: images come while it is held, although each change overtakes the one before."""
    watched = make(0.05)
    for step in range(25):
        watched.ask(0.4 + 0.01 * step)
        qtbot.wait(30)
    while_held = len(watched.results)
    rested(qtbot, watched)
    assert while_held >= 4
    assert watched.shown[-1] == pytest.approx(0.64) and watched.results[-1].draft == ""


# --- drafts ----------------------------------------------------------------------------------


def test_slow_images_are_drafts_while_dragging_and_exact_afterwards(qtbot: QtBot, make: Make) -> None:
    watched = make(0.06)
    watched.ask(0.5)
    qtbot.waitUntil(lambda: bool(watched.results), timeout=5000)
    rested(qtbot, watched)
    watched.ask(0.6, dragging=True)
    qtbot.waitUntil(lambda: len(watched.results) == 2, timeout=3000)
    draft = watched.results[-1]
    assert draft.draft == "noise-free" and watched.renderer.modes[-1] == "expected"
    assert draft.job.noise.exposure.mode == "poisson"  # the job stays the plan's
    np.testing.assert_allclose(draft.sample.image, draft.sample.clean, atol=0.51)
    qtbot.waitUntil(lambda: len(watched.results) == 3, timeout=3000)
    assert watched.results[-1].draft == "" and watched.renderer.modes[-1] == "poisson"
    assert watched.shown[-1] == 0.6


def test_exact_image_waits_for_rest(qtbot: QtBot, make: Make) -> None:
    """150 ms after the last change, not before, and not while changes go on."""
    watched = make(0.03)
    watched.ask(0.5)
    qtbot.waitUntil(lambda: bool(watched.results), timeout=5000)
    rested(qtbot, watched)
    watched.renderer.modes.clear()
    for step in range(20):
        watched.ask(0.6 + 0.01 * step, dragging=True)
        qtbot.wait(20)
    assert set(watched.renderer.modes) == {"expected"}
    begin = time.monotonic()
    qtbot.waitUntil(lambda: watched.results[-1].draft == "", timeout=3000)
    assert 0.1 < time.monotonic() - begin < 1.0


def test_end_of_the_gesture_does_not_wait(qtbot: QtBot, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = make(0.03)
    watched.controller._rest.setInterval(60_000)
    watched.ask(0.5)
    qtbot.waitUntil(lambda: bool(watched.results), timeout=5000)
    qtbot.wait(200)
    watched.ask(0.6, dragging=True)
    watched.controller.gesture_ended()
    qtbot.waitUntil(lambda: watched.shown[-1] == 0.6 and not watched.results[-1].draft, timeout=2000)


def test_fast_images_need_no_draft_and_no_second_pass(qtbot: QtBot, make: Make) -> None:
    """At 25 ms and below a movement is exact all along: resting renders nothing again."""
    watched = make(0.0)
    watched.ask(0.5)
    qtbot.waitUntil(lambda: bool(watched.results), timeout=5000)
    rested(qtbot, watched)
    watched.controller._worker._policy.note_exact(128 * 128, 0.001)  # whatever else this machine does
    watched.ask(0.6, dragging=True)
    qtbot.waitUntil(lambda: len(watched.results) == 2, timeout=3000)
    rested(qtbot, watched)
    assert len(watched.results) == 2 and watched.results[-1].draft == ""


# --- failures --------------------------------------------------------------------------------


def test_unexpected_error_is_told_and_the_next_change_works(qtbot: QtBot, make: Make) -> None:
    watched = make()
    watched.renderer.fault = ZeroDivisionError("in the projection")
    watched.ask(0.5)
    qtbot.waitUntil(lambda: bool(watched.failures), timeout=5000)
    assert isinstance(watched.failures[0].unexpected, ZeroDivisionError)
    assert "in the projection" in watched.failures[0].message
    watched.renderer.fault = None
    watched.ask(0.6)
    qtbot.waitUntil(lambda: watched.shown == [0.6], timeout=5000)


def test_input_error_names_the_setting(qtbot: QtBot, make: Make) -> None:
    watched = make()
    watched.renderer.fault = InputError("pose", "no atom lies in the field", remedy="make the image larger")
    watched.ask(0.5)
    qtbot.waitUntil(lambda: bool(watched.failures), timeout=5000)
    failure = watched.failures[0]
    assert failure.parameter == "pose" and failure.unexpected is None
    assert failure.message == "pose: no atom lies in the field; make the image larger."


def test_plan_that_cannot_be_made_is_a_failure(qtbot: QtBot, make: Make) -> None:
    """A dose beyond what can be sampled is found by the plan."""
    watched = make()
    recipe = Recipe()
    exposure = recipe.noise.exposure.model_copy(update={"dose": 1e9, "mode": "poisson"})
    image = recipe.image.model_copy(update={"pixel_size": 5.0})
    noise = recipe.noise.model_copy(update={"exposure": exposure})
    watched.controller.request(
        recipe.model_copy(update={"noise": noise, "image": image}), Selection(), Display()
    )
    qtbot.waitUntil(lambda: bool(watched.failures), timeout=5000)
    assert watched.failures[0].parameter and watched.failures[0].unexpected is None


# --- display, live, steps --------------------------------------------------------------------


def test_display_changes_without_rendering(qtbot: QtBot, make: Make) -> None:
    watched = make()
    watched.ask(0.5)
    qtbot.waitUntil(lambda: len(watched.results) == 1, timeout=5000)
    watched.controller.refresh_display(Display(shown="clean", levels="locked", low=0.0, high=9.0))
    qtbot.waitUntil(lambda: len(watched.results) == 2, timeout=5000)
    first, second = watched.results
    assert len(watched.renderer.started) == 1
    assert second.sample is first.sample and second.picture.values is first.sample.clean
    assert (second.picture.low, second.picture.high) == (0.0, 9.0)
    assert second.token > first.token


def test_display_changed_meanwhile_reaches_the_image(qtbot: QtBot, make: Make) -> None:
    """Whatever is running or waiting, the last image has the newest display."""
    watched = make(0.1)
    watched.ask(0.5)
    qtbot.wait(20)
    watched.controller.refresh_display(Display(shown="clean"))
    qtbot.waitUntil(lambda: bool(watched.results) and not watched.controller.busy, timeout=5000)
    assert watched.results[-1].display.shown == "clean"
    watched.renderer.seconds = 0.4
    watched.ask(0.8)
    qtbot.wait(200)
    watched.ask(0.9)
    watched.controller.refresh_display(Display(shown="clean", histogram=False))
    rested(qtbot, watched)
    assert watched.shown[-1] == 0.9 and not watched.results[-1].display.histogram
    assert watched.renderer.started.count(0.9) == 1


def test_preview_that_is_off_renders_only_when_asked(qtbot: QtBot, make: Make) -> None:
    watched = make()
    watched.controller.set_enabled(False)
    watched.ask(0.5)
    watched.ask(0.6, dragging=True)
    qtbot.wait(controller_module.REST + 80)
    assert not watched.renderer.started
    watched.controller.refresh()
    qtbot.waitUntil(lambda: watched.shown == [0.6], timeout=5000)
    qtbot.wait(controller_module.REST + 80)
    assert len(watched.renderer.started) == 1


def test_switching_off_ends_a_movement_exactly(qtbot: QtBot, make: Make) -> None:
    watched = make(0.04)
    watched.ask(0.5)
    qtbot.waitUntil(lambda: bool(watched.results), timeout=5000)
    watched.ask(0.6, dragging=True)
    watched.controller.set_enabled(False)
    qtbot.waitUntil(lambda: watched.shown[-1] == 0.6 and not watched.results[-1].draft, timeout=3000)


def test_busy_is_said_once(qtbot: QtBot, make: Make) -> None:
    watched = make(0.05)
    for sigma in (0.5, 0.6, 0.7):
        watched.ask(sigma)
    rested(qtbot, watched)
    assert watched.busy[0] is True and watched.busy[-1] is False
    assert all(one != other for one, other in zip(watched.busy, watched.busy[1:], strict=False))


def test_every_step_counts(qtbot: QtBot, make: Make) -> None:
    """Ten quick key presses go ten images on, however many were skipped on screen."""
    watched = make(0.02)
    watched.ask(0.5, selection=Selection(3))
    qtbot.waitUntil(lambda: bool(watched.results), timeout=5000)
    for _ in range(10):
        watched.controller.step(1)
        qtbot.wait(5)
    rested(qtbot, watched)
    assert watched.results[-1].selection == Selection(13)
    assert watched.results[-1].draft == ""
    watched.controller.step(-20)
    rested(qtbot, watched)
    assert watched.results[-1].selection == Selection(0)


def test_steps_stay_in_their_class(qtbot: QtBot, make: Make) -> None:
    watched = make()
    recipe = load_recipe("au55_four_classes")
    plan = Plan(recipe, collect_structures(recipe))
    names = [job.class_name for job in plan]
    wanted = plan.class_names[2]
    members = [index for index, name in enumerate(names) if name == wanted]
    watched.controller.request(recipe, Selection(0, wanted), Display())
    qtbot.waitUntil(lambda: bool(watched.results), timeout=5000)
    assert watched.results[-1].selection == Selection(members[0], wanted)
    watched.controller.step(2)
    qtbot.waitUntil(lambda: watched.results[-1].selection.index == members[2], timeout=5000)
    watched.controller.step(-1)
    qtbot.waitUntil(lambda: watched.results[-1].selection.index == members[1], timeout=5000)
    assert {result.job.class_name for result in watched.results} == {wanted}


def test_selection_beyond_the_plan_is_clipped(qtbot: QtBot, make: Make) -> None:
    watched = make()
    watched.ask(0.5, selection=Selection(10**9, "no such class"))
    qtbot.waitUntil(lambda: bool(watched.results), timeout=5000)
    assert watched.results[-1].selection == Selection(watched.results[-1].total - 1)


# --- closing and bytes -----------------------------------------------------------------------


def test_close_leaves_no_thread_and_no_result(qtbot: QtBot, make: Make) -> None:
    watched = make(20.0)
    watched.ask(0.5)
    qtbot.waitUntil(lambda: watched.renderer.running == 1)
    assert any(thread.name.startswith("nanophantom-preview") for thread in threading.enumerate())
    watched.ask(0.6)
    begin = time.monotonic()
    watched.controller.close()
    assert time.monotonic() - begin < 2.0
    assert not any(thread.name.startswith("nanophantom-preview") for thread in threading.enumerate())
    watched.ask(0.7)
    watched.controller.step(1)
    watched.controller.refresh()
    watched.controller.refresh_display(Display(shown="clean"))
    watched.controller.close()
    qtbot.wait(200)
    assert not watched.results and not watched.failures
    assert not watched.controller._rest.isActive()


def test_exact_preview_has_the_bytes_of_render(qtbot: QtBot, make: Make) -> None:
    """Also after drafts of the same image have filled the stage cache."""
    watched = make()
    recipe = load_recipe("au55_four_classes")
    for dragging in (True, True, False):
        watched.controller.request(recipe, Selection(5), Display(), dragging=dragging)
        rested(qtbot, watched)
    plan = Plan(recipe, collect_structures(recipe))
    expected = render(plan[5], RenderContext(structures=plan.catalogue))
    found = watched.results[-1]
    assert found.sample.records() == expected.records()
    assert found.digest == plan.sha256
    assert found.job.canonical == plan[5].canonical
