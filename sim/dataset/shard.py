"""One shard, the unit of work: render its jobs, pack them, leave the file under a temporary name.

Whoever holds the dataset's lock gives the file its final name (:func:`publish_shard`); a worker
that outlives a killed run can therefore never replace a file of the run that came after.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np
from numpy.typing import NDArray

from sim.core.atomic import publish, write_temporary
from sim.core.canonical import plain_json, text_sha256
from sim.core.environment import environment
from sim.core.errors import IntegrityError
from sim.core.types import ArrayRecord, Sample, Structure
from sim.dataset import layout, nodes
from sim.dataset.durable import file_sha256
from sim.dataset.form import Form
from sim.dataset.journal import ShardEntry
from sim.dataset.manifest import Origin, build_line, line_text
from sim.dataset.samples import columns_of, kind_of, plain_truth, row, truth_record
from sim.dataset.spill import spilled

#: (job, structures, cancel) → sample.
Render = Callable[[Any, Mapping[str, Structure], Callable[[], None]], Sample]

#: Step by which a shard's image in memory grows, bytes.
GROWTH = 4 << 20
#: A shard of more bytes before compression grows on disk instead of in memory: one with 4D data.
IN_MEMORY = 256 << 20
#: Widest type of an extra, bytes, that the plan counts with.
EXTRA_WIDTH = 4


class PlanLike(Protocol):
    """What this package needs of a plan; :class:`sim.plan.plan.Plan` has it."""

    recipe: Any
    catalogue: Any

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Any: ...


@dataclass(frozen=True)
class ShardTask:
    """A shard to be made."""

    number: int
    start: int
    stop: int


@dataclass(frozen=True)
class ShardSetting:
    """What all shards of a run share."""

    directory: Path
    form: Form
    origin: Origin
    identity: str


@dataclass(frozen=True)
class WrittenShard:
    """A shard on disk under temporary names, and the journal entry it will have."""

    entry: ShardEntry
    file: str
    lines: str


def write_shard(
    task: ShardTask,
    plan: PlanLike,
    setting: ShardSetting,
    render: Render,
    *,
    cancel: Callable[[], None] = lambda: None,
    on_image: Callable[[], None] = lambda: None,
) -> WrittenShard:
    """Render the jobs of one shard and write it, synced, under a temporary name.

    The file is built in memory and written in one go: a full disk then shows at a plain write and
    not inside the HDF5 library.  A shard of more than :data:`IN_MEMORY` is built on disk, so that
    memory holds one image of it.

    Raises
    ------
    Cancelled
        When the user stops; nothing is left behind.
    OSError
        When the disk is full; nothing is left behind.
    """
    packer = _Packer(task, setting)

    def fill(file: h5py.File, check: Callable[[], None]) -> None:
        for index in range(task.start, task.stop):
            cancel()
            job = plan[index]
            packer.add(file, job, render(job, plan.catalogue, cancel))
            check()
            on_image()
        packer.finish(file)

    folder = setting.directory / layout.SHARDS
    with _shard_file(folder / layout.shard_name(task.number), setting.form, task, fill) as written:
        lines = "".join(f"{line}\n" for line in packer.lines).encode()
        cancel()
        lines_file = write_temporary(folder / layout.part_name(task.number), lines)
        try:
            shard_file, size, sha256 = written()
        except BaseException:
            lines_file.unlink(missing_ok=True)
            raise
    entry = ShardEntry(
        shard=task.number,
        start=task.start,
        stop=task.stop,
        bytes=size,
        sha256=sha256,
        lines_bytes=len(lines),
        lines_sha256=hashlib.sha256(lines).hexdigest(),
        schema=packer.schema,
        columns=packer.columns,
        rows=packer.table_rows,
        tally=packer.tally,
        environment=environment() if packer.has_tier_b else {},
    )
    return WrittenShard(entry, str(shard_file), str(lines_file))


def shard_bytes(form: Form, images: int) -> int:
    """Bytes of the extras of some images, which decide where a shard is built; a function of the plan."""
    return images * form.extra_bytes(EXTRA_WIDTH)


@contextlib.contextmanager
def _shard_file(
    path: Path, form: Form, task: ShardTask, fill: Callable[[h5py.File, Callable[[], None]], None]
) -> Iterator[Callable[[], tuple[Path, int, str]]]:
    """Build a shard; what is yielded puts it on disk under a temporary name: name, bytes, SHA-256."""
    if shard_bytes(form, task.stop - task.start) > IN_MEMORY:
        with spilled(path, track_order=True) as (file, spill, temporary):
            fill(file, spill.check)
        try:
            yield lambda: (temporary, temporary.stat().st_size, file_sha256(temporary))
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return
    with h5py.File(
        f"shard-{task.number}", "w", driver="core", backing_store=False, block_size=GROWTH, track_order=True
    ) as file:
        fill(file, lambda: None)
        file.flush()
        content = file.id.get_file_image()
    yield lambda: (write_temporary(path, content), len(content), hashlib.sha256(content).hexdigest())


def publish_shard(written: WrittenShard, directory: Path) -> ShardEntry:
    """Give a written shard its final names; the journal entry follows."""
    folder = directory / layout.SHARDS
    publish(Path(written.lines), folder / layout.part_name(written.entry.shard))
    publish(Path(written.file), folder / layout.shard_name(written.entry.shard))
    return written.entry


def discard_shard(written: WrittenShard) -> None:
    """Remove a written shard that will not be used."""
    Path(written.file).unlink(missing_ok=True)
    Path(written.lines).unlink(missing_ok=True)


class _Packer:
    """Takes samples one by one into the shard's file."""

    def __init__(self, task: ShardTask, setting: ShardSetting) -> None:
        self.task = task
        self.setting = setting
        self.lines: list[str] = []
        self.schema: tuple[tuple[Any, ...], ...] = ()
        self.columns: tuple[tuple[Any, ...], ...] = ()
        self.table_rows: dict[str, int] = {}
        self.tally: dict[str, int] = {}
        self.has_tier_b = False
        self._rows: list[dict[str, Any]] = []
        self._stacks: dict[str, nodes.Stack] = {}
        self._ragged: dict[str, list[NDArray[Any]]] = {}

    def add(self, file: h5py.File, job: Any, sample: Sample) -> None:
        """Store one sample and compose its manifest line."""
        records = sample.records()
        schema = schema_of(sample, records)
        self._check_extras(job, sample)
        position = len(self._rows)
        if not self._rows:
            self.schema = schema
            self._start(file, sample)
        elif schema != self.schema:
            raise IntegrityError(
                f"{job.image_id}: its arrays differ in kind from those of the images before it."
            )
        for name, array in sample.arrays():
            if name in self._stacks:
                self._stacks[name].write(position, array)
            else:
                self._ragged.setdefault(name, []).append(array)
        self._describe(job, sample, records, position)

    def _check_extras(self, job: Any, sample: Sample) -> None:
        """The extras must be those that the plan announced: sizes and disk were reckoned with them."""
        planned = {name: tuple(facts["shape"]) for name, facts in self.setting.form.extras.items()}
        found = {name: array.shape for name, array in sample.extras.items()}
        if found != planned:
            raise IntegrityError(f"{job.image_id}: has the extras {found}, and the plan says {planned}.")
        for name, array in sample.extras.items():
            if array.dtype.kind not in "bfiu" or array.dtype.itemsize > EXTRA_WIDTH:
                raise IntegrityError(f"{job.image_id}: {name} is {array.dtype}, which no dataset stores.")

    def _start(self, file: h5py.File, sample: Sample) -> None:
        form, task = self.setting.form, self.task
        expected = (form.height, form.width)
        if sample.image.shape != expected or sample.image.dtype != np.dtype(form.dtype):
            raise IntegrityError(
                f"image: is {sample.image.dtype} {sample.image.shape}, "
                f"and the plan says {form.dtype} {expected}."
            )
        root = nodes.start_file(file, form, f"{self.setting.identity}/{task.number}")
        count = task.stop - task.start
        shapes = {name: sample.extras[name].shape for name in sample.extras}
        labels = {name: sample.labels[name].dtype for name in sorted(sample.labels)}
        made = nodes.image_nodes(
            root,
            form,
            task.start,
            task.stop,
            labels,
            lambda name, dtype: nodes.stacked((count, *shapes.get(name, expected)), dtype),
            {name: sample.extras[name].dtype for name in sorted(sample.extras)},
        )
        self._stacks = {name: nodes.Stack(data) for name, data in made.items()}

    def _describe(self, job: Any, sample: Sample, records: list[ArrayRecord], position: int) -> None:
        truth = plain_truth(sample.truth)
        job_text = plain_json(job.canonical)
        line = build_line(
            job.canonical,
            text_sha256(job_text),
            truth,
            [*records, truth_record(truth, text_sha256(plain_json(truth)), sample.tier_of(layout.TRUTH))],
            self.setting.origin,
            self.task.number,
            position,
        )
        self.has_tier_b |= any(record["tier"] == "B" for record in line["arrays"])
        self.lines.append(line_text(line, job_text))
        self._rows.append(row(job.canonical, truth))
        kind = f"{job.split}/{job.class_name}"
        self.tally[kind] = self.tally.get(kind, 0) + 1

    def finish(self, file: h5py.File) -> None:
        """Write the tables, which need every image."""
        form, task = self.setting.form, self.task
        root = file[layout.ROOT]
        columns_by_name = columns_of(self._rows)
        self.columns = tuple((name, *kind_of(values)) for name, values in columns_by_name.items())
        nodes.sample_columns(root, form, columns_by_name)
        tables: dict[str, dict[str, list[NDArray[Any]]]] = {}
        for name, parts in self._ragged.items():
            table, _, column = name.partition("/")
            tables.setdefault(table, {})[column] = parts
        for table, columns in tables.items():
            lengths = [len(part) for part in next(iter(columns.values()))]
            offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
            self.table_rows[table] = int(offsets[-1])
            joined = {name: nodes.stored_column(np.concatenate(parts)) for name, parts in columns.items()}
            nodes.ragged_table(root, form, table, offsets, joined)
        nodes.hyperspy_view(file, form, task.start, task.stop - task.start)


def schema_of(sample: Sample, records: Sequence[ArrayRecord]) -> tuple[tuple[Any, ...], ...]:
    """Name, dtype, shape and tier of every array; ragged tables by their trailing shape."""
    stacks = {layout.IMAGES, layout.CLEAN, *sample.extras}
    stacks |= {f"{layout.LABELS}/{name}" for name in sample.labels}
    return tuple(
        (
            record.name,
            record.dtype,
            record.shape if record.name in stacks else ("n", *record.shape[1:]),
            record.tier,
        )
        for record in records
    )
