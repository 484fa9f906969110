"""How many electrons: from the fraction of the beam to the expected number per pixel.

Tier A: numpy and other tier-A modules only, one rounding per operation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray

#: Elementary charge, C; exact in the SI since 2019.
ELEMENTARY_CHARGE = 1.602176634e-19

#: No pixel may expect more; the Poisson sampler itself reaches ten times as far.
LARGEST_EXPECTATION = 1e9

#: Steps of frexp's mantissa [½, 1): a relative grid of 2⁻²⁰ at its coarsest.
STEPS = 2097152.0


@dataclass(frozen=True)
class ExposureParameters:
    """How the specimen is exposed.

    Attributes
    ----------
    mode
        ``none``: no dose, the image is the fraction of the beam; ``expected``: expected counts
        without shot noise; ``poisson``: counts.
    source
        Which of the two numbers below decides.
    dose
        Incident electrons per area, e⁻/Å².
    beam_current
        Incident current, pA.
    """

    mode: Literal["none", "expected", "poisson"] = "poisson"
    source: Literal["dose", "beam_current"] = "dose"
    dose: float = 1e5
    beam_current: float = 30.0


def electrons_per_pixel(exposure: ExposureParameters, dwell_time: float, pixel_size: float) -> float:
    """Incident electrons on one pixel: D p², or current × dwell time / e.

    Parameters
    ----------
    dwell_time
        Time on one pixel, µs; used with a beam current.
    pixel_size
        Å per pixel; used with a dose.
    """
    if exposure.source == "beam_current":
        # pA × µs = 10⁻¹⁸ C
        return exposure.beam_current * dwell_time * 1e-18 / ELEMENTARY_CHARGE
    return exposure.dose * (pixel_size * pixel_size)


def expectation(fraction: FloatArray, electrons: float) -> FloatArray:
    """Expected number of detected electrons per pixel, λ.

    Parameters
    ----------
    fraction
        (H, W) fraction of the incident beam that is detected.
    electrons
        Incident electrons per pixel.

    Raises
    ------
    InputError
        If a pixel is negative, is no finite number or expects more than ``LARGEST_EXPECTATION``
        electrons.
    """
    result = np.multiply(fraction, electrons)
    lowest, largest = float(np.min(result, initial=0.0)), float(np.max(result, initial=0.0))
    # NaN passes through min and max and fails both comparisons.
    if not lowest >= 0.0:
        raise InputError(
            "image", "has pixels that are no expected number of electrons", value=lowest, allowed="at least 0"
        )
    if not largest <= LARGEST_EXPECTATION:
        raise too_many_electrons(largest)
    return result


def too_many_electrons(largest: float) -> InputError:
    """The error for an expectation beyond what can be sampled."""
    return InputError(
        "noise.exposure",
        f"makes a pixel expect {largest:.3g} electrons",
        allowed=f"up to {LARGEST_EXPECTATION:.0e} electrons per pixel",
        remedy="lower the dose (or beam current and dwell time) or use smaller pixels",
    )


def on_relative_grid(expectation: FloatArray) -> FloatArray:
    """Expectations rounded to a relative grid of 2⁻²⁰, so that tier-B rounding seldom reaches a count.

    A tier-B image differs between machines in its last bits, and a Poisson draw depends on every bit
    of λ near its thresholds.  After this rounding only pixels on the edge of a step can differ.
    """
    mantissa, exponent = np.frexp(expectation)
    return np.ldexp(np.floor(mantissa * STEPS + 0.5) / STEPS, exponent)
