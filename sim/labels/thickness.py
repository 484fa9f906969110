"""Projected thickness: how much matter the beam passes at every pixel, and of which elements.

Tier A.  Every atom spreads its volume over a two-dimensional Gaussian; what sums Gaussians is handed in,
for the imaging models have it.  Divided by the pixel's area the sum is a thickness, and over the whole map
it is the volume of the atoms.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.core.types import BoolArray, FloatArray

#: (positions (n, 3) Å, volumes (n,) Å³) → (H, W) sum of Gaussians whose integral is the volume, Å.
Spread = Callable[[FloatArray, FloatArray], FloatArray]

_HALF_ROOT = 0.7071067811865476


def close_packed_volume(bond: float) -> float:
    """Volume an atom takes in a close packing of bond length ``bond`` (Å), Å³: b³/√2."""
    return bond * bond * bond * _HALF_ROOT


def thickness(positions: FloatArray, volumes: FloatArray, which: BoolArray, spread: Spread) -> FloatArray:
    """Projected thickness of some of the atoms.

    Parameters
    ----------
    positions, volumes
        (N, 3) Å, and (N,) the volume of each atom, Å³.
    which
        (N,) the atoms that count.
    spread
        Sums their Gaussians.

    Returns
    -------
    (H, W) float64, Å.
    """
    return spread(np.ascontiguousarray(positions[which]), volumes[which])
