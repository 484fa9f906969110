"""Unsaved changes kept on the disk, and those that a program which died has left behind.

Every document has a folder of its own under the state folder, with a lock of the operating system
in it: a folder whose lock is free belongs to nobody who lives.  Writing happens in a short thread,
for a recipe of ten thousand files takes longer to write than a window may stand still.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import secrets
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.gui.document import file_lock
from app.gui.document.document import RecipeDocument
from sim.core.atomic import whole_file
from sim.core.errors import NanophantomError
from sim.core.places import state_folder
from sim.recipe.model import Recipe
from sim.recipe.toml import dump_recipe, load_recipe

FOLDER = "autosave"
RECIPE = "recipe.toml"
ABOUT = "about.json"
LOCK = ".lock"


@dataclass(frozen=True)
class Leftover:
    """Unsaved changes of a program that ended without closing its document.

    Attributes
    ----------
    title
        What the document was called.
    recipe_path
        The recipe with the changes.
    document_path
        The file the document came from, or None.
    saved_at
        When the changes were written, local time.
    folder
        Where all this lies.
    """

    title: str
    recipe_path: Path
    document_path: Path | None
    saved_at: datetime.datetime
    folder: Path


class Autosaver:
    """Keeps the unsaved changes of one document on the disk; whoever owns it says when.

    Parameters
    ----------
    document
        What to keep.
    folder
        Folder of all autosaves; None: the one of this user.

    Attributes
    ----------
    fault
        A sentence if the last writing failed, else empty.
    """

    def __init__(self, document: RecipeDocument, folder: Path | None = None) -> None:
        self._document = document
        self._root = folder or state_folder() / FOLDER
        self._own = self._root / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock: int | None = None
        self._written: tuple[Recipe, Path | None] | None = None
        self._thread: threading.Thread | None = None
        self.fault = ""

    @property
    def folder(self) -> Path:
        """Folder of this document's autosave; it exists once something is written."""
        return self._own

    def write_now(self) -> None:
        """Write the document if it has unsaved changes, and forget the autosave if it has none.

        Returns at once; never raises.  While one writing is under way the next is left out.
        """
        if self._thread is not None and self._thread.is_alive():
            return
        if not self._document.dirty:
            self.discard()
            return
        present = (self._document.recipe, self._document.path)
        if self._written is not None and all(a is b for a, b in zip(present, self._written, strict=True)):
            return
        self._written = present
        self._thread = threading.Thread(
            target=self._write, args=(*present, self._document.title), name="nanophantom-autosave"
        )
        self._thread.start()

    def wait(self) -> None:
        """Wait until what is being written is written."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def discard(self) -> None:
        """Forget the autosave of this document: it is saved, or its changes are given up."""
        self.wait()
        self._written = None
        if self._own.exists():
            self._let_go()
            shutil.rmtree(self._own, ignore_errors=True)

    def close(self) -> None:
        """End the thread and let go of the autosave; what is written stays for the next start."""
        self.wait()
        self._let_go()

    def recoverable(self) -> list[Leftover]:
        """Left-over autosaves of programs that are no longer running, newest first."""
        found = []
        for folder in self._folders():
            entry = _leftover(folder)
            if folder != self._own and entry is not None and _is_abandoned(folder):
                found.append(entry)
        return sorted(found, key=lambda entry: entry.saved_at, reverse=True)

    def restore(self, entry: Leftover) -> None:
        """Put a left-over recipe into the document, unsaved, and take it over as its autosave.

        Raises
        ------
        InputError
            If the recipe cannot be read; the left-over stays.
        """
        recipe = load_recipe(entry.recipe_path)
        self._document.restore(recipe, entry.document_path, dirty=True)
        self.write_now()
        self.wait()
        if not self.fault:
            self.forget(entry)

    def forget_what_is_held(self) -> None:
        """Delete the left-overs whose changes the document has already, once its own autosave has them."""
        document = self._document
        if not document.dirty:
            return
        same = [entry for entry in self.recoverable() if entry.document_path == document.path]
        held = [entry for entry in same if _recipe_of(entry) == document.recipe]
        if held:
            self.write_now()
            self.wait()
        for entry in held if not self.fault else ():
            self.forget(entry)

    def forget(self, entry: Leftover) -> None:
        """Delete a left-over autosave."""
        shutil.rmtree(entry.folder, ignore_errors=True)

    def _write(self, recipe: Recipe, path: Path | None, title: str) -> None:
        try:
            self._own.mkdir(parents=True, exist_ok=True)
            if self._lock is None:
                self._lock = file_lock.take(self._own / LOCK)
            about = {"title": title, "path": None if path is None else str(path)}
            # The recipe comes last: a folder without it holds nothing to recover.
            for name, text in ((ABOUT, json.dumps(about)), (RECIPE, dump_recipe(recipe))):
                with whole_file(self._own / name, synced=False) as stream:
                    stream.write(text.encode("utf-8"))
            self.fault = ""
        except (OSError, ValueError) as error:
            self._written = None
            self.fault = f"Unsaved changes could not be kept ({getattr(error, 'strerror', None) or error})."

    def _let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _folders(self) -> list[Path]:
        try:
            return [
                Path(entry.path) for entry in os.scandir(self._root) if entry.is_dir(follow_symlinks=False)
            ]
        except OSError:
            return []


def _recipe_of(entry: Leftover) -> Recipe | None:
    """Its recipe; None where it cannot be read."""
    with contextlib.suppress(NanophantomError):
        return load_recipe(entry.recipe_path)
    return None


def _leftover(folder: Path) -> Leftover | None:
    recipe = folder / RECIPE
    try:
        saved_at = datetime.datetime.fromtimestamp(recipe.stat().st_mtime)
    except OSError:
        return None
    about: Any = None
    with contextlib.suppress(OSError, ValueError, RecursionError):
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    if not isinstance(about, dict):
        about = {}
    title, path = about.get("title"), about.get("path")
    return Leftover(
        title if isinstance(title, str) and title else "untitled",
        recipe,
        Path(path) if isinstance(path, str) and path else None,
        saved_at,
        folder,
    )


def _is_abandoned(folder: Path) -> bool:
    try:
        descriptor = file_lock.take(folder / LOCK)
    except OSError:
        return False
    if descriptor is None:
        return False
    os.close(descriptor)
    return True
