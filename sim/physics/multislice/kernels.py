"""The compiled kernels where numba can be used, or numpy: one name for both.

Tier B: the two agree to the tolerances of ``tests/sim/physics/multislice``, not in their bits.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np

from sim.numerics.backend import compiled_module, loaded_or_reason


def compiled() -> ModuleType | None:
    """``kernels_numba``, or None where numpy is to be used."""
    return compiled_module(_load, _proven)


def compiled_or_reason() -> ModuleType | str:
    """``kernels_numba``, or the reason why it cannot be used."""
    return loaded_or_reason(_load, _proven)


def _load() -> ModuleType:
    from sim.physics.multislice import kernels_numba

    return kernels_numba


def _proven(module: ModuleType) -> bool:
    """Whether a few phases give numpy's transmission within rounding: a guard on untried processors."""
    phases = np.linspace(-90.0, 90.0, 64, dtype=np.float32).reshape(4, 16)
    wave = np.ones((4, 16), dtype=np.complex64)
    module.transmit(wave, phases, 0, 0, 1.0)
    return bool(np.max(np.abs(wave - np.exp(1j * phases.astype(np.float64)))) < 1e-5)
