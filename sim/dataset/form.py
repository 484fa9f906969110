"""What all shards of a dataset have in common: shape, axes, units, acquisition metadata."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.canonical import plain
from sim.core.settings import Quantity, Settings, model_fields

#: Units of columns that are no settings: tables of atoms and columns, and truth.
COLUMN_UNITS = {
    "x": "Å",
    "y": "Å",
    "z": "Å",
    "height": "Å",
    "pixel_size": "Å/px",
    "row": "px",
    "column": "px",
    "radius": "px",
    "bond_length": "Å",
    "shift_x": "Å",
    "shift_y": "Å",
}

#: What names of label images that are lengths begin with.
_LENGTHS = ("thickness_", "composition_")


def label_unit(name: str) -> str:
    """Unit of a label image's values, empty for masks and numbers of things."""
    return "Å" if name.startswith(_LENGTHS) else ""


@dataclass(frozen=True)
class Axis:
    """One axis of an image: evenly spaced from 0, up or down.

    Attributes
    ----------
    size
        Pixels.
    step
        Distance of two pixels in ``unit``, positive.
    descending
        The first pixel has the largest value: row 0 is the top, where y is highest.
    """

    name: str
    size: int
    step: float
    unit: str
    descending: bool = False

    def values(self) -> NDArray[np.float64]:
        """(size,) position of every pixel's centre."""
        pixels = np.arange(self.size, dtype=np.float64)
        return (pixels[::-1] if self.descending else pixels) * self.step


@dataclass(frozen=True)
class Form:
    """Shape, axes and metadata of a dataset; a function of the plan alone.

    Attributes
    ----------
    height, width
        Pixels.
    dtype
        Of the images: ``uint16``, ``uint32`` or ``float32``.
    image_units, clean_units
        Of a pixel's value.
    title
        Of the dataset, for viewers.
    pixel_size
        Å; None when it varies, and the axes are then in pixels.
    acquisition
        What is known of the instrument, in HyperSpy's names.
    units
        Units of sample columns by name.
    """

    height: int
    width: int
    dtype: str
    image_units: str
    clean_units: str
    title: str
    pixel_size: float | None = None
    acquisition: dict[str, Any] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    def axes(self) -> list[Axis]:
        """Axes y and x of an image, in nanometres, or in pixels when the pixel size varies."""
        step, unit = (1.0, "px") if self.pixel_size is None else (self.pixel_size / 10.0, "nm")
        return [Axis("y", self.height, step, unit, descending=True), Axis("x", self.width, step, unit)]

    def unit_of(self, column: str) -> str:
        """Unit of a column, empty for pure numbers and words."""
        return self.units.get(column, COLUMN_UNITS.get(column, ""))


def form_of(plan: Any) -> Form:
    """The form of a plan's dataset."""
    recipe = plan.recipe
    varied = {entry.path for entry in recipe.vary}
    height, width = plan.shape
    counted = str(plan.count_dtype) != "float32"
    # Not of the recipe's own noise: a varied preset or mode takes its place in every image.
    electrons = counted or _dose_mode(plan[0]) != "none"
    return Form(
        height=height,
        width=width,
        dtype=str(plan.count_dtype),
        image_units="counts" if counted else "electrons" if electrons else "fraction of the beam",
        clean_units="electrons" if electrons else "fraction of the beam",
        title=recipe.name,
        pixel_size=None if "image.pixel_size" in varied else float(recipe.image.pixel_size),
        acquisition=_acquisition(recipe, varied),
        units=_units(recipe, varied),
    )


def _dose_mode(job: Any) -> str:
    exposure = getattr(job.noise, "exposure", None)
    return str(getattr(exposure, "mode", "none"))


def _units(recipe: Any, varied: set[str]) -> dict[str, str]:
    if not isinstance(recipe, Settings):
        return {}
    return {
        leaf.path: leaf.description.unit
        for leaf in model_fields(type(recipe))
        if leaf.path in varied and isinstance(leaf.description, Quantity) and leaf.description.unit
    }


def _acquisition(recipe: Any, varied: set[str]) -> dict[str, Any]:
    """HyperSpy's ``Acquisition_instrument.TEM``, as far as the recipe fixes it for every image."""
    tem: dict[str, Any] = {"acquisition_mode": "STEM", "microscope": "Nanophantom (simulated)"}
    if "noise.preset" in varied:
        return {"TEM": tem}  # any value of the noise may then differ from image to image
    exposure: Any = getattr(recipe.noise, "exposure", None)
    scan: Any = getattr(recipe.noise, "scan", None)
    uses_current = getattr(exposure, "source", "dose") == "beam_current"
    if uses_current and not {"noise.exposure.source", "noise.exposure.beam_current"} & varied:
        tem["beam_current"] = float(exposure.beam_current) / 1e3  # pA to nA
    if hasattr(scan, "dwell_time") and "noise.scan.dwell_time" not in varied:
        tem["dwell_time"] = float(scan.dwell_time) / 1e6  # µs to s
    return {"TEM": plain(tem)}
