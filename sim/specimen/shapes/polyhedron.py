"""Convex polyhedra: from planes, from corners, from the planes of a crystal.

Tier A.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import numpy as np
from numpy.typing import ArrayLike

from sim.core.errors import InputError
from sim.core.types import BoolArray, FloatArray, IntArray
from sim.numerics.motion import Motion, determinant, dot, heights_of, length
from sim.numerics.rotations import rotate
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.shapes.base import Line, Shape
from sim.specimen.shapes.blocks import TOLERANCE, as_points, blocks, columns, direction, inverse
from sim.specimen.shapes.half_spaces import Corners, bounding, common, polyhedron_volume
from sim.specimen.shapes.miller import Rotations, equivalent_planes, three_indices

#: A slab between parallel faces: normal, lowest and highest height over the centre.
Slab = tuple[float, float, float, float, float]
#: Points in a block: more than elsewhere, since few of them come as far as the faces.
LARGE_BLOCK = 1 << 16
#: Points that are out are taken out of the way when fewer than this part are left.
WORTH = 0.5


class Polyhedron(Shape):
    """All points with normal · p ≤ height for every plane; planes that bound nothing are dropped.

    Parameters
    ----------
    normals
        (F, 3), outward, of any length.
    heights
        (F,), of the planes along their unit normals from the origin, Å.

    Attributes
    ----------
    normals, heights
        Of the planes that carry faces, (F, 3) unit vectors and (F,) Å.
    vertices
        (V, 3), Å.
    edges
        (E, 2) int64, vertices at the ends of each edge.
    faces
        For each plane the indices of its corners, counter-clockwise seen from outside.
    centre
        (3,) Å, mean of the vertices: a point inside.
    volume
        Å³.

    Raises
    ------
    InputError
        When the planes leave nothing or a way to infinity.
    """

    def __init__(self, normals: ArrayLike, heights: ArrayLike) -> None:
        given = np.asarray(normals, dtype=np.float64).reshape(-1, 3)
        far = np.asarray(heights, dtype=np.float64).reshape(-1)
        if len(given) != len(far):
            raise InputError(
                "heights", "one height a plane is needed", value=len(far), allowed=f"{len(given)}"
            )
        if len(given) < 4 or not np.all(np.isfinite(far)):
            raise InputError(
                "planes", "a volume needs at least four planes at finite heights", value=len(given)
            )
        units = np.stack([direction("normals", normal) for normal in given])
        corners = common(units, far)
        kept = list(corners.planes)
        self._set(units[kept], far[kept], corners.vertices, corners.faces)

    @classmethod
    def from_points(cls, points: ArrayLike) -> Polyhedron:
        """The convex hull of points (N, 3), Å; InputError when they lie in one plane."""
        given = as_points(points)
        if not np.all(np.isfinite(given)):
            raise InputError("points", "a corner is not a finite place")
        return cls(*bounding(given))

    @classmethod
    def from_miller(
        cls,
        crystal: Crystal,
        facets: Sequence[tuple[Sequence[float], float]],
        *,
        family: bool | Sequence[bool] = True,
        rotations: Rotations | None = None,
    ) -> Polyhedron:
        """A crystal bounded by its planes.

        Parameters
        ----------
        crystal
            Gives the directions of the planes.
        facets
            Miller indices (hkl) or (hkil) with the distance of the plane from the origin, Å.
        family
            Whether the entries, or each of them, stand for all planes of their form.
        rotations
            (3, 3) integer matrices W, (hkl) ↦ (hkl) · W, that make a form; without them those of the
            lattice: all 48 of cubic ones, 24 of hexagonal ones.
        """
        normals: list[FloatArray] = []
        heights: list[float] = []
        families = [family] * len(facets) if isinstance(family, bool) else family
        for (indices, distance), whole in zip(facets, families, strict=True):
            form = equivalent_planes(crystal, indices, rotations) if whole else (three_indices(indices),)
            normals += [crystal.normal(plane) for plane in form]
            heights += [float(distance)] * len(form)
        return cls(np.array(normals).reshape(-1, 3), np.array(heights))

    def _set(
        self,
        normals: FloatArray,
        heights: FloatArray,
        vertices: FloatArray,
        faces: tuple[tuple[int, ...], ...],
    ) -> None:
        self.normals, self.heights = normals, heights
        self.vertices, self.faces = vertices, faces
        pairs = {
            (min(i, j), max(i, j)) for face in faces for i, j in zip(face, face[1:] + face[:1], strict=True)
        }
        self.edges: IntArray = np.array(sorted(pairs), dtype=np.int64)
        low, high = np.min(vertices, axis=0), np.max(vertices, axis=0)
        self._bounds = np.stack([low, high])
        self.centre = _mean(vertices)
        over = np.subtract(heights, heights_of(self.centre, normals))
        self._slabs = _slabs(normals, over)
        self._inner = float(np.min(over))
        self._outer = max(length(vertex) for vertex in np.subtract(vertices, self.centre))
        self.volume = polyhedron_volume(Corners((), vertices, faces), vertices)

    def contains(self, points: FloatArray) -> BoolArray:
        """Which points lie inside or on the boundary, (N,).

        The balls inside and around decide for most points; the rest meet one pair of faces after another.
        """
        given = as_points(points)
        inside = np.empty(len(given), dtype=np.bool_)
        scratch = np.empty((5, min(LARGE_BLOCK, len(given))))
        back = Motion.translation(np.negative(self.centre))
        # A little smaller and larger than the balls, so that faces alone decide near them.
        inner, outer = self._inner * (1.0 - 1e-6), self._outer * (1.0 + 1e-6) + TOLERANCE
        for block in blocks(len(given), LARGE_BLOCK):
            x, y, z = columns(given[block], back, scratch)
            square, spare = scratch[3, : len(x)], scratch[4, : len(x)]
            np.multiply(x, x, out=square)
            np.add(square, np.multiply(y, y, out=spare), out=square)
            np.add(square, np.multiply(z, z, out=spare), out=square)
            part = inside[block]
            np.less_equal(square, inner * inner, out=part)
            near = np.less_equal(square, outer * outer)
            rest = np.flatnonzero(np.not_equal(near, part))
            if len(rest) > 0:
                part[self._among(rest, np.take(x, rest), np.take(y, rest), np.take(z, rest))] = True
        return inside

    def _among(self, which: IntArray, x: FloatArray, y: FloatArray, z: FloatArray) -> IntArray:
        """Those of some points that lie between all faces."""
        height, spare, keep = np.empty(len(x)), np.empty(len(x)), np.ones(len(x), dtype=np.bool_)
        more = np.empty(len(x), dtype=np.bool_)
        for a, b, c, low, high in self._slabs:
            count = len(x)
            if count == 0:
                break
            over = _height(a, b, c, (x, y, z), height[:count], spare[:count])
            np.logical_and(keep, np.less_equal(over, high + TOLERANCE, out=more[:count]), out=keep)
            if low > -np.inf:
                np.logical_and(keep, np.greater_equal(over, low - TOLERANCE, out=more[:count]), out=keep)
            if int(np.count_nonzero(keep)) < WORTH * count:
                chosen = np.flatnonzero(keep)
                which, x, y, z = which[chosen], x[chosen], y[chosen], z[chosen]
                keep = np.ones(len(x), dtype=np.bool_)
        return which[keep]

    def distance(self, points: FloatArray) -> FloatArray:
        """Signed distance to the boundary, Å, (N,), exact: to the nearest face, edge or corner.

        Outside, the plane that lies farthest is the nearest face if the point's foot on it lies in the
        polyhedron (the nearest point of a convex body is unique); else an edge is nearest.
        """
        given = as_points(points)
        found = np.empty(len(given))
        size = 1 << 12
        for block in blocks(len(given), size):
            x, y, z = given[block].T
            over = np.stack(
                [
                    np.subtract(np.add(np.add(np.multiply(x, a), np.multiply(y, b)), np.multiply(z, c)), h)
                    for (a, b, c), h in zip(self.normals.tolist(), self.heights.tolist(), strict=True)
                ]
            )
            face = np.argmax(over, axis=0)
            part = np.maximum.reduce(over, axis=0)
            outside = np.flatnonzero(part > 0.0)
            if len(outside) > 0:
                part[outside] = self._far(given[block][outside], over[:, outside], face[outside])
            found[block] = part
        return found

    def _far(self, points: FloatArray, over: FloatArray, face: IntArray) -> FloatArray:
        """Distance of points outside; ``over`` are their heights over all planes (F, N)."""
        found: FloatArray = np.maximum.reduce(over, axis=0)
        cosines = rotate(self.normals, self.normals)  # (F, F), symmetric
        foot = np.subtract(over, np.multiply(found, cosines[:, face]))
        rest = np.flatnonzero(np.logical_not(np.logical_and.reduce(foot <= TOLERANCE, axis=0)))
        x, y, z = points[rest].T
        nearest = np.full(len(rest), np.inf)
        for start, end in self.edges.tolist():
            origin, way = self.vertices[start], np.subtract(self.vertices[end], self.vertices[start])
            (ox, oy, oz), (a, b, c) = origin.tolist(), way.tolist()
            dx, dy, dz = np.subtract(x, ox), np.subtract(y, oy), np.subtract(z, oz)
            along = np.add(np.add(np.multiply(dx, a), np.multiply(dy, b)), np.multiply(dz, c))
            part = np.minimum(np.maximum(np.divide(along, dot(way, way)), 0.0), 1.0)
            dx = np.subtract(dx, np.multiply(part, a))
            dy = np.subtract(dy, np.multiply(part, b))
            dz = np.subtract(dz, np.multiply(part, c))
            square = np.add(np.add(np.multiply(dx, dx), np.multiply(dy, dy)), np.multiply(dz, dz))
            nearest = np.minimum(nearest, square)
        found[rest] = np.sqrt(nearest)
        return found

    def bounds(self) -> FloatArray:
        """Lowest and highest corner of the box around the polyhedron, (2, 3), Å."""
        return self._bounds.copy()

    def moved(self, motion: Motion) -> Polyhedron:
        """The polyhedron elsewhere; any invertible motion, reflections included."""
        back = inverse(motion)
        turned = rotate(back.matrix.T, self.normals)
        sizes = np.array([length(normal) for normal in turned])
        shift = heights_of(motion.offset, turned)
        handed = determinant(motion.matrix) > 0.0
        other = copy(self)
        other._set(
            np.divide(turned, sizes[:, np.newaxis]),
            np.divide(np.add(self.heights, shift), sizes),
            motion.apply(self.vertices),
            self.faces if handed else tuple(face[::-1] for face in self.faces),
        )
        return other

    def wireframe(self) -> tuple[Line, ...]:
        """Its edges."""
        return tuple(self.vertices[edge] for edge in self.edges)


def _mean(points: FloatArray) -> FloatArray:
    total = np.zeros(3)
    for point in points:
        total = np.add(total, point)
    return np.divide(total, float(len(points)))


def _slabs(normals: FloatArray, heights: FloatArray) -> tuple[Slab, ...]:
    """Faces with their opposites, so that one product serves two; pairs first."""
    pairs: list[Slab] = []
    single: list[Slab] = []
    free = np.ones(len(normals), dtype=np.bool_)
    for first, (normal, height) in enumerate(zip(normals, heights.tolist(), strict=True)):
        if not free[first]:
            continue
        free[first] = False
        a, b, c = normal.tolist()
        against = np.max(np.abs(np.add(normals, normal)), axis=1) < 1e-13
        opposite = np.flatnonzero(np.logical_and(against, free))
        if len(opposite) > 0:
            free[opposite[0]] = False
            pairs.append((a, b, c, -float(heights[opposite[0]]), height))
        else:
            single.append((a, b, c, -float("inf"), height))
    return tuple(pairs + single)


def _height(
    a: float,
    b: float,
    c: float,
    at: tuple[FloatArray, FloatArray, FloatArray],
    out: FloatArray,
    spare: FloatArray,
) -> FloatArray:
    """a x + b y + c z into ``out``; parts that are zero cost nothing."""
    begun = False
    for factor, row in zip((a, b, c), at, strict=True):
        if factor != 0.0:
            np.multiply(row, factor, out=spare if begun else out)
            if begun:
                np.add(out, spare, out=out)
            begun = True
    return out
