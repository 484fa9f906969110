"""A label for one sentence in the colour of its weight."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.gui.frame.theme import colours


class SentenceLabel(QLabel):
    """Wraps its words, can be selected, and follows the theme."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = "muted"
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._colour()

    @property
    def kind(self) -> str:
        """``muted``, ``good``, ``warning`` or ``error``."""
        return self._kind

    def say(self, kind: str, text: str) -> None:
        """Show a sentence.

        Parameters
        ----------
        kind
            ``muted``, ``good``, ``warning`` or ``error``.
        """
        self._kind = kind
        self.setText(text)
        self._colour()
        self._keep_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keep_room()

    def _keep_room(self) -> None:
        """As high as the words need at this width: a crowded layout would take a pixel off."""
        self.setMinimumHeight(max(0, self.heightForWidth(self.width())))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ApplicationPaletteChange:
            self._colour()

    def _colour(self) -> None:
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.WindowText, getattr(colours(), self._kind))
        self.setPalette(palette)
