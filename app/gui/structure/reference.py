"""The exact picture of a scene, slowly: what the painter and OpenGL are compared with.  No Qt.

Every pixel's line of sight is intersected with every sphere that may cover it; the nearest surface wins.
The middle of a pixel decides, so edges are not smoothed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.gui.structure.camera import Camera
from app.gui.structure.elements import SELECTED_COLOUR
from app.gui.structure.scene import Scene
from app.gui.structure.shading import Components, brightness
from sim.core.types import FloatArray, IntArray

#: In ``Picture.ids``: no atom, or an edge of the cell.
BACKGROUND, CELL = -1, -2
#: Pixels tested at once.
_BLOCK = 2_000_000


class Picture(NamedTuple):
    """A rendered scene.

    Attributes
    ----------
    rgb
        (H, W, 3) uint8.
    ids
        (H, W) int32, index of the atom seen, ``BACKGROUND`` or ``CELL``.
    depth
        (H, W) float64, Å towards the eye, −inf for the background.
    """

    rgb: NDArray[np.uint8]
    ids: NDArray[np.int32]
    depth: FloatArray


def render(
    scene: Scene,
    camera: Camera,
    width: int,
    height: int,
    background: tuple[int, int, int] = (30, 31, 34),
    line: tuple[int, int, int] = (200, 200, 200),
    selected: int = -1,
) -> Picture:
    """Draw a scene.

    Parameters
    ----------
    scene, camera
        What is seen, and from where.
    width, height
        Of the picture, pixels.
    background, line
        Colours of the background and of the cell's edges.
    selected
        Index of the atom that is drawn in the colour of the selection.
    """
    depth = np.full(width * height, -np.inf)
    ids = np.full(width * height, BACKGROUND, dtype=np.int32)
    view = camera.to_view(scene.positions)
    for pixels, surface, atoms in _covered(view, scene.radii, camera, width, height):
        # Far to near: of several atoms on one pixel the last that is written is the nearest.
        order = np.argsort(surface, kind="stable")
        pixels, surface, atoms = pixels[order], surface[order], atoms[order]
        last = np.full(width * height, -1, dtype=np.int64)
        last[pixels] = np.arange(len(pixels))
        touched = np.flatnonzero(last >= 0)
        nearer = surface[last[touched]] > depth[touched]
        touched = touched[nearer]
        depth[touched], ids[touched] = surface[last[touched]], atoms[last[touched]]
    rgb = np.empty((width * height, 3), dtype=np.uint8)
    rgb[:] = background
    _shade(rgb, ids, depth, view, scene, camera, width, height, selected)
    _draw_cell(rgb, ids, depth, scene, camera, width, height, line)
    return Picture(rgb.reshape(height, width, 3), ids.reshape(height, width), depth.reshape(height, width))


def _lines_of_sight(
    columns: IntArray, rows: IntArray, camera: Camera, width: int, height: int
) -> tuple[FloatArray, FloatArray]:
    """Points (…) in the plane of the centre that the middles of pixels look at: x and y, Å."""
    scale = camera.pixels_per_angstrom(height)
    x, y = (columns + (0.5 - 0.5 * width)) / scale, ((0.5 * height - 0.5) - rows) / scale
    return x.astype(np.float64), y.astype(np.float64)


def _surface_depth(
    x: FloatArray, y: FloatArray, centres: FloatArray, radii: FloatArray, camera: Camera
) -> FloatArray:
    """Depth (…) at which lines of sight through x, y meet spheres (…, 3); −inf where they miss."""
    if not camera.perspective:
        square = radii**2 - (x - centres[..., 0]) ** 2 - (y - centres[..., 1]) ** 2
        return np.where(square >= 0.0, centres[..., 2] + np.sqrt(np.maximum(square, 0.0)), -np.inf)
    eye = camera.distance
    length = np.sqrt(x * x + y * y + eye * eye)
    # From the eye (0, 0, eye) along (x, y, −eye)/length.
    towards = (x * centres[..., 0] + y * centres[..., 1] + eye * (eye - centres[..., 2])) / length
    distance2 = centres[..., 0] ** 2 + centres[..., 1] ** 2 + (centres[..., 2] - eye) ** 2
    square = radii**2 - (distance2 - towards**2)
    travelled = towards - np.sqrt(np.maximum(square, 0.0))
    return np.where(square >= 0.0, eye - travelled * eye / length, -np.inf)


def _bounds(across: FloatArray, away: FloatArray, radii: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least and greatest slope (N,) under which spheres are seen from the eye, along one window axis."""
    root = radii * np.sqrt(np.maximum(across**2 + away**2 - radii**2, 0.0))
    under = away**2 - radii**2
    return (across * away - root) / under, (across * away + root) / under


def _boxes(view: FloatArray, radii: FloatArray, camera: Camera, width: int, height: int) -> IntArray:
    """First column, first row, columns and rows (N, 4) that may show each sphere."""
    scale = camera.pixels_per_angstrom(height)
    if camera.perspective:
        away, focal = camera.distance - view[:, 2], scale * camera.distance
        left, right = _bounds(view[:, 0], away, radii)
        low, high = _bounds(view[:, 1], away, radii)
        left, right, low, high = left * focal, right * focal, low * focal, high * focal
    else:
        left, right = (view[:, 0] - radii) * scale, (view[:, 0] + radii) * scale
        low, high = (view[:, 1] - radii) * scale, (view[:, 1] + radii) * scale
    edges = [
        np.floor(0.5 * width + left), np.floor(0.5 * height - high),
        np.ceil(0.5 * width + right), np.ceil(0.5 * height - low),
    ]  # fmt: skip
    limits = (width, height, width, height)
    first_column, first_row, end_column, end_row = (
        np.clip(edge, 0, limit).astype(np.int64) for edge, limit in zip(edges, limits, strict=True)
    )
    return np.stack([first_column, first_row, end_column - first_column, end_row - first_row], axis=1)


def _covered(
    view: FloatArray, radii: FloatArray, camera: Camera, width: int, height: int
) -> Iterator[tuple[IntArray, FloatArray, IntArray]]:
    """Blocks of (pixel number, surface depth, atom), each array (M,): all that spheres cover."""
    atoms = np.flatnonzero(camera.in_front(view[:, 2], radii))
    boxes = _boxes(view[atoms], radii[atoms], camera, width, height)
    shown = (boxes[:, 2] > 0) & (boxes[:, 3] > 0)
    atoms, boxes = atoms[shown], boxes[shown]
    # Spheres of about the same size go together: a block is a rectangle for all of them.
    sizes = np.ceil(np.log2(np.maximum(boxes[:, 2], boxes[:, 3])) * 2.0).astype(np.int64)
    for size in np.unique(sizes):
        group = np.flatnonzero(sizes == size)
        columns, rows = int(boxes[group, 2].max()), int(boxes[group, 3].max())
        offset_rows, offset_columns = (axis.ravel() for axis in np.mgrid[:rows, :columns])
        step = max(1, _BLOCK // (rows * columns))
        for start in range(0, len(group), step):
            part = group[start : start + step]
            column = boxes[part, 0, np.newaxis] + offset_columns
            row = boxes[part, 1, np.newaxis] + offset_rows
            x, y = _lines_of_sight(column, row, camera, width, height)
            centres = view[atoms[part]][:, np.newaxis]
            surface = _surface_depth(x, y, centres, radii[atoms[part]][:, np.newaxis], camera)
            hit = (surface > -np.inf) & (column < width) & (row < height)
            which = np.broadcast_to(atoms[part][:, np.newaxis], column.shape)
            yield (row * width + column)[hit], surface[hit], which[hit]


def _shade(
    rgb: NDArray[np.uint8],
    ids: NDArray[np.int32],
    depth: FloatArray,
    view: FloatArray,
    scene: Scene,
    camera: Camera,
    width: int,
    height: int,
    selected: int,
) -> None:
    """Colour the pixels (H·W, 3) that show atoms."""
    seen = np.flatnonzero(ids >= 0).astype(np.int64)
    atoms = ids[seen]
    x, y = _lines_of_sight(seen % width, seen // width, camera, width, height)
    to_eye: Components = (0.0, 0.0, 1.0)
    if camera.perspective:
        eye = camera.distance
        part = (eye - depth[seen]) / eye
        x, y = x * part, y * part
        length = np.sqrt(x * x + y * y + (eye - depth[seen]) ** 2)
        to_eye = (-x / length, -y / length, (eye - depth[seen]) / length)
    normals = (np.stack([x, y, depth[seen]]) - view[atoms].T) / scene.radii[atoms]
    matt, shine = brightness((normals[0], normals[1], normals[2]), to_eye)
    colours = scene.colours[atoms].astype(np.float64)
    colours[atoms == selected] = SELECTED_COLOUR
    rgb[seen] = np.clip(colours * matt[:, np.newaxis] + 255.0 * shine[:, np.newaxis], 0.0, 255.0)


def _draw_cell(
    rgb: NDArray[np.uint8],
    ids: NDArray[np.int32],
    depth: FloatArray,
    scene: Scene,
    camera: Camera,
    width: int,
    height: int,
    line: tuple[int, int, int],
) -> None:
    """Edges of the cell, one pixel wide, where no atom is before them."""
    for start, end in scene.cell_edges():
        ends_x, ends_y, _ = camera.project(np.stack([start, end]), width, height)
        length = np.hypot(ends_x[1] - ends_x[0], ends_y[1] - ends_y[0])
        # Where an end lies behind the eye the projected length says nothing.
        steps = 4 * (width + height) if not np.isfinite(length) else min(int(2.0 * length), 100_000)
        part = np.linspace(0.0, 1.0, steps + 2)[:, np.newaxis]
        x, y, z = camera.project(start + part * (end - start), width, height)
        shown = camera.in_front(z, 0.0) & (x >= 0) & (x < width) & (y >= 0) & (y < height)
        pixels = np.floor(y[shown]).astype(np.int64) * width + np.floor(x[shown]).astype(np.int64)
        z = z[shown]
        before = z > depth[pixels]
        pixels, z = pixels[before], z[before]
        rgb[pixels], ids[pixels], depth[pixels] = line, CELL, z
