"""Turning and placing a structure in the laboratory frame, and its bond length.

Tier A.  Quaternions are (w, x, y, z), active, specimen → laboratory; the beam runs along −z.
"""

from __future__ import annotations

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray, on_position_grid
from sim.numerics.detmath import ordered_sum
from sim.numerics.neighbours import nearest_distance
from sim.numerics.rotations import (
    euler_to_quaternion,
    quaternion_to_matrix,
    random_quaternion,
    rotate,
    zone_axis_to_quaternion,
)
from sim.numerics.streams import Stream

#: Atoms farther apart than this are not bonded, Å.
LONGEST_BOND = 6.0
#: Bond length of a structure without bonds (a single atom, atoms far apart), Å.
LONE_BOND = 2.5


def random_pose(orientation_seed: int) -> FloatArray:
    """Quaternion (4,) drawn uniformly over all orientations from the pose stream of a seed."""
    return random_quaternion(Stream(orientation_seed, "pose"))


def euler_pose(phi1: float, Phi: float, phi2: float) -> FloatArray:
    """Quaternion (4,) of intrinsic ZXZ (Bunge) angles in degrees."""
    return euler_to_quaternion(phi1, Phi, phi2)


def zone_axis_pose(
    direction: tuple[float, float, float], in_plane_angle: float, cell: FloatArray | None
) -> FloatArray:
    """Quaternion (4,) that turns a zone axis [uvw] onto +z, towards the electron source.

    Parameters
    ----------
    direction
        u, v, w: multiples of the cell's vectors a, b, c; of x, y, z where there is no cell.
    in_plane_angle
        Rotation about +z afterwards, degrees, counter-clockwise in the image.
    cell
        (3, 3) row vectors, Å, or None.

    Raises
    ------
    InputError
        For [0 0 0].
    """
    if not any(direction):
        raise InputError(
            "pose.direction",
            "a zone axis needs a direction",
            value=list(direction),
            remedy="give for example [1, 1, 0]",
        )
    axis = np.array(direction, dtype=np.float64)
    if cell is not None:
        axis = ordered_sum(np.multiply(axis[:, np.newaxis], cell), axis=0)
    return zone_axis_to_quaternion(axis, in_plane_angle)


def centroid(positions: FloatArray) -> FloatArray:
    """Mean of the positions (N, 3), Å, (3,); every atom counts alike."""
    return np.divide(ordered_sum(positions, axis=0), float(len(positions)))


def apply_pose(
    positions: FloatArray,
    quaternion: FloatArray,
    shift: tuple[float, float] = (0.0, 0.0),
    centre: FloatArray | None = None,
) -> FloatArray:
    """Positions in the laboratory frame.

    The centre, usually the centroid, moves to the origin (unlike the middle of the bounding box, the
    centroid does not depend on the orientation in which a file happens to hold the structure), the
    structure is turned about it, shifted in the image plane, and rounded to the 2⁻²⁰ Å grid.

    Parameters
    ----------
    positions
        (N, 3) in Å, specimen frame.
    quaternion
        (4,), active, specimen → laboratory.
    shift
        x and y in Å.
    centre
        (3,), what moves to the origin; None: the centroid.

    Returns
    -------
    (N, 3) in Å, on the position grid.
    """
    middle = centroid(positions) if centre is None else centre
    turned = rotate(quaternion_to_matrix(quaternion), np.subtract(positions, middle))
    return on_position_grid(np.add(turned, np.array([shift[0], shift[1], 0.0])))


def bond_length(positions: FloatArray) -> float:
    """Typical bond length, Å: the median over the atoms of the distance to the nearest neighbour.

    The lower of the two middle values, so that it is a distance in the structure.  Atoms without a
    neighbour within 6 Å do not count; where none has one it is 2.5 Å.

    Parameters
    ----------
    positions
        (N, 3) in Å.
    """
    distances = nearest_distance(positions)
    bonded = np.sort(distances[np.less_equal(distances, LONGEST_BOND)], kind="stable")
    return float(bonded[(len(bonded) - 1) // 2]) if len(bonded) else LONE_BOND
