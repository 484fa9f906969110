"""What every editor of a setting offers, and the combo box that several of them use."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QWheelEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QStyle, QStyleOptionComboBox, QWidget

from app.gui.document.fields import Field

#: Letters that a combo box has room for at least.
LEAST_LETTERS = 6


class Editor(QWidget):
    """What every editor offers.

    Attributes
    ----------
    main
        The widget that takes the keyboard focus.
    """

    #: The user chose another value.
    edited = Signal(object)
    #: What was typed cannot be read; the sentence says why.
    invalid = Signal(str)
    #: Escape: what was typed is forgotten.
    reverted = Signal()
    #: The user takes hold of a slider, and lets it go.
    gesture_began = Signal()
    gesture_ended = Signal()

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.main: QWidget = self
        self._adopted: list[QWidget] = []
        self.line = QHBoxLayout(self)
        self.line.setContentsMargins(0, 0, 0, 0)
        self.line.setSpacing(4)

    def adopt(self, widget: QWidget, *, suffix: str = "", stretch: int = 0) -> None:
        """Put a widget in line and name it; the one without suffix is the main one."""
        widget.setObjectName(f"field.{self.field.path}{suffix}")
        widget.setAccessibleName(self.field.label)
        widget.setAccessibleDescription(self.field.about)
        self._adopted.append(widget)
        if not suffix:
            self.main = widget
        self.line.addWidget(widget, stretch)

    def show_value(self, value: Any) -> None:
        """Show a value; nothing is emitted."""
        raise NotImplementedError

    def show_default(self, default: Any) -> None:
        """Mark where the default lies, where the editor can."""

    def set_tip(self, tip: str) -> None:
        """Explain the setting where the mouse rests, and for "What's this"."""
        for widget in (self, *self._adopted):
            widget.setToolTip(tip)
            widget.setWhatsThis(tip)


class Combo(QComboBox):
    """A combo box that leaves the wheel to the panel unless it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        # That of AdjustToMinimumContentsLengthWithIcon: setting the policy makes the box's list at once, and
        # that takes longer than all the rest of a row.
        metrics, side = self.fontMetrics(), self.iconSize()
        height = math.ceil(QFontMetricsF(self.font()).height())
        letters = LEAST_LETTERS * metrics.horizontalAdvance("X") + side.width() + 4
        contents = QSize(letters, max(height, 14, side.height()) + 2)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        return self.style().sizeFromContents(QStyle.ContentsType.CT_ComboBox, option, contents, self)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def show_data(self, value: Any) -> None:
        """Show the item with this data, or nothing."""
        position = self.findData(value)
        if position != self.currentIndex():
            self.setCurrentIndex(position)
