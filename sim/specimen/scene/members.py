"""From a scene as a user writes it to concrete nodes: counts become members, drawn values are put in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sim.core.entries import position_of
from sim.core.errors import InputError
from sim.core.settings import validate
from sim.specimen.scene.settings import SceneSpecimen

#: (position of a path among those asked for, number of the member) → its value.
Draw = Callable[[int, int], Any]
_LARGEST_MEMBER = 9999
_ROOT = "nodes."


def expanded(settings: SceneSpecimen, paths: Sequence[str] = (), draw: Draw | None = None) -> SceneSpecimen:
    """The scene with one node for every member.

    A node of count n becomes n nodes: the first keeps its name, further ones are called ``name#2``,
    ``name#3`` …; nodes that are off or not in this variant are dropped.

    Parameters
    ----------
    settings
        The scene as the recipe has it, with the values that all members share.
    paths
        Settings, relative to the specimen (``nodes.cdse.volume.radius``), that every member draws anew.
    draw
        Gives the value of a path for a member; members of one name count from 1.
    """
    nodes = [
        member
        for node in settings.tree()["nodes"]
        for member in _members(node, 1, _ROOT, settings.variant, list(paths), draw)
    ]
    if not nodes:
        raise InputError(
            "specimen.nodes",
            "has no node that is switched on in this variant",
            **({"value": settings.variant} if settings.variant else {}),
            remedy="switch one on or raise its count",
        )
    return validate(SceneSpecimen, {**settings.tree(), "nodes": nodes}, root="specimen")


def _members(
    node: dict[str, Any],
    first: int,
    prefix: str,
    variant: str,
    paths: list[str],
    draw: Draw | None,
) -> list[dict[str, Any]]:
    """The members of one node inside the ``first`` copy of its group."""
    if not node["enabled"] or (node["only_in"] and variant not in node["only_in"]):
        return []
    below = f"{prefix}{node['name']}."
    own = [(number, path) for number, path in enumerate(paths) if path.startswith(below)]
    made = []
    for position in range(node["count"]):
        number = (first - 1) * node["count"] + position + 1
        if number > _LARGEST_MEMBER:
            raise InputError(
                f"specimen.{below}count",
                "makes too many members",
                value=node["count"],
                allowed=f"up to {_LARGEST_MEMBER:,} in all",
                remedy="lower it",
            )
        member = {**node, "count": 1, "instance": number}
        if draw is not None:
            for which, path in own:
                rest = path.removeprefix(below)
                if not rest.startswith(_ROOT):  # settings of a group's members are drawn by them
                    member = _put(member, rest, draw(which, number))
        if number > 1:
            member["name"] = f"{node['name']}#{number}"
        if "nodes" in node:
            member["nodes"] = [
                inner
                for child in node["nodes"]
                for inner in _members(child, number, f"{below}{_ROOT}", variant, paths, draw)
            ]
        made.append(member)
    return made


def _put(tree: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of a node's tree with one value in its place; members of lists go by name."""
    head, _, rest = path.partition(".")
    if not rest:
        return {**tree, head: value}
    branch = tree[head]
    if isinstance(branch, (list, tuple)):
        name, _, below = rest.partition(".")
        place = position_of(branch, name)
        members = [_put(entry, below, value) if i == place else entry for i, entry in enumerate(branch)]
        return {**tree, head: members}
    return {**tree, head: _put(branch, rest, value)}
