"""The tables of atoms and of columns that are stored with every image.

Tier A.  ``x`` and ``y`` are true positions in the specimen (Å); ``row`` and ``column`` say where the
same point appears in the image, scan distortion included (pixels, whole numbers are pixel centres).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.types import BoolArray, FloatArray, ImageGrid, IntArray
from sim.labels.columns import Columns

Table = Mapping[str, NDArray[Any]]


def in_field(row: FloatArray, column: FloatArray, grid: ImageGrid) -> BoolArray:
    """Which points lie on a pixel of the image, (N,) bool."""
    on_rows = np.logical_and(np.greater_equal(row, -0.5), np.less(row, grid.height - 0.5))
    on_columns = np.logical_and(np.greater_equal(column, -0.5), np.less(column, grid.width - 0.5))
    return np.logical_and(on_rows, on_columns)


def atom_table(
    numbers: IntArray,
    positions: FloatArray,
    row: FloatArray,
    column: FloatArray,
    column_index: IntArray,
    grid: ImageGrid,
) -> Table:
    """Every atom: element, true position, place in the image, column.

    Parameters
    ----------
    numbers, positions
        (N,) atomic numbers and (N, 3) posed positions, Å.
    row, column
        (N,) where the atoms appear in the image, pixels.
    column_index
        (N,) column of each atom, a row of the table of columns.
    grid
        Pixels of the image.

    Returns
    -------
    ``number``, ``x``, ``y``, ``z`` (height along the beam; the entrance surface is at the largest z),
    ``row``, ``column``, ``column_index``, ``in_field``; N entries each, in the order of the atoms.
    """
    return {
        "number": np.asarray(numbers, dtype=np.uint8),
        "x": np.ascontiguousarray(positions[:, 0]),
        "y": np.ascontiguousarray(positions[:, 1]),
        "z": np.ascontiguousarray(positions[:, 2]),
        "row": np.asarray(row, dtype=np.float64),
        "column": np.asarray(column, dtype=np.float64),
        "column_index": np.asarray(column_index, dtype=np.int32),
        "in_field": in_field(row, column, grid),
    }


def column_table(
    columns: Columns, row: FloatArray, column: FloatArray, resolved: BoolArray, grid: ImageGrid
) -> Table:
    """Every atomic column: mean position, place in the image, number of atoms.

    Parameters
    ----------
    columns
        M columns, as found.
    row, column
        (N,) where the atoms appear in the image, pixels; a column appears at their mean.
    resolved
        (M,) whether the image resolves the column.
    grid
        Pixels of the image.

    Returns
    -------
    ``x``, ``y``, ``row``, ``column``, ``count``, ``resolved``, ``in_field``; M entries each.
    """
    count = columns.count.astype(np.float64)
    mean_row = np.divide(np.bincount(columns.index, weights=row), count)
    mean_column = np.divide(np.bincount(columns.index, weights=column), count)
    return {
        "x": columns.x,
        "y": columns.y,
        "row": mean_row,
        "column": mean_column,
        "count": columns.count.astype(np.int32),
        "resolved": np.asarray(resolved, dtype=np.bool_),
        "in_field": in_field(mean_row, mean_column, grid),
    }
