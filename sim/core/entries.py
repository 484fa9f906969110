"""Entries of a list of settings, called by their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def name_of(entry: Any) -> str | None:
    """The name of an entry, settings or tree; None where such entries have none."""
    # By __dict__: settings take their time to say that they have no such field.
    name = (entry if isinstance(entry, dict) else getattr(entry, "__dict__", {})).get("name")
    return name if isinstance(name, str) else None


def position_of(entries: Sequence[Any], key: str) -> int | None:
    """Where the entry called ``key`` stands: by its name, by its number from 0 where it has no name."""
    for position, entry in enumerate(entries):
        if name_of(entry) == key:
            return position
    if key.isascii() and key.isdecimal() and len(key) < 9:
        position = int(key)
        if position < len(entries) and name_of(entries[position]) is None:
            return position
    return None


def key_of(entries: Sequence[Any], position: int) -> str:
    """What the entry at a position is called in a path."""
    return name_of(entries[position]) or str(position)
