"""Settings of high-resolution TEM images."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import model_validator

from sim.core.errors import InputError
from sim.core.settings import About, Quantity, Settings
from sim.imaging.multislice.settings import (
    AberrationSettings,
    BeamSettings,
    MultisliceSettings,
    PhononSettings,
)

_CALIBRATION = (
    "L. Rangel DaCosta, K. Oill, M. C. Scott, Strategies for effective transfer learning for HRTEM analysis "
    "with neural networks, Elemental Microscopy EM000010, section Simulated dataset generation"
)
_COHERENCE = "R. H. Wade, J. Frank, Optik 49, 81 (1977); widths as in abTEM"


class FocusSettings(Settings):
    """Which plane of the specimen the lens is focused on."""

    reference: Annotated[Literal["exit", "centre", "entrance", "minimum_contrast"], About(
        "Where defocus 0 is: at the lowest atom (exit), half-way (centre), at the highest atom (entrance), "
        "or where the particles in vacuum have the least contrast, found for each structure in two steps.",
        _CALIBRATION, label="Defocus zero",
    )] = "exit"  # fmt: skip
    defocus: Annotated[float, Quantity(
        "Å", low=-1e6, high=1e6, step=10.0, symbol="Δf",
        about="Defocus; positive is underfocus (C10 = −Δf, the sign of abTEM). A field of the window also "
        "takes '-10 nm'.",
    )] = 0.0  # fmt: skip
    error: Annotated[float, Quantity(
        "Å", low=-1e5, high=1e5, step=5.0,
        about="Added to the defocus: draw it from a normal law for the scatter of a nominal value.",
        label="Defocus error",
    )] = 0.0  # fmt: skip
    search_margin: Annotated[float, Quantity(
        "Å", low=0.0, high=1000.0, step=10.0, reference=_CALIBRATION,
        about="How far above and below the particles the least contrast is looked for.", advanced=True,
    )] = 50.0  # fmt: skip
    coarse_step: Annotated[float, Quantity(
        "Å", low=0.1, high=50.0, step=0.5, reference=_CALIBRATION,
        about="First step of that search.", advanced=True,
    )] = 1.0  # fmt: skip
    fine_step: Annotated[float, Quantity(
        "Å", low=0.01, high=10.0, step=0.05, reference=_CALIBRATION,
        about="Second step of that search, around the best of the first.", advanced=True,
    )] = 0.1  # fmt: skip

    @model_validator(mode="after")
    def _steps_fit(self) -> Self:
        if self.fine_step > self.coarse_step:
            raise InputError(
                "imaging.focus.fine_step",
                "is larger than the coarse step",
                value=self.fine_step,
                allowed=f"up to {self.coarse_step:g} Å here",
                remedy="make it smaller",
            )
        return self


class CoherenceSettings(Settings):
    """What blurs: focal spread, illumination angles, vibration, scatter of the beam's tilt."""

    method: Annotated[Literal["envelopes", "focal_integration"], About(
        "envelopes: quasi-coherent, the transfer of each beam is damped; focal_integration: images of "
        "several foci are averaged, right for strong scatterers too.",
        _COHERENCE, label="Focal spread by",
    )] = "envelopes"  # fmt: skip
    focal_spread: Annotated[float, Quantity(
        "Å", low=0.0, high=1000.0, step=5.0, reference=_COHERENCE,
        about="1/e half-width of the spread of focus (√2 times its standard deviation): chromatic "
        "aberration, energy width, lens current.",
    )] = 10.0  # fmt: skip
    focal_points: Annotated[int, Quantity(
        low=3, high=101, step=2, about="Foci that the integration takes.", advanced=True,
    )] = 7  # fmt: skip
    convergence: Annotated[float, Quantity(
        "mrad", low=0.0, high=10.0, step=0.05, symbol="θ₀", reference=_COHERENCE,
        about="1/e half-angle of the illumination.", label="Illumination semiangle",
    )] = 0.0  # fmt: skip
    vibration: Annotated[float, Quantity(
        "Å", low=0.0, high=10.0, step=0.05,
        about="Root-mean-square shift of the image along one axis during the exposure: a Gaussian blur.",
    )] = 0.0  # fmt: skip
    tilt_spread: Annotated[float, Quantity(
        "mrad", low=0.0, high=50.0, step=0.5,
        about="Standard deviation of the beam tilt along each axis over which images are averaged; each "
        "tilt is a calculation of its own.",
        advanced=True,
    )] = 0.0  # fmt: skip
    tilt_points: Annotated[int, Quantity(
        low=1, high=15, step=2, about="Tilts along each axis.", advanced=True,
    )] = 3  # fmt: skip


class HrtemImaging(Settings):
    """A plane wave through the specimen by multislice, then lens, aperture and partial coherence."""

    model: Annotated[
        Literal["hrtem"],
        About("High-resolution TEM by multislice; vacuum has intensity 1.", label="Imaging model"),
    ] = "hrtem"
    beam: Annotated[BeamSettings, About("Voltage and tilt of the beam.")] = BeamSettings()
    focus: Annotated[FocusSettings, About("Focus of the lens.")] = FocusSettings()
    aberrations: Annotated[AberrationSettings, About("Aberrations of the lens.")] = AberrationSettings()
    aperture: Annotated[float, Quantity(
        "mrad", low=0.0, high=500.0, step=1.0, symbol="α",
        about="Semiangle of the objective aperture; 0 means none.", label="Objective aperture",
    )] = 0.0  # fmt: skip
    coherence: Annotated[CoherenceSettings, About("Partial coherence and vibration.")] = CoherenceSettings()
    multislice: Annotated[MultisliceSettings, About("Sampling and slices.")] = MultisliceSettings()
    phonons: Annotated[PhononSettings, About("Thermal motion.")] = PhononSettings()
