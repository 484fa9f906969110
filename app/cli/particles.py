"""What ``nanophantom structure`` says and writes of specimens of spherical particles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.core.types import FloatArray, Particles
    from sim.recipe.model import Job

Rows = list[tuple[str, str]]


def particle_formats() -> Mapping[str, tuple[str, ...]]:
    """Names of the files' formats and the endings of their names."""
    from sim.specimen.writing_particles import PARTICLE_FORMATS

    return PARTICLE_FORMATS


def write_particles(
    target: Path, job: Job, built: Particles, posed: Any, title: str, format_name: str
) -> str:
    """Write the particles; how many there are, in words."""
    from sim.specimen import writing_particles

    shown = built if posed is None else posed
    writing_particles.write_particles(target, shown, _materials(job), title, format_name)
    return f"{len(built):,} particles"


def particle_rows(job: Job, built: Particles, posed: Any) -> Rows:
    """How many particles there are, of what and how large, how they touch, and what carries them."""
    import numpy as np

    del posed  # what is said of them does not depend on the pose
    materials = _materials(job)
    species, contacts = built.species, built.contacts
    rows = [("image", job.image_id), ("particles", f"{len(built):,}")]
    for number in np.unique(species).tolist():
        rows.append((materials[number], _sizes(built.radii[species == number])))
    unlike = int(np.count_nonzero(species[contacts[:, 0]] != species[contacts[:, 1]]))
    mean = 2.0 * len(contacts) / len(built)
    words = f"{len(contacts):,}, {unlike:,} of them between different materials"
    rows.append(("contacts", f"{words}; mean coordination {mean:.2f}"))
    facts = built.facts
    if "gyration_radius" in facts:
        words = f"{facts['gyration_radius']:.2f} Å"
        if "gyration_target" in facts:
            words += f" ({facts['gyration_target']:.2f} Å wanted)"
        rows.append(("radius of gyration", words))
    if "film" in built.parts:
        rows.append((f"film of {materials[-1]}", _film(built.parts["film"])))
    return rows


def particle_statistics(job: Job, built: Particles) -> Rows:
    """Every descriptor of the aggregate that is a single number."""
    del job
    from sim.labels.descriptors.aggregate import UNITS
    from sim.render.described import described

    found = described(built, prefactor=built.facts.get("prefactor", 1.0))
    return [
        (name.replace("_", " "), f"{value:.6g} {UNITS.get(name, '')}".rstrip())
        for name, value in found.items()
        if not isinstance(value, tuple)
    ]


def _materials(job: Job) -> list[str]:
    from sim.recipe.kinds import SPECIMENS

    return [material.name for material in SPECIMENS[job.specimen.kind].materials(job.specimen)]


def _sizes(radii: FloatArray) -> str:
    import numpy as np

    return (
        f"{len(radii):,} of radius {float(np.min(radii)):.1f} to {float(np.max(radii)):.1f} Å, "
        f"median {float(np.median(radii)):.1f} Å"
    )


def _film(part: FloatArray) -> str:
    from sim.core.types import FilmPart

    film = FilmPart(*part.tolist())
    words = f"{film.thickness:g} Å thick"
    if film.hole_spacing:
        kind = "a hexagonal" if film.lattice == 1.0 else "a square"
        words += f", holes of radius {film.hole_radius:g} Å on {kind} lattice every {film.hole_spacing:g} Å"
    return words
