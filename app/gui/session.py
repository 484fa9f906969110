"""The workspace: what the window remembers from one start to the next."""

from __future__ import annotations

import base64
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.gui.document.workspace import Workspace, load_workspace, save_workspace
from app.gui.frame.errors import logger
from app.gui.preview.results import Display, Selection
from sim.core.errors import NanophantomError
from sim.core.settings import validate
from sim.recipe.model import Recipe

if TYPE_CHECKING:
    from app.gui.window import MainWindow


class Session:
    """Captures the window into a :class:`Workspace` and puts it back."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window

    def capture(self) -> Workspace:
        """Recipe, selection, camera, display, layout, size."""
        window = self.window
        return Workspace(
            recipe=window.document.recipe.sparse_tree(),
            path="" if window.document.path is None else str(window.document.path),
            dirty=window.document.dirty,
            started=not window.on_start_page,
            selection=asdict(window.preview.selection()),
            camera=window.structure.camera_state(),
            display=_display_tree(window.preview.display()),
            open_sections=window.parameters.open_sections(),
            layout=_text(window.panes.state()),
            geometry=_text(bytes(window.saveGeometry().data())),
        )

    def save(self) -> None:
        """Remember the workspace; a full disk must not keep the window from closing."""
        fault = save_workspace(self.capture())
        if fault:
            # There is no window any more in which it could be said.
            logger.warning("%s", fault)

    def restore(self) -> bool:
        """Put the workspace of the last time back; False where there is none or it cannot be used."""
        window = self.window
        workspace, fault = load_workspace()
        if fault:
            window.notices.show_notice(fault)
        if workspace is None or not window.preferences.restore_workspace:
            return False
        window.restoreGeometry(_bytes(workspace.geometry))
        if not workspace.started:
            return False
        try:
            recipe = validate(Recipe, workspace.recipe)
        except NanophantomError as error:
            window.notices.show_notice(f"The recipe of the last time cannot be used: {error}")
            return False
        path = Path(workspace.path) if workspace.path else None
        window.document.restore(recipe, path, dirty=workspace.dirty)
        window.show_start_page(False)
        window.panes.restore(_bytes(workspace.layout))
        try:
            window.preview.set_display(_display(workspace.display))
            window.preview.set_selection(Selection(**workspace.selection))
            window.structure.restore_camera(workspace.camera)
            if workspace.open_sections:
                window.panel.set_open_sections(workspace.open_sections)
        except (TypeError, ValueError, KeyError):
            # Of another version, or edited by hand: the recipe is what matters.
            window.notices.show_notice("The view of the last time could not be restored; it begins anew.")
        window.view.update_checks()
        window.request()
        return True


def _display_tree(display: Display) -> dict[str, Any]:
    tree = asdict(display)
    tree["labels"] = sorted(display.labels)
    tree["profile"] = None  # a line belongs to one image
    return tree


def _display(tree: dict[str, Any]) -> Display:
    known = {name: value for name, value in tree.items() if name in Display.__dataclass_fields__}
    return Display(**{**known, "labels": frozenset(known.get("labels", ())), "profile": None})


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
