"""Files that were opened or saved lately, shared by all windows."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.gui.document import file_lock
from sim.core.atomic import whole_file
from sim.core.places import state_folder

FILE = "recent.json"
#: Entries kept.
MOST = 12
#: Twelve paths are far shorter; anything larger is not ours, bytes.
LARGEST = 1024 * 1024


@dataclass(frozen=True)
class RecentFile:
    """One entry; ``missing`` if there is no such file now."""

    path: Path
    missing: bool


class RecentFiles:
    """The list on the disk, newest first; it is read and written anew every time, under a lock.

    A list that cannot be read is an empty one, and one that cannot be written stays as it is:
    neither is worth stopping anybody.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or state_folder() / FILE

    def entries(self) -> list[RecentFile]:
        """The files, newest first."""
        return [RecentFile(Path(name), not _is_there(name)) for name in self._read()]

    def add(self, *paths: Path) -> None:
        """Put files at the top, the last of them first."""
        added = list(dict.fromkeys(str(path.absolute()) for path in reversed(paths)))
        self._change(lambda names: [*added, *(other for other in names if other not in added)][:MOST])

    def remove(self, path: Path) -> None:
        """Take a file off the list."""
        name = str(path.absolute())
        self._change(lambda names: [other for other in names if other != name])

    def clear(self) -> None:
        """Empty the list."""
        self._change(lambda names: [])

    def _change(self, change: Callable[[list[str]], list[str]]) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # Whoever holds the lock for longer than we wait is stuck: the list is worth no more waiting.
            with file_lock.held(self._file.with_name(f"{self._file.name}.lock")):
                content = json.dumps(change(self._read()), indent=2, ensure_ascii=False)
                with whole_file(self._file, synced=False) as stream:
                    stream.write(content.encode("utf-8"))

    def _read(self) -> list[str]:
        try:
            if self._file.stat().st_size > LARGEST:
                return []
            names = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return []
        return (
            [name for name in names if isinstance(name, str) and name][:MOST]
            if isinstance(names, list)
            else []
        )


def _is_there(name: str) -> bool:
    try:
        return os.path.exists(name)
    except (OSError, ValueError):
        return False
