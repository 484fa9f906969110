"""Forms of crystal planes: all that the symmetry of a lattice makes of one.

Tier A.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from sim.core.errors import InputError
from sim.numerics.motion import determinant, dot
from sim.specimen.crystal.lattice import Crystal

Indices = tuple[float, float, float]
#: Integer matrices W that act on rows: (hkl) ↦ (hkl) · W.
Rotations = Sequence[ArrayLike]


def three_indices(indices: Sequence[float]) -> Indices:
    """Miller indices (hkl) of (hkl) or hexagonal (hkil), where i = −(h + k)."""
    given = tuple(float(index) for index in indices)
    if len(given) == 4:
        h, k, i, l = given  # noqa: E741
        if i != -(h + k):
            raise InputError("indices", "the third of four is −(h + k)", value=list(given),
                             allowed=f"({h:g} {k:g} {-(h + k):g} {l:g})")  # fmt: skip
        given = (h, k, l)
    if len(given) != 3 or not any(given):
        raise InputError("indices", "not a plane", value=list(given), allowed="(hkl) or (hkil), not all zero")
    return given[0], given[1], given[2]


def equivalent_planes(
    crystal: Crystal, indices: Sequence[float], rotations: Rotations | None = None
) -> tuple[Indices, ...]:
    """The form {hkl}, from the largest indices to the smallest.

    Parameters
    ----------
    crystal
        Its cell decides on the symmetry: that of the bare lattice, inversion included, so that {111} of
        zinc blende has eight planes and {0001} of wurtzite two.
    indices
        (hkl) or (hkil).
    rotations
        What to use instead of the lattice's symmetry; (hkl) itself always belongs to the form.
    """
    plane = three_indices(indices)
    matrices = lattice_symmetry(crystal) if rotations is None else rotations
    found = {plane}
    for matrix in matrices:
        rows = np.asarray(matrix, dtype=np.float64).tolist()
        # + 0.0 turns −0 into 0.
        x, y, z = (
            plane[0] * rows[0][j] + plane[1] * rows[1][j] + plane[2] * rows[2][j] + 0.0 for j in range(3)
        )
        found.add((x, y, z))
    return tuple(sorted(found, reverse=True))


def lattice_symmetry(crystal: Crystal) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """Integer matrices that keep all lengths and angles of the reciprocal lattice, to 1e-4.

    48 for a cubic cell, 24 for a hexagonal one, 16 tetragonal, 12 rhombohedral, 8 orthorhombic, 4
    monoclinic, 2 triclinic.  The cell is the conventional one or at least a short one: entries beyond ±2
    are not tried.
    """
    star = crystal.reciprocal
    metric = [[dot(one, two) for two in star] for one in star]

    def product_of(one: tuple[int, ...], two: tuple[int, ...]) -> float:
        total = 0.0
        for i in range(3):
            for j in range(3):
                total += one[i] * two[j] * metric[i][j]
        return total

    def alike(value: float, i: int, j: int) -> bool:
        return abs(value - metric[i][j]) <= 1e-4 * max(metric[i][i], metric[j][j])

    rows = [row for row in product((-2, -1, 0, 1, 2), repeat=3) if any(row)]
    choices = [[row for row in rows if alike(product_of(row, row), i, i)] for i in range(3)]
    found = []
    for first in choices[0]:
        for second in choices[1]:
            if not alike(product_of(first, second), 0, 1):
                continue
            for third in choices[2]:
                if alike(product_of(first, third), 0, 2) and alike(product_of(second, third), 1, 2):
                    matrix = (first, second, third)
                    if abs(abs(determinant(matrix)) - 1.0) < 0.5:
                        found.append(matrix)
    return tuple(found)
