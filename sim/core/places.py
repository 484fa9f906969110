"""Where the program keeps its own files: configuration, cache, logs, autosaved work.

``NANOPHANTOM_HOME`` gathers them all in one folder; otherwise each lies where the system wants it.
"""

from __future__ import annotations

import os
from pathlib import Path

#: Environment variable that moves every place below.
VARIABLE = "NANOPHANTOM_HOME"
_NAME = "nanophantom"


def config_folder() -> Path:
    """Settings of the window and of the user."""
    return _place("config")


def cache_folder() -> Path:
    """Results that can be made again."""
    return _place("cache")


def stages_folder() -> Path:
    """Costly results of rendering, such as exit waves, shared by window and command line."""
    return cache_folder() / "stages"


def log_folder() -> Path:
    """Logs and crash reports."""
    return _place("log")


def state_folder() -> Path:
    """Autosaved work and the like: kept between starts, worth nothing on another machine."""
    return _place("state")


def _place(kind: str) -> Path:
    """The folder of one kind; it is not created."""
    home = os.environ.get(VARIABLE)
    if home:
        return Path(home).expanduser().absolute() / kind
    from platformdirs import PlatformDirs

    folders = PlatformDirs(_NAME, appauthor=False)
    found: Path = getattr(folders, f"user_{kind}_path")
    return found
