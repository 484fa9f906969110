"""The first stages of a specimen of spherical particles: before posing, and under the beam."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.types import Film, FilmPart, FloatArray, Particles, ParticleSpecimen
from sim.numerics.rotations import quaternion_to_matrix, rotate
from sim.recipe.kinds import SPECIMENS
from sim.recipe.model import Job
from sim.render.cache import Arrays
from sim.render.context import RenderContext
from sim.render.stages import POSE, SPECIMEN, cached, pose_key, specimen_key, stage, watch
from sim.specimen import pose as posing

#: What the further arrays of cached particles are called.
_PART = "part."


def build(job: Job, context: RenderContext) -> Particles:
    """The particles of a job before posing, built once for all their images where there is a cache."""
    kind = SPECIMENS[job.specimen.kind]

    def compute() -> Arrays:
        stage(context, "structure")
        made: Particles = kind.build(job.specimen, (), job.orientation_seed, watch(context))
        arrays = {
            "centres": made.centres,
            "radii": made.radii,
            "species": made.species,
            "contacts": made.contacts,
        }
        return arrays | {f"{_PART}{name}": part for name, part in made.parts.items()}

    made = cached(context, SPECIMEN, specimen_key(job), compute)
    parts = {name.removeprefix(_PART): part for name, part in made.items() if name.startswith(_PART)}
    return Particles(made["centres"], made["radii"], made["species"], made["contacts"], parts)


def pose(job: Job, context: RenderContext) -> tuple[ParticleSpecimen, FloatArray]:
    """The particles under the beam, turned about their centre of mass, and the quaternion."""
    kind = SPECIMENS[job.specimen.kind]
    built = build(job, context)
    shift = (job.pose.shift_x, job.pose.shift_y)

    def compute() -> Arrays:
        quaternion = job.pose.quaternion(job.orientation_seed, None)
        centres = posing.apply_pose(built.centres, quaternion, shift, np.zeros(3))
        return {"centres": centres, "quaternion": quaternion}

    made = cached(context, POSE, pose_key(job), compute)
    specimen = ParticleSpecimen(
        made["centres"],
        built.radii,
        built.species,
        built.contacts,
        kind.materials(job.specimen),
        _film(built.parts.get("film"), made["quaternion"], shift),
        built.facts,
    )
    return specimen, made["quaternion"]


def _film(given: Any, quaternion: FloatArray, shift: tuple[float, float]) -> Film | None:
    """The support film in the laboratory frame."""
    if given is None:
        return None
    film = FilmPart(*given.tolist())
    matrix = quaternion_to_matrix(quaternion)
    directions = rotate(matrix, np.eye(3))
    point = rotate(matrix, np.array([[film.x, film.y, film.top - 0.5 * film.thickness]]))[0]
    return Film(
        thickness=film.thickness,
        normal=directions[2],
        across=directions[0],
        along=directions[1],
        point=np.add(point, np.array([shift[0], shift[1], 0.0])),
        hole_radius=film.hole_radius,
        hole_spacing=film.hole_spacing,
        hexagonal=film.lattice == 1.0,
    )
