"""What fills the nodes: the generator of each kind, in the node's own frame, before its changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, get_args

import numpy as np

from sim.core.errors import InputError, renamed
from sim.core.types import FloatArray
from sim.numerics.motion import Motion, heights_of, unit_vector
from sim.specimen.amorphous.materials import amorphous_material
from sim.specimen.amorphous.relax import relaxed
from sim.specimen.amorphous.rsa import random_addition
from sim.specimen.atoms import Atoms
from sim.specimen.crystal.fill import fill, fill_slices
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.defects.planar import Plane, check_hits, check_sides, extent, stack
from sim.specimen.defects.polycrystal import bicrystal, polycrystal, random_seeds
from sim.specimen.defects.sequences import draw, grid_of
from sim.specimen.particles.core_shell import core_shell, offset
from sim.specimen.particles.lattices import nearest_neighbour
from sim.specimen.particles.mackay import (
    cuboctahedron,
    icosahedron,
    ino_decahedron,
    marks_decahedron,
    octahedron,
)
from sim.specimen.particles.molecules import molecule
from sim.specimen.particles.multiply_twinned import five_fold, twenty_fold
from sim.specimen.particles.ripples import Ripple
from sim.specimen.particles.sheets import sheet
from sim.specimen.scene.naming import named
from sim.specimen.scene.nodes import (
    Amorphous,
    Bicrystal,
    Cluster,
    CoreShell,
    File,
    Molecules,
    MultiTwin,
    Particle,
    Polycrystal,
    Sheet,
)
from sim.specimen.scene.orienting import node_stream
from sim.specimen.scene.planes import DefectKind, DefectSettings
from sim.specimen.scene.resolving import file_key
from sim.specimen.scene.scenery import Scenery, node_crystal
from sim.specimen.scene.shaping import element
from sim.specimen.shapes.base import Shape

#: Words of planar defects in the order of their codes; boundaries count from 10.
DEFECT_CODES: Mapping[str, int] = {
    **{word: code for code, word in enumerate(get_args(get_args(DefectKind)[0]))},
    "tilt": 10,
    "twist": 11,
}
#: Of two atoms of different grains closer than this share of a bond, one goes.
_CROWDED = 0.7
#: How often random planes are drawn anew when one of them has no atoms on one side.
_REDRAWS = 20
#: To how much heights in messages are those that were asked for, Å.
_ROUNDED = 1e-3
NO_PLANES = np.empty((0, 7))


def _plane_rows(planes: tuple[Plane, ...], normal: FloatArray) -> FloatArray:
    rows = [
        [float(DEFECT_CODES[plane.kind]), *normal.tolist(), *np.multiply(plane.height, normal).tolist()]
        for plane in planes
    ]
    return np.array(rows).reshape(-1, 7)


def random_defects(defects: DefectSettings) -> dict[str, int]:
    return {
        "twin": defects.twins,
        "intrinsic": defects.intrinsic,
        "extrinsic": defects.extrinsic,
        "I1": defects.I1,
        "I2": defects.I2,
        "E": defects.E,
    }


def _particle(node: Particle, shape: Shape, crystal: Crystal, scenery: Scenery) -> tuple[Atoms, FloatArray]:
    origin = (node.origin_a, node.origin_b, node.origin_c)
    defects = node.defects
    counts = {kind: count for kind, count in random_defects(defects).items() if count}
    if not counts and not defects.planes:
        return fill(crystal, shape, origin=origin, cancel=scenery.cancel), NO_PLANES
    with named(f"specimen.nodes.{node.name}.defects"), _defects_named(defects):
        shift = crystal.direction(origin)
        lattice = Motion.translation(shift)
        hkl = (defects.h, defects.k, defects.l)
        if not any(hkl):
            raise InputError("h", "(0 0 0) is no plane", remedy="give at least one index")
        normal = unit_vector(crystal.normal(hkl))
        given = tuple(Plane(plane.defect, plane.height) for plane in defects.planes)
        check_hits(shape, normal, given)
        stream = node_stream(scenery.seed, node, "defects")
        grid = grid_of(crystal, lattice, hkl, tuple(counts)) if counts else None
        limits = extent(shape, normal)
        for attempt in range(_REDRAWS):
            own = stream.child(attempt) if attempt else stream
            drawn = draw(counts, limits, defects.minimum_separation, own, grid)
            stacked = stack(crystal, lattice, hkl, (*given, *drawn))
            atoms = fill_slices(crystal, shape, stacked.slices, cancel=scenery.cancel)
            try:
                check_sides(stacked, atoms.positions, atoms.side)
                break
            except InputError:
                # At a rounded tip the volume goes on beyond the last atoms: drawn anew, between these.
                if not counts or not len(atoms) or attempt == _REDRAWS - 1:
                    raise
                heights = heights_of(stacked.normal, atoms.positions)
                limits = float(np.min(heights)), float(np.max(heights))
    return atoms, _plane_rows(stacked.planes, stacked.normal)


@contextmanager
def _defects_named(defects: DefectSettings) -> Iterator[None]:
    """What planes of one kind or at one height have against them belongs to whoever asked for these."""
    try:
        yield
    except InputError as error:
        name = {"plane": "h", "height": "planes"}.get(error.parameter, error.parameter)
        if name == "kind":
            name = "twins" if error.value == "twin" else str(error.value)
        for plane in reversed(defects.planes):
            if error.parameter == "kind" and plane.defect == error.value:
                name = f"planes.{plane.name}.defect"
            if error.parameter == "height" and abs(plane.height - float(error.value or 0.0)) < _ROUNDED:
                name = f"planes.{plane.name}.height"
        raise renamed(error, name) from error


def _cluster(node: Cluster, shape: None, crystal: None, scenery: Scenery) -> tuple[Atoms, FloatArray]:
    number = element(node.element, f"specimen.nodes.{node.name}.element")
    if node.motif == "icosahedron":
        return icosahedron(number, node.shells, node.bond), NO_PLANES
    if node.motif == "cuboctahedron":
        return cuboctahedron(number, node.shells, node.bond), NO_PLANES
    if node.motif == "octahedron":
        return octahedron(number, node.shells, node.bond, node.notch), NO_PLANES
    if node.motif == "ino_decahedron":
        return ino_decahedron(number, node.shells, node.facet, node.bond), NO_PLANES
    return marks_decahedron(number, node.shells, node.facet, node.notch + 1, node.bond), NO_PLANES


def _multi_twin(
    node: MultiTwin, shape: Shape, crystal: Crystal, scenery: Scenery
) -> tuple[Atoms, FloatArray]:
    fold = five_fold if node.fold == "five" else twenty_fold
    return fold(crystal, shape, candidates=scenery.search, cancel=scenery.cancel), NO_PLANES


def _core_shell(
    node: CoreShell, shape: Shape, crystal: Crystal, scenery: Scenery
) -> tuple[Atoms, FloatArray]:
    shell = node_crystal(node, scenery, "shell")
    assert shell is not None
    shift = Motion.translation((node.shift_x, node.shift_y, node.shift_z))
    # The shell is grown on the core, wherever in the particle that lies.
    turned = shift
    if node.shell_turn:
        turned = shift.after(Motion.about_axis(crystal.direction((0.0, 0.0, 1.0)), node.shell_turn))
    atoms = core_shell(
        crystal,
        shell,
        inner=shape.moved(shift),
        outer=offset(shape, node.thickness),
        core_motion=shift,
        shell_motion=turned,
        candidates=scenery.search,
        cancel=scenery.cancel,
    )
    return atoms, NO_PLANES


def _bicrystal(node: Bicrystal, shape: Shape, crystal: Crystal, scenery: Scenery) -> tuple[Atoms, FloatArray]:
    hkl, uvw = (node.h, node.k, node.l), (node.u, node.v, node.w)
    if not any(hkl):
        raise InputError("h", "(0 0 0) is no plane", remedy="give at least one index")
    normal = unit_vector(crystal.normal(hkl))
    axis = normal
    if node.boundary == "tilt":
        if not any(uvw):
            raise InputError("u", "[0 0 0] is no direction", remedy="give at least one index")
        if abs(node.h * node.u + node.k * node.v + node.l * node.w) > 1e-9:
            raise InputError(
                "u",
                "the tilt axis does not lie in the plane of the boundary",
                value=list(uvw),
                remedy="choose [uvw] with hu + kv + lw = 0",
            )
        axis = crystal.direction(uvw)
    point = np.multiply(node.height, normal)
    half = Motion.translation(np.multiply(0.5 * node.gap, normal))
    lower = half.inverse.after(Motion.about_axis(axis, -0.5 * node.angle).about(point))
    upper = half.after(Motion.about_axis(axis, 0.5 * node.angle).about(point))
    atoms = bicrystal(
        (crystal, crystal),
        (lower, upper),
        shape,
        tuple(normal.tolist()),
        node.height,
        node_stream(scenery.seed, node, "boundary"),
        minimum_distance=_CROWDED * nearest_neighbour(crystal),
        candidates=scenery.search,
        cancel=scenery.cancel,
    )
    code = float(DEFECT_CODES[node.boundary])
    return atoms, np.array([[code, *normal.tolist(), *point.tolist()]])


def _polycrystal(
    node: Polycrystal, shape: Shape, crystal: Crystal, scenery: Scenery
) -> tuple[Atoms, FloatArray]:
    stream = node_stream(scenery.seed, node, "grains")
    bond = nearest_neighbour(crystal)
    with named(f"specimen.nodes.{node.name}", {"count": "grains"}):
        seeds = random_seeds(
            shape, node.grains, stream.child("seeds"), minimum_distance=bond, cancel=scenery.cancel
        )
    atoms = polycrystal(
        crystal,
        shape,
        seeds,
        stream,
        minimum_distance=_CROWDED * bond,
        candidates=scenery.search,
        cancel=scenery.cancel,
    )
    return atoms, NO_PLANES


def _amorphous(node: Amorphous, shape: Shape, crystal: None, scenery: Scenery) -> tuple[Atoms, FloatArray]:
    material = amorphous_material(node.material)
    own = sum(density for _, density in material.species)
    scale = node.density / own if node.density else 1.0
    densities = [(number, density * scale) for number, density in material.species]
    distance: Any = node.minimum_distance or np.array(material.minimum_distance)
    corners = shape.bounds()
    box = np.subtract(corners[1], corners[0]).tolist()
    periodic = (node.film, node.film, False)
    stream = node_stream(scenery.seed, node, "amorphous")
    with _density_named(node):
        atoms = random_addition(box, densities, distance, stream, periodic=periodic, cancel=scenery.cancel)
        if node.relaxation:
            atoms = relaxed(
                atoms,
                box,
                node.relaxation,
                periodic=periodic,
                candidates=scenery.search,
                cancel=scenery.cancel,
            )
    atoms = atoms.moved(Motion.translation(corners[0]))
    return atoms if node.film else atoms.kept(shape.contains(atoms.positions)), NO_PLANES


@contextmanager
def _density_named(node: Amorphous) -> Iterator[None]:
    """What random addition calls densities is the node's density, whose name the user knows."""
    try:
        yield
    except InputError as error:
        names = {"densities": "density", "box": "thickness" if node.film else "volume", "steps": "relaxation"}
        if node.density and error.parameter == "densities":
            error.value = node.density
        raise renamed(error, names.get(error.parameter, error.parameter)) from error


def _sheet(node: Sheet, shape: Shape, crystal: Crystal, scenery: Scenery) -> tuple[Atoms, FloatArray]:
    ripple = Ripple(node.ripple, node.ripple_wavelength) if node.ripple else None
    try:
        atoms = sheet(
            crystal,
            scenery.settings.width,
            scenery.settings.height,
            layers=node.layers,
            stacking=node.stacking,
            twist=node.twist,
            in_plane=node.in_plane,
            ripple=ripple,
            periodic=node.closed,
            cancel=scenery.cancel,
        ).atoms
    except InputError as error:
        raise renamed(error, "closed" if error.parameter == "periodic" else error.parameter) from error
    top = float(np.max(atoms.positions[:, 2]))
    return atoms.moved(Motion.translation((0.0, 0.0, -top))), NO_PLANES


def _molecule(node: Molecules, shape: None, crystal: None, scenery: Scenery) -> tuple[Atoms, FloatArray]:
    return molecule(node.molecule).atoms(), NO_PLANES


def _file(node: File, shape: None, crystal: None, scenery: Scenery) -> tuple[Atoms, FloatArray]:
    from sim.specimen.pose import centroid

    structure = scenery.structure(file_key(node, "file"), f"specimen.nodes.{node.name}.path")
    middle = centroid(structure.positions)
    return Atoms.of(structure.numbers, np.subtract(structure.positions, middle)), NO_PLANES


MAKERS: Mapping[type, Callable[..., tuple[Atoms, FloatArray]]] = {
    Particle: _particle,
    Cluster: _cluster,
    MultiTwin: _multi_twin,
    CoreShell: _core_shell,
    Bicrystal: _bicrystal,
    Polycrystal: _polycrystal,
    Amorphous: _amorphous,
    Sheet: _sheet,
    Molecules: _molecule,
    File: _file,
}
