"""Whole scenes: particles alone, on carbon in two processes, a million atoms, and where the time goes.

The particles are those of the shipped ``scene_cdse_on_carbon``: wurtzite CdSe 3 to 5 nm across with up to two
stacking faults, in any orientation, 1 nm apart in 12.8 × 12.8 nm.  Every run is another scene with particles
of other sizes, so that nothing is made once and used again.  The published times are those of Construction
Zone (2024-09) on another machine.  Targets are about the time on the clock; the processor time beside it
tells how far other programs were in the way.
"""

from __future__ import annotations

import cProfile
import multiprocessing
import pstats
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.registry import (
    Line,
    Observation,
    Ratio,
    benchmark,
    three_digits,
    verdict,
)
from sim.core.settings import validate
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe
from sim.recipe.toml import load_recipe
from sim.render.context import RenderContext
from sim.render.specimen import build_specimen
from sim.specimen.scene.build import build_scene
from sim.specimen.scene.members import expanded
from sim.specimen.scene.settings import SceneSpecimen

RECIPE = "scene_cdse_on_carbon"
#: Particles → published time, ms; the last one has a target of its own.
PUBLISHED = {1: 19.0, 3: 34.0, 5: 50.0}
FIVE = 40.0
#: Scenes of other sizes in one burst.
SIZES = 11
#: Scenes that two processes make, of the 1000 that the target is about.
SCENES = 120
PER_SECOND = 2.0
PROCESSES = 2
MILLION = 1500.0
#: Scenes in the profile.
PROFILED = 4
#: Stage → module and name of the function that does it, with all that it calls.
STAGES = {
    "raw atoms": ("sim/specimen/scene/making.py", "made"),
    "of these the carbon": ("sim/specimen/amorphous/rsa.py", "random_addition"),
    "placing": ("sim/specimen/scene/arranging.py", "place"),
    "of these seating": ("sim/specimen/scene/placing.py", "seat_height"),
    "clearing": ("sim/specimen/scene/clearing.py", "cleared"),
    "joining": ("sim/specimen/scene/build.py", "_built"),
}
WHOLE = ("sim/specimen/scene/build.py", "build_scene")

#: What a process of its own runs: a carbon film with gold spheres on it, its time and memory.
CHILD = """
import time
from sim.core.settings import validate
from sim.specimen.scene.build import build_scene
from sim.specimen.scene.members import expanded
from sim.specimen.scene.settings import SceneSpecimen

def highest():
    # Of this process alone: getrusage would begin at the memory of the process that started it.
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024 / 1e6

def build(wide, deep, spheres):
    gold = {"kind": "particle", "name": "gold", "count": spheres,
            "crystal": {"kind": "builtin", "name": "Au"}, "volume": {"kind": "sphere", "radius": 30.0},
            "orientation": {"kind": "random"}, "placement": {"kind": "scattered", "gap": 5.0}}
    film = {"kind": "amorphous", "name": "carbon", "material": "carbon", "thickness": deep}
    tree = {"kind": "scene", "width": wide, "height": wide, "nodes": [gold, film]}
    return build_scene(expanded(validate(SceneSpecimen, tree)), {}, 1)

build(80.0, 10.0, 1)
before, begin = highest(), time.perf_counter()
atoms = len(build(400.0, 50.0, 24).structure)
print(atoms, time.perf_counter() - begin, before, highest())
"""


def plan_of_scenes(images: int) -> Plan:
    """The shipped series with as many images as asked for."""
    recipe = validate(Recipe, {**load_recipe(RECIPE).tree(), "images": images})
    return Plan(recipe, collect_structures(recipe))


def _drawn(radii: Sequence[float], which: int, member: int) -> float:
    del which  # one path
    return radii[member - 1]


def particles_alone(number: int) -> Callable[[], object]:
    """A build of so many particles of other sizes each time, without a substrate."""
    tree = load_recipe(RECIPE).specimen.tree()
    node = next(node for node in tree["nodes"] if node["kind"] == "particle")
    settings = validate(SceneSpecimen, {**tree, "nodes": [{**node, "count": number}]})
    scenes = []
    for number_of_scene in range(SIZES):
        radii = [15.0 + (3 * number_of_scene + 7 * member) % 11 for member in range(1, number + 1)]
        draw = partial(_drawn, radii)
        scenes.append(expanded(settings, ["nodes.cdse.volume.radius"], draw))
    seeds = count()

    def run() -> object:
        seed = next(seeds)
        return build_scene(scenes[seed % SIZES], {}, seed)

    return run


def alone() -> Sequence[Line]:
    """Mean time over many scenes beside the published times: sizes and gaps differ from scene to scene."""
    lines = []
    title = "CdSe particles 3 to 5 nm, no substrate"
    for number, theirs in PUBLISHED.items():
        run = particles_alone(number)
        run()
        best = processor = float("inf")
        for _ in range(5):
            begin, used = time.perf_counter(), time.process_time()
            for _ in range(SIZES):
                run()
            best = min(best, (time.perf_counter() - begin) / SIZES)
            processor = min(processor, (time.process_time() - used) / SIZES)
        own = 1e3 * best
        busy = f"{three_digits(1e3 * processor)} ms of processor"
        target = verdict(own, Ratio("", "", most=FIVE)) if number == 5 else ""
        lines.append(Line(title, f"ours, {number}", f"{three_digits(own)} ms", busy, "", target))
        ratio = Ratio("", "", least=1.0)
        lines.append(
            Line(
                title,
                f"Construction Zone, published, {number} / ours",
                f"{theirs:g} ms",
                "",
                three_digits(theirs / own),
                verdict(theirs / own, ratio),
            )
        )
    return lines


_plan: Plan | None = None


def _begin() -> None:
    """Every process has the plan and has built one scene before the clock starts."""
    global _plan
    _plan = plan_of_scenes(SCENES + 1)
    build_specimen(_plan[SCENES], RenderContext(_plan.catalogue))


def _made(index: int) -> tuple[int, float]:
    """Atoms of one scene, and the processor time that it took, s."""
    assert _plan is not None
    used = time.process_time()
    atoms = len(build_specimen(_plan[index], RenderContext(_plan.catalogue)).structure)
    return atoms, time.process_time() - used


def _ready(_: int) -> None:
    time.sleep(0.2)


def two_processes() -> Sequence[Line]:
    """Scenes a second of the shipped series, from settings to atoms, started processes aside."""
    title = f"CdSe on carbon, {SCENES} scenes of the 1000"
    with multiprocessing.get_context("spawn").Pool(PROCESSES, _begin) as pool:
        pool.map(_ready, range(PROCESSES), chunksize=1)
        begin = time.perf_counter()
        made = list(pool.imap_unordered(_made, range(SCENES), chunksize=1))
        seconds = time.perf_counter() - begin
    atoms, used = sum(one for one, _ in made), sum(one for _, one in made)
    rate = SCENES / seconds
    return [
        Line(
            title,
            f"{PROCESSES} processes, {atoms / SCENES:,.0f} atoms a scene",
            f"{three_digits(seconds)} s",
            f"{three_digits(rate)} scenes/s",
            "",
            verdict(rate, Ratio("", "", least=PER_SECOND)),
        ),
        Line(title, "processor time of one scene", f"{three_digits(1e3 * used / SCENES)} ms", "", "", ""),
    ]


def million() -> Sequence[Line]:
    """A scene of a million atoms in a process of its own (memory: Linux)."""
    if not sys.platform.startswith("linux"):
        return []
    root = Path(__file__).resolve().parents[1]
    answer = subprocess.run(
        [sys.executable, "-c", CHILD], capture_output=True, text=True, check=True, cwd=root
    )
    atoms, seconds, before, whole = (float(word) for word in answer.stdout.split())
    title = f"scene of {atoms:,.0f} atoms"
    memory = Ratio("", "", most=MILLION)
    return [
        Line(title, "build", f"{three_digits(seconds)} s", f"{atoms / seconds:,.0f} atoms/s", "", ""),
        Line(title, "growth of the process", "", f"{whole - before:,.0f} MB", "", ""),
        Line(title, "the whole process", "", f"{whole:,.0f} MB", "", verdict(whole, memory)),
    ]


def stages() -> Sequence[Line]:
    """Share of every stage in the time of a build, by profile."""
    plan = plan_of_scenes(PROFILED + 1)
    context = RenderContext(plan.catalogue)
    jobs = [plan[index] for index in range(PROFILED + 1)]
    build_specimen(jobs[PROFILED], context)
    profile = cProfile.Profile()
    profile.enable()
    for job in jobs[:PROFILED]:
        build_specimen(job, context)
    profile.disable()
    found: dict[tuple[str, str], float] = {}
    entries: dict[tuple[str, int, str], Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    for (path, _, name), (_, _, _, cumulative, _) in entries.items():
        for place in (WHOLE, *STAGES.values()):
            if name == place[1] and Path(path).as_posix().endswith(place[0]):
                found[place] = found.get(place, 0.0) + cumulative / PROFILED
    whole = found[WHOLE]
    title = "CdSe on carbon, stages (profile)"
    lines = [Line(title, "the whole scene", f"{three_digits(1e3 * whole)} ms", "", "", "")]
    for stage, place in STAGES.items():
        seconds = found.get(place, 0.0)
        lines.append(
            Line(title, stage, f"{three_digits(1e3 * seconds)} ms", f"{seconds / whole:.0%}", "", "")
        )
    return lines


@benchmark("scenes")
def scenes() -> Sequence[Observation]:
    """Particles alone, a series in two processes, a million atoms, and the stages of a build."""
    return [
        Observation("particles without a substrate", alone),
        Observation("scenes in two processes", two_processes),
        Observation("a million atoms", million),
        Observation("stages of a build", stages),
    ]
