"""The line above the sections: which settings are to be seen."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QWidget

from app.gui.frame.icons import icon


class FilterBar(QWidget):
    """A search box, and a switch for what is changed only."""

    #: Other settings are to be seen.
    changed = Signal()

    def __init__(self, parent: QWidget | None = None, name: str = "parameters") -> None:
        super().__init__(parent)
        self.search = QLineEdit(self)
        self.search.setObjectName(f"{name}.search")
        self.search.setPlaceholderText("Find a parameter")
        self.search.setAccessibleName("Find a parameter")
        self.search.setToolTip("Show the settings whose name, symbol, path or meaning has these words.")
        self.search.setClearButtonEnabled(True)
        glass = self.search.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        # A button of its own to screen readers.
        glass.setText("Find a parameter")
        self.search.textChanged.connect(lambda *_: self.changed.emit())
        self.only_changed = QToolButton(self)
        self.only_changed.setObjectName(f"{name}.only_changed")
        self.only_changed.setText("Changed")
        self.only_changed.setCheckable(True)
        self.only_changed.setAccessibleName("Only what is changed")
        self.only_changed.setToolTip("Show only the settings that differ from their defaults or vary.")
        self.only_changed.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.only_changed.toggled.connect(lambda *_: self.changed.emit())
        line = QHBoxLayout(self)
        line.setContentsMargins(4, 4, 4, 2)
        line.setSpacing(4)
        line.addWidget(self.search, 1)
        line.addWidget(self.only_changed)

    def words(self) -> tuple[str, ...]:
        """What is searched for, in lower case."""
        return tuple(self.search.text().lower().split())

    def clear(self) -> None:
        """Show everything."""
        self.search.clear()
        self.only_changed.setChecked(False)

    def focus(self) -> None:
        """Put the keyboard into the search box."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()
