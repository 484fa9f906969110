"""A draft of a scanning TEM image: the linear model where it applies, else a coarser scan."""

from __future__ import annotations

from sim.core.types import AtomicSpecimen, ImageGrid
from sim.imaging.model import Draft
from sim.imaging.multislice.check import sampling_for
from sim.imaging.multislice.draft import COARSE, ONE_SNAPSHOT, coarser, one_snapshot
from sim.imaging.stem.settings import AnnularDetector, StemImaging, linear_of

LINEAR = "linear model"


def draft(settings: StemImaging, grid: ImageGrid, specimen: AtomicSpecimen) -> Draft | None:
    """The draft of an image, or None where the exact image is as coarse already.

    Parameters
    ----------
    settings
        Of the exact image.
    grid
        The image.
    specimen
        As posed.
    """
    first = settings.detectors[0]
    if isinstance(first, AnnularDetector) and not settings.multislice.depth:
        return _linear(settings, first)
    needed = sampling_for(settings.beam.voltage, max(settings.convergence, first.outer))
    slices, waves = coarser(settings.multislice, grid, specimen, needed)
    phonons, snapshots = one_snapshot(settings.phonons)
    differs = (*waves, *snapshots, *_without(settings))
    if not differs:
        return None
    marks = [COARSE] * bool(waves) + [ONE_SNAPSHOT] * bool(snapshots)
    drafted = settings.model_copy(update={"multislice": slices, "phonons": phonons, "detectors": (first,)})
    return Draft(drafted, ", ".join(marks) or "first detector", differs)


def _linear(settings: StemImaging, detector: AnnularDetector) -> Draft:
    differs = ("single scattering by every atom, no channelling", *_without(settings))
    if settings.beam.tilt:
        differs = (*differs, "no beam tilt")
    return Draft(linear_of(settings, detector), LINEAR, differs)


def _without(settings: StemImaging) -> tuple[str, ...]:
    return ("no detector but the first",) if len(settings.detectors) > 1 else ()
