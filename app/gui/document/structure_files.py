"""The structure files of a recipe: what goes with them when they change, and their paths in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.gui.document.sections import FILES
from sim.core.settings import Settings
from sim.recipe.model import Recipe
from sim.recipe.vary import VaryGrid
from sim.specimen.settings import FileSpecimen, StructureFile

STRUCTURE = "specimen.structure"


def consistent(recipe: Recipe, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values with the chosen structure let go where its file is taken off the list.

    Files that are on the list already stand for themselves: they need no validating again.
    """
    specimen = recipe.specimen
    if FILES not in values or not isinstance(specimen, FileSpecimen):
        return values
    values = {**values, FILES: _with_known(specimen, values[FILES])}
    if STRUCTURE in values:
        return values
    if specimen.structure and specimen.structure not in _names(values[FILES]):
        return {**values, STRUCTURE: ""}
    return values


def follow_sweep(before: Recipe, after: Recipe) -> Recipe:
    """A grid over the structures keeps to the files: new ones come in, removed ones go.

    Without a grid, a second file begins one: who adds files wants images of all of them.
    """
    old, new = names_of(before), names_of(after)
    if old == new or not new:
        return after
    entry = next((item for item in after.vary if item.path == STRUCTURE), None)
    others = tuple(item for item in after.vary if item.path != STRUCTURE)
    if entry is None:
        begins = len(old) < 2 <= len(new)
        return after.model_copy(update={"vary": (grid(new), *others)}) if begins else after
    if not isinstance(entry, VaryGrid) or not entry.values:
        return after
    known, present = set(old), set(new)
    listed = [name for name in entry.values if name in present]
    listed += [name for name in new if name not in known]
    if not listed or (len(new) == 1 and len(listed) == 1):
        return after.model_copy(update={"vary": others})
    changed = entry.model_copy(update={"values": tuple(listed)})
    return after.model_copy(update={"vary": tuple(changed if item is entry else item for item in after.vary)})


def grid(names: Sequence[str]) -> VaryGrid:
    """The sweep over structures by name."""
    return VaryGrid(path=STRUCTURE, values=tuple(names))


def names_of(recipe: Recipe) -> tuple[str, ...]:
    """Names of the recipe's structure files."""
    specimen = recipe.specimen
    return tuple(entry.name for entry in specimen.files) if isinstance(specimen, FileSpecimen) else ()


def relative_to(recipe: Recipe, path: Path) -> Recipe:
    """The recipe as it is saved at ``path``: files beside or below it named relative to its folder."""
    folders = tuple(dict.fromkeys((path.absolute().parent, path.resolve().parent)))
    specimen = _placed(recipe.specimen, folders)
    return recipe if specimen is recipe.specimen else recipe.model_copy(update={"specimen": specimen})


def _placed(part: Any, folders: Sequence[Path]) -> Any:
    """A specimen, or one of its parts, with the files in it named relative to a folder."""
    changed: dict[str, Any] = {}
    if vars(part).get("path"):
        changed["path"] = _relative(part.path, folders)
    for name in ("crystal", "shell"):
        if isinstance(vars(part).get(name), Settings):
            changed[name] = _placed(vars(part)[name], folders)
    for name in ("files", "nodes"):
        if isinstance(vars(part).get(name), tuple):
            changed[name] = tuple(_placed(entry, folders) for entry in vars(part)[name])
    changed = {name: value for name, value in changed.items() if value != vars(part)[name]}
    return part.model_copy(update=changed) if changed else part


def _relative(text: str, folders: Sequence[Path]) -> str:
    path = Path(text)
    for folder in folders:
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return text


def _with_known(specimen: FileSpecimen, entries: Any) -> Any:
    """The entries with those that did not change as the specimen's own."""
    if not isinstance(entries, (list, tuple)):
        return entries
    known = {entry.name: entry for entry in specimen.files}
    fields = tuple(StructureFile.model_fields)

    def own(entry: Any) -> Any:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            return entry
        found = known.get(entry["name"])
        return found if found and entry == {name: getattr(found, name) for name in fields} else entry

    return [own(entry) for entry in entries]


def _names(entries: Any) -> set[Any]:
    return {
        entry.get("name") if isinstance(entry, Mapping) else getattr(entry, "name", None)
        for entry in (entries if isinstance(entries, (list, tuple)) else ())
    }
