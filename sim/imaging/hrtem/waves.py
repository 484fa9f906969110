"""Exit waves of a specimen, computed once for all images that differ only behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.core.canonical import array_sha256
from sim.core.types import AtomicSpecimen, FloatArray, ImageGrid
from sim.imaging.hrtem.settings import HrtemImaging
from sim.imaging.model import Arrays, Surroundings
from sim.imaging.multislice.cells import cell_of, chosen_plane, exit_planes, plane_behind
from sim.imaging.multislice.lens import beam_direction
from sim.imaging.multislice.thermal import element_b_factors, rms_displacements
from sim.imaging.naming import in_recipe_words
from sim.physics.multislice.cell import Cell
from sim.physics.multislice.configurations import block_frequencies, block_shape, exit_blocks
from sim.physics.multislice.engine import Multislice

#: Raised whenever exit waves change for the same settings.
REVISION = 1


@dataclass(frozen=True, eq=False)
class ExitWaves:
    """Fourier blocks of the exit waves of all phonon configurations.

    Attributes
    ----------
    blocks
        (configurations, m, n) complex64; see :func:`sim.physics.multislice.blocks.band_spectrum`.
    cell
        Where they come from.
    exit
        z of the plane that they belong to, Å; see :func:`sim.imaging.multislice.cells.plane_behind`.
    kx, ky
        (n,) and (m,) Å⁻¹.
    """

    blocks: NDArray[np.complex64]
    cell: Cell
    exit: float
    kx: FloatArray
    ky: FloatArray

    def up_to(self, k_limit: float) -> ExitWaves:
        """The same without frequencies whose components exceed a limit, Å⁻¹."""
        if k_limit >= max(float(self.kx[-1]), float(self.ky[0])):
            return self
        rows, columns = block_shape(self.cell, k_limit)
        rows, columns = min(rows, len(self.ky)), min(columns, len(self.kx))
        top, left = (len(self.ky) - rows) // 2, (len(self.kx) - columns) // 2
        return ExitWaves(
            np.ascontiguousarray(self.blocks[:, top : top + rows, left : left + columns]),
            self.cell,
            self.exit,
            self.kx[left : left + columns],
            self.ky[top : top + rows],
        )


@in_recipe_words()
def exit_waves(
    specimen: AtomicSpecimen,
    grid: ImageGrid,
    settings: HrtemImaging,
    around: Surroundings,
    tilt: tuple[float, float] = (0.0, 0.0),
) -> ExitWaves:
    """The waves behind the specimen, or at the depth that is imaged.

    Parameters
    ----------
    specimen
        The atoms to go through.
    grid
        The image with its margin.
    tilt
        Tilt of the beam beside that of the settings, mrad.
    """
    slices = settings.multislice
    cell = cell_of(specimen, grid, slices)
    planes = exit_planes(cell, slices)
    wanted = chosen_plane(cell, slices)
    direction = beam_direction(settings.beam)
    direction = (direction[0] + tilt[0], direction[1] + tilt[1])
    phonons = settings.phonons
    count = phonons.configurations if phonons.kind == "frozen" else 1
    key = [
        settings.beam.digest,
        slices.model_copy(update={"depth": 0}).digest,
        phonons.digest,
        repr(cell),
        list(tilt),
        array_sha256(specimen.ids) if "ids" in specimen.parts else "",
        around.seed if phonons.kind == "frozen" else 0,
    ]

    def compute() -> Arrays:
        return _computed(specimen, cell, planes, direction, settings, count, around)

    found = around.remember("exit_waves", REVISION, key, compute, on_disk=True)
    blocks = found[str(wanted)]
    kx, ky = block_frequencies(cell, (blocks.shape[-2], blocks.shape[-1]))
    return ExitWaves(blocks, cell, plane_behind(cell, wanted), kx, ky)


def _computed(
    specimen: AtomicSpecimen,
    cell: Cell,
    planes: tuple[int, ...],
    direction: tuple[float, float],
    settings: HrtemImaging,
    count: int,
    around: Surroundings,
) -> Arrays:
    rms = rms_displacements(specimen, settings.phonons)
    static = settings.phonons.kind == "static"
    around.progress(f"exit wave 1 of {count}")
    engine = Multislice(
        cell,
        settings.beam.voltage,
        np.unique(specimen.numbers).tolist(),
        parametrisation=settings.multislice.parametrisation,
        # The engine's tilt displaces the wave against its sign.
        tilt=(-direction[0], -direction[1]),
        b_factors=element_b_factors(specimen, rms) if static else None,
    )
    shape = block_shape(cell, cell.k_max)
    waves = {plane: np.empty((count, *shape), dtype=np.complex64) for plane in planes}
    made = exit_blocks(
        engine,
        specimen.positions,
        specimen.numbers,
        np.zeros(len(specimen)) if static else rms,
        around.seed,
        count,
        cell.k_max,
        planes=planes,
        workers=around.workers,
        cancel=around.cancel,
        progress=lambda done, whole: around.progress(f"exit wave {min(done + 1, whole)} of {whole}"),
        ids=specimen.ids,
    )
    for configuration, blocks in enumerate(made):
        for plane, block in zip(planes, blocks, strict=True):
            waves[plane][configuration] = block
    return {str(plane): kept for plane, kept in waves.items()}
