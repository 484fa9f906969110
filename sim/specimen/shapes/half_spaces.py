"""Corners and faces of what half-spaces have in common, and half-spaces that bound points.

Tier A.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray
from sim.numerics.motion import cross, determinant, dot, heights_of, inverse_matrix, length, squared_lengths
from sim.numerics.rotations import rotate

#: Corners so many times farther out than the planes count as infinitely far.
FARTHEST = 1000.0
#: Points so close to a plane lie on it, as a part of the planes' largest distance.
CLOSE = 1e-9


@dataclass(frozen=True, eq=False)
class Corners:
    """The surface of a convex polyhedron.

    Attributes
    ----------
    planes
        (F,) int64: which of the given planes carry a face.
    vertices
        (V, 3), Å.
    faces
        For each plane the indices of its corners, counter-clockwise seen from outside.
    """

    planes: tuple[int, ...]
    vertices: FloatArray
    faces: tuple[tuple[int, ...], ...]


def common(normals: FloatArray, heights: FloatArray) -> Corners:
    """The polyhedron of all points with normal · p ≤ height.

    Parameters
    ----------
    normals
        (F, 3), unit vectors.
    heights
        (F,), Å.

    Raises
    ------
    InputError
        When nothing lies behind all planes, or when they leave a way to infinity.

    Notes
    -----
    A large cube is cut by one plane after another.  A corner within ``CLOSE`` of a plane lies on it, so
    that planes that only touch add nothing; at the end each corner is solved anew from the three planes
    through it that meet at the widest angles.
    """
    scale = max(float(np.max(np.abs(heights))), 1e-6)
    cut = _Cutting(FARTHEST * scale, CLOSE * scale)
    for index, (normal, height) in enumerate(zip(normals, heights.tolist(), strict=True)):
        cut.by(index, normal, height)
    return cut.result(normals, heights)


class _Cutting:
    """A convex polyhedron while planes cut it; faces are loops of vertex numbers."""

    def __init__(self, size: float, close: float) -> None:
        self.close = close
        self.vertices = np.array(
            [[x, y, z] for z in (-size, size) for y in (-size, size) for x in (-size, size)]
        )
        # Planes of the cube have negative numbers.
        self.faces: dict[int, list[int]] = {
            -1: [0, 4, 6, 2], -2: [1, 3, 7, 5], -3: [0, 1, 5, 4],
            -4: [2, 6, 7, 3], -5: [0, 2, 3, 1], -6: [4, 5, 7, 6],
        }  # fmt: skip
        self._note()

    def _note(self) -> None:
        """Write down which faces meet at each vertex, so that a cut looks only at those it meets."""
        self.used = np.ones(len(self.vertices), dtype=np.bool_)
        self.at: list[set[int]] = [set() for _ in self.vertices]
        for name, loop in self.faces.items():
            for vertex in loop:
                self.at[vertex].add(name)

    def by(self, plane: int, normal: FloatArray, height: float) -> None:
        """Take away what lies beyond a plane."""
        used = self.used
        above = np.subtract(heights_of(normal, self.vertices), height)
        beyond = np.logical_and(used, above > self.close)
        if not np.any(beyond):
            return
        if not np.any(np.logical_and(used, above < -self.close)):
            raise InputError(
                "planes", "nothing lies behind all of them", remedy="move them outwards from the centre"
            )
        heights, out = above.tolist(), beyond.tolist()
        fresh: dict[tuple[int, int], int] = {}
        points: list[FloatArray] = []
        changed: dict[int, list[int]] = {}

        def crossing(one: int, two: int) -> int:
            key = (min(one, two), max(one, two))
            if key not in fresh:
                fresh[key] = len(self.vertices) + len(points)
                # Between the same two ends in the same order, whichever face asks.
                a, b = key
                part = heights[a] / (heights[a] - heights[b])
                way = np.subtract(self.vertices[b], self.vertices[a])
                points.append(np.add(self.vertices[a], np.multiply(part, way)))
            return fresh[key]

        gone = np.flatnonzero(beyond).tolist()
        for name in sorted({name for vertex in gone for name in self.at[vertex]}):
            loop = self.faces.pop(name)
            for vertex in loop:
                self.at[vertex].discard(name)
            left: list[int] = []
            for here, after in zip(loop, loop[1:] + loop[:1], strict=True):
                if not out[here]:
                    left.append(here)
                if out[here] != out[after] and abs(heights[after if out[here] else here]) > self.close:
                    left.append(crossing(here, after))
            if len(left) >= 3:
                changed[name] = left
        on = np.flatnonzero(np.logical_and(used, np.abs(above) <= self.close)).tolist()
        if points:
            self.vertices = np.concatenate([self.vertices, np.stack(points)])
            self.at += [set() for _ in points]
        self.used = np.concatenate([used, np.ones(len(points), dtype=np.bool_)])
        self.used[gone] = False
        changed[plane] = around(self.vertices, on + list(fresh.values()), normal)
        self.faces.update(changed)
        for name, loop in changed.items():
            for vertex in loop:
                self.at[vertex].add(name)

    def result(self, normals: FloatArray, heights: FloatArray) -> Corners:
        """The faces that are left, with corners solved from their planes."""
        if any(plane < 0 for plane in self.faces):
            raise InputError(
                "planes", "they leave a way to infinity", remedy="add planes that close the shape"
            )
        self._merge()
        planes = sorted(self.faces)
        meeting: dict[int, list[int]] = {}
        for plane in planes:
            for vertex in self.faces[plane]:
                meeting.setdefault(vertex, []).append(plane)
        order = {vertex: place for place, vertex in enumerate(sorted(meeting))}
        solved = [
            _meeting_point(normals, heights, meeting[vertex], self.vertices[vertex]) for vertex in order
        ]
        faces = tuple(tuple(order[vertex] for vertex in self.faces[plane]) for plane in planes)
        return Corners(tuple(planes), np.stack(solved), faces)

    def _merge(self) -> None:
        """Make corners that coincide one; faces without width go."""
        used = sorted({vertex for loop in self.faces.values() for vertex in loop})
        kept: list[int] = []
        same: dict[int, int] = {}
        for vertex in used:
            if kept:
                apart = np.max(np.abs(np.subtract(self.vertices[kept], self.vertices[vertex])), axis=1)
                nearest = int(np.argmin(apart))
                if apart[nearest] <= 10.0 * self.close:
                    same[vertex] = kept[nearest]
                    continue
            kept.append(vertex)
            same[vertex] = vertex
        for name, loop in list(self.faces.items()):
            merged = [same[vertex] for vertex in loop]
            merged = [
                one for one, before in zip(merged, merged[-1:] + merged[:-1], strict=True) if one != before
            ]
            if len(merged) < 3:
                del self.faces[name]
            else:
                self.faces[name] = merged


def around(vertices: FloatArray, members: list[int], normal: FloatArray) -> list[int]:
    """Corners of a flat convex face in counter-clockwise order about its normal."""
    smallest = np.zeros(3)
    smallest[int(np.argmin(np.abs(normal)))] = 1.0
    first = cross(smallest, normal)
    second = cross(normal, first)
    flat = rotate(np.stack([first, second, normal]), vertices[members])[:, :2]
    middle = np.multiply(np.add(np.min(flat, axis=0), np.max(flat, axis=0)), 0.5)
    x, y = np.subtract(flat, middle).T.tolist()
    # Grows with the angle from 0 to 4, like a quadrant with its fraction.
    angle = [_quarter(a, b) for a, b in zip(x, y, strict=True)]
    return [member for _, member in sorted(zip(angle, members, strict=True))]


def _quarter(x: float, y: float) -> float:
    size = abs(x) + abs(y)
    if size == 0.0:
        return 0.0
    part = y / size
    if x < 0.0:
        return 2.0 - part
    return part if part >= 0.0 else 4.0 + part


def _meeting_point(
    normals: FloatArray, heights: FloatArray, planes: list[int], rough: FloatArray
) -> FloatArray:
    """Where planes meet: solved from the three of them that stand best to each other."""
    best, chosen = 0.0, (0, 0, 0)
    few = planes[:12]
    for i, one in enumerate(few):
        for j, two in enumerate(few[i + 1 :], i + 1):
            for three in few[j + 1 :]:
                size = abs(determinant(normals[[one, two, three]]))
                if size > best:
                    best, chosen = size, (one, two, three)
    if best > 1e-6:
        rows = list(chosen)
        rough = rotate(inverse_matrix(normals[rows]), heights[rows][np.newaxis, :])[0]
    return rough


def bounding(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Planes of the convex hull of points.

    Parameters
    ----------
    points
        (N, 3), Å.

    Returns
    -------
    Unit normals (F, 3) and heights (F,), Å.

    Raises
    ------
    InputError
        When fewer than four points are given or all of them lie in one plane.

    Notes
    -----
    By duality: seen from a point inside, the planes {q : p · q ≤ 1} of all points p bound a polyhedron
    whose corners v are the hull's faces, with normal v/|v| at height 1/|v|.
    """
    inner, radius = _inner_ball(points)
    from_inside = np.subtract(points, inner)
    far = np.sqrt(squared_lengths(from_inside))
    # A point in the middle bounds nothing.  All in units of the ball's radius.
    kept = far > radius * 1e-3
    units = np.divide(from_inside[kept], far[kept, np.newaxis])
    dual = common(units, np.divide(radius, far[kept])).vertices
    size = np.sqrt(squared_lengths(dual))
    normals = np.divide(dual, size[:, np.newaxis])
    heights = np.divide(radius, size)
    shift = heights_of(inner, normals)
    return normals, np.add(heights, shift)


def _inner_ball(points: FloatArray) -> tuple[FloatArray, float]:
    """Middle and smallest height over a face of a wide tetrahedron among the points."""
    if len(points) < 4:
        raise InputError("points", "a volume needs at least four corners", value=len(points))
    spread = np.max(np.subtract(np.max(points, axis=0), np.min(points, axis=0)))
    first = points[int(np.argmin(points[:, int(np.argmax(np.ptp(points, axis=0)))]))]
    second = points[int(np.argmax(squared_lengths(np.subtract(points, first))))]
    along = np.subtract(second, first)
    off_line = np.stack([cross(along, p) for p in np.subtract(points, first)])
    third = points[int(np.argmax(squared_lengths(off_line)))]
    normal = cross(along, np.subtract(third, first))
    size = length(normal)
    above = np.abs(heights_of(normal, np.subtract(points, first)))
    fourth = points[int(np.argmax(above))]
    if size <= 1e-6 * spread * spread or float(np.max(above)) <= 1e-6 * spread * size:
        raise InputError("points", "all corners lie in one plane", remedy="move one of them out of it")
    four = np.stack([first, second, third, fourth])
    inner = np.multiply(np.add(np.add(first, second), np.add(third, fourth)), 0.25)
    volume = abs(determinant(np.subtract(four[1:], first)))
    areas = [
        length(cross(np.subtract(four[b], four[a]), np.subtract(four[c], four[a])))
        for a, b, c in ((0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3))
    ]
    return inner, 0.25 * volume / max(areas)


def polyhedron_volume(corners: Corners, vertices: FloatArray) -> float:
    """Volume between faces, Å³: tetrahedra from one corner to triangles of all faces."""
    apex = vertices[0]
    total = 0.0
    for face in corners.faces:
        ring = np.subtract(vertices[list(face)], apex)
        for one, two in pairwise(ring[1:]):
            total += dot(ring[0], cross(one, two))
    return abs(total) / 6.0
