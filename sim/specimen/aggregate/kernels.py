"""First contacts of clusters: compiled where numba can be used, with numpy's bits."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from sim.numerics.backend import compiled_module, loaded_or_reason
from sim.specimen.aggregate import kernels_numpy


def chosen() -> ModuleType:
    """``kernels_numba`` where it can be used, else ``kernels_numpy``: the same functions."""
    return compiled_module(_load, same_bits) or kernels_numpy


def available() -> ModuleType | str:
    """``kernels_numba``, or the reason why it cannot be used."""
    return loaded_or_reason(_load, same_bits)


def _load() -> ModuleType:
    from sim.specimen.aggregate import kernels_numba

    return kernels_numba


def same_bits(module: ModuleType) -> bool:
    """Whether two clusters meet and roll as with numpy: a guard on processors no test has run on."""
    steps = np.arange(90).astype(np.float64)
    # Spread over a box by multiples of three irrational steps.
    spread = [np.remainder(np.multiply(steps, step), 9.0) for step in (1.7320508, 2.2360679, 2.6457513)]
    places = np.stack(spread)
    touch = np.add(0.1, np.multiply(0.001, steps))
    clusters = (places[:, :50].copy(), touch[:50].copy(), places[:, 50:].copy(), touch[50:].copy())
    flights = np.array(
        [
            [0.6, 0.0, 0.8, 0.0, 0.5, 0.5, -0.5, 0.5, 1.25, -2.5],
            [0.5, -0.5, 0.5, 0.5, 0.0, 0.8, 0.0, 0.6, 0.75, 40.0],
        ]
    )
    frame = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 2.0])
    outward, onward = np.zeros((3, 40)), np.zeros((3, 40))
    outward[0], onward[1] = 1.0, 1.0
    known = np.array([[3, 4]])
    found = [
        (
            kernels.approach(*clusters, flights).tolist(),
            kernels.touching(*clusters, 0.3),
            kernels.first_on_arc(*clusters, outward, onward, frame, known),
        )
        for kernels in (module, kernels_numpy)
    ]
    return bool(found[0] == found[1])
