"""What high-resolution TEM images need, judged before any work: sampling, thickness, memory."""

from __future__ import annotations

import math

from sim.core.errors import InputError
from sim.core.types import ImageGrid, Outline
from sim.imaging.hrtem.settings import HrtemImaging
from sim.imaging.multislice.check import check_specimen, largest_angle, points, sampling_for
from sim.imaging.multislice.lens import FULL_WIDTH
from sim.imaging.multislice.thermal import own_factors
from sim.physics.electrons import wavelength

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
    own_factors(settings.phonons)
    check_specimen(settings.multislice, grid, outline, period)
    voltage, sampling = settings.beam.voltage, settings.multislice.sampling
    largest = largest_angle(voltage, sampling)
    if settings.aperture > largest:
        needed = sampling_for(voltage, settings.aperture)
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
    return 1.0 / finest / FULL_WIDTH
