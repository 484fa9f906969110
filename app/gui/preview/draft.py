"""The draft shown while a setting is being dragged, or while an exact image of electron waves is made.

A draft goes through ``render`` like every image, with a job that leaves out the stages that take long
and decide nothing about what is being looked for: the noise of a quick model's image, the fineness of the
waves of a slow one's.  It is always marked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from app.gui.preview.results import Display
from sim.core.types import AtomicSpecimen, ImageGrid
from sim.labels.settings import IMAGES_OF, LabelSettings
from sim.recipe.imaging_models import IMAGING
from sim.recipe.model import Job

#: What a draft leaves out, as its mark says.
NOISE_FREE = "noise-free"
_NO_NOISE = "no shot noise, gain spread or read noise"
_FEWER_LABELS = "no labels but those that are shown"
#: The labels that can be stored or left out.
LABELS = tuple(name for name, info in LabelSettings.model_fields.items() if info.annotation is bool)
#: The labels that a switch makes, where they are not called as the switch is.
MADE_BY: Mapping[str, tuple[str, ...]] = {
    "objects": ("objects", "planes"),
    "particles": ("particles", "contacts", "hetero_contacts", "clusters"),
    **IMAGES_OF,
}
#: An exact image that takes longer than this is replaced by a draft while something moves, seconds.
SLOW = 0.025
#: The same of an image from waves that are there already: its draft is not much quicker.
SLOW_FROM_WAVES = 0.15
#: Longer than this, and an image at rest is preceded by a draft, seconds.
SLOW_AT_REST = 0.5


@dataclass(frozen=True)
class Drafted:
    """A job that is quicker than the exact one.

    Attributes
    ----------
    job
        What to render.
    mark
        What the draft is, in a few words.
    differs
        What it does otherwise, one phrase each.
    """

    job: Job
    mark: str
    differs: tuple[str, ...]


class DraftPolicy:
    """Decides by the times of earlier exact images of the same model when a draft is shown."""

    def __init__(self, slow: float = SLOW) -> None:
        self._slow = slow
        self._seconds_a_pixel: dict[str, float] = {}

    def note_exact(self, pixels: int, seconds: float, model: str = "gaussian") -> None:
        """Remember how long an exact image took; of a model with waves, one from waves that were there.

        Parameters
        ----------
        pixels
            Pixels of the image.
        seconds
            From the request to the finished picture.
        model
            The imaging model's name.
        """
        self._seconds_a_pixel[model] = seconds / pixels

    def wants_draft(self, pixels: int, model: str = "gaussian") -> bool:
        """Whether an exact image of so many pixels would be too slow to follow a movement."""
        return self._seconds_a_pixel.get(model, 0.0) * pixels > self._slow

    def may_be_exact(self, pixels: int, model: str, *, moving: bool) -> bool:
        """Whether the exact image from waves that are there already is quick enough to come without a draft.

        Where none has been made yet: at rest it is tried, in a movement it is not.
        """
        if model not in self._seconds_a_pixel:
            return not moving
        limit = SLOW_FROM_WAVES if moving else SLOW_AT_REST
        return self._seconds_a_pixel[model] * pixels <= limit


def has_waves(job: Job) -> bool:
    """Whether the job's imaging model is slow and has a draft of its own."""
    return IMAGING[job.imaging.model].draft is not None


def drafted_waves(job: Job, specimen: AtomicSpecimen, labels: Collection[str] = ()) -> Drafted | None:
    """A job with a quicker way to nearly the same image, or None where there is none.

    Parameters
    ----------
    job
        The exact job, its image size resolved.
    specimen
        As posed.
    labels
        Labels that are shown.

    Notes
    -----
    The noise stays as it is, so that black and white do not jump when the exact image follows.
    """
    make = IMAGING[job.imaging.model].draft
    if make is None:
        return None
    height, width = job.image.height, job.image.width
    assert isinstance(height, int) and isinstance(width, int)
    found = make(job.imaging, ImageGrid(height, width, job.image.pixel_size), specimen)
    if found is None:
        return None
    update = {"imaging": found.settings, **_shown_labels(job, labels)}
    if not IMAGING[found.settings.model].makes:
        # The quicker model has no wave to make such labels of.
        update["labels"] = update["labels"].model_copy(update={"phase_mask": False, "exit_wave": False})
    return Drafted(job.model_copy(update=update), found.mark, (*found.differs, _FEWER_LABELS))


def drafted_noise(job: Job, labels: Collection[str] = ()) -> Drafted:
    """The job without noise: the draft of a model that is quick itself."""
    return Drafted(draft_job(job, labels), NOISE_FREE, (_NO_NOISE, _FEWER_LABELS))


def draft_job(job: Job, labels: Collection[str] = ()) -> Job:
    """The job without shot noise, gain spread and read noise, and with no labels but those on screen.

    Parameters
    ----------
    job
        The exact job.
    labels
        Labels that are shown, by the names that samples have for them.

    Returns
    -------
    A job of the same count type.  Where the recipe states no dose it keeps none: the image is then the
    fraction of the beam.
    """
    exposure, detector = job.noise.exposure, job.noise.detector
    if exposure.mode == "poisson":
        exposure = exposure.model_copy(update={"mode": "expected"})
    detector = detector.model_copy(update={"gain_spread": 0.0, "read_noise": 0.0})
    noise = job.noise.model_copy(update={"exposure": exposure, "detector": detector})
    return job.model_copy(update={"noise": noise, **_shown_labels(job, labels)})


def needed_labels(display: Display) -> frozenset[str]:
    """The labels that are on screen, over the image or in its place."""
    return display.labels | ({"exit_wave"} if display.array.startswith("exit_wave") else frozenset())


def _shown_labels(job: Job, labels: Collection[str]) -> dict[str, Any]:
    """The job's labels without those that are not on screen."""
    wanted = frozenset(labels)
    kept = {name: _shows(name, wanted) for name in LABELS if getattr(job.labels, name)}
    return {"labels": job.labels.model_copy(update=kept)}


def _shows(switch: str, labels: frozenset[str]) -> bool:
    """Whether any of the labels on screen is made by a switch of the settings."""
    if switch == "composition_map":
        return any(name.startswith("composition_") for name in labels)
    return not labels.isdisjoint(MADE_BY.get(switch, (switch,)))
