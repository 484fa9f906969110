"""What an export will make and take, found out beside the window."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.forecast import Forecast, expected_warnings, forecast, seconds_per_image
from app.gui.latest import Cancel, LatestTask, Tell
from app.machine import processors
from sim.core.errors import InputError
from sim.dataset.export.formats import WITH_PREVIEWS
from sim.recipe.model import Recipe

if TYPE_CHECKING:
    from sim.plan.plan import Plan

MOST_WORKERS = 256
#: Bytes of a pixel in files beside the dataset, where they are not as in its arrays.
PNG_PIXEL = 1
#: Seconds until the first worker process is ready.
START_UP = 1.5


@dataclass(frozen=True)
class Expectation:
    """What the dataset of a recipe will be.

    Attributes
    ----------
    recipe
        Of which this is said.
    counts
        Images by class and split, combinations, dose.
    height, width, dtype
        Of the images.
    structures, shards
        How many.
    bytes, needed
        Of all arrays before compression, and what they will about take on the disk.
    memory
        Bytes a worker takes.
    most_workers
        As many as this machine's memory allows.
    plan_sha256
        Two equal ones make the same dataset (:func:`sim.dataset.run.plan_digest`).
    notes, warnings
        Sentences about structures and splits.
    seconds_each
        Measured time of one image on one processor; None while it is being measured.
    """

    recipe: Recipe
    counts: Forecast
    height: int
    width: int
    dtype: str
    structures: int
    shards: int
    bytes: int
    needed: int
    memory: int
    most_workers: int
    plan_sha256: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    seconds_each: float | None = None

    def seconds(self, workers: int, done: int = 0) -> float | None:
        """Time of rendering what is not ``done`` with so many workers; None before it is known."""
        if self.seconds_each is None:
            return None
        busy = max(1, min(workers, self.shards, processors()))
        return START_UP + max(0, self.recipe.images - done) * self.seconds_each / busy

    def needed_bytes(self, formats: Collection[str] = (), done: int = 0) -> int:
        """Bytes that the disk must have free.

        Parameters
        ----------
        formats
            What is written beside the dataset.
        done
            Images that are there already.
        """
        images = self.recipe.images
        pixels = images * self.height * self.width
        needed = self.needed * (images - min(done, images)) // images
        if "npy" in formats:
            needed += self.bytes
        if "tiff" in formats:
            needed += pixels * (2 if self.dtype == "uint16" else 4)
        if set(WITH_PREVIEWS) & set(formats):
            needed += pixels * PNG_PIXEL
        return needed


def expect(recipe: Recipe, cancel: Cancel, tell: Tell) -> None:
    """Plan, count, and measure: told twice, without the time and with it.

    Raises
    ------
    InputError
        If the recipe cannot be planned or rendered.
    Cancelled
        If ``cancel`` says so.
    """
    from app.remarks import notes_of
    from sim.dataset.checks import disk_bytes
    from sim.dataset.run import plan_digest
    from sim.plan.plan import Plan, collect_structures

    plan = Plan(recipe, collect_structures(recipe, cancel))
    cancel()
    counts = forecast(plan, cancel)
    total = len(plan)
    found = Expectation(
        recipe=recipe,
        counts=counts,
        height=plan.shape[0],
        width=plan.shape[1],
        dtype=plan.count_dtype,
        structures=len(plan.catalogue),
        shards=plan.shard_count,
        bytes=total * plan.bytes_per_image,
        needed=disk_bytes(plan, total),
        memory=plan.memory_bytes,
        most_workers=_most_workers(plan),
        plan_sha256=plan_digest(plan),
        notes=tuple(notes_of(plan)),
        warnings=tuple(expected_warnings(plan, counts)),
    )
    tell(found)
    tell(replace(found, seconds_each=seconds_per_image(plan, cancel)))


def _most_workers(plan: Plan) -> int:
    """The largest number of workers that the engine would accept."""
    from sim.dataset.checks import check_workers

    few, many = 1, MOST_WORKERS
    while few < many:
        tried = (few + many + 1) // 2
        try:
            check_workers(plan, tried)
            few = tried
        except InputError:
            many = tried - 1
    return few


class ForecastWorker(QObject):
    """Forecasts the newest recipe it was given."""

    #: An :class:`Expectation`; twice for one request.
    expected = Signal(object)
    #: A sentence, and the parameter at fault where it is known.
    failed = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._task = LatestTask("nanophantom-forecast", self)
        self._task.told.connect(self.expected)
        self._task.failed.connect(self._tell_failure)

    def request(self, recipe: Recipe) -> None:
        """Forecast a recipe; what was requested before is dropped."""
        self._task.request(lambda cancel, tell: expect(recipe, cancel, tell))

    def close(self) -> None:
        """Stop the thread."""
        self._task.close()

    def _tell_failure(self, error: Exception) -> None:
        parameter = error.parameter if isinstance(error, InputError) else ""
        self.failed.emit(str(error) or type(error).__name__, parameter)
