"""First contacts of clusters compiled by numba (the optional ``fast`` extra), with numpy's bits.

Tier A: pair for pair the arithmetic of ``kernels_numpy``.  Spheres of the fixed cluster lie in cells of a
plane in which partners must be near each other, so that work grows with the number of spheres and not with
the number of pairs.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np

from sim.core.errors import never
from sim.core.types import FloatArray, IntArray

# numba carries no types; importing it by name keeps this module checkable.
_numba = importlib.import_module("numba")
_compile = _numba.njit(cache=True, fastmath=False, error_model="numpy", nogil=True)

#: Up to this many pairs all are looked at.
FEW = 512


def approach(
    fixed: FloatArray,
    fixed_touch: FloatArray,
    moving: FloatArray,
    moving_touch: FloatArray,
    flights: FloatArray,
    cancel: Callable[[], None] = never,
) -> FloatArray:
    """As ``kernels_numpy.approach``."""
    cancel()
    shifts = np.empty(len(flights))
    _approach(plain(fixed), plain(fixed_touch), plain(moving), plain(moving_touch), plain(flights), shifts)
    return shifts


def touching(
    fixed: FloatArray, fixed_touch: FloatArray, moving: FloatArray, moving_touch: FloatArray, margin: float
) -> tuple[int, int, int]:
    """As ``kernels_numpy.touching``."""
    count, i, j = _touching(
        plain(fixed), plain(fixed_touch), plain(moving), plain(moving_touch), float(margin)
    )
    return int(count), int(i), int(j)


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
    """As ``kernels_numpy.first_on_arc``."""
    cancel()
    angle, i, j = _first_on_arc(
        plain(fixed),
        plain(fixed_touch),
        plain(moving),
        plain(moving_touch),
        plain(outward),
        plain(onward),
        plain(frame),
        np.array(known, dtype=np.int64),
    )
    return float(angle), int(i), int(j)


def plain(values: FloatArray) -> FloatArray:
    """A contiguous array that may be written to: one compiled form of every function is enough."""
    if values.flags.c_contiguous and values.flags.writeable:
        return values
    return np.array(values, dtype=np.float64, order="C")


@_compile
def _largest(values):  # type: ignore[no-untyped-def]
    best = values[0]
    for value in values:
        best = max(best, value)
    return best


@_compile
def _cells(one, two, width):  # type: ignore[no-untyped-def]
    """Points of a plane sorted into square cells.

    Gives the smallest coordinates, the numbers of cells along both axes, the points in the order of their
    cells and where each cell begins.  A wide plane gets larger cells, so that there are never many more
    cells than points.
    """
    low_one, low_two = one[0], two[0]
    high_one, high_two = one[0], two[0]
    for index in range(len(one)):
        low_one, high_one = min(low_one, one[index]), max(high_one, one[index])
        low_two, high_two = min(low_two, two[index]), max(high_two, two[index])
    while ((high_one - low_one) / width + 1.0) * ((high_two - low_two) / width + 1.0) > 4.0 * len(one) + 64.0:
        width *= 1.5
    across = int((high_one - low_one) / width) + 1
    along = int((high_two - low_two) / width) + 1
    key = np.empty(len(one), dtype=np.int64)
    begin = np.zeros(across * along + 1, dtype=np.int64)
    for index in range(len(one)):
        here = int((one[index] - low_one) / width) * along + int((two[index] - low_two) / width)
        key[index] = here
        begin[here + 1] += 1
    for cell in range(across * along):
        begin[cell + 1] += begin[cell]
    place = begin[:-1].copy()
    order = np.empty(len(one), dtype=np.int64)
    for index in range(len(one)):
        order[place[key[index]]] = index
        place[key[index]] += 1
    return low_one, low_two, width, across, along, order, begin


@_compile
def _span(value, low, width, count):  # type: ignore[no-untyped-def]
    """First cell and the one past the last that can hold a partner, along one axis."""
    number = np.floor((value - low) / width)
    first = min(max(number - 1.0, 0.0), float(count))
    last = min(max(number + 2.0, 0.0), float(count))
    return int(first), int(last)


@_compile
def _turn(w, x, y, z, places, out):  # type: ignore[no-untyped-def]
    x2, y2, z2 = x + x, y + y, z + z
    xx, xy, xz = x * x2, x * y2, x * z2
    yy, yz, zz = y * y2, y * z2, z * z2
    wx, wy, wz = w * x2, w * y2, w * z2
    for index in range(places.shape[1]):
        p, q, r = places[0, index], places[1, index], places[2, index]
        out[0, index] = ((1.0 - (yy + zz)) * p + (xy - wz) * q) + (xz + wy) * r
        out[1, index] = ((xy + wz) * p + (1.0 - (xx + zz)) * q) + (yz - wx) * r
        out[2, index] = ((xz - wy) * p + (yz + wx) * q) + (1.0 - (xx + yy)) * r


@_compile
def _flight(here, here_touch, there, there_touch, i, j, best):  # type: ignore[no-untyped-def]
    reach = here_touch[i] + there_touch[j]
    y = there[1, j] - here[1, i]
    z = there[2, j] - here[2, i]
    height = reach * reach - y * y
    height = height - z * z
    if height >= 0.0:
        x = here[0, i] - there[0, j]
        x = x + np.sqrt(height)
        return max(best, x)
    return best


@_compile
def _approach(fixed, fixed_touch, moving, moving_touch, flights, shifts):  # type: ignore[no-untyped-def]
    here, there = np.empty_like(fixed), np.empty_like(moving)
    few = len(fixed_touch) * len(moving_touch) <= FEW
    # A hair wider than any reach, so that rounding cannot hide a partner.
    width = (_largest(fixed_touch) + _largest(moving_touch)) * (1.0 + 2.0**-20)
    for trial in range(len(flights)):
        flight = flights[trial]
        _turn(flight[0], flight[1], flight[2], flight[3], fixed, here)
        _turn(flight[4], flight[5], flight[6], flight[7], moving, there)
        for j in range(len(moving_touch)):
            there[1, j] = there[1, j] + flight[8]
            there[2, j] = there[2, j] + flight[9]
        best = -np.inf
        if few:
            for i in range(len(fixed_touch)):
                for j in range(len(moving_touch)):
                    best = _flight(here, fixed_touch, there, moving_touch, i, j, best)
        else:
            low_y, low_z, cell, across, along, order, begin = _cells(here[1], here[2], width)
            for j in range(len(moving_touch)):
                first, last = _span(there[1, j], low_y, cell, across)
                near, far = _span(there[2, j], low_z, cell, along)
                for row in range(first, last):
                    if far > near:
                        for at in range(begin[row * along + near], begin[row * along + far]):
                            best = _flight(here, fixed_touch, there, moving_touch, order[at], j, best)
        shifts[trial] = best


@_compile
def _touching(fixed, fixed_touch, moving, moving_touch, margin):  # type: ignore[no-untyped-def]
    count, best = 0, np.inf
    best_i, best_j = -1, -1
    width = (_largest(fixed_touch) + _largest(moving_touch) + margin) * (1.0 + 2.0**-20)
    low_y, low_z, cell, across, along, order, begin = _cells(fixed[1], fixed[2], width)
    for j in range(len(moving_touch)):
        first, last = _span(moving[1, j], low_y, cell, across)
        near, far = _span(moving[2, j], low_z, cell, along)
        for row in range(first, last):
            if far > near:
                for at in range(begin[row * along + near], begin[row * along + far]):
                    i = order[at]
                    reach = fixed_touch[i] + moving_touch[j]
                    wide = reach + margin
                    square = 0.0
                    for axis in range(3):
                        apart = moving[axis, j] - fixed[axis, i]
                        square = square + apart * apart
                    if square <= wide * wide:
                        count += 1
                        gap = square - reach * reach
                        if gap < best or (gap == best and _before(i, j, best_i, best_j)):
                            best, best_i, best_j = gap, i, j
    return count, best_i, best_j


@_compile
def _before(i, j, other_i, other_j):  # type: ignore[no-untyped-def]
    return i < other_i or (i == other_i and j < other_j)


@_compile
def _angle(fixed, fixed_touch, moving, moving_touch, outward, onward, i, j):  # type: ignore[no-untyped-def]
    """−cot(φ/2) at which two spheres touch; see ``kernels_numpy.first_on_arc``."""
    reach = fixed_touch[i] + moving_touch[j]
    gap, along, across = 0.0, 0.0, 0.0
    for axis in range(3):
        apart = moving[axis, j] - fixed[axis, i]
        gap = gap + apart * apart
        apart = apart - outward[axis, j]
        along = along + apart * outward[axis, j]
        across = across + apart * onward[axis, j]
    gap = gap - reach * reach
    if not gap > 0.0:
        return -np.inf
    cosine, sine = along + along, across + across
    rest = (cosine + cosine) - gap
    under = sine * sine + rest * gap
    if not under >= 0.0:
        return np.inf
    root = np.sqrt(under)
    if sine > 0.0:
        return -rest / (sine + root)
    return (sine - root) / gap


@_compile
def _plane(places, count, frame, first, second):  # type: ignore[no-untyped-def]
    """Where spheres lie along the axis, and how far from it (rotations) or along the arcs' plane."""
    for index in range(count):
        axial, square, flat = 0.0, 0.0, 0.0
        for axis in range(3):
            apart = places[axis, index] - frame[axis]
            axial = axial + apart * frame[3 + axis]
            square = square + apart * apart
            flat = flat + apart * frame[6 + axis]
        first[index] = axial
        second[index] = flat if frame[9] > 0.0 else np.sqrt(max(square - axial * axial, 0.0))


@_compile
def _first_on_arc(fixed, fixed_touch, moving, moving_touch, outward, onward, frame, known):  # type: ignore[no-untyped-def]
    best = np.inf
    best_i, best_j = -1, -1
    count, others = len(fixed_touch), len(moving_touch)
    few = count * others <= FEW
    if few:
        width = 1.0
        low_one, low_two, cell, across, along = 0.0, 0.0, 1.0, 1, 1
        order, begin = np.arange(count), np.array([0, count])
        axial, flat = np.zeros(others), np.zeros(others)
    else:
        here_axial, here_flat = np.empty(count), np.empty(count)
        axial, flat = np.empty(others), np.empty(others)
        _plane(fixed, count, frame, here_axial, here_flat)
        _plane(moving, others, frame, axial, flat)
        # Spheres that touch on the way lie no farther apart in the plane; 1e-4 Å covers all rounding.
        width = (_largest(fixed_touch) + _largest(moving_touch) + frame[9]) + 1e-4
        low_one, low_two, cell, across, along, order, begin = _cells(here_axial, here_flat, width)
    for j in range(others):
        first, last, near, far = 0, 1, 0, 1
        if not few:
            first, last = _span(axial[j], low_one, cell, across)
            near, far = _span(flat[j], low_two, cell, along)
        for row in range(first, last):
            if far > near:
                for at in range(begin[row * along + near], begin[row * along + far]):
                    i = order[at]
                    angle = _angle(fixed, fixed_touch, moving, moving_touch, outward, onward, i, j)
                    if angle < best or (angle == best and angle < np.inf and _before(i, j, best_i, best_j)):
                        new = True
                        for pair in range(len(known)):
                            if known[pair, 0] == i and known[pair, 1] == j:
                                new = False
                        if new:
                            best, best_i, best_j = angle, i, j
    return best, best_i, best_j
