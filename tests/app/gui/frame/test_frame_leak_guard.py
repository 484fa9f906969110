"""The guard of the window's tests: what a test leaves behind makes that test fail, and only that one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.gui

LEAKS = """
import subprocess, sys, threading, time
import pytest
from PySide6.QtCore import QProcess, QThread, QTimer, qWarning
from PySide6.QtWidgets import QWidget

kept = []

def test_timer(qapp):
    timer = QTimer(); timer.start(50); kept.append(timer)

def test_qthread(qapp):
    thread = QThread(); thread.setObjectName("asleep"); thread.start(); kept.append(thread)

def test_thread(qapp):
    event = threading.Event()
    threading.Thread(target=event.wait, name="waiting", args=(8,), daemon=True).start()

def test_window(qapp):
    widget = QWidget(); widget.show(); kept.append(widget)

def test_process(qapp):
    process = QProcess(); process.start(sys.executable, ["-c", "input()"]); process.waitForStarted()
    kept.append(process)

def test_child(qapp):
    kept.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]))

def test_warning(qapp):
    qWarning("a curve without points")

def test_swallowed(qapp):
    print("Error while drawing item <atoms>.")

@pytest.mark.qt_log_ignore("a curve")
def test_allowed_warning(qapp):
    qWarning("a curve without points")

def test_clean(qtbot):
    widget = QWidget(); qtbot.addWidget(widget); widget.show()
    timer = QTimer(widget); timer.start(50)
    QTimer.singleShot(30, widget, lambda: None)
    thread = QThread(); thread.start(); thread.quit(); kept.append(thread)
    threading.Thread(target=time.sleep, args=(0.05,)).start()
"""

FOUND = {
    "test_timer": "timer of",
    "test_qthread": "QThread 'asleep'",
    "test_thread": "thread 'waiting'",
    "test_window": "window QWidget",
    "test_process": "QProcess",
    "test_child": "process",
    "test_warning": "Qt said 'a curve without points'",
    "test_swallowed": "'Error while drawing item' was printed",
}


def test_every_kind_of_leak_is_found(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "test_leaks.py").write_text(LEAKS, encoding="utf-8")
    guard = repository / "tests" / "app" / "gui" / "conftest.py"
    # A short patience: here everything is known to leak.
    text = guard.read_text(encoding="utf-8").replace("PATIENCE = 3.0", "PATIENCE = 0.3")
    (tmp_path / "conftest.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--rootdir", str(tmp_path), "-rE",
         str(tmp_path / "test_leaks.py")],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(repository), "COLUMNS": "400"},
    )  # fmt: skip
    said = {
        line.split("::")[1].split(" ")[0]: line
        for line in done.stdout.splitlines()
        if line.startswith("ERROR")
    }
    assert said.keys() == FOUND.keys(), done.stdout + done.stderr
    assert {name for name, words in FOUND.items() if words not in said[name]} == set(), said
    assert f"10 passed, {len(FOUND)} errors" in done.stdout
