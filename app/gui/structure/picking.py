"""Which atom lies under the mouse: a ray against every sphere.  No Qt."""

from __future__ import annotations

import numpy as np

from app.gui.structure.camera import Camera, in_frame
from app.gui.structure.scene import Scene


def pick(scene: Scene, camera: Camera, x: float, y: float, width: float, height: float) -> int:
    """Index of the atom seen at window position (x, y), or −1.

    Parameters
    ----------
    scene, camera
        What is drawn.
    x, y
        Pixels, fractions allowed.
    width, height
        Of the window in the same pixels.
    """
    if not len(scene):
        return -1
    origin, direction = camera.ray(x, y, width, height)
    # Any two directions across the ray: the distance of a centre from the ray needs no more than these.
    helper = np.eye(3)[int(np.argmin(np.abs(direction)))]
    first = np.cross(direction, helper)
    first /= np.linalg.norm(first)
    offsets = in_frame(scene.positions, origin, np.stack([first, np.cross(direction, first)]))
    squares = offsets[:, 0] ** 2 + offsets[:, 1] ** 2
    hits = np.flatnonzero(squares <= scene.radii**2)
    depth = camera.to_view(scene.positions[hits])[:, 2]
    seen = camera.in_front(depth, scene.radii[hits])
    hits, squares = hits[seen], squares[hits[seen]]
    if not len(hits):
        return -1
    travelled = (scene.positions[hits] - origin) @ direction - np.sqrt(scene.radii[hits] ** 2 - squares)
    return int(hits[np.argmin(travelled)])
