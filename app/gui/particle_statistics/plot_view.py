"""Bars and curves, with the values under the mouse."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.frame.theme import colours
from app.gui.particle_statistics.plots import Plot
from app.gui.preview.plot_frame import PlotFrame

#: Room above the largest value, as a share of the axis; the legend stands there.
HEAD_ROOM = 0.12
#: Part of its place that a bar takes.
BAR_PART = 0.84


class PlotView(QWidget):
    """A plot, and the place that the mouse or the arrow keys point at.

    Signals
    -------
    read
        The values there in words; empty for none.
    """

    read = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("particle_statistics.plot")
        self.setAccessibleName("Distribution")
        self.setAccessibleDescription("Left and right arrow keys read values off the plot")
        self.setToolTip("Arrow keys read values off.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._plot: Plot | None = None
        self._at = -1

    @property
    def plot(self) -> Plot | None:
        """What is drawn."""
        return self._plot

    def show_plot(self, plot: Plot | None) -> None:
        """Draw another plot."""
        self._plot = plot
        self._point_at(-1 if plot is None else min(self._at, len(plot.names) - 1))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, 190)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, 110)

    def frame(self) -> PlotFrame:
        """Axes: from 0 to a little above the largest value."""
        plot = self._plot
        across = (0.0, 1.0) if plot is None else (plot.left, plot.right)
        top = 1.0 if plot is None else plot.top
        return PlotFrame.within(
            QRectF(self.rect()), QFontMetricsF(self.font()), across, (0.0, top * (1.0 + HEAD_ROOM))
        )

    # --- drawing -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        plot, frame = self._plot, self.frame()
        frame.draw(painter, "" if plot is None else plot.x_title, "" if plot is None else plot.y_title)
        if plot is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.save()
            painter.setClipRect(frame.area)
            self._bars(painter, frame, plot)
            self._curves(painter, frame, plot)
            self._marked(painter, frame, plot)
            painter.restore()
            self._legend(painter, frame, plot)
        painter.end()

    def _bars(self, painter: QPainter, frame: PlotFrame, plot: Plot) -> None:
        for number, series in enumerate(plot.bars):
            fill = QColor(*series.colour)
            painter.setBrush(fill)
            painter.setPen(QPen(_edge(fill), 1.0))
            for place, height in enumerate(series.y.tolist()):
                if height > 0.0:
                    painter.drawRect(_bar(frame, plot, place, number, height))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _curves(self, painter: QPainter, frame: PlotFrame, plot: Plot) -> None:
        for curve in plot.curves:
            style = Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine
            points = [
                QPointF(frame.x(x), frame.y(y))
                for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True)
            ]
            # An edge, so that pale colours show on pale ground and across the bars.
            for pen in (
                QPen(_edge(QColor(*curve.colour)), 3.0, style),
                QPen(QColor(*curve.colour), 1.6, style),
            ):
                painter.setPen(pen)
                painter.drawPolyline(QPolygonF(points))

    def _marked(self, painter: QPainter, frame: PlotFrame, plot: Plot) -> None:
        if not 0 <= self._at < len(plot.names) or not (plot.bars or plot.curves):
            return
        across = frame.x(self._middle_of(self._at))
        painter.setPen(QPen(colours().plot_text, 1.0, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(across, frame.area.top()), QPointF(across, frame.area.bottom()))

    def _legend(self, painter: QPainter, frame: PlotFrame, plot: Plot) -> None:
        """Names and colours in a line above the plot, from the right; bars, and curves without bars."""
        entries = [(series.name, series.colour) for series in plot.bars]
        entries = entries or [(curve.name, curve.colour) for curve in plot.curves]
        metrics = QFontMetricsF(painter.font())
        line = metrics.height()
        right, top = frame.area.right(), frame.area.top() - 1.5 * line
        for name, colour in reversed(entries):
            wide = metrics.horizontalAdvance(name)
            painter.setPen(colours().plot_text)
            painter.drawText(
                QRectF(right - wide - 1, top, wide + 2, line), Qt.AlignmentFlag.AlignCenter, name
            )
            swatch = QRectF(right - wide - 1.0 * line, top + 0.2 * line, 0.65 * line, 0.65 * line)
            painter.setPen(QPen(_edge(QColor(*colour)), 1.0))
            painter.setBrush(QColor(*colour))
            painter.drawRect(swatch)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            right = swatch.left() - 0.7 * line

    # --- reading -----------------------------------------------------------------------------

    def _middle_of(self, index: int) -> float:
        plot = self._plot
        assert plot is not None
        if len(plot.edges):
            return 0.5 * float(plot.edges[index] + plot.edges[index + 1])
        return float(plot.curves[0].x[index])

    def _point_at(self, index: int) -> None:
        plot = self._plot
        self._at = index if plot is not None else -1
        inside = plot is not None and 0 <= index < len(plot.names)
        self.read.emit(plot.said_at(index) if plot is not None and inside else "")
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        plot, frame = self._plot, self.frame()
        if plot is None or not plot.names or not frame.area.contains(event.position()):
            self._point_at(-1)
            return
        value = frame.value_at(event.position().x())
        if len(plot.edges):
            index = int(np.searchsorted(plot.edges, value, side="right")) - 1
            self._point_at(min(max(index, 0), len(plot.names) - 1))
        elif plot.curves:
            self._point_at(int(np.argmin(np.abs(plot.curves[0].x - value))))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        plot = self._plot
        if step is None or plot is None or not plot.names or not (plot.bars or plot.curves):
            super().keyPressEvent(event)
            return
        # From the highest place on.
        first = plot.bars[0].y if plot.bars else plot.curves[0].y
        at = int(np.argmax(first)) if self._at < 0 else self._at + step
        self._point_at(min(max(at, 0), len(plot.names) - 1))


def _bar(frame: PlotFrame, plot: Plot, place: int, number: int, height: float) -> QRectF:
    """Where a bar of one of several series stands."""
    left, right = frame.x(float(plot.edges[place])), frame.x(float(plot.edges[place + 1]))
    room = (right - left) * BAR_PART
    width = room / len(plot.bars)
    begin = left + 0.5 * (right - left - room) + number * width
    top = frame.y(height)
    return QRectF(begin, top, width, frame.area.bottom() - top)


def _edge(colour: QColor) -> QColor:
    """A colour's own darker or brighter edge, to be told from the ground of plots."""
    dark = colours().plot_ground.lightnessF() < 0.5
    return colour.lighter(125) if dark else colour.darker(165)
