"""Distances that take more than a line: to an ellipsoid, to a piece of a line in a plane.

Tier A.
"""

from __future__ import annotations

import numpy as np

from sim.core.types import FloatArray

#: Far above what any point needs (22 of six million points on 3000 ellipsoids).
ITERATIONS = 80


def ellipsoid_distance(
    semi_axes: tuple[float, float, float], x: FloatArray, y: FloatArray, z: FloatArray
) -> FloatArray:
    """Signed distance of points (N,) to an ellipsoid about the origin, Å, negative inside.

    Parameters
    ----------
    semi_axes
        Half lengths e along x, y, z, Å.
    x, y, z
        Coordinates, (N,) each, Å.

    Notes
    -----
    D. Eberly, "Distance from a point to an ellipse, an ellipsoid, or a hyperellipsoid" (Geometric
    Tools, 2013): the nearest point is e²p/(t + e²) with the largest root t of F(t) = Σ (e p/(t + e²))² − 1.
    F falls and is convex right of −min e², so that Newton's steps from the left never pass the root.
    They start at the largest of e(p − e), where 0 ≤ F ≤ 2.  Coordinates are kept off zero by 1e-12 of
    the largest axis: there the root would lie on a pole; distances change by no more than that.  Every
    point stops by itself, so that its distance does not depend on its neighbours.
    """
    axes = np.array(semi_axes)[:, np.newaxis]
    largest = max(semi_axes)
    # In units of the largest axis.
    e = np.divide(axes, largest)
    given = np.divide(np.abs(np.stack([x, y, z])), largest)
    p = np.maximum(given, 1e-12)
    squares, weights = np.multiply(e, e), np.multiply(e, p)
    # s = t + min e², and e² beyond the smallest: near that pole t itself would lose all its digits.
    beyond = np.subtract(squares, np.min(squares))
    s = np.maximum.reduce(np.subtract(weights, beyond), axis=0)
    active = np.arange(s.shape[0])
    for _ in range(ITERATIONS):
        here = s[active]
        below = np.add(here, beyond)
        parts = np.divide(weights[:, active], below)
        parts = np.multiply(parts, parts)
        value = np.subtract(np.add(np.add(parts[0], parts[1]), parts[2]), 1.0)
        slope = np.divide(parts, below)
        slope = np.add(np.add(slope[0], slope[1]), slope[2])
        step = np.multiply(np.divide(value, slope), 0.5)
        s[active] = np.add(here, np.maximum(step, 0.0))
        active = active[step > np.multiply(1e-15, here)]
        if len(active) == 0:
            break
    nearest = np.divide(np.multiply(squares, p), np.add(s, beyond))
    apart = np.subtract(given, nearest)
    apart = np.multiply(apart, apart)
    far: FloatArray = np.multiply(np.sqrt(np.add(np.add(apart[0], apart[1]), apart[2])), largest)
    ratio = np.divide(given, e)
    ratio = np.multiply(ratio, ratio)
    inside = np.add(np.add(ratio[0], ratio[1]), ratio[2]) < 1.0
    np.negative(far, out=far, where=inside)
    return far


def segment_square(
    r: FloatArray, z: FloatArray, start: tuple[float, float], end: tuple[float, float]
) -> FloatArray:
    """Squared distance of points (r, z) to a piece of a line."""
    along_r, along_z = end[0] - start[0], end[1] - start[1]
    square = along_r * along_r + along_z * along_z
    from_r, from_z = np.subtract(r, start[0]), np.subtract(z, start[1])
    if square > 0.0:
        part = np.divide(np.add(np.multiply(from_r, along_r), np.multiply(from_z, along_z)), square)
        part = np.minimum(np.maximum(part, 0.0), 1.0)
        from_r = np.subtract(from_r, np.multiply(part, along_r))
        from_z = np.subtract(from_z, np.multiply(part, along_z))
    return np.add(np.multiply(from_r, from_r), np.multiply(from_z, from_z))
