"""What OpenGL draws is what the exact picture shows.  Needs a display: under Xvfb it is llvmpipe's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from app.gui.structure import reference
from app.gui.structure.camera import Camera
from app.gui.structure.gl_atoms import Look
from app.gui.structure.gl_context import OpenGLError
from app.gui.structure.gl_renderer import OpenGLRenderer
from app.gui.structure.picking import pick
from app.gui.structure.scene import Scene
from sim.core.types import Structure

pytestmark = pytest.mark.gl

WIDTH, HEIGHT = 450, 350
SIZE = QSize(WIDTH, HEIGHT)
BACKGROUND, LINE = (30, 31, 34), (200, 210, 90)
LOOK = Look(QColor(*BACKGROUND), QColor(*LINE))


@pytest.fixture(params=[False, True], ids=["desktop", "embedded"], scope="module")
def renderer(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[OpenGLRenderer]:
    """One of desktop OpenGL 3.3, one of OpenGL ES 3.0."""
    drawer = OpenGLRenderer(embedded=request.param)
    assert ("ES" in drawer.version) == request.param
    yield drawer
    drawer.close()


def cluster(count: int, cell: bool = False, offset: float = 0.0) -> Scene:
    """``count`` atoms of three elements in a box without symmetry, some overlapping."""
    random = np.random.default_rng(count)
    edges = np.array([1.0, 0.7, 0.45]) * (count * 45.0) ** (1 / 3)
    positions = random.random((count, 3)) * edges + offset
    numbers = random.choice(np.array([6, 47, 79], dtype=np.int64), count)
    lattice = np.array([[0.9, 0.1, 0.0], [0.0, 0.8, 0.1], [0.05, 0.0, 0.5]]) * edges[0] if cell else None
    return Scene.of(Structure(numbers, positions, cell=lattice))


def cameras(scene: Scene) -> list[Camera]:
    """Along an axis, oblique, so near that the window cuts atoms off, and from amidst the atoms."""
    oblique = Camera.along("+x").orbit(0.4, -0.7).fit(scene, WIDTH / HEIGHT)
    return [
        view.with_perspective(perspective)
        for view in (
            Camera.along("-y").fit(scene, WIDTH / HEIGHT),
            oblique,
            oblique.zoom(3.5, 100.0, 80.0, WIDTH, HEIGHT),
            oblique.zoom(8.0, 0.5 * WIDTH, 0.5 * HEIGHT, WIDTH, HEIGHT),
        )
        for perspective in (False, True)
    ]


def pixels(image: QImage) -> NDArray[np.int64]:
    image = image.convertToFormat(QImage.Format.Format_RGBX8888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 4 * image.width()].reshape(image.height(), image.width(), 4)[..., :3].astype(np.int64)


@pytest.mark.parametrize("count", [1, 55, 10_000])
def test_every_pixel_shows_the_atom_of_the_reference(renderer: OpenGLRenderer, count: int) -> None:
    """Identities equal for 99.9 % of the pixels; colours, too, where the reference is not smoothed either."""
    scene = cluster(count)
    renderer.set_scene(scene)
    for camera in cameras(scene):
        exact = reference.render(scene, camera, WIDTH, HEIGHT, BACKGROUND)
        shown = renderer.identities(camera, SIZE, LOOK)
        assert np.mean(shown == exact.ids) >= 0.999
        drawn, _ = renderer.picture(camera, SIZE, LOOK, smooth=False)
        difference = np.abs(pixels(drawn) - exact.rgb).max(axis=-1)
        assert np.mean(difference > 8) < 0.002


def test_the_mouse_picks_what_is_drawn(renderer: OpenGLRenderer) -> None:
    scene = cluster(300)
    renderer.set_scene(scene)
    random = np.random.default_rng(3)
    for camera in cameras(scene):
        shown = renderer.identities(camera, SIZE, LOOK)
        places = np.stack([random.integers(0, HEIGHT, 300), random.integers(0, WIDTH, 300)], axis=1)
        agree = [
            pick(scene, camera, column + 0.5, row + 0.5, WIDTH, HEIGHT) == shown[row, column]
            for row, column in places.tolist()
        ]
        assert np.mean(agree) >= 0.996


def test_atoms_hide_the_cell_and_the_cell_shows_before_atoms(renderer: OpenGLRenderer) -> None:
    """Edges are seen exactly where the reference shows them, up to half a line's width."""
    scene = cluster(60, cell=True)
    renderer.set_scene(scene)
    # From amidst the atoms no edge is seen.
    for camera in cameras(scene)[:6]:
        exact = reference.render(scene, camera, WIDTH, HEIGHT, BACKGROUND, LINE)
        drawn = pixels(renderer.picture(camera, SIZE, LOOK, smooth=False)[0])
        on_line = np.abs(drawn - np.array(LINE)).max(axis=-1) <= 2
        wanted = exact.ids == reference.CELL
        assert wanted.sum() > 150
        assert np.mean(_near(on_line)[wanted]) > 0.99
        assert np.mean(_near(wanted)[on_line]) > 0.97


def test_a_line_behind_an_atom_is_hidden_and_before_it_is_seen(renderer: OpenGLRenderer) -> None:
    """The atom lies beyond the cell's two edges that cross the middle: only the side of the eye decides."""
    atom = Structure(np.array([79], dtype=np.int64), np.array([[5.0, 13.0, 0.0]]), cell=np.eye(3) * 10.0)
    scene = Scene.of(atom)
    renderer.set_scene(scene)
    row, column = HEIGHT // 2, WIDTH // 2
    for name, seen in (("+y", False), ("-y", True)):
        camera = Camera.along(name, np.array([5.0, 0.0, 0.0]), 12.0)
        drawn = pixels(renderer.picture(camera, SIZE, LOOK, smooth=False)[0])
        strip = drawn[row - 1 : row + 2, column]
        assert bool(np.any(np.abs(strip - np.array(LINE)).max(axis=-1) <= 2)) == seen


def test_a_structure_far_from_zero_does_not_tremble(renderer: OpenGLRenderer) -> None:
    """At 10⁷ Å single precision is 1 Å coarse; positions are taken from the scene's centre."""
    near, far = cluster(55), cluster(55, offset=1e7)
    camera = Camera.along("+x").orbit(0.3, 0.2)
    shown = []
    for scene in (near, far):
        renderer.set_scene(scene)
        shown.append(renderer.identities(camera.fit(scene, WIDTH / HEIGHT), SIZE, LOOK))
    assert np.mean(shown[0] == shown[1]) >= 0.999


def test_the_marked_atom_has_the_colour_of_the_mark(renderer: OpenGLRenderer) -> None:
    scene = cluster(55)
    renderer.set_scene(scene)
    camera = cameras(scene)[2]
    shown = renderer.identities(camera, SIZE, LOOK)
    marked = int(np.bincount(shown[shown >= 0]).argmax())
    exact = reference.render(scene, camera, WIDTH, HEIGHT, BACKGROUND, selected=marked)
    look = Look(LOOK.background, LOOK.lines, selected=marked)
    drawn = pixels(renderer.picture(camera, SIZE, look, smooth=False)[0])
    assert np.abs(drawn - exact.rgb).max(axis=-1)[shown == marked].mean() < 3
    plain = pixels(renderer.picture(camera, SIZE, LOOK, smooth=False)[0])
    assert np.abs(plain - drawn).max(axis=-1)[shown == marked].mean() > 60


def test_edges_are_smooth(renderer: OpenGLRenderer) -> None:
    """Across a silhouette the colours pass from the atom's to the background's; inside nothing changes."""
    scene = cluster(1)
    renderer.set_scene(scene)
    camera = Camera.along("+z").fit(scene, WIDTH / HEIGHT)
    hard = pixels(renderer.picture(camera, SIZE, LOOK, smooth=False)[0])
    soft = pixels(renderer.picture(camera, SIZE, LOOK, smooth=True)[0])
    distance = np.abs(soft - hard).max(axis=-1)
    row, column = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    radius = scene.radii[0] * camera.pixels_per_angstrom(HEIGHT)
    outside = np.hypot(row - HEIGHT / 2, column - WIDTH / 2) - radius
    assert distance[np.abs(outside) > 1.5].max() <= 2
    background = np.array(BACKGROUND)
    faded = np.abs(soft - background).max(axis=-1)
    just_inside, just_outside = (outside > -0.5) & (outside < 0.0), (outside > 0.0) & (outside < 0.5)
    rim = np.abs(hard - background).max(axis=-1)[just_inside].mean()
    assert 0.05 * rim < faded[just_outside].mean() < 0.5 * rim < faded[just_inside].mean() < 0.95 * rim


def test_a_part_of_the_atoms_is_a_fair_sample(renderer: OpenGLRenderer) -> None:
    """A tenth of the atoms, whatever their order in the file, is spread over the whole structure."""
    scene = cluster(2000)
    order = np.argsort(scene.positions[:, 0])
    scene = Scene.of(Structure(scene.numbers[order], scene.positions[order]))
    renderer.set_scene(scene)
    camera = Camera.along("+z").fit(scene, WIDTH / HEIGHT)
    drawn = pixels(renderer.picture(camera, SIZE, LOOK, most=200, smooth=False)[0])
    covered = np.any(drawn != np.array(BACKGROUND), axis=-1)
    exact = reference.render(scene, camera, WIDTH, HEIGHT, BACKGROUND)
    whole = (exact.ids >= 0).sum(axis=0)
    parts = [covered[:, part].sum() / whole[part].sum() for part in np.array_split(np.flatnonzero(whole), 4)]
    assert min(parts) > 0.05 and max(parts) < 0.7 and max(parts) / min(parts) < 2.0


def test_a_million_atoms_are_drawn(qapp: QApplication) -> None:
    drawer = OpenGLRenderer()
    scene = cluster(1_000_000)
    drawer.set_scene(scene)
    camera = Camera.along("+y").fit(scene, WIDTH / HEIGHT)
    shown = drawer.identities(camera, SIZE, LOOK)
    random = np.random.default_rng(0)
    places = np.argwhere(shown >= 0)[random.integers(0, np.count_nonzero(shown >= 0), 12)]
    agree = [
        pick(scene, camera, column + 0.5, row + 0.5, WIDTH, HEIGHT) == shown[row, column]
        for row, column in places.tolist()
    ]
    drawer.close()
    # Single precision of the depth decides between two spheres that meet in a pixel.
    assert sum(agree) >= 11


def test_a_picture_that_is_too_large_is_refused_in_a_sentence(renderer: OpenGLRenderer) -> None:
    scene = cluster(1)
    renderer.set_scene(scene)
    with pytest.raises(OpenGLError, match="no room for a picture of 60000 × 60000"):
        renderer.picture(Camera.along("+z"), QSize(60_000, 60_000), LOOK)
    drawn, _ = renderer.picture(Camera.along("+z").fit(scene, 1.0), QSize(64, 64), LOOK)
    assert drawn.pixelColor(32, 32) != LOOK.background


def _near(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask and the pixels beside it."""
    wide = mask.copy()
    for axis in (0, 1):
        wide = wide | np.roll(wide, 1, axis) | np.roll(wide, -1, axis)
    return wide
