"""From a plan to a dataset on disk: begin or go on, make the shards, finish."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.core.atomic import sync_directory
from sim.core.canonical import plain, sha256_of
from sim.core.errors import InputError, NanophantomError
from sim.core.types import Sample, Structure
from sim.dataset import folder, layout
from sim.dataset import journal as journals
from sim.dataset.checks import check_disk, check_workers, other_plan, wanted_shards
from sim.dataset.durable import file_sha256, remove_leftovers, told_in_a_sentence
from sim.dataset.executors import Work, run_processes, run_serial
from sim.dataset.finish import finish, missing_shards
from sim.dataset.form import Form, form_of
from sim.dataset.journal import Header, Journal, ShardEntry
from sim.dataset.lock import locked
from sim.dataset.manifest import Origin
from sim.dataset.progress import Listener, Meter, silent
from sim.dataset.provenance import software, timestamp
from sim.dataset.reader import read_dataset_document
from sim.dataset.shard import PlanLike, Render, ShardSetting, ShardTask, WrittenShard, publish_shard


@dataclass(frozen=True)
class Summary:
    """What a run did.

    Attributes
    ----------
    directory
        The dataset's folder.
    complete
        Whether the dataset is finished (a part run leaves it unfinished).
    images, made
        Images of the dataset; images made by this run.
    content_sha256
        The dataset's digest; empty while it is unfinished.
    already_complete
        A resumed dataset was complete and nothing was done.
    document
        The content of dataset.json; empty while it is unfinished.
    """

    directory: Path
    complete: bool
    images: int
    made: int
    content_sha256: str
    already_complete: bool
    document: Mapping[str, Any]


#: Stage results that a process keeps in memory, bytes: of quick models, and of those with waves.
_MEMORY, _MEMORY_OF_WAVES = 64 << 20, 256 << 20


class EngineRender:
    """Renders with the engine, keeping stage results in memory between images of one process.

    Parameters
    ----------
    folder
        Where costly results such as exit waves are kept for other processes and later runs; None keeps
        nothing on disk.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._cache: Any = None

    def __call__(self, job: Any, structures: Mapping[str, Structure], cancel: Callable[[], None]) -> Sample:
        from sim.recipe.imaging_models import IMAGING
        from sim.render.cache import StageCache
        from sim.render.context import RenderContext
        from sim.render.render import render

        if self._cache is None:
            of_waves = IMAGING[job.imaging.model].draft is not None
            memory = _MEMORY_OF_WAVES if of_waves else _MEMORY
            self._cache = StageCache(memory_bytes=memory, directory=self._folder)
        return render(job, RenderContext(structures=structures, cache=self._cache, cancel=cancel))

    def __getstate__(self) -> dict[str, Any]:
        return {"_folder": self._folder, "_cache": None}


def generate_dataset(
    plan: Any,
    directory: Path | str,
    *,
    workers: int = 1,
    resume: bool = False,
    overwrite: bool = False,
    shards: tuple[int, int] | None = None,
    progress: Listener = silent,
    cancel: Callable[[], None] = lambda: None,
    render: Render | None = None,
    created_at: str | None = None,
    cache: Path | None = None,
) -> Summary:
    """Make the dataset of a plan.

    Parameters
    ----------
    plan
        :class:`sim.plan.plan.Plan`, or anything with its names.
    directory
        Output folder; created, or empty, unless ``resume`` or ``overwrite``.
    workers
        Worker processes; 1 works in this process.
    resume
        Go on with an unfinished dataset (and begin one where there is none).
    overwrite
        Replace a dataset; the old one stays whole until the new one is.
    shards
        Make only the shards from the first number up to, not including, the second: one part of a
        job array, to be joined by :func:`sim.dataset.merge.merge`.
    progress
        Receives progress events.
    cancel
        Raises ``Cancelled`` to stop; the shard under way is dropped, finished ones are kept.
    render
        Makes a sample of a job; the engine's own by default.
    created_at
        Time stamp for the manifest; now by default.
    cache
        Folder for costly results such as exit waves, shared by all workers and later runs; nothing is
        kept on disk without one.  The dataset does not depend on it.

    Raises
    ------
    InputError
        If the folder, the disk, the memory or the plan does not allow it; existing data are untouched.
    Cancelled
        When stopped.
    """
    directory = Path(directory)
    check_workers(plan, workers)
    wanted = wanted_shards(plan, shards)
    contents = folder.inspect(directory)
    _check_contents(directory, contents, resume=resume, overwrite=overwrite)
    header = _header(plan, created_at or timestamp())
    if contents.state == "empty" or not resume:
        check_disk(plan, directory, [ShardTask(number, *header.boundaries[number]) for number in wanted])
    had_lock = (directory / layout.LOCK).exists()
    run = _Run(plan, header, render or EngineRender(cache), workers, progress, cancel)
    with folder.made_folder(directory), locked(directory), told_in_a_sentence(directory):
        contents = folder.inspect(directory)  # another run may have ended in between
        _check_contents(directory, contents, resume=resume, overwrite=overwrite)
        if folder.replacement_ready(directory):
            folder.move_up(directory)
            contents = folder.inspect(directory)
        if contents.state == "complete" and resume and not overwrite and not _replacing(directory, header):
            return _nothing_to_do(directory, header)
        if contents.state == "complete":
            return run.replace(directory, wanted, resume=resume)
        if contents.state == "unfinished" and overwrite and not resume:
            folder.refuse_strangers(directory, contents)
            folder.clear_replacement(directory)
            folder.clear(directory)
            contents = folder.inspect(directory)
        if contents.state == "unfinished":
            return run.build(directory, wanted)
        with folder.taken_back(directory, lock=not had_lock):
            return run.build(directory, wanted)


def _check_contents(directory: Path, contents: folder.Contents, *, resume: bool, overwrite: bool) -> None:
    folder.refuse_foreign(directory, contents)
    if contents.state == "empty":
        return
    if not (resume or overwrite):
        what = "already holds a dataset" if contents.state == "complete" else "holds an unfinished dataset"
        remedy = "choose another folder, or replace it with --overwrite"
        if contents.state == "unfinished":
            remedy = "go on with --resume, replace it with --overwrite, or choose another folder"
        raise InputError(str(directory), what, remedy=remedy)
    if overwrite:
        folder.refuse_strangers(directory, contents)


def _replacing(directory: Path, header: Header) -> bool:
    """Whether an unfinished replacement by this very plan waits in the folder."""
    inside = directory / layout.REPLACEMENT
    try:
        begun = journals.read(inside) if inside.is_dir() else None
    except NanophantomError:
        return False  # nothing to go on with
    return begun is not None and begun.header.plan_sha256 == header.plan_sha256


def _nothing_to_do(directory: Path, header: Header) -> Summary:
    document = read_dataset_document(directory)
    if document.get("plan_sha256") != header.plan_sha256:
        raise other_plan(directory, dict(document.get("recipe", {})), header)
    # The run may have been killed after dataset.json was written.
    for entry in (directory / layout.SHARDS).iterdir():
        if layout.PART_FILE.fullmatch(entry.name):
            entry.unlink()
    (directory / layout.JOURNAL).unlink(missing_ok=True)
    if not (directory / layout.REPLACEMENT / layout.JOURNAL).exists():
        folder.clear_replacement(directory)
    remove_leftovers(directory)
    return Summary(
        directory, True, int(document["images"]), 0, str(document["content_sha256"]), True, document
    )


def plan_digest(plan: Any) -> str:
    """What a resumed run compares: two plans with this digest make the same dataset in the same shards."""
    return sha256_of([plan.sha256, layout.SCHEMA_VERSION, plan.shard_boundaries()])


def _header(plan: Any, created_at: str) -> Header:
    recipe = plan.published_recipe()
    return Header(
        recipe=plain(recipe.tree()),
        plan_sha256=plan_digest(plan),
        images=len(plan),
        boundaries=tuple(tuple(pair) for pair in plan.shard_boundaries()),
        structures=tuple(sorted(plan.catalogue)),
        form=form_of(plan).tree(),
        dataset_version=recipe.dataset_version,
        software=software(),
        created_at=created_at,
    )


@dataclass(frozen=True)
class _Run:
    """One call of :func:`generate_dataset` under the folder's lock."""

    plan: Any
    header: Header
    render: Render
    workers: int
    progress: Listener
    cancel: Callable[[], None]

    def replace(self, directory: Path, wanted: range, *, resume: bool) -> Summary:
        """Build a new dataset beside a complete one, then put it in its place."""
        inside = directory / layout.REPLACEMENT
        if inside.exists() and not (resume and _replacing(directory, self.header)):
            folder.clear_replacement(directory)
        if inside.exists():
            summary = self.build(inside, wanted)
        else:
            with folder.made_folder(inside), folder.taken_back(inside):
                summary = self.build(inside, wanted)
        if summary.complete:
            folder.move_up(directory)
        return replace(summary, directory=directory)

    def build(self, directory: Path, wanted: range) -> Summary:
        """Begin or go on in one folder, and finish it when every shard is there."""
        remove_leftovers(directory)
        journal = self._journal(directory, wanted)
        tasks = [
            ShardTask(number, *journal.header.boundaries[number])
            for number in wanted
            if number not in journal.shards
        ]
        if journal.shards:
            check_disk(self.plan, directory, tasks)
        self._snapshots(directory)
        made = self._make(directory, journal, tasks)
        whole = Journal(journal.header, {**journal.shards, **made})
        images_made = sum(entry.stop - entry.start for entry in made.values())
        if missing_shards(whole):
            return Summary(directory, False, len(self.plan), images_made, "", False, {})
        document = finish(directory, whole, self.cancel)
        remove_leftovers(directory)
        return Summary(
            directory, True, len(self.plan), images_made, document["content_sha256"], False, document
        )

    def _journal(self, directory: Path, wanted: range) -> Journal:
        """The folder's journal with only those shards that are really there; begun if there is none."""
        found = journals.read(directory, repair=True)
        if found is None:
            boundaries = self.header.boundaries
            check_disk(self.plan, directory, [ShardTask(number, *boundaries[number]) for number in wanted])
            # The journal first: a folder that holds it is known to be ours whatever happens next.
            journals.begin(directory, self.header)
            found = Journal(self.header, {})
        if found.header.plan_sha256 != self.header.plan_sha256:
            raise other_plan(directory, found.header.recipe, self.header)
        version, own = found.header.software.get("version"), self.header.software["version"]
        if version != own:
            raise InputError(
                str(directory),
                f"was begun by version {version} of the program, and this is {own}",
                remedy="go on with that version, or replace the dataset with --overwrite",
            )  # fmt: skip
        for name in (layout.SHARDS, layout.STRUCTURES):
            (directory / name).mkdir(exist_ok=True)
        sync_directory(directory)
        safe = {number: entry for number, entry in found.shards.items() if self._is_safe(directory, entry)}
        # Only what this run cannot know is taken from the file: when and by what it was begun.
        begun = replace(self.header, created_at=found.header.created_at, software=found.header.software)
        return Journal(begun, safe)

    def _is_safe(self, directory: Path, entry: ShardEntry) -> bool:
        """Whether a journaled shard and its manifest lines are on disk as they were written."""
        self.cancel()
        shards = directory / layout.SHARDS
        for name, size, sha256 in (
            (layout.shard_name(entry.shard), entry.bytes, entry.sha256),
            (layout.part_name(entry.shard), entry.lines_bytes, entry.lines_sha256),
        ):
            path = shards / name
            if path.is_symlink() or not path.is_file() or path.stat().st_size != size:
                return False
            if file_sha256(path, self.cancel) != sha256:
                return False
        return True

    def _snapshots(self, directory: Path) -> None:
        for sha256 in self.header.structures:
            from sim.specimen.snapshots import write_snapshot

            self.cancel()
            write_snapshot(directory, self.plan.catalogue[sha256])  # a sound one is left as it is

    def _make(self, directory: Path, journal: Journal, tasks: list[ShardTask]) -> dict[int, ShardEntry]:
        """Make the shards and journal them."""
        made: dict[int, ShardEntry] = {}
        if not tasks:
            return made
        header = journal.header
        done = sum(entry.stop - entry.start for entry in journal.shards.values())
        total = done + sum(task.stop - task.start for task in tasks)
        meter = Meter(total, done, self.progress)
        accepted = done

        with journals.Writer(directory) as writer:

            def accept(written: WrittenShard) -> None:
                nonlocal accepted
                writer.add(publish_shard(written, directory))
                made[written.entry.shard] = written.entry
                accepted += written.entry.stop - written.entry.start
                meter.show(accepted)

            def partial(count: int) -> None:
                meter.show(accepted + count)

            work = Work(self._plan_maker(directory), self._setting(directory, header), self.render)
            meter.show(done, now=True)
            if self.workers == 1 or len(tasks) == 1:
                run_serial(tasks, work.make_plan(), work, accept, partial, self.cancel)
            else:
                run_processes(tasks, self.workers, work, accept, partial, self.cancel)
        meter.show(accepted, now=True)
        return made

    def _plan_maker(self, directory: Path) -> Callable[[], PlanLike]:
        """Recipe and catalogue, the latter reading from the snapshots: small enough for every worker."""
        catalogue = self.plan.catalogue.with_snapshots(directory / layout.STRUCTURES)
        maker: Callable[..., PlanLike] = type(self.plan)
        return functools.partial(maker, self.plan.recipe, catalogue)

    def _setting(self, directory: Path, header: Header) -> ShardSetting:
        origin = Origin(header.dataset_version, str(header.software["git_tag"]), header.created_at)
        return ShardSetting(directory.absolute(), Form(**header.form), origin, header.plan_sha256)
