"""The pane of the scene editor: the editor is made when it is first needed, most recipes have no scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.document.document import RecipeDocument

if TYPE_CHECKING:
    from app.gui.scene.editor import SceneEditor


class ScenePane(QWidget):
    """Holds the editor.

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
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)

    @property
    def editor(self) -> SceneEditor:
        """The editor, made now if it is not there."""
        if self._editor is None:
            from app.gui.scene.editor import SceneEditor

            self._editor = SceneEditor(self._document, self)
            self._editor.node_chosen.connect(self.node_chosen)
            self._editor.new_sample_requested.connect(self.new_sample_requested)
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self._editor)
        return self._editor

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
        """Choose a node by its name; members such as ``cdse#3`` are their node."""
        from app.gui.scene import nodes

        path = nodes.find(self._document.recipe, name.partition("#")[0])
        if path and self._editor is not None and self._editor.current_path() != path:
            self._editor.choose(path)

    def showEvent(self, event: QShowEvent) -> None:
        _ = self.editor
        super().showEvent(event)
