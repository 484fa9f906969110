"""The laws of variation as the panel shows them: titles, fields, first values and summaries.  No Qt here.

What a law is and which numbers it takes comes from the models of ``sim.recipe.vary``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Literal, get_args

from app.gui.document import numbers
from app.gui.document.fields import Field
from sim.core.settings import model_fields
from sim.recipe.vary import (
    VaryChoice,
    VaryGrid,
    VaryLatinHypercube,
    VaryLogNormal,
    VaryNormal,
    VarySobol,
    VaryTruncatedNormal,
    VaryUniform,
)

Tree = dict[str, Any]

#: Values of a new even grid.
FIRST_COUNT = 5
#: Values listed in a summary before the rest is left out.
MOST_SHOWN = 4
#: Standard deviation of the logarithm that a new log-normal law starts with.
FIRST_LOG_DEVIATION = 0.2


@dataclass(frozen=True)
class LawField:
    """One field of a law.

    Attributes
    ----------
    name
        Its name in the ``[[vary]]`` entry.
    label
        Word before its editor.
    kind
        A number, a whole number, a list of the setting's values, or a list of weights.
    in_unit
        Whether it has the setting's unit.
    about
        Its meaning, for the tooltip.
    """

    name: str
    label: str
    kind: Literal["number", "count", "values", "weights"]
    in_unit: bool
    about: str


@dataclass(frozen=True)
class Law:
    """One way to vary a setting: an entry of the combo box.

    Attributes
    ----------
    key
        Its name here: a grid may be even or listed.
    law
        Its name in the recipe.
    title
        Words in the combo box.
    about
        One or two sentences.
    fields
        What it takes.
    numeric
        Whether it needs a setting that is a number.
    """

    key: str
    law: str
    title: str
    about: str
    fields: tuple[LawField, ...]
    numeric: bool

    @property
    def by_member(self) -> bool:
        """Whether the members of one scene can draw from it."""
        return self.law not in _THROUGH_DATASET


#: Laws that go through the dataset as a whole.
_THROUGH_DATASET = ("grid", "sobol", "latin_hypercube")

_LABELS = {
    "start": "from", "stop": "to", "count": "values", "low": "from", "high": "to", "mean": "mean",
    "deviation": "deviation", "median": "median", "values": "values", "weights": "weights",
}  # fmt: skip

_TABLE: tuple[tuple[str, str, type[Any], tuple[str, ...]], ...] = (
    ("even", "Grid: from, to, number", VaryGrid, ("start", "stop", "count")),
    ("list", "Grid: list of values", VaryGrid, ("values",)),
    ("uniform", "Uniform", VaryUniform, ("low", "high")),
    ("normal", "Normal", VaryNormal, ("mean", "deviation")),
    ("truncated_normal", "Truncated normal", VaryTruncatedNormal, ("mean", "deviation", "low", "high")),
    ("log_normal", "Log-normal", VaryLogNormal, ("median", "deviation")),
    ("choice", "Random choice", VaryChoice, ("values", "weights")),
    ("sobol", "Sobol points", VarySobol, ("low", "high")),
    ("latin_hypercube", "Latin hypercube", VaryLatinHypercube, ("low", "high")),
)


@cache
def laws() -> dict[str, Law]:
    """All laws by key, in the order of the combo box."""
    found = {}
    for key, title, model, names in _TABLE:
        leaves = {leaf.path: leaf for leaf in model_fields(model)}
        fields = []
        for name in names:
            leaf = leaves[name]
            in_unit = name not in ("count", "weights") and (model, name) != (VaryLogNormal, "deviation")
            fields.append(
                LawField(
                    name,
                    _LABELS[name],
                    "count" if name == "count" else name if name in ("values", "weights") else "number",  # type: ignore[arg-type]
                    in_unit,
                    leaf.description.about if leaf.description else "",
                )
            )
        about = " ".join((model.__doc__ or "").split())
        numeric = key not in ("list", "choice")
        found[key] = Law(
            key, str(get_args(leaves["law"].annotation)[0]), title, about, tuple(fields), numeric
        )
    return found


def laws_for(field: Field) -> list[Law]:
    """The laws that suit a setting."""
    return [law for law in laws().values() if is_number(field) or not law.numeric]


def is_number(field: Field) -> bool:
    """Whether a setting is a single number."""
    return field.editor in ("number", "integer")


def law_of(entry: Mapping[str, Any]) -> Law:
    """The law of a ``[[vary]]`` entry given as a tree."""
    name = entry.get("law", "grid")
    if name == "grid":
        return laws()["list" if entry.get("values") else "even"]
    return laws()[name]


def first_entry(field: Field, law: Law, value: Any, choices: Sequence[Any] = ()) -> Tree:
    """An entry to start with, around the present value.

    Parameters
    ----------
    field
        The setting.
    law
        The law chosen.
    value
        The present value.
    choices
        All values, where the setting is a choice.
    """
    entry: Tree = {"law": law.law}
    if not is_number(field):
        entry["values"] = list(choices) if choices else [value]
        return entry
    number = value if isinstance(value, (int, float)) else field.low or 0.0
    low, high, width = _around(field, number)
    centre = _in_range(field, number)
    first = {
        "start": low, "stop": high, "low": low, "high": high, "mean": centre, "deviation": width / 2,
        "count": FIRST_COUNT,
    }  # fmt: skip
    if field.editor == "integer" and high > low:
        # Whole numbers all the way.
        first["count"] = min(FIRST_COUNT, int(high - low) + 1)
        first["stop"] = int(low + (first["count"] - 1) * ((high - low) // (first["count"] - 1)))
    if law.key == "log_normal":
        first["median"] = centre if centre > 0 else field.step or 1.0
        first["deviation"] = FIRST_LOG_DEVIATION
    for part in law.fields:
        if part.kind == "values":
            entry[part.name] = list(dict.fromkeys((low, centre, high)))
        elif part.kind != "weights":
            entry[part.name] = first[part.name]
    return entry


def converted(
    field: Field, law: Law, old: Mapping[str, Any], value: Any, choices: Sequence[Any] = ()
) -> Tree:
    """An entry of another law that keeps what the two have in common: words, or the range of numbers."""
    entry = first_entry(field, law, value, choices)
    if old.get("per") is not None and (law.by_member or old["per"] != "instance"):
        entry["per"] = old["per"]
    if old.get("values") and "values" in entry:
        entry["values"] = list(old["values"])
        return entry
    reach = _reach(field, old) if is_number(field) else None
    if reach is None:
        return entry
    low, high, count = reach
    kept: Tree = {"start": low, "low": low, "stop": high, "high": high, "count": count}
    kept["values"] = list(VaryGrid(path=field.path, start=low, stop=high, count=count).points())
    if field.editor == "integer":
        kept["values"] = list(dict.fromkeys(round(point) for point in kept["values"]))
    centre = float((Decimal(repr(low)) + Decimal(repr(high))) / 2)
    if law.key != "log_normal":
        kept |= {"mean": centre, "deviation": float((Decimal(repr(high)) - Decimal(repr(low))) / 4)}
        kept |= {name: old[name] for name in ("mean", "deviation") if "mean" in old}
    elif centre > 0:
        kept["median"] = centre
    return {name: kept.get(name, item) for name, item in entry.items()}


def _reach(field: Field, entry: Mapping[str, Any]) -> tuple[float, float, int] | None:
    """(lowest, highest, number of values) of an entry over numbers; None where it has no such thing."""
    if entry.get("values"):
        ends, count = (min(entry["values"]), max(entry["values"])), len(entry["values"])
    elif entry.get("count"):
        ends, count = (entry["start"], entry["stop"]), entry["count"]
    elif "low" in entry:
        ends, count = (entry["low"], entry["high"]), FIRST_COUNT
    elif "mean" in entry:
        mean, deviation = Decimal(repr(entry["mean"])), Decimal(repr(entry["deviation"]))
        ends = (float(mean - 2 * deviation), float(mean + 2 * deviation))
        ends, count = (_in_range(field, ends[0]), _in_range(field, ends[1])), FIRST_COUNT
    else:
        return None
    low, high = float(ends[0]), float(ends[1])
    return (low, high, count) if low < high and count > 1 else None


def _around(field: Field, value: float) -> tuple[float, float, float]:
    """(low, high, half width) of a range around a value that is worth looking at."""
    step = Decimal(repr(field.step or (1 if field.editor == "integer" else 0.1)))
    centre = Decimal(repr(float(value)))
    # About 40 per cent to either side, in whole steps.
    steps = max(2, int(abs(centre) * Decimal("0.4") / step))
    width = float(step * steps)
    low = _in_range(field, float(centre - step * steps))
    high = _in_range(field, float(centre + step * steps))
    return low, high, width


def _in_range(field: Field, value: float) -> float:
    if field.low is not None and (value < field.low or (field.above and value <= field.low)):
        value = float(field.low) + (float(field.step or 0.1) if field.above else 0.0)
    if field.high is not None and value > field.high:
        value = float(field.high)
    return int(value) if field.editor == "integer" else float(value)


# --- words -----------------------------------------------------------------------------------


def short_number(value: Any, field: Field) -> str:
    """A number without its unit, a word as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return numbers.format(value, "", field.step)


def listed_words(values: Sequence[Any], field: Field) -> str:
    """Some values of a list, with the unit."""
    shown = [short_number(value, field) for value in values]
    if len(shown) > MOST_SHOWN:
        shown = [*shown[: MOST_SHOWN - 1], "…", shown[-1]]
    return f"{', '.join(shown)}{_unit(field)}"


def summary(entry: Mapping[str, Any], field: Field) -> str:
    """What an entry does, in a few words: ``0.4 … 0.8 Å, 5 values``."""
    law = law_of(entry)
    unit = _unit(field)

    def number(name: str) -> str:
        return short_number(entry[name], field)

    if law.key == "even":
        return f"{number('start')} … {number('stop')}{unit}, {entry['count']} values"
    if law.key == "list":
        return listed_words(entry["values"], field)
    if law.key == "choice":
        return f"{listed_words(entry['values'], field)}, at random"
    if law.key == "normal":
        return f"{number('mean')} ± {number('deviation')}{unit}, normal"
    if law.key == "truncated_normal":
        bell = f"{number('mean')} ± {number('deviation')}{unit}"
        return f"{bell}, normal within {number('low')} … {number('high')}"
    if law.key == "log_normal":
        return f"{number('median')}{unit} ×/÷ e^{entry['deviation']:g}, log-normal"
    title = law.title if law.key == "sobol" else law.title.lower()
    return f"{number('low')} … {number('high')}{unit}, {title}"


def grid_size(entry: Mapping[str, Any]) -> int:
    """Number of sweep points of a grid; 0 for laws that are drawn."""
    law = law_of(entry)
    if law.key == "even":
        return int(entry["count"])
    return len(entry["values"]) if law.key == "list" else 0


def footer(entries: Sequence[Mapping[str, Any]]) -> str:
    """How the entries combine: ``5 × 4 = 20 combinations``."""
    sizes = [size for entry in entries if (size := grid_size(entry))]
    drawn = sum(1 for entry in entries if not grid_size(entry))
    parts = []
    if len(sizes) == 1:
        parts.append(f"{sizes[0]:,} sweep points")
    elif sizes:
        total = 1
        for size in sizes:
            total *= size
        parts.append(f"{' × '.join(f'{size:,}' for size in sizes)} = {total:,} combinations")
    if drawn:
        parts.append(f"{drawn} drawn at random")
    return "; ".join(parts) if parts else "Nothing varies: every image has the values of the panel."


def _unit(field: Field) -> str:
    return f" {field.unit}" if field.unit else ""
