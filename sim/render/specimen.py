"""What render does with a specimen, by what its kind yields: build, pose, and tell its truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sim.core.types import FloatArray
from sim.recipe.imaging_entry import Yield
from sim.recipe.kinds import SPECIMENS
from sim.recipe.model import Job
from sim.render import atoms, particles
from sim.render.appearance import Appearance, Truth
from sim.render.atom_truth import AtomTruth
from sim.render.context import RenderContext


@dataclass(frozen=True)
class Matter:
    """One yield of the specimen kinds.

    Attributes
    ----------
    build
        (job, context) → the specimen before posing.
    pose
        (job, context) → the specimen under the beam, and its quaternion.
    truth
        (posed specimen, appearance) → its truth in one image.
    tables
        Names of its tables; they follow from geometry alone, whatever makes the image.
    """

    build: Callable[[Job, RenderContext], Any]
    pose: Callable[[Job, RenderContext], tuple[Any, FloatArray]]
    truth: Callable[[Any, Appearance], Truth]
    tables: tuple[str, ...]


def _particle_truth(specimen: Any, appearance: Appearance) -> Truth:
    # Imported when the first of its kind is met.
    from sim.render.particle_truth import ParticleTruth

    return ParticleTruth(specimen, appearance)


MATTER: Mapping[Yield, Matter] = {
    "atoms": Matter(atoms.build, atoms.pose, AtomTruth, ("atoms", "columns", "objects", "planes")),
    "particles": Matter(
        particles.build, particles.pose, _particle_truth, ("particles", "contacts", "clusters")
    ),
}


def matter_of(job: Job) -> Matter:
    """What a job's specimen yields."""
    return MATTER[SPECIMENS[job.specimen.kind].yields]


def build_specimen(job: Job, context: RenderContext) -> Any:
    """The specimen of a job before posing, built once for all its images where there is a cache.

    Returns
    -------
    :class:`~sim.core.types.Built` of atoms, :class:`~sim.core.types.Particles` of particles.

    Raises
    ------
    InputError
        If the specimen cannot be built as its settings say.
    """
    return matter_of(job).build(job, context)


def pose_specimen(job: Job, context: RenderContext) -> tuple[Any, FloatArray]:
    """The specimen under the beam, and its quaternion.

    Returns
    -------
    :class:`~sim.core.types.AtomicSpecimen` or :class:`~sim.core.types.ParticleSpecimen`, and (4,).
    """
    return matter_of(job).pose(job, context)
