"""What the window shows is what the command line makes; nothing old is shown and nothing piles up."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QSpinBox

from app.cli.main import run as run_command
from app.gui.panels.slider import ThinSlider
from app.gui.preview import processing
from app.gui.preview.results import Result
from sim.core.types import Sample
from sim.recipe.toml import shipped_recipes
from sim.render.render import render as render_job

pytestmark = pytest.mark.gui

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
#: Every shipped recipe, and an image of it that is not the first.
SHIPPED = {
    "aggregates_tilt_series": 5,
    "aggregates_tio2_wo3": 14,
    "aggregates_tio2_wo3_small": 11,
    "au55_four_classes": 13,
    "au55_sigma_alpha_grid": 13,
    "gold_silver_alpha": 5,
    "scene_cdse_on_carbon": 7,
    "scene_core_shell": 3,
    "scene_gold_on_mos2": 5,
    "scene_icosahedron": 9,
    "scene_marks_decahedron": 2,
    "scene_structure_series": 17,
    "scene_twinned_gold": 6,
}


#: Those that take minutes: tests/app/cli/test_wave_recipes.py makes datasets of the small ones, and
#: test_window_waves.py compares window and command line on a smaller one still.
OF_WAVES = {
    f"{name}{size}"
    for name in ("hrtem_defocus", "hrtem_dose", "hrtem_structures", "haadf_au55", "stem_4d_au55")
    for size in ("", "_small")
}


def go_to(desk: Any, window: Any, index: int) -> Result:
    """Type the number of an image."""
    box = desk.find(window, QSpinBox, "preview.browser.index")
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, str(index))
    QTest.keyClick(box, Qt.Key.Key_Return)
    result: Result = desk.settle(window)
    assert result.selection.index == index
    return result


def sigma_slider(desk: Any, window: Any) -> ThinSlider:
    slider: ThinSlider = desk.find(window, ThinSlider, "field.imaging.sigma.slider")
    return slider


# --- the same bytes --------------------------------------------------------------------------------


def test_no_shipped_recipe_is_left_out() -> None:
    assert set(SHIPPED) | OF_WAVES == set(shipped_recipes())


@pytest.mark.parametrize(
    ("name", "other"),
    [
        # One scene and one design of aggregates in every run, all of them in the slow ones.
        pytest.param(*item, marks=pytest.mark.slow if item[0].startswith(("scene_", "aggregates_")) else ())
        if item[0] not in ("scene_core_shell", "aggregates_tio2_wo3_small")
        else item
        for item in SHIPPED.items()
    ],
)
def test_preview_of_every_shipped_recipe_has_the_bytes_of_the_command_line(
    desk: Any, command_line: Any, name: str, other: int
) -> None:
    """Chosen on the start page with the mouse; the other program runs in a process of its own."""
    files = {index: desk.home / f"{index}.npy" for index in (0, other)}
    programs = [
        command_line("render", name, "--index", str(index), "-o", str(file)) for index, file in files.items()
    ]
    window = desk.open()
    assert window.on_start_page
    desk.click(window, f"start.recipe.{name}")
    shown = {0: desk.settle(window).sample.image}
    assert window.preview.badge.text == "exact" and not window.preview.banner.isVisible()
    shown[other] = go_to(desk, window, other).sample.image
    for program in programs:
        program.communicate(timeout=60)
        assert program.returncode == 0
    for index, file in files.items():
        made = np.load(file)
        assert made.dtype == shown[index].dtype and made.tobytes() == shown[index].tobytes()
        assert made.tobytes() != shown[other - index].tobytes()


@pytest.mark.parametrize("preset", ["none", "poisson_low", "gaussian_medium", "mixed_high", "titan_scan"])
def test_preview_of_every_class_and_noise_has_the_bytes_of_the_command_line(
    desk: Any, preset: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Class, preset and σ are set by keys; what the window then saves is what the command line is given."""
    window = desk.on_recipe(images=40)
    desk.choose(window, "field.noise.preset", preset)
    desk.type(window, "imaging.sigma", "0.071 nm")
    geometry = {"none": "garzon", "poisson_low": "decahedron"}.get(preset, "cuboctahedron")
    desk.choose(window, "preview.browser.class", geometry)
    desk.settle(window)
    desk.key(window.preview.image, Qt.Key.Key_Period)
    desk.qtbot.waitUntil(lambda: window.result.selection.index > 3, timeout=20_000)
    result = desk.settle(window)
    assert result.job.geometry == geometry and result.job.noise.preset == preset
    assert window.files.save()
    for shown, words in ((result.sample.image, []), (result.sample.clean, ["--clean"])):
        target = desk.home / "one.npy"
        target.unlink(missing_ok=True)
        index = str(result.selection.index)
        words = ["render", str(window.document.path), "--index", index, "-o", str(target), *words]
        assert run_command(words) == 0
        assert np.load(target).tobytes() == shown.tobytes()


# --- the order of things ---------------------------------------------------------------------------


class Watched:
    """Counts what the window's worker does; renders with a kernel of the test's where one is given."""

    def __init__(self, window: Any, render: Any = render_job) -> None:
        worker = window.controller._worker
        self.running = self.most_running = self.made = self.most_waiting = 0
        self.requests = 0
        make, queue = worker.make, window.controller._executor._work_queue

        def counted(request: Any, cancel: Any, listener: Any) -> Any:
            self.running += 1
            self.most_running = max(self.most_running, self.running)
            self.most_waiting = max(self.most_waiting, queue.qsize())
            self.made += 1
            try:
                return make(request, cancel, listener)
            finally:
                self.running -= 1

        worker.make = counted
        worker._render = render
        submit = window.controller._submit

        def submitted(request: Any) -> None:
            self.requests += 1
            submit(request)
            self.most_waiting = max(self.most_waiting, queue.qsize())

        window.controller._submit = submitted


def test_a_slider_at_125_hertz_keeps_one_job_running_and_one_waiting_and_ends_on_the_last_value(
    desk: Any,
) -> None:
    window = desk.on_recipe(image__width=1024, image__height=1024, image__pixel_size=0.05)
    watched = Watched(window)
    shown: list[Result] = []
    window.controller.result.connect(shown.append)
    slider = sigma_slider(desk, window)
    middle, wide = slider.height() // 2, slider.width()
    # There and back, away from the ends, where moving on changes nothing.
    moves = iter([*range(wide // 5, 4 * wide // 5), *range(4 * wide // 5, wide // 5, -1)])
    timer = QTimer()
    timer.setInterval(8)
    over: list[float] = []

    def move() -> None:
        step = next(moves, None)
        if step is None:
            timer.stop()
            QTest.mouseRelease(slider, LEFT, NONE, QPoint(wide // 5, middle))
            over.append(time.monotonic())
        else:
            QTest.mouseMove(slider, QPoint(step, middle))

    timer.timeout.connect(move)
    QTest.mousePress(slider, LEFT, NONE, QPoint(wide // 5, middle))
    timer.start()
    desk.qtbot.waitUntil(lambda: bool(over), timeout=30_000)
    result = desk.settle(window)
    late = time.monotonic() - over[0]
    assert watched.most_running == 1
    assert watched.most_waiting <= 1, "the waiting one is replaced, not queued behind"
    assert watched.requests > 40 and 2 <= watched.made < watched.requests
    assert result.job.imaging.sigma == window.document.value("imaging.sigma")
    assert result.sample.image.shape == (1024, 1024) and not result.draft
    assert late < 1.0 + 4.0 * result.seconds, f"{late:.2f} s after the mouse was let go"
    tokens = [item.token for item in shown]
    assert tokens == sorted(tokens)
    assert window.preview.result is result and window.preview.badge.text == "exact"


def test_a_result_that_was_overtaken_is_never_shown(desk: Any) -> None:
    window = desk.on_recipe()
    entered, go_on = threading.Event(), threading.Event()

    def slow(job: Any, context: Any) -> Sample:
        if job.imaging.sigma == 0.5:
            entered.set()
            assert go_on.wait(20.0)
        return render_job(job, context)

    Watched(window, slow)
    desk.qtbot.wait(200)  # what follows is no part of a movement, whose images are shown as they come
    shown: list[float] = []
    window.shown.connect(lambda result: shown.append(result.job.imaging.sigma))
    try:
        desk.type(window, "imaging.sigma", "0.5")
        desk.qtbot.waitUntil(entered.is_set)
        desk.type(window, "imaging.sigma", "0.8")
    finally:
        go_on.set()
    result = desk.settle(window)
    assert result.job.imaging.sigma == 0.8
    assert shown and set(shown) == {0.8}


def test_an_error_in_a_kernel_is_said_beside_the_image_and_the_next_change_recovers(desk: Any) -> None:
    window = desk.on_recipe()

    def broken(job: Any, context: Any) -> Sample:
        if job.imaging.sigma == 0.5:
            raise ZeroDivisionError("no such width")
        return render_job(job, context)

    Watched(window, broken)
    before = window.preview.image.grab().toImage()
    desk.type(window, "imaging.sigma", "0.5")
    banner = desk.find(window, QLabel, "preview.failure.text")
    desk.qtbot.waitUntil(banner.isVisible)
    assert "ZeroDivisionError" in banner.text() and "no such width" in banner.text()
    assert window.preview.image.dimmed and window.preview.badge.text == "not up to date"
    assert window.preview.image.grab().toImage() != before
    desk.type(window, "imaging.sigma", "0.8")
    assert desk.settle(window).job.imaging.sigma == 0.8
    assert not banner.isVisible() and not window.preview.image.dimmed


def test_an_image_that_cannot_be_made_names_the_setting_in_the_panel(desk: Any, tmp_path: Path) -> None:
    """A structure file that is no structure: the sentence stands beside the image, and Show leads there."""
    window = desk.on_recipe()
    path = tmp_path / "nonsense.xyz"
    path.write_text("this is no structure\n", encoding="utf-8")
    assert desk.drop(window.preview.image, [path])
    banner = desk.find(window, QLabel, "preview.failure.text")
    desk.qtbot.waitUntil(banner.isVisible)
    assert "nonsense" in banner.text() and "Traceback" not in banner.text()
    desk.key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    desk.settle(window)
    assert not banner.isVisible()


# --- levels and histogram --------------------------------------------------------------------------


def test_levels_and_colours_survive_new_images_until_auto_is_chosen(desk: Any) -> None:
    window = desk.on_recipe()
    desk.choose(window, "preview.tools.colour_map", "viridis")
    image = window.preview.image
    desk.key(image, Qt.Key.Key_L)
    low, high = desk.settle(window).picture.low, window.result.picture.high
    assert window.actions_by_key["view.lock_levels"].isChecked()
    for step in (1, 2):
        desk.key(image, Qt.Key.Key_Period)
        desk.qtbot.waitUntil(lambda step=step: window.result.selection.index == step)
        picture = desk.settle(window).picture
        assert (picture.low, picture.high) == (low, high)
        assert window.result.display.colour_map == "viridis"
    desk.type(window, "imaging.collected_fraction", "0.3")
    picture = desk.settle(window).picture
    assert (picture.low, picture.high) == (low, high)
    desk.key(image, Qt.Key.Key_A)
    picture = desk.settle(window).picture
    assert picture.high != high, "auto contrast follows the image again"
    assert window.actions_by_key["view.auto_contrast"].isChecked()
    assert window.preview.display().colour_map == "viridis"


def test_the_lines_of_the_histogram_lock_the_levels(desk: Any) -> None:
    window = desk.on_recipe()
    plot = window.histogram.plot
    frame = plot.frame()
    _, high = plot.levels
    start = QPoint(round(frame.x(high)), plot.height() // 2)
    desk.drag(plot, start, start - QPoint(15, 0), start - QPoint(30, 0))
    picture = desk.settle(window).picture
    assert window.preview.display().levels == "locked"
    assert picture.high == pytest.approx(frame.value_at(start.x() - 30), rel=0.05) and picture.high < high
    assert "locked" in desk.find(window, QLabel, "preview.histogram.levels").text()
    desk.click(window, "preview.histogram.auto")
    assert desk.settle(window).picture.high == high


def test_the_histogram_is_counted_in_the_worker_and_drawn_ten_times_a_second_at_most(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = desk.on_recipe()
    threads: set[str] = set()
    counted = processing.prepare

    def prepare(*words: Any) -> Any:
        threads.add(threading.current_thread().name)
        return counted(*words)

    monkeypatch.setattr(processing, "prepare", prepare)
    monkeypatch.setattr(np, "bincount", _by_thread(np.bincount, threads))
    slider = sigma_slider(desk, window)
    middle, wide = slider.height() // 2, slider.width()
    QTest.mousePress(slider, LEFT, NONE, QPoint(wide // 5, middle))
    results: list[Result] = []
    window.controller.result.connect(results.append)
    drawn, begun = window.histogram.plot.drawings, time.monotonic()
    while time.monotonic() - begun < 1.0:
        step = int((time.monotonic() - begun) * 100) % (wide // 2)
        QTest.mouseMove(slider, QPoint(wide // 5 + step, middle))
        desk.qtbot.wait(8)
    took = time.monotonic() - begun
    drawn = window.histogram.plot.drawings - drawn
    QTest.mouseRelease(slider, LEFT, NONE, QPoint(wide // 2, middle))
    assert len(results) > 15, "far more images than histograms"
    assert 1 <= drawn <= 10 * took + 2
    assert threads and all(name.startswith("nanophantom-preview") for name in threads)
    desk.settle(window)


def _by_thread(function: Any, names: set[str]) -> Any:
    def noted(*words: Any, **named: Any) -> Any:
        names.add(threading.current_thread().name)
        return function(*words, **named)

    return noted


# --- not live --------------------------------------------------------------------------------------


def test_with_the_preview_off_changes_wait_for_refresh(desk: Any) -> None:
    window = desk.on_recipe()
    desk.key(window.preview.image, Qt.Key.Key_Space)
    assert not window.controller.enabled
    before = window.result
    desk.type(window, "imaging.sigma", "0.9")
    desk.qtbot.wait(300)
    assert window.result is before and window.preview.badge.text == "not up to date"
    desk.key(window, Qt.Key.Key_F5)
    assert desk.settle(window).job.imaging.sigma == 0.9
    assert window.preview.badge.text == "exact"
