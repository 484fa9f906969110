"""Small versioned JSON files of the program's own: read without ever raising, written whole."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from sim.core.atomic import whole_file
from sim.core.errors import InputError, NanophantomError
from sim.core.settings import Settings, validate

#: Our files are small; anything larger is not ours.
LARGEST = 64 * 1024 * 1024
VERSION = "version"

Tree = dict[str, Any]
Stored = TypeVar("Stored", bound=Settings)


def load(
    model: type[Stored], path: Path, version: int, migrations: Mapping[int, Callable[[Tree], Tree]], what: str
) -> tuple[Stored | None, str]:
    """Read a file of settings.

    Parameters
    ----------
    model
        Its settings; they have a field ``version``.
    path
        The file.
    version
        The version that this program writes.
    migrations
        ``migrations[n]`` turns a tree of version n into one of version n + 1.
    what
        What the file holds, for the sentence: ``The preferences``.

    Returns
    -------
    The settings, or None where there are none that can be used; and a sentence if the file could not
    be used, which is then kept beside its place with the ending ``.bak``.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("it is far too large")
        tree = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(tree, dict):
            raise ValueError("it holds no table")
        return validate(model, _migrated(tree, version, migrations)), ""
    except FileNotFoundError:
        return None, ""
    except NanophantomError as error:
        reason = str(error).splitlines()[0].rstrip(".")
    except OSError as error:
        reason = f"it cannot be read: {error.strerror}"
    except RecursionError:
        reason = "it is nested too deeply"
    except ValueError as error:
        text = str(error)
        reason = text if text.startswith("it ") else "it is damaged"
    kept = _set_aside(path)
    return None, f"{what} could not be used ({reason}); {kept}."


def save(settings: Settings, path: Path) -> str:
    """Write settings whole; a sentence if that failed, else empty."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps(settings.tree(), indent=2, ensure_ascii=False) + "\n"
        with whole_file(path, synced=False) as stream:
            stream.write(content.encode("utf-8", "surrogatepass"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return f"{path.name} could not be written ({reason})."
    return ""


def _migrated(tree: Tree, version: int, migrations: Mapping[int, Callable[[Tree], Tree]]) -> Tree:
    written = tree.get(VERSION)
    if isinstance(written, bool) or not isinstance(written, int):
        raise ValueError("it names no version")
    if written > version:
        raise InputError("it", "was written by a newer version of this program")
    while written < version:
        if written not in migrations:
            raise ValueError("it is of a version that is not known")
        written += 1
        tree = {**migrations[written - 1](tree), VERSION: written}
    return tree


def _set_aside(path: Path) -> str:
    backup = path.with_name(f"{path.name}.bak")
    with contextlib.suppress(OSError):
        os.replace(path, backup)
        return f"it was kept as {backup.name} and the defaults are used"
    return "the defaults are used"
