"""Particles by OpenGL: spheres of their own sizes, hetero-contacts marked, as the painter shows them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from app.gui.structure import particles as shown
from app.gui.structure.camera import Camera
from app.gui.structure.gl_atoms import Look
from app.gui.structure.gl_renderer import OpenGLRenderer
from app.gui.structure.reference import render
from app.gui.structure.scene import Scene
from app.gui.structure.sphere_painter import scene_image
from sim.core.types import Particles
from sim.specimen.aggregate.settings import AggregateSpecimen

pytestmark = pytest.mark.gl

SIDE = 240
SIZE = QSize(SIDE, SIDE)
BACKGROUND, LINES = QColor(30, 31, 34), QColor(200, 200, 200)
LOOK = Look(BACKGROUND, LINES, 2.0)


@pytest.fixture(scope="module")
def renderer(qapp: QApplication) -> Iterator[OpenGLRenderer]:
    drawer = OpenGLRenderer(embedded=False)
    yield drawer
    drawer.close()


def scene() -> Scene:
    """A-A-B around a corner, radii 30, 40 and 20 Å, the hetero-contact at y = 40."""
    particles = Particles(
        np.array([[-70.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 60.0, 0.0]]),
        np.array([30.0, 40.0, 20.0]),
        np.array([0, 0, 1]),
        np.array([[0, 1], [1, 2]]),
    )
    details = shown.details_of(AggregateSpecimen(number=3), particles)
    return details.scene.with_lines(details.lines, details.marked)


def values(image: QImage) -> NDArray[np.int64]:
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(SIDE, plain.bytesPerLine())
    return rows[:, : 4 * SIDE].reshape(SIDE, SIDE, 4)[..., :3].astype(np.int64)


@pytest.mark.parametrize("direction", ["+z", "+x"])
def test_every_pixel_shows_the_particle_of_the_reference(renderer: OpenGLRenderer, direction: str) -> None:
    drawn = scene()
    camera = Camera.along(direction).fit(drawn, 1.0)
    renderer.set_scene(drawn)
    found = renderer.identities(camera, SIZE, LOOK)
    exact = render(drawn, camera, SIDE, SIDE).ids
    assert np.mean(found == np.where(exact < 0, -1, exact)) >= 0.999


@pytest.mark.parametrize("perspective", [False, True])
def test_a_mark_has_a_bright_edge_and_a_dark_core(renderer: OpenGLRenderer, perspective: bool) -> None:
    drawn = scene()
    camera = Camera.along("+z").with_perspective(perspective).fit(drawn, 1.0)
    renderer.set_scene(drawn)
    image = values(renderer.picture(camera, SIZE, LOOK)[0])
    painted = values(scene_image(drawn, camera, SIDE, SIDE, BACKGROUND, LINES, line_width=2.0))
    x, y, _ = camera.project(np.array([[0.0, 40.0, 0.0]]), SIDE, SIDE)
    # Across the mark, a little above the contact, on the orange particle.
    row, column = round(float(y[0])) - 2, round(float(x[0]))
    for picture in (image, painted):
        across = picture[row, column - 6 : column + 7].sum(axis=1)
        assert across.max() > 600 and across[4:9].min() < 200
    # As long in both pictures.
    lengths = [
        np.count_nonzero(picture[:, column - 1 : column + 1].sum(axis=2).min(axis=1) < 90 * 3 - 60)
        for picture in (image[row - 12 : row + 20], painted[row - 12 : row + 20])
    ]
    assert abs(lengths[0] - lengths[1]) <= 4


def test_a_particle_before_a_contact_hides_its_mark(renderer: OpenGLRenderer) -> None:
    drawn = scene()
    # From +y the third particle stands before the contact, and the mark points away from the eye.
    camera = Camera.along("+y").fit(drawn, 1.0)
    renderer.set_scene(drawn)
    with_marks = values(renderer.picture(camera, SIZE, LOOK)[0])
    renderer.set_scene(drawn.with_lines(np.zeros((0, 2, 3)), np.zeros(0, dtype=np.bool_)))
    without = values(renderer.picture(camera, SIZE, LOOK)[0])
    assert np.count_nonzero(np.abs(with_marks - without).sum(axis=2) > 60) < 40
