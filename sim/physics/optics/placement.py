"""How the Fourier coefficients of a wave become its values at the points of an image, by fast transforms.

Coefficients are multiplied by their transfer while they are put where a transform wants them; both passes of
the transform then work in place, and of the second only the columns that the image shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sim.core.types import FloatArray, IntArray

Wave = NDArray[np.complex64]
#: Rows on their way from one pass to the other, and a strip of them before.
Buffers = tuple[Wave, Wave]
#: Rows of a strip.
_STRIP = 128
#: Which of a block's frequencies go where among those of a transform: from, to, and whether nothing was put
#: there before.
Runs = tuple[tuple[slice, slice, bool], ...]


@dataclass(frozen=True, eq=False)
class Placement:
    """Blocks of one shape onto the points of one image.

    Attributes
    ----------
    points
        Rows and columns of the transform: those of a whole period.
    shape
        Rows and columns of the image, the first of the points.
    rows, columns
        Where the block's frequencies go; those that points cannot tell apart fall onto each other.
    row_phases, column_phases
        (m,) and (n,) complex64 factors that move the first point to its place.
    """

    points: tuple[int, int]
    shape: tuple[int, int]
    rows: Runs
    columns: Runs
    row_phases: Wave
    column_phases: Wave

    def buffers(self) -> Buffers:
        """Arrays for :meth:`wave` to work in."""
        return (
            np.empty((self.points[0], self.shape[1]), dtype=np.complex64),
            np.empty((_STRIP, self.points[1]), dtype=np.complex64),
        )

    def wave(self, block: NDArray[Any], transfer: NDArray[Any], buffers: Buffers) -> Wave:
        """Values of block · transfer, (H, W), a view into the buffers; the phases belong to the transfer."""
        half, strip = buffers
        if not _covered(self.rows, self.points[0]):
            half.fill(0.0)
        gaps = not _covered(self.columns, self.points[1])
        # Along x in strips of rows that stay in the processor's cache from the product to the points.
        for source, target, first_row in self.rows:
            for start in range(source.start, source.stop, _STRIP):
                part = slice(start, min(start + _STRIP, source.stop))
                lines = strip[: part.stop - part.start]
                if gaps:
                    lines.fill(0.0)
                for source_column, place, first in self.columns:
                    here = part, source_column
                    if first:
                        np.multiply(block[here], transfer[here], out=lines[:, place], casting="same_kind")
                    else:
                        lines[:, place] += block[here] * transfer[here]
                made = fft.ifft(lines, axis=1, norm="forward", overwrite_x=True, workers=1)
                begin = target.start + start - source.start
                rows = slice(begin, begin + len(made))
                if first_row:
                    half[rows] = made[:, : self.shape[1]]
                else:
                    half[rows] += made[:, : self.shape[1]]
        wave: Wave = fft.ifft(half, axis=0, norm="forward", overwrite_x=True, workers=1)
        return wave[: self.shape[0]]


@runtime_checkable
class Places(Protocol):
    """Something that knows its placement, if there is one."""

    def placement(self, shape: tuple[int, int]) -> Placement | None:
        """For blocks of a shape; None where fast transforms cannot do it."""


def runs_of(index: IntArray) -> Runs:
    """Runs of frequencies that go to places ``index`` (m,) of a transform."""
    new = np.zeros(len(index), dtype=np.bool_)
    new[np.unique(index, return_index=True)[1]] = True
    breaks = np.flatnonzero((np.diff(index) != 1) | (new[1:] != new[:-1])) + 1
    edges = [0, *breaks.tolist(), len(index)]
    return tuple(
        (slice(first, last), slice(int(index[first]), int(index[first]) + last - first), bool(new[first]))
        for first, last in pairwise(edges)
    )


def fast_points(kx: FloatArray, ky: FloatArray) -> Placement:
    """A block onto points that cover its period about as densely as it has frequencies.

    As many as make a fast transform; of an odd number of frequencies, the two outermost may be one.
    """
    points, runs = [], []
    for axis in (ky, kx):
        steps = np.diff(axis) if len(axis) > 1 else np.ones(1)
        # Towards the way in which they mostly run, which mirrors the image at most.
        index = np.rint((axis - axis[np.argmin(np.abs(axis))]) / np.median(steps)).astype(np.int64)
        count = int(fft.next_fast_len(max(1, len(axis) - len(axis) % 2)))
        points.append(count)
        runs.append(runs_of(index % count))
    shape = (points[0], points[1])
    return Placement(shape, shape, runs[0], runs[1], _ones(len(ky)), _ones(len(kx)))


def own_points(shape: tuple[int, int]) -> Placement:
    """A block onto as many points as it has frequencies, in the order it has them."""
    rows, columns = (((slice(0, side), slice(0, side), True),) for side in shape)
    return Placement(shape, shape, rows, columns, _ones(shape[0]), _ones(shape[1]))


def _ones(count: int) -> Wave:
    return np.ones(count, dtype=np.complex64)


def _covered(runs: Runs, points: int) -> bool:
    filled: int = sum(target.stop - target.start for _, target, first in runs if first)
    return filled == points
