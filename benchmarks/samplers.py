"""Poisson and normal samplers against numpy's Generator, whose bits may change with its version."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.registry import Comparison, Contender, Ratio, benchmark
from sim.numerics.backend import VARIABLE
from sim.numerics.kernels import compiled
from sim.numerics.samplers import normal, poisson
from sim.numerics.streams import Stream

SHAPE = (256, 256)
THEIRS, NUMPY, NUMBA = "numpy Generator", "keyed stream, numpy", "keyed stream, numba"
RATIOS = (Ratio(NUMPY, THEIRS), Ratio(NUMBA, THEIRS), Ratio(NUMPY, NUMBA))


def with_kernels(name: str, draw: Callable[[], object]) -> Callable[[], object]:
    """The same draw with the numpy or the compiled kernels, whose bits are equal."""

    def run() -> object:
        os.environ[VARIABLE] = name
        try:
            return draw()
        finally:
            del os.environ[VARIABLE]

    return run


def contenders(theirs: Callable[[], object], ours: Callable[[], object]) -> list[Contender]:
    """numpy's sampler, and ours with every kernel that this machine has."""
    found = [Contender(THEIRS, theirs), Contender(NUMPY, with_kernels("numpy", ours))]
    if compiled() is not None:
        found.append(Contender(NUMBA, with_kernels("numba", ours)))
    return found


@benchmark("samplers")
def noise() -> Sequence[Comparison]:
    """256² pixels at a low, a middle and a high dose, and read noise."""
    stream = Stream(1, "benchmark")
    generator = np.random.Generator(np.random.Philox(1))
    pixels = SHAPE[0] * SHAPE[1]
    found = []
    for mean in (0.5, 30.0, 3000.0):
        # A gradient: real images never have one expectation everywhere.
        expectation = np.broadcast_to(np.linspace(0.5, 1.5, SHAPE[1]) * mean, SHAPE).copy()
        ways = contenders(partial(generator.poisson, expectation), partial(poisson, stream, expectation))
        found.append(Comparison(f"Poisson, mean {mean:g}, 256²", pixels, "pixels", ways, RATIOS, rounds=15))
    ways = contenders(partial(generator.normal, size=SHAPE), partial(normal, stream, SHAPE))
    found.append(Comparison("normal, 256²", pixels, "pixels", ways, RATIOS, rounds=15))
    return found
