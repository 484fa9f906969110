"""The output folder of an export as the dialog sees it: what is there, and whether it may be used.  No Qt."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.gui.exporting.advice import for_window
from sim.core.errors import InputError, NanophantomError
from sim.core.version import __version__
from sim.dataset import layout

State = Literal["new", "unfinished", "complete", "refused"]
FreeBytes = Callable[[Path], int]

#: Characters that file names cannot have on one system or another.
FORBIDDEN = '<>:"/\\|?*'
LONGEST_NAME = 200


@dataclass(frozen=True)
class Destination:
    """A folder for a dataset.

    Attributes
    ----------
    state
        ``new`` (absent or empty), a dataset that is ``unfinished`` or ``complete``, or ``refused``.
    sentence
        What is there, or why it cannot be used; empty for a new folder.
    plan_sha256
        Of the dataset that is there, as :func:`sim.dataset.run.plan_digest` gives it.
    done, images
        Images of an unfinished dataset that are safe, and images it will have.
    resumable
        Whether this version of the program can go on with it.
    replaceable
        Whether it may be overwritten.
    free
        Free bytes of its disk.
    """

    path: Path
    state: State
    sentence: str = ""
    plan_sha256: str = ""
    done: int = 0
    images: int = 0
    resumable: bool = False
    replaceable: bool = False
    free: int = 0


def name_fault(name: str) -> str:
    """What is wrong with the name of a folder, in a sentence; empty where nothing is."""
    if not name.strip():
        return "Give the dataset a name."
    wrong = sorted({letter for letter in name if letter in FORBIDDEN or not letter.isprintable()})
    if wrong:
        return f"The name of a folder cannot hold {' '.join(wrong)}; choose other characters."
    if name in (".", "..") or name != name.strip() or name.endswith("."):
        return "The name of a folder cannot begin or end with a space, nor end with a point."
    if len(name.encode()) > LONGEST_NAME:
        return f"The name is too long; {LONGEST_NAME} bytes are allowed."
    return ""


def inspect_destination(path: Path, free_bytes: FreeBytes | None = None) -> Destination:
    """Look at an output folder without changing anything.

    Parameters
    ----------
    path
        The folder; it need not exist.
    free_bytes
        Free space of the disk that holds a folder; tests bring their own.
    """
    from sim.dataset import folder

    try:
        free = (free_bytes or folder.free_bytes)(path)
        fault = _place_fault(path)
        if fault:
            return Destination(path, "refused", fault, free=free)
        contents = folder.inspect(path)
        folder.refuse_foreign(path, contents)
        if contents.state == "empty":
            return Destination(path, "new", free=free)
        return _dataset(path, contents, free)
    except InputError as error:
        return Destination(path, "refused", for_window(str(error)))
    except (NanophantomError, OSError) as error:
        return Destination(path, "refused", f"{path} cannot be used ({error}); choose another folder.")


def _place_fault(path: Path) -> str:
    """Why a folder can be made or filled nowhere near there; empty where it can."""
    if not path.is_absolute():
        return "Give the whole path of the folder."
    here = path
    while not os.path.lexists(here) and here != here.parent:
        here = here.parent
    if not here.is_dir():
        return f"{here} is a file, not a folder; choose another place."
    for above in path.parents:
        if (above / layout.DATASET).exists() or (above / layout.JOURNAL).exists():
            return f"{path} lies inside the dataset {above}; choose a folder beside it."
    if not os.access(here, os.W_OK | os.X_OK):
        return f"{here} cannot be written to; choose a folder with write permission."
    return ""


def _dataset(path: Path, contents: object, free: int) -> Destination:
    """What is known of the dataset that is there."""
    from sim.dataset import folder, journal
    from sim.dataset.reader import read_dataset_document

    assert isinstance(contents, folder.Contents)
    try:
        folder.refuse_strangers(path, contents)
        replaceable, strangers = True, ""
    except InputError as error:
        replaceable, strangers = False, str(error)
    if contents.state == "complete":
        document = read_dataset_document(path)
        images = int(document["images"])
        return Destination(
            path, "complete", strangers, str(document.get("plan_sha256", "")), images, images,
            resumable=True, replaceable=replaceable, free=free,
        )  # fmt: skip
    try:
        found = journal.read(path)
    except NanophantomError as error:
        return Destination(path, "unfinished", for_window(str(error)), replaceable=replaceable, free=free)
    if found is None:
        # A replacement that was being moved up: the next run knows what to do.
        return Destination(path, "unfinished", strangers, resumable=True, replaceable=replaceable, free=free)
    header = found.header
    done = sum(entry.stop - entry.start for entry in found.shards.values())
    begun_by = str(header.software.get("version", ""))
    return Destination(
        path, "unfinished",
        strangers if begun_by == __version__ else f"It was begun by version {begun_by} of the program.",
        header.plan_sha256, done, header.images,
        resumable=begun_by == __version__, replaceable=replaceable, free=free,
    )  # fmt: skip
