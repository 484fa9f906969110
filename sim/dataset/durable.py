"""Files that are whole or absent: temporary name, fsync, rename, fsync of the folder."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from sim.core.errors import InputError
from sim.dataset.layout import SHARDS, STRUCTURES, TEMPORARY_SUFFIX

BLOCK = 1 << 20

_FULL = {errno.ENOSPC, errno.EFBIG} | ({errno.EDQUOT} if hasattr(errno, "EDQUOT") else set())
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


def sync_directory(directory: Path) -> None:
    """Make renames in a folder survive a power cut (no-op where folders cannot be opened: Windows)."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def temporary_path(path: Path) -> Path:
    """A fresh name beside ``path`` that :func:`remove_leftovers` recognises.

    It holds the process number and a random word: a worker that outlives its killed parent for a
    moment never writes into the file of the run that came after.
    """
    return path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")


def write_temporary(path: Path, content: bytes | memoryview) -> Path:
    """Write and fsync ``content`` under a temporary name beside ``path``; return that name.

    The file is removed again when writing fails, so that a full disk is left as it was.
    """
    temporary = temporary_path(path)
    try:
        with temporary.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return temporary


def publish(temporary: Path, path: Path) -> None:
    """Give a written and synced file its final name."""
    os.replace(temporary, path)
    sync_directory(path.parent)


def write_whole(path: Path, content: bytes) -> None:
    """Write a small file so that a reader sees the old one or the new one, never a part."""
    publish(write_temporary(path, content), path)


@contextlib.contextmanager
def whole_file(path: Path, *, synced: bool = True) -> Iterator[BinaryIO]:
    """A binary stream whose file gets its final name only when the block ends without an error.

    Without ``synced`` a power cut may lose the file, but a killed process still leaves it whole or
    absent: for thousands of small files that can be made again.
    """
    temporary = temporary_path(path)
    try:
        with temporary.open("xb") as stream:
            yield stream
            stream.flush()
            if synced:
                os.fsync(stream.fileno())
        if synced:
            publish(temporary, path)
        else:
            os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


@contextlib.contextmanager
def whole_path(path: Path) -> Iterator[Path]:
    """Like :func:`whole_file` for libraries that want a path."""
    temporary = temporary_path(path)
    try:
        yield temporary
        descriptor = os.open(temporary, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        publish(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def remove_leftovers(directory: Path) -> None:
    """Remove the temporary files that a killed run left behind."""
    for folder in (directory, directory / SHARDS, directory / STRUCTURES):
        if not folder.is_dir() or folder.is_symlink():
            continue
        for entry in list(os.scandir(folder)):
            if is_leftover(entry.name) and entry.is_file(follow_symlinks=False):
                os.unlink(entry.path)


#: Names made by :func:`temporary_path` and for snapshots of structures; nobody else makes such names.
_LEFTOVER = re.compile(r"\.(.+\.\d+\.[0-9a-f]{8}|[0-9a-f]{16}\.[0-9a-f]{12})\.tmp")


def is_leftover(name: str) -> bool:
    """Whether a file name is one of our temporary names."""
    return _LEFTOVER.fullmatch(name) is not None


def file_sha256(path: Path, cancel: Callable[[], None] = lambda: None) -> str:
    """SHA-256 (hex) of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            cancel()
            digest.update(block)
    return digest.hexdigest()


def disk_full(error: BaseException) -> bool:
    """Whether an error says that the disk (or the quota) is full; HDF5 hides it in its text."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    text = str(error)
    return "errno = 28" in text or "No space left on device" in text


@contextlib.contextmanager
def told_in_a_sentence(directory: Path) -> Iterator[None]:
    """Turn a full or read-only disk met while writing into an :class:`InputError`."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if disk_full(error):
            raise full_disk(directory) from error
        if isinstance(error, OSError) and error.errno in _READ_ONLY:
            raise InputError(
                str(directory), "cannot be written to", remedy="choose a folder with write permission"
            ) from error
        raise


def full_disk(directory: Path) -> InputError:
    """The sentence for a disk that ran full midway."""
    return InputError(
        str(directory),
        "the disk is full; every finished shard is kept",
        remedy="free some space and run the same command with --resume",
    )
