"""A whole export against what its unavoidable parts allow, and one against two worker processes.

The floor is what any program would have to do for the same files: project the atoms, draw the
counts, hash and compress what is stored.  Labels, manifest, journal and fsync come on top.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.registry import Comparison, Contender, Ratio, benchmark
from sim.core.settings import validate
from sim.core.types import ImageGrid
from sim.dataset.run import generate_dataset
from sim.imaging.gaussian import beam_fraction
from sim.numerics.samplers import poisson
from sim.numerics.streams import Stream
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Job, Recipe
from sim.render.cache import StageCache
from sim.render.context import RenderContext
from sim.render.render import render

IMAGES = 1500
FLOOR, ONE, TWO = "kernel + sampler + hash + compression", "export, one process", "export, two workers"


def plan_of(**tree: object) -> Plan:
    """The plan of a recipe given as plain values."""
    recipe = validate(Recipe, tree)
    return Plan(recipe, collect_structures(recipe))


def compressed(array: np.ndarray) -> bytes:
    """Byte shuffle and deflate at level 1, as HDF5's filters do it."""
    planes = array.reshape(-1).view(np.uint8).reshape(array.size, array.itemsize).T
    return zlib.compress(np.ascontiguousarray(planes).tobytes(), 1)


def floor_of(plan: Plan) -> Callable[[], None]:
    """Only the parts that cannot be left out, image after image in one process."""
    samples = [render(plan[index], RenderContext(plan.catalogue)) for index in range(20)]
    jobs = [plan[index] for index in range(20)]
    atoms = [
        (
            np.stack([s.tables["atoms"][axis] for axis in "xyz"], 1),
            s.tables["atoms"]["number"].astype(np.int64),
        )
        for s in samples
    ]
    grid = ImageGrid(*plan.shape, jobs[0].image.pixel_size)
    electrons = float(samples[0].truth["electrons_per_pixel"])
    settings = jobs[0].imaging

    def run() -> None:
        for index in range(IMAGES):
            positions, numbers = atoms[index % len(atoms)]
            fraction = beam_fraction(
                positions,
                numbers,
                grid,
                sigma=settings.sigma,
                alpha=settings.alpha,
                mode=settings.mode,
                normalisation=settings.normalisation,
                collected_fraction=settings.collected_fraction,
            )
            expected = np.multiply(fraction, electrons)
            image = poisson(Stream(index, "floor"), expected).astype(np.uint16)
            mask = samples[index % len(samples)].labels["particle_mask"]
            for array in (image, expected.astype(np.float32), mask):
                hashlib.sha256(array.tobytes()).digest()
                compressed(array)

    return run


def export_to(folder: Path, plan: Plan, workers: int) -> Callable[[], None]:
    """A whole dataset, written and finished."""

    def run() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        generate_dataset(plan, folder, workers=workers)

    return run


@benchmark("export")
def export() -> Sequence[Comparison]:
    """Noisy 128² images of Au55."""
    plan = plan_of(images=IMAGES)
    folder = Path(tempfile.mkdtemp(prefix="nanophantom-benchmark-"))
    ways = [
        Contender(FLOOR, floor_of(plan)),
        Contender(ONE, export_to(folder / "one", plan, 1)),
        Contender(TWO, export_to(folder / "two", plan, 2)),
    ]
    ratios = (Ratio(FLOOR, ONE, least=0.6), Ratio(ONE, TWO, least=1.7))
    return [Comparison("export, Au55, 128²", IMAGES, "images", ways, ratios, rounds=2)]


@benchmark("preview")
def preview() -> Sequence[Comparison]:
    """256² through the stage cache, as on screen: one setting changed, everything else as it was."""
    found = []
    changes = {
        "σ": {"path": "imaging.sigma", "law": "grid", "start": 0.5, "stop": 0.7, "count": 2000},
        "dose": {"path": "noise.exposure.dose", "law": "grid", "start": 9e4, "stop": 1.1e5, "count": 2000},
    }
    for name, vary in changes.items():
        plan = plan_of(
            images=2000, image={"width": 256, "height": 256}, noise={"preset": "poisson_medium"}, vary=[vary]
        )
        jobs = iter([plan[index] for index in range(2000)])
        context = RenderContext(plan.catalogue, cache=StageCache())
        render(next(jobs), context)
        way = Contender("render", partial(_next, jobs, context))
        found.append(Comparison(f"change of {name}, Au55, 256²", 1, "images", [way]))
    return found


def _next(jobs: Iterator[Job], context: RenderContext) -> None:
    render(next(jobs), context)
