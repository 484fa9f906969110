"""The journal of a run: one header, then one fsynced line for every shard that is safe on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sim.core.atomic import write_whole
from sim.core.canonical import canonical_json, sha256_of
from sim.core.errors import InputError, IntegrityError
from sim.dataset import layout
from sim.dataset.document import is_form, whole
from sim.dataset.hostile import LONGEST_LINE, check_regular, first_line, parse_json

#: Field of every line that holds the hash of its other fields.
SEAL = "line_sha256"


@dataclass(frozen=True)
class Header:
    """What a run was begun with; everything that finishing the dataset needs besides the shards.

    Attributes
    ----------
    recipe
        Canonical tree of the recipe, without machine paths.
    plan_sha256
        Hash of recipe, structures, number of images and shard boundaries: what resume compares.
    boundaries
        (start, stop) of every shard of the whole dataset.
    structures
        Hashes of all snapshots.
    form
        Tree of :class:`sim.dataset.form.Form`.
    software
        Name, version and git tag of this program, and versions of the libraries.
    created_at
        When the run began, ISO 8601, UTC; resumed runs keep it.
    """

    recipe: dict[str, Any]
    plan_sha256: str
    images: int
    boundaries: tuple[tuple[int, int], ...]
    structures: tuple[str, ...]
    form: dict[str, Any]
    dataset_version: str
    software: dict[str, Any]
    created_at: str


@dataclass(frozen=True)
class ShardEntry:
    """One finished shard.

    Attributes
    ----------
    bytes, sha256
        Of the shard's file.
    lines_sha256
        Of the file that holds its manifest lines.
    schema
        Array names, dtypes and trailing shapes: alike in every shard of a dataset.
    columns
        Sample columns: name, kind, length of vectors.
    rows
        Rows of every ragged table.
    tally
        Images by ``split/class``.
    environment
        What it was made in, of :func:`sim.core.environment.environment`; empty where all is of tier A.
    """

    shard: int
    start: int
    stop: int
    bytes: int
    sha256: str
    lines_bytes: int
    lines_sha256: str
    schema: tuple[tuple[Any, ...], ...]
    columns: tuple[tuple[Any, ...], ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    tally: dict[str, int] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Journal:
    """Header and finished shards, as read."""

    header: Header
    shards: dict[int, ShardEntry]


def begin(directory: Path, header: Header) -> None:
    """Write the header; the journal then exists whole or not at all."""
    tree = {"format": layout.FORMAT, "schema_version": layout.SCHEMA_VERSION, **asdict(header)}
    write_whole(directory / layout.JOURNAL, _sealed(tree))


def _sealed(tree: dict[str, Any]) -> bytes:
    """A line with its own hash, so that a changed one is noticed."""
    return f"{canonical_json({**tree, SEAL: sha256_of(tree)})}\n".encode()


def _unsealed(line: bytes) -> dict[str, Any]:
    tree = parse_json(line)
    if not isinstance(tree, dict):
        raise ValueError("a line is not a JSON object")
    if tree.pop(SEAL, None) != sha256_of(tree):
        raise ValueError("a line was changed")
    return tree


class Writer:
    """Appends finished shards; a line is on disk when :meth:`add` returns."""

    def __init__(self, directory: Path) -> None:
        self._stream = (directory / layout.JOURNAL).open("ab", buffering=0)

    def add(self, entry: ShardEntry) -> None:
        """Append one line and fsync it.

        A line cut short (full disk) is taken back, so that later lines do not join onto it.
        """
        line = _sealed(asdict(entry))
        before = os.fstat(self._stream.fileno()).st_size
        try:
            written = self._stream.write(line)
            if written != len(line):
                raise OSError(28, "No space left on device")
            os.fsync(self._stream.fileno())
        except OSError:
            os.ftruncate(self._stream.fileno(), before)
            raise

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read(directory: Path, *, repair: bool = False) -> Journal | None:
    """The journal of a folder, or None if there is none.

    A torn last line (the run was killed while writing it) is left out; with ``repair`` it is also
    cut off the file, so that appending goes on cleanly.

    Raises
    ------
    IntegrityError
        If the file is no journal of ours, or damaged.
    InputError
        If another version of the program wrote it.
    """
    path = directory / layout.JOURNAL
    if not path.exists() and not path.is_symlink():
        return None
    check_regular(path, directory)
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if repair and len(whole) != len(content):
        with path.open("r+b") as stream:
            stream.truncate(len(whole))
            os.fsync(stream.fileno())
    lines = iter(whole.splitlines())
    try:
        header = _header(next(lines, b""))
        return Journal(header, {entry.shard: entry for entry in _entries(lines, header)})
    except (TypeError, ValueError, LookupError, OverflowError) as error:
        problem = f"is damaged ({first_line(error)}): start again with --overwrite"
        raise IntegrityError(f"{path}: {problem}.") from None


def is_ours(directory: Path) -> bool:
    """Whether a journal, damaged perhaps, was begun by this program."""
    path = directory / layout.JOURNAL
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as stream:
        return f'"format":"{layout.FORMAT}"'.encode() in stream.readline(LONGEST_LINE)


def _header(line: bytes) -> Header:
    tree = parse_json(line)
    if not isinstance(tree, dict) or tree.get("format") != layout.FORMAT:
        raise ValueError("its first line is not a header")
    version = tree.get("schema_version")
    if not whole(version):
        raise ValueError("its schema_version is not of the right type")
    if version != layout.SCHEMA_VERSION:
        raise InputError(
            layout.JOURNAL, "was written by another version of the program", value=version,
            allowed=str(layout.SCHEMA_VERSION), remedy="continue with the version that began the dataset",
        )  # fmt: skip
    tree = _unsealed(line)
    del tree["format"], tree["schema_version"]
    tree["boundaries"] = tuple((start, stop) for start, stop in tree["boundaries"])
    tree["structures"] = tuple(tree["structures"])
    header = Header(**tree)
    if not _is_header(header):
        raise ValueError("its header is not of the right form")
    return header


def _is_header(header: Header) -> bool:
    position = 0
    for start, stop in header.boundaries:
        if not (whole(start) and whole(stop) and start == position < stop):
            return False
        position = stop
    texts = (header.plan_sha256, header.dataset_version, header.created_at, *header.structures)
    software = header.software
    return (
        whole(header.images) and position == header.images
        and isinstance(header.recipe, dict) and is_form(header.form)
        and all(isinstance(text, str) for text in texts)
        and all(layout.SNAPSHOT_FILE.fullmatch(f"{sha256}.h5") for sha256 in header.structures)
        and isinstance(software, dict)
        and all(isinstance(software[name], str) for name in ("version", "git_tag"))
    )  # fmt: skip


def _entries(lines: Iterator[bytes], header: Header) -> Iterator[ShardEntry]:
    for line in lines:
        tree = _unsealed(line)
        for name in ("schema", "columns"):
            tree[name] = tuple(_frozen(item) for item in tree[name])
        if not all(isinstance(tree.get(name, {}), dict) for name in ("rows", "tally", "environment")):
            raise ValueError("a line is not of the right form")
        entry = ShardEntry(**tree)
        if not _is_entry(entry, header):
            raise ValueError("a line is not of the right form")
        yield entry


def _is_entry(entry: ShardEntry, header: Header) -> bool:
    numbers = (entry.shard, entry.start, entry.stop, entry.bytes, entry.lines_bytes)
    counts = (*entry.rows.values(), *entry.tally.values())
    return (
        all(whole(number) for number in (*numbers, *counts))
        and entry.shard < len(header.boundaries)
        and header.boundaries[entry.shard] == (entry.start, entry.stop)
        and sum(entry.tally.values()) == entry.stop - entry.start
        and all(isinstance(text, str) for text in (entry.sha256, entry.lines_sha256, *entry.tally))
        and all(len(item) == 4 and isinstance(item[2], tuple) for item in entry.schema)
        and all(len(item) == 3 for item in entry.columns)
    )


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
