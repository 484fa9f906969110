"""Chemical elements: symbols and atomic numbers, and what file labels mean.

Tables of masses and scattering factors live elsewhere.
"""

from __future__ import annotations

import re

_TABLE = """
H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr
Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb
Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf
Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og
"""

#: Symbols of the elements 1 to 118 in order (IUPAC periodic table, 2022).
SYMBOLS: tuple[str, ...] = tuple(_TABLE.split())

LARGEST_NUMBER = len(SYMBOLS)

_NUMBERS: dict[str, int] = {symbol: number for number, symbol in enumerate(SYMBOLS, start=1)}
#: Lower case to number; deuterium and tritium scatter electrons as hydrogen does.
_ANY_CASE: dict[str, int] = {symbol.lower(): number for symbol, number in _NUMBERS.items()} | {"d": 1, "t": 1}
_LEADING_LETTERS = re.compile(r"[A-Za-z]+")


def symbol_of(number: int) -> str:
    """Symbol of an atomic number.

    Raises
    ------
    ValueError
        Outside 1 to 118.
    """
    if not 1 <= number <= LARGEST_NUMBER:
        raise ValueError(f"{number} is no atomic number (1 to {LARGEST_NUMBER})")
    return SYMBOLS[number - 1]


def number_of(symbol: str) -> int | None:
    """Atomic number of a symbol in any case (``D`` is hydrogen); None if it is no symbol."""
    return _ANY_CASE.get(symbol.lower()) if symbol.isascii() else None


def number_of_label(label: str) -> int | None:
    """Atomic number of an atom label such as ``Zn1``, ``Fe3+``, ``O1A``, or None where it is unclear.

    A label that can be read in two ways is not guessed: ``CA`` may be calcium or an alpha carbon,
    ``CU1`` copper or carbon U1, ``Wat`` is no tungsten.  With the usual capitals (``Ca1``,
    ``Cu1``) it is clear.
    """
    found = _LEADING_LETTERS.match(label)
    if found is None:
        return None
    letters = found.group()
    if len(letters) == 1:
        return number_of(letters)
    pair, single = number_of(letters[:2]), number_of(letters[0])
    capitals = letters[0].isupper() and letters[1].islower()
    if len(letters) > 2 and not (capitals and letters[2].isupper()):
        return None
    if pair is not None and (capitals or single is None):
        return pair
    return single if pair is None else None
