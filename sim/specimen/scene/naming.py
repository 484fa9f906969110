"""Errors of geometry and chemistry by the names that the user knows: dotted paths of settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from sim.core.entries import position_of
from sim.core.errors import InputError, renamed
from sim.core.settings import Settings

_NODES = "specimen.nodes."


@contextmanager
def named(parameter: str, names: Mapping[str, str] = MappingProxyType({})) -> Iterator[None]:
    """Put the dotted path of a setting before the names that geometry gives to what is wrong.

    Parameters
    ----------
    parameter
        The dotted path.
    names
        What settings are called that geometry calls otherwise.
    """
    try:
        yield
    except InputError as error:
        if error.parameter.startswith("specimen."):
            raise
        name = names.get(error.parameter, error.parameter)
        setting = all(part.isidentifier() for part in name.split("."))
        if setting:
            raise renamed(error, f"{parameter}.{name}") from error
        raise renamed(error, parameter, f"{name} {error.problem}") from error


@contextmanager
def named_in(nodes: Mapping[str, Settings]) -> Iterator[None]:
    """Let errors name settings that there are: what a node has not got becomes a part of the sentence.

    Parameters
    ----------
    nodes
        The nodes of the scene by their names.
    """
    try:
        yield
    except InputError as error:
        known, rest = _split(error.parameter, nodes)
        if not rest:
            raise
        # A problem that begins with a number is a sentence of its own.
        words = "" if error.problem[:1].isdigit() else f"{rest.replace('_', ' ')} "
        raise renamed(error, known, f"{words}{error.problem}") from error


def _split(parameter: str, nodes: Mapping[str, Settings]) -> tuple[str, str]:
    """A path of a node as far as there are settings, and the rest of it."""
    name, _, path = parameter.removeprefix(_NODES).partition(".")
    if not parameter.startswith(_NODES) or name not in nodes:
        return parameter, ""
    here: Any = nodes[name]
    parts = path.split(".") if path else []
    for depth, part in enumerate(parts):
        if isinstance(here, tuple):
            place = position_of(here, part)
            found = None if place is None else here[place]
        else:
            found = vars(here).get(part) if isinstance(here, Settings) else None
        if found is None:
            return ".".join([f"{_NODES}{name}", *parts[:depth]]), " ".join(parts[depth:])
        here = found
    return parameter, ""
