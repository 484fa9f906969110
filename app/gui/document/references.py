"""What goes with an entry that gets another name: settings that name it, and how its settings vary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from app.gui.document.reading import step
from sim.core.entries import name_of
from sim.core.settings import Settings
from sim.recipe.model import Job, Recipe

if TYPE_CHECKING:
    from sim.specimen.scene.nodes import SceneNode

#: Where the nodes of a scene stand.
NODES = "specimen.nodes"
#: Settings of a node that name another node.
REFERENCES = ("placement.on", "orientation.to", "on")


def nodes_of(recipe: Recipe | Job) -> Iterator[tuple[str, SceneNode]]:
    """Paths and nodes of a scene, groups before their members; none of another specimen."""
    specimen = recipe.specimen
    if specimen.kind != "scene":
        return
    waiting: list[tuple[str, SceneNode]] = [
        (f"{NODES}.{node.name}", node) for node in reversed(specimen.nodes)
    ]
    while waiting:
        path, node = waiting.pop()
        yield path, node
        inner = getattr(node, "nodes", ())
        waiting.extend((f"{path}.nodes.{member.name}", member) for member in reversed(inner))


def references_of(path: str, node: SceneNode) -> Iterator[tuple[str, str]]:
    """(path, name) of the settings of a node that name another one."""
    for setting in REFERENCES:
        here: Any = node
        for part in setting.split("."):
            here = getattr(here, part, "")
        if here:
            yield f"{path}.{setting}", here


def consistent(recipe: Recipe, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values with those that follow a node's new name; names come last, for paths go by them."""
    names = {path: values[path] for path in values if _names_entry(recipe, path)}
    if not names:
        return values
    from sim.specimen.scene.nodes import SceneNode

    followers: dict[str, Any] = {}
    for path, new in names.items():
        entry = path.removesuffix(".name")
        if not entry.startswith(f"{NODES}.") or not isinstance(_entry(recipe, entry), SceneNode):
            continue
        old = entry.rpartition(".")[2]
        for other, node in nodes_of(recipe):
            for setting, named in references_of(other, node):
                # A member of a node with a count is called by the node's name and its number.
                base, mark, number = named.partition("#")
                if named == old or (base == old and mark):
                    followers[setting] = new if named == old else f"{new}#{number}"
    rest = {path: value for path, value in values.items() if path not in names}
    # The deepest first: the name of a group is part of its members' paths.
    deepest = sorted(names, key=lambda path: -path.count("."))
    return {**followers, **rest, **{path: names[path] for path in deepest}}


def follow(before: Recipe, after: Recipe, values: Mapping[str, Any]) -> Recipe:
    """Entries of the sweep vary the same settings under the new names."""
    entries = after.vary
    for path in values:
        if not _names_entry(before, path):
            continue
        old = path.removesuffix("name")
        new = f"{old[:-1].rpartition('.')[0]}.{values[path]}."
        entries = tuple(
            entry.model_copy(update={"path": new + entry.path.removeprefix(old)})
            if entry.path.startswith(old)
            else entry
            for entry in entries
        )
    return after if entries is after.vary else after.model_copy(update={"vary": entries})


def _names_entry(recipe: Recipe, path: str) -> bool:
    """Whether a path is the name of an entry that is called by it."""
    entry, _, last = path.rpartition(".")
    if last != "name" or entry.count(".") < 2:
        return False
    found = _entry(recipe, entry)
    return isinstance(found, Settings) and name_of(found) == entry.rpartition(".")[2]


def _entry(recipe: Recipe, path: str) -> Any:
    try:
        return step(recipe, path)
    except KeyError:
        return None
