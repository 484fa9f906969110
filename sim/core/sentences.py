"""pydantic's reports turned into this program's sentences: one for each bad value."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sim.core.description import About, Quantity, is_settings, members_of
from sim.core.errors import InputError, InputErrors, nearest

#: Python writes no whole number out that has more than 4300 digits.
MOST_BITS = 14_000
#: Kinds of value in a sentence that lists several of them.
KINDS = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "string": "text in quotes",
    "tuple": "a list in [ ]",
    "list": "a list in [ ]",
    "dict": "a table",
    "model": "a table",
}


def too_deep(root: str) -> InputError:
    """The error for a tree that no JSON reader follows to its end."""
    return InputError(
        root or "recipe", "has tables or lists nested too deeply", remedy="no setting lies that deep"
    )


def no_json(tree: Any, root: str, error: Exception) -> InputError:
    """The error for a value that no JSON holds, named by its path: TOML has dates and endless numbers."""
    waiting: list[tuple[str, Any]] = [(root, tree)]
    seen: set[int] = set()
    while waiting:
        path, value = waiting.pop()
        if id(value) in seen:  # a list may hold itself
            continue
        seen.add(id(value))
        below = f"{path}." if path else ""
        if isinstance(value, dict):
            waiting.extend((f"{below}{key}", item) for key, item in value.items())
        elif isinstance(value, (list, tuple)):
            waiting.extend((f"{below}{position}", item) for position, item in enumerate(value))
        elif isinstance(value, (datetime.date, datetime.time)):
            return InputError(
                path, "is a date or a time", value=str(value), remedy="write text in quotes or a number"
            )
        elif isinstance(value, int) and value.bit_length() > MOST_BITS:
            return InputError(path, "has too many digits", remedy="choose a smaller number")
        elif not isinstance(value, (str, int, float, type(None))):
            return InputError(
                path, "is no number, text, list or table", value=value, remedy="correct the value"
            )
    return InputError(root or "recipe", f"holds a value that is no number, text, list or table ({error})")


def input_error(failure: ValidationError, model: type[BaseModel], tree: Any, root: str = "") -> InputError:
    """Turn pydantic's report into this program's sentences, one for each value."""
    values: dict[tuple[int | str, ...], list[ErrorDetails]] = {}
    for details in failure.errors(include_url=False):
        if details["type"] == "default_factory_not_called":
            continue  # only says that there is another error
        values.setdefault(tuple(_tree_path(details, tree)), []).append(details)
    errors = [_joined_error(together, model, tree, root) for together in values.values()]
    unique = list({str(error): error for error in errors}.values())
    return unique[0] if len(unique) == 1 else InputErrors(unique)


def _joined_error(together: list[ErrorDetails], model: type[BaseModel], tree: Any, root: str) -> InputError:
    """One error for all that pydantic has against one value: a union reports every alternative."""
    telling = [details for details in together if not _is_wrong_kind(details)]
    if telling or len(together) == 1:
        return _one_error((telling or together)[0], model, tree, root)
    error = _one_error(together[0], model, tree, root)
    kinds = dict.fromkeys(KINDS.get(details["type"].split("_")[0], "") for details in together)
    words = [word for word in kinds if word]
    if len(words) < 2:
        return error
    problem = f"is neither {', '.join(words[:-1])} nor {words[-1]}"
    return InputError(
        error.parameter, problem, value=together[0]["input"], allowed=error.allowed, remedy=error.remedy
    )


def _tag(context: Mapping[str, Any]) -> str:
    """The setting that tells kinds apart, from what pydantic calls it: quoted, or as a function's name."""
    return str(context.get("discriminator", "kind")).strip("'()")


def _is_wrong_kind(details: ErrorDetails) -> bool:
    """Whether the error says no more than that the value is of the wrong kind."""
    return details["type"].endswith(("_type", "_parsing")) or details["type"] == "int_from_float"


def _one_error(details: ErrorDetails, model: type[BaseModel], tree: Any, root: str) -> InputError:
    location = _tree_path(details, tree)
    path = ".".join(_by_name(location, tree))
    parameter = ".".join(part for part in (root, path) if part) or model.__name__.lower()
    kind = details["type"]
    value = details.get("input")
    quantity, siblings, choices = _describe(model, details["loc"])
    allowed = quantity.allowed if isinstance(quantity, Quantity) else ""
    context = details.get("ctx", {})
    if kind == "extra_forbidden":
        word = str(location[-1]) if location else ""
        names = ", ".join(siblings)
        return InputError(parameter, "unknown key", remedy=nearest(word, siblings) or f"known here: {names}")
    if kind == "missing":
        return InputError(parameter, "is required and missing", allowed=allowed, remedy="give it a value")
    if kind == "out_of_range":
        return InputError(
            parameter,
            details["msg"],
            value=value,
            allowed=str(context["allowed"]),
            remedy=_in_thousands(value, quantity) or "choose a value in that range",
        )
    if kind == "json_invalid":
        # The JSON is this module's own, so only the depth of the tree or broken text can be at fault.
        if "recursion" in details["msg"]:
            return too_deep(root)
        return InputError(root or "recipe", "holds text that is no Unicode", remedy="write it anew")
    if kind == "unusable_text":
        return InputError(
            parameter,
            details["msg"],
            value=value,
            allowed=str(context["allowed"]),
            remedy="shorten it" if "long" in details["msg"] else "remove them",
        )
    if kind == "finite_number":
        return InputError(
            parameter, "not a finite number", value=value, allowed=allowed, remedy="choose a finite value"
        )
    if kind in {"literal_error", "union_tag_invalid", "enum"}:
        if kind == "union_tag_invalid":
            tag = _tag(context)
            parameter, value = f"{parameter}.{tag}", context.get("tag")
            choices = tuple(str(context.get("expected_tags", "")).replace("'", "").split(", "))
        words = ", ".join(str(choice) for choice in choices) or str(context.get("expected", ""))
        return InputError(
            parameter,
            "unknown choice",
            value=value,
            allowed=words,
            remedy=nearest(str(value), choices) or "choose one of these",
        )
    if kind == "union_tag_not_found":
        return InputError(
            f"{parameter}.{_tag(context)}", "is required and missing", remedy="say which kind it is"
        )
    if _is_wrong_kind(details):
        wanted = {
            **KINDS,
            "float": "a number such as 0.6 (with a point, without quotes)",
            "int": "a whole number without quotes or point",
        }
        problem = f"not {wanted[word]}" if (word := kind.split("_")[0]) in wanted else "of the wrong type"
        return InputError(parameter, problem, value=value, allowed=allowed, remedy="correct the value")
    message = details["msg"].removeprefix("Value error, ").rstrip(".")
    if kind in {"value_error", "assertion_error"}:
        return InputError(parameter, message)
    return InputError(parameter, message, value=value, allowed=allowed)


def _in_thousands(value: Any, quantity: Quantity | About | None) -> str:
    """What to do about volts where kilovolts are wanted."""
    if not isinstance(quantity, Quantity) or quantity.unit != "kV" or not isinstance(value, (int, float)):
        return ""
    kilovolts = value / 1000.0
    return f"write {kilovolts:g} for {value:g} V" if quantity.contains(kilovolts) else ""


def _tree_path(details: ErrorDetails, tree: Any) -> list[int | str]:
    """pydantic's location without the union tags it inserts: only steps in the tree, and a missing key."""
    location = details["loc"]
    path: list[int | str] = []
    here = tree
    for position, part in enumerate(location):
        in_table = isinstance(here, dict) and part in here
        in_list = isinstance(here, (list, tuple)) and isinstance(part, int) and part < len(here)
        if in_table or in_list:
            here = here[part]
            path.append(part)
        elif position == len(location) - 1 and details["type"] == "missing":
            path.append(part)
    return path


def _by_name(location: list[int | str], tree: Any) -> list[str]:
    """Steps in words: entries of a list go by their names where they have some."""
    words = []
    here = tree
    for part in location:
        here = here[part] if isinstance(part, int) or (isinstance(here, dict) and part in here) else None
        name = here.get("name") if isinstance(part, int) and isinstance(here, dict) else None
        words.append(name if isinstance(name, str) and name.isprintable() and name else str(part))
    return words


def _describe(
    model: type[BaseModel], location: tuple[int | str, ...]
) -> tuple[Quantity | About | None, tuple[str, ...], tuple[Any, ...]]:
    """Description, sibling names and choices of the field at a pydantic location."""
    here: list[Any] = [model]
    description: Quantity | About | None = None
    siblings: tuple[str, ...] = tuple(model.model_fields)
    choices: tuple[Any, ...] = ()
    for part in location:
        groups = [item for item in here if is_settings(item)]
        if groups:
            siblings = tuple(dict.fromkeys(name for group in groups for name in group.model_fields))
        tagged = [group for group in groups if part in _tags(group)]
        # Among several kinds the word of one comes first, even where another has a field of that name.
        chosen = bool(tagged) and len(groups) > 1
        owner = next((group for group in groups if part in group.model_fields), None)
        if owner is not None and not chosen:
            info = owner.model_fields[str(part)]
            description = next((m for m in info.metadata if isinstance(m, (Quantity, About))), None)
            here = members_of(info.annotation)
        elif isinstance(part, int):
            here = [
                member
                for item in here
                for arg in get_args(item)
                if arg is not Ellipsis
                for member in members_of(arg)
            ]
        elif tagged:
            here = list(tagged)
            siblings = tuple(tagged[0].model_fields)
        choices = tuple(word for item in here if get_origin(item) is Literal for word in get_args(item))
    return description, siblings, choices


def _tags(group: type[BaseModel]) -> set[Any]:
    return {
        word
        for info in group.model_fields.values()
        if get_origin(info.annotation) is Literal and len(get_args(info.annotation)) == 1
        for word in get_args(info.annotation)
    }
