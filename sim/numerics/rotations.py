"""Rotations as unit quaternions (w, x, y, z): active, from the specimen's frame to the laboratory's.

Tier A.  Matrices act on column vectors, ``lab = matrix · specimen``; Euler angles are intrinsic ZXZ
(Bunge): R = Rz(φ1)·Rx(Φ)·Rz(φ2).  Quaternions that come out of this module have w ≥ 0 (of a
half turn, the first non-zero component is positive), so that equal rotations are equal numbers.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from sim.core.errors import InputError
from sim.numerics.detmath import FloatArray, sincos_degrees
from sim.numerics.streams import Stream

#: Positions from which on they are turned column by column.
_MANY = 256


def random_quaternion(stream: Stream) -> FloatArray:
    """A rotation drawn uniformly over all orientations (Haar measure), (4,).

    Marsaglia, Annals of Mathematical Statistics 43, 645 (1972): a point in each of two unit discs
    gives a point on the sphere S³ with products and square roots only.
    """
    x, y, first = _point_in_disc(stream.child("first disc"))
    z, w, second = _point_in_disc(stream.child("second disc"))
    stretch = math.sqrt((1.0 - first) / second)
    return _normalised(x, y, z * stretch, w * stretch)


def _point_in_disc(stream: Stream) -> tuple[float, float, float]:
    position = 0
    while True:
        # Many pairs a call: π/4 of them fit, and a call costs more than the words it brings.
        uniforms = stream.uniforms(16, position).tolist()
        for first, second in zip(uniforms[::2], uniforms[1::2], strict=True):
            x, y = first * 2.0 - 1.0, second * 2.0 - 1.0
            square = x * x + y * y
            if 0.0 < square < 1.0:
                return x, y, square
        position += 16


def quaternion_to_matrix(quaternion: ArrayLike) -> FloatArray:
    """Rotation matrix, (3, 3), of a quaternion (4,) of any non-zero length."""
    w, x, y, z = _unit(*np.asarray(quaternion, dtype=np.float64).tolist())
    diagonal_x, diagonal_y, diagonal_z = y * y + z * z, x * x + z * z, x * x + y * y
    return np.array(
        [
            [1.0 - 2.0 * diagonal_x, 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)],
            [2.0 * (x * y + w * z), 1.0 - 2.0 * diagonal_y, 2.0 * (y * z - w * x)],
            [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * diagonal_z],
        ]
    )


def matrix_to_quaternion(matrix: ArrayLike) -> FloatArray:
    """Quaternion (4,) of a rotation matrix (3, 3); divides by the largest component (Shepperd 1978)."""
    m = np.asarray(matrix, dtype=np.float64).tolist()
    trace = m[0][0] + m[1][1] + m[2][2]
    # Four times each component squared, less one.
    sizes = [trace, 2.0 * m[0][0] - trace, 2.0 * m[1][1] - trace, 2.0 * m[2][2] - trace]
    largest = sizes.index(max(sizes))
    s = 1.0 + sizes[largest]
    wx, wy, wz = m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]
    xy, xz, yz = m[0][1] + m[1][0], m[0][2] + m[2][0], m[1][2] + m[2][1]
    rows = [[s, wx, wy, wz], [wx, s, xy, xz], [wy, xy, s, yz], [wz, xz, yz, s]]
    return _normalised(*rows[largest])


def quaternion_multiply(first: ArrayLike, second: ArrayLike) -> FloatArray:
    """The rotation ``second`` followed by ``first`` (Hamilton product first·second), (4,)."""
    a, b, c, d = np.asarray(first, dtype=np.float64).tolist()
    w, x, y, z = np.asarray(second, dtype=np.float64).tolist()
    return _normalised(
        a * w - b * x - c * y - d * z,
        a * x + b * w + c * z - d * y,
        a * y - b * z + c * w + d * x,
        a * z + b * y - c * x + d * w,
    )


def euler_to_quaternion(phi1: float, Phi: float, phi2: float) -> FloatArray:
    """Quaternion (4,) of the intrinsic ZXZ (Bunge) angles φ1, Φ, φ2 in degrees."""
    half_sum, half_difference = (phi1 + phi2) * 0.5, (phi1 - phi2) * 0.5
    sine, cosine = sincos_degrees(np.array([Phi * 0.5, half_sum, half_difference]))
    tilt_sine, sum_sine, difference_sine = sine.tolist()
    tilt_cosine, sum_cosine, difference_cosine = cosine.tolist()
    return _normalised(
        tilt_cosine * sum_cosine,
        tilt_sine * difference_cosine,
        tilt_sine * difference_sine,
        tilt_cosine * sum_sine,
    )


def zone_axis_to_quaternion(direction: ArrayLike, in_plane_angle: float = 0.0) -> FloatArray:
    """The rotation that turns a direction onto +z, towards the source (the beam runs along −z).

    Parameters
    ----------
    direction
        (3,) Cartesian, any length.
    in_plane_angle
        Degrees about +z, applied afterwards, counter-clockwise in the image.

    Raises
    ------
    InputError
        When the direction has no length.

    Notes
    -----
    Of all rotations that do so, the one with the smallest angle; for −z a half turn about x.
    """
    given = np.asarray(direction, dtype=np.float64)
    largest = float(np.max(np.abs(given)))
    if not 0.0 < largest < float("inf"):
        raise InputError(
            "zone axis",
            "a direction needs a length",
            value=given.tolist(),
            remedy="give a non-zero direction",
        )
    # Scaled first, so that squares neither overflow nor vanish.
    x, y, z = np.divide(given, largest).tolist()
    across = x * x + y * y
    length = float(np.sqrt(across + z * z))
    # length + z without cancellation when the direction points down.
    upper = length + z if z >= 0.0 else across / (length - z)
    turned = (upper, y, -x, 0.0) if across > 0.0 or z > 0.0 else (0.0, 1.0, 0.0, 0.0)
    sine, cosine = sincos_degrees(in_plane_angle * 0.5)
    return quaternion_multiply(np.array([float(cosine), 0.0, 0.0, float(sine)]), _normalised(*turned))


def rotate(matrix: ArrayLike, positions: FloatArray) -> FloatArray:
    """Positions (N, 3) turned by a matrix (3, 3): ``lab[n] = matrix · positions[n]``, without BLAS."""
    m = np.asarray(matrix, dtype=np.float64)
    if len(positions) < _MANY:
        turned = np.multiply(positions[:, 0, np.newaxis], m[:, 0])
        np.add(turned, np.multiply(positions[:, 1, np.newaxis], m[:, 1]), out=turned)
        return np.add(turned, np.multiply(positions[:, 2, np.newaxis], m[:, 2]), out=turned)
    # The same arithmetic column by column: numpy is several times slower on rows of three.
    x, y, z = (np.ascontiguousarray(positions[:, axis]) for axis in range(3))
    turned = np.empty((len(positions), len(m)))
    column, part = np.empty(len(positions)), np.empty(len(positions))
    for number, row in enumerate(m):
        np.multiply(x, row[0], out=column)
        np.add(column, np.multiply(y, row[1], out=part), out=column)
        turned[:, number] = np.add(column, np.multiply(z, row[2], out=part), out=column)
    return turned


def _normalised(w: float, x: float, y: float, z: float) -> FloatArray:
    """Unit length and the sign that this module returns, (4,)."""
    return np.array(_unit(w, x, y, z))


def _unit(w: float, x: float, y: float, z: float) -> tuple[float, float, float, float]:
    """:func:`_normalised` on plain numbers: for four of them an array costs more than the arithmetic."""
    parts = (w, x, y, z)
    largest = max(map(abs, parts))
    if largest == 0.0 or not all(map(math.isfinite, parts)):
        raise InputError("quaternion", "has no direction", value=list(parts), remedy="give a unit quaternion")
    w, x, y, z = w / largest, x / largest, y / largest, z / largest
    length = math.sqrt((w * w + x * x) + (y * y + z * z))
    if next(part for part in (w, x, y, z) if part != 0.0) < 0.0:
        length = -length
    # + 0.0 turns −0 into 0.
    return w / length + 0.0, x / length + 0.0, y / length + 0.0, z / length + 0.0
