"""Results of render stages, kept in memory and, where a stage is costly, on disk.

A key names everything a result depends on, so the cache can be off, cold, warm or damaged
without a change in any image.  Disk entries are plain arrays with their own hash, written
atomically; a damaged one is deleted and computed again.  Any number of processes may share a folder:
each reads what the others have finished.  Results from other libraries or another kind of processor
have other last bits, so they are other entries.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.core.canonical import canonical_json, sha256_of
from sim.core.environment import environment

Arrays = Mapping[str, NDArray[Any]]

MEMORY_BYTES = 256 * 2**20
DISK_BYTES = 5 * 10**9
_MAGIC = b"NPSTAGE1"
#: A header is a short JSON line; a longer one is damage.
_LONGEST_HEADER = 1 << 20


@dataclass(frozen=True)
class Stage:
    """One kind of cached result.

    Attributes
    ----------
    name
        Name in keys and file names.
    revision
        Raised by hand whenever the stage's result changes for the same settings.
    on_disk
        Whether results are worth keeping between runs.
    """

    name: str
    revision: int
    on_disk: bool = False

    def key(self, settings: Any, upstream: str = "", stream: int | None = None) -> str:
        """Key of a result: stage, revision, settings, key of its input, stream seed.

        Settings are plain values: digests, numbers, lists.  ``repr`` tells all of them apart; two
        spellings of the same value would only be computed twice.
        """
        text = repr((self.name, self.revision, settings, upstream, stream))
        return hashlib.sha256(text.encode()).hexdigest()


class Cache(Protocol):
    """Gives results of stages."""

    def get(self, stage: Stage, key: str, compute: Callable[[], Arrays]) -> Arrays:
        """The result under a key, computed when it is nowhere; its arrays are read-only."""


class NotKept(Exception):
    """A costly result would have had to be computed; see :class:`KeptOnly`."""


class StageCache:
    """A bounded store of stage results, safe to use from several threads.

    Parameters
    ----------
    memory_bytes
        Limit of the part in memory; least recently used results go first.
    directory
        Folder of the part on disk; None keeps nothing on disk.
    disk_bytes
        Limit of the part on disk; least recently used files go first.
    """

    def __init__(
        self, memory_bytes: int = MEMORY_BYTES, directory: Path | None = None, disk_bytes: int = DISK_BYTES
    ) -> None:
        self._memory_bytes = memory_bytes
        self._directory = directory
        self._disk_bytes = disk_bytes
        self._held: OrderedDict[str, Arrays] = OrderedDict()
        self._held_bytes = 0
        self._lock = threading.Lock()

    def get(self, stage: Stage, key: str, compute: Callable[[], Arrays]) -> Arrays:
        """The result under a key, computed when it is nowhere.

        The arrays are read-only: they are shared with later callers.
        """
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
                return found
        arrays = self._read(stage, key) if stage.on_disk else None
        if arrays is None:
            arrays = dict(compute())
            if stage.on_disk:
                self._write(stage, key, arrays)
        for array in arrays.values():
            array.setflags(write=False)
        self._remember(key, arrays)
        return arrays

    def _remember(self, key: str, arrays: Arrays) -> None:
        size = sum(array.nbytes for array in arrays.values())
        with self._lock:
            if size > self._memory_bytes or key in self._held:
                return
            self._held[key] = arrays
            self._held_bytes += size
            while self._held_bytes > self._memory_bytes:
                _, dropped = self._held.popitem(last=False)
                self._held_bytes -= sum(array.nbytes for array in dropped.values())

    # --- disk --------------------------------------------------------------------------------

    def _read(self, stage: Stage, key: str) -> dict[str, NDArray[Any]] | None:
        if self._directory is None:
            return None
        key = _key_here(key)
        path = self._directory / stage.name / f"{key}.bin"
        if not path.is_file():
            return None
        try:
            arrays = _decode(path.read_bytes(), key)
            os.utime(path)
            return arrays
        except (OSError, ValueError, KeyError, TypeError):
            with contextlib.suppress(OSError):
                path.unlink()
            return None

    def _write(self, stage: Stage, key: str, arrays: Arrays) -> None:
        if self._directory is None:
            return
        key = _key_here(key)
        path = self._directory / stage.name / f"{key}.bin"
        if sum(array.nbytes for array in arrays.values()) > self._disk_bytes:
            return
        content = _encode(arrays, key)
        # A cache that cannot be written (full or read-only disk) is only slower.
        temporary = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._make_room(len(content))
            handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            os.replace(temporary, path)
        except OSError:
            if temporary:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)

    def _make_room(self, needed: int) -> None:
        """Delete what was used least recently.  Another process may do the same or be writing: the bound
        is kept to within what is written at that moment."""
        assert self._directory is not None
        entries = []
        for entry in self._directory.glob("*/*"):
            with contextlib.suppress(OSError):
                status = entry.stat()
                entries.append((status.st_mtime_ns, status.st_size, entry))
        total = sum(size for _, size, _ in entries) + needed
        for _, size, entry in sorted(entries, key=lambda item: item[0]):
            if total <= self._disk_bytes:
                break
            with contextlib.suppress(OSError):
                entry.unlink()
            total -= size


@dataclass(frozen=True)
class MemoryOnly:
    """A cache whose new results never go to disk: those of drafts, which nobody wants tomorrow."""

    cache: StageCache

    def get(self, stage: Stage, key: str, compute: Callable[[], Arrays]) -> Arrays:
        """As of :class:`Cache`."""
        return self.cache.get(replace(stage, on_disk=False), key, compute)


@dataclass(frozen=True)
class KeptOnly:
    """A cache that computes nothing costly: what would be worth a place on disk must be there already."""

    cache: StageCache

    def get(self, stage: Stage, key: str, compute: Callable[[], Arrays]) -> Arrays:
        """As of :class:`Cache`.

        Raises
        ------
        NotKept
            If a costly result is nowhere.
        """
        return self.cache.get(stage, key, _refuse if stage.on_disk else compute)


def _refuse() -> Arrays:
    raise NotKept


def _key_here(key: str) -> str:
    """Key of an entry on disk: of a result, and of everything that its last bits depend on."""
    return sha256_of([key, environment()])


def _encode(arrays: Arrays, key: str) -> bytes:
    """Magic, header length, SHA-256 of the rest, header (JSON: key, arrays), then the arrays' bytes."""
    little = {name: _little_endian(array) for name, array in arrays.items()}
    entries = [[name, array.dtype.str, list(array.shape)] for name, array in little.items()]
    header = canonical_json({"key": key, "arrays": entries}).encode()
    body = b"".join(array.tobytes() for array in little.values())
    digest = hashlib.sha256(header + body).digest()
    return _MAGIC + len(header).to_bytes(8, "little") + digest + header + body


def _decode(content: bytes, key: str) -> dict[str, NDArray[Any]]:
    if content[:8] != _MAGIC:
        raise ValueError("not a stage result")
    length = int.from_bytes(content[8:16], "little")
    if length > _LONGEST_HEADER or len(content) < 48 + length:
        raise ValueError("header cut off")
    if hashlib.sha256(content[48:]).digest() != content[16:48]:
        raise ValueError("damaged")
    header = json.loads(content[48 : 48 + length])
    if header["key"] != key:
        raise ValueError("another result's file")
    position = 48 + length
    arrays: dict[str, NDArray[Any]] = {}
    for name, dtype, shape in header["arrays"]:
        count = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(content, dtype=np.dtype(dtype), count=count, offset=position).reshape(shape)
        position += array.nbytes
        arrays[name] = array.astype(array.dtype.newbyteorder("="), copy=True)
    return arrays


def _little_endian(array: NDArray[Any]) -> NDArray[Any]:
    contiguous = np.ascontiguousarray(array).reshape(array.shape)  # it makes (1,) of ()
    return contiguous.astype(contiguous.dtype.newbyteorder("<"), copy=False)
