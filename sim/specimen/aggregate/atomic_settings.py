"""Settings of aggregates whose particles are filled with atoms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import model_validator

from sim.core.errors import InputError
from sim.core.settings import About, Printable, Quantity
from sim.specimen.aggregate.settings import (
    AggregateModel,
    MaterialName,
    SecondSpeciesSettings,
    SpeciesSettings,
)

if TYPE_CHECKING:
    from sim.specimen.aggregate.filling import Filling

#: Atoms of one aggregate at most.
MOST_ATOMS = 2_000_000


class AtomicSpeciesSettings(SpeciesSettings):
    """The particles of one material, and what they are filled with."""

    median_radius: Annotated[
        float,
        Quantity(
            "Å",
            low=2.0,
            high=500.0,
            step=1.0,
            symbol="r",
            about="Median radius of the particles: radii are log-normal, half of them larger than this. "
            "The number of atoms grows with its third power.",
        ),
    ] = 15.0
    crystal: Annotated[
        str,
        Printable(40),
        About(
            "What the particles are filled with: a built-in crystal of this composition (TiO2_rutile …) or "
            "'amorphous'; empty takes the usual phase (TiO2_anatase, monoclinic WO3, amorphous SiO2, C …). "
            "Each particle has its own random orientation."
        ),
    ] = ""


class AtomicSecondSpeciesSettings(AtomicSpeciesSettings, SecondSpeciesSettings):
    """The particles of the other material."""

    # As of the aggregate of spheres: not the first material where only another setting is given.
    material: MaterialName = "WO3"


class AtomicAggregateSpecimen(AggregateModel):
    """An aggregate of spherical particles of two materials, filled with the atoms of their crystals."""

    kind: Literal["aggregate_atoms"] = "aggregate_atoms"
    number: Annotated[
        int, Quantity(low=2, high=300, step=1, symbol="N", about="Number of particles of the aggregate.")
    ] = 20
    first: Annotated[
        AtomicSpeciesSettings, About("The first material and its particles.", label="First material")
    ] = AtomicSpeciesSettings()
    second: Annotated[
        AtomicSecondSpeciesSettings, About("The second material and its particles.", label="Second material")
    ] = AtomicSecondSpeciesSettings()
    clearance: Annotated[
        float,
        Quantity(
            "Å",
            low=0.0,
            high=10.0,
            step=0.1,
            about="Smallest distance of atoms of two particles: those of the later particle give way. "
            "What overlapping spheres share belongs to the earlier one.",
            advanced=True,
        ),
    ] = 2.0

    @model_validator(mode="after")
    def _can_be_filled(self) -> Self:
        from sim.specimen.aggregate.filled_size import atoms_at_most

        most = atoms_at_most(self)
        if most > MOST_ATOMS:
            raise InputError(
                "specimen.number",
                f"{self.number} particles of median radii {self.first.median_radius:g} and "
                f"{self.second.median_radius:g} Å (deviations {self.first.deviation:g} and "
                f"{self.second.deviation:g}) may come to {most:,} atoms",
                value=self.number,
                allowed=f"up to {MOST_ATOMS:,} atoms",
                remedy="fewer or smaller particles, radii that scatter less, or specimen.kind 'aggregate'",
            )
        return self

    def fillings(self) -> tuple[Filling, Filling]:
        """What the two species are filled with."""
        from sim.specimen.aggregate.filling import filling_of

        first, second = self.first, self.second
        return (
            filling_of(first.material, first.density, first.crystal, "specimen.first"),
            filling_of(second.material, second.density, second.crystal, "specimen.second"),
        )
