"""What an aggregate is made by: the numbers that the model takes, without any description."""

from __future__ import annotations

from dataclasses import dataclass

#: The radius of gyration is as it was asked for when it differs by no more than this share.
GYRATION_TOLERANCE = 0.01
#: The mean coordination number is as it was asked for when it differs by no more than this share.
COORDINATION_TOLERANCE = 0.02


@dataclass(frozen=True)
class AggregateParameters:
    """The parameters of the aggregate model.

    Attributes
    ----------
    number
        How many particles.
    mixing
        Share of particles of the first species, 0 to 1.
    radii
        Of each species: median radius, Å, and standard deviation of its logarithm.
    cluster_sizes
        Of each species: mean size of the pure clusters that are formed first; sizes are 1 + Poisson(n − 1).
    fractal_dimension, prefactor
        D_f and k_f of the wanted radius of gyration, R = r_geo·(N / k_f)^(1 / D_f).
    trials
        Hits that each merge of two clusters chooses from.
    rolled
        Clusters roll on after their first contact.
    coordination
        Mean coordination number aimed at, where clusters roll.
    overlap
        Touching spheres i and j lie (1 − overlap)·(r_i + r_j) apart.
    """

    number: int
    mixing: float
    radii: tuple[tuple[float, float], tuple[float, float]]
    cluster_sizes: tuple[float, float]
    fractal_dimension: float
    prefactor: float
    trials: int
    rolled: bool
    coordination: float
    overlap: float
