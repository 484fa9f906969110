"""Electron waves in the window: draft, exact image, cancel and close while waves are on their way."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from app.cli.main import run as run_command
from app.gui.panels.slider import ThinSlider
from sim.core.errors import InputError

pytestmark = pytest.mark.gui

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
#: Snapshots of which nobody waits for the last.
ENDLESS = 1000
SMALL = {"images": 4, "image__width": 48, "image__height": 48}
MARK = "draft: coarse waves, 1 snapshot"


def hrtem(configurations: int) -> dict[str, Any]:
    return {
        "model": "hrtem",
        "multislice": {"sampling": 0.15, "slice_thickness": 1.0},
        "phonons": {"configurations": configurations},
    }


def is_refining(window: Any) -> bool:
    """The draft of what the window says is on the screen, and its waves are on their way."""
    result = window.result
    return (
        result is not None
        and result.recipe is window.document.recipe
        and bool(result.draft)
        and window.preview.badge.text == MARK
        and window.status.text("preview").startswith("exit wave")
    )


def endless(desk: Any) -> Any:
    """A window whose exact image will never be ready."""
    window = desk.open(desk.recipe("au55_four_classes", **SMALL, imaging=hrtem(ENDLESS)))
    desk.qtbot.waitUntil(lambda: is_refining(window), timeout=30_000)
    return window


def test_model_chosen_in_the_panel_gives_a_marked_draft_and_then_the_bytes_of_the_command_line(
    desk: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    window = desk.on_recipe(**SMALL)
    seen: list[tuple[str, str]] = []
    window.shown.connect(lambda result: seen.append((result.draft, window.result.job.imaging.model)))
    badges: list[str] = []
    window.controller.working.connect(lambda working: badges.append(window.preview.badge.text))
    desk.choose(window, "field.imaging.model", "hrtem")
    result = desk.settle(window)
    assert result.job.imaging.model == "hrtem"
    assert seen[0] == ("coarse waves, 1 snapshot", "hrtem") and seen[-1] == ("", "hrtem")
    assert MARK in badges and window.preview.badge.text == "exact"
    assert window.files.save()
    target = tmp_path / "same.npy"
    words = ["render", str(window.document.path), "--index", "0", "-o", str(target), "--no-cache"]
    assert run_command(words) == 0
    made = np.load(target)
    assert made.dtype == result.sample.image.dtype and made.tobytes() == result.sample.image.tobytes()
    capsys.readouterr()


def test_draft_is_marked_and_its_picture_refused_for_as_long_as_it_stands(desk: Any) -> None:
    window = endless(desk)
    assert re.match(rf"exit wave \d+ of {ENDLESS} · \d+ s", window.status.text("preview"))
    desk.qtbot.waitUntil(lambda: window.status.text("preview").endswith("left"), timeout=20_000)
    with pytest.raises(InputError, match="coarse waves"):
        window.preview.shown_picture()
    badge, image = window.preview.badge, window.preview.image
    at = badge.geometry().center()
    QApplication.sendEvent(image, QHelpEvent(QEvent.Type.ToolTip, at, image.mapToGlobal(at)))
    assert "snapshot of the moving atoms" in QToolTip.text() and "slices of 4 Å" in QToolTip.text()
    QToolTip.hideText()


def test_levels_and_masks_follow_at_once_while_the_exact_image_is_made(desk: Any) -> None:
    window = endless(desk)
    token = window.result.token
    window.preview.set_levels(1000.0, 9000.0)
    desk.qtbot.waitUntil(lambda: window.result.display.levels == "locked", timeout=20_000)
    assert window.result.draft and window.result.token == token, "the waves go on"
    assert (window.result.picture.low, window.result.picture.high) == (1000.0, 9000.0)
    assert window.preview.badge.text == MARK


def test_slider_moved_during_the_exact_image_stops_it(desk: Any) -> None:
    """The slider's own image comes while a thousand waves were still to be made."""
    window = endless(desk)
    before = window.result
    slider = desk.find(window, ThinSlider, "field.noise.exposure.dose.slider")
    wide, middle = slider.width(), slider.height() // 2
    QTest.mousePress(slider, LEFT, NONE, QPoint(wide // 2, middle))
    for share in (0.55, 0.6, 0.65):
        QTest.mouseMove(slider, QPoint(int(wide * share), middle))
    QTest.mouseRelease(slider, LEFT, NONE, QPoint(int(wide * 0.65), middle))
    assert window.document.recipe is not before.recipe
    desk.qtbot.waitUntil(lambda: is_refining(window), timeout=30_000)
    assert window.result.job.noise.exposure.dose != before.job.noise.exposure.dose
    assert window.result.token > before.token


def test_closing_during_the_exact_image_leaves_nothing_alive(desk: Any) -> None:
    threads = set(threading.enumerate())
    window = endless(desk)
    assert any(thread.name.startswith("nanophantom-preview") for thread in threading.enumerate())
    desk.close(window)
    left = {thread.name for thread in set(threading.enumerate()) - threads if thread.is_alive()}
    assert not {name for name in left if name.startswith(("nanophantom-preview", "exit-wave"))}
