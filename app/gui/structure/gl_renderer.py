"""Scene and camera in, picture out, by OpenGL; what the canvas, the trial and the checks use."""

from __future__ import annotations

import contextlib
import time

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from app.gui.structure.camera import Camera
from app.gui.structure.gl_atoms import SAMPLES, Look, ScenePainter, identity_look
from app.gui.structure.gl_context import Frame, OffscreenContext, OpenGLError
from app.gui.structure.scene import Scene


class OpenGLRenderer:
    """Draws one scene at a time in a context of its own.

    Parameters
    ----------
    embedded
        OpenGL ES 3.0 in place of desktop OpenGL; None takes what there is.

    Raises
    ------
    OpenGLError
        Here and in every method, if OpenGL cannot do it.
    """

    def __init__(self, embedded: bool | None = None) -> None:
        self._context = OffscreenContext(embedded)
        self._scene = Scene.empty()
        self._frames: dict[int, Frame] = {}
        self._fresh = True
        with self._context.current():
            self._painter: ScenePainter | None = ScenePainter(self._context.embedded)

    @property
    def renderer(self) -> str:
        """The driver's name of itself."""
        return self._context.renderer

    @property
    def version(self) -> str:
        """Of OpenGL, as the driver states it."""
        return self._context.version

    def set_scene(self, scene: Scene) -> None:
        """Draw this one from now on; the copying is done with the next picture."""
        self._scene = scene
        self._fresh = True

    def picture(
        self, camera: Camera, size: QSize, look: Look, most: int | None = None, smooth: bool = True
    ) -> tuple[QImage, float]:
        """Draw.

        Parameters
        ----------
        camera, look
            From where, and how.
        size
            Pixels.
        most
            Draw no more atoms than this; None draws all.
        smooth
            Several samples a pixel; half as fast where OpenGL computes on the processor.

        Returns
        -------
        image
            The picture.
        seconds
            How long it took, without the copying of a new scene.
        """
        with self._context.current() as functions:
            painter = self._ready()
            begin = time.perf_counter()
            samples = SAMPLES if smooth else 0
            frame = self._frames.get(samples)
            if frame is None or frame.size != size:
                # The old one is let go first: two large pictures may not fit.
                self._frames.pop(samples, None)
                frame = None
                frame = self._frames[samples] = Frame(size, samples)
            image = self._draw(painter, frame, camera, look, len(self._scene) if most is None else most)
            functions.glFlush()
            return image, time.perf_counter() - begin

    def identities(self, camera: Camera, size: QSize, look: Look) -> NDArray[np.int32]:
        """Which atom each pixel shows, (H, W); −1 for none."""
        with self._context.current():
            painter = self._ready()
            image = self._draw(painter, Frame(size, 0), camera, identity_look(look), len(self._scene))
            return painter.atoms_of(image)

    def close(self) -> None:
        """Give everything back; nothing can be drawn any more."""
        painter, self._painter = self._painter, None
        if painter is None:
            return
        # Of a context that is lost there is nothing to give back.
        with contextlib.suppress(OpenGLError), self._context.current():
            self._frames.clear()
            painter.release()
        self._frames.clear()
        self._context.close()

    def _ready(self) -> ScenePainter:
        if self._painter is None:
            raise RuntimeError("the renderer is closed")
        if self._fresh:
            self._painter.set_scene(self._scene)
            self._fresh = False
        return self._painter

    def _draw(self, painter: ScenePainter, frame: Frame, camera: Camera, look: Look, most: int) -> QImage:
        with frame.bound():
            painter.draw(self._scene, camera, frame.size, look, samples=frame.samples, most=most)
        return frame.image()
