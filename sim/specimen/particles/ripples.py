"""Sine waves out of the plane of a sheet.

Tier A.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray
from sim.numerics.detmath import sincos_degrees


@dataclass(frozen=True)
class Ripple:
    """A sine wave out of the plane, the same in all layers.

    Attributes
    ----------
    amplitude, wavelength
        Å.
    direction
        Angle of the wave's direction to x, degrees.
    phase
        Degrees at the middle of the box.
    """

    amplitude: float
    wavelength: float
    direction: float = 0.0
    phase: float = 0.0


def closing_ripple(ripple: Ripple | None, width: float, height: float, periodic: bool) -> Ripple | None:
    """The ripple as it can be built: in a periodic box the nearest wave that closes over it.

    Parameters
    ----------
    ripple
        As asked for; None or without amplitude for none.
    width, height
        Box, Å.
    periodic
        Whether the wave has to close over the box.

    Raises
    ------
    InputError
        For waves without length, steeper than 45°, or longer than the periodic box can hold.
    """
    if ripple is None or ripple.amplitude == 0.0:
        return None
    if not (0.0 < ripple.wavelength < math.inf and math.isfinite(ripple.amplitude)):
        raise InputError("ripple", "needs an amplitude and a wavelength above 0", value=ripple)
    if not 2.0 * math.pi * abs(ripple.amplitude) <= ripple.wavelength:
        raise InputError(
            "ripple.amplitude",
            "the waves are steeper than 45°",
            value=ripple.amplitude,
            allowed=f"up to {ripple.wavelength / (2.0 * math.pi):.4g} Å for this wavelength",
            remedy="use lower or longer waves",
        )
    if not periodic:
        return ripple
    sine, cosine = (float(part) for part in sincos_degrees(ripple.direction))
    waves_x = math.floor(width * cosine / ripple.wavelength + 0.5)
    waves_y = math.floor(height * sine / ripple.wavelength + 0.5)
    if waves_x == 0 and waves_y == 0:
        raise InputError(
            "ripple.wavelength",
            "no wave of this length fits into the periodic box",
            value=ripple.wavelength,
            allowed=f"up to about {max(width, height):.4g} Å",
            remedy="use shorter waves or open edges",
        )
    k_x, k_y = waves_x / width, waves_y / height
    size = math.sqrt(k_x * k_x + k_y * k_y)
    wavelength = 1.0 / size
    # The direction is kept to a wave vector that closes; its angle is found by halving.
    direction = _angle_of(k_x / size, k_y / size)
    return Ripple(ripple.amplitude, wavelength, direction, ripple.phase)


def _angle_of(cosine: float, sine: float) -> float:
    """Angle of a unit vector, degrees, −180 to 180, to about 1e-13 (by bisection: no arctangent)."""
    low, high = (0.0, 180.0) if sine >= 0.0 else (-180.0, 0.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        # The cosine falls from 0 to 180 and rises from -180 to 0.
        beyond = float(sincos_degrees(middle)[1]) > cosine
        if beyond == (sine >= 0.0):
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def wave(ripple: Ripple, x: FloatArray, y: FloatArray) -> FloatArray:
    """Displacement out of the plane at x, y (N,), Å, (N,)."""
    sine, cosine = (float(part) for part in sincos_degrees(ripple.direction))
    along = np.add(np.multiply(x, cosine), np.multiply(y, sine))
    angle = np.add(np.multiply(np.divide(along, ripple.wavelength), 360.0), ripple.phase)
    return np.multiply(ripple.amplitude, sincos_degrees(angle)[0])
