"""The scanning TEM model: one array a detector, from one pass of multislice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.canonical import array_sha256
from sim.core.types import AtomicSpecimen, FloatArray, ImageGrid
from sim.imaging.model import Arrays, Projected, Surroundings
from sim.imaging.multislice.cells import cell_of, chosen_plane, exit_planes, plane_behind
from sim.imaging.multislice.lens import aberrations_of, beam_direction, reference_plane
from sim.imaging.multislice.thermal import element_b_factors, rms_displacements
from sim.imaging.naming import in_recipe_words
from sim.imaging.stem.settings import (
    AnnularDetector,
    BrightFieldDetector,
    DetectorSettings,
    PixelatedDetector,
    SegmentedDetector,
    StemImaging,
)
from sim.physics.multislice.cell import Cell
from sim.physics.stem.detectors import Annular, Detector, Pixelated, Segmented
from sim.physics.stem.probe import ProbeOptics
from sim.physics.stem.scan import Method, stem_images

#: Raised whenever images change for the same settings.
REVISION = 2


@in_recipe_words()
def project(
    specimen: AtomicSpecimen, grid: ImageGrid, settings: StemImaging, around: Surroundings
) -> Projected:
    """The images of all detectors, fractions of the beam; the first one's is the image.

    Parameters
    ----------
    specimen
        As posed.
    grid
        Pixels of the image, margin included: the points of the scan.
    """
    cell = cell_of(specimen, grid, settings.multislice)
    planes = exit_planes(cell, settings.multislice)
    wanted = planes.index(chosen_plane(cell, settings.multislice))
    slices = settings.multislice.model_copy(update={"depth": 0})
    key = [
        settings.model_copy(update={"multislice": slices}).digest,
        repr(cell),
        list(grid.shape),
        grid.pixel_size,
        array_sha256(specimen.ids) if "ids" in specimen.parts else "",
        around.seed if settings.phonons.kind == "frozen" else 0,
    ]

    def compute() -> Arrays:
        return _scanned(specimen, grid, settings, cell, planes, around)

    made = around.remember("stem_images", REVISION, key, compute, on_disk=True)
    images = {name: image[wanted] for name, image in made.items()}
    first = settings.detectors[0].name
    defocus = settings.focus.defocus + settings.focus.error
    extras = {name: image for name, image in images.items() if name != first}
    # Rounding and exact interpolation leave a little below zero where nothing is scattered.
    return Projected(np.maximum(images[first], 0.0), extras, {"defocus": defocus})


def _scanned(
    specimen: AtomicSpecimen,
    grid: ImageGrid,
    settings: StemImaging,
    cell: Cell,
    planes: tuple[int, ...],
    around: Surroundings,
) -> Arrays:
    phonons = settings.phonons
    static = phonons.kind == "static"
    rms = rms_displacements(specimen, phonons)
    # The probe is focused relative to the specimen's own surfaces, not to those of the cell.
    focus = reference_plane(specimen, settings.focus.reference) - (
        settings.focus.defocus + settings.focus.error
    )
    optics = ProbeOptics(
        settings.beam.voltage,
        settings.convergence,
        aberrations_of(settings.aberrations, focus - plane_behind(cell, 0)),
        source_size=settings.source_size,
    )
    direction = beam_direction(settings.beam)
    count = phonons.configurations if phonons.kind == "frozen" else 1
    method: Method = "direct" if settings.method == "multislice" else settings.method

    def progress(share: float) -> None:
        around.progress(f"probe scan {100.0 * share:.0f} %")

    progress(0.0)
    images = stem_images(
        specimen.positions,
        specimen.numbers,
        rms if phonons.kind == "frozen" else None,
        cell,
        optics,
        [physical(detector) for detector in settings.detectors],
        *grid.centres(),
        method=method,
        seed=around.seed,
        configurations=count,
        planes=planes,
        # The engine's tilt displaces the wave against its sign.
        tilt=(-direction[0], -direction[1]),
        parametrisation=settings.multislice.parametrisation,
        b_factors=element_b_factors(specimen, rms) if static else None,
        workers=around.workers,
        cancel=around.cancel,
        progress=progress,
        ids=specimen.ids,
    )
    made: dict[str, NDArray[Any]] = {}
    for detector in settings.detectors:
        image = images[detector.name]
        if isinstance(detector, PixelatedDetector):
            image = on_camera(image, detector, cell, settings.beam.voltage)
        made[detector.name] = image
    return made


def physical(detector: DetectorSettings) -> Detector:
    """A detector's settings as the physics takes them."""
    match detector:
        case AnnularDetector():
            return Annular(detector.name, detector.inner, detector.outer)
        case BrightFieldDetector():
            return Annular(detector.name, 0.0, detector.outer)
        case SegmentedDetector():
            return Segmented(
                detector.name, detector.inner, detector.outer, detector.segments, detector.rotation
            )
        case PixelatedDetector():
            return Pixelated(detector.name, detector.outer)


def on_camera(
    patterns: NDArray[np.float32], detector: PixelatedDetector, cell: Cell, voltage: float
) -> NDArray[np.float32]:
    """Patterns at the cell's own frequencies, spread over the pixels of a camera.

    Parameters
    ----------
    patterns
        (…, n_y, n_x) fractions of the beam.

    Returns
    -------
    (…, pixels, pixels): each frequency stands for a rectangle that is shared out by area, so that no
    electron inside the camera is lost or counted twice.
    """
    y, x = Pixelated(detector.name, detector.outer).angles(cell, voltage)
    rows = _shares(-y, detector.outer, detector.pixels)
    columns = _shares(x, detector.outer, detector.pixels)
    result = np.empty((*patterns.shape[:-2], detector.pixels, detector.pixels), dtype=np.float32)
    for place in np.ndindex(*patterns.shape[:-3]):
        result[place] = rows @ patterns[place] @ columns.T
    return result


def _shares(angles: FloatArray, outer: float, pixels: int) -> NDArray[np.float32]:
    """(pixels, n) share of each frequency that falls onto each pixel; ascending angles, mrad."""
    half = 0.5 * (angles[1] - angles[0]) if len(angles) > 1 else outer
    edges = np.linspace(-outer, outer, pixels + 1)
    low, high = angles - half, angles + half
    overlap = np.minimum(edges[1:, None], high[None, :]) - np.maximum(edges[:-1, None], low[None, :])
    shares: NDArray[np.float32] = (np.maximum(overlap, 0.0) / (2.0 * half)).astype(np.float32)
    return shares
