"""A QApplication as the program makes it, and a guard that fails tests that leave something behind."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import psutil
import pytest

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

#: How long something that is already ending may still live, seconds.
PATIENCE = 3.0
#: Windows that Qt makes for itself and keeps, by class.
QTS_OWN_WINDOWS = ("QTipLabel", "QComboBoxPrivateContainer", "QRollEffect", "QAlphaWidget", "QWhatsThat")
#: What a pyqtgraph view prints instead of raising.
SWALLOWED = ("Error while drawing item", "Error in callback", "Traceback (most recent call last)")


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    """What must be set before the QApplication, as the program does it."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtWidgets import QApplication

    from app.gui.start import SWITCH_INTERVAL

    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    sys.setswitchinterval(SWITCH_INTERVAL)
    return QApplication


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of panels are not made in turns but at once; tests of the turns set a budget of their own."""
    monkeypatch.setattr("app.gui.panels.turns.BUDGET", float("inf"))


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, timer, process or window behind, or makes Qt complain.

    Messages that a test provokes on purpose are named by the mark ``qt_log_ignore``.
    """
    threads = set(threading.enumerate())
    with_qt = "qapp" in request.fixturenames
    if with_qt:
        request.getfixturevalue("qapp")
    windows = set(_windows()) if with_qt else set()
    # pytest-qt takes the capture off the test before fixtures end; its records stay.
    capture = getattr(request.node, "qt_log_capture", None)
    children = {child.pid for child in psutil.Process().children()} if with_qt else set()
    if with_qt:
        # A worker that collects would destroy widgets outside their thread; the program does the same.
        gc.disable()
    yield
    faults = []
    if with_qt:
        gc.collect(1)
        _deliver()
        faults += _complaints(request.node, capture)
        faults += _left_windows(windows)
        faults += _left_at_work()
        faults += _left_processes(children)
    faults += _left_threads(threads)
    if with_qt:
        # Not while a thread of the test may still allocate.
        gc.enable()
    if faults:
        pytest.fail("the test leaves behind: " + "; ".join(faults), pytrace=False)


def _deliver() -> None:
    """Let what is being deleted go."""
    from PySide6.QtCore import QCoreApplication, QEvent

    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        QCoreApplication.processEvents()


def _windows() -> list[Any]:
    from PySide6.QtWidgets import QApplication
    from shiboken6 import Shiboken

    return [
        widget
        for widget in QApplication.topLevelWidgets()
        if Shiboken.isValid(widget) and widget.metaObject().className() not in QTS_OWN_WINDOWS
    ]


def _left_windows(before: set[Any]) -> list[str]:
    from shiboken6 import Shiboken

    left = [widget for widget in _windows() if widget not in before]
    if left:
        # A widget without parent lives as long as Python's reference to it.
        del left
        gc.collect()
        _deliver()
        left = [widget for widget in _windows() if widget not in before]
    names = [f"window {type(widget).__name__} {widget.objectName()!r}" for widget in left]
    for widget in left:
        if Shiboken.isValid(widget):  # closing one may destroy others
            widget.close()
            widget.deleteLater()
    if left:
        del left
        _deliver()
    return names


def _living(kinds: tuple[type, ...]) -> list[Any]:
    """Python's objects of Qt types whose C++ part is alive."""
    from shiboken6 import Shiboken

    # By type(): looking at proxies and mocks in any other way may run their code.
    found = [item for item in gc.get_objects() if issubclass(type(item), kinds)]
    return [item for item in found if Shiboken.isValid(item)]


def _left_at_work() -> list[str]:
    """Timers that are active, threads and processes that run."""
    from PySide6.QtCore import QProcess, QThread, QThreadPool, QTimer

    names = []
    if not QThreadPool.globalInstance().waitForDone(int(PATIENCE * 1000)):
        names.append("work in the global thread pool")
    main = QThread.currentThread()
    for item in _living((QTimer, QThread, QProcess)):
        if isinstance(item, QTimer):
            if _goes_on(item):
                names.append(f"timer of {type(item.parent()).__name__} every {item.interval()} ms")
                item.stop()
        elif isinstance(item, QThread):
            if item is not main and item.isRunning() and not item.wait(int(PATIENCE * 1000)):
                names.append(f"QThread {item.objectName()!r}")
                item.quit()
                item.wait(int(PATIENCE * 1000))
        elif item.state() != QProcess.ProcessState.NotRunning:
            names.append(f"QProcess {item.program()}")
            item.kill()
            item.waitForFinished(3000)
    return names


def _goes_on(timer: Any) -> bool:
    """Whether a timer is active and does not run out by itself."""
    from shiboken6 import Shiboken

    until = time.monotonic() + PATIENCE
    while Shiboken.isValid(timer) and timer.isActive():
        if not timer.isSingleShot() or time.monotonic() > until:
            return True
        _deliver()
        time.sleep(0.01)
    return False


def _left_processes(before: set[int]) -> list[str]:
    left = [child for child in psutil.Process().children() if child.pid not in before]
    _, alive = psutil.wait_procs(left, timeout=PATIENCE) if left else ([], [])
    names = []
    for child in alive:
        try:
            words = " ".join(child.cmdline()[:6])
            if "resource_tracker" not in words:
                names.append(f"process {words}")
                child.kill()
        except psutil.NoSuchProcess:
            continue
    return names


def _left_threads(before: set[threading.Thread]) -> list[str]:
    names = []
    for thread in set(threading.enumerate()) - before:
        # Qt's own threads appear as dummies when they call Python; they cannot be joined.
        if isinstance(thread, threading._DummyThread):
            continue
        thread.join(PATIENCE)
        if thread.is_alive():
            names.append(f"thread {thread.name!r}")
    return names


def _complaints(item: pytest.Item, capture: Any) -> list[str]:
    """Warnings of Qt, and errors that were printed instead of raised."""
    from app.gui.frame.errors import is_known_message

    records = capture.records if capture is not None else []
    said = [
        f"Qt said {record.message!r}"
        for record in records
        if record.matches_level("WARNING") and not record.ignored and not is_known_message(record.message)
    ]
    printed = [
        f"{words!r} was printed"
        for when, stream, text in item._report_sections
        for words in SWALLOWED
        if when == "call" and stream in ("stdout", "stderr") and words in text
    ]
    return said + printed
