"""Grains of icosahedra and decahedra: twenty and five tetrahedra about a point and about an axis.

Tier A.  A grain is found by folding space with the body's mirrors, not by asking its tetrahedra.
"""

from __future__ import annotations

import math

import numpy as np

from sim.core.types import FloatArray, IntArray
from sim.numerics.detmath import sincos_degrees
from sim.numerics.motion import Motion
from sim.specimen.shapes.blocks import BLOCK, TOLERANCE, as_points, blocks, columns, inverse

#: The golden ratio.
GOLDEN = (1.0 + math.sqrt(5.0)) / 2.0
_ROOT = math.sqrt(1.0 + GOLDEN * GOLDEN)
#: Turns the icosahedron of this module about x until the corner (0, φ, 1) points along +z.
FIVE_FOLD_UP = Motion(
    np.array([[1.0, 0.0, 0.0], [0.0, 1.0 / _ROOT, -GOLDEN / _ROOT], [0.0, GOLDEN / _ROOT, 1.0 / _ROOT]]),
    np.zeros(3),
)


def icosahedron_planes(height: float = 1.0) -> tuple[FloatArray, FloatArray]:
    """Faces of the icosahedron in the order of its grains: unit normals (20, 3) and heights (20,), Å.

    Two-fold axes lie along x, y and z, corners along (0, ±φ, ±1) and their cyclic permutations.  Grains 0
    to 7 are the octants (bit 0: x < 0, bit 1: y < 0, bit 2: z < 0); 8 to 11 lie along (0, ±1/φ, ±φ)
    (bit 0: y < 0, bit 1: z < 0), 12 to 15 along (±φ, 0, ±1/φ) (bits x, z), 16 to 19 along (±1/φ, ±φ, 0)
    (bits x, y).
    """
    signs = (1.0, -1.0)
    corners = [(x, y, z) for z in signs for y in signs for x in signs]
    inverse_golden = GOLDEN - 1.0
    corners += [(0.0, y * inverse_golden, z * GOLDEN) for z in signs for y in signs]
    corners += [(x * GOLDEN, 0.0, z * inverse_golden) for z in signs for x in signs]
    corners += [(x * inverse_golden, y * GOLDEN, 0.0) for y in signs for x in signs]
    return np.divide(np.array(corners), math.sqrt(3.0)), np.full(20, height)


def icosahedral_grain(
    points: FloatArray, height: float = math.inf, *, motion: Motion | None = None
) -> IntArray:
    """Which of twenty tetrahedra that share a corner each point lies in.

    Parameters
    ----------
    points
        (N, 3), Å.
    height
        Distance of the outer faces from the centre, Å; infinite: the cones of the grains without end.
    motion
        Where the icosahedron stands; :func:`icosahedron_planes` says how without it.

    Returns
    -------
    (N,) int64: 0 to 19 in the order of :func:`icosahedron_planes`, −1 outside.  A point on a plane between
    grains goes to the first of the octants and then of the others.

    Notes
    -----
    A grain is the cone in which its face is the farthest plane: the largest of twenty products.  The
    mirrors x = 0, y = 0, z = 0 leave four of them.
    """
    given = as_points(points)
    grain = np.empty(len(given), dtype=np.int64)
    back = None if motion is None else inverse(motion)
    scratch = np.empty((10, min(BLOCK, len(given))))
    reach = (height + TOLERANCE) * math.sqrt(3.0)
    for block in blocks(len(given)):
        x, y, z = columns(given[block], back, scratch)
        low = [np.signbit(row).view(np.int8) for row in (x, y, z)]
        rows = scratch[4:, : len(x)]
        for row in (x, y, z):
            np.abs(row, out=row)
        # u φ + v/φ = (u + v) φ − v, with φ − 1 = 1/φ.
        farthest, along, spare = rows[0], rows[1], rows[2]
        np.add(np.add(x, y, out=farthest), z, out=farthest)
        code = low[0] + (low[1] << 1) + (low[2] << 2)
        families = ((z, y, 8, low[1], low[2]), (x, z, 12, low[0], low[2]), (y, x, 16, low[0], low[1]))
        for strong, weak, first, bit_0, bit_1 in families:
            np.multiply(strong, GOLDEN, out=along)
            np.add(along, np.multiply(weak, GOLDEN - 1.0, out=spare), out=along)
            higher = along > farthest
            np.copyto(code, bit_0 + (bit_1 << 1) + np.int8(first), where=higher)
            np.maximum(farthest, along, out=farthest)
        np.copyto(code, np.int8(-1), where=farthest > reach)
        grain[block] = code
    return grain


def decahedron_planes(height: float = 1.0) -> tuple[FloatArray, FloatArray]:
    """Faces of the pentagonal bipyramid of equal triangles: unit normals (10, 3) and heights (10,), Å.

    The five-fold axis lies along z, corners of the ring at azimuths 0°, 72°, …; faces 0 to 4 above and 5
    to 9 below, at azimuths 36°, 108°, ….
    """
    across, up = _decahedron_slope()
    sine, cosine = sincos_degrees(np.add(np.multiply(np.arange(5), 72.0), 36.0))
    upper = np.stack([np.multiply(cosine, across), np.multiply(sine, across), np.full(5, up)], axis=1)
    lower = np.multiply(upper, [1.0, 1.0, -1.0])
    return np.concatenate([upper, lower]), np.full(10, height)


def _decahedron_slope() -> tuple[float, float]:
    """Parts of a face's unit normal across and along the axis, for edges of equal length.

    Edge 1: ring at distance R = 1/(2 sin 36°), its sides at R cos 36°, tips at √(1 − R²).
    """
    sine, cosine = (float(part) for part in sincos_degrees(36.0))
    ring = 0.5 / sine
    side, tip = ring * cosine, math.sqrt(1.0 - ring * ring)
    size = math.sqrt(side * side + tip * tip)
    return tip / size, side / size


def five_fold_grain(
    points: FloatArray, height: float = math.inf, *, motion: Motion | None = None
) -> IntArray:
    """Which of five tetrahedra that share an edge each point lies in.

    Parameters
    ----------
    points
        (N, 3), Å.
    height
        Distance of the ten faces from the centre, Å; infinite: sectors about the axis without end.
    motion
        Where the axis stands; without it along z, and the first sector from azimuth 0° to 72°.

    Returns
    -------
    (N,) int64: 0 to 4 counter-clockwise, −1 outside.  A point on a plane between sectors goes to the
    lower number.
    """
    given = as_points(points)
    grain = np.empty(len(given), dtype=np.int64)
    back = None if motion is None else inverse(motion)
    scratch = np.empty((7, min(BLOCK, len(given))))
    sine, cosine = sincos_degrees(np.array([36.0, 108.0]))
    across, up = _decahedron_slope()
    for block in blocks(len(given)):
        x, y, z = columns(given[block], back, scratch)
        farthest, along, spare = scratch[4:, : len(x)]
        below = y < 0.0
        np.abs(y, out=y)
        # The mirror y = 0 leaves the sectors about 36°, 108° and 180°.
        np.multiply(x, cosine[0], out=farthest)
        np.add(farthest, np.multiply(y, sine[0], out=spare), out=farthest)
        code = np.multiply(below, np.int8(4), dtype=np.int8)
        np.multiply(x, cosine[1], out=along)
        np.add(along, np.multiply(y, sine[1], out=spare), out=along)
        np.copyto(
            code, np.add(np.multiply(below, np.int8(2), dtype=np.int8), np.int8(1)), where=along > farthest
        )
        np.maximum(farthest, along, out=farthest)
        np.negative(x, out=along)
        np.copyto(code, np.int8(2), where=along > farthest)
        np.maximum(farthest, along, out=farthest)
        if height < math.inf:
            np.multiply(farthest, across, out=farthest)
            np.add(farthest, np.multiply(np.abs(z, out=z), up, out=z), out=farthest)
            np.copyto(code, np.int8(-1), where=farthest > height + TOLERANCE)
        grain[block] = code
    return grain
