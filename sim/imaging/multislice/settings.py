"""Settings that the models with electron waves share: beam, slices, thermal motion, aberrations."""

from __future__ import annotations

from typing import Annotated, Literal

from sim.core.settings import About, Printable, Quantity, Settings

_KRIVANEK = "O. L. Krivanek, N. Dellby, A. R. Lupini, Ultramicroscopy 78, 1 (1999)"


Voltage = Annotated[float, Quantity(
    "kV", low=1.0, high=3000.0, step=20.0, symbol="U",
    about="Acceleration voltage, in kilovolts: 300, not 300000. It sets wavelength and interaction strength.",
)]  # fmt: skip
Sampling = Annotated[float, Quantity(
    "Å/px", low=0.01, high=0.5, step=0.01,
    about="Side of a pixel of the wave inside the specimen, at most; independent of the image's pixel size. "
    "Angles up to λ/(3·sampling) are kept, so half as large reaches twice as far.",
    label="Wave sampling",
)]  # fmt: skip
SliceThickness = Annotated[float, Quantity(
    "Å", low=0.1, high=20.0, step=0.25, symbol="Δz",
    about="Thickness of a slice. Thinner is more exact and slower; the largest single error of a usual "
    "calculation (2 Å instead of 1 Å changes the wave by about 1 %).",
)]  # fmt: skip
Padding = Annotated[float, Quantity(
    "Å", low=0.0, high=500.0, step=1.0,
    about="Room between the image and the edge of a padded cell, where waves from opposite edges would meet.",
    advanced=True,
)]  # fmt: skip
Motion = Annotated[Literal["frozen", "static", "none"], About(
    "frozen: images of several snapshots of the moving atoms are averaged, with thermal diffuse scattering; "
    "static: potentials are smeared (Debye–Waller factor), without it; none: atoms at rest.",
    label="Thermal motion",
)]  # fmt: skip


class StraightBeamSettings(Settings):
    """Electrons that come along the axis."""

    voltage: Voltage = 300.0


class BeamSettings(StraightBeamSettings):
    """The incident electrons."""

    tilt: Annotated[float, Quantity(
        "mrad", low=0.0, high=100.0, step=1.0, symbol="τ",
        about="Angle between the beam and the z axis.", label="Beam tilt", advanced=True,
    )] = 0.0  # fmt: skip
    tilt_azimuth: Annotated[float, Quantity(
        "°", low=-360.0, high=360.0, step=5.0,
        about="Direction in which the tilted beam travels sideways, from +x (right) towards +y (up).",
        advanced=True,
    )] = 0.0  # fmt: skip


class MultisliceSettings(Settings):
    """How the specimen's potential is sampled and cut into slices."""

    sampling: Sampling = 0.1
    slice_thickness: SliceThickness = 1.0
    parametrisation: Annotated[Literal["lobato", "kirkland"], About(
        "Whose electron scattering factors make the atoms' potentials.",
        "I. Lobato, D. Van Dyck, Acta Cryst. A70, 636 (2014); E. J. Kirkland, Advanced Computing in "
        "Electron Microscopy, 2nd ed. (2010), appendix C.",
        label="Scattering factors", advanced=True,
    )] = "lobato"  # fmt: skip
    cell: Annotated[Literal["auto", "periodic", "padded"], About(
        "What lies around the field. periodic: the scene repeats, as its films do; padded: vacuum around "
        "the image; auto: periodic where the scene has films and is not turned, padded otherwise.",
        label="Boundary",
    )] = "auto"  # fmt: skip
    padding: Padding = 8.0
    depths: Annotated[
        tuple[Annotated[float, Quantity("Å", low=0.0, high=100000.0, above=True)], ...],
        About(
            "Depths below the entrance surface, Å, at which the wave is kept as well: a thickness series "
            "of one calculation.",
            advanced=True,
        ),
    ] = ()
    depth: Annotated[int, Quantity(
        low=0, high=1000, step=1,
        about="Which of the depths is imaged, from 1; 0 is the exit surface. Vary it for a thickness series.",
        label="Depth number", advanced=True,
    )] = 0  # fmt: skip


class ElementMotion(Settings):
    """Thermal motion of one element."""

    element: Annotated[str, Printable(3), About("Chemical symbol.")] = "Au"
    b_factor: Annotated[float, Quantity(
        "Å²", low=0.0, high=20.0, step=0.05, symbol="B",
        about="Debye–Waller factor B = 8π²⟨u²⟩ along one axis.", label="B factor",
    )] = 0.6  # fmt: skip


class MotionSettings(Settings):
    """How far atoms move, each for itself (Einstein model)."""

    kind: Motion = "static"
    source: Annotated[Literal["b_factors", "rms"], About(
        "Whether each element moves by its tabulated B factor or all atoms by the same amplitude.",
        label="Amplitude from",
    )] = "b_factors"  # fmt: skip
    rms: Annotated[float, Quantity(
        "Å", low=0.0, high=0.5, step=0.01, symbol="u",
        about="Root-mean-square displacement along one axis, where the amplitude is given.",
    )] = 0.1  # fmt: skip
    elements: Annotated[tuple[ElementMotion, ...], About(
        "B factors that differ from the table's.", label="Own B factors", advanced=True,
    )] = ()  # fmt: skip


class PhononSettings(MotionSettings):
    """Thermal motion: each atom for itself (Einstein model)."""

    kind: Motion = "frozen"
    configurations: Annotated[int, Quantity(
        low=1, high=1000, step=1,
        about="Snapshots that are averaged. Work grows in proportion; 8 suit high-resolution TEM, annular "
        "detectors want more.",
    )] = 8  # fmt: skip


def _magnitude(name: str, haider: str, what: str, highest: float) -> Quantity:
    return Quantity(
        "Å", low=0.0, high=highest, step=10.0, symbol=haider, about=what, reference=_KRIVANEK,
        label=f"{name}", advanced=True,
    )  # fmt: skip


def _azimuth(name: str) -> Quantity:
    return Quantity(
        "°", low=-360.0, high=360.0, step=5.0,
        about=f"Azimuth of {name}, from +x (right) towards +y (up) in the image.",
        label=f"{name} azimuth", advanced=True,
    )  # fmt: skip


class AberrationSettings(Settings):
    """Aberrations of the lens, without the defocus."""

    notation: Annotated[Literal["krivanek", "haider"], About(
        "Whose coefficients the magnitudes are. They differ for axial coma (C21 = 3·B2), star (C32 = 4·S3) "
        "and the corresponding fifth-order ones (C41 = 5·B4, C43 = 5·D4).",
        _KRIVANEK + "; S. Uhlemann, M. Haider, Ultramicroscopy 72, 109 (1998)", advanced=True,
    )] = "krivanek"  # fmt: skip
    C30: Annotated[float, Quantity(
        "Å", low=-1e9, high=1e9, step=1e4, symbol="C3, Cs", reference=_KRIVANEK,
        about="Spherical aberration; about 1.2 mm uncorrected, some µm behind a corrector. A field of "
        "the window also takes '1.2 mm'.",
        label="Spherical aberration",
    )] = 0.0  # fmt: skip
    C12: Annotated[float, _magnitude("C12", "A1", "Twofold astigmatism.", 1e6)] = 0.0
    C12_azimuth: Annotated[float, _azimuth("C12")] = 0.0
    C21: Annotated[float, _magnitude("C21", "B2", "Axial coma.", 1e7)] = 0.0
    C21_azimuth: Annotated[float, _azimuth("C21")] = 0.0
    C23: Annotated[float, _magnitude("C23", "A2", "Threefold astigmatism.", 1e7)] = 0.0
    C23_azimuth: Annotated[float, _azimuth("C23")] = 0.0
    C32: Annotated[float, _magnitude("C32", "S3", "Star aberration.", 1e9)] = 0.0
    C32_azimuth: Annotated[float, _azimuth("C32")] = 0.0
    C34: Annotated[float, _magnitude("C34", "A3", "Fourfold astigmatism.", 1e9)] = 0.0
    C34_azimuth: Annotated[float, _azimuth("C34")] = 0.0
    C41: Annotated[float, _magnitude("C41", "B4", "Axial coma of fourth order.", 1e10)] = 0.0
    C41_azimuth: Annotated[float, _azimuth("C41")] = 0.0
    C43: Annotated[float, _magnitude("C43", "D4", "Three-lobe aberration.", 1e10)] = 0.0
    C43_azimuth: Annotated[float, _azimuth("C43")] = 0.0
    C45: Annotated[float, _magnitude("C45", "A4", "Fivefold astigmatism.", 1e10)] = 0.0
    C45_azimuth: Annotated[float, _azimuth("C45")] = 0.0
    C50: Annotated[float, Quantity(
        "Å", low=-1e11, high=1e11, step=1e6, symbol="C5", reference=_KRIVANEK,
        about="Spherical aberration of fifth order.", advanced=True,
    )] = 0.0  # fmt: skip
