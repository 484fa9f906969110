"""How often every intensity occurs, with the levels of black and white as lines to drag."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHideEvent,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.gui.frame.theme import colours
from app.gui.preview import colour_maps
from app.gui.preview.inspect_pane import InspectPane, small_button
from app.gui.preview.plot_frame import PlotFrame
from app.gui.preview.results import Histogram, Result

#: Shortest time between two drawings while images stream in, ms.
DRAWING_INTERVAL = 100
#: How near the mouse must be to a line, widget pixels.
REACH = 8.0
#: One press of an arrow key moves a level by this share of the axis.
KEY_STEP = 0.01


class HistogramPlot(QWidget):
    """The bars and the two lines.

    Signals
    -------
    levels_changed
        Black and white, dragged or moved by keys (float, float).
    """

    levels_changed = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview.histogram.plot")
        self.setAccessibleName("Histogram; arrow keys move white, with Shift black")
        self.setToolTip("Drag the lines to set black and white; arrow keys move white, with Shift black")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.logarithmic = False
        self.unit, self.quantity = "", "Intensity"
        self.colour_map = colour_maps.GREY
        self._histogram: Histogram | None = None
        self._low, self._high = 0.0, 1.0
        self._dragged = ""
        self._drawings = 0

    @property
    def drawings(self) -> int:
        """How often it has been drawn."""
        return self._drawings

    @property
    def levels(self) -> tuple[float, float]:
        """Black and white."""
        return self._low, self._high

    def show_values(self, histogram: Histogram | None, low: float, high: float) -> None:
        """Show other bars; a line in hand stays with the mouse."""
        self._histogram = histogram
        if not self._dragged:
            self._low, self._high = low, high
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, 180)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, 110)

    def frame(self) -> PlotFrame:
        """Axes: all values of the image, and the levels where they lie outside."""
        left, right, top = self._low, self._high, 1.0
        histogram = self._histogram
        if histogram is not None and len(histogram.counts):
            left = min(float(histogram.edges[0]), self._low)
            right = max(float(histogram.edges[-1]), self._high)
            top = max(float(self._heights(histogram).max()), 1e-9)
        bounds = QRectF(self.rect())
        return PlotFrame.within(bounds, QFontMetricsF(self.font()), (left, right), (0.0, top * 1.04))

    def _heights(self, histogram: Histogram) -> np.ndarray:
        counts = histogram.counts.astype(np.float64)
        return np.log10(counts + 1.0) if self.logarithmic else counts

    # --- drawing -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        self._drawings += 1
        painter = QPainter(self)
        try:
            frame = self.frame()
            title = f"{self.quantity}, {self.unit}" if self.unit else self.quantity
            frame.draw(painter, title, "log₁₀ (pixels + 1)" if self.logarithmic else "Pixels")
            if self._histogram is not None:
                painter.setClipRect(frame.area)
                self._paint_bars(painter, frame, self._histogram)
                painter.setClipping(False)
                self._paint_levels(painter, frame)
        finally:
            painter.end()

    def _paint_bars(self, painter: QPainter, frame: PlotFrame, histogram: Histogram) -> None:
        heights = self._heights(histogram)
        outline = [QPointF(frame.x(float(histogram.edges[0])), frame.area.bottom())]
        for left, right, height in zip(
            histogram.edges[:-1].tolist(), histogram.edges[1:].tolist(), heights.tolist(), strict=True
        ):
            level = frame.y(height)
            outline += [QPointF(frame.x(left), level), QPointF(frame.x(right), level)]
        outline.append(QPointF(frame.x(float(histogram.edges[-1])), frame.area.bottom()))
        colour = colours().plot_first
        painter.setPen(QPen(colour, 1.0))
        fill = QColor(colour)
        fill.setAlphaF(0.45)
        painter.setBrush(fill)
        painter.drawPolygon(QPolygonF(outline))

    def _paint_levels(self, painter: QPainter, frame: PlotFrame) -> None:
        """Lines at black and white, and between them the colours that the image gets."""
        low, high = frame.x(self._low), frame.x(self._high)
        text = colours().plot_text
        ramp = QLinearGradient(low, 0.0, max(high, low + 1.0), 0.0)
        table = colour_maps.lookup(self.colour_map)
        for stop in range(0, 256, 15):
            ramp.setColorAt(stop / 255.0, QColor(*(int(part) for part in table[stop])))
        band = QRectF(frame.area.left(), frame.area.top() - 6.0, frame.area.width(), 6.0)
        painter.fillRect(band, ramp)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for at, fill in ((low, QColor(0, 0, 0)), (high, QColor(255, 255, 255))):
            painter.setPen(QPen(text, 1.2, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(at, frame.area.top()), QPointF(at, frame.area.bottom()))
            painter.setPen(QPen(text, 1.2))
            painter.setBrush(fill)
            foot = frame.area.bottom()
            painter.drawPolygon(
                QPolygonF([QPointF(at, foot - 9.0), QPointF(at + 5.0, foot), QPointF(at - 5.0, foot)])
            )

    # --- levels ------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._histogram is not None:
            self._dragged = self._line_at(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._dragged:
            self._move(self._dragged, self.frame().value_at(x))
        else:
            near = bool(self._line_at(x)) and self._histogram is not None
            self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1.0, Qt.Key.Key_Right: 1.0}
        direction = steps.get(Qt.Key(event.key()))
        if direction is None or self._histogram is None:
            super().keyPressEvent(event)
            return
        left, right = self.frame().x_range
        black = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        value = (self._low if black else self._high) + direction * KEY_STEP * (right - left)
        self._move("low" if black else "high", value)

    def _line_at(self, x: float) -> str:
        frame = self.frame()
        away = {"low": abs(frame.x(self._low) - x), "high": abs(frame.x(self._high) - x)}
        nearest = "low" if away["low"] < away["high"] else "high"
        return nearest if away[nearest] <= REACH else ""

    def _move(self, line: str, value: float) -> None:
        # The lines never meet: an image of one grey step shows nothing.
        left, right = self.frame().x_range
        apart = (right - left) / 1000.0
        if line == "low":
            self._low = min(value, self._high - apart)
        else:
            self._high = max(value, self._low + apart)
        self.update()
        self.levels_changed.emit(self._low, self._high)


class HistogramView(InspectPane):
    """Histogram, black and white as numbers, logarithmic counts.

    Signals
    -------
    levels_changed
        Black and white shall be locked here (float, float).
    auto_requested
        Black and white shall follow the image.
    """

    levels_changed = Signal(float, float)
    auto_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview.histogram")
        self.plot = HistogramPlot()
        self.plot.levels_changed.connect(self._levels_dragged)
        self.log_button = small_button(
            "preview.histogram.log", "Log", "Logarithm of the counts", checkable=True
        )
        self.log_button.toggled.connect(self._set_logarithmic)
        # Most pixels of a particle's image are vacuum: their bar would leave nothing of the others.
        self.log_button.setChecked(True)
        self.auto_button = small_button(
            "preview.histogram.auto", "Auto", "Let black and white follow the image"
        )
        self.auto_button.clicked.connect(self.auto_requested)
        self.levels_label = QLabel()
        self.levels_label.setObjectName("preview.histogram.levels")
        self.levels_label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout()
        row.setContentsMargins(4, 0, 4, 2)
        row.addWidget(self.levels_label, 1)
        row.addWidget(self.auto_button)
        row.addWidget(self.log_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 0)
        column.setSpacing(0)
        column.addWidget(self.plot, 1)
        column.addLayout(row)
        self._waiting: Result | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(DRAWING_INTERVAL)
        self._pause.timeout.connect(self._draw_waiting)

    def set_result(self, result: Result) -> None:
        """Show another histogram, at once or as soon as the last drawing is old enough."""
        self._waiting = result
        if not self._pause.isActive():
            self._draw_waiting()

    def _draw_waiting(self) -> None:
        result, self._waiting = self._waiting, None
        if result is None:
            return
        picture = result.picture
        self.plot.unit, self.plot.quantity = picture.unit, picture.quantity
        self.plot.colour_map = result.display.colour_map
        if picture.histogram is not None:
            self.plot.show_values(picture.histogram, picture.low, picture.high)
        self._say_levels(locked=result.display.levels == "locked")
        self._pause.start()

    def _say_levels(self, *, locked: bool) -> None:
        low, high = self.plot.levels
        words = f"{low:.4g} … {high:.4g} {self.plot.unit}".rstrip().replace("-", "−")
        self.levels_label.setText(f"{words}{', locked' if locked else ''}")
        self.auto_button.setEnabled(locked)

    def _levels_dragged(self, low: float, high: float) -> None:
        self._say_levels(locked=True)
        self.levels_changed.emit(low, high)

    def _set_logarithmic(self, on: bool) -> None:
        self.plot.logarithmic = on
        self.plot.update()

    def hideEvent(self, event: QHideEvent) -> None:
        self._pause.stop()
        super().hideEvent(event)
