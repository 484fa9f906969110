"""What a dataset needs of the disk beyond whole files: leftovers, hashes, full disks told in a sentence."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from sim.core.atomic import is_temporary
from sim.core.errors import InputError
from sim.dataset.layout import SHARDS, STRUCTURES

BLOCK = 1 << 20

_FULL = {errno.ENOSPC, errno.EFBIG} | ({errno.EDQUOT} if hasattr(errno, "EDQUOT") else set())
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


def remove_leftovers(directory: Path) -> None:
    """Remove the temporary files that a killed run left behind."""
    for folder in (directory, directory / SHARDS, directory / STRUCTURES):
        if not folder.is_dir() or folder.is_symlink():
            continue
        for entry in list(os.scandir(folder)):
            if is_temporary(entry.name) and entry.is_file(follow_symlinks=False):
                os.unlink(entry.path)


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
