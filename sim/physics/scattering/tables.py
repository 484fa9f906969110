"""The published coefficients of ``resources/scattering``, read once when first needed.

The two tables differ by some 0.7 % for a typical element, by up to 3 % between 0.5 and 12 Å⁻¹, and by up to
12 % below 0.5 Å⁻¹ (Po, Ir, Cr, Ru, Rh), where the outermost electrons count.  Nothing here tells which is
nearer to a real atom there.  Lobato's obeys the exact limits of hydrogen and of the bare nucleus; Kirkland's
was fitted up to 12 Å⁻¹ and loses the second by up to 9 %.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import Literal, get_args

import numpy as np

from sim.core.errors import InputError, nearest
from sim.core.types import FloatArray
from sim.physics.elements import LARGEST_NUMBER, symbol_of

#: Who fitted the scattering factors: Lobato & Van Dyck (2014) or Kirkland (2010).
Parametrisation = Literal["lobato", "kirkland"]

PARAMETRISATIONS: tuple[Parametrisation, ...] = get_args(Parametrisation)

#: The last element of both tables, lawrencium.
LARGEST_TABULATED = 103


def coefficients(number: int, parametrisation: Parametrisation = "lobato") -> FloatArray:
    """Coefficients of one element as (term, 2) pairs, not to be written to.

    Parameters
    ----------
    number
        Atomic number, 1 to 103.
    parametrisation
        ``lobato``: five pairs (a in Å, b in Å²).  ``kirkland``: three Lorentzian pairs (a in Å⁻¹,
        b in Å⁻²), then three Gaussian pairs (c in Å, d in Å²).

    Raises
    ------
    InputError
        An element without tabulated coefficients, an unknown parametrisation.
    """
    if parametrisation not in PARAMETRISATIONS:
        raise InputError(
            "parametrisation",
            "no such table of scattering factors",
            value=parametrisation,
            allowed=", ".join(PARAMETRISATIONS),
            remedy=nearest(str(parametrisation), PARAMETRISATIONS),
        )
    found = _table(parametrisation).get(number)
    if found is None:
        raise InputError(
            "element",
            "no scattering factors are tabulated for this element",
            value=symbol_of(number) if 1 <= number <= LARGEST_NUMBER else number,
            allowed=f"atomic numbers 1 to {LARGEST_TABULATED} (H to {symbol_of(LARGEST_TABULATED)})",
        )
    return found


@cache
def _table(parametrisation: Parametrisation) -> dict[int, FloatArray]:
    file = resources.files("resources") / "scattering" / f"{parametrisation}.csv"
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    rows = csv.reader(lines[1:])
    found = {}
    for number, _symbol, *values in rows:
        pairs = np.array([float(value) for value in values]).reshape(-1, 2)
        pairs.flags.writeable = False
        found[int(number)] = pairs
    return found
