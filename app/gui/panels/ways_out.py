"""Buttons below a problem that mend it by one click."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget


class WaysOut(QWidget):
    """Shows some ways out of a problem side by side; hidden while there are none."""

    #: (key) a way was chosen.
    chosen = Signal(str)

    def __init__(self, name: str, indent: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._ways: tuple[tuple[str, str], ...] = ()
        self._buttons: list[QToolButton] = []
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(indent, 0, 0, 2)
        self._line.setSpacing(4)
        self._line.addStretch(1)
        self.hide()

    def offer(self, ways: Sequence[tuple[str, str]]) -> bool:
        """Show buttons; True where they are others than before.

        Parameters
        ----------
        ways
            (key, text on the button) of each.
        """
        other = tuple(ways) != self._ways
        if other:
            self._ways = tuple(ways)
            for button in self._buttons:
                button.hide()
                self._line.removeWidget(button)
                button.deleteLater()
            self._buttons = [self._button(key, text) for key, text in ways]
        self.setVisible(bool(ways))
        return other

    def _button(self, key: str, text: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"{self.objectName()}.{key}")
        button.setText(text)
        button.setToolTip("Mends what is said above.")
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # Not in the turn of the click: what mends a problem takes its buttons away.
        button.clicked.connect(lambda *_: self.chosen.emit(key), Qt.ConnectionType.QueuedConnection)
        self._line.insertWidget(self._line.count() - 1, button)
        return button
