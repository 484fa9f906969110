"""A spin box whose text may carry a unit: what is typed is what is meant.

It knows numbers and units, not recipes: whether a value suits the recipe is for others to say.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QGuiApplication, QKeyEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QWidget

from app.gui.document import numbers
from app.gui.panels.idle_undo import is_idle_undo
from sim.core.errors import InputError, InputErrors

#: Room for a number and its unit, in characters.
CHARACTERS = 9
#: One notch of a mouse wheel, in Qt's eighths of a degree.
NOTCH = 120


class QuantityEdit(QAbstractSpinBox):
    """A number with its unit, typed or stepped.

    Arrow keys, arrow buttons and the wheel (only while the box has the focus) move by one step, with
    Ctrl by a tenth of one, with Shift by ten.  Typing takes effect with Return or on leaving the box;
    Escape brings the value back.

    Parameters
    ----------
    unit
        Unit of the values; a typed length in nm is converted.
    low, high, above
        Bounds that stepping keeps to; typed values are passed on as they are.
    step
        One step, in ``unit``.
    whole
        Whole numbers only.
    words
        Words that may stand in place of a number.
    characters
        Room for the text, at least.
    """

    #: A number (or one of the words) was typed or stepped to.
    edited = Signal(object)
    #: What was typed is no number; the sentence says why.
    invalid = Signal(str)
    #: Escape: back to the value.
    reverted = Signal()

    def __init__(
        self,
        unit: str = "",
        *,
        low: float | None = None,
        high: float | None = None,
        above: bool = False,
        step: float | None = None,
        whole: bool = False,
        words: tuple[str, ...] = (),
        characters: int = CHARACTERS,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._unit, self._low, self._high, self._above = unit, low, high, above
        self._step = step or (1.0 if whole else None)
        self._whole, self._words, self._characters = whole, words, characters
        self._value: float | str | None = None
        self._shown = ""
        self._wheel = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setAccelerated(True)
        self.editingFinished.connect(self._commit)

    # --- value -------------------------------------------------------------------------------

    @property
    def value(self) -> float | str | None:
        """The value shown last, in ``unit``; None before there is one."""
        return self._value

    @property
    def modified(self) -> bool:
        """Whether something is typed that has not taken effect."""
        return bool(self.lineEdit().text() != self._shown)

    def set_value(self, value: float | str | None) -> None:
        """Show a value; nothing is emitted."""
        if value == self._value and type(value) is type(self._value) and not self.modified:
            return
        self._value = value
        self._shown = self._text_of(value)
        self._show_text()

    def _show_text(self) -> None:
        self.lineEdit().setText(self._shown)
        if not self.hasFocus():
            # Where it does not fit, the first digits are those that matter.
            self.lineEdit().setCursorPosition(0)

    def _text_of(self, value: float | str | None) -> str:
        if value is None:
            return ""
        return value if isinstance(value, str) else numbers.format(value, self._unit, self._step)

    def _read(self) -> float | int | str:
        """The typed text as a value."""
        text = self.lineEdit().text().strip()
        if text.lower() in self._words:
            return text.lower()
        value = numbers.parse(text, unit=self._unit)
        if not self._whole:
            return value
        if value != int(value):
            raise InputError(text, "is no whole number", remedy="remove the decimals")
        # A whole number beyond 2⁵³ has lost digits on its way through a float.
        return int(text) if text.lstrip("+-").isdecimal() else int(value)

    def _commit(self) -> None:
        if not self.modified:
            return
        try:
            value = self._read()
        except InputError as error:
            self.invalid.emit(sentence(error))
            return
        # What was typed stays until the value comes back through set_value: it may be refused.
        self.edited.emit(value)

    def revert(self) -> None:
        """Forget what was typed."""
        self.lineEdit().setText(self._shown)
        self.reverted.emit()

    # --- stepping ----------------------------------------------------------------------------

    def stepBy(self, steps: int) -> None:
        modifiers = QGuiApplication.keyboardModifiers()
        fine = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        coarse = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        # The style already multiplies by ten where Ctrl is held.
        self.step(max(-1, min(1, steps)) if fine else steps, fine=fine, coarse=coarse)

    def step(self, steps: int, *, fine: bool = False, coarse: bool = False) -> None:
        """Move by some steps, within the bounds."""
        try:
            start = self._read()
        except InputError as error:
            self.invalid.emit(sentence(error))
            return
        if isinstance(start, str):
            return
        moved = numbers.stepped(
            start,
            steps,
            self._step,
            fine=fine,
            coarse=coarse,
            low=self._low,
            high=self._high,
            above=self._above,
            whole=self._whole,
        )
        if moved != self._value or self.modified:
            self.edited.emit(moved)
            self.lineEdit().selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        enabled = QAbstractSpinBox.StepEnabledFlag.StepNone
        if self.isReadOnly() or self._value is None or isinstance(self._value, str):
            return enabled
        if self._high is None or self._value < self._high:
            enabled |= QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
        if self._low is None or self._value > self._low:
            enabled |= QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        return enabled

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        # Any text may be typed on the way to a number; reading it comes at the end.
        return QValidator.State.Acceptable, text, position

    # --- events ------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if is_idle_undo(event, self.modified):
            # Nothing is typed: undo is the window's, not this line's.
            event.ignore()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: 10,
            Qt.Key.Key_PageDown: -10,
        }.get(Qt.Key(event.key()))
        if steps is not None:
            modifiers = event.modifiers()
            self.step(
                steps,
                fine=bool(modifiers & Qt.KeyboardModifier.ControlModifier),
                coarse=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
            )
            event.accept()
        elif event.key() == Qt.Key.Key_Escape and self.modified:
            self.revert()
            event.accept()
        elif event.key() == Qt.Key.Key_Escape:
            # What is shown may be a value that was refused and waits; whether it does is for others to know.
            self.reverted.emit()
            super().keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus():
            event.ignore()  # the panel scrolls
            return
        delta = event.angleDelta()
        # Shift turns a wheel sideways on some systems.
        self._wheel += delta.y() or delta.x()
        steps = int(self._wheel / NOTCH)
        if steps:
            self._wheel -= steps * NOTCH
            modifiers = event.modifiers()
            self.step(
                steps,
                fine=bool(modifiers & Qt.KeyboardModifier.ControlModifier),
                coarse=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
            )
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._wheel = 0
        super().focusOutEvent(event)
        self.lineEdit().setCursorPosition(0)

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        hint.setWidth(self._width())
        return hint

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        hint.setWidth(self._width())
        return hint

    def _width(self) -> int:
        metrics = self.fontMetrics()
        # The arrows take about as much room as the line is high.
        return int(metrics.horizontalAdvance("0") * self._characters + metrics.height() * 1.6)


def sentence(error: InputError) -> str:
    """What is wrong, for a line below the field that it concerns: the field need not be named."""
    if isinstance(error, InputErrors):
        return "\n".join(sentence(one) for one in error.errors)
    parts = [error.problem]
    if error.allowed:
        parts.append(f"allowed: {error.allowed}")
    if error.remedy:
        parts.append(error.remedy)
    text = "; ".join(parts)
    # A sentence may begin with the name of a setting, and names are written as they are.
    begins = text if "_" in text.partition(" ")[0] else text[:1].upper() + text[1:]
    return begins + ("" if text.endswith("?") else ".")
