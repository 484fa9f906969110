"""Phase and amplitude of an exit wave beside one another."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.frame.theme import colours
from app.gui.optics.plane_view import image_of
from app.gui.optics.wave_pictures import DrawnWave
from app.gui.preview.image_layers import BRIGHT, PLATE
from app.gui.scale_bar import length_text, nice_length

GAP = 6.0


class WaveView(QWidget):
    """Two pictures of the same field with the same scale bar.

    Signals
    -------
    read
        Phase and amplitude under the mouse; empty beside the pictures.
    """

    read = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("optics.wave.view")
        self.setAccessibleName("Phase and amplitude of the exit wave")
        self.setToolTip("Exit wave: phase relative to the mean of the wave, and amplitude")
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._wave: DrawnWave | None = None
        self._pixel_size = 1.0
        self._images: tuple[QImage, QImage] | None = None
        self._words = ""

    @property
    def wave(self) -> DrawnWave | None:
        """What is drawn."""
        return self._wave

    def show_wave(self, wave: DrawnWave | None, pixel_size: float = 1.0, words: str = "") -> None:
        """Draw another wave; without one, say why.

        Parameters
        ----------
        pixel_size
            Å.
        """
        self._wave, self._pixel_size, self._words = wave, pixel_size, words
        self._images = None
        if wave is not None:
            self._images = (image_of(wave.phase_pixels), image_of(wave.amplitude_pixels))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(150, 150)

    def areas(self) -> tuple[QRectF, QRectF]:
        """Where the phase and the amplitude are drawn."""
        rows, columns = self._wave.phase.shape if self._wave is not None else (1, 1)
        line = QFontMetricsF(self.font()).height()
        width, height = float(self.width()), float(self.height())
        beside = min((width - 3 * GAP) / 2 / columns, (height - 2 * GAP - line) / rows)
        below = min((width - 2 * GAP) / columns, (height - 3 * GAP - 2 * line) / 2 / rows)
        scale = max(beside, below, 1e-3)
        size = QRectF(0.0, 0.0, columns * scale, rows * scale)
        first = size.translated(GAP, GAP + line)
        if beside >= below:
            return first, first.translated(size.width() + GAP, 0.0)
        return first, first.translated(0.0, size.height() + GAP + line)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        wave = self._wave
        words = ""
        if wave is not None:
            rows, columns = wave.phase.shape
            for area in self.areas():
                if area.contains(event.position()):
                    at = event.position() - area.topLeft()
                    column = min(int(at.x() / area.width() * columns), columns - 1)
                    row = min(int(at.y() / area.height() * rows), rows - 1)
                    phase, amplitude = float(wave.phase[row, column]), float(wave.amplitude[row, column])
                    words = f"phase {phase:+.3f} rad · amplitude {amplitude:.3f}"
        self.read.emit(words.replace("-", "−"))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.read.emit("")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        named, wave = colours(), self._wave
        painter.fillRect(self.rect(), named.plot_ground)
        painter.setPen(named.plot_text)
        if wave is None or self._images is None:
            words = self.rect().adjusted(12, 12, -12, -12)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._words)
            return
        titles = (
            f"Phase {wave.phase_range[0]:.2f} to {wave.phase_range[1]:.2f} rad",
            f"Amplitude {wave.amplitude_range[0]:.2f} to {wave.amplitude_range[1]:.2f}",
        )
        metrics = QFontMetricsF(self.font())
        for area, image, title in zip(self.areas(), self._images, titles, strict=True):
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, area.width() < image.width())
            painter.drawImage(area, image)
            painter.setPen(named.plot_text)
            above = QRectF(area.left(), area.top() - metrics.height() - 1.0, area.width(), metrics.height())
            text = metrics.elidedText(title.replace("-", "−"), Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        self._paint_scale_bar(painter, self.areas()[0], wave.phase.shape[1])

    def _paint_scale_bar(self, painter: QPainter, area: QRectF, columns: int) -> None:
        per_angstrom = area.width() / (columns * self._pixel_size)
        length = nice_length(area.width() / per_angstrom / 3.0)
        metrics = QFontMetricsF(self.font())
        words = length_text(length)
        width = max(length * per_angstrom, metrics.horizontalAdvance(words)) + 8.0
        plate = QRectF(
            area.left() + 3.0, area.bottom() - metrics.height() - 9.0, width, metrics.height() + 6.0
        )
        painter.fillRect(plate, PLATE)
        painter.setPen(QPen(BRIGHT, 2.0))
        foot = QPointF(plate.left() + 4.0, plate.bottom() - 3.0)
        painter.drawLine(foot, foot + QPointF(length * per_angstrom, 0.0))
        above = plate.adjusted(4.0, 0.0, 0.0, -5.0)
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
