"""Sum of two-dimensional Gaussians on an image, atom after atom.

Tier A: the same bits on every 64-bit IEEE-754 machine.

The Gaussian is separable, so each atom costs two short rows of exponentials and one outer product.
Atoms are added in their order, each on a window of 6σ to either side (beyond it, a Gaussian is below
2e-8 of its peak).  Whether a pixel lies in a window depends on the atom and the pixel alone, never on
the field: an image cropped from a larger field equals the image of the smaller one, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from sim.core.errors import never
from sim.core.types import BoolArray, FloatArray, ImageGrid, IntArray
from sim.imaging import kernels
from sim.numerics import detmath

Normalisation = Literal["peak", "area"]
Cancel = Callable[[], None]

#: Half the width of an atom's window, in σ.
REACH = 6.0

TWO_PI = 6.283185307179586
SQRT_HALF_PI = 1.2533141373155003
SQRT_HALF = 0.7071067811865476

# Sizes that keep buffers in the processor's cache (factors in chunks eight times as large take half as
# long again) and a few milliseconds between two looks at ``cancel``.
_FACTORS_AT_ONCE = 2**13
_LARGEST_PRODUCT = 2**17


def unit_peak(sigma: float, normalisation: Normalisation) -> float:
    """Peak of a Gaussian of amplitude 1: 1, or with ``area`` 1/(2πσ²), in Å⁻²."""
    return 1.0 / (TWO_PI * (sigma * sigma)) if normalisation == "area" else 1.0


class _Axis(NamedTuple):
    """The windows of all atoms along one axis of the image, in the order of the atoms."""

    position: FloatArray
    centre: IntArray
    first: IntArray
    start: FloatArray
    pixels: int
    half: int
    clipped: bool

    @classmethod
    def of(cls, position: FloatArray, pixels: int, pixel_size: float, half: int) -> _Axis:
        """Windows of ``half`` pixels to either side of each atom, or the whole axis if that is shorter."""
        middle = (pixels - 1) * 0.5
        whole = int(middle)
        # The nearest pixel is found relative to the field's centre: adding the number of pixels first
        # would round differently in fields of different size.
        relative = np.floor(np.add(np.divide(position, pixel_size), middle - whole + 0.5))
        relative = np.fmin(np.fmax(relative, -(2.0**40)), 2.0**40)
        centre = np.add(relative.astype(np.int64), whole)
        clipped = 2 * half + 1 >= pixels
        first = np.zeros_like(centre) if clipped else np.subtract(centre, half)
        start = np.subtract(first.astype(np.float64), middle)
        return cls(position, centre, first, start, pixels if clipped else 2 * half + 1, half, clipped)

    def reaches(self, pixels: int) -> BoolArray:
        """Which atoms' windows touch the image."""
        before, beyond = -self.half, pixels + self.half
        return np.logical_and(np.greater_equal(self.centre, before), np.less(self.centre, beyond))

    def part(self, atoms: slice | BoolArray) -> _Axis:
        """The same for some of the atoms."""
        return _Axis(
            self.position[atoms], self.centre[atoms], self.first[atoms], self.start[atoms],
            self.pixels, self.half, self.clipped,
        )  # fmt: skip

    def trim(self, factors: FloatArray) -> FloatArray:
        """Set to zero what lies outside the windows, where the whole axis was evaluated."""
        if self.clipped:
            distance = np.abs(np.subtract(np.arange(self.pixels), self.centre[:, np.newaxis]))
            np.copyto(factors, 0.0, where=np.greater(distance, self.half))
        return factors


def project(
    positions: FloatArray,
    amplitudes: FloatArray,
    grid: ImageGrid,
    sigma: float,
    *,
    integrate: bool,
    normalisation: Normalisation = "peak",
    reach: float = REACH,
    cancel: Cancel | None = None,
) -> FloatArray:
    """Sum of the atoms' Gaussians.

    Parameters
    ----------
    positions
        (N, 3) or (N, 2), Å; the field's centre is x = y = 0.  Atoms outside the field contribute as far
        as their windows reach into it.
    amplitudes
        (N,), not negative.
    grid
        Pixels of the image.
    sigma
        Å.
    integrate
        Average each Gaussian over the pixel instead of sampling it at the pixel's centre.
    normalisation
        ``peak``: a Gaussian's peak is its amplitude.  ``area``: its integral is (Å²).
    reach
        Half the width of an atom's window, in σ.
    cancel
        Called at least every 100 ms; raises to stop.

    Returns
    -------
    (H, W) float64; with ``area``, in Å⁻².
    """
    check = cancel or never
    pixel_size = float(grid.pixel_size)
    image = np.zeros(grid.shape)
    half = int(np.floor(np.divide(np.multiply(reach, sigma), pixel_size))) + 1
    columns = _Axis.of(np.ascontiguousarray(positions[:, 0], dtype=np.float64), grid.width, pixel_size, half)
    # Rows run towards −y.
    rows = _Axis.of(np.negative(positions[:, 1].astype(np.float64)), grid.height, pixel_size, half)
    heights = np.asarray(amplitudes, dtype=np.float64)
    touching = np.logical_and(columns.reaches(grid.width), rows.reaches(grid.height))
    if not bool(np.all(touching)):
        columns, rows, heights = columns.part(touching), rows.part(touching), heights[touching]
    if normalisation == "area":
        heights = np.multiply(heights, unit_peak(sigma, normalisation))
    kernel = kernels.chosen()
    chunk = max(1, _FACTORS_AT_ONCE // (rows.pixels + columns.pixels))
    for begin in range(0, len(heights), chunk):
        check()
        atoms = slice(begin, begin + chunk)
        some_rows, some_columns = rows.part(atoms), columns.part(atoms)
        row_factors, column_factors = _factors(some_rows, some_columns, kernel, pixel_size, sigma, integrate)
        np.multiply(column_factors, heights[atoms, np.newaxis], out=column_factors)
        _add(image, some_rows.first, some_columns.first, row_factors, column_factors, kernel, check)
    return image


def _factors(
    rows: _Axis, columns: _Axis, kernel: kernels.Kernels, pixel_size: float, sigma: float, integrate: bool
) -> tuple[FloatArray, FloatArray]:
    """One-dimensional factors of some atoms along both axes, (n, h) and (n, w)."""

    def along(start: FloatArray, count: int, position: FloatArray) -> FloatArray:
        if integrate:
            return _pixel_averages(start, count, position, pixel_size, sigma)
        return kernel.gaussian_factors(start, count, position, pixel_size, -1.0 / (2.0 * (sigma * sigma)))

    if rows.pixels == columns.pixels:
        # One call for both axes: for few atoms the number of calls is the cost.
        both = along(
            np.concatenate([rows.start, columns.start]),
            rows.pixels,
            np.concatenate([rows.position, columns.position]),
        )
        atoms = len(rows.start)
        return rows.trim(both[:atoms]), columns.trim(both[atoms:])
    return (
        rows.trim(along(rows.start, rows.pixels, rows.position)),
        columns.trim(along(columns.start, columns.pixels, columns.position)),
    )


def _pixel_averages(
    start: FloatArray, count: int, position: FloatArray, pixel_size: float, sigma: float
) -> FloatArray:
    """Mean of exp(−x²/2σ²) over each pixel of the windows, from the error function at the pixels' edges."""
    first_edge = np.subtract(start, 0.5)
    edge = np.add(first_edge[:, np.newaxis], np.arange(count + 1, dtype=np.float64))
    np.multiply(edge, pixel_size, out=edge)
    np.subtract(edge, position[:, np.newaxis], out=edge)
    np.multiply(edge, SQRT_HALF / sigma, out=edge)
    integral = detmath.erf(edge)
    average = np.subtract(integral[:, 1:], integral[:, :-1])
    np.multiply(average, SQRT_HALF_PI * sigma / pixel_size, out=average)
    return average


def _add(
    image: FloatArray,
    first_row: IntArray,
    first_column: IntArray,
    row_factors: FloatArray,
    column_factors: FloatArray,
    kernel: kernels.Kernels,
    check: Cancel,
) -> None:
    """Add the products of some atoms in their order; ``check`` is called between portions of wide ones."""
    if row_factors.shape[1] * column_factors.shape[1] <= _LARGEST_PRODUCT:
        kernel.add_products(image, first_row, first_column, row_factors, column_factors)
        return
    # Wide spots: one atom at a time in bands of rows, which keeps the order of the atoms in every pixel.
    band = max(1, _LARGEST_PRODUCT // column_factors.shape[1])
    for atom in range(len(first_row)):
        one = slice(atom, atom + 1)
        for top in range(0, row_factors.shape[1], band):
            check()
            kernel.add_products(
                image,
                np.add(first_row[one], top),
                first_column[one],
                np.ascontiguousarray(row_factors[one, top : top + band]),
                column_factors[one],
            )
