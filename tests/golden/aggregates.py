"""Stages of the golden table: aggregates of spheres, their thickness, images, labels and descriptors.

Without a KD-tree: cell lists are the reference of every other search.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from stages import Arrays, stage

from sim.core.errors import never
from sim.core.types import Film, ImageGrid, Particles, ParticleSpecimen
from sim.imaging.thickness.attenuation import attenuation
from sim.imaging.thickness.chords import thickness_maps
from sim.imaging.thickness.film import film_thickness
from sim.imaging.thickness.layers import Probe, depth_of, layers_between
from sim.imaging.thickness.signal import scattered
from sim.labels.descriptors.aggregate import aggregate_descriptors
from sim.labels.descriptors.groups import pure_clusters
from sim.labels.descriptors.outline import outline_descriptors
from sim.labels.descriptors.projected import projected_descriptors
from sim.labels.particles import maps, tables
from sim.noise import scan
from sim.noise.scan import ScanParameters
from sim.numerics.rotations import euler_to_quaternion, quaternion_to_matrix, rotate
from sim.numerics.streams import Stream
from sim.physics.materials import material
from sim.specimen.aggregate.build import build_aggregate
from sim.specimen.aggregate.film import film_part
from sim.specimen.aggregate.parameters import AggregateParameters
from sim.specimen.pose import apply_pose

GRID = ImageGrid(44, 52, 9.0)
ANGLES = (20.0, 35.0, -50.0)
HEIGHTS = np.array([90.0, 20.0, -15.0, -np.inf])
MATERIALS = ("TiO2", "WO3", "C")
HOLES = SimpleNamespace(
    film=SimpleNamespace(thickness=60.0, holes="hexagonal", hole_radius=55.0, hole_spacing=180.0)
)

#: Clusters that stick where they touch; that roll on; that roll and have necks.
KINDS: dict[str, dict[str, Any]] = {
    "tree": {"number": 16, "cluster_sizes": (1.0, 3.0)},
    "rolled": {"number": 12, "rolled": True, "coordination": 3.2},
    "necks": {"number": 10, "rolled": True, "coordination": 2.6, "overlap": 0.12, "trials": 3},
}


def parameters(**changes: Any) -> AggregateParameters:
    usual: dict[str, Any] = {
        "number": 10,
        "mixing": 0.4,
        "radii": ((30.0, 0.2), (36.0, 0.3)),
        "cluster_sizes": (1.0, 1.0),
        "fractal_dimension": 1.8,
        "prefactor": 1.3,
        "trials": 4,
        "rolled": False,
        "coordination": 3.0,
        "overlap": 0.0,
    }
    return AggregateParameters(**{**usual, **changes})


def aggregate(kind: str) -> Particles:
    return build_aggregate(parameters(**KINDS[kind]), 2024)


def posed(kind: str, *, film: bool) -> ParticleSpecimen:
    """The aggregate turned and shifted, on a film with holes or on none."""
    made = aggregate(kind)
    quaternion = euler_to_quaternion(*ANGLES)
    shift = (7.0, -11.0)
    support = None
    if film:
        thickness, hole_radius, spacing, lattice, x, y, top = film_part(HOLES, made, 2024).tolist()  # type: ignore[arg-type]
        matrix = quaternion_to_matrix(quaternion)
        axes = rotate(matrix, np.eye(3))
        point = rotate(matrix, np.array([[x, y, top - 0.5 * thickness]]))[0]
        support = Film(thickness, axes[2], axes[0], axes[1], point, hole_radius, spacing, lattice == 1.0)
    return ParticleSpecimen(
        apply_pose(made.centres, quaternion, shift, np.zeros(3)),
        made.radii,
        made.species,
        made.contacts,
        tuple(material(name) for name in MATERIALS),
        support,
        {"prefactor": 1.3},
    )


@stage("aggregate.build")
def _build() -> Arrays:
    arrays = {}
    for kind in KINDS:
        made = aggregate(kind)
        parts = {"centres": made.centres, "radii": made.radii, "species": made.species}
        parts |= {"contacts": made.contacts, **made.parts}
        arrays |= {f"{kind} {name}": part for name, part in parts.items()}
    return arrays


@stage("aggregate.film")
def _film() -> Arrays:
    arrays = {}
    for holes in ("none", "square", "hexagonal"):
        settings = SimpleNamespace(film=SimpleNamespace(**{**vars(HOLES.film), "holes": holes}))
        arrays[holes] = film_part(settings, aggregate("tree"), 7)  # type: ignore[arg-type]
    return arrays


@stage("thickness.maps")
def _thickness() -> Arrays:
    arrays = {}
    for kind in KINDS:
        own = posed(kind, film=True)
        spheres = own.centres, own.radii, own.species, 2, GRID
        arrays[kind] = thickness_maps(*spheres)
        arrays[f"{kind} layers"] = thickness_maps(*spheres, heights=HEIGHTS)
        assert own.film is not None
        arrays[f"{kind} film"] = film_thickness(own.film, GRID)
    return arrays


@stage("thickness.attenuation")
def _attenuation() -> Arrays:
    """Of materials of the table and of a free one, from cross-sections and from slabs."""
    lengths = np.linspace(0.0, 2400.0, 241)
    arrays = {}
    for name, density in (("TiO2", 0.0), ("WO3", 0.0), ("C", 1.7), ("La0.8Sr0.2MnO3", 6.4)):
        for signal in ("haadf", "bf"):
            own = attenuation(material(name, density), signal=signal, voltage=300.0)
            arrays[f"{name} {signal}"] = own.optical_depth(lengths)
    for name in ("TiO2", "WO3"):
        slab = attenuation(material(name), constants="lookup", voltage=200.0, inner=80.0, outer=195.0)
        arrays[f"{name} slab"] = slab.optical_depth(lengths)
    return arrays


@stage("thickness.image")
def _image() -> Arrays:
    """Dark field with a probe that is in focus inside the aggregate, and bright field."""
    arrays = {}
    for name, kind, signal, beam in (
        ("layers", "tree", "haadf", Probe(5.0, 60.0, 40.0)),
        ("holes", "rolled", "haadf", Probe(12.0, 0.0, 0.0)),
        ("bright", "necks", "bf", Probe(5.0, 25.0, -300.0)),
    ):
        own = posed(kind, film=name == "holes")
        matter = [attenuation(each, signal=signal) for each in own.materials]
        layers = layers_between(*depth_of(own, GRID), beam, GRID.pixel_size)
        if own.film is None:
            matter = matter[:2]
        image, thickest = scattered(own, GRID, layers, matter, never, lambda text: None)
        arrays |= {
            f"{name} heights": layers.heights,
            f"{name} sigmas": layers.sigmas,
            f"{name} image": image,
            f"{name} thickest": np.array(thickest),
        }
    assert len(arrays["layers sigmas"]) > 3 and len(arrays["holes sigmas"]) == 1
    return arrays


@stage("spheres.maps")
def _maps() -> Arrays:
    parameters = ScanParameters(dwell_time=16.0, drift_x=20.0, slow_amplitude=9.0, jitter_x=2.0, shear=0.05)
    dx, dy = scan.displacement(GRID, parameters, Stream(9, "golden"))
    x, y = GRID.centres()
    shown = {"sample_x": np.add(x, dx), "sample_y": np.add(y[:, None], dy)}
    arrays = {}
    for kind in KINDS:
        own = posed(kind, film=False)
        for name, points in (("", {}), (" distorted", shown)):
            found = maps.sphere_maps(own.centres, own.radii, own.species, GRID, **points)
            arrays[f"{kind}{name} topmost"] = found.topmost
            arrays[f"{kind}{name} overlap"] = found.overlap
            arrays[f"{kind}{name} semantic"] = found.semantic
            arrays[f"{kind}{name} contacts"] = maps.contact_map(
                own.centres, own.radii, own.contacts, own.species, GRID, **points
            )
    return arrays


@stage("spheres.tables")
def _tables() -> Arrays:
    own = posed("necks", film=False)
    clusters = pure_clusters(own.species, own.contacts)
    topmost = maps.sphere_maps(own.centres, own.radii, own.species, GRID).topmost
    points = maps.contact_points(own.centres, own.radii, own.contacts)
    named = {
        "particles": tables.particle_table(
            own, GRID.rows_of(own.centres[:, 1]), GRID.columns_of(own.centres[:, 0]), GRID, clusters, topmost
        ),
        "contacts": tables.contact_table(
            own, points, GRID.rows_of(points[:, 1]), GRID.columns_of(points[:, 0]), GRID
        ),
        "clusters": tables.cluster_table(own.species, clusters),
    }
    return {f"{name} {key}": values for name, table in named.items() for key, values in table.items()}


@stage("spheres.descriptors")
def _descriptors() -> Arrays:
    """All of one kind in one array: they are many numbers."""
    arrays = {}
    for kind in KINDS:
        own = posed(kind, film=False)
        mask = maps.sphere_maps(own.centres, own.radii, own.species, GRID).mask
        bright = thickness_maps(own.centres, own.radii, own.species, 2, GRID)[1]
        for name, found in (
            ("aggregate", aggregate_descriptors(own, prefactor=1.3)),
            ("outline", outline_descriptors(own)),
            ("projected", projected_descriptors(mask, bright, GRID.pixel_size)),
        ):
            values = [np.ravel(np.asarray(found[key], dtype=np.float64)) for key in sorted(found)]
            arrays[f"{kind} {name}"] = np.concatenate(values)
    return arrays


@stage("aggregate.atoms", "pydantic")
def _atoms() -> Arrays:
    from sim.core.settings import validate
    from sim.specimen.aggregate.atomic_settings import AtomicAggregateSpecimen
    from sim.specimen.aggregate.atoms import build_atoms

    species = {"median_radius": 8.0, "deviation": 0.1}
    tree = {"number": 3, "overlap": 0.1, "first": species, "second": {**species, "crystal": "amorphous"}}
    tree["second"]["material"] = "SiO2"
    made = build_atoms(validate(AtomicAggregateSpecimen, {"kind": "aggregate_atoms", **tree}), 5)
    arrays = {"numbers": made.structure.numbers, "positions": made.structure.positions}
    return {**arrays, **made.parts}
