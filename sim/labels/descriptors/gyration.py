"""Extent and shape of a cloud of solid spheres: radius of gyration, principal moments.

Tier A.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim.numerics.detmath import FloatArray, ordered_sum

#: Rotations after which a 3 × 3 matrix is diagonal to the last bit, and far beyond.
_SWEEPS = 12
_PLANES = ((0, 1), (0, 2), (1, 2))


@dataclass(frozen=True)
class Gyration:
    """Second moments of the mass of spheres.

    Attributes
    ----------
    radius
        Radius of gyration R_g, Å.
    moments
        The three principal moments of the gyration tensor, Å², descending; their sum is R_g².
    """

    radius: float
    moments: tuple[float, float, float]

    @property
    def anisotropy(self) -> float:
        """Largest principal moment divided by the smallest; 1 for a sphere."""
        return self.moments[0] / self.moments[2] if self.moments[2] > 0.0 else 1.0


def gyration(centres: FloatArray, radii: FloatArray) -> Gyration:
    """Moments of homogeneous spheres of equal density, each with its whole mass m = r³.

    Parameters
    ----------
    centres
        (N, 3) Å.
    radii
        (N,) Å.

    Returns
    -------
    T = Σ m [(c − c̄)(c − c̄)ᵀ + r²/5] / Σ m in its principal axes, and R_g² = trace T =
    Σ m (|c − c̄|² + 3r²/5) / Σ m.
    """
    if not len(radii):
        return Gyration(0.0, (0.0, 0.0, 0.0))
    squares = np.multiply(radii, radii)
    masses = np.multiply(squares, radii)
    total = float(ordered_sum(masses))
    middle = np.divide(ordered_sum(np.multiply(centres, masses[:, None]), axis=0), total)
    offsets = np.subtract(centres, middle)
    own = float(ordered_sum(np.multiply(masses, squares))) / total / 5.0
    tensor = [[0.0] * 3 for _ in range(3)]
    for row in range(3):
        for column in range(row, 3):
            product = np.multiply(np.multiply(offsets[:, row], offsets[:, column]), masses)
            value = float(ordered_sum(product)) / total
            tensor[row][column] = tensor[column][row] = value + own if row == column else value
    radius = math.sqrt(tensor[0][0] + tensor[1][1] + tensor[2][2])
    return Gyration(radius, eigenvalues(tensor))


def eigenvalues(matrix: list[list[float]]) -> tuple[float, float, float]:
    """Eigenvalues of a symmetric 3 × 3 matrix, descending.

    Jacobi's rotations (Golub and Van Loan, Matrix Computations, 4th ed., section 8.5.2), which take
    nothing but + − × ÷ and square roots.
    """
    a = [list(map(float, row)) for row in matrix]
    for _ in range(_SWEEPS):
        for p, q in _PLANES:
            if a[p][q] == 0.0:
                continue
            tau = (a[q][q] - a[p][p]) / (2.0 * a[p][q])
            # Beyond 1e150 the square would be infinite; t is 1/(2τ) there to every digit.
            root = math.sqrt(1.0 + tau * tau) if abs(tau) < 1e150 else abs(tau)
            t = 1.0 / (tau + root) if tau >= 0.0 else 1.0 / (tau - root)
            _rotate(a, p, q, t)
    low, middle, high = sorted((a[0][0], a[1][1], a[2][2]))
    return high, middle, low


def _rotate(a: list[list[float]], p: int, q: int, t: float) -> None:
    """Turn a symmetric matrix in the plane (p, q) by the angle of tangent t that makes a[p][q] 0."""
    cosine = 1.0 / math.sqrt(1.0 + t * t)
    sine = t * cosine
    rest = 3 - p - q
    shift = t * a[p][q]
    a[p][p] -= shift
    a[q][q] += shift
    a[p][q] = a[q][p] = 0.0
    along, across = a[rest][p], a[rest][q]
    a[rest][p] = a[p][rest] = cosine * along - sine * across
    a[rest][q] = a[q][rest] = sine * along + cosine * across
