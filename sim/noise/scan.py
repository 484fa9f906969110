"""Scan distortion: where the beam really was while each pixel was recorded.

The displacement is a function of the scan clock.  A pixel at (x, y) shows the specimen at
(x + d_x, y + d_y), so the object appears moved by −d.  Where a given atom appears is solved in
``points``.  Tier A: numpy and other tier-A modules only, one rounding per operation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.core.types import FloatArray, ImageGrid
from sim.noise.detector import LARGEST_NORMAL
from sim.numerics.detmath import exp, sincos_degrees
from sim.numerics.resample import sample_cubic, sample_nearest
from sim.numerics.streams import Stream

MICROSECOND = 1e-6

#: Pixels that cubic resampling reads beyond the outermost point.
CUBIC_REACH = 2

#: Pixels resampled between two looks at ``cancel`` (some 50 ms).
BAND_PIXELS = 1 << 19

#: How far cubic resampling can exceed the largest value of a non-negative image: the sum of the
#: positive products of its weights halfway between pixels, (9/8)² + (1/8)².
CUBIC_OVERSHOOT = 1.28125


@dataclass(frozen=True)
class ScanParameters:
    """The scan clock and everything that moves the beam against the specimen.

    Attributes
    ----------
    dwell_time, flyback_time
        Time on one pixel and from the end of a row to the start of the next, µs.
    drift_x, drift_y
        Steady drift of the beam against the specimen, Å/s.
    slow_frequency, slow_amplitude
        A slow wander, Hz and Å, counted from where it stands when the frame begins.
    vibration_frequencies, vibration_amplitudes
        Sinusoids, Hz and Å, each with one random phase for x and one for y.
    vibration_scale
        Multiplies all of their amplitudes.
    jitter_x, jitter_y
        Standard deviation of the displacement of each row as a whole, Å.
    shear, scale
        Linear drift over the frame: d_x = shear · y and d_y = scale · y, centre fixed.
    settling_amplitude, settling_time
        x error b exp(−i τ/T) of column i after the flyback, Å and µs.
    """

    dwell_time: float = 20.0
    flyback_time: float = 60.0
    drift_x: float = 0.0
    drift_y: float = 0.0
    slow_frequency: float = 0.08
    slow_amplitude: float = 0.0
    vibration_frequencies: tuple[float, ...] = ()
    vibration_amplitudes: tuple[float, ...] = ()
    vibration_scale: float = 1.0
    jitter_x: float = 0.0
    jitter_y: float = 0.0
    shear: float = 0.0
    scale: float = 0.0
    settling_amplitude: float = 0.0
    settling_time: float = 20.0

    @property
    def still(self) -> bool:
        """Whether nothing moves: no resampling, no margin."""
        moving = (self.drift_x, self.drift_y, self.slow_amplitude, self.jitter_x, self.jitter_y,
                  self.shear, self.scale, self.settling_amplitude)  # fmt: skip
        vibrating = self.vibration_scale != 0.0 and any(a != 0.0 for a in self.vibration_amplitudes)
        return not vibrating and all(value == 0.0 for value in moving)


def row_times(grid: ImageGrid, parameters: ScanParameters) -> FloatArray:
    """(H,) time at which each row begins, s: row · (W τ + flyback)."""
    row_time = (grid.width * parameters.dwell_time + parameters.flyback_time) * MICROSECOND
    return np.arange(grid.height, dtype=np.float64) * row_time


def column_times(grid: ImageGrid, parameters: ScanParameters) -> FloatArray:
    """(W,) time of each column after the start of its row, s: column · τ."""
    return np.arange(grid.width, dtype=np.float64) * (parameters.dwell_time * MICROSECOND)


def displacement(
    grid: ImageGrid, parameters: ScanParameters, stream: Stream
) -> tuple[FloatArray, FloatArray]:
    """Displacement of the beam at every pixel.

    Parameters
    ----------
    grid
        The image, without margin.
    stream
        Keys phases and jitter; every term has its own child, so that switching one on or off or
        adding a frequency leaves the others' draws alone.

    Returns
    -------
    d_x, d_y
        (H, W) float64 each, Å: I'(i, j) = I(x + d_x, y + d_y).

    Notes
    -----
    d(t) = v t + slow(t) + Σ a_k sin(2π f_k t + φ_k) + row jitter + linear drift + flyback settling, with
    t(column, row) = row (W τ + t_flyback) + column τ.  Sinusoids are expanded by the addition theorem
    into products of a row and a column factor.
    """
    rows, columns = row_times(grid, parameters), column_times(grid, parameters)
    y = grid.y_of(np.arange(grid.height, dtype=np.float64))
    linear = {"x": parameters.shear, "y": parameters.scale}
    drift = {"x": parameters.drift_x, "y": parameters.drift_y}
    jitter = {"x": parameters.jitter_x, "y": parameters.jitter_y}
    fields = []
    for axis in ("x", "y"):
        along_rows = rows * drift[axis] + y * linear[axis]
        along_columns = columns * drift[axis]
        if jitter[axis] != 0.0:
            along_rows = along_rows + stream.child("jitter", axis).normals(grid.height) * jitter[axis]
        if axis == "x" and parameters.settling_amplitude != 0.0:
            along_columns = along_columns + settling(columns, parameters)
        field = along_rows[:, None] + along_columns[None, :]
        if parameters.slow_amplitude != 0.0:
            phase = float(stream.child("slow", axis).uniforms(1)[0])
            _add_sinusoid(field, rows, columns, parameters.slow_frequency, parameters.slow_amplitude, phase)
            start = sincos_degrees(np.array([phase * 360.0]))[0]
            np.subtract(field, start * parameters.slow_amplitude, out=field)
        frequencies, amplitudes = parameters.vibration_frequencies, parameters.vibration_amplitudes
        phases = stream.child("vibration", axis).uniforms(len(frequencies)) if frequencies else ()
        for frequency, amplitude, phase in zip(frequencies, amplitudes, phases, strict=True):
            amplitude = amplitude * parameters.vibration_scale
            if amplitude != 0.0:
                _add_sinusoid(field, rows, columns, frequency, amplitude, float(phase))
        fields.append(field)
    return fields[0], fields[1]


def settling(columns: FloatArray, parameters: ScanParameters) -> FloatArray:
    """(W,) x error after the flyback, Å: b exp(−t/T) at the time t of each column."""
    return exp(columns / (-parameters.settling_time * MICROSECOND)) * parameters.settling_amplitude


def _add_sinusoid(
    field: FloatArray, rows: FloatArray, columns: FloatArray, frequency: float, amplitude: float, phase: float
) -> None:
    """Add amplitude · sin(2π (f t + phase)) in place; phase in turns."""
    sin_row, cos_row = _sincos_turns(rows * frequency + phase)
    sin_column, cos_column = _sincos_turns(columns * frequency)
    product = np.multiply((sin_row * amplitude)[:, None], cos_column)
    np.add(field, product, out=field)
    np.multiply((cos_row * amplitude)[:, None], sin_column, out=product)
    np.add(field, product, out=field)


def _sincos_turns(turns: FloatArray) -> tuple[FloatArray, FloatArray]:
    sine, cosine = sincos_degrees((turns - np.floor(turns)) * 360.0)
    return sine, cosine


def largest_displacement(grid: ImageGrid, parameters: ScanParameters) -> float:
    """A bound, Å, on |d_x| and |d_y| that holds for every seed."""
    duration = float(row_times(grid, parameters)[-1] + column_times(grid, parameters)[-1])
    half_height = 0.5 * grid.height * grid.pixel_size
    shared = 2.0 * abs(parameters.slow_amplitude) + abs(parameters.vibration_scale) * math.fsum(
        abs(amplitude) for amplitude in parameters.vibration_amplitudes
    )
    along_x = (
        abs(parameters.drift_x) * duration
        + parameters.jitter_x * LARGEST_NORMAL
        + abs(parameters.shear) * half_height
        + abs(parameters.settling_amplitude)
    )
    along_y = (
        abs(parameters.drift_y) * duration
        + parameters.jitter_y * LARGEST_NORMAL
        + abs(parameters.scale) * half_height
    )
    return shared + max(along_x, along_y)


def refuse_excessive(grid: ImageGrid, parameters: ScanParameters) -> None:
    """Refuse a scan that can leave its own field: the margin to render would exceed the image.

    Raises
    ------
    InputError
        Naming the bound and the field.
    """
    bound = largest_displacement(grid, parameters)
    field = min(grid.height, grid.width) * grid.pixel_size
    if bound > field:
        raise InputError(
            "noise.scan",
            f"can move the beam by {bound:.4g} Å",
            allowed=f"up to the size of the image, {field:.4g} Å",
            remedy="lower drift, vibration, jitter or settling, or shorten the dwell time",
        )


def margin_pixels(dx: FloatArray, dy: FloatArray, pixel_size: float) -> int:
    """Pixels to render beyond every side, so that resampling never reads beyond the image."""
    farthest = max(float(np.max(np.abs(dx))), float(np.max(np.abs(dy))))
    return math.ceil(farthest / pixel_size) + CUBIC_REACH


def _sample_points(
    dx: FloatArray, dy: FloatArray, margin: int, grid: ImageGrid
) -> tuple[FloatArray, FloatArray]:
    """Rows and columns in an image with a margin that the pixels of the image read."""
    rows = np.arange(margin, margin + grid.height, dtype=np.float64)[:, None] - dy / grid.pixel_size
    columns = np.arange(margin, margin + grid.width, dtype=np.float64)[None, :] + dx / grid.pixel_size
    return rows, columns


def warp_image(
    image: FloatArray,
    margin: int,
    dx: FloatArray,
    dy: FloatArray,
    grid: ImageGrid,
    cancel: Callable[[], None] | None = None,
) -> FloatArray:
    """The image as the distorted scan sees it, resampled cubically, never negative.

    Parameters
    ----------
    image
        (H + 2 margin, W + 2 margin), rendered on ``grid.padded(margin)``.
    dx, dy
        (H, W) displacement, Å.
    grid
        The image without margin.

    Returns
    -------
    (H, W) float64.  Where cubic interpolation undershoots zero beside a sharp peak it is set to 0:
    an expected number of electrons cannot be negative.
    """
    rows, columns = _sample_points(dx, dy, margin, grid)
    result = np.empty(grid.shape)
    band = max(BAND_PIXELS // grid.width, 1)
    for first in range(0, grid.height, band):
        if cancel is not None:
            cancel()
        part = slice(first, first + band)
        # Only the rows that this band reads; taking a whole number off a row position is exact.
        top = max(math.floor(float(np.min(rows[part]))) - CUBIC_REACH, 0)
        bottom = math.ceil(float(np.max(rows[part]))) + CUBIC_REACH + 1
        result[part] = sample_cubic(image[top:bottom], rows[part] - top, columns[part])
    return np.maximum(result, 0.0, out=result)


def warp_labels(
    labels: NDArray[Any], margin: int, dx: FloatArray, dy: FloatArray, grid: ImageGrid
) -> NDArray[Any]:
    """Masks and id images as the distorted scan sees them: nearest neighbour, never blended."""
    rows, columns = _sample_points(dx, dy, margin, grid)
    return sample_nearest(labels, rows, columns)
