"""Rigid clusters of spheres about their centre of mass."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.core.types import FloatArray, IntArray
from sim.numerics.detmath import ordered_sum


@dataclass(frozen=True, eq=False)
class Cluster:
    """Spheres that move as one body.

    Attributes
    ----------
    members
        (n,) int64, numbers of the particles.
    places
        (3, n) x, y and z of the centres, Å, about the centre of mass.
    touch
        (n,) Å: spheres i and j touch at the distance ``touch[i] + touch[j]``.
    mass
        Sum of the cubes of the radii.
    moment
        mass·R_g².
    """

    members: IntArray
    places: FloatArray
    touch: FloatArray
    mass: float
    moment: float

    def __len__(self) -> int:
        return len(self.members)

    @property
    def reach(self) -> float:
        """Largest distance from the centre of mass at which another sphere's surface can be touched."""
        x, y, z = self.places
        square = np.add(np.add(np.multiply(x, x), np.multiply(y, y)), np.multiply(z, z))
        return float(np.max(np.add(np.sqrt(square), self.touch)))


def single_clusters(radii: FloatArray, overlap: float) -> list[Cluster]:
    """Every particle as a cluster of its own."""
    touch = np.multiply(radii, 1.0 - overlap)
    found = []
    for number, radius in enumerate(radii.tolist()):
        mass = radius * radius * radius
        found.append(
            Cluster(
                members=np.array([number], dtype=np.int64),
                places=np.zeros((3, 1)),
                touch=touch[number : number + 1].copy(),
                mass=mass,
                moment=0.6 * mass * radius * radius,
            )
        )
    return found


def joined(fixed: Cluster, moving: Cluster, here: FloatArray, there: FloatArray) -> Cluster:
    """Two clusters as one.

    Parameters
    ----------
    here
        (3, n) the first cluster's centres about its own centre of mass.
    there
        (3, m + 1) the second cluster's beside it, its centre of mass last.
    """
    mass = fixed.mass + moving.mass
    share = moving.mass / mass
    x, y, z = there[:, -1].tolist()
    centre = np.array([share * x, share * y, share * z])[:, None]
    return Cluster(
        members=np.concatenate([fixed.members, moving.members]),
        places=np.concatenate([np.subtract(here, centre), np.subtract(there[:, :-1], centre)], axis=1),
        touch=np.concatenate([fixed.touch, moving.touch]),
        mass=mass,
        # Huygens and Steiner: what the two have about their own centres, and what the distance adds.
        moment=fixed.moment + moving.moment + fixed.mass * share * ((x * x + y * y) + z * z),
    )


def gyration_radius(centres: FloatArray, radii: FloatArray) -> float:
    """Radius of gyration of solid spheres, Å: R² = Σ m·(|c − c̄|² + 3/5·r²) / Σ m with m = r³.

    Spheres that share matter count whole.
    """
    mass = np.multiply(np.multiply(radii, radii), radii)
    total = float(ordered_sum(mass))
    moment = np.multiply(np.multiply(radii, radii), 0.6)
    for column in np.subtract(centres, centre_of_mass(centres, radii)).T:
        moment = np.add(moment, np.multiply(column, column))
    return math.sqrt(float(ordered_sum(np.multiply(mass, moment))) / total)


def centre_of_mass(centres: FloatArray, radii: FloatArray) -> FloatArray:
    """Centre of mass of solid spheres, (3,) Å."""
    mass = np.multiply(np.multiply(radii, radii), radii)
    return np.divide(ordered_sum(np.multiply(mass[:, None], centres), axis=0), ordered_sum(mass))
