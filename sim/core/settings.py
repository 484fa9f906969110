"""The base of every settings model and the one description of a parameter.

A field is described once, by :class:`Quantity` (numbers) or :class:`About` (everything else);
panel, command-line option, JSON schema, tooltip, error message and manifest read it from there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Self, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from sim.core.canonical import plain, plain_json
from sim.core.description import About, Printable, Quantity, is_settings, members_of
from sim.core.sentences import input_error, no_json, too_deep

__all__ = ["About", "Leaf", "Printable", "Quantity", "Settings", "model_fields", "validate"]

SettingsType = TypeVar("SettingsType", bound="Settings")


class Settings(BaseModel):
    """Frozen, strict, unknown keys forbidden, no NaN or infinity."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_default=True
    )

    def tree(self) -> dict[str, Any]:
        """Nested plain values, defaults filled in: what canonical form and TOML are made of."""
        return self.model_dump(mode="python")

    @cached_property
    def canonical(self) -> dict[str, Any]:
        """The tree in canonical form, made once and not to be changed: thousands of jobs share a section."""
        tree: dict[str, Any] = plain(self.tree())
        return tree

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the canonical form."""
        return hashlib.sha256(plain_json(self.canonical).encode("utf-8")).hexdigest()

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some values replaced, without what was remembered of the original."""
        copied = super().model_copy(update=update, deep=deep)
        for remembered in ("canonical", "digest"):
            copied.__dict__.pop(remembered, None)
        return copied


@dataclass(frozen=True)
class Leaf:
    """One leaf of a settings model as panels and options need it.

    Attributes
    ----------
    path
        Dotted path from the model's root.
    annotation
        The Python type without its description.
    default
        Default value, or None where the field must be given.
    description
        Its Quantity or About; None when the field has none.
    choices
        Allowed words of a ``Literal`` field, else empty; for the field that tells the kinds of a
        group apart, the words of all kinds.
    only_if
        For a field that some kinds of its group lack: which have it, as ``pose.kind = euler``.
    groups
        What stands behind the field, where that is more than a value: the kinds that ``choices``
        tell apart, or the models that the entries of a list may be.
    """

    path: str
    annotation: Any
    default: Any
    description: Quantity | About | None
    choices: tuple[Any, ...]
    only_if: str = ""
    groups: tuple[type[BaseModel], ...] = ()


def model_fields(model: type[BaseModel], prefix: str = "") -> Iterator[Leaf]:
    """Walk the leaves of a model; groups are entered, unions of groups give every member's leaves once.

    Lists of groups are leaves themselves; walk their ``groups`` for what their entries hold.
    """
    for name, info in model.model_fields.items():
        path = f"{prefix}{name}"
        description = next((item for item in info.metadata if isinstance(item, (Quantity, About))), None)
        members = members_of(info.annotation)
        groups = [item for item in members if is_settings(item)]
        if groups:
            yield from _leaves_of_kinds(groups, path, description)
            continue
        default = None if info.is_required() else info.get_default(call_default_factory=True)
        choices = tuple(word for item in members if get_origin(item) is Literal for word in get_args(item))
        yield Leaf(path, info.annotation, default, description, choices, groups=_listed(members))


def _listed(members: list[Any]) -> tuple[type[BaseModel], ...]:
    """The models that the entries of a list may be."""
    entries = [part for item in members if get_origin(item) in (tuple, list) for part in get_args(item)]
    return tuple(item for part in entries for item in members_of(part) if is_settings(item))


def _leaves_of_kinds(
    groups: list[type[BaseModel]], path: str, description: Quantity | About | None
) -> Iterator[Leaf]:
    """The leaves of all kinds of a group, each path once, with what is true of every kind."""
    found: dict[str, dict[type[BaseModel], Leaf]] = {}
    for group in groups:
        for leaf in model_fields(group, f"{path}."):
            found.setdefault(leaf.path, {})[group] = leaf
    told_by = next((owners for owners in found.values() if _tells_apart(owners, groups)), {})
    for owners in found.values():
        leaf = next(iter(owners.values()))
        choices = tuple(dict.fromkeys(word for own in owners.values() for word in own.choices))
        if owners is told_by:
            # The field is described where the group is: what is chosen, not how.  The name is the group's.
            about = leaf.description or (description and replace(description, label=""))
            yield replace(leaf, choices=choices, description=about, groups=tuple(groups))
        elif len(owners) < len(groups) and told_by:
            words = " or ".join(str(told_by[group].choices[0]) for group in owners)
            yield replace(leaf, choices=choices, only_if=f"{told_by[groups[0]].path} = {words}")
        else:
            yield replace(leaf, choices=choices)


def _tells_apart(owners: Mapping[type[BaseModel], Leaf], groups: list[type[BaseModel]]) -> bool:
    """Whether a field has another single word in each of several kinds."""
    words = {leaf.choices for leaf in owners.values() if len(leaf.choices) == 1}
    return 1 < len(groups) == len(owners) == len(words)


def validate(model: type[SettingsType], tree: Any, *, root: str = "") -> SettingsType:
    """Build settings from a tree of plain values (as TOML or JSON gave it).

    The tree goes through JSON because strict mode refuses lists for tuples otherwise.

    Raises
    ------
    InputError
        Naming the parameter, its value, the allowed range and the remedy (all of them, if several).
    """
    try:
        text = json.dumps(tree, allow_nan=True)
    except RecursionError:
        raise too_deep(root) from None
    except (TypeError, ValueError) as error:
        raise no_json(tree, root, error) from None
    try:
        return model.model_validate_json(text)
    except ValidationError as failure:
        raise input_error(failure, model, tree, root) from None
