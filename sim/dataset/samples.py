"""The row that stands for an image in the table of samples, and columns made from rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.canonical import plain
from sim.core.errors import IntegrityError
from sim.core.types import ArrayRecord, Tier
from sim.dataset.layout import COLUMN_NAME, TRUTH

#: Fields of the job that become columns, in this order.
JOB_COLUMNS = (
    "image_id",
    "structure_id",
    "geometry",
    "class_name",
    "split",
    "specimen_key",
    "replicate",
    "repeat",
    "orientation_seed",
    "noise_seed",
)
#: Columns that hold 64-bit keys.
SEEDS = ("orientation_seed", "noise_seed")


def plain_truth(truth: Mapping[str, Any]) -> dict[str, Any]:
    """Truth as plain values: numpy scalars unwrapped, arrays as lists, absent values left out."""
    return {name: _unwrapped(value) for name, value in truth.items() if value is not None}


def _unwrapped(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_unwrapped(item) for item in value]
    return plain(value)


def truth_record(truth: Mapping[str, Any], sha256: str, tier: Tier) -> ArrayRecord:
    """The manifest's record of the truth: its columns are covered by one hash."""
    return ArrayRecord(TRUTH, "json", (len(truth),), sha256, tier)


def row(job: Mapping[str, Any], truth: Mapping[str, Any]) -> dict[str, Any]:
    """The row of one image.

    Parameters
    ----------
    job
        The job in canonical form.
    truth
        Plain truth of the rendered image.

    Returns
    -------
    Column name → value: identity, pixel size, every varied setting by its path, every truth.

    Raises
    ------
    IntegrityError
        If a truth has the name of a column that means something else, or an odd name.
    """
    columns: dict[str, Any] = {name: job[name] for name in JOB_COLUMNS}
    for name in SEEDS:
        columns[name] = int(columns[name])
    columns["pixel_size"] = float(job["image"]["pixel_size"])
    columns.update(job["varied"])
    for name, value in truth.items():
        if name in columns and columns[name] != value:
            raise IntegrityError(
                f"{name}: is the name of a sample column and of a truth that differs from it."
            )
        columns[name] = value
    for name in columns:
        if not COLUMN_NAME.fullmatch(name):
            raise IntegrityError(f"{name!r}: cannot be the name of a sample column.")
    return columns


def columns_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any] | list[str]]:
    """Columns of several rows: arrays for numbers, lists of text for words.

    Raises
    ------
    IntegrityError
        If the rows have different columns.
    """
    if not rows:
        return {}
    names = list(rows[0])
    if any(list(item) != names for item in rows):
        raise IntegrityError("samples: two images have different columns.")
    return {name: _column(name, [item[name] for item in rows]) for name in names}


def _column(name: str, values: list[Any]) -> NDArray[Any] | list[str]:
    if any(isinstance(value, str) for value in values):
        return [value if isinstance(value, str) else repr(value) for value in values]
    if name in SEEDS:
        return np.array(values, dtype=np.uint64)
    if any(isinstance(value, (list, tuple)) for value in values):
        return np.array(values, dtype=np.float64)
    if all(isinstance(value, bool) for value in values):
        return np.array(values, dtype=np.bool_)
    if all(isinstance(value, int) for value in values):
        return np.array(values, dtype=np.int64)
    return np.array(values, dtype=np.float64)


def kind_of(values: NDArray[Any] | list[str]) -> tuple[str, int]:
    """Kind of a column: ``text`` or its dtype, and the length of a vector column (else 0)."""
    if isinstance(values, list):
        return "text", 0
    return values.dtype.name, values.shape[1] if values.ndim == 2 else 0


def common_kind(kinds: Sequence[tuple[str, int]]) -> tuple[str, int]:
    """Kind of a column over several shards.

    A shard whose values of a mixed column happen to be all numbers holds numbers; beside a shard
    with words they become words, beside one with fractions they become floats.

    Raises
    ------
    IntegrityError
        If vectors of different lengths meet.
    """
    widths = {width for _, width in kinds}
    if len(widths) != 1:
        raise IntegrityError("samples: a column has vectors of different lengths.")
    names = {name for name, _ in kinds}
    if "text" in names:
        return "text", 0
    return np.result_type(*(np.dtype(name) for name in names)).name, widths.pop()


def as_kind(values: NDArray[Any] | list[str], kind: tuple[str, int]) -> NDArray[Any] | list[str]:
    """A shard's column as the kind that the whole dataset has."""
    if kind[0] == "text":
        return values if isinstance(values, list) else [repr(item) for item in values.tolist()]
    return np.asarray(values).astype(np.dtype(kind[0]))
