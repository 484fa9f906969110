"""Maps of spheres: compiled where numba can be used, with numpy's bits (``sim.numerics.backend``)."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from sim.core.types import ImageGrid
from sim.numerics.backend import compiled_module, loaded_or_reason


def compiled() -> ModuleType | None:
    """``kernels_numba``, or None where numpy is to be used."""
    return compiled_module(_load, same_bits)


def available() -> ModuleType | str:
    """``kernels_numba``, or the reason why it cannot be used."""
    return loaded_or_reason(_load, same_bits)


def _load() -> ModuleType:
    from sim.labels.particles import kernels_numba

    return kernels_numba


def same_bits(module: ModuleType) -> bool:
    """Whether a few spheres have the same maps as with numpy: a guard on processors no test has run on."""
    from sim.labels.discs import bands
    from sim.labels.particles.maps import Surfaces, surfaces_by_numpy

    steps = np.arange(48).astype(np.float64)
    # Spread over a box by multiples of three irrational steps.
    x = np.subtract(np.remainder(np.multiply(steps, 1.7320508), 5.0), 2.5)
    y = np.subtract(np.remainder(np.multiply(steps, 2.2360679), 4.0), 2.0)
    z = np.remainder(np.multiply(steps, 1.4142135), 3.0)
    radius = np.add(0.4, np.multiply(0.01, steps))
    bits = np.add(1, np.remainder(np.arange(48), 2))
    grid = ImageGrid(19, 23, 0.23)
    agree = True
    for band in bands(x, y, radius, grid, None, None, lambda: None):
        one, two = Surfaces.empty(band.sample_x.shape), Surfaces.empty(band.sample_x.shape)
        module.surfaces_in_band(one, band, z[band.atoms], bits[band.atoms])
        surfaces_by_numpy(two, band, z[band.atoms], bits[band.atoms])
        for name in ("height", "number", "count", "materials"):
            agree = agree and bool(np.array_equal(getattr(one, name), getattr(two, name)))
    return agree
