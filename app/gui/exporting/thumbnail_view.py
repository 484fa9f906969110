"""The newest image of a run, small."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget


class ThumbnailView(QWidget):
    """A square that shows a grey image whole, row 0 at the top."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run.thumbnail")
        self.setAccessibleName("Newest image of the dataset")
        self.setToolTip("The newest image of the dataset appears here")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._image: QImage | None = None

    def show_image(self, grey: NDArray[np.uint8], name: str) -> None:
        """Show an image.

        Parameters
        ----------
        grey
            (H, W) uint8.
        name
            Its image_id.
        """
        pixels = np.ascontiguousarray(grey)
        height, width = pixels.shape
        # A copy: the array may go before the image does.
        self._image = QImage(pixels.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
        self.setToolTip(f"Newest image of the dataset: {name}")
        self.update()

    def clear(self) -> None:
        """Show nothing."""
        self._image = None
        self.setToolTip("The newest image of the dataset appears here")
        self.update()

    @property
    def image(self) -> QImage | None:
        """What is shown."""
        return self._image

    def sizeHint(self) -> QSize:
        side = 8 * self.fontMetrics().height()
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        side = 5 * self.fontMetrics().height()
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        frame = self.rect().adjusted(0, 0, -1, -1)
        side = min(frame.width(), frame.height())
        frame = QRect(frame.left(), frame.top(), side, side)
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
        painter.drawRect(frame)
        if self._image is None:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(frame, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, "no image yet")
        else:
            size = self._image.size().scaled(frame.size() - QSize(3, 3), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(0, 0, size.width(), size.height())
            target.moveCenter(frame.center())
            enlarged = size.width() > self._image.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not enlarged)
            painter.drawImage(target, self._image)
        painter.end()
