"""Equilibrium shapes of crystals: Wulff's, and Winterbottom's on a support.

Tier A.  Shapes are in the crystal's own frame, with the Wulff point at the origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray, IntArray
from sim.numerics.detmath import exp, log
from sim.numerics.motion import Motion, heights_of, unit_vector
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.particles.lattices import family
from sim.specimen.shapes.miller import three_indices
from sim.specimen.shapes.polyhedron import Polyhedron

#: A plane (h, k, l) or (h, k, i, l) and the energy of its surface, in any unit (J/m²).
SurfaceEnergy = tuple[Sequence[float], float]

#: Normals whose difference is shorter than this are the same.
_SAME = 1e-6


@dataclass(frozen=True, eq=False)
class Supported:
    """A crystal on a support.

    Attributes
    ----------
    shape
        The crystal's outline.
    normal
        (3,) unit vector out of the crystal into the support, in the crystal's frame.
    height
        Where the interface lies along it from the Wulff point, Å; negative on a support that is wetted well.
    """

    shape: Polyhedron
    normal: FloatArray
    height: float


def wulff(
    crystal: Crystal,
    energies: Sequence[SurfaceEnergy],
    *,
    radius: float | None = None,
    atoms: float | None = None,
) -> Polyhedron:
    """The shape of least surface energy for its volume.

    Parameters
    ----------
    crystal
        Gives normals and symmetry.
    energies
        Planes and their energies.  Each stands for its whole family under the crystal's own symmetry
        (zincblende: four of the eight {111}), and for the opposite faces where these are not listed.
    radius
        Radius of the sphere of the same volume, Å; either this or ``atoms``.
    atoms
        Number of atoms that the volume holds in the bulk.

    Raises
    ------
    InputError
        For energies that are not positive, a plane given twice with different energies, planes that
        enclose no volume, or a size that is none.

    Notes
    -----
    Distances of the faces are proportional to their energies: G. Wulff, Z. Kristallogr. 34, 449 (1901).
    Planes beyond all corners stay without a face.
    """
    unit = _unit_shape(crystal, energies)
    return unit.moved(_growth(_scale(crystal, unit, radius, atoms)))


def _unit_shape(crystal: Crystal, energies: Sequence[SurfaceEnergy]) -> Polyhedron:
    """The shape whose faces lie as far out as their energies say; kept, for its size changes more often."""
    listed = tuple((tuple(float(index) for index in plane), float(energy)) for plane, energy in energies)
    parts = (crystal.cell, crystal.numbers, crystal.fractional)
    return _kept_shape(crystal.name, *(part.tobytes() for part in parts), listed)


@lru_cache(maxsize=32)
def _kept_shape(
    name: str, cell: bytes, numbers: bytes, fractional: bytes, energies: tuple[SurfaceEnergy, ...]
) -> Polyhedron:
    crystal = Crystal(
        name,
        np.frombuffer(cell, dtype=np.float64).reshape(3, 3),
        np.frombuffer(numbers, dtype=np.int64),
        np.frombuffer(fractional, dtype=np.float64).reshape(-1, 3),
    )
    return Polyhedron(*surfaces(crystal, energies))


def winterbottom(
    crystal: Crystal,
    energies: Sequence[SurfaceEnergy],
    interface: Sequence[float],
    *,
    interface_energy: float | None = None,
    adhesion: float | None = None,
    radius: float | None = None,
    atoms: float | None = None,
) -> Supported:
    """The shape of least energy on a support: Wulff's, cut by the plane that touches the support.

    Parameters
    ----------
    crystal, energies
        As for :func:`wulff`.
    interface
        Indices of the crystal's plane on the support; its normal points into the support.
    interface_energy
        Energy of the interface less that of the bare support, in the unit of ``energies``; either this
        or ``adhesion``.
    adhesion
        Energy gained by joining the two surfaces: that of the interface's plane, which must then be
        listed, less ``interface_energy``.
    radius, atoms
        Size of the free crystal, before the support cuts it.

    Raises
    ------
    InputError
        As :func:`wulff`; and when the support is wetted completely, so that no crystal is left.

    Notes
    -----
    W. L. Winterbottom, Acta Metallurgica 15, 303 (1967).  An interface energy above all that the shape
    reaches in that direction leaves the free crystal, standing on its lowest face, edge or corner.
    """
    normals, gammas = surfaces(crystal, energies)
    unit = Polyhedron(normals, gammas)
    scale = _scale(crystal, unit, radius, atoms)
    normal = unit_vector(crystal.normal(three_indices(interface)))
    same = _like(normals, normal)
    if (interface_energy is None) == (adhesion is None):
        raise InputError("interface_energy", "give either this or the adhesion, and not both")
    if adhesion is not None:
        if not len(same):
            raise InputError(
                "adhesion",
                "the interface's plane has no surface energy",
                value=list(interface),
                remedy="list its energy, or give interface_energy",
            )
        wanted = float(gammas[same[0]]) - adhesion
    else:
        wanted = float(interface_energy or 0.0)
    if not -float("inf") < wanted < float("inf"):
        raise InputError("interface_energy", "is no energy", value=wanted)
    free = unit.moved(_growth(scale))
    along = heights_of(normal, free.vertices)
    lowest, highest = float(np.min(along)), float(np.max(along))
    height = scale * wanted
    if height <= lowest * (1.0 - 1e-6):
        raise InputError(
            "interface_energy" if adhesion is None else "adhesion",
            "the support is wetted completely: no crystal is left on it",
            value=interface_energy if adhesion is None else adhesion,
            allowed=f"an interface energy above {lowest / scale:.6g}",
        )
    if height >= highest:
        return Supported(free, normal, highest)
    heights = np.multiply(scale, gammas)
    if len(same):
        heights[same] = np.minimum(heights[same], height)
    else:
        normals, heights = np.concatenate([normals, normal[np.newaxis, :]]), np.append(heights, height)
    return Supported(Polyhedron(normals, heights), normal, height)


def surfaces(crystal: Crystal, energies: Sequence[SurfaceEnergy]) -> tuple[FloatArray, FloatArray]:
    """Unit normals (F, 3) of all faces of the listed families, and their energies (F,).

    Raises
    ------
    InputError
        For no planes, energies that are not positive, or a plane given twice with different energies.
    """
    if not energies:
        raise InputError("energies", "no surface is listed", remedy="list planes and their energies")
    normals, gammas = np.empty((0, 3)), np.empty(0)
    for indices, gamma in energies:
        if not 0.0 < gamma < float("inf"):
            raise InputError(f"energy of {tuple(indices)}", "is no energy", value=gamma, allowed="above 0")
        for plane in family(crystal, indices):
            normal = unit_vector(crystal.normal(plane))
            same = _like(normals, normal)
            if not len(same):
                normals, gammas = np.concatenate([normals, normal[np.newaxis, :]]), np.append(gammas, gamma)
            elif gammas[same[0]] != gamma:
                raise InputError(
                    f"energy of {tuple(indices)}",
                    "an equivalent plane is listed with another energy",
                    value=gamma,
                    remedy=f"keep one of the two (the other is {float(gammas[same[0]])})",
                )
    lonely = [face for face, normal in enumerate(normals) if not len(_like(normals, np.negative(normal)))]
    normals = np.concatenate([normals, np.negative(normals[lonely])])
    return normals, np.concatenate([gammas, gammas[lonely]])


def _like(normals: FloatArray, normal: FloatArray) -> IntArray:
    """Indices of the normals that equal one."""
    if not len(normals):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.max(np.abs(np.subtract(normals, normal)), axis=1) < _SAME)


def _growth(scale: float) -> Motion:
    return Motion.linear(np.multiply(scale, np.eye(3)))


def _scale(crystal: Crystal, unit: Polyhedron, radius: float | None, atoms: float | None) -> float:
    """Å per unit of energy that gives the free crystal its size."""
    if (radius is None) == (atoms is None):
        raise InputError("radius", "give either this or the number of atoms, and not both")
    name, size = ("radius", radius) if radius is not None else ("atoms", atoms)
    if size is None or not 0.0 < size < float("inf"):
        raise InputError(name, "is no size", value=size, allowed="above 0")
    volume = 4.0 / 3.0 * np.pi * size * size * size if name == "radius" else size / crystal.density
    return float(exp(np.divide(log(volume / unit.volume), 3.0)))
