"""Thickness of spheres compiled by numba (the optional ``fast`` extra).

Tier A: operation for operation the arithmetic of ``kernels_numpy``, so the bits are the same.  Without
fastmath the compiler neither contracts ``a*b + c`` nor reorders sums.  Choices are written as values, not as
branches, where the loop is to use vector instructions.
"""

from __future__ import annotations

import importlib
import math

import numpy as np

from sim.core.types import FloatArray, IntArray
from sim.imaging.thickness import kernels_numpy
from sim.imaging.thickness.kernels_numpy import Field, Spheres
from sim.numerics import detmath

# numba carries no types; importing it by name keeps this module checkable.
_numba = importlib.import_module("numba")
_compile = _numba.njit(cache=True, fastmath=False, error_model="numpy", nogil=True)
_inline = _numba.njit(fastmath=False, error_model="numpy", nogil=True, inline="always")

_HALF_PI, _QUARTER_PI = math.pi / 2.0, math.pi / 4.0
_TAN_EIGHTH = detmath.TAN_EIGHTH
_P0, _P1, _P2, _P3, _P4 = detmath.ATAN_P
_Q0, _Q1, _Q2, _Q3, _Q4, _Q5 = detmath.ATAN_Q
_CAP_POINTS = kernels_numpy.CAP_POINTS
_FEWEST_CAP, _MOST_CAP = kernels_numpy.FEWEST_CAP_POINTS, kernels_numpy.MOST_CAP_POINTS
_SHARED_POINTS, _DEEP = kernels_numpy.SHARED_POINTS, kernels_numpy.DEEP
_FEWEST_SHARED = kernels_numpy.FEWEST_SHARED_POINTS
_ONE_THIRD, _ONE_SIXTH = kernels_numpy.ONE_THIRD, kernels_numpy.ONE_SIXTH


def add_spheres(
    maps: FloatArray, spheres: Spheres, which: IntArray, upper: float, lower: float, field: Field
) -> None:
    """As ``kernels_numpy.add_spheres``."""
    _add_spheres(
        maps,
        spheres.x,
        spheres.y,
        spheres.z,
        spheres.radius,
        spheres.species,
        spheres.begin,
        spheres.earlier,
        np.array(which, dtype=np.int64),
        float(upper),
        float(lower),
        float(field.pixel_size),
        field.first,
        field.last,
    )


@_inline
def _arctangent(height, width):  # type: ignore[no-untyped-def]
    """``detmath.arctan2`` of numbers that are not negative."""
    low, high = min(height, width), max(height, width)
    high = 1.0 if high == 0.0 else high
    far = low > high * _TAN_EIGHTH
    half_low, half_high = low * 0.5, high * 0.5
    above = half_low - half_high if far else low
    below = half_low + half_high if far else high
    slope = above / below
    z = slope * slope
    numerator = (((z * _P0 + _P1) * z + _P2) * z + _P3) * z + _P4
    denominator = ((((z * _Q0 + _Q1) * z + _Q2) * z + _Q3) * z + _Q4) * z + _Q5
    angle = slope + slope * ((z * numerator) / denominator)
    angle = _QUARTER_PI + angle if far else angle
    return _HALF_PI - angle if height > width else angle


@_compile
def _corner_volumes(u, v, r, volumes):  # type: ignore[no-untyped-def]
    """The row of ``kernels_numpy._corner_volume`` at one v."""
    square = r * r
    sign_v = -1.0 if v < 0.0 else 1.0
    b = min(abs(v), r)
    bb = b * b
    along_b = (b * (3.0 * square - bb)) * _ONE_SIXTH
    for column in range(len(u)):
        sign = (-1.0 if u[column] < 0.0 else 1.0) * sign_v
        a = min(abs(u[column]), r)
        aa = a * a
        s = np.sqrt(max((square - aa) - bb, 0.0))
        product = a * b
        along_a = (a * (3.0 * square - aa)) * _ONE_SIXTH
        volume = (product * s) * _ONE_THIRD
        volume = volume + along_a * _arctangent(b, s)
        volume = volume + along_b * _arctangent(a, s)
        last = (square * r * _ONE_THIRD) * _arctangent(product, s * r)
        volumes[column] = (volume - last) * sign


@_compile
def _window(centre, reach, p, pixels, first, last):  # type: ignore[no-untyped-def]
    begin = np.floor((centre - reach) / p + pixels * 0.5)
    end = np.floor((centre + reach) / p + pixels * 0.5) + 1.0
    low, high = float(first), float(last)
    return np.int64(min(max(begin, low), high)), np.int64(min(max(end, low), high))


@_compile
def _cap_row(u, v, r, p, depth, points, total):  # type: ignore[no-untyped-def]
    """Sum over the points of every pixel of one row of what rises above ``depth``, as ``_above`` adds it."""
    total[:] = 0.0
    for down in range(points):
        y = v + (down + 0.5) / points * p
        rest = r * r - y * y
        for along in range(points):
            shift = (along + 0.5) / points * p
            for column in range(len(total)):
                x = u[column] + shift
                half = np.sqrt(max(rest - x * x, 0.0))
                total[column] += max(half - depth, 0.0)


@_compile
def _above_row(full, u, v, r, p, level, total, above):  # type: ignore[no-untyped-def]
    if level >= r:
        above[:] = 0.0
        return
    if level <= -r:
        above[:] = full
        return
    points = np.int64(min(max(np.ceil(_CAP_POINTS * p / r), float(_FEWEST_CAP)), float(_MOST_CAP)))
    _cap_row(u, v, r, p, abs(level), points, total)
    share = 1.0 / (points * points)
    for column in range(len(full)):
        cap = min(total[column] * share, full[column] * 0.5)
        above[column] = cap if level >= 0.0 else full[column] - cap


@_compile
def _add_spheres(maps, x, y, z, radius, species, begin, earlier, which, upper, lower, p, first, last):  # type: ignore[no-untyped-def]
    _, height, width = maps.shape
    for number in which:
        r = radius[number]
        left, right = _window(x[number], r, p, width, 0, width)
        top, bottom = _window(-y[number], r, p, height, first, last)
        if left >= right or top >= bottom:
            continue
        columns, rows = right - left, bottom - top
        u = np.empty(columns + 1)
        for column in range(columns + 1):
            u[column] = (left + column - width * 0.5) * p - x[number]
        near = np.empty(columns)
        for column in range(columns):
            apart = max(max(u[column], -u[column + 1]), 0.0)
            near[column] = apart * apart
        upper_edge, lower_edge = np.empty(columns + 1), np.empty(columns + 1)
        full, total = np.empty(columns), np.empty(columns)
        above, beyond = np.empty(columns), np.empty(columns)
        part = np.empty((rows, columns))
        scale = 2.0 / (p * p)
        v = (top - height * 0.5) * p + y[number]
        _corner_volumes(u, v, r, upper_edge)
        for row in range(rows):
            following = (top + row + 1 - height * 0.5) * p + y[number]
            _corner_volumes(u, following, r, lower_edge)
            near_v = max(max(v, -following), 0.0)
            near_v = near_v * near_v
            for column in range(columns):
                mean = (
                    (lower_edge[column + 1] - lower_edge[column])
                    - (upper_edge[column + 1] - upper_edge[column])
                ) * scale
                full[column] = max(mean, 0.0) if near[column] + near_v < r * r else 0.0
            _above_row(full, u, v, r, p, lower - z[number], total, above)
            _above_row(full, u, v, r, p, upper - z[number], total, beyond)
            for column in range(columns):
                part[row, column] = above[column] - beyond[column]
            upper_edge, lower_edge = lower_edge, upper_edge
            v = following
        for place in range(begin[number], begin[number + 1]):
            _take_shared(
                part, x, y, z, radius, earlier[begin[number] : place + 1], number, upper, lower,
                left, top, p, width, height, first, last,
            )  # fmt: skip
        for row in range(rows):
            for column in range(columns):
                maps[species[number], top + row, left + column] += max(part[row, column], 0.0)


@_compile
def _fineness(x, y, z, radius, one, two):  # type: ignore[no-untyped-def]
    across, along, down = x[one] - x[two], y[one] - y[two], z[one] - z[two]
    touching = radius[one] + radius[two]
    deep = (touching - np.sqrt((across * across + along * along) + down * down)) / (touching * _DEEP)
    return _SHARED_POINTS * np.sqrt(min(max(deep, 0.0), 1.0))


@_compile
def _nodes(first, last, low, high, p, pixels, fineness):  # type: ignore[no-untyped-def]
    """Beginning, step and number of the points of every pixel along an axis; see ``kernels_numpy._nodes``."""
    size = high - low
    points = np.int64(max(np.ceil(fineness * min(p, size) / size), float(_FEWEST_SHARED)))
    begin, step = np.empty(last - first), np.empty(last - first)
    for pixel in range(last - first):
        begin[pixel] = max((first + pixel - pixels * 0.5) * p, low)
        end = min((first + pixel + 1 - pixels * 0.5) * p, high)
        step[pixel] = max(end - begin[pixel], 0.0) / points
    return begin, step, points


@_compile
def _take_shared(  # type: ignore[no-untyped-def]
    part,
    x,
    y,
    z,
    radius,
    earlier,
    number,
    upper,
    lower,
    corner_left,
    corner_top,
    p,
    width,
    height,
    first,
    last,
):
    other = earlier[-1]
    west = max(x[number] - radius[number], x[other] - radius[other])
    east = min(x[number] + radius[number], x[other] + radius[other])
    north = max(-y[number] - radius[number], -y[other] - radius[other])
    south = min(-y[number] + radius[number], -y[other] + radius[other])
    left, right = _window((west + east) * 0.5, (east - west) * 0.5, p, width, 0, width)
    top, bottom = _window((north + south) * 0.5, (south - north) * 0.5, p, height, first, last)
    left, top = max(left, corner_left), max(top, corner_top)
    right, bottom = min(right, corner_left + part.shape[1]), min(bottom, corner_top + part.shape[0])
    if left >= right or top >= bottom:
        return
    fineness = _fineness(x, y, z, radius, number, other)
    x_begin, x_step, x_points = _nodes(left, right, west, east, p, width, fineness)
    y_begin, y_step, y_points = _nodes(top, bottom, north, south, p, height, fineness)
    rivals = np.empty(len(earlier), dtype=np.int64)
    count = 0
    for rival in earlier[:-1]:
        if (
            x[rival] + radius[rival] > west
            and x[rival] - radius[rival] < east
            and -y[rival] + radius[rival] > north
            and -y[rival] - radius[rival] < south
        ):
            rivals[count] = rival
            count += 1
    starts, stops = np.empty(count), np.empty(count)
    for row in range(bottom - top):
        for column in range(right - left):
            total = 0.0
            for down in range(y_points):
                node_y = y_begin[row] + y_step[row] * (down + 0.5)
                for along in range(x_points):
                    node_x = x_begin[column] + x_step[column] * (along + 0.5)
                    begin_one, end_one = _chord(x, y, z, radius, number, node_x, node_y)
                    begin_two, end_two = _chord(x, y, z, radius, other, node_x, node_y)
                    low = max(max(lower, begin_one), begin_two)
                    high = min(min(upper, end_one), end_two)
                    length = max(high - low, 0.0)
                    if count > 0 and length > 0.0:
                        length = length - _covered(
                            x, y, z, radius, rivals[:count], node_x, node_y, low, high, starts, stops
                        )
                    total += length
            weight = (y_step[row] / p) * (x_step[column] / p)
            part[top - corner_top + row, left - corner_left + column] -= total * weight


@_compile
def _chord(x, y, z, radius, sphere, node_x, node_y):  # type: ignore[no-untyped-def]
    across, down = node_x - x[sphere], node_y + y[sphere]
    square = (radius[sphere] * radius[sphere] - down * down) - across * across
    half = np.sqrt(max(square, 0.0))
    return z[sphere] - half, z[sphere] + half


@_compile
def _covered(x, y, z, radius, rivals, node_x, node_y, low, high, starts, stops):  # type: ignore[no-untyped-def]
    count = 0
    for rival in rivals:
        begin, end = _chord(x, y, z, radius, rival, node_x, node_y)
        begin, end = max(begin, low), min(end, high)
        if end <= begin:
            continue
        place = count
        while place > 0 and starts[place - 1] > begin:
            starts[place], stops[place] = starts[place - 1], stops[place - 1]
            place -= 1
        starts[place], stops[place] = begin, end
        count += 1
    reached = low
    covered = 0.0
    for place in range(count):
        covered = covered + max(stops[place] - max(starts[place], reached), 0.0)
        reached = max(reached, stops[place])
    return covered


def blur_rows(image: FloatArray, taps: FloatArray, out: FloatArray) -> None:
    """As ``kernels_numpy.blur_rows``."""
    _blur_rows(np.ascontiguousarray(image), np.array(taps, dtype=np.float64), out)


@_compile
def _blur_rows(image, taps, out):  # type: ignore[no-untyped-def]
    height, width = out.shape
    for row in range(height):
        source, target = image[row], out[row]
        target[:] = 0.0
        for place in range(len(taps)):
            tap = taps[place]
            shifted = source[place : place + width]
            for column in range(width):
                target[column] += shifted[column] * tap
