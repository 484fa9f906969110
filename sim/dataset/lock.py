"""One run at a time in a folder, by a lock of the operating system.

The lock vanishes with the process that holds it, however it dies; the file stays and means nothing.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from sim.core.errors import InputError
from sim.dataset.layout import LOCK


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the folder's lock for the length of the block.

    Worker processes are spawned, not forked: they do not inherit the descriptor, so that the lock
    is free the moment this process dies.

    Raises
    ------
    InputError
        If another run holds it, or the folder cannot be written to.
    """
    path = directory / LOCK
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(path, flags, 0o644)
    except OSError as error:
        raise InputError(
            str(directory),
            f"cannot be written to ({error.strerror})",
            remedy="choose a folder with write permission",
        ) from None
    try:
        _take(descriptor, directory)
        if not _is_still(path, descriptor):  # the run that held it ended in between and took it away
            raise _in_use(directory)
        yield
    finally:
        os.close(descriptor)


def _is_still(path: Path, descriptor: int) -> bool:
    if sys.platform == "win32":
        return True  # an open file cannot be taken away there
    try:
        return os.path.samestat(os.lstat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _in_use(directory: Path) -> InputError:
    return InputError(
        str(directory), "is in use by another run", remedy="wait for it to end or choose another folder"
    )


def _take(descriptor: int, directory: Path) -> None:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        raise _in_use(directory) from None
    except OSError as error:
        raise InputError(
            str(directory),
            f"cannot be locked ({error.strerror})",
            remedy="choose a folder on a file system that has file locks",
        ) from None
