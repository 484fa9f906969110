"""Where the window's log and its crash reports lie."""

from __future__ import annotations

from pathlib import Path

from app.gui.frame.file_manager import show_folder
from sim.core.places import log_folder


def log_path() -> Path:
    """The log of the window."""
    return log_folder() / "window.log"


def crashes_path() -> Path:
    """What faulthandler writes of native crashes: of a driver, of a library."""
    return log_folder() / "crashes.log"


def open_log_folder() -> None:
    """Show the folder of logs in the file manager."""
    folder = log_folder()
    folder.mkdir(parents=True, exist_ok=True)
    show_folder(folder)
