"""The named noise presets of ``resources/presets/noise``: complete dictionaries of the settings.

A preset file holds ``text`` (what it is, with its dose) and ``settings`` (every field of
``NoiseSettings`` but ``preset``).
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from sim.core.errors import InputError, nearest

#: What a recipe gets that names no preset.
DEFAULT_PRESET = "poisson_medium"


@dataclass(frozen=True)
class Preset:
    """One named preset.

    Attributes
    ----------
    name
        Name of its file, and of the preset in recipes and manifests.
    text
        What it is and what dose it has, for tooltips and help.
    settings
        Group → field → value, complete.
    """

    name: str
    text: str
    settings: Mapping[str, Mapping[str, Any]]

    def tree(self) -> dict[str, Any]:
        """A fresh settings tree with the preset's name, to be changed at will."""
        return {"preset": self.name, **copy.deepcopy(dict(self.settings))}


@cache
def presets() -> dict[str, Preset]:
    """All presets by name, in alphabetical order."""
    folder = resources.files("resources") / "presets" / "noise"
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            name = entry.name.removesuffix(".toml")
            content = tomllib.loads(entry.read_text(encoding="utf-8"))
            found[name] = Preset(name, " ".join(content["text"].split()), _frozen(content["settings"]))
    return found


def preset(name: str) -> Preset:
    """One preset.

    Raises
    ------
    InputError
        If there is none of this name; it names the nearest.
    """
    found = presets().get(name)
    if found is None:
        names = list(presets())
        raise InputError(
            "noise.preset",
            "there is no such preset",
            value=name,
            allowed=", ".join(names),
            remedy=nearest(name, names) or "choose one of these",
        )
    return found


def merged(settings: Mapping[str, Any]) -> dict[str, Any]:
    """A settings tree laid over its preset: the keys given win, the preset gives the rest."""
    tree = preset(settings.get("preset", DEFAULT_PRESET)).tree()
    _lay_over(tree, settings)
    return tree


def differences(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The smallest tree that ``merged`` turns into ``settings`` again."""
    base = preset(settings["preset"]).tree()
    result: dict[str, Any] = {"preset": settings["preset"]}
    for group, values in settings.items():
        if isinstance(values, Mapping):
            changed = {key: value for key, value in values.items() if base[group][key] != value}
            if changed:
                result[group] = changed
    return result


def _lay_over(tree: dict[str, Any], settings: Mapping[str, Any]) -> None:
    for key, value in settings.items():
        if isinstance(value, Mapping) and isinstance(tree.get(key), dict):
            _lay_over(tree[key], value)
        else:
            tree[key] = _frozen(value)


def _frozen(value: Any) -> Any:
    """Lists become tuples: strict settings take them for tuples only straight from JSON."""
    if isinstance(value, Mapping):
        return {key: _frozen(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(_frozen(item) for item in value)
    return value
