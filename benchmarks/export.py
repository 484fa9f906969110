"""A whole export against what its unavoidable parts allow, and one against two worker processes.

The floor is what any program would have to do for the same arrays: project the atoms, draw the
counts, hash every array, and write all of them to HDF5 files with h5py and its gzip filter (level 1,
shuffled, one image a chunk), as many images a file as the export has, each file synced.  Poses,
labels and settings are there already and nothing describes the files.  The export itself compresses
its images with zlib's run-length strategy and hands HDF5 the finished chunks, which is quicker than
the filter that the floor uses.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import h5py
import numpy as np

from benchmarks.registry import Comparison, Contender, Ratio, benchmark
from sim.core.settings import validate
from sim.core.types import ImageGrid
from sim.dataset.layout import COMPRESSION
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
#: Enough that starting two processes, about two seconds, no longer shows.
IMAGES_FOR_WORKERS = 8000
FLOOR, ONE, TWO = "kernel + sampler + hash + compressed write", "export, one process", "export, two workers"


def plan_of(**tree: object) -> Plan:
    """The plan of a recipe given as plain values."""
    recipe = validate(Recipe, tree)
    return Plan(recipe, collect_structures(recipe))


def floor_of(plan: Plan, folder: Path) -> Callable[[], None]:
    """Only the parts that cannot be left out, image after image in one process."""
    samples = [render(plan[index], RenderContext(plan.catalogue)) for index in range(20)]
    job = plan[0]
    atoms = [
        (
            np.stack([s.tables["atoms"][axis] for axis in "xyz"], 1),
            s.tables["atoms"]["number"].astype(np.int64),
        )
        for s in samples
    ]
    grid = ImageGrid(*plan.shape, job.image.pixel_size)
    electrons = float(samples[0].truth["electrons_per_pixel"])
    settings = job.imaging

    def made(index: int) -> dict[str, np.ndarray]:
        """All arrays of an image: two computed, the others at hand."""
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
        arrays = dict(samples[index % len(samples)].arrays())
        return {**arrays, "images": image, "clean": expected.astype(np.float32)}

    def run() -> None:
        folder.mkdir(exist_ok=True)
        for number, (start, stop) in enumerate(plan.shard_boundaries()):
            path = folder / f"{number}.h5"
            with h5py.File(path, "w") as file:
                stacks = {
                    name: file.create_dataset(
                        name,
                        shape=(stop - start, *array.shape),
                        dtype=array.dtype,
                        chunks=(1, *array.shape),
                        **COMPRESSION,
                    )
                    for name, array in samples[0].arrays()
                    if array.shape == plan.shape
                }
                tables: dict[str, list[np.ndarray]] = {}
                for index in range(start, stop):
                    for name, array in made(index).items():
                        hashlib.sha256(np.ascontiguousarray(array).data).digest()
                        if name in stacks:
                            stacks[name][index - start] = array
                        else:
                            tables.setdefault(name, []).append(array)
                for name, parts in tables.items():
                    file.create_dataset(name, data=np.concatenate(parts), **COMPRESSION)
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())

    return run


def scratch() -> Path:
    """A new folder that is removed when the benchmarks end."""
    folder = Path(tempfile.mkdtemp(prefix="nanophantom-benchmark-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder / "dataset"


def export_to(folder: Path, plan: Plan, workers: int) -> Callable[[], None]:
    """A whole dataset, written and finished."""

    def run() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        generate_dataset(plan, folder, workers=workers)

    return run


@benchmark("export")
def export() -> Sequence[Comparison]:
    """Noisy 128² images of Au55, in one process."""
    plan = plan_of(images=IMAGES)
    ways = [Contender(FLOOR, floor_of(plan, scratch())), Contender(ONE, export_to(scratch(), plan, 1))]
    return [
        Comparison("export, Au55, 128²", IMAGES, "images", ways, [Ratio(FLOOR, ONE, least=0.6)], rounds=3)
    ]


@benchmark("workers")
def workers() -> Sequence[Comparison]:
    """The same in two processes; takes minutes."""
    plan = plan_of(images=IMAGES_FOR_WORKERS)
    ways = [Contender(ONE, export_to(scratch(), plan, 1)), Contender(TWO, export_to(scratch(), plan, 2))]
    title = f"export of {IMAGES_FOR_WORKERS}, Au55, 128²"
    return [Comparison(title, IMAGES_FOR_WORKERS, "images", ways, [Ratio(ONE, TWO, least=1.7)], rounds=1)]


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
