"""Lines of volumes by OpenGL: hidden by atoms, and as the painter draws them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from app.gui.structure.camera import Camera
from app.gui.structure.elements import STRONG_COLOURS, VOLUME_COLOURS
from app.gui.structure.gl_atoms import Look
from app.gui.structure.gl_renderer import OpenGLRenderer
from app.gui.structure.scene import Scene
from app.gui.structure.sphere_painter import scene_image
from sim.core.types import Structure

pytestmark = pytest.mark.gl

SIDE = 240
SIZE = QSize(SIDE, SIDE)
BACKGROUND, LINES = QColor(30, 31, 34), QColor(200, 200, 200)
#: Broad enough that smooth edges leave the lines their colour.
BREADTH = 4.0
LOOK = Look(BACKGROUND, LINES, BREADTH)


@pytest.fixture(params=[False, True], ids=["desktop", "embedded"], scope="module")
def renderer(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[OpenGLRenderer]:
    drawer = OpenGLRenderer(embedded=request.param)
    yield drawer
    drawer.close()


def lined(strong: bool) -> Scene:
    """A large atom, a line before it and one behind it, at different heights of the window."""
    scene = Scene.of(Structure(np.array([79]), np.zeros((1, 3))))
    scene = replace(scene, radii=np.array([6.0]), radius=6.0)
    lines = np.array([[[-11.0, 2.0, 8.0], [9.0, 2.0, 8.0]], [[-11.0, -3.0, -8.0], [9.0, -2.0, -8.0]]])
    return scene.with_lines(lines, np.array([strong, strong]))


def like(image: QImage, colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(SIDE, plain.bytesPerLine())
    found = rows[:, : 4 * SIDE].reshape(SIDE, SIDE, 4)[..., :3].astype(np.int64)
    near: NDArray[np.bool_] = np.abs(found - np.array(colour)).sum(axis=2) < 80
    return near


@pytest.mark.parametrize("perspective", [False, True])
@pytest.mark.parametrize("strong", [False, True])
def test_lines_are_hidden_as_the_painter_hides_them(
    renderer: OpenGLRenderer, strong: bool, perspective: bool
) -> None:
    scene = lined(strong)
    camera = Camera.along("+z").with_perspective(perspective).fit(scene, 1.0)
    camera = camera.zoom(0.5, SIDE / 2, SIDE / 2, SIDE, SIDE)
    renderer.set_scene(scene)
    image, _ = renderer.picture(camera, SIZE, LOOK)
    colour = (STRONG_COLOURS if strong else VOLUME_COLOURS)[0]
    drawn = like(image, colour)
    painted = like(scene_image(scene, camera, SIDE, SIDE, BACKGROUND, LINES, line_width=BREADTH), colour)
    # Columns in which a line is seen, above the middle (before the atom) and below it (behind).
    for half in (slice(0, SIDE // 2), slice(SIDE // 2, SIDE)):
        one, other = drawn[half].any(axis=0), painted[half].any(axis=0)
        assert np.count_nonzero(one != other) <= 0.06 * SIDE
    middle = slice(SIDE // 2 - 5, SIDE // 2 + 6)
    assert drawn[: SIDE // 2, middle].any(axis=0).all()
    assert not drawn[SIDE // 2 :, middle].any()
    assert drawn[SIDE // 2 :].any()


def test_another_scene_takes_the_lines_away(renderer: OpenGLRenderer) -> None:
    camera = Camera.along("+z").fit(lined(True), 1.0)
    renderer.set_scene(lined(True))
    assert like(renderer.picture(camera, SIZE, LOOK)[0], STRONG_COLOURS[0]).any()
    renderer.set_scene(lined(True).with_lines(np.zeros((0, 2, 3)), np.zeros(0, dtype=np.bool_)))
    assert not like(renderer.picture(camera, SIZE, LOOK)[0], STRONG_COLOURS[0]).any()


def test_lines_are_no_atoms(renderer: OpenGLRenderer) -> None:
    scene = lined(True)
    camera = Camera.along("+z").fit(scene, 1.0)
    renderer.set_scene(scene)
    with_lines = renderer.identities(camera, SIZE, LOOK)
    renderer.set_scene(replace(scene, lines=np.zeros((0, 2, 3)), strong=np.zeros(0, dtype=np.bool_)))
    assert np.array_equal(with_lines, renderer.identities(camera, SIZE, LOOK))
    assert (with_lines == 0).sum() > 100
