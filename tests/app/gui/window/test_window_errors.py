"""Errors that nobody expected, in the running window."""

from __future__ import annotations

import faulthandler
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from app.gui.frame import errors
from app.gui.frame.error_dialog import ErrorDialog
from sim.core.places import log_folder

pytestmark = [pytest.mark.gui, pytest.mark.qt_no_exception_capture]


@pytest.fixture
def hooks(qapp: QApplication, home: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(errors, "_to_stderr", lambda text: None)
    had = faulthandler.is_enabled()
    errors.install_hooks()
    yield
    errors.remove_hooks()
    if had:
        faulthandler.enable()


def dialogs() -> list[ErrorDialog]:
    found = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, ErrorDialog)]
    return [dialog for dialog in found if dialog.isVisible()]


def test_an_error_in_a_command_is_a_dialog_and_a_log_and_the_window_goes_on(
    hooks: None, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = desk.on_recipe()

    def broken() -> None:
        raise RuntimeError("the fit of a test")

    monkeypatch.setattr(window.view, "fit", broken)
    desk.key(window.preview.image, Qt.Key.Key_F)
    desk.qtbot.waitUntil(lambda: len(dialogs()) == 1)
    dialog = dialogs()[0]
    assert "the fit of a test" in dialog.sentence.text()
    QTest.mouseClick(desk.find(dialog, QPushButton, "error.copy"), Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert "RuntimeError: the fit of a test" in copied and copied.startswith("Nanophantom ")
    log = log_folder() / "window.log"
    assert "the fit of a test" in log.read_text(encoding="utf-8")
    QTest.mouseClick(desk.find(dialog, QPushButton, "error.close"), Qt.MouseButton.LeftButton)
    desk.qtbot.waitUntil(lambda: not dialogs())
    desk.type(window, "imaging.sigma", "0.8")
    assert desk.settle(window).job.imaging.sigma == 0.8


def test_an_error_while_drawing_does_not_stop_the_window(
    hooks: None, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixty failing frames are one dialog."""
    window = desk.on_recipe()
    plot = window.histogram.plot
    drawn = type(plot)._paint_bars

    def broken(*_: object) -> None:
        raise ValueError("no bars")

    monkeypatch.setattr(type(plot), "_paint_bars", broken)
    for _ in range(5):
        plot.update()
        desk.qtbot.wait(10)
    desk.qtbot.waitUntil(lambda: len(dialogs()) == 1)
    monkeypatch.setattr(type(plot), "_paint_bars", drawn)
    desk.type(window, "imaging.sigma", "0.8")
    assert desk.settle(window).job.imaging.sigma == 0.8
    assert len(dialogs()) == 1
    dialogs()[0].close()


def test_diagnostics_are_copied_from_the_menu(desk: Any) -> None:
    window = desk.on_recipe()
    QGuiApplication.clipboard().clear()
    window.actions_by_key["help.diagnostics"].trigger()
    text = QGuiApplication.clipboard().text()
    assert "painter" in text and window.result.digest[:8] in text and "PySide" in text
