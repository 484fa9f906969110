"""A thin slider for a bounded number: one line with a knob and a tick at the default."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from app.gui.frame.theme import colours

#: Positions along the line; finer than any screen.
POSITIONS = 100_000


class ThinSlider(QAbstractSlider):
    """A slider over 0…1, drawn as a line.

    A click on the line moves the knob there and drags it on; arrow keys ask for steps of the number
    beside it rather than of the line.
    """

    #: (0…1) the user moves the knob.
    dragged = Signal(float)
    #: The user took the knob, and let it go.
    pressed = Signal()
    released = Signal()
    #: (steps, fine, coarse) wanted by keyboard or wheel.
    step_wanted = Signal(int, bool, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setRange(0, POSITIONS)
        # The box beside it does with the keyboard all that a slider can.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._mark: float | None = None

    def set_fraction(self, fraction: float) -> None:
        """Put the knob somewhere; nothing is emitted."""
        self.setValue(round(fraction * POSITIONS))

    def set_mark(self, fraction: float | None) -> None:
        """Where the default lies."""
        if fraction != self._mark:
            self._mark = fraction
            self.update()

    # --- events ------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.setSliderDown(True)
        self.pressed.emit()
        self._move(event.position().x())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._move(event.position().x())
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.isSliderDown():
            self.setSliderDown(False)
            self.released.emit()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: 10,
            Qt.Key.Key_PageDown: -10,
        }.get(Qt.Key(event.key()))
        if steps is None:
            event.ignore()
            return
        modifiers = event.modifiers()
        self.step_wanted.emit(
            steps,
            bool(modifiers & Qt.KeyboardModifier.ControlModifier),
            bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
        )
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the panel scrolls

    def hideEvent(self, event: QHideEvent) -> None:
        # Hidden while the knob is held: no release will come.
        if self.isSliderDown():
            self.setSliderDown(False)
            self.released.emit()

    def _move(self, x: float) -> None:
        left, width = self._line()
        fraction = min(1.0, max(0.0, (x - left) / width))
        self.setValue(round(fraction * POSITIONS))
        self.dragged.emit(fraction)

    # --- drawing -----------------------------------------------------------------------------

    def _knob(self) -> float:
        return self.fontMetrics().height() * 0.34

    def _line(self) -> tuple[float, float]:
        knob = self._knob() + 1.0
        return knob, max(1.0, self.width() - 2.0 * knob)

    def sizeHint(self) -> QSize:
        height = self.fontMetrics().height()
        return QSize(height * 5, height)

    def minimumSizeHint(self) -> QSize:
        height = self.fontMetrics().height()
        return QSize(height * 2, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        left, width = self._line()
        middle = self.height() / 2.0
        fraction = self.value() / POSITIONS
        knob = self._knob()
        groove = QColor(palette.text().color())
        groove.setAlpha(60 if self.isEnabled() else 30)
        filled = QColor(colours().accent) if self.isEnabled() else groove
        thickness = 2.0 if not self.isSliderDown() else 3.0
        painter.setPen(QPen(groove, thickness, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(left, middle), QPointF(left + width, middle))
        painter.setPen(QPen(filled, thickness, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(left, middle), QPointF(left + width * fraction, middle))
        if self._mark is not None:
            tick = QColor(palette.text().color())
            tick.setAlpha(140)
            painter.setPen(QPen(tick, 1.0))
            x = left + width * self._mark
            painter.drawLine(QPointF(x, middle + knob * 0.7), QPointF(x, middle + knob * 1.5))
        painter.setPen(QPen(filled, 1.5))
        painter.setBrush(filled if self.isSliderDown() else palette.base())
        x = left + width * fraction
        painter.drawEllipse(QRectF(x - knob, middle - knob, 2 * knob, 2 * knob))
        painter.end()
