"""An HDF5 file on disk that grows while it is written, and whose trouble is told by the system's own error.

The HDF5 library turns a full disk into errors of its own, some of them while closing, when nobody can
mend anything.  Here it never learns: the first error is kept, later bytes are dropped, and the caller
asks.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import h5py

from sim.core.atomic import temporary_path


class Spill(io.RawIOBase):
    """A seekable stream over a file that keeps the first error of writing."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def check(self) -> None:
        """Raise the error that writing met, if it met one."""
        if self.error is not None:
            raise self.error

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._stream.readinto(buffer)  # type: ignore[attr-defined, no-any-return]

    def write(self, content: Any) -> int:
        return self._kept(lambda: self._stream.write(content), len(content))

    def truncate(self, size: int | None = None) -> int:
        return self._kept(lambda: self._stream.truncate(size), size or 0)

    def flush(self) -> None:
        if not self.closed:
            self._kept(lambda: self._stream.flush() or 0, 0)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def _kept(self, work: Any, otherwise: int) -> int:
        if self.error is None:
            try:
                return int(work())
            except OSError as error:
                self.error = error
        return otherwise


@contextlib.contextmanager
def spilled(path: Path, **options: Any) -> Iterator[tuple[h5py.File, Spill, Path]]:
    """An HDF5 file under a temporary name beside ``path``, synced when the block ends.

    Parameters
    ----------
    options
        For :class:`h5py.File`.

    Yields
    ------
    The file, its stream and its temporary name.  The file is removed when the block raises.
    """
    temporary = temporary_path(path)
    try:
        # Unbuffered: what a stream's own buffer could not write it would try again when closed.
        with temporary.open("x+b", buffering=0) as stream:
            spill = Spill(stream)
            try:
                with h5py.File(spill, "w", **options) as file:
                    yield file, spill, temporary
            except Exception:
                spill.check()  # the library's error is but a consequence
                raise
            spill.check()
            os.fsync(stream.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
