"""Verify: read everything, hash everything, compare everything, and report all that is wrong.

Each image's manifest line is checked against its job, the arrays and sample columns against the
line, dataset.json against the lines, the master and Croissant files against dataset.json.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.core.canonical import plain, sha256_of
from sim.core.errors import IntegrityError, NanophantomError
from sim.dataset import layout
from sim.dataset.check_master import check_master
from sim.dataset.check_shard import ShardCheck, check_shard
from sim.dataset.croissant import croissant_document
from sim.dataset.durable import file_sha256, is_leftover
from sim.dataset.finish import document_sha256, realised_balance
from sim.dataset.hostile import check_regular, guarded, read_lines
from sim.dataset.manifest import REPEATED, ContentDigest, parse_line, simulation_params
from sim.dataset.pool import map_in_processes
from sim.dataset.progress import Listener, Meter, silent
from sim.dataset.reader import Dataset
from sim.dataset.samples import SEEDS

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
    """

    directory: Path
    images: int
    content_sha256: str
    problems: tuple[str, ...]

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
        If there is no finished dataset to verify.
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
        problems = check.run()
    shown = problems[:MOST_PROBLEMS]
    if len(problems) > MOST_PROBLEMS:
        shown.append(f"… and {len(problems) - MOST_PROBLEMS} more.")
    content = str(dataset.document.get("content_sha256", ""))
    return Report(directory, len(dataset), content, tuple(shown))


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
        self.content = ContentDigest()
        self.tally: dict[str, int] = {}
        self.structures: set[str] = set()
        self.image_ids: dict[bytes, int] = {}
        self.done = 0

    def run(self) -> list[str]:
        with guarded(layout.DATASET, self.problems):
            self._check_document()
        self._check_files()
        results = map_in_processes(check_shard, self._shard_checks(), self.workers, self.cancel)
        with guarded(layout.MANIFEST, self.problems):
            for images, problems in results:
                self.problems += problems
                self.done += images
                self.meter.show(self.done)
        with guarded(layout.DATASET, self.problems):
            self._check_totals()
        self._check_snapshots()
        with guarded(layout.MASTER, self.problems):
            check_master(self.dataset, self.problems, self.cancel)
        self.meter.show(self.done, now=True)
        return self.problems

    def say(self, sentence: str) -> None:
        self.problems.append(sentence)

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
        for name in (layout.MANIFEST, layout.MASTER, layout.CROISSANT):
            with guarded(name, self.problems):
                self._check_file(name, document["files"].get(name))
        if croissant_document(document) != self._bytes(layout.CROISSANT):
            self.say(f"{layout.CROISSANT}: does not fit {layout.DATASET}.")

    def _check_file(self, name: str, facts: Mapping[str, Any] | None) -> None:
        if facts is None:
            self.say(f"{layout.DATASET}: does not name {name}.")
            return
        status = check_regular(self.directory / name, self.directory)
        if (
            status.st_size != facts["bytes"]
            or file_sha256(self.directory / name, self.cancel) != facts["sha256"]
        ):
            self.say(f"{name}: was changed since it was written (its SHA-256 does not fit {layout.DATASET}).")

    def _bytes(self, name: str) -> bytes:
        path = self.directory / name
        check_regular(path, self.directory)
        return path.read_bytes()

    def _check_files(self) -> None:
        """Symbolic links, missing and extra files."""
        for entry in os.scandir(self.directory):
            if entry.is_symlink():
                self.say(f"{entry.name}: is a symbolic link, which a dataset never holds.")
            elif entry.name == layout.REPLACEMENT:
                self.say(f"{entry.name}: a replacement of this dataset was begun and not finished.")
        shards = {layout.shard_name(number) for number in range(len(self.document["shards"]))}
        self._check_folder(layout.SHARDS, shards, layout.PART_FILE)
        snapshots = {f"{sha256}.h5" for sha256 in self.document.get("structures", [])}
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
            if not is_leftover(name) and not (tolerated and tolerated.fullmatch(name)):
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
        shards = self.document["shards"]
        facts = shards[shard] if 0 <= shard < len(shards) else None
        return ShardCheck(
            str(self.directory), shard, facts, self.document["arrays"], self.document["columns"], lines
        )

    def _check_line(self, line: dict[str, Any], number: int) -> None:
        where = f"{layout.MANIFEST}, line {number} ({line['image_id']})"
        with guarded(where, self.problems):
            self.content.add(line)
            mark = hashlib.sha256(line["image_id"].encode()).digest()[:12]
            if mark in self.image_ids:
                self.say(f"{where}: the image id already stands in line {self.image_ids[mark]}.")
            self.image_ids.setdefault(mark, number)
            job = line["job"]
            if sha256_of(job) != line["job_sha256"]:
                self.say(f"{where}: its job was changed (job_sha256 does not fit it).")
            for name in REPEATED:
                if plain(line[name]) != plain(job.get(name)):
                    self.say(f"{where}: {name} is not that of its job.")
            if line["simulation_params"] != simulation_params(job):
                self.say(f"{where}: simulation_params are not those of its job.")
            self._check_origin(line, where)
            self._check_records(line, where)
            key = f"{job['split']}/{job['class_name']}"
            self.tally[key] = self.tally.get(key, 0) + 1
            self.structures.update(line["structures"])

    def _check_origin(self, line: dict[str, Any], where: str) -> None:
        document = self.document
        stated = {
            "dataset_version": document.get("dataset_version"),
            "git_tag": document.get("software", {}).get("git_tag"),
            "created_at": document.get("created_at"),
        }
        for name, value in stated.items():
            if line[name] != value:
                self.say(f"{where}: {name} is not that of {layout.DATASET}.")
        for name in SEEDS:
            if not str(line[name]).isdecimal():
                self.say(f"{where}: {name} is no seed.")

    def _check_records(self, line: dict[str, Any], where: str) -> None:
        records = {record["name"]: record for record in line["arrays"]}
        expected = [*(item["name"] for item in self.document["arrays"]), layout.TRUTH]
        if [record["name"] for record in line["arrays"]] != expected:
            self.say(f"{where}: its list of arrays is not that of {layout.DATASET}.")
            return
        if records[layout.TRUTH]["sha256"] != sha256_of(line["truth"]):
            self.say(f"{where}: its truth was changed (its hash does not fit it).")
        if records[layout.TRUTH]["shape"] != [len(line["truth"])] or records[layout.TRUTH]["dtype"] != "json":
            self.say(f"{where}: the record of its truth is not of the right form.")
        for item in self.document["arrays"]:
            record = records[item["name"]]
            shape = [length for length in item["shape"] if length != "n"]
            ragged = len(shape) != len(item["shape"])
            same_shape = record["shape"][1:] == shape if ragged else record["shape"] == shape
            if record["dtype"] != item["dtype"] or record["tier"] != item["tier"] or not same_shape:
                self.say(f"{where}: {item['name']} is not of the form that {layout.DATASET} states.")

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
        extra = self.structures - set(document.get("structures", []))
        for sha256 in sorted(extra):
            self.say(
                f"{layout.MANIFEST}: names the structure {sha256[:12]}…, which {layout.DATASET} does not."
            )

    def _check_snapshots(self) -> None:
        for sha256 in self.document.get("structures", []):
            from sim.specimen.snapshots import read_snapshot

            self.cancel()
            name = layout.snapshot_path(str(sha256))
            with guarded(name, self.problems):
                if not layout.SNAPSHOT_FILE.fullmatch(f"{sha256}.h5"):
                    self.say(f"{layout.DATASET}: {str(sha256)[:80]!r} is no structure hash.")
                    continue
                check_regular(self.directory / name, self.directory)
                try:
                    read_snapshot(self.directory / name, sha256)
                except NanophantomError as error:
                    self.say(f"{name}: {error}")
