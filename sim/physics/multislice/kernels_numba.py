"""Kernels of the potential and the transmission compiled by numba (the optional ``fast`` extra).

Tier B: fused and reordered arithmetic (``fastmath``) is allowed, for the compiled code is the same in every
run on one machine type.  Inner loops run over one-dimensional slices from 0 upwards; with two-dimensional
sub-views the compiler uses no vector instructions (ten times slower).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_f4 = np.float32
# π/2 in three parts and the polynomials of sine and cosine in [−π/4, π/4] (Moshier, Cephes, sinf.c).
_QUARTERS = _f4(2.0 / np.pi)
_PART1, _PART2, _PART3 = _f4(1.5703125), _f4(4.837512969970703e-4), _f4(7.549789948768648e-8)
_S1, _S2, _S3 = _f4(-1.6666654611e-1), _f4(8.3321608736e-3), _f4(-1.9515295891e-4)
_C1, _C2, _C3 = _f4(4.166664568298827e-2), _f4(-1.388731625493765e-3), _f4(2.443315711809948e-5)
_HALF, _ONE = _f4(0.5), _f4(1.0)


def _deposit(
    target: NDArray[np.float32],
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
    species: NDArray[np.int64],
    row_tables: NDArray[np.float32],
    column_tables: NDArray[np.float32],
    places: NDArray[np.int64],
) -> None:
    """target += Σ_atoms Σ_6 u(row − row_atom) v(column − column_atom); see ``stamps.Stamps``."""
    fractions = row_tables.shape[1] - 1
    u = np.empty((row_tables.shape[3], 6), np.float32)
    v = np.empty((6, column_tables.shape[3]), np.float32)
    v0, v1, v2, v3, v4, v5 = v[0], v[1], v[2], v[3], v[4], v[5]
    stride = target.shape[1]
    flat = target.reshape(target.size)
    for atom in range(len(rows)):
        kind = species[atom]
        high, wide = places[kind, 2], places[kind, 3]
        top, left = int(rows[atom]), int(columns[atom])
        y, x = (rows[atom] - top) * fractions, (columns[atom] - left) * fractions
        below_y, below_x = int(y), int(x)
        part_y, part_x = _f4(y - below_y), _f4(x - below_x)
        for k in range(6):
            a, b = row_tables[kind, below_y, k], row_tables[kind, below_y + 1, k]
            c, d = column_tables[kind, below_x, k], column_tables[kind, below_x + 1, k]
            line = v[k]
            for m in range(high):
                u[m, k] = a[m] + part_y * (b[m] - a[m])
            for m in range(wide):
                line[m] = c[m] + part_x * (d[m] - c[m])
        start = (top + places[kind, 0]) * stride + left + places[kind, 1]
        for i in range(high):
            line = flat[start + i * stride : start + i * stride + wide]
            # The six products are written out, so that the factors stay in registers.
            u0, u1, u2, u3, u4, u5 = u[i, 0], u[i, 1], u[i, 2], u[i, 3], u[i, 4], u[i, 5]
            for j in range(wide):
                line[j] += u0 * v0[j] + u1 * v1[j] + u2 * v2[j] + u3 * v3[j] + u4 * v4[j] + u5 * v5[j]


def _fold(
    target: NDArray[np.float32], rows: int, columns: int, top: int, left: int, first: int, last: int
) -> None:
    """Add what lies outside [top, top + rows) × [left, left + columns) to its periodic images inside.

    Only rows ``first`` to ``last`` of the target hold anything.
    """
    for i in range(first, last):
        inside = top + (i - top) % rows
        if inside != i:
            target[inside] += target[i]
            target[i] = 0.0
            first, last = top, top + rows
    right, beyond = left + columns, target.shape[1] - left - columns
    for i in range(max(first, top), min(last, top + rows)):
        line = target[i]
        if max(left, beyond) <= columns:
            before, after = line[right - left : right], line[left : left + beyond]
            for j in range(left):
                before[j] += line[j]
            for j in range(beyond):
                after[j] += line[right + j]
        else:
            for j in range(left):
                line[left + (j - left) % columns] += line[j]
            for j in range(right, target.shape[1]):
                line[left + (j - left) % columns] += line[j]


def _transmit(
    wave: NDArray[np.float32], potential: NDArray[np.float32], top: int, left: int, sigma: float
) -> None:
    """wave, complex64 seen as (rows, 2 · columns) float32, times exp(iσV); error below 1e-7."""
    scale = _f4(sigma)
    columns = wave.shape[1] // 2
    for i in range(wave.shape[0]):
        line, phases = wave[i], potential[top + i, left : left + columns]
        for j in range(columns):
            x = phases[j] * scale
            quarter = np.int32(x * _QUARTERS + _HALF) if x >= 0 else np.int32(x * _QUARTERS - _HALF)
            whole = _f4(quarter)
            r = ((x - whole * _PART1) - whole * _PART2) - whole * _PART3
            r2 = r * r
            sine = ((_S3 * r2 + _S2) * r2 + _S1) * r2 * r + r
            cosine = ((_C3 * r2 + _C2) * r2 + _C1) * r2 * r2 - _HALF * r2 + _ONE
            odd = quarter & 1
            s = cosine if odd else sine
            c = sine if odd else cosine
            s = -s if (quarter & 2) else s
            c = -c if ((quarter + 1) & 2) else c
            real, imaginary = line[2 * j], line[2 * j + 1]
            line[2 * j] = real * c - imaginary * s
            line[2 * j + 1] = real * s + imaginary * c


_compile = numba.njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
deposit = _compile(_deposit)
fold = _compile(_fold)
_transmit_single = _compile(_transmit)


def transmit(wave: NDArray[Any], potential: NDArray[Any], top: int, left: int, sigma: float) -> None:
    """As ``kernels_numpy.transmit``, for complex64 and float32."""
    _transmit_single(wave.view(np.float32), potential, top, left, sigma)
