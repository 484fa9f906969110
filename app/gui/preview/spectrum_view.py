"""The power spectrum: scale in 1/nm, cross at zero, rings, read-out as frequency and as spacing."""

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
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.gui.preview.image_layers import BRIGHT, MARK, PLATE
from app.gui.preview.inspect_pane import InspectPane, small_button
from app.gui.preview.plot_frame import tick_text, ticks
from app.gui.preview.results import Result, Spectrum
from app.gui.preview.viewport import Viewport

WHEEL_STEP = 1.25
NO_SPECTRUM = "The power spectrum appears here with the next image."


def frequency_at(spectrum: Spectrum, column: float, row: float) -> tuple[float, float]:
    """Spatial frequency (x, y) of a point of the spectrum, 1/nm; y grows upwards."""
    rows, columns = spectrum.image.shape
    return (column - columns // 2) * spectrum.step_x, (rows // 2 - row) * spectrum.step_y


def read_out(spectrum: Spectrum, column: float, row: float) -> str:
    """Frequency, spacing and direction of a point of the spectrum."""
    x, y = frequency_at(spectrum, column, row)
    frequency = math.hypot(x, y)
    if frequency < 0.5 * min(spectrum.step_x, spectrum.step_y):
        return "0 1/nm · mean of the image"
    angle = math.degrees(math.atan2(y, x))
    return f"{frequency:.3f} 1/nm · {1.0 / frequency:.4f} nm · {angle:.1f}°".replace("-", "−")


class SpectrumPlot(QWidget):
    """The spectrum with square frequencies, cross and rings.

    Signals
    -------
    read
        What lies under the mouse; empty beside the spectrum.
    """

    read = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview.spectrum.plot")
        self.setAccessibleName("Power spectrum of the image")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.rings = True
        self._spectrum: Spectrum | None = None
        self._drawn: QImage | None = None
        # The view is in 1/nm: pixels of an oblong image's spectrum are not square, frequencies are.
        self._view = Viewport.fit(1, 1, 1.0, 1.0)
        self._mouse: QPointF | None = None
        self._pan_from: QPointF | None = None

    @property
    def spectrum(self) -> Spectrum | None:
        return self._spectrum

    def show_spectrum(self, spectrum: Spectrum | None) -> None:
        """Show another spectrum; zoom stays."""
        self._spectrum = spectrum
        self._drawn = None
        if spectrum is not None:
            columns, rows = self._square_size(spectrum)
            self._view = self._view.resized(self.width(), self.height()).for_image(columns, rows)
        self.update()

    @staticmethod
    def _square_size(spectrum: Spectrum) -> tuple[int, int]:
        """Columns and rows if all pixels had the smaller of the two steps."""
        rows, columns = spectrum.image.shape
        step = min(spectrum.step_x, spectrum.step_y)
        return max(round(columns * spectrum.step_x / step), 1), max(round(rows * spectrum.step_y / step), 1)

    def fit(self) -> None:
        """The whole spectrum."""
        self._view = Viewport.fit(self._view.columns, self._view.rows, self.width(), self.height())
        self.update()

    def place_of(self, frequency_x: float, frequency_y: float) -> QPointF:
        """Widget position of a frequency, 1/nm."""
        spectrum = self._spectrum
        if spectrum is None:
            return QPointF()
        rows, columns = spectrum.image.shape
        column = columns // 2 + frequency_x / spectrum.step_x
        row = rows // 2 - frequency_y / spectrum.step_y
        across, down = self._view.columns / columns, self._view.rows / rows
        return QPointF(*self._view.to_widget((column + 0.5) * across - 0.5, (row + 0.5) * down - 0.5))

    def _point_at(self, at: QPointF) -> tuple[float, float] | None:
        """(column, row) of the spectrum under a widget position."""
        spectrum = self._spectrum
        if spectrum is None or self._view.pixel_at(at.x(), at.y()) is None:
            return None
        rows, columns = spectrum.image.shape
        column, row = self._view.to_image(at.x(), at.y())
        return (
            (column + 0.5) * columns / self._view.columns - 0.5,
            (row + 0.5) * rows / self._view.rows - 0.5,
        )

    def sizeHint(self) -> QSize:
        return QSize(260, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, 140)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._view = self._view.resized(max(self.width(), 1), max(self.height(), 1))

    # --- mouse -------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        at = event.position()
        self._view = self._view.zoomed(WHEEL_STEP ** (event.angleDelta().y() / 120.0), at.x(), at.y())
        self.update()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pan_from = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pan_from = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._pan_from is not None:
            by = at - self._pan_from
            self._pan_from = at
            self._view = self._view.panned(by.x(), by.y())
        self._mouse = at
        point = self._point_at(at)
        spectrum = self._spectrum
        self.read.emit("" if point is None or spectrum is None else read_out(spectrum, *point))
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._mouse = None
        self.read.emit("")
        self.update()

    # --- drawing -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        spectrum = self._spectrum
        if spectrum is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            words = self.rect().adjusted(12, 12, -12, -12)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, NO_SPECTRUM)
            return
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Mid))
        if self._drawn is None:
            pixels = np.ascontiguousarray(spectrum.image)
            rows, columns = pixels.shape
            kind = QImage.Format.Format_Grayscale8
            grey = QImage(pixels.data, columns, rows, columns, kind)
            self._drawn = grey.convertToFormat(QImage.Format.Format_RGB32)
        view = self._view
        area = QRectF(
            QPointF(*view.to_widget(-0.5, -0.5)),
            QPointF(*view.to_widget(view.columns - 0.5, view.rows - 0.5)),
        )
        shrunk = view.scale * self.devicePixelRatioF() < 1.0
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrunk)
        painter.drawImage(area, self._drawn)
        self._paint_cross(painter, area & QRectF(self.rect()))
        painter.setClipRect(area)
        if self.rings:
            self._paint_rings(painter, spectrum)
        self._paint_mouse_ring(painter)

    def _paint_cross(self, painter: QPainter, area: QRectF) -> None:
        centre = self.place_of(0.0, 0.0)
        painter.setPen(QPen(MARK, 1.0))
        arm = 9.0
        painter.drawLine(centre - QPointF(arm, 0.0), centre + QPointF(arm, 0.0))
        painter.drawLine(centre - QPointF(0.0, arm), centre + QPointF(0.0, arm))

    def _paint_rings(self, painter: QPainter, spectrum: Spectrum) -> None:
        """Rings at round frequencies, labelled in 1/nm."""
        centre = self.place_of(0.0, 0.0)
        largest = spectrum.step_x * (spectrum.image.shape[1] // 2)
        per_frequency = abs(self.place_of(largest, 0.0).x() - centre.x()) / largest
        reach = min(self.width(), self.height()) / 2.0 / max(per_frequency, 1e-9)
        metrics = QFontMetricsF(self.font())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        places = [value for value in ticks(0.0, min(reach, largest * 1.001), 4) if value > 0.0]
        for number, frequency in enumerate(places):
            radius = frequency * per_frequency
            painter.setPen(QPen(QColor(255, 255, 255, 105), 1.0, Qt.PenStyle.DashLine))
            painter.drawEllipse(centre, radius, radius)
            text = tick_text(frequency, places[0])
            if number == len(places) - 1:
                text = f"{text} 1/nm"
            # Along the diagonal, where numbers of neighbouring rings are farthest from one another.
            at = centre + QPointF(radius, -radius) * math.sqrt(0.5)
            plate = QRectF(0.0, 0.0, metrics.horizontalAdvance(text) + 6.0, metrics.height())
            plate.moveCenter(at)
            painter.fillRect(plate, PLATE)
            painter.setPen(BRIGHT)
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_mouse_ring(self, painter: QPainter) -> None:
        """A ring through the cursor: all directions with the spacing that is read."""
        if self._mouse is None or self._point_at(self._mouse) is None or self._pan_from is not None:
            return
        centre = self.place_of(0.0, 0.0)
        radius = math.hypot(self._mouse.x() - centre.x(), self._mouse.y() - centre.y())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(MARK, 1.0))
        painter.drawEllipse(centre, radius, radius)


class SpectrumView(InspectPane):
    """The spectrum with its read-out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview.spectrum")
        self.plot = SpectrumPlot()
        self.read_label = QLabel()
        self.read_label.setObjectName("preview.spectrum.read")
        self.read_label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.plot.read.connect(self.read_label.setText)
        self.rings_button = small_button(
            "preview.spectrum.rings", "Rings", "Rings at round frequencies, 1/nm", checkable=True
        )
        self.rings_button.setChecked(True)
        self.rings_button.toggled.connect(self._set_rings)
        self.fit_button = small_button(
            "preview.spectrum.fit", "Fit", "Show the whole spectrum (double click)"
        )
        self.fit_button.clicked.connect(self.plot.fit)
        row = QHBoxLayout()
        row.setContentsMargins(4, 0, 4, 2)
        row.addWidget(self.read_label, 1)
        row.addWidget(self.rings_button)
        row.addWidget(self.fit_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 0)
        column.setSpacing(0)
        column.addWidget(self.plot, 1)
        column.addLayout(row)

    def set_result(self, result: Result) -> None:
        """Show another spectrum."""
        if result.picture.spectrum is not None:
            self.plot.show_spectrum(result.picture.spectrum)

    def _set_rings(self, on: bool) -> None:
        self.plot.rings = on
        self.plot.update()
