"""g(r) as a curve, with its value under the mouse."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.frame.theme import colours
from app.gui.preview.plot_frame import PlotFrame
from app.gui.scene_statistics.distribution import Curve

#: Room above the largest value, as a share of the axis.
HEAD_ROOM = 0.05


class CurvePlot(QWidget):
    """The curve, a line at 1, and the value that the mouse or the arrow keys point at.

    Signals
    -------
    read
        The value in words; empty for none.
    """

    read = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("scene_statistics.plot")
        self.setAccessibleName("Pair distribution g(r)")
        self.setAccessibleDescription("Left and right arrow keys read values off the curve")
        self.setToolTip("Pair distribution: 1 where atoms ignore each other. Arrow keys read values off.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._curve: Curve | None = None
        self._words = ""
        self._at = -1

    @property
    def curve(self) -> Curve | None:
        """What is drawn."""
        return self._curve

    def show_curve(self, curve: Curve | None, words: str = "") -> None:
        """Draw another curve; without one, say why."""
        self._curve, self._words = curve, words
        self._point_at(-1 if curve is None else min(self._at, len(curve.r) - 1))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, 170)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, 110)

    def frame(self) -> PlotFrame:
        """Axes: from 0 to the largest distance and the largest value."""
        right, top = 10.0, 1.0
        if self._curve is not None and len(self._curve.r):
            right = float(self._curve.r[-1])
            top = max(1.0, float(self._curve.g.max()))
        bounds = QRectF(self.rect())
        return PlotFrame.within(
            bounds, QFontMetricsF(self.font()), (0.0, right), (0.0, top * (1.0 + HEAD_ROOM))
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        frame = self.frame()
        frame.draw(painter, "r, Å", "g(r)")
        curve = self._curve
        if curve is None:
            painter.setPen(colours().plot_text)
            painter.drawText(
                frame.area, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._words
            )
            painter.end()
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colours().plot_text, 1.0, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(frame.area.left(), frame.y(1.0)), QPointF(frame.area.right(), frame.y(1.0)))
        painter.setClipRect(frame.area)
        painter.setPen(QPen(colours().plot_first, 1.5))
        points = [
            QPointF(frame.x(r), frame.y(g)) for r, g in zip(curve.r.tolist(), curve.g.tolist(), strict=True)
        ]
        painter.drawPolyline(QPolygonF(points))
        if 0 <= self._at < len(points):
            painter.setPen(QPen(colours().plot_text, 1.0, Qt.PenStyle.DotLine))
            across = points[self._at].x()
            painter.drawLine(QPointF(across, frame.area.top()), QPointF(across, frame.area.bottom()))
            painter.setBrush(colours().plot_first)
            painter.drawEllipse(points[self._at], 3.0, 3.0)
        painter.end()

    # --- reading -----------------------------------------------------------------------------

    def _point_at(self, index: int) -> None:
        curve = self._curve
        self._at = index if curve is not None else -1
        words = ""
        if curve is not None and 0 <= index < len(curve.r):
            words = f"r = {curve.r[index]:.3f} Å · g = {curve.g[index]:.3f}"
        self.read.emit(words)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        curve, frame = self._curve, self.frame()
        if curve is None or not len(curve.r) or not frame.area.contains(event.position()):
            self._point_at(-1)
            return
        self._point_at(int(np.argmin(np.abs(curve.r - frame.value_at(event.position().x())))))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        curve = self._curve
        if step is None or curve is None or not len(curve.r):
            super().keyPressEvent(event)
            return
        # From the highest peak on.
        at = int(np.argmax(curve.g)) if self._at < 0 else min(max(self._at + step, 0), len(curve.r) - 1)
        self._point_at(at)
