"""Thickness of spheres: compiled where numba can be used, with numpy's bits (``sim.numerics.backend``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from sim.core.types import FloatArray, IntArray
from sim.imaging.thickness import kernels_numpy
from sim.imaging.thickness.kernels_numpy import Field, Spheres
from sim.numerics.backend import compiled_module, loaded_or_reason


@dataclass(frozen=True)
class Kernels:
    """One implementation; the functions are described in ``kernels_numpy``."""

    name: str
    add_spheres: Callable[[FloatArray, Spheres, IntArray, float, float, Field], None]
    blur_rows: Callable[[FloatArray, FloatArray, FloatArray], None]


NUMPY = Kernels("numpy", kernels_numpy.add_spheres, kernels_numpy.blur_rows)


def chosen() -> Kernels:
    """The kernels to use now."""
    module = compiled_module(_load, _proven)
    return NUMPY if module is None else _of(module)


def compiled() -> Kernels | str:
    """The numba kernels, or the reason why they cannot be used."""
    found = loaded_or_reason(_load, _proven)
    return found if isinstance(found, str) else _of(found)


def _load() -> ModuleType:
    from sim.imaging.thickness import kernels_numba

    return kernels_numba


def _of(module: ModuleType) -> Kernels:
    return Kernels("numba", module.add_spheres, module.blur_rows)


def _proven(module: ModuleType) -> bool:
    return _same_bits(_of(module))


def _same_bits(kernels: Kernels) -> bool:
    """Whether a few spheres give the same bits as numpy: a guard on processors no test has run on."""
    steps = np.arange(5).astype(np.float64)
    spheres = Spheres(
        np.multiply(steps, 0.91),
        np.subtract(1.7, np.multiply(steps, 0.37)),
        np.multiply(np.remainder(np.multiply(steps, 1.7320508), 1.0), 2.0),
        np.add(1.1, np.multiply(steps, 0.21)),
        np.array([0, 1, 0, 1, 1]),
        np.array([0, 0, 1, 3, 5, 7]),
        np.array([0, 0, 1, 1, 2, 2, 3]),
    )
    results = []
    for candidate in (NUMPY, kernels):
        maps = np.zeros((2, 13, 17))
        field = Field(13, 17, 0.6180339887, 0, 13)
        candidate.add_spheres(maps, spheres, np.arange(5), np.inf, 0.7071, field)
        blurred = np.zeros((13, 15))
        candidate.blur_rows(maps[1], np.array([0.2, 0.55, 0.25]), blurred)
        results.append(np.concatenate([maps.ravel(), blurred.ravel()]))
    return bool(np.array_equal(results[0], results[1]))
