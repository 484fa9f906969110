"""The one description of a parameter: numbers by :class:`Quantity`, everything else by :class:`About`."""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from sim.core.kinds import Kinds


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
    label
        Name for people; empty where the field's own name in words will do.
    advanced
        Few users change it.
    """

    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: bool = False
    step: float | None = None
    symbol: str = ""
    about: str = ""
    reference: str = ""
    label: str = ""
    advanced: bool = False

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
            "title": self.label,
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
    """The meaning of a field that is no number: text, choice, switch, list or group.

    ``reference``, ``label`` and ``advanced`` are as in :class:`Quantity`.
    """

    about: str
    reference: str = ""
    label: str = ""
    advanced: bool = False

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        json_schema = handler(schema)
        json_schema["description"] = self.about
        if self.label:
            json_schema["title"] = self.label
        if self.reference:
            json_schema["reference"] = self.reference
        return json_schema


@dataclass(frozen=True)
class Printable:
    """What a free text may be: no longer than ``longest``, nothing unprintable, line breaks if allowed."""

    longest: int
    lines: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def check(value: str) -> str:
            shown = value.replace("\r", "").replace("\n", "") if self.lines else value
            fault = ""
            if len(value) > self.longest:
                fault = "is too long"
            elif not shown.isprintable():
                fault = "has characters that cannot be printed"
            if fault:
                breaks = " and line breaks" if self.lines else ""
                allowed = f"up to {in_words(self.longest)} printable characters{breaks}"
                raise PydanticCustomError("unusable_text", "{fault}", {"fault": fault, "allowed": allowed})
            return value

        return core_schema.no_info_after_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        json_schema = handler(schema)
        json_schema["maxLength"] = self.longest
        return json_schema


def members_of(annotation: Any) -> list[Any]:
    """The alternatives of a union, with ``Annotated`` and type aliases peeled off; all kinds are imported."""
    if isinstance(annotation, Kinds):
        return list(annotation.models())
    if isinstance(annotation, typing.TypeAliasType if hasattr(typing, "TypeAliasType") else ()):
        return members_of(annotation.__value__)
    origin = get_origin(annotation)
    if origin is typing.Annotated:
        return members_of(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [member for part in get_args(annotation) for member in members_of(part)]
    return [annotation]


def tag_of(info: FieldInfo) -> str:
    """The setting that tells the kinds of a group apart; empty for what is not of several kinds."""
    annotation: Any = info.annotation
    if isinstance(annotation, Kinds):
        return annotation.tag
    return info.discriminator if isinstance(info.discriminator, str) else ""


def is_settings(annotation: Any) -> bool:
    """Whether an annotation is a group of settings."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
