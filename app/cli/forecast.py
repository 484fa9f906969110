"""What a plan's dataset will hold: counted job by job where they are few, estimated where they are many."""

from __future__ import annotations

import math
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
