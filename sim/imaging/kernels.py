"""Chooses the Gaussian projection kernel: numba where it is installed, numpy otherwise, with equal bits.

The environment variable ``NANOPHANTOM_KERNELS`` (``numpy`` or ``numba``) overrides the choice.
"""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray, IntArray
from sim.imaging import kernels_numpy

VARIABLE = "NANOPHANTOM_KERNELS"


@dataclass(frozen=True)
class Kernels:
    """One implementation; the functions are described in ``kernels_numpy``."""

    name: str
    gaussian_factors: Callable[[FloatArray, int, FloatArray, float, float], FloatArray]
    add_products: Callable[[FloatArray, IntArray, IntArray, FloatArray, FloatArray], None]


NUMPY = Kernels("numpy", kernels_numpy.gaussian_factors, kernels_numpy.add_products)


def chosen() -> Kernels:
    """The kernels to use now.

    Raises
    ------
    InputError
        If ``NANOPHANTOM_KERNELS`` names something else, or numba where it cannot be used.
    """
    wanted = os.environ.get(VARIABLE, "")
    if wanted == "numpy":
        return NUMPY
    if wanted not in ("", "numba"):
        raise InputError(VARIABLE, "unknown kernels", value=wanted, allowed="numpy, numba", remedy="unset it")
    compiled = _compiled()
    if isinstance(compiled, Kernels):
        return compiled
    if wanted == "numba":
        raise InputError(VARIABLE, compiled, value=wanted, remedy="install the 'fast' extra or unset it")
    return NUMPY


@functools.cache
def _compiled() -> Kernels | str:
    """The numba kernels, or the reason why they cannot be used."""
    try:
        module = importlib.import_module("sim.imaging.kernels_numba")
    except ImportError as problem:
        return f"numba cannot be imported ({problem})"
    except RuntimeError as problem:
        # numba refuses to start where it finds no folder for its compiled code.
        return f"numba cannot be used here ({problem})"
    kernels = Kernels("numba", module.gaussian_factors, module.add_products)
    if not _same_bits(kernels):
        return "numba's arithmetic differs from numpy's on this machine"
    return kernels


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
