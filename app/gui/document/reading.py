"""Reading a recipe by paths: values, defaults, and what differs between two recipes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from app.gui.document.placing import entries_of, plain_value
from app.gui.document.placing import usual as usual_of
from app.gui.document.sections import FILES, KIND_PATHS, PRESET, members
from sim.core.entries import key_of, position_of
from sim.core.settings import Settings
from sim.noise import presets
from sim.noise.settings import NoiseSettings
from sim.recipe.kinds import IMAGING, SPECIMENS
from sim.recipe.model import Job, Recipe, usual_pose

#: Stands for the list of varied settings among the changed paths.
VARY = "vary"
#: Settings the user never meets.
UNSEEN = ("schema_version", VARY)


def value_of(recipe: Recipe | Job, path: str) -> Any:
    """The plain value of a setting.

    Raises
    ------
    KeyError
        If the kinds that the recipe chose have no such setting, or it is a group of settings.
    """
    here = step(recipe, path)
    if isinstance(here, Settings):
        raise KeyError(path)
    return plain_value(here)


def step(recipe: Recipe | Job, path: str) -> Any:
    """What stands at a path as it is: a value, a group of settings, an entry of a list.

    Raises
    ------
    KeyError
        If nothing does.
    """
    here: Any = recipe
    for part in path.split("."):
        here = _step(here, part, path)
    return here


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
    here: Any = recipe
    # What stands there unless changed; None where only the settings' own class says.
    usual: Any = None
    for part in parts[:-1]:
        usual = _usual_below(here, usual, part)
        here = _step(here, part, path)
    last = parts[-1]
    if not isinstance(here, Settings) or last not in type(here).model_fields:
        raise KeyError(path)
    if isinstance(getattr(here, last), Settings):
        raise KeyError(path)
    if usual is not None and (type(usual) is type(here) or _tells_kind(parts, here, usual)):
        return plain_value(getattr(usual, last))
    return plain_value(usual_of(type(here), last))


def _usual_below(here: Any, usual: Any, part: str) -> Any:
    """What stands in a field unless changed, where that is a group of settings."""
    if isinstance(here, Recipe):
        # A section is what its kind says, and its kind is the default recipe's.
        if part == "pose":
            return usual_pose(here.specimen.kind)
        if part == "imaging":
            return usual_imaging(here.specimen.kind)
        return Recipe.model_fields[part].default if part in Recipe.model_fields else None
    if not isinstance(here, Settings) or part not in type(here).model_fields:
        return None
    if type(usual) is type(here):
        return getattr(usual, part)
    found = usual_of(type(here), part)
    return found if isinstance(found, Settings) else None


@cache
def usual_imaging(kind: str) -> Settings:
    """The imaging of a kind of specimen where nothing else is said: the first model that can image it."""
    yields = SPECIMENS[kind].yields
    present = Recipe().imaging
    if yields in IMAGING[present.model].accepts:
        return present
    found = next(entry for entry in IMAGING.values() if yields in entry.accepts).model()
    assert isinstance(found, Settings)
    return found


def _tells_kind(parts: list[str], here: Settings, usual: Any) -> bool:
    """Whether a path ends at the word that tells the present kind of a group from the usual one."""
    last = parts[-1]
    if len(parts) == 2:
        return KIND_PATHS.get(parts[0]) == last
    return last == "kind" and last in type(usual).model_fields and last in type(here).model_fields


def leaves(recipe: Recipe, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Paths and raw values of the settings below ``prefix``, in the kinds that the recipe chose.

    The empty prefix stands for the settings of the recipe that belong to no section.
    """
    if not prefix:
        for name, value in members(recipe):
            if not isinstance(value, Settings) and name not in UNSEEN:
                yield name, value
        return
    here = step(recipe, prefix)
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
        elif isinstance(new, NoiseSettings) and old.preset != new.preset:
            found.update((path, None) for path, _ in _below(new, f"{name}."))
        elif isinstance(new, Settings):
            found.update((path, None) for path in _differing(old, new, f"{name}."))
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


def _differing(old: Settings, new: Settings, prefix: str) -> Iterator[str]:
    """Settings of two groups that differ, those that only one of them has included."""
    for name in {**type(new).model_fields, **type(old).model_fields}:
        path = f"{prefix}{name}"
        if name not in type(old).model_fields or name not in type(new).model_fields:
            value = getattr(new if name in type(new).model_fields else old, name)
            if isinstance(value, Settings):
                yield from (below for below, _ in _below(value, f"{path}."))
            else:
                yield path
            continue
        first, second = getattr(old, name), getattr(new, name)
        if first is second:
            continue
        if isinstance(first, Settings) and isinstance(second, Settings):
            yield from _differing(first, second, f"{path}.")
        elif path != FILES and (entries_of(first) or entries_of(second)):
            yield from _differing_entries(first, second, path)
        elif first != second:
            yield path


def _differing_entries(old: tuple[Any, ...], new: tuple[Any, ...], path: str) -> Iterator[str]:
    """The list itself where other entries are in it or in another order, and what differs inside entries."""
    before = {key_of(old, position): entry for position, entry in enumerate(old)}
    after = {key_of(new, position): entry for position, entry in enumerate(new)}
    if list(before) != list(after):
        yield path
    for key, entry in after.items():
        if key in before and before[key] is not entry:
            yield from _differing(before[key], entry, f"{path}.{key}.")


def _step(here: Any, part: str, path: str) -> Any:
    if isinstance(here, Settings) and part in type(here).model_fields:
        return getattr(here, part)
    if isinstance(here, tuple):
        position = position_of(here, part)
        if position is not None and isinstance(here[position], Settings):
            return here[position]
    raise KeyError(path)
