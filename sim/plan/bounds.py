"""What a whole dataset shares, chosen once from the recipe: image size, count type, memory.

Bounds follow from the laws and never from drawn values, so that growing a dataset cannot change
its dtype or its size.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from typing import Any

from sim.core.errors import InputError
from sim.core.types import ImageGrid, Outline
from sim.labels.settings import LabelSettings
from sim.noise import chain, scan
from sim.plan.sections import Sections
from sim.plan.variation import Variation
from sim.recipe.imaging_entry import ExtraAxis, Period
from sim.recipe.imaging_models import IMAGING, check_labels
from sim.recipe.kinds import SPECIMENS
from sim.recipe.model import CountType, Recipe
from sim.recipe.yields import COSTS
from sim.specimen.catalogue import Catalogue

#: "auto" rounds the field up to a multiple of this many pixels.
AUTO_MULTIPLE = 16
SMALLEST_AUTO = 32
#: Room that "auto" leaves around the outermost atom, in widths of its spot.
SPOTS_AROUND = 3.0
LARGEST_SIDE = 16_384
#: Values of one setting that are looked at beside its extremes.
MOST_BETWEEN = 64
#: float64 fields alive at once while one image is rendered.
WORKING_FIELDS = 12


class Bounds:
    """Shape, count type and sizes of a plan.

    Each question looks at the extremes of the few settings that answer it.
    """

    def __init__(
        self, recipe: Recipe, catalogue: Catalogue, variation: Variation, sections: Sections
    ) -> None:
        self._recipe = recipe
        self._variation = variation
        self._sections = sections
        self._shapes = list(dict.fromkeys(self._all_outlines(catalogue)))
        self._outlines = [outline for outline, _ in self._shapes]
        kind = SPECIMENS[recipe.specimen.kind]
        self._fills, self._yields = kind.fills, kind.yields
        cost = COSTS[self._yields]
        pixel_sizes = [image.pixel_size for image in self._extremes("image")]
        self._pixel_sizes = (min(pixel_sizes), max(pixel_sizes))
        self.shape = (self._side("height", "shift_y"), self._side("width", "shift_x"))
        self._check_tilt()
        self._check_field("height", "shift_y")
        self._check_field("width", "shift_x")
        margin = self._check_scan()
        height, width = self.shape
        atoms = max(outline.atoms for outline in self._outlines)
        padded = (height + 2 * margin) * (width + 2 * margin)
        self.memory_bytes = 8 * WORKING_FIELDS * padded + cost.working_bytes * atoms
        waves = self._check_imaging()
        self.memory_bytes += waves
        self._check_memory(waves)
        self.count_dtype: CountType = self._count_dtype()
        pixel_bytes = {"uint16": 2, "uint32": 4, "float32": 4}[self.count_dtype] + 4
        self.labels = self._labels()
        pixel_bytes += self.labels.bytes_per_pixel()
        table_bytes = cost.row_bytes(recipe.labels)
        #: Further arrays of every image: name → shape.
        self.extras = self._extras()
        #: Axes of these arrays beyond y and x, where all images have the same: name → (name, unit, first
        #: value, step).
        self.extra_axes = self._extra_axes()
        extra_bytes = 4 * sum(math.prod(shape) for shape in self.extras.values())
        self.bytes_per_image = height * width * pixel_bytes + atoms * table_bytes + extra_bytes

    def _extremes(self, section: str, matters: Callable[[str], bool] = lambda path: True) -> Iterator[Any]:
        """A section at every combination of the extremes of its varied settings, of those that matter."""
        targets = self._variation.targets.items()
        paths = [path for path, target in targets if target.section == section and matters(path)]
        return (self._sections.section(section, point) for point in self._variation.corners(paths))

    def _all_outlines(self, catalogue: Catalogue) -> Iterator[tuple[Outline, Period]]:
        """Outlines of the specimens that the recipe can make, and the boxes they repeat with."""
        for settings in self._specimens():
            kind = SPECIMENS[settings.kind]
            infos = tuple(catalogue.info(source.key) for source in kind.sources(settings))
            yield kind.outline(settings, infos), kind.period(settings) if self._flat else None

    def _specimens(self) -> Iterator[Any]:
        """The specimen at all words it can have, with numbers all at their smallest and at their largest."""
        targets = self._variation.targets.items()
        paths = [path for path, target in targets if target.section == "specimen"]
        words = [path for path in paths if not self._variation.targets[path].numeric]
        for point in self._variation.corners(words):
            for which in (min, max):
                numbers = tuple(
                    (
                        path,
                        which(value for value in self._variation.reached[path] if not isinstance(value, str)),
                    )
                    for path in paths
                    if path not in words
                )
                yield self._sections.section("specimen", (*point, *numbers))

    def _shifts(self, name: str) -> tuple[float, float]:
        """Smallest and largest shift of the specimen along one axis."""
        path = f"pose.{name}"
        reached = self._variation.reached.get(path, (getattr(self._recipe.pose, name),))
        numbers = [float(value) for value in reached]
        return min(numbers), max(numbers)

    # --- size --------------------------------------------------------------------------------

    def _side(self, name: str, shift: str) -> int:
        given = getattr(self._recipe.image, name)
        if given != "auto":
            return int(given)
        radius = max(self._reach(outline, name) for outline in self._outlines)
        spot = max(IMAGING[item.model].spot_sigma(item) for item in self._extremes("imaging"))
        half = radius + max(map(abs, self._shifts(shift))) + SPOTS_AROUND * spot
        if self._fills and self._flat:
            # A specimen that is cut off at the edges of its box: at the rim the spots of the atoms beyond
            # are missing.
            pixels = 2 * math.floor((radius - SPOTS_AROUND * spot) / self._pixel_sizes[0])
        else:
            pixels = math.ceil(2.0 * half / self._pixel_sizes[0] / AUTO_MULTIPLE) * AUTO_MULTIPLE
        side: int = max(SMALLEST_AUTO, pixels)
        if side > LARGEST_SIDE:
            raise InputError(
                f"image.{name}",
                f"'auto' would need {side:,} pixels for a structure of radius {radius:.1f} Å",
                allowed=f"up to {LARGEST_SIDE:,}",
                remedy="make image.pixel_size larger or give a size",
            )
        return side

    @property
    def _flat(self) -> bool:
        """Whether no pose turns the specimen."""
        pose = self._recipe.pose
        angles = ("phi1", "Phi", "phi2")
        varied = any(f"pose.{angle}" in self._variation.reached for angle in angles)
        return pose.kind == "euler" and not varied and not any(getattr(pose, angle) for angle in angles)

    def _reach(self, outline: Outline, name: str) -> float:
        """How far a specimen goes from the middle of the image along one side."""
        if not self._flat:
            return outline.radius
        return outline.half_x if name == "width" else outline.half_y

    def _check_field(self, name: str, shift: str) -> None:
        """Refuse a shift that moves a whole structure out of the image."""
        half = 0.5 * self.shape[name == "width"] * self._pixel_sizes[0]
        reach = half + min(self._reach(outline, name) for outline in self._outlines)
        farthest = max(self._shifts(shift), key=abs)
        if abs(farthest) > reach:
            raise InputError(
                f"pose.{shift}",
                f"moves all {self._yields} out of the image",
                value=farthest,
                allowed=f"{-reach:.4g} to {reach:.4g} Å here",
                remedy=f"shift less or make image.{name} larger",
            )

    def _check_tilt(self) -> None:
        """Refuse poses in which a support film without end stands along the beam."""
        steepest = min((each.steepest for each in self._outlines if each.steepest is not None), default=None)
        if steepest is None:
            return
        if self._recipe.pose.kind != "euler":
            raise InputError(
                "pose.kind",
                "may turn the support film along the beam",
                value=self._recipe.pose.kind,
                allowed="euler",
                remedy="choose it, or leave the film out (specimen.film.thickness = 0)",
            )
        angles = self._variation.reached.get("pose.Phi", (self._recipe.pose.Phi,))
        listed = "pose.Phi" in self._variation.listed("pose")
        numbers = [float(angle) for angle in angles]
        for low, high in [(angle, angle) for angle in numbers] if listed else [(min(numbers), max(numbers))]:
            # Upright at 90°, 270° …, to either side; of these the one nearest to the middle of the range.
            upright = 180.0 * math.floor((low + high) / 360.0) + 90.0
            beside = 90.0 - steepest
            if low - beside < upright < high + beside:
                raise InputError(
                    "pose.Phi",
                    "turns the support film along the beam",
                    value=min(max(upright, low), high),
                    allowed=f"up to {steepest:g}° of tilt",
                    remedy="tilt less, or leave the film out (specimen.film.thickness = 0)",
                )

    def _check_scan(self) -> int:
        """Refuse a beam that leaves its field; the margin in pixels that images need."""
        margin = 0
        for noise in self._extremes("noise", lambda path: path.startswith(("noise.scan.", "noise.preset"))):
            parameters = noise.plain().scan
            if parameters.still:
                continue
            for pixel_size in self._pixel_sizes:
                grid = ImageGrid(*self.shape, pixel_size)
                scan.refuse_excessive(grid, parameters)
                margin = max(margin, math.ceil(scan.largest_displacement(grid, parameters) / pixel_size) + 3)
        return margin

    def _check_memory(self, waves: int) -> None:
        """Refuse images that this machine cannot hold, with the imaging model's own memory, bytes."""
        available = physical_memory()
        if available and self.memory_bytes > 0.8 * available:
            height, width = self.shape
            raise InputError(
                "image.width",
                f"rendering {height} × {width} px needs about {self.memory_bytes / 2**30:.1f} GiB of memory",
                allowed=f"up to {0.8 * available / 2**30:.1f} GiB here",
                remedy="make the image or imaging.multislice.padding smaller, imaging.multislice.sampling "
                "larger, or take fewer snapshots or camera pixels"
                if waves > 0.5 * self.memory_bytes
                else "make the image smaller",
            )

    def _labels(self) -> LabelSettings:
        """The labels with their elements: every image of a dataset has the same maps."""
        labels = self._recipe.labels
        if not labels.composition_map or labels.elements:
            return labels
        numbers = {number for outline in self._outlines for number, _ in outline.composition}
        return labels.model_copy(update={"elements": tuple(sorted(numbers))})

    # --- imaging -----------------------------------------------------------------------------

    def _check_imaging(self) -> int:
        """Refuse what an imaging model cannot do; the most memory that one of its images needs."""
        largest = 0
        films = [noise.plain().background.present for noise in self._extremes("noise", _of_film)]
        for imaging in self._extremes("imaging"):
            model = IMAGING[imaging.model]
            check_labels(imaging, self._recipe.labels, self._yields)
            if any(films) and model.detected and self._extras():
                raise InputError(
                    "noise.background.thickness",
                    "cannot be added where there are several detectors: it is the film's share of one",
                    remedy="set it to 0 and put an amorphous film into a scene",
                )
            if any(films) and not model.background(imaging):
                raise InputError(
                    "noise.background.thickness",
                    f"cannot be added to images of the model {imaging.model!r}",
                    remedy="set it to 0 and put an amorphous film into a scene"
                    if self._yields == "atoms"
                    else "set it to 0; specimen.film is a support film",
                )
            for pixel_size in dict.fromkeys(self._pixel_sizes):
                grid = ImageGrid(*self.shape, pixel_size)
                for outline, period in self._shapes:
                    model.check(imaging, grid, outline, period)
                    largest = max(largest, model.memory(imaging, grid, outline, period))
        self._check_between()
        return largest

    def _check_between(self) -> None:
        """Refuse values between the extremes, one at a time: a table may have 200 and 300 but not 250."""
        variation = self._variation
        listed = variation.listed("imaging")
        grid = ImageGrid(*self.shape, self._pixel_sizes[0])
        for path, target in variation.targets.items():
            if target.section != "imaging" or not target.numeric:
                continue
            numbers = sorted(float(value) for value in variation.reached[path] if not isinstance(value, str))
            inner = numbers[1:-1] if path in listed else [0.5 * (numbers[0] + numbers[-1])]
            for value in inner[:MOST_BETWEEN]:
                imaging = self._sections.section("imaging", ((path, target.adapt(value)),))
                for outline, period in self._shapes:
                    IMAGING[imaging.model].check(imaging, grid, outline, period)

    def _extras(self) -> dict[str, tuple[int, ...]]:
        """Further arrays, which every image of a dataset has alike."""
        found = [
            IMAGING[imaging.model].arrays(imaging, self._recipe.labels)
            for imaging in self._extremes("imaging")
        ]
        if any(shapes != found[0] for shapes in found):
            raise InputError(
                "vary",
                "the images would not all have the same detectors",
                remedy="make one dataset for each set of detectors",
            )
        return {name: (*self.shape, *shape) for name, shape in found[0].items()}

    def _extra_axes(self) -> dict[str, tuple[ExtraAxis, ...]]:
        found = [IMAGING[imaging.model].axes(imaging) for imaging in self._extremes("imaging")]
        return {
            name: axes
            for name, axes in found[0].items()
            if axes and all(other.get(name) == axes for other in found)
        }

    # --- counts ------------------------------------------------------------------------------

    def _count_dtype(self) -> CountType:
        detectors = [
            noise.plain()
            for noise in self._extremes("noise", lambda path: not path.startswith("noise.scan."))
        ]
        analog = {parameters.exposure.mode == "none" for parameters in detectors}
        if analog == {True, False}:
            raise InputError(
                "vary",
                "some images would be counts and some expectation images (noise.exposure.mode 'none')",
                remedy="make two datasets: one dataset has one data type",
            )
        fraction = self._largest_fraction()
        largest = 0
        for parameters in detectors:
            for pixel_size in self._pixel_sizes:
                chain.refuse_impossible(parameters, ImageGrid(*self.shape, pixel_size), fraction)
                largest = max(largest, chain.largest_count(parameters, pixel_size, fraction))
        if analog == {True}:
            return "float32"
        return "uint16" if largest <= 2**16 - 1 else "uint32"

    def _largest_fraction(self) -> float:
        """Bound of the ideal image; more than the whole beam is refused when an image is made."""
        compositions = {outline.composition for outline in self._outlines}
        return max(
            IMAGING[imaging.model].largest_fraction(imaging, dict(composition))
            for imaging in self._extremes("imaging")
            for composition in compositions
        )


def _of_film(path: str) -> bool:
    return path.startswith(("noise.background.", "noise.preset"))


def physical_memory() -> int:
    """Bytes of memory of this machine; 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
