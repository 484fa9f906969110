"""Settings of the image grid and of the imaging models."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from sim.core.settings import About, Quantity, Settings

_SIDE = Quantity(
    "px",
    low=8,
    high=16384,
    step=8,
    about='Pixels along this side of the image; "auto" fits the largest structure of the recipe.',
)


def _whole_number_or_auto(value: Any) -> Any:
    """Refuse anything else at once: a union would otherwise report one error for each alternative."""
    if value == "auto" or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise PydanticCustomError(
        "out_of_range", 'neither a whole number nor "auto"', {"allowed": f'{_SIDE.allowed}, or "auto"'}
    )


#: Pixels along one side of an image, or ``"auto"``: as many as the specimen needs.
PixelCount = Annotated[int | Literal["auto"], BeforeValidator(_whole_number_or_auto), _SIDE]


class ImageSettings(Settings):
    """Pixel size and number of pixels."""

    pixel_size: Annotated[
        float,
        Quantity(
            "Å/px",
            low=0.01,
            high=100.0,
            step=0.01,
            symbol="p",
            about=(
                "Side of one square pixel in the specimen. Small pixels show more detail and collect fewer "
                "electrons each."
            ),
        ),
    ] = 0.2
    width: PixelCount = 128
    height: PixelCount = 128


class GaussianImaging(Settings):
    """Each atom adds a two-dimensional Gaussian to the image."""

    model: Annotated[
        Literal["gaussian"], About("Each atom adds a two-dimensional Gaussian.", label="Imaging model")
    ] = "gaussian"
    sigma: Annotated[
        float,
        Quantity(
            "Å",
            low=0.05,
            high=5.0,
            step=0.05,
            symbol="σ",
            about="Standard deviation of one atom's spot: probe, thermal motion and source size together.",
        ),
    ] = 0.6
    alpha: Annotated[
        float,
        Quantity(
            low=0.0,
            high=5.0,
            step=0.1,
            symbol="α",
            about=(
                "Strength of the contrast; what it acts on is said by the mode. Higher values make heavy "
                "elements (z_power), every atom (linear) or thick columns (column_gamma) brighter."
            ),
        ),
    ] = 1.0
    mode: Annotated[
        Literal["z_power", "linear", "column_gamma"],
        About(
            "What α means. z_power: an atom's amplitude is (Z/6)^α, so elements differ. linear: every "
            "amplitude is α. column_gamma: the summed image of unit spots is raised to the power α, so "
            "thickness contrast changes even for one element."
        ),
    ] = "z_power"
    normalisation: Annotated[
        Literal["peak", "area"],
        About(
            "What stays equal when σ changes. peak: the height of a spot, so that wider spots collect "
            "more electrons. area: the electrons of a spot, so that wider spots are lower; the reference "
            "is gold at σ = 0.6 Å."
        ),
    ] = "peak"
    collected_fraction: Annotated[
        float,
        Quantity(
            low=0.0,
            high=1.0,
            above=True,
            step=0.0001,
            symbol="f",
            about=(
                "Fraction of the incident electrons that reach the detector at the centre of one gold atom "
                "at α = 1; it turns model intensity into electrons."
            ),
        ),
    ] = 0.0066
