"""Small pictures of lit spheres, kept for the painter.

A sphere's picture depends on its colour, its radius and where its middle lies within a pixel.  The last is
kept to a quarter of a pixel: whole pixels would make spheres tremble while they are turned, and their
outlines would be wrong by half a pixel.
"""

from __future__ import annotations

import math
from collections import OrderedDict

import numpy as np
from PySide6.QtGui import QImage, QPixmap

from app.gui.structure.shading import brightness

#: Positions within a pixel that are told apart, along each axis.
PHASES = 4
#: Radii are told apart to this many pixels (in perspective nearly every atom has its own).
RADIUS_STEP = 0.25
#: All pictures together take at most about this many bytes.
_BUDGET = 64 * 2**20
#: Larger spheres are drawn at this radius and scaled up by the painter, pixels.
LARGEST_RADIUS = 400.0


class SpriteCache:
    """Pictures of spheres; those not used for longest go first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, float, int], QPixmap] = OrderedDict()
        self._bytes = 0

    def get(self, colour: int, radius: float, phase: int) -> QPixmap:
        """The picture of a sphere.

        Parameters
        ----------
        colour
            0xRRGGBB.
        radius
            Pixels.
        phase
            ``PHASES`` · (down) + (right): by how many quarters of a pixel the sphere's middle lies from the
            upper left corner of the pixel with the number :func:`reach` in both directions.
        """
        key = (colour, radius, phase)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        made = QPixmap.fromImage(_draw(colour, radius, phase))
        self._kept[key] = made
        self._bytes += 4 * made.width() * made.height()
        while self._bytes > _BUDGET and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= 4 * gone.width() * gone.height()
        return made

    @property
    def size(self) -> int:
        """Bytes of all pictures together."""
        return self._bytes

    def clear(self) -> None:
        """Forget all pictures."""
        self._kept.clear()
        self._bytes = 0


def reach(radius: float) -> int:
    """Pixels from a picture's edge to the pixel that holds the sphere's middle."""
    return math.ceil(radius + 0.5)


def _draw(colour: int, radius: float, phase: int) -> QImage:
    middle = reach(radius)
    size = 2 * middle + 1
    down, right = divmod(phase, PHASES)
    pixels = np.arange(size, dtype=np.float32) + np.float32(0.5 - middle)
    # Single precision: twice as fast, and the colours have 8 bits.
    x = ((pixels - (right + 0.5) / PHASES) / radius)[np.newaxis, :].astype(np.float32)
    y = -((pixels - (down + 0.5) / PHASES) / radius)[:, np.newaxis].astype(np.float32)
    square = x * x + y * y
    away = np.sqrt(square)
    # Outside, the outline's colour goes on, for the half-covered pixels.
    shrink = 1.0 / np.maximum(away, 1.0)
    up = np.sqrt(np.maximum(1.0 - square, 0.0))
    matt, shine = brightness((x * shrink, y * shrink, up), (0.0, 0.0, 1.0))
    # A pixel that the outline crosses is covered in part.
    cover = np.clip((1.0 - away) * radius + 0.5, 0.0, 1.0)
    matt *= cover
    shine *= 255.0 * cover
    data = np.empty((size, size, 4), dtype=np.uint8)
    for channel, full in enumerate((colour >> 16, (colour >> 8) & 0xFF, colour & 0xFF)):
        data[..., channel] = np.minimum(full * matt + shine, 255.0 * cover) + 0.5
    data[..., 3] = 255.0 * cover + 0.5
    image = QImage(data.data, size, size, 4 * size, QImage.Format.Format_RGBA8888_Premultiplied)
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
