"""Lists of settings edited as wholes: entries added, taken out, moved; what varies in them goes along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.gui.document import sections
from app.gui.document.reading import step, value_of
from sim.core.entries import key_of, name_of
from sim.core.settings import Settings
from sim.recipe.model import Recipe
from sim.recipe.vary import VaryGrid

#: What the first entry of a list does that the others do not.
OF_THE_FIRST = {"imaging.detectors": "makes the images"}


def with_entries(recipe: Recipe, path: str, entries: Sequence[int | dict[str, Any]]) -> Recipe:
    """The recipe with other entries in a list.

    Parameters
    ----------
    recipe
        The recipe.
    path
        The list.
    entries
        The entries in their new order: the number of one that is there, or the tree of a new one.
    """
    present = value_of(recipe, path)
    trees = [present[entry] if isinstance(entry, int) else entry for entry in entries]
    changed = sections.with_values(recipe, {path: trees})
    places = {
        f"{path}.{key_of(present, entry)}.": f"{path}.{key_of(trees, position)}."
        for position, entry in enumerate(entries)
        if isinstance(entry, int)
    }
    gone = {f"{path}.{key_of(present, position)}." for position in range(len(present))} - set(places)
    return with_vary_moved(changed, places, gone)


def with_vary_moved(recipe: Recipe, places: dict[str, str], gone: set[str]) -> Recipe:
    """The recipe with its varied settings where their entries are now.

    Parameters
    ----------
    recipe
        The recipe.
    places
        New by old beginning of paths.
    gone
        Beginnings of paths that lead to nothing any more.
    """
    kept = []
    for entry in recipe.vary:
        if entry.path.startswith(tuple(gone)):
            continue
        old = next((prefix for prefix in places if entry.path.startswith(prefix)), None)
        if old is not None and places[old] != old:
            entry = entry.model_copy(update={"path": places[old] + entry.path.removeprefix(old)})
        kept.append(entry)
    return recipe if tuple(kept) == recipe.vary else recipe.model_copy(update={"vary": tuple(kept)})


def duplicated(recipe: Recipe, path: str, position: int) -> tuple[Recipe, str]:
    """The recipe with a copy of an entry behind it, and what the copy is called.

    What is drawn at random in the entry is drawn in the copy too; what a grid goes through stays with the
    entry, or the sweep would multiply.
    """
    present = value_of(recipe, path)
    kind = type(step(recipe, f"{path}.{key_of(present, position)}"))
    copy = new_entry(kind, present, present[position])
    rest = range(position + 1, len(present))
    result = with_entries(recipe, path, [*range(position + 1), copy, *rest])
    key = key_of(value_of(result, path), position + 1)
    old = f"{path}.{key_of(present, position)}."
    drawn = [
        entry.model_copy(update={"path": f"{path}.{key}.{entry.path.removeprefix(old)}"})
        for entry in recipe.vary
        if entry.path.startswith(old) and not isinstance(entry, VaryGrid)
    ]
    return (result.model_copy(update={"vary": (*result.vary, *drawn)}) if drawn else result), key


def new_entry(kind: type[Settings], entries: Sequence[Any], like: Any = None) -> dict[str, Any]:
    """The tree of a new entry, with a name of its own where entries have names.

    Parameters
    ----------
    kind
        What it is.
    entries
        Those that are there.
    like
        The entry that it is a copy of.
    """
    tree = dict(like) if like is not None else kind().tree()
    if "name" in kind.model_fields:
        word = str(tree.get("kind") or kind.model_fields["name"].default)
        first = str(tree["name"]) if like is not None else word
        tree["name"] = free_name(first, {name_of(entry) or "" for entry in entries})
    return tree


def free_name(wanted: str, taken: set[str]) -> str:
    """A name that nobody has: the wanted one, or with a number behind it."""
    if wanted not in taken:
        return wanted
    stem, _, number = wanted.rpartition("_")
    if not stem or not number.isdecimal():
        stem = wanted
    following = (f"{stem}_{count}" for count in range(2, len(taken) + 3))
    return next(name for name in following if name not in taken)
