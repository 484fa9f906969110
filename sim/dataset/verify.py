"""Verify: read everything, hash everything, compare everything, and report all that is wrong.

Each image's manifest line is checked against its job, the arrays and sample columns against the
line, dataset.json against the lines, the master and Croissant files against dataset.json.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.core.atomic import is_temporary
from sim.core.canonical import sha256_of
from sim.core.errors import IntegrityError, NanophantomError
from sim.dataset import layout
from sim.dataset.check_line import line_problems
from sim.dataset.check_master import MasterCheck, check_master
from sim.dataset.check_shard import ShardCheck, check_shard
from sim.dataset.check_snapshots import SnapshotCheck, check_snapshots
from sim.dataset.croissant import croissant_document
from sim.dataset.finish import document_sha256, flags_of, realised_balance
from sim.dataset.hostile import check_facts, check_regular, guarded, read_lines
from sim.dataset.manifest import ContentDigest, parse_line
from sim.dataset.pool import Died, map_in_children
from sim.dataset.progress import Listener, Meter, silent
from sim.dataset.reader import Dataset

#: Snapshots looked at by one child process.
BATCH = 64
#: Problems reported in full; a folder with more is simply not the dataset.
MOST_PROBLEMS = 200


@dataclass(frozen=True)
class Report:
    """Outcome of a verification.

    Attributes
    ----------
    images
        Images the dataset states.
    content_sha256
        The digest stated in dataset.json (and found, when there are no problems).
    problems
        One sentence for everything that is wrong; empty for a sound dataset.
    notes
        Sentences about what is no fault: files of others beside the dataset, what a killed run left.
    """

    directory: Path
    images: int
    content_sha256: str
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        return not self.problems


def verify(
    directory: Path | str,
    *,
    workers: int = 1,
    progress: Listener = silent,
    cancel: Callable[[], None] = lambda: None,
) -> Report:
    """Verify a finished dataset.

    Raises
    ------
    InputError
        If there is no finished dataset to verify, or another run replaces it meanwhile.
    Cancelled
        When stopped.
    """
    directory = Path(directory)
    try:
        dataset = Dataset(directory)
    except IntegrityError as error:
        return Report(directory, 0, "", (str(error),))
    with dataset:
        check = _Verification(dataset, workers, progress, cancel)
        try:
            problems = check.run()
        except OSError:  # a folder went away
            dataset.replaced.check()
            raise
        if problems:
            dataset.replaced.check()
    shown = problems[:MOST_PROBLEMS]
    if len(problems) > MOST_PROBLEMS:
        shown.append(f"… and {len(problems) - MOST_PROBLEMS} more.")
    content = str(dataset.document.get("content_sha256", ""))
    return Report(directory, len(dataset), content, tuple(shown), tuple(check.notes[:MOST_PROBLEMS]))


class _Verification:
    def __init__(
        self, dataset: Dataset, workers: int, progress: Listener, cancel: Callable[[], None]
    ) -> None:
        self.dataset = dataset
        self.directory = dataset.directory
        self.document = dataset.document
        self.workers = workers
        self.cancel = cancel
        self.meter = Meter(len(dataset), 0, progress)
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.sound_files: set[str] = set()
        self.content = ContentDigest()
        self.tally: dict[str, int] = {}
        self.flagged: Counter[str] = Counter()
        self.structures: set[str] = set()
        self.image_ids: dict[bytes, int] = {}
        self.done = 0

    def run(self) -> list[str]:
        with guarded(layout.DATASET, self.problems):
            self._check_document()
        with guarded(layout.DATASET, self.problems):
            self._check_files()
        with guarded(layout.MANIFEST, self.problems):
            self._check_shards()
        with guarded(layout.DATASET, self.problems):
            self._check_totals()
        self._check_snapshots()
        self._check_master()
        self.meter.show(self.done, now=True)
        return self.problems

    def say(self, sentence: str) -> None:
        self.problems.append(sentence)

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    # --- dataset.json and the files it names -------------------------------------------------

    def _check_document(self) -> None:
        document = self.document
        if document_sha256(document) != document.get("document_sha256"):
            self.say(f"{layout.DATASET}: was edited after it was written (its own hash does not fit it).")
        if sha256_of(document["recipe"]) != document.get("recipe_sha256"):
            self.say(f"{layout.DATASET}: the recipe does not fit recipe_sha256.")
        for position, shard in enumerate(document["shards"]):
            if shard["file"] != layout.shard_path(position):
                self.say(
                    f"{layout.DATASET}: names {shard['file']!r} where {layout.shard_path(position)} must be."
                )
        known = {layout.MANIFEST, layout.MASTER, layout.CROISSANT}
        for name in sorted(known):
            with guarded(name, self.problems):
                if name not in document["files"]:
                    raise IntegrityError(f"{layout.DATASET}: does not name {name}.")
                check_facts(self.directory / name, self.directory, document["files"][name], self.cancel)
                self.sound_files.add(name)
        known |= {layout.snapshot_path(sha256) for sha256 in document["structures"]}
        for name in sorted(set(document["files"]) - known):
            self.say(f"{layout.DATASET}: names the file {name[:200]!r}, which a dataset does not have.")
        form, stacks = document["form"], {item["name"]: item for item in document["arrays"]}
        images = stacks.get(layout.IMAGES, {})
        if images.get("shape") != [form["height"], form["width"]]:
            self.say(f"{layout.DATASET}: the shape of its images is not that of its form.")
        if form["title"] != document["name"]:
            self.say(f"{layout.DATASET}: the title in its form is not its name.")
        if croissant_document(document) != self._bytes(layout.CROISSANT):
            self.say(f"{layout.CROISSANT}: does not fit {layout.DATASET}.")

    def _bytes(self, name: str) -> bytes:
        path = self.directory / name
        check_regular(path, self.directory)
        return path.read_bytes()

    def _check_files(self) -> None:
        """Symbolic links, missing and extra files."""
        own = {*layout.ENTRIES, layout.LOCK}
        for entry in sorted(os.scandir(self.directory), key=lambda entry: entry.name):
            if entry.name == layout.REPLACEMENT and not entry.is_symlink():
                self.note(f"{entry.name}: a replacement of this dataset is being made, or was begun.")
            elif entry.is_symlink():
                self.say(f"{entry.name}: is a symbolic link, which a dataset never holds.")
            elif entry.name == layout.JOURNAL or is_temporary(entry.name):
                self.note(f"{entry.name}: was left behind by a run; --resume removes it.")
            elif entry.name not in own:
                self.note(f"{entry.name}: does not belong to the dataset and was not looked into.")
        shards = {layout.shard_name(number) for number in range(len(self.document["shards"]))}
        self._check_folder(layout.SHARDS, shards, layout.PART_FILE)
        snapshots = {f"{sha256}.h5" for sha256 in self.document["structures"]}
        self._check_folder(layout.STRUCTURES, snapshots, None)

    def _check_folder(self, folder: str, expected: set[str], tolerated: Any) -> None:
        path = self.directory / folder
        if path.is_symlink() or not path.is_dir():
            if expected:
                self.say(f"{folder}: is missing or no folder.")
            return
        found = {entry.name: entry for entry in os.scandir(path)}
        for name in sorted(expected - set(found)):
            self.say(f"{folder}/{name}: is missing.")
        for name in sorted(set(found) - expected):
            left = is_temporary(name) or (tolerated and tolerated.fullmatch(name))
            if left and found[name].is_file(follow_symlinks=False):
                self.note(f"{folder}/{name}: was left behind by a run; --resume removes it.")
            else:
                self.say(f"{folder}/{name}: does not belong to the dataset.")
        for name in sorted(expected & set(found)):
            if found[name].is_symlink():
                self.say(f"{folder}/{name}: is a symbolic link, which a dataset never holds.")

    # --- manifest ----------------------------------------------------------------------------

    def _shard_checks(self) -> Iterator[ShardCheck]:
        """Lines of the manifest, checked one by one and handed on shard by shard."""
        group: dict[int, dict[str, Any]] = {}
        current = -1
        closed: set[int] = set()
        last = (-1, -1)
        for number, (_, text) in enumerate(
            read_lines(self.directory / layout.MANIFEST, self.directory), start=1
        ):
            self.cancel()
            try:
                line = parse_line(text, f"{layout.MANIFEST}, line {number}")
            except NanophantomError as error:
                self.say(str(error))
                continue
            place = (line["shard"], line["index"])
            self._check_line(line, number)
            if place <= last:
                self.say(f"{layout.MANIFEST}, line {number}: {line['image_id']} is not in order.")
            last = max(place, last)
            if line["shard"] != current:
                if group:
                    closed.add(current)
                    yield self._shard_check(current, group)
                current, group = line["shard"], {}
            if current not in closed and line["index"] not in group:
                group[line["index"]] = line
        if group:
            closed.add(current)
            yield self._shard_check(current, group)
        for missing in range(len(self.document["shards"])):
            if missing not in closed:
                yield self._shard_check(missing, {})

    def _shard_check(self, shard: int, lines: dict[int, dict[str, Any]]) -> ShardCheck:
        document = self.document
        shards = document["shards"]
        return ShardCheck(
            directory=str(self.directory.absolute()),
            shard=shard,
            facts=shards[shard] if 0 <= shard < len(shards) else None,
            form=document["form"],
            arrays=document["arrays"],
            plan_sha256=document["plan_sha256"],
            lines=lines,
        )

    def _check_line(self, line: dict[str, Any], number: int) -> None:
        where = f"{layout.MANIFEST}, line {number} ({line['image_id']})"
        with guarded(where, self.problems):
            self.content.add(line)
            mark = hashlib.sha256(line["image_id"].encode()).digest()[:12]
            if mark in self.image_ids:
                self.say(f"{where}: the image id already stands in line {self.image_ids[mark]}.")
            self.image_ids.setdefault(mark, number)
            for problem in line_problems(line, self.document):
                self.say(f"{where}: {problem}.")
            job = line["job"]
            key = f"{job['split']}/{job['class_name']}"
            self.tally[key] = self.tally.get(key, 0) + 1
            self.structures.update(line["structures"])
            self.flagged.update(flags_of(line))

    # --- totals ------------------------------------------------------------------------------

    def _check_totals(self) -> None:
        document = self.document
        found = len(self.image_ids)
        if found != document["images"]:
            self.say(
                f"{layout.MANIFEST}: has {found} images and {layout.DATASET} states {document['images']}."
            )
        if self.content.hexdigest() != document.get("content_sha256"):
            self.say(f"{layout.DATASET}: content_sha256 does not fit the manifest.")
        balance = realised_balance([self.tally])
        for name in ("classes", "splits"):
            if balance[name] != document.get(name):
                self.say(f"{layout.DATASET}: the counts by {name} do not fit the manifest.")
        if dict(self.flagged) != document.get(layout.FLAGGED, {}):
            self.say(f"{layout.DATASET}: the counts of flagged images do not fit the manifest.")
        extra = self.structures - set(document.get("structures", []))
        for sha256 in sorted(extra):
            self.say(
                f"{layout.MANIFEST}: names the structure {sha256[:12]}…, which {layout.DATASET} does not."
            )

    # --- HDF5 files, each in a process of its own ---------------------------------------------

    def _check_shards(self) -> None:
        under_way: deque[ShardCheck] = deque()

        def noted() -> Iterator[ShardCheck]:
            for check in self._shard_checks():
                under_way.append(check)
                yield check

        for result in map_in_children(check_shard, noted(), self.workers, self.cancel):
            check = under_way.popleft()
            self._take(layout.shard_path(check.shard), result)
            self.done += len(check.lines)
            self.meter.show(self.done)

    def _take(self, name: str, result: list[str] | Died) -> None:
        if isinstance(result, Died):
            self.say(f"{name}: {result.problem}.")
        else:
            self.problems += result

    def _check_master(self) -> None:
        if layout.MASTER not in self.sound_files:
            return  # said already, and not to be opened
        check = MasterCheck(str(self.directory.absolute()), self.document)
        for result in map_in_children(check_master, [check], 1, self.cancel):
            self._take(layout.MASTER, result)

    def _check_snapshots(self) -> None:
        hashes = []
        for sha256 in self.document["structures"]:
            if layout.SNAPSHOT_FILE.fullmatch(f"{sha256}.h5"):
                hashes.append(sha256)
            else:
                self.say(f"{layout.DATASET}: {sha256[:80]!r} is no structure hash.")
        batches = [hashes[first : first + BATCH] for first in range(0, len(hashes), BATCH)]
        checks = [self._snapshot_check(batch) for batch in batches]
        for check, result in zip(
            checks, map_in_children(check_snapshots, checks, self.workers, self.cancel), strict=True
        ):
            if isinstance(result, Died):  # one by one, so that the one is named
                single = [self._snapshot_check([sha256]) for sha256 in check.hashes]
                for one, alone in zip(
                    single, map_in_children(check_snapshots, single, self.workers, self.cancel), strict=True
                ):
                    self._take(layout.snapshot_path(one.hashes[0]), alone)
            else:
                self.problems += result

    def _snapshot_check(self, hashes: list[str]) -> SnapshotCheck:
        names = [layout.snapshot_path(sha256) for sha256 in hashes]
        facts = {name: self.document["files"][name] for name in names if name in self.document["files"]}
        return SnapshotCheck(str(self.directory.absolute()), tuple(hashes), facts)
