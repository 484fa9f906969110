"""Checks before reading: a dataset that came from elsewhere may be anything.

JSON is bounded in length and depth and may repeat no key.  An HDF5 file is looked over before any
value is read: no external links, external storage, reference or compound types, filters other than
gzip, shuffle and checksums, virtual data (except the master's, over ``shards/``), and no array that
claims to be far larger than what is stored of it.  No path may leave the dataset or be a link.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
from h5py import h5d, h5g, h5l, h5o, h5t, h5z

from sim.core.errors import IntegrityError
from sim.dataset import layout
from sim.dataset.durable import file_sha256

#: Longest manifest or journal line and longest dataset.json, bytes.
LONGEST_LINE = 8 << 20
LONGEST_DOCUMENT = 128 << 20
#: deflate cannot exceed 1032 : 1; what claims more was never written.
LARGEST_RATIO = 2000
#: Objects in one HDF5 file; ours have about two hundred.
MOST_OBJECTS = 20_000
#: Bytes of one chunk, unless the caller knows better: tables are cut at 65536 rows.
LARGEST_CHUNK = 16 << 20

#: What reading a damaged file raises, from HDF5 and from values that are not what they should be.
DAMAGE = (OSError, RuntimeError, LookupError, ArithmeticError, ValueError, TypeError, AttributeError)

_FILTERS = {h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32}
_TYPES = {h5t.INTEGER, h5t.FLOAT, h5t.STRING, h5t.ENUM}


def check_regular(path: Path, root: Path) -> os.stat_result:
    """Refuse a path outside ``root``, a link on the way to it, and anything but a regular file.

    Raises
    ------
    IntegrityError
        Naming the path.
    """
    try:
        relative = path.relative_to(root)
    except ValueError:
        raise IntegrityError(f"{path}: lies outside the dataset.") from None
    if ".." in relative.parts or relative.is_absolute():
        raise IntegrityError(f"{relative.as_posix()}: lies outside the dataset.")
    here = root
    for part in relative.parts:
        here = here / part
        try:
            status = os.lstat(here)
        except FileNotFoundError:
            raise IntegrityError(f"{relative.as_posix()}: is missing.") from None
        except OSError as error:
            raise IntegrityError(f"{relative.as_posix()}: cannot be read ({error.strerror}).") from None
        if stat.S_ISLNK(status.st_mode):
            raise IntegrityError(f"{relative.as_posix()}: is a symbolic link, which a dataset never holds.")
    if not stat.S_ISREG(status.st_mode):
        raise IntegrityError(f"{relative.as_posix()}: is not a regular file.")
    return status


def parse_json(text: bytes) -> Any:
    """Parse one JSON document strictly.

    Raises
    ------
    ValueError
        For repeated keys, NaN or infinity, text that is too long or too deep, or no JSON at all.
    """
    if len(text) > LONGEST_DOCUMENT:
        raise ValueError("the text is too long")
    try:
        # Decoded here: json.loads would also take UTF-16 and UTF-32.
        words = text.decode("utf-8")
        return json.loads(words, object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("the text is nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("the text is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"no valid JSON: {error.msg} at character {error.pos}") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ValueError("a key is given twice")
    return tree


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")


def check_facts(
    path: Path, root: Path, facts: Mapping[str, Any], cancel: Callable[[], None] = lambda: None
) -> None:
    """Refuse a file that has not the size and the SHA-256 that dataset.json states.

    To be called before the HDF5 library sees the file: one wrong bit may crash it.

    Raises
    ------
    IntegrityError
        Naming the file.
    """
    status = check_regular(path, root)
    if status.st_size != facts["bytes"] or file_sha256(path, cancel) != facts["sha256"]:
        raise IntegrityError(
            f"{path.relative_to(root).as_posix()}: was changed since it was written "
            f"(its SHA-256 does not fit {layout.DATASET})."
        )


def read_document(path: Path, root: Path) -> dict[str, Any]:
    """A whole JSON file whose top is an object.

    Raises
    ------
    IntegrityError
        If it is missing, a link, too large or no such JSON.
    """
    status = check_regular(path, root)
    name = path.relative_to(root).as_posix()
    if status.st_size > LONGEST_DOCUMENT:
        raise IntegrityError(f"{name}: is {status.st_size} bytes, far more than such a file can have.")
    try:
        tree = parse_json(path.read_bytes())
    except ValueError as error:
        raise IntegrityError(f"{name}: cannot be read ({error}).") from None
    if not isinstance(tree, dict):
        raise IntegrityError(f"{name}: is not a JSON object.")
    return tree


def read_lines(path: Path, root: Path) -> Iterator[tuple[int, bytes]]:
    """Lines of a file with their byte offsets, never more than one in memory.

    Raises
    ------
    IntegrityError
        If the file is no regular file inside ``root`` or a line is too long.
    """
    check_regular(path, root)
    offset = 0
    with path.open("rb") as stream:
        while line := stream.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                name = path.relative_to(root).as_posix()
                raise IntegrityError(f"{name}: holds a line longer than {LONGEST_LINE} bytes.")
            yield offset, line
            offset += len(line)


@contextlib.contextmanager
def opened(
    path: Path, root: Path, *, master: bool = False, largest_chunk: int = LARGEST_CHUNK
) -> Iterator[h5py.File]:
    """An HDF5 file of a dataset, looked over before anything is read from it.

    Parameters
    ----------
    master
        The file may hold virtual datasets over ``shards/``; a shard may hold none.
    largest_chunk
        Bytes that one chunk may hold: HDF5 takes that much memory for reading any part of it.

    Raises
    ------
    IntegrityError
        If the file is not what a dataset holds.
    """
    check_regular(path, root)
    name = path.relative_to(root).as_posix()
    try:
        file = h5py.File(path, "r")
    except (OSError, RuntimeError, ValueError) as error:
        raise IntegrityError(f"{name}: is truncated or no HDF5 file ({first_line(error)}).") from None
    try:
        try:
            _check_tree(file, name, master, largest_chunk)
        except DAMAGE as error:
            raise IntegrityError(f"{name}: is damaged ({first_line(error)}).") from None
        yield file
    finally:
        file.close()


def first_line(error: BaseException) -> str:
    """The first line of an error's text, short and without a full stop."""
    lines = str(error).strip("'\"").splitlines()
    return (lines[0] if lines else type(error).__name__)[:200].rstrip(".")


def _check_tree(file: h5py.File, name: str, master: bool, largest_chunk: int) -> None:
    """Walk over hard links only, by HDF5's own low-level calls: nothing is followed, nothing is read."""
    pending: list[tuple[str, h5py.h5g.GroupID]] = [("", file.id)]
    seen: set[Any] = set()
    objects = 0
    while pending:
        path, group = pending.pop()
        for key in group:
            objects += 1
            inside = f"{path}/{key.decode('utf-8', 'replace')}"
            if objects > MOST_OBJECTS:
                raise IntegrityError(f"{name}: holds more than {MOST_OBJECTS} objects.")
            kind = group.links.get_info(key).type
            if kind == h5l.TYPE_SOFT:
                continue
            if kind != h5l.TYPE_HARD:
                raise IntegrityError(f"{name}: {inside}: is a link to another file, which is refused.")
            item = h5o.open(group, key)
            token = h5o.get_info(item).addr
            if token in seen:
                continue
            seen.add(token)
            if isinstance(item, h5g.GroupID):
                pending.append((inside, item))
            elif isinstance(item, h5d.DatasetID):
                _check_dataset(item, f"{name}: {inside}", master, largest_chunk)
            else:
                raise IntegrityError(f"{name}: {inside}: is neither a group nor an array.")


def _check_dataset(item: h5d.DatasetID, where: str, master: bool, largest_chunk: int) -> None:
    kind = item.get_type()
    if not _plain_type(kind):
        raise IntegrityError(f"{where}: has a type that a dataset never holds.")
    creation = item.get_create_plist()
    if creation.get_external_count() > 0:
        raise IntegrityError(f"{where}: keeps its values in another file, which is refused.")
    for position in range(creation.get_nfilters()):
        if creation.get_filter(position)[0] not in _FILTERS:
            raise IntegrityError(f"{where}: is packed with an unexpected filter.")
    form = creation.get_layout()
    if form == h5d.VIRTUAL:
        if not master:
            raise IntegrityError(f"{where}: is a virtual dataset, which a shard never holds.")
        for position in range(creation.get_virtual_count()):
            source = creation.get_virtual_filename(position)
            folder, _, file_name = source.partition("/")
            if folder != layout.SHARDS or not layout.SHARD_FILE.fullmatch(file_name):
                raise IntegrityError(f"{where}: points to {source!r}, outside shards/.")
        return
    if form == h5d.CHUNKED and math.prod(creation.get_chunk()) * kind.get_size() > largest_chunk:
        raise IntegrityError(f"{where}: has chunks of more than {largest_chunk} bytes, which is refused.")
    claimed = math.prod(item.shape) * kind.get_size()
    stored = item.get_storage_size()
    if claimed > LARGEST_RATIO * stored + (1 << 20):
        raise IntegrityError(f"{where}: claims {claimed} bytes where {stored} are stored.")


def _plain_type(kind: h5t.TypeID) -> bool:
    if kind.get_class() == h5t.ENUM:
        return bool(kind.get_super().get_class() == h5t.INTEGER)
    return kind.get_class() in _TYPES


def guarded(name: str, problems: list[str]) -> contextlib.AbstractContextManager[None]:
    """Collect any trouble met in the block as a sentence about ``name``."""
    return _Guard(name, problems.append)


class _Guard(contextlib.AbstractContextManager[None]):
    def __init__(self, name: str, report: Callable[[str], None]) -> None:
        self._name = name
        self._report = report

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if isinstance(error, IntegrityError):
            self._report(str(error))
            return True
        if isinstance(error, DAMAGE):
            self._report(f"{self._name}: is damaged ({first_line(error)}).")
            return True
        return False
