"""A sample's pixels on the screen: what the view is given, and how it is drawn, whatever the zoom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from app.gui.preview.viewport import Viewport
from sim.core.types import FloatArray


@dataclass(frozen=True, eq=False)
class ImageLayers:
    """All that is shown of one sample.

    Attributes
    ----------
    grey
        (H, W) uint8.
    pixel_size
        Å.
    overlay
        (H, W, 4) uint8 RGBA, or None.
    points
        (n, 2) fractional (column, row), by name.
    colours
        Colours of the points, by name.
    legend
        Name, colour, and whether it is a ring, of each overlay.
    """

    grey: NDArray[np.uint8]
    pixel_size: float
    overlay: NDArray[np.uint8] | None = None
    points: Mapping[str, FloatArray] = field(default_factory=dict)
    colours: Mapping[str, QColor] = field(default_factory=dict)
    legend: tuple[tuple[str, QColor, bool], ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        return self.grey.shape[0], self.grey.shape[1]


def indexed_image(grey: NDArray[np.uint8], colours: list[int]) -> QImage:
    """Greys as an image of 256 colours; the pixels are not copied, so ``grey`` must outlive it."""
    rows, columns = grey.shape
    image = QImage(grey.data, columns, rows, grey.strides[0], QImage.Format.Format_Indexed8)
    image.setColorTable(colours)
    return image


def colour_list(table: NDArray[np.uint8]) -> list[int]:
    """A (256, 3) colour table as Qt wants it."""
    wide = table.astype(np.int64)
    return [int(value) for value in 0xFF000000 + (wide[:, 0] << 16) + (wide[:, 1] << 8) + wide[:, 2]]


class DrawnPictures:
    """Pictures of a widget, converted to 32 bits once each: drawing then costs a third of drawing
    indexed colours.

    Parameters
    ----------
    widget
        On which they are drawn: the size of its pixels decides how.
    """

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget
        self._colours = colour_list(np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1))
        self._images: dict[str, QImage] = {}

    def set_colours(self, table: NDArray[np.uint8]) -> None:
        """(256, 3) colours of the greys."""
        self._colours = colour_list(table)
        self._images.clear()

    def forget(self, *names: str) -> None:
        """These pictures have changed."""
        for name in names:
            self._images.pop(name, None)

    def paint(self, painter: QPainter, view: Viewport, name: str, shown: ImageLayers) -> None:
        """Draw a picture's pixels, laid over the field of ``view`` whatever their number."""
        image = self._images.get(name)
        if image is None:
            grey = np.ascontiguousarray(shown.grey)
            image = indexed_image(grey, self._colours).convertToFormat(QImage.Format.Format_RGB32)
            self._images[name] = image
        self._paint(painter, view.for_image(image.width(), image.height()), image)

    def paint_overlay(self, painter: QPainter, view: Viewport, shown: ImageLayers, opacity: float) -> None:
        """Draw the label images of a picture, where it has some."""
        if shown.overlay is None:
            return
        image = self._images.get("overlay")
        if image is None:
            pixels = np.ascontiguousarray(shown.overlay)
            rows, columns = shown.shape
            kind = QImage.Format.Format_RGBA8888
            image = QImage(pixels.data, columns, rows, 4 * columns, kind)
            image = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
            self._images["overlay"] = image
        painter.setOpacity(opacity)
        self._paint(painter, view, image)
        painter.setOpacity(1.0)

    def _paint(self, painter: QPainter, view: Viewport, image: QImage) -> None:
        left, top, right, bottom = view.visible()
        if right <= left or bottom <= top:
            return
        corner, opposite = view.to_widget(left - 0.5, top - 0.5), view.to_widget(right - 0.5, bottom - 0.5)
        # Nearest neighbour shows true pixels; smaller than the screen's, they would be skipped instead.
        shrunk = view.scale * self._widget.devicePixelRatioF() < 1.0
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrunk)
        source = QRectF(left, top, right - left, bottom - top)
        painter.drawImage(QRectF(QPointF(*corner), QPointF(*opposite)), image, source)
