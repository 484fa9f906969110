"""The static table of imaging models: one entry a model.

What a model needs is imported when it is used: settings when the first recipe of that model is met, its
physics when an image is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.core.settings import Settings
from sim.core.types import AtomicSpecimen, ImageGrid, Outline, ParticleSpecimen
from sim.imaging.model import Draft, Effort, Projected, Surroundings
from sim.imaging.settings import GaussianImaging
from sim.labels.settings import LabelSettings, applies
from sim.recipe.imaging_entry import ExtraAxis, ImagingModel, Labelled, Period, Yield, stored_names

if TYPE_CHECKING:
    from sim.imaging.hrtem.settings import HrtemImaging
    from sim.imaging.stem.settings import ProbeImaging, StemImaging
    from sim.imaging.thickness.settings import MassThicknessImaging

#: |ψ|² nowhere exceeds this in practice: what plan takes for the largest count.
LARGEST_INTENSITY = 25.0


# --- Gaussian --------------------------------------------------------------------------------


def _project_gaussian(
    specimen: AtomicSpecimen, grid: ImageGrid, settings: GaussianImaging, around: Surroundings
) -> Projected:
    from sim.imaging import gaussian

    return Projected(
        gaussian.beam_fraction(
            specimen.positions,
            specimen.numbers,
            grid,
            sigma=settings.sigma,
            alpha=settings.alpha,
            mode=settings.mode,
            normalisation=settings.normalisation,
            collected_fraction=settings.collected_fraction,
            cancel=around.cancel,
        )
    )


def _largest_gaussian(settings: GaussianImaging, composition: Mapping[int, int]) -> float:
    from sim.imaging import gaussian

    largest = gaussian.largest_fraction(
        composition,
        sigma=settings.sigma,
        alpha=settings.alpha,
        mode=settings.mode,
        normalisation=settings.normalisation,
        collected_fraction=settings.collected_fraction,
    )
    # More than the whole beam is refused when an image is made.
    return min(1.0, largest)


# --- high-resolution TEM ---------------------------------------------------------------------


def _hrtem_settings() -> type[Settings]:
    from sim.imaging.hrtem.settings import HrtemImaging

    return HrtemImaging


def _project_hrtem(
    specimen: AtomicSpecimen, grid: ImageGrid, settings: HrtemImaging, around: Surroundings
) -> Projected:
    from sim.imaging.hrtem.model import project

    return project(specimen, grid, settings, around)


def _check_hrtem(settings: HrtemImaging, grid: ImageGrid, outline: Outline, period: Period) -> None:
    from sim.imaging.hrtem.check import check

    check(settings, grid, outline, period)


def _hrtem_memory(settings: HrtemImaging, grid: ImageGrid, outline: Outline, period: Period) -> int:
    from sim.imaging.hrtem.check import memory_bytes

    return memory_bytes(settings, grid, outline, period)


def _hrtem_sigma(settings: HrtemImaging) -> float:
    from sim.imaging.hrtem.check import spot_sigma

    return spot_sigma(settings)


def _hrtem_extras(settings: HrtemImaging, labels: LabelSettings) -> dict[str, tuple[int, ...]]:
    del settings
    return {"exit_wave_phase": (), "exit_wave_amplitude": ()} if labels.exit_wave else {}


def _hrtem_labels(
    specimen: AtomicSpecimen,
    grid: ImageGrid,
    settings: HrtemImaging,
    labels: LabelSettings,
    class_name: str,
    around: Surroundings,
) -> Labelled:
    if not (labels.phase_mask or labels.exit_wave):
        return Labelled()
    import numpy as np

    from sim.imaging.hrtem.model import exit_wave, particle_phase_mask

    images: dict[str, NDArray[Any]] = {}
    extras: dict[str, NDArray[Any]] = {}
    if labels.phase_mask:
        images["phase_mask"] = particle_phase_mask(
            specimen, grid, settings, labels.phase_threshold, labels.blur_of(class_name), around
        )
    if labels.exit_wave:
        wave = exit_wave(specimen, grid, settings, around)
        extras["exit_wave_phase"] = np.angle(wave).astype(np.float32)
        extras["exit_wave_amplitude"] = np.abs(wave).astype(np.float32)
    return Labelled(images, extras)


def _hrtem_draft(settings: HrtemImaging, grid: ImageGrid, specimen: AtomicSpecimen) -> Draft | None:
    from sim.imaging.hrtem.draft import draft

    return draft(settings, grid, specimen)


def _hrtem_effort(
    specimen: AtomicSpecimen, grid: ImageGrid, settings: HrtemImaging, labels: LabelSettings
) -> Effort:
    from sim.imaging.hrtem.effort import effort

    return effort(specimen, grid, settings, labels.phase_mask)


# --- scanning TEM ----------------------------------------------------------------------------


def _stem_settings() -> type[Settings]:
    from sim.imaging.stem.settings import StemImaging

    return StemImaging


def _project_stem(
    specimen: AtomicSpecimen, grid: ImageGrid, settings: StemImaging, around: Surroundings
) -> Projected:
    from sim.imaging.stem.model import project

    return project(specimen, grid, settings, around)


def _check_stem(settings: StemImaging, grid: ImageGrid, outline: Outline, period: Period) -> None:
    from sim.imaging.stem.check import check

    check(settings, grid, outline, period)


def _stem_memory(settings: StemImaging, grid: ImageGrid, outline: Outline, period: Period) -> int:
    from sim.imaging.stem.check import memory_bytes

    return memory_bytes(settings, grid, outline, period)


def _probe_sigma(settings: StemImaging | ProbeImaging) -> float:
    from sim.imaging.stem.check import probe_sigma

    return probe_sigma(settings.beam.voltage, settings.convergence, settings.source_size)


def _stem_extras(settings: StemImaging, labels: LabelSettings) -> dict[str, tuple[int, ...]]:
    del labels
    from sim.imaging.stem.check import shape_of

    return {detector.name: shape_of(detector) for detector in settings.detectors[1:]}


def _stem_draft(settings: StemImaging, grid: ImageGrid, specimen: AtomicSpecimen) -> Draft | None:
    from sim.imaging.stem.draft import draft

    return draft(settings, grid, specimen)


def _stem_effort(
    specimen: AtomicSpecimen, grid: ImageGrid, settings: StemImaging, labels: LabelSettings
) -> Effort:
    from sim.imaging.stem.effort import effort

    del labels
    return effort(specimen, grid, settings)


def _stem_axes(settings: StemImaging) -> dict[str, tuple[ExtraAxis, ...]]:
    from sim.imaging.stem.check import axes_of, shape_of

    return {
        stored: axes_of(detector)
        for detector in settings.detectors[1:]
        for stored in stored_names(detector.name, shape_of(detector))
    }


def _probe_settings() -> type[Settings]:
    from sim.imaging.stem.settings import ProbeImaging

    return ProbeImaging


def _project_probe(
    specimen: AtomicSpecimen, grid: ImageGrid, settings: ProbeImaging, around: Surroundings
) -> Projected:
    from sim.imaging.stem.linear import project

    return project(specimen, grid, settings, around)


def _check_probe(settings: ProbeImaging, grid: ImageGrid, outline: Outline, period: Period) -> None:
    from sim.imaging.stem.check import check_probe

    check_probe(settings, grid, outline, period)


# --- mass thickness --------------------------------------------------------------------------


def _thickness_settings() -> type[Settings]:
    from sim.imaging.thickness.settings import MassThicknessImaging

    return MassThicknessImaging


def _project_thickness(
    specimen: ParticleSpecimen, grid: ImageGrid, settings: MassThicknessImaging, around: Surroundings
) -> Projected:
    from sim.imaging.thickness.model import project

    return project(specimen, grid, settings, around)


def _check_thickness(
    settings: MassThicknessImaging, grid: ImageGrid, outline: Outline, period: Period
) -> None:
    from sim.imaging.thickness.check import check

    check(settings, grid, outline, period)


def _thickness_memory(
    settings: MassThicknessImaging, grid: ImageGrid, outline: Outline, period: Period
) -> int:
    from sim.imaging.thickness.check import memory_bytes

    return memory_bytes(settings, grid, outline, period)


def _thickness_sigma(settings: MassThicknessImaging) -> float:
    from sim.imaging.thickness.check import spot_sigma

    return spot_sigma(settings)


def _whole_beam(settings: Any, composition: Mapping[int, int]) -> float:
    """No detector gets more than the beam."""
    del settings, composition
    return 1.0


IMAGING: dict[str, ImagingModel] = {
    "gaussian": ImagingModel(
        GaussianImaging,
        "Each atom adds a two-dimensional Gaussian.",
        ("atoms",),
        "A",
        1,
        _project_gaussian,
        _largest_gaussian,
        lambda settings: float(settings.sigma),
    ),
    "hrtem": ImagingModel(
        _hrtem_settings,
        "High-resolution TEM by multislice.",
        ("atoms",),
        "B",
        1,
        _project_hrtem,
        lambda settings, composition: LARGEST_INTENSITY,
        _hrtem_sigma,
        check=_check_hrtem,
        memory=_hrtem_memory,
        extras=_hrtem_extras,
        labelled=_hrtem_labels,
        makes=("phase_mask", "exit_wave"),
        background=lambda settings: False,
        draft=_hrtem_draft,
        effort=_hrtem_effort,
    ),
    "stem": ImagingModel(
        _stem_settings,
        "Scanning TEM by multislice: annular, bright-field, segmented and pixelated detectors.",
        ("atoms",),
        "B",
        1,
        _project_stem,
        _whole_beam,
        _probe_sigma,
        check=_check_stem,
        memory=_stem_memory,
        extras=_stem_extras,
        axes=_stem_axes,
        detected=True,
        draft=_stem_draft,
        effort=_stem_effort,
    ),
    "probe": ImagingModel(
        _probe_settings,
        "Annular dark field by convolution with the probe: fast and linear (against multislice of Au55: "
        "1 − R² 0.016, RMS/sd 0.14).",
        ("atoms",),
        "B",
        1,
        _project_probe,
        _whole_beam,
        _probe_sigma,
        check=_check_probe,
    ),
    "mass_thickness": ImagingModel(
        _thickness_settings,
        "Scanning TEM of particles by their mass-thickness: annular dark field or bright field.",
        ("particles",),
        "A",
        1,
        _project_thickness,
        _whole_beam,
        _thickness_sigma,
        check=_check_thickness,
        memory=_thickness_memory,
        background=lambda settings: settings.signal != "bf",
    ),
}


def check_labels(imaging: Any, labels: LabelSettings, yields: Yield) -> None:
    """Refuse labels that an imaging model cannot make, or that mean nothing for such a specimen.

    Parameters
    ----------
    imaging
        Settings of the model.
    yields
        What the specimen consists of.

    Raises
    ------
    InputError
        Naming the label and the models that make it.
    """
    model = imaging.model
    entry = IMAGING[model]
    for name in labels.chosen():
        if not applies(name, yields):
            raise InputError(
                f"labels.{name}",
                f"says nothing of a specimen of {yields}",
                value=True,
                remedy="switch it off",
            )
    if labels.visible_mask and not entry.background(imaging):
        dark = [
            word
            for word, other in IMAGING.items()
            if yields in other.accepts and other.background(other.model())
        ]
        raise InputError(
            "labels.visible_mask",
            f"needs an image that is dark in vacuum, which the model {model!r} does not make here",
            value=True,
            allowed="" if model in dark else f"with imaging.model {', '.join(dark)}",
            remedy="switch it off; labels.phase_mask shows what can be seen of the particles"
            if "phase_mask" in entry.makes
            else "switch it off, or choose a dark-field signal",
        )
    for name in dict.fromkeys(name for other in IMAGING.values() for name in other.makes):
        if getattr(labels, name) and name not in entry.makes:
            possible = [word for word, other in IMAGING.items() if name in other.makes]
            raise InputError(
                f"labels.{name}",
                f"needs a wave, which the model {model!r} has not",
                value=True,
                allowed=f"with imaging.model {', '.join(possible)}",
                remedy="switch it off or choose that model",
            )
