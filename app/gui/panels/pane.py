"""The pane of the parameters: the panel is made when it is first needed, the start page has no recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.document.document import RecipeDocument

if TYPE_CHECKING:
    from app.gui.panels.panel import ParameterPanel


class ParameterPane(QWidget):
    """Holds the panel.

    The panel has the settings of every kind there is; what it imports is not needed before.
    """

    def __init__(self, document: RecipeDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("parameters.pane")
        self._document = document
        self._panel: ParameterPanel | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    @property
    def panel(self) -> ParameterPanel:
        """The panel, made now if it is not there."""
        if self._panel is None:
            from app.gui.panels.panel import ParameterPanel

            self._panel = ParameterPanel(self._document, self)
            self._column.addWidget(self._panel)
        return self._panel

    def open_sections(self) -> tuple[str, ...]:
        """Prefixes of the sections that are open; none before there is a panel."""
        return () if self._panel is None else self._panel.open_sections()

    def clear_problems(self) -> None:
        """Nothing is wrong any more."""
        if self._panel is not None:
            self._panel.clear_problems()

    def showEvent(self, event: QShowEvent) -> None:
        # Before the docks are laid out: they go by what is in them.
        _ = self.panel
        super().showEvent(event)
