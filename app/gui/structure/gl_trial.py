"""The trial of OpenGL in a process of its own: the real programs must draw a right picture."""

from __future__ import annotations

from typing import Any


def trial() -> dict[str, Any]:
    """Draw three atoms and look at the middle; the fields of a ``Probe``, without ``software``."""
    renderer = version = ""
    try:
        import numpy as np
        from PySide6.QtCore import QSize
        from PySide6.QtGui import QColor, QGuiApplication

        from app.gui.structure.camera import Camera
        from app.gui.structure.gl_atoms import Look
        from app.gui.structure.gl_renderer import OpenGLRenderer
        from app.gui.structure.scene import Scene
        from sim.core.types import Structure

        application = QGuiApplication.instance() or QGuiApplication(["nanophantom"])
        drawer = OpenGLRenderer()
        renderer, version = drawer.renderer, drawer.version
        atoms = Structure(
            np.array([79, 8, 6], dtype=np.int64),
            np.array([[0.0, 0.0, 2.0], [0.0, 0.0, -2.0], [3.0, 0.0, 0.0]]),
        )
        scene = Scene.of(atoms)
        drawer.set_scene(scene)
        camera = Camera.along("+z", height=10.0)
        look = Look(QColor(0, 0, 0), QColor(255, 255, 255))
        picture, _ = drawer.picture(camera, QSize(64, 64), look)
        shown = drawer.identities(camera, QSize(64, 64), look)
        right = shown[32, 32] == 0 and shown[32, 51] == 2 and shown[2, 2] == -1
        bright = picture.pixelColor(32, 32).red() > 60 and picture.pixelColor(2, 2).red() == 0
        del application
        reason = "" if right and bright else "OpenGL draws a wrong picture here"
    except Exception as error:
        # Whatever goes wrong here, the answer is that the painter must draw.
        reason = str(error) or type(error).__name__
    return {"ok": not reason, "renderer": renderer, "version": version, "reason": reason}
