"""Length of a scale bar by the 1-2-5 rule, with its text.  No Qt: views and picture export share it."""

from __future__ import annotations

import math

#: Lengths from here on are written in nanometres, Å.
NANOMETRES_FROM = 10.0
#: A bar takes at most this part of the picture's width.
LONGEST_PART = 0.25


def nice_length(longest: float) -> float:
    """The largest 1, 2 or 5 times a power of ten that is not longer than ``longest`` (same unit).

    Raises
    ------
    ValueError
        If ``longest`` is not positive and finite.
    """
    if not (math.isfinite(longest) and longest > 0.0):
        raise ValueError(f"a scale bar needs a positive length, not {longest}")
    power = math.floor(math.log10(longest))
    # The logarithm may fall on the wrong side of a power of ten by a rounding error.
    candidates = [digit * 10.0**exponent for exponent in (power - 1, power, power + 1) for digit in (1, 2, 5)]
    return max(length for length in candidates if length <= longest * (1.0 + 1e-12))


def bar_within(width: float, pixels_per_angstrom: float) -> tuple[float, float]:
    """The bar for a picture ``width`` pixels wide: its length in Å and in pixels."""
    length = nice_length(LONGEST_PART * width / pixels_per_angstrom)
    return length, length * pixels_per_angstrom


def length_text(length: float) -> str:
    """A length in Å as people write it: ``5 Å``, ``2 nm``, ``0.5 µm``."""
    if length >= 1e4 * (1.0 - 1e-12):
        return f"{length / 1e4:g} µm"
    if length >= NANOMETRES_FROM * (1.0 - 1e-12):
        return f"{length / 10.0:g} nm"
    return f"{length:g} Å"
