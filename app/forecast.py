"""What a plan's dataset will hold and how long it takes, for the command line and the window.

Jobs are counted one by one where they are few, and estimated from a part of them where they are many.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.plan.plan import Plan
    from sim.recipe.model import Job

#: Up to this many images are counted one by one (some 0.1 ms each).
MOST_COUNTED = 20_000
#: Images looked at in a larger dataset.
SAMPLES = 2_000
#: Each step of this fraction lands far from all earlier ones (golden ratio).
GOLDEN_STEP = (math.sqrt(5.0) - 1.0) / 2.0

#: Images rendered to measure the time of one, and the seconds after which fewer must do.
TRIALS = 4
ENOUGH_SECONDS = 2.0
#: Compressed writing on one processor, bytes of arrays a second.
WRITE_RATE = 150e6

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Forecast:
    """Counts over a plan's jobs.

    Attributes
    ----------
    exact
        Whether every job was counted; otherwise the numbers of images are estimates, and those of
        specimens are not known.
    classes
        Images by class.
    splits
        Split -> ``images``, ``specimens`` (None where not known), ``classes`` (images by class).
    points_used, points
        Combinations of the grids' values that some image has (None where not known), and all of them.
    dose
        Smallest and largest dose, electrons per square angstrom; None without a dose.
    """

    exact: bool
    classes: dict[str, int]
    splits: dict[str, dict[str, Any]]
    points_used: int | None
    points: int
    dose: tuple[float, float] | None

    def tree(self) -> dict[str, Any]:
        """Plain values for JSON."""
        dose = None if self.dose is None else {"low": self.dose[0], "high": self.dose[1], "unit": "e⁻/Å²"}
        return {
            "counted": self.exact,
            "classes": self.classes,
            "splits": self.splits,
            "sweep_points": {"used": self.points_used, "all": self.points},
            "dose": dose,
        }


def forecast(plan: Plan, cancel: Callable[[], None]) -> Forecast:
    """Count the jobs of a plan.

    Parameters
    ----------
    plan
        Any plan; of a large one a fixed set of images is looked at.
    cancel
        Called for every job.
    """
    total = len(plan)
    exact = total <= MOST_COUNTED
    grids = [entry for entry in plan.recipe.vary if entry.law == "grid"]
    images: Counter[tuple[str, str]] = Counter()
    specimens: dict[str, set[str]] = {name: set() for name in SPLITS}
    points: set[tuple[Any, ...]] = set()
    doses: list[float] = []
    for index in range(total) if exact else _spread(total):
        cancel()
        job = plan[index]
        images[job.split, job.class_name] += 1
        specimens[job.split].add(job.specimen_key)
        points.add(tuple(job.varied[grid.path] for grid in grids))
        if job.noise.exposure.mode != "none":
            doses.append(_dose(job))
    scale = 1.0 if exact else total / SAMPLES
    classes: Counter[str] = Counter()
    splits: dict[str, dict[str, Any]] = {
        name: {"images": 0, "specimens": len(specimens[name]) if exact else None, "classes": {}}
        for name in SPLITS
    }
    for (split, name), count in sorted(images.items()):
        scaled = round(count * scale)
        classes[name] += scaled
        splits[split]["images"] += scaled
        splits[split]["classes"][name] = scaled
    return Forecast(
        exact=exact,
        classes=dict(sorted(classes.items())),
        splits=splits,
        points_used=len(points) if exact else None,
        points=math.prod(len(grid.points()) for grid in grids),
        dose=(min(doses), max(doses)) if doses else None,
    )


def _spread(total: int) -> Iterator[int]:
    """Indices all over a plan that follow no period of its own."""
    return (int(total * ((position + 0.5) * GOLDEN_STEP % 1.0)) for position in range(SAMPLES))


def _dose(job: Job) -> float:
    """Incident electrons per square angstrom."""
    from sim.noise.dose import electrons_per_pixel

    size = job.image.pixel_size
    return electrons_per_pixel(job.noise.exposure.plain(), job.noise.scan.dwell_time, size) / (size * size)


def seconds_per_image(plan: Plan, cancel: Callable[[], None]) -> float:
    """Time of one image on one processor: the first warms up, a few more are measured unless that takes long.

    Parameters
    ----------
    plan
        Images all over it are rendered.
    cancel
        Raises ``Cancelled`` to stop; looked at between images and inside long stages.

    Returns
    -------
    Seconds of rendering and of writing.
    """
    from sim.recipe.kinds import IMAGING
    from sim.render.context import RenderContext
    from sim.render.render import render

    if IMAGING[plan.recipe.imaging.model].effort is not None:
        return _seconds_by_effort(plan, cancel) + plan.bytes_per_image / WRITE_RATE
    context = RenderContext(structures=plan.catalogue, cancel=cancel)
    step = max(1, len(plan) // TRIALS)
    times: list[float] = []
    for index in (0, *range(0, len(plan), step)[:TRIALS]):
        cancel()
        started = time.perf_counter()
        render(plan[index], context)
        times.append(time.perf_counter() - started)
        if sum(times) > ENOUGH_SECONDS:
            break
    measured = times[1:] or times
    return sum(measured) / len(measured) + plan.bytes_per_image / WRITE_RATE


def _seconds_by_effort(plan: Plan, cancel: Callable[[], None]) -> float:
    """Time of one image of a model that takes long: counted in transforms, of which one is timed."""
    import numpy as np
    import scipy.fft

    from sim.core.types import ImageGrid
    from sim.recipe.kinds import IMAGING
    from sim.render.context import RenderContext
    from sim.render.specimen import pose_specimen

    total = 0.0
    looked_at = sorted({0, len(plan) // 3, 2 * len(plan) // 3})
    transforms: dict[tuple[int, int], float] = {}
    for index in looked_at:
        cancel()
        job = plan[index]
        specimen, _ = pose_specimen(job, RenderContext(structures=plan.catalogue, cancel=cancel))
        grid = ImageGrid(int(job.image.height), int(job.image.width), job.image.pixel_size)
        count = IMAGING[job.imaging.model].effort
        assert count is not None
        effort = count(specimen, grid, job.imaging, job.labels)
        if effort.shape not in transforms:
            field = np.ones(effort.shape, dtype=np.complex64)
            scipy.fft.fft2(field, workers=1)
            started = time.perf_counter()
            scipy.fft.fft2(field, workers=1)
            transforms[effort.shape] = time.perf_counter() - started
        work = effort.once * plan.specimen_share + effort.each
        total += work * transforms[effort.shape]
    return total / len(looked_at)


def expected_warnings(plan: Plan, expected: Forecast) -> list[str]:
    """Sentences about splits that will be empty or lack a class.

    Of a large dataset nothing is said: what a sample lacks, the dataset may have.
    """
    from app.remarks import split_warnings

    if not expected.exact:
        return []
    return split_warnings(expected.splits, list(expected.classes), plan.recipe.dataset.split.tree())


def points_text(expected: Forecast) -> str:
    """How many combinations of the grids have an image; empty without a grid."""
    if expected.points == 1:
        return ""
    if expected.points_used is None:
        return f"{expected.points} combinations of the grids"
    unused = expected.points - expected.points_used
    rest = f"; {unused} have no image, as there are too few images" if unused else ""
    return f"{expected.points_used} of {expected.points} combinations of the grids{rest}"


def dose_text(expected: Forecast) -> str:
    """The dose, or its range."""
    if expected.dose is None:
        return "none: the image is the detected fraction of the beam"
    low, high = (f"{float(f'{value:.3g}'):,.7g}" for value in expected.dose)
    return f"{low} e⁻/Å²" if low == high else f"{low} to {high} e⁻/Å²"
