"""The transmission kernel in numpy; what ``kernels_numba`` compiles does the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def transmit(wave: NDArray[Any], potential: NDArray[Any], top: int, left: int, sigma: float) -> None:
    """Multiply a wave by exp(iσV) in place.

    Parameters
    ----------
    wave
        (rows, columns) complex64 or complex128, C order.
    potential
        float32 or float64, V Å, C order; may be larger than the wave.
    top, left
        Row and column of the potential at the wave's first point.
    sigma
        Interaction constant, rad/(V Å).
    """
    rows, columns = wave.shape
    phase = potential[top : top + rows, left : left + columns] * potential.dtype.type(sigma)
    factor = np.empty_like(wave)
    np.cos(phase, out=factor.real)
    np.sin(phase, out=factor.imag)
    wave *= factor
