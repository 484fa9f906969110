"""What a kind of node has no use for: refused by its name, never passed over in silence."""

from __future__ import annotations

from typing import Any

from sim.core.errors import InputError
from sim.specimen.scene.altering import MOVING
from sim.specimen.scene.nodes import (
    Amorphous,
    Bicrystal,
    CoreShell,
    Group,
    Molecules,
    MultiTwin,
    Particle,
    SceneNode,
    Sheet,
    Void,
)
from sim.specimen.scene.orientations import AsBuilt, FixedPlace, ScatteredPlace

#: Nodes whose lattice and volume are two things: one can move without the other.
_LATTICE_IN_VOLUME = (Particle, MultiTwin, CoreShell, Bicrystal)


def fills(node: SceneNode) -> bool:
    """Whether a node is a film over the whole scene."""
    return isinstance(node, Sheet) or (isinstance(node, Amorphous) and node.film)


def goes_on(node: SceneNode) -> bool:
    """Whether a node closes over the edges of the scene."""
    return node.closed if isinstance(node, Sheet) else fills(node)


def check_usable(node: SceneNode) -> None:
    """Refuse settings of a node that would change nothing.

    Raises
    ------
    InputError
        Naming the first of them.
    """
    where = f"specimen.nodes.{node.name}"
    _check_changes(node, f"{where}.changes")
    if fills(node):
        _check_film(node, where)
    if isinstance(node, Molecules) and node.on:
        _check_adsorbed(node, where)


def _check_changes(node: SceneNode, where: str) -> None:
    hollow = isinstance(node, (Group, Void))
    what = "group as a whole" if isinstance(node, Group) else vars(node)["kind"]
    for change in node.changes:
        if not change.enabled:
            continue
        if hollow and not isinstance(change, MOVING):
            raise InputError(
                f"{where}.{change.name}.kind",
                f"works on atoms, but a {what} can only be moved and strained",
                value=change.kind,
                remedy="give this change to nodes with atoms" if what == "void" else "give it to the members",
            )
        moves = getattr(change, "moves", "both")
        if moves != "both" and not isinstance(node, _LATTICE_IN_VOLUME):
            raise InputError(
                f"{where}.{change.name}.moves",
                f"this node ({vars(node)['kind']}) has no lattice apart from its volume",
                value=moves,
                allowed="both",
            )


def _check_film(node: SceneNode, where: str) -> None:
    if not isinstance(node.orientation, AsBuilt):
        raise InputError(
            f"{where}.orientation.kind",
            "a film over the whole scene cannot be turned",
            value=node.orientation.kind,
            allowed="none",
        )
    if isinstance(node.placement, ScatteredPlace):
        raise InputError(
            f"{where}.placement.kind",
            "a film over the whole scene has no random place",
            value=node.placement.kind,
            allowed="fixed, seated",
        )
    place: dict[str, Any] = vars(node.placement)
    for axis in ("x", "y"):
        if place.get(axis):
            raise InputError(
                f"{where}.placement.{axis}",
                "a film over the whole scene has no place in its plane",
                value=place[axis],
                allowed="0",
            )


def _check_adsorbed(node: Molecules, where: str) -> None:
    """Where molecules on a surface lie and how they stand follows from the surface."""
    for setting, given in (
        ("orientation.kind", not isinstance(node.orientation, AsBuilt)),
        ("placement", node.placement != FixedPlace()),
        ("changes", any(change.enabled for change in node.changes)),
    ):
        if given:
            raise InputError(
                f"{where}.{setting}",
                f"does nothing: the molecules lie on {node.on} as its surface has them",
                remedy="take this setting back, or leave 'on' empty for a single molecule",
            )
