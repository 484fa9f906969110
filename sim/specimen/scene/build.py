"""A scene from its settings: make every node, turn and place it, settle who keeps its atoms, join all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sim.core.errors import InputError, never
from sim.core.types import BoolArray, Built, FloatArray, Structure, on_position_grid
from sim.numerics.neighbours import CandidateSearch
from sim.specimen.scene.arranging import arranged
from sim.specimen.scene.atomic_volumes import atomic_volumes
from sim.specimen.scene.clearing import Occupant, cleared
from sim.specimen.scene.crossing import CrossSearch, corners
from sim.specimen.scene.making import moved_planes
from sim.specimen.scene.naming import named_in
from sim.specimen.scene.nodes import Molecules, Void
from sim.specimen.scene.piece import Piece
from sim.specimen.scene.placing import outline_radius
from sim.specimen.scene.scenery import Arrays, Scenery
from sim.specimen.scene.settings import SceneSpecimen
from sim.specimen.search import kd_tree

#: Share of its stated height that a molecule may come near the node it stands on.
_BONDED = 0.8


def _no_memory(key: Any, compute: Callable[[], Arrays]) -> Arrays:
    del key
    return compute()


def build_scene(
    settings: SceneSpecimen,
    structures: Mapping[str, Structure],
    seed: int,
    *,
    remember: Callable[[Any, Callable[[], Arrays]], Arrays] = _no_memory,
    search: CandidateSearch | None = kd_tree,
    cross: CrossSearch | None = None,
    cancel: Callable[[], None] = never,
) -> Built:
    """Build a concrete scene.

    Parameters
    ----------
    settings
        The scene with every member a node of its own (:func:`sim.specimen.scene.members.expanded`).
    structures
        Atoms of the scene's files by the keys of :func:`sim.specimen.scene.resolving.sources`.
    seed
        Of everything random.
    remember
        (key, how to make it) → arrays: keeps the atoms of a node before it is placed.
    search, cross
        Searches that propose near pairs, within one set of atoms and between two; the result is the
        same with and without them.
    cancel
        Called often; raises to stop.

    Returns
    -------
    Atoms in the order of the nodes, on the 2⁻²⁰ Å grid, and what is known of the parts.

    Raises
    ------
    InputError
        Naming ``specimen.nodes.<name>.<setting>`` of what cannot be built or does not fit.
    """
    scenery = Scenery(settings, structures, seed, remember, search, cancel)
    with named_in({node.name: node for node in settings.all_nodes()}):
        pieces = arranged(scenery, cross)
        for piece in pieces:
            if piece.placed and len(piece.atoms):
                piece.positions = on_position_grid(piece.motion.apply(piece.atoms.positions))
                _check_inside(piece, settings)
            cancel()
        kept = cleared([_occupant(piece) for piece in pieces], settings.clearance, cross, cancel)
        _check_left(pieces, kept)
        return _built(pieces, kept, scenery)


def _occupant(piece: Piece) -> Occupant:
    node = piece.node
    shape = piece.solid.moved(piece.motion) if piece.placed and piece.solid is not None else None
    molecules = isinstance(node, Molecules)
    return Occupant(
        piece.positions if piece.placed else np.empty((0, 3)),
        shape,
        piece.priority,
        0.0 if isinstance(node, Void) else piece.clearance,
        frozenset(host.number - 1 for host in piece.hosts),
        _BONDED * node.height if isinstance(node, Molecules) else 0.0,
        piece.atoms.grain if molecules else None,
    )


def _check_inside(piece: Piece, settings: SceneSpecimen) -> None:
    """Refuse a node of which nothing lies within the scene's edges."""
    low, high = corners(piece.positions)
    for axis, edge in ((0, settings.width), (1, settings.height)):
        if float(high[axis]) < -0.5 * edge or float(low[axis]) > 0.5 * edge:
            raise InputError(
                f"specimen.nodes.{piece.node.name}.placement.{'xy'[axis]}",
                f"lies outside the scene: from {float(low[axis]):.1f} to {float(high[axis]):.1f} Å",
                allowed=f"{-0.5 * edge:g} to {0.5 * edge:g} Å",
                remedy="place it inside or make the scene larger",
            )


def _check_left(pieces: Sequence[Piece], kept: Sequence[BoolArray]) -> None:
    for piece, stays in zip(pieces, kept, strict=True):
        if piece.placed and len(stays) and not bool(np.any(stays)):
            raise InputError(
                f"specimen.nodes.{piece.node.name}.priority",
                "lies inside nodes of higher priority: none of its atoms is left",
                value=piece.node.priority,
                remedy="raise its priority or place it elsewhere",
            )


def _built(pieces: Sequence[Piece], kept: Sequence[BoolArray], scenery: Scenery) -> Built:
    numbers, positions, objects, grains, sides, volumes = [], [], [], [], [], []
    origins, motions, radii, planes = [], [], [], [np.empty((0, 8))]
    for piece, stays in zip(pieces, kept, strict=True):
        motion = piece.motion
        origins.append(motion.offset)
        motions.append(np.concatenate([motion.matrix, motion.offset[:, np.newaxis]], axis=1))
        radii.append(_seen_radius(piece, pieces))
        if not piece.placed:
            continue
        if len(piece.planes):
            moved = moved_planes(piece.planes, motion)
            planes.append(np.concatenate([np.full((len(moved), 1), float(piece.number)), moved], axis=1))
        if not len(stays):
            continue
        whole = bool(np.all(stays))
        atoms = piece.atoms if whole else piece.atoms.kept(stays)
        numbers.append(atoms.numbers)
        positions.append(piece.positions if whole else piece.positions[stays])
        objects.append(np.full(len(atoms), piece.number, dtype=np.int64))
        grains.append(atoms.grain)
        sides.append(atoms.side)
        own = atomic_volumes(piece, scenery)
        volumes.append(own if whole else own[stays])
    if not numbers:
        raise InputError("specimen.nodes", "make no atom", remedy="add a particle or a support")
    parts = {
        "object": np.concatenate(objects),
        "grain": np.concatenate(grains),
        "side": np.concatenate(sides),
        "volumes": np.concatenate(volumes),
        "origins": np.stack(origins),
        "motions": np.stack(motions),
        "placed": np.array([piece.placed for piece in pieces], dtype=np.int64),
        "radii": np.array(radii, dtype=np.float64),
        "planes": np.concatenate(planes),
    }
    return Built(Structure(np.concatenate(numbers), np.concatenate(positions)), parts)


def _seen_radius(piece: Piece, pieces: Sequence[Piece]) -> float:
    """Largest lateral distance of an object's atoms from its origin, in the scene, Å."""
    if not piece.placed:
        return 0.0
    if piece.members:
        inside = {id(member) for member in piece.descendants()}
        parts = [other for other in pieces if id(other) in inside]
    else:
        parts = [piece]
    found = 0.0
    for part in parts:
        points: FloatArray = part.outline_points()
        if part.placed and len(points):
            found = max(found, outline_radius(np.subtract(part.motion.apply(points), piece.motion.offset)))
    return found
