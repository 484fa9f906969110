"""``stack.h5``: the whole dataset as one file, for viewers.

Images, labels and the values of ragged tables are virtual datasets over the shards, named relative
to the dataset so that the folder can move.  Sample columns and offsets are small and stored.  A
missing shard reads as zeros without an error: programs read the manifest and the shards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from sim.core.atomic import whole_path
from sim.core.errors import IntegrityError
from sim.dataset import layout, nodes
from sim.dataset.form import Form
from sim.dataset.hostile import LARGEST_CHUNK, opened
from sim.dataset.journal import ShardEntry
from sim.dataset.samples import as_kind, common_kind
from sim.dataset.stored import WIDEST


def common_schema(entries: Sequence[ShardEntry]) -> tuple[tuple[Any, ...], ...]:
    """The schema that all shards share.

    Raises
    ------
    IntegrityError
        If two shards differ.
    """
    for entry in entries:
        if entry.schema != entries[0].schema:
            raise IntegrityError(
                f"{layout.shard_path(entry.shard)}: its arrays differ in kind from those of the first shard."
            )
    return entries[0].schema


def common_columns(entries: Sequence[ShardEntry]) -> dict[str, tuple[str, int]]:
    """Sample columns of the whole dataset and their kinds.

    Raises
    ------
    IntegrityError
        If two shards have different columns.
    """
    names = [column[0] for column in entries[0].columns]
    for entry in entries:
        if [column[0] for column in entry.columns] != names:
            raise IntegrityError(
                f"{layout.shard_path(entry.shard)}: has other sample columns than the first shard."
            )
    by_name: dict[str, list[tuple[str, int]]] = {name: [] for name in names}
    for entry in entries:
        for name, kind, width in entry.columns:
            by_name[name].append((kind, width))
    return {name: common_kind(kinds) for name, kinds in by_name.items()}


def write_master(
    directory: Path,
    form: Form,
    entries: Sequence[ShardEntry],
    identity: str,
    cancel: Callable[[], None] = lambda: None,
) -> None:
    """Write ``stack.h5`` over finished shards.

    Parameters
    ----------
    entries
        All shards of the dataset in order.
    """
    with (
        whole_path(directory / layout.MASTER) as path,
        h5py.File(path, "w", libver="v110", track_order=True) as file,
    ):
        _Master(file, directory, form, entries, identity).write(cancel)


class _Master:
    def __init__(
        self, file: h5py.File, directory: Path, form: Form, entries: Sequence[ShardEntry], identity: str
    ) -> None:
        self.file = file
        self.directory = directory
        self.form = form
        self.entries = entries
        self.identity = identity
        self.schema = common_schema(entries)
        self.count = entries[-1].stop

    def write(self, cancel: Callable[[], None]) -> None:
        root = nodes.start_file(self.file, self.form, f"{self.identity}/stack")
        stacks = {name: np.dtype(dtype) for name, dtype, shape, _ in self.schema if shape[:1] != ("n",)}
        self.shapes = {name: shape for name, _, shape, _ in self.schema}
        prefix = f"{layout.LABELS}/"
        labels = {
            name.removeprefix(prefix): dtype for name, dtype in stacks.items() if name.startswith(prefix)
        }
        nodes.image_nodes(
            root,
            self.form,
            0,
            self.count,
            labels,
            lambda name, dtype: self._virtual_stack(name, dtype),
            {name: dtype for name, dtype in stacks.items() if name in self.form.extras},
        )
        cancel()
        self._ragged(root)
        self._stored(root, cancel)
        nodes.hyperspy_view(self.file, self.form, 0, self.count)

    def _virtual_stack(self, name: str, dtype: Any) -> nodes.MakeData:
        frame = self.shapes[name]
        plan = h5py.VirtualLayout((self.count, *frame), dtype)
        for entry in self.entries:
            count = entry.stop - entry.start
            plan[entry.start : entry.stop] = h5py.VirtualSource(
                layout.shard_path(entry.shard), f"{layout.ROOT}/{name}/data", (count, *frame), dtype
            )
        return lambda group: group.create_virtual_dataset("data", plan, fillvalue=0)

    def _ragged(self, root: h5py.Group) -> None:
        tables: dict[str, list[tuple[str, str, tuple[int, ...]]]] = {}
        for name, dtype, shape, _ in self.schema:
            if shape[:1] == ("n",):
                table, _, column = name.partition("/")
                tables.setdefault(table, []).append((column, dtype, tuple(shape[1:])))
        for table, columns in tables.items():
            offsets = np.zeros(self.count + 1, dtype=np.int64)
            makers = {
                column: self._virtual_column(table, column, dtype, tail) for column, dtype, tail in columns
            }
            nodes.ragged_table(root, self.form, table, offsets, makers)

    def _virtual_column(self, table: str, column: str, dtype: str, tail: tuple[int, ...]) -> Any:
        total = sum(entry.rows.get(table, 0) for entry in self.entries)
        plan = h5py.VirtualLayout((total, *tail), np.dtype(dtype))
        start = 0
        for entry in self.entries:
            rows = entry.rows.get(table, 0)
            if rows:
                plan[start : start + rows] = h5py.VirtualSource(
                    layout.shard_path(entry.shard),
                    f"{layout.ROOT}/{table}/{column}",
                    (rows, *tail),
                    np.dtype(dtype),
                )
            start += rows
        if not total:
            return nodes.stored_column(np.zeros((0, *tail), dtype))
        return lambda group, name: group.create_virtual_dataset(name, plan, fillvalue=0)

    def _stored(self, root: h5py.Group, cancel: Callable[[], None]) -> None:
        """Copy sample columns and offsets, one shard in memory at a time."""
        kinds = common_columns(self.entries)
        samples = root.create_group(layout.SAMPLES)
        samples.attrs["NX_class"] = "NXcollection"
        for name, (kind, width) in kinds.items():
            shape = (self.count, width) if width else (self.count,)
            data = samples.create_dataset(name, shape, nodes.TEXT if kind == "text" else np.dtype(kind))
            if unit := self.form.unit_of(name):
                data.attrs["units"] = unit
        ends = dict.fromkeys(self.entries[0].rows, 0)
        frame = self.form.height * self.form.width * WIDEST
        for entry in self.entries:
            cancel()
            path = self.directory / layout.shard_path(entry.shard)
            largest = max(LARGEST_CHUNK, frame * (entry.stop - entry.start))
            with opened(path, self.directory, largest_chunk=largest) as shard:
                source = shard[layout.ROOT]
                for name, whole in kinds.items():
                    samples[name][entry.start : entry.stop] = as_kind(
                        read_column(source[layout.SAMPLES][name]), whole
                    )
                for table in ends:
                    offsets = source[table]["offsets"][...]
                    root[table]["offsets"][entry.start : entry.stop + 1] = offsets + ends[table]
                    ends[table] += int(offsets[-1])


def read_column(data: h5py.Dataset, start: int = 0, stop: int | None = None) -> Any:
    """A sample column or some rows of it: a list of words, or an array."""
    if h5py.check_string_dtype(data.dtype) is not None:
        return list(data.asstr()[start:stop])
    return data[start:stop]
