"""What all shards of a dataset have in common: shape, axes, units, acquisition metadata."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.canonical import plain
from sim.core.errors import InputError
from sim.core.settings import Quantity, Settings, model_fields
from sim.dataset import layout
from sim.labels.descriptors import aggregate, outline, projected

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
    "sphere_radius": "Å",
    "bond_length": "Å",
    "defocus": "Å",
    "defocus_zero": "Å",
    "phase_mask_area": "Å²",
    "particle_mask_area": "Å²",
    "shift_x": "Å",
    "shift_y": "Å",
    "gyration_target": "Å",
    "thickness_max": "Å",
    "attenuation_first": "1/nm",
    "attenuation_second": "1/nm",
    "attenuation_film": "1/nm",
    "theta_median_radius_first": "Å",
    "theta_median_radius_second": "Å",
    **aggregate.UNITS,
    **outline.UNITS,
    **projected.UNITS,
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
    start
        Smallest value, in ``unit``.
    """

    name: str
    size: int
    step: float
    unit: str
    descending: bool = False
    start: float = 0.0

    def values(self) -> NDArray[np.float64]:
        """(size,) position of every pixel's centre."""
        pixels = np.arange(self.size, dtype=np.float64)
        return (pixels[::-1] if self.descending else pixels) * self.step + self.start


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
    extras
        Further arrays of every image: name → ``shape`` of one image, ``units`` of its values, and
        ``axes``, the (name, unit, first value, step) of every axis after those that it shares with
        the images.
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
    extras: dict[str, dict[str, Any]] = field(default_factory=dict)

    def tree(self) -> dict[str, Any]:
        """As a header and dataset.json hold it; without extras it is as it was before there were any."""
        return {name: value for name, value in asdict(self).items() if name != "extras" or value}

    def axes_of(self, name: str) -> list[Axis]:
        """Axes of one image of an array: y and x, and those an extra has beyond them."""
        if name not in self.extras:
            return self.axes()
        facts = self.extras[name]
        shape = tuple(facts["shape"])
        own = self.axes() if shape[:2] == (self.height, self.width) else []
        further = [
            Axis(axis, size, abs(step), unit, step < 0, first if step > 0 else first + (size - 1) * step)
            for size, (axis, unit, first, step) in zip(shape[len(own) :], facts["axes"], strict=True)
        ]
        return own + further

    def extra_bytes(self, width: int) -> int:
        """Bytes of all extras of one image whose values take ``width`` bytes."""
        return sum(width * math.prod(facts["shape"]) for facts in self.extras.values())

    def units_of(self, name: str) -> str:
        """Unit of the values of an extra."""
        return str(self.extras[name]["units"])

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
        extras=_extras(plan, "electrons" if electrons else "fraction of the beam"),
    )


#: Names that an extra cannot have: they mean something else in a file.
RESERVED = frozenset(
    {layout.IMAGES, layout.CLEAN, layout.LABELS, layout.SAMPLES, layout.TRUTH, "atoms", "columns", "title",
     "program_name"}
)  # fmt: skip
EXTRA_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
#: Dimensions of one image of an extra, and bytes of it.
MOST_DIMENSIONS = 4
LARGEST_EXTRA = 16 << 30
#: What is known of extras by the first word of their names: unit of the values ("" is none).
_EXTRA_UNITS = {"exit_wave_phase": "rad", "exit_wave_amplitude": ""}


def _extras(plan: Any, electrons: str) -> dict[str, dict[str, Any]]:
    """Further arrays of a plan: ``plan.extras`` gives shapes, ``extra_axes`` and ``extra_units`` the rest."""
    shapes: Mapping[str, tuple[int, ...]] = getattr(plan, "extras", {})
    axes: Mapping[str, Any] = getattr(plan, "extra_axes", {})
    units: Mapping[str, str] = getattr(plan, "extra_units", {})
    extras = {}
    for name in sorted(shapes):
        shape = tuple(int(length) for length in shapes[name])
        if not is_extra(name, shape):
            raise InputError(
                "extras", f"{name} {shape} cannot be an array of a dataset",
                allowed=f"1 to {MOST_DIMENSIONS} dimensions, up to {LARGEST_EXTRA >> 30} GiB an image",
                remedy="store fewer or smaller arrays",
            )  # fmt: skip
        shared = 2 if shape[:2] == tuple(plan.shape) else 0
        extras[name] = {
            "shape": list(shape),
            "units": units.get(name, _EXTRA_UNITS.get(name, electrons)),
            "axes": [list(axis) for axis in axes.get(name, _default_axes(shape[shared:]))],
        }
    return extras


def _default_axes(shape: tuple[int, ...]) -> list[tuple[str, str, float, float]]:
    """Axes in pixels: two are taken for a diffraction pattern, whose row 0 is the top; one for segments."""
    if len(shape) == 2:
        return [("qy", "px", shape[0] - 1.0, -1.0), ("qx", "px", 0.0, 1.0)]
    names = ("segment",) if len(shape) == 1 else tuple(f"axis{number}" for number in range(len(shape)))
    return [(name, "", 0.0, 1.0) for name in names]


def is_extra(name: str, shape: tuple[int, ...]) -> bool:
    """Whether an extra may have this name and this shape."""
    values = 1
    for length in shape:
        values *= length if 1 <= length <= layout.LONGEST_SIDE else LARGEST_EXTRA
    return (
        EXTRA_NAME.fullmatch(name) is not None
        and name not in RESERVED
        and 1 <= len(shape) <= MOST_DIMENSIONS
        and 4 * values <= LARGEST_EXTRA
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
