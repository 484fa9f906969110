"""What a report of a mistake needs, as text: versions, platform, graphics, the last log lines.

The user's folders are shortened to ``~``; nothing else of the user's is in it.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.gui.frame.logs import crashes_path, log_path
from sim.core.version import __version__, git_tag

#: Lines of each log.
LOG_LINES = 60
CRASH_LINES = 25
#: Bytes of a log's end that are read.
TAIL = 64_000
LIBRARIES = (
    "PySide6-Essentials", "pyqtgraph", "numpy", "scipy", "ase", "h5py", "pydantic", "numba",
)  # fmt: skip

# The login name stands behind one of these; the folder itself may be of another machine's log.
_HOMES = re.compile(r"(?:(?:/home|/Users)/|[A-Za-z]:\\Users\\)[^/\\\s\"':]+")


def diagnostics(*, renderer: str = "", digest: str = "", errors: Sequence[str] = ()) -> str:
    """Everything a report needs.

    Parameters
    ----------
    renderer
        What draws the structure view.
    digest
        SHA-256 of the plan shown.
    errors
        Tracebacks that the report is about.
    """
    lines = [
        f"Nanophantom {__version__} ({git_tag})",
        f"Python {platform.python_version()} ({platform.python_implementation()}, {_packaging()})",
        f"Platform {platform.platform()} {platform.machine()}, {os.cpu_count()} processors",
        f"Qt {qVersion()}, {_screens()}",
        f"Structure view {renderer or 'not started'}",
        f"Plan {digest or 'none shown'}",
        "Libraries " + ", ".join(f"{name} {_version(name)}" for name in LIBRARIES),
    ]
    for text in errors:
        lines += ["", "Error", text.rstrip()]
    for title, path, count in (
        ("Log", log_path(), LOG_LINES),
        ("Crash reports", crashes_path(), CRASH_LINES),
    ):
        tail = _last_lines(path, count)
        if tail:
            lines += ["", f"{title} ({path})", *tail]
    return without_home("\n".join(lines) + "\n")


def without_home(text: str) -> str:
    """A text with every home folder written ``~``."""
    try:
        home = str(Path.home())
    except RuntimeError:
        home = ""
    if len(home) > 1:
        text = re.sub(re.escape(home) + r"(?=[/\\\s\"':)]|$)", "~", text)
    return _HOMES.sub("~", text)


def _packaging() -> str:
    return "frozen" if getattr(sys, "frozen", False) else "installed"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def _screens() -> str:
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        return "no window"
    screens = "; ".join(
        f"{screen.size().width()}×{screen.size().height()} at scale {screen.devicePixelRatio():g}"
        for screen in QGuiApplication.screens()
    )
    return f"{QGuiApplication.platformName()}, style {application.style().name()}, screens {screens}"


def _last_lines(path: Path, count: int) -> list[str]:
    try:
        with open(path, "rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - TAIL))
            return stream.read().decode("utf-8", "replace").splitlines()[-count:]
    except OSError:
        return []
