"""Aggregates: growth of the time with the number of particles, rolled against first contact, both kernels."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks.registry import Comparison, Contender, Ratio, benchmark
from sim.numerics.backend import VARIABLE
from sim.specimen.aggregate import kernels
from sim.specimen.aggregate.build import build_aggregate
from sim.specimen.aggregate.parameters import AggregateParameters
from sim.specimen.aggregate.settings import AggregateSpecimen

FIRST, ROLLED, FOUR_TIMES = "1000, first contact", "1000, rolled to 3 contacts", "4000, first contact"
PURE_NUMPY = "1000, first contact, numpy"


def building(parameters: AggregateParameters, kernel: str = "") -> Callable[[], object]:
    """One aggregate, with chosen kernels where a name is given."""

    def run() -> object:
        if not kernel:
            return build_aggregate(parameters, 1)
        os.environ[VARIABLE] = kernel
        try:
            return build_aggregate(parameters, 1)
        finally:
            del os.environ[VARIABLE]

    return run


@benchmark("aggregates")
def aggregates() -> Sequence[Comparison]:
    """1000 particles; four times as many should take little more than four times as long."""
    parameters = AggregateSpecimen(number=1000).parameters()
    contenders = [
        Contender(FIRST, building(parameters)),
        Contender(ROLLED, building(replace(parameters, rolled=True))),
        Contender(FOUR_TIMES, building(replace(parameters, number=4000))),
    ]
    if not isinstance(kernels.available(), str):
        contenders.append(Contender(PURE_NUMPY, building(parameters, "numpy")))
    ratios = (Ratio(FOUR_TIMES, FIRST, most=6.0), Ratio(ROLLED, FIRST), Ratio(PURE_NUMPY, FIRST))
    return [Comparison("aggregate of spheres", 1000, "spheres", contenders, ratios, rounds=3)]
