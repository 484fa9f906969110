"""Verify ``stack.h5``: it must show the shards, all of them, in order, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

from sim.core.errors import IntegrityError
from sim.dataset import layout
from sim.dataset.hostile import opened
from sim.dataset.master import read_column
from sim.dataset.reader import Dataset, child_dataset, shard_root


def check_master(dataset: Dataset, problems: list[str], cancel: Callable[[], None]) -> None:
    """Add a sentence for everything that is wrong with the master file.

    Parameters
    ----------
    dataset
        The dataset it belongs to.
    problems
        Receives the sentences.
    """
    path = dataset.directory / layout.MASTER
    with opened(path, dataset.directory, master=True) as file:
        root = shard_root(file, layout.MASTER)
        offsets = _check_offsets(dataset, root, problems, cancel)
        for item in dataset.document["arrays"]:
            cancel()
            name = item["name"]
            if item["shape"][:1] == ["n"]:
                _check_sources(child_dataset(root, name), name, offsets[name.partition("/")[0]], problems)
            else:
                bounds = [(shard["start"], shard["stop"]) for shard in dataset.document["shards"]]
                _check_sources(child_dataset(root, f"{name}/data"), f"{name}/data", bounds, problems)
        _check_samples(dataset, root, problems)


def _check_sources(data: h5py.Dataset, name: str, bounds: list[tuple[int, int]], problems: list[str]) -> None:
    """The virtual sources must be the shards in order, each at its place along the first axis."""
    expected = [
        (layout.shard_path(shard), f"{layout.ROOT}/{name}", start, stop)
        for shard, (start, stop) in enumerate(bounds)
        if stop > start
    ]
    if not expected:
        if data.shape[0]:
            problems.append(f"{layout.MASTER}: {name} has rows that no shard has.")
        return
    if not data.is_virtual:
        problems.append(f"{layout.MASTER}: {name} holds values of its own instead of showing the shards.")
        return
    found = [_shown(source, data.shape[1:]) for source in data.virtual_sources()]
    if sorted(found, key=lambda item: item[2]) != expected or data.shape[0] != expected[-1][3]:
        problems.append(f"{layout.MASTER}: {name} does not show the shards in order.")


def _shown(source: Any, frame: tuple[int, ...]) -> tuple[str, str, int, int]:
    """File, array, first row and row after the last that one source fills; −1 where it fills them oddly."""
    low, high = source.vspace.get_select_bounds()
    end = int(high[0]) + 1
    if any(low[1:]) or tuple(length + 1 for length in high[1:]) != tuple(frame):
        end = -1
    if source.src_space.get_select_type() != h5py.h5s.SEL_ALL:
        inner_low, inner_high = source.src_space.get_select_bounds()
        if any(inner_low) or inner_high[0] != high[0] - low[0] or inner_high[1:] != high[1:]:
            end = -1
    return source.file_name, source.dset_name.lstrip("/"), int(low[0]), end


def _check_offsets(
    dataset: Dataset, root: h5py.Group, problems: list[str], cancel: Callable[[], None]
) -> dict[str, list[tuple[int, int]]]:
    """Offsets of every ragged table; returns the rows of each shard in the joined table."""
    tables = sorted(
        {item["name"].partition("/")[0] for item in dataset.document["arrays"] if item["shape"][:1] == ["n"]}
    )
    bounds: dict[str, list[tuple[int, int]]] = {table: [] for table in tables}
    parts: dict[str, list[Any]] = {table: [np.zeros(1, dtype=np.int64)] for table in tables}
    for shard in range(len(dataset.document["shards"])):
        cancel()
        shown = dataset.shard(shard)
        for table in tables:
            values = child_dataset(shown, f"{table}/offsets")[...]
            before = int(parts[table][-1][-1])
            parts[table].append(values[1:] + before)
            bounds[table].append((before, before + int(values[-1])))
    for table in tables:
        stored = child_dataset(root, f"{table}/offsets")
        if not np.array_equal(stored[...], np.concatenate(parts[table])):
            problems.append(f"{layout.MASTER}: the offsets of {table} are not those of the shards.")
    return bounds


def _check_samples(dataset: Dataset, root: h5py.Group, problems: list[str]) -> None:
    group = root[layout.SAMPLES]
    columns = dataset.samples()
    if set(group) != set(columns):
        raise IntegrityError(f"{layout.MASTER}: its sample columns are not those of {layout.DATASET}.")
    for name, values in columns.items():
        found = read_column(child_dataset(root, f"{layout.SAMPLES}/{name}"))
        same = found == values if isinstance(values, list) else np.array_equal(found, values)
        if not same:
            problems.append(f"{layout.MASTER}: {layout.SAMPLES}/{name} is not that of the shards.")
