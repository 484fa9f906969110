"""Per-image scaling with its constants: (image − offset) / scale.

The sums are exactly rounded, so the constants are the same on every machine.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Values that are worked on at a time.
BLOCK = 1 << 16


@dataclass(frozen=True)
class Scaling:
    """Constants of one image: stored value = (image − offset) / scale, clipped to [0, 1] if ``clip``.

    Attributes
    ----------
    mean, variance
        Of the image's values (population variance), where the scaling is made of them.
    """

    offset: float
    scale: float
    clip: bool = False
    mean: float | None = None
    variance: float | None = None

    def apply(self, image: NDArray[Any]) -> NDArray[np.float64]:
        """The scaled image."""
        scaled = (image.astype(np.float64) - self.offset) / self.scale
        return np.clip(scaled, 0.0, 1.0) if self.clip else scaled

    def stored(self, image: NDArray[Any]) -> NDArray[np.float32]:
        """The scaled image as float32, rounded once; no larger copy is made on the way."""
        scaled = np.empty(image.size, dtype=np.float32)
        flat = np.ascontiguousarray(image).reshape(-1)
        for first in range(0, flat.size, BLOCK):
            scaled[first : first + BLOCK] = self.apply(flat[first : first + BLOCK])
        return scaled.reshape(image.shape)


def standardised(image: NDArray[Any]) -> Scaling:
    """To mean 0 and variance 1 (population variance); a flat image becomes 0."""
    flat = np.ascontiguousarray(image).reshape(-1)
    mean = _sum(flat, lambda block: block) / flat.size
    variance = _sum(flat, lambda block: np.square(block - mean)) / flat.size
    return Scaling(mean, math.sqrt(variance) or 1.0, mean=mean, variance=variance)


def _sum(flat: NDArray[Any], of: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> float:
    """The exactly rounded sum of a function of all values."""

    def blocks() -> Iterator[list[float]]:
        for first in range(0, flat.size, BLOCK):
            yield of(flat[first : first + BLOCK].astype(np.float64)).tolist()

    return math.fsum(itertools.chain.from_iterable(blocks()))


def percentile_scaled(image: NDArray[Any], low: float, high: float) -> Scaling:
    """The ``low`` percentile to 0 and the ``high`` percentile to 1, clipped outside."""
    values = np.sort(image.ravel(), kind="stable")
    bottom, top = _percentile(values, low), _percentile(values, high)
    return Scaling(bottom, (top - bottom) or 1.0, clip=True)


def _percentile(ordered: NDArray[Any], percent: float) -> float:
    """Linear between the two nearest ranks."""
    place = percent / 100.0 * (ordered.size - 1)
    below = math.floor(place)
    above = min(below + 1, ordered.size - 1)
    first, second = float(ordered[below]), float(ordered[above])
    return first + (second - first) * (place - below)
