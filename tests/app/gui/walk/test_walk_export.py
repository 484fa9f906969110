"""Exports from the real window: the dialog, cancel and resume, a killed process, closing during a run."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QToolButton,
)

from app.gui.exporting.dialog import ExportDialog
from sim.dataset.reader import Dataset

pytestmark = pytest.mark.gui

#: So many small images take long enough to be interrupted.
MANY = 96


def open_dialog(window: Any, hand: Any, folder: Path, name: str) -> ExportDialog:
    """The export dialog by its shortcut, with name and folder typed in, when it knows everything."""
    hand.keys(Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    hand.until(lambda: window.datasets.dialog is not None, "the dialog opens")
    dialog: ExportDialog = window.datasets.dialog
    hand.type("export.folder", str(folder), confirm=False)
    hand.type("export.name", name, confirm=False)

    def known() -> bool:
        fault = dialog.fault()
        return not fault.endswith("…") and (fault != "" or " with " in dialog.expectation.text("time"))

    hand.until(known, "images, bytes and time are known")
    return dialog


def export(window: Any, hand: Any, folder: Path, name: str) -> None:
    """Begin an export through the dialog."""
    open_dialog(window, hand, folder, name)
    hand.click(QPushButton, "export.export")
    hand.until(lambda: window.run_panel.running, "the export begins")
    assert window.datasets.dialog is None and window.run_panel.isVisible()


def ended(window: Any, hand: Any) -> Any:
    """Wait for the end of the run; its outcome."""
    hand.until(lambda: window.run_panel.outcome is not None, "the run ends")
    return window.run_panel.outcome


def until_images(window: Any, hand: Any, least: int = 12) -> None:
    """Until some images of the run are finished."""
    counts: list[int] = []
    window.run_panel.process.progressed.connect(lambda done, total: counts.append(done))
    hand.until(lambda: bool(counts) and counts[-1] >= least, "some images are finished")


def command_line_digest(recipe: Path, output: Path) -> str:
    """content_sha256 of the dataset that the command line makes of a recipe in one go."""
    command = [sys.executable, "-P", "-m", "app", "run", str(recipe), "--output", str(output), "--workers=1"]
    root = Path(__file__).parents[4]
    subprocess.run(
        command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(root)}, timeout=120
    )
    return content_sha256(output)


def content_sha256(dataset: Path) -> str:
    """As the dataset itself tells it."""
    return str(json.loads((dataset / "dataset.json").read_text("utf-8"))["content_sha256"])


def shown(window: Any, name: str) -> str:
    label = window.findChild(QLabel, f"run.{name}")
    return str(label.text())


def button(window: Any, name: str) -> QPushButton:
    found = window.findChild(QPushButton, f"run.{name}")
    assert isinstance(found, QPushButton)
    return found


def test_the_dialog_tells_the_cost_and_refuses_a_short_disk(used, small_recipe_file, tmp_path, monkeypatch):
    window, hand = used(small_recipe_file())
    dialog = open_dialog(window, hand, tmp_path, "made")
    assert dialog.expectation.text("images").startswith("8")
    assert re.match(r"about [\d.]+ [kM]B \(", dialog.expectation.text("bytes"))
    assert "with one worker" in dialog.expectation.text("time")
    assert "are free on its disk" in hand.find(QLabel, "export.destination.sentence").text()
    assert hand.find(QPushButton, "export.export").isEnabled()
    hand.click(QPushButton, "export.close")
    hand.until(lambda: window.datasets.dialog is None, "the dialog closes")

    monkeypatch.setattr("sim.dataset.folder.free_bytes", lambda path: 3000)
    dialog = open_dialog(window, hand, tmp_path, "made")
    assert dialog.fault().startswith("The disk is too small: about ")
    assert "3.0 kB are free" in hand.find(QLabel, "export.reason").text()
    start = hand.find(QPushButton, "export.export")
    assert not start.isEnabled() and start.toolTip() == dialog.fault()
    QTest.mouseClick(start, Qt.MouseButton.LeftButton)
    assert not window.run_panel.running and not (tmp_path / "made").exists()
    hand.keys(Qt.Key.Key_Escape, window=dialog)
    hand.until(lambda: window.datasets.dialog is None, "Escape closes the dialog")


def test_an_export_equals_the_command_line_and_writes_what_was_ticked(used, small_recipe_file, tmp_path):
    recipe = small_recipe_file()
    window, hand = used(recipe)
    open_dialog(window, hand, tmp_path, "made")
    for name in ("npy", "png", "contact_sheet"):
        hand.click(QCheckBox, f"export.{name}")
    hand.click(QPushButton, "export.export")
    outcome = ended(window, hand)
    assert outcome.state == "finished" and outcome.images == 8, outcome.sentence()
    assert outcome.export == tmp_path / "made_export"
    endings = {path.suffix for path in outcome.export.rglob("*") if path.is_file()}
    assert {".npy", ".png"} <= endings and not endings & {".tif", ".tiff"}
    assert (tmp_path / "made.png").exists()

    digest = command_line_digest(recipe, tmp_path / "by_command_line")
    assert outcome.content_sha256 == digest == content_sha256(tmp_path / "made")
    assert hand.find(QLineEdit, "run.digest").text() == digest
    hand.click(QPushButton, "run.verify")
    hand.until(lambda: not window.run_panel.running, "the verification ends")
    outcome = ended(window, hand)
    assert outcome.sound is True and shown(window, "state").startswith("Verified: 8 images")


@pytest.mark.slow
def test_cancelled_within_two_seconds_and_resumed_it_is_the_same(used, small_recipe_file, tmp_path):
    recipe = small_recipe_file(MANY)
    window, hand = used(recipe)
    export(window, hand, tmp_path, "made")
    until_images(window, hand)
    begun = time.monotonic()
    hand.click(QPushButton, "run.cancel")
    outcome = ended(window, hand)
    assert time.monotonic() - begun < 2.0
    assert outcome.state == "cancelled" and not (tmp_path / "made" / "dataset.json").exists()
    leftovers = [path.name for path in (tmp_path / "made").rglob("*") if path.suffix in (".tmp", ".part")]
    assert not leftovers
    assert button(window, "resume").isEnabled() and not button(window, "cancel").isEnabled()
    assert "Resume makes the rest" in shown(window, "state")

    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "made" / "shards").glob("*.h5")}
    assert kept and len(kept) < MANY // 4
    hand.click(QPushButton, "run.resume")
    outcome = ended(window, hand)
    assert outcome.state == "finished" and outcome.images == MANY, outcome.sentence()
    # What was finished is whole: it was not made again.
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert outcome.content_sha256 == command_line_digest(recipe, tmp_path / "unbroken")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.slow
def test_a_killed_export_leaves_the_window_alive_and_offers_resume(used, small_recipe_file, tmp_path):
    window, hand = used(small_recipe_file(MANY))
    export(window, hand, tmp_path, "made")
    until_images(window, hand)
    os.kill(window.run_panel.process.process_id(), signal.SIGKILL)
    outcome = ended(window, hand)
    assert outcome.state == "failed" and "died (signal 9)" in shown(window, "state")
    # The window goes on: another seed, another image.
    before = window.result.token
    hand.click(QToolButton, "toolbar.simulate.new_seed")
    hand.until(lambda: window.result.token > before and not window.result.draft, "another image")
    assert window.document.value("seed") == window.result.recipe.seed != 42
    # What is gone on with is the dataset that was begun, not the recipe as it is now.
    hand.click(QPushButton, "run.resume")
    outcome = ended(window, hand)
    assert outcome.state == "finished" and len(Dataset(tmp_path / "made")) == MANY
    assert json.loads((tmp_path / "made" / "dataset.json").read_text("utf-8"))["recipe"]["seed"] == 42


def test_closing_during_a_run_asks(used, small_recipe_file, tmp_path):
    threads = set(threading.enumerate())
    window, hand = used(small_recipe_file(4 * MANY))
    export(window, hand, tmp_path, "made")
    until_images(window, hand, 1)
    said: list[str] = []
    hand.answering(QMessageBox.StandardButton.No, said)
    hand.keys(Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    hand.until(lambda: bool(said), "the question")
    assert "Stop the export and close?" in said[0]
    child = psutil.Process(window.run_panel.process.process_id())
    assert window.isVisible() and window.run_panel.running and child.is_running()
    until_images(window, hand, 4)

    hand.answering(QMessageBox.StandardButton.Yes, said)
    hand.keys(Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    hand.until(lambda: not window.isVisible(), "the window closes")
    assert len(said) == 2 and not QApplication.activeModalWidget()
    assert not child.is_running() and not (tmp_path / "made" / "dataset.json").exists()
    living = [t.name for t in set(threading.enumerate()) - threads if t.is_alive()]
    assert not [name for name in living if "nanophantom" in name], living
