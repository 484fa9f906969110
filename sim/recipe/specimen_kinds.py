"""The static table of specimen kinds: one entry a kind.

What a kind needs is imported when it is used: settings when the first recipe of that kind is met, what
builds it when one is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sim.core.settings import Settings
from sim.core.types import Built, Material, Outline, Particles, SpecimenObject, Structure
from sim.recipe.specimen_entry import Naming, SpecimenKind, Tree, Watch
from sim.specimen.catalogue import Source, StructureInfo
from sim.specimen.settings import ClusterSpecimen, FileSpecimen

if TYPE_CHECKING:
    from sim.specimen.aggregate.atomic_settings import AtomicAggregateSpecimen
    from sim.specimen.aggregate.settings import AggregateSpecimen
    from sim.specimen.scene.settings import SceneSpecimen


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
    watch: Watch,
) -> Built:
    del settings, seed, watch  # an imported structure has nothing random about it
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
    watch: Watch,
) -> Built:
    from sim.specimen.scene.build import build_scene

    keys = [source.key for source in _scene_sources(settings)]
    named = dict(zip(keys, structures, strict=True))
    return build_scene(settings, named, seed, remember=watch.remember, cancel=watch.cancel)


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


def _aggregate_settings() -> type[Settings]:
    from sim.specimen.aggregate.settings import AggregateSpecimen

    return AggregateSpecimen


def _aggregate_naming(settings: AggregateSpecimen | AtomicAggregateSpecimen) -> Naming:
    name = f"{settings.first.material}_{settings.second.material}"
    return Naming(name, name, name)


def _build_aggregate(
    settings: AggregateSpecimen,
    structures: tuple[Structure, ...],
    seed: int,
    watch: Watch,
) -> Particles:
    from sim.specimen.aggregate.specimen import built

    del structures
    return built(settings, seed, watch.cancel, watch.progress)


def _aggregate_outline(settings: AggregateSpecimen, infos: tuple[StructureInfo, ...]) -> Outline:
    from sim.specimen.aggregate.specimen import outline

    del infos
    return outline(settings)


def _aggregate_materials(settings: AggregateSpecimen) -> tuple[Material, ...]:
    from sim.specimen.aggregate.specimen import materials

    return materials(settings)


def _aggregate_truth(settings: AggregateSpecimen | AtomicAggregateSpecimen) -> Mapping[str, Any]:
    from sim.specimen.aggregate.specimen import truth

    return truth(settings)


def _no_sources(settings: Settings) -> tuple[Source, ...]:
    del settings
    return ()


def _as_it_is(settings: Settings, infos: tuple[StructureInfo, ...]) -> Settings:
    del infos
    return settings


def _filled_settings() -> type[Settings]:
    from sim.specimen.aggregate.atomic_settings import AtomicAggregateSpecimen

    return AtomicAggregateSpecimen


def _build_filled(
    settings: AtomicAggregateSpecimen,
    structures: tuple[Structure, ...],
    seed: int,
    watch: Watch,
) -> Built:
    from sim.specimen.aggregate.atoms import build_atoms

    del structures
    return build_atoms(settings, seed, cancel=watch.cancel)


def _filled_outline(settings: AtomicAggregateSpecimen, infos: tuple[StructureInfo, ...]) -> Outline:
    from sim.specimen.aggregate.filled_size import outline

    del infos
    return outline(settings)


def _filled_objects(settings: AtomicAggregateSpecimen) -> tuple[SpecimenObject, ...]:
    from sim.specimen.aggregate.atoms import objects

    return objects(settings)


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
    "aggregate": SpecimenKind(
        _aggregate_settings,
        "Hetero-aggregates: spherical particles of two materials that stick to each other.",
        "particles",
        "first.material",
        (),
        _no_sources,
        _as_it_is,
        _aggregate_naming,
        _build_aggregate,
        _aggregate_outline,
        random=True,
        usual_pose="euler",
        materials=_aggregate_materials,
        truth=_aggregate_truth,
    ),
    "aggregate_atoms": SpecimenKind(
        _filled_settings,
        "Small hetero-aggregates, every particle filled with the atoms of its crystal.",
        "atoms",
        "first.material",
        (),
        _no_sources,
        _as_it_is,
        _aggregate_naming,
        _build_filled,
        _filled_outline,
        random=True,
        objects=_filled_objects,
        usual_pose="euler",
        truth=_aggregate_truth,
    ),
}
