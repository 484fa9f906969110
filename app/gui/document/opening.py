"""What a file or folder is that the user opens or drops, and the recipe that comes of it.

Structure files are not read here: their names say what they are, and rendering reads them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from app.gui.document import sweep
from app.gui.document.sections import with_sections, with_values
from app.gui.document.structure_files import STRUCTURE, grid
from app.gui.document.usual import KIND, with_usual
from sim.core.errors import InputError
from sim.core.settings import validate
from sim.dataset.layout import DATASET, JOURNAL, MANIFEST
from sim.recipe.kinds import SPECIMENS
from sim.recipe.migrations import migrate
from sim.recipe.model import SCHEMA_VERSION, Recipe
from sim.recipe.toml import LARGEST_RECIPE, absolute_files, load_recipe
from sim.specimen.files import ENDINGS, format_of_name, list_structure_files, stem_of_name
from sim.specimen.settings import LONGEST_NAME

Kind = Literal["recipe", "structure", "structures", "dataset"]

#: Name patterns of structure files for file dialogs.
STRUCTURE_PATTERNS = " ".join((*(f"*{ending}" for ending in ENDINGS), "POSCAR*", "CONTCAR*"))
#: Files by which the folder of a dataset is known, finished or not.
DATASET_MARKS = (DATASET, JOURNAL)

_WHAT = "a recipe (.toml), structure files (.xyz, .cif, …) or the folder of a dataset"


@dataclass(frozen=True)
class Opened:
    """What opening gave.

    Attributes
    ----------
    recipe
        Paths of structure files are absolute.
    label
        Name of the change: ``Open gold.xyz``.
    path
        The file that the recipe belongs to: saving goes there.
    new_document
        The recipe is a document of its own; otherwise it is the present one with other structures.
    """

    recipe: Recipe
    label: str
    path: Path | None
    new_document: bool


def classify(path: Path) -> Kind:
    """What a path is.

    Raises
    ------
    InputError
        If it is nothing that can be opened.
    """
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError):
        raise InputError(_shown(path), "cannot be read", remedy="check its name and permissions") from None
    if is_folder:
        if _is_dataset(path):
            return "dataset"
        if _has_structures(path):
            return "structures"
        raise InputError(_shown(path), "holds neither a dataset nor structure files", remedy=f"open {_WHAT}")
    if not is_file:
        raise InputError(_shown(path), "there is no such file", remedy="check the path")
    if path.name in (*DATASET_MARKS, MANIFEST) and _is_dataset(path.parent):
        return "dataset"
    if path.suffix.lower() in (".toml", ".json"):
        return "recipe"
    if format_of_name(path.name):
        return "structure"
    raise InputError(_shown(path), "is no file that can be opened", remedy=f"open {_WHAT}")


def recipe_of(paths: Sequence[Path], current: Recipe) -> Opened:
    """The recipe that one recipe, one dataset, or structure files give.

    Parameters
    ----------
    paths
        What was opened or dropped together.
    current
        The present recipe: structures come into it and leave its other settings as they are.

    Raises
    ------
    InputError
        If something is none of these, or they do not go together.
    """
    paths = list(dict.fromkeys(path.absolute() for path in paths))
    if not paths:
        raise InputError("files", "are none", remedy=f"open {_WHAT}")
    kinds = [classify(path) for path in paths]
    if all(kind in ("structure", "structures") for kind in kinds):
        files = [file for path, kind in zip(paths, kinds, strict=True) for file in _files(path, kind)]
        label = f"Open {files[0].name}" if len(files) == 1 else f"Open {len(files)} structures"
        return Opened(with_structures(current, files), label, None, False)
    if len(paths) > 1:
        raise InputError(
            f"{len(paths)} files",
            "are not all structures",
            remedy="open one recipe, one dataset, or several structure files",
        )
    path = paths[0]
    if kinds[0] == "dataset":
        from app.dataset_recipe import dataset_recipe

        folder = path if path.is_dir() else path.parent
        return Opened(dataset_recipe(folder), f"Open {folder.name}", None, True)
    if path.suffix.lower() == ".json":
        return Opened(_json_recipe(path), f"Open {path.name}", None, True)
    return Opened(load_recipe(path), f"Open {path.name}", path, True)


def with_structures(recipe: Recipe, files: Sequence[Path]) -> Recipe:
    """The recipe with structure files as its specimen; several are gone through one after another."""
    for path in files:
        try:
            str(path).encode("utf-8")
        except UnicodeEncodeError:
            # A recipe is text, and could not name the file.
            raise InputError(
                _shown(path), "has a name that is not UTF-8 text", remedy="rename the file or its folder"
            ) from None
    names: list[str] = []
    taken: set[str] = set()
    for path in files:
        names.append(free_name(path, taken))
        taken.add(names[-1])
    entries = [{"name": name, "path": str(path)} for name, path in zip(names, files, strict=True)]
    fitting = recipe
    if SPECIMENS[recipe.specimen.kind].yields != "atoms":
        # What images particles cannot image atoms.
        fitting = with_values(recipe, with_usual(recipe, {KIND: Recipe().specimen.kind}))
    changed = with_sections(fitting, {"specimen": {"kind": "file", "files": entries}})
    others = tuple(
        entry
        for entry in changed.vary
        if entry.path != STRUCTURE
        and (sweep.exists(changed, entry.path) or not sweep.exists(recipe, entry.path))
    )
    varied = (grid(names), *others) if len(names) > 1 else others
    return changed.model_copy(update={"vary": varied})


def free_name(path: Path, taken: Container[str]) -> str:
    """A name for a structure file that is not taken: gold, gold 2."""
    stem = "".join(sign if sign.isprintable() else "_" for sign in stem_of_name(path.name)).strip()
    # Room for the number.
    stem = stem[: LONGEST_NAME - 8].strip() or "structure"
    name, count = stem, 1
    while name in taken:
        count += 1
        name = f"{stem} {count}"
    return name


def _files(path: Path, kind: Kind) -> list[Path]:
    if kind == "structure":
        return [path]
    return [path / os.path.basename(file) for _, file in list_structure_files(path).files]


def _is_dataset(folder: Path) -> bool:
    return any((folder / name).is_file() for name in DATASET_MARKS)


def _has_structures(folder: Path) -> bool:
    try:
        return any(format_of_name(entry.name) for entry in os.scandir(folder))
    except OSError:
        return False


def _json_recipe(path: Path) -> Recipe:
    """A recipe as 'Copy parameters as JSON' writes it."""
    tree: Any = None
    try:
        if path.stat().st_size <= LARGEST_RECIPE:
            tree = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(
            _shown(path), f"cannot be read ({error.strerror})", remedy="check its permissions"
        ) from None
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, dict) or not set(tree) & set(Recipe.model_fields):
        raise InputError(_shown(path), "is no recipe", remedy=f"open {_WHAT}")
    return validate(Recipe, absolute_files(migrate(tree, SCHEMA_VERSION), path.parent))


def _shown(path: Path) -> str:
    text = str(path)
    return text if text.isprintable() else repr(text)
