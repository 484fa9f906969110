"""Which array of a sample is shown: its image, or one of those beside it.  No Qt.

A detector's segments can be shown one by one or added up, a camera's pixels added up; exit waves by phase and
amplitude.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.gui.preview.results import ALL_PARTS, Display
from sim.core.types import Sample
from sim.recipe.imaging_models import IMAGING
from sim.recipe.model import Job

#: Unit of phases.
PHASE_UNIT = "rad"
_DETECTOR, _EXPECTED = "detector_", "_clean"
#: Name, quantity, unit and words of the arrays that are no detector's.
_WAVES = {
    "exit_wave_phase": ("Phase", PHASE_UNIT, "exit wave phase"),
    "exit_wave_amplitude": ("Amplitude", "", "exit wave amplitude"),
}


@dataclass(frozen=True)
class Choice:
    """One thing that can be shown.

    Attributes
    ----------
    array, part
        As of :class:`~app.gui.preview.results.Display`.
    title
        Its words in menus.
    both
        Whether it can be had noisy and noise-free.
    """

    array: str
    part: int
    title: str
    both: bool = True


@dataclass(frozen=True, eq=False)
class Chosen:
    """The array that is shown.

    Attributes
    ----------
    values
        (H, W).
    name
        Of the sample's further array; empty: its image.
    quantity, unit
        Of the values.
    described
        What it is, in a few words.
    """

    values: NDArray[Any]
    name: str
    quantity: str
    unit: str
    described: str


def choices(job: Job) -> tuple[Choice, ...]:
    """What can be shown of an image, its own array first; from the job alone, as drafts have less."""
    arrays = IMAGING[job.imaging.model].arrays(job.imaging, job.labels)
    found = [Choice("", ALL_PARTS, _image_title(job))]
    for name, shape in arrays.items():
        if name in _WAVES:
            found.append(Choice(name, ALL_PARTS, _WAVES[name][2], both=False))
        elif not _is_expected(name, arrays):
            title = name.removeprefix(_DETECTOR)
            both = f"{name}{_EXPECTED}" in arrays
            found.append(Choice(name, ALL_PARTS, f"{title}, sum" if shape else title, both))
            if len(shape) == 1:
                found += [
                    Choice(name, part, f"{title}, segment {part + 1}", both) for part in range(shape[0])
                ]
    return tuple(found)


def choice_of(job: Job, display: Display) -> Choice:
    """What a display chooses of an image; the image's own array where it has not what is chosen."""
    every = choices(job)
    wanted = (display.array, display.part)
    return next((choice for choice in every if (choice.array, choice.part) == wanted), every[0])


def cameras(job: Job) -> tuple[str, ...]:
    """Names of the further arrays with a diffraction pattern for every pixel."""
    arrays = IMAGING[job.imaging.model].arrays(job.imaging, job.labels)
    return tuple(name for name, shape in arrays.items() if len(shape) == 2)


def chosen(sample: Sample, job: Job, display: Display) -> Chosen:
    """The array that a display chooses; the image where the sample has it not, as drafts may.

    Parameters
    ----------
    sample
        As rendered.
    job
        The job of the exact image.
    display
        What is wanted.
    """
    choice = choice_of(job, display)
    clean = display.shown == "clean"
    if choice.array not in sample.extras:
        several = len(choices(job)) > 1
        words = f"{_image_title(job)}, " if several else ""
        return Chosen(
            sample.clean if clean else sample.image,
            "",
            "Intensity",
            unit(job, clean),
            f"{words}{'noise-free' if clean else 'noisy'}",
        )
    if choice.array in _WAVES:
        quantity, own, words = _WAVES[choice.array]
        return Chosen(sample.extras[choice.array], choice.array, quantity, own, words)
    expected = f"{choice.array}{_EXPECTED}"
    clean = clean and expected in sample.extras
    values = _part(sample.extras[expected if clean else choice.array], choice.part)
    words = f"{choice.title}, {'noise-free' if clean else 'noisy'}"
    return Chosen(values, choice.array, "Intensity", unit(job, clean), words)


def unit(job: Job, clean: bool) -> str:
    """Unit of an image's values: electrons, a detector's counts, or the fraction of the beam."""
    if job.noise.exposure.mode == "none":
        return "of the beam"
    return "e⁻" if clean or job.noise.detector.plain().perfect else "counts"


def _part(array: NDArray[Any], part: int) -> NDArray[Any]:
    """(H, W) of an array (H, W, …): one segment, or all parts added up."""
    if array.ndim == 2:
        return array
    if part != ALL_PARTS:
        return np.ascontiguousarray(array[:, :, part])
    return array.reshape(*array.shape[:2], -1).sum(axis=2, dtype=np.float64).astype(array.dtype)


def _is_expected(name: str, arrays: dict[str, tuple[int, ...]]) -> bool:
    """Whether an array is the expectation of another."""
    return name.endswith(_EXPECTED) and name.removesuffix(_EXPECTED) in arrays


def _image_title(job: Job) -> str:
    """What the image's own array is called."""
    detectors = getattr(job.imaging, "detectors", ())
    return str(detectors[0].name) if detectors else "image"
