"""Strain: homogeneous, growing along an axis, at the surface, and bending.

Tier A.  A homogeneous strain is a :class:`Motion` and works on atoms and shapes alike; the others are
fields, which move points (N, 3).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np

from sim.core.errors import InputError, never
from sim.core.types import FloatArray
from sim.numerics.detmath import exp, sincos_degrees
from sim.numerics.motion import Motion, determinant
from sim.specimen.atoms import Atoms
from sim.specimen.shapes.base import Shape

Axis = Literal["x", "y", "z"]
#: Points (N, 3), Å, before to points after.
Field = Callable[[FloatArray], FloatArray]

_AXES = {"x": 0, "y": 1, "z": 2}
_DEGREES = 180.0 / math.pi
#: Points whose distances to a surface are asked for at once.
_CHUNK = 16384


def homogeneous(
    xx: float = 0.0,
    yy: float = 0.0,
    zz: float = 0.0,
    xy: float = 0.0,
    xz: float = 0.0,
    yz: float = 0.0,
) -> Motion:
    """The strain 1 + ε about the origin, for atoms and shapes.

    Parameters
    ----------
    xx, yy, zz
        Relative changes of length along the axes.
    xy, xz, yz
        Components of the symmetric strain tensor: half the engineering shear, half the change of angle.

    Raises
    ------
    InputError
        When the strain would flatten or turn space inside out.
    """
    parts = (xx, yy, zz, xy, xz, yz)
    matrix = np.array([[1.0 + xx, xy, xz], [xy, 1.0 + yy, yz], [xz, yz, 1.0 + zz]])
    # Sylvester: all leading minors of a symmetric matrix that keeps every direction's sense are positive.
    minors = (1.0 + xx, (1.0 + xx) * (1.0 + yy) - xy * xy, determinant(matrix))
    if not all(math.isfinite(part) for part in parts) or not min(minors) > 1e-9:
        raise InputError(
            "strain",
            "leaves no volume",
            value=list(parts),
            allowed="every direction keeps a length above 0",
            remedy="use smaller strains",
        )
    return Motion.linear(matrix)


def gradient(along: Axis, across: Axis, start: float, growth: float) -> Field:
    """A strain along one axis that changes linearly along an axis.

    Parameters
    ----------
    along
        The axis whose lengths change.
    across
        The axis on which the strain depends: strain = start + growth · coordinate.
    start
        Strain at the origin.
    growth
        Change of the strain, 1/Å.

    Returns
    -------
    A field, which raises InputError where the strain reaches −1 within the points.

    Notes
    -----
    The displacement is the integral of the strain from the origin: start·x + growth·x²/2 where both axes
    are one, else (start + growth·s)·x, which also shears by growth·x (as any such strain must).
    """
    if along not in _AXES or across not in _AXES:
        raise InputError("axis", "is unknown", value=f"{along}, {across}", allowed="x, y or z")
    if not (math.isfinite(start) and math.isfinite(growth)):
        raise InputError("strain", "is no number", value=[start, growth])
    moved_axis, other_axis = _AXES[along], _AXES[across]

    def field(points: FloatArray) -> FloatArray:
        coordinate = points[:, other_axis]
        strain = np.add(start, np.multiply(growth, coordinate))
        lowest = float(np.min(strain)) if len(points) else 0.0
        if not lowest > -0.99:
            raise InputError(
                "strain",
                f"falls to {lowest:.3g} within the object, which would fold it",
                allowed="above -0.99 everywhere",
                remedy="use a smaller gradient",
            )
        result = points.copy()
        if moved_axis == other_axis:
            strain = np.add(start, np.multiply(0.5 * growth, coordinate))
        stretch = np.add(1.0, strain)
        result[:, moved_axis] = np.multiply(points[:, moved_axis], stretch)
        return result

    return field


def surface_relaxation(
    shape: Shape, strain: float, decay: float, cancel: Callable[[], None] = never
) -> Field:
    """Bonds normal to the surface shorter (strain < 0) or longer, fading away with the depth.

    Parameters
    ----------
    shape
        The object's volume.
    strain
        Strain along the normal at the surface; at a depth d it is strain · exp(−d / decay).
    decay
        Depth over which the strain falls to 1/e, Å.
    cancel
        Called now and then.

    Returns
    -------
    A field.

    Raises
    ------
    InputError
        When the strain is −1 or less, or above 1, or the decay is not a length.

    Notes
    -----
    The displacement is the integral of the strain from deep inside, strain · decay · exp(−d / decay), along
    the gradient of the signed distance taken over ± decay.  On a flat face that is the normal itself;
    towards edges and corners the faces' directions pass into each other without a jump.
    """
    if not -1.0 < strain <= 1.0:
        raise InputError("strain", "is out of range", value=strain, allowed="above -1 and up to 1")
    if not 0.0 < decay < math.inf:
        raise InputError("decay", "is no usable length", value=decay, allowed="above 0, in Å")

    def field(points: FloatArray) -> FloatArray:
        result = points.copy()
        for begin in range(0, len(points), _CHUNK):
            cancel()
            part = np.ascontiguousarray(points[begin : begin + _CHUNK])
            depth = np.fmax(np.negative(shape.distance(part)), 0.0)
            size = np.multiply(strain * decay, exp(np.negative(np.divide(depth, decay))))
            for axis in range(3):
                after, before = part.copy(), part.copy()
                after[:, axis] = np.add(part[:, axis], decay)
                before[:, axis] = np.subtract(part[:, axis], decay)
                rise = np.subtract(shape.distance(after), shape.distance(before))
                slope = np.divide(rise, 2.0 * decay)
                target = result[begin : begin + _CHUNK, axis]
                np.add(target, np.multiply(size, slope), out=target)
        return result

    return field


def bending(radius: float, along: Literal["x", "y"] = "x", neutral: float = 0.0) -> Field:
    """A bend onto a cylinder.

    Parameters
    ----------
    radius
        Radius of the neutral plane, Å: positive bends both ends down (−z), negative bends them up.
    along
        The axis that is bent; the cylinder's axis is the other one in the plane.
    neutral
        Height of the plane that keeps its lengths, Å.

    Returns
    -------
    A field, which raises InputError where points reach the cylinder's axis or more than once around it.

    Notes
    -----
    x ↦ (R + z) sin(x/R), z ↦ (R + z) cos(x/R) − R with heights z over the neutral plane: pure bending
    without shear (S. P. Timoshenko and J. N. Goodier, Theory of Elasticity (1970), section 29), so the
    strain along the axis is z/R.
    """
    if along not in ("x", "y"):
        raise InputError("along", "is unknown", value=along, allowed="x or y")
    if not (math.isfinite(radius) and math.isfinite(neutral) and radius != 0.0):
        raise InputError("radius", "is no usable radius", value=radius, allowed="other than 0, in Å")
    axis = _AXES[along]

    def field(points: FloatArray) -> FloatArray:
        if not len(points):
            return points.copy()
        height = np.subtract(points[:, 2], neutral)
        lever = np.add(radius, height)
        share = np.divide(lever, radius)
        turn = np.multiply(np.divide(points[:, axis], radius), _DEGREES)
        if not float(np.min(share)) > 0.01 or not float(np.max(np.abs(turn))) < 180.0:
            extent = float(np.max(np.abs(points[:, axis])))
            needed = max(extent / math.pi, float(np.max(np.abs(height))) / 0.99)
            raise InputError(
                "radius",
                "is too small for the size of the object",
                value=radius,
                allowed=f"magnitude above {needed:.4g} Å",
                remedy="use a larger radius",
            )
        sine = sincos_degrees(turn)[0]
        result = points.copy()
        result[:, axis] = np.multiply(lever, sine)
        # (R + z) cos − R = z + (R + z)(cos − 1) without the difference of two large numbers.
        half = sincos_degrees(np.multiply(turn, 0.5))[0]
        drop = np.multiply(np.multiply(lever, 2.0), np.multiply(half, half))
        result[:, 2] = np.subtract(points[:, 2], drop)
        return result

    return field


def deformed(atoms: Atoms, field: Field) -> Atoms:
    """The atoms after a field has moved them."""
    return replace(atoms, positions=field(atoms.positions))
