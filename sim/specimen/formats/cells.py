"""Unit cells from lengths and angles."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sim.core.types import FloatArray
from sim.specimen.formats.source import StructureText


def cell_from_lengths_and_angles(
    text: StructureText, values: Sequence[float], line: int | None
) -> FloatArray:
    """Row vectors (3, 3) in Å of a, b, c (Å) and alpha, beta, gamma (degrees).

    a lies along x and b in the upper half of the xy plane, as in ase and most programs.

    Raises
    ------
    InputError
        If a length is not positive or no cell has these angles.
    """
    a, b, c, alpha, beta, gamma = values
    if min(a, b, c) <= 0.0:
        raise text.refuse("a cell length is not positive", line=line, remedy="correct the cell")
    if not all(0.0 < angle < 180.0 for angle in (alpha, beta, gamma)):
        raise text.refuse(
            "a cell angle is not between 0 and 180 degrees", line=line, remedy="correct the cell"
        )
    cos_alpha, cos_beta, cos_gamma = _cosine(alpha), _cosine(beta), _cosine(gamma)
    sin_gamma = math.sqrt(1.0 - cos_gamma * cos_gamma)
    x = cos_beta
    y = (cos_alpha - cos_beta * cos_gamma) / sin_gamma
    height = 1.0 - x * x - y * y
    if height <= 1e-8:
        raise text.refuse("no cell has these three angles", line=line, remedy="correct the cell")
    return np.array(
        [[a, 0.0, 0.0], [b * cos_gamma, b * sin_gamma, 0.0], [c * x, c * y, c * math.sqrt(height)]]
    )


def _cosine(degrees: float) -> float:
    """Cosine, exact where crystals need it."""
    exact = {60.0: 0.5, 90.0: 0.0, 120.0: -0.5}
    return exact[degrees] if degrees in exact else math.cos(math.radians(degrees))
