"""What labels need to know of a posed specimen's objects; a specimen without parts is one particle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.core.types import AtomicSpecimen, BoolArray, FloatArray, IntArray
from sim.labels.thickness import close_packed_volume

PARTICLE = "particle"


@dataclass(frozen=True, eq=False)
class Members:
    """The objects of a posed specimen of N atoms and M objects.

    Attributes
    ----------
    roles
        Of the M objects.
    objects, grain, side
        (N,) object from 1 on, grain and domain of each atom there.
    particle
        (N,) the atom belongs to a particle.
    volumes
        (N,) Å³ that each atom stands for.
    bonds
        (M,) bond length of each particle, Å.
    placed, radii, origins
        (M,) 1 where it found room, (M,) lateral radius, Å, and (M, 3) Å.
    planes
        (P, 8) object, kind, normal, point.
    """

    roles: tuple[str, ...]
    objects: IntArray
    grain: IntArray
    side: IntArray
    particle: BoolArray
    volumes: FloatArray
    bonds: FloatArray
    placed: IntArray
    radii: FloatArray
    origins: FloatArray
    planes: FloatArray

    @property
    def looked_at(self) -> BoolArray:
        """(N,) the atoms that columns are made of: those of particles, where there are any."""
        return self.particle if bool(np.any(self.particle)) else np.ones_like(self.particle)

    def table(self) -> dict[str, NDArray[np.int32]]:
        """Columns of the table of atoms that say which part of the specimen each belongs to."""
        parts = {"object": self.objects, "grain": self.grain, "side": self.side}
        return {name: values.astype(np.int32) for name, values in parts.items()}


def members_of(specimen: AtomicSpecimen, shift: tuple[float, float]) -> Members:
    """The objects of a specimen.

    Parameters
    ----------
    specimen
        As posed.
    shift
        Where its middle lies, Å: the origin of a specimen that is one object.
    """
    count = len(specimen)
    if not specimen.objects:
        origin = np.array([[shift[0], shift[1], 0.0]])
        away_x = np.subtract(specimen.positions[:, 0], shift[0])
        away_y = np.subtract(specimen.positions[:, 1], shift[1])
        squares = np.add(np.multiply(away_x, away_x), np.multiply(away_y, away_y))
        return Members(
            roles=(PARTICLE,),
            objects=np.ones(count, dtype=np.int64),
            grain=np.zeros(count, dtype=np.int64),
            side=np.zeros(count, dtype=np.int64),
            particle=np.ones(count, dtype=np.bool_),
            volumes=np.full(count, close_packed_volume(specimen.bond_length)),
            bonds=np.array([specimen.bond_length]),
            placed=np.ones(1, dtype=np.int64),
            radii=np.array([float(np.sqrt(np.max(squares)))]),
            origins=origin,
            planes=np.empty((0, 8)),
        )
    parts = specimen.parts
    roles = tuple(item.role for item in specimen.objects)
    of_particles = np.array([role == PARTICLE for role in roles])
    return Members(
        roles=roles,
        objects=parts["object"],
        grain=parts["grain"],
        side=parts["side"],
        particle=of_particles[np.subtract(parts["object"], 1)],
        volumes=parts["volumes"],
        bonds=parts["bonds"],
        placed=parts["placed"],
        radii=parts["radii"],
        origins=parts["origins"],
        planes=parts["planes"],
    )
