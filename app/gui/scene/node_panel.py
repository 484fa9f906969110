"""The settings of the chosen node: the parameter panel with a node in the recipe's place."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.gui.document.document import Change, RecipeDocument
from app.gui.document.references import NODES
from app.gui.panels.panel import ParameterPanel
from app.gui.panels.source import EntrySource
from sim.core.settings import Settings

#: Settings of a node that the tree shows.
IN_TREE = ("name", "enabled")


class NodePanel(ParameterPanel):
    """Edits one node of a scene.

    Parameters
    ----------
    document
        The recipe.
    """

    def __init__(self, document: RecipeDocument, parent: QWidget | None = None) -> None:
        self._open: dict[str, bool] = {}
        self._path = ""
        self._kind: type[Settings] | None = None
        super().__init__(document, parent, source=EntrySource(document, "", IN_TREE), name="node")
        self.filter.search.setPlaceholderText("Find a parameter of the node")

    @property
    def path(self) -> str:
        """The node that is shown; empty for none."""
        return self._path

    def show_node(self, path: str) -> None:
        """Show the settings of a node; none for an empty path.  Sections stay open from node to node."""
        source = EntrySource(self._document, path, IN_TREE)
        kind = None if source.entry is None else type(source.entry.settings)
        if path == self._path and kind is self._kind:
            return
        self._remember_open()
        self._path, self._kind = path, kind
        self.setUpdatesEnabled(False)
        self._pending.forget()
        self.clear_problems()
        self._remove_sections()
        self.set_source(source)
        self.setUpdatesEnabled(True)

    def _changed(self, change: Change) -> None:
        if not self._path:
            return
        source = EntrySource(self._document, self._path, IN_TREE)
        if source.entry is None or type(source.entry.settings) is not self._kind:
            # The editor shows what stands there now.
            return
        if NODES in change.paths:
            # Other nodes can be named now.
            self._pending.forget()
            self.clear_problems()
            self._sync_all()
        elif not change.paths or any(path.startswith(f"{self._path}.") for path in change.paths):
            super()._changed(change)

    def _open_at_first(self, prefix: str) -> bool:
        kept = self._open.get(self._relative(prefix))
        return super()._open_at_first(prefix) if kept is None else kept

    def _relative(self, prefix: str) -> str:
        return prefix.removeprefix(self._path).strip(".")

    def _remember_open(self) -> None:
        for prefix, rows in self._sections.items():
            self._open[self._relative(prefix)] = rows.box.is_open
