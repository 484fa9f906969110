"""The workspace: what the window showed when it was closed, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from app.gui.document import stored
from sim.core.places import state_folder
from sim.core.settings import About, Settings

VERSION = 1
FILE = "workspace.json"
#: ``MIGRATIONS[n]`` turns a workspace of version n into one of version n + 1.
MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


class Workspace(Settings):
    """One window as it was.  Trees are checked by whoever takes them back, not here."""

    version: Literal[1] = 1
    recipe: Annotated[dict[str, Any], About("Tree of the recipe, paths of structure files absolute.")] = (
        Field(default_factory=dict)
    )
    path: Annotated[str, About("File of the recipe; empty for one that has none.")] = ""
    dirty: Annotated[bool, About("Whether the recipe had unsaved changes.")] = False
    started: Annotated[bool, About("Whether a recipe was shown, not the start page.")] = False
    selection: Annotated[dict[str, Any], About("Image that was shown.")] = Field(default_factory=dict)
    camera: Annotated[dict[str, Any], About("Camera of the structure view.")] = Field(default_factory=dict)
    display: Annotated[dict[str, Any], About("Levels, colours and overlays of the preview.")] = Field(
        default_factory=dict
    )
    open_sections: Annotated[tuple[str, ...], About("Sections of the parameters that were open.")] = ()
    layout: Annotated[str, About("Docks and toolbars, Base64.")] = ""
    geometry: Annotated[str, About("Place and size of the window, Base64.")] = ""


def workspace_file() -> Path:
    """Where the workspace lies."""
    return state_folder() / FILE


def load_workspace(path: Path | None = None) -> tuple[Workspace | None, str]:
    """The workspace of the last time, None where there is none, and a sentence if it cannot be used."""
    return stored.load(
        Workspace, path or workspace_file(), VERSION, MIGRATIONS, "The workspace of the last time"
    )


def save_workspace(workspace: Workspace, path: Path | None = None) -> str:
    """Write the workspace whole; a sentence if that failed, else empty."""
    return stored.save(workspace, path or workspace_file())
