"""A node on its way into the scene."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.core.types import FloatArray
from sim.numerics.motion import Motion
from sim.specimen.atoms import Atoms
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.scene.making import Prepared
from sim.specimen.scene.nodes import SceneNode
from sim.specimen.scene.orienting import base_name
from sim.specimen.shapes.base import Shape

#: No points.
NOWHERE = np.empty((0, 3))


@dataclass(eq=False)
class Piece:
    """A node on its way into the scene.

    Attributes
    ----------
    number
        Of the object, from 1 on.
    priority
        Its own and those of the groups around it, added.
    motion
        From the node's own frame to that of its group, at the end to the scene's.
    solid
        The volume that it takes for itself, in its own frame.
    positions
        (N, 3) of its atoms in the scene, on the position grid.
    """

    node: SceneNode
    number: int
    known: Prepared | None
    clearance: float
    priority: int = 0
    atoms: Atoms = field(default_factory=Atoms.none)
    planes: FloatArray = field(default_factory=lambda: np.empty((0, 7)))
    key: str = ""
    solid: Shape | None = None
    motion: Motion = field(default_factory=Motion.identity)
    placed: bool = False
    members: list[Piece] = field(default_factory=list)
    hosts: list[Piece] = field(default_factory=list)
    positions: FloatArray = field(default_factory=lambda: NOWHERE)

    @property
    def crystal(self) -> Crystal | None:
        return None if self.known is None else self.known.crystal

    def descendants(self) -> Iterator[Piece]:
        """Itself and all members, in the order of the scene."""
        yield self
        for member in self.members:
            yield from member.descendants()

    def outline_points(self) -> FloatArray:
        """Points (N, 3) in its own frame that its outline encloses: atoms, or lines of a volume without."""
        if len(self.atoms):
            return self.atoms.positions
        if self.solid is None:
            return NOWHERE
        lines = self.solid.wireframe()
        return np.concatenate(lines) if lines else NOWHERE

    def moved_by(self, motion: Motion) -> None:
        """Move it, with its members."""
        for piece in self.descendants():
            piece.motion = motion.after(piece.motion)


def find_piece(pieces: Sequence[Piece], name: str, instance: int) -> Piece | None:
    """The piece of a name: that very one, or of several members the one of the same number, or the first."""
    found = [piece for piece in pieces if name in (piece.node.name, base_name(piece.node.name))]
    exact = [piece for piece in found if "#" in name and piece.node.name == name]
    alike = [piece for piece in found if piece.node.instance == instance]
    return next(iter(exact or alike or found), None)
