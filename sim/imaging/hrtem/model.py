"""The high-resolution TEM model: from atoms to |ψ|², and what follows from the exit wave."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from sim.core.canonical import array_sha256
from sim.core.types import AtomicSpecimen, FloatArray, ImageGrid
from sim.imaging.hrtem.settings import HrtemImaging
from sim.imaging.hrtem.waves import REVISION, ExitWaves, exit_waves
from sim.imaging.model import Arrays, Projected, Surroundings
from sim.imaging.multislice.cells import cell_of
from sim.imaging.multislice.lens import aberrations_of, beam_direction, reference_plane
from sim.imaging.naming import in_recipe_words
from sim.physics.electrons import wavelength
from sim.physics.multislice.blocks import GridPoints, on_grid
from sim.physics.optics.calibration import minimum_contrast
from sim.physics.optics.imaging import HrtemOptics, ImageFormation
from sim.physics.optics.masks import mean_block, phase_mask, propagated

#: Raised whenever a calibration changes for the same waves.
CALIBRATION_REVISION = 1

Wave = NDArray[np.complexfloating]


@in_recipe_words()
def project(
    specimen: AtomicSpecimen, grid: ImageGrid, settings: HrtemImaging, around: Surroundings
) -> Projected:
    """The image |ψ|² of a specimen, 1 in vacuum.

    Parameters
    ----------
    specimen
        As posed.
    grid
        Pixels of the image, margin included.
    """
    plane, truth = focal_plane(specimen, grid, settings, around)
    total: FloatArray = np.zeros(grid.shape)
    for tilt, weight in _tilts(settings):
        waves = exit_waves(specimen, grid, settings, around, tilt).up_to(largest_frequency(grid))
        around.progress("lens")
        total += weight * image_at(waves, grid, settings, waves.exit - plane, around.cancel, tilt)
    return Projected(total, truth=truth)


def focal_plane(
    specimen: AtomicSpecimen, grid: ImageGrid, settings: HrtemImaging, around: Surroundings
) -> tuple[float, dict[str, float]]:
    """z of the plane in focus, Å, and what there is to know of it.

    Notes
    -----
    Underfocus brings a plane above the reference into focus: z = reference + defocus.
    """
    zero = defocus_zero(specimen, grid, settings, around)
    defocus = settings.focus.defocus + settings.focus.error
    return zero + defocus, {"defocus": defocus, "defocus_zero": zero}


@in_recipe_words()
def defocus_zero(
    specimen: AtomicSpecimen, grid: ImageGrid, settings: HrtemImaging, around: Surroundings
) -> float:
    """z of the plane that the defocus is counted from, Å."""
    focus = settings.focus
    if focus.reference != "minimum_contrast":
        return reference_plane(specimen, focus.reference)
    particles = specimen.only(specimen.particles)
    still = settings.model_copy(update={"multislice": settings.multislice.model_copy(update={"depth": 0})})
    key = [
        REVISION,
        settings.beam.digest,
        still.multislice.digest,
        settings.phonons.digest,
        focus.search_margin,
        focus.coarse_step,
        focus.fine_step,
        settings.coherence.focal_spread,
        repr(cell_of(particles, grid, still.multislice)),
        grid.pixel_size,
        around.seed,
        array_sha256(particles.ids),
    ]

    def compute() -> Arrays:
        waves = exit_waves(particles, grid, still, around).up_to(largest_frequency(grid))
        around.progress("least contrast")
        z = particles.positions[:, 2]
        low, high = float(z.min()) - focus.search_margin, float(z.max()) + focus.search_margin
        found = minimum_contrast(
            list(waves.blocks),
            waves.kx,
            waves.ky,
            settings.beam.voltage,
            waves.exit - high,
            waves.exit - low,
            focal_spread=settings.coherence.focal_spread,
            coarse=focus.coarse_step,
            fine=focus.fine_step,
            workers=around.workers,
            cancel=around.cancel,
        )
        return {
            "z": np.array([waves.exit - found.c10]),
            "curve_z": waves.exit - found.curve_c10,
            "curve_variance": found.curve_variance,
        }

    made = around.remember("defocus_zero", CALIBRATION_REVISION, key, compute, on_disk=True)
    return float(made["z"][0])


@in_recipe_words()
def image_at(
    waves: ExitWaves,
    grid: ImageGrid,
    settings: HrtemImaging,
    c10: float,
    cancel: Callable[[], None],
    tilt: tuple[float, float] = (0.0, 0.0),
) -> FloatArray:
    """One image of stored waves, (H, W) float64.

    Parameters
    ----------
    c10
        Of the lens, relative to the plane of the waves, Å.
    """
    formation = formation_of(waves, settings, tilt)
    return formation.image(
        waves.blocks,
        c10,
        place=GridPoints(waves.cell, grid),
        pixel_size=grid.pixel_size,
        cancel=cancel,
    )


@in_recipe_words()
def formation_of(
    waves: ExitWaves, settings: HrtemImaging, tilt: tuple[float, float] = (0.0, 0.0)
) -> ImageFormation:
    """The lens for these waves; images that differ in focus only share it."""
    coherence = settings.coherence
    direction = beam_direction(settings.beam)
    optics = HrtemOptics(
        voltage=settings.beam.voltage,
        aberrations=aberrations_of(settings.aberrations),
        aperture=settings.aperture,
        focal_spread=coherence.focal_spread,
        convergence=coherence.convergence,
        vibration=coherence.vibration,
        coherence=coherence.method,
        focal_points=coherence.focal_points,
        tilt=(direction[0] + tilt[0], direction[1] + tilt[1]),
    )
    return ImageFormation(waves.kx, waves.ky, optics)


def largest_frequency(grid: ImageGrid) -> float:
    """What the image's pixels can show, Å⁻¹: higher frequencies of the wave are left out."""
    return 0.5 / grid.pixel_size


@in_recipe_words()
def exit_wave(
    specimen: AtomicSpecimen, grid: ImageGrid, settings: HrtemImaging, around: Surroundings
) -> Wave:
    """Mean exit wave at the pixels, (H, W) complex64, in the plane of the lowest atom or the imaged depth."""
    waves = exit_waves(specimen, grid, settings, around).up_to(largest_frequency(grid))
    half = 0.5 * waves.cell.slice_thickness
    plane = waves.exit + half if settings.multislice.depth else reference_plane(specimen, "exit")
    mean = mean_block(waves.blocks)
    length = wavelength(settings.beam.voltage)
    return on_grid(propagated(mean, waves.kx, waves.ky, length, waves.exit - plane), waves.cell, grid)


@in_recipe_words()
def particle_phase_mask(
    specimen: AtomicSpecimen,
    grid: ImageGrid,
    settings: HrtemImaging,
    threshold: float,
    blur: float,
    around: Surroundings,
) -> NDArray[np.uint8]:
    """Where the particles alone turn the phase of the wave, (H, W).

    Notes
    -----
    The particles are imaged in vacuum, with the motion they have in the whole specimen, in the plane that
    the defocus is counted from: the mask depends on no condition of the microscope behind the specimen.
    """
    particles = specimen.only(specimen.particles)
    whole = settings.model_copy(update={"multislice": settings.multislice.model_copy(update={"depth": 0})})
    waves = exit_waves(particles, grid, whole, around).up_to(largest_frequency(grid))
    around.progress("phase mask")
    reference = settings.focus.reference
    zero = (
        defocus_zero(specimen, grid, settings, around)
        if reference == "minimum_contrast"
        else reference_plane(particles, reference)
    )
    made = phase_mask(
        waves.blocks,
        waves.kx,
        waves.ky,
        wavelength(settings.beam.voltage),
        waves.exit - zero,
        pixel_size=grid.pixel_size,
        place=lambda block: on_grid(block, waves.cell, grid),
        threshold=threshold,
        sigma=blur,
    )
    return made.mask


def _tilts(settings: HrtemImaging) -> Iterator[tuple[tuple[float, float], float]]:
    """Tilts beside that of the beam (x, y), mrad, and their weights, which add to 1."""
    coherence = settings.coherence
    if coherence.tilt_spread == 0.0 or coherence.tilt_points == 1:
        yield (0.0, 0.0), 1.0
        return
    # Gauss–Hermite nodes of a normal distribution.
    nodes, weights = np.polynomial.hermite_e.hermegauss(coherence.tilt_points)
    weights = weights / weights.sum()
    for x, share_x in zip(nodes, weights, strict=True):
        for y, share_y in zip(nodes, weights, strict=True):
            yield (
                (coherence.tilt_spread * float(x), coherence.tilt_spread * float(y)),
                float(share_x * share_y),
            )
