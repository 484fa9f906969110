"""The Gaussian projection kernel: compiled where numba can be used, with numpy's bits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from sim.core.types import FloatArray, IntArray
from sim.imaging import kernels_numpy
from sim.numerics.backend import compiled_module, loaded_or_reason


@dataclass(frozen=True)
class Kernels:
    """One implementation; the functions are described in ``kernels_numpy``."""

    name: str
    gaussian_factors: Callable[[FloatArray, int, FloatArray, float, float], FloatArray]
    add_products: Callable[[FloatArray, IntArray, IntArray, FloatArray, FloatArray], None]


NUMPY = Kernels("numpy", kernels_numpy.gaussian_factors, kernels_numpy.add_products)


def chosen() -> Kernels:
    """The kernels to use now."""
    module = compiled_module(_load, _proven)
    return NUMPY if module is None else _of(module)


def compiled() -> Kernels | str:
    """The numba kernels, or the reason why they cannot be used."""
    found = loaded_or_reason(_load, _proven)
    return found if isinstance(found, str) else _of(found)


def _load() -> ModuleType:
    from sim.imaging import kernels_numba

    return kernels_numba


def _of(module: ModuleType) -> Kernels:
    return Kernels("numba", module.gaussian_factors, module.add_products)


def _proven(module: ModuleType) -> bool:
    return _same_bits(_of(module))


def _same_bits(kernels: Kernels) -> bool:
    """Whether a few atoms give the same bits as numpy: a guard on processors no test has run on."""
    positions = np.array([-1.83, -0.2718, 0.0, 0.61803, 2.5])
    start = np.array([-14.5, -9.5, -7.5, -4.5, 3.5])
    images = []
    for candidate in (NUMPY, kernels):
        factors = candidate.gaussian_factors(start, 23, positions, 0.17, -0.7)
        image = np.zeros((23, 31))
        first = np.array([-3, 0, 2, 5, 9])
        candidate.add_products(image, first, first, factors, np.multiply(factors, 1.3))
        images.append(image)
    return bool(np.array_equal(images[0], images[1]))
