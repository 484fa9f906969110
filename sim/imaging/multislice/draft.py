"""Coarser waves for a draft: fewer points, thicker slices, one snapshot of the moving atoms."""

from __future__ import annotations

import math

import numpy as np

from sim.core.types import AtomicSpecimen, ImageGrid
from sim.imaging.multislice.cells import thickest_slice
from sim.imaging.multislice.settings import MultisliceSettings, PhononSettings

#: Points along the longer side of a draft's computing cell, about.
POINTS = 512
#: Slices of a draft are no thicker than this, Å.
THICKEST = 4.0
COARSE = "coarse waves"
ONE_SNAPSHOT = "1 snapshot"


def coarser(
    slices: MultisliceSettings, grid: ImageGrid, specimen: AtomicSpecimen, finest: float = math.inf
) -> tuple[MultisliceSettings, list[str]]:
    """Slices with fewer points and more thickness, and what differs.

    Parameters
    ----------
    slices
        As asked for.
    grid
        The image.
    specimen
        As posed.
    finest
        Sampling that is needed in any case, Å: of the angles that are detected.
    """
    sampling = max(slices.sampling, min(_sampling(slices, grid, specimen), finest))
    deep = float(np.ptp(specimen.positions[:, 2]))
    thickness = max(slices.slice_thickness, min(THICKEST, thickest_slice(deep)))
    differs = []
    if sampling != slices.sampling:
        differs.append(f"waves sampled every {sampling:.2g} Å, not {slices.sampling:g} Å")
    if thickness != slices.slice_thickness:
        differs.append(f"slices of {thickness:.2g} Å, not {slices.slice_thickness:g} Å")
    return slices.model_copy(update={"sampling": sampling, "slice_thickness": thickness}), differs


def one_snapshot(phonons: PhononSettings) -> tuple[PhononSettings, list[str]]:
    """Thermal motion with one configuration, and what differs."""
    if phonons.kind != "frozen" or phonons.configurations == 1:
        return phonons, []
    phrase = f"1 snapshot of the moving atoms, not {phonons.configurations}"
    return phonons.model_copy(update={"configurations": 1}), [phrase]


def _sampling(slices: MultisliceSettings, grid: ImageGrid, specimen: AtomicSpecimen) -> float:
    """Sampling with about as many points as a draft may have, Å."""
    if specimen.period is not None and slices.cell != "padded":
        return max(specimen.period) / POINTS
    side = max(grid.shape) * grid.pixel_size + 2.0 * slices.padding
    # A padded cell divides pixels into whole steps.
    steps = math.floor(POINTS * grid.pixel_size / side)
    return grid.pixel_size / steps if steps else side / POINTS
