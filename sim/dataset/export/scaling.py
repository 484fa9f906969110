"""Per-image scaling with its constants: (image − offset) / scale.

The sums are exactly rounded, so the constants are the same on every machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scaling:
    """Constants of one image: stored value = (image − offset) / scale, clipped to [0, 1] if ``clip``."""

    offset: float
    scale: float
    clip: bool = False

    def apply(self, image: NDArray[Any]) -> NDArray[np.float64]:
        """The scaled image."""
        scaled = (image.astype(np.float64) - self.offset) / self.scale
        return np.clip(scaled, 0.0, 1.0) if self.clip else scaled


def standardised(image: NDArray[Any]) -> Scaling:
    """To mean 0 and variance 1 (population variance); a flat image becomes 0."""
    values = image.astype(np.float64).ravel()
    mean = math.fsum(values.tolist()) / values.size
    variance = math.fsum(np.square(values - mean).tolist()) / values.size
    return Scaling(mean, math.sqrt(variance) or 1.0)


def percentile_scaled(image: NDArray[Any], low: float, high: float) -> Scaling:
    """The ``low`` percentile to 0 and the ``high`` percentile to 1, clipped outside."""
    values = np.sort(image.astype(np.float64).ravel(), kind="stable")
    bottom, top = _percentile(values, low), _percentile(values, high)
    return Scaling(bottom, (top - bottom) or 1.0, clip=True)


def _percentile(ordered: NDArray[np.float64], percent: float) -> float:
    """Linear between the two nearest ranks."""
    place = percent / 100.0 * (ordered.size - 1)
    below = math.floor(place)
    above = min(below + 1, ordered.size - 1)
    first, second = float(ordered[below]), float(ordered[above])
    return first + (second - first) * (place - below)
