"""What settings and their groups are called, from what is said beside their descriptions."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any, get_origin

from app.gui.document.placing import groups_of
from app.gui.document.wording import words_of
from sim.core.description import is_settings, members_of
from sim.core.settings import About, Quantity
from sim.recipe.model import Recipe


@cache
def label_of(path: str) -> str:
    """The name of a setting or of a section; the empty path is the recipe.

    It is said beside the description where the name of the field does not read well.
    """
    if not path:
        return "Recipe"
    if _ends_at_entry(path):
        return path.rpartition(".")[2]
    said = next((item.label for item in metadata_of(path) if isinstance(item, (About, Quantity))), "")
    return said or words_of(path.rpartition(".")[2])


@cache
def title_of(path: str) -> str:
    """The name of a setting with the entries of lists that it belongs to: ``cdse: Radius``."""
    names: list[str] = []
    field = ""
    parts = path.split(".")
    for position in range(1, len(parts)):
        if not _ends_at_entry(".".join(parts[: position + 1])):
            continue
        key, field = parts[position], parts[position - 1]
        # Of nodes inside groups the innermost says enough.
        names = (
            [key]
            if field == "nodes"
            else [*names, f"{words_of(field)} {int(key) + 1}" if key.isdecimal() else key]
        )
    return f"{', '.join(names)}: {label_of(path)}" if names else label_of(path)


def metadata_of(path: str) -> list[Any]:
    """What is said beside a field of the recipe, in the first kind that has it; nothing of no field."""
    return _walked(path)[0]


def _ends_at_entry(path: str) -> bool:
    """Whether a path is that of an entry of a list, not of a setting in it."""
    return _walked(path)[1]


@cache
def _walked(path: str) -> tuple[list[Any], bool]:
    """(what is said beside the field at a path, whether the path ends at an entry of a list)."""
    models: tuple[Any, ...] = (Recipe,)
    metadata: list[Any] = []
    in_list = at_entry = False
    for part in path.split("."):
        if in_list:
            in_list, at_entry, metadata = False, True, []
            continue
        at_entry = False
        owner = next((item for item in models if is_settings(item) and part in item.model_fields), None)
        if owner is None:
            return [], False
        metadata = owner.model_fields[part].metadata
        kinds = members_of(owner.model_fields[part].annotation)
        models = groups_of(owner, part)
        in_list = any(get_origin(kind) in (tuple, list) for kind in kinds) and bool(models)
    return metadata, at_entry


def sentence_of(group: type[Any]) -> str:
    """The first sentence of a kind's description, for menus."""
    return (inspect.getdoc(group) or "").split("\n")[0]
