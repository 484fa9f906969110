"""Errors nobody expected: into the log, one dialog, and the program goes on."""

from __future__ import annotations

import faulthandler
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer, qWarning
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app.gui.frame import errors, logs
from app.gui.frame.diagnostics import diagnostics, without_home
from app.gui.frame.error_dialog import ErrorDialog
from sim.core.places import log_folder

pytestmark = [pytest.mark.gui, pytest.mark.qt_no_exception_capture]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NANOPHANTOM_HOME", str(tmp_path / "own"))
    return tmp_path / "own"


@pytest.fixture
def hooks(qapp: QApplication, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The hooks as the program has them; what they would print stays out of the guard's sight."""
    monkeypatch.setattr(errors, "_to_stderr", lambda text: None)
    had = faulthandler.is_enabled()
    errors.install_hooks()
    yield
    errors.remove_hooks()
    if had:
        faulthandler.enable()


def _dialog() -> ErrorDialog | None:
    found = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, ErrorDialog)]
    return found[0] if found and found[0].isVisible() else None


def _log() -> str:
    return logs.log_path().read_text(encoding="utf-8") if logs.log_path().exists() else ""


def _fail(text: str) -> None:
    raise RuntimeError(text)


def _shown(qtbot: QtBot) -> ErrorDialog:
    qtbot.waitUntil(lambda: _dialog() is not None)
    dialog = _dialog()
    assert dialog is not None
    return dialog


def test_error_in_a_slot_is_logged_and_shown_and_the_program_goes_on(hooks: None, qtbot: QtBot) -> None:
    QTimer.singleShot(0, lambda: _fail("the σ of a slot"))
    dialog = _shown(qtbot)
    assert "RuntimeError: the σ of a slot" in dialog.sentence.text()
    assert "in _fail" in _log() and "the σ of a slot" in _log()
    alive: list[int] = []
    QTimer.singleShot(0, lambda: alive.append(1))
    qtbot.waitUntil(lambda: alive == [1])
    dialog.close()


def test_details_open_and_diagnostics_are_copied(hooks: None, qtbot: QtBot) -> None:
    QTimer.singleShot(0, lambda: _fail("seen"))
    dialog = _shown(qtbot)
    text = dialog.findChild(QPlainTextEdit, "error.text")
    assert text is not None and not text.isVisible()
    toggle, copy = dialog.findChild(QToolButton, "error.details"), dialog.findChild(QPushButton, "error.copy")
    assert toggle is not None and copy is not None
    toggle.click()
    assert text.isVisible() and "Traceback" in text.toPlainText()
    copy.click()
    copied = QGuiApplication.clipboard().text()
    assert "RuntimeError: seen" in copied and copied.startswith("Nanophantom ")
    dialog.close()


def test_errors_do_not_pile_up(hooks: None, qtbot: QtBot) -> None:
    """The same error sixty times is one; another one joins the dialog that is open."""
    for _ in range(60):
        QTimer.singleShot(0, lambda: _fail("in every paint event"))
    dialog = _shown(qtbot)
    QTimer.singleShot(0, lambda: {}["gone"])
    qtbot.waitUntil(lambda: "KeyError" in dialog.details.toPlainText())
    assert dialog.details.toPlainText().count("Traceback") == 2
    assert "1 more followed" in dialog.advice.text()
    assert len([w for w in QApplication.topLevelWidgets() if isinstance(w, ErrorDialog)]) == 1
    assert _log().count("RuntimeError: in every paint event") == 1
    dialog.close()


def test_error_in_a_thread_is_shown_by_the_window(hooks: None, qtbot: QtBot) -> None:
    thread = threading.Thread(target=_fail, args=("in a worker",), name="worker of a test")
    thread.start()
    thread.join()
    dialog = _shown(qtbot)
    assert "in a worker" in dialog.sentence.text()
    assert "worker of a test" in _log()
    dialog.close()


def test_quiet_errors_are_only_logged(hooks: None, qtbot: QtBot) -> None:
    try:
        _fail("quietly")
    except RuntimeError as error:
        errors.report_error(error, quiet=True)
    qtbot.wait(20)
    assert "quietly" in _log() and _dialog() is None


def test_interrupt_and_exit_are_no_errors(hooks: None, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(sys, "__excepthook__", lambda *args: seen.append(args[0]))
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
    qtbot.wait(20)
    assert seen == [KeyboardInterrupt] and _dialog() is None and _log() == ""


@pytest.mark.qt_log_ignore("thin line")
def test_messages_of_qt_go_to_the_log(hooks: None) -> None:
    qWarning("thin line")
    assert "WARNING MainThread: Qt: thin line" in _log()


def test_known_messages_are_kept_from_the_console(hooks: None, monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []
    monkeypatch.setattr(errors, "_to_stderr", printed.append)
    qWarning("This plugin does not support propagateSizeHints()")
    assert printed == [] and "propagateSizeHints" in _log()


def test_hooks_are_undone(qapp: QApplication, home: Path) -> None:
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    had = faulthandler.is_enabled()
    errors.install_hooks()
    assert sys.excepthook is not before[0]
    errors.install_hooks()
    errors.remove_hooks()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before
    assert not any(isinstance(item, RotatingFileHandler) for item in errors.logger.handlers)
    if had:
        faulthandler.enable()


def test_without_a_log_folder_the_program_goes_on(
    qapp: QApplication, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("NANOPHANTOM_HOME", str(tmp_path / "file"))
    printed: list[str] = []
    monkeypatch.setattr(errors, "_to_stderr", printed.append)
    errors.install_hooks()
    try:
        QTimer.singleShot(0, lambda: _fail("and still shown"))
        dialog = _shown(qtbot)
        assert "cannot be written" in printed[0]
        dialog.close()
    finally:
        errors.remove_hooks()


def test_native_crash_is_written_to_a_file(tmp_path: Path, repository: Path) -> None:
    """A library that crashes takes the program down; where it was stands in the crash log afterwards."""
    program = (
        "from PySide6.QtWidgets import QApplication; app = QApplication([])\n"
        "from app.gui.frame.errors import install_hooks; install_hooks()\n"
        "import faulthandler; faulthandler._sigabrt()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=repository, capture_output=True, timeout=60,
        env={"NANOPHANTOM_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode != 0
    assert "Aborted" in (tmp_path / "log" / logs.crashes_path().name).read_text(encoding="utf-8")


def test_diagnostics_name_versions_graphics_and_the_last_log_lines(hooks: None) -> None:
    import numpy

    errors.logger.log(logging.WARNING, "the last thing")
    text = diagnostics(renderer="OpenGL: llvmpipe", digest="3f9a", errors=["Traceback of mine"])
    for words in (
        f"numpy {numpy.__version__}",
        "OpenGL: llvmpipe",
        "3f9a",
        "the last thing",
        "Traceback of mine",
    ):
        assert words in text
    assert str(log_folder()) in text


def test_diagnostics_hide_home_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/srv/people/ada")
    text = without_home(
        'File "/srv/people/ada/x.py", /home/bob/y.xyz, /srv/people/adam/z, C:\\Users\\Eve\\a b.toml'
    )
    assert text == 'File "~/x.py", ~/y.xyz, /srv/people/adam/z, ~\\a b.toml'


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_costs_the_log_and_nothing_else(
    qapp: QApplication, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.log_path().parent.mkdir(parents=True)
    logs.log_path().symlink_to("/dev/full")
    had = faulthandler.is_enabled()
    errors.install_hooks()
    try:
        for number in range(3):
            errors.report_error(ValueError(f"number {number}"), quiet=True)
    finally:
        errors.remove_hooks()
        if had:
            faulthandler.enable()
    assert capfd.readouterr().err == ""
