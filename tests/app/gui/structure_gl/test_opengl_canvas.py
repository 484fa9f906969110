"""The canvas in a window: docks taken out and put back, scale factors, a lost context, a failure."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QDockWidget, QMainWindow
from pytestqt.qtbot import QtBot

from app.gui.structure import gl_view
from app.gui.structure.camera import Camera
from app.gui.structure.gl_context import OpenGLError
from app.gui.structure.gl_view import GLCanvas
from app.gui.structure.probe import probe_opengl
from app.gui.structure.scene import Scene
from sim.core.types import Structure

pytestmark = pytest.mark.gl

BACKGROUND = QColor(12, 34, 56)


def particle(count: int = 40, size: float = 1.0) -> Scene:
    random = np.random.default_rng(7)
    return Scene.of(
        Structure(np.full(count, 79, dtype=np.int64), random.random((count, 3)) * [16.0, 9.0, 5.0] * size)
    )


def shown_canvas(qtbot: QtBot) -> GLCanvas:
    canvas = GLCanvas()
    qtbot.addWidget(canvas, before_close_func=lambda widget: widget.shutdown())
    canvas.resize(300, 220)
    scene = particle()
    canvas.set_colours(BACKGROUND, QColor(200, 200, 200))
    canvas.set_scene(scene)
    canvas.set_camera(Camera.along("+z").fit(scene, 300 / 220))
    canvas.show()
    qtbot.waitExposed(canvas)
    return canvas


def gold_part(image: QImage) -> float:
    """Part of a picture that is not background."""
    image = image.convertToFormat(QImage.Format.Format_RGBX8888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    values = rows[:, : 4 * image.width()].reshape(image.height(), image.width(), 4)[..., :3].astype(int)
    background = np.array([BACKGROUND.red(), BACKGROUND.green(), BACKGROUND.blue()])
    return float(np.mean(np.abs(values - background).max(axis=-1) > 20))


def test_the_probe_answers_with_a_renderer() -> None:
    answer = probe_opengl()
    assert answer.ok and answer.renderer and answer.version, answer.reason


def test_the_picture_is_in_what_is_grabbed(qtbot: QtBot) -> None:
    canvas = shown_canvas(qtbot)
    assert 0.05 < gold_part(canvas.grab().toImage()) < 0.9
    assert canvas.renderer_name and canvas.frame_time() > 0.0 and canvas.drawn_atoms() == 40
    wanted = np.mean(canvas.identities() >= 0)
    assert gold_part(canvas.grab().toImage()) == pytest.approx(float(wanted), abs=0.03)


def test_a_dock_taken_out_and_put_back_keeps_the_picture(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    canvas = GLCanvas()
    scene = particle()
    canvas.set_colours(BACKGROUND, QColor(200, 200, 200))
    canvas.set_scene(scene)
    canvas.set_camera(Camera.along("+z").fit(scene, 1.5))
    dock = QDockWidget("Structure", window)
    dock.setWidget(canvas)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    window.resize(700, 500)
    window.show()
    qtbot.waitExposed(window)
    before = gold_part(canvas.grab().toImage())
    assert before > 0.05
    for floating in (True, False, True, False):
        dock.setFloating(floating)
        qtbot.wait(60)
        assert dock.isFloating() == floating
        screen = canvas.screen().grabWindow(canvas.window().winId()).toImage()
        assert gold_part(canvas.grab().toImage()) > 0.05
        assert screen.isNull() or gold_part(screen) > 0.05
    canvas.shutdown()


def test_a_lost_context_is_made_anew(qtbot: QtBot) -> None:
    canvas = shown_canvas(qtbot)
    before = gold_part(canvas.grab().toImage())
    failures: list[str] = []
    canvas.failed.connect(failures.append)
    renderer = canvas._renderer
    assert renderer is not None
    renderer._context.close()
    canvas.set_camera(Camera.along("+z").fit(particle(), 300 / 220))
    after = gold_part(canvas.grab().toImage())
    qtbot.wait(30)
    assert after == pytest.approx(before, abs=0.01) and failures == []
    assert canvas._renderer is not None and canvas._renderer is not renderer


def test_a_failure_is_said_once_and_nothing_is_raised(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OpenGLError("the graphics driver refuses a shader: 0:1(1): error")

    monkeypatch.setattr(gl_view, "OpenGLRenderer", refuse)
    canvas = GLCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(100, 100)
    canvas.set_colours(BACKGROUND, QColor(200, 200, 200))
    sentences: list[str] = []
    canvas.failed.connect(sentences.append)
    with qtbot.waitSignal(canvas.failed, timeout=5000):
        canvas.show()
    canvas.set_scene(particle())
    qtbot.wait(50)
    assert len(sentences) == 1 and "without OpenGL: the graphics driver refuses" in sentences[0]
    assert gold_part(canvas.grab().toImage()) == 0.0


def test_slow_scenes_are_thinned_while_they_are_moved(qtbot: QtBot) -> None:
    """Only where a frame takes too long, and whole again at rest."""
    canvas = shown_canvas(qtbot)
    scene = particle(30_000, 8.0)
    canvas.set_scene(scene)
    camera = Camera.along("+x").fit(scene, 300 / 220)
    canvas.set_camera(camera)
    canvas.grab()
    assert canvas.drawn_atoms() == 30_000
    canvas._whole_seconds = 10.0
    canvas.set_interacting(True)
    canvas.set_camera(camera.orbit(0.1, 0.1))
    canvas.grab()
    assert canvas.drawn_atoms() == gl_view.MOVING_ATOMS
    canvas.set_interacting(False)
    canvas.grab()
    assert canvas.drawn_atoms() == 30_000
    canvas._whole_seconds = 0.001
    canvas.set_interacting(True)
    canvas.set_camera(camera)
    canvas.grab()
    assert canvas.drawn_atoms() == 30_000


def test_scale_factor_two_draws_every_pixel(qtbot: QtBot) -> None:
    """A process of its own: the factor is fixed when the application is made."""
    code = """
import numpy as np
from PySide6.QtWidgets import QApplication
from app.gui.structure.camera import Camera
from app.gui.structure.gl_view import GLCanvas
from app.gui.structure.picking import pick
from app.gui.structure.scene import Scene
from sim.core.types import Structure
application = QApplication([])
scene = Scene.of(Structure(np.array([79, 6, 8]), np.array([[0.0, 0, 0], [4, 1, 0], [1, 3, 2]])))
canvas = GLCanvas()
canvas.resize(160, 120)
canvas.set_scene(scene)
camera = Camera.along("+z").fit(scene, 160 / 120)
canvas.set_camera(camera)
canvas.show()
picture = canvas.grab().toImage()
shown = canvas.identities()
assert canvas.devicePixelRatioF() == 2.0
assert (picture.width(), picture.height()) == (320, 240) and shown.shape == (240, 320), shown.shape
for row in range(2, 240, 5):
    for column in range(2, 320, 5):
        atom = pick(scene, camera, (column + 0.5) / 2, (row + 0.5) / 2, 160, 120)
        assert atom == shown[row, column] or -1 in (atom, shown[row, column])
assert set(np.unique(shown)) == {-1, 0, 1, 2}
canvas.shutdown()
print("fine")
"""
    environment = {**os.environ, "QT_SCALE_FACTOR": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "fine", done.stderr


def test_nothing_is_drawn_after_the_end(qtbot: QtBot) -> None:
    canvas = shown_canvas(qtbot)
    canvas.shutdown()
    canvas.set_scene(particle(3))
    assert gold_part(canvas.grab().toImage()) == 0.0
    with pytest.raises(OpenGLError):
        canvas.identities()


def test_a_picture_without_size_is_no_failure(qtbot: QtBot) -> None:
    canvas = shown_canvas(qtbot)
    canvas.resize(QSize(0, 0))
    qtbot.wait(20)
    canvas.resize(200, 100)
    qtbot.wait(20)
    assert gold_part(canvas.grab().toImage()) > 0.02
