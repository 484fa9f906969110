"""Projected potentials of atoms as separable stamps, for the compiled kernel.

The potential of one atom, limited in frequency so that a grid can carry it, is a sum of six products
u(y) v(x): the leading eigenfunctions of V(sqrt(x² + y²)) taken as a matrix.  u and v are tabulated at 65
positions of an atom inside its pixel; an atom anywhere costs six multiplications a point.  Every element has
a radius of its own: what an atom of gold has left at 3 Å is nothing, what one of caesium has is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.core.types import FloatArray
from sim.physics.multislice.cell import Cell
from sim.physics.multislice.potential import smeared_factor
from sim.physics.scattering.factors import Parametrisation, projected_potential

#: Number of products.
RANK = 6
#: Positions inside a pixel with tables; between them the tables are interpolated linearly.
FRACTIONS = 64
#: Radii at which an atom's potential may end, Å; its last tenth fades out.
RADII = tuple(0.4 * number for number in range(8, 21))
_FADE = 0.9
#: Share of the potential (root of the integrals of squares over the plane) that may lie beyond the radius:
#: errors in the band are about three times this (at most 1e-3 for light elements and noble metals, 1.5e-3 for
#: every element, with what six products leave out).
_BEYOND = 2.6e-4
#: Tables hold a multiple of so many columns: vector instructions without a rest.
_COLUMNS = 16
#: Distance over which errors of the six products count less, Å: see ``_products``.
_CORE = 0.2
#: Vectors and rounds of the subspace iteration: exact to the rounding of the tables.
_SUBSPACE, _ROUNDS = 16, 6
#: Frequencies between which the potential fades out, in units of 1/step (4.4 and 7.0 Å⁻¹ at 0.1 Å).
TAPER = (0.44, 0.70)
#: Points of the fine grid to a step.
_FINE = 6


@dataclass(frozen=True, eq=False)
class Stamps:
    """Tables of all elements of a specimen.

    Attributes
    ----------
    numbers
        (E,) atomic numbers, ascending.
    row_tables, column_tables
        (E, 65, 6, m) float32: value at pixel m − R + 1 of an atom at fraction/64 of a pixel, with the
        eigenvalues in ``row_tables``, so that products are in V Å.  R is the element's reach.
    places
        (E, 4) int64: rows and columns that an element's stamp begins after the widest one's, and the rows
        and columns of its tables that are in use.
    margins
        Rows and columns before an atom's own that the widest stamp reaches.
    """

    numbers: NDArray[np.int64]
    row_tables: NDArray[np.float32]
    column_tables: NDArray[np.float32]
    places: NDArray[np.int64]
    margins: tuple[int, int]

    def padded_shape(self, cell: Cell) -> tuple[int, int]:
        """Shape of a potential with a margin all round, so that no stamp wraps."""
        high, wide = (np.max(self.places[:, axis] + self.places[:, axis + 2]) for axis in (0, 1))
        return cell.rows + int(high) - 1, cell.columns + int(wide) - 1


def stamps(
    cell: Cell,
    numbers: Sequence[int],
    parametrisation: Parametrisation = "lobato",
    b_factors: Mapping[int, float] | None = None,
) -> Stamps:
    """Tables for a cell's steps.

    Parameters
    ----------
    cell
        Only its steps matter.
    numbers
        Atomic numbers, ascending.
    parametrisation, b_factors
        As in ``potential.potential_exact``.
    """
    pairs = [
        _tables(number, cell.row_step, cell.column_step, parametrisation, (b_factors or {}).get(number, 0.0))
        for number in numbers
    ]
    reaches = np.array([[table.shape[2] // 2 for table in pair] for pair in pairs])
    widths = -(-2 * reaches[:, 1] // _COLUMNS) * _COLUMNS
    widest = reaches.max(axis=0)
    return Stamps(
        np.array(numbers, dtype=np.int64),
        _joined([rows for rows, _ in pairs], int(2 * widest[0])),
        _joined([columns for _, columns in pairs], int(widths.max())),
        np.column_stack([widest - reaches, 2 * reaches[:, 0], widths]).astype(np.int64),
        (int(widest[0]) - 1, int(widest[1]) - 1),
    )


@lru_cache(maxsize=256)
def radius(number: int, parametrisation: Parametrisation = "lobato") -> float:
    """Radius at which an element's stamp ends, Å: the least of ``RADII`` with little beyond it."""
    r = np.geomspace(RADII[0], 3.0 * RADII[-1], 400)
    squares = 2.0 * np.pi * r * np.square(projected_potential(number, r, parametrisation))
    steps = 0.5 * (squares[1:] + squares[:-1]) * np.diff(r)
    beyond = np.append(np.cumsum(steps[::-1])[::-1], 0.0)
    # By Parseval's theorem, in the band of a grid of 0.1 Å.
    k, width = np.linspace(0.0, 10.0 / 3.0, 401, retstep=True)
    whole = np.sum(2.0 * np.pi * k * np.square(smeared_factor(number, k * k, parametrisation))) * float(width)
    left = np.sqrt(np.interp(RADII, r, beyond) / whole)
    return next((radius for radius, share in zip(RADII, left, strict=True) if share <= _BEYOND), RADII[-1])


def _joined(tables: Sequence[NDArray[np.float32]], length: int) -> NDArray[np.float32]:
    """One array of tables of several lengths, with zeros behind the shorter ones."""
    joined = np.zeros((len(tables), *tables[0].shape[:2], length), dtype=np.float32)
    for target, table in zip(joined, tables, strict=True):
        target[..., : table.shape[2]] = table
    return joined


@lru_cache(maxsize=64)
def _tables(
    number: int, row_step: float, column_step: float, parametrisation: Parametrisation, b_factor: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    from scipy.interpolate import CubicSpline

    step, end = max(row_step, column_step), radius(number, parametrisation)
    fine = np.linspace(0.0, end, round(end / step * _FINE) + 1)
    r = np.hypot.outer(fine, fine)
    inside = r <= end
    values = np.zeros_like(r)
    values[inside] = _radial(number, parametrisation, b_factor, step, end, r[inside])
    phase = np.clip((r / end - _FADE) / (1.0 - _FADE), 0.0, 1.0)
    values *= 0.5 * (1.0 + np.cos(np.pi * phase))
    # Only even functions occur, so half the line is enough: mirrored points count twice.
    twice = np.where(fine > 0.0, 2.0, 1.0)
    # What lay beyond the radius is spread over the stamp, so that the mean inner potential is exact.
    spread = np.where(inside, 0.5 * (1.0 + np.cos(np.pi * np.minimum(r / end, 1.0))), 0.0)
    whole = smeared_factor(number, np.zeros(1), parametrisation, b_factor)[0] / (fine[1] ** 2)
    areas = np.multiply.outer(twice, twice)
    values += spread * (whole - np.sum(areas * values)) / np.sum(areas * spread)
    functions, weights = _products(values, fine, twice)
    line = np.concatenate([-fine[:0:-1], fine])
    spline = CubicSpline(line, np.concatenate([functions[:0:-1], functions]))
    rows, columns = (_sampled(spline, axis_step, end) for axis_step in (row_step, column_step))
    return (rows * weights[None, :, None]).astype(np.float32), columns.astype(np.float32)


def _products(values: FloatArray, fine: FloatArray, twice: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Functions (points, 6) and factors (6,) of which the sum of products is closest to a potential.

    Notes
    -----
    Closest in squares times (1 + |x|/0.2 Å)²(1 + |y|/0.2 Å)²: what is off far from the nucleus is off at
    low frequencies, where the potential of an atom is strongest.
    """
    root = np.sqrt(twice) * (1.0 + fine / _CORE)
    matrix = root[:, None] * values * root[None, :]
    # Six of sixteen vectors by subspace iteration, as eigenvalues fall by a factor of about three each; and
    # no large product or decomposition of the linear-algebra library, whose bits depend on its threads.
    basis = np.cos(np.pi * np.outer(np.arange(_SUBSPACE), fine / fine[-1]))
    for _ in range(_ROUNDS):
        basis = _orthonormal(np.einsum("ij,kj->ki", matrix, basis))
    image = np.einsum("ij,kj->ki", matrix, basis)
    factors, mixture = np.linalg.eigh(np.einsum("ki,li->kl", basis, image))
    order = np.argsort(-np.abs(factors), kind="stable")[:RANK]
    vectors = np.einsum("ki,kn->in", basis, mixture[:, order])
    return vectors / root[:, None], factors[order]


def _orthonormal(vectors: FloatArray) -> FloatArray:
    """Rows (k, n) made orthonormal one after the other (Gram and Schmidt, modified, twice)."""
    for _ in range(2):
        for number in range(len(vectors)):
            vectors[number] /= np.sqrt(np.sum(np.square(vectors[number])))
            overlaps = np.sum(vectors[number + 1 :] * vectors[number], axis=1)
            vectors[number + 1 :] -= overlaps[:, None] * vectors[number]
    return vectors


def _sampled(spline: object, step: float, end: float) -> FloatArray:
    """Functions at the pixels around an atom, (65, 6, 2R), that end at a radius, Å."""
    reach = int(np.ceil(end / step * (1.0 - 1e-9)))
    fractions = np.arange(FRACTIONS + 1) / FRACTIONS
    distance = (np.arange(2 * reach)[None, :] - reach + 1 - fractions[:, None]) * step
    values: FloatArray = spline(np.clip(distance, -end, end))  # type: ignore[operator]
    values[np.abs(distance) > end] = 0.0
    return np.ascontiguousarray(values.transpose(0, 2, 1))


def _radial(
    number: int, parametrisation: Parametrisation, b_factor: float, step: float, end: float, r: FloatArray
) -> FloatArray:
    """V(r ≤ end) = ∫ f(k) w(k) J₀(2πkr) 2πk dk, V Å, with w fading out over ``TAPER``."""
    from scipy.interpolate import CubicSpline
    from scipy.special import j0

    low, high = TAPER[0] / step, TAPER[1] / step
    # Panels of sixteen nodes for every wave of J₀ at the radius: exact to rounding.
    nodes, node_weights = np.polynomial.legendre.leggauss(16)
    panels = int(np.ceil(high * end)) + 1
    width = high / panels
    k = ((np.arange(panels)[:, None] + 0.5 * (nodes + 1.0)) * width).ravel()
    node_weights = np.tile(0.5 * width * node_weights, panels)
    fade = np.where(k < low, 1.0, 0.5 * (1.0 + np.cos(np.pi * (k - low) / (high - low))))
    factor = smeared_factor(number, np.square(k), parametrisation, b_factor) * fade
    distance = np.linspace(0.0, end, max(400, int(24.0 * high * end)))
    kernel = j0(2.0 * np.pi * np.outer(distance, k))
    values = np.einsum("ij,j->i", kernel, factor * 2.0 * np.pi * k * node_weights)
    result: FloatArray = CubicSpline(distance, values)(r)
    return result
