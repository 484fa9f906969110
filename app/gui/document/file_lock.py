"""Locks of the operating system on files: they vanish with their process, however it dies."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

#: Seconds between two tries to get a lock.
_PAUSE = 0.01


def take(path: Path) -> int | None:
    """A descriptor that holds the lock until it is closed; None if somebody else has it.

    Raises
    ------
    OSError
        If the file cannot be made.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


@contextlib.contextmanager
def held(path: Path, patience: float = 1.0) -> Iterator[bool]:
    """Hold a lock for the length of a block; yields False where it was not to be had in time."""
    end = time.monotonic() + patience
    descriptor = None
    while True:
        try:
            descriptor = take(path)
        except OSError:
            break  # the file cannot be made: waiting does not help
        if descriptor is not None or time.monotonic() >= end:
            break
        time.sleep(_PAUSE)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)
