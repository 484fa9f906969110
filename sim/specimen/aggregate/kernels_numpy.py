"""First contacts of clusters in numpy: every pair of spheres is looked at.

Tier A.  Results are largest or smallest values over all pairs, so they do not depend on the order in which
pairs are looked at; ``kernels_numba`` looks only at pairs that can matter and finds the same bits.

Clusters are given by their places (3, n) and touching radii (n,), Å.  ``cancel`` is called before every
chunk of pairs (some milliseconds).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.core.errors import never
from sim.core.types import FloatArray, IntArray

#: Pairs held at once.
CHUNK = 2**17


def approach(
    fixed: FloatArray,
    fixed_touch: FloatArray,
    moving: FloatArray,
    moving_touch: FloatArray,
    flights: FloatArray,
    cancel: Callable[[], None] = never,
) -> FloatArray:
    """Where a cluster that flies along −x first touches another.

    Parameters
    ----------
    flights
        (K, 10): unit quaternions that first turn the fixed and the moving cluster about their origins, and
        y and z of the moving cluster's origin, Å.

    Returns
    -------
    (K,) x of the moving cluster's origin at the first contact, Å; −infinity where it flies past.

    Notes
    -----
    Spheres i and j touch where x = x_i − x_j + sqrt(R² − Δy² − Δz²); the largest x is the first contact.
    """
    shifts = np.empty(len(flights))
    together = max(1, CHUNK // (len(fixed_touch) * len(moving_touch)))
    rows = max(1, CHUNK // len(moving_touch))
    for first in range(0, len(flights), together):
        part = flights[first : first + together]
        here = turned(matrices(part[:, 0:4]), fixed)
        there = turned(matrices(part[:, 4:8]), moving)
        there[1] = np.add(there[1], part[:, 8, None])
        there[2] = np.add(there[2], part[:, 9, None])
        best = np.full(len(part), -np.inf)
        for row in range(0, len(fixed_touch), rows):
            cancel()
            some = slice(row, row + rows)
            reach = np.add(fixed_touch[some, None], moving_touch)
            y = np.subtract(there[1][:, None, :], here[1][:, some, None])
            z = np.subtract(there[2][:, None, :], here[2][:, some, None])
            height = np.subtract(np.multiply(reach, reach), np.multiply(y, y))
            height = np.subtract(height, np.multiply(z, z))
            x = np.subtract(here[0][:, some, None], there[0][:, None, :])
            x = np.add(x, np.sqrt(np.maximum(height, 0.0)))
            x = np.where(np.greater_equal(height, 0.0), x, -np.inf)
            best = np.maximum(best, np.max(x, axis=(1, 2)))
        shifts[first : first + together] = best
    return shifts


def matrices(quaternions: FloatArray) -> FloatArray:
    """Rotation matrices (K, 3, 3) of unit quaternions (K, 4)."""
    w, x, y, z = (np.ascontiguousarray(quaternions[:, part]) for part in range(4))
    x2, y2, z2 = np.add(x, x), np.add(y, y), np.add(z, z)
    xx, xy, xz = np.multiply(x, x2), np.multiply(x, y2), np.multiply(x, z2)
    yy, yz, zz = np.multiply(y, y2), np.multiply(y, z2), np.multiply(z, z2)
    wx, wy, wz = np.multiply(w, x2), np.multiply(w, y2), np.multiply(w, z2)
    found = np.empty((len(w), 3, 3))
    found[:, 0, 0] = np.subtract(1.0, np.add(yy, zz))
    found[:, 0, 1] = np.subtract(xy, wz)
    found[:, 0, 2] = np.add(xz, wy)
    found[:, 1, 0] = np.add(xy, wz)
    found[:, 1, 1] = np.subtract(1.0, np.add(xx, zz))
    found[:, 1, 2] = np.subtract(yz, wx)
    found[:, 2, 0] = np.subtract(xz, wy)
    found[:, 2, 1] = np.add(yz, wx)
    found[:, 2, 2] = np.subtract(1.0, np.add(xx, yy))
    return found


def turned(turns: FloatArray, places: FloatArray) -> list[FloatArray]:
    """x, y and z, each (K, n), of places (3, n) under K rotations (K, 3, 3)."""
    found = []
    for row in range(3):
        total = np.multiply(turns[:, row, 0, None], places[0])
        total = np.add(total, np.multiply(turns[:, row, 1, None], places[1]))
        found.append(np.add(total, np.multiply(turns[:, row, 2, None], places[2])))
    return found


def touching(
    fixed: FloatArray, fixed_touch: FloatArray, moving: FloatArray, moving_touch: FloatArray, margin: float
) -> tuple[int, int, int]:
    """Pairs of spheres, one of each cluster, that are no farther than a margin (Å) from touching.

    Returns
    -------
    How many there are, and the numbers of the two spheres that are nearest (−1 where there is no pair); of
    equally near pairs the first.
    """
    count, best, pair = 0, np.inf, (-1, -1)
    rows = max(1, CHUNK // len(moving_touch))
    for row in range(0, len(fixed_touch), rows):
        some = slice(row, row + rows)
        reach = np.add(fixed_touch[some, None], moving_touch)
        square = _square(fixed[:, some], moving)
        wide = np.add(reach, margin)
        near = np.less_equal(square, np.multiply(wide, wide))
        gap = np.where(near, np.subtract(square, np.multiply(reach, reach)), np.inf)
        count += int(np.count_nonzero(near))
        at = int(np.argmin(gap))
        if gap.reshape(-1)[at] < best:
            best = float(gap.reshape(-1)[at])
            pair = (row + at // len(moving_touch), at % len(moving_touch))
    return count, pair[0], pair[1]


def _square(fixed: FloatArray, moving: FloatArray) -> FloatArray:
    """Squared distances of all pairs, (n, m)."""
    square = np.zeros((fixed.shape[1], moving.shape[1]))
    for axis in range(3):
        apart = np.subtract(moving[axis], fixed[axis][:, None])
        square = np.add(square, np.multiply(apart, apart))
    return square


def first_on_arc(
    fixed: FloatArray,
    fixed_touch: FloatArray,
    moving: FloatArray,
    moving_touch: FloatArray,
    outward: FloatArray,
    onward: FloatArray,
    frame: FloatArray,
    known: IntArray,
    cancel: Callable[[], None] = never,
) -> tuple[float, int, int]:
    """The first further contact of a cluster whose spheres all move along arcs, by one angle φ.

    Parameters
    ----------
    outward, onward
        (3, m) X and Y of every moving sphere, perpendicular to each other and equally long: the sphere moves
        to c + X·(cos φ − 1) + Y·sin φ.
    frame
        (10,) for the search of partners: a point of the axis, its direction, a direction of the arcs' plane,
        and the diameter of the arcs where all are alike (a translation), 0 for a rotation about the axis.
    known
        (C, 2) pairs that touch already and stay so.

    Returns
    -------
    −cot(φ/2) of the smallest φ above 0 at which a pair touches, and the pair; infinity and −1 where nothing
    touches, −infinity where a pair that is not known touches already.

    Notes
    -----
    With w = c − a − X the distance of a moving centre from a fixed centre a is R where
    P·cos φ + Q·sin φ = C, with P = 2·w·X, Q = 2·w·Y and P − C = |c − a|² − R², the gap.  s = −cot(φ/2) grows
    with φ and obeys (P − C)·s² − 2·Q·s − (P + C) = 0: the smaller root is the first contact.
    """
    del frame
    best, pair = np.inf, (-1, -1)
    rows = max(1, CHUNK // len(moving_touch))
    for row in range(0, len(fixed_touch), rows):
        cancel()
        stop = min(row + rows, len(fixed_touch))
        reach = np.add(fixed_touch[row:stop, None], moving_touch)
        gap = np.zeros(reach.shape)
        along, across = np.zeros(reach.shape), np.zeros(reach.shape)
        for axis in range(3):
            apart = np.subtract(moving[axis], fixed[axis, row:stop, None])
            gap = np.add(gap, np.multiply(apart, apart))
            apart = np.subtract(apart, outward[axis])
            along = np.add(along, np.multiply(apart, outward[axis]))
            across = np.add(across, np.multiply(apart, onward[axis]))
        gap = np.subtract(gap, np.multiply(reach, reach))
        cosine, sine = np.add(along, along), np.add(across, across)
        rest = np.subtract(np.add(cosine, cosine), gap)
        under = np.add(np.multiply(sine, sine), np.multiply(rest, gap))
        root = np.sqrt(np.maximum(under, 0.0))
        # The form without cancellation, by the sign of Q.
        outwards = np.greater(sine, 0.0)
        above = np.where(outwards, np.negative(rest), np.subtract(sine, root))
        below = np.where(outwards, np.add(sine, root), gap)
        free = np.logical_and(np.greater(gap, 0.0), np.greater_equal(under, 0.0))
        angle = np.divide(above, np.where(free, below, 1.0))
        angle = np.where(free, angle, np.where(np.greater(gap, 0.0), np.inf, -np.inf))
        for i, j in known.tolist():
            if row <= i < stop:
                angle[i - row, j] = np.inf
        at = int(np.argmin(angle))
        if angle.reshape(-1)[at] < best:
            best = float(angle.reshape(-1)[at])
            pair = (row + at // len(moving_touch), at % len(moving_touch))
    return best, pair[0], pair[1]
