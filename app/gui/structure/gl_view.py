"""The structure view's surface with OpenGL: a widget that shows frames of the OpenGL renderer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QRect, QSize, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.gui.structure.camera import Camera
from app.gui.structure.gl_atoms import Look
from app.gui.structure.gl_context import OpenGLError
from app.gui.structure.gl_renderer import OpenGLRenderer
from app.gui.structure.scene import Scene

#: Seconds that a frame may take while the picture is moved.
MOVING_SECONDS = 1.0 / 30.0
#: A scene of no more atoms than this is drawn whole while it is moved.
MOVING_ATOMS = 20_000
#: Width of the cell's edges, pixels of the screen at scale 1.
LINE_WIDTH = 1.25


class GLCanvas(QWidget):
    """Draws atoms with OpenGL; the frame is kept until something changes, so that covering it is cheap.

    ``failed`` brings a sentence when OpenGL does not work, now or later; nothing but the background is
    drawn from then on.
    """

    failed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("structure.opengl")
        self._scene = Scene.empty()
        self._camera = Camera.along("+z")
        self._selected = -1
        self._interacting = False
        self._moving_limit: int | None = None
        self._background, self._lines = QColor(30, 31, 34), QColor(200, 200, 200)
        self._renderer: OpenGLRenderer | None = None
        self._fault = ""
        self._frame: QImage | None = None
        self._seconds = 0.0
        self._whole_seconds = 0.0
        self._drawn = 0
        application = QCoreApplication.instance()
        if application is not None:
            # What belongs to OpenGL must go before the application does.
            application.aboutToQuit.connect(self.shutdown)

    @property
    def renderer_name(self) -> str:
        """The driver's name of itself; empty before the first frame."""
        return "" if self._renderer is None else self._renderer.renderer

    def set_scene(self, scene: Scene) -> None:
        """Draw these atoms and this cell from now on."""
        self._scene = scene
        self._selected = -1
        self._moving_limit = None
        self._whole_seconds = 0.0
        if self._renderer is not None:
            self._renderer.set_scene(scene)
        self._changed()

    def set_camera(self, camera: Camera) -> None:
        """Look through this camera from now on."""
        self._camera = camera
        self._changed()

    def set_selected(self, index: int) -> None:
        """Mark an atom; −1 marks none."""
        if index != self._selected:
            self._selected = index
            self._changed()

    def set_interacting(self, interacting: bool) -> None:
        """Where a frame takes too long, draw a part of the atoms while the camera is moved."""
        if interacting == self._interacting:
            return
        self._interacting = interacting
        if self._whole_seconds <= MOVING_SECONDS:
            return
        # Decided once for the whole movement: a changing number of atoms would flicker.
        affordable = int(len(self._scene) * MOVING_SECONDS / self._whole_seconds)
        self._moving_limit = max(affordable, MOVING_ATOMS) if interacting else None
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
        """Let go of everything; nothing is drawn any more."""
        renderer, self._renderer = self._renderer, None
        self._fault = self._fault or "closed"
        self._frame = None
        if renderer is not None:
            renderer.close()

    def identities(self) -> NDArray[np.int32]:
        """Which atom each pixel of the screen shows, (H, W); −1 for none.

        Raises
        ------
        OpenGLError
            If OpenGL cannot draw.
        """
        return self._ready().identities(self._camera, self._pixels(), Look(self._background, self._lines))

    def paintEvent(self, event: QPaintEvent) -> None:
        size = self._pixels()
        if not self._fault and (self._frame is None or self._frame.size() != size):
            self._frame = self._draw(size)
        painter = QPainter(self)
        area = QRect(0, 0, self.width(), self.height())
        if self._frame is None:
            painter.fillRect(area, self._background)
        else:
            painter.drawImage(area, self._frame)
        painter.end()

    def _changed(self) -> None:
        self._frame = None
        self.update()

    def _pixels(self) -> QSize:
        ratio = self.devicePixelRatioF()
        return QSize(max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio)))

    def _ready(self) -> OpenGLRenderer:
        if self._fault:
            raise OpenGLError(self._fault)
        if self._renderer is None:
            self._renderer = OpenGLRenderer()
            self._renderer.set_scene(self._scene)
        return self._renderer

    def _draw(self, size: QSize) -> QImage | None:
        """A frame; if the context is lost, in a new one; None if that fails, too."""
        fault = ""
        for _ in range(2):
            try:
                return self._frame_of(size)
            except OpenGLError as error:
                fault = str(error)
                renderer, self._renderer = self._renderer, None
                if renderer is None:
                    break
                renderer.close()
        self._fail(fault)
        return None

    def _frame_of(self, size: QSize) -> QImage:
        coarse = self._moving_limit is not None
        most = len(self._scene) if self._moving_limit is None else min(self._moving_limit, len(self._scene))
        look = Look(self._background, self._lines, LINE_WIDTH * self.devicePixelRatioF(), self._selected)
        image, self._seconds = self._ready().picture(self._camera, size, look, most, not coarse)
        if not coarse:
            self._whole_seconds = self._seconds
        self._drawn = most
        return image

    def _fail(self, fault: str) -> None:
        self._fault = fault
        self._frame = None
        sentence = f"Structures are drawn without OpenGL: {fault}."
        # Whoever listens may take this widget away, which must not happen while it is painted.
        QTimer.singleShot(0, self, lambda: self.failed.emit(sentence))
