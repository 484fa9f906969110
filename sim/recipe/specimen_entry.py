"""What an entry of the table of specimen kinds says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from sim.core.kinds import Importable, imported
from sim.core.types import Material, Outline, Parts, SpecimenObject, Structure
from sim.recipe.imaging_entry import Yield
from sim.specimen.catalogue import Source, StructureInfo

Tree = dict[str, Any]
#: Remembers what a part of a specimen costs to make: (key, how to make it) → its arrays.
Remember = Callable[[Any, Callable[[], Parts]], Parts]


@dataclass(frozen=True)
class Watch:
    """What accompanies the building of a specimen and changes nothing about it.

    Attributes
    ----------
    remember
        Keeps what parts of it cost to make.
    cancel
        Raises when the user wants to stop; called at least every 100 ms.
    progress
        Told the share that is done, 0 to 1, now and then.
    """

    remember: Remember
    cancel: Callable[[], None]
    progress: Callable[[float], None]


@dataclass(frozen=True)
class Naming:
    """How a specimen is called in the manifest."""

    class_name: str
    structure_id: str
    geometry: str


@dataclass(frozen=True)
class SpecimenKind:
    """One kind of specimen.

    Attributes
    ----------
    settings
        Its settings model, told from the others by ``kind``, or a function that imports it.
    about
        One sentence for menus and help.
    yields
        What it hands to imaging.
    class_path
        The setting that tells the classes apart, relative to ``specimen``.
    fixed_paths
        Settings that may not vary, relative to ``specimen``: they say what the names stand for.
    sources
        The structures that these settings read.
    resolve
        The settings with every structure pinned by its hash and every path dropped.
    naming
        Class, structure id and geometry.
    build
        (settings, structures in the order of ``sources``, specimen seed, watch) → the specimen before
        posing: :class:`~sim.core.types.Built` or :class:`~sim.core.types.Particles`.
    outline
        (settings, infos in the order of ``sources``) → upper bounds, without building anything.
    expand
        (settings, paths relative to ``specimen``, draw) → the settings with every random member made a
        part of its own; None where there are no members.
    objects
        (settings of a job) → what the parts of the built specimen are called; none for a single object.
    fills
        The specimen fills its box to the edges and an image of automatic size shows that box without its
        rim.
    usual_pose
        Kind of the pose where a recipe has none.
    period
        (settings) → width and height of the box that the specimen repeats with, Å, while nothing turns it;
        None where it does not.
    materials
        (settings) → what particles consist of, by species, and then the film.
    truth
        (settings) → the generator's parameters, stored with every image.
    narrower
        From the section's tree, a function that drops from such a tree the list entries its values
        do not use, so that validating one of ten thousand files does not cost ten thousand.
    publish
        (settings, infos by source key) → the settings as a dataset carries them, without paths.
    random
        Whether two replicates with the same settings differ.
    """

    settings: Importable
    about: str
    yields: Yield
    class_path: str
    fixed_paths: tuple[str, ...]
    sources: Callable[[Any], tuple[Source, ...]]
    resolve: Callable[[Any, tuple[StructureInfo, ...]], Any]
    naming: Callable[[Any], Naming]
    build: Callable[[Any, tuple[Structure, ...], int, Watch], Any]
    outline: Callable[[Any, tuple[StructureInfo, ...]], Outline]
    narrower: Callable[[Tree], Callable[[Tree], Tree]] = lambda tree: lambda section: section
    publish: Callable[[Any, Mapping[str, StructureInfo]], Any] = lambda settings, infos: settings
    random: bool = False
    expand: Callable[[Any, tuple[str, ...], Callable[[int, int], Any]], Any] | None = None
    objects: Callable[[Any], tuple[SpecimenObject, ...]] = lambda settings: ()
    fills: bool = False
    usual_pose: str = "random"
    period: Callable[[Any], tuple[float, float] | None] = lambda settings: None
    materials: Callable[[Any], tuple[Material, ...]] = lambda settings: ()
    truth: Callable[[Any], Mapping[str, Any]] = lambda settings: {}

    @property
    def model(self) -> type[BaseModel]:
        """Its settings model, imported now."""
        return imported(self.settings)
