"""Molecules with published experimental geometries.

Tier A.  Each stands in its own frame as it would on a surface: its foot in the plane z = 0, the rest above.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from sim.core.errors import InputError, nearest
from sim.core.types import FloatArray, IntArray
from sim.numerics.detmath import sincos_degrees
from sim.numerics.neighbours import pairs_within
from sim.numerics.rotations import quaternion_to_matrix, rotate, zone_axis_to_quaternion
from sim.specimen.atoms import Atoms

#: The cosine of the tetrahedral angle is −1/3.
_THIRD = 1.0 / 3.0
_DIATOMIC = (
    "K. P. Huber and G. Herzberg, Constants of Diatomic Molecules (1979), equilibrium distance {} Å, {}"
)


@dataclass(frozen=True, eq=False)
class Molecule:
    """A rigid molecule.

    Attributes
    ----------
    name
        Formula.
    numbers
        (M,) int64, atomic numbers.
    positions
        (M, 3), Å; the lowest atoms at z = 0, the foot on the axis x = y = 0.
    source
        Where the geometry was published.
    """

    name: str
    numbers: IntArray
    positions: FloatArray
    source: str

    def __len__(self) -> int:
        return len(self.numbers)

    def atoms(self, grain: int = 0) -> Atoms:
        """The molecule by itself, its mean position at the origin."""
        middle = [math.fsum(self.positions[:, axis].tolist()) / len(self) for axis in range(3)]
        return Atoms.of(self.numbers, np.subtract(self.positions, np.array(middle)), grain)


def molecule(name: str) -> Molecule:
    """A molecule of the table by its formula.

    Raises
    ------
    InputError
        For a formula that is not there.
    """
    found = MOLECULES.get(name)
    if found is None:
        raise InputError(
            "molecule",
            "is not in the table",
            value=name,
            allowed=", ".join(MOLECULES),
            remedy=nearest(name, MOLECULES) or "take it from a structure file",
        )
    return found


def _of(name: str, numbers: list[int], positions: FloatArray | list[list[float]], source: str) -> Molecule:
    placed = np.array(positions, dtype=np.float64)
    placed[:, 2] = np.subtract(placed[:, 2], np.min(placed[:, 2]))
    placed.setflags(write=False)
    return Molecule(name, np.array(numbers, dtype=np.int64), placed, source)


def _upright(name: str, lower: int, upper: int, bond: float, remark: str) -> Molecule:
    """Two atoms above each other."""
    source = _DIATOMIC.format(bond, remark)
    return _of(name, [lower, upper], [[0.0, 0.0, 0.0], [0.0, 0.0, bond]], source)


def _lying(name: str, number: int, bond: float, remark: str) -> Molecule:
    """Two atoms beside each other."""
    half = 0.5 * bond
    source = _DIATOMIC.format(bond, remark)
    return _of(name, [number, number], [[-half, 0.0, 0.0], [half, 0.0, 0.0]], source)


def _water() -> Molecule:
    # Half the angle to either side of the axis.
    sine, cosine = (float(part) for part in sincos_degrees(0.5 * 104.4776))
    across, up = 0.9578 * sine, 0.9578 * cosine
    return _of(
        "H2O",
        [8, 1, 1],
        [[0.0, 0.0, 0.0], [across, 0.0, up], [-across, 0.0, up]],
        "A. R. Hoy and P. R. Bunker, J. Mol. Spectrosc. 74, 1 (1979): r(OH) 0.9578 Å, HOH 104.4776°",
    )


def _ammonia() -> Molecule:
    bond = 1.012
    # Three hydrogen atoms at equal angles: their distance is 2 · bond · sin(HNH / 2) and √3 times that
    # from the axis.
    across = 2.0 * bond * float(sincos_degrees(0.5 * 106.7)[0]) / math.sqrt(3.0)
    up = math.sqrt(bond * bond - across * across)
    ring = _ring(3, across, 0.0)
    ring[:, 2] = up
    return _of(
        "NH3",
        [7, 1, 1, 1],
        np.concatenate([np.zeros((1, 3)), ring]),
        "G. Herzberg, Electronic Spectra of Polyatomic Molecules (1966): r(NH) 1.012 Å, HNH 106.7°",
    )


def _methane() -> Molecule:
    bond = 1.0858
    ring = _ring(3, bond * math.sqrt(1.0 - _THIRD * _THIRD), 0.0)
    ring[:, 2] = -bond * _THIRD
    top = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, bond]])
    return _of(
        "CH4",
        [6, 1, 1, 1, 1],
        np.concatenate([top, ring]),
        "D. L. Gray and A. G. Robiette, Mol. Phys. 37, 1901 (1979): r(CH) 1.0858 Å",
    )


def _benzene() -> Molecule:
    # In a regular hexagon the distance from the middle equals the side.
    rings = np.concatenate([_ring(6, 1.3913, 0.0), _ring(6, 1.3913 + 1.0809, 0.0)])
    return _of(
        "C6H6",
        [6] * 6 + [1] * 6,
        rings,
        "B. J. Esselman et al., Precise Equilibrium Structure of Benzene (American Chemical Society, 2023): "
        "r(CC) 1.3913(1) Å, r(CH) 1.0809(1) Å",
    )


def _ethylene() -> Molecule:
    half = 0.5 * 1.335
    # The angle CCH is 121.7°: the bond makes 58.3° with the axis.
    sine, cosine = (float(part) for part in sincos_degrees(180.0 - 121.7))
    out, across = half + 1.090 * cosine, 1.090 * sine
    hydrogen = [[x, y, 0.0] for x in (-out, out) for y in (-across, across)]
    return _of(
        "C2H4",
        [6, 6, 1, 1, 1, 1],
        [[-half, 0.0, 0.0], [half, 0.0, 0.0], *hydrogen],
        "K. Kuchitsu, J. Chem. Phys. 44, 906 (1966): r(CC) 1.335 Å, r(CH) 1.090 Å, CCH 121.7°",
    )


def _fullerene() -> Molecule:
    """A truncated icosahedron: atoms on its edges at the single bond's length from either end."""
    single, double = 1.458, 1.401
    golden = 0.5 * (1.0 + math.sqrt(5.0))
    corners = [
        corner
        for one in (-1.0, 1.0)
        for two in (-golden, golden)
        for corner in ((0.0, one, two), (one, two, 0.0), (two, 0.0, one))
    ]
    # These corners are 2 apart; the edge holds a double bond between two lengths of the single bond.
    edge = 2.0 * single + double
    points = np.multiply(np.array(corners), 0.5 * edge)
    one, two = pairs_within(points, 1.01 * edge)
    start, end = np.concatenate([one, two]), np.concatenate([two, one])
    along = np.multiply(np.subtract(points[end], points[start]), single / edge)
    atoms = np.add(points[start], along)
    # A hexagon lies under each face of the icosahedron; that of (1, 1, 1) is turned up, so that the
    # opposite one, its mirror image by inversion, is the foot.
    turned = rotate(quaternion_to_matrix(zone_axis_to_quaternion([1.0, 1.0, 1.0])), atoms)
    return _of(
        "C60",
        [6] * 60,
        turned,
        "K. Hedberg et al., Science 254, 410 (1991), electron diffraction of the gas: 1.458(6), 1.401(10) Å",
    )


def _ring(count: int, radius: float, start: float) -> FloatArray:
    """Points on a circle in the plane z = 0, (count, 3)."""
    sine, cosine = sincos_degrees(np.add(np.multiply(np.arange(count), 360.0 / count), start))
    return np.stack([np.multiply(radius, cosine), np.multiply(radius, sine), np.zeros(count)], axis=1)


_CARBON_DIOXIDE = _of(
    "CO2",
    [6, 8, 8],
    [[0.0, 0.0, 0.0], [1.16, 0.0, 0.0], [-1.16, 0.0, 0.0]],
    "G. Graner, C. Rossetti and D. Bailly, Mol. Phys. 58, 627 (1986): r(CO) 1.1600 Å",
)

#: Molecules by formula.
MOLECULES: Mapping[str, Molecule] = MappingProxyType(
    {
        one.name: one
        for one in (
            _upright("CO", 6, 8, 1.128323, "carbon down, as on metals"),
            _upright("NO", 7, 8, 1.15077, "nitrogen down, as on metals"),
            _upright("N2", 7, 7, 1.097685, "end-on"),
            _lying("O2", 8, 1.20752, "side-on"),
            _lying("H2", 1, 0.74144, "side-on"),
            _water(),
            _CARBON_DIOXIDE,
            _ammonia(),
            _methane(),
            _ethylene(),
            _benzene(),
            _fullerene(),
        )
    }
)
