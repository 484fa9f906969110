"""The structure view's surface without OpenGL: a widget that shows frames of the sphere painter."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.gui.structure.camera import Camera
from app.gui.structure.scene import Scene
from app.gui.structure.sphere_painter import Kinds, paint_scene
from app.gui.structure.sprites import SpriteCache
from sim.core.types import IntArray

#: While the picture is moved, no more atoms than this are drawn.
MOVING_ATOMS = 20_000
#: And while there are more lines of volumes than this, only the emphasised ones.
MOVING_LINES = 6_000


class PainterCanvas(QWidget):
    """Draws atoms as sprites; the frame is kept until something changes, so that covering it is cheap."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("structure.painter")
        # Every pixel is drawn: Qt need not clear them before.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._scene = Scene.empty()
        self._camera = Camera.along("+z")
        self._selected = -1
        self._interacting = False
        self._background, self._lines = QColor(30, 31, 34), QColor(200, 200, 200)
        self._kinds: Kinds | None = None
        self._subset: IntArray | None = None
        self._sprites = SpriteCache()
        self._frame: QImage | None = None
        self._seconds = 0.0
        self._drawn = 0

    def set_scene(self, scene: Scene) -> None:
        """Draw these atoms and this cell from now on."""
        self._scene = scene
        self._selected = -1
        self._kinds = None
        self._subset = None
        self._changed()

    def set_camera(self, camera: Camera) -> None:
        """Look through this camera from now on."""
        self._camera = camera
        self._changed()

    def set_selected(self, index: int) -> None:
        """Mark an atom; −1 marks none."""
        if index != self._selected:
            self._selected = index
            self._kinds = None
            self._changed()

    def set_interacting(self, interacting: bool) -> None:
        """Draw at most ``MOVING_ATOMS`` atoms while the camera is moved."""
        if interacting != self._interacting:
            self._interacting = interacting
            if len(self._scene) > MOVING_ATOMS or len(self._scene.pieces[0]) > MOVING_LINES:
                self._changed()

    def set_colours(self, background: QColor, lines: QColor) -> None:
        """Colours of the background and of the cell's edges."""
        self._background, self._lines = QColor(background), QColor(lines)
        self._changed()

    def frame_time(self) -> float:
        """Seconds that the last frame took; 0 before the first."""
        return self._seconds

    def drawn_atoms(self) -> int:
        """How many atoms the last frame considered."""
        return self._drawn

    def shutdown(self) -> None:
        """Let go of the pictures."""
        self._sprites.clear()
        self._frame = None

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        width, height = max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))
        if self._frame is None or self._frame.width() != width or self._frame.height() != height:
            started = time.perf_counter()
            self._frame = QImage(width, height, QImage.Format.Format_RGB32)
            self._frame.fill(self._background)
            self._paint(self._frame, self._moving_atoms(), 1.25 * ratio)
            self._seconds = time.perf_counter() - started
        painter = QPainter(self)
        painter.drawImage(QRect(0, 0, self.width(), self.height()), self._frame)
        painter.end()

    def _changed(self) -> None:
        self._frame = None
        self.update()

    def _moving_atoms(self) -> IntArray | None:
        """Indices of the atoms to draw while moving; None for all."""
        count = len(self._scene)
        if not self._interacting or count <= MOVING_ATOMS:
            self._drawn = count
            return None
        if self._subset is None:
            # The same atoms in every frame, spread over the whole structure.
            self._subset = np.random.default_rng(0).integers(0, count, MOVING_ATOMS)
        self._drawn = MOVING_ATOMS
        return self._subset

    def _paint(self, image: QImage, atoms: IntArray | None, line_width: float) -> None:
        if self._kinds is None:
            self._kinds = Kinds.of(self._scene, self._selected)
        painter = QPainter(image)
        paint_scene(
            painter,
            self._scene,
            self._kinds,
            self._camera,
            image.width(),
            image.height(),
            self._lines,
            self._sprites,
            atoms,
            line_width,
            self._interacting and len(self._scene.pieces[0]) > MOVING_LINES,
        )
        painter.end()
