"""Settings of aggregates of spherical particles, and of the film that carries them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import model_validator

from sim.core.errors import InputError
from sim.core.settings import About, Printable, Quantity, Settings

if TYPE_CHECKING:
    from sim.specimen.aggregate.parameters import AggregateParameters

Contacts = Literal["first", "rolled"]
Holes = Literal["none", "square", "hexagonal"]

MaterialName = Annotated[
    str,
    Printable(40),
    About(
        "Name of a material of the table (TiO2, WO3, SiO2, Au, C …), or any formula where a density is given."
    ),
]
Density = Annotated[
    float,
    Quantity(
        "g/cm³",
        low=0.0,
        high=25.0,
        step=0.1,
        symbol="ρ",
        about="Mass density; 0: that of the table. Above 0 the material may be any formula.",
        advanced=True,
    ),
]


class SpeciesSettings(Settings):
    """The particles of one material."""

    material: MaterialName = "TiO2"
    density: Density = 0.0
    median_radius: Annotated[
        float,
        Quantity(
            "Å",
            low=2.0,
            high=2000.0,
            step=1.0,
            symbol="r",
            about="Median radius of the particles: radii are log-normal, half of them larger than this.",
        ),
    ] = 40.0
    deviation: Annotated[
        float,
        Quantity(
            low=0.0,
            high=1.0,
            step=0.05,
            symbol="s",
            about="Standard deviation of the logarithm of the radius: 0 makes all particles equal.",
        ),
    ] = 0.25
    cluster_size: Annotated[
        float,
        Quantity(
            low=1.0,
            high=1000.0,
            step=1.0,
            symbol="n",
            about="Mean number of particles of the pure clusters that this material forms before it meets "
            "the other: sizes are 1 + Poisson(n − 1). 1: no such clusters.",
        ),
    ] = 1.0


class SecondSpeciesSettings(SpeciesSettings):
    """The particles of the other material."""

    # A recipe that gives only their radius means this material, not that of the first.
    material: MaterialName = "WO3"


class FilmSettings(Settings):
    """A flat support film below the aggregate."""

    material: MaterialName = "C"
    density: Density = 0.0
    thickness: Annotated[
        float,
        Quantity(
            "Å", low=0.0, high=5000.0, step=10.0, symbol="t", about="Thickness of the film; 0: no film."
        ),
    ] = 0.0
    holes: Annotated[
        Holes, About("Round holes through the film, on a square or a hexagonal lattice, or none.")
    ] = "none"
    hole_radius: Annotated[
        float, Quantity("Å", low=1.0, high=1e5, step=10.0, about="Radius of the holes.")
    ] = 1000.0
    hole_spacing: Annotated[
        float, Quantity("Å", low=2.0, high=1e6, step=10.0, about="Distance of neighbouring holes' centres.")
    ] = 2500.0

    @model_validator(mode="after")
    def _holes_apart(self) -> Self:
        if self.holes != "none" and self.hole_spacing <= 2.0 * self.hole_radius:
            raise InputError(
                "specimen.film.hole_spacing",
                "the holes run into each other",
                value=self.hole_spacing,
                allowed=f"above {2.0 * self.hole_radius:g} Å, twice the hole_radius",
                remedy="raise it or lower the radius",
            )
        return self


class AggregateModel(Settings):
    """The stochastic model of an aggregate, whatever its particles are imaged as."""

    kind: str = ""
    number: Annotated[
        int, Quantity(low=2, high=5000, step=10, symbol="N", about="Number of particles of the aggregate.")
    ] = 100
    mixing: Annotated[
        float,
        Quantity(
            low=0.0,
            high=1.0,
            step=0.05,
            symbol="x",
            about="Share of the particles that consist of the first material.",
        ),
    ] = 0.5
    first: Annotated[
        SpeciesSettings, About("The first material and its particles.", label="First material")
    ] = SpeciesSettings()
    second: Annotated[
        SecondSpeciesSettings, About("The second material and its particles.", label="Second material")
    ] = SecondSpeciesSettings()
    fractal_dimension: Annotated[
        float,
        Quantity(
            low=1.0,
            high=3.0,
            step=0.05,
            symbol="D_f",
            about="Fractal dimension aimed at: the radius of gyration is r·(N / k_f)^(1 / D_f), r the "
            "geometric mean radius. From 1.6 to 2.2 it is reached; what is reached is recorded.",
            reference="A. V. Filippov, M. Zurita, D. E. Rosner, J. Colloid Interface Sci. 229, 261 (2000).",
        ),
    ] = 1.8
    prefactor: Annotated[
        float,
        Quantity(
            low=0.1,
            high=10.0,
            step=0.1,
            symbol="k_f",
            about="Prefactor k_f of the fractal law.",
            advanced=True,
        ),
    ] = 1.3
    trials: Annotated[
        int,
        Quantity(
            low=1,
            high=1000,
            step=1,
            symbol="K",
            about="Hits at random orientations that every merge of two clusters chooses from, for the one "
            "that comes nearest to the wanted radius of gyration.",
            advanced=True,
        ),
    ] = 16
    contacts: Annotated[
        Contacts,
        About(
            "First: clusters stick where they first touch, so that contacts form a tree (mean coordination "
            "2 − 2/N). Rolled: they roll on to further contacts."
        ),
    ] = "first"
    coordination: Annotated[
        float,
        Quantity(
            low=2.0,
            high=5.0,
            step=0.1,
            symbol="CN",
            about="Mean number of contacts of a particle that rolling aims at.",
        ),
    ] = 3.0
    overlap: Annotated[
        float,
        Quantity(
            low=0.0,
            high=0.4,
            step=0.01,
            about="Sinter necks: touching spheres lie (1 − overlap)·(r + r') apart.",
        ),
    ] = 0.0

    def parameters(self) -> AggregateParameters:
        """The numbers that the model takes."""
        from sim.specimen.aggregate.parameters import AggregateParameters

        species = (self.first, self.second)
        return AggregateParameters(
            number=self.number,
            mixing=self.mixing,
            radii=(
                (species[0].median_radius, species[0].deviation),
                (species[1].median_radius, species[1].deviation),
            ),
            cluster_sizes=(species[0].cluster_size, species[1].cluster_size),
            fractal_dimension=self.fractal_dimension,
            prefactor=self.prefactor,
            trials=self.trials,
            rolled=self.contacts == "rolled",
            coordination=self.coordination,
            overlap=self.overlap,
        )


class AggregateSpecimen(AggregateModel):
    """An aggregate of spherical particles of two materials, grown by merging clusters ballistically."""

    kind: Literal["aggregate"] = "aggregate"
    film: Annotated[FilmSettings, About("The support film.", label="Film")] = FilmSettings()
