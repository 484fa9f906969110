"""The stages that every specimen goes through first: their keys, and how results are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.core.types import Parts
from sim.recipe.kinds import SPECIMENS
from sim.recipe.model import Job
from sim.recipe.specimen_entry import Watch
from sim.render.cache import Arrays, Stage
from sim.render.context import RenderContext

SPECIMEN = Stage("specimen", 1)
NODE = Stage("node", 1)
POSE = Stage("pose", 1)


def specimen_key(job: Job) -> str:
    """Key of everything the specimen before posing depends on."""
    kind = SPECIMENS[job.specimen.kind]
    stream = job.orientation_seed if kind.random else None
    # Waves of the specimen are kept on disk: what makes its parts anew makes them anew as well.
    return SPECIMEN.key([job.specimen.digest, list(job.structures), NODE.revision], stream=stream)


def pose_key(job: Job) -> str:
    """Key of everything the posed specimen depends on."""
    return POSE.key(job.pose.digest, specimen_key(job), job.orientation_seed)


def cached(context: RenderContext, which: Stage, key: str, compute: Callable[[], Arrays]) -> Arrays:
    """The result of a stage, from the cache where there is one."""
    context.cancel()
    return compute() if context.cache is None else context.cache.get(which, key, compute)


def watch(context: RenderContext) -> Watch:
    """What accompanies the building of a specimen."""
    told = [0]

    def remember(key: Any, make: Callable[[], Parts]) -> Parts:
        return cached(context, NODE, NODE.key(key), make)

    def progress(share: float) -> None:
        percent = int(100.0 * share)
        if percent > told[0]:
            told[0] = percent
            context.progress(f"structure {percent} %")

    return Watch(remember, context.cancel, progress)


def stage(context: RenderContext, name: str) -> None:
    """A stage begins."""
    context.cancel()
    context.progress(name)
