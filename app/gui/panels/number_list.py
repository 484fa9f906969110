"""Lists of numbers as text: ``50, 100 Hz``.  No Qt here."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.gui.document import numbers
from sim.core.errors import InputError

#: A comma with a digit on both sides and no space: a decimal comma, or two numbers?
_TIGHT_COMMA = re.compile(r"\d,\d")


def parse_list(text: str, unit: str = "") -> list[float]:
    """Numbers separated by semicolons, or by commas with a space after them.

    A unit may stand behind each number, or behind the last for all of them.

    Raises
    ------
    InputError
        With a sentence on what cannot be read.
    """
    text = text.strip().strip("[]()").strip()
    if not text or text.lower() == "none":
        return []
    if ";" in text:
        parts = text.split(";")
    else:
        if _TIGHT_COMMA.search(text) and ", " not in text and text.count(",") > 0:
            raise InputError(
                text, "may be one number or several", remedy='write a space after each comma ("50, 100")'
            )
        parts = re.split(r",\s+|,$", text)
    words = [part.strip() for part in parts if part.strip()]
    last = words[-1]
    # The unit of the last number holds for those before it that have none.
    suffix = re.sub(r"^[+−-]?[\d.,]*(?:[eE][+−-]?\d+)?", "", last).strip()
    return [
        numbers.parse(f"{word} {suffix}" if suffix and word[-1].isdigit() else word, unit=unit)
        for word in words
    ]


def format_list(values: Sequence[float], unit: str = "", step: float | None = None) -> str:
    """The numbers with one unit at the end; ``parse_list`` reads them back.

    A word among them, as a recipe's file may have it, is shown as it is: it cannot be mended unseen.
    """
    if not values:
        return ""
    shown = [_shown(value, step) for value in values]
    return f"{', '.join(shown)}{f' {unit}' if unit else ''}"


def _shown(value: object, step: float | None) -> str:
    return numbers.format(value, "", step) if isinstance(value, (int, float)) else str(value)
