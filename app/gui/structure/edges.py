"""Which parts of the cell's edges are seen: an edge ends where an atom hides it.  No Qt."""

from __future__ import annotations

import numpy as np

from app.gui.structure.camera import Camera
from app.gui.structure.scene import Scene
from sim.core.types import BoolArray, FloatArray

#: Edges are looked at every so many pixels, and at most in so many places.
_STEP, _MOST = 1.0, 1500
#: Comparisons of a place with an atom that are made at once.
_BLOCK = 1_000_000


def visible_edges(scene: Scene, camera: Camera, width: int, height: int) -> FloatArray:
    """Lines to draw for the cell.

    Parameters
    ----------
    scene, camera
        What is seen, and from where.
    width, height
        Of the window, pixels.

    Returns
    -------
    (M, 2, 2): start and end of each line, x and y in pixels.
    """
    if scene.cell is None:
        return np.zeros((0, 2, 2))
    view = camera.to_view(scene.positions)
    drawn = camera.in_front(view[:, 2], scene.radii)
    view, radii = view[drawn], scene.radii[drawn]
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
    near = _near_line(ends, view, radii, camera)
    hidden = _hidden(points, view[near], radii[near], camera)
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
    near: BoolArray = np.abs((view - origin) @ (normal / length)) <= radii
    return near & (view[:, 2] + radii > ends[:, 2].min())


def _hidden(points: FloatArray, view: FloatArray, radii: FloatArray, camera: Camera) -> BoolArray:
    """Which points (P, 3) lie in or behind any of the spheres (N, 3), (N,)."""
    hidden = np.zeros(len(points), dtype=np.bool_)
    if not len(view):
        return hidden
    step = max(1, _BLOCK // len(points))
    for start in range(0, len(view), step):
        centres, squares = view[start : start + step], radii[start : start + step] ** 2
        if camera.perspective:
            eye = np.array([0.0, 0.0, camera.distance])
            sight = points - eye
            length = np.linalg.norm(sight, axis=1)
            towards = (sight / length[:, np.newaxis]) @ (centres - eye).T
            aside2 = np.sum((centres - eye) ** 2, axis=1) - towards**2
            entered = towards - np.sqrt(np.maximum(squares - aside2, 0.0))
            covers = (aside2 < squares) & (entered < length[:, np.newaxis])
        else:
            across = points[:, np.newaxis, 0] - centres[:, 0]
            up = points[:, np.newaxis, 1] - centres[:, 1]
            square = squares - across * across - up * up
            surface = centres[:, 2] + np.sqrt(np.maximum(square, 0.0))
            covers = (square > 0.0) & (surface > points[:, np.newaxis, 2])
        hidden |= covers.any(axis=1)
    return hidden
