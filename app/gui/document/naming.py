"""Errors that name an entry of a list by its number, made to name it as the window does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.core.entries import name_of
from sim.core.errors import InputError, InputErrors


def renamed(error: InputError, name: Callable[[str], str]) -> InputError:
    """The same error about a parameter that is called otherwise.

    Parameters
    ----------
    error
        One error, or several.
    name
        Gives the new name of a parameter.
    """
    if isinstance(error, InputErrors):
        return InputErrors([renamed(one, name) for one in error.errors])
    parameter = name(error.parameter)
    if parameter == error.parameter:
        return error
    given = {} if error.value is None else {"value": error.value}
    return InputError(parameter, error.problem, allowed=error.allowed, remedy=error.remedy, **given)


def by_name(tree: Mapping[str, Any]) -> Callable[[str], str]:
    """Puts names in the place of the numbers of list entries, as far as a tree has them.

    Parameters
    ----------
    tree
        What was validated, from its root.
    """

    def name(parameter: str) -> str:
        here: Any = tree
        parts = []
        for part in parameter.split("."):
            if isinstance(here, Mapping):
                here = here.get(part)
            elif isinstance(here, (list, tuple)) and part.isdecimal() and int(part) < len(here):
                here = here[int(part)]
                part = name_of(here) or part
            else:
                here = None
            parts.append(part)
        return ".".join(parts)

    return name
