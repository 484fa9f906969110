"""Where every node of a scene comes to lie: made, turned, placed, and groups as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray, IntArray
from sim.numerics.motion import Motion
from sim.specimen.atoms import Atoms
from sim.specimen.scene.adsorbing import covered
from sim.specimen.scene.altering import moves_of
from sim.specimen.scene.clearing import outside_of
from sim.specimen.scene.crossing import CrossSearch, within_box
from sim.specimen.scene.making import hull_of, made, prepared
from sim.specimen.scene.nodes import Group, Molecules, SceneNode, Void
from sim.specimen.scene.orientations import (
    AlignedOrientation,
    FixedPlace,
    ScatteredPlace,
    SeatedPlace,
)
from sim.specimen.scene.orienting import base_name, node_stream, orientation_of
from sim.specimen.scene.piece import NOWHERE, Piece, find_piece
from sim.specimen.scene.placing import Disc, outline_radius, scatter, seat_height
from sim.specimen.scene.scenery import Scenery
from sim.specimen.scene.usable import check_usable, goes_on

#: A clearance below this gives no footing, Å: what is seated touches at this distance instead.
_LEAST_FOOTING = 0.5


def arranged(scenery: Scenery, cross: CrossSearch | None = None) -> list[Piece]:
    """All nodes of a scene, made and placed, in the order of :meth:`SceneSpecimen.all_nodes`."""
    numbers = {id(node): number for number, node in enumerate(scenery.settings.all_nodes(), start=1)}

    def piece_of(node: SceneNode, above: int) -> Piece:
        known = None if isinstance(node, Group) else prepared(node, scenery)
        priority = above + node.priority
        piece = Piece(node, numbers[id(node)], known, scenery.settings.clearance, priority)
        if isinstance(node, Group):
            check_usable(node)
            piece.members = [piece_of(member, priority) for member in node.nodes]
        return piece

    # All that is cheap first: mistakes show before any atom is made.
    level = [piece_of(node, 0) for node in scenery.settings.nodes]
    every = [piece for top in level for piece in top.descendants()]
    _turn(level, scenery)
    for piece in every:
        scenery.cancel()
        _make(piece, scenery)
    _Level(level, scenery, cross).place()
    for piece in every:
        if not piece.placed:
            # A group without room takes its members with it.
            for member in piece.descendants():
                member.placed = False
    for piece in every:
        if isinstance(piece.node, Molecules) and piece.node.on:
            _cover(piece, every, scenery)
    return every


def _turn(level: Sequence[Piece], scenery: Scenery) -> None:
    """Orient all nodes; groups turn with their members later, when these are placed."""
    for place, piece in enumerate(level):
        other = None
        if isinstance(piece.node.orientation, AlignedOrientation):
            target = find_piece(level[:place], piece.node.orientation.to, piece.node.instance)
            other = None if target is None else (target.crystal, target.motion)
        if isinstance(piece.node, Group):
            _turn(piece.members, scenery)
            changed = moves_of(piece.node.changes, f"specimen.nodes.{piece.node.name}.changes").of_volume
            piece.motion = orientation_of(piece.node, None, scenery.seed, other).after(changed)
        else:
            piece.motion = orientation_of(piece.node, piece.crystal, scenery.seed, other)


def _make(piece: Piece, scenery: Scenery) -> None:
    node, known = piece.node, piece.known
    if known is None:
        return
    piece.solid = known.shape
    if isinstance(node, Void) or (isinstance(node, Molecules) and node.on):
        return
    done = made(known, scenery)
    piece.atoms, piece.planes, piece.key = done.atoms, done.planes, done.key
    if piece.solid is None:
        piece.solid = hull_of(node, piece.atoms)


@dataclass(frozen=True, eq=False)
class _Lifted:
    """Atoms (N, 3) of something placed in order of x, and their edges: left, below, right, above, Å."""

    points: FloatArray
    edges: tuple[float, float, float, float]

    @classmethod
    def of(cls, points: FloatArray) -> _Lifted:
        if not len(points):
            return cls(points, (float("inf"), float("inf"), -float("inf"), -float("inf")))
        ordered = points[np.argsort(points[:, 0], kind="stable")]
        (left, below), (right, above) = np.min(points, axis=0)[:2], np.max(points, axis=0)[:2]
        return cls(ordered, (float(left), float(below), float(right), float(above)))


class _Level:
    """Nodes that are placed side by side: those of the scene, or of one group."""

    def __init__(self, pieces: Sequence[Piece], scenery: Scenery, cross: CrossSearch | None) -> None:
        self.pieces, self.scenery, self.cross = pieces, scenery, cross
        self.lifted: dict[int, _Lifted] = {}
        self.pores = [part for piece in pieces for part in piece.descendants() if isinstance(part.node, Void)]

    def place(self) -> None:
        """Fixed places, then random ones, then heights of what rests on others."""
        for piece in self.pieces:
            if piece.members:
                _Level(piece.members, self.scenery, self.cross).place()
                turn, piece.motion = piece.motion, Motion.identity()
                piece.moved_by(turn)
        places = {id(piece): self._fixed(piece) for piece in self.pieces if self._stands_alone(piece)}
        places |= self._scattered([piece for piece in self.pieces if self._is_scattered(piece)])
        waiting = []
        for piece in self.pieces:
            place = places.get(id(piece))
            if place is None:
                continue  # found no room, or stands on another node
            piece.moved_by(Motion.translation((*place, self._height(piece))))
            if self._is_seated(piece):
                waiting.append(piece)
            else:
                self._settle(piece)
        while waiting:
            ready = [piece for piece in waiting if not self._waits_for(piece, waiting)]
            if not ready:
                raise InputError(
                    f"specimen.nodes.{waiting[0].node.name}.placement.on",
                    "rests on a node that rests on it",
                    value=self._on(waiting[0]),
                    remedy="let one of them lie at a fixed place",
                )
            self._seat(ready[0])
            waiting = [piece for piece in waiting if piece is not ready[0]]

    # places in the plane

    @staticmethod
    def _stands_alone(piece: Piece) -> bool:
        adsorbed = isinstance(piece.node, Molecules) and piece.node.on
        return not adsorbed and not isinstance(piece.node.placement, ScatteredPlace)

    @staticmethod
    def _is_scattered(piece: Piece) -> bool:
        adsorbed = isinstance(piece.node, Molecules) and piece.node.on
        return not adsorbed and isinstance(piece.node.placement, ScatteredPlace)

    @staticmethod
    def _fixed(piece: Piece) -> tuple[float, float]:
        place = piece.node.placement
        assert isinstance(place, (FixedPlace, SeatedPlace))
        return place.x, place.y

    def _scattered(self, pieces: Sequence[Piece]) -> dict[int, tuple[float, float]]:
        if not pieces:
            return {}
        settings = self.scenery.settings
        discs = []
        for piece in pieces:
            place = piece.node.placement
            assert isinstance(place, ScatteredPlace)
            stream = node_stream(self.scenery.seed, piece.node, "place")
            radius = max((_lateral(part) for part in piece.descendants()), default=0.0)
            discs.append(Disc(radius, place.gap, place.margin, stream))
        for piece, disc in zip(pieces, discs, strict=True):
            if min(disc.room(settings.width, settings.height)) < 0.0:
                raise InputError(
                    f"specimen.nodes.{piece.node.name}.placement.margin",
                    f"leaves no room for an outline of radius {disc.radius:.1f} Å in "
                    f"{settings.width:g} × {settings.height:g} Å",
                    value=disc.margin,
                    remedy="make the scene larger, or the node or the margin smaller",
                )
        found = scatter(discs, settings.width, settings.height, self.scenery.cancel)
        missing = next((n for n, place in enumerate(found) if place is None), None)
        if missing is not None and settings.crowding == "stop":
            raise self._crowded(pieces[missing], discs[missing], found)
        return {id(piece): place for piece, place in zip(pieces, found, strict=True) if place is not None}

    def _crowded(self, piece: Piece, disc: Disc, found: Sequence[tuple[float, float] | None]) -> InputError:
        settings = self.scenery.settings
        fitted = sum(place is not None for place in found)
        return InputError(
            f"specimen.nodes.{piece.node.name}.placement",
            f"{piece.node.name} finds no room: {fitted} of {len(found)} placed, a disc of radius "
            f"{disc.radius:.0f} Å with gaps of {disc.gap:g} Å in {settings.width:g} × {settings.height:g} Å",
            remedy="make the scene larger, the gap or the count smaller",
        )

    # heights

    @staticmethod
    def _is_seated(piece: Piece) -> bool:
        place = piece.node.placement
        return isinstance(place, SeatedPlace) or (isinstance(place, ScatteredPlace) and place.seated)

    def _height(self, piece: Piece) -> float:
        place = piece.node.placement
        return 0.0 if isinstance(place, SeatedPlace) or self._is_seated(piece) else place.z

    @staticmethod
    def _on(piece: Piece) -> str:
        return str(getattr(piece.node.placement, "on", ""))

    def _supports(self, piece: Piece, among: Sequence[Piece]) -> list[Piece]:
        name = self._on(piece)
        others = [other for other in among if other is not piece]
        if not name:
            return others
        return [other for other in others if name in (other.node.name, base_name(other.node.name))]

    def _waits_for(self, piece: Piece, waiting: Sequence[Piece]) -> bool:
        """Whether something it must rest on is not yet placed; without a name it takes what is there."""
        return bool(self._on(piece)) and bool(self._supports(piece, waiting))

    def _seat(self, piece: Piece) -> None:
        place = piece.node.placement
        assert isinstance(place, (SeatedPlace, ScatteredPlace))
        known = self._supports(piece, self.pieces)
        if place.on and not known:
            raise InputError(
                f"specimen.nodes.{piece.node.name}.placement.on",
                "is no node on the same level",
                value=place.on,
                remedy="seat it on a node beside it, not in another group",
            )
        # Pores of a group do not touch anything; a pore alone does, as if it were solid.
        parts = [part for part in piece.descendants() if len(part.atoms)] or list(piece.descendants())
        bodies = [part.motion.apply(points) for part in parts if len(points := part.outline_points())]
        reach = max(self.scenery.settings.clearance, _LEAST_FOOTING)
        lift: float | None = None
        if bodies:
            body = np.concatenate(bodies)
            below = self._below(
                body, self._supports(piece, [other for other in self.pieces if other.placed]), reach
            )
            lift = seat_height(body, below, reach, self.cross, self.scenery.cancel)
        if lift is not None:
            piece.moved_by(Motion.translation((0.0, 0.0, lift - place.depth)))
        self._settle(piece)

    def _below(self, body: FloatArray, supports: Sequence[Piece], reach: float) -> FloatArray:
        """Atoms of the supports under a body, without those that pores take away."""
        low = np.subtract(np.min(body, axis=0)[:2], reach)
        high = np.add(np.max(body, axis=0)[:2], reach)
        (low_x, low_y), (high_x, high_y) = low.tolist(), high.tolist()
        found = [NOWHERE]
        for support in supports:
            for part in support.descendants():
                lifted = self._lifted(part)
                left, below, right, above = lifted.edges
                if left > high_x or right < low_x or below > high_y or above < low_y:
                    continue
                stretch = np.searchsorted(lifted.points[:, 0], [low_x, high_x])
                points = lifted.points[stretch[0] : stretch[1] + 1]
                near = points[within_box(points[:, :2], low, high, 0.0)]
                found.append(near[self._survives(part, near)])
        return np.concatenate(found)

    def _lifted(self, part: Piece) -> _Lifted:
        """Atoms of a placed piece in the level's frame."""
        kept = self.lifted.get(id(part))
        if kept is None:
            kept = _Lifted.of(part.motion.apply(part.atoms.positions) if len(part.atoms) else NOWHERE)
            self.lifted[id(part)] = kept
        return kept

    def _survives(self, part: Piece, points: FloatArray) -> IntArray:
        stays = np.ones(len(points), dtype=np.bool_)
        for pore in self.pores:
            first = (-pore.priority, pore.number) < (-part.priority, part.number)
            if first and pore.placed and pore.solid is not None:
                np.logical_and(stays, outside_of(points, pore.solid.moved(pore.motion)), out=stays)
        return np.flatnonzero(stays)

    @staticmethod
    def _settle(piece: Piece) -> None:
        # Members that found no room in their group stay without a place.
        piece.placed = True


def _lateral(piece: Piece) -> float:
    points = piece.outline_points()
    return outline_radius(piece.motion.apply(points)) if len(points) else 0.0


def _cover(piece: Piece, every: Sequence[Piece], scenery: Scenery) -> None:
    """Molecules on the surface of another node, once all else is placed."""
    node = piece.node
    assert isinstance(node, Molecules)
    alone = sum(base_name(other.node.name) == base_name(node.name) for other in every) == 1
    hosts = [other for other in every if node.on in (other.node.name, base_name(other.node.name))]
    if not alone:
        one = find_piece(hosts, node.on, node.instance)
        hosts = [] if one is None else [one]
    hosts = [host for host in hosts if host.placed and len(host.atoms)]
    piece.motion, piece.placed, piece.hosts = Motion.identity(), bool(hosts), hosts
    parts: list[Atoms] = []
    first = 0
    there = [
        (other, other.motion.apply(other.atoms.positions))
        for other in every
        if other.placed and len(other.atoms) and not isinstance(other.node, Molecules)
    ]
    for host in hosts:
        scenery.cancel()
        others = [positions for other, positions in there if other is not host]
        period = (scenery.settings.width, scenery.settings.height) if goes_on(host.node) else None
        found = covered(node, host.atoms, host.key, host.motion, host.node.instance, others, period, scenery)
        parts.append(
            Atoms(found.numbers, host.motion.apply(found.positions), found.grain + first, found.side)
        )
        first += node.number
    piece.atoms = Atoms.joined(parts)
