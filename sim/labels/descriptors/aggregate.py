"""Descriptors of an aggregate in three dimensions, exact from its spheres and contacts.

Tier A.  What a mean or a ratio would need is not always there (no particle of one material, no
contact): such a number is 0, and the counts beside it tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from sim.core.errors import never
from sim.core.spheres import Spheres
from sim.labels.descriptors.groups import pure_clusters
from sim.labels.descriptors.gyration import gyration
from sim.labels.descriptors.pair_correlation import pair_correlations
from sim.numerics.detmath import BoolArray, FloatArray, IntArray, exp, log, ordered_sum

#: A number, or a list of fixed length, as the truth of an image holds it.
Descriptor = float | int | tuple[float, ...]

#: Classes of the histograms of contacts: 0 to 11, and 12 or more.
CLASSES = 13

#: Units of the descriptors that have one.
UNITS = {
    "gyration_radius": "Å",
    "mean_diameter": "Å",
    "geometric_radius": "Å",
    "solid_volume": "Å³",
}


def aggregate_descriptors(
    spheres: Spheres,
    *,
    prefactor: float = 1.3,
    volumes: tuple[float, float] | None = None,
    cancel: Callable[[], None] = never,
) -> dict[str, Descriptor]:
    """Structure of an aggregate of two materials.

    Parameters
    ----------
    spheres
        Centres (N, 3) and radii (N,) in Å, species (N,) 0 or 1, contacts (C, 2).
    prefactor
        k_f of the fractal law N = k_f (R_g/r_geo)^D_f.
    volumes
        Of the matter of the first and of the second material, Å³; None takes whole spheres, less the lens
        that each touching pair shares (which is not exact where three of them overlap).
    cancel
        Called at least every 100 ms; raises to stop.

    Returns
    -------
    Name → number or tuple; the names and lengths are the same for every aggregate.

    ``particles_first``, ``particles_second``, ``contacts``, ``hetero_contacts`` (between unlike
    particles): counts.

    ``coordination_mean``, ``_first``, ``_second``: mean number of contacts of all particles and of
    those of one material.  ``hetero_coordination_mean``, ``_first``, ``_second``: of contacts with the
    other material; N_A·first = N_B·second = hetero_contacts.

    ``coordination_histogram``, ``hetero_histogram_first``, ``hetero_histogram_second``: shares of the
    particles (of that material) with 0, 1, … 11, and 12 or more (hetero-)contacts.

    ``hetero_fraction``: hetero_contacts/contacts.  ``mixing_index``: that, divided by the share of
    unlike pairs among all pairs, 2·N_A·N_B/(N(N − 1)); 1 where the materials are mixed at random.

    ``volume_fraction_first``: of the solid.  ``solid_volume``, Å³: of both materials.
    ``mean_diameter``, ``geometric_radius`` (exp of the mean ln r), Å.

    ``cluster_size_first``, ``_second``: mean number of particles of pure clusters (touching particles
    of one material); ``cluster_size_weighted_first``, ``_second``: the mean seen by a particle,
    Σn²/Σn.

    ``gyration_radius``, Å, ``anisotropy``: :func:`sim.labels.descriptors.gyration.gyration`.
    ``fractal_dimension_achieved``: ln(N/k_f)/ln(R_g/r_geo); 0 where N ≤ k_f or R_g ≤ r_geo.
    ``packing``: solid_volume over the volume of the sphere of radius sqrt(5/3)·R_g, which has the
    same radius of gyration.

    ``pair_correlation``, ``pair_correlation_hetero``: 24 numbers each,
    :func:`sim.labels.descriptors.pair_correlation.pair_correlations`.
    """
    species = spheres.species
    pairs, unlike_pairs = pair_correlations(spheres.centres, spheres.radii, species, cancel=cancel)
    cancel()
    return {
        **_coordination(species, spheres.contacts),
        **_clusters(species, spheres.contacts),
        **_extent(spheres, prefactor, volumes),
        "pair_correlation": pairs,
        "pair_correlation_hetero": unlike_pairs,
    }


def coordination_numbers(species: IntArray, contacts: IntArray) -> tuple[IntArray, IntArray]:
    """Contacts of every particle, and those with another material, (N,) each."""
    unlike = contacts[np.not_equal(species[contacts[:, 0]], species[contacts[:, 1]])]
    return (
        np.bincount(contacts.reshape(-1), minlength=len(species)).astype(np.int64),
        np.bincount(unlike.reshape(-1), minlength=len(species)).astype(np.int64),
    )


def _coordination(species: IntArray, contacts: IntArray) -> dict[str, Descriptor]:
    every = np.ones(len(species), dtype=np.bool_)
    first, second = np.equal(species, 0), np.equal(species, 1)
    count, one, two = len(species), int(np.count_nonzero(first)), int(np.count_nonzero(second))
    touching, unlike = coordination_numbers(species, contacts)
    hetero = int(np.sum(unlike, dtype=np.int64)) // 2
    fraction = hetero / len(contacts) if len(contacts) else 0.0
    return {
        "particles_first": one,
        "particles_second": two,
        "contacts": len(contacts),
        "hetero_contacts": hetero,
        "coordination_mean": _mean(touching, every),
        "coordination_first": _mean(touching, first),
        "coordination_second": _mean(touching, second),
        "hetero_coordination_mean": _mean(unlike, every),
        "hetero_coordination_first": _mean(unlike, first),
        "hetero_coordination_second": _mean(unlike, second),
        "coordination_histogram": _shares(touching, every),
        "hetero_histogram_first": _shares(unlike, first),
        "hetero_histogram_second": _shares(unlike, second),
        "hetero_fraction": fraction,
        "mixing_index": fraction * (count * (count - 1.0)) / (2.0 * one * two) if one and two else 0.0,
    }


def _mean(numbers: IntArray, chosen: BoolArray) -> float:
    count = int(np.count_nonzero(chosen))
    return int(np.sum(numbers[chosen], dtype=np.int64)) / count if count else 0.0


def _shares(numbers: IntArray, chosen: BoolArray) -> tuple[float, ...]:
    count = int(np.count_nonzero(chosen))
    if not count:
        return (0.0,) * CLASSES
    classes = np.bincount(np.minimum(numbers[chosen], CLASSES - 1), minlength=CLASSES)
    return tuple(int(number) / count for number in classes)


def _clusters(species: IntArray, contacts: IntArray) -> dict[str, Descriptor]:
    clusters = pure_clusters(species, contacts)
    found: dict[str, Descriptor] = {}
    for material, name in enumerate(("first", "second")):
        sizes = np.unique(clusters[np.equal(species, material)], return_counts=True)[1].astype(np.int64)
        particles = int(np.sum(sizes, dtype=np.int64))
        squares = int(np.sum(np.multiply(sizes, sizes), dtype=np.int64))
        found[f"cluster_size_{name}"] = particles / len(sizes) if particles else 0.0
        found[f"cluster_size_weighted_{name}"] = squares / particles if particles else 0.0
    return found


def _extent(spheres: Spheres, prefactor: float, given: tuple[float, float] | None) -> dict[str, Descriptor]:
    radii, count = spheres.radii, len(spheres.radii)
    if not count:
        names = ("volume_fraction_first", "solid_volume", "mean_diameter", "geometric_radius",
                 "gyration_radius", "anisotropy", "fractal_dimension_achieved", "packing")  # fmt: skip
        return dict.fromkeys(names, 0.0)
    volumes = np.multiply(np.multiply(np.multiply(radii, radii), radii), 4.0 / 3.0 * math.pi)
    total = float(ordered_sum(volumes))
    of_first = float(ordered_sum(volumes[np.equal(spheres.species, 0)]))
    solid = total - float(ordered_sum(shared_volumes(spheres.centres, radii, spheres.contacts)))
    if given is not None:
        of_first, solid = given[0], given[0] + given[1]
        total = solid
    mean_log = float(ordered_sum(log(radii))) / count
    moments = gyration(spheres.centres, radii)
    # ln(R_g/r_geo) as a difference of logarithms: r_geo itself is only shown.
    size = float(log(moments.radius)) - mean_log
    number = float(log(count / prefactor))
    reach = math.sqrt(5.0 / 3.0) * moments.radius
    return {
        "volume_fraction_first": of_first / total,
        "solid_volume": solid,
        "mean_diameter": 2.0 * float(ordered_sum(radii)) / count,
        "geometric_radius": float(exp(mean_log)),
        "gyration_radius": moments.radius,
        "anisotropy": moments.anisotropy,
        "fractal_dimension_achieved": number / size if number > 0.0 and size > 0.0 else 0.0,
        "packing": solid / (4.0 / 3.0 * math.pi * (reach * reach * reach)),
    }


def shared_volumes(centres: FloatArray, radii: FloatArray, contacts: IntArray) -> FloatArray:
    """Volume that the two spheres of every contact share, Å³, (C,); 0 for spheres that only touch.

    V = π (R + r − d)² (d² + 2d(R + r) − 3(R − r)²)/(12 d), Weisstein, "Sphere-Sphere Intersection",
    MathWorld, equation 16; for |R − r| < d < R + r.
    """
    first, second = contacts[:, 0], contacts[:, 1]
    offsets = np.subtract(centres[first], centres[second])
    distance = np.sqrt(ordered_sum(np.multiply(offsets, offsets), axis=1))
    both = np.add(radii[first], radii[second])
    difference = np.subtract(radii[first], radii[second])
    depth = np.maximum(np.subtract(both, distance), 0.0)
    # d² + 2d(R + r) − 3(R − r)²
    form = np.multiply(distance, np.add(distance, np.multiply(both, 2.0)))
    form = np.subtract(form, np.multiply(np.multiply(difference, difference), 3.0))
    scale = np.divide(math.pi / 12.0, np.where(np.greater(distance, 0.0), distance, 1.0))
    return np.multiply(np.multiply(np.multiply(depth, depth), form), scale)
