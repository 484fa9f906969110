"""Turning crystals: directions onto axes, planes onto planes.

Tier A.  Every motion here is a rotation about the origin.  +z points against the beam, +x to the right
of the image.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sim.core.errors import InputError
from sim.core.types import FloatArray
from sim.numerics.motion import Motion, cross, dot, length, unit_vector
from sim.specimen.crystal.lattice import Crystal

_UP = (0.0, 0.0, 1.0)
_RIGHT = (1.0, 0.0, 0.0)
#: Sine of the angle below which two directions count as parallel.
_PARALLEL = 1e-9
#: Sine of the angle between two unit vectors that is nothing but rounding.
_SAME = 1e-15
#: Share of its terms to which hu + kv + lw must cancel for a direction to lie in a plane.
_IN_PLANE = 1e-9


def direction_indices(given: ArrayLike, parameter: str = "direction") -> FloatArray:
    """A lattice direction as [uvw], (3,), from [uvw] or the four indices [uvtw] of hexagonal crystals.

    Raises
    ------
    InputError
        When there are not three or four finite indices, all are 0, or u + v + t is not 0.
    """
    indices = _indices(given, parameter)
    if len(indices) == 4:
        u, v, t, w = indices
        return np.array([u - t, v - t, w])
    return np.array(indices)


def plane_indices(given: ArrayLike, parameter: str = "plane") -> FloatArray:
    """A lattice plane as (hkl), (3,), from (hkl) or the four indices (hkil) of hexagonal crystals.

    Raises
    ------
    InputError
        When there are not three or four finite indices, all are 0, or h + k + i is not 0.
    """
    indices = _indices(given, parameter)
    if len(indices) == 4:
        h, k, _, last = indices
        return np.array([h, k, last])
    return np.array(indices)


def align(
    direction_from: ArrayLike,
    direction_to: ArrayLike,
    second_from: ArrayLike | None = None,
    second_to: ArrayLike | None = None,
) -> Motion:
    """The rotation that turns one direction onto another, and a second one as near as it comes.

    Parameters
    ----------
    direction_from, direction_to
        (3,) Cartesian, any length: the first is parallel to the second afterwards.
    second_from, second_to
        (3,) Cartesian, any length: afterwards their parts across ``direction_to`` are parallel.  Without
        them it is the rotation with the smallest angle.

    Raises
    ------
    InputError
        When a direction has no length, only one of the second pair is given, or one of it is parallel to
        its first.
    """
    one = _unit(direction_from, "direction_from")
    two = _unit(direction_to, "direction_to")
    if second_from is None and second_to is None:
        return Motion.linear(_smallest_turn(one, two))
    if second_from is None or second_to is None:
        missing = "second_from" if second_from is None else "second_to"
        raise InputError(missing, "is missing", remedy="give both second directions or neither")
    before = _frame(one, _unit(second_from, "second_from"), "second_from")
    after = _frame(two, _unit(second_to, "second_to"), "second_to")
    return Motion.linear(_carry(before, after))


def zone_axis_motion(
    crystal: Crystal,
    uvw: ArrayLike,
    in_plane: float = 0.0,
    second: ArrayLike | None = None,
    *,
    second_plane: ArrayLike | None = None,
) -> Motion:
    """The rotation that turns a lattice direction onto +z, against the beam.

    Parameters
    ----------
    crystal
        Its cell gives directions their meaning.
    uvw
        Three indices, or four of a hexagonal crystal.
    in_plane
        Degrees about +z, applied last, counter-clockwise in the image.
    second
        Lattice direction whose projection points to +x before the in-plane turn.
    second_plane
        The same for the normal of a lattice plane (hkl).

    Raises
    ------
    InputError
        When indices are not usable, both second directions are given, or the second is parallel to uvw.
    """
    upright = crystal.direction(direction_indices(uvw, "zone axis"))
    if second is not None and second_plane is not None:
        raise InputError("second", "is given twice", remedy="give a direction or a plane, not both")
    across: FloatArray | None = None
    if second is not None:
        across = crystal.direction(direction_indices(second, "second"))
    elif second_plane is not None:
        across = crystal.normal(plane_indices(second_plane, "second_plane"))
    return _upwards(upright, across, in_plane)


def plane_motion(
    crystal: Crystal,
    hkl: ArrayLike,
    in_plane: float = 0.0,
    direction: ArrayLike | None = None,
    *,
    downwards: bool = False,
) -> Motion:
    """The rotation that lets the normal of a lattice plane point to +z.

    Parameters
    ----------
    crystal
        Its cell gives planes their meaning.
    hkl
        Three indices, or four of a hexagonal crystal.
    in_plane
        Degrees about +z, applied last, counter-clockwise in the image.
    direction
        Lattice direction in the plane that points to +x before the in-plane turn.
    downwards
        Let the normal point to −z, to the support, instead.

    Raises
    ------
    InputError
        When indices are not usable or the direction does not lie in the plane.
    """
    plane = plane_indices(hkl)
    normal = crystal.normal(plane)
    across: FloatArray | None = None
    if direction is not None:
        across = _direction_in_plane(crystal, plane, direction, "direction")
    return _upwards(np.negative(normal) if downwards else normal, across, in_plane)


def align_planes(
    crystal_a: Crystal,
    hkl_a: ArrayLike,
    uvw_a: ArrayLike,
    crystal_b: Crystal,
    hkl_b: ArrayLike,
    uvw_b: ArrayLike,
) -> Motion:
    """The rotation of crystal a that puts its plane and a direction in it along those of crystal b.

    Parameters
    ----------
    crystal_a, hkl_a, uvw_a
        What is turned: plane normal and direction.
    crystal_b, hkl_b, uvw_b
        What it is turned onto, as b's cell lies; for a moved b apply b's motion afterwards.

    Raises
    ------
    InputError
        When indices are not usable or a direction does not lie in its plane.
    """
    plane_a, plane_b = plane_indices(hkl_a, "hkl_a"), plane_indices(hkl_b, "hkl_b")
    direction_a = _direction_in_plane(crystal_a, plane_a, uvw_a, "uvw_a")
    direction_b = _direction_in_plane(crystal_b, plane_b, uvw_b, "uvw_b")
    return align(crystal_a.normal(plane_a), crystal_b.normal(plane_b), direction_a, direction_b)


def angle_cosine(one: ArrayLike, two: ArrayLike) -> float:
    """Cosine of the angle between two Cartesian directions (3,)."""
    return dot(_unit(one, "direction"), _unit(two, "direction"))


def _upwards(direction: FloatArray, across: FloatArray | None, in_plane: float) -> Motion:
    turned = align(direction, _UP) if across is None else align(direction, _UP, across, _RIGHT)
    return turned if in_plane == 0.0 else Motion.about_axis(_UP, in_plane).after(turned)


def _direction_in_plane(crystal: Crystal, plane: FloatArray, uvw: ArrayLike, parameter: str) -> FloatArray:
    direction = direction_indices(uvw, parameter)
    terms = np.multiply(plane, direction).tolist()
    if abs(terms[0] + terms[1] + terms[2]) > _IN_PLANE * max(map(abs, terms)):
        raise InputError(
            parameter,
            f"does not lie in the plane {_in_brackets(plane)}",
            value=_plain(direction),
            remedy="choose one with hu + kv + lw = 0",
        )
    return crystal.direction(direction)


def _frame(first: FloatArray, second: FloatArray, parameter: str) -> FloatArray:
    """Rows (3, 3): a unit vector, the part of a second one across it, and what completes them."""
    third = cross(first, second)
    if length(third) < _PARALLEL:
        raise InputError(parameter, "is parallel to the first direction", remedy="choose one across it")
    third = unit_vector(third)
    return np.stack([first, cross(third, first), third])


def _carry(before: FloatArray, after: FloatArray) -> FloatArray:
    """Matrix (3, 3) that takes the rows of one orthonormal frame to those of another."""
    products = [np.multiply(after[k][:, np.newaxis], before[k][np.newaxis, :]) for k in range(3)]
    matrix: FloatArray = np.add(np.add(products[0], products[1]), products[2])
    return matrix


def _smallest_turn(one: FloatArray, two: FloatArray) -> FloatArray:
    axis = cross(one, two)
    if length(axis) < _SAME:
        if dot(one, two) > 0.0:
            return np.eye(3)
        # A half turn, about whatever lies across and is nearest to a coordinate axis.
        least = int(np.argmin(np.abs(one)))
        axis = cross(one, np.eye(3)[least])
    axis = unit_vector(axis)
    before = _frame(one, cross(axis, one), "direction_from")
    after = _frame(two, cross(axis, two), "direction_to")
    return _carry(before, after)


def _unit(vector: ArrayLike, parameter: str) -> FloatArray:
    given = np.asarray(vector, dtype=np.float64)
    try:
        return unit_vector(given)
    except ValueError as error:
        raise InputError(
            parameter, "has no direction", value=given.tolist(), remedy="give a non-zero direction"
        ) from error


def _indices(given: ArrayLike, parameter: str) -> list[float]:
    indices = np.asarray(given, dtype=np.float64).reshape(-1).tolist()
    if len(indices) not in (3, 4) or not bool(np.isfinite(indices).all()):
        raise InputError(parameter, "is not three or four indices", value=indices)
    if not any(indices):
        raise InputError(parameter, "has only indices of 0", value=indices, remedy="give a direction")
    if len(indices) == 4 and abs(indices[0] + indices[1] + indices[2]) > 1e-9:
        raise InputError(
            parameter,
            "has a third index that is not minus the sum of the first two",
            value=indices,
            remedy=f"write {-(indices[0] + indices[1]):g} as the third",
        )
    return [float(index) for index in indices]


def _plain(indices: FloatArray) -> list[float | int]:
    return [int(index) if index == int(index) else index for index in indices.tolist()]


def _in_brackets(indices: FloatArray) -> str:
    return f"({' '.join(str(index) for index in _plain(indices))})"
