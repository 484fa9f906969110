"""Which clusters merge in which order, and what every merge aims at; no geometry yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.types import FloatArray, IntArray
from sim.numerics.detmath import exp, log
from sim.numerics.streams import Stream
from sim.specimen.aggregate.parameters import AggregateParameters
from sim.specimen.aggregate.radii import pure_cluster_sizes

#: Contacts that two clusters can have, by the sizes of the smaller and the larger one, each up to 3.  A
#: sphere in a hollow has three; a body that rolls on from there can have five.
_MOST = {(1, 1): 1, (1, 2): 2, (1, 3): 3, (2, 2): 4, (2, 3): 5, (3, 3): 5}


@dataclass(frozen=True)
class Merge:
    """One merge of the schedule.

    Attributes
    ----------
    number
        Which it is, from 0.
    first, second
        The clusters: 0 to N − 1 are the particles, N + m is what merge m made.
    sizes
        Particles of each of them.
    gyration
        Radius of gyration aimed at, Å.
    share
        Share of all particles that are in the cluster it makes.
    """

    number: int
    first: int
    second: int
    sizes: tuple[int, int]
    gyration: float
    share: float

    @property
    def most_contacts(self) -> int:
        """How many contacts its clusters can have with each other."""
        return _MOST[min(min(self.sizes), 3), min(max(self.sizes), 3)]


def schedule(parameters: AggregateParameters, species: IntArray, radii: FloatArray, seed: int) -> list[Merge]:
    """All N − 1 merges in order.

    First the pure clusters of each species are made, then all merge; every merge takes two of the clusters
    there are, all equally likely.
    """
    pairs = _pairs(parameters, species, seed)
    count = len(species)
    sizes = [1] * count
    logarithms = log(radii).tolist()
    for first, second in pairs:
        sizes.append(sizes[first] + sizes[second])
        logarithms.append(logarithms[first] + logarithms[second])
    wanted = wanted_gyration(
        parameters, np.array(sizes[count:], dtype=np.float64), np.array(logarithms[count:])
    )
    return [
        Merge(
            number,
            first,
            second,
            (sizes[first], sizes[second]),
            gyration,
            sizes[count + number] / count,
        )
        for number, ((first, second), gyration) in enumerate(zip(pairs, wanted.tolist(), strict=True))
    ]


def wanted_gyration(
    parameters: AggregateParameters, number: FloatArray, logarithms: FloatArray
) -> FloatArray:
    """Radius of gyration aimed at, Å: R = r_geo·(n / k_f)^(1 / D_f).

    Parameters
    ----------
    number
        n, how many particles, any shape.
    logarithms
        Sum of the logarithms of their radii (Å); r_geo = exp(their mean).
    """
    growth = np.divide(log(np.divide(number, parameters.prefactor)), parameters.fractal_dimension)
    return exp(np.add(np.divide(logarithms, number), growth))


def _pairs(parameters: AggregateParameters, species: IntArray, seed: int) -> list[tuple[int, int]]:
    uniforms = Stream(seed, "aggregate", "pairs").uniforms(2 * len(species)).tolist()
    pairs: list[tuple[int, int]] = []

    def merge_all(clusters: list[int]) -> int:
        while len(clusters) > 1:
            first = clusters.pop(_which(uniforms[2 * len(pairs)], len(clusters)))
            second = clusters.pop(_which(uniforms[2 * len(pairs) + 1], len(clusters)))
            clusters.append(len(species) + len(pairs))
            pairs.append((first, second))
        return clusters[0]

    pure = []
    start = 0
    for sizes in pure_cluster_sizes(parameters, species, seed):
        for size in sizes:
            pure.append(merge_all(list(range(start, start + size))))
            start += size
    merge_all(pure)
    return pairs


def _which(uniform: float, count: int) -> int:
    return min(int(uniform * count), count - 1)
