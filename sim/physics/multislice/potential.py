"""Projected potentials from structure factors: exact, in double precision, for small cells and for tests.

The fast ways are in ``stamps`` and ``spreading``; here is what they are measured against.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import scipy.fft

from sim.core.types import FloatArray, IntArray
from sim.physics.multislice.cell import Cell
from sim.physics.scattering.factors import Parametrisation, debye_waller, projected_factor


def smeared_factor(
    number: int, k2: FloatArray, parametrisation: Parametrisation, b_factor: float = 0.0
) -> FloatArray:
    """Fourier transform of an atom's projected potential, V Å³, at squared frequencies ``k2`` (Å⁻²).

    ``b_factor`` (Å²) smears it by thermal motion, exp(−B k²/4); 0 for an atom at rest.
    """
    factor: FloatArray = projected_factor(number, k2, parametrisation)
    return factor * debye_waller(k2, b_factor) if b_factor else factor


def potential_exact(
    cell: Cell,
    positions: FloatArray,
    numbers: IntArray,
    *,
    parametrisation: Parametrisation = "lobato",
    b_factors: Mapping[int, float] | None = None,
    weight: FloatArray | None = None,
) -> FloatArray:
    """Projected potential of all atoms given, from their structure factors.

    Parameters
    ----------
    cell
        Its slices play no role.
    positions
        (N, 2) or (N, 3) Å; z plays no role.
    numbers
        (N,) atomic numbers.
    parametrisation, b_factors
        Scattering factors and, by atomic number, Debye–Waller factors B, Å².
    weight
        (rows, columns//2 + 1) factors of the frequencies, e.g. a band limit; none by default.

    Returns
    -------
    (rows, columns) float64, V Å.

    Notes
    -----
    V(r) = Σ_k exp(2πi k·r) Σ_atoms f(k) exp(−2πi k·r_atom) / area, over all frequencies of the grid: cost
    and memory are (rows + columns) · N and rows · columns · N.
    """
    half = cell.columns // 2 + 1
    m, n = scipy.fft.fftfreq(cell.rows) * cell.rows, np.arange(half)
    k2 = np.add.outer(np.square(cell.ky), np.square(n / cell.width))
    rows, columns = cell.rows_of(positions[:, 1]), cell.columns_of(positions[:, 0])
    spectrum = np.zeros((cell.rows, half), dtype=np.complex128)
    for number in np.unique(numbers).tolist():
        chosen = numbers == number
        row_phases = np.exp(-2j * np.pi / cell.rows * np.outer(m, rows[chosen]))
        column_phases = np.exp(-2j * np.pi / cell.columns * np.outer(columns[chosen], n))
        factor = smeared_factor(number, k2, parametrisation, (b_factors or {}).get(number, 0.0))
        spectrum += (row_phases @ column_phases) * factor
    if weight is not None:
        spectrum *= weight
    values: FloatArray = scipy.fft.irfft2(spectrum, s=cell.shape, overwrite_x=True, workers=1)
    return values / (cell.row_step * cell.column_step)
