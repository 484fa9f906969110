"""Where the eye is: from ångström to pixels and back.  No Qt; both ways of drawing and picking use it.

Three frames: the specimen's (positions of the scene), the view's (x right, y up, z towards the eye, origin
at the camera's centre, Å) and the window's (pixels; x right, y *down*, (0, 0) at the upper left corner, so
that pixel [row, column] has its middle at (column + ½, row + ½)).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.gui.structure.scene import Scene
from sim.core.types import BoolArray, FloatArray

#: Limits of what can be seen vertically, Å.
SMALLEST_HEIGHT, LARGEST_HEIGHT = 0.05, 1e8
#: In perspective, an atom that reaches nearer to the eye than this part of its distance is not drawn.
NEAR_PART = 0.02
#: Room left around a structure that is made to fit.
FIT_MARGIN = 1.12

#: Rows right, up and towards the eye of the six views along an axis; "+x" looks from +x at the origin.
DIRECTIONS: Mapping[str, tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]] = {
    "+x": ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
    "-x": ((0, -1, 0), (0, 0, 1), (-1, 0, 0)),
    "+y": ((-1, 0, 0), (0, 0, 1), (0, 1, 0)),
    "-y": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "+z": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "-z": ((-1, 0, 0), (0, 1, 0), (0, 0, -1)),
}


@dataclass(frozen=True, eq=False)
class Camera:
    """An eye that looks at a structure.

    Attributes
    ----------
    rotation
        (3, 3), specimen → view, for column vectors; its rows are the directions right, up and towards
        the eye in the specimen's frame.
    centre
        (3,) Å in the specimen's frame: the point in the middle of the window.
    height
        Å seen from the lower to the upper edge of the window, in the plane through the centre.
    perspective
        Near atoms are larger; otherwise the projection is orthographic.
    field_of_view
        Vertical angle seen in perspective, degrees.
    """

    rotation: FloatArray
    centre: FloatArray
    height: float = 20.0
    perspective: bool = False
    field_of_view: float = 30.0

    @classmethod
    def along(cls, name: str, centre: FloatArray | None = None, height: float = 20.0) -> Camera:
        """The camera that looks from ``name`` ("+x", "-x", … "-z") towards the centre.

        Raises
        ------
        KeyError
            For any other name.
        """
        middle = np.zeros(3) if centre is None else centre
        return cls(direction_rotation(name), middle, height)

    @property
    def distance(self) -> float:
        """From the eye to the centre, Å (for the orthographic eye, whose distance does not matter, too)."""
        return 0.5 * self.height / math.tan(math.radians(0.5 * self.field_of_view))

    @property
    def near(self) -> float:
        """In perspective, nothing nearer to the eye than this is drawn, Å."""
        return NEAR_PART * self.distance

    # other cameras

    def with_rotation(self, rotation: FloatArray) -> Camera:
        """Turned to a rotation (3, 3) about the centre."""
        return replace(self, rotation=np.array(rotation, dtype=np.float64))

    def with_direction(self, name: str) -> Camera:
        """Turned to one of the six views along an axis."""
        return self.with_rotation(direction_rotation(name))

    def with_centre(self, centre: FloatArray) -> Camera:
        """With another point (3,) in the middle of the window."""
        return replace(self, centre=np.array(centre, dtype=np.float64))

    def with_perspective(self, perspective: bool) -> Camera:
        """With or without perspective; what lies in the plane of the centre keeps its size."""
        return replace(self, perspective=perspective)

    def orbit(self, across: float, down: float, roll: float = 0.0) -> Camera:
        """Turned like a ball under the hand.

        Parameters
        ----------
        across, down
            Radians by which the near side of the structure moves to the right and downwards.
        roll
            Radians counter-clockwise about the line of sight.
        """
        turned = _rotation_about(np.array([down, across, roll])) @ self.rotation
        return self.with_rotation(_orthonormal(turned))

    def pan(self, across: float, down: float, height_px: float) -> Camera:
        """Moved so that the picture follows the hand by ``across`` and ``down`` pixels."""
        scale = self.pixels_per_angstrom(height_px)
        return self.with_centre(self.centre - np.array([across / scale, -down / scale, 0.0]) @ self.rotation)

    def zoom(self, factor: float, x: float, y: float, width: float, height: float) -> Camera:
        """Enlarged by ``factor``, so that the point of the centre's plane under pixel (x, y) stays there."""
        wanted = min(max(self.height / factor, SMALLEST_HEIGHT), LARGEST_HEIGHT)
        offset = np.array([x - 0.5 * width, 0.5 * height - y, 0.0]) / height
        return replace(
            self.with_centre(self.centre + (self.height - wanted) * (offset @ self.rotation)), height=wanted
        )

    def fit(self, scene: Scene, aspect: float) -> Camera:
        """Moved to the scene's centre, and as near as every sphere and the cell can be seen.

        Parameters
        ----------
        scene
            What is to be seen; of an empty one only the centre counts.
        aspect
            Width of the window over its height.
        """
        centred = self.with_centre(scene.centre)
        positions, radii = scene.positions, scene.radii
        if scene.outer is not None:
            positions, radii = positions[scene.outer], radii[scene.outer]
        view = centred.to_view(positions)
        if scene.cell is not None:
            view = np.concatenate([view, centred.to_view(scene.corners())])
            radii = np.concatenate([radii, np.zeros(8)])
        if not len(view):
            return replace(centred, height=2.0 * scene.radius * FIT_MARGIN)
        across, up = np.abs(view[:, 0]), np.abs(view[:, 1])
        if not self.perspective:
            wanted = 2.0 * max(float(np.max(up + radii)), float(np.max(across + radii)) / aspect)
            # A single point has no extent.
            return replace(centred, height=max(wanted * FIT_MARGIN, 1.0))
        tangent = math.tan(math.radians(0.5 * self.field_of_view)) / FIT_MARGIN
        distance = 0.0
        for offset, slope in ((up, tangent), (across, tangent * aspect)):
            cosine = 1.0 / math.hypot(1.0, slope)
            # A sphere touches the inclined side of what is seen at its own radius, not above its centre.
            reach = view[:, 2] + (offset * cosine + radii) / (slope * cosine)
            distance = max(distance, float(np.max(reach)))
        return replace(centred, height=max(2.0 * distance * tangent * FIT_MARGIN, 1.0))

    # between the frames

    def pixels_per_angstrom(self, height_px: float) -> float:
        """Scale in the plane of the centre, for a window of this height."""
        return height_px / self.height

    def to_view(self, points: FloatArray) -> FloatArray:
        """Points (N, 3) of the specimen's frame in the view's, Å."""
        return in_frame(points, self.centre, self.rotation)

    def project(
        self, points: FloatArray, width: float, height: float
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Window coordinates of points.

        Parameters
        ----------
        points
            (N, 3) Å in the specimen's frame.
        width, height
            Of the window, pixels.

        Returns
        -------
        x, y
            (N,) pixels; NaN for points at or behind the eye.
        depth
            (N,) Å, coordinate towards the eye: the larger, the nearer.
        """
        view = self.to_view(points)
        scale = self.pixels_per_angstrom(height) * self.magnification(view[:, 2])
        return 0.5 * width + view[:, 0] * scale, 0.5 * height - view[:, 1] * scale, view[:, 2]

    def magnification(self, depth: FloatArray) -> FloatArray:
        """How much larger than in the plane of the centre things at these depths (N,) are seen."""
        if not self.perspective:
            return np.ones_like(depth)
        away = self.distance - depth
        return np.divide(self.distance, away, out=np.full_like(away, np.nan), where=away > 1e-9)

    def in_front(self, depth: FloatArray, radii: FloatArray | float) -> BoolArray:
        """Which spheres, with centres at these depths (N,), are drawn: all of the orthographic picture,
        and those that lie wholly before the nearest plane in perspective."""
        if not self.perspective:
            return np.ones(len(depth), dtype=np.bool_)
        front: BoolArray = depth + radii < self.distance - self.near
        return front

    def ray(self, x: float, y: float, width: float, height: float) -> tuple[FloatArray, FloatArray]:
        """The line of sight through a pixel, in the specimen's frame.

        Returns
        -------
        origin
            (3,) Å: the eye in perspective, else the point in the plane of the centre.
        direction
            (3,) of length 1, away from the eye.
        """
        scale = self.pixels_per_angstrom(height)
        point = np.array([(x - 0.5 * width) / scale, (0.5 * height - y) / scale, 0.0])
        if not self.perspective:
            return self.centre + point @ self.rotation, -self.rotation[2]
        eye = np.array([0.0, 0.0, self.distance])
        direction = (point - eye) / np.linalg.norm(point - eye)
        return self.centre + eye @ self.rotation, direction @ self.rotation

    # matrices of OpenGL

    def view_matrix(self) -> FloatArray:
        """(4, 4) for column vectors: specimen → eye, which sits at the origin and looks along −z."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotation
        matrix[:3, 3] = -self.rotation @ self.centre
        matrix[2, 3] -= self.distance
        return matrix

    def projection_matrix(self, width: float, height: float, scene: Scene) -> FloatArray:
        """(4, 4) for column vectors: eye → clip space, the nearest and farthest planes about the scene."""
        middle = self.distance - float(self.to_view(scene.centre[np.newaxis])[0, 2])
        room = 1.02 * scene.radius + 0.01
        near, far = middle - room, middle + room
        half_height = 0.5 * self.height
        half_width = half_height * width / height
        matrix = np.zeros((4, 4))
        if not self.perspective:
            matrix[0, 0], matrix[1, 1] = 1.0 / half_width, 1.0 / half_height
            matrix[2, 2], matrix[2, 3] = -2.0 / (far - near), -(far + near) / (far - near)
            matrix[3, 3] = 1.0
            return matrix
        near = max(near, self.near)
        far = max(far, 1.01 * near)
        matrix[0, 0], matrix[1, 1] = self.distance / half_width, self.distance / half_height
        matrix[2, 2], matrix[2, 3] = -(far + near) / (far - near), -2.0 * far * near / (far - near)
        matrix[3, 2] = -1.0
        return matrix

    # keeping it

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a settings file."""
        return {
            "rotation": self.rotation.tolist(),
            "centre": self.centre.tolist(),
            "height": self.height,
            "perspective": self.perspective,
        }

    @classmethod
    def from_dict(cls, tree: Mapping[str, Any]) -> Camera:
        """The camera of :meth:`to_dict`.

        Raises
        ------
        ValueError
            If the values make no camera.
        """
        try:
            rotation = np.array(tree["rotation"], dtype=np.float64)
            centre = np.array(tree["centre"], dtype=np.float64)
            height, perspective = float(tree["height"]), bool(tree["perspective"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"no camera: {error}") from error
        if rotation.shape != (3, 3) or centre.shape != (3,) or not np.all(np.isfinite(centre)):
            raise ValueError("no camera: a rotation of 3 × 3 and a centre of 3 numbers are needed")
        if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-6) or np.linalg.det(rotation) < 0.0:
            raise ValueError("no camera: the matrix is no rotation")
        if not SMALLEST_HEIGHT <= height <= LARGEST_HEIGHT:
            raise ValueError(f"no camera: the height is {height} Å")
        return cls(rotation, centre, height, perspective)


def in_frame(points: FloatArray, origin: FloatArray, axes: FloatArray) -> FloatArray:
    """Coordinates (N, k) of points (N, 3) along axes (k, 3) from an origin (3,).

    Written out, and not as a matrix product: for that BLAS starts threads, and where other processes keep
    the machine busy it takes ten times as long, while the user drags.  Each column is contiguous.
    """
    x, y, z = (points[:, axis] - origin[axis] for axis in range(3))
    coordinates = np.empty((len(axes), len(points)))
    for row, (along_x, along_y, along_z) in zip(coordinates, axes.tolist(), strict=True):
        np.multiply(x, along_x, out=row)
        row += y * along_y
        row += z * along_z
    return coordinates.T


def direction_rotation(name: str) -> FloatArray:
    """Rotation (3, 3) of one of the six views along an axis."""
    return np.array(DIRECTIONS[name], dtype=np.float64)


def direction_name(rotation: FloatArray) -> str | None:
    """Which of the six views along an axis a rotation (3, 3) is, if any."""
    for name in DIRECTIONS:
        if np.allclose(rotation, direction_rotation(name), atol=1e-6):
            return name
    return None


def _rotation_about(vector: FloatArray) -> FloatArray:
    """Rotation matrix of a rotation vector (3,), radians (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = (vector / angle).tolist()
    skew = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + math.sin(angle) * skew + (1.0 - math.cos(angle)) * (skew @ skew)


def _orthonormal(matrix: NDArray[np.float64]) -> FloatArray:
    """The rotation nearest to a matrix that many small turns have made slightly oblique."""
    left, _, right = np.linalg.svd(matrix)
    nearest: FloatArray = left @ right
    return nearest
