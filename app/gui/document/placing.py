"""One value put into the tree of a section: through groups of several kinds, and into entries of lists.

A setting that tells kinds apart takes with it what the kind chosen shares with the one before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal, get_args, get_origin

from sim.core.description import is_settings, members_of
from sim.core.entries import position_of
from sim.core.errors import InputError
from sim.core.settings import Settings
from sim.recipe.toml import set_path

Tree = dict[str, Any]
Models = tuple[type[Settings], ...]


@cache
def groups_of(model: type[Settings], field: str) -> Models:
    """The kinds of settings that a field may hold, itself or as a list; none for a plain value."""
    info = model.model_fields.get(field)
    if info is None:
        return ()
    found: list[type[Settings]] = []
    for member in members_of(info.annotation):
        parts = get_args(member) if get_origin(member) in (tuple, list) else (member,)
        for part in parts:
            found += [item for item in members_of(part) if is_settings(item)]
    return tuple(found)


@cache
def tag_of(models: Models) -> str:
    """The field that tells several kinds apart; empty where there is one kind only."""
    if len(models) < 2:
        return ""
    for name in models[0].model_fields:
        words = [_only_word(model, name) for model in models]
        if None not in words and len(set(words)) == len(models):
            return name
    return ""


def _only_word(model: type[Settings], field: str) -> Any:
    info = model.model_fields.get(field)
    words = get_args(info.annotation) if info and get_origin(info.annotation) is Literal else ()
    return words[0] if len(words) == 1 else None


def chosen(models: Models, tree: Mapping[str, Any]) -> type[Settings] | None:
    """The kind that a tree is of; None if it says none that there is."""
    tag = tag_of(models)
    if not tag:
        return models[0] if models else None
    return by_word(models).get(tree.get(tag))


def by_word(models: Models) -> dict[Any, type[Settings]]:
    """The kinds by the words that choose them."""
    tag = tag_of(models)
    return {_only_word(model, tag): model for model in models} if tag else {}


def put(tree: Tree, path: str, value: Any, model: type[Settings] | None, whole: str) -> Tree:
    """A copy of a tree with one value changed; untouched branches are shared.

    Parameters
    ----------
    tree
        Plain values; entries of lists may be settings.
    path
        Where, from the tree's root.
    value
        The new value.
    model
        What the tree is a tree of, if it is known.
    whole
        The path as the user knows it, for errors.
    """
    head, _, rest = path.partition(".")
    models = groups_of(model, head) if model is not None else ()
    branch = tree.get(head)
    if not rest or not models or not isinstance(branch, (dict, list, tuple)):
        return set_path(tree, path, value)
    if isinstance(branch, dict):
        return {**tree, head: _put_into(branch, rest, value, models, whole, entry=False)}
    key, _, below = rest.partition(".")
    position = position_of(branch, key)
    if position is None or not below:
        raise InputError(whole, f"{head} has no member named {key!r}", remedy="check the name")
    entry = branch[position]
    if isinstance(entry, Settings):
        entry = entry.tree()
    changed = _put_into(entry, below, value, models, whole, entry=True)
    return {**tree, head: (*branch[:position], changed, *branch[position + 1 :])}


def _put_into(tree: Tree, path: str, value: Any, models: Models, whole: str, *, entry: bool) -> Tree:
    present = chosen(models, tree)
    if path == tag_of(models):
        wanted = by_word(models).get(value) if isinstance(value, (str, int)) else None
        if present is not None and wanted is not None and wanted is not present:
            return {**_shared(tree, present, wanted, entry=entry), path: value}
    return put(tree, path, value, present, whole)


def _shared(tree: Tree, old: type[Settings], new: type[Settings], *, entry: bool) -> Tree:
    """What a tree of one kind hands over to another kind.

    An entry of a list hands over what was changed: a film has another priority and role than a particle.
    """
    kept = {}
    for name, value in tree.items():
        before, after = old.model_fields.get(name), new.model_fields.get(name)
        if before is None or after is None or before.annotation != after.annotation:
            continue
        if not (entry and name != "name" and plain_value(usual(old, name)) == plain_value(value)):
            kept[name] = value
    return kept


@cache
def usual(model: type[Settings], field: str) -> Any:
    """What a field of settings is unless changed, as it is and not a copy; None where it must be given."""
    info = model.model_fields[field]
    return None if info.is_required() else info.get_default(call_default_factory=True)


def plain_value(value: Any) -> Any:
    """A value without settings in it: trees, and tuples of trees."""
    if isinstance(value, Settings):
        return {name: plain_value(item) for name, item in value.tree().items()}
    if isinstance(value, dict):
        return {name: plain_value(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(plain_value(item) for item in value)
    return value


def entries_of(value: Any) -> Sequence[Settings] | None:
    """The entries of a list of settings; None of any other value, an empty list included."""
    if isinstance(value, tuple) and value and isinstance(value[0], Settings):
        return value
    return None
