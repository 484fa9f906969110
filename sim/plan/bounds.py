"""What a whole dataset shares, chosen once from the recipe: image size, count type, memory.

Bounds follow from the laws and never from drawn values, so that growing a dataset cannot change
its dtype or its size.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator
from typing import Any

from sim.core.errors import InputError
from sim.core.types import ImageGrid
from sim.noise import chain
from sim.plan.sections import Sections
from sim.plan.variation import IMAGE_SECTIONS, Point, Variation
from sim.recipe.kinds import IMAGING
from sim.recipe.model import CountType, Recipe
from sim.specimen.catalogue import Catalogue

#: Corners of the varied settings that are looked at; beyond them the widest type is taken.
MOST_CORNERS = 4096
#: "auto" rounds the field up to a multiple of this many pixels.
AUTO_MULTIPLE = 16
SMALLEST_AUTO = 32
#: Room that "auto" leaves around the outermost atom, in widths of its spot.
SPOTS_AROUND = 3.0
LARGEST_SIDE = 16_384
#: float64 fields alive at once while one image is rendered.
WORKING_FIELDS = 12


class Bounds:
    """Shape, count type and sizes of a plan."""

    def __init__(
        self, recipe: Recipe, catalogue: Catalogue, variation: Variation, sections: Sections
    ) -> None:
        self._recipe = recipe
        self._variation = variation
        self._sections = sections
        self._infos = list(catalogue.infos.values())
        self._corners = list(itertools.islice(self._corner_points(), MOST_CORNERS + 1))
        self.shape = (self._side("height"), self._side("width"))
        height, width = self.shape
        self.memory_bytes = 8 * WORKING_FIELDS * height * width + 400 * max(
            (i.atoms for i in self._infos), default=0
        )
        self._check_memory()
        self.count_dtype: CountType = self._count_dtype()
        count_bytes = {"uint16": 2, "uint32": 4, "float32": 4}[self.count_dtype]
        label_images = len(recipe.labels.image_names())
        self.bytes_per_image = height * width * (count_bytes + 4 + label_images)

    def _corner_points(self) -> Iterator[Point]:
        """Combinations of extreme (or all, for choices) values of everything that varies in the image."""
        axes: list[tuple[tuple[str, Any], ...]] = []
        for path, target in self._variation.targets.items():
            if target.section not in (*IMAGE_SECTIONS, "pose"):
                continue
            values = self._variation.values_reached(path)
            if target.numeric:
                values = (min(values), max(values))
            axes.append(tuple((path, value) for value in dict.fromkeys(values)))
        return iter(itertools.product(*axes))

    # --- size --------------------------------------------------------------------------------

    def _side(self, name: str) -> int:
        given = getattr(self._recipe.image, name)
        if given != "auto":
            return int(given)
        radius = max(info.radius for info in self._infos)
        pixels = 0.0
        for corner in self._corners:
            pose = self._sections.section("pose", corner)
            imaging = self._sections.section("imaging", corner)
            image = self._sections.section("image", corner)
            shift = abs(pose.shift_x if name == "width" else pose.shift_y)
            half = radius + shift + SPOTS_AROUND * IMAGING[imaging.model].spot_sigma(imaging)
            pixels = max(pixels, 2.0 * half / image.pixel_size)
        side = max(SMALLEST_AUTO, math.ceil(pixels / AUTO_MULTIPLE) * AUTO_MULTIPLE)
        if side > LARGEST_SIDE:
            raise InputError(
                f"image.{name}",
                f"'auto' would need {side} pixels for a structure of radius {radius:.1f} Å",
                allowed=f"up to {LARGEST_SIDE}",
                remedy="make image.pixel_size larger or give a size",
            )
        return side

    def _check_memory(self) -> None:
        available = physical_memory()
        if available and self.memory_bytes > 0.8 * available:
            height, width = self.shape
            raise InputError(
                "image.width",
                f"rendering {height} × {width} px needs about {self.memory_bytes / 2**30:.1f} GiB of memory",
                allowed=f"up to {0.8 * available / 2**30:.1f} GiB here",
                remedy="make the image smaller",
            )

    # --- counts ------------------------------------------------------------------------------

    def _count_dtype(self) -> CountType:
        analog = {self._sections.section("noise", corner).exposure.mode == "none" for corner in self._corners}
        if analog == {True, False}:
            raise InputError(
                "vary",
                "some images would be counts and some expectation images (noise.exposure.mode 'none')",
                remedy="make two datasets: one dataset has one data type",
            )
        if analog == {True}:
            return "float32"
        if len(self._corners) > MOST_CORNERS:
            return "uint32"
        largest = max(self._largest_count(corner) for corner in self._corners)
        return "uint16" if largest <= 2**16 - 1 else "uint32"

    def _largest_count(self, corner: Point) -> int:
        imaging = self._sections.section("imaging", corner)
        noise = self._sections.section("noise", corner)
        image = self._sections.section("image", corner)
        model = IMAGING[imaging.model]
        # A fraction above the whole beam is refused when the image is made, so 1 bounds it too.
        compositions = {info.composition for info in self._infos}
        fraction = max((model.largest_fraction(imaging, dict(item)) for item in compositions), default=1.0)
        parameters = noise.plain()
        height, width = self.shape
        chain.refuse_impossible(parameters, ImageGrid(height, width, image.pixel_size), min(1.0, fraction))
        return chain.largest_count(parameters, image.pixel_size, min(1.0, fraction))


def physical_memory() -> int:
    """Bytes of memory of this machine; 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
