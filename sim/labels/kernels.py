"""Columns, masks and maps: compiled where numba can be used, with numpy's bits (``sim.numerics.backend``)."""

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
    from sim.labels import kernels_numba

    return kernels_numba


def same_bits(module: ModuleType) -> bool:
    """Whether a few atoms have the same labels as with numpy: a guard on processors no test has run on."""
    from sim.labels.columns import columns_by_numpy
    from sim.labels.discs import bands
    from sim.labels.maps import layers_by_numpy, topmost_by_numpy
    from sim.labels.masks import mask_by_numpy

    steps = np.arange(48).astype(np.float64)
    # Spread over a square by multiples of two irrational steps.
    x = np.subtract(np.remainder(np.multiply(steps, 1.7320508), 5.0), 2.5)
    y = np.subtract(np.remainder(np.multiply(steps, 2.2360679), 4.0), 2.0)
    expected = columns_by_numpy(x, y, 0.5)
    grid = ImageGrid(19, 23, 0.23)
    mask = np.zeros(grid.shape, dtype=np.uint8)
    module.mark_discs(mask, x, y, 0.61, grid)
    maps_agree = True
    radius = np.add(0.4, np.multiply(0.01, steps))
    owner = np.arange(48) // 7
    for band in bands(x, y, radius, grid, None, None, lambda: None):
        for mine, other in (
            (module.topmost_in_band, topmost_by_numpy),
            (module.layers_in_band, layers_by_numpy),
        ):
            one = np.zeros((len(band.sample_x), grid.width), dtype=np.int64)
            two = one.copy()
            mine(one, band, owner[band.atoms])
            other(two, band, owner[band.atoms])
            maps_agree = maps_agree and bool(np.array_equal(one, two))
    index, count, mean_x, mean_y = module.linked(x, y, 0.5)
    return maps_agree and bool(
        np.array_equal(index, expected.index)
        and np.array_equal(count, expected.count)
        and np.array_equal(mean_x, expected.x)
        and np.array_equal(mean_y, expected.y)
        and np.array_equal(mask, mask_by_numpy(x, y, 0.61, grid))
    )
