"""What a scene comes to before it is built, and the lines that show its volumes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from sim.core.errors import InputError
from sim.core.types import Built, FloatArray, Outline
from sim.numerics.motion import Motion
from sim.specimen.amorphous.materials import amorphous_material
from sim.specimen.catalogue import StructureInfo
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.crystal.table import SHEETS
from sim.specimen.particles.mackay import decahedron_count, icosahedron_count, octahedron_count
from sim.specimen.particles.molecules import molecule
from sim.specimen.scene.altering import moves_of
from sim.specimen.scene.changes import Substitute
from sim.specimen.scene.crystals import FileCrystal
from sim.specimen.scene.enclosing import enclosing
from sim.specimen.scene.making import node_shape
from sim.specimen.scene.naming import named, named_in
from sim.specimen.scene.nodes import (
    Amorphous,
    Cluster,
    File,
    Group,
    Molecules,
    SceneNode,
    Sheet,
    Void,
)
from sim.specimen.scene.orientations import FixedPlace, ScatteredPlace
from sim.specimen.scene.resolving import file_key
from sim.specimen.scene.settings import SceneSpecimen
from sim.specimen.scene.shaping import crystal_of, element, shape_of
from sim.specimen.scene.usable import check_usable, fills
from sim.specimen.shapes.base import Line, Shape
from sim.specimen.shapes.polyhedron import Polyhedron
from sim.specimen.shapes.volume import volume

#: Atoms at a volume's surface beyond its share of the volume: those of a layer this thick, Å.
_SHELL = 1.0
_MORE = 1.05
#: A crystal that is only known as a file, atoms/Å³: more than any but diamond.
_DENSE = 0.15
#: Defects, relaxations and displacements move atoms by no more than this, Å.
_SPREAD = 3.0

#: From this many atoms on an outline in evenly spread directions is shown instead of the hull.
_MANY = 1500

Counts = dict[int, float]


def outline(settings: SceneSpecimen, infos: Mapping[str, StructureInfo]) -> Outline:
    """Upper bounds of what a scene can come to, without building anything.

    Parameters
    ----------
    settings
        A scene, with counts or already with one node for every member.
    infos
        Of the scene's files, by key.

    Returns
    -------
    ``half_x`` and ``half_y`` are the scene's own edges; particles may stick out.
    """
    numbers: Counts = {}
    depth, farthest, largest = 0.0, 0.0, 0.0
    for node, count, offset in _nodes(settings.nodes, 1, 0.0, settings.variant):
        with named_in({node.name: node}), named(f"specimen.nodes.{node.name}"):
            check_usable(node)
            radius, atoms = _bounds(node, settings, infos)
        for number, amount in atoms.items():
            numbers[number] = numbers.get(number, 0.0) + count * amount
        place = node.placement
        if isinstance(place, FixedPlace):
            away = math.hypot(place.x, place.y) + offset
            depth = max(depth, abs(place.z) + radius + offset)
        elif isinstance(place, ScatteredPlace):
            away = 0.5 * math.hypot(settings.width, settings.height) - min(0.0, place.margin)
            # What is scattered keeps its gaps: nothing is piled up.
            largest = max(largest, 2.0 * radius + abs(place.z))
        else:
            away = math.hypot(place.x, place.y) + offset
            largest += 2.0 * radius * count
        farthest = max(farthest, away + (0.0 if fills(node) else radius))
    half_x, half_y = 0.5 * settings.width, 0.5 * settings.height
    across = max(farthest, math.hypot(half_x, half_y))
    counts = tuple(sorted((number, math.ceil(amount)) for number, amount in numbers.items()))
    return Outline(
        half_x,
        half_y,
        math.hypot(across, depth + largest + settings.clearance),
        sum(amount for _, amount in counts),
        counts,
    )


def _nodes(
    nodes: tuple[SceneNode, ...], count: int, offset: float, variant: str
) -> Iterator[tuple[SceneNode, int, float]]:
    """Every node that is there, how many of it there are, and how far its group may shift it, Å."""
    for node in nodes:
        if not node.enabled or (node.only_in and variant not in node.only_in):
            continue
        here = count * node.count
        if isinstance(node, Group):
            place = node.placement
            further = math.hypot(place.x, place.y) if not isinstance(place, ScatteredPlace) else 0.0
            further += abs(place.z) if isinstance(place, FixedPlace) else 0.0
            yield from _nodes(node.nodes, here, offset + further, variant)
        elif not isinstance(node, Void) and here:
            yield node, here, offset


def _bounds(
    node: SceneNode, settings: SceneSpecimen, infos: Mapping[str, StructureInfo]
) -> tuple[float, Counts]:
    """Largest distance of a node's atoms from its origin (of a film: its thickness), and atoms by element."""
    radius, atoms = _made(node, settings, infos)
    moves = moves_of(node.changes, "changes")
    stretch = max(_longest(moves.of_volume), _longest(moves.of_crystal))
    shift = max(_length(moves.of_volume), _length(moves.of_crystal))
    for change in node.changes:
        if change.enabled and isinstance(change, Substitute):
            gone = atoms.get(element(change.element, f"changes.{change.name}.element"), 0.0)
            by = element(change.by, f"changes.{change.name}.by")
            atoms[by] = atoms.get(by, 0.0) + gone * change.share
    grown = max(1.0, stretch)
    return radius * grown + shift + _SPREAD, {number: amount * grown**3 for number, amount in atoms.items()}


def _longest(motion: Motion) -> float:
    """An upper bound of the factor by which lengths grow."""
    return 1.0 if motion.rigid else float(np.sqrt(np.sum(np.square(motion.matrix))))


def _length(motion: Motion) -> float:
    return float(np.sqrt(np.sum(np.square(motion.offset))))


def _made(
    node: SceneNode, settings: SceneSpecimen, infos: Mapping[str, StructureInfo]
) -> tuple[float, Counts]:
    if isinstance(node, File):
        info = infos.get(file_key(node, "file"))
        return (info.radius, _counts(info.composition)) if info else (0.0, {})
    if isinstance(node, Cluster):
        return _cluster(node)
    if isinstance(node, Molecules):
        found = molecule(node.molecule)
        each = node.number if node.on else 1
        numbers, amounts = np.unique(found.numbers, return_counts=True)
        counts = {int(n): float(a) * each for n, a in zip(numbers, amounts, strict=True)}
        own = float(np.sqrt(np.max(np.sum(np.square(found.positions), axis=1))))
        return own + (node.height if node.on else 0.0), counts
    if isinstance(node, Sheet):
        layer = SHEETS[node.material]
        area = settings.width * settings.height
        cells = area / (layer.volume / abs(float(layer.cell[2, 2])))
        deep = node.layers * abs(float(layer.cell[2, 2])) + 2.0 * node.ripple
        edge = 2.0 * (settings.width + settings.height)
        return deep, _shares(layer, (cells * _MORE + edge) * node.layers * len(layer.numbers))
    if isinstance(node, Amorphous):
        return _amorphous(node, settings)
    return _crystalline(node, settings, infos)


def _cluster(node: Cluster) -> tuple[float, Counts]:
    size = node.shells
    if node.motif in ("icosahedron", "cuboctahedron"):
        count, steps = icosahedron_count(size), size - 1
    elif node.motif == "octahedron":
        count, steps = octahedron_count(size, min(node.notch, (size - 1) // 2)), size - 1
    else:
        notch = node.notch + 1 if node.motif == "marks_decahedron" else 1
        count, steps = decahedron_count(size, node.facet, notch), 2 * (size + notch) + node.facet
    return node.bond * steps, {element(node.element, "element"): float(count)}


def _amorphous(node: Amorphous, settings: SceneSpecimen) -> tuple[float, Counts]:
    species = amorphous_material(node.material).species
    own = sum(density for _, density in species)
    scale = node.density / own if node.density else 1.0
    shape = node_shape(node, None, settings)
    assert shape is not None
    room = volume(shape) * (1.0 if node.film else _MORE)
    radius = node.thickness if node.film else _reach(shape)
    return radius, {number: density * scale * room + 1.0 for number, density in species}


def _crystalline(
    node: SceneNode, settings: SceneSpecimen, infos: Mapping[str, StructureInfo]
) -> tuple[float, Counts]:
    crystals = [
        (part, given) for part in ("crystal", "shell") if (given := getattr(node, part, None)) is not None
    ]
    known = {part: _crystal(node, part, given, settings) for part, given in crystals}
    crystal = known.get("crystal")
    try:
        shape = node_shape(node, crystal or _ANY, settings)
    except InputError:
        if crystal is not None:
            raise
        shape = shape_of(_ball(node))  # its planes are known with its file only
    assert shape is not None
    low, high = shape.bounds()
    size = np.subtract(high, low).tolist()
    area = 2.0 * (size[0] * size[1] + size[1] * size[2] + size[2] * size[0])
    room = volume(shape) * _MORE + area * _SHELL
    total: Counts = {}
    for part, _ in crystals:
        own = known[part]
        if own is not None:
            shares = _shares(own, own.density * room)
        else:
            info = infos.get(file_key(node, part))
            atoms = info.atoms if info else 1
            composition = info.composition if info else ((6, 1),)
            shares = {number: _DENSE * room * count / atoms for number, count in composition}
        for number, amount in shares.items():
            total[number] = max(total.get(number, 0.0), amount)
    return _reach(shape), total


#: Stands in for a crystal whose file has not been read: its planes lie as in a cubic crystal.
_ANY = Crystal("file", np.eye(3), np.array([6], dtype=np.int64), np.zeros((1, 3)))


def _ball(node: SceneNode) -> Any:
    from sim.specimen.scene.volumes import SphereVolume

    distances = [facet.distance for facet in getattr(getattr(node, "volume", None), "facets", ())]
    radius = getattr(getattr(node, "volume", None), "radius", 0.0)
    return SphereVolume(radius=min(1000.0, 2.0 * max([radius, *distances, 1.0])))


def _crystal(node: SceneNode, part: str, given: Any, settings: SceneSpecimen) -> Crystal | None:
    if isinstance(given, FileCrystal):
        return None
    return crystal_of(given, settings.material, _unread, f"specimen.nodes.{node.name}.{part}")


def _unread() -> Any:
    raise AssertionError("only file crystals read structures")


def _shares(crystal: Crystal, total: float) -> Counts:
    numbers, counts = np.unique(crystal.numbers, return_counts=True)
    return {int(n): total * int(c) / len(crystal.numbers) for n, c in zip(numbers, counts, strict=True)}


def _counts(composition: tuple[tuple[int, int], ...]) -> Counts:
    return {number: float(count) for number, count in composition}


def _reach(shape: Shape) -> float:
    """Largest distance of a corner of the bounding box from the origin, Å."""
    return float(np.sqrt(np.sum(np.square(np.max(np.abs(shape.bounds()), axis=0)))))


# --- lines ------------------------------------------------------------------------------------


def wireframes(settings: SceneSpecimen, built: Built) -> dict[int, tuple[Line, ...]]:
    """Lines that show the volume of every object that has a place, in the scene's frame.

    Parameters
    ----------
    settings
        The concrete scene.
    built
        What :func:`sim.specimen.scene.build.build_scene` made of it.

    Returns
    -------
    Polylines (M, 3), Å, by the number of the object.  An object without a volume of its own is shown
    by the hull of its atoms; groups and molecules have none.
    """
    found: dict[int, tuple[Line, ...]] = {}
    for number, node in enumerate(settings.all_nodes(), start=1):
        if isinstance(node, (Group, Molecules)) or not built.parts["placed"][number - 1]:
            continue
        shape = own_shape(node, settings)
        if shape is not None:
            moved = built.parts["motions"][number - 1]
            motion = Motion(np.ascontiguousarray(moved[:, :3]), np.ascontiguousarray(moved[:, 3]))
            found[number] = shape.moved(motion).wireframe()
            continue
        found[number] = _hull_lines(built.structure.positions[np.equal(built.parts["object"], number)])
    return found


def own_shape(node: SceneNode, settings: SceneSpecimen) -> Shape | None:
    """The volume of a node in its own frame, after its changes; None where its settings give none."""
    given = getattr(node, "crystal", None)
    crystal = None if given is None else _crystal(node, "crystal", given, settings)
    try:
        shape = node_shape(node, crystal, settings)
    except InputError:
        return None
    return None if shape is None else shape.moved(moves_of(node.changes, "changes").of_volume)


def _hull_lines(positions: FloatArray) -> tuple[Line, ...]:
    if len(positions) < 4:
        return ()
    if len(positions) > _MANY:
        shape = enclosing(positions)
        return () if shape is None else shape.wireframe()
    try:
        return Polyhedron.from_points(positions).wireframe()
    except InputError:
        return ()  # atoms in one plane
