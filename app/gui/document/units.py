"""Units that a person may type where a setting has one of them: which fit, and their ratios.

A unit is looked up among those that fit the setting's own, so that ``A`` is an ångström where a
length is wanted and an ampere where a current is.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from fractions import Fraction

_DEGREE = Fraction(180) / Fraction(math.pi)

_LENGTHS = {
    "pm": Fraction(1, 100),
    "Å": Fraction(1),
    "nm": Fraction(10),
    "µm": Fraction(10_000),
    "mm": Fraction(10_000_000),
}
_TIMES = {"ns": Fraction(1, 1000), "µs": Fraction(1), "ms": Fraction(1000), "s": Fraction(1_000_000)}

#: Families of units that convert into each other: name as shown, in terms of one of them.
FAMILIES: tuple[Mapping[str, Fraction], ...] = (
    _LENGTHS,
    {f"{name}/px": size for name, size in _LENGTHS.items()},
    {
        **{f"{name}/s": size for name, size in _LENGTHS.items()},
        **{f"{name}/min": size / 60 for name, size in _LENGTHS.items() if name in ("Å", "nm")},
    },
    {"°": Fraction(1), "mrad": _DEGREE / 1000, "rad": _DEGREE},
    {f"e⁻/{name}²": 1 / _LENGTHS[name] ** 2 for name in ("Å", "nm", "pm", "µm")},
    _TIMES,
    {"Hz": Fraction(1), "kHz": Fraction(1000), "MHz": Fraction(1_000_000)},
    {"fA": Fraction(1, 1000), "pA": Fraction(1), "nA": Fraction(1000), "µA": Fraction(1_000_000)},
    {f"1/{name}": 1 / size for name, size in _LENGTHS.items() if name != "pm"},
    {"px": Fraction(1)},
    {"": Fraction(1), "%": Fraction(1, 100)},
)

#: Other ways to write a unit, after :func:`_spelling` has evened out what it can.
_SPELLINGS = {
    "A": "Å",
    "ang": "Å",
    "angstrom": "Å",
    "angstroms": "Å",
    "ångström": "Å",
    "ångstrom": "Å",
    "micron": "µm",
    "um": "µm",
    "us": "µs",
    "uA": "µA",
    "sec": "s",
    "deg": "°",
    "degree": "°",
    "degrees": "°",
    "pixel": "px",
    "pixels": "px",
    "pix": "px",
    "hz": "Hz",
    "khz": "kHz",
    "percent": "%",
}


def ratio(written: str, unit: str) -> Fraction | None:
    """How many of the setting's ``unit`` one of the unit ``written`` is; None where it does not fit."""
    family = next((units for units in FAMILIES if unit in units), {unit: Fraction(1)})
    known = {_spelling(name): size for name, size in family.items()}
    size = known.get(_spelling(written))
    return None if size is None else size / family[unit]


def fitting(unit: str) -> list[str]:
    """Units that may be typed for a setting with this unit."""
    family = next((units for units in FAMILIES if unit in units), {unit: Fraction(1)})
    return [name for name in family if name]


def _spelling(unit: str) -> str:
    """One spelling for all ways to write a unit: ``e-/A^2``, ``e/Å2`` and ``e⁻/Å²`` are the same."""
    text = unicodedata.normalize("NFKC", unit).replace("μ", "µ")
    text = "".join(text.replace("−", "-").replace("^", "").split())
    text = text.replace("e-/", "e/").replace("electrons/", "e/")
    if text.endswith("-1") and text[:-2]:
        text = f"1/{text[:-2]}"
    parts = []
    for part in text.split("/"):
        square = part.endswith("2") and len(part) > 1
        word = part[:-1] if square else part
        word = _SPELLINGS.get(word, _SPELLINGS.get(word.lower(), word))
        parts.append(f"{word}2" if square else word)
    return "/".join(parts)
