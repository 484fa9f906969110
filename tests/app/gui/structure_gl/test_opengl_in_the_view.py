"""The structure view with OpenGL: how it is chosen, what happens when it fails, and picking by the mouse."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.structure import gl_view
from app.gui.structure.gl_context import OpenGLError
from app.gui.structure.gl_view import GLCanvas
from app.gui.structure.probe import Probe, probe_opengl, remember
from app.gui.structure.view import StructureView
from sim.core.types import Structure

pytestmark = pytest.mark.gl


def shown_view(qtbot: QtBot) -> StructureView:
    view = StructureView()
    qtbot.addWidget(view, before_close_func=lambda widget: widget.shutdown())
    view.resize(420, 320)
    random = np.random.default_rng(5)
    numbers = random.choice(np.array([6, 79], dtype=np.int64), 50)
    view.set_structure(Structure(numbers, random.random((50, 3)) * [16.0, 11.0, 7.0]))
    view.show()
    qtbot.waitExposed(view)
    return view


def test_opengl_is_taken_when_it_is_asked_for(qtbot: QtBot) -> None:
    view = shown_view(qtbot)
    before = view.grab().toImage()
    with qtbot.waitSignal(view.renderer_changed, timeout=20_000) as signal:
        view.use_backend("gl")
    assert signal.args == [probe_opengl().renderer] and view.renderer_name == signal.args[0]
    assert isinstance(view.canvas, GLCanvas)
    after = view.grab().toImage()
    assert view.canvas.frame_time() > 0.0
    both = [
        np.frombuffer(picture.convertToFormat(picture.Format.Format_RGB32).constBits(), np.uint8)
        for picture in (before, after)
    ]
    # Sprites lie on whole pixels and do not cut each other: the pictures are alike, not the same.
    assert np.mean(np.abs(both[0].astype(int) - both[1]) > 40) < 0.1
    view.use_backend("painter")
    assert view.renderer_name == "painter"


def test_auto_leaves_software_to_the_painter(qtbot: QtBot) -> None:
    """Xvfb has no graphics processor: the painter stays, and says why."""
    answer = probe_opengl()
    view = shown_view(qtbot)
    view.use_backend("auto")
    qtbot.waitUntil(lambda: not view._chooser.asking, timeout=20_000)
    assert answer.software and view.renderer_name == "painter"


def test_auto_takes_hardware(qtbot: QtBot) -> None:
    answer = probe_opengl()
    remember("xcb", Probe(True, "A graphics card", False, "4.6"))
    try:
        view = shown_view(qtbot)
        with qtbot.waitSignal(view.renderer_changed, timeout=5000) as signal:
            view.use_backend("auto")
        assert signal.args == ["A graphics card"] and isinstance(view.canvas, GLCanvas)
    finally:
        remember("xcb", answer)


def test_a_failure_brings_the_painter_back(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OpenGLError("the graphics driver refuses a shader (0:1(1): error)")

    monkeypatch.setattr(gl_view, "OpenGLRenderer", refuse)
    view = shown_view(qtbot)
    with qtbot.waitSignal(view.renderer_changed, timeout=20_000):
        view.use_backend("gl")
    qtbot.waitUntil(lambda: view.renderer_name == "painter", timeout=5000)
    assert "refuses a shader" in view._content.notice
    assert not view.grab().toImage().isNull()


def test_a_click_picks_what_opengl_shows(qtbot: QtBot) -> None:
    view = shown_view(qtbot)
    with qtbot.waitSignal(view.renderer_changed, timeout=20_000):
        view.use_backend("gl")
    canvas = view.canvas
    assert isinstance(canvas, GLCanvas)
    view.set_perspective(True)
    shown = canvas.identities()
    # A pixel with the same atom on all sides: the mouse points at a pixel's corner.
    same = np.all(
        [np.roll(shown, (row, column), (0, 1)) == shown for row in (-1, 0, 1) for column in (-1, 0, 1)], 0
    )
    for row, column in np.argwhere(same & (shown >= 0))[::4000].tolist():
        with qtbot.waitSignal(view.picked, timeout=5000) as signal:
            qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(column, row))
        assert signal.args == [int(shown[row, column])]
        qtbot.wait(QApplication.doubleClickInterval() + 20)
