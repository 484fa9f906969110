"""The static tables of what there is: specimen kinds and imaging models.

One entry a kind.  The recipe's unions, the panel, the option and the page of help all come from
these tables; plan and render look up the entry and never name a kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from sim.core.settings import Settings
from sim.core.types import AtomicSpecimen, FloatArray, ImageGrid, Structure, Tier
from sim.imaging.settings import GaussianImaging
from sim.specimen.catalogue import Source, StructureInfo
from sim.specimen.settings import (
    ClusterSpecimen,
    EulerPose,
    FileSpecimen,
    RandomPose,
    ZoneAxisPose,
)

Yield = Literal["atoms"]
Tree = dict[str, Any]


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
        Its settings model, told from the others by ``kind``.
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
        (settings, structures in the order of ``sources``, specimen seed) → the atoms before posing.
    narrower
        From the section's tree, a function that drops from such a tree the list entries its values
        do not use, so that validating one of ten thousand files does not cost ten thousand.
    publish
        (settings, infos by source key) → the settings as a dataset carries them, without paths.
    random
        Whether two replicates with the same settings differ.
    """

    settings: type[Settings]
    about: str
    yields: Yield
    class_path: str
    fixed_paths: tuple[str, ...]
    sources: Callable[[Any], tuple[Source, ...]]
    resolve: Callable[[Any, tuple[StructureInfo, ...]], Any]
    naming: Callable[[Any], Naming]
    build: Callable[[Any, tuple[Structure, ...], int], Structure]
    narrower: Callable[[Tree], Callable[[Tree], Tree]] = lambda tree: lambda section: section
    publish: Callable[[Any, Mapping[str, StructureInfo]], Any] = lambda settings, infos: settings
    random: bool = False


@dataclass(frozen=True)
class ImagingModel:
    """One imaging model.

    Attributes
    ----------
    settings
        Its settings model, told from the others by ``model``.
    about
        One sentence for menus and help.
    accepts
        The specimens it can image.
    tier
        Reproducibility tier of its result.
    revision
        Raised whenever the result changes for the same settings.
    project
        (specimen, grid, settings, cancel) → (H, W) float64, fraction of the beam detected.
    largest_fraction
        (settings, composition) → upper bound of that fraction, from the recipe alone.
    spot_sigma
        (settings) → width of one atom's spot, Å: what resolves columns and what "auto" leaves room for.
    """

    settings: type[Settings]
    about: str
    accepts: tuple[Yield, ...]
    tier: Tier
    revision: int
    project: Callable[[AtomicSpecimen, ImageGrid, Any, Callable[[], None]], FloatArray]
    largest_fraction: Callable[[Any, Mapping[int, int]], float]
    spot_sigma: Callable[[Any], float]


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


def _only_structure(settings: Settings, structures: tuple[Structure, ...], seed: int) -> Structure:
    del settings, seed  # an imported structure has nothing random about it
    return structures[0]


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
        _narrow_files,
        _publish_files,
    ),
}

SpecimenSettings = Annotated[ClusterSpecimen | FileSpecimen, Field(discriminator="kind")]
#: Poses that differ from replicate to replicate.
RANDOM_POSES = ("random",)
PoseSettings = Annotated[RandomPose | EulerPose | ZoneAxisPose, Field(discriminator="kind")]


# --- imaging ---------------------------------------------------------------------------------


def _project_gaussian(
    specimen: AtomicSpecimen, grid: ImageGrid, settings: GaussianImaging, cancel: Callable[[], None]
) -> FloatArray:
    from sim.imaging import gaussian

    return gaussian.beam_fraction(
        specimen.positions,
        specimen.numbers,
        grid,
        sigma=settings.sigma,
        alpha=settings.alpha,
        mode=settings.mode,
        normalisation=settings.normalisation,
        collected_fraction=settings.collected_fraction,
        cancel=cancel,
    )


def _largest_gaussian(settings: GaussianImaging, composition: Mapping[int, int]) -> float:
    from sim.imaging import gaussian

    return gaussian.largest_fraction(
        composition,
        sigma=settings.sigma,
        alpha=settings.alpha,
        mode=settings.mode,
        normalisation=settings.normalisation,
        collected_fraction=settings.collected_fraction,
    )


IMAGING: dict[str, ImagingModel] = {
    "gaussian": ImagingModel(
        GaussianImaging,
        "Each atom adds a two-dimensional Gaussian.",
        ("atoms",),
        "A",
        1,
        _project_gaussian,
        _largest_gaussian,
        lambda settings: float(settings.sigma),
    ),
}

ImagingSettings = GaussianImaging
