"""Draws a scene with a QPainter: sprites and lines of volumes from far to near, then the cell."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from app.gui.structure.camera import Camera
from app.gui.structure.edges import visible_edges
from app.gui.structure.elements import SELECTED_COLOUR
from app.gui.structure.scene import Scene
from app.gui.structure.sprites import LARGEST_RADIUS, PHASES, RADIUS_STEP, SpriteCache, reach
from sim.core.types import FloatArray, IntArray

#: Spheres smaller than this are drawn at this radius, pixels: they would fade away.
_SMALLEST_RADIUS = 0.7
#: So few spheres are scaled in perspective, where nearly every one would need a sprite of its own.
_FEW = 500
#: How far before its centre the surface of a sphere lies on average, of its radius.
_MEAN_SURFACE = 2.0 / 3.0
#: Of more different spheres than this, sizes are told apart in steps on the screen.
_MANY_KINDS = 64

#: Draws the spheres from one place in the order to another.
Draw = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Kinds:
    """The few different spheres of a scene.

    Attributes
    ----------
    of_atom
        (N,) which kind each atom is.
    colours
        0xRRGGBB of each kind.
    alike
        Spheres of one kind have one radius.
    """

    of_atom: IntArray
    colours: tuple[int, ...]
    alike: bool = True

    @classmethod
    def of(cls, scene: Scene, selected: int = -1) -> Kinds:
        """The kinds of a scene; the selected atom is one of its own."""
        rgb = scene.colours.astype(np.int64)
        if 0 <= selected < len(scene):
            rgb[selected] = SELECTED_COLOUR
        colours = (rgb[:, 0] << 16) | (rgb[:, 1] << 8) | rgb[:, 2]
        # Radii to 0.1 mÅ, so that one integer tells colour and radius.
        keys, kind = np.unique(
            (colours << 32) | np.rint(scene.radii * 1e4).astype(np.int64), return_inverse=True
        )
        alike = len(keys) <= _MANY_KINDS
        if not alike:
            keys, kind = np.unique(colours << 32, return_inverse=True)
        return cls(kind.reshape(-1), tuple((keys >> 32).tolist()), alike)


def paint_scene(
    painter: QPainter,
    scene: Scene,
    kinds: Kinds,
    camera: Camera,
    width: int,
    height: int,
    lines: QColor,
    sprites: SpriteCache,
    atoms: IntArray | None = None,
    line_width: float = 1.25,
    only_strong: bool = False,
) -> None:
    """Draw a scene; the background is not touched.

    Parameters
    ----------
    painter
        On a surface without transformation.
    scene, kinds, camera
        What is drawn: ``kinds`` is ``Kinds.of(scene)``.
    width, height
        Of the surface, pixels.
    lines
        Colour of the cell's edges.
    sprites
        Where pictures of spheres are kept.
    atoms
        Indices of the atoms to draw; None draws all.
    line_width
        Of the cell's edges, pixels.
    only_strong
        Of the volumes draw the emphasised ones alone.
    """
    positions = scene.positions if atoms is None else scene.positions[atoms]
    kind = kinds.of_atom if atoms is None else kinds.of_atom[atoms]
    radii = scene.radii if atoms is None else scene.radii[atoms]
    view = camera.to_view(positions)
    x, y, size = _placed(view, radii, camera, width, height)
    shown = (x > -size) & (x < width + size) & (y > -size) & (y < height + size)
    if camera.perspective:
        shown &= camera.in_front(view[:, 2], radii)
    chosen = np.flatnonzero(shown)
    chosen = chosen[np.argsort(view[chosen, 2])]
    draw = _sphere_drawer(painter, x[chosen], y[chosen], size[chosen], kind[chosen], kinds, camera, sprites)
    surface = float(np.mean(radii[chosen])) * _MEAN_SURFACE if len(chosen) else 0.0
    _paint_among(
        painter, draw, view[chosen, 2] + surface, scene, camera, width, height, lines, line_width, only_strong
    )
    _paint_edges(painter, scene, camera, width, height, lines, line_width, atoms)


def scene_image(
    scene: Scene,
    camera: Camera,
    width: int,
    height: int,
    background: QColor | None,
    lines: QColor,
    selected: int = -1,
    line_width: float = 1.25,
) -> QImage:
    """A picture of its own of a scene; a background of None leaves it transparent."""
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor(0, 0, 0, 0) if background is None else background)
    painter = QPainter(image)
    kinds, sprites = Kinds.of(scene, selected), SpriteCache()
    paint_scene(painter, scene, kinds, camera, width, height, lines, sprites, None, line_width)
    painter.end()
    return image


def _placed(
    view: FloatArray, radii: FloatArray, camera: Camera, width: int, height: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Middle x, y and radius (N,) of the circles that spheres are seen as, pixels."""
    scale = camera.pixels_per_angstrom(height)
    if not camera.perspective:
        x, y = 0.5 * width + view[:, 0] * scale, 0.5 * height - view[:, 1] * scale
        return x, y, np.maximum(radii * scale, _SMALLEST_RADIUS)
    # A sphere is seen under a cone.  Off the axis that cuts the picture in an ellipse; the circle drawn
    # for it has the ellipse's middle and the mean of its half-axes.
    away = np.maximum(camera.distance - view[:, 2], 1e-9)
    under = np.maximum(away * away - radii * radii, 1e-12)
    focal = scale * camera.distance
    x = 0.5 * width + focal * view[:, 0] * away / under
    y = 0.5 * height - focal * view[:, 1] * away / under
    aside = view[:, 0] ** 2 + view[:, 1] ** 2
    mean = 0.5 * (1.0 + np.sqrt(1.0 + aside / under))
    return x, y, np.maximum(focal * radii / np.sqrt(under) * mean, _SMALLEST_RADIUS)


def _sphere_drawer(
    painter: QPainter,
    x: FloatArray,
    y: FloatArray,
    size: FloatArray,
    kind: IntArray,
    kinds: Kinds,
    camera: Camera,
    sprites: SpriteCache,
) -> Draw:
    """What draws sprites at (x, y), a run of them at a time, in the order of the arrays."""
    if not len(x):
        return lambda begin, end: None
    if float(size.max()) > LARGEST_RADIUS or (camera.perspective and len(x) <= _FEW):
        return lambda begin, end: _paint_scaled(
            painter, x[begin:end], y[begin:end], size[begin:end], kind[begin:end], kinds, sprites
        )
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    phase = ((y - row) * PHASES).astype(np.int64) * PHASES + ((x - column) * PHASES).astype(np.int64)
    stepped = camera.perspective or not kinds.alike
    if stepped:
        step = np.rint(size / RADIUS_STEP).astype(np.int64)
        steps = int(step.max()) + 1
    else:
        # One radius for every kind: no need to round it.
        step, steps = np.zeros_like(kind), 1
    code = (kind * steps + step) * PHASES**2 + phase
    pictures, back = {}, np.zeros(int(code.max()) + 1, dtype=np.int64)
    first = np.zeros(len(back), dtype=np.int64)
    first[code] = np.arange(len(code))
    for value in np.flatnonzero(np.bincount(code)).tolist():
        radius = float(size[first[value]])
        if stepped:
            radius = max(round(radius / RADIUS_STEP) * RADIUS_STEP, _SMALLEST_RADIUS)
        pictures[value] = sprites.get(kinds.colours[int(kind[first[value]])], radius, value % PHASES**2)
        back[value] = reach(radius)
    back = back[code]
    left, top, codes = (column - back).tolist(), (row - back).tolist(), code.tolist()
    draw = painter.drawPixmap

    def run(begin: int, end: int) -> None:
        part = slice(begin, end)
        for across, down, value in zip(left[part], top[part], codes[part], strict=True):
            draw(across, down, pictures[value])

    return run


def _paint_among(
    painter: QPainter,
    draw: Draw,
    surfaces: FloatArray,
    scene: Scene,
    camera: Camera,
    width: int,
    height: int,
    lines: QColor,
    line_width: float,
    only_strong: bool,
) -> None:
    """Spheres, whose surfaces (n,) lie at ascending depths, and the lines of volumes between them."""
    ends, strong = scene.pieces
    if only_strong:
        ends, strong = ends[strong], strong[strong]
    if not len(ends):
        draw(0, len(surfaces))
        return
    x, y, depth = camera.project(ends.reshape(-1, 3), width, height)
    shown = camera.in_front(depth, 0.0).reshape(-1, 2).all(axis=1)
    low = np.minimum(x[::2], x[1::2]), np.minimum(y[::2], y[1::2])
    high = np.maximum(x[::2], x[1::2]), np.maximum(y[::2], y[1::2])
    shown &= (high[0] >= 0) & (low[0] <= width) & (high[1] >= 0) & (low[1] <= height)
    places = np.stack([x[::2], y[::2], x[1::2], y[1::2]], axis=1)[shown]
    strong = strong[shown]
    look = scene.look
    # A piece is drawn after all spheres whose surfaces lie behind it.
    lifted = 0.5 * (depth[::2] + depth[1::2])[shown] + np.where(strong, look.lifts[1], look.lifts[0])
    after = np.searchsorted(surfaces, lifted, side="right")
    order = np.argsort(after * 2 + strong, kind="stable")
    places, after, strong = places[order], after[order], strong[order]
    cuts = np.flatnonzero((np.diff(after) != 0) | (np.diff(strong.astype(np.int8)) != 0)) + 1
    segments = [QLineF(*ends) for ends in places.tolist()]
    dark = lines.lightnessF() > 0.5
    thin = QPen(QColor(*look.plain[0 if dark else 1]), look.breadths[0] * line_width)
    broad = QPen(QColor(*look.strong[0 if dark else 1]), look.breadths[1] * line_width)
    smooth = QPainter.RenderHint.Antialiasing
    drawn = 0
    for begin, end in zip([0, *cuts.tolist()], [*cuts.tolist(), len(segments)], strict=True):
        if end <= begin:
            continue
        upto = int(after[begin])
        if upto > drawn:
            painter.setRenderHint(smooth, False)
            draw(drawn, upto)
            drawn = upto
        painter.setRenderHint(smooth)
        painter.setPen(broad if strong[begin] else thin)
        painter.drawLines(segments[begin:end])
    painter.setRenderHint(smooth, False)
    draw(drawn, len(surfaces))


def _paint_scaled(
    painter: QPainter,
    x: FloatArray,
    y: FloatArray,
    size: FloatArray,
    kind: IntArray,
    kinds: Kinds,
    sprites: SpriteCache,
) -> None:
    """Spheres of many sizes, or larger than sprites are made for: scaled from the next larger sprite."""
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    middle = PHASES**2 // 2 + PHASES // 2
    drawn = np.minimum(2.0 ** (np.ceil(np.log2(size) * 2.0) / 2.0), LARGEST_RADIUS)
    for at_x, at_y, radius, large, which in zip(
        x.tolist(), y.tolist(), size.tolist(), drawn.tolist(), kind.tolist(), strict=True
    ):
        picture = sprites.get(kinds.colours[which], large, middle)
        scale = radius / large
        offset = (reach(large) + (PHASES // 2 + 0.5) / PHASES) * scale
        side = picture.width() * scale
        painter.drawPixmap(QRectF(at_x - offset, at_y - offset, side, side), picture, QRectF(picture.rect()))


def _paint_edges(
    painter: QPainter,
    scene: Scene,
    camera: Camera,
    width: int,
    height: int,
    lines: QColor,
    line_width: float,
    atoms: IntArray | None,
) -> None:
    """The parts of the cell's edges that no atom hides."""
    parts = visible_edges(scene, camera, width, height, atoms)
    if not len(parts):
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(lines, line_width))
    painter.drawLines(
        [QLineF(QPointF(*start), QPointF(*end)) for start, end in parts.tolist() if math.isfinite(start[0])]
    )
