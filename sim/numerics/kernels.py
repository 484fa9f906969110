"""The samplers' kernels: compiled where numba can be used, with numpy's bits (``sim.numerics.backend``)."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from sim.numerics.backend import compiled_module
from sim.numerics.detmath import normal_quantile
from sim.numerics.streams import Stream


def compiled() -> ModuleType | None:
    """``kernels_numba``, or None where numpy is to be used."""
    return compiled_module(_load, _same_bits)


def _load() -> ModuleType:
    from sim.numerics import kernels_numba

    return kernels_numba


def _same_bits(module: ModuleType) -> bool:
    """Whether a few numbers have the same bits as numpy's: a guard on processors no test has run on."""
    from sim.numerics.samplers import poisson_by_numpy

    stream = Stream(1, "kernels")
    words = stream.words(512)
    expectation = np.multiply(np.arange(256).astype(np.float64), 0.37)
    counts = np.empty(256, dtype=np.int64)
    module.poisson_block(expectation, words, 0, stream.key, counts)
    return bool(
        np.array_equal(counts, poisson_by_numpy(stream, expectation))
        and np.array_equal(module.normal_quantile(words), normal_quantile(words))
    )
