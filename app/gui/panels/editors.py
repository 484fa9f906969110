"""The editors of single settings, one for each way a setting is edited.

An editor shows a value and says what the user made of it; it never changes the recipe.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QCheckBox,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from app.gui.document import numbers
from app.gui.document.fields import Field
from app.gui.frame.theme import colours
from app.gui.panels.editor import Combo, Editor
from app.gui.panels.quantity_edit import QuantityEdit
from app.gui.panels.slider import ThinSlider
from app.gui.panels.text_editors import LinesEditor, NumbersEditor, PathEditor, TextEditor, WordsEditor

#: Words of a choice that fit side by side, in characters all together; more go into a combo box.
WIDEST_SEGMENTS = 16
#: Most words that stand side by side.
MOST_SEGMENTS = 3


class Segment(QAbstractButton):
    """One of some words side by side; the chosen one is filled."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text()) + metrics.height(), int(metrics.height() * 1.4))

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        hint.setWidth(hint.width() - self.fontMetrics().height() // 2)
        return hint

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        palette = self.palette()
        chosen = self.isChecked()
        ground = palette.highlight() if chosen else palette.base() if self.underMouse() else palette.button()
        painter.fillRect(self.rect(), ground)
        edge = colours().accent if chosen or self.hasFocus() else colours().outline
        painter.setPen(QPen(edge, 2.0 if self.hasFocus() else 1.0))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setPen((palette.highlightedText() if chosen else palette.buttonText()).color())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()


class NumberEditor(Editor):
    """A number with its unit, and a slider where it is bounded."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.slider: ThinSlider | None = None
        self._scale = numbers.slider_scale(
            field.low, field.high, field.step, whole=field.editor == "integer", above=field.above
        )
        if self._scale is not None:
            self.slider = ThinSlider(self)
            self.adopt(self.slider, suffix=".slider", stretch=1)
            self.slider.pressed.connect(self.gesture_began)
            self.slider.released.connect(self.gesture_ended)
            self.slider.dragged.connect(self._dragged)
        else:
            self.line.addStretch(1)
        self.edit = QuantityEdit(
            field.unit,
            low=field.low,
            high=field.high,
            above=field.above,
            step=field.step,
            whole=field.editor == "integer",
            parent=self,
        )
        self.adopt(self.edit)
        self.edit.edited.connect(self.edited)
        self.edit.invalid.connect(self.invalid)
        self.edit.reverted.connect(self.reverted)
        if self.slider is not None:
            self.slider.step_wanted.connect(self._step)

    def show_value(self, value: Any) -> None:
        self.edit.set_value(value)
        if self.slider is not None and self._scale is not None and isinstance(value, (int, float)):
            self.slider.set_fraction(self._scale.fraction(value))

    def show_default(self, default: Any) -> None:
        if self.slider is not None and self._scale is not None and isinstance(default, (int, float)):
            self.slider.set_mark(self._scale.fraction(default))

    def _dragged(self, fraction: float) -> None:
        assert self._scale is not None
        self.edited.emit(self._scale.value(fraction))

    def _step(self, steps: int, fine: bool, coarse: bool) -> None:
        self.edit.step(steps, fine=fine, coarse=coarse)


class AutoEditor(Editor):
    """A whole number, or "auto"."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._number: int = 0
        self.line.addStretch(1)
        self.button = QToolButton(self)
        self.button.setText("Auto")
        self.button.setCheckable(True)
        self.button.clicked.connect(self._toggled)
        self.adopt(self.button, suffix=".auto")
        self.button.setAccessibleName(f"{field.label}: automatic")
        self.edit = QuantityEdit(
            field.unit,
            low=field.low,
            high=field.high,
            above=field.above,
            step=field.step,
            whole=True,
            words=("auto",),
            parent=self,
        )
        self.adopt(self.edit)
        self.edit.edited.connect(self.edited)
        self.edit.invalid.connect(self.invalid)
        self.edit.reverted.connect(self.reverted)

    def show_value(self, value: Any) -> None:
        self.button.setChecked(value == "auto")
        if isinstance(value, int):
            self._number = value
        self.edit.set_value(value)

    def show_default(self, default: Any) -> None:
        if not self._number and isinstance(default, int):
            self._number = default

    def _toggled(self, automatic: bool) -> None:
        self.edited.emit("auto" if automatic else self._number or int(self.field.low or 1))


class ChoiceEditor(Editor):
    """One of several words: side by side where they are few and short, else in a combo box."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.buttons: dict[Any, Segment] = {}
        self.combo: Combo | None = None
        self._tip = ""
        words = [in_words(choice) for choice in field.choices]
        segmented = field.editor == "choice" and 1 < len(words) <= MOST_SEGMENTS
        if segmented and sum(map(len, words)) <= WIDEST_SEGMENTS:
            self._build_segments(words)
        else:
            self.combo = Combo(self)
            for choice, word in zip(field.choices, words, strict=True):
                self.combo.addItem(word, choice)
            for position, text in enumerate(field.choice_texts):
                self.combo.setItemData(position, text, Qt.ItemDataRole.ToolTipRole)
            self.combo.activated.connect(self._activated)
            self.adopt(self.combo, stretch=1)

    def _build_segments(self, words: Sequence[str]) -> None:
        self._group = QButtonGroup(self)
        self.line.setSpacing(1)
        for choice, word in zip(self.field.choices, words, strict=True):
            button = Segment(word, self)
            button.clicked.connect(lambda *_, value=choice: self.edited.emit(value))
            self._group.addButton(button)
            self.adopt(button, suffix=f".{choice}", stretch=1)
            button.setAccessibleName(f"{self.field.label}: {word}")
            self.buttons[choice] = button
        self.setObjectName(f"field.{self.field.path}")
        self.setAccessibleName(self.field.label)

    def show_value(self, value: Any) -> None:
        if self.combo is not None:
            self.combo.show_data(value)
            self._show_tip()
            return
        button = self.buttons.get(value)
        if button is not None:
            button.setChecked(True)
            self.main = button

    def set_tip(self, tip: str) -> None:
        super().set_tip(tip)
        self._tip = tip
        self._show_tip()

    def _show_tip(self) -> None:
        """What the chosen word means, above what the setting is."""
        if self.combo is not None:
            chosen = self.combo.currentData(Qt.ItemDataRole.ToolTipRole)
            self.combo.setToolTip(f"{chosen}\n\n{self._tip}" if chosen else self._tip)

    def _activated(self, position: int) -> None:
        assert self.combo is not None
        self.edited.emit(self.combo.itemData(position))


class SwitchEditor(Editor):
    """On or off."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.box = QCheckBox(self)
        self.adopt(self.box)
        self.line.addStretch(1)
        self.box.clicked.connect(lambda ticked: self.edited.emit(ticked))

    def show_value(self, value: Any) -> None:
        self.box.setChecked(bool(value))


def in_words(choice: Any) -> str:
    """A word of a choice as it is shown."""
    return str(choice).replace("_", " ") or "none"


#: Editor by ``Field.editor``; the editor of structure files is added where rows are made.
EDITORS: dict[str, Callable[[Field, QWidget], Editor]] = {
    "number": NumberEditor,
    "integer": NumberEditor,
    "auto_integer": AutoEditor,
    "choice": ChoiceEditor,
    "kind": ChoiceEditor,
    "switch": SwitchEditor,
    "text": TextEditor,
    "path": PathEditor,
    "lines": LinesEditor,
    "numbers": NumbersEditor,
    "words": WordsEditor,
}
