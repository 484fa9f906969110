"""Images of electron waves: a draft first, the exact one after it, and none where the waves are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.preview.controller import PreviewController
from app.gui.preview.draft import DraftPolicy, drafted_noise, drafted_waves
from app.gui.preview.picture_export import picture_of
from app.gui.preview.results import Display, Result, Selection
from app.gui.preview.stage_clock import StageClock, Working
from app.gui.preview.worker import Listener, PreviewWorker, Request
from sim.core.errors import Cancelled, InputError, never
from sim.core.types import Sample
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Job, Recipe
from sim.recipe.toml import read_recipe
from sim.render.context import RenderContext
from sim.render.render import render

#: So many snapshots take minutes: who waits for them has not been stopped.
ENDLESS = 1000


def recipe_of(configurations: int = 2, defocus: float = 100.0, **imaging: Any) -> Recipe:
    """Au55 by HRTEM, small."""
    tree = {
        "model": "hrtem",
        "focus": {"defocus": defocus},
        "multislice": {"sampling": 0.15, "slice_thickness": 1.0},
        "phonons": {"configurations": configurations},
        **imaging,
    }
    text = read_recipe("au55_four_classes").with_value("images", 4).with_value("imaging", tree)
    for side in ("width", "height"):
        text = text.with_value(f"image.{side}", 48)
    return text.recipe()


def request(recipe: Recipe, **values: Any) -> Request:
    return Request(1, recipe, **{"selection": Selection(), "display": Display(), **values})


def exact_image(recipe: Recipe) -> Sample:
    plan = Plan(recipe, collect_structures(recipe))
    return render(plan[0], RenderContext(structures=plan.catalogue))


class Heard:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.drafts: list[Result] = []
        self.stages: list[str] = []
        self.listener = Listener(draft=self.drafts.append, stage=self.stages.append)


@pytest.fixture
def worker(tmp_path: Path) -> PreviewWorker:
    return PreviewWorker(folder=tmp_path / "stages")


def make(worker: PreviewWorker, asked: Request) -> tuple[Result, Heard]:
    heard = Heard()
    result = worker.make(asked, never, heard.listener)
    assert result is not None
    return result, heard


# --- the worker ------------------------------------------------------------------------------


def test_draft_comes_first_and_the_exact_image_has_its_own_bytes(worker: PreviewWorker) -> None:
    recipe = recipe_of()
    result, heard = make(worker, request(recipe))
    (draft,) = heard.drafts
    assert draft.draft == "coarse waves, 1 snapshot" and draft.differs and not draft.digest
    assert not result.draft and not result.differs and result.digest
    expected = exact_image(recipe)
    assert result.sample.image.tobytes() == expected.image.tobytes()
    assert draft.sample.image.tobytes() != expected.image.tobytes()
    assert draft.token == result.token and draft.job == result.job
    assert "exit wave 2 of 2" in heard.stages


def test_draft_looks_like_the_exact_image_levels_and_all(worker: PreviewWorker) -> None:
    """The noise is in both: black and white move by less than a fifth of what lies between them."""
    result, heard = make(worker, request(recipe_of(4)))
    draft, exact = heard.drafts[0].picture, result.picture
    span = exact.high - exact.low
    assert abs(draft.low - exact.low) < 0.2 * span and abs(draft.high - exact.high) < 0.2 * span
    noiseless = drafted_noise(result.job).job
    assert noiseless.noise.exposure.mode == "expected" and result.job.noise.exposure.mode == "poisson"


def test_image_from_waves_that_are_there_comes_without_a_draft(worker: PreviewWorker) -> None:
    """Another defocus: the lens alone works.  Another voltage: waves anew, so a draft again."""
    make(worker, request(recipe_of()))
    result, heard = make(worker, request(recipe_of(defocus=-150.0)))
    assert not heard.drafts and not result.draft
    assert not any(stage.startswith("exit wave") for stage in heard.stages)
    assert result.sample.image.tobytes() == exact_image(recipe_of(defocus=-150.0)).image.tobytes()
    _, heard = make(worker, request(recipe_of(beam={"voltage": 80.0})))
    assert len(heard.drafts) == 1


def test_waves_of_an_earlier_start_are_taken_from_disk(worker: PreviewWorker, tmp_path: Path) -> None:
    first, _ = make(worker, request(recipe_of()))
    again, heard = make(PreviewWorker(folder=tmp_path / "stages"), request(recipe_of()))
    assert not heard.drafts and again.sample.image.tobytes() == first.sample.image.tobytes()


def test_drafts_are_not_kept_on_disk(worker: PreviewWorker, tmp_path: Path) -> None:
    make(worker, request(recipe_of(), moving=True))
    assert not [path for path in (tmp_path / "stages").rglob("*") if path.is_file()]


def test_movement_is_shown_by_drafts_alone(worker: PreviewWorker) -> None:
    result, heard = make(worker, request(recipe_of(ENDLESS), moving=True))
    assert result.draft and not heard.drafts


def test_movement_from_waves_that_are_there_is_exact_where_that_is_quick(worker: PreviewWorker) -> None:
    for defocus in (0.0, 10.0):
        make(worker, request(recipe_of(defocus=defocus)))
    worker._policy.note_exact(48 * 48, 0.01, "hrtem")
    result, _ = make(worker, request(recipe_of(defocus=20.0), moving=True))
    assert not result.draft
    worker._policy.note_exact(48 * 48, 10.0, "hrtem")
    result, _ = make(worker, request(recipe_of(defocus=30.0), moving=True))
    assert result.draft


def test_draft_that_is_on_the_screen_is_not_made_twice(tmp_path: Path) -> None:
    """The movement rests: its last draft stands until the exact image comes."""
    rendered: list[int] = []

    def count(job: Job, context: RenderContext) -> Sample:
        rendered.append(job.imaging.phonons.configurations)
        return render(job, context)

    worker, recipe = PreviewWorker(count, tmp_path), recipe_of()
    make(worker, request(recipe, moving=True))
    _, heard = make(worker, request(recipe))
    assert len(heard.drafts) == 1 and rendered.count(1) == 1


def test_draft_that_fails_does_not_stop_the_exact_image(tmp_path: Path) -> None:
    def only_exact(job: Job, context: RenderContext) -> Sample:
        if job.imaging.phonons.configurations == 1:
            raise ZeroDivisionError("no such draft")
        return render(job, context)

    worker = PreviewWorker(only_exact, tmp_path)
    result, heard = make(worker, request(recipe_of()))
    assert not heard.drafts and not result.draft
    with pytest.raises(ZeroDivisionError):
        make(worker, request(recipe_of(3), moving=True))


def test_exact_image_stops_where_it_is_told_to(worker: PreviewWorker) -> None:
    """After the draft, in the third of a thousand waves."""
    heard = Heard()

    def cancel() -> None:
        if any(stage.startswith("exit wave 3 ") for stage in heard.stages):
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        worker.make(request(recipe_of(ENDLESS)), cancel, heard.listener)
    assert len(heard.drafts) == 1
    # What one snapshot needs until the threads have ended, and no more.
    assert not any(stage.startswith("exit wave 12 ") for stage in heard.stages)


def test_scan_is_drafted_by_the_linear_model() -> None:
    from sim.render.specimen import pose_specimen

    stem = read_recipe("au55_four_classes").with_value("imaging", {"model": "stem"}).recipe()
    plan = Plan(stem, collect_structures(stem))
    context = RenderContext(structures=plan.catalogue)
    found = drafted_waves(plan[0], pose_specimen(plan[0], context)[0])
    assert found is not None and found.mark == "linear model" and found.job.imaging.model == "probe"
    sample = render(found.job, context)
    assert sample.image.shape == (plan[0].image.height, plan[0].image.width)
    assert float(np.max(sample.clean)) > 0.0


def test_picture_of_a_draft_is_refused_by_its_name(worker: PreviewWorker) -> None:
    result, _ = make(worker, request(recipe_of(ENDLESS), moving=True))
    with pytest.raises(InputError, match="coarse waves, 1 snapshot"):
        picture_of(result, "grey", scale_bar=False, opacity=1.0)


# --- policy and words ------------------------------------------------------------------------


def test_policy_of_waves() -> None:
    policy = DraftPolicy()
    assert policy.may_be_exact(100, "hrtem", moving=False)
    assert not policy.may_be_exact(100, "hrtem", moving=True)  # nothing is known yet
    policy.note_exact(100, 0.3, "hrtem")
    assert policy.may_be_exact(100, "hrtem", moving=False)
    assert not policy.may_be_exact(100, "hrtem", moving=True)
    assert not policy.may_be_exact(200, "hrtem", moving=False)
    # Models do not know each other's times.
    assert policy.may_be_exact(200, "stem", moving=False) and not policy.wants_draft(10**7)


def test_clock_tells_stage_time_and_what_is_left() -> None:
    clock = StageClock(10.0)
    assert clock.text(11.0) == ""
    clock.stage("exit wave 1 of 8", 12.0)
    assert clock.text(14.0) == "exit wave 1 of 8 · 4 s"
    clock.stage("exit wave 2 of 8", 17.0)
    assert clock.text(17.0) == "exit wave 2 of 8 · 7 s · about 35 s left"
    assert clock.text(19.0) == "exit wave 2 of 8 · 9 s · about 33 s left"
    clock.stage("lens", 52.0)
    assert clock.text(53.0) == "lens · 43 s"


def test_clock_follows_percents_and_begins_again_with_each_count() -> None:
    clock = StageClock(0.0)
    clock.stage("probe scan 0 %", 0.0)
    clock.stage("probe scan 25 %", 10.0)
    assert clock.text(10.0) == "probe scan 25 % · 10 s · about 30 s left"
    clock.stage("exit wave 1 of 2", 50.0)
    clock.stage("exit wave 2 of 2", 51.0)
    clock.stage("exit wave 1 of 2", 60.0)
    assert clock.text(61.0) == "exit wave 1 of 2 · 1 min 01 s"


# --- the controller --------------------------------------------------------------------------


class Watched:
    def __init__(self, render: Callable[..., Sample] | None = None) -> None:
        self.controller = PreviewController(render=render)
        self.results: list[Result] = []
        self.told: list[Working | None] = []
        self.controller.result.connect(self.results.append)
        self.controller.working.connect(self.told.append)

    def ask(self, recipe: Recipe, display: Display | None = None, index: int = 0) -> None:
        self.controller.request(recipe, Selection(index), display or Display())

    @property
    def refining(self) -> bool:
        return bool(self.told) and self.told[-1] is not None and self.told[-1].refining


@pytest.fixture
def watched(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setenv("NANOPHANTOM_HOME", str(tmp_path))
    made = Watched()
    yield made
    made.controller.close()


@pytest.mark.gui
def test_draft_is_told_to_be_refined_until_the_exact_image_is_there(qtbot: QtBot, watched: Watched) -> None:
    watched.ask(recipe_of())
    qtbot.waitUntil(lambda: not watched.controller.busy and len(watched.results) == 2, timeout=20_000)
    assert [bool(result.draft) for result in watched.results] == [True, False]
    assert any(working is not None and working.refining for working in watched.told)
    assert watched.told[-1] is None


@pytest.mark.gui
def test_newer_request_stops_the_exact_image(qtbot: QtBot, watched: Watched) -> None:
    watched.ask(recipe_of(ENDLESS))
    qtbot.waitUntil(lambda: watched.refining, timeout=20_000)
    second = recipe_of(ENDLESS, beam={"voltage": 80.0})
    watched.ask(second)
    assert not watched.refining, "what is on the screen is no longer being made"
    qtbot.waitUntil(lambda: watched.results[-1].recipe is second and watched.refining, timeout=20_000)
    assert all(result.draft for result in watched.results)


@pytest.mark.gui
def test_draft_is_shown_another_way_while_the_exact_image_is_made(qtbot: QtBot, watched: Watched) -> None:
    recipe = recipe_of(ENDLESS)
    watched.ask(recipe)
    qtbot.waitUntil(lambda: watched.refining, timeout=20_000)
    clean = Display(shown="clean")
    watched.controller.refresh_display(clean)
    qtbot.waitUntil(lambda: watched.results[-1].display == clean, timeout=20_000)
    assert watched.results[-1].draft and watched.controller.busy
    assert watched.results[-1].picture.values is watched.results[-1].sample.clean


@pytest.mark.gui
def test_display_chosen_meanwhile_holds_for_the_exact_image_too(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    monkeypatch.setenv("NANOPHANTOM_HOME", str(tmp_path))
    go_on = threading.Event()

    def wait(job: Job, context: RenderContext) -> Sample:
        if job.imaging.phonons.configurations > 1 and isinstance(context.cache, type(worker._cache)):
            assert go_on.wait(30.0)
        return render(job, context)

    watched = Watched(wait)
    worker = watched.controller._worker
    try:
        recipe = recipe_of()
        watched.ask(recipe)
        qtbot.waitUntil(lambda: watched.refining, timeout=20_000)
        watched.controller.refresh_display(Display(shown="clean"))
        # The same image asked for again is the one that is being made.
        watched.ask(recipe, Display(shown="clean"))
        go_on.set()
        qtbot.waitUntil(lambda: not watched.controller.busy, timeout=20_000)
        last = watched.results[-1]
        assert not last.draft and last.display.shown == "clean"
    finally:
        go_on.set()
        watched.controller.close()


@pytest.mark.gui
def test_steps_count_once_though_draft_and_exact_image_arrive(qtbot: QtBot, watched: Watched) -> None:
    recipe = recipe_of()
    for index in range(3):
        if index:
            watched.controller.step(1)
        else:
            watched.ask(recipe)
        qtbot.waitUntil(
            lambda index=index: (
                bool(watched.results)
                and watched.results[-1].selection.index == index
                and not watched.results[-1].draft
                and not watched.controller.busy
            ),
            timeout=20_000,
        )
    for _ in range(2):
        # Against the end, where it stays; with a draft, though the waves are there the second time.
        watched.controller._worker._policy.note_exact(1, 1.0, "hrtem")
        watched.controller._last_change = 0.0  # no part of a movement
        count = len(watched.results)
        watched.controller.step(5)
        qtbot.waitUntil(
            lambda count=count: len(watched.results) > count and not watched.controller.busy, timeout=20_000
        )
        assert [result.selection.index for result in watched.results[count:]] == [3, 3]
    watched.controller.step(-1)
    qtbot.waitUntil(
        lambda: watched.results[-1].selection.index == 2 and not watched.controller.busy, timeout=20_000
    )


@pytest.mark.gui
def test_closing_stops_the_exact_image(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NANOPHANTOM_HOME", str(tmp_path))
    watched = Watched()
    watched.ask(recipe_of(ENDLESS))
    qtbot.waitUntil(lambda: watched.refining, timeout=20_000)
    watched.controller.close()
    assert all(result.draft for result in watched.results)
