"""The run panel driven by its buttons: real children, and a disk looked at from outside."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QPushButton

from app.amounts import duration_text
from app.cli.main import run as run_command_line
from app.gui.exporting.event_lines import VERSION
from app.gui.exporting.last_made import LastMade
from app.gui.exporting.pace import Pace
from app.gui.exporting.run_observer import RunObserver, look, shrunk
from app.gui.exporting.run_panel import RunPanel
from app.gui.exporting.run_process import RunProcess
from app.gui.exporting.run_spec import RunSpec
from sim.dataset.export.images import preview_greys
from sim.dataset.reader import Dataset
from sim.dataset.run import generate_dataset
from sim.plan.plan import Plan, collect_structures
from sim.recipe.toml import save_recipe
from sim.render.context import RenderContext
from sim.render.render import render

gui = pytest.mark.gui


def button(panel: RunPanel, name: str) -> QPushButton:
    return panel.findChild(QPushButton, f"run.{name}")


def press(qtbot, panel: RunPanel, name: str) -> None:
    assert button(panel, name).isEnabled()
    qtbot.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)


def label(panel: RunPanel, name: str) -> str:
    return panel.findChild(QLabel, f"run.{name}").text()


def until_images(qtbot, panel: RunPanel) -> None:
    """Until some images are finished."""
    enough = lambda done, total: done >= 4  # noqa: E731
    with qtbot.waitSignal(panel.process.progressed, timeout=60_000, check_params_cb=enough):
        pass


def enabled(panel: RunPanel) -> set[str]:
    names = ("pause", "cancel", "resume", "verify", "folder")
    return {name for name in names if button(panel, name).isEnabled()}


@gui
def test_a_run_from_start_to_verified(qtbot, panel, tmp_path, small_recipe):
    assert enabled(panel) == set() and "Export dataset…" in label(panel, "state")
    output = tmp_path / "made"
    with qtbot.waitSignal(panel.finished, timeout=60_000) as ended:
        assert panel.start(RunSpec(small_recipe(), output))
        assert panel.running and {"cancel", "folder"} <= enabled(panel)
        assert not panel.start(RunSpec(small_recipe(), tmp_path / "other"))
    assert "another export is going on" in panel.findChild(QPlainTextEdit, "run.log").toPlainText()
    assert not (tmp_path / "other").exists()
    outcome = ended.args[0]
    assert outcome.state == "finished" and not panel.running
    assert enabled(panel) == {"verify", "folder"}
    assert panel.findChild(QLineEdit, "run.digest").text() == outcome.content_sha256
    press(qtbot, panel, "copy")
    assert QGuiApplication.clipboard().text() == outcome.content_sha256
    assert "8 images" in label(panel, "state") and str(output) in label(panel, "state")
    with qtbot.waitSignal(panel.finished, timeout=60_000) as ended:
        press(qtbot, panel, "verify")
    assert ended.args[0].sound is True and label(panel, "state").startswith("Verified: 8 images")
    qtbot.waitUntil(lambda: label(panel, "written") != "–", timeout=10_000)
    assert label(panel, "free").endswith("B")


@gui
@pytest.mark.slow
def test_pause_continue_cancel_resume_by_their_buttons(qtbot, panel, tmp_path, small_recipe):
    output = tmp_path / "made"
    assert panel.start(RunSpec(small_recipe(120), output))
    until_images(qtbot, panel)
    press(qtbot, panel, "pause")
    qtbot.waitUntil(lambda: label(panel, "state") == "Paused", timeout=10_000)
    assert button(panel, "pause").text() == "Continue" and panel.can_resume and not panel.can_pause
    press(qtbot, panel, "pause")
    assert button(panel, "pause").text() == "Pause" and panel.running
    until_images(qtbot, panel)
    with qtbot.waitSignal(panel.finished, timeout=10_000) as ended:
        press(qtbot, panel, "cancel")
    assert ended.args[0].state == "cancelled" and enabled(panel) == {"resume", "folder"}
    qtbot.waitUntil(lambda: panel.thumbnail.image is not None, timeout=10_000)
    with qtbot.waitSignal(panel.finished, timeout=60_000) as ended:
        press(qtbot, panel, "resume")
    assert ended.args[0].state == "finished" and len(Dataset(output)) == 120


@gui
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_killed_export_leaves_the_panel_alive_and_offers_resume(qtbot, script, tmp_path, small_recipe):
    process = RunProcess(command_of=script("import os; os.kill(os.getpid(), 9)"))
    panel = RunPanel(process=process)
    qtbot.addWidget(panel)
    panel.show()
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        panel.start(RunSpec(small_recipe(), tmp_path / "made"))
    assert "died (signal 9)" in label(panel, "state") and "Resume" in label(panel, "state")
    assert panel.can_resume and enabled(panel) == {"resume", "folder"}
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        press(qtbot, panel, "resume")
    panel.shutdown()
    process.deleteLater()


@gui
def test_shutting_down_during_a_run_leaves_nothing_alive(qtbot, tmp_path, small_recipe):
    panel = RunPanel()
    qtbot.addWidget(panel)
    panel.start(RunSpec(small_recipe(120), tmp_path / "made"))
    until_images(qtbot, panel)
    child = panel.process.process_id()
    panel.shutdown()
    panel.shutdown()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert not (tmp_path / "made" / "dataset.json").exists()


@gui
def test_the_folder_is_opened(qtbot, script, tmp_path, small_recipe):
    opened = []
    process = RunProcess(command_of=script("sys.exit('nanophantom: no')"))
    panel = RunPanel(process=process, open_place=opened.append)
    qtbot.addWidget(panel)
    panel.show()
    with qtbot.waitSignal(panel.finished, timeout=20_000):
        panel.start(RunSpec(small_recipe(), tmp_path / "made"))
    assert label(panel, "state") == "no. Resume tries again from where it stopped."
    press(qtbot, panel, "folder")
    assert opened == [tmp_path / "made"]
    panel.shutdown()
    process.deleteLater()


@gui
def test_every_button_can_be_reached_and_says_what_it_does(qtbot, panel):
    for found in panel.findChildren(QPushButton):
        assert found.objectName().startswith("run.") and found.toolTip() and found.text()
        assert found.focusPolicy() & Qt.FocusPolicy.TabFocus
    for name in ("progress", "log"):
        assert panel.findChild(object, f"run.{name}").accessibleName()


@gui
def test_the_thumbnail_shows_row_0_at_the_top(qtbot, panel):
    """An image that is bright in its first row and its first column only."""
    grey = np.zeros((60, 40), dtype=np.uint8)
    grey[0, :] = 200
    grey[:, 0] = 100
    panel.thumbnail.show_image(grey, "name")
    image = panel.thumbnail.image
    assert (image.width(), image.height()) == (40, 60)
    assert image.pixelColor(20, 0).red() == 200 and image.pixelColor(20, 59).red() == 0
    assert image.pixelColor(0, 30).red() == 100 and image.pixelColor(39, 30).red() == 0


def test_a_look_finds_the_last_image_of_the_newest_shard(tmp_path, small_recipe):
    save_recipe(small_recipe(8, side=32), tmp_path / "recipe.toml")
    output = tmp_path / "made"
    assert look(output).written == 0 and look(output).thumbnail is None
    assert run_command_line(["run", str(tmp_path / "recipe.toml"), "--output", str(output)]) == 0
    os.utime(output / "shards" / "000000.h5", ns=(0, 0))
    found = look(output)
    assert found.written > 8 * 32 * 32 and found.free > 0
    with Dataset(output) as dataset:
        assert found.thumbnail.image_id == dataset.line(7)["image_id"]
        order = np.argsort(dataset.image(7), axis=None, kind="stable")
    assert found.thumbnail.grey.shape == (32, 32)
    assert np.all(np.diff(found.thumbnail.grey.ravel()[order].astype(int)) >= 0)
    assert look(output, found.thumbnail.shard).thumbnail is None


def test_before_the_first_shard_the_image_made_last_is_rendered(tmp_path, small_recipe):
    recipe = small_recipe(6)
    plan = Plan(recipe, collect_structures(recipe))
    job = plan[4]
    expected = render(job, RenderContext(structures=plan.catalogue)).image
    image, name = LastMade(recipe).image(5)
    assert image.tobytes() == expected.tobytes() and image.dtype == expected.dtype
    made = LastMade(recipe)
    thumbnail = look(tmp_path / "made", "", made, 5).thumbnail
    assert thumbnail.image_id == name == job.image_id and thumbnail.shard == ""
    np.testing.assert_array_equal(thumbnail.grey, preview_greys(expected))
    assert look(tmp_path / "made", "", made, 5).thumbnail is None  # shown already
    assert look(tmp_path / "made", "", made, 7).thumbnail is None  # not of this recipe
    generate_dataset(plan, tmp_path / "made", workers=1)
    assert look(tmp_path / "made", "", made, 2).thumbnail.shard.endswith(".h5")


def test_for_a_small_picture_no_more_than_a_hundred_structures_are_read(small_recipe):
    files = [{"name": f"s{index}", "path": f"/nowhere/{index}.xyz"} for index in range(101)]
    recipe = small_recipe(2).model_copy(update={"specimen": SimpleNamespace(files=files)})
    assert LastMade(recipe).image(1) is None


@gui
def test_a_rendering_ends_when_the_observer_is_closed(qtbot, tmp_path, monkeypatch, small_recipe):
    entered, left = threading.Event(), threading.Event()

    def endless(job, context):
        entered.set()
        try:
            until = time.monotonic() + 20.0
            while time.monotonic() < until:
                context.cancel()
                time.sleep(0.005)
        finally:
            left.set()

    monkeypatch.setattr("sim.render.render.render", endless)
    observer = RunObserver(interval=20)
    observer.start(tmp_path / "made", small_recipe(4))
    observer.done = 2
    qtbot.waitUntil(entered.is_set)
    begun = time.monotonic()
    observer.close()
    assert left.is_set() and time.monotonic() - begun < 2.0


@gui
def test_a_run_of_one_shard_has_a_picture_before_it_ends(qtbot, script, tmp_path, small_recipe):
    """The child tells of three images and writes nothing."""
    event = {"event": "progress", "version": VERSION, "done": 3, "total": 4}
    process = RunProcess(command_of=script(f"print({json.dumps(event)!r}, flush=True)\ntime.sleep(60)"))
    panel = RunPanel(process=process)
    qtbot.addWidget(panel)
    panel.show()
    panel.observer._timer.setInterval(30)
    try:
        panel.start(RunSpec(small_recipe(4), tmp_path / "made"))
        qtbot.waitUntil(lambda: panel.thumbnail.image is not None, timeout=20_000)
        recipe = small_recipe(4)
        third = Plan(recipe, collect_structures(recipe))[2].image_id
        assert panel.thumbnail.toolTip() == f"Newest image of the dataset: {third}"
    finally:
        panel.shutdown()


def test_a_large_image_is_shrunk_by_whole_blocks():
    """1200 × 600: blocks of 4 × 4; a corner keeps its place."""
    image = np.zeros((1200, 601), dtype=np.uint16)
    image[0:4, 596:600] = 16
    small = shrunk(image)
    assert small.shape == (300, 150) and small[0, 149] == 16.0 and small.sum() == 16.0
    assert shrunk(image[:300, :200]).shape == (300, 200)


# --- times -----------------------------------------------------------------------------------


def test_pauses_count_neither_as_elapsed_nor_in_the_rate():
    now = [100.0]
    pace = Pace(lambda: now[0])
    pace.count(0)
    now[0] += 2.0
    pace.count(20)
    pace.hold()
    now[0] += 60.0
    assert pace.elapsed() == 2.0
    pace.go_on()
    now[0] += 2.0
    pace.count(40)
    assert pace.elapsed() == 4.0 and pace.rate() == 10.0
    assert pace.remaining(100) == 6.0


def test_the_rate_forgets_what_is_long_ago():
    now = [0.0]
    pace = Pace(lambda: now[0])
    done = 0
    for step in range(100):
        pace.count(done)
        now[0] += 1.0
        done += 1 if step < 50 else 5
    assert pace.rate() == pytest.approx(5.0)
    pace.begin_step()
    assert pace.rate() is None and pace.remaining(10) is None


def test_a_resumed_run_counts_only_its_own_images():
    now = [0.0]
    pace = Pace(lambda: now[0])
    pace.count(500)
    now[0] += 10.0
    pace.count(510)
    assert pace.rate() == 1.0


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.9, "59 s"), (65, "1 min 05 s"), (7630, "2 h 07 min")]
)
def test_durations(seconds, text):
    assert duration_text(seconds) == text
