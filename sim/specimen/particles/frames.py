"""The frames of multiply twinned particles: where the corners of their tetrahedra point, and who owns a site.

Tier A.  Five tetrahedra share an axis along z; twenty share a point, with a five-fold axis along z.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np

from sim.core.types import BoolArray, FloatArray, IntArray
from sim.numerics.detmath import sincos_degrees
from sim.numerics.motion import cross, dot


@dataclass(frozen=True, eq=False)
class Frame:
    """Cones from one point, or wedges along one axis, that fill space.

    Attributes
    ----------
    corners
        (V, 3) float64 unit vectors from the centre along the edges of the cones.
    cells
        (G, 3) int64: the three corners of each cone, right-handed.
    owner
        (G, 8) int64: the cone that owns the sites of cone g whose coordinates are above zero along the
        corners of a bit mask (bit i for corner i): the lowest of those that share them.
    """

    corners: FloatArray
    cells: IntArray
    owner: IntArray


@cache
def icosahedral_frame() -> Frame:
    """Twenty cones over the faces of an icosahedron, a corner on +z and one above +x."""
    sine, cosine = sincos_degrees(np.multiply(36.0, np.arange(10, dtype=np.float64)))
    height = 1.0 / float(np.sqrt(5.0))
    flat = 2.0 * height
    corners = np.zeros((12, 3))
    corners[0, 2], corners[11, 2] = 1.0, -1.0
    for start, first, level in ((1, 0, height), (6, 1, -height)):
        corners[start : start + 5, 0] = np.multiply(flat, cosine[first::2])
        corners[start : start + 5, 1] = np.multiply(flat, sine[first::2])
        corners[start : start + 5, 2] = level
    cells = []
    for k in range(5):
        upper, next_upper, lower, next_lower = 1 + k, 1 + (k + 1) % 5, 6 + k, 6 + (k + 1) % 5
        cells += [(0, upper, next_upper), (upper, lower, next_upper)]
        cells += [(lower, next_lower, next_upper), (11, next_lower, lower)]
    ordered = sorted(cells, key=lambda cell: (-float(corners[list(cell), 2].max()), cell))
    handed = [cell if _right_handed(corners, cell) else (cell[0], cell[2], cell[1]) for cell in ordered]
    return Frame(corners, np.array(handed, dtype=np.int64), _owners(handed))


def _right_handed(corners: FloatArray, cell: tuple[int, int, int]) -> bool:
    return dot(corners[cell[0]], cross(corners[cell[1]], corners[cell[2]])) > 0.0


def _owners(cells: list[tuple[int, int, int]]) -> IntArray:
    first: dict[frozenset[int], int] = {}
    for number, cell in enumerate(cells):
        for size in range(4):
            for shared in combinations(cell, size):
                first.setdefault(frozenset(shared), number)
    owners = [
        [first[frozenset(cell[i] for i in range(3) if mask >> i & 1)] for mask in range(8)] for cell in cells
    ]
    return np.array(owners, dtype=np.int64)


@cache
def pentagon() -> FloatArray:
    """(5, 3) unit vectors in the plane z = 0, 72° apart, the first along +x."""
    sine, cosine = sincos_degrees(np.multiply(72.0, np.arange(5, dtype=np.float64)))
    return np.stack([cosine, sine, np.zeros(5)], axis=1)


def used_corners(above: BoolArray) -> IntArray:
    """Bit mask (N,) of the coordinates that are above zero, from (N, 3)."""
    weights = np.array([1, 2, 4], dtype=np.int64)
    masks: IntArray = np.multiply(above, weights).sum(axis=1, dtype=np.int64)
    return masks
