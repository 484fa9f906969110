"""What all shards of a dataset have in common: shape, axes, units, acquisition metadata."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

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
    "bond_length": "Å",
    "shift_x": "Å",
    "shift_y": "Å",
}


@dataclass(frozen=True)
class Form:
    """Shape, axes and metadata of a dataset; a function of the plan alone.

    Attributes
    ----------
    height, width
        Pixels.
    dtype
        Of the images: ``uint16``, ``uint32`` or ``float32``.
    pixel_size
        Å; None when it varies, and the axes are then in pixels.
    image_units, clean_units
        Of a pixel's value.
    title
        Of the dataset, for viewers.
    acquisition
        What is known of the instrument, in HyperSpy's names.
    units
        Units of sample columns by name.
    """

    height: int
    width: int
    dtype: str
    pixel_size: float | None
    image_units: str
    clean_units: str
    title: str
    acquisition: dict[str, Any] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    def axes(self) -> list[tuple[str, int, float, str]]:
        """(name, size, step, unit) of y and x; both grow from row 0 and column 0."""
        step, unit = (1.0, "px") if self.pixel_size is None else (self.pixel_size / 10.0, "nm")
        return [("y", self.height, step, unit), ("x", self.width, step, unit)]

    def unit_of(self, column: str) -> str:
        """Unit of a column, empty for pure numbers and words."""
        return self.units.get(column, COLUMN_UNITS.get(column, ""))


def form_of(plan: Any) -> Form:
    """The form of a plan's dataset."""
    recipe = plan.recipe
    varied = {entry.path for entry in recipe.vary}
    height, width = plan.shape
    electrons = _dose_mode(recipe) != "none"
    counted = str(plan.count_dtype) != "float32"
    return Form(
        height=height,
        width=width,
        dtype=str(plan.count_dtype),
        pixel_size=None if "image.pixel_size" in varied else float(recipe.image.pixel_size),
        image_units="counts" if counted else "electrons" if electrons else "fraction of the beam",
        clean_units="electrons" if electrons else "fraction of the beam",
        title=recipe.name,
        acquisition=_acquisition(recipe, varied),
        units=_units(recipe, varied),
    )


def _dose_mode(recipe: Any) -> str:
    exposure = getattr(recipe.noise, "exposure", None)
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
    """HyperSpy's ``Acquisition_instrument.TEM``, as far as the recipe fixes it."""
    tem: dict[str, Any] = {"acquisition_mode": "STEM", "microscope": "Nanophantom (simulated)"}
    exposure = getattr(recipe.noise, "exposure", None)
    known = {
        "beam_current": (
            "noise.exposure.beam_current",
            getattr(exposure, "beam_current", None),
            1e-3,
        ),  # pA to nA
        "dwell_time": (
            "noise.scan.dwell_time",
            getattr(getattr(recipe.noise, "scan", None), "dwell_time", None),
            1e-6,
        ),
    }
    uses_current = getattr(exposure, "source", "dose") == "beam_current"
    for name, (path, value, factor) in known.items():
        if (
            isinstance(value, (int, float))
            and path not in varied
            and (name != "beam_current" or uses_current)
        ):
            tem[name] = float(value) / factor
    return {"TEM": plain(tem)}
