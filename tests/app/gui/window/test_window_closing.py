"""After the window nothing is left: no thread, timer, process or file that should not be."""

from __future__ import annotations

import gc
import threading
import time
from typing import Any

import psutil
import pytest
from PySide6.QtCore import QObject, QProcess, QThread, QTimer
from PySide6.QtTest import QTest
from shiboken6 import Shiboken

from sim.render.render import render as render_job

pytestmark = pytest.mark.gui


def at_work() -> list[str]:
    """Timers, threads and processes of Qt that are active, of Python's objects that live."""
    found = []
    for item in gc.get_objects():
        if not issubclass(type(item), QObject) or not Shiboken.isValid(item):
            continue
        if isinstance(item, QTimer) and item.isActive() and not item.isSingleShot():
            found.append(f"timer of {item.parent()}")
        elif isinstance(item, QProcess) and item.state() != QProcess.ProcessState.NotRunning:
            found.append(f"process {item.program()}")
        elif isinstance(item, QThread) and item is not QThread.currentThread() and item.isRunning():
            found.append(f"thread {item.objectName()}")
    return found


@pytest.mark.parametrize("when", ["start page", "at rest", "rendering", "everything open"])
def test_nothing_is_alive_after_close(desk: Any, when: str) -> None:
    threads, children = set(threading.enumerate()), {child.pid for child in psutil.Process().children()}
    window = desk.open() if when == "start page" else desk.on_recipe()
    if when == "rendering":
        entered = threading.Event()

        def slow(job: Any, context: Any) -> Any:
            entered.set()
            until = time.monotonic() + 5.0
            while time.monotonic() < until:
                context.check()
                time.sleep(0.005)
            return render_job(job, context)

        window.controller._worker._render = slow
        desk.type(window, "imaging.sigma", "0.9")
        desk.qtbot.waitUntil(entered.is_set)
    if when == "everything open":
        for dock in window.docks.values():
            dock.show()
            dock.setFloating(True)
        window.preview.hold_as_b(True)
        window.preview.set_compare("blink")
        window.datasets.export()
        window.help.shortcuts()
        window.help.about()
        desk.qtbot.wait(100)
    assert any(thread not in threads for thread in threading.enumerate()) or when == "start page"
    begun = time.monotonic()
    desk.close(window)
    assert time.monotonic() - begun < 2.0
    assert not [thread for thread in threading.enumerate() if thread not in threads and thread.is_alive()]
    assert not at_work()
    assert not [child for child in psutil.Process().children() if child.pid not in children]
    assert not Shiboken.isValid(window)


def test_what_was_waiting_does_not_reach_a_closed_window(desk: Any) -> None:
    window = desk.on_recipe()
    shown: list[object] = []
    window.shown.connect(shown.append)
    desk.type(window, "imaging.sigma", "0.9")
    window.close_without_asking()
    desk.qtbot.wait(100)
    assert not shown
    QTest.keyClick(window, "x")


def test_windows_one_after_another_do_not_pile_up_memory(desk: Any) -> None:
    for _ in range(2):
        desk.close(desk.on_recipe())
    gc.collect()
    before = psutil.Process().memory_info().rss
    for _ in range(8):
        desk.close(desk.on_recipe())
    gc.collect()
    assert psutil.Process().memory_info().rss - before < 60e6
