"""The atoms of each kind of node in its own frame, before it is turned and placed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.canonical import sha256_of
from sim.core.errors import InputError
from sim.core.types import FloatArray
from sim.numerics.motion import Motion, inverse_matrix, unit_vector
from sim.specimen.amorphous.materials import amorphous_material
from sim.specimen.atoms import Atoms
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.crystal.table import SHEETS
from sim.specimen.particles.core_shell import offset
from sim.specimen.particles.molecules import molecule
from sim.specimen.scene.altering import Moves, altered, check_changes, draws, moves_of
from sim.specimen.scene.enclosing import enclosing
from sim.specimen.scene.generators import MAKERS, random_defects
from sim.specimen.scene.naming import named
from sim.specimen.scene.nodes import (
    Amorphous,
    Bicrystal,
    Cluster,
    CoreShell,
    File,
    Molecules,
    Particle,
    Polycrystal,
    SceneNode,
    Sheet,
    Void,
)
from sim.specimen.scene.orienting import base_name, node_stream
from sim.specimen.scene.resolving import file_key
from sim.specimen.scene.scenery import Arrays, Scenery, node_crystal
from sim.specimen.scene.settings import SceneSpecimen, takes_material
from sim.specimen.scene.shaping import bounded, element, shape_of
from sim.specimen.scene.usable import check_usable, fills
from sim.specimen.shapes.base import Shape
from sim.specimen.shapes.plain import Box

#: Settings that do not change a node's atoms in its own frame.
_ELSEWHERE = (
    "name",
    "enabled",
    "only_in",
    "count",
    "instance",
    "priority",
    "role",
    "placement",
    "orientation",
)


@dataclass(frozen=True, eq=False)
class Prepared:
    """What is known of a node before its atoms are made; cheap, so that mistakes are found first.

    Attributes
    ----------
    own_crystal
        As its settings give it; the lattice that the volume's indices refer to.
    crystal
        The same after the node's changes: what its orientation refers to.
    shape
        Its volume after the changes, in its own frame; None where it has none or it follows from the atoms.
    moves
        What its changes do to lattice and volume.
    """

    node: SceneNode
    own_crystal: Crystal | None
    crystal: Crystal | None
    shape: Shape | None
    moves: Moves


@dataclass(frozen=True, eq=False)
class Made:
    """A node's atoms and defect planes in its own frame.

    Attributes
    ----------
    planes
        (P, 7): kind, normal (3), point (3).
    key
        Of everything they depend on.
    """

    atoms: Atoms
    planes: FloatArray
    key: str


def prepared(node: SceneNode, scenery: Scenery) -> Prepared:
    """Crystal, volume and changes of a node, or the sentence that says what is wrong with them."""
    where = f"specimen.nodes.{node.name}"
    check_usable(node)
    check_changes(node.changes, f"{where}.changes")
    moves = moves_of(node.changes, f"{where}.changes")
    own = node_crystal(node, scenery, "crystal")
    crystal = own
    lattice = moves.of_crystal.after(_built_in_turn(node))
    if own is not None and not is_still(lattice):
        crystal = Crystal(own.name, lattice.turn(own.cell), own.numbers, own.fractional)
    shape = node_shape(node, own, scenery.settings)
    if isinstance(node, Cluster):
        element(node.element, f"{where}.element")
    if isinstance(node, CoreShell):
        node_crystal(node, scenery, "shell")
    if isinstance(node, Amorphous):
        with named(where):
            amorphous_material(node.material)
    if isinstance(node, Molecules):
        with named(where):
            molecule(node.molecule)
    return Prepared(node, own, crystal, None if shape is None else shifted(shape, moves.of_volume), moves)


def _built_in_turn(node: SceneNode) -> Motion:
    """How the crystal lies in a node that is built turned: of a sheet, its uppermost layer."""
    if not isinstance(node, Sheet):
        return Motion.identity()
    angle = node.in_plane + node.twist * (node.layers - 1)
    return Motion.about_axis((0.0, 0.0, 1.0), angle) if angle else Motion.identity()


def node_shape(node: SceneNode, crystal: Crystal | None, settings: SceneSpecimen) -> Shape | None:
    """The volume of a node in its own frame, before its changes; None where it has none of its own."""
    where = f"specimen.nodes.{node.name}"
    if isinstance(node, Amorphous) and node.film:
        return Box((settings.width, settings.height, node.thickness), (0.0, 0.0, -0.5 * node.thickness))
    if isinstance(node, Sheet):
        deep = node.layers * abs(float(SHEETS[node.material].cell[2, 2])) + 2.0 * node.ripple
        return Box((settings.width, settings.height, deep), (0.0, 0.0, -0.5 * deep))
    volume = getattr(node, "volume", None)
    if volume is None:
        return None
    shape = shape_of(volume, crystal, f"{where}.volume")
    if isinstance(node, CoreShell):
        with named(where):
            return offset(shape, node.thickness)
    return shape if isinstance(node, Void) else bounded(shape, f"{where}.volume")


def hull_of(node: SceneNode, atoms: Atoms) -> Shape | None:
    """The volume that atoms without one take for themselves: clusters, and files that are particles."""
    solid = isinstance(node, Cluster) or (isinstance(node, File) and node.role == "particle")
    return enclosing(atoms.positions) if solid else None


def made(known: Prepared, scenery: Scenery) -> Made:
    """The atoms of a node in its own frame, after its changes; from memory where they have been made."""
    node = known.node
    key = _key(known, scenery)

    def compute() -> Arrays:
        atoms, planes = _atoms(known, scenery)
        return {
            "numbers": atoms.numbers,
            "positions": atoms.positions,
            "grain": atoms.grain,
            "side": atoms.side,
            "planes": planes,
        }

    alike: Made | None = scenery.alike.get(key)
    if alike is not None:
        return alike
    with named(f"specimen.nodes.{node.name}"):
        found = scenery.remember(key, compute)
    atoms = Atoms(found["numbers"], found["positions"], found["grain"], found["side"])
    if not len(atoms):
        raise InputError(
            f"specimen.nodes.{node.name}", "holds no atom", remedy="make its volume larger or remove it"
        )
    result = Made(atoms, found["planes"], key)
    scenery.alike[key] = result
    return result


def is_still(motion: Motion) -> bool:
    """Whether a motion leaves everything where it is."""
    return not np.any(motion.offset) and bool(np.array_equal(motion.matrix, np.eye(3)))


def shifted(shape: Shape, motion: Motion) -> Shape:
    """A shape after a motion; the very same where nothing moves."""
    return shape if is_still(motion) else shape.moved(motion)


def _key(known: Prepared, scenery: Scenery) -> str:
    """Everything that the atoms of a node depend on."""
    node, settings = known.node, scenery.settings
    own = {name: value for name, value in node.canonical.items() if name not in _ELSEWHERE}
    keys = [file_key(node, part) for part in ("file", "crystal", "shell")]
    return sha256_of(
        {
            "node": own,
            "material": settings.material if takes_material(node) else "",
            "box": [settings.width, settings.height] if fills(node) else [],
            "seed": [scenery.seed, base_name(node.name), node.instance] if _is_random(node) else [],
            "files": [scenery.structures[key].sha256 for key in keys if key in scenery.structures],
        }
    )


def _is_random(node: SceneNode) -> bool:
    drawn = isinstance(node, (Amorphous, Polycrystal, Bicrystal)) or draws(node.changes)
    return drawn or (isinstance(node, Particle) and any(random_defects(node.defects).values()))


def _atoms(known: Prepared, scenery: Scenery) -> tuple[Atoms, FloatArray]:
    node, moves = known.node, known.moves
    scenery.cancel()
    shape = known.shape
    if isinstance(node, CoreShell):  # its own volume is the core's
        shape = shifted(shape_of(node.volume, known.own_crystal), moves.of_volume)
    if shape is not None and not (is_still(moves.of_crystal) and is_still(moves.of_volume)):
        # The lattice moves inside the volume; generators have it at rest, so the volume moves the other way.
        shape = shape.moved(moves.lattice.inverse.after(moves.after_volume.inverse))
    atoms, planes = MAKERS[type(node)](node, shape, known.own_crystal, scenery)
    if not is_still(moves.lattice):
        atoms = atoms.moved(moves.lattice)
    # What has no volume of its own takes up what its atoms enclose, whatever they are for the labels.
    before = enclosing(atoms.positions) if known.shape is None and moves.later else known.shape
    if before is not None and known.shape is not None:
        before = shifted(before, moves.after_volume.inverse)
    atoms = altered(
        atoms,
        moves.later,
        before,
        lambda name: node_stream(scenery.seed, node, "change").child(name),
        f"specimen.nodes.{node.name}.changes",
        scenery.search,
        scenery.cancel,
    )
    return atoms, moved_planes(planes, moves.of_crystal)


def moved_planes(planes: FloatArray, motion: Motion) -> FloatArray:
    """Defect planes (P, 7) after a motion: normals by the inverse transpose, points as they are."""
    if not len(planes):
        return planes
    back = np.ascontiguousarray(inverse_matrix(motion.matrix).T)
    normals = Motion.linear(back).turn(planes[:, 1:4])
    units = np.stack([unit_vector(normal) for normal in normals])
    return np.concatenate([planes[:, :1], units, motion.apply(planes[:, 4:7])], axis=1)
