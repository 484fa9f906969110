"""The plan: a recipe as a lazy sequence of jobs.

``len(plan)`` and ``plan[i]`` cost nothing but the one job; the plan holds no list of them.  Every
random stream is keyed by values (class, varied values, replicate), never by position.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from sim.core.canonical import canonical_json
from sim.core.errors import InputError, never
from sim.numerics.streams import Stream, derive_seed
from sim.plan.bounds import Bounds
from sim.plan.designed import Designs
from sim.plan.laws import RandomLaw, draw
from sim.plan.order import Order, Place, rotation_by_class
from sim.plan.sections import MOST_REMEMBERED, Sections
from sim.plan.splits import split_of
from sim.plan.targets import IMAGE_SECTIONS, STRUCTURE_SECTIONS, TURNED_BY_IMAGE
from sim.plan.variation import Point, Variation, read_variation
from sim.recipe.imaging_entry import ExtraAxis
from sim.recipe.kinds import RANDOM_POSES, SPECIMENS
from sim.recipe.model import Job, Recipe, check_pair
from sim.specimen.catalogue import Catalogue, Source

#: Bytes of one shard before compression.
SHARD_BYTES = 32 * 2**20
MOST_IMAGES_IN_SHARD = 512
#: Images of one specimen stay in one shard up to this multiple of its usual size.
LARGEST_GROUP = 4
#: Specimens with their random members that are remembered: the images of one stand together.
MOST_EXPANDED = 8
#: Combinations of listed values of one section that are tried before work starts.
MOST_CHECKED = 20_000


def collect_structures(recipe: Recipe, cancel: Callable[[], None] = lambda: None) -> Catalogue:
    """Read every structure that any job of the recipe can use."""
    return Catalogue.collect(_all_sources(recipe, read_variation(recipe)), cancel)


def _all_sources(recipe: Recipe, variation: Variation) -> Iterator[Source]:
    """Sources at every value that a grid or choice gives the specimen."""
    sections = Sections(recipe)
    seen: set[str] = set()
    for point in _listed_points(variation):
        settings = sections.section("specimen", point)
        for source in SPECIMENS[settings.kind].sources(settings):
            if source.key not in seen:
                seen.add(source.key)
                yield source


def _listed_points(variation: Variation) -> list[Point]:
    """Combinations of all words that a grid or choice gives the specimen."""
    points: list[Point] = [()]
    for path, target in variation.targets.items():
        if target.section == "specimen" and not target.numeric:
            points = [(*point, (path, value)) for point in points for value in variation.reached[path]]
    return points


class Plan:
    """A lazy sequence of jobs.

    Parameters
    ----------
    recipe
        The validated recipe.
    catalogue
        The structures of :func:`collect_structures`.

    Raises
    ------
    InputError
        For anything in the recipe that cannot be done, before any image is made.
    """

    def __init__(self, recipe: Recipe, catalogue: Catalogue) -> None:
        self.recipe = recipe
        self.catalogue = catalogue
        self._variation = read_variation(recipe)
        self._sections = Sections(recipe)
        self._resolved: OrderedDict[int, tuple[Any, Any]] = OrderedDict()
        self._expanded: OrderedDict[str, Any] = OrderedDict()
        variation = self._variation
        structures = variation.combinations(variation.structure_grids)
        self._image_points = variation.combinations(variation.image_grids)
        self._designs = Designs(recipe.seed, variation, recipe.images)
        self._check_combinations()
        self._alike = self._replicates_alike()
        classes = [self._class_of(index) for index in range(structures)]
        self._classes = classes
        self._order = Order(recipe.images, self._image_points, recipe.repeats, rotation_by_class(classes))
        self.bounds = Bounds(recipe, catalogue, variation, self._sections)
        self.shape = self.bounds.shape
        self.labels = self.bounds.labels
        self.count_dtype = self.bounds.count_dtype

    def __reduce__(self) -> tuple[type[Plan], tuple[Recipe, Catalogue]]:
        return Plan, (self.recipe, self.catalogue)

    # --- the sequence ------------------------------------------------------------------------

    def __len__(self) -> int:
        return self.recipe.images

    def __iter__(self) -> Iterator[Job]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> Job:
        if not 0 <= index < len(self):
            raise IndexError(index)
        place = self._order[index]
        return self._job(place, *self._values(place, index))

    def _members(self, specimen: Any, identity: list[Any]) -> Any:
        """The specimen with all its random members, each with values of its own."""
        expand = SPECIMENS[specimen.kind].expand
        if expand is None:
            return specimen
        laws = self._variation.instance_laws
        paths = tuple(law.path.partition(".")[2] for law in laws)
        key = canonical_json([specimen.digest, identity])
        found = self._expanded.get(key)
        if found is None:
            found = expand(
                specimen, paths, lambda which, member: self._draw(laws[which], [*identity, member])[1]
            )
            self._expanded[key] = found
            if len(self._expanded) > MOST_EXPANDED:
                self._expanded.popitem(last=False)
        return found

    def _values(self, place: Place, index: int) -> tuple[Point, Point]:
        """The varied values of the structure and of the image."""
        variation = self._variation
        structure_grid = variation.combination(variation.structure_grids, place.structure)
        image_grid = variation.combination(variation.image_grids, place.point)
        structure_identity = [dict(structure_grid), place.replicate]
        structure_values = (
            *structure_grid,
            *(self._draw(law, structure_identity) for law in variation.structure_laws),
            *self._designs.values(
                variation.structure_designs,
                "structure",
                self._order.specimen_ordinal(place),
                self._order.specimen_rank(place),
                self._order.specimens,
            ),
        )
        image_identity = [*structure_identity, dict(image_grid), place.repeat]
        image_values = (
            *image_grid,
            *(self._draw(law, image_identity) for law in variation.image_laws),
            *self._designs.values(
                variation.image_designs, "image", self._order.image_ordinal(place), index, len(self)
            ),
        )
        return structure_values, image_values

    def _job(self, place: Place, structure_values: Point, image_values: Point) -> Job:
        recipe = self.recipe
        values = (*structure_values, *image_values)
        specimen = self._sections.section("specimen", structure_values)
        pose = self._sections.section("pose", values)
        image = self._sections.section("image", values)
        imaging = self._sections.section("imaging", values)
        noise = self._sections.section("noise", values)
        kind = SPECIMENS[specimen.kind]
        check_pair(specimen.kind, imaging.model)
        # The class goes by the specimen as the recipe lists it.
        naming = kind.naming(specimen)
        structure_grid = self._variation.combination(self._variation.structure_grids, place.structure)
        specimen = self._members(specimen, [dict(structure_grid), place.replicate])
        infos = tuple(self.catalogue.info(source.key) for source in kind.sources(specimen))
        of_image = {path for path, _ in values if path.partition(".")[0] in IMAGE_SECTIONS}
        # A tilt series: one specimen, seen in every image in another pose.
        of_image |= {path for path, _ in image_values if path.partition(".")[0] in TURNED_BY_IMAGE}
        belongs_to_structure = {path: value for path, value in values if path not in of_image}
        belongs_to_image = {path: value for path, value in values if path in of_image}
        # Where nothing is random, all replicates are one specimen, and no split may come between them.
        replicate = 0 if self._alike else place.replicate
        specimen_key = canonical_json([recipe.seed, naming.class_name, belongs_to_structure, replicate])
        image_key = canonical_json([specimen_key, belongs_to_image, place.replicate, place.repeat])
        unit = naming.class_name if recipe.dataset.split.split_by == "file" else specimen_key
        image_hash = _sha256(image_key)
        height, width = self.shape
        return Job(
            image_id=image_id(naming.structure_id, naming.geometry, place.replicate, image_hash),
            structure_id=naming.structure_id,
            geometry=naming.geometry,
            class_name=naming.class_name,
            specimen_key=_sha256(specimen_key),
            image_key=image_hash,
            replicate=place.replicate,
            repeat=place.repeat,
            orientation_seed=derive_seed(recipe.seed, "pose", specimen_key),
            noise_seed=derive_seed(recipe.seed, "noise", image_key),
            split=split_of(recipe.seed, unit, recipe.dataset.split),
            count_dtype=self.count_dtype,
            varied=dict(values),
            structures=tuple(info.sha256 for info in infos),
            specimen=self._once(specimen, lambda: kind.resolve(specimen, infos)),
            pose=pose,
            image=self._once(image, lambda: image.model_copy(update={"width": width, "height": height})),
            imaging=imaging,
            noise=noise,
            labels=self.labels,
        )

    def _once(self, section: Any, make: Callable[[], Any]) -> Any:
        """What follows from a section alone, made once for as long as the section itself is remembered."""
        found = self._resolved.get(id(section))
        if found is None or found[0] is not section:
            found = (section, make())
            self._resolved[id(section)] = found
            if len(self._resolved) > MOST_REMEMBERED:
                self._resolved.popitem(last=False)
        return found[1]

    # --- classes -----------------------------------------------------------------------------

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """Every class that a job may have, in the order in which the recipe lists their structures."""
        if not self._class_is_drawn:
            return tuple(dict.fromkeys(self._classes))
        settings = (self._sections.section("specimen", point) for point in _listed_points(self._variation))
        return tuple(dict.fromkeys(SPECIMENS[each.kind].naming(each).class_name for each in settings))

    def class_name(self, index: int) -> str:
        """Class of one image, found without making its job where no class is drawn at random."""
        if self._class_is_drawn:
            return self[index].class_name
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._classes[self._order[index].structure]

    def another_sample(self, index: int) -> int:
        """The image that differs in chance alone: the next specimen of its kind at the same sweep point.

        After the last one it is the first again; where there is no other, the image itself.
        """
        return self._order.another(index)

    def next_of_class(
        self, index: int, class_name: str, direction: int, cancel: Callable[[], None] = never
    ) -> int | None:
        """The first image of a class from an index on; None where there is none before the end.

        Parameters
        ----------
        index
            Where to begin; it may lie just outside the sequence.
        class_name
            One of ``class_names``.
        direction
            1 forwards, −1 backwards.
        cancel
            Called while searching, which takes long only where classes are drawn at random.
        """
        if not self._class_is_drawn:
            return self._order.next_of(index, np.array(self._classes) == class_name, direction)
        while 0 <= index < len(self):
            cancel()
            if self[index].class_name == class_name:
                return index
            index += direction
        return None

    @cached_property
    def _class_is_drawn(self) -> bool:
        laws = (*self._variation.structure_laws, *self._variation.structure_designs)
        targets = self._variation.targets
        return any(targets[law.path].section == "specimen" and not targets[law.path].numeric for law in laws)

    # --- random values -----------------------------------------------------------------------

    def _draw(self, law: RandomLaw, identity: list[Any]) -> tuple[str, Any]:
        # Keyed by what is known before any value is drawn, so that no law disturbs another.
        target = self._variation.targets[law.path]
        stream = Stream(derive_seed(self.recipe.seed, "vary", law.path, canonical_json(identity)), law.law)
        return law.path, target.adapt(draw(law, stream, whole=target.whole, fits=target.fits))

    # --- checks ------------------------------------------------------------------------------

    def _check_combinations(self) -> None:
        """Refuse, before work starts, listed values that do not go together within a section."""
        for section in (*STRUCTURE_SECTIONS, *IMAGE_SECTIONS):
            axes = [
                [(path, value) for value in self._variation.reached[path]]
                for path in self._variation.listed(section)
            ]
            for point in itertools.islice(itertools.product(*axes), MOST_CHECKED):
                try:
                    self._sections.section(section, point)
                except InputError as error:
                    values = ", ".join(f"{path} = {value}" for path, value in point)
                    raise InputError("vary", f"{values} is impossible: {str(error).rstrip('.')}") from None

    def _replicates_alike(self) -> bool:
        """Whether neither structure nor pose has anything random, so that replicates are one specimen."""
        variation = self._variation
        drawn = variation.structure_laws or variation.structure_designs
        return not (
            drawn or self.recipe.pose.kind in RANDOM_POSES or SPECIMENS[self.recipe.specimen.kind].random
        )

    def _class_of(self, structure: int) -> str:
        point = self._variation.combination(self._variation.structure_grids, structure)
        settings = self._sections.section("specimen", point)
        return SPECIMENS[settings.kind].naming(settings).class_name

    # --- shards ------------------------------------------------------------------------------

    @property
    def images_per_shard(self) -> int:
        """Images of a full shard: a function of the recipe alone, whatever the number of images."""
        if self.recipe.dataset.images_per_shard:
            return self.recipe.dataset.images_per_shard
        usual = max(1, min(MOST_IMAGES_IN_SHARD, SHARD_BYTES // self.bytes_per_image))
        together = self._image_points * self.recipe.repeats
        if together <= usual:
            return usual - usual % together
        return min(together, LARGEST_GROUP * usual)

    @property
    def shard_count(self) -> int:
        return -(-len(self) // self.images_per_shard)

    def shard_range(self, shard: int) -> tuple[int, int]:
        """First image of a shard and first image after it."""
        start = shard * self.images_per_shard
        return start, min(start + self.images_per_shard, len(self))

    def shard_boundaries(self) -> list[tuple[int, int]]:
        """(start, stop) of every shard."""
        return [self.shard_range(shard) for shard in range(self.shard_count)]

    # --- size --------------------------------------------------------------------------------

    @property
    def bytes_per_image(self) -> int:
        """Bytes of one image with its expectation and labels, before compression."""
        return self.bounds.bytes_per_image

    @property
    def specimen_share(self) -> float:
        """Posed specimens for every image: below 1 where images of one specimen differ in imaging alone."""
        return min(1.0, self._order.specimens / len(self))

    @property
    def extras(self) -> dict[str, tuple[int, ...]]:
        """Further float32 arrays of every image: name → shape; ``bytes_per_image`` counts them."""
        return self.bounds.extras

    @property
    def extra_axes(self) -> dict[str, tuple[ExtraAxis, ...]]:
        """Axes of these arrays beyond y and x, where they are not plain pixels."""
        return self.bounds.extra_axes

    @property
    def memory_bytes(self) -> int:
        """Working memory of rendering one image, estimated."""
        return self.bounds.memory_bytes

    # --- identity ----------------------------------------------------------------------------

    def published_recipe(self) -> Recipe:
        """The recipe as a dataset carries it: structure files by name and hash, without their paths."""
        publish = SPECIMENS[self.recipe.specimen.kind].publish
        return self.recipe.model_copy(
            update={"specimen": publish(self.recipe.specimen, self.catalogue.infos)}
        )

    @property
    def sha256(self) -> str:
        """Hash of what decides every job: two plans with the same hash make the same dataset."""
        structures = {key: info.sha256 for key, info in self.catalogue.infos.items()}
        return _sha256(canonical_json([self.published_recipe().tree(), structures]))


def image_id(structure_id: str, geometry: str, replicate: int, image_hash: str) -> str:
    """``Au55_icosahedron_00001_9f2c41ab77d0``: readable, safe as a file name, the same whatever N."""
    words = [structure_id] if structure_id == geometry else [structure_id, geometry]
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", "_".join(words)).strip("-._")[:80]
    return f"{stem or 'structure'}_{replicate:05d}_{image_hash[:12]}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
