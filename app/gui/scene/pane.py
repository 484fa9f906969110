"""The pane of the scene editor: the editor is made when it is first needed, most recipes have no scene."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.document.document import RecipeDocument
from app.gui.panels.turns import Turns

if TYPE_CHECKING:
    from app.gui.scene.editor import SceneEditor


class ScenePane(QWidget):
    """Holds the editor.

    Its imports and its parts together take longer than a frame: the window goes on meanwhile.

    Signals
    -------
    node_chosen
        Path of the node that is chosen in the tree; empty for none.
    new_sample_requested
        Another member of the distribution is wanted in the preview.
    """

    node_chosen = Signal(str)
    new_sample_requested = Signal()

    def __init__(self, document: RecipeDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("scene.pane")
        self._document = document
        self._editor: SceneEditor | None = None
        self._turns = Turns(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)

    @property
    def editor(self) -> SceneEditor:
        """The editor, made now if it is not there."""
        if self._editor is None:
            self._turns.begin("editor", self._making())
            self._turns.finish()
        assert self._editor is not None
        return self._editor

    @property
    def complete(self) -> bool:
        """Whether all that is to be seen has been made."""
        return self._turns.idle and (self._editor is None or self._editor.panel.complete)

    def _making(self) -> Iterator[None]:
        from app.gui.scene import nodes  # noqa: F401

        yield
        from app.gui.scene import bar, node_panel  # noqa: F401

        yield
        from app.gui.scene import tree_model, tree_view  # noqa: F401

        yield
        from app.gui.scene.editor import SceneEditor

        yield
        editor = SceneEditor(self._document, self)
        editor.node_chosen.connect(self.node_chosen)
        editor.new_sample_requested.connect(self.new_sample_requested)
        self._editor = editor
        yield
        layout = self.layout()
        assert layout is not None
        layout.addWidget(editor)

    def show_problem(self, parameter: str, sentence: str) -> bool:
        """Say at a node what is wrong with it; False where the parameter belongs to none."""
        return parameter.startswith("specimen.nodes") and self.editor.show_problem(parameter, sentence)

    def clear_problems(self) -> None:
        """Nothing is wrong any more."""
        if self._editor is not None:
            self._editor.clear_problems()

    def reveal(self, path: str) -> bool:
        """Bring the field of a setting into sight; False where it belongs to no node."""
        return path.startswith("specimen.nodes.") and self.editor.reveal(path)

    def choose_named(self, name: str) -> None:
        """Choose a node by its name; members such as ``cdse#3`` are their node.

        Not in the turn of the click that names it: the view has enough to do there.
        """
        QTimer.singleShot(0, self, lambda: self._choose_named(name))

    def _choose_named(self, name: str) -> None:
        from app.gui.scene import nodes

        path = nodes.find(self._document.recipe, name.partition("#")[0])
        if path and self._editor is not None and self._editor.current_path() != path:
            self._editor.choose(path)

    def showEvent(self, event: QShowEvent) -> None:
        if self._editor is None:
            self._turns.begin("editor", self._making())
        super().showEvent(event)
