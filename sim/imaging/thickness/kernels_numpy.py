"""Thickness of spheres, averaged over pixels, in numpy: the reference for ``kernels_numba``.

Tier A.  One sphere's share of every pixel is exact: with u, v counted from its centre, the volume under
the hemisphere over the rectangle from 0 to (u, v) is, with s² = max(r² − u² − v², 0) and u, v ≤ r,

    V = (u v s)/3 + u (3r² − u²)/6 · atan(v/s) + v (3r² − v²)/6 · atan(u/s) − r³/3 · atan(u v/(r s))

and four corners give a pixel.  Where a plane cuts a sphere, or spheres overlap, points inside the pixel
are averaged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.types import FloatArray, IntArray
from sim.numerics.detmath import arctan2

#: Points across a radius, where a plane cuts a sphere, and how many a pixel has at least and at most.
CAP_POINTS, FEWEST_CAP_POINTS, MOST_CAP_POINTS = 24.0, 2, 24
#: Points across the box around what two spheres share, where they reach into each other by ``DEEP`` of the
#: sum of their radii (fewer where by less, for then it is a smaller part of them), and how many a pixel has
#: at least.
SHARED_POINTS, FEWEST_SHARED_POINTS, DEEP = 60.0, 2, 0.4
ONE_THIRD = 1.0 / 3.0
ONE_SIXTH = 1.0 / 6.0


@dataclass(frozen=True)
class Field:
    """Part of an image's rows.

    Attributes
    ----------
    height, width, pixel_size
        Of the whole image.
    first, last
        Rows first … last − 1 are filled.
    """

    height: int
    width: int
    pixel_size: float
    first: int
    last: int


@dataclass(frozen=True, eq=False)
class Spheres:
    """Spheres, and for each of them those of smaller number that it overlaps.

    Attributes
    ----------
    x, y, z, radius
        (N,) Å.
    species
        (N,) int64.
    begin
        (N + 1,): ``earlier[begin[n]:begin[n + 1]]`` overlap sphere n, ascending.
    """

    x: FloatArray
    y: FloatArray
    z: FloatArray
    radius: FloatArray
    species: IntArray
    begin: IntArray
    earlier: IntArray


def add_spheres(
    maps: FloatArray, spheres: Spheres, which: IntArray, upper: float, lower: float, field: Field
) -> None:
    """Add what some spheres have between two heights to the maps of their species, sphere after sphere.

    Parameters
    ----------
    maps
        (count, H, W) thickness, Å, changed in place.
    which
        Numbers of the spheres, ascending.
    upper, lower
        Heights, Å; may be infinite.
    """
    for number in which.tolist():
        _add_sphere(maps, spheres, number, upper, lower, field)


def _add_sphere(
    maps: FloatArray, spheres: Spheres, number: int, upper: float, lower: float, field: Field
) -> None:
    p = field.pixel_size
    x, y = float(spheres.x[number]), float(spheres.y[number])
    z, r = float(spheres.z[number]), float(spheres.radius[number])
    left, right = _window(x, r, p, field.width, 0, field.width)
    top, bottom = _window(-y, r, p, field.height, field.first, field.last)
    if left >= right or top >= bottom:
        return
    # Edges of the pixels seen from the centre; v grows downwards, with the rows.
    u = np.subtract(np.multiply(np.subtract(np.arange(left, right + 1), field.width * 0.5), p), x)
    v = np.add(np.multiply(np.subtract(np.arange(top, bottom + 1), field.height * 0.5), p), y)
    full = _full(u, v, r, p)
    part = np.subtract(_above(full, u, v, r, p, lower - z), _above(full, u, v, r, p, upper - z))
    for place in range(int(spheres.begin[number]), int(spheres.begin[number + 1])):
        _take_shared(part, spheres, number, place, upper, lower, (left, top), field)
    np.maximum(part, 0.0, out=part)
    view = maps[int(spheres.species[number]), top:bottom, left:right]
    np.add(view, part, out=view)


def _window(centre: float, reach: float, p: float, pixels: int, first: int, last: int) -> tuple[int, int]:
    """First pixel and the one after the last that something may touch along an axis."""
    begin = np.floor((centre - reach) / p + pixels * 0.5)
    end = np.floor((centre + reach) / p + pixels * 0.5) + 1.0
    return int(min(max(begin, float(first)), float(last))), int(min(max(end, float(first)), float(last)))


def _full(u: FloatArray, v: FloatArray, r: float, p: float) -> FloatArray:
    """Mean thickness of a whole sphere in every pixel between the edges, Å."""
    volume = _corner_volume(u[np.newaxis, :], v[:, np.newaxis], r)
    across = np.subtract(volume[:, 1:], volume[:, :-1])
    mean = np.multiply(np.subtract(across[1:], across[:-1]), 2.0 / (p * p))
    # Rounding leaves crumbs in pixels that the sphere does not touch.
    near_u = np.maximum(np.maximum(u[:-1], np.negative(u[1:])), 0.0)
    near_v = np.maximum(np.maximum(v[:-1], np.negative(v[1:])), 0.0)
    apart = np.add(np.multiply(near_u, near_u)[np.newaxis, :], np.multiply(near_v, near_v)[:, np.newaxis])
    return np.where(np.less(apart, r * r), np.maximum(mean, 0.0), 0.0)


def _corner_volume(u: FloatArray, v: FloatArray, r: float) -> FloatArray:
    """Volume under the hemisphere over the rectangle from its centre to each corner, signed, Å³."""
    square = r * r
    sign = np.multiply(np.where(np.less(u, 0.0), -1.0, 1.0), np.where(np.less(v, 0.0), -1.0, 1.0))
    a, b = np.minimum(np.abs(u), r), np.minimum(np.abs(v), r)
    aa, bb = np.multiply(a, a), np.multiply(b, b)
    s = np.sqrt(np.maximum(np.subtract(np.subtract(square, aa), bb), 0.0))
    a, b = np.broadcast_arrays(a, b)
    product = np.multiply(a, b)
    along_a = np.multiply(np.multiply(a, np.subtract(3.0 * square, aa)), ONE_SIXTH)
    along_b = np.multiply(np.multiply(b, np.subtract(3.0 * square, bb)), ONE_SIXTH)
    volume = np.multiply(np.multiply(product, s), ONE_THIRD)
    volume = np.add(volume, np.multiply(along_a, arctan2(b, s)))
    volume = np.add(volume, np.multiply(along_b, arctan2(a, s)))
    last = np.multiply(square * r * ONE_THIRD, arctan2(product, np.multiply(s, r)))
    return np.multiply(np.subtract(volume, last), sign)


def _above(full: FloatArray, u: FloatArray, v: FloatArray, r: float, p: float, level: float) -> FloatArray:
    """Mean thickness of the part of a sphere that lies above a level counted from its centre, Å."""
    if level >= r:
        return np.zeros_like(full)
    if level <= -r:
        return full
    points = int(min(max(np.ceil(CAP_POINTS * p / r), FEWEST_CAP_POINTS), MOST_CAP_POINTS))
    depth = abs(level)
    total = np.zeros_like(full)
    for down in range(points):
        y = np.add(v[:-1], (down + 0.5) / points * p)
        rest = np.subtract(r * r, np.multiply(y, y))[:, np.newaxis]
        for along in range(points):
            x = np.add(u[:-1], (along + 0.5) / points * p)
            half = np.sqrt(np.maximum(np.subtract(rest, np.multiply(x, x)[np.newaxis, :]), 0.0))
            np.add(total, np.maximum(np.subtract(half, depth), 0.0), out=total)
    # The two caps of a sphere are together no more than the sphere.
    cap = np.minimum(np.multiply(total, 1.0 / (points * points)), np.multiply(full, 0.5))
    return cap if level >= 0.0 else np.subtract(full, cap)


def _take_shared(
    part: FloatArray,
    spheres: Spheres,
    number: int,
    place: int,
    upper: float,
    lower: float,
    corner: tuple[int, int],
    field: Field,
) -> None:
    """Subtract what a sphere shares with one of smaller number and with none of those before that one."""
    p = field.pixel_size
    other = int(spheres.earlier[place])
    x, y = spheres.x, np.negative(spheres.y)
    r = spheres.radius
    # The box around what the two share, y downwards.
    west = max(x[number] - r[number], x[other] - r[other])
    east = min(x[number] + r[number], x[other] + r[other])
    north = max(y[number] - r[number], y[other] - r[other])
    south = min(y[number] + r[number], y[other] + r[other])
    left, right = _window((west + east) * 0.5, (east - west) * 0.5, p, field.width, 0, field.width)
    top, bottom = _window(
        (north + south) * 0.5, (south - north) * 0.5, p, field.height, field.first, field.last
    )
    # Rounding may put the box a hair beyond the sphere's own window.
    left, top = max(left, corner[0]), max(top, corner[1])
    right, bottom = min(right, corner[0] + part.shape[1]), min(bottom, corner[1] + part.shape[0])
    if left >= right or top >= bottom:
        return
    fineness = _fineness(spheres, number, other)
    x_nodes, x_weights = _nodes(left, right, west, east, p, field.width, fineness)
    y_nodes, y_weights = _nodes(top, bottom, north, south, p, field.height, fineness)
    rivals = [
        rival
        for rival in spheres.earlier[int(spheres.begin[number]) : place].tolist()
        if x[rival] + r[rival] > west
        and x[rival] - r[rival] < east
        and y[rival] + r[rival] > north
        and y[rival] - r[rival] < south
    ]
    total = np.zeros((bottom - top, right - left))
    across = np.stack(x_nodes)
    for node_y in y_nodes:
        # The points of a line in every pixel at once; they are added up one after another.
        shape = (len(across), *total.shape)
        low, high = np.full(shape, lower), np.full(shape, upper)
        for sphere in (number, other):
            begin, end = _chord(spheres, sphere, across, node_y)
            low, high = np.maximum(low, begin), np.minimum(high, end)
        lengths = np.maximum(np.subtract(high, low), 0.0)
        if rivals:
            lengths = np.subtract(lengths, _covered(spheres, rivals, across, node_y, low, high))
        for length in lengths:
            np.add(total, length, out=total)
    weights = np.multiply(y_weights[:, np.newaxis], x_weights[np.newaxis, :])
    view = part[top - corner[1] : bottom - corner[1], left - corner[0] : right - corner[0]]
    np.subtract(view, np.multiply(total, weights), out=view)


def _fineness(spheres: Spheres, one: int, two: int) -> float:
    """Points across the box around what two spheres share."""
    x, y = spheres.x[one] - spheres.x[two], spheres.y[one] - spheres.y[two]
    z = spheres.z[one] - spheres.z[two]
    touching = spheres.radius[one] + spheres.radius[two]
    deep = (touching - np.sqrt((x * x + y * y) + z * z)) / (touching * DEEP)
    return float(SHARED_POINTS * np.sqrt(min(max(deep, 0.0), 1.0)))


def _nodes(
    first: int, last: int, low: float, high: float, p: float, pixels: int, fineness: float
) -> tuple[list[FloatArray], FloatArray]:
    """Points along an axis in the part of every pixel that lies in the box, and their weights.

    Returns
    -------
    For the first, second … point of a pixel its place in each pixel (n,), and the weight (n,) of one
    point: its share of the pixel's side.
    """
    size = high - low
    points = int(max(np.ceil(fineness * min(p, size) / size), FEWEST_SHARED_POINTS))
    edges = np.multiply(np.subtract(np.arange(first, last + 1), pixels * 0.5), p)
    begin, end = np.maximum(edges[:-1], low), np.minimum(edges[1:], high)
    extent = np.maximum(np.subtract(end, begin), 0.0)
    step = np.divide(extent, points)
    return [np.add(begin, np.multiply(step, n + 0.5)) for n in range(points)], np.divide(step, p)


def _chord(spheres: Spheres, sphere: int, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where the lines at (x, −y) enter and leave a sphere; both at its centre's height where they miss it.

    Parameters
    ----------
    x, y
        (n, columns) and (rows,) Å, y downwards.

    Returns
    -------
    Two arrays (n, rows, columns), Å.
    """
    across = np.subtract(x, spheres.x[sphere])[:, np.newaxis, :]
    down = np.add(y, spheres.y[sphere])[np.newaxis, :, np.newaxis]
    square = np.subtract(
        np.subtract(spheres.radius[sphere] * spheres.radius[sphere], np.multiply(down, down)),
        np.multiply(across, across),
    )
    half = np.sqrt(np.maximum(square, 0.0))
    return np.subtract(spheres.z[sphere], half), np.add(spheres.z[sphere], half)


def _covered(
    spheres: Spheres, rivals: list[int], x: FloatArray, y: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """Length of the union of the rivals' chords within [low, high]; 0 where that is empty."""
    begins, ends = [], []
    for rival in rivals:
        begin, end = _chord(spheres, rival, x, y)
        begin, end = np.maximum(begin, low), np.minimum(end, high)
        empty = np.less_equal(end, begin)
        begins.append(np.where(empty, low, begin))
        ends.append(np.where(empty, low, end))
    begin, end = np.stack(begins), np.stack(ends)
    order = np.argsort(begin, axis=0, kind="stable")
    begin, end = np.take_along_axis(begin, order, axis=0), np.take_along_axis(end, order, axis=0)
    reached = low
    covered = np.zeros_like(low)
    for start, stop in zip(begin, end, strict=True):
        gain = np.subtract(stop, np.maximum(start, reached))
        covered = np.add(covered, np.maximum(gain, 0.0))
        reached = np.maximum(reached, stop)
    return np.where(np.greater(high, low), covered, 0.0)


def blur_rows(image: FloatArray, taps: FloatArray, out: FloatArray) -> None:
    """Weighted sum of neighbouring columns, tap after tap.

    Parameters
    ----------
    image
        (H, W + n − 1), contiguous.
    taps
        (n,) weights, the first for the leftmost column.
    out
        (H, W), overwritten.
    """
    width = out.shape[1]
    out[:] = 0.0
    for place, tap in enumerate(taps.tolist()):
        np.add(out, np.multiply(image[:, place : place + width], tap), out=out)
