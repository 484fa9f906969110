"""Makers of projected potentials: stamps, spreading or structure factors, behind one call.

The compiled kernels stamp atoms; without them, and for HAADF, atoms are spread; in double precision the
potential is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.types import FloatArray, IntArray
from sim.physics.multislice import kernels
from sim.physics.multislice.cell import BAND_EDGE, Cell
from sim.physics.multislice.potential import potential_exact
from sim.physics.multislice.propagation import Precision
from sim.physics.multislice.spreading import Spreading
from sim.physics.multislice.stamps import TAPER, stamps
from sim.physics.scattering.factors import Parametrisation

Accuracy = Literal["hrtem", "haadf"]
#: A projected potential, V Å: (rows, columns) float32, or float64 in double precision.
Potential = NDArray[Any]


class Placed(NamedTuple):
    """A potential in C order that may have margins.

    Attributes
    ----------
    values
        With the margins.
    top, left
        Row and column where the cell begins.
    first, last
        Rows of the cell outside which there is vacuum.
    """

    values: Potential
    top: int
    left: int
    first: int
    last: int


#: Makes the potential of atoms at fractional rows and columns, of elements by index.
Source = Callable[[FloatArray, FloatArray, IntArray], Placed]

#: Band of the numpy kernels' potential in units of 1/step, limit and width of its edge: the stamps' own.
_SPREAD_BAND = (TAPER[1], TAPER[1] - TAPER[0])


def potential_source(
    cell: Cell,
    numbers: tuple[int, ...],
    accuracy: Accuracy,
    precision: Precision,
    parametrisation: Parametrisation,
    b_factors: Mapping[int, float] | None,
) -> Callable[[], Source]:
    """What makes a maker of potentials; each loop over slices has one of its own (buffers)."""
    edge = BAND_EDGE / max(cell.row_step, cell.column_step)
    if not numbers:
        return lambda: _no_atoms
    if precision == "double":
        weight = cell.band()[:, : cell.columns // 2 + 1] if accuracy == "haadf" else None
        return lambda: _unpadded(_Exact(cell, numbers, parametrisation, b_factors, weight))
    if accuracy == "haadf":
        spreading = Spreading(cell, numbers, parametrisation, b_factors, cell.k_max, edge)
        return lambda: _unpadded(spreading.potential)
    module = kernels.compiled()
    if module is None:
        limit, width = (share / max(cell.row_step, cell.column_step) for share in _SPREAD_BAND)
        spreading = Spreading(cell, numbers, parametrisation, b_factors, limit, width)
        return lambda: _unpadded(spreading.potential)
    tables = stamps(cell, numbers, parametrisation, b_factors)

    def stamping() -> Source:
        padded = np.zeros(tables.padded_shape(cell), dtype=np.float32)
        top, left = tables.margins
        reach = len(padded) - cell.rows + 1
        used = [0, 0]

        def potential(rows: FloatArray, columns: FloatArray, species: IntArray) -> Placed:
            padded[used[0] : used[1]] = 0.0
            first, last = int(np.min(rows)), int(np.max(rows)) + reach
            module.deposit(
                padded, rows, columns, species, tables.row_tables, tables.column_tables, tables.places
            )
            module.fold(padded, cell.rows, cell.columns, top, left, first, last)
            if first < top or last > top + cell.rows:
                first, last = 0, len(padded)
            used[:] = first, last
            return Placed(padded, top, left, max(first - top, 0), min(last - top, cell.rows))

        return potential

    return stamping


def _unpadded(make: Callable[[FloatArray, FloatArray, IntArray], Potential]) -> Source:
    def potential(rows: FloatArray, columns: FloatArray, species: IntArray) -> Placed:
        return whole(make(rows, columns, species))

    return potential


def whole(values: Potential) -> Placed:
    """A potential without margins."""
    return Placed(values, 0, 0, 0, len(values))


def _no_atoms(rows: FloatArray, columns: FloatArray, species: IntArray) -> Placed:
    raise AssertionError("an engine without elements met an atom")


class _Exact:
    """Potentials in double precision."""

    def __init__(
        self,
        cell: Cell,
        numbers: tuple[int, ...],
        parametrisation: Parametrisation,
        b_factors: Mapping[int, float] | None,
        weight: FloatArray | None,
    ) -> None:
        self._cell, self._weight = cell, weight
        self._numbers = np.array(numbers, dtype=np.int64)
        self._parametrisation, self._b_factors = parametrisation, b_factors

    def __call__(self, rows: FloatArray, columns: FloatArray, species: IntArray) -> Potential:
        cell = self._cell
        x, y = cell.left + columns * cell.column_step, cell.top - rows * cell.row_step
        return potential_exact(
            cell,
            np.stack([x, y], axis=1),
            self._numbers[species],
            parametrisation=self._parametrisation,
            b_factors=self._b_factors,
            weight=self._weight,
        )
