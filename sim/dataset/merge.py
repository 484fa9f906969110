"""Join part runs (``--shards A:B`` on several machines) into one dataset."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sim.core.atomic import sync_directory, whole_file, write_whole
from sim.core.canonical import plain_json
from sim.core.errors import InputError, IntegrityError
from sim.dataset import folder, layout
from sim.dataset import journal as journals
from sim.dataset.durable import BLOCK, file_sha256, remove_leftovers, told_in_a_sentence
from sim.dataset.finish import finish, missing_shards
from sim.dataset.hostile import check_regular, read_lines
from sim.dataset.journal import Header, Journal, ShardEntry
from sim.dataset.lock import locked
from sim.dataset.manifest import parse_line
from sim.dataset.progress import Listener, Meter, silent
from sim.dataset.run import Summary


def merge(
    directories: Sequence[Path | str],
    output: Path | str,
    *,
    progress: Listener = silent,
    cancel: Callable[[], None] = lambda: None,
) -> Summary:
    """Copy the shards of part runs of one plan into a new dataset and finish it.

    The parts stay as they are.

    Raises
    ------
    InputError
        If a part is no part run, belongs to another plan, or shards are missing.
    IntegrityError
        If a shard is not as it was written.
    """
    output = Path(output)
    parts = [Path(directory) for directory in directories]
    found = [_part(part) for part in parts]
    if not found:
        raise InputError("merge", "needs at least one folder", remedy="name the folders of the part runs")
    header = min((journal.header for journal in found), key=lambda item: item.created_at)
    for part, journal in zip(parts, found, strict=True):
        if journal.header.plan_sha256 != header.plan_sha256:
            raise InputError(
                str(part),
                f"is a part of another dataset than {parts[0]}",
                remedy="merge parts of one recipe only",
            )
        if journal.header.software != header.software:
            raise InputError(
                str(part), "was made with other versions of the program or its libraries than the first part",
                remedy="make all parts with the same versions",
            )  # fmt: skip
    chosen: dict[int, tuple[Path, ShardEntry]] = {}
    for part, journal in zip(parts, found, strict=True):
        for number, entry in journal.shards.items():
            chosen.setdefault(number, (part, entry))
    missing = missing_shards(Journal(header, {number: entry for number, (_, entry) in chosen.items()}))
    if missing:
        names = ", ".join(map(str, missing[:5])) + (" …" if len(missing) > 5 else "")
        raise InputError(
            "merge", f"shards {names} are in none of the folders", remedy="run them with --shards first"
        )
    _check_output(output)
    had_lock = (output / layout.LOCK).exists()
    snapshots = _check_parts(chosen, header, cancel)
    with folder.made_folder(output), locked(output), told_in_a_sentence(output):
        _check_output(output)
        with folder.taken_back(output, lock=not had_lock, always=True):
            return _join(chosen, snapshots, header, output, progress, cancel)


def _check_output(output: Path) -> None:
    contents = folder.inspect(output)
    folder.refuse_foreign(output, contents)
    if contents.state != "empty":
        raise InputError(str(output), "already holds a dataset", remedy="merge into a new folder")


def _check_parts(
    chosen: Mapping[int, tuple[Path, ShardEntry]], header: Header, cancel: Callable[[], None]
) -> dict[str, Path]:
    """Look at all that will be copied, before anything is made; the snapshots by their hash.

    Shards are looked at by their size here and by their hash while they are copied.
    """
    for part, entry in chosen.values():
        cancel()
        shard = part / layout.shard_path(entry.shard)
        if check_regular(shard, part).st_size != entry.bytes:
            raise IntegrityError(f"{shard}: was changed since it was written.")
        lines = part / layout.SHARDS / layout.part_name(entry.shard)
        check_regular(lines, part)
        if file_sha256(lines, cancel) != entry.lines_sha256:
            raise IntegrityError(f"{lines}: was changed since it was written.")
    parts = dict.fromkeys(part for part, _ in chosen.values())
    found = {}
    for sha256 in header.structures:
        from sim.specimen.snapshots import read_snapshot

        cancel()
        name = layout.snapshot_path(sha256)
        source = next((part / name for part in parts if (part / name).is_file()), None)
        if source is None:
            raise IntegrityError(f"{name}: is in none of the parts.")
        read_snapshot(source, sha256)
        found[sha256] = source
    return found


def _part(directory: Path) -> Journal:
    if not directory.is_dir():
        raise InputError(str(directory), "is no folder", remedy="name the folders of the part runs")
    journal = journals.read(directory)
    if (directory / layout.DATASET).exists():
        raise InputError(
            str(directory), "is a finished dataset, not a part", remedy="there is nothing to merge"
        )
    if journal is None:
        raise InputError(
            str(directory), "holds no part of a dataset", remedy="name the folders of the part runs"
        )
    return journal


def _join(
    chosen: Mapping[int, tuple[Path, ShardEntry]],
    snapshots: Mapping[str, Path],
    header: Header,
    output: Path,
    progress: Listener,
    cancel: Callable[[], None],
) -> Summary:
    journals.begin(output, header)
    for name in (layout.SHARDS, layout.STRUCTURES):
        (output / name).mkdir(exist_ok=True)
    sync_directory(output)
    meter = Meter(header.images, 0, progress)
    done = 0
    written: dict[int, ShardEntry] = {}
    with journals.Writer(output) as writer:
        for number, (part, entry) in sorted(chosen.items()):
            cancel()
            written[number] = _copy_lines(part, output, entry, header)
            _copy(part, output, layout.shard_path(number), entry.sha256, cancel)
            writer.add(written[number])
            done += entry.stop - entry.start
            meter.show(done)
    for sha256, source in snapshots.items():
        cancel()
        with source.open("rb") as reading, whole_file(output / layout.snapshot_path(sha256)) as writing:
            shutil.copyfileobj(reading, writing)
    meter.show(done, now=True)
    document = finish(output, Journal(header, written), cancel)
    remove_leftovers(output)
    return Summary(output, True, header.images, 0, document["content_sha256"], False, document)


def _copy_lines(part: Path, output: Path, entry: ShardEntry, header: Header) -> ShardEntry:
    """The manifest lines of a shard, dated like the whole; the entry with their new hash."""
    name = f"{layout.SHARDS}/{layout.part_name(entry.shard)}"
    before = hashlib.sha256()
    texts = []
    for number, (_, text) in enumerate(read_lines(part / name, part), start=1):
        before.update(text)
        line = parse_line(text, f"{name}, line {number}")
        texts.append(f"{plain_json({**line, 'created_at': header.created_at})}\n")
    if before.hexdigest() != entry.lines_sha256:
        raise IntegrityError(f"{part / name}: was changed since it was written.")
    content = "".join(texts).encode()
    write_whole(output / name, content)
    return replace(entry, lines_bytes=len(content), lines_sha256=hashlib.sha256(content).hexdigest())


def _copy(part: Path, output: Path, name: str, sha256: str, cancel: Callable[[], None]) -> None:
    source = part / name
    check_regular(source, part)
    digest = hashlib.sha256()
    with source.open("rb") as reading, whole_file(output / name) as writing:
        while block := reading.read(BLOCK):
            cancel()
            digest.update(block)
            writing.write(block)
        if digest.hexdigest() != sha256:
            raise IntegrityError(f"{source}: was changed since it was written.")
