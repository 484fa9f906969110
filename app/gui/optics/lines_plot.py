"""A plot of several curves over one axis, with named places on it and a read-out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.frame.theme import colours, is_dark
from app.gui.preview.plot_frame import PlotFrame
from sim.core.types import FloatArray

Role = Literal["main", "faint", "first", "second", "third", "whole"]

#: Colours of further curves on light and dark grounds, told apart with any colour vision (Okabe and Ito).
_FURTHER: dict[str, tuple[str, str]] = {
    "first": ("#b84e00", "#f0a070"),
    "second": ("#007a58", "#4fc9a0"),
    "third": ("#9c4f80", "#dd9fc0"),
}
#: Points of curves that bend slowly.
SLOW_POINTS = 160
#: Length of a curve's sample in the legend, pixels.
SAMPLE = 16.0
_DASHES = {
    "first": Qt.PenStyle.DashLine,
    "second": Qt.PenStyle.DashDotLine,
    "third": Qt.PenStyle.DotLine,
}


@dataclass(frozen=True, eq=False)
class Line:
    """One curve.

    Attributes
    ----------
    label
        Its words in the legend; empty for none.
    y
        (n,) values.
    role
        How it is drawn.
    """

    label: str
    y: FloatArray
    role: Role


@dataclass(frozen=True)
class Place:
    """A vertical line with words.

    Attributes
    ----------
    x
        Where.
    label
        Words at its head; empty for none.
    strong
        A line over the whole height instead of a tick at the axis.
    """

    x: float
    label: str
    strong: bool = True


@dataclass(frozen=True, eq=False)
class Lines:
    """What a plot shows.

    Attributes
    ----------
    x
        (n,) ascending.
    lines
        The last is drawn last.
    places
        Named places on the axis.
    y_range
        Bottom and top.
    x_title, y_title
        Of the axes.
    read
        (x) → index of the point that is read, and its words.
    """

    x: FloatArray
    lines: tuple[Line, ...]
    places: tuple[Place, ...]
    y_range: tuple[float, float]
    x_title: str
    y_title: str
    read: Callable[[float], tuple[int, str]]


class LinesPlot(QWidget):
    """Curves, and what the mouse or the arrow keys point at.

    Signals
    -------
    read
        The values in words; empty for none.
    """

    read = Signal(str)

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setAccessibleDescription("Left and right arrow keys read values off the curve")
        self.setToolTip(f"{title}. Arrow keys read values off.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._shown: Lines | None = None
        self._words = ""
        self._at: float | None = None

    @property
    def shown(self) -> Lines | None:
        """What is drawn."""
        return self._shown

    def show_lines(self, lines: Lines | None, words: str = "") -> None:
        """Draw other curves; without any, say why."""
        self._shown, self._words = lines, words
        self._point_at(self._at if lines is not None else None)

    def sizeHint(self) -> QSize:
        return QSize(280, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(150, 120)

    def frame(self) -> PlotFrame:
        """Axes over the whole curve, above the legend."""
        shown = self._shown
        across = (float(shown.x[0]), float(shown.x[-1])) if shown is not None else (0.0, 1.0)
        up = shown.y_range if shown is not None else (-1.0, 1.0)
        metrics = QFontMetricsF(self.font())
        legend = self._legend(metrics)
        below = (legend[-1][0].bottom() + 2.0) if legend else 0.0
        return PlotFrame.within(QRectF(self.rect()).adjusted(0.0, 0.0, 0.0, -below), metrics, across, up)

    def _legend(self, metrics: QFontMetricsF) -> list[tuple[QRectF, Line]]:
        """Places of the names of curves, from left to right and line by line; the first at (0, 0)."""
        named = [line for line in reversed(self._shown.lines) if line.label] if self._shown else []
        placed: list[tuple[QRectF, Line]] = []
        left, top = 0.0, 0.0
        for line in named:
            width = SAMPLE + metrics.horizontalAdvance(line.label) + 16.0
            if left and left + width > self.width() - 4.0:
                left, top = 0.0, top + metrics.height()
            placed.append((QRectF(left, top, width, metrics.height()), line))
            left += width
        return placed

    # --- drawing -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        shown, frame = self._shown, self.frame()
        frame.draw(painter, shown.x_title if shown else "", shown.y_title if shown else "")
        if shown is None:
            painter.setPen(colours().plot_text)
            words = frame.area.adjusted(8.0, 8.0, -8.0, -8.0)
            painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._words)
            return
        painter.setClipRect(frame.area.adjusted(-1.0, -1.0, 1.0, 1.0))
        low, high = shown.y_range
        if low < 0.0 < high:
            painter.setPen(QPen(colours().plot_text, 1.0))
            painter.drawLine(
                QPointF(frame.area.left(), frame.y(0.0)), QPointF(frame.area.right(), frame.y(0.0))
            )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x = [frame.x(value) for value in shown.x.tolist()]
        for line in shown.lines:
            painter.setPen(pen_of(line.role))
            # Those that cannot swing from point to point are drawn with fewer.
            every = 1 if line.role in ("main", "faint") else max(1, len(x) // SLOW_POINTS)
            y = line.y.tolist()[::every]
            points = [QPointF(at, frame.y(value)) for at, value in zip(x[::every], y, strict=True)]
            if line.role == "main":
                # Qt takes ten times longer for a broad smooth line in one piece than for its segments.
                painter.drawLines([QLineF(one, other) for one, other in pairwise(points)])
            else:
                painter.drawPolyline(QPolygonF(points))
        self._paint_places(painter, frame, shown)
        self._paint_reading(painter, frame, shown)
        painter.setClipping(False)
        self._paint_legend(painter)

    def _paint_places(self, painter: QPainter, frame: PlotFrame, shown: Lines) -> None:
        metrics = QFontMetricsF(self.font())
        level, taken = frame.area.top() + 2.0, -1e9
        row = 0
        places = [
            place
            for place in sorted(shown.places, key=lambda place: place.x)
            if frame.area.left() <= frame.x(place.x) <= frame.area.right()
        ]
        for place in places:
            across = frame.x(place.x)
            style = Qt.PenStyle.DashLine if place.strong else Qt.PenStyle.SolidLine
            painter.setPen(QPen(colours().plot_text, 1.0, style))
            middle = frame.y(0.0) if shown.y_range[0] < 0.0 else frame.area.bottom()
            top, bottom = (
                (frame.area.top(), frame.area.bottom()) if place.strong else (middle - 5, middle + 5)
            )
            painter.drawLine(QPointF(across, top), QPointF(across, bottom))
        # Words after all lines: none goes through them.
        for place in places:
            if not place.label:
                continue
            across = frame.x(place.x)
            width = metrics.horizontalAdvance(place.label) + 6.0
            left = min(max(across - width / 2.0, frame.area.left()), frame.area.right() - width)
            row = (row + 1) % 3 if left < taken else 0
            taken = left + width
            plate = QRectF(left, level + row * metrics.height(), width, metrics.height())
            painter.fillRect(plate, _plate())
            painter.setPen(colours().plot_text)
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, place.label)

    def _paint_legend(self, painter: QPainter) -> None:
        metrics = QFontMetricsF(self.font())
        placed = self._legend(metrics)
        if not placed:
            return
        down = self.height() - placed[-1][0].bottom() - 2.0
        for place, line in placed:
            area = place.translated(4.0, down)
            middle = area.center().y()
            painter.setPen(pen_of(line.role))
            painter.drawLine(QPointF(area.left(), middle), QPointF(area.left() + SAMPLE, middle))
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            words = area.adjusted(SAMPLE + 4.0, 0.0, 0.0, 0.0)
            painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, line.label)

    def _paint_reading(self, painter: QPainter, frame: PlotFrame, shown: Lines) -> None:
        if self._at is None or not shown.lines:
            return
        index, _ = shown.read(self._at)
        at = QPointF(frame.x(float(shown.x[index])), frame.y(float(shown.lines[-1].y[index])))
        painter.setPen(QPen(colours().plot_text, 1.0, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(at.x(), frame.area.top()), QPointF(at.x(), frame.area.bottom()))
        painter.setBrush(colours().plot_first)
        painter.drawEllipse(at, 3.0, 3.0)

    # --- reading -----------------------------------------------------------------------------

    def _point_at(self, x: float | None) -> None:
        self._at = x
        shown = self._shown
        self.read.emit("" if shown is None or x is None else shown.read(x)[1])
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        frame = self.frame()
        inside = self._shown is not None and frame.area.contains(event.position())
        self._point_at(frame.value_at(event.position().x()) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        shown = self._shown
        if step is None or shown is None:
            super().keyPressEvent(event)
            return
        first, last = float(shown.x[0]), float(shown.x[-1])
        at = 0.5 * (first + last) if self._at is None else self._at + step * (last - first) / 200.0
        self._point_at(min(max(at, first), last))


def pen_of(role: Role) -> QPen:
    """How a curve of a role is drawn with the palette in use; Qt is quick with lines up to one pixel."""
    named = colours()
    if role == "main":
        return QPen(named.plot_first, 1.8)
    if role == "faint":
        return QPen(named.outline, 0.8)
    if role == "whole":
        return QPen(named.plot_text, 1.0)
    return QPen(QColor(_FURTHER[role][is_dark()]), 1.0, _DASHES[role])


def _plate() -> QColor:
    ground = QColor(colours().plot_ground)
    ground.setAlpha(215)
    return ground
