"""What a dataset folder holds, in a few numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.core.errors import InputError
from sim.dataset import folder, layout
from sim.dataset import journal as journals
from sim.dataset.reader import read_dataset_document


def describe(directory: Path | str) -> dict[str, Any]:
    """Summary of a finished or unfinished dataset.

    Returns
    -------
    Plain values: ``state``, ``images``, ``done``, ``shape``, ``dtype``, ``pixel_size`` (Å or None),
    ``noise`` (the preset, or ``varies``), ``classes``, ``splits``, ``arrays``, ``extras`` (name →
    shape), ``bytes`` on disk, ``content_sha256``, ``created_at``, ``software``, ``recipe``;
    ``environments`` where arrays of tier B were made,
    ``flagged``: images of a finished dataset by what is amiss with them (an empty phase mask …).

    Raises
    ------
    InputError
        If the folder holds no dataset.
    """
    directory = Path(directory)
    contents = folder.inspect(directory)
    if contents.state == "unfinished":
        return _unfinished(directory)
    document = read_dataset_document(directory)
    form = document["form"]
    return {
        "state": "complete",
        "directory": str(directory),
        "name": document["name"],
        "dataset_version": document["dataset_version"],
        "images": document["images"],
        "done": document["images"],
        "shape": [form["height"], form["width"]],
        "dtype": form["dtype"],
        "pixel_size": form.get("pixel_size"),
        "noise": _noise(document["recipe"]),
        "classes": document["classes"],
        "splits": document["splits"],
        "arrays": document["arrays"],
        "extras": _extras(form),
        "environments": document.get("environments", []),
        layout.FLAGGED: document.get(layout.FLAGGED, {}),
        "shards": len(document["shards"]),
        "structures": len(document["structures"]),
        "bytes": bytes_on_disk(directory),
        "content_sha256": document["content_sha256"],
        "created_at": document["created_at"],
        "licence": document["licence"],
        "software": document["software"],
        "recipe": document["recipe"],
    }


def _unfinished(directory: Path) -> dict[str, Any]:
    journal = journals.read(directory)
    if journal is None:
        raise InputError(str(directory), "holds no dataset", remedy="give the folder of a dataset")
    header = journal.header
    form = header.form
    return {
        "state": "unfinished",
        "directory": str(directory),
        "name": header.recipe.get("name", ""),
        "dataset_version": header.dataset_version,
        "images": header.images,
        "done": sum(entry.stop - entry.start for entry in journal.shards.values()),
        "shape": [form["height"], form["width"]],
        "dtype": form["dtype"],
        "pixel_size": form.get("pixel_size"),
        "noise": _noise(header.recipe),
        "extras": _extras(form),
        "shards": len(header.boundaries),
        "shards_done": len(journal.shards),
        "structures": len(header.structures),
        "bytes": bytes_on_disk(directory),
        "created_at": header.created_at,
        "software": header.software,
        "recipe": header.recipe,
    }


def _extras(form: Mapping[str, Any]) -> dict[str, list[int]]:
    return {name: facts["shape"] for name, facts in form.get("extras", {}).items()}


def _noise(recipe: Mapping[str, Any]) -> str:
    """The preset that all images have, or ``varies``."""
    if any(entry["path"] == "noise.preset" for entry in recipe.get("vary", ())):
        return "varies"
    return str(recipe["noise"]["preset"])


def bytes_on_disk(directory: Path) -> int:
    """Bytes of all regular files of a dataset."""
    total = 0
    for name in (*layout.ENTRIES, layout.LOCK):
        path = directory / name
        files = path.iterdir() if path.is_dir() and not path.is_symlink() else [path]
        total += sum(file.lstat().st_size for file in files if file.is_file() and not file.is_symlink())
    return total
