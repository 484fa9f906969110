"""What a specimen's atoms amount to, object by object: density, neighbours, first peak of g(r).

Tier A.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.core.errors import never
from sim.core.types import FloatArray, IntArray
from sim.numerics.detmath import exp, ordered_sum
from sim.numerics.neighbours import CandidateSearch
from sim.physics.masses import GRAMS_PER_UNIT, weights
from sim.specimen.pose import centroid
from sim.specimen.shapes.plain import Sphere
from sim.specimen.statistics.coordination import pairs_and_distances
from sim.specimen.statistics.density import density
from sim.specimen.statistics.pair_distribution import (
    PairDistribution,
    fibonacci_sphere,
    particle_distribution,
    slab_distribution,
)

#: Atoms nearer than this many times the usual distance of neighbours are neighbours.
SHELL = 1.25
#: Objects with a smaller ball inside them have no density and no g(r) of their own, Å.
_LEAST_RADIUS = 6.0
#: Standard deviations of the weight from the middle of an object to its surface.
_WIDTHS = 4.0
#: Upper end of g(r), times the cutoff, and width of its bins, Å.
_BEYOND, _BIN = 1.2, 0.025
_DIRECTIONS = 64
#: Pairs of two objects farther apart than this, Å, are not reported.
REACH = 4.0


@dataclass(frozen=True)
class ObjectStatistics:
    """Figures of one object.

    Attributes
    ----------
    number_density, mass_density
        Atoms/Å³ and g/cm³: of a film in its bounds, otherwise in the middle; None where it is too small.
    shortest
        Smallest distance of two of its atoms, Å; None where none are near.
    cutoff
        Up to where atoms count as neighbours, Å: 1.25 times the median distance to the nearest.
    neighbours
        Mean number of them, the surface counted.
    first_peak
        Where g(r) is highest within the cutoff, Å; None where the object is too small.
    """

    number_density: float | None
    mass_density: float | None
    shortest: float | None
    cutoff: float | None
    neighbours: float
    first_peak: float | None


def object_statistics(
    numbers: IntArray,
    positions: FloatArray,
    film: tuple[float, float] | None = None,
    *,
    candidates: CandidateSearch | None = None,
    cancel: Callable[[], None] = never,
) -> ObjectStatistics:
    """Figures of one object.

    Parameters
    ----------
    numbers, positions
        (N,) and (N, 3) Å; at least one atom.
    film
        Width and height of the box that a film fills and repeats in, centred on x = y = 0, Å.
    candidates
        A faster search for near pairs; the result is the same.
    cancel
        Called often; raises to stop.

    Notes
    -----
    The density in the middle weights every atom with a Gaussian about the centroid, of a quarter of the
    distance to the surface as its width: a crystal's atoms then neither count nor miss as whole shells.
    """
    one, two, distance = pairs_and_distances(positions, REACH, candidates=candidates)
    nearest = np.full(len(positions), np.inf)
    np.minimum.at(nearest, one, distance)
    np.minimum.at(nearest, two, distance)
    bonded = np.sort(nearest[np.isfinite(nearest)], kind="stable")
    cancel()
    if not len(bonded):
        return ObjectStatistics(None, None, None, None, 0.0, None)
    shortest = float(bonded[0])
    cutoff = SHELL * float(bonded[(len(bonded) - 1) // 2])
    neighbours = 2.0 * int(np.count_nonzero(np.less_equal(distance, cutoff))) / len(positions)
    if film is None:
        found = _ball(numbers, positions, cutoff, cancel)
    else:
        found = _film(numbers, positions, cutoff, film, cancel)
    if found is None:
        return ObjectStatistics(None, None, shortest, cutoff, neighbours, None)
    number, mass, pairs = found
    return ObjectStatistics(number, mass, shortest, cutoff, neighbours, pairs.peak(0.0, cutoff))


def between_objects(
    owners: IntArray, positions: FloatArray, *, candidates: CandidateSearch | None = None
) -> dict[tuple[int, int], float]:
    """Smallest distance, Å, of every two objects that come within 4 Å of each other.

    Parameters
    ----------
    owners, positions
        (N,) number of each atom's object, and (N, 3) Å.
    candidates
        A faster search for near pairs; the result is the same.
    """
    one, two, distance = pairs_and_distances(positions, REACH, candidates=candidates)
    apart = np.not_equal(owners[one], owners[two])
    low = np.minimum(owners[one[apart]], owners[two[apart]])
    high = np.maximum(owners[one[apart]], owners[two[apart]])
    distance = distance[apart]
    found: dict[tuple[int, int], float] = {}
    for first, second in np.unique(np.stack([low, high], axis=1), axis=0).tolist():
        these = distance[np.logical_and(np.equal(low, first), np.equal(high, second))]
        found[first, second] = float(np.min(these))
    return found


#: Atoms/Å³, g/cm³ and g(r).
_Figures = tuple[float, float, PairDistribution]


def _film(
    numbers: IntArray,
    positions: FloatArray,
    cutoff: float,
    edges: tuple[float, float],
    cancel: Callable[[], None],
) -> _Figures | None:
    low, high = float(np.min(positions[:, 2])), float(np.max(positions[:, 2]))
    box = (edges[0], edges[1], high - low)
    largest = min(_BEYOND * cutoff, 0.5 * edges[0], 0.5 * edges[1])
    if box[2] < max(_LEAST_RADIUS, largest):
        return None
    found = density(numbers, box[0] * box[1] * box[2])
    inside = np.subtract(positions, np.array([-0.5 * edges[0], -0.5 * edges[1], low]))
    for axis, edge in ((0, edges[0]), (1, edges[1])):
        turns = np.floor(np.divide(inside[:, axis], edge))
        np.subtract(inside[:, axis], np.multiply(turns, edge), out=inside[:, axis])
    pairs = slab_distribution(inside, box, largest, _bins(largest), cancel=cancel)
    return found.number, found.mass, pairs


def _ball(
    numbers: IntArray, positions: FloatArray, cutoff: float, cancel: Callable[[], None]
) -> _Figures | None:
    """In the largest ball about the centroid that lies within the object."""
    middle = centroid(positions)
    away = np.subtract(positions, middle)
    radius = np.inf
    for x, y, z in fibonacci_sphere(_DIRECTIONS).tolist():
        reach = np.add(
            np.add(np.multiply(away[:, 0], x), np.multiply(away[:, 1], y)), np.multiply(away[:, 2], z)
        )
        radius = min(radius, float(np.max(reach)))
    if radius < _LEAST_RADIUS:
        return None
    squared = np.zeros(len(away))
    for axis in range(3):
        np.add(squared, np.multiply(away[:, axis], away[:, axis]), out=squared)
    width = radius / _WIDTHS
    weight = exp(np.multiply(squared, -0.5 / (width * width)))
    # (2π)^(3/2)
    volume = 15.749609945722419 * width * width * width
    number = float(ordered_sum(weight)) / volume
    mass = float(ordered_sum(np.multiply(weight, weights(numbers)))) / volume * GRAMS_PER_UNIT
    inside = np.less_equal(squared, radius * radius)
    ball = Sphere(radius, tuple(middle.tolist()))
    largest = min(_BEYOND * cutoff, radius)
    pairs = particle_distribution(
        positions[inside],
        ball,
        4.0 / 3.0 * np.pi * radius * radius * radius,
        largest,
        _bins(largest),
        cancel=cancel,
    )
    return number, mass, pairs


def _bins(largest: float) -> int:
    return max(1, int(largest / _BIN))
