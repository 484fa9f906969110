"""Membership of a million points in volumes, against Construction Zone and its arithmetic in plain numpy.

Construction Zone (GPL-3, package ``czone``) is timed where it is installed; nothing of it is needed.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable, Sequence
from functools import partial
from types import ModuleType

import numpy as np

from benchmarks.registry import Comparison, Contender, Line, Observation, Ratio, benchmark, three_digits
from sim.core.types import BoolArray, FloatArray
from sim.specimen.shapes.grains import icosahedral_grain, icosahedron_planes
from sim.specimen.shapes.plain import Box, Sphere
from sim.specimen.shapes.polyhedron import Polyhedron

POINTS = 1_000_000
REACH = 60.0
SIZE = 45.0
OURS, PLAIN = "ours", "numpy, unchunked"
#: On record for Construction Zone 2024-09, ms; from another run, on points that are not stated.
RECORDED = {"sphere": 46.0, "box": 54.0, "polyhedron": 104.0, "icosahedron of 20 grains": 606.0}
#: At least so many times faster.
TARGETS = {"sphere": 3.0, "box": 10.0, "polyhedron": 3.0, "icosahedron of 20 grains": 10.0}


def peer() -> tuple[ModuleType, ModuleType] | None:
    """Its volumes and their formulas, where it is installed."""
    try:
        volume = importlib.import_module("czone.volume.volume")
        return volume, importlib.import_module("czone.volume.algebraic")
    except ImportError:
        return None


def behind(normals: FloatArray, heights: FloatArray, points: FloatArray) -> BoolArray:
    """Points behind all planes, in one matrix product."""
    return np.asarray((points @ normals.T <= heights).all(axis=1), dtype=np.bool_)


def sphere_at_once(points: FloatArray) -> BoolArray:
    """Points in the ball, by one norm."""
    lengths: FloatArray = np.asarray(np.linalg.norm(points, axis=1), dtype=np.float64)
    return lengths <= SIZE


def in_any(parts: Sequence[tuple[FloatArray, FloatArray]], points: FloatArray) -> BoolArray:
    """Points in any of several polyhedra, one after another."""
    inside = np.zeros(len(points), dtype=np.bool_)
    for normals, heights in parts:
        inside |= behind(normals, heights, points)
    return inside


def tetrahedra() -> tuple[FloatArray, ...]:
    """Corners (4, 3) of the icosahedron's grains, Å."""
    body = Polyhedron(*icosahedron_planes(SIZE))
    middle = np.zeros((1, 3))
    return tuple(np.concatenate([middle, body.vertices[list(face)]]) for face in body.faces)


def octahedron() -> Polyhedron:
    """A truncated octahedron: 14 faces."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    normals = np.concatenate([signs, np.eye(3), -np.eye(3)])
    return Polyhedron(normals, [SIZE] * 8 + [SIZE * 1.15] * 6)


def ways(points: FloatArray) -> dict[str, dict[str, Callable[[], object]]]:
    """For each volume, what is timed."""
    cut = octahedron()
    square = Polyhedron(np.concatenate([np.eye(3), -np.eye(3)]), [SIZE] * 6)
    grains = tetrahedra()
    planes = [(part.normals, part.heights) for part in map(Polyhedron.from_points, grains)]
    found: dict[str, dict[str, Callable[[], object]]] = {
        "sphere": {
            OURS: partial(Sphere(SIZE).contains, points),
            PLAIN: partial(sphere_at_once, points),
        },
        "box": {
            OURS: partial(Box((2.0 * SIZE,) * 3).contains, points),
            PLAIN: partial(behind, square.normals, square.heights, points),
        },
        "polyhedron": {
            OURS: partial(cut.contains, points),
            PLAIN: partial(behind, cut.normals, cut.heights, points),
        },
        "icosahedron of 20 grains": {
            OURS: partial(icosahedral_grain, points, SIZE),
            PLAIN: partial(in_any, planes, points),
        },
    }
    theirs = peer()
    if theirs is not None:
        volume, algebraic = theirs
        name_of_peer = peer_name()
        ball = volume.Volume(alg_objects=[algebraic.Sphere(radius=SIZE, center=np.zeros(3))])
        found["sphere"][name_of_peer] = partial(ball.checkIfInterior, points)
        for name, corners in (("box", square.vertices), ("polyhedron", cut.vertices)):
            found[name][name_of_peer] = partial(volume.Volume(points=corners).checkIfInterior, points)
        many = volume.MultiVolume([volume.Volume(points=corners) for corners in grains])
        found["icosahedron of 20 grains"][name_of_peer] = partial(many.checkIfInterior, points)
    return found


def recorded(name: str) -> Sequence[Line]:
    """The peer's time on record."""
    figure = f"{three_digits(RECORDED[name])} ms"
    return (Line(title(name), "Construction Zone 2024-09, on record", figure, "", "", ""),)


def title(name: str) -> str:
    """The work."""
    return f"membership, {name}, 10⁶ points"


def peer_name() -> str:
    """The peer with the version that is timed: wheels of ``czone`` are older than the one on record."""
    try:
        return f"Construction Zone {importlib.metadata.version('czone')}"
    except importlib.metadata.PackageNotFoundError:
        return "Construction Zone"


@benchmark("scene_shapes")
def membership() -> Sequence[Comparison | Observation]:
    """Points evenly spread in a box around each volume."""
    points = np.random.default_rng(1).uniform(-REACH, REACH, (POINTS, 3))
    found: list[Comparison | Observation] = []
    for name, runs in ways(points).items():
        contenders = [Contender(way, run) for way, run in runs.items()]
        ratios = [Ratio(PLAIN, OURS), Ratio(peer_name(), OURS, least=TARGETS[name])]
        found.append(Comparison(title(name), POINTS, "points", contenders, ratios))
        found.append(Observation(title(name), partial(recorded, name)))
    return found
