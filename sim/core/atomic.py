"""Files that are whole or absent: temporary name, fsync, rename, fsync of the folder."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

#: Suffix of files that have not got their final name yet.
TEMPORARY_SUFFIX = ".tmp"
#: Names made by :func:`temporary_path`; snapshots of an earlier version had names of the second form.
_TEMPORARY = re.compile(r"\.(.+\.\d+\.[0-9a-f]{8}|[0-9a-f]{16}\.[0-9a-f]{12})\.tmp")


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
    """A fresh name beside ``path`` that :func:`is_temporary` recognises.

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
    with whole_file(path) as stream:
        stream.write(content)


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


def is_temporary(name: str) -> bool:
    """Whether a file name is one of our temporary names."""
    return _TEMPORARY.fullmatch(name) is not None
