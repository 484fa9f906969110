"""Whole scenes side by side with Construction Zone, in one run, where it is installed.

Construction Zone (GPL-3, package ``czone``) is only ever timed here: nothing of it is needed.  Its
wheels are older than the version on record (2024-09), whose published times stand below the others;
older ones have no batched substrate.  The work is the same in size, not in kind: ours also keeps a
clearance between objects, refuses crowded places, and gives every object its own random numbers.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.registry import (
    Comparison,
    Contender,
    Line,
    Observation,
    Ratio,
    benchmark,
    three_digits,
    verdict,
)
from benchmarks.scene_shapes import peer_name
from benchmarks.scene_substrate import BOX, DENSITY, DISTANCE, OURS, PUBLISHED, ours
from sim.core.settings import validate
from sim.specimen.crystal.table import builtin
from sim.specimen.scene.build import build_scene
from sim.specimen.scene.members import expanded
from sim.specimen.scene.settings import SceneSpecimen

#: Radius of a particle, Å: the mean of the published series, 3 to 5 nm across.
RADIUS = 20.0
#: Particles in a scene, and the published times, ms.
SCENES = {1: 19.0, 3: 34.0, 5: 50.0}
#: A scene of five particles without substrate has to take no longer, ms.
MOST = 40.0
PLACES = ((-40.0, -40.0), (40.0, -40.0), (0.0, 0.0), (-40.0, 40.0), (40.0, 40.0))
CARBON = "carbon 128 × 128 × 50 Å, beside the peer"


@dataclass(frozen=True)
class Peer:
    """The parts of Construction Zone that are timed."""

    substrates: Any
    generator: Any
    volume: Any
    algebraic: Any
    transform: Any
    scene: Any


def peer() -> Peer | None:
    """Construction Zone, where it is installed."""
    names = (
        "generator.amorphous_algorithms",
        "generator.generator",
        "volume.volume",
        "volume.algebraic",
        "transform.transform",
        "scene.scene",
    )
    try:
        return Peer(*(importlib.import_module(f"czone.{name}") for name in names))
    except ImportError:
        return None


def substrates(theirs: Peer) -> dict[str, Callable[[], object]]:
    """Its ways of making a substrate, as far as this version has them."""
    ways = {"": "gen_p_substrate", ", batched": "gen_p_substrate_batched"}
    return {
        peer_name() + word: partial(getattr(theirs.substrates, name), list(BOX), min_dist=DISTANCE)
        for word, name in ways.items()
        if hasattr(theirs.substrates, name)
    }


def their_scene(theirs: Peer, count: int) -> Callable[[], object]:
    """Spheres of CdSe, each turned, in one of its scenes; its generator is made beforehand."""
    crystal = builtin("CdSe")
    lengths = [float(np.sqrt(np.sum(np.square(row)))) for row in crystal.cell]
    generator = theirs.generator.Generator.from_unit_cell(
        Z=crystal.numbers.tolist(),
        coords=crystal.fractional,
        cellDims=lengths,
        cellAngs=[90.0, 90.0, 120.0],
    )
    bounds = np.array([[-64.0, -64.0, 0.0], [64.0, 64.0, 128.0]])

    def run() -> object:
        random = np.random.default_rng(1)
        objects = []
        for x, y in PLACES[:count]:
            angle = float(random.uniform(0.0, 2.0 * np.pi))
            cosine, sine = np.cos(angle), np.sin(angle)
            turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
            ball = theirs.volume.Volume(
                alg_objects=[theirs.algebraic.Sphere(radius=RADIUS, center=np.zeros(3))],
                generator=generator,
            )
            ball.transform(theirs.transform.Rotation(matrix=turn))
            ball.transform(theirs.transform.Translation(shift=np.array([x, y, RADIUS])))
            objects.append(ball)
        scene = theirs.scene.Scene(bounds=bounds, objects=objects)
        scene.populate()
        return scene.all_atoms

    return run


def our_scene(count: int) -> Callable[[], object]:
    """The same spheres at the same places by the program, in random orientations."""
    nodes = [
        {
            "kind": "particle",
            "name": f"cdse{number}",
            "crystal": {"kind": "builtin", "name": "CdSe"},
            "volume": {"kind": "sphere", "radius": RADIUS},
            "orientation": {"kind": "random"},
            "placement": {"kind": "fixed", "x": x, "y": y, "z": RADIUS},
        }
        for number, (x, y) in enumerate(PLACES[:count])
    ]
    tree = {"kind": "scene", "width": 128.0, "height": 128.0, "nodes": nodes}
    settings = expanded(validate(SceneSpecimen, tree))
    return lambda: build_scene(settings, {}, 1).structure


def on_record(
    title: str, run: Callable[[], object], published: Sequence[tuple[str, float, float | None]]
) -> Sequence[Line]:
    """Ours against published times: name, time in s, and how many times faster ours has to be."""
    seconds = float("inf")
    for _ in range(5):
        begin = time.perf_counter()
        run()
        seconds = min(seconds, time.perf_counter() - begin)
    lines = [Line(title, OURS, f"{three_digits(seconds * 1e3)} ms", "", "", "")]
    for name, theirs, least in published:
        value, ratio = theirs / seconds, Ratio(name, OURS, least=least)
        figure = f"{three_digits(theirs * 1e3)} ms"
        lines.append(Line(title, f"{name} / {OURS}", figure, "", three_digits(value), verdict(value, ratio)))
    return lines


@benchmark("scene_peer")
def scenes() -> Sequence[Comparison | Observation]:
    """The substrate and scenes of one, three and five particles."""
    theirs = peer()
    found: list[Comparison | Observation] = []
    ways = {} if theirs is None else substrates(theirs)
    least = dict(zip(ways, (10.0, 5.0), strict=False))
    found.append(
        Comparison(
            CARBON,
            BOX[0] * BOX[1] * BOX[2] * DENSITY,
            "atoms",
            [*(Contender(name, run) for name, run in ways.items()), Contender(OURS, ours)],
            [Ratio(name, OURS, least=least[name]) for name in ways],
            rounds=1,
        )
    )
    found.append(Observation("carbon, published", partial(on_record, "carbon, published", ours, PUBLISHED)))
    for count, milliseconds in SCENES.items():
        title = f"CdSe spheres, {count}"
        run = our_scene(count)
        contenders = [Contender(OURS, run)]
        if theirs is not None:
            contenders.insert(0, Contender(peer_name(), their_scene(theirs, count)))
        found.append(Comparison(title, 1, "scenes", contenders, [Ratio(peer_name(), OURS)]))
        times: list[tuple[str, float, float | None]] = [
            ("Construction Zone, published", milliseconds * 1e-3, None)
        ]
        if count == max(SCENES):
            times.append(("the limit", MOST * 1e-3, 1.0))
        found.append(Observation(title, partial(on_record, f"{title}, published", run, times)))
    return found
