"""What the particles are before they meet: species, radii, sizes of the pure clusters."""

from __future__ import annotations

import numpy as np

from sim.core.types import FloatArray, IntArray, on_position_grid
from sim.numerics.detmath import exp, log
from sim.numerics.samplers import poisson
from sim.numerics.streams import Stream
from sim.specimen.aggregate.parameters import AggregateParameters


def species_of(parameters: AggregateParameters, seed: int) -> IntArray:
    """Species 0 or 1 of every particle, (N,), those of the first species first.

    There are floor(x·N + u) of the first, u uniform: x·N on average, whatever N is.
    """
    uniform = float(Stream(seed, "aggregate", "first species").uniforms(1)[0])
    first = int(np.floor(parameters.mixing * parameters.number + uniform))
    return np.greater_equal(np.arange(parameters.number), first).astype(np.int64)


def radii_of(parameters: AggregateParameters, species: IntArray, seed: int) -> FloatArray:
    """Log-normal radii, (N,) Å, on the position grid, at least one step of it.

    Particle i takes normal number i of the stream, whatever its species.
    """
    medians = np.array([median for median, _ in parameters.radii])
    deviations = np.array([deviation for _, deviation in parameters.radii])
    normals = Stream(seed, "aggregate", "radii").normals(len(species))
    exponents = np.add(log(medians)[species], np.multiply(deviations[species], normals))
    return on_position_grid(exp(exponents))


def pure_cluster_sizes(parameters: AggregateParameters, species: IntArray, seed: int) -> list[list[int]]:
    """Sizes of the clusters that each species forms first, adding up to its particles.

    Cluster k of a species has 1 + Poisson(n − 1) particles; the last one takes what is left.
    """
    found = []
    for number, mean in enumerate(parameters.cluster_sizes):
        left = int(np.count_nonzero(np.equal(species, number)))
        # As many as could be needed: every cluster has at least one particle.
        stream = Stream(seed, "aggregate", "cluster sizes", number)
        sizes: list[int] = []
        for drawn in poisson(stream, np.full(left, mean - 1.0)).tolist():
            if left == 0:
                break
            sizes.append(min(left, 1 + drawn))
            left -= sizes[-1]
        found.append(sizes)
    return found
