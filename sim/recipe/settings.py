"""Settings of the dataset as a whole: name, licence, splits, shards."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import model_validator

from sim.core.errors import InputError
from sim.core.settings import About, Printable, Quantity, Settings


class SplitSettings(Settings):
    """How images are divided for learning; all images of one specimen stay together."""

    train: Annotated[
        float, Quantity(low=0, high=1, step=0.05, about="Share of training specimens.", label="Training")
    ] = 0.8
    validation: Annotated[
        float, Quantity(low=0, high=1, step=0.05, about="Share of validation specimens.")
    ] = 0.1
    test: Annotated[float, Quantity(low=0, high=1, step=0.05, about="Share of test specimens.")] = 0.1
    split_by: Annotated[
        Literal["specimen", "file"],
        About(
            "What is kept whole: each specimen with its pose (specimen), or each input structure with "
            "all its poses (file). With file, a split holds only whole classes.",
            label="Kept whole",
            advanced=True,
        ),
    ] = "specimen"

    @model_validator(mode="after")
    def _sum_is_one(self) -> Self:
        total = self.train + self.validation + self.test
        if abs(total - 1.0) > 1e-9:
            raise InputError(
                "dataset.split",
                "the three shares do not add up to 1",
                value=round(total, 6),
                remedy="make train + validation + test = 1",
            )
        return self


class DatasetSettings(Settings):
    """What the dataset says of itself and how it is stored."""

    version: Annotated[
        str,
        Printable(200),
        About(
            "Name and version of the dataset; a published dataset never changes under its version.",
            label="Name and version",
        ),
    ] = "nc_projection_gaussian_v1"
    licence: Annotated[str, Printable(200), About("Licence of the images, as an SPDX identifier.")] = (
        "CC-BY-4.0"
    )
    citation: Annotated[
        str, Printable(2000, lines=True), About("How to cite the dataset.", advanced=True)
    ] = ""
    split: Annotated[SplitSettings, About("Training, validation and test shares.")] = SplitSettings()
    images_per_shard: Annotated[
        int,
        Quantity(
            low=0,
            high=100_000,
            about="Images in one shard file; 0 chooses about 32 MB before compression.",
            advanced=True,
        ),
    ] = 0
