"""Axes for the small plots of the inspect panes: ticks at 1-2-5 steps, labels, value ↔ pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from app.gui.frame.theme import colours
from app.gui.scale_bar import nice_length


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most about ``most`` round values between ``low`` and ``high``, both included."""
    span = high - low
    if not (math.isfinite(span) and span > 0.0):
        return [low]
    step = nice_length(span / max(most, 1))
    for larger in (1.0, 2.0, 2.5, 5.0, 10.0):
        if span / (step * larger) <= max(most, 1) + 0.5:
            step = nice_length(step * larger * (1.0 + 1e-9))
            break
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def tick_text(value: float, step: float) -> str:
    """A tick's number, with as many decimals as its step needs."""
    if value != 0.0 and (abs(value) >= 1e5 or step < 1e-4):
        return f"{value:.3g}".replace("e+0", "e").replace("e-0", "e−").replace("-", "−")
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0.0 else 0
    return f"{value + 0.0:.{decimals}f}".replace("-", "−")


@dataclass(frozen=True)
class PlotFrame:
    """The area of a plot and the values at its sides.

    Attributes
    ----------
    area
        Inside the axes, widget pixels.
    x_range, y_range
        Values at left and right, and at bottom and top.
    """

    area: QRectF
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    @classmethod
    def within(
        cls,
        bounds: QRectF,
        metrics: QFontMetricsF,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
    ) -> PlotFrame:
        """A frame with room for the numbers and titles of both axes."""
        line = metrics.height()
        step = _step(ticks(*y_range, max(2, int(bounds.height() / (2.5 * line)))))
        widest = max(
            metrics.horizontalAdvance(tick_text(value, step)) for value in (*y_range, *ticks(*y_range, 4))
        )
        left = widest + line * 0.8
        area = bounds.adjusted(left, line * 1.8, -line * 0.9, -line * 2.5)
        area.setSize(area.size().expandedTo(QRectF(0, 0, 8, 8).size()))
        return cls(area, _wide(x_range), _wide(y_range))

    def x(self, value: float) -> float:
        """Widget position of a value on the horizontal axis."""
        low, high = self.x_range
        return self.area.left() + (value - low) / (high - low) * self.area.width()

    def y(self, value: float) -> float:
        """Widget position of a value on the vertical axis."""
        low, high = self.y_range
        return self.area.bottom() - (value - low) / (high - low) * self.area.height()

    def value_at(self, x: float) -> float:
        """Value on the horizontal axis under a widget position."""
        low, high = self.x_range
        return low + (x - self.area.left()) / max(self.area.width(), 1e-9) * (high - low)

    def draw(self, painter: QPainter, x_title: str, y_title: str) -> None:
        """Axes, ticks, numbers and titles; ``y_title`` stands above the axis, unrotated."""
        metrics = QFontMetricsF(painter.font())
        line = metrics.height()
        named = colours()
        painter.fillRect(self.area, named.plot_ground)
        painter.setPen(QPen(named.plot_grid, 1.0))
        x_ticks = ticks(*self.x_range, max(2, int(self.area.width() / (5.0 * line))))
        y_ticks = ticks(*self.y_range, max(2, int(self.area.height() / (2.5 * line))))
        for value in x_ticks:
            painter.drawLine(
                QPointF(self.x(value), self.area.top()), QPointF(self.x(value), self.area.bottom())
            )
        for value in y_ticks:
            painter.drawLine(
                QPointF(self.area.left(), self.y(value)), QPointF(self.area.right(), self.y(value))
            )
        painter.setPen(named.plot_text)
        for value in x_ticks:
            place = QRectF(self.x(value) - 4 * line, self.area.bottom() + 0.15 * line, 8 * line, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, tick_text(value, _step(x_ticks)))
        for value in y_ticks:
            place = QRectF(0.0, self.y(value) - line / 2, self.area.left() - 0.3 * line, line)
            painter.drawText(
                place,
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                tick_text(value, _step(y_ticks)),
            )
        below = QRectF(self.area.left(), self.area.bottom() + 1.2 * line, self.area.width(), line * 1.2)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, x_title)
        above = QRectF(2.0, self.area.top() - 1.7 * line, self.area.right(), line * 1.2)
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, y_title)


def _step(values: list[float]) -> float:
    return values[1] - values[0] if len(values) > 1 else abs(values[0]) or 1.0


def _wide(values: tuple[float, float]) -> tuple[float, float]:
    low, high = values
    if not (math.isfinite(low) and math.isfinite(high)):
        return 0.0, 1.0
    if high - low > 1e-12 * max(abs(low), abs(high), 1e-300):
        return low, high
    half = abs(low) * 0.5 or 0.5
    return low - half, high + half
