"""Settings of mass-thickness images of particles."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import model_validator

from sim.core.errors import InputError
from sim.core.settings import About, Quantity, Settings

Signal = Literal["haadf", "bf"]
Constants = Literal["cross_sections", "lookup", "given"]
Phase = Literal["amorphous", "crystalline"]


def _angle(what: str, label: str, symbol: str) -> Quantity:
    return Quantity("mrad", low=0.0, high=1000.0, step=1.0, about=what, label=label, symbol=symbol)


def _constant(what: str) -> Quantity:
    return Quantity(
        "1/nm", low=0.0, high=10.0, step=0.0001, symbol="κ",
        about=f"Share of the beam that one nanometre of {what} takes away (bright field) or sends to the "
        "ring (dark field), for constants = given.",
    )  # fmt: skip


class MassThicknessImaging(Settings):
    """Dark or bright field from the thickness of every material along the beam."""

    model: Annotated[
        Literal["mass_thickness"],
        About(
            "Scanning TEM of particles from the thickness of every material along the beam: 1 − exp(−S) in "
            "dark field, exp(−S) in bright field, where S adds up the scattering of all materials.",
            label="Imaging model",
        ),
    ] = "mass_thickness"
    signal: Annotated[Signal, About(
        "haadf: a ring collects what is scattered to large angles; bf: a disc on the axis collects what is "
        "not scattered out of it.",
        label="Signal",
    )] = "haadf"  # fmt: skip
    constants: Annotated[Constants, About(
        "Where the scattering of a material comes from. cross_sections: elastic cross-sections of its atoms, "
        "single scattering; lookup: a table of multislice calculations of slabs; given: the constants below.",
    )] = "cross_sections"  # fmt: skip
    phase: Annotated[Phase, About(
        "Slabs of the lookup: amorphous, or crystalline ones averaged over orientations.",
        label="Phase of the materials",
    )] = "amorphous"  # fmt: skip
    voltage: Annotated[float, Quantity(
        "kV", low=1.0, high=3000.0, step=20.0, symbol="U",
        about="Acceleration voltage, in kilovolts: 200, not 200000. It sets how strongly matter scatters.",
    )] = 200.0  # fmt: skip
    inner: Annotated[float, _angle("Inner semiangle of the dark-field ring.", "Inner angle", "β₁")] = 80.0
    outer: Annotated[float, _angle("Outer semiangle of the dark-field ring.", "Outer angle", "β₂")] = 200.0
    collection: Annotated[float, Quantity(
        "mrad", low=0.0, high=1000.0, above=True, step=1.0, symbol="β",
        about="Semiangle of the bright-field disc.", label="Collection semiangle",
    )] = 10.0  # fmt: skip
    given_first: Annotated[float, _constant("the first material")] = 0.0005
    given_second: Annotated[float, _constant("the second material")] = 0.0025
    given_film: Annotated[float, _constant("the support film")] = 0.0001
    probe: Annotated[float, Quantity(
        "Å", low=0.0, high=200.0, step=0.5,
        about="Full width at half maximum of the probe in focus, the image of the source included.",
        label="Probe size",
    )] = 2.0  # fmt: skip
    convergence: Annotated[float, Quantity(
        "mrad", low=0.0, high=150.0, step=1.0, symbol="α",
        about="Semiangle of the probe: the larger it is, the faster the probe widens above and below the "
        "focus. At 0 it is the same at every depth.",
        label="Convergence semiangle",
    )] = 10.0  # fmt: skip
    defocus: Annotated[float, Quantity(
        "Å", low=-1e5, high=1e5, step=100.0, symbol="Δf",
        about="Depth of the focus below the middle of the specimen (z = 0); positive is nearer to the exit.",
    )] = 0.0  # fmt: skip
    vacuum_level: Annotated[float, Quantity(
        low=0.0, high=0.5, step=0.001,
        about="Share of the beam that a dark-field detector reports everywhere, without any specimen.",
    )] = 0.0  # fmt: skip

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
