"""Reading a recipe by paths: values, defaults, and what differs between two recipes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.gui.document.sections import FILES, KIND_PATHS, PRESET, members
from sim.core.settings import Settings
from sim.noise import presets
from sim.noise.settings import NoiseSettings
from sim.recipe.model import Recipe

#: Stands for the list of varied settings among the changed paths.
VARY = "vary"
#: Settings the user never meets.
UNSEEN = ("schema_version", VARY)


def value_of(recipe: Recipe, path: str) -> Any:
    """The plain value of a setting.

    Raises
    ------
    KeyError
        If the kinds that the recipe chose have no such setting, or it is a group of settings.
    """
    here: Any = recipe
    for part in path.split("."):
        here = _step(here, part, path)
    if isinstance(here, Settings):
        raise KeyError(path)
    return _plain(here)


def default_of(recipe: Recipe, path: str) -> Any:
    """What a setting is unless changed; a setting of the noise is by default what the preset says.

    Raises
    ------
    KeyError
        As for the value.
    """
    parts = path.split(".")
    if parts[0] == "noise" and path != PRESET and len(parts) == 3:
        try:
            return presets.preset(recipe.noise.preset).settings[parts[1]][parts[2]]
        except KeyError:
            raise KeyError(path) from None
    if len(parts) == 2 and KIND_PATHS.get(parts[0]) == parts[1]:
        return getattr(Recipe.model_fields[parts[0]].default, parts[1])
    here: Any = recipe
    for part in parts[:-1]:
        here = _step(here, part, path)
    if not isinstance(here, Settings) or parts[-1] not in type(here).model_fields:
        raise KeyError(path)
    if isinstance(getattr(here, parts[-1]), Settings):
        raise KeyError(path)
    info = type(here).model_fields[parts[-1]]
    return None if info.is_required() else _plain(info.get_default(call_default_factory=True))


def leaves(recipe: Recipe, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Paths and raw values of the settings below ``prefix``, in the kinds that the recipe chose.

    The empty prefix stands for the settings of the recipe that belong to no section.
    """
    if not prefix:
        for name, value in members(recipe):
            if not isinstance(value, Settings) and name not in UNSEEN:
                yield name, value
        return
    here: Any = recipe
    for part in prefix.split("."):
        here = _step(here, part, prefix)
    if isinstance(here, Settings):
        yield from _below(here, f"{prefix}.")
    else:
        yield prefix, here


def all_leaves(recipe: Recipe) -> Iterator[tuple[str, Any]]:
    """Every setting of the recipe but the list of what varies."""
    yield from leaves(recipe)
    for name, value in members(recipe):
        if isinstance(value, Settings):
            yield from _below(value, f"{name}.")


def is_default(recipe: Recipe, path: str) -> bool:
    """Whether a setting has its default value."""
    if path == FILES:
        return not value_of_files(recipe)
    return bool(value_of(recipe, path) == default_of(recipe, path))


def value_of_files(recipe: Recipe) -> tuple[Settings, ...]:
    """The structure files of the recipe, none where it images no files."""
    return tuple(getattr(recipe.specimen, "files", ()))


def changed_paths(before: Recipe, after: Recipe) -> tuple[str, ...]:
    """Settings that differ, those that only one of two recipes has included.

    With the noise preset all settings of the noise count as changed, as their defaults are others.
    Where the varied settings differ, ``vary`` and the settings concerned are among them.
    """
    found: dict[str, None] = {}
    for name in Recipe.model_fields:
        old, new = getattr(before, name), getattr(after, name)
        if old is new:
            continue
        if name == VARY:
            found.update(dict.fromkeys(_varied_otherwise(before, after)))
        elif isinstance(new, Settings):
            everything = isinstance(new, NoiseSettings) and old.preset != new.preset
            first, second = dict(_below(old, f"{name}.")), dict(_below(new, f"{name}."))
            for path in {**second, **first}:
                if everything or (path in first) != (path in second) or first[path] != second[path]:
                    found[path] = None
        elif old != new:
            found[name] = None
    return tuple(found)


def _varied_otherwise(before: Recipe, after: Recipe) -> list[str]:
    old = {entry.path: entry for entry in before.vary}
    new = {entry.path: entry for entry in after.vary}
    concerned = [path for path in {**new, **old} if old.get(path) != new.get(path)]
    return [VARY, *concerned] if concerned or before.vary != after.vary else []


def _below(group: Settings, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in members(group):
        if isinstance(value, Settings):
            yield from _below(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _step(here: Any, part: str, path: str) -> Any:
    if isinstance(here, Settings) and part in type(here).model_fields:
        return getattr(here, part)
    if isinstance(here, tuple):
        for entry in here:
            if getattr(entry, "name", None) == part:
                return entry
    raise KeyError(path)


def _plain(value: Any) -> Any:
    if isinstance(value, Settings):
        return value.tree()
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    return value
