"""What high-resolution TEM images need, judged before any work: sampling, thickness, memory."""

from __future__ import annotations

import math

from sim.core.errors import InputError
from sim.core.types import ImageGrid, Outline
from sim.imaging.hrtem.settings import HrtemImaging
from sim.imaging.multislice.settings import MultisliceSettings
from sim.physics.electrons import wavelength
from sim.physics.elements import SYMBOLS

#: Elements with scattering factors.
LARGEST_NUMBER = 103
#: Full width at half maximum of a Gaussian, in standard deviations.
_WIDTH = 2.3548
#: Illumination semiangles beyond this are no small correction of the transfer, mrad.
WIDEST_ENVELOPE = 5.0


def check(
    settings: HrtemImaging, grid: ImageGrid, outline: Outline, period: tuple[float, float] | None
) -> None:
    """Refuse what cannot be imaged.

    Parameters
    ----------
    settings
        Of one image.
    grid
        Its pixels.
    outline
        Bounds of the specimen.
    period
        The box that it repeats with, Å; None where it does not, or where it is turned.

    Raises
    ------
    InputError
        Naming the setting, and what would do.
    """
    check_specimen(settings.multislice, grid, outline, period)
    length = wavelength(settings.beam.voltage)
    sampling = settings.multislice.sampling
    largest = 1e3 * length / (3.0 * sampling)
    if settings.aperture > largest:
        needed = 1e3 * length / (3.0 * settings.aperture)
        raise InputError(
            "imaging.aperture",
            f"passes angles beyond those of a wave sampled at {sampling:g} Å",
            value=settings.aperture,
            allowed=f"up to {math.floor(largest * 10.0) / 10.0:g} mrad here",
            remedy=f"set imaging.multislice.sampling to {math.floor(needed * 1e3) / 1e3:g} Å or less",
        )
    coherence = settings.coherence
    if coherence.convergence and coherence.method == "envelopes" and coherence.convergence > WIDEST_ENVELOPE:
        raise InputError(
            "imaging.coherence.convergence",
            "is too wide for an envelope",
            value=coherence.convergence,
            allowed=f"up to {WIDEST_ENVELOPE:g} mrad",
            remedy="make it smaller",
        )


def check_specimen(
    slices: MultisliceSettings, grid: ImageGrid, outline: Outline, period: tuple[float, float] | None
) -> None:
    """Refuse specimens that waves cannot be sent through as the slices say."""
    from sim.imaging.multislice.cells import check_depth

    check_depth(slices)
    check_elements(outline)
    thickest = 2.0 * outline.radius + 1.0
    if slices.slice_thickness > max(thickest, 2.0):
        raise InputError(
            "imaging.multislice.slice_thickness",
            "is more than the whole specimen can be thick",
            value=slices.slice_thickness,
            allowed=f"up to {max(thickest, 2.0):.3g} Å here",
            remedy="use thinner slices",
        )
    if slices.cell == "periodic" and period is None:
        raise InputError(
            "imaging.multislice.cell",
            "the specimen does not repeat, or is turned",
            value="periodic",
            allowed="auto, padded",
            remedy="use 'padded', or a scene with a film and without rotation",
        )
    if slices.cell != "padded":
        check_period(grid, period)


def check_elements(outline: Outline) -> None:
    """Refuse elements that no table of scattering factors has."""
    heavy = next((number for number, _ in outline.composition if number > LARGEST_NUMBER), None)
    if heavy is not None:
        raise InputError(
            "specimen",
            "has an element without scattering factors",
            value=SYMBOLS[heavy - 1],
            allowed=f"up to {SYMBOLS[LARGEST_NUMBER - 1]}, atomic number {LARGEST_NUMBER}",
            remedy="replace the element",
        )


def check_period(grid: ImageGrid, period: tuple[float, float] | None) -> None:
    """Refuse an image that would show parts of a repeating scene twice."""
    if period is None:
        return
    for name, pixels, side in (("width", grid.width, period[0]), ("height", grid.height, period[1])):
        if pixels * grid.pixel_size > side * (1.0 + 1e-9):
            raise InputError(
                f"image.{name}",
                f"shows {pixels * grid.pixel_size:.4g} Å of a scene that repeats every {side:g} Å",
                value=pixels,
                allowed=f"up to {math.floor(side / grid.pixel_size)} px here",
                remedy=f"make it smaller, or specimen.{name} larger",
            )


def points(
    slices: MultisliceSettings, grid: ImageGrid, period: tuple[float, float] | None
) -> tuple[int, int]:
    """About as many rows and columns as the computing cell will have."""
    if period is not None and slices.cell != "padded":
        return math.ceil(period[1] / slices.sampling), math.ceil(period[0] / slices.sampling)
    height, width = (pixels * grid.pixel_size + 2.0 * slices.padding for pixels in grid.shape)
    return math.ceil(1.1 * height / slices.sampling), math.ceil(1.1 * width / slices.sampling)


def memory_bytes(
    settings: HrtemImaging, grid: ImageGrid, outline: Outline, period: tuple[float, float] | None
) -> int:
    """Working memory of an image with its exit waves, bytes; the waves of all snapshots are held at once."""
    del outline
    rows, columns = points(settings.multislice, grid, period)
    size = rows * columns
    count = settings.phonons.configurations if settings.phonons.kind == "frozen" else 1
    planes = 1 + len(settings.multislice.depths)
    # Kept: the band's square, (2/3)² of the points, complex64, for the whole specimen and its particles.
    kept = size * 4 // 9 * 8 * count * planes * 2
    return size * 90 + kept


def spot_sigma(settings: HrtemImaging) -> float:
    """Width of a Gaussian that is resolved where the image's finest fringes are, Å."""
    length = wavelength(settings.beam.voltage)
    finest = 1.0 / (3.0 * settings.multislice.sampling)
    if settings.aperture:
        finest = min(finest, 1e-3 * settings.aperture / length)
    if settings.coherence.focal_spread:
        # Where the envelope of the focal spread has fallen to exp(−2).
        finest = min(
            finest, math.sqrt(math.sqrt(2.0) / (0.5 * math.pi * length * settings.coherence.focal_spread))
        )
    return 1.0 / finest / _WIDTH
