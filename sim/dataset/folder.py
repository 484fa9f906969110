"""The output folder: what is in it, whether it may be used, and how a dataset replaces another.

A replacement is built in ``.next`` inside the folder while the old dataset stays whole, and is moved
up when its dataset.json is there.  Killed while moving, it is moved on by the next run.  Only files
that are a dataset's own are ever removed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sim.core.atomic import is_temporary, sync_directory
from sim.core.errors import InputError, IntegrityError, NanophantomError
from sim.dataset import journal as journals
from sim.dataset import layout
from sim.dataset.durable import remove_leftovers
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
        raise InputError(str(directory), "is a file, not a folder", remedy="give the name of a folder")
    try:
        names = sorted(entry.name for entry in os.scandir(directory))
    except OSError as error:
        raise InputError(
            str(directory), f"cannot be read ({error.strerror})", remedy="check its permissions"
        ) from None
    others = tuple(name for name in names if not _is_own(directory / name))
    others += tuple(_strangers_below(directory))
    state = _state(directory, names)
    return Contents(state, others)


def _is_own(path: Path) -> bool:
    """Whether an entry of an output folder can be a dataset's own, by its name and kind."""
    name = path.name
    if name == layout.LOCK:
        return is_lock(path)
    if name == layout.REPLACEMENT:
        return _is_replacement(path)
    if is_temporary(name):
        return path.is_file() and not path.is_symlink()
    return name in layout.ENTRIES


def is_lock(path: Path) -> bool:
    """Whether a file is our lock: it holds nothing."""
    return path.is_file() and not path.is_symlink() and path.stat().st_size == 0


def _is_replacement(path: Path) -> bool:
    """Whether ``.next`` is ours: other programs have folders of that name."""
    if path.is_symlink() or not path.is_dir():
        return False
    entries = [Path(entry.path) for entry in os.scandir(path)]
    own = all(entry.name != layout.REPLACEMENT and _is_own(entry) for entry in entries)
    return own and not _strangers_below(path)


def _state(directory: Path, names: list[str]) -> State:
    if layout.DATASET in names:
        return "complete" if _is_ours(directory / layout.DATASET) else "foreign"
    if layout.JOURNAL in names:
        return "unfinished" if _has_journal(directory) else "foreign"
    if any(not _is_own(directory / name) for name in names):
        return "foreign"
    if layout.REPLACEMENT in names:
        return "unfinished"  # killed between removing the old dataset and moving the new one up
    return "empty" if all(name == layout.LOCK or is_temporary(name) for name in names) else "foreign"


def _is_ours(path: Path) -> bool:
    try:
        return read_document(path, path.parent).get("format") == layout.FORMAT
    except NanophantomError:
        return False


def _has_journal(directory: Path) -> bool:
    """Whether a run of ours was begun here, also where the journal is damaged."""
    try:
        return journals.read(directory) is not None
    except InputError:
        return True  # ours, from another version
    except (IntegrityError, OSError):
        return journals.is_ours(directory) or _looks_begun(directory)


def _looks_begun(directory: Path) -> bool:
    """Whether a folder holds what a run makes at its beginning, and nothing else."""
    entries = [Path(entry.path) for entry in os.scandir(directory)]
    begun = all((directory / name).is_dir() for name in (layout.SHARDS, layout.STRUCTURES))
    own = all(_is_own(entry) for entry in entries) and not (directory / layout.JOURNAL).is_symlink()
    return begun and own and not _strangers_below(directory)


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
                known = is_temporary(entry.name) or any(pattern.fullmatch(entry.name) for pattern in patterns)
                if not known or not entry.is_file(follow_symlinks=False):
                    found.append(f"{folder}/{entry.name}")
    return sorted(found)


@contextlib.contextmanager
def made_folder(directory: Path) -> Iterator[None]:
    """Make the folder for the block; if that fails, folders made here and empty again are removed.

    Raises
    ------
    InputError
        If the folder cannot be made.
    """
    missing = [path for path in (directory, *directory.parents) if not path.exists()]
    make_folder(directory)
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):  # the first that is not empty ends it
            for path in missing:
                path.rmdir()
        raise


@contextlib.contextmanager
def taken_back(directory: Path, *, lock: bool = True, always: bool = False) -> Iterator[None]:
    """If the block fails before a shard is safe, remove what it made in a folder that was empty.

    A refused command can then be given again, corrected, as if nothing had been.  To be used while
    the folder's lock is held.

    Parameters
    ----------
    lock
        The lock file goes too; not, when it was there before.
    always
        Also when shards are safe: what a merge copied is of no use alone.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt):
        with contextlib.suppress(OSError, NanophantomError):
            if not (directory / layout.DATASET).exists() and (always or not _has_shards(directory)):
                clear(directory)
                remove_leftovers(directory)
                if lock and is_lock(directory / layout.LOCK):
                    (directory / layout.LOCK).unlink()
        raise


def _has_shards(directory: Path) -> bool:
    begun = journals.read(directory)
    return begun is not None and bool(begun.shards)


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
    own = (layout.SHARDS, layout.STRUCTURES, layout.REPLACEMENT)
    below = [name for name in contents.others if "/" in name or name in own]
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
            if _is_own(Path(entry.path)) and entry.is_file(follow_symlinks=False):
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
        if is_temporary(entry.name) or any(pattern.fullmatch(entry.name) for pattern in known):
            os.unlink(entry.path)
    path.rmdir()


def free_bytes(directory: Path) -> int:
    """Free bytes of the disk that holds the folder or would hold it."""
    here = directory.absolute()
    while not here.exists():
        here = here.parent
    return shutil.disk_usage(here).free
