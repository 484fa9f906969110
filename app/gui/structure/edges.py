"""Which parts of the cell's edges are seen: an edge ends where an atom hides it.  No Qt."""

from __future__ import annotations

import numpy as np

from app.gui.structure.camera import Camera
from app.gui.structure.scene import Scene
from sim.core.types import BoolArray, FloatArray, IntArray

#: Edges are looked at every so many pixels, and at most in so many places.
_STEP, _MOST = 1.0, 1500
#: Comparisons of a place with an atom that are made at once.
_BLOCK = 1_000_000


def visible_edges(
    scene: Scene, camera: Camera, width: int, height: int, atoms: IntArray | None = None
) -> FloatArray:
    """Lines to draw for the cell.

    Parameters
    ----------
    scene, camera
        What is seen, and from where.
    width, height
        Of the window, pixels.
    atoms
        Indices of the atoms that hide edges; None takes all.

    Returns
    -------
    (M, 2, 2): start and end of each line, x and y in pixels.
    """
    if scene.cell is None:
        return np.zeros((0, 2, 2))
    positions, radii = scene.positions, scene.radii
    if atoms is not None:
        positions, radii = positions[atoms], radii[atoms]
    view = camera.to_view(positions)
    if camera.perspective:
        drawn = camera.in_front(view[:, 2], radii)
        view, radii = view[drawn], radii[drawn]
    lines = [np.zeros((0, 2, 2))]
    for edge in scene.cell_edges():
        ends = _before_the_eye(camera.to_view(edge), camera)
        if ends is not None:
            lines.append(_seen_parts(ends, view, radii, camera, width, height))
    return np.concatenate(lines)


def _before_the_eye(ends: FloatArray, camera: Camera) -> FloatArray | None:
    """The part of a line (2, 3), view's frame, that lies before the nearest plane; None if nothing does."""
    if not camera.perspective:
        return ends
    limit = camera.distance - camera.near
    depths = ends[:, 2]
    if np.all(depths >= limit):
        return None
    cut = ends.copy()
    for near, far in ((0, 1), (1, 0)):
        if depths[near] >= limit:
            part = (limit - depths[far]) / (depths[near] - depths[far]) * (1.0 - 1e-9)
            cut[near] = ends[far] + part * (ends[near] - ends[far])
    return cut


def _seen_parts(
    ends: FloatArray, view: FloatArray, radii: FloatArray, camera: Camera, width: int, height: int
) -> FloatArray:
    """Lines (M, 2, 2) in pixels of what is seen of one edge (2, 3)."""
    scale = camera.pixels_per_angstrom(height) * camera.magnification(ends[:, 2])
    pixels = np.stack([0.5 * width + ends[:, 0] * scale, 0.5 * height - ends[:, 1] * scale], axis=1)
    length = float(np.hypot(*(pixels[1] - pixels[0])))
    count = int(min(max(length / _STEP, 2.0), _MOST)) + 1
    # Equal steps in the window; in perspective the near part of a line has fewer ångström to a pixel.
    part = np.linspace(0.0, 1.0, count)
    if camera.perspective:
        part = part * scale[0] / (part * scale[0] + (1.0 - part) * scale[1])
    points = ends[0] + part[:, np.newaxis] * (ends[1] - ends[0])
    near = np.flatnonzero(_near_line(ends, view, radii, camera))
    view, radii = view[near], radii[near]
    middles = np.array([0.5 * width, 0.5 * height])
    first, last = _shadowed(pixels - middles, count, view, radii, camera, height)
    hidden = _hidden(points, first, last, view, radii, camera)
    shown = np.concatenate([[False], ~hidden, [False]])
    starts, stops = np.flatnonzero(~shown[:-1] & shown[1:]), np.flatnonzero(shown[:-1] & ~shown[1:]) - 1
    window = np.linspace(0.0, 1.0, count)[:, np.newaxis]
    places = pixels[0] + window * (pixels[1] - pixels[0])
    long = stops > starts
    return np.stack([places[starts[long]], places[stops[long]]], axis=1)


def _near_line(ends: FloatArray, view: FloatArray, radii: FloatArray, camera: Camera) -> BoolArray:
    """Which atoms (N,) may hide something of a line: their shadows come near it."""
    if camera.perspective:
        # The plane through the eye and the line: an atom farther from it than its radius hides nothing.
        eye = np.array([0.0, 0.0, camera.distance])
        normal = np.cross(ends[0] - eye, ends[1] - eye)
        origin = eye
    else:
        normal = np.cross(ends[1] - ends[0], np.array([0.0, 0.0, 1.0]))
        origin = ends[0]
    length = float(np.linalg.norm(normal))
    if length < 1e-12:
        return np.ones(len(view), dtype=np.bool_)
    unit = normal / length
    near: BoolArray = np.abs(view @ unit - origin @ unit) <= radii
    return near & (view[:, 2] + radii > ends[:, 2].min())


def _shadowed(
    pixels: FloatArray, count: int, view: FloatArray, radii: FloatArray, camera: Camera, height: int
) -> tuple[IntArray, IntArray]:
    """First and last but one (N,) of the places along a line that spheres may be seen at.

    Parameters
    ----------
    pixels
        (2, 2) ends of the line from the window's middle, x to the right and y down.
    count
        How many places are looked at, in equal steps in the window.
    """
    scale = camera.pixels_per_angstrom(height)
    x, y, reach = view[:, 0] * scale, -view[:, 1] * scale, radii * scale
    if camera.perspective:
        # The ellipse that a sphere is seen as: its middle, and half of its long axis.
        away = camera.distance - view[:, 2]
        under = np.maximum(away * away - radii * radii, 1e-12)
        stretched = camera.distance * away / under
        aside = view[:, 0] ** 2 + view[:, 1] ** 2
        x, y = x * stretched, y * stretched
        reach = reach * camera.distance / np.sqrt(under) * np.sqrt(1.0 + aside / under)
    along = pixels[1] - pixels[0]
    length = float(np.hypot(*along))
    if length < 1e-9:
        return np.zeros(len(x), dtype=np.int64), np.full(len(x), count, dtype=np.int64)
    place = ((x - pixels[0, 0]) * along[0] + (y - pixels[0, 1]) * along[1]) / length
    steps = (count - 1) / length
    first = np.clip(np.floor((place - reach) * steps), 0, count).astype(np.int64)
    last = np.clip(np.ceil((place + reach) * steps) + 1, 0, count).astype(np.int64)
    return first, last


def _hidden(
    points: FloatArray, first: IntArray, last: IntArray, view: FloatArray, radii: FloatArray, camera: Camera
) -> BoolArray:
    """Which points (P, 3) lie in or behind any of the spheres (N, 3), (N,).

    Of each sphere only the points from its first to its last but one are looked at.
    """
    hidden = np.zeros(len(points), dtype=np.bool_)
    many = last - first
    ends = np.cumsum(many)
    begin = 0
    while begin < len(many):
        # As many spheres as make one block, and at least one.
        done = int(ends[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, done + _BLOCK, side="right")))
        counts = many[begin:end]
        sphere = np.repeat(np.arange(begin, end), counts)
        point = np.arange(len(sphere)) - np.repeat(ends[begin:end] - counts - done, counts) + first[sphere]
        hidden[point[_covers(points[point], view[sphere], radii[sphere] ** 2, camera)]] = True
        begin = end
    return hidden


def _covers(points: FloatArray, centres: FloatArray, squares: FloatArray, camera: Camera) -> BoolArray:
    """Which points (M, 3) lie in or behind their spheres (M, 3), (M,) of squared radii."""
    covers: BoolArray
    if camera.perspective:
        eye = np.array([0.0, 0.0, camera.distance])
        sight, towards_centre = points - eye, centres - eye
        length = np.sqrt(np.sum(sight**2, axis=1))
        towards = np.sum(sight * towards_centre, axis=1) / length
        aside2 = np.sum(towards_centre**2, axis=1) - towards**2
        entered = towards - np.sqrt(np.maximum(squares - aside2, 0.0))
        covers = (aside2 < squares) & (entered < length)
        return covers
    across, up = points[:, 0] - centres[:, 0], points[:, 1] - centres[:, 1]
    square = squares - across * across - up * up
    covers = (square > 0.0) & (centres[:, 2] + np.sqrt(np.maximum(square, 0.0)) > points[:, 2])
    return covers
