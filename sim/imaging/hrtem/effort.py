"""What a high-resolution TEM image costs, counted without making it."""

from __future__ import annotations

import math

from sim.core.types import AtomicSpecimen, ImageGrid
from sim.imaging.hrtem.model import largest_frequency
from sim.imaging.hrtem.settings import HrtemImaging
from sim.imaging.model import Effort
from sim.imaging.multislice.cells import cell_of

#: Work of a slice beside its two transforms, as a share of them (potential, products).
_BESIDE = 1.25


def effort(specimen: AtomicSpecimen, grid: ImageGrid, settings: HrtemImaging, phase_mask: bool) -> Effort:
    """Transforms of the computing cell that a posed specimen and each of its images take.

    Parameters
    ----------
    specimen, grid
        As for :func:`sim.imaging.hrtem.model.project`.
    phase_mask
        Whether the particles are imaged alone as well.
    """
    count = settings.phonons.configurations if settings.phonons.kind == "frozen" else 1
    coherence = settings.coherence
    tilts = coherence.tilt_points**2 if coherence.tilt_spread else 1
    cell = cell_of(specimen, grid, settings.multislice)
    once = 2.0 * _BESIDE * cell.slices * count * tilts
    calibrated = settings.focus.reference == "minimum_contrast"
    # An image is made of fewer points than the wave has: those of its own pixels.
    points = 4.0 * largest_frequency(grid) ** 2 * cell.width * cell.height
    share = min(1.0, points / (cell.rows * cell.columns))
    particles = specimen.only(specimen.particles)
    if calibrated or phase_mask:
        alone = cell_of(particles, grid, settings.multislice)
        if len(particles) < len(specimen) or tilts > 1:
            once += 2.0 * _BESIDE * alone.slices * count
    if calibrated:
        focus = settings.focus
        reach = 2.0 * focus.search_margin + float(
            particles.positions[:, 2].max() - particles.positions[:, 2].min()
        )
        foci = reach / focus.coarse_step + 2.0 * focus.coarse_step / focus.fine_step
        once += foci * count * share
    points_of_focus = coherence.focal_points if coherence.method == "focal_integration" else 1
    each = 1.5 * count * tilts * points_of_focus * share
    return Effort(cell.shape, math.ceil(once), math.ceil(each))
