"""A draft of a high-resolution TEM image: the same optics on coarser waves."""

from __future__ import annotations

from sim.core.types import AtomicSpecimen, ImageGrid
from sim.imaging.hrtem.check import WIDEST_ENVELOPE
from sim.imaging.hrtem.settings import CoherenceSettings, FocusSettings, HrtemImaging
from sim.imaging.model import Draft
from sim.imaging.multislice.draft import COARSE, ONE_SNAPSHOT, coarser, one_snapshot

#: Steps of a draft's search for the least contrast, Å.
COARSE_STEP, FINE_STEP = 10.0, 2.0


def draft(settings: HrtemImaging, grid: ImageGrid, specimen: AtomicSpecimen) -> Draft | None:
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
    slices, waves = coarser(settings.multislice, grid, specimen)
    phonons, snapshots = one_snapshot(settings.phonons)
    coherence, lens = _quicker(settings.coherence)
    focus, search = _rougher(settings.focus)
    differs = (*waves, *snapshots, *lens, *search)
    if not differs:
        return None
    marks = [COARSE] * bool(waves) + [ONE_SNAPSHOT] * bool(snapshots)
    drafted = settings.model_copy(
        update={"multislice": slices, "phonons": phonons, "coherence": coherence, "focus": focus}
    )
    return Draft(drafted, ", ".join(marks) or "simpler lens", differs)


def _quicker(coherence: CoherenceSettings) -> tuple[CoherenceSettings, list[str]]:
    changes: dict[str, object] = {}
    differs = []
    if coherence.method != "envelopes" and coherence.convergence <= WIDEST_ENVELOPE:
        changes["method"] = "envelopes"
        differs.append("focal spread as an envelope, not integrated")
    if coherence.tilt_spread and coherence.tilt_points > 1:
        changes["tilt_spread"] = 0.0
        differs.append("no average over beam tilts")
    return coherence.model_copy(update=changes), differs


def _rougher(focus: FocusSettings) -> tuple[FocusSettings, list[str]]:
    if focus.reference != "minimum_contrast" or focus.fine_step >= FINE_STEP:
        return focus, []
    steps = {"coarse_step": max(focus.coarse_step, COARSE_STEP), "fine_step": FINE_STEP}
    return focus.model_copy(update=steps), [
        f"defocus zero found to {FINE_STEP:g} Å, not {focus.fine_step:g} Å"
    ]
