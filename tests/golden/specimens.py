"""Stages of the golden table: everything that specimens are built of, in small sizes.

Tier A: numpy and the standard library.  Neighbours are searched with the cell lists that are the reference
of every faster search.
"""

from __future__ import annotations

import numpy as np
from stages import Arrays, spread, stage

from sim.core.types import ImageGrid
from sim.imaging.projection import project
from sim.labels import maps, objects, thickness, traces
from sim.numerics.motion import Motion
from sim.numerics.streams import Stream
from sim.specimen.amorphous.materials import AMORPHOUS
from sim.specimen.amorphous.relax import relaxed
from sim.specimen.amorphous.rsa import random_addition
from sim.specimen.atoms import Atoms
from sim.specimen.crystal.fill import fill, fill_slices
from sim.specimen.crystal.orient import align_planes, plane_motion, zone_axis_motion
from sim.specimen.crystal.properties import SURFACE_ENERGIES
from sim.specimen.crystal.table import BUILTIN, SHEETS, builtin
from sim.specimen.defects.planar import Plane, extent, stack
from sim.specimen.defects.polycrystal import bicrystal, polycrystal, random_seeds
from sim.specimen.defects.sequences import draw, grid_of
from sim.specimen.particles.adsorb import adsorbed
from sim.specimen.particles.chemistry import displace, substitute, vacancies
from sim.specimen.particles.core_shell import core_shell
from sim.specimen.particles.mackay import (
    cuboctahedron,
    icosahedron,
    ino_decahedron,
    marks_decahedron,
    octahedron,
)
from sim.specimen.particles.molecules import MOLECULES
from sim.specimen.particles.multiply_twinned import five_fold, twenty_fold
from sim.specimen.particles.ripples import Ripple
from sim.specimen.particles.sheets import sheet
from sim.specimen.particles.strain import bending, deformed, gradient, homogeneous, surface_relaxation
from sim.specimen.particles.surface import surface
from sim.specimen.particles.wulff import winterbottom, wulff
from sim.specimen.scene.clearing import Occupant, cleared
from sim.specimen.scene.crossing import pairs_between
from sim.specimen.scene.placing import Disc, scatter, seat_height
from sim.specimen.shapes.base import Shape
from sim.specimen.shapes.combined import Difference, Intersection, Union
from sim.specimen.shapes.grains import five_fold_grain, icosahedral_grain
from sim.specimen.shapes.plain import Box, Capsule, Cone, Cylinder, Ellipsoid, HalfSpace, Sphere
from sim.specimen.shapes.polyhedron import Polyhedron
from sim.specimen.shapes.volume import volume
from sim.specimen.statistics.coordination import pairs_and_distances
from sim.specimen.statistics.pair_distribution import slab_distribution

#: An oblique turn, and the same with strain and shift: nothing lies along an axis by chance.
TURN = Motion.about_axis((1.0, -2.0, 0.5), 33.0)
MOTION = Motion.translation((1.25, -0.5, 2.0)).after(TURN)


def points(count: int = 4000) -> np.ndarray:
    """Fixed points in a cube of 40 Å."""
    return spread("points", -20.0, 20.0, 3 * count).reshape(count, 3)


def parts(prefix: str, atoms: Atoms) -> dict[str, np.ndarray]:
    """Everything of some atoms."""
    return {
        f"{prefix} positions": atoms.positions,
        f"{prefix} kinds": np.stack([atoms.numbers, atoms.grain, atoms.side], axis=1),
    }


# --- crystals ------------------------------------------------------------------------------------


@stage("crystal.table")
def _table() -> Arrays:
    every = [*BUILTIN.values(), *SHEETS.values()]
    return {
        "cells": np.stack([crystal.cell for crystal in every]),
        "numbers": np.concatenate([crystal.numbers for crystal in every]),
        "fractional": np.concatenate([crystal.fractional for crystal in every]),
    }


@stage("crystal.fill")
def _fill() -> Arrays:
    found: dict[str, np.ndarray] = {}
    for name in ("CdSe", "Fe3O4", "Fe"):
        found |= parts(name, fill(builtin(name), Sphere(11.0), motion=MOTION))
    shape = Ellipsoid((9.0, 7.0, 12.0)).moved(MOTION)
    return found | parts("origin", fill(builtin("Si", 1.01), shape, origin=(0.1, 0.2, 0.3), grain=3, side=1))


@stage("crystal.orient")
def _orient() -> Arrays:
    cdse, gold, layer = builtin("CdSe"), builtin("Au"), SHEETS["MoS2"]
    motions = {
        "zone": zone_axis_motion(cdse, (1, 1, 3), 17.0),
        "plane": plane_motion(gold, (1, 1, 1), direction=(1, -1, 0), downwards=True),
        "aligned": align_planes(gold, (1, 1, 1), (1, -1, 0), layer, (0, 0, 1), (1, 0, 0)),
    }
    return {name: np.concatenate([m.matrix, m.offset[:, None]], 1) for name, m in motions.items()}


# --- volumes -------------------------------------------------------------------------------------


def shapes() -> dict[str, Shape]:
    """One of every kind."""
    cube = Polyhedron.from_miller(builtin("Au"), [((1, 0, 0), 11.0), ((1, 1, 1), 10.0)])
    return {
        "sphere": Sphere(11.0, (1.0, 2.0, -3.0)),
        "ellipsoid": Ellipsoid((7.0, 12.0, 9.0)),
        "box": Box((14.0, 18.0, 9.0)),
        "cylinder": Cylinder(8.0, 21.0),
        "cone": Cone(12.0, 3.0, 17.0),
        "capsule": Capsule(6.0, 13.0),
        "half-space": HalfSpace((1.0, 2.0, 3.0), 2.5),
        "facets": cube,
        "hull": Polyhedron.from_points(np.multiply(points(30), 0.6)),
        "union": Union([Sphere(8.0), Box((5.0, 30.0, 5.0))]),
        "intersection": Intersection([cube, Cylinder(9.0, 30.0)]),
        "difference": Difference(Box((20.0, 20.0, 20.0)), Sphere(9.0)),
    }


@stage("shapes.membership")
def _membership() -> Arrays:
    found: dict[str, np.ndarray] = {}
    for name, shape in shapes().items():
        for way, placed in (("", shape), (" turned", shape.moved(MOTION))):
            found[f"{name}{way} inside"] = placed.contains(points())
            found[f"{name}{way} distance"] = placed.distance(points(1000))
            found[f"{name}{way} bounds"] = placed.bounds()
    return found


@stage("shapes.outlines")
def _outlines() -> Arrays:
    found = {}
    for name, shape in shapes().items():
        if name != "half-space":
            found[f"{name} lines"] = np.concatenate(shape.moved(MOTION).wireframe())
            if name not in {"union", "intersection", "difference"}:
                found[f"{name} volume"] = np.array([volume(shape)])
    return found


@stage("shapes.grains")
def _grains() -> Arrays:
    return {"five": five_fold_grain(points(), 14.0), "twenty": icosahedral_grain(points(), 14.0)}


# --- amorphous -----------------------------------------------------------------------------------


@stage("amorphous.addition")
def _addition() -> Arrays:
    silica = AMORPHOUS["silica"]
    box = (17.0, 14.0, 12.0)
    found = parts("carbon", random_addition(box, [(6, 0.1103075)], 1.4, Stream(31, "golden")))
    distance = np.array(silica.minimum_distance)
    made = random_addition(box, silica.species, distance, Stream(32, "golden"), periodic=(False,) * 3)
    return found | parts("silica", made)


@stage("amorphous.relaxation")
def _relaxation() -> Arrays:
    box = (12.0, 11.0, 10.0)
    made = random_addition(box, [(6, 0.1)], 1.4, Stream(33, "golden"))
    return parts("carbon", relaxed(made, box, 4))


# --- defects -------------------------------------------------------------------------------------


@stage("defects.planar")
def _planar() -> Arrays:
    found: dict[str, np.ndarray] = {}
    cases = {
        "twin": ("Au", (1, -1, 1)),
        "intrinsic": ("Au", (1, 1, 1)),
        "extrinsic": ("Cu", (1, 1, 1)),
        "I1": ("CdSe", (0, 0, 1)),
        "I2": ("CdSe", (0, 0, 1)),
        "E": ("ZnS", (0, 0, 1)),
    }
    for kind, (name, hkl) in cases.items():
        stacked = stack(builtin(name), Motion.identity(), hkl, [Plane(kind, -3.1), Plane(kind, 4.7)])
        found |= parts(kind, fill_slices(builtin(name), Sphere(11.0), stacked.slices))
        found[f"{kind} heights"] = np.array([plane.height for plane in stacked.planes])
    return found


@stage("defects.sequences")
def _sequences() -> Arrays:
    cdse, found = builtin("CdSe"), {}
    normal = (0.0, 0.0, 1.0)
    grid = grid_of(cdse, Motion.identity(), normal, ("I1", "E"))
    for number in range(5):
        limits = extent(Sphere(20.0 + number), normal)
        planes = draw({"I1": 2, "E": 1}, limits, 5.0, Stream(34, "golden", number), grid)
        found[str(number)] = np.array([plane.height for plane in planes])
    return found


@stage("defects.grains")
def _polycrystal() -> Arrays:
    gold, ball = builtin("Au"), Sphere(12.0)
    stream = Stream(35, "golden")
    seeds = random_seeds(ball, 4, stream.child("seeds"), minimum_distance=5.0)
    several = polycrystal(gold, ball, seeds, stream, minimum_distance=2.0)
    upper = Motion.about_axis((0.0, 0.0, 1.0), 20.0)
    two = bicrystal((gold, gold), (Motion.identity(), upper), ball, (0.0, 0.0, 1.0), 1.3, stream)
    return {"seeds": seeds, **parts("several", several), **parts("two", two)}


# --- particles -----------------------------------------------------------------------------------


@stage("particles.facets")
def _facets() -> Arrays:
    gold = builtin("Au")
    energies = SURFACE_ENERGIES["Au"]
    free = wulff(gold, energies, radius=13.0)
    resting = winterbottom(gold, energies, (1, 1, 1), interface_energy=-0.5, radius=13.0)
    found = {
        "wulff normals": free.normals,
        "wulff heights": free.heights,
        "winterbottom normals": resting.shape.normals,
        "winterbottom heights": resting.shape.heights,
        "interface": np.array([resting.height, *resting.normal.tolist()]),
    }
    return found | parts("atoms", fill(gold, resting.shape))


@stage("particles.clusters")
def _clusters() -> Arrays:
    return {
        **parts("icosahedron", icosahedron(79, 4, 2.884)),
        **parts("cuboctahedron", cuboctahedron(79, 4, 2.884)),
        **parts("octahedron", octahedron(47, 6, 2.889, 1)),
        **parts("ino decahedron", ino_decahedron(79, 3, 2, 2.884)),
        **parts("marks decahedron", marks_decahedron(79, 3, 2, 2, 2.884)),
    }


@stage("particles.multiply_twinned")
def _multiply_twinned() -> Arrays:
    gold = builtin("Au")
    return {
        **parts("five", five_fold(gold, Sphere(11.0))),
        **parts("open", five_fold(gold, Sphere(9.0), closed=False)),
        **parts("twenty", twenty_fold(gold, Sphere(11.0))),
    }


@stage("particles.core_shell")
def _core_shell() -> Arrays:
    made = core_shell(builtin("Au"), builtin("Ag"), inner=Sphere(8.0), outer=Sphere(12.0), shell_motion=TURN)
    thick = core_shell(builtin("CdSe"), builtin("ZnS"), inner=Box((9.0, 11.0, 13.0)), thickness=3.0)
    return {**parts("turned", made), **parts("thick", thick)}


def ball() -> Atoms:
    """A small gold sphere."""
    return fill(builtin("Au"), Sphere(11.0))


@stage("particles.changes")
def _changes() -> Arrays:
    made = ball()
    alloy = substitute(made, 79, 47, Stream(36, "golden"), fraction=0.3, where="surface")
    shape = Sphere(11.0)
    return {
        "alloy": alloy.numbers,
        "vacancies": vacancies(made, Stream(37, "golden"), count=40, where="inside").positions,
        "displaced": displace(alloy, Stream(38, "golden"), {79: 0.593}).positions,
        "strained": made.moved(homogeneous(xx=0.02, xy=-0.01)).positions,
        "gradient": deformed(made, gradient("x", "z", 0.01, 0.001)).positions,
        "relaxed": deformed(made, surface_relaxation(shape, -0.02, 3.0)).positions,
        "bent": deformed(made, bending(200.0)).positions,
        "reflected": made.moved(Motion.reflection((1.0, 2.0, 0.5), 1.0)).positions,
    }


@stage("particles.adsorption")
def _adsorption() -> Arrays:
    made = ball()
    found = surface(made.positions)
    some = adsorbed(found, MOLECULES["CO"], Stream(39, "golden"), number=12, gap=3.0)
    return {"sites": found.atoms, "normals": found.normals, **parts("CO", some)}


@stage("particles.sheets")
def _sheets() -> Arrays:
    flat = sheet(SHEETS["MoS2"], 21.0, 17.0, layers=2, stacking="2H", in_plane=7.0)
    wavy = sheet(SHEETS["graphene"], 25.0, 20.0, layers=2, twist=21.8, ripple=Ripple(0.8, 11.0, 30.0))
    closed = sheet(SHEETS["graphene"], 25.0, 21.0, periodic=True)
    return {**parts("flat", flat.atoms), **parts("wavy", wavy.atoms), **parts("closed", closed.atoms)}


# --- scene ---------------------------------------------------------------------------------------


def film() -> Atoms:
    """A small carbon film under z = 0."""
    made = random_addition((32.0, 30.0, 8.0), [(6, 0.1103075)], 1.4, Stream(40, "golden"))
    return made.moved(Motion.translation((-16.0, -15.0, -8.0)))


@stage("scene.placing")
def _placing() -> Arrays:
    discs = [Disc(6.0 + number, 4.0, 1.0, Stream(41, "golden", number)) for number in range(6)]
    found = scatter(discs, 70.0, 60.0)
    lift = seat_height(ball().positions, film().positions, 2.0)
    return {
        "places": np.array([place or (np.inf, np.inf) for place in found]),
        "lift": np.array([np.inf if lift is None else lift]),
    }


@stage("scene.clearing")
def _clearing() -> Arrays:
    below, above = film().positions, ball().positions
    kept = cleared(
        [
            Occupant(below, None, 0),
            Occupant(above, Sphere(11.0), 1, 2.0),
            Occupant(np.add(above, np.array([5.0, 8.0, -6.0])), Sphere(11.0, (5.0, 8.0, -6.0)), 1),
        ],
        2.0,
    )
    one, two, squared = zip(*pairs_between(below, above, 2.5), strict=True)
    return {
        **{f"kept {number}": each for number, each in enumerate(kept)},
        "pairs": np.sort(np.add(np.multiply(np.concatenate(one), len(above)), np.concatenate(two))),
        "distances": np.sort(np.concatenate(squared)),
    }


@stage("scene.statistics")
def _statistics() -> Arrays:
    made = film()
    box = (32.0, 30.0, 8.0)
    corner = np.add(made.positions, np.array([16.0, 15.0, 8.0]))
    found = slab_distribution(corner, box, 4.0, 40)
    one, two, distances = pairs_and_distances(corner, 2.0, box=box, periodic=(True, True, False))
    return {"g": found.g, "pairs": found.pairs, "one": one, "two": two, "distances": distances}


# --- labels --------------------------------------------------------------------------------------


@stage("labels.scene")
def _labels() -> Arrays:
    """Maps and tables of two particles, one twinned and one of several grains, above a film."""
    gold, round_one, grid = builtin("Au"), Sphere(9.0), ImageGrid(60, 70, 0.5)
    stacked = stack(gold, Motion.identity(), (1, -1, 1), [Plane("twin", 1.0), Plane("intrinsic", -4.0)])
    twinned = fill_slices(gold, round_one, stacked.slices).moved(Motion.translation((-5.0, 2.0, 10.0)))
    stream = Stream(42, "golden")
    seeds = random_seeds(round_one, 3, stream, minimum_distance=5.0)
    grained = polycrystal(gold, round_one, seeds, stream, minimum_distance=2.0)
    several = [twinned, grained.moved(Motion.translation((6.0, -3.0, 14.0))), film()]
    whole = Atoms.joined(several)
    owner = np.repeat(np.arange(1, 4), [len(atoms) for atoms in several])
    x, y, z = (np.ascontiguousarray(whole.positions[:, axis]) for axis in range(3))
    radius = np.where(np.equal(owner, 3), 0.7, 1.44)
    sample_x, sample_y = np.meshgrid(grid.x_of(np.arange(70.0)), grid.y_of(np.arange(60.0)))
    bent = np.add(sample_x, np.multiply(0.02, np.multiply(sample_y, sample_y)))
    seen = maps.topmost_atom(x, y, z, radius, grid)
    points = np.array([np.multiply(plane.height, stacked.normal) for plane in stacked.planes])
    planes = np.zeros((len(points), 8))
    planes[:, 0], planes[:, 1] = 1.0, np.arange(len(points))
    planes[:, 2:5] = stacked.normal
    planes[:, 5:8] = np.add(points, np.array([-5.0, 2.0, 10.0]))
    bonds = np.array([2.884, 2.884, 1.4])
    beside = traces.beside_planes(whole.positions, owner, whole.side, planes, bonds)

    def blurred(positions: np.ndarray, volumes: np.ndarray) -> np.ndarray:
        return project(positions, volumes, grid, 1.0, integrate=False, normalisation="area")

    volumes = np.where(np.equal(owner, 3), 9.07, thickness.close_packed_volume(2.884))
    rows, columns = grid.rows_of(planes[:, 6]), grid.columns_of(planes[:, 5])
    table = objects.plane_table(planes, rows, columns, grid)
    return {
        "topmost": seen,
        "distorted": maps.topmost_atom(x, y, z, radius, grid, sample_x=bent, sample_y=sample_y),
        "instances": maps.seen(seen, owner, np.uint16),
        "grains": maps.seen(seen, maps.grain_numbers(owner, whole.grain), np.uint16),
        "domains": maps.seen(seen, maps.domain_numbers(whole.side), np.uint8),
        "overlap": maps.overlap_map(x, y, radius, owner, grid),
        "traces": maps.seen(seen, beside, np.uint8),
        "thickness": thickness.thickness(whole.positions, volumes, np.less(owner, 3), blurred),
        **{f"planes {name}": column for name, column in table.items()},
    }
