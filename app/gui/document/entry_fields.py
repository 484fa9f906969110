"""Sections and fields of one entry of a list, of a node for example, by its path in the recipe."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from app.gui.document import fields
from app.gui.document.fields import Field, Section
from app.gui.document.labels import label_of, sentence_of
from app.gui.document.placing import by_word, groups_of, tag_of
from app.gui.document.reading import step, value_of
from app.gui.document.references import REFERENCES, nodes_of
from app.gui.document.sections import FILES
from sim.core.entries import key_of
from sim.core.settings import Settings, model_fields
from sim.recipe.model import Job, Recipe

#: Entries whose sections are kept: those of the nodes a user goes back and forth between.
MOST_KEPT = 128
#: What a name that is left out stands for, by the end of its path.
NO_NAME = "(none)"


@dataclass(frozen=True)
class Entry:
    """An entry of a list.

    Attributes
    ----------
    path
        Its path in the recipe.
    list_path
        That of its list.
    settings
        What it is.
    kinds
        The kinds that entries of its list may be.
    """

    path: str
    list_path: str
    settings: Settings
    kinds: tuple[type[Settings], ...]


def _kinds_in(owner: Settings, field: str) -> tuple[type[Settings], ...]:
    return groups_of(type(owner), field)


def entry_at(recipe: Recipe | Job, path: str) -> Entry | None:
    """The innermost entry of a list that a path leads to or through; None where it meets no list."""
    here: Any = recipe
    found = None
    parts = path.split(".")
    owner: Any = recipe
    for depth in range(len(parts)):
        before = here
        try:
            here = step(recipe, ".".join(parts[: depth + 1]))
        except KeyError:
            break
        if isinstance(before, tuple) and isinstance(here, Settings):
            kinds = _kinds_in(owner, parts[depth - 1])
            found = Entry(".".join(parts[: depth + 1]), ".".join(parts[:depth]), here, kinds)
        if isinstance(here, Settings):
            owner = here
    return found


def title_in(field: Field, key: str) -> str:
    """What an entry of a list is called: by its name, else by its number."""
    return f"{field.label} {int(key) + 1}" if key.isdecimal() else key


def entries_in(recipe: Recipe, field: Field) -> list[tuple[str, str]]:
    """(path, title) of the entries of a list; none where the kinds chosen have no such list."""
    try:
        entries = value_of(recipe, field.path)
    except KeyError:
        return []
    keys = [key_of(entries, position) for position in range(len(entries))]
    return [(f"{field.path}.{key}", f"{field.label}: {title_in(field, key)}") for key in keys]


@lru_cache(maxsize=MOST_KEPT)
def entry_sections(
    model: type[Settings],
    path: str,
    kinds: tuple[type[Settings], ...] = (),
    hidden: tuple[str, ...] = (),
    title: str = "General",
) -> tuple[Section, ...]:
    """The sections of an entry: its own fields, its groups, its lists.

    Parameters
    ----------
    model
        What the entry is.
    path
        Its path in the recipe.
    kinds
        What it may be: with several, there is a field that chooses among them.
    hidden
        Names of settings of its own that are edited elsewhere.
    title
        Of the section of its own settings.
    """
    entries, dot, name = path.rpartition(".")
    # Entries of one kind in one list differ by their paths alone.
    like = f"{entries}{dot}{'0' if name.isdecimal() else 'entry'}"
    return tuple(_moved(section, like, path) for section in _sections_like(model, like, kinds, hidden, title))


def _moved(section: Section, old: str, new: str) -> Section:
    """The section of another entry of the same kind."""

    def path_of(path: str) -> str:
        return f"{new}{path.removeprefix(old)}"

    def field_of(field: Field) -> Field:
        only_if = None if field.only_if is None else (path_of(field.only_if[0]), field.only_if[1])
        return replace(field, path=path_of(field.path), only_if=only_if)

    return replace(
        section,
        prefix=path_of(section.prefix),
        fields=tuple(field_of(field) for field in section.fields),
        subsections=tuple(_moved(part, old, new) for part in section.subsections),
        entries=None if section.entries is None else field_of(section.entries),
    )


@lru_cache(maxsize=MOST_KEPT)
def _sections_like(
    model: type[Settings], path: str, kinds: tuple[type[Settings], ...], hidden: tuple[str, ...], title: str
) -> tuple[Section, ...]:
    groups: dict[str, list[Field]] = {path: []}
    lists: dict[str, list[Section]] = {}
    tag = tag_of(kinds)
    if tag:
        groups[path].append(_kind_field(f"{path}.{tag}", kinds))
    own = inspect.get_annotations(model)
    # What makes the kind what it is comes before what all kinds have.
    leaves = sorted(
        model_fields(model, f"{path}."),
        key=lambda leaf: leaf.path.removeprefix(f"{path}.").partition(".")[0] not in own,
    )
    for leaf in leaves:
        group, _, name = leaf.path.rpartition(".")
        if group == path and name in hidden:
            continue
        field = fields.field_from(leaf, in_entry=True)
        if field is None:
            continue
        if field.editor == "entries":
            lists.setdefault(group, []).append(Section(field.label, leaf.path, (), entries=field))
        else:
            groups.setdefault(group, []).append(field)
    made = []
    for group, found in groups.items():
        heading = title if group == path else label_of(group)
        # Lists of the entry itself are sections beside its own settings.
        below = () if group == path else tuple(lists.get(group, ()))
        if found or below:
            made.append(Section(heading, group, tuple(found), below))
    return (*made, *lists.get(path, ()))


def _kind_field(path: str, kinds: tuple[type[Settings], ...]) -> Field:
    found = by_word(kinds)
    label = label_of(path)
    return Field(
        path=path,
        label=label if label.lower() not in ("", "change") else "Kind",
        symbol="",
        editor="kind",
        choices=tuple(found),
        choice_texts=tuple(sentence_of(kind) for kind in found.values()),
        about="What it is; another kind keeps what both have.",
    )


def all_sections(section: Section) -> tuple[Section, ...]:
    """A section and everything in it."""
    return (section, *(below for part in section.subsections for below in all_sections(part)))


def field_in(recipe: Recipe | Job, path: str) -> Field:
    """The field of a setting of this recipe, with the choices that this recipe gives it.

    Raises
    ------
    KeyError
        If the recipe has no such setting.
    """
    entry = entry_at(recipe, path)
    if isinstance(recipe, Recipe) and (entry is None or entry.list_path == FILES):
        shown = fields.sections(recipe)
        every = (field for section in shown for field in (*section.all_fields(), *section.lists()))
        found = next((field for field in every if field.path == path), None)
        if found is None:
            raise KeyError(path)
        return found
    if entry is None:
        raise KeyError(path)
    for section in entry_sections(type(entry.settings), entry.path, entry.kinds):
        for part in all_sections(section):
            for field in (*part.fields, *((part.entries,) if part.entries else ())):
                if field.path == path and field.exists_in(recipe):
                    return with_choices(recipe, field)
    raise KeyError(path)


def with_choices(recipe: Recipe | Job, field: Field) -> Field:
    """A field that names something, with the names that there are to choose from."""
    names = choices_of(recipe, field)
    return field if names is None else replace(field, editor="choice", choices=names)


def choices_of(recipe: Recipe | Job, field: Field) -> tuple[str, ...] | None:
    """Names that a text may be; None where any text will do."""
    if field.editor != "text":
        return None
    owner = next((ref for ref in REFERENCES if field.path.endswith(f".{ref}")), "")
    if owner:
        from sim.specimen.scene.nodes import Group, Void

        own = field.path.removesuffix(f".{owner}")
        # Molecules lie on atoms: groups and pores have none of their own.
        hollow = (Group, Void) if owner == "on" else ()
        others = [
            node.name for path, node in nodes_of(recipe) if path != own and not isinstance(node, hollow)
        ]
        return ("", *others)
    return None


def names_in(tree: Mapping[str, Any]) -> str:
    """A short line on what an entry is, from its values."""
    shown = []
    for name, value in tree.items():
        if name in ("name", "kind", "enabled"):
            continue
        if isinstance(value, dict):
            value = value.get("kind", "")
        if isinstance(value, (bool, list, tuple)):
            continue
        text = f"{value:g}" if isinstance(value, float) else str(value)
        if text:
            shown.append(f"{name.replace('_', ' ')} {text}")
    return ", ".join(shown)
