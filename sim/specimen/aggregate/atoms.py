"""The atoms of an aggregate: every particle a sphere of its own crystal, turned its own way.

Tier A.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sim.core.errors import InputError, never
from sim.core.types import (
    FACT,
    Built,
    FloatArray,
    Particles,
    SpecimenObject,
    Structure,
    on_position_grid,
)
from sim.numerics.motion import Motion
from sim.numerics.rotations import random_quaternion
from sim.numerics.streams import Stream
from sim.specimen.aggregate.build import build_aggregate
from sim.specimen.atoms import Atoms
from sim.specimen.crystal.fill import fill
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.scene.clearing import Occupant, cleared
from sim.specimen.shapes.plain import Sphere

if TYPE_CHECKING:
    from sim.specimen.aggregate.atomic_settings import AtomicAggregateSpecimen

#: Atoms of one aggregate at most, whatever its radii were drawn to be; twice what settings may expect.
MOST = 4_000_000


def build_atoms(
    settings: AtomicAggregateSpecimen,
    seed: int,
    *,
    cancel: Callable[[], None] = never,
) -> Built:
    """The atoms of an aggregate.

    Parameters
    ----------
    settings
        Of the aggregate and of what its particles are filled with.
    seed
        Of everything random: the same aggregate as that of spheres with these settings and this seed.
    cancel
        Called often; raises to stop.

    Returns
    -------
    Atoms about the aggregate's centre of mass, particle by particle.  The parts are those of a scene whose
    objects are the particles: ``origins`` their centres, ``motions`` their crystals' orientations, ``radii``
    those of their spheres.  Beside them stand ``species`` (M,) and ``contacts`` (C, 2) of the particles, and
    the model's facts as :class:`sim.core.types.Particles` has them.

    Raises
    ------
    InputError
        When the radii that were drawn come to too many atoms, or no sphere holds any.
    """
    particles = build_aggregate(settings.parameters(), seed, cancel=cancel)
    lattices = _lattices(settings, particles, seed, cancel)
    motions = [_motion(particles, number, seed) for number in range(len(particles))]
    whole = []
    for number, motion in enumerate(motions):
        cancel()
        lattice = lattices[int(particles.species[number])]
        whole.append(_filled(particles, number, lattice, motion, seed, cancel))
    occupants = [
        Occupant(atoms.positions, Sphere(float(radius), centre), 0)
        for atoms, radius, centre in zip(whole, particles.radii, particles.centres, strict=True)
    ]
    kept = cleared(occupants, settings.clearance, cancel=cancel)
    atoms = [own.kept(stays) for own, stays in zip(whole, kept, strict=True)]
    if not any(len(own) for own in atoms):
        raise InputError(
            "specimen.first.median_radius",
            "no particle is large enough to hold an atom",
            value=settings.first.median_radius,
            remedy="make the particles larger",
        )
    joined = Atoms.joined(atoms)
    counts = np.array([len(own) for own in atoms], dtype=np.int64)
    room = np.array([lattice.volume / len(lattice.numbers) for lattice in lattices])
    facts = {name: part for name, part in particles.parts.items() if name.startswith(FACT)}
    parts = {
        "object": np.repeat(np.arange(1, len(particles) + 1, dtype=np.int64), counts),
        "grain": joined.grain,
        "side": joined.side,
        "volumes": np.repeat(room[particles.species], counts),
        "origins": particles.centres,
        "motions": np.stack(
            [np.concatenate([motion.matrix, motion.offset[:, np.newaxis]], axis=1) for motion in motions]
        ),
        "placed": np.ones(len(particles), dtype=np.int64),
        "radii": particles.radii,
        "planes": np.empty((0, 8)),
        "species": particles.species,
        "contacts": particles.contacts,
        **facts,
    }
    return Built(Structure(joined.numbers, joined.positions), parts)


def objects(settings: AtomicAggregateSpecimen) -> tuple[SpecimenObject, ...]:
    """The particles by name; which material each has follows from the seed and stands in its atoms."""
    return tuple(SpecimenObject(f"particle#{number}", "particle") for number in range(1, settings.number + 1))


def _lattices(
    settings: AtomicAggregateSpecimen, particles: Particles, seed: int, cancel: Callable[[], None]
) -> list[Crystal]:
    """What the particles of each species are cut from."""
    fillings = settings.fillings()
    densities = np.array([filling.density for filling in fillings])
    radii = particles.radii
    volumes = np.multiply(np.multiply(radii, radii), np.multiply(radii, 4.0 / 3.0 * np.pi))
    total = 0.0
    for amount in np.multiply(volumes, densities[particles.species]).tolist():
        total += amount
    if total > MOST:
        raise InputError(
            "specimen.number",
            f"the radii that were drawn, up to {float(np.max(radii)):.0f} Å, come to {total:,.0f} atoms",
            value=settings.number,
            allowed=f"up to {MOST:,} atoms",
            remedy="fewer or smaller particles, or radii that scatter less",
        )
    found = []
    for species, filling in enumerate(fillings):
        own = radii[np.equal(particles.species, species)]
        largest = float(np.max(own)) if len(own) else 0.0
        stream = Stream(seed, "aggregate atoms", "amorphous", species)
        found.append(filling.lattice(largest, stream, cancel))
    return found


def _motion(particles: Particles, number: int, seed: int) -> Motion:
    """A random orientation at the particle's place."""
    turned = Motion.rotation(random_quaternion(Stream(seed, "aggregate atoms", "orientation", number)))
    return Motion(turned.matrix, particles.centres[number])


def _filled(
    particles: Particles,
    number: int,
    lattice: Crystal,
    motion: Motion,
    seed: int,
    cancel: Callable[[], None],
) -> Atoms:
    """The atoms of one sphere, on the position grid; its centre lies anywhere in the crystal's cell."""
    origin: FloatArray = Stream(seed, "aggregate atoms", "origin", number).uniforms(3)
    sphere = Sphere(float(particles.radii[number]), particles.centres[number])
    atoms = fill(lattice, sphere, motion=motion, origin=origin, cancel=cancel)
    return Atoms(atoms.numbers, on_position_grid(atoms.positions), atoms.grain, atoms.side)
