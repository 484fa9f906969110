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


def test_the_optics_pane_is_opened_from_the_menu_and_follows_the_image(desk: Any) -> None:
    """Wave, pattern and series of the image that is shown; another voltage has others."""
    window = desk.on_recipe(**SMALL, imaging=hrtem(2))
    optics, action = window.optics, window.actions_by_key["view.optics"]
    assert window.docks["optics"].isHidden() and not action.isChecked() and optics._wave is None
    action.trigger()
    desk.qtbot.waitUntil(lambda: optics._wave is not None, timeout=20_000)
    assert action.isChecked() and optics.isVisible()
    first = optics._wave[0]
    assert first.shape == window.result.sample.image.shape
    window.document.set("imaging.focus.defocus", 55.0)
    desk.settle(window)
    assert optics._wave[0] is first, "the lens lies behind the wave"
    window.document.set("imaging.beam.voltage", 80.0)
    assert optics._wave is None, "nothing stale is shown"
    desk.settle(window)
    desk.qtbot.waitUntil(lambda: optics._wave is not None and not optics._wave[2], timeout=20_000)
    assert np.max(np.abs(optics._wave[0] - first)) > 0.05
    action.trigger()
    assert window.docks["optics"].isHidden() and not action.isChecked()


def test_the_phase_of_the_wave_takes_the_place_of_the_image_and_is_restored(desk: Any) -> None:
    labels = {"exit_wave": True, "phase_mask": True, "phase_blur": 0.3, "visible_mask": False}
    window = desk.on_recipe(**SMALL, imaging=hrtem(2), labels=labels)
    tools = window.preview.tools
    assert tools.overlay_action("phase_mask") is not None
    menu = tools.array_button.menu()
    entry = next(one for one in menu.actions() if one.objectName().endswith("exit_wave_phase.-1"))
    menu.popup(window.mapToGlobal(QPoint(0, 0)))
    QTest.mouseClick(menu, LEFT, NONE, menu.actionGeometry(entry).center())
    desk.qtbot.waitUntil(lambda: window.result.picture.array == "exit_wave_phase", timeout=20_000)
    assert window.result.picture.values is window.result.sample.extras["exit_wave_phase"]
    # The histogram is drawn ten times a second at most.
    desk.qtbot.waitUntil(lambda: window.histogram.plot.quantity == "Phase", timeout=5000)
    assert window.histogram.plot.unit == "rad"
    assert not tools.noisy_button.isEnabled()
    # A draft of it shows the draft's phase, not the image.
    drafts: list[str] = []
    window.shown.connect(lambda result: drafts.append(result.picture.array) if result.draft else None)
    window.document.set("imaging.beam.voltage", 80.0)
    desk.settle(window)
    assert drafts and set(drafts) == {"exit_wave_phase"}
    desk.close(window)
    again = desk.open()
    desk.settle(again)
    assert again.preview.display().array == "exit_wave_phase"
    assert again.result.picture.unit == "rad"
