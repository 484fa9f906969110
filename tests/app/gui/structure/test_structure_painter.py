"""The painter's picture against the reference, what it keeps, and what it leaves out while moving."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from pytestqt.qtbot import QtBot

from app.gui.structure.camera import Camera
from app.gui.structure.painter_view import MOVING_ATOMS, PainterCanvas
from app.gui.structure.reference import render
from app.gui.structure.scene import Scene
from app.gui.structure.sphere_painter import Kinds, paint_scene, scene_image
from app.gui.structure.sprites import SpriteCache
from sim.core.types import Structure
from sim.specimen.clusters import load_cluster

pytestmark = pytest.mark.gui

BACKGROUND, LINES = QColor(30, 31, 34), QColor(200, 200, 200)
W, H = 900, 700
VIEWS = {
    "from z": Camera.along("+z"),
    "from x": Camera.along("+x"),
    "aslant": Camera.along("+y").orbit(0.5, 0.3, 0.1),
}


def pixels(image: QImage) -> NDArray[np.int64]:
    """(H, W, 4): red, green, blue, alpha."""
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    data = np.frombuffer(plain.constBits(), np.uint8)
    rows = data.reshape(plain.height(), plain.bytesPerLine())[:, : 4 * plain.width()]
    return rows.reshape(plain.height(), plain.width(), 4).astype(np.int64)


class FlatSprites(SpriteCache):
    """The same spheres in one colour without soft edges, so that a colour tells the atom."""

    def get(self, colour: int, radius: float, phase: int) -> QPixmap:
        shape = pixels(super().get(colour, radius, phase).toImage())
        flat = np.zeros(shape.shape, dtype=np.uint8)
        flat[shape[..., 3] >= 128] = (colour >> 16, (colour >> 8) & 255, colour & 255, 255)
        height, width = flat.shape[:2]
        image = QImage(flat.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888)
        return QPixmap.fromImage(image)


@pytest.fixture
def au55() -> Scene:
    return Scene.of(load_cluster("icosahedron"))


@pytest.fixture
def canvas(qtbot: QtBot) -> Iterator[PainterCanvas]:
    widget = PainterCanvas()
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    widget.show()
    yield widget
    widget.shutdown()


def many(count: int) -> Scene:
    generator = np.random.default_rng(0)
    return Scene.of(Structure(np.full(count, 6), generator.random((count, 3)) * 100.0))


@pytest.mark.parametrize("name", VIEWS)
def test_every_pixel_shows_the_atom_of_the_reference(qapp: object, au55: Scene, name: str) -> None:
    """Spheres of the right size in the right place and order: 99.9 % of the pixels."""
    camera = VIEWS[name].fit(au55, W / H)
    codes = np.stack([np.arange(55) + 1, np.full(55, 7), np.zeros(55)], axis=1).astype(np.uint8)
    coded = replace(au55, colours=codes)
    image = QImage(W, H, QImage.Format.Format_RGB32)
    image.fill(QColor(0, 0, 0))
    painter = QPainter(image)
    paint_scene(painter, coded, Kinds.of(coded), camera, W, H, LINES, FlatSprites())
    painter.end()
    assert np.mean(pixels(image)[..., 0] - 1 == render(au55, camera, W, H).ids) >= 0.999


@pytest.mark.parametrize("perspective", [False, True])
@pytest.mark.parametrize("name", VIEWS)
def test_picture_looks_like_the_reference(qapp: object, au55: Scene, name: str, perspective: bool) -> None:
    """Only outlines, which the painter smooths, differ by much; in perspective its light is that of a sphere
    straight ahead."""
    camera = VIEWS[name].with_perspective(perspective).fit(au55, W / H)
    image = scene_image(au55, camera, W, H, BACKGROUND, LINES, selected=3)
    difference = np.abs(pixels(image)[..., :3] - render(au55, camera, W, H, selected=3).rgb).max(axis=-1)
    assert np.mean(difference > 96) < 0.001
    assert difference.mean() < (8.0 if perspective else 2.0)


def test_transparent_picture_has_no_background(qapp: object, au55: Scene) -> None:
    camera = Camera.along("+z").fit(au55, 1.0)
    image = pixels(scene_image(au55, camera, 200, 200, None, LINES))
    ids = render(au55, camera, 200, 200).ids
    assert image[0, 0, 3] == 0
    assert np.all(image[ids >= 0][:, 3] > 100)
    assert np.mean((image[..., 3] > 127) == (ids >= 0)) > 0.995


def test_very_near_spheres_are_drawn_without_giant_sprites(qapp: object) -> None:
    scene = Scene.of(Structure(np.array([79]), np.zeros((1, 3))))
    image = pixels(scene_image(scene, Camera.along("+z", height=0.1), 300, 200, BACKGROUND, LINES))
    assert np.all(image[..., 0] > 150), "the sphere fills the picture"


def test_cell_is_hidden_by_atoms(qapp: object, au55: Scene) -> None:
    boxed = replace(au55, cell=np.array([[9.0, 0, 0], [2.0, 8.0, 0], [0, 1.0, 7.0]]))
    camera = VIEWS["aslant"].fit(boxed, W / H)
    line = (0, 255, 255)
    image = pixels(scene_image(boxed, camera, W, H, BACKGROUND, QColor(*line), line_width=1.0))
    drawn = np.abs(image[..., :3] - line).max(axis=-1) < 60
    bare = render(boxed.without_cell(), camera, W, H)
    exact = render(boxed, camera, W, H, line=line).ids == -2
    near_exact = exact.copy()
    for axis in (0, 1):
        for step in (-1, 1):
            near_exact |= np.roll(exact, step, axis=axis)
    near_exact |= np.roll(np.roll(exact, 1, 0), 1, 1) | np.roll(np.roll(exact, -1, 0), -1, 1)
    near_exact |= np.roll(np.roll(exact, 1, 0), -1, 1) | np.roll(np.roll(exact, -1, 0), 1, 1)
    assert drawn.sum() > 500
    assert np.mean(near_exact[drawn]) > 0.99, "lines only where the reference has them"
    assert np.count_nonzero(drawn & (bare.ids >= 0)) > 50, "lines before atoms are there, too"


def test_a_large_structure_is_thinned_while_it_moves_and_whole_at_rest(
    canvas: PainterCanvas, qtbot: QtBot
) -> None:
    scene = many(2 * MOVING_ATOMS)
    canvas.set_scene(scene)
    canvas.set_camera(Camera.along("+z").fit(scene, 4 / 3))
    canvas.grab()
    assert canvas.drawn_atoms() == 2 * MOVING_ATOMS
    canvas.set_interacting(True)
    canvas.grab()
    assert canvas.drawn_atoms() == MOVING_ATOMS
    canvas.set_interacting(False)
    canvas.grab()
    assert canvas.drawn_atoms() == 2 * MOVING_ATOMS


def test_small_structures_are_never_thinned(canvas: PainterCanvas, au55: Scene) -> None:
    canvas.set_scene(au55)
    canvas.set_interacting(True)
    canvas.grab()
    assert canvas.drawn_atoms() == 55


def test_repainting_the_same_frame_does_not_draw_it_again(canvas: PainterCanvas, au55: Scene) -> None:
    """The overlay's repaints come through the canvas, and 100 000 atoms take a tenth of a second."""
    canvas.set_scene(au55)
    canvas.grab()
    seconds = canvas.frame_time()
    assert seconds > 0.0
    canvas.repaint()
    assert canvas.frame_time() == seconds
    canvas.set_camera(Camera.along("-x"))
    canvas.grab()
    assert canvas.frame_time() != seconds


def test_sprites_stay_within_their_memory(qapp: object) -> None:
    sprites = SpriteCache()
    for radius in range(370, 400):
        sprites.get(0xFFAA00, float(radius), 0)
    assert sprites.size <= 64 * 2**20
    assert sprites.get(0xFFAA00, 399.0, 0).width() > 798
