"""The diffraction plane on the screen: a picture or an empty ground, with rings and sectors over it."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.frame.theme import colours, is_dark
from app.gui.optics.plane import Mark, Pixels, Plane, read_plane
from app.gui.preview.image_layers import BRIGHT, MARK, PLATE
from app.gui.preview.plot_frame import tick_text, ticks

WHEEL_STEP = 1.25
#: Colours of detectors on light and on dark ground, told apart with any colour vision (Okabe and Ito 2008).
FILLS = {
    False: ("#0072b2", "#009e73", "#cc79a7", "#d55e00", "#56b4e9"),
    True: ("#56b4e9", "#009e73", "#cc79a7", "#e69f00", "#f0e442"),
}
#: Opacity of a detector's fill, of 255.
OPACITY = 80
#: Directions of the labels, degrees, so that they stand apart: of detectors by number, and of the others.
DIRECTIONS = (45.0, -45.0, 135.0, -135.0)
UPWARDS, DOWNWARDS = 90.0, -90.0


def image_of(pixels: Pixels) -> QImage:
    """Greys (H, W) or colours (H, W, 3) as an image of its own."""
    data = np.ascontiguousarray(pixels)
    rows, columns = data.shape[:2]
    grey = data.ndim == 2
    kind = QImage.Format.Format_Grayscale8 if grey else QImage.Format.Format_RGB888
    borrowed = QImage(data.data, columns, rows, columns if grey else 3 * columns, kind)
    return borrowed.convertToFormat(QImage.Format.Format_RGB32)


class PlaneView(QWidget):
    """A plane, k_x to the right and k_y up; the wheel zooms, a double click shows all.

    Signals
    -------
    read
        What lies under the mouse; empty beside the plane.
    """

    read = Signal(str)

    def __init__(self, name: str, title: str, words: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(f"{title}. Wheel: zoom. Double click: show all.")
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._plane: Plane | None = None
        self._image: QImage | None = None
        self._words = words
        self._zoom = 1.0

    @property
    def plane(self) -> Plane | None:
        """What is drawn."""
        return self._plane

    def show_plane(self, plane: Plane | None, words: str = "") -> None:
        """Draw another plane; without one, say why.  Zoom stays."""
        before = self._plane
        if plane is None or before is None or plane.pixels is not before.pixels:
            self._image = None
        self._plane = plane
        if plane is None:
            self._words = words
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 280)

    def minimumSizeHint(self) -> QSize:
        return QSize(150, 150)

    def scale(self) -> float:
        """Widget pixels for 1 Å⁻¹."""
        reach = self._plane.reach if self._plane is not None else 1.0
        return min(self.width(), self.height()) * 0.5 * self._zoom / max(reach, 1e-12)

    def place_of(self, kx: float, ky: float) -> QPointF:
        """Widget position of a frequency, Å⁻¹."""
        return QPointF(self.width() / 2.0 + kx * self.scale(), self.height() / 2.0 - ky * self.scale())

    def frequency_at(self, at: QPointF) -> tuple[float, float]:
        """(k_x, k_y) at a widget position, Å⁻¹."""
        scale = max(self.scale(), 1e-12)
        return (at.x() - self.width() / 2.0) / scale, (self.height() / 2.0 - at.y()) / scale

    # --- mouse -------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._zoom = min(max(self._zoom * WHEEL_STEP ** (event.angleDelta().y() / 120.0), 1.0), 60.0)
        self.update()
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._zoom = 1.0
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        plane = self._plane
        self.read.emit("" if plane is None else read_plane(plane, *self.frequency_at(event.position())))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.read.emit("")

    # --- drawing -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        plane = self._plane
        painter.fillRect(self.rect(), colours().plot_ground)
        if plane is None:
            painter.setPen(colours().plot_text)
            words = self.rect().adjusted(12, 12, -12, -12)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._words)
            return
        if plane.pixels is not None:
            if self._image is None:
                self._image = image_of(plane.pixels)
            area = QRectF(self.place_of(plane.left, plane.top), self.place_of(plane.right, plane.bottom))
            smaller = area.width() * self.devicePixelRatioF() < plane.pixels.shape[1]
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smaller)
            painter.drawImage(area, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for mark in plane.marks:
            self._paint_mark(painter, mark)
        centre, arm = self.place_of(0.0, 0.0), 5.0
        painter.setPen(QPen(self._line_colour(), 1.0))
        painter.drawLine(centre - QPointF(arm, 0.0), centre + QPointF(arm, 0.0))
        painter.drawLine(centre - QPointF(0.0, arm), centre + QPointF(0.0, arm))
        self._paint_ruler(painter, plane)
        for mark in plane.marks:
            self._paint_label(painter, mark)

    def _on_picture(self) -> bool:
        return self._plane is not None and self._plane.pixels is not None

    def _line_colour(self) -> QColor:
        return MARK if self._on_picture() else colours().plot_text

    def _pen_of(self, mark: Mark) -> QPen:
        if mark.style == "beyond":
            return QPen(colours().warning, 2.5, Qt.PenStyle.DashLine)
        if mark.style == "detector":
            return QPen(_colour_of(mark), 1.5)
        style = Qt.PenStyle.DashLine if mark.style == "limit" else Qt.PenStyle.SolidLine
        return QPen(self._line_colour(), 1.5, style)

    def _paint_mark(self, painter: QPainter, mark: Mark) -> None:
        centre, scale = self.place_of(0.0, 0.0), self.scale()
        outer, inner = mark.outer * scale, mark.inner * scale
        path = QPainterPath()
        box = QRectF(centre.x() - outer, centre.y() - outer, 2.0 * outer, 2.0 * outer)
        if mark.square:
            path.addRect(box)
        else:
            path.addEllipse(box)
            if inner > 0.0:
                path.addEllipse(centre, inner, inner)
        painter.setPen(self._pen_of(mark))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if mark.style in ("detector", "beyond"):
            fill = QColor(colours().warning) if mark.style == "beyond" else _colour_of(mark)
            fill.setAlpha(OPACITY)
            painter.setBrush(fill)
        # The hole of a ring is even-odd, QPainterPath's way unless told otherwise.
        painter.drawPath(path)
        for number in range(mark.segments):
            angle = math.radians(mark.rotation + number * 360.0 / mark.segments)
            # On the screen y grows downwards.
            towards = QPointF(math.cos(angle), -math.sin(angle))
            painter.drawLine(centre + towards * inner, centre + towards * outer)

    def _paint_label(self, painter: QPainter, mark: Mark) -> None:
        direction = {"aperture": UPWARDS, "limit": DOWNWARDS}.get(mark.style)
        angle = math.radians(DIRECTIONS[mark.number % len(DIRECTIONS)] if direction is None else direction)
        radius = mark.outer * self.scale()
        if mark.square:
            radius /= max(abs(math.cos(angle)), abs(math.sin(angle)))
        metrics = QFontMetricsF(self.font())
        plate = QRectF(0.0, 0.0, metrics.horizontalAdvance(mark.label) + 6.0, metrics.height())
        plate.moveCenter(self.place_of(0.0, 0.0) + QPointF(math.cos(angle), -math.sin(angle)) * radius)
        inside = QRectF(self.rect()).adjusted(2.0, 2.0, -2.0, -2.0 - 1.5 * metrics.height())
        plate.moveLeft(min(max(plate.left(), inside.left()), max(inside.right() - plate.width(), 2.0)))
        plate.moveTop(min(max(plate.top(), inside.top()), inside.bottom() - plate.height()))
        ground = PLATE if self._on_picture() else QColor(colours().plot_ground)
        painter.fillRect(plate, ground)
        text = BRIGHT if self._on_picture() else colours().plot_text
        painter.setPen(colours().warning if mark.style == "beyond" and not self._on_picture() else text)
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, mark.label)

    def _paint_ruler(self, painter: QPainter, plane: Plane) -> None:
        """A length of the plane, at the lower left."""
        span = self.width() / max(self.scale(), 1e-12)
        step = next(iter(ticks(0.0, span / 4.0, 2)[1:2]), span / 8.0)
        metrics = QFontMetricsF(self.font())
        words = f"{tick_text(step, step)} Å⁻¹ = {1e3 * step * plane.wavelength:.3g} mrad"
        length = step * self.scale()
        width = max(length, metrics.horizontalAdvance(words)) + 10.0
        bottom = self.height() - 4.0
        plate = QRectF(4.0, bottom - metrics.height() - 8.0, width, metrics.height() + 8.0)
        painter.fillRect(plate, PLATE if self._on_picture() else QColor(colours().plot_ground))
        painter.setPen(QPen(BRIGHT if self._on_picture() else colours().plot_text, 2.0))
        painter.drawLine(QPointF(9.0, bottom - 3.0), QPointF(9.0 + length, bottom - 3.0))
        above = plate.adjusted(5.0, 0.0, 0.0, -6.0)
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)


def _colour_of(mark: Mark) -> QColor:
    fills = FILLS[is_dark()]
    return QColor(fills[mark.number % len(fills)])
