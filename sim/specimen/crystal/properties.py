"""Properties of elements and metals that scenes need: surface energies and Debye-Waller factors.

Tier A.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

Miller = tuple[int, int, int]

#: Surface energies, J/m², calculated (full charge density, GGA): L. Vitos, A. V. Ruban, H. L. Skriver,
#: J. Kollár, Surf. Sci. 411, 186 (1998), as commonly quoted from it; not compared with its pages.
SURFACE_ENERGIES: Mapping[str, tuple[tuple[Miller, float], ...]] = MappingProxyType(
    {
        "Au": (((1, 1, 1), 1.283), ((1, 0, 0), 1.627), ((1, 1, 0), 1.700)),
        "Ag": (((1, 1, 1), 1.172), ((1, 0, 0), 1.200), ((1, 1, 0), 1.238)),
        "Cu": (((1, 1, 1), 1.952), ((1, 0, 0), 2.166), ((1, 1, 0), 2.237)),
        "Pt": (((1, 1, 1), 2.299), ((1, 0, 0), 2.734), ((1, 1, 0), 2.819)),
        "Pd": (((1, 1, 1), 1.920), ((1, 0, 0), 2.326), ((1, 1, 0), 2.225)),
        "Ni": (((1, 1, 1), 2.011), ((1, 0, 0), 2.426), ((1, 1, 0), 2.368)),
        "Al": (((1, 1, 1), 1.199), ((1, 0, 0), 1.347), ((1, 1, 0), 1.271)),
        "Ir": (((1, 1, 1), 2.971), ((1, 0, 0), 3.722), ((1, 1, 0), 3.606)),
        "Pb": (((1, 1, 1), 0.321), ((1, 0, 0), 0.377), ((1, 1, 0), 0.445)),
        "Fe": (((1, 1, 0), 2.430), ((1, 0, 0), 2.222), ((2, 1, 1), 2.589), ((1, 1, 1), 2.733)),
        "W": (((1, 1, 0), 4.005), ((1, 0, 0), 4.635), ((2, 1, 1), 4.177), ((1, 1, 1), 4.452)),
    }
)

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
