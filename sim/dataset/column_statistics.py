"""Distributions of what a dataset's table of samples holds: summaries, groups, rank correlations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError, nearest
from sim.dataset.reader import Dataset
from sim.dataset.samples import JOB_COLUMNS

Values = NDArray[np.float64]

#: Lists up to this length are described number by number without being asked for.
SHORT = 4
#: A column of numbers with more different values than this is grouped by quarters.
MOST_GROUPS = 12


@dataclass(frozen=True)
class Summary:
    """One column, or one number of a list, over the images of one group.

    Attributes
    ----------
    n
        Images whose value is a finite number; the rest is of these.
    sd
        Standard deviation of the sample (n − 1); None for a single value.
    against
        Spearman's rank correlation with each varied setting; None where one of both is constant.
    """

    group: str
    name: str
    unit: str
    n: int
    mean: float | None = None
    sd: float | None = None
    minimum: float | None = None
    quartile_1: float | None = None
    median: float | None = None
    quartile_3: float | None = None
    maximum: float | None = None
    against: Mapping[str, float | None] = field(default_factory=dict)

    def tree(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Columns:
    """The numeric columns of a dataset, lists taken apart.

    Attributes
    ----------
    title
        Of the dataset.
    values
        Name → (n,) float64; the numbers of a list are ``name[0]``, ``name[1]``, …
    lists
        Name of a list → names of its numbers.
    words
        Columns of words.
    units
        Units of ``values``.
    varied
        Names of the varied settings that are numbers.
    """

    title: str
    values: Mapping[str, Values]
    lists: Mapping[str, tuple[str, ...]]
    words: Mapping[str, Sequence[str]]
    units: Mapping[str, str]
    varied: tuple[str, ...]

    def chosen(self, names: Sequence[str]) -> list[str]:
        """Names of ``values`` for what a user named; by default all but the numbers of long lists.

        Raises
        ------
        InputError
            For a name that is no numeric column.
        """
        if not names:
            long = {name for names in self.lists.values() if len(names) > SHORT for name in names}
            return [name for name in self.values if name not in long]
        found: list[str] = []
        for name in names:
            if name in self.lists:
                found += self.lists[name]
            elif name in self.values:
                found.append(name)
            else:
                raise InputError(
                    "--only",
                    "is a column of words" if name in self.words else "is no measured column of this dataset",
                    value=name, remedy=nearest(name, [*self.values, *self.lists]),
                )  # fmt: skip
        return list(dict.fromkeys(found))

    def hidden(self) -> list[str]:
        """Names of the lists that are described only when asked for."""
        return [name for name, names in self.lists.items() if len(names) > SHORT]

    def groups(self, by: str) -> dict[str, NDArray[np.bool_]]:
        """Images by group: (n,) masks in the order of the groups' names or values.

        Parameters
        ----------
        by
            ``split``, ``class`` or a column; empty for one group of all, whose name is empty.

        Raises
        ------
        InputError
            For a name that is no column.
        """
        count = len(next(iter(self.values.values())))
        name = "class_name" if by == "class" else by
        if not name:
            return {"": np.ones(count, dtype=np.bool_)}
        if name in self.words:
            words = np.array(self.words[name], dtype=object)
            groups = {str(word): np.asarray(words == word) for word in sorted(set(self.words[name]))}
        elif name in self.values:
            return _groups_of_numbers(name, self.values[name])
        else:
            raise InputError(
                "--by", "is no column of this dataset", value=by, allowed="split, class or a column",
                remedy=nearest(by, ["split", "class", *self.words, *self.values]),
            )  # fmt: skip
        if len(groups) > 10 * MOST_GROUPS:
            raise InputError("--by", f"makes {len(groups)} groups", value=by, remedy="choose another column")
        return groups


def read_columns(directory: Path) -> Columns:
    """Numeric columns of a finished dataset.

    Raises
    ------
    InputError, IntegrityError
        If the folder holds no finished dataset, or not what it should.
    """
    with Dataset(directory) as dataset:
        table, document = dataset.samples(), dataset.document
    # Names and keys of the images are no measurements.
    words = {name: values for name, values in table.items() if isinstance(values, list)}
    values: dict[str, Values] = {}
    units: dict[str, str] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for name, column in table.items():
        if isinstance(column, list) or name in JOB_COLUMNS:
            continue
        numbers = np.asarray(column).astype(np.float64)
        parts = {name: numbers}
        if numbers.ndim == 2:
            parts = {f"{name}[{place}]": numbers[:, place] for place in range(numbers.shape[1])}
            lists[name] = tuple(parts)
        values.update(parts)
        units.update(dict.fromkeys(parts, str(document["columns"][name].get("unit", ""))))
    varied = [entry["path"] for entry in document["recipe"].get("vary", ())]
    return Columns(
        title=f"{document['name']}: {len(dataset)} images",
        values=values,
        lists=lists,
        words=words,
        units=units,
        varied=tuple(name for name in varied if name in values),
    )


def summaries(
    columns: Columns, names: Sequence[str], by: str = "", *, against: bool = False
) -> list[Summary]:
    """Describe columns, group by group.

    Parameters
    ----------
    names
        Of ``columns.values``.
    by
        As of :meth:`Columns.groups`.
    against
        Correlate each column with every varied setting.

    Returns
    -------
    One summary for each name and group, a column's groups together.
    """
    groups = columns.groups(by)
    found = []
    for name in names:
        for group, mask in groups.items():
            values = columns.values[name][mask]
            pairs = {}
            if against:
                pairs = {
                    setting: spearman(values, columns.values[setting][mask])
                    for setting in columns.varied
                    if setting != name
                }
            found.append(_summary(group, name, columns.units[name], values, pairs))
    return found


def _summary(
    group: str, name: str, unit: str, values: Values, against: Mapping[str, float | None]
) -> Summary:
    numbers = values[np.isfinite(values)]
    if not numbers.size:
        return Summary(group, name, unit, 0, against=against)
    low, first, middle, third, high = (
        float(value) for value in np.quantile(numbers, (0, 0.25, 0.5, 0.75, 1))
    )
    # Rounding must neither move the mean out of the range nor make equal numbers differ.
    mean = min(max(float(numbers.mean()), low), high)
    deviation = None if numbers.size < 2 else float(numbers.std(ddof=1)) if high > low else 0.0
    return Summary(group, name, unit, numbers.size, mean, deviation, low, first, middle, third, high, against)


def spearman(one: Values, two: Values) -> float | None:
    """Rank correlation of two columns; equal values share the mean of their ranks.

    Parameters
    ----------
    one, two
        (n,) each; images where one of both is no finite number are left out.

    Returns
    -------
    −1 to 1 (Pearson's correlation of the ranks); None where one of both does not vary.
    """
    both = np.isfinite(one) & np.isfinite(two)
    ranks = [_ranks(column[both]) for column in (one, two)]
    if not ranks[0].size or any(rank.min() == rank.max() for rank in ranks):
        return None
    first, second = (rank - rank.mean() for rank in ranks)
    product = float(first @ second) / float(np.sqrt((first @ first) * (second @ second)))
    return min(1.0, max(-1.0, product))


def _ranks(values: Values) -> Values:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Values = (last - (counts - 1) / 2.0)[places.reshape(-1)]
    return ranks


def _groups_of_numbers(name: str, values: Values) -> dict[str, NDArray[np.bool_]]:
    numbers = values[np.isfinite(values)]
    distinct = np.unique(numbers)
    if len(distinct) <= MOST_GROUPS:
        return {f"{name} {value:g}": values == value for value in distinct.tolist()}
    edges = np.unique(np.quantile(numbers, (0, 0.25, 0.5, 0.75, 1)))
    masks = {}
    for place, (low, high) in enumerate(pairwise(edges.tolist())):
        above = values >= low if place == 0 else values > low
        masks[f"{name} {low:.3g} to {high:.3g}"] = above & (values <= high)
    return masks


def shown(value: float | None) -> str:
    """Four significant digits, whole numbers up to a million as they are, a dash for nothing."""
    if value is None:
        return "-"
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e6 else f"{value:.4g}"
