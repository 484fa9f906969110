"""The ``[[vary]]`` entries of a recipe, checked and sorted by level, with the points they span.

Enumeration only: which combinations there are and in which order.  Values are put into settings
by ``sim.plan.plan``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sim.core.canonical import canonical_json
from sim.core.errors import InputError
from sim.core.settings import Settings
from sim.plan.laws import DesignLaw, RandomLaw
from sim.plan.targets import STRUCTURE_SECTIONS, TURNED_BY_IMAGE, Target, find_target
from sim.recipe.kinds import SPECIMENS
from sim.recipe.model import Recipe
from sim.recipe.vary import (
    Choice,
    Vary,
    VaryChoice,
    VaryGrid,
    VaryLatinHypercube,
    VaryLogNormal,
    VaryNormal,
    VarySobol,
    VaryTruncatedNormal,
    VaryUniform,
)

#: Combinations of sweep points that a plan may have.
MOST_POINTS = 10_000_000
#: Combinations of extremes that are looked at to bound sizes and counts.
MOST_CORNERS = 16_384
#: No draw of a normal law is farther from its mean, in standard deviations (quantile of 2⁻⁵³ is 8.2).
LARGEST_NORMAL = 8.5

Point = tuple[tuple[str, Choice], ...]


@dataclass(frozen=True)
class Variation:
    """All entries of a recipe by level and law.

    Attributes
    ----------
    targets
        The varied settings by path, in the recipe's order.
    reached
        For every path all values of its grid or choice, or the two ends of its law, in the
        setting's own type.
    """

    targets: dict[str, Target]
    reached: dict[str, tuple[Choice, ...]]
    structure_grids: tuple[VaryGrid, ...]
    image_grids: tuple[VaryGrid, ...]
    structure_laws: tuple[RandomLaw, ...]
    image_laws: tuple[RandomLaw, ...]
    structure_designs: tuple[DesignLaw, ...]
    image_designs: tuple[DesignLaw, ...]
    instance_laws: tuple[RandomLaw, ...]

    def combination(self, grids: Sequence[VaryGrid], index: int) -> Point:
        """The ``index``-th combination of several grids; the last grid runs fastest."""
        point: list[tuple[str, Choice]] = []
        for grid in reversed(grids):
            values = self.reached[grid.path]
            index, position = divmod(index, len(values))
            point.append((grid.path, values[position]))
        return tuple(reversed(point))

    def combinations(self, grids: Sequence[VaryGrid]) -> int:
        """How many combinations several grids have (1 for none)."""
        count = math.prod(len(self.reached[grid.path]) for grid in grids)
        if count > MOST_POINTS:
            raise InputError(
                "vary",
                f"the grids have {count:,} combinations",
                allowed=f"up to {MOST_POINTS:,}",
                remedy="list fewer values or draw some of them at random",
            )
        return count

    def listed(self, section: str) -> list[str]:
        """Paths of a section whose values are listed one by one (grids and choices)."""
        entries = (*self.structure_grids, *self.image_grids, *self.structure_laws, *self.image_laws)
        return [
            entry.path
            for entry in entries
            if isinstance(entry, (VaryGrid, VaryChoice)) and self.targets[entry.path].section == section
        ]

    def corners(self, paths: Iterable[str]) -> Iterator[Point]:
        """Combinations of the extreme values of some paths (of all values, where they are no numbers).

        Raises
        ------
        InputError
            If they are too many to look at.
        """
        axes = []
        for path in paths:
            values = self.reached[path]
            if self.targets[path].numeric:
                numbers = [value for value in values if not isinstance(value, str)]
                values = tuple(dict.fromkeys((min(numbers), max(numbers))))
            axes.append([(path, value) for value in values])
        count = math.prod(len(axis) for axis in axes)
        if count > MOST_CORNERS:
            raise InputError(
                "vary",
                f"{len(axes)} settings vary at once, too many to foresee the largest image and count",
                allowed=f"up to {MOST_CORNERS:,} combinations of their extremes",
                remedy="fix some of them",
            )
        return itertools.product(*axes)


def read_variation(recipe: Recipe) -> Variation:
    """Check every entry against the recipe and sort the entries by level and law.

    Raises
    ------
    InputError
        For a path that is no setting, one that may not vary, one named twice, a law that does not
        suit the setting, or a level the path does not have.
    """
    targets: dict[str, Target] = {}
    reached: dict[str, tuple[Choice, ...]] = {}
    levels: dict[str, list[Vary]] = {"structure": [], "image": [], "instance": []}
    for position, entry in enumerate(recipe.vary):
        where = f"vary.{position}"
        if entry.path in targets:
            raise InputError(
                f"{where}.path", "varies a setting twice", value=entry.path, remedy="keep one entry"
            )
        target = find_target(recipe, entry.path, f"{where}.path")
        _check_law(entry, target, where)
        targets[entry.path] = target
        reached[entry.path] = _reached(entry, target, where)
        levels[_level(recipe, entry, target, where)].append(entry)

    def pick(level: str, kinds: Any, without: Any = ()) -> tuple[Any, ...]:
        return tuple(e for e in levels[level] if isinstance(e, kinds) and not isinstance(e, without))

    designs = (VarySobol, VaryLatinHypercube)
    return Variation(
        targets=targets,
        reached=reached,
        structure_grids=pick("structure", VaryGrid),
        image_grids=pick("image", VaryGrid),
        structure_laws=pick("structure", Settings, (VaryGrid, *designs)),
        image_laws=pick("image", Settings, (VaryGrid, *designs)),
        structure_designs=pick("structure", designs),
        image_designs=pick("image", designs),
        instance_laws=pick("instance", Settings, (VaryGrid, *designs)),
    )


def _reached(entry: Vary, target: Target, where: str) -> tuple[Choice, ...]:
    """All listed values, or the two ends of a law."""
    if not isinstance(entry, (VaryGrid, VaryChoice)):
        return _ends(entry, target)
    given = entry.points() if isinstance(entry, VaryGrid) else entry.values
    values = tuple(target.adapt(value) for value in given)
    for value in values:
        target.check(value, f"{where}.values")
    if len({canonical_json(value) for value in values}) != len(values):
        raise InputError(
            f"{where}.values", f"names one value of {entry.path} twice", remedy="list every value once"
        )
    return values


def _ends(entry: Any, target: Target) -> tuple[Choice, ...]:
    """Smallest and largest value that a law can give the setting."""
    low, high = getattr(entry, "low", -math.inf), getattr(entry, "high", math.inf)
    if isinstance(entry, (VaryNormal, VaryTruncatedNormal)):
        reach = LARGEST_NORMAL * entry.deviation
        low, high = max(low, entry.mean - reach), min(high, entry.mean + reach)
    elif isinstance(entry, VaryLogNormal):
        stretch = math.exp(LARGEST_NORMAL * entry.deviation)
        low, high = entry.median / stretch, entry.median * stretch
    quantity = target.quantity
    if quantity is not None and quantity.low is not None:
        # An excluded end is never drawn; the next number stands for it.
        low = max(low, math.nextafter(quantity.low, math.inf) if quantity.above else quantity.low)
    if quantity is not None and quantity.high is not None:
        high = min(high, quantity.high)
    return (math.ceil(low), math.floor(high)) if target.whole else (float(low), float(high))


def _level(recipe: Recipe, entry: Vary, target: Target, where: str) -> str:
    own = "structure" if target.section in STRUCTURE_SECTIONS else "image"
    if entry.per == "instance" and _has_members(recipe, entry.path):
        if isinstance(entry, (VaryGrid, VarySobol, VaryLatinHypercube)):
            raise InputError(
                f"{where}.law",
                "is no law that the members of one scene can draw from",
                value=entry.law,
                allowed="uniform, normal, truncated_normal, log_normal, choice",
                remedy="use one of these, or per = 'structure'",
            )
        return "instance"
    if entry.per == "instance":
        raise InputError(
            f"{where}.per",
            f"{entry.path} has no instances",
            value="instance",
            allowed="structure" if own == "structure" else "image, structure",
            remedy="instances are the random members of a scene",
        )
    if entry.per == "image" and own == "structure" and target.section not in TURNED_BY_IMAGE:
        raise InputError(
            f"{where}.per",
            f"{entry.path} belongs to the structure, which all its images share",
            value="image",
            allowed="structure",
            remedy="leave per out",
        )
    return entry.per or own


def _has_members(recipe: Recipe, path: str) -> bool:
    """Whether a setting belongs to a part of the specimen of which there can be several."""
    section, _, rest = path.partition(".")
    if section != "specimen" or SPECIMENS[recipe.specimen.kind].expand is None:
        return False
    # How many members there are is no member's own business.
    return rest.count(".") >= 2 and rest.rpartition(".")[2] not in ("count", "enabled", "only_in", "name")


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
