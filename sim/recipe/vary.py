"""What varies beside the settings: the laws of ``[[vary]]`` entries, as values only.

How a law is drawn lives in ``sim.plan.laws``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.core.errors import InputError
from sim.core.settings import About, Quantity, Settings

Level = Literal["image", "structure", "instance"]

#: What a grid or a choice may list.
Choice = bool | int | float | str

Path = Annotated[
    str,
    About("Dotted path of the setting that varies; list members go by name (specimen.nodes.cdse.radius)."),
]
Per = Annotated[
    Level | None,
    About(
        "How often a value is taken: once an image, once a structure (shared by all its images), or once "
        "an instance of a scene. Left out: structure for specimen and pose, image for everything else. A "
        "pose that varies by image makes a tilt series of every specimen."
    ),
]


class VaryGrid(Settings):
    """Every value in turn; several grids are combined with each other."""

    path: Path
    law: Literal["grid"] = "grid"
    per: Per = None
    values: Annotated[tuple[Choice, ...], About("The values, in order, no two alike.")] = ()
    start: Annotated[float | None, About("First value of an even grid (instead of values).")] = None
    stop: Annotated[float | None, About("Last value of an even grid.")] = None
    count: Annotated[int | None, Quantity(low=1, high=100_000, about="Number of values of an even grid.")] = (
        None
    )

    @model_validator(mode="after")
    def _listed_or_even(self) -> Self:
        even = (self.start, self.stop, self.count)
        if self.count == 1 and self.start != self.stop:
            raise InputError(
                f"vary ({self.path}).count",
                "one value cannot be both start and stop",
                value=1,
                remedy="give a larger count or values",
            )
        if self.values and any(item is not None for item in even):
            raise InputError(
                f"vary ({self.path})",
                "gives both values and start, stop, count",
                remedy="keep one of the two",
            )
        if not self.values and any(item is None for item in even):
            raise InputError(
                f"vary ({self.path})", "a grid needs values, or start, stop and count", remedy="add them"
            )
        if len(set(map(repr, self.points()))) != len(self.points()):
            raise InputError(
                f"vary ({self.path}).values", "names one value twice", remedy="list every value once"
            )
        return self

    def points(self) -> tuple[Choice, ...]:
        """The values of the grid, listed or even."""
        if self.values:
            return self.values
        assert self.start is not None and self.stop is not None and self.count is not None
        # Exact in the decimals the user wrote: 0.1 to 0.7 in four gives 0.3, not 0.30000000000000004.
        start, stop = Fraction(repr(self.start)), Fraction(repr(self.stop))
        last = max(self.count - 1, 1)
        return tuple(float(start + (stop - start) * i / last) for i in range(self.count))


class VaryUniform(Settings):
    """Every value between two bounds equally likely; both bounds included for whole-number settings."""

    path: Path
    law: Literal["uniform"] = "uniform"
    per: Per = None
    low: Annotated[float, About("Lower bound, in the setting's unit.")]
    high: Annotated[float, About("Upper bound, in the setting's unit.")]


class VaryNormal(Settings):
    """Normal law; a value outside the setting's own range is drawn again."""

    path: Path
    law: Literal["normal"] = "normal"
    per: Per = None
    mean: Annotated[float, About("Mean, in the setting's unit.")]
    deviation: Annotated[float, Quantity(low=0, about="Standard deviation, in the setting's unit.")]


class VaryTruncatedNormal(Settings):
    """Normal law cut at two bounds: a value outside them is drawn again."""

    path: Path
    law: Literal["truncated_normal"] = "truncated_normal"
    per: Per = None
    mean: Annotated[float, About("Mean of the uncut law, in the setting's unit.")]
    deviation: Annotated[
        float, Quantity(low=0, about="Standard deviation of the uncut law, in the setting's unit.")
    ]
    low: Annotated[float, About("Lower bound, in the setting's unit.")]
    high: Annotated[float, About("Upper bound, in the setting's unit.")]


class VaryLogNormal(Settings):
    """The logarithm is normal; a value outside the setting's own range is drawn again."""

    path: Path
    law: Literal["log_normal"] = "log_normal"
    per: Per = None
    median: Annotated[float, Quantity(low=0, above=True, about="Median, in the setting's unit.")]
    deviation: Annotated[float, Quantity(low=0, high=5, about="Standard deviation of the natural logarithm.")]


class VaryChoice(Settings):
    """One of several values at random, evenly or by weight."""

    path: Path
    law: Literal["choice"] = "choice"
    per: Per = None
    values: Annotated[tuple[Choice, ...], About("The values to choose from, no two alike.")]
    weights: Annotated[
        tuple[Annotated[float, Quantity(low=0, high=1e9, about="Relative weight.")], ...],
        About("Relative weights, one a value; left out: all alike."),
    ] = ()

    @model_validator(mode="after")
    def _weights_fit(self) -> Self:
        if not self.values:
            raise InputError(
                f"vary ({self.path}).values", "is empty", remedy="list the values to choose from"
            )
        if len(set(map(repr, self.values))) != len(self.values):
            raise InputError(
                f"vary ({self.path}).values", "names one value twice", remedy="use weights instead"
            )
        if self.weights and len(self.weights) != len(self.values):
            raise InputError(
                f"vary ({self.path}).weights",
                f"has {len(self.weights)} entries for {len(self.values)} values",
                remedy="give one weight a value",
            )
        if self.weights and not any(weight > 0 for weight in self.weights):
            raise InputError(
                f"vary ({self.path}).weights", "are all zero", remedy="make one of them positive"
            )
        return self


class VarySobol(Settings):
    """Even filling of the space spanned by all ``sobol`` entries of one level (scrambled Sobol points).

    Points belong to the image's or structure's ordinal, so growing the dataset keeps the earlier
    ones, but adding a sweep point or a class does not.
    """

    path: Path
    law: Literal["sobol"] = "sobol"
    per: Per = None
    low: Annotated[float, About("Lower bound, in the setting's unit.")]
    high: Annotated[float, About("Upper bound, in the setting's unit.")]


class VaryLatinHypercube(Settings):
    """Latin hypercube over all ``latin_hypercube`` entries of one level.

    A design for the whole dataset: every value changes when the number of images changes.
    """

    path: Path
    law: Literal["latin_hypercube"] = "latin_hypercube"
    per: Per = None
    low: Annotated[float, About("Lower bound, in the setting's unit.")]
    high: Annotated[float, About("Upper bound, in the setting's unit.")]


Vary = Annotated[
    VaryGrid
    | VaryUniform
    | VaryNormal
    | VaryTruncatedNormal
    | VaryLogNormal
    | VaryChoice
    | VarySobol
    | VaryLatinHypercube,
    Field(discriminator="law"),
]
