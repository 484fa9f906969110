"""Atomic layers of a crystal along the normal of one of its lattice planes.

Tier A.  Everything here is in the crystal's own Cartesian frame.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError
from sim.core.types import BoolArray, FloatArray, IntArray
from sim.numerics.motion import cross, heights_of, length, unit_vector
from sim.numerics.rotations import rotate
from sim.specimen.crystal.lattice import Crystal

#: Atoms whose heights differ by less (Å) are one layer; also the narrowest gap that a plane may use.
NARROWEST_GAP = 0.3
#: Positions that agree to this (Å) are the same place.
SAME_PLACE = 1e-3


@dataclass(frozen=True, eq=False)
class Layers:
    """A crystal seen along a plane normal.

    Attributes
    ----------
    crystal
        The crystal, its basis wrapped into the cell.
    normal
        (3,) unit vector, crystal frame.
    repeat
        Distance after which the heights of atoms repeat, Å.
    gaps
        (G,) heights of the middles of the gaps between layers within one repeat, Å, ascending.
    widths
        (G,) their widths, Å.
    primitive
        (P,) one basis atom of each set that lattice translations connect.
    """

    crystal: Crystal
    normal: FloatArray
    repeat: float
    gaps: FloatArray
    widths: FloatArray
    primitive: IntArray


def miller_indices(hkl: Sequence[float]) -> tuple[int, int, int]:
    """Plane indices as three whole numbers without a common divisor.

    Parameters
    ----------
    hkl
        (h, k, l), or (h, k, i, l) with i = −h − k.

    Raises
    ------
    InputError
        When they are no plane.
    """
    given = tuple(hkl)
    whole = [int(index) for index in given if math.isfinite(index)]
    fits = len(whole) == len(given) and all(float(a) == float(b) for a, b in zip(whole, given, strict=True))
    if not fits or len(given) not in (3, 4) or not any(whole):
        raise InputError(
            "plane",
            "not the indices of a lattice plane",
            value=given,
            allowed="whole numbers h, k, l, not all 0",
        )
    if len(whole) == 4:
        if whole[0] + whole[1] + whole[2] != 0:
            raise InputError(
                "plane", "the third of four indices is minus the sum of the first two", value=given
            )
        del whole[2]
    divisor = math.gcd(*whole)
    return whole[0] // divisor, whole[1] // divisor, whole[2] // divisor


def layers_of(crystal: Crystal, hkl: Sequence[float]) -> Layers:
    """The layers of a crystal along the normal of (hkl).

    Raises
    ------
    InputError
        When no gap between layers is wider than 0.3 Å.
    """
    indices = miller_indices(hkl)
    along = crystal.normal(indices)
    repeat = 1.0 / length(along)
    wrapped = np.subtract(crystal.fractional, np.floor(np.add(crystal.fractional, 1e-9)))
    crystal = Crystal(crystal.name, crystal.cell, crystal.numbers, wrapped)
    phase = np.zeros(len(wrapped))
    for axis in range(3):
        np.add(phase, np.multiply(wrapped[:, axis], float(indices[axis])), out=phase)
    # A hair is added so that an atom at height 0 − ε does not jump to the other end.
    phase = np.subtract(phase, np.floor(np.add(phase, 1e-6)))
    heights = np.sort(np.multiply(phase, repeat), kind="stable")
    above = np.append(heights[1:], heights[0] + repeat)
    widths = np.subtract(above, heights)
    usable = np.greater(widths, NARROWEST_GAP)
    if not bool(np.any(usable)):
        raise InputError(
            "plane",
            f"the layers of {indices} in {crystal.name} lie closer than {NARROWEST_GAP} Å",
            remedy="choose a plane with smaller indices",
        )
    middles = np.multiply(np.add(heights, above), 0.5)[usable]
    return Layers(crystal, unit_vector(along), repeat, middles, widths[usable], _primitive_atoms(crystal))


def cartesian(crystal: Crystal, fractional: FloatArray) -> FloatArray:
    """Cartesian positions (N, 3) of fractional ones, Å."""
    return rotate(np.ascontiguousarray(crystal.cell.T), fractional)


def fractional_of(crystal: Crystal, positions: FloatArray) -> FloatArray:
    """Fractional coordinates (N, 3) of Cartesian positions, Å."""
    return rotate(crystal.reciprocal, positions)


def block(crystal: Crystal, radius: float) -> tuple[FloatArray, IntArray]:
    """All atoms within a radius (Å) of any point of the home cell: (K, 3) Å and (K,) atomic numbers.

    Those of the cells around come with it where they are near enough.
    """
    reach = [math.ceil(radius * length(row)) for row in crystal.reciprocal]
    axes = [np.arange(-most, most + 1) for most in reach]
    mesh = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    wrapped = np.subtract(crystal.fractional, np.floor(crystal.fractional))
    fractional = np.add(mesh, wrapped[np.newaxis]).reshape(-1, 3)
    # Farther outside the home cell than the radius nothing is needed.
    margin = np.array([radius * length(row) + 1e-6 for row in crystal.reciprocal])
    beside = np.logical_and(np.greater_equal(fractional, -margin), np.less_equal(fractional, 1.0 + margin))
    needed = np.all(beside, axis=1)
    return cartesian(crystal, fractional[needed]), np.tile(crystal.numbers, len(mesh))[needed]


def wrapped_home(crystal: Crystal, positions: FloatArray) -> FloatArray:
    """Positions moved into the home cell by lattice vectors, (N, 3), Å."""
    fractional = fractional_of(crystal, positions)
    return cartesian(crystal, np.subtract(fractional, np.floor(fractional)))


def inside_plane(normal: FloatArray, vector: FloatArray) -> bool:
    """Whether a vector lies in the plane: within a ten-thousandth of a radian."""
    return abs(float(heights_of(normal, vector[np.newaxis])[0])) < 1e-4 * length(vector)


def any_in_plane(normal: FloatArray) -> FloatArray:
    """A unit vector in the plane: along the coordinate axis that the normal is least along."""
    axis = np.zeros(3)
    axis[int(np.argmin(np.abs(normal)))] = 1.0
    return unit_vector(cross(normal, axis))


def onto_itself(crystal: Crystal, matrix: FloatArray) -> bool:
    """Whether a rotation or reflection (3, 3) turns the crystal into itself, up to a shift of the whole."""
    images = fractional_of(crystal, rotate(matrix, cartesian(crystal, crystal.fractional)))
    steps = np.concatenate([np.zeros((1, 3)), fractional_of(crystal, rotate(matrix, crystal.cell))])
    return any(
        all(bool(np.all(_on_atoms(crystal, np.add(np.add(images, step), shift)))) for step in steps)
        for shift in np.subtract(crystal.fractional, images[0])[np.equal(crystal.numbers, crystal.numbers[0])]
    )


def _on_atoms(crystal: Crystal, fractional: FloatArray) -> BoolArray:
    """Which points (B, 3) fall on an atom of the kind that basis atom B is."""
    difference = np.subtract(fractional[:, np.newaxis], crystal.fractional[np.newaxis])
    np.subtract(difference, np.floor(np.add(difference, 0.5)), out=difference)
    places = cartesian(crystal, difference.reshape(-1, 3))
    near = np.all(np.less(np.abs(places), SAME_PLACE), axis=1).reshape(len(fractional), -1)
    same = np.equal(crystal.numbers[:, np.newaxis], crystal.numbers[np.newaxis])
    found: BoolArray = np.any(np.logical_and(near, same), axis=1)
    return found


def _primitive_atoms(crystal: Crystal) -> IntArray:
    """The basis atom of lowest index in each set that pure translations of the crystal connect."""
    first = np.flatnonzero(np.equal(crystal.numbers, crystal.numbers[0]))
    lowest = np.arange(len(crystal.numbers))
    for other in first[1:]:
        shift = np.subtract(crystal.fractional[other], crystal.fractional[0])
        moved = np.add(crystal.fractional, shift)
        if not bool(np.all(_on_atoms(crystal, moved))):
            continue
        difference = np.subtract(moved[:, np.newaxis], crystal.fractional[np.newaxis])
        np.subtract(difference, np.floor(np.add(difference, 0.5)), out=difference)
        target = np.argmin(np.max(np.abs(difference), axis=2), axis=1)
        np.minimum.at(lowest, target, np.arange(len(target)))
        np.minimum(lowest, lowest[target], out=lowest)
    return np.flatnonzero(np.equal(lowest, np.arange(len(lowest))))
