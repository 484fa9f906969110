"""A plane lattice strained a little so that it closes over a rectangular box.

Tier A.  The box's edges become lattice vectors: the integers are exact, so the number of cells is too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Closing:
    """A plane lattice that closes.

    Attributes
    ----------
    edges
        ((i, j), (k, l)): the box's edges along x and y in lattice vectors.
    plane
        (2, 2) rows: the strained lattice vectors, Å.
    strain
        Largest relative change of a length, in any direction.
    turn
        Angle by which the lattice was turned besides, degrees counter-clockwise (its sine, in degrees).
    """

    edges: tuple[tuple[int, int], tuple[int, int]]
    plane: FloatArray
    strain: float
    turn: float

    @property
    def cost(self) -> float:
        """The larger of strain and turn (radians): what the best fit has least of."""
        return max(self.strain, abs(self.turn) * (math.pi / 180.0))


def closing(plane: FloatArray, box: tuple[float, float]) -> Closing:
    """The least changed lattice that closes over the box: the larger of its strain and turn is smallest.

    Parameters
    ----------
    plane
        (2, 2) rows: lattice vectors, Å.
    box
        Edges along x and y, Å.

    Raises
    ------
    InputError
        When the box is smaller than a cell.

    Notes
    -----
    Lattice points around the ends of both edges are tried; the strain of a pair is the larger of the
    two |λ − 1|, with λ the principal stretches of the map that carries the pair onto the edges.
    """
    (a_x, a_y), (b_x, b_y) = plane.tolist()
    across = a_x * b_y - a_y * b_x
    near = []
    for x, y in ((box[0], 0.0), (0.0, box[1])):
        i0 = math.floor((x * b_y - y * b_x) / across + 0.5)
        j0 = math.floor((a_x * y - a_y * x) / across + 0.5)
        near.append([(i0 + i, j0 + j) for i in (-1, 0, 1) for j in (-1, 0, 1)])
    best: Closing | None = None
    for i, j in near[0]:
        for k, l in near[1]:  # noqa: E741
            cells = i * l - j * k
            if cells * across <= 0.0:
                continue
            found = _fitted(plane, box, ((i, j), (k, l)), cells)
            if best is None or found.cost < best.cost:
                best = found
    if best is None:
        raise InputError("periodic", "the box is smaller than a cell of the layer", value=list(box))
    return best


def cells(fit: Closing) -> tuple[FloatArray, FloatArray]:
    """Places of all cells, as exact fractions of the box's edges, each 0 ≤ u < 1."""
    (i, j), (k, l) = fit.edges  # noqa: E741
    total = i * l - j * k
    size = abs(total)
    # p a + q b = (u (i a + j b) + v (k a + l b)) with u = (p l − q k) / total, v = (q i − p j) / total.
    corners = [(0, 0), (i, j), (k, l), (i + k, j + l)]
    p = np.arange(min(one for one, _ in corners), max(one for one, _ in corners) + 1, dtype=np.int64)
    q = np.arange(min(two for _, two in corners), max(two for _, two in corners) + 1, dtype=np.int64)
    parts: list[tuple[IntArray, IntArray]] = []
    sign = 1 if total > 0 else -1
    rows = max(1, 2**20 // len(q))
    for start in range(0, len(p), rows):
        one = p[start : start + rows, np.newaxis]
        u = np.multiply(np.subtract(np.multiply(one, l), np.multiply(q, k)), sign)
        v = np.multiply(np.subtract(np.multiply(q, i), np.multiply(one, j)), sign)
        inside = np.logical_and(
            np.logical_and(np.greater_equal(u, 0), np.less(u, size)),
            np.logical_and(np.greater_equal(v, 0), np.less(v, size)),
        )
        parts.append((u[inside], v[inside]))
    along = np.concatenate([u for u, _ in parts]).astype(np.float64)
    up = np.concatenate([v for _, v in parts]).astype(np.float64)
    return np.divide(along, float(size)), np.divide(up, float(size))


def _fitted(
    plane: FloatArray,
    box: tuple[float, float],
    edges: tuple[tuple[int, int], tuple[int, int]],
    total: int,
) -> Closing:
    (a_x, a_y), (b_x, b_y) = plane.tolist()
    (i, j), (k, l) = edges  # noqa: E741
    # a and b as combinations of the edges, which become (width, 0) and (0, height).
    width, height = box
    fitted = [[l * width / total, -j * height / total], [-k * width / total, i * height / total]]
    # The map F with F · old = new for both vectors: F = new · old⁻¹ (columns).
    across = a_x * b_y - a_y * b_x
    (n_ax, n_ay), (n_bx, n_by) = fitted
    xx, xy = (n_ax * b_y - n_bx * a_y) / across, (n_bx * a_x - n_ax * b_x) / across
    yx, yy = (n_ay * b_y - n_by * a_y) / across, (n_by * a_x - n_ay * b_x) / across
    # Singular values of a 2 × 2 matrix: half the sum and half the difference of two lengths.
    plus = math.sqrt((xx + yy) * (xx + yy) + (yx - xy) * (yx - xy))
    minus = math.sqrt((xx - yy) * (xx - yy) + (yx + xy) * (yx + xy))
    strain = max(abs(0.5 * (plus + minus) - 1.0), abs(0.5 * (plus - minus) - 1.0))
    turn = (yx - xy) / plus * (180.0 / math.pi)
    return Closing(edges, np.array(fitted), strain, turn)
