"""What the user prefers, whatever the recipe: kept between starts, described like every setting."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from app.gui.document import file_lock, stored
from sim.core.places import config_folder
from sim.core.settings import About, Quantity, Settings

VERSION = 1
FILE = "preferences.json"
#: ``MIGRATIONS[n]`` turns preferences of version n into those of version n + 1.
MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


class Preferences(Settings):
    """Preferences of the window; none of them changes an image."""

    version: Literal[1] = 1
    theme: Annotated[
        Literal["system", "light", "dark"],
        About("Colours of the window; system follows the desktop where it says light or dark."),
    ] = "system"
    structure_view: Annotated[
        Literal["auto", "gl", "painter"],
        About(
            "How the structure is drawn: gl uses OpenGL, painter needs none, auto uses OpenGL where the "
            "graphics card provides it.",
            label="Structure is drawn",
        ),
    ] = "auto"
    colour_map: Annotated[
        Literal["grey", "grey inverted", "viridis", "inferno", "fire", "hot", "cyclic"],
        About("Colours of the image preview, until others are chosen there.", label="Colours of the preview"),
    ] = "grey"
    live_preview: Annotated[
        bool,
        About(
            "Render the image after every change; otherwise only when asked to refresh.",
            label="Render after every change",
        ),
    ] = True
    autosave: Annotated[
        bool,
        About(
            "Keep a copy of unsaved changes, to be restored after a crash or a power cut.",
            label="Keep a copy of unsaved changes",
        ),
    ] = True
    autosave_seconds: Annotated[
        float,
        Quantity(
            "s",
            low=1.0,
            high=3600.0,
            step=5.0,
            about="Time from one autosave to the next.",
            label="Copy them every",
        ),
    ] = 20.0
    restore_workspace: Annotated[
        bool,
        About(
            "Begin with the recipe and the layout of the last time.",
            label="Begin with the work of the last time",
        ),
    ] = True
    confirm_discard: Annotated[
        bool,
        About("Ask before unsaved changes are given up.", label="Ask before unsaved changes are given up"),
    ] = True
    confirm_close_during_run: Annotated[
        bool,
        About(
            "Ask before the window is closed while a dataset is being made.",
            label="Ask before closing while a dataset is being made",
        ),
    ] = True
    export_workers: Annotated[
        int,
        Quantity(
            low=0, high=1024, step=1,
            about="Processes that make a dataset; 0 takes as many as there are processors. The images do "
            "not depend on it.",
            label="Processes of an export",
        ),
    ] = 0  # fmt: skip
    last_folder: Annotated[str, About("Folder in which files were opened or saved last.")] = ""
    last_dataset_folder: Annotated[str, About("Folder in which a dataset was written last.")] = ""


def preferences_file() -> Path:
    """Where the preferences lie."""
    return config_folder() / FILE


def load_preferences(path: Path | None = None) -> tuple[Preferences, str]:
    """The preferences, or the defaults with a sentence where the file cannot be used; never raises."""
    found, fault = stored.load(
        Preferences, path or preferences_file(), VERSION, MIGRATIONS, "The preferences"
    )
    return found or Preferences(), fault


def change_preferences(values: Mapping[str, Any], otherwise: Preferences, path: Path | None = None) -> str:
    """Write some preferences and leave the others as the file has them: other windows write it, too.

    Parameters
    ----------
    values
        What has changed, by name.
    otherwise
        All preferences as they are now, for a file that is not there or cannot be used.
    path
        The file; the user's if left out.

    Returns
    -------
    A sentence if that failed, else empty.
    """
    path = path or preferences_file()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
    # Whoever holds the lock for longer than we wait is stuck.
    with file_lock.held(path.with_name(f"{path.name}.lock")):
        present, _ = stored.load(Preferences, path, VERSION, MIGRATIONS, "The preferences")
        return stored.save((present or otherwise).model_copy(update=dict(values)), path)


def save_preferences(preferences: Preferences, path: Path | None = None) -> str:
    """Write the preferences whole; a sentence if that failed, else empty."""
    return stored.save(preferences, path or preferences_file())
