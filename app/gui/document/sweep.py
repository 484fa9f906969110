"""The list of varied settings of a recipe: entries put in, taken out and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.gui.document.naming import renamed
from app.gui.document.reading import value_of
from app.gui.document.sections import validated
from sim.core.errors import InputError
from sim.recipe.model import Recipe
from sim.recipe.vary import Vary


def with_entry(recipe: Recipe, path: str, tree: Mapping[str, Any] | None) -> Recipe:
    """The recipe with one setting varied as ``tree`` says, or fixed (None).

    An entry keeps its place in the list: the order of grids is the order of the images.

    Raises
    ------
    InputError
        If the entry is not valid or does not suit the setting it varies.
    """
    others = [entry for entry in recipe.vary if entry.path != path]
    if tree is None:
        return recipe.model_copy(update={"vary": tuple(others)}) if others != list(recipe.vary) else recipe
    entry = _checked(recipe, path, tree)
    place = next((i for i, old in enumerate(recipe.vary) if old.path == path), len(recipe.vary))
    return recipe.model_copy(update={"vary": (*others[:place], entry, *others[place:])})


def without_vanished(before: Recipe, after: Recipe) -> Recipe:
    """Drop entries that vary a setting which ``before`` had and ``after`` has no longer."""
    if before.specimen is after.specimen and before.pose is after.pose and before.imaging is after.imaging:
        return after
    kept = tuple(entry for entry in after.vary if exists(after, entry.path) or not exists(before, entry.path))
    return after if len(kept) == len(after.vary) else after.model_copy(update={"vary": kept})


def exists(recipe: Recipe, path: str) -> bool:
    """Whether the kinds that the recipe chose have a setting."""
    try:
        value_of(recipe, path)
    except KeyError:
        return False
    return True


def _checked(recipe: Recipe, path: str, tree: Mapping[str, Any]) -> Vary:
    # The plan's laws are wanted only once something varies, not when the window starts.
    from sim.plan.variation import read_variation

    try:
        entry: Vary = validated("vary", [{**tree, "path": path}])[0]
        read_variation(recipe.model_copy(update={"vary": (entry,)}))
    except InputError as error:
        raise renamed(error, lambda name: _by_setting(name, path)) from None
    return entry


def _by_setting(parameter: str, path: str) -> str:
    """A parameter of the one entry that was tried, called by its setting instead of its place."""
    named = parameter.startswith("vary.0")
    return parameter.replace("vary.0", f"vary ({path})", 1) if named else parameter
