"""How a posed specimen appears in one image: what truth about it is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.core.types import FloatArray, ImageGrid
from sim.imaging.model import Surroundings
from sim.noise.chain import WarpField
from sim.recipe.imaging_entry import ImagingModel
from sim.recipe.model import Job
from sim.render.cache import Arrays, Stage
from sim.render.context import RenderContext
from sim.render.stages import cached

Images = dict[str, NDArray[Any]]
Tables = dict[str, dict[str, NDArray[Any]]]

BARE = Stage("particles_alone", 1)


@dataclass(frozen=True, eq=False)
class Appearance:
    """Where and how a posed specimen is seen in the image of a job.

    Attributes
    ----------
    grid, padded
        Pixels of the image, and with the margin that its scan distortion needs.
    field
        The scan distortion; None where nothing moves.
    pose_key, scan_key
        Keys of the posed specimen and of the distortion.
    """

    job: Job
    context: RenderContext
    model: ImagingModel
    around: Surroundings
    grid: ImageGrid
    padded: ImageGrid
    field: WarpField | None
    pose_key: str
    scan_key: str

    @property
    def upstream(self) -> str:
        """Key of where things appear in the image."""
        return self.pose_key if self.field is None else self.pose_key + self.scan_key

    def places(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Row and column where points of the specimen, Å, appear in the image."""
        if self.field is not None:
            found = self.field.points(x, y, self.context.cancel)
            x, y = found.x, found.y
        return self.grid.rows_of(y), self.grid.columns_of(x)

    def shown_points(self) -> dict[str, FloatArray]:
        """The points of the specimen that the pixels show, for maps; nothing where nothing moves."""
        if self.field is None:
            return {}
        x, y = self.grid.centres()
        return {
            "sample_x": np.add(x, self.field.dx),
            "sample_y": np.add(y[:, np.newaxis], self.field.dy),
        }

    def distorted(self, image: FloatArray) -> FloatArray:
        """(H, W) of the image, from the ideal one with its margin."""
        return image if self.field is None else self.field.image(image)

    def fraction_of(self, specimen: Any, key: str) -> FloatArray:
        """The ideal image, margin included, of a part of the specimen alone.

        Parameters
        ----------
        key
            Of the ideal image of the whole.
        """

        def project() -> Arrays:
            made = self.model.project(specimen, self.padded, self.job.imaging, self.around)
            return {"fraction": made.fraction}

        return self.cached(BARE, BARE.key(None, key), project)["fraction"]

    def cached(self, which: Stage, key: str, compute: Callable[[], Arrays]) -> Arrays:
        """The result of a stage, from the cache where there is one."""
        return cached(self.context, which, key, compute)


@dataclass(frozen=True, eq=False)
class Seen:
    """The images of a specimen that its labels may look at.

    Attributes
    ----------
    ideal, key
        (H, W) fraction of the beam with its margin, without noise, film and distortion, and its key.
    """

    ideal: FloatArray
    key: str


@dataclass(frozen=True, eq=False)
class Labels:
    """Label images and tables of one image."""

    images: Images = field(default_factory=dict)
    tables: Tables = field(default_factory=dict)


class Truth(Protocol):
    """What a posed specimen tells of itself in one image."""

    def refuse_empty(self) -> None:
        """Raise InputError where nothing of it lies in the field."""

    def labels(self, seen: Seen) -> Labels:
        """The label images and tables that are wanted and that follow from the specimen."""

    def facts(self, images: Images, expected: FloatArray) -> Mapping[str, Any]:
        """Scalars of the specimen in this image.

        Parameters
        ----------
        images
            All label images of the image.
        expected
            (H, W) its expectation, noise-free.
        """
