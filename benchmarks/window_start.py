"""From starting the program to its window on the screen, and what of it is Python and Qt alone.

Each start is a process of its own, drawn offscreen, with a home folder of its own, and finds the modules
compiled, as in an installed program.

The time is that of one clock which parent and child read: what psutil tells of a process's creation is
late or early by up to a second, for the kernel gives the time of the machine's start in whole seconds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.registry import Line, Observation, Ratio, benchmark, three_digits, verdict

STARTS = 5
ROOT = Path(__file__).resolve().parent.parent

WINDOW = """
import sys, time
from app.gui.start import make_application
application = make_application(["nanophantom"])
from PySide6.QtCore import QEvent, QObject
from app.gui.window import MainWindow
class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and watched.isVisible():
            application.postEvent(self, QEvent(QEvent.Type.User))
        return False
    def customEvent(self, event):
        print(time.monotonic(), flush=True)
        window.menuBar().removeEventFilter(self)
        window.close_without_asking()
window = MainWindow()
watch = Watch()
window.menuBar().installEventFilter(watch)  # drawn in one go with the rest
window.show()
window.open_first([])
sys.exit(application.exec())
"""

FLOOR = """
import time
import numpy, pydantic
from PySide6.QtWidgets import QApplication, QLabel
application = QApplication([])
label = QLabel("floor")
label.show()
application.processEvents()
print(time.monotonic(), flush=True)
"""


def start(code: str, compiled: Path) -> float:
    """Seconds from the start of a process to the time that its code prints.

    Parameters
    ----------
    code
        Python.
    compiled
        Folder of the compiled modules; what is not there is compiled and kept in it.
    """
    with tempfile.TemporaryDirectory() as home:
        surroundings = {
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "NANOPHANTOM_HOME": home,
            "PYTHONPATH": str(ROOT),
            "PYTHONPYCACHEPREFIX": str(compiled),
        }
        for name in ("DISPLAY", "PYTHONDONTWRITEBYTECODE"):
            surroundings.pop(name, None)
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", code], env=surroundings, capture_output=True, text=True, check=True
        )
    return float(done.stdout.split()[0]) - begun


def lines() -> Sequence[Line]:
    """Medians of starts in turn; the first of each compiles, fills the disk's cache and does not count."""
    times: dict[str, list[float]] = {"window": [], "floor": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(STARTS + 1):
            times["window"].append(start(WINDOW, Path(folder)))
            times["floor"].append(start(FLOOR, Path(folder)))
    window, floor = (statistics.median(times[name][1:]) for name in ("window", "floor"))
    target = Ratio("", "", most=2.0)
    return (
        Line("start", "process to window painted", f"{three_digits(window)} s", "", three_digits(window),
             verdict(window, target)),
        Line("start", "numpy, pydantic and one Qt label", f"{three_digits(floor)} s", "", "", ""),
    )  # fmt: skip


@benchmark("window_start")
def window_start() -> Sequence[Observation]:
    """The start of the window."""
    return (Observation("start of the window", lines),)
