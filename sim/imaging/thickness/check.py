"""What mass-thickness images need, judged before any work."""

from __future__ import annotations

from sim.core.errors import InputError
from sim.core.types import ImageGrid, Outline
from sim.imaging.thickness import probe
from sim.imaging.thickness.attenuation import attenuation
from sim.imaging.thickness.layers import checked_margin
from sim.imaging.thickness.settings import MassThicknessImaging

#: Fields of the image with its margin, float64, that are alive at once beside those of every image.
_FIELDS = 8


def spot_sigma(settings: MassThicknessImaging) -> float:
    """Standard deviation of the probe in focus, Å: what an image leaves room for around the particles."""
    return settings.probe / probe.FULL_WIDTH


def check(
    settings: MassThicknessImaging, grid: ImageGrid, outline: Outline, period: tuple[float, float] | None
) -> None:
    """Refuse unknown scattering constants, and a probe that spreads too far over the image in the particles.

    Raises
    ------
    InputError
        Naming the setting, and what would do.
    """
    del period
    _check_cone(settings)
    for material in outline.materials:
        attenuation(
            material,
            signal=settings.signal,
            constants=settings.constants,
            phase=settings.phase,
            voltage=settings.voltage,
            inner=settings.inner,
            outer=settings.outer,
            collection=settings.collection,
        )
    checked_margin(_widest(settings, grid, outline))


def _check_cone(settings: MassThicknessImaging) -> None:
    """Refuse detectors that the probe's own cone falls on in part: their share of it is not modelled."""
    if settings.signal == "bf" and settings.collection < settings.convergence:
        raise InputError(
            "imaging.collection",
            "is smaller than the probe's own cone (imaging.convergence), which the disc would see in part",
            value=settings.collection,
            allowed=f"from {settings.convergence:g} mrad",
            remedy="raise it, or lower the convergence",
        )
    if settings.signal == "haadf" and settings.inner < settings.convergence:
        raise InputError(
            "imaging.inner",
            "is smaller than the probe's own cone (imaging.convergence), which would fall on the ring",
            value=settings.inner,
            allowed=f"from {settings.convergence:g} mrad",
            remedy="raise it, or lower the convergence",
        )


def memory_bytes(
    settings: MassThicknessImaging, grid: ImageGrid, outline: Outline, period: tuple[float, float] | None
) -> int:
    """Working memory, bytes, beside that of every image."""
    del period
    wide = grid.padded(probe.reach(_widest(settings, grid, outline)))
    return 8 * _FIELDS * wide.height * wide.width


def _widest(settings: MassThicknessImaging, grid: ImageGrid, outline: Outline) -> float:
    """Largest standard deviation of the probe in any pose, px."""
    farthest = outline.radius + abs(settings.defocus)
    return probe.width(settings.probe, settings.convergence, farthest) / grid.pixel_size
