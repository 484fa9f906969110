"""What the detector does to the counted electrons: gain spread, afterglow, dark, read, conversion.

Tier A: numpy and other tier-A modules only, one rounding per operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.types import FloatArray, IntArray
from sim.numerics.detmath import exp
from sim.numerics.samplers import normal
from sim.numerics.streams import Stream

#: No normal draw is larger: they come from 52-bit words, whose smallest tail is 2⁻⁵³ (8.21 σ).
LARGEST_NORMAL = 8.5

#: Counts are stored in at most 32 bits.
LARGEST_COUNT = (1 << 32) - 1
#: Pixels rounded at a time: what is made on the way stays in the processor's cache.
_PIXELS_AT_ONCE = 131_072


@dataclass(frozen=True)
class DetectorParameters:
    """The detector and its electronics; the defaults are a perfect counter.

    Attributes
    ----------
    gain
        Mean pulse height of one electron, g.
    gain_spread
        Relative standard deviation of one electron's pulse height, s.
    afterglow_time
        1/e decay time of the detector's response, µs; 0 means none.
    dark
        Mean dark signal of a pixel, µ, in units of the signal.
    read_noise
        Standard deviation of the read noise, s_r, in units of the signal.
    adc_bits
        8, 12, 14 or 16; 0 means no converter (the signal is rounded to whole counts).
    adc_gain
        Converter units per unit of signal.
    adc_offset
        Converter units of zero signal; it stays in the data.
    """

    gain: float = 1.0
    gain_spread: float = 0.0
    afterglow_time: float = 0.0
    dark: float = 0.0
    read_noise: float = 0.0
    adc_bits: int = 0
    adc_gain: float = 1.0
    adc_offset: float = 0.0

    @property
    def perfect(self) -> bool:
        """Whether whole electrons leave the detector as they came."""
        return (
            self.gain == 1.0
            and self.gain_spread == 0.0
            and self.afterglow_time == 0.0
            and self.dark == 0.0
            and self.read_noise == 0.0
            and self.adc_bits == 0
        )


def gain_spread(
    electrons: FloatArray,
    gain: float,
    spread: float,
    stream: Stream,
    cancel: Callable[[], None] | None = None,
) -> FloatArray:
    """Pulse heights add up to g N + g s √N ξ with standard normal ξ.

    Parameters
    ----------
    electrons
        (H, W) detected electrons per pixel, N.
    gain, spread
        Mean pulse height g and its relative standard deviation s.

    Returns
    -------
    (H, W) signal.  For Poisson N its variance is g² (1 + s²) λ, so DQE(0) = 1/(1 + s²).
    """
    if spread == 0.0:
        return electrons if gain == 1.0 else electrons * gain
    signal = electrons * gain
    deviation = np.sqrt(electrons)
    np.multiply(deviation, gain * spread, out=deviation)
    np.multiply(deviation, normal(stream, electrons.shape, cancel), out=deviation)
    return np.add(signal, deviation, out=signal)


def afterglow(
    signal: FloatArray,
    decay_time: float,
    dwell_time: float,
    flyback_time: float,
    cancel: Callable[[], None] | None = None,
) -> FloatArray:
    """First-order response along scan time: y_n = a y_{n−1} + (1 − a) x_n, a = exp(−τ/T).

    The first pixel of a row remembers the last pixel of the row above, faded by exp(−flyback/T)
    more; before the first row the detector is dark.

    Parameters
    ----------
    signal
        (H, W), rows scanned from left to right, from the top row down.
    decay_time
        T, µs; 0 leaves the signal as it is.
    dwell_time, flyback_time
        τ and the time between two rows, µs.

    Notes
    -----
    The recursion runs over H·W pixels.  It is linear, so every row is first filtered on its own
    (column after column, all rows at once), then what each row inherits, c_r, is added with its
    decay: y[r, k] = y0[r, k] + c_r a^(k+1), c_{r+1} = exp(−flyback/T) · y[r, W − 1], in this order of
    rounding.  The powers of a are made by repeated multiplication.
    """
    if decay_time == 0.0:
        return signal
    height, width = signal.shape
    memory, faded = exp(np.array([-dwell_time / decay_time, -flyback_time / decay_time])).tolist()
    columns = np.ascontiguousarray((signal * (1.0 - memory)).T)
    inherited = np.empty(height)
    work = np.empty(height)
    for column in range(1, width):
        if cancel is not None and column % 256 == 0:
            cancel()
        np.multiply(columns[column - 1], memory, out=work)
        np.add(columns[column], work, out=columns[column])
    powers = np.empty(width)
    power = 1.0
    for column in range(width):
        power = power * memory
        powers[column] = power
    carried = 0.0
    for row, last in enumerate(columns[-1].tolist()):
        inherited[row] = carried
        carried = faded * (last + carried * power)
    return columns.T + inherited[:, None] * powers


def dark_and_read(
    signal: FloatArray,
    dark: float,
    read_noise: float,
    stream: Stream,
    cancel: Callable[[], None] | None = None,
) -> FloatArray:
    """Signal + µ + s_r ξ with standard normal ξ."""
    if read_noise == 0.0:
        return signal if dark == 0.0 else signal + dark
    noise = normal(stream, signal.shape, cancel)
    np.multiply(noise, read_noise, out=noise)
    np.add(noise, dark, out=noise)
    return np.add(signal, noise, out=noise)


def convert(signal: FloatArray, bits: int, gain: float, offset: float) -> IntArray:
    """Analogue-to-digital conversion: clip(floor(gain · signal + offset + ½), 0, 2^bits − 1)."""
    counts = signal * gain
    np.add(counts, offset, out=counts)
    np.add(counts, 0.5, out=counts)
    return _whole(counts, float((1 << bits) - 1))


def whole_counts(signal: FloatArray) -> IntArray:
    """Signal of a detector without converter, rounded (half upwards) to counts from 0 to 2³² − 1."""
    counts = np.empty(signal.shape, dtype=np.int64)
    rows = max(1, _PIXELS_AT_ONCE // signal.shape[-1])
    for top in range(0, len(signal), rows):
        band = slice(top, top + rows)
        counts[band] = _whole(np.add(signal[band], 0.5), float(LARGEST_COUNT))
    return counts


def _whole(counts: FloatArray, ceiling: float) -> IntArray:
    """Round down and clip; overwrites its argument."""
    np.floor(counts, out=counts)
    np.maximum(counts, 0.0, out=counts)
    np.minimum(counts, ceiling, out=counts)
    return counts.astype(np.int64)


def stored(counts: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Counts in the dataset's type; what does not fit is clipped at the type's limits, never wrapped.

    Parameters
    ----------
    counts
        Whole numbers, or expectations when ``dtype`` is ``float32``.
    dtype
        ``uint16``, ``uint32`` or ``float32``.
    """
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return counts.astype(kind)
    limits = np.iinfo(kind)
    if np.min(counts) >= limits.min and np.max(counts) <= limits.max:
        # Copies to clip into would cost more than everything else.
        return counts.astype(kind)
    inside: NDArray[Any] = np.minimum(np.maximum(counts, limits.min), limits.max)
    return inside.astype(kind)
