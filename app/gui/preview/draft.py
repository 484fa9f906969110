"""The draft shown while a setting is being dragged: the same image without its noise.

A draft goes through ``render`` like every image, with a job that leaves out the stages that take long
and decide nothing about what is being looked for.  It is always marked.
"""

from __future__ import annotations

from collections.abc import Collection

from sim.labels.settings import LabelSettings
from sim.recipe.model import Job

#: What a draft leaves out, as its mark says.
NOISE_FREE = "noise-free"
#: The labels that can be stored or left out.
LABELS = tuple(name for name, info in LabelSettings.model_fields.items() if info.annotation is bool)
#: An exact image that takes longer than this is replaced by a draft while something moves, seconds.
SLOW = 0.025


class DraftPolicy:
    """Decides by the time of the last exact image whether a movement is shown by drafts."""

    def __init__(self, slow: float = SLOW) -> None:
        self._slow = slow
        self._seconds_a_pixel = 0.0

    def note_exact(self, pixels: int, seconds: float) -> None:
        """Remember how long an exact image took.

        Parameters
        ----------
        pixels
            Pixels of the image.
        seconds
            From the request to the finished picture.
        """
        self._seconds_a_pixel = seconds / pixels

    def wants_draft(self, pixels: int) -> bool:
        """Whether an exact image of so many pixels would be too slow to follow a movement."""
        return self._seconds_a_pixel * pixels > self._slow


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
    kept = {name: _shows(name, labels) for name in LABELS if getattr(job.labels, name)}
    return job.model_copy(
        update={
            "noise": job.noise.model_copy(update={"exposure": exposure, "detector": detector}),
            "labels": job.labels.model_copy(update=kept),
        }
    )


def _shows(switch: str, labels: Collection[str]) -> bool:
    """Whether any of the labels on screen is made by a switch of the settings."""
    begins = {"thickness_map": "thickness_", "composition_map": "composition_"}.get(switch)
    if begins is not None:
        return any(name.startswith(begins) for name in labels)
    return switch in labels or (switch == "objects" and "planes" in labels)
