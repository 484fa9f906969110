"""What every model with electron waves needs, judged before any work: elements, slices, angles, the cell."""

from __future__ import annotations

import math

from sim.core.errors import InputError
from sim.core.types import ImageGrid, Outline
from sim.imaging.multislice.cells import check_depth, no_period, thickest_slice
from sim.imaging.multislice.settings import MultisliceSettings
from sim.physics.electrons import wavelength
from sim.physics.elements import SYMBOLS
from sim.physics.scattering.tables import LARGEST_TABULATED


def largest_angle(voltage: float, sampling: float) -> float:
    """Largest angle of a wave with this sampling (Å), mrad: the band ends at 1/(3·sampling)."""
    return 1e3 * wavelength(voltage) / (3.0 * sampling)


def sampling_for(voltage: float, angle: float) -> float:
    """Coarsest sampling of a wave that reaches an angle (mrad), Å."""
    return 1e3 * wavelength(voltage) / (3.0 * angle)


def check_specimen(
    slices: MultisliceSettings, grid: ImageGrid, outline: Outline, period: tuple[float, float] | None
) -> None:
    """Refuse specimens that waves cannot be sent through as the slices say."""
    check_depth(slices)
    check_elements(outline)
    thickest = thickest_slice(2.0 * outline.radius)
    if slices.slice_thickness > thickest:
        raise InputError(
            "imaging.multislice.slice_thickness",
            "is more than the whole specimen can be thick",
            value=slices.slice_thickness,
            allowed=f"up to {thickest:.3g} Å here",
            remedy="use thinner slices",
        )
    deepest = max(slices.depths, default=0.0)
    if deepest > thickest:
        raise InputError(
            "imaging.multislice.depths",
            "lists a depth below the whole specimen, where the wave is that of the exit surface",
            value=deepest,
            allowed=f"up to {thickest:.3g} Å here",
            remedy="leave it out; imaging.multislice.depth = 0 is the exit surface",
        )
    if slices.cell == "periodic" and period is None:
        raise no_period()
    if slices.cell != "padded":
        check_period(grid, period)


def check_elements(outline: Outline) -> None:
    """Refuse elements that no table of scattering factors has."""
    heavy = next((number for number, _ in outline.composition if number > LARGEST_TABULATED), None)
    if heavy is not None:
        raise InputError(
            "specimen",
            "has an element without scattering factors",
            value=SYMBOLS[heavy - 1],
            allowed=f"up to {SYMBOLS[LARGEST_TABULATED - 1]}, atomic number {LARGEST_TABULATED}",
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
