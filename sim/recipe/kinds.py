"""The static tables of what there is: specimen kinds and imaging models.

One entry a kind.  The recipe's unions, the panel, the option and the page of help all come from
these tables; plan and render look up the entry and never name a kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field

from sim.core.kinds import Importable, Kinds, imported
from sim.core.settings import Settings
from sim.core.types import (
    Built,
    Outline,
    Parts,
    SpecimenObject,
    Structure,
)
from sim.recipe.imaging_entry import ImagingModel, Yield
from sim.recipe.imaging_models import IMAGING
from sim.specimen.catalogue import Source, StructureInfo
from sim.specimen.settings import (
    ClusterSpecimen,
    EulerPose,
    FileSpecimen,
    RandomPose,
    ZoneAxisPose,
)

if TYPE_CHECKING:
    from sim.imaging.hrtem.settings import HrtemImaging
    from sim.imaging.settings import GaussianImaging
    from sim.imaging.stem.settings import ProbeImaging, StemImaging
    from sim.specimen.scene.settings import SceneSpecimen

__all__ = ["IMAGING", "ImagingModel", "ImagingSettings", "SPECIMENS", "Yield"]

Tree = dict[str, Any]
#: Remembers what a part of a specimen costs to make: (key, how to make it) → its arrays.
Remember = Callable[[Any, Callable[[], Parts]], Parts]


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
        (settings, structures in the order of ``sources``, specimen seed, remember, cancel) → the atoms
        before posing.
    outline
        (settings, infos in the order of ``sources``) → upper bounds, without building anything.
    expand
        (settings, paths relative to ``specimen``, draw) → the settings with every random member made a
        part of its own; None where there are no members.
    objects
        (settings of a job) → what the parts of the built specimen are called; none for a single object.
    fills
        The specimen fills its box to the edges and an image of automatic size shows that box without its
        rim; poses turn it about its own origin.  Otherwise about the centroid of its atoms.
    usual_pose
        Kind of the pose where a recipe has none.
    period
        (settings) → width and height of the box that the specimen repeats with, Å, while nothing turns it;
        None where it does not.
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
    build: Callable[[Any, tuple[Structure, ...], int, Remember, Callable[[], None]], Built]
    outline: Callable[[Any, tuple[StructureInfo, ...]], Outline]
    narrower: Callable[[Tree], Callable[[Tree], Tree]] = lambda tree: lambda section: section
    publish: Callable[[Any, Mapping[str, StructureInfo]], Any] = lambda settings, infos: settings
    random: bool = False
    expand: Callable[[Any, tuple[str, ...], Callable[[int, int], Any]], Any] | None = None
    objects: Callable[[Any], tuple[SpecimenObject, ...]] = lambda settings: ()
    fills: bool = False
    usual_pose: str = "random"
    period: Callable[[Any], tuple[float, float] | None] = lambda settings: None

    @property
    def model(self) -> type[BaseModel]:
        """Its settings model, imported now."""
        return imported(self.settings)


# --- specimens -------------------------------------------------------------------------------


def _chosen_names(settings: ClusterSpecimen | FileSpecimen) -> Naming:
    return Naming(*settings.chosen_names())


def _cluster_sources(settings: ClusterSpecimen) -> tuple[Source, ...]:
    key = f"cluster:{settings.geometry}:{settings.form}"
    return (Source(key, "specimen.geometry", (settings.geometry, settings.form), sha256=settings.sha256),)


def _resolve_cluster(settings: ClusterSpecimen, infos: tuple[StructureInfo, ...]) -> Settings:
    return settings.model_copy(update={"sha256": infos[0].sha256})


def _file_sources(settings: FileSpecimen) -> tuple[Source, ...]:
    entry = settings.chosen()
    key = f"file:{entry.name}"
    return (
        Source(
            key,
            entry.path or f"specimen.files.{entry.name}",
            path=entry.path,
            format=entry.format,
            sha256=entry.sha256,
        ),
    )


def _resolve_file(settings: FileSpecimen, infos: tuple[StructureInfo, ...]) -> Settings:
    # The path stays behind: where a file lay on somebody's disk is no part of the image.
    _, structure_id, geometry = settings.chosen_names()
    known = {
        "path": "",
        "format": "",
        "sha256": infos[0].sha256,
        "structure_id": structure_id,
        "geometry": geometry,
    }
    pinned = settings.chosen().model_copy(update=known)
    return settings.model_copy(update={"structure": pinned.name, "files": (pinned,)})


def _publish_files(settings: FileSpecimen, infos: Mapping[str, StructureInfo]) -> FileSpecimen:
    """The files that jobs use, by name and hash."""
    known = {entry.name: infos.get(f"file:{entry.name}") for entry in settings.files}
    files = tuple(
        entry.model_copy(update={"path": "", "format": "", "sha256": info.sha256})
        for entry in settings.files
        if (info := known[entry.name]) is not None
    )
    chosen = settings.chosen().name
    structure = chosen if known[chosen] is not None else files[0].name
    return settings.model_copy(update={"structure": structure, "files": files})


def _narrow_files(tree: Tree) -> Callable[[Tree], Tree]:
    by_name = {entry["name"]: entry for entry in tree["files"]}

    def narrow(section: Tree) -> Tree:
        entry = by_name.get(section["structure"])
        return section if entry is None else {**section, "files": [entry]}

    return narrow


def _only_structure(
    settings: Settings,
    structures: tuple[Structure, ...],
    seed: int,
    remember: Remember,
    cancel: Callable[[], None],
) -> Built:
    del settings, seed, remember, cancel  # an imported structure has nothing random about it
    return Built(structures[0])


def _only_outline(settings: Settings, infos: tuple[StructureInfo, ...]) -> Outline:
    del settings
    info = infos[0]
    return Outline(info.radius, info.radius, info.radius, info.atoms, info.composition)


# Scenes' settings are imported when the first scene is met, what builds them when one is built: the window
# is on the screen before.


def _scene_settings() -> type[Settings]:
    from sim.specimen.scene.settings import SceneSpecimen

    return SceneSpecimen


def _scene_sources(settings: SceneSpecimen) -> tuple[Source, ...]:
    from sim.specimen.scene.resolving import sources

    return sources(settings)


def _resolve_scene(settings: SceneSpecimen, infos: tuple[StructureInfo, ...]) -> Settings:
    from sim.specimen.scene.resolving import pinned

    return pinned(settings, infos)


def _scene_naming(settings: SceneSpecimen) -> Naming:
    name = settings.class_name()
    return Naming(name, name, name)


def _build_scene(
    settings: SceneSpecimen,
    structures: tuple[Structure, ...],
    seed: int,
    remember: Remember,
    cancel: Callable[[], None],
) -> Built:
    from sim.specimen.scene.build import build_scene

    keys = [source.key for source in _scene_sources(settings)]
    named = dict(zip(keys, structures, strict=True))
    return build_scene(settings, named, seed, remember=remember, cancel=cancel)


def _scene_outline(settings: SceneSpecimen, infos: tuple[StructureInfo, ...]) -> Outline:
    from sim.specimen.scene.outline import outline

    keys = [source.key for source in _scene_sources(settings)]
    return outline(settings, dict(zip(keys, infos, strict=True)))


def _publish_scene(settings: SceneSpecimen, infos: Mapping[str, StructureInfo]) -> Any:
    from sim.specimen.scene.resolving import published

    return published(settings, infos)


def _expand_scene(
    settings: SceneSpecimen, paths: tuple[str, ...], draw: Callable[[int, int], Any]
) -> SceneSpecimen:
    from sim.specimen.scene.members import expanded

    return expanded(settings, paths, draw)


def _scene_period(settings: SceneSpecimen) -> tuple[float, float] | None:
    return (settings.width, settings.height) if settings.repeats else None


def _scene_objects(settings: SceneSpecimen) -> tuple[SpecimenObject, ...]:
    return tuple(SpecimenObject(node.name, getattr(node, "role", "")) for node in settings.all_nodes())


SPECIMENS: dict[str, SpecimenKind] = {
    "cluster": SpecimenKind(
        ClusterSpecimen,
        "One of the four Au55 gold clusters, ideal or relaxed.",
        "atoms",
        "geometry",
        ("sha256",),
        _cluster_sources,
        _resolve_cluster,
        _chosen_names,
        _only_structure,
        _only_outline,
    ),
    "file": SpecimenKind(
        FileSpecimen,
        "Atoms from structure files.",
        "atoms",
        "structure",
        ("files",),
        _file_sources,
        _resolve_file,
        _chosen_names,
        _only_structure,
        _only_outline,
        _narrow_files,
        _publish_files,
    ),
    "scene": SpecimenKind(
        _scene_settings,
        "Particles, supports and molecules, built from named nodes.",
        "atoms",
        "variant",
        (),
        _scene_sources,
        _resolve_scene,
        _scene_naming,
        _build_scene,
        _scene_outline,
        publish=_publish_scene,
        random=True,
        expand=_expand_scene,
        objects=_scene_objects,
        fills=True,
        usual_pose="euler",
        period=_scene_period,
    ),
}

if TYPE_CHECKING:
    SpecimenSettings = ClusterSpecimen | FileSpecimen | SceneSpecimen
else:
    SpecimenSettings = Kinds("kind", {word: kind.settings for word, kind in SPECIMENS.items()})
#: Poses that differ from replicate to replicate.
RANDOM_POSES = ("random",)
PoseSettings = Annotated[RandomPose | EulerPose | ZoneAxisPose, Field(discriminator="kind")]


# --- imaging ---------------------------------------------------------------------------------

if TYPE_CHECKING:
    ImagingSettings = GaussianImaging | HrtemImaging | StemImaging | ProbeImaging
else:
    ImagingSettings = Kinds(
        "model", {word: model.settings for word, model in IMAGING.items()}, default="gaussian"
    )
