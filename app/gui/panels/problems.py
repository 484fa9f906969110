"""Where in the panel an error belongs: at the setting that it names.  No Qt here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NAMED = re.compile(r"vary \(([^)]+)\)")
_NUMBERED = re.compile(r"vary\.(\d+)")


@dataclass(frozen=True)
class Place:
    """A setting, and whether the error is about how it varies."""

    path: str
    varies: bool


def place_of(parameter: str, varied: Sequence[str] = ()) -> Place:
    """The setting that an error's parameter is about.

    Parameters
    ----------
    parameter
        ``imaging.sigma``, ``specimen.files.name``, ``vary (imaging.sigma).values`` or ``vary.0.low``.
    varied
        The settings that vary, in the recipe's order.
    """
    named = _NAMED.match(parameter)
    if named:
        return Place(named.group(1), True)
    numbered = _NUMBERED.match(parameter)
    if numbered:
        position = int(numbered.group(1))
        return Place(varied[position] if position < len(varied) else "", True)
    if parameter.startswith("specimen.files"):
        return Place("specimen.files", False)
    return Place(parameter, False)
