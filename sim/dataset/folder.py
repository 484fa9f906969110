"""The output folder: what is in it, whether it may be used, and how a dataset replaces another.

A replacement is built in ``.next`` inside the folder while the old dataset stays whole, and is moved
up when its dataset.json is there.  Killed while moving, it is moved on by the next run.  Only files
that are a dataset's own are ever removed.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sim.core.errors import InputError, IntegrityError, NanophantomError
from sim.dataset import journal as journals
from sim.dataset import layout
from sim.dataset.durable import is_leftover, sync_directory
from sim.dataset.hostile import read_document

State = Literal["empty", "unfinished", "complete", "foreign"]


@dataclass(frozen=True)
class Contents:
    """What an output folder holds.

    Attributes
    ----------
    state
        ``foreign`` when it holds something and no dataset of ours.
    others
        Entries that are not a dataset's own, also beside a dataset.
    """

    state: State
    others: tuple[str, ...]


def inspect(directory: Path) -> Contents:
    """Look into a folder without changing it.

    Raises
    ------
    InputError
        If the path is a file or cannot be read.
    """
    if directory.is_symlink() and not directory.exists():
        raise InputError(str(directory), "is a broken symbolic link", remedy="choose another folder")
    if not directory.exists():
        return Contents("empty", ())
    if not directory.is_dir():
        raise InputError(
            str(directory), "is a file, not a folder", remedy="choose another name for the output folder"
        )
    try:
        names = sorted(entry.name for entry in os.scandir(directory))
    except OSError as error:
        raise InputError(
            str(directory), f"cannot be read ({error.strerror})", remedy="check its permissions"
        ) from None
    own = {*layout.ENTRIES, layout.LOCK, layout.REPLACEMENT}
    others = tuple(name for name in names if name not in own and not is_leftover(name))
    others += tuple(_strangers_below(directory))
    state = _state(directory, names)
    return Contents(state, others)


def _state(directory: Path, names: list[str]) -> State:
    if layout.DATASET in names:
        return "complete" if _is_ours(directory / layout.DATASET) else "foreign"
    if layout.JOURNAL in names:
        return "unfinished" if _has_journal(directory) else "foreign"
    if layout.REPLACEMENT in names:
        return "unfinished"  # killed between removing the old dataset and moving the new one up
    return "empty" if all(name == layout.LOCK or is_leftover(name) for name in names) else "foreign"


def _is_ours(path: Path) -> bool:
    try:
        return read_document(path, path.parent).get("format") == layout.FORMAT
    except NanophantomError:
        return False


def _has_journal(directory: Path) -> bool:
    try:
        return journals.read(directory) is not None
    except InputError:
        return True  # ours, from another version
    except (IntegrityError, OSError):
        return False


def _strangers_below(directory: Path) -> list[str]:
    """Files in the dataset's own folders that it did not put there."""
    found = []
    for folder, patterns in (
        (layout.SHARDS, (layout.SHARD_FILE, layout.PART_FILE)),
        (layout.STRUCTURES, (layout.SNAPSHOT_FILE,)),
    ):
        path = directory / folder
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            found.append(folder)
        elif path.is_dir():
            for entry in os.scandir(path):
                known = is_leftover(entry.name) or any(pattern.fullmatch(entry.name) for pattern in patterns)
                if not known or not entry.is_file(follow_symlinks=False):
                    found.append(f"{folder}/{entry.name}")
    return sorted(found)


def make_folder(directory: Path) -> None:
    """Create the folder and those above it.

    Raises
    ------
    InputError
        If that cannot be done.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            str(directory),
            f"cannot be created ({error.strerror})",
            remedy="choose a folder with write permission",
        ) from None


def refuse_foreign(directory: Path, contents: Contents) -> None:
    """Refuse a folder whose files are not a dataset's."""
    if contents.state == "foreign":
        more = ["…"] if len(contents.others) > 3 else []
        names = ", ".join([*(contents.others[:3] or (layout.DATASET,)), *more])
        raise InputError(
            str(directory), f"holds other files than a dataset ({names})",
            remedy="choose an empty or new folder; nothing was changed",
        )  # fmt: skip


def refuse_strangers(directory: Path, contents: Contents) -> None:
    """Refuse to replace a dataset whose own folders hold something else."""
    below = [name for name in contents.others if "/" in name or name in (layout.SHARDS, layout.STRUCTURES)]
    if below:
        raise InputError(
            str(directory), f"holds files that the dataset did not make ({', '.join(below[:3])})",
            remedy="move them away first; nothing was changed",
        )  # fmt: skip


def clear(directory: Path) -> None:
    """Remove a dataset's own files: dataset.json first, so that what is left never looks complete, and
    the journal last, so that what is left is always known to be ours."""
    between = [name for name in layout.ENTRIES if name not in (layout.DATASET, layout.JOURNAL)]
    for name in (layout.DATASET, *between, layout.JOURNAL):
        _remove(directory / name)
    sync_directory(directory)


def clear_replacement(directory: Path) -> None:
    """Remove an unfinished replacement."""
    inside = directory / layout.REPLACEMENT
    if inside.is_dir():
        clear(inside)
        for entry in list(os.scandir(inside)):
            if entry.name == layout.LOCK or is_leftover(entry.name):
                os.unlink(entry.path)
        inside.rmdir()


def replacement_ready(directory: Path) -> bool:
    """Whether a finished replacement waits to be moved up."""
    return (directory / layout.REPLACEMENT / layout.DATASET).is_file()


def move_up(directory: Path) -> None:
    """Put the finished replacement in the place of the old dataset.

    Every step can be repeated: an old entry is removed only while its successor still waits in
    ``.next``, and dataset.json comes last.
    """
    inside = directory / layout.REPLACEMENT
    _remove(directory / layout.DATASET)
    sync_directory(directory)
    for name in layout.ENTRIES:
        if (inside / name).exists():
            _remove(directory / name)
            os.replace(inside / name, directory / name)
            sync_directory(directory)
    clear_replacement(directory)
    sync_directory(directory)


def _remove(path: Path) -> None:
    """Remove one entry of a dataset: a file, or one of its folders with the files that belong there."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    for entry in list(os.scandir(path)):
        known = (layout.SHARD_FILE, layout.PART_FILE, layout.SNAPSHOT_FILE)
        if is_leftover(entry.name) or any(pattern.fullmatch(entry.name) for pattern in known):
            os.unlink(entry.path)
    path.rmdir()


def free_bytes(directory: Path) -> int:
    """Free bytes of the disk that holds the folder or would hold it."""
    here = directory.absolute()
    while not here.exists():
        here = here.parent
    return shutil.disk_usage(here).free
