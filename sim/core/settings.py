"""The base of every settings model and the one description of a parameter.

A field is described once, by :class:`Quantity` (numbers) or :class:`About` (everything else);
panel, command-line option, JSON schema, tooltip, error message and manifest read it from there.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

from sim.core.errors import InputError, InputErrors, nearest

SettingsType = TypeVar("SettingsType", bound="Settings")


@dataclass(frozen=True)
class Quantity:
    """A number with its unit, range and meaning.

    Attributes
    ----------
    unit
        Unit as shown to the user; empty for pure numbers.
    low, high
        Smallest and largest allowed value, both allowed themselves unless ``above`` is set.
    above
        The value must be larger than ``low``, not equal to it.
    step
        Step of a spin box or wheel click.
    symbol
        Symbol used in the field's literature.
    about
        One or two sentences: what it is and what it does to the image.
    reference
        Where the definition or the default comes from.
    """

    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: bool = False
    step: float | None = None
    symbol: str = ""
    about: str = ""
    reference: str = ""

    @property
    def allowed(self) -> str:
        """The range in words, with the unit."""
        unit = f" {self.unit}" if self.unit else ""
        if self.low is not None and self.high is not None:
            low, high = in_words(self.low), in_words(self.high)
            return f"{f'above {low} and up to' if self.above else f'{low} to'} {high}{unit}"
        if self.low is not None:
            return f"{'above' if self.above else 'at least'} {in_words(self.low)}{unit}"
        if self.high is not None:
            return f"at most {in_words(self.high)}{unit}"
        return f"any finite number{f', in{unit}' if unit else ''}"

    def contains(self, value: float) -> bool:
        """Whether a number is in the range."""
        if self.low is not None and (value < self.low or (self.above and value == self.low)):
            return False
        return self.high is None or value <= self.high

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def check(value: Any) -> Any:
            if isinstance(value, (int, float)) and not isinstance(value, bool) and not self.contains(value):
                raise PydanticCustomError("out_of_range", "outside its range", {"allowed": self.allowed})
            return value

        return core_schema.no_info_after_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        json_schema = handler(schema)
        target = json_schema
        for option in json_schema.get("anyOf", []):
            if option.get("type") in {"number", "integer"}:
                target = option
        if self.low is not None:
            target["exclusiveMinimum" if self.above else "minimum"] = self.low
        if self.high is not None:
            target["maximum"] = self.high
        extras = {
            "unit": self.unit,
            "symbol": self.symbol,
            "description": self.about,
            "reference": self.reference,
            "step": self.step,
        }
        json_schema.update({key: value for key, value in extras.items() if value not in ("", None)})
        return json_schema


def in_words(number: float) -> str:
    """A bound as a person reads it: 100,000,000 rather than 1e+08."""
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"


@dataclass(frozen=True)
class About:
    """The meaning of a field that is no number: text, choice, switch, list or group."""

    about: str
    reference: str = ""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        json_schema = handler(schema)
        json_schema["description"] = self.about
        if self.reference:
            json_schema["reference"] = self.reference
        return json_schema


class Settings(BaseModel):
    """Frozen, strict, unknown keys forbidden, no NaN or infinity."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_default=True
    )

    def tree(self) -> dict[str, Any]:
        """Nested plain values, defaults filled in: what canonical form and TOML are made of."""
        return self.model_dump(mode="python")


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
        Allowed words of a ``Literal`` field, else empty.
    """

    path: str
    annotation: Any
    default: Any
    description: Quantity | About | None
    choices: tuple[Any, ...]


def model_fields(model: type[Settings], prefix: str = "") -> Iterator[Leaf]:
    """Walk the leaves of a model; groups are entered, unions of groups give every member's leaves once."""
    for name, info in model.model_fields.items():
        path = f"{prefix}{name}"
        description = next((item for item in info.metadata if isinstance(item, (Quantity, About))), None)
        groups = [item for item in _members(info.annotation) if _is_settings(item)]
        if groups:
            seen: set[str] = set()
            for group in groups:
                for leaf in model_fields(group, f"{path}."):
                    if leaf.path not in seen:
                        seen.add(leaf.path)
                        yield leaf
            continue
        default = None if info.is_required() else info.get_default(call_default_factory=True)
        choices = tuple(
            word
            for item in _members(info.annotation)
            if get_origin(item) is Literal
            for word in get_args(item)
        )
        yield Leaf(path, info.annotation, default, description, choices)


def _members(annotation: Any) -> list[Any]:
    """The alternatives of a union, with ``Annotated`` and type aliases peeled off."""
    if isinstance(annotation, typing.TypeAliasType if hasattr(typing, "TypeAliasType") else ()):
        return _members(annotation.__value__)
    origin = get_origin(annotation)
    if origin is typing.Annotated:
        return _members(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [member for part in get_args(annotation) for member in _members(part)]
    return [annotation]


def _is_settings(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Settings)


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
    except (TypeError, ValueError) as error:
        raise InputError(
            root or "recipe", f"holds a value that is no number, text, list or table ({error})"
        ) from None
    try:
        return model.model_validate_json(text)
    except ValidationError as failure:
        raise input_error(failure, model, tree, root) from None


def input_error(failure: ValidationError, model: type[Settings], tree: Any, root: str = "") -> InputError:
    """Turn pydantic's report into this program's sentences."""
    errors = [_one_error(details, model, tree, root) for details in failure.errors(include_url=False)]
    unique = list({str(error): error for error in errors}.values())
    return unique[0] if len(unique) == 1 else InputErrors(unique)


def _one_error(details: ErrorDetails, model: type[Settings], tree: Any, root: str) -> InputError:
    location = _tree_path(details["loc"], tree)
    path = ".".join(str(part) for part in location)
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
            remedy="choose a value in that range",
        )
    if kind == "finite_number":
        return InputError(
            parameter, "not a finite number", value=value, allowed=allowed, remedy="choose a finite value"
        )
    if kind in {"literal_error", "union_tag_invalid", "enum"}:
        if kind == "union_tag_invalid":
            tag = str(context.get("discriminator", "")).strip("'")
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
        tag = str(context.get("discriminator", "kind")).strip("'")
        return InputError(f"{parameter}.{tag}", "is required and missing", remedy="say which kind it is")
    if kind.endswith(("_type", "_parsing")) or kind in {"int_from_float"}:
        wanted = {
            "float": "a number such as 0.6 (with a point, without quotes)",
            "int": "a whole number without quotes or point",
            "string": "text in quotes",
            "bool": "true or false",
            "tuple": "a list in [ ]",
            "list": "a list in [ ]",
        }
        problem = f"not {wanted[word]}" if (word := kind.split("_")[0]) in wanted else "of the wrong type"
        return InputError(parameter, problem, value=value, allowed=allowed, remedy="correct the value")
    message = details["msg"].removeprefix("Value error, ").rstrip(".")
    if kind in {"value_error", "assertion_error"}:
        inner = context.get("error")
        if isinstance(inner, InputError):
            return inner
        return InputError(parameter, message)
    return InputError(parameter, message, value=value, allowed=allowed)


def _tree_path(location: tuple[int | str, ...], tree: Any) -> list[int | str]:
    """pydantic's location without the union tags it inserts: only the steps that exist in the tree."""
    path: list[int | str] = []
    here = tree
    for position, part in enumerate(location):
        in_table = isinstance(here, dict) and part in here
        in_list = isinstance(here, (list, tuple)) and isinstance(part, int) and part < len(here)
        if in_table or in_list:
            here = here[part]
            path.append(part)
        elif position == len(location) - 1 and isinstance(here, dict) and isinstance(part, str):
            path.append(part)
    return path


def _describe(
    model: type[Settings], location: tuple[int | str, ...]
) -> tuple[Quantity | About | None, tuple[str, ...], tuple[Any, ...]]:
    """Description, sibling names and choices of the field at a pydantic location."""
    here: list[Any] = [model]
    description: Quantity | About | None = None
    siblings: tuple[str, ...] = tuple(model.model_fields)
    choices: tuple[Any, ...] = ()
    for part in location:
        groups = [item for item in here if _is_settings(item)]
        if groups:
            siblings = tuple(dict.fromkeys(name for group in groups for name in group.model_fields))
        owner = next((group for group in groups if part in group.model_fields), None)
        if owner is not None:
            info = owner.model_fields[str(part)]
            description = next((m for m in info.metadata if isinstance(m, (Quantity, About))), None)
            here = _members(info.annotation)
        elif isinstance(part, int):
            here = [
                member
                for item in here
                for arg in get_args(item)
                if arg is not Ellipsis
                for member in _members(arg)
            ]
        else:
            tagged = [group for group in groups if part in _tags(group)]
            if tagged:
                here = list(tagged)
                siblings = tuple(tagged[0].model_fields)
        choices = tuple(word for item in here if get_origin(item) is Literal for word in get_args(item))
    return description, siblings, choices


def _tags(group: type[Settings]) -> set[Any]:
    return {
        word
        for info in group.model_fields.values()
        if get_origin(info.annotation) is Literal and len(get_args(info.annotation)) == 1
        for word in get_args(info.annotation)
    }
