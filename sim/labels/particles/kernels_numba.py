"""Maps of spheres compiled by numba (the optional ``fast`` extra).

Tier A: operation for operation the arithmetic of ``maps``, so the bits are the same.  Without fastmath the
compiler neither contracts ``a*b + c`` nor reorders anything.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import numpy as np

from sim.core.types import FloatArray, IntArray
from sim.labels.discs import Band

if TYPE_CHECKING:
    from sim.labels.particles.maps import Surfaces

# numba carries no types; importing it by name keeps this module checkable.
_numba = importlib.import_module("numba")
_compile = _numba.njit(cache=True, fastmath=False, error_model="numpy", nogil=True)


def surfaces_in_band(found: Surfaces, band: Band, z: FloatArray, bits: IntArray) -> None:
    """Enter a band's spheres into what is known of its pixels, in place; see ``maps.surfaces_by_numpy``."""
    _surfaces(
        found.height,
        found.number,
        found.count,
        found.materials,
        # Copies that are contiguous and may be written to: each kind of array would compile anew.
        np.array(band.x, dtype=np.float64),
        np.array(band.y, dtype=np.float64),
        np.array(z, dtype=np.float64),
        np.array(band.square, dtype=np.float64),
        np.array(band.left, dtype=np.int64),
        band.width,
        np.array(band.atoms, dtype=np.int64),
        np.array(bits, dtype=np.int64),
        np.array(band.sample_x, dtype=np.float64),
        np.array(band.sample_y, dtype=np.float64),
    )


@_compile
def _surfaces(  # type: ignore[no-untyped-def]
    height, number, count, materials, x, y, z, square, left, width, spheres, bits, sample_x, sample_y
):
    for one in range(len(x)):
        for row in range(height.shape[0]):
            for column in range(left[one], left[one] + width):
                across = sample_x[row, column] - x[one]
                along = sample_y[row, column] - y[one]
                away = across * across + along * along
                if away <= square[one]:
                    count[row, column] += 1
                    materials[row, column] |= bits[one]
                    surface = z[one] + np.sqrt(square[one] - away)
                    if surface > height[row, column]:
                        height[row, column] = surface
                        number[row, column] = spheres[one]
