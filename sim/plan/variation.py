"""The ``[[vary]]`` entries of a recipe, checked and sorted by level, with the points they span.

Enumeration only: which combinations there are and in which order.  Values are put into settings
by ``sim.plan.plan``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from sim.core.errors import InputError, nearest
from sim.core.settings import About, Quantity, Settings
from sim.plan.laws import DesignLaw, RandomLaw
from sim.recipe.model import Recipe
from sim.recipe.toml import setting_paths
from sim.recipe.vary import Choice, Vary, VaryChoice, VaryGrid, VaryLatinHypercube, VarySobol, VaryUniform

#: Sections of a recipe that may vary; the first two belong to the structure.
STRUCTURE_SECTIONS = ("specimen", "pose")
IMAGE_SECTIONS = ("image", "imaging", "noise")

#: One dataset has one image size and one set of labels.
FIXED_PATHS = ("image.width", "image.height")

#: Combinations of sweep points that a plan may have.
MOST_POINTS = 10_000_000

Point = tuple[tuple[str, Choice], ...]


@dataclass(frozen=True)
class Target:
    """The setting that an entry varies."""

    path: str
    whole: bool
    numeric: bool
    quantity: Quantity | None

    @property
    def section(self) -> str:
        return self.path.partition(".")[0]

    def fits(self, value: float) -> bool:
        """Whether the setting allows a number."""
        return math.isfinite(value) and (self.quantity is None or self.quantity.contains(value))

    def adapt(self, value: Choice) -> Choice:
        """A value in the setting's own type: 3.0 for a whole-number setting is 3, 2 for a real one is 2.0."""
        if isinstance(value, (bool, str)) or not self.numeric:
            return value
        if self.whole and float(value).is_integer():
            return int(value)
        return value if self.whole else float(value)


@dataclass(frozen=True)
class Variation:
    """All entries of a recipe by level and law."""

    targets: dict[str, Target]
    structure_grids: tuple[VaryGrid, ...]
    image_grids: tuple[VaryGrid, ...]
    structure_laws: tuple[RandomLaw, ...]
    image_laws: tuple[RandomLaw, ...]
    structure_designs: tuple[DesignLaw, ...]
    image_designs: tuple[DesignLaw, ...]

    def grid_values(self, grid: VaryGrid) -> tuple[Choice, ...]:
        """The grid's points in the setting's own type."""
        return tuple(self.targets[grid.path].adapt(value) for value in grid.points())

    def combination(self, grids: Sequence[VaryGrid], index: int) -> Point:
        """The ``index``-th combination of several grids; the last grid runs fastest."""
        point: list[tuple[str, Choice]] = []
        for grid in reversed(grids):
            values = self.grid_values(grid)
            index, position = divmod(index, len(values))
            point.append((grid.path, values[position]))
        return tuple(reversed(point))

    def combinations(self, grids: Sequence[VaryGrid]) -> int:
        """How many combinations several grids have (1 for none)."""
        count = 1
        for grid in grids:
            count *= len(grid.points())
        if count > MOST_POINTS:
            raise InputError(
                "vary",
                f"the grids have {count:,} combinations",
                allowed=f"up to {MOST_POINTS:,}",
                remedy="list fewer values or draw some of them at random",
            )
        return count

    def values_reached(self, path: str) -> tuple[Choice, ...]:
        """Every value a grid or choice gives one path, or its two bounds; empty if it does not vary."""
        entries = [
            *self.structure_grids,
            *self.image_grids,
            *self.structure_laws,
            *self.image_laws,
            *self.structure_designs,
            *self.image_designs,
        ]
        for entry in entries:
            if entry.path != path:
                continue
            if isinstance(entry, VaryGrid):
                return self.grid_values(entry)
            if isinstance(entry, VaryChoice):
                return tuple(self.targets[path].adapt(value) for value in entry.values)
            return tuple(self.targets[path].adapt(value) for value in self._bounds(entry))
        return ()

    def _bounds(self, entry: Any) -> tuple[float, float]:
        low, high = getattr(entry, "low", -math.inf), getattr(entry, "high", math.inf)
        quantity = self.targets[entry.path].quantity
        if quantity is not None:
            low = max(low, -math.inf if quantity.low is None else quantity.low)
            high = min(high, math.inf if quantity.high is None else quantity.high)
        return (low, high)


def read_variation(recipe: Recipe) -> Variation:
    """Check every entry against the recipe and sort the entries by level and law.

    Raises
    ------
    InputError
        For a path that is no setting, one that may not vary, one named twice, a law that does not
        suit the setting, or a level the path does not have.
    """
    targets: dict[str, Target] = {}
    levels: dict[str, list[Vary]] = {"structure": [], "image": []}
    for position, entry in enumerate(recipe.vary):
        where = f"vary.{position}"
        if entry.path in targets:
            raise InputError(
                f"{where}.path", "varies a setting twice", value=entry.path, remedy="keep one entry"
            )
        target = find_target(recipe, entry.path, f"{where}.path")
        _check_law(entry, target, where)
        targets[entry.path] = target
        levels[_level(entry, target, where)].append(entry)

    def pick(level: str, kinds: Any, without: Any = ()) -> tuple[Any, ...]:
        return tuple(e for e in levels[level] if isinstance(e, kinds) and not isinstance(e, without))

    designs = (VarySobol, VaryLatinHypercube)
    return Variation(
        targets=targets,
        structure_grids=pick("structure", VaryGrid),
        image_grids=pick("image", VaryGrid),
        structure_laws=pick("structure", Settings, (VaryGrid, *designs)),
        image_laws=pick("image", Settings, (VaryGrid, *designs)),
        structure_designs=pick("structure", designs),
        image_designs=pick("image", designs),
    )


def _level(entry: Vary, target: Target, where: str) -> str:
    own = "structure" if target.section in STRUCTURE_SECTIONS else "image"
    if entry.per == "instance":
        raise InputError(
            f"{where}.per",
            f"{entry.path} has no instances",
            value="instance",
            allowed="structure" if own == "structure" else "image, structure",
            remedy="instances are the random members of a scene",
        )
    if entry.per == "image" and own == "structure":
        raise InputError(
            f"{where}.per",
            f"{entry.path} belongs to the structure, which all its images share",
            value="image",
            allowed="structure",
            remedy="leave per out",
        )
    return entry.per or own


def _check_law(entry: Vary, target: Target, where: str) -> None:
    if isinstance(entry, (VaryGrid, VaryChoice)):
        return
    if not target.numeric:
        raise InputError(
            f"{where}.law",
            f"{entry.path} is no number",
            value=entry.law,
            allowed="grid, choice",
            remedy="list the values",
        )
    for name in ("low", "high", "mean", "median"):
        value = getattr(entry, name, None)
        if value is not None and not target.fits(value):
            allowed = target.quantity.allowed if target.quantity else "a finite number"
            raise InputError(
                f"{where}.{name}",
                f"is no value that {entry.path} may have",
                value=value,
                allowed=allowed,
                remedy="choose a value in that range",
            )
    low, high = getattr(entry, "low", None), getattr(entry, "high", None)
    if low is not None and high is not None and low > high:
        raise InputError(f"{where}.low", f"is larger than high ({high:g})", value=low, remedy="swap the two")
    if (
        isinstance(entry, (VaryUniform, VarySobol, VaryLatinHypercube))
        and target.whole
        and math.floor(entry.high) < math.ceil(entry.low)
    ):
        raise InputError(
            f"{where}.high",
            f"no whole number lies between {entry.low:g} and {entry.high:g}",
            value=entry.high,
            remedy="widen the range",
        )


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
    here: Any = recipe
    parts = path.split(".")
    for depth, part in enumerate(parts):
        if isinstance(here, tuple):
            member = next((item for item in here if getattr(item, "name", None) == part), None)
            if member is None:
                raise _unknown(parameter, path, [".".join([*parts[:depth], item.name]) for item in here])
            here = member
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
            return Target(path, kinds == {int}, bool(kinds & {int, float}) and str not in kinds, quantity)
        here = getattr(here, part)
    raise InputError(
        parameter, "is a group, not a single setting", value=path, remedy="name one of the settings in it"
    )


def _unknown(parameter: str, path: str, names: list[str]) -> InputError:
    return InputError(
        parameter,
        "is no setting of the recipe",
        value=path,
        remedy=nearest(path, names) or f"known here: {', '.join(names)}",
    )


def _plain_types(annotation: Any) -> set[type]:
    if isinstance(annotation, type):
        return {annotation}
    origin = get_origin(annotation)
    if origin is None:
        return set()
    if str(origin) == "typing.Literal":
        return {type(word) for word in get_args(annotation)}
    return {
        kind
        for part in get_args(annotation)
        if not isinstance(part, (Quantity, About))
        for kind in _plain_types(part)
    } - {type(None)}
