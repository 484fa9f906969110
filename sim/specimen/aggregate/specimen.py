"""What plan and render ask of an aggregate's settings: the particles, bounds, materials, parameters.

Tier A.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sim.core.types import FACT, Material, Outline, Particles
from sim.numerics import detmath
from sim.physics.materials import material
from sim.specimen.aggregate.build import build_aggregate
from sim.specimen.aggregate.film import film_part

if TYPE_CHECKING:
    from sim.specimen.aggregate.settings import AggregateModel, AggregateSpecimen

#: How far the outermost particle lies from the centre of mass, in radii of gyration; a few in a hundred go
#: farther, and their images say so.
REACH = 2.1
#: A film that stands more steeply to the image plane has no thickness along the beam worth the name, °.
STEEPEST_FILM = 87.0
#: No aggregate is denser than this share of the sphere that has its radius of gyration.
DENSEST = 0.5


def built(
    settings: AggregateSpecimen,
    seed: int,
    cancel: Callable[[], None],
    progress: Callable[[float], None] | None = None,
) -> Particles:
    """The particles of an aggregate, and its film where it has one.

    Parameters
    ----------
    seed
        Keys everything random about it.
    cancel, progress
        As of :func:`~sim.specimen.aggregate.build.build_aggregate`.
    """
    made = build_aggregate(settings.parameters(), seed, cancel=cancel, progress=progress)
    parts = {**made.parts, f"{FACT}prefactor": np.array(settings.prefactor)}
    if settings.film.thickness > 0.0:
        parts["film"] = film_part(settings, made, seed)
    return Particles(made.centres, made.radii, made.species, made.contacts, parts)


def materials(settings: AggregateSpecimen) -> tuple[Material, ...]:
    """Of the first and second species and of the film.

    Raises
    ------
    InputError
        Naming a material that is in no table and has no density.
    """
    return (
        material(settings.first.material, settings.first.density, "specimen.first.material"),
        material(settings.second.material, settings.second.density, "specimen.second.material"),
        material(settings.film.material, settings.film.density, "specimen.film.material"),
    )


def outline(settings: AggregateSpecimen) -> Outline:
    """How far an aggregate reaches, as far as that can be said before it is built.

    Raises
    ------
    InputError
        If its materials are not known.
    """
    reach = reach_of(settings)
    film = settings.film.thickness > 0.0
    return Outline(
        reach,
        reach,
        reach,
        settings.number,
        (),
        materials(settings)[: 3 if film else 2],
        STEEPEST_FILM if film else None,
    )


def reach_of(settings: AggregateModel) -> float:
    """How far the outermost particle's surface lies from the centre of mass, Å, as a rule at most."""
    share = settings.mixing
    parts = ((settings.first, share), (settings.second, 1.0 - share))
    mean_log, cubes, largest = 0.0, 0.0, 0.0
    for species, part in parts:
        median, deviation = species.median_radius, species.deviation
        mean_log += part * float(detmath.log(median))
        # ⟨r³⟩ of a log-normal law.
        cubes += part * (median * median * median) * float(detmath.exp(4.5 * (deviation * deviation)))
        largest = max(largest, median * float(detmath.exp(2.0 * deviation)))
    many = float(detmath.power(settings.number / settings.prefactor, 1.0 / settings.fractal_dimension))
    wanted = float(detmath.exp(mean_log)) * many
    compact = math.sqrt(0.6) * float(detmath.power(settings.number * cubes / DENSEST, 1.0 / 3.0))
    return REACH * max(wanted, compact) + largest


def truth(settings: AggregateModel) -> dict[str, float]:
    """The model's parameters θ, as they are stored with every image."""
    coordination = settings.coordination
    if settings.contacts != "rolled":
        # A tree's is not chosen.
        coordination = 2.0 - 2.0 / settings.number
    return {
        "theta_number": float(settings.number),
        "theta_mixing": settings.mixing,
        "theta_median_radius_first": settings.first.median_radius,
        "theta_median_radius_second": settings.second.median_radius,
        "theta_deviation_first": settings.first.deviation,
        "theta_deviation_second": settings.second.deviation,
        "theta_cluster_size_first": settings.first.cluster_size,
        "theta_cluster_size_second": settings.second.cluster_size,
        "theta_fractal_dimension": settings.fractal_dimension,
        "theta_prefactor": settings.prefactor,
        "theta_trials": float(settings.trials),
        "theta_coordination": coordination,
        "theta_overlap": settings.overlap,
    }
