"""Thermal motion of atoms: tabulated Debye–Waller factors.

Tier A: the standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

#: Isotropic B factors near room temperature, Å²: L.-M. Peng, G. Ren, S. L. Dudarev, M. J. Whelan,
#: Acta Cryst. A52, 456 (1996), 280 K.
B_FACTORS: Mapping[int, float] = MappingProxyType(
    {6: 0.142, 14: 0.463, 26: 0.310, 29: 0.526, 47: 0.702, 79: 0.593}
)

#: B factor where none is known, Å²: a displacement of 0.10 Å (rms) along each axis, B = 8π²·u².
UNSOURCED_B_FACTOR = 0.79

_OXYGEN, _IRON = 8, 26


def b_factors_in(elements: Iterable[int]) -> dict[int, float]:
    """B factor of every element of one object, Å².

    Notes
    -----
    The value tabulated for iron is that of the metal: beside oxygen it is not used.
    """
    present = set(elements)
    factors = {number: b_factor(number)[0] for number in sorted(present)}
    if {_OXYGEN, _IRON} <= present:
        factors[_IRON] = UNSOURCED_B_FACTOR
    return factors


def b_factor(number: int) -> tuple[float, bool]:
    """B factor of an element as such, Å², and whether it comes from a source.

    Notes
    -----
    The tabulated values belong to the elemental crystals (carbon: diamond); for the same element in a
    compound, such as iron in an oxide, pass what is known of that compound instead.
    """
    known = B_FACTORS.get(number)
    return (UNSOURCED_B_FACTOR, False) if known is None else (known, True)
