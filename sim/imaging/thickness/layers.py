"""Layers of depth, in each of which the probe has one width.

Tier A.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray, ImageGrid, ParticleSpecimen
from sim.imaging.thickness import probe
from sim.imaging.thickness.film import film_heights

#: The probe's width changes from layer to layer by no more than this share of a pixel or of its σ in focus.
_STEP = 0.25
#: Layers at most; thicker ones are taken where there would be more.
MOST_LAYERS = 24
#: Pixels around the image that the probe may draw on, at most.
WIDEST_MARGIN = 1024


@dataclass(frozen=True, eq=False)
class Layers:
    """From the entrance to the exit.

    Attributes
    ----------
    heights
        (L,) z of the lower ends, Å, descending; the last is −∞.
    sigmas
        (L,) standard deviation of the probe in each layer, pixels.
    margin
        Pixels around the image that the widest probe draws on.
    """

    heights: FloatArray
    sigmas: FloatArray
    margin: int


@dataclass(frozen=True)
class Probe:
    """The electron probe.

    Attributes
    ----------
    full_width
        Full width at half maximum in focus, Å.
    convergence
        Semiangle, mrad.
    defocus
        Depth of the focus below z = 0, Å.
    """

    full_width: float
    convergence: float
    defocus: float

    def sigma(self, z: float) -> float:
        """Standard deviation along any direction at a height, Å."""
        return probe.width(self.full_width, self.convergence, z + self.defocus)


def layers_between(bottom: float, top: float, beam: Probe, pixel_size: float) -> Layers:
    """Layers through what lies between two heights.

    Parameters
    ----------
    bottom, top
        z, Å.
    pixel_size
        Å.

    Raises
    ------
    InputError
        If the probe is too wide somewhere.

    Notes
    -----
    The borders of the layers are counted from the focus, z = −defocus, which is the middle of a layer; they
    do not depend on the specimen unless there would be more than ``MOST_LAYERS``.
    """
    focus = -beam.defocus
    spread = probe.width(0.0, beam.convergence, 1.0)
    tolerance = _STEP * max(pixel_size, beam.full_width / probe.FULL_WIDTH)
    if spread * (top - bottom) <= tolerance:
        # One width for all, that of the middle.
        heights, middles = [-math.inf], [0.5 * (top + bottom)]
    else:
        thickness = max(tolerance / spread, (top - bottom) / (MOST_LAYERS - 1))
        first = math.floor((top - focus) / thickness + 0.5)
        last = math.floor((bottom - focus) / thickness + 0.5)
        numbers = range(first, last - 1, -1)
        middles = [focus + number * thickness for number in numbers]
        heights = [focus + (number - 0.5) * thickness for number in numbers]
        heights[-1] = -math.inf
    sigmas = [beam.sigma(middle) / pixel_size for middle in middles]
    return Layers(np.array(heights), np.array(sigmas), checked_margin(max(sigmas)))


def checked_margin(sigma: float) -> int:
    """Pixels that a probe of σ (px) draws on beside its own.

    Raises
    ------
    InputError
        If they are too many.
    """
    margin = probe.reach(sigma)
    if margin > WIDEST_MARGIN:
        raise InputError(
            "imaging.convergence",
            f"spreads the probe over {2.0 * sigma:.0f} pixels somewhere in the specimen",
            remedy="lower it, move imaging.defocus towards 0 or take larger pixels",
        )
    return margin


def depth_of(specimen: ParticleSpecimen, grid: ImageGrid) -> tuple[float, float]:
    """Lowest and highest z of the particles, and of the film in the image, Å."""
    low, high = [0.0], [0.0]
    if len(specimen):
        z = specimen.centres[:, 2]
        low = [float(np.min(np.subtract(z, specimen.radii)))]
        high = [float(np.max(np.add(z, specimen.radii)))]
    if specimen.film is not None:
        middle, half = film_heights(specimen.film, grid)
        low.append(float(np.min(middle)) - half)
        high.append(float(np.max(middle)) + half)
    return min(low), max(high)
