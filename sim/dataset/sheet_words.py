"""Words on a contact sheet: names, values and units, and the caption that says what all images share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Settings whose names or units are shorter on a sheet.
SHORT = {
    "imaging.sigma": ("sigma", "Å"),
    "imaging.alpha": ("alpha", ""),
    "imaging.mode": ("mode", ""),
    "image.pixel_size": ("pixel", "Å"),
    "noise.preset": ("noise", ""),
    "noise.exposure.dose": ("dose", "e/Å^2"),
}
#: Letters that Pillow's own font lacks.
SPELLED = {"⁻": "", "²": "^2", "³": "^3", "µ": "u", "·": "*"}


def short_name(path: str) -> str:
    """What a sheet calls a setting."""
    return SHORT[path][0] if path in SHORT else path.rpartition(".")[2].replace("_", " ")


def value_words(value: Any, digits: int = 6) -> str:
    """A value, numbers as short as they can be."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.{digits}g}".replace("e+0", "e") if isinstance(value, float) else str(value)


def item(path: str, value: Any, units: Mapping[str, str], digits: int = 6) -> str:
    """``sigma 0.6 Å``.

    Parameters
    ----------
    units
        Of varied settings by path, as dataset.json has them.
    digits
        Of a number, at most.
    """
    unit = SHORT[path][1] if path in SHORT else units.get(path, "")
    spelled = "".join(SPELLED.get(letter, letter) for letter in unit)
    return f"{short_name(path)} {value_words(value, digits)} {spelled}".rstrip()


def settings_line(recipe: Mapping[str, Any]) -> str:
    """The settings that all images share; for those that vary, their range, or that they do."""
    vary = {entry["path"]: entry for entry in recipe.get("vary", ())}
    imaging, noise = recipe["imaging"], recipe["noise"]
    words = []
    for path in ("imaging.sigma", "imaging.alpha", "imaging.mode"):
        name = path.partition(".")[2]
        if name in imaging:
            words.append(_shared_or_range(path, imaging[name], vary))
    words.append(_shared_or_range("image.pixel_size", recipe["image"]["pixel_size"], vary))
    words.append(_shared_or_range("noise.preset", noise["preset"], vary))
    words += _dose(noise.get("exposure", {}), vary)
    return ", ".join([*words, f"seed {recipe['seed']}"])


def _dose(exposure: Mapping[str, Any], vary: Mapping[str, Any]) -> list[str]:
    path = "noise.exposure.dose"
    current = {"noise.exposure.beam_current", "noise.scan.dwell_time", "image.pixel_size"}
    if {"noise.exposure.mode", "noise.exposure.source"} & set(vary):
        return ["dose varies"]
    if "noise.preset" in vary and path not in vary:
        return ["dose varies"]
    if exposure.get("mode", "none") == "none" and "noise.preset" not in vary:
        return []
    if exposure.get("source") == "beam_current" and "noise.preset" not in vary:
        return ["dose varies"] if current & set(vary) else []
    return [_shared_or_range(path, exposure.get("dose"), vary)]


def _shared_or_range(path: str, value: Any, vary: Mapping[str, Any]) -> str:
    entry = vary.get(path)
    if entry is None:
        return item(path, value, {})
    ends = _ends(entry)
    if ends is None:
        return f"{short_name(path)} varies"
    return item(path, f"{value_words(ends[0])} to {value_words(ends[1])}", {})


def _ends(entry: Mapping[str, Any]) -> tuple[float, float] | None:
    """Smallest and largest value that a law is sure to keep to; None where it has none."""
    values = entry.get("values") or ()
    if values and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return float(min(values)), float(max(values))
    first, last = ("start", "stop") if entry["law"] == "grid" else ("low", "high")
    if not values and first in entry and last in entry:
        low, high = sorted((float(entry[first]), float(entry[last])))
        return low, high
    return None
