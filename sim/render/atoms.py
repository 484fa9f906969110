"""The first stages of a specimen of atoms: before posing, and under the beam."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.errors import InputError
from sim.core.types import AtomicSpecimen, Built, FloatArray, Parts, SpecimenObject, Structure
from sim.numerics.rotations import quaternion_to_matrix, rotate
from sim.recipe.kinds import SPECIMENS
from sim.recipe.model import Job
from sim.render.cache import Arrays, Stage
from sim.render.context import RenderContext
from sim.render.stages import POSE, SPECIMEN, cached, pose_key, specimen_key, stage, watch
from sim.specimen import pose as posing

BOND = Stage("bond_length", 1)

#: What a cached specimen and its parts are called.
_PART = "part."


def build(job: Job, context: RenderContext) -> Built:
    """The specimen of a job before posing, built once for all its images where there is a cache.

    Raises
    ------
    InputError
        If the specimen cannot be built as its settings say.
    """
    structures = tuple(_structure(job, context, sha256) for sha256 in job.structures)
    kind = SPECIMENS[job.specimen.kind]

    if not kind.random:
        # Nothing but a structure that is there already.
        only: Built = kind.build(job.specimen, structures, job.orientation_seed, watch(context))
        return only

    def compute() -> Arrays:
        stage(context, "structure")
        built: Built = kind.build(job.specimen, structures, job.orientation_seed, watch(context))
        arrays = {"numbers": built.structure.numbers, "positions": built.structure.positions}
        bonds = {} if not built.parts else {"bonds": _bonds(built, kind.objects(job.specimen))}
        return arrays | {f"{_PART}{name}": part for name, part in {**built.parts, **bonds}.items()}

    made = cached(context, SPECIMEN, specimen_key(job), compute)
    parts = {name.removeprefix(_PART): part for name, part in made.items() if name.startswith(_PART)}
    return Built(Structure(made["numbers"], made["positions"]), parts)


def pose(job: Job, context: RenderContext) -> tuple[AtomicSpecimen, FloatArray]:
    """The specimen under the beam, and its quaternion."""
    kind = SPECIMENS[job.specimen.kind]
    objects = kind.objects(job.specimen)

    def compute() -> Arrays:
        stage(context, "structure")
        built = build(job, context)
        atoms = built.structure
        quaternion = job.pose.quaternion(job.orientation_seed, atoms.cell)
        shift = (job.pose.shift_x, job.pose.shift_y)
        # A specimen with parts has an origin of its own, which theirs refer to.
        centre = np.zeros(3) if built.parts else None
        arrays = {
            "numbers": atoms.numbers.copy(),
            "positions": posing.apply_pose(atoms.positions, quaternion, shift, centre),
            "quaternion": quaternion,
            "bond_length": _bond_length(context, _looked_at(built, [item.role for item in objects])),
        }
        posed = _posed_parts(built.parts, quaternion, shift)
        return arrays | {f"{_PART}{name}": part for name, part in posed.items()}

    made = cached(context, POSE, pose_key(job), compute)
    parts = {name.removeprefix(_PART): part for name, part in made.items() if name.startswith(_PART)}
    bond = float(made["bond_length"][0])
    flat = bool(np.array_equal(made["quaternion"], (1.0, 0.0, 0.0, 0.0)))
    period = kind.period(job.specimen) if flat else None
    specimen = AtomicSpecimen(made["numbers"], made["positions"], bond, parts, objects, period)
    return specimen, made["quaternion"]


def _posed_parts(parts: Parts, quaternion: FloatArray, shift: tuple[float, float]) -> dict[str, Any]:
    """The parts with their places and directions in the laboratory frame."""
    posed = dict(parts)
    matrix = quaternion_to_matrix(quaternion)
    offset = np.array([shift[0], shift[1], 0.0])
    if "origins" in posed:
        posed["origins"] = np.add(rotate(matrix, posed["origins"]), offset)
    if "motions" in posed:
        motions = posed["motions"]
        columns = [rotate(matrix, np.ascontiguousarray(motions[:, :, column])) for column in range(4)]
        columns[3] = np.add(columns[3], offset)
        posed["motions"] = np.stack(columns, axis=2)
    if "planes" in posed:
        planes = posed["planes"].copy()
        planes[:, 2:5] = rotate(matrix, np.ascontiguousarray(planes[:, 2:5]))
        planes[:, 5:8] = np.add(rotate(matrix, np.ascontiguousarray(planes[:, 5:8])), offset)
        posed["planes"] = planes
    return posed


def _bonds(built: Built, objects: tuple[SpecimenObject, ...]) -> FloatArray:
    """Bond length of each particle of a scene, (M,) Å; 0 for what is no particle or has no atom."""
    bonds = np.zeros(len(objects))
    numbers = np.arange(1, len(objects) + 1)
    # The atoms stand in the order of the objects.
    first = np.searchsorted(built.parts["object"], numbers, side="left").tolist()
    end = np.searchsorted(built.parts["object"], numbers, side="right").tolist()
    for place, item in enumerate(objects):
        if item.role == "particle" and end[place] > first[place]:
            bonds[place] = posing.bond_length(built.structure.positions[first[place] : end[place]])
    return bonds


def _looked_at(built: Built, roles: list[str]) -> Structure:
    """The atoms that labels are about: those of particles where the specimen has some."""
    if "object" not in built.parts or "particle" not in roles:
        return built.structure
    particles = np.flatnonzero(np.array(["", *roles]) == "particle")
    chosen = np.isin(built.parts["object"], particles)
    if not chosen.any():
        return built.structure
    return Structure(built.structure.numbers[chosen], built.structure.positions[chosen])


def _bond_length(context: RenderContext, atoms: Structure) -> FloatArray:
    """One number a structure, not a pose: computed once for all images of a structure."""

    def compute() -> Arrays:
        return {"bond_length": np.array([posing.bond_length(atoms.positions)])}

    return cached(context, BOND, BOND.key(None, atoms.sha256), compute)["bond_length"]


def _structure(job: Job, context: RenderContext, sha256: str) -> Structure:
    try:
        return context.structures[sha256]
    except KeyError:
        raise InputError(
            job.image_id,
            f"its structure with sha256 {sha256[:12]}… is not there",
            remedy="restore the dataset's structures folder",
        ) from None
