"""What the inspect panes have in common: they say when they are open, so that only then work is done."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QToolButton, QWidget

from app.gui.preview.results import Result


class InspectPane(QWidget):
    """A view of one aspect of the shown image.

    Signals
    -------
    opened
        Whether the pane has come into sight or gone out of it.
    copied
        Something was copied to the clipboard (what).
    """

    opened = Signal(bool)
    copied = Signal(str)

    def set_result(self, result: Result) -> None:
        """Show another result."""
        raise NotImplementedError

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.opened.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.opened.emit(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.update()


def small_button(name: str, text: str, tip: str, *, checkable: bool = False) -> QToolButton:
    """A flat button with words."""
    button = QToolButton()
    button.setObjectName(name)
    button.setText(text)
    button.setAccessibleName(text)
    button.setToolTip(tip)
    button.setCheckable(checkable)
    button.setAutoRaise(True)
    return button
