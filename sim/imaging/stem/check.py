"""What scanning TEM images need, judged before any work: angles, thickness, memory."""

from __future__ import annotations

import math

from sim.core.errors import InputError
from sim.core.types import ImageGrid, Outline
from sim.imaging.multislice.check import (
    check_elements,
    check_period,
    check_specimen,
    largest_angle,
    points,
    sampling_for,
)
from sim.imaging.multislice.lens import FULL_WIDTH
from sim.imaging.multislice.settings import MultisliceSettings
from sim.imaging.multislice.thermal import own_factors
from sim.imaging.naming import in_recipe_words
from sim.imaging.stem.settings import (
    DetectorSettings,
    PixelatedDetector,
    ProbeImaging,
    SegmentedDetector,
    StemImaging,
)
from sim.physics.electrons import wavelength

#: Name, unit, first value and step of an axis.
Axis = tuple[str, str, float, float]
#: Plane waves or probes that are held at once, bytes; see :mod:`sim.physics.stem.scan`.
_HELD = 1_200_000_000


def check(
    settings: StemImaging, grid: ImageGrid, outline: Outline, period: tuple[float, float] | None
) -> None:
    """Refuse what cannot be imaged.

    Raises
    ------
    InputError
        Naming the setting, and what would do.
    """
    check_angles(settings)
    own_factors(settings.phonons)
    check_specimen(settings.multislice, grid, outline, period)
    _check_cone(settings, grid, settings.multislice, period)


def check_probe(
    settings: ProbeImaging, grid: ImageGrid, outline: Outline, period: tuple[float, float] | None
) -> None:
    """Refuse what the linear model cannot image: elements without cross-sections, more than the scene."""
    own_factors(settings.phonons)
    check_elements(outline)
    check_period(grid, period)
    from sim.imaging.stem.linear import slices_of

    _check_cone(settings, grid, slices_of(settings, 1.0), period)


@in_recipe_words()
def _check_cone(
    settings: StemImaging | ProbeImaging,
    grid: ImageGrid,
    slices: MultisliceSettings,
    period: tuple[float, float] | None,
) -> None:
    """Refuse a cone that the computing cell of this image cannot hold, too wide or too narrow for it."""
    from sim.physics.multislice.cell import padded_cell, periodic_cell
    from sim.physics.stem.probe import ProbeOptics

    # How deep the cell is plays no part.
    deep, thickness = (0.0, slices.slice_thickness), slices.slice_thickness
    if period is None or slices.cell == "padded":
        cell = padded_cell(grid, slices.padding, slices.sampling, deep, thickness)
    else:
        cell = periodic_cell(*period, (0.0, 0.0), slices.sampling, deep, thickness)
    ProbeOptics(settings.beam.voltage, settings.convergence, source_size=settings.source_size).check(cell)


def memory_bytes(
    settings: StemImaging, grid: ImageGrid, outline: Outline, period: tuple[float, float] | None
) -> int:
    """Working memory of an image, bytes."""
    del outline
    rows, columns = points(settings.multislice, grid, period)
    beams = math.pi * (1e-3 * settings.convergence / wavelength(settings.beam.voltage)) ** 2
    beams *= rows * columns * settings.multislice.sampling**2
    cameras = 0
    for detector in settings.detectors:
        if isinstance(detector, PixelatedDetector):
            cameras += 8 * grid.height * grid.width * max(detector.pixels, 100) ** 2
    return int(rows * columns * 120 + min(_HELD, 8 * beams * rows * columns) + cameras)


def shape_of(detector: DetectorSettings) -> tuple[int, ...]:
    """Shape of a detector's signal at one pixel of the image."""
    if isinstance(detector, SegmentedDetector):
        return (detector.segments,)
    if isinstance(detector, PixelatedDetector):
        return (detector.pixels, detector.pixels)
    return ()


def axes_of(detector: DetectorSettings) -> tuple[Axis, ...]:
    """Axes of a detector's signal beyond those of the image: name, unit, first value, step."""
    if isinstance(detector, SegmentedDetector):
        return (("segment", "", 0.0, 1.0),)
    if isinstance(detector, PixelatedDetector):
        step = 2.0 * detector.outer / detector.pixels
        first = detector.outer - 0.5 * step
        # Rows run from +y downwards, as those of the image.
        return (("angle_y", "mrad", first, -step), ("angle_x", "mrad", -first, step))
    return ()


def check_angles(settings: StemImaging) -> None:
    """Refuse detectors and apertures that the sampling cannot hold, from the settings alone.

    Raises
    ------
    InputError
        Naming the largest angle, and the sampling that would be needed.
    """
    voltage, sampling = settings.beam.voltage, settings.multislice.sampling
    largest = largest_angle(voltage, sampling)
    angles = [("imaging.convergence", settings.convergence, 1.0)]
    for detector in settings.detectors:
        # A camera reaches farthest in its corners.
        corner = math.sqrt(2.0) if isinstance(detector, PixelatedDetector) else 1.0
        angles.append((f"imaging.detectors.{detector.name}.outer", detector.outer, corner))
    for path, angle, corner in angles:
        if angle * corner > largest:
            needed = _floor(sampling_for(voltage, angle * corner))
            raise InputError(
                path,
                f"reaches {angle * corner:.4g} mrad, but a wave sampled at {sampling:g} Å only {largest:.4g}",
                value=angle,
                allowed=f"up to {math.floor(largest / corner * 10.0) / 10.0:g} mrad here",
                remedy=f"set imaging.multislice.sampling to {needed:g} Å or less",
            )


def _floor(sampling: float) -> float:
    """Rounded down to two digits."""
    digits = 1 - math.floor(math.log10(sampling))
    return math.floor(sampling * 10.0**digits) / 10.0**digits


def probe_sigma(voltage: float, convergence: float, source_size: float) -> float:
    """Standard deviation of a Gaussian as wide as a probe in focus, Å: what resolves columns."""
    diffraction = 0.51 * wavelength(voltage) / (1e-3 * convergence)
    return math.hypot(diffraction, source_size) / FULL_WIDTH
