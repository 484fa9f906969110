"""The descriptors of particles in space, with the volumes that their images are made from."""

from __future__ import annotations

from collections.abc import Callable

from sim.core.errors import never
from sim.core.spheres import Spheres
from sim.imaging.thickness.volumes import species_volumes
from sim.labels.descriptors.aggregate import Descriptor, aggregate_descriptors


def described(
    spheres: Spheres, *, prefactor: float, cancel: Callable[[], None] = never
) -> dict[str, Descriptor]:
    """Descriptors of spheres of two materials.

    Parameters
    ----------
    spheres
        :class:`~sim.core.types.Particles` or :class:`~sim.core.types.ParticleSpecimen`.
    prefactor
        k_f of the fractal law.

    Returns
    -------
    As of :func:`~sim.labels.descriptors.aggregate.aggregate_descriptors`; what overlapping spheres share is
    counted once, and belongs to the larger one.
    """
    first, second = species_volumes(spheres.centres, spheres.radii, spheres.species, 2, cancel=cancel)
    return aggregate_descriptors(spheres, prefactor=prefactor, volumes=(first, second), cancel=cancel)
