"""The settings that ``[[vary]]`` entries name: which may vary, and what values each of them takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from sim.core.entries import key_of, position_of
from sim.core.errors import InputError, nearest
from sim.core.settings import About, Quantity, Settings
from sim.recipe.kinds import SPECIMENS
from sim.recipe.model import Recipe
from sim.recipe.toml import setting_paths
from sim.recipe.vary import Choice

#: Sections of a recipe that may vary; the first two belong to the structure.
STRUCTURE_SECTIONS = ("specimen", "pose")
IMAGE_SECTIONS = ("image", "imaging", "noise")
#: Belongs to the structure, but may vary from image to image of it all the same: a tilt series.
TURNED_BY_IMAGE = ("pose",)

#: One dataset has one image size and one set of labels.
FIXED_PATHS = ("image.width", "image.height")


@dataclass(frozen=True)
class Target:
    """The setting that an entry varies."""

    path: str
    whole: bool
    numeric: bool
    quantity: Quantity | None
    annotation: Any

    @property
    def section(self) -> str:
        return self.path.partition(".")[0]

    def fits(self, value: float) -> bool:
        """Whether the setting allows a number."""
        return math.isfinite(value) and (self.quantity is None or self.quantity.contains(value))

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.annotation, config={"strict": True})

    def check(self, value: Choice, parameter: str) -> None:
        """Refuse a value that the setting alone, whatever stands beside it, cannot have."""
        try:
            self._adapter.validate_python(value)
        except ValidationError as failure:
            kind = failure.errors(include_url=False)[0]["type"]
            wanted = self.quantity.allowed if self.quantity else ", ".join(map(str, _words(self.annotation)))
            problem = "is outside its range" if kind == "out_of_range" else "is no value it can have"
            raise InputError(
                parameter,
                f"{problem} ({self.path})",
                value=value,
                allowed=wanted,
                remedy=nearest(str(value), _words(self.annotation)) or "choose another value",
            ) from None

    def adapt(self, value: Choice) -> Choice:
        """A value in the setting's own type: 3.0 for a whole-number setting is 3, 2 for a real one is 2.0."""
        if isinstance(value, (bool, str)) or not self.numeric:
            return value
        if self.whole:
            return int(value) if isinstance(value, float) and value.is_integer() else value
        # An integer beyond all floats stays one, for the setting itself to refuse.
        return float(value) if abs(value) < 1e308 else value


def find_target(recipe: Recipe, path: str, parameter: str) -> Target:
    """The setting at a dotted path of this recipe, in the kinds that the recipe chose."""
    section = path.partition(".")[0]
    if section not in STRUCTURE_SECTIONS + IMAGE_SECTIONS or path in FIXED_PATHS:
        choices = [
            name for name in setting_paths() if name.partition(".")[0] in STRUCTURE_SECTIONS + IMAGE_SECTIONS
        ]
        known = path in setting_paths()
        raise InputError(
            parameter,
            "may not vary inside one dataset" if known else "is no setting of the recipe",
            value=path,
            remedy="make one dataset for each value"
            if known
            else nearest(path, choices) or "see 'nanophantom schema' for all paths",
        )
    _refuse_fixed(recipe, path, parameter)
    here: Any = recipe
    parts = path.split(".")
    for depth, part in enumerate(parts):
        if isinstance(here, tuple):
            place = position_of(here, part)
            if place is None:
                names = [key_of(here, position) for position in range(len(here))]
                raise _unknown(parameter, path, [".".join([*parts[:depth], name]) for name in names])
            here = here[place]
            continue
        if not isinstance(here, Settings) or part not in type(here).model_fields:
            names = (
                [".".join([*parts[:depth], name]) for name in type(here).model_fields]
                if isinstance(here, Settings)
                else []
            )
            raise _unknown(parameter, path, names)
        info = type(here).model_fields[part]
        if depth == len(parts) - 1:
            if isinstance(getattr(here, part), (Settings, tuple)):
                raise InputError(
                    parameter,
                    "is a group, not a single setting",
                    value=path,
                    remedy="name one of the settings in it",
                )
            kinds = _plain_types(info.annotation)
            quantity = next((item for item in info.metadata if isinstance(item, Quantity)), None)
            numeric = bool(kinds & {int, float}) and str not in kinds and not _words(info.annotation)
            return Target(path, kinds == {int}, numeric, quantity, info.rebuild_annotation())
        here = getattr(here, part)
    raise InputError(
        parameter, "is a group, not a single setting", value=path, remedy="name one of the settings in it"
    )


def _refuse_fixed(recipe: Recipe, path: str, parameter: str) -> None:
    """Refuse settings that decide what a recipe is, rather than how large something in it is."""
    section, _, rest = path.partition(".")
    kind = SPECIMENS[recipe.specimen.kind]
    if rest in ("kind", "model"):
        raise InputError(
            parameter,
            "decides which other settings there are and may not vary",
            value=path,
            remedy="make one dataset for each kind",
        )
    fixed = any(rest == name or rest.startswith(f"{name}.") for name in kind.fixed_paths)
    if section == "specimen" and fixed:
        raise InputError(
            parameter,
            "says which structure a name stands for and may not vary",
            value=path,
            remedy=f"vary specimen.{kind.class_path} instead",
        )


def _unknown(parameter: str, path: str, names: list[str]) -> InputError:
    if path in setting_paths():
        section = path.partition(".")[0]
        return InputError(
            parameter,
            f"belongs to another kind of {section}",
            value=path,
            remedy=f"choose that kind, or vary one of: {', '.join(names)}" if names else "choose that kind",
        )
    return InputError(
        parameter,
        "is no setting of the recipe",
        value=path,
        remedy=nearest(path, names) or (f"known here: {', '.join(names)}" if names else "check the path"),
    )


def _plain_types(annotation: Any) -> set[type]:
    if isinstance(annotation, type):
        return {annotation}
    origin = get_origin(annotation)
    if origin is None:
        return set()
    if origin is Literal:
        return {type(word) for word in get_args(annotation)}
    return {
        kind
        for part in get_args(annotation)
        if not isinstance(part, (Quantity, About))
        for kind in _plain_types(part)
    } - {type(None)}


def _words(annotation: Any) -> tuple[Any, ...]:
    """The allowed words of a setting that is a choice."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(word for part in get_args(annotation) for word in _words(part))
