"""The through-focus strip: small images over defocus; a click chooses one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.frame.theme import colours
from app.gui.optics.plane_view import image_of
from app.gui.optics.wave_pictures import common_levels, greys
from sim.core.types import FloatArray

GAP = 4.0


def defocus_text(defocus: float) -> str:
    """A defocus in words, in Å."""
    return f"{defocus:+.4g} Å".replace("-", "−") if round(defocus, 6) else "0 Å"


class FocusStrip(QWidget):
    """A row of images, in lines where the row would be too small.

    Signals
    -------
    chosen
        The defocus of the image that was clicked, Å.
    """

    chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("optics.focus.strip")
        self.setAccessibleName("Through-focus series")
        self.setAccessibleDescription("Arrow keys go from image to image, Enter takes the defocus")
        self.setToolTip("Click an image to take its defocus. Arrow keys and Enter do the same.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._defoci: tuple[float, ...] = ()
        self._images: tuple[FloatArray | None, ...] = ()
        self._drawn: list[QImage | None] = []
        self._words = ""
        self._at: int | None = None

    @property
    def defoci(self) -> tuple[float, ...]:
        """Å, from left to right."""
        return self._defoci

    @property
    def images(self) -> tuple[FloatArray | None, ...]:
        """The images; None for those that are not there yet."""
        return self._images

    def show_images(self, images: Sequence[FloatArray | None], defoci: Sequence[float]) -> None:
        """Show a series, all with the same black and white.

        Parameters
        ----------
        images
            (H, W) each, row 0 at the highest y; None for those that are still to come.
        defoci
            Å, one an image.
        """
        if len(images) != len(defoci):
            raise ValueError("one defocus for each image")
        self._images, self._defoci, self._words = tuple(images), tuple(defoci), ""
        there = [image for image in self._images if image is not None]
        low, high = common_levels(there) if there else (0.0, 1.0)
        self._drawn = [
            None if image is None else image_of(greys(np.asarray(image), low, high)) for image in self._images
        ]
        if self._at is not None and self._at >= len(self._images):
            self._at = None
        self.update()

    def clear(self, words: str) -> None:
        """Show no images, and say why."""
        self.show_images((), ())
        self._words = words
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 180)

    def minimumSizeHint(self) -> QSize:
        return QSize(150, 110)

    def cells(self) -> list[QRectF]:
        """Places of the images with the words below them: as large as they can be side by side."""
        count = len(self._images)
        if not count:
            return []
        line = QFontMetricsF(self.font()).height()
        best, columns = 0.0, count
        for tried in range(1, count + 1):
            rows = -(-count // tried)
            side = min((self.width() - GAP) / tried - GAP, (self.height() - GAP) / rows - GAP - line)
            # The row stays whole unless lines make the images much larger.
            if side > best * (1.25 if tried < count else 0.8):
                best, columns = side, tried
        side = max(best, 8.0)
        return [
            QRectF(
                GAP + (number % columns) * (side + GAP),
                GAP + (number // columns) * (side + GAP + line),
                side,
                side + line,
            )
            for number in range(count)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        named = colours()
        painter.fillRect(self.rect(), named.plot_ground)
        painter.setPen(named.plot_text)
        if not self._images:
            words = self.rect().adjusted(12, 12, -12, -12)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._words)
            return
        line = QFontMetricsF(self.font()).height()
        middle = len(self._images) // 2
        for number, (cell, image) in enumerate(zip(self.cells(), self._drawn, strict=True)):
            square = cell.adjusted(0.0, 0.0, 0.0, -line)
            painter.setPen(named.plot_text)
            if image is None:
                painter.fillRect(square, named.plot_grid)
                painter.drawText(square, Qt.AlignmentFlag.AlignCenter, "…")
            else:
                wide, high = image.width(), image.height()
                scale = min(square.width() / wide, square.height() / high)
                area = QRectF(0.0, 0.0, wide * scale, high * scale)
                area.moveCenter(square.center())
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 1.0)
                painter.drawImage(area, image)
            if number == middle:
                painter.setPen(QPen(named.accent, 2.0))
                painter.drawRect(square)
            if number == self._at and self.hasFocus():
                painter.setPen(QPen(named.focus, 2.0, Qt.PenStyle.DashLine))
                painter.drawRect(square.adjusted(2.0, 2.0, -2.0, -2.0))
            painter.setPen(named.plot_text)
            below = QRectF(cell.left() - GAP / 2, square.bottom(), cell.width() + GAP, line)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, defocus_text(self._defoci[number]))

    # --- choosing ----------------------------------------------------------------------------

    def _cell_at(self, at: QPointF) -> int | None:
        return next((number for number, cell in enumerate(self.cells()) if cell.contains(at)), None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._at = self._cell_at(event.position())
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        number = self._cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and number is not None and number == self._at:
            self.chosen.emit(self._defoci[number])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key)
        if step is not None and self._defoci:
            middle = len(self._defoci) // 2
            at = (middle if self._at is None else self._at) + step
            self._at = min(max(at, 0), len(self._defoci) - 1)
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._at is not None:
            self.chosen.emit(self._defoci[self._at])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
