"""Holds the content of a dialog: whole where the screen is high enough, scrolled where it is not."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

#: What the content may take of the screen's height: buttons, frame and desktop need the rest.
SCREEN_PART = 0.8


class Content(QWidget):
    """Takes its least height: a scroll area gives what has wrapped lines their preferred one at once."""

    def hasHeightForWidth(self) -> bool:
        return False


class ContentArea(QScrollArea):
    """As wide as the content needs, and as high unless the screen is too low."""

    def __init__(self, content: Content, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self._holder = QWidget(self)
        column = QVBoxLayout(self._holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(content)
        self.setWidget(self._holder)

    def minimumSizeHint(self) -> QSize:
        needed = self._holder.minimumSizeHint()
        highest = round(SCREEN_PART * self.screen().availableSize().height())
        if needed.height() <= highest:
            return needed
        return QSize(needed.width() + self.verticalScrollBar().sizeHint().width(), highest)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and watched is self._holder:
            self.updateGeometry()
        return super().eventFilter(watched, event)
