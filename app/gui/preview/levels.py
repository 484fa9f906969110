"""Levels, greys, histogram and statistics of an image, all from its values sorted once.

Pure functions over arrays, called in the preview's worker.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.gui.preview.results import Histogram, Statistics

#: Black and white leave out this share of the pixels at either end.
TAIL = 0.0035
#: Bins of a histogram, at most.
BINS = 256
#: Steps into which the values of an image are sorted.
STEPS = 65536
#: Steps smaller than this cannot be told from none in 32 bits.
TINIEST = float(np.finfo(np.float32).tiny)
#: Pixels that are worked on at a time.
BAND = 65536 * 2
#: Levels closer together than this share of the range are applied to the values themselves.
NARROW = 1.0 / 64.0


@dataclass(frozen=True, eq=False)
class SortedValues:
    """An image with its values sorted into equal steps: levels, greys and histogram follow from the steps.

    Attributes
    ----------
    values
        (H, W) the image.
    index
        (H, W) uint16 step of every pixel.
    counts
        (n,) pixels in every step.
    lowest
        Value of step 0: the smallest value.
    step
        Height of a step; 0 for an image of one value.
    whole
        Whether every step is one whole number, so that nothing is rounded.
    """

    values: NDArray[Any]
    index: NDArray[np.uint16]
    counts: NDArray[np.int64]
    lowest: float
    step: float
    whole: bool


def sort_values(values: NDArray[Any]) -> SortedValues:
    """Sort the values of an image into up to 65536 equal steps.

    Parameters
    ----------
    values
        (H, W) numbers, at least one.
    """
    smallest, largest = values.min(), values.max()
    lowest, spread = float(smallest), float(largest) - float(smallest)
    if values.dtype.kind in "ui" and spread < STEPS:
        index = (values - smallest).astype(np.uint16)
        step, whole, steps = 1.0, True, int(spread) + 1
    else:
        whole, steps = False, STEPS
        step = spread / (STEPS - 1)
        if not TINIEST < step < math.inf:
            return SortedValues(
                values, np.zeros(values.shape, np.uint16), np.array([values.size]), lowest, 0.0, False
            )
        index = np.empty(values.shape, dtype=np.uint16)
        kind = np.float32 if values.dtype.kind == "f" else np.float64
        for band in _bands(values.shape):
            scaled = np.subtract(values[band], smallest, dtype=kind)
            np.multiply(scaled, (STEPS - 1) / spread, out=scaled)
            np.add(scaled, 0.5, out=scaled)
            # Rounding may carry the largest value one step too far.
            index[band] = np.minimum(scaled, STEPS - 1, out=scaled)
    counts = np.zeros(steps, dtype=np.int64)
    for band in _bands(values.shape):
        counts += np.bincount(index[band].reshape(-1), minlength=steps)
    return SortedValues(values, index, counts, lowest, step, whole)


def _bands(shape: tuple[int, ...]) -> Iterator[slice]:
    """Rows of an image, some at a time: what is made on the way then stays in the processor's cache."""
    rows = max(1, BAND // shape[1])
    return (slice(top, top + rows) for top in range(0, shape[0], rows))


def auto_levels(image: SortedValues, tail: float = TAIL) -> tuple[float, float]:
    """Black and white that leave out the same share of pixels at both ends.

    Parameters
    ----------
    image
        The sorted image.
    tail
        Share of the pixels below black and above white.

    Returns
    -------
    (low, high), low < high also for an image of one value.
    """
    if image.step == 0.0 or len(image.counts) == 1:
        return around(image.lowest)
    cumulative = np.cumsum(image.counts)
    left_out = tail * image.values.size
    first = int(np.searchsorted(cumulative, left_out, side="right"))
    last = int(np.searchsorted(cumulative, image.values.size - left_out, side="left"))
    low, high = image.lowest + image.step * first, image.lowest + image.step * last
    if low < high:
        return low, high
    # Nearly all pixels have one value: what differs from it is what there is to see.
    return image.lowest, image.lowest + image.step * (len(image.counts) - 1)


def around(value: float) -> tuple[float, float]:
    """Levels for an image that has only one value."""
    reach = max(0.5 * abs(value), 0.5)
    return value - reach, value + reach


def greys(image: SortedValues, low: float, high: float) -> NDArray[np.uint8]:
    """The image as 256 greys between black and white.

    Parameters
    ----------
    image
        The sorted image.
    low, high
        Values of black (0) and white (255); equal levels make a threshold.

    Returns
    -------
    (H, W) uint8.
    """
    if not image.whole and high - low < NARROW * image.step * STEPS:
        return _greys_of(image.values, low, high)
    centres = image.lowest + image.step * np.arange(len(image.counts))
    table = _greys_of(centres, low, high)
    grey = np.empty(image.index.shape, dtype=np.uint8)
    for band in _bands(grey.shape):
        grey[band] = table[image.index[band]]
    return grey


def _greys_of(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    if not high > low:
        return np.where(values > low, np.uint8(255), np.uint8(0))
    scaled = (np.asarray(values, dtype=np.float64) - low) * (255.0 / (high - low)) + 0.5
    return np.clip(scaled, 0.0, 255.0, out=scaled).astype(np.uint8)


def histogram(image: SortedValues) -> Histogram:
    """Counts of the values in up to 256 bins.

    Whole numbers share bins of equal width, so that no bin is empty only because no number falls in it.
    """
    if image.step == 0.0:
        low, high = around(image.lowest)
        return Histogram(image.counts, np.array([low, high], dtype=np.float64))
    together = -(-len(image.counts) // BINS)
    starts = np.arange(0, len(image.counts), together)
    counts = np.add.reduceat(image.counts, starts)
    # Steps are centred on their values.
    edges = image.lowest + image.step * (np.arange(len(starts) + 1, dtype=np.float64) * together - 0.5)
    return Histogram(counts, edges)


def statistics(image: SortedValues) -> Statistics:
    """Extremes, mean, standard deviation and sum of an image."""
    values = image.values
    total = float(values.sum(dtype=np.float64))
    mean = total / values.size
    if image.whole:
        offsets = image.lowest + np.arange(len(image.counts)) - mean
        squares = float(image.counts @ offsets**2)
    else:
        squares = 0.0
        for band in _bands(values.shape):
            offset = np.subtract(values[band], mean, dtype=np.float64).reshape(-1)
            squares += float(offset @ offset)
    deviation = math.sqrt(squares / values.size)
    return Statistics(image.lowest, float(values.max()), mean, deviation, total)
