"""A choice between settings classes of which each is imported when the first of its kind is met.

Settings with many parts take long to import and to compile into a validator; most recipes have none
of them, and the window opens before there is any recipe.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

#: A settings class, or a function that imports it.
Importable = type[BaseModel] | Callable[[], type[BaseModel]]


def imported(kind: Importable) -> type[BaseModel]:
    """The class itself."""
    return kind if isinstance(kind, type) else kind()


@dataclass(frozen=True, eq=False)
class Kinds:
    """The annotation of a field that holds one of several settings classes.

    To pydantic it is a union told apart by ``tag``: what is accepted, refused, written and described
    does not depend on which classes have been imported.

    Attributes
    ----------
    tag
        The field whose word tells the classes apart.
    kinds
        The classes by their words.
    default
        The word that is meant where none is given; without it, the tag has to be there.
    """

    tag: str
    kinds: Mapping[str, Importable]
    default: str = ""

    def models(self) -> list[type[BaseModel]]:
        """All classes, imported now."""
        return [imported(kind) for kind in self.kinds.values()]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {
            word: handler(kind) if isinstance(kind, type) else _when_met(kind)
            for word, kind in self.kinds.items()
        }
        return core_schema.tagged_union_schema(choices, self._teller() if self.default else self.tag)

    def _teller(self) -> Callable[[Any], Any]:
        """Finds the word of a value; it bears the tag's name, by which errors call it."""
        tag, default = self.tag, self.default

        def tell(value: Any) -> Any:
            if isinstance(value, dict):
                return value.get(tag, default)
            return getattr(value, tag, default)

        tell.__name__ = tag
        return tell

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = {word: imported(kind).__pydantic_core_schema__ for word, kind in self.kinds.items()}
        return handler(core_schema.tagged_union_schema(whole, self.tag))


def _when_met(kind: Callable[[], type[BaseModel]]) -> CoreSchema:
    """The schema of a class that is imported by the first value to be validated."""

    def check(value: Any, info: ValidationInfo) -> Any:
        if info.mode == "json":
            # As JSON again: strict settings take lists for tuples only from there.
            return kind().model_validate_json(json.dumps(value))
        return kind().model_validate(value)

    return core_schema.with_info_plain_validator_function(check)
