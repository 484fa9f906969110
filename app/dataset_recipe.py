"""The recipe of a dataset, ready to be run again: for ``nanophantom info --recipe`` and the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.core.errors import InputError
from sim.recipe.model import Recipe
from sim.recipe.toml import RecipeText


def dataset_recipe(directory: Path) -> Recipe:
    """The recipe that a finished or unfinished dataset was made from.

    Raises
    ------
    InputError
        If the folder holds no dataset.
    """
    from sim.dataset import folder, journal
    from sim.dataset.reader import read_dataset_document

    if folder.inspect(directory).state == "unfinished":
        found = journal.read(directory)
        if found is None:
            raise InputError(str(directory), "holds no dataset", remedy="give the folder of a dataset")
        return runnable(directory, found.header.recipe)
    return runnable(directory, read_dataset_document(directory)["recipe"])


def runnable(directory: Path, tree: dict[str, Any]) -> Recipe:
    """A published recipe with its structures taken from the dataset's own snapshots."""
    from sim.specimen.snapshots import snapshot_path

    directory = directory.absolute()
    specimen = tree.get("specimen")
    if isinstance(specimen, dict) and specimen.get("files"):
        placed = [
            {**entry, "path": str(snapshot_path(directory, str(entry.get("sha256", ""))))}
            for entry in specimen["files"]
        ]
        tree = {**tree, "specimen": {**specimen, "files": placed}}
    return RecipeText(tree, directory, str(directory)).recipe()
