"""The computing cell: the periodic box of points on which waves live, and its slices.

Points are indexed [row, column] with row 0 at the highest y, as images are; the beam enters at the largest z
and travels to −z.  Here are the grid, its frequencies, the band limit and estimates of memory; no physics.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray, ImageGrid

#: Share of the Nyquist frequency that waves may fill: products of two of them then do not alias into it.
BAND = 2.0 / 3.0
#: Width of the cosine edge of the band, in units of 1/step (abTEM's taper).
BAND_EDGE = 0.01
#: Lengths of the transforms have no other prime factors.
_PRIMES = (2, 3, 5, 7)


@dataclass(frozen=True)
class Cell:
    """A periodic box of points and slices.

    Attributes
    ----------
    rows, columns
        Number of points along −y and x.
    row_step, column_step
        Distance of neighbouring points, Å.
    left, top
        x of column 0 and y of row 0, Å: point [i, j] lies at x = left + j·column_step, y = top − i·row_step.
    entrance
        z of the entrance surface, Å.
    slice_thickness
        Å.
    slices
        Number of slices; slice 0 is the first that the beam meets.
    periodic
        Whether atoms outside the box stand for their images inside.  If not, they are left out: the box is
        then a window onto something larger.
    """

    rows: int
    columns: int
    row_step: float
    column_step: float
    left: float
    top: float
    entrance: float
    slice_thickness: float
    slices: int
    periodic: bool = True

    def __post_init__(self) -> None:
        for name in ("rows", "columns", "slices"):
            if getattr(self, name) < 1:
                raise InputError(f"cell.{name}", "a cell needs at least one", value=getattr(self, name))
        for name in ("row_step", "column_step", "slice_thickness"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise InputError(f"cell.{name}", "a length is not positive", value=getattr(self, name))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return (self.rows, self.columns)

    @property
    def width(self) -> float:
        """Period along x, Å."""
        return self.columns * self.column_step

    @property
    def height(self) -> float:
        """Period along y, Å."""
        return self.rows * self.row_step

    @property
    def depth(self) -> float:
        """Thickness of all slices, Å."""
        return self.slices * self.slice_thickness

    @property
    def exit(self) -> float:
        """z of the exit surface, Å."""
        return self.entrance - self.depth

    @cached_property
    def kx(self) -> FloatArray:
        """Spatial frequencies along x in the order of a discrete Fourier transform, (columns,) Å⁻¹."""
        return np.asarray(np.fft.fftfreq(self.columns, self.column_step), dtype=np.float64)

    @cached_property
    def ky(self) -> FloatArray:
        """Spatial frequencies along y, (rows,) Å⁻¹: minus the transform's, since rows run to −y."""
        return np.asarray(-np.fft.fftfreq(self.rows, self.row_step), dtype=np.float64)

    @property
    def k2(self) -> FloatArray:
        """Squared spatial frequency, (rows, columns) Å⁻²."""
        return np.add.outer(np.square(self.ky), np.square(self.kx))

    @property
    def k_max(self) -> float:
        """Largest spatial frequency that a wave may have, Å⁻¹: two thirds of Nyquist."""
        return BAND * 0.5 / max(self.row_step, self.column_step)

    def band(self) -> FloatArray:
        """1 inside the band, 0 beyond ``k_max``, a cosine edge between, (rows, columns)."""
        return band_weight(np.sqrt(self.k2), self.k_max, BAND_EDGE / max(self.row_step, self.column_step))

    def largest_angle(self, wavelength: float) -> float:
        """Scattering angle of the band limit, mrad."""
        return 1e3 * self.k_max * wavelength

    def columns_of(self, x: FloatArray) -> FloatArray:
        """Fractional column of positions x (Å), not wrapped."""
        return (np.asarray(x) - self.left) / self.column_step

    def rows_of(self, y: FloatArray) -> FloatArray:
        """Fractional row of positions y (Å), not wrapped."""
        return (self.top - np.asarray(y)) / self.row_step

    def x(self) -> FloatArray:
        """x of the columns, (columns,) Å."""
        return self.left + self.column_step * np.arange(self.columns, dtype=np.float64)

    def y(self) -> FloatArray:
        """y of the rows, (rows,) Å, descending."""
        return self.top - self.row_step * np.arange(self.rows, dtype=np.float64)


def band_weight(k: FloatArray, limit: float, edge: float) -> FloatArray:
    """1 below ``limit − edge``, 0 above ``limit``, half a cosine between; any shape."""
    phase = np.clip((k - (limit - edge)) / edge, 0.0, 1.0)
    weight: FloatArray = np.where(k > limit, 0.0, 0.5 * (1.0 + np.cos(np.pi * phase)))
    return weight


def fast_length(least: int) -> int:
    """The smallest even number ≥ ``least`` with no prime factor above 7: a fast length of a transform."""
    length = max(2, least + least % 2)
    while not _is_fast(length):
        length += 2
    return length


def _is_fast(length: int) -> bool:
    for prime in _PRIMES:
        while length % prime == 0:
            length //= prime
    return length == 1


def periodic_cell(
    width: float,
    height: float,
    centre: tuple[float, float],
    sampling: float,
    z_range: tuple[float, float],
    slice_thickness: float,
) -> Cell:
    """A cell that repeats in x and y with exactly the given periods.

    Parameters
    ----------
    width, height
        Periods along x and y, Å.
    centre
        x and y of the middle of the box, Å (which may lie between points).
    sampling
        Largest distance of points, Å; steps are this or a little less.
    z_range
        Lowest and highest z that slices have to cover, Å.
    slice_thickness
        Largest thickness of a slice, Å; the range is cut into equal slices of this or a little less.
    """
    _check_sampling(sampling)
    for name, length in (("width", width), ("height", height)):
        if not 0.0 < length < math.inf:
            raise InputError(f"cell.{name}", "a period has to be positive", value=length)
    # A little tolerance, so that 128 Å at 0.1 Å need 1280 points and not 1281.
    columns = fast_length(math.ceil(width / sampling - 1e-6))
    rows = fast_length(math.ceil(height / sampling - 1e-6))
    row_step, column_step = height / rows, width / columns
    slices, thickness = _slices(z_range, slice_thickness)
    return Cell(
        rows,
        columns,
        row_step,
        column_step,
        centre[0] - 0.5 * (columns - 1) * column_step,
        centre[1] + 0.5 * (rows - 1) * row_step,
        z_range[1],
        thickness,
        slices,
    )


def padded_cell(
    grid: ImageGrid,
    padding: float,
    sampling: float,
    z_range: tuple[float, float],
    slice_thickness: float,
) -> Cell:
    """A cell that holds an image with a margin around it, a whole number of image pixels wide and high.

    Parameters
    ----------
    grid
        The image.
    padding
        Least margin on every side, Å.
    sampling
        Largest distance of points, Å.  Where a pixel is a whole number of steps, pixel centres are points.
    z_range, slice_thickness
        As in :func:`periodic_cell`.

    Notes
    -----
    The steps are the pixel size divided by a whole number where pixels are wider than ``sampling``; finer
    pixels than that are computed on their own grid only if no coarser one with whole pixels exists.
    """
    _check_sampling(sampling)
    if not 0.0 <= padding < math.inf:
        raise InputError("cell.padding", "a margin cannot be negative", value=padding)
    pixel = grid.pixel_size
    slices, thickness = _slices(z_range, slice_thickness)
    counts, steps, margins = [], [], []
    for pixels in grid.shape:
        whole, points = _padded_axis(pixels, pixel, padding, sampling)
        counts.append(points)
        steps.append(whole * pixel / points)
        # Whole pixels before the image, so that the first pixel centre is a point where steps allow it.
        margins.append((whole - pixels) // 2)
    rows, columns = counts
    first_x = float(grid.x_of(np.array(-margins[1], dtype=np.float64)))
    first_y = float(grid.y_of(np.array(-margins[0], dtype=np.float64)))
    return Cell(
        rows, columns, steps[0], steps[1], first_x, first_y, z_range[1], thickness, slices, periodic=False
    )


def _padded_axis(pixels: int, pixel: float, padding: float, sampling: float) -> tuple[int, int]:
    """Whole pixels and points of one axis: few points, steps no longer than the sampling."""
    least = pixels + 2 * math.ceil(padding / pixel - 1e-6)
    division = max(1, math.ceil(pixel / sampling - 1e-6))
    if pixel >= sampling * (1.0 - 1e-6):
        # A division into 11 points, say, could never give a fast length.
        while not _is_fast(division):
            division += 1
        whole = least
        while fast_length(whole * division) != whole * division:
            whole += 1
        return whole, whole * division
    # Pixels finer than the sampling: fewer points than pixels.
    return least, fast_length(math.ceil(least * pixel / sampling - 1e-6))


def _slices(z_range: tuple[float, float], slice_thickness: float) -> tuple[int, float]:
    depth = z_range[1] - z_range[0]
    if not 0.0 < depth < math.inf:
        raise InputError("cell.z_range", "the highest z has to lie above the lowest", value=list(z_range))
    if not 0.0 < slice_thickness < math.inf:
        raise InputError("slice_thickness", "has to be positive", value=slice_thickness)
    if slice_thickness > depth * (1.0 + 1e-9):
        raise InputError(
            "slice_thickness", "a slice is thicker than the cell", value=slice_thickness,
            allowed=f"up to {depth:.4g} Å", remedy="take thinner slices",
        )  # fmt: skip
    slices = math.ceil(depth / slice_thickness - 1e-6)
    return slices, depth / slices


def _check_sampling(sampling: float) -> None:
    if not 0.0 < sampling < math.inf:
        raise InputError("sampling", "has to be positive", value=sampling)


def memory_bytes(cell: Cell, *, planes: int = 1, workers: int = 1, kept: int = 0, elements: int = 3) -> int:
    """Estimate of the memory that exit waves need, bytes.

    Parameters
    ----------
    planes
        Exit planes of a configuration.
    workers
        Configurations computed at once.
    kept
        Waves that the caller keeps besides.
    elements
        Different elements.

    Notes
    -----
    Of each worker: its wave, two potentials and the stored planes, of which one more set waits to be taken;
    once: the propagator, made in double precision, and one table of scattering factors an element.
    """
    points = cell.rows * cell.columns
    once = points * (8 + 40 + 2 * elements)
    return points * (workers * (8 + 16 + 8 * planes) + 8 * (planes + kept)) + once


def require_memory(needed: int, available: int | None = None) -> None:
    """Refuse work that needs more memory than the machine has.

    Parameters
    ----------
    needed
        Bytes, e.g. from :func:`memory_bytes`.
    available
        Bytes there are; by default all of the machine's, where the system tells.
    """
    available = _physical_memory() if available is None else available
    if available and needed > available:
        raise InputError(
            "field",
            f"the computation needs about {needed / 1e9:.3g} GB of memory, of {available / 1e9:.3g} GB",
            remedy="take a smaller field, a coarser sampling or fewer workers",
        )


def _physical_memory() -> int:
    """Bytes, or 0 where the system does not tell."""
    try:
        return int(os.sysconf("SC_PAGE_SIZE")) * int(os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return 0
