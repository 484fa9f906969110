"""Settings of scanning TEM images."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.core.errors import InputError
from sim.core.settings import About, Printable, Quantity, Settings
from sim.imaging.multislice.settings import (
    AberrationSettings,
    BeamSettings,
    Motion,
    MotionSettings,
    MultisliceSettings,
    Padding,
    PhononSettings,
    Sampling,
    SliceThickness,
    StraightBeamSettings,
    Voltage,
)

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_FIT = "Fit it to multislice with 'nanophantom fit-probe'."
DETECTOR = About("Shape of the detector in the diffraction plane.", label="Detector")


def _angle(what: str, label: str = "") -> Quantity:
    return Quantity("mrad", low=0.0, high=1000.0, step=1.0, about=what, label=label)


class ScanBeamSettings(BeamSettings):
    """The incident electrons of a scanned probe."""

    voltage: Voltage = 200.0


class ScanMultisliceSettings(MultisliceSettings):
    """Sampling for large angles, in small fields."""

    sampling: Sampling = 0.04
    slice_thickness: SliceThickness = 2.0
    padding: Padding = 2.0


class ProbeBeamSettings(StraightBeamSettings):
    """The incident electrons of the linear model, which knows no tilt."""

    voltage: Voltage = 200.0


class StillSettings(MotionSettings):
    """Thermal motion that only widens the atoms."""

    kind: Annotated[Literal["static", "none"], About(
        "static: atoms are widened by their motion; none: atoms at rest.", label="Thermal motion",
    )] = "static"  # fmt: skip


def still_of(phonons: PhononSettings) -> StillSettings:
    """The same amplitudes as a widening of the atoms."""
    kind: Literal["static", "none"] = "none" if phonons.kind == "none" else "static"
    return StillSettings(kind=kind, source=phonons.source, rms=phonons.rms, elements=phonons.elements)


def moving(still: StillSettings) -> PhononSettings:
    """The same amplitudes as snapshots of moving atoms."""
    kind: Motion = "none" if still.kind == "none" else "frozen"
    return PhononSettings(kind=kind, source=still.source, rms=still.rms, elements=still.elements)


class ProbeFocusSettings(Settings):
    """Which plane the probe is focused on."""

    reference: Annotated[Literal["entrance", "centre", "exit"], About(
        "Where defocus 0 is: at the highest atom (entrance), half-way (centre), or at the lowest (exit).",
        label="Defocus zero",
    )] = "entrance"  # fmt: skip
    defocus: Annotated[float, Quantity(
        "Å", low=-1e6, high=1e6, step=10.0, symbol="Δf",
        about="Defocus; positive is underfocus, which focuses the probe below the reference plane.",
    )] = 0.0  # fmt: skip
    error: Annotated[float, Quantity(
        "Å", low=-1e5, high=1e5, step=5.0,
        about="Added to the defocus: draw it from a normal law for the scatter of a nominal value.",
        label="Defocus error",
    )] = 0.0  # fmt: skip


class Detector(Settings):
    """What all detectors have."""

    name: Annotated[str, Printable(40), About("Name of the detector, unique: its array in the dataset.")] = (
        "detector"
    )

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not _NAME.fullmatch(self.name):
            raise InputError(
                "imaging.detectors.name",
                "is no usable name",
                value=self.name,
                allowed="a letter and then up to 39 letters, digits and _",
                remedy="rename the detector",
            )
        inner, outer = getattr(self, "inner", 0.0), getattr(self, "outer", 0.0)
        if not inner < outer:
            raise InputError(
                f"imaging.detectors.{self.name}.inner",
                "is not below the outer angle",
                value=inner,
                allowed=f"below {outer:g} mrad here",
                remedy="make the inner angle smaller or the outer one larger",
            )
        return self


class AnnularDetector(Detector):
    """A ring: annular dark field."""

    kind: Annotated[Literal["annular"], DETECTOR] = "annular"
    inner: Annotated[float, _angle("Inner semiangle of the ring.")] = 80.0
    outer: Annotated[float, _angle("Outer semiangle of the ring.")] = 200.0


class BrightFieldDetector(Detector):
    """A disc on the axis."""

    kind: Annotated[Literal["bright_field"], DETECTOR] = "bright_field"
    outer: Annotated[float, _angle("Semiangle of the disc.", "Semiangle")] = 10.0


class SegmentedDetector(Detector):
    """A ring cut into equal segments, numbered from its rotation on, towards +y."""

    kind: Annotated[Literal["segmented"], DETECTOR] = "segmented"
    inner: Annotated[float, _angle("Inner semiangle of the ring.")] = 10.0
    outer: Annotated[float, _angle("Outer semiangle of the ring.")] = 30.0
    segments: Annotated[int, Quantity(low=2, high=16, step=1, about="Number of segments.")] = 4
    rotation: Annotated[float, Quantity(
        "°", low=-360.0, high=360.0, step=5.0,
        about="Direction of the first edge of the first segment, from +x (right) towards +y (up).",
    )] = 0.0  # fmt: skip


class PixelatedDetector(Detector):
    """A camera in the diffraction plane: one diffraction pattern for every pixel of the image (4D-STEM)."""

    kind: Annotated[Literal["pixelated"], DETECTOR] = "pixelated"
    outer: Annotated[float, _angle("Half the side of the camera.", "Half width")] = 40.0
    pixels: Annotated[int, Quantity(
        "px", low=4, high=512, step=4, about="Pixels along each side of the camera.",
    )] = 64  # fmt: skip


DetectorSettings = Annotated[
    AnnularDetector | BrightFieldDetector | SegmentedDetector | PixelatedDetector, Field(discriminator="kind")
]


class StemImaging(Settings):
    """A focused probe through the specimen by multislice, on every pixel."""

    model: Annotated[
        Literal["stem"],
        About("Scanning TEM by multislice; images are fractions of the beam.", label="Imaging model"),
    ] = "stem"
    beam: Annotated[ScanBeamSettings, About("Voltage and tilt of the beam.")] = ScanBeamSettings()
    convergence: Annotated[float, Quantity(
        "mrad", low=0.5, high=150.0, step=1.0, symbol="α",
        about="Semiangle of the probe-forming aperture.", label="Convergence semiangle",
    )] = 25.0  # fmt: skip
    source_size: Annotated[float, Quantity(
        "Å", low=0.0, high=20.0, step=0.1,
        about="Full width at half maximum of the source's image on the specimen.",
    )] = 0.8  # fmt: skip
    focus: Annotated[ProbeFocusSettings, About("Focus of the probe.")] = ProbeFocusSettings()
    aberrations: Annotated[AberrationSettings, About("Aberrations of the probe.")] = AberrationSettings()
    detectors: Annotated[tuple[DetectorSettings, ...], About(
        "Detectors, each with a unique name; the first one makes the images, the others stand beside them. "
        "The first must be annular or a bright-field disc.",
    )] = (AnnularDetector(name="haadf"),)  # fmt: skip
    method: Annotated[Literal["auto", "gram", "multislice"], About(
        "gram: every plane wave of the probe goes through once and all positions follow exactly; "
        "multislice: each position for itself, needed for pixelated detectors; auto: the cheaper one.",
        advanced=True,
    )] = "auto"  # fmt: skip
    multislice: Annotated[ScanMultisliceSettings, About("Sampling and slices.")] = ScanMultisliceSettings()
    phonons: Annotated[PhononSettings, About("Thermal motion.")] = PhononSettings()

    @model_validator(mode="after")
    def _detectors_fit(self) -> Self:
        names = [detector.name for detector in self.detectors]
        if not names:
            raise InputError(
                "imaging.detectors", "there is no detector", remedy="add an annular one: kind = 'annular'"
            )
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise InputError(
                "imaging.detectors", "two detectors have one name", value=twice, remedy="rename one of them"
            )
        taken = next((name for name in names if f"{name}_clean" in names), None)
        if taken is not None:
            raise InputError(
                "imaging.detectors",
                f"is the name of what the detector {taken!r} expects before noise",
                value=f"{taken}_clean",
                allowed="a name other than that of a detector with '_clean' behind it",
                remedy="rename one of them",
            )
        if self.detectors[0].kind not in ("annular", "bright_field"):
            raise InputError(
                f"imaging.detectors.{names[0]}",
                "cannot make the images, because it gives more than one number a pixel",
                value=self.detectors[0].kind,
                allowed="annular, bright_field",
                remedy="put such a detector first",
            )
        return self


class ProbeImaging(Settings):
    """A fast linear model of annular dark field: every atom scatters a share of the probe that meets it."""

    model: Annotated[
        Literal["probe"],
        About(
            "Annular dark field by convolving the atoms' cross-sections with the probe; fast, without "
            "channelling. Measured against multislice of an Au55 icosahedron (200 kV, 25 mrad, detector "
            "80 to 200 mrad): 1 − R² 0.016, RMS/sd 0.14. For other cases: 'nanophantom fit-probe'.",
            label="Imaging model",
        ),
    ] = "probe"
    beam: Annotated[ProbeBeamSettings, About("Voltage of the beam.")] = ProbeBeamSettings()
    convergence: Annotated[float, Quantity(
        "mrad", low=0.5, high=150.0, step=1.0, symbol="α",
        about="Semiangle of the probe-forming aperture.", label="Convergence semiangle",
    )] = 25.0  # fmt: skip
    source_size: Annotated[float, Quantity(
        "Å", low=0.0, high=20.0, step=0.1,
        about="Full width at half maximum of the source's image on the specimen.",
    )] = 0.8  # fmt: skip
    focus: Annotated[ProbeFocusSettings, About("Focus of the probe.")] = ProbeFocusSettings()
    aberrations: Annotated[AberrationSettings, About("Aberrations of the probe.")] = AberrationSettings()
    inner: Annotated[float, _angle("Inner semiangle of the annular detector.")] = 80.0
    outer: Annotated[float, _angle("Outer semiangle of the annular detector.")] = 200.0
    scale: Annotated[float, Quantity(
        low=0.0, high=100.0, above=True, step=0.05,
        about="Multiplies the cross-sections; 1 is the single-scattering value. " + _FIT, advanced=True,
    )] = 1.0  # fmt: skip
    exponent: Annotated[float, Quantity(
        low=-2.0, high=2.0, step=0.05,
        about="Cross-sections are multiplied by (Z/79) to this power. " + _FIT, advanced=True,
    )] = 0.0  # fmt: skip
    focusing: Annotated[float, Quantity(
        low=-1.0, high=10.0, step=0.05,
        about="Correction for thickness: how much more an atom scatters for every gold atom above it, which "
        "focuses the beam onto it. " + _FIT, label="Focusing by atoms above", advanced=True,
    )] = 0.0  # fmt: skip
    saturation: Annotated[float, Quantity(
        low=-20.0, high=50.0, step=0.1,
        about="Correction for thickness: a signal I becomes (1 − exp(−s·I))/s; 0 means none. " + _FIT,
        advanced=True,
    )] = 0.0  # fmt: skip
    spread: Annotated[float, Quantity(
        "Å", low=0.0, high=1.0, step=0.01,
        about="Standard deviation of a Gaussian that widens every atom. " + _FIT, advanced=True,
    )] = 0.0  # fmt: skip
    phonons: Annotated[StillSettings, About("Thermal motion, which widens every atom.")] = StillSettings()

    @model_validator(mode="after")
    def _angles_fit(self) -> Self:
        if not self.inner < self.outer:
            raise InputError(
                "imaging.inner",
                "is not below the outer angle",
                value=self.inner,
                allowed=f"below {self.outer:g} mrad here",
                remedy="make the inner angle smaller or the outer one larger",
            )
        return self


def linear_of(settings: StemImaging, ring: AnnularDetector) -> ProbeImaging:
    """The linear model of the same probe and a ring."""
    return ProbeImaging(
        beam=ProbeBeamSettings(voltage=settings.beam.voltage),
        convergence=settings.convergence,
        source_size=settings.source_size,
        focus=settings.focus,
        aberrations=settings.aberrations,
        inner=ring.inner,
        outer=ring.outer,
        phonons=still_of(settings.phonons),
    )
