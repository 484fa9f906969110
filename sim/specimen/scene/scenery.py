"""What every node needs to know of its scene, and the crystals of nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.core.errors import InputError
from sim.core.types import Structure
from sim.numerics.neighbours import CandidateSearch
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.crystal.table import SHEETS
from sim.specimen.scene.nodes import (
    SceneNode,
    Sheet,
)
from sim.specimen.scene.resolving import file_key
from sim.specimen.scene.settings import SceneSpecimen
from sim.specimen.scene.shaping import crystal_of

Arrays = Mapping[str, Any]
Remember = Callable[[Any, Callable[[], Arrays]], Arrays]


@dataclass(frozen=True, eq=False)
class Scenery:
    """What nodes need to know of the scene: settings, files, seed, and how to remember and to stop."""

    settings: SceneSpecimen
    structures: Mapping[str, Structure]
    seed: int
    remember: Remember
    search: CandidateSearch | None
    cancel: Callable[[], None]
    #: Nodes made for this very scene, by key: members that are alike are made once.
    alike: dict[str, Any] = field(default_factory=dict)

    def structure(self, key: str, parameter: str) -> Structure:
        """The atoms of one source."""
        found = self.structures.get(key)
        if found is None:
            raise InputError(parameter, "has no structure", value=key, remedy="give the path of its file")
        return found


def node_crystal(node: SceneNode, scenery: Scenery, part: str) -> Crystal | None:
    """The crystal of a node (part ``crystal`` or ``shell``); None where it has none."""
    if isinstance(node, Sheet):
        return SHEETS[node.material]
    settings = getattr(node, part, None)
    if settings is None:
        return None
    where = f"specimen.nodes.{node.name}.{part}"
    key = file_key(node, part)
    return crystal_of(
        settings, scenery.settings.material, lambda: scenery.structure(key, where), parameter=where
    )
