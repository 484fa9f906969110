"""What a scanning TEM image costs, counted without making it."""

from __future__ import annotations

import math

from sim.core.types import AtomicSpecimen, ImageGrid
from sim.imaging.model import Effort
from sim.imaging.multislice.cells import cell_of, exit_planes
from sim.imaging.naming import in_recipe_words
from sim.imaging.stem.model import physical
from sim.imaging.stem.settings import StemImaging
from sim.physics.stem.detectors import layout
from sim.physics.stem.probe import ProbeOptics, beams
from sim.physics.stem.scan import cost


@in_recipe_words()
def effort(specimen: AtomicSpecimen, grid: ImageGrid, settings: StemImaging) -> Effort:
    """Transforms of the computing cell that a posed specimen takes; its noise costs next to nothing."""
    cell = cell_of(specimen, grid, settings.multislice)
    voltage = settings.beam.voltage
    optics = ProbeOptics(voltage, settings.convergence, source_size=settings.source_size)
    expense = cost(
        cell,
        beams(cell, optics),
        layout([physical(detector) for detector in settings.detectors], cell, voltage),
        grid.height * grid.width,
        planes=len(exit_planes(cell, settings.multislice)),
        source_size=settings.source_size,
    )
    operations = {"gram": expense.gram, "multislice": expense.direct}.get(
        settings.method, min(expense.gram, expense.direct)
    )
    count = settings.phonons.configurations if settings.phonons.kind == "frozen" else 1
    # As scan counts a transform: 5 n log2 n operations.
    size = cell.rows * cell.columns
    return Effort(cell.shape, math.ceil(count * operations / (5.0 * size * math.log2(size))), 0)
