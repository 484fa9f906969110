"""Nodes of a scene added, copied, taken out, moved: recipes made from recipes.  No Qt here.

A recipe comes out as validating the whole would give it.  What names a node and what varies in it goes
along with the node.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.gui.document import sections
from app.gui.document.labels import sentence_of
from app.gui.document.lists import free_name, with_vary_moved
from app.gui.document.placing import groups_of
from app.gui.document.reading import step
from app.gui.document.references import NODES, REFERENCES, nodes_of
from app.gui.document.wording import words_of
from sim.core.entries import position_of
from sim.core.errors import InputError
from sim.recipe.model import Recipe
from sim.recipe.vary import VaryGrid
from sim.specimen.scene.nodes import Group, SceneNode
from sim.specimen.scene.orientations import AsBuilt, RandomOrientation, ScatteredPlace
from sim.specimen.scene.settings import SceneSpecimen

#: Priorities that a node can have.
LOWEST, HIGHEST = -1000, 1000
Nodes = tuple[SceneNode, ...]


def kinds() -> dict[str, type[SceneNode]]:
    """All kinds of nodes by their words, in the order of menus."""
    return {str(kind.model_fields["kind"].default): kind for kind in groups_of(SceneSpecimen, "nodes")}  # type: ignore[misc]


def about_kind(word: str) -> str:
    """One sentence on a kind of node."""
    return sentence_of(kinds()[word])


def in_short(sentence: str) -> str:
    """The beginning of a sentence, up to where it goes into details."""
    words = re.split(r"[:,(.]|, or ", sentence, maxsplit=1)[0].strip()
    return words[:1].lower() + words[1:]


def title_of_kind(word: str) -> str:
    """A kind of node as a menu has it."""
    return words_of(word)


def ranked(nodes: Sequence[SceneNode]) -> list[SceneNode]:
    """Nodes of one level as the tree shows them: what keeps its atoms stands above what gives way."""
    return sorted(nodes, key=lambda node: -node.priority)


def list_of(path: str) -> str:
    """The list that a node stands in."""
    return path.rpartition(".")[0]


def parent_of(path: str) -> str:
    """The group that a node is a member of; empty for none."""
    parent = list_of(path).rpartition(".")[0]
    return parent if parent.count(".") >= 2 else ""


def members_path(parent: str) -> str:
    """The list of a group's members; of the scene's nodes for the empty path."""
    return f"{parent}.nodes" if parent else NODES


def find(recipe: Recipe, name: str) -> str:
    """Path of the node of a name, or of a member of it (``cdse#3``); empty if there is none."""
    base = name.partition("#")[0]
    found = {node.name: path for path, node in nodes_of(recipe)}
    return found.get(name) or found.get(base, "")


def added(recipe: Recipe, word: str, near: str = "") -> tuple[Recipe, str]:
    """The recipe with a new node, and the node's path.

    Parameters
    ----------
    recipe
        A recipe of a scene.
    word
        Kind of the node.
    near
        The node that is chosen: a new one goes into it where it is a group, else beside it.
    """
    taken = {node.name for _, node in nodes_of(recipe)}
    begun: dict[str, Any] = {"name": free_name(word, taken)}
    supported = any(getattr(node, "role", "") == "support" for _, node in nodes_of(recipe))
    kind = kinds()[word]
    if supported and "role" in kind.model_fields and kind.model_fields["role"].default == "particle":
        # On a support particles lie anywhere, in any orientation, until somebody says otherwise.
        begun |= {"placement": ScatteredPlace(), "orientation": RandomOrientation()}
    node = kind(**begun)
    parent = near if near and isinstance(step(recipe, near), Group) else parent_of(near) if near else ""
    nodes = _with_members(_scene(recipe).nodes, parent, lambda old: (*old, node))
    return _with_nodes(recipe, nodes), f"{members_path(parent)}.{node.name}"


def duplicated(recipe: Recipe, path: str) -> tuple[Recipe, str]:
    """The recipe with a copy of a node behind it, and the copy's path.

    The copy has names of its own, so its random numbers are others.  What is drawn at random in the node
    is drawn in the copy too; what a grid goes through stays with the node, or the sweep would multiply.
    """
    taken = {node.name for _, node in nodes_of(recipe)}
    names: dict[str, str] = {}

    def copied(node: SceneNode) -> SceneNode:
        names[node.name] = free_name(node.name, taken)
        taken.add(names[node.name])
        changed: dict[str, Any] = {"name": names[node.name]}
        if isinstance(node, Group):
            changed["nodes"] = tuple(copied(member) for member in node.nodes)
        return node.model_copy(update=changed)

    node = step(recipe, path)
    copy = _with_names(copied(node), names)

    def beside(old: Nodes) -> Nodes:
        place = old.index(node) + 1
        return (*old[:place], copy, *old[place:])

    result = _with_nodes(recipe, _with_members(_scene(recipe).nodes, parent_of(path), beside))
    made = f"{list_of(path)}.{copy.name}"
    drawn = [
        entry.model_copy(update={"path": _renamed_path(path, made, entry.path, names)})
        for entry in recipe.vary
        if entry.path.startswith(f"{path}.") and not isinstance(entry, VaryGrid)
    ]
    return result.model_copy(update={"vary": (*result.vary, *drawn)}) if drawn else result, made


def removed(recipe: Recipe, path: str) -> Recipe:
    """The recipe without a node; nodes that name it, or a member of it, name nothing instead."""
    node = step(recipe, path)
    gone = {inner.name for where, inner in nodes_of(recipe) if where == path or where.startswith(f"{path}.")}
    left = _with_members(
        _scene(recipe).nodes, parent_of(path), lambda old: tuple(one for one in old if one is not node)
    )
    return _with_nodes(recipe, tuple(_without_names(one, gone) for one in left))


def moved(recipe: Recipe, path: str, parent: str, row: int) -> tuple[Recipe, str]:
    """The recipe with a node in another place of the tree, and the node's path there.

    Upper nodes keep their atoms where nodes overlap: priorities follow the order, as few of them as
    possible and by as little as possible.

    Parameters
    ----------
    recipe
        A recipe of a scene.
    path
        The node.
    parent
        The group it goes to; empty for the scene itself.
    row
        Where it goes among the nodes shown there, before it is taken from where it is.

    Raises
    ------
    InputError
        If a group would go into itself.
    """
    node = step(recipe, path)
    if parent == path or parent.startswith(f"{path}."):
        raise InputError(path, "is the group itself, which cannot go into itself", remedy="drop it elsewhere")
    same = parent_of(path) == parent
    specimen_nodes: Nodes = _scene(recipe).nodes
    if not same:
        specimen_nodes = _with_members(
            specimen_nodes, parent_of(path), lambda old: tuple(one for one in old if one is not node)
        )
    target = _members(specimen_nodes, parent)
    order = ranked(target)
    row = max(0, min(row, len(order)))
    if same:
        row -= order.index(node) < row
        order.remove(node)
    else:
        target = (*target, node)
    order.insert(row, node)
    places = {one.name: position for position, one in enumerate(target)}
    priorities = _priorities([one.priority for one in order], [places[one.name] for one in order], row)
    wanted = {one.name: priority for one, priority in zip(order, priorities, strict=True)}
    changed = tuple(
        one if one.priority == wanted[one.name] else one.model_copy(update={"priority": wanted[one.name]})
        for one in target
    )
    result = _with_nodes(recipe, _with_members(specimen_nodes, parent, lambda old: changed))
    there = f"{members_path(parent)}.{node.name}"
    return with_vary_moved(result, {f"{path}.": f"{there}."}, set()), there


def _priorities(priorities: list[int], places: list[int], row: int) -> list[int]:
    """Priorities with which the order holds after the one at ``row`` was put there.

    Parameters
    ----------
    priorities
        From the top down, in order but for the moved one.
    places
        Where each stands in the recipe: of equal priorities the earlier one is above.
    row
        The moved one.
    """
    found = list(priorities)

    def least(upper: int) -> int:
        """What a node needs to stand above the next one."""
        return found[upper + 1] + (places[upper] > places[upper + 1])

    def most(lower: int) -> int:
        """What a node may have to stand below the one before."""
        return found[lower - 1] - (places[lower] < places[lower - 1])

    low = least(row) if row + 1 < len(found) else LOWEST
    high = most(row) if row else HIGHEST
    found[row] = max(low, min(found[row], high)) if low <= high else low
    for upper in range(row - 1, -1, -1):
        found[upper] = max(found[upper], least(upper))
    if found[0] > HIGHEST:
        # No room above: everything moves down instead.
        found[0] = HIGHEST
        for lower in range(1, len(found)):
            found[lower] = min(found[lower], most(lower))
    return found


# --- inside ------------------------------------------------------------------------------------


def _scene(recipe: Recipe) -> SceneSpecimen:
    specimen = recipe.specimen
    if not isinstance(specimen, SceneSpecimen):
        raise InputError("specimen.kind", "is no scene", value=specimen.kind, remedy="begin a scene first")
    return specimen


def _with_nodes(recipe: Recipe, nodes: Nodes) -> Recipe:
    return sections.with_values(recipe, {NODES: nodes})


def _keys(parent: str) -> list[str]:
    return parent.split(".")[2::2] if parent else []


def _members(nodes: Nodes, parent: str) -> Nodes:
    for key in _keys(parent):
        place = position_of(nodes, key)
        assert place is not None, parent
        nodes = getattr(nodes[place], "nodes")  # noqa: B009
    return nodes


def _with_members(nodes: Nodes, parent: str, change: Callable[[Nodes], Nodes]) -> Nodes:
    """The nodes with those of one level changed."""

    def below(old: Nodes, keys: list[str]) -> Nodes:
        if not keys:
            return change(old)
        place = position_of(old, keys[0])
        assert place is not None, parent
        group = old[place]
        inner = below(getattr(group, "nodes"), keys[1:])  # noqa: B009
        return (*old[:place], group.model_copy(update={"nodes": inner}), *old[place + 1 :])

    return below(nodes, _keys(parent))


def _with_names(node: SceneNode, names: Mapping[str, str]) -> SceneNode:
    """The node with what it names called by other names, its members' too."""
    changed: dict[str, Any] = {}
    for setting in REFERENCES:
        group, _, field = setting.rpartition(".")
        owner = getattr(node, group) if group else node
        named = vars(owner).get(field, "")
        if named in names:
            new = names[named]
            changed[group or field] = owner.model_copy(update={field: new}) if group else new
    if isinstance(node, Group):
        changed["nodes"] = tuple(_with_names(member, names) for member in node.nodes)
    return node.model_copy(update=changed) if changed else node


def _without_names(node: SceneNode, gone: set[str]) -> SceneNode:
    """The node without references to nodes that are gone."""
    changed: dict[str, Any] = {}
    if str(vars(node.placement).get("on", "")).partition("#")[0] in gone:
        changed["placement"] = node.placement.model_copy(update={"on": ""})
    if str(vars(node.orientation).get("to", "")).partition("#")[0] in gone:
        # There is nothing left to be aligned with.
        changed["orientation"] = AsBuilt()
    if str(vars(node).get("on", "")).partition("#")[0] in gone:
        changed["on"] = ""
    if isinstance(node, Group):
        members = tuple(_without_names(member, gone) for member in node.nodes)
        if any(new is not old for new, old in zip(members, node.nodes, strict=True)):
            changed["nodes"] = members
    return node.model_copy(update=changed) if changed else node


def _renamed_path(old: str, new: str, path: str, names: Mapping[str, str]) -> str:
    """The path in a copy: names of members are other names there."""
    parts = path.removeprefix(f"{old}.").split(".")
    # Members of groups stand first, each behind "nodes".
    for place in range(1, len(parts), 2):
        if parts[place - 1] != "nodes":
            break
        parts[place] = names.get(parts[place], parts[place])
    return ".".join((new, *parts))
