"""Exit waves and images of a focus series made ready for the screen.  No Qt."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.gui.optics.plane import Pixels, phase_colours
from sim.core.errors import never
from sim.core.types import FloatArray

#: Values outside these percentiles are black or white.
LOWEST, HIGHEST = 0.5, 99.5
#: Phases that spread over more than this are shown in colours that go round, rad.
WRAPPED = 5.5
#: Side of a small image at most, pixels.
SMALL = 128


@dataclass(frozen=True, eq=False)
class DrawnWave:
    """Phase and amplitude of a wave for the screen.

    Attributes
    ----------
    phase, amplitude
        (H, W): rad, relative to the mean of the wave, and as fractions of the incident one.
    phase_pixels, amplitude_pixels
        Greys (H, W), or colours (H, W, 3) of phases that go round.
    phase_range, amplitude_range
        Values drawn black and white.
    """

    phase: FloatArray
    amplitude: FloatArray
    phase_pixels: Pixels
    amplitude_pixels: Pixels
    phase_range: tuple[float, float]
    amplitude_range: tuple[float, float]


def drawn_wave(wave: NDArray[np.complexfloating], cancel: Callable[[], None] = never) -> DrawnWave:
    """Phase and amplitude of an exit wave, row 0 at the highest y."""
    mean = complex(wave.mean())
    turned = wave * (mean.conjugate() / abs(mean)) if abs(mean) > 0.0 else wave
    cancel()
    phase = np.angle(turned)
    cancel()
    amplitude = np.abs(wave)
    cancel()
    phases = _range(phase)
    if phases[1] - phases[0] > WRAPPED:
        phases = (-math.pi, math.pi)
        phase_pixels = phase_colours(phase)
    else:
        phase_pixels = greys(phase, *phases)
    amplitudes = _range(amplitude)
    return DrawnWave(phase, amplitude, phase_pixels, greys(amplitude, *amplitudes), phases, amplitudes)


def _range(values: FloatArray) -> tuple[float, float]:
    low, high = (float(value) for value in np.percentile(values, (LOWEST, HIGHEST)))
    return low, high


def greys(values: FloatArray, low: float, high: float) -> Pixels:
    """0 at the lowest, 255 at the highest; a flat image is grey."""
    if not high > low:
        return np.full(values.shape, 128, dtype=np.uint8)
    return np.clip(np.floor((values - low) * (255.0 / (high - low)) + 0.5), 0.0, 255.0).astype(np.uint8)


def small(image: FloatArray) -> FloatArray:
    """An image at most :data:`SMALL` pixels wide and high: means over whole blocks."""
    values = np.asarray(image, dtype=np.float64)
    block = max(1, math.ceil(max(values.shape) / SMALL))
    rows, columns = (max(size // block, 1) for size in values.shape)
    if block == 1 or min(values.shape) < block:
        return values
    cut = values[: rows * block, : columns * block]
    means: FloatArray = cut.reshape(rows, block, columns, block).mean(axis=(1, 3))
    return means


def common_levels(images: Sequence[FloatArray]) -> tuple[float, float]:
    """Black and white for all images of a series, so that their contrasts can be compared."""
    # Every other pixel will do, and takes a quarter of the time.
    ranges = [_range(image[::2, ::2]) for image in images]
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def foci(middle: float, spread: float, count: int) -> tuple[float, ...]:
    """Defoci from ``middle − spread`` to ``middle + spread``, Å."""
    if count < 2:
        return (middle,)
    return tuple(middle + spread * (2.0 * number / (count - 1) - 1.0) for number in range(count))


def from_middle(count: int) -> tuple[int, ...]:
    """The order in which a row is made: the middle first, then outwards."""
    middle = (count - 1) / 2.0
    return tuple(sorted(range(count), key=lambda number: (abs(number - middle), number)))
