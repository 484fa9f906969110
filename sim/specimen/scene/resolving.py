"""The structure files of a scene: where they come from, and a scene that no longer needs its paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.core.settings import validate
from sim.core.types import Structure
from sim.specimen.catalogue import Source, StructureInfo
from sim.specimen.scene.crystals import FileCrystal, SpacegroupCrystal
from sim.specimen.scene.naming import named
from sim.specimen.scene.nodes import File, Group, NodeSettings, SceneNode
from sim.specimen.scene.settings import SceneSpecimen
from sim.specimen.scene.shaping import crystal_of

#: Parts of a node that may hold a crystal.
_CRYSTALS = ("crystal", "shell")
#: Digits that the coordinates of a spelled-out basis keep.
_DIGITS = 12


def file_key(node: SceneNode, part: str) -> str:
    """Key of the structure that a node (``file``) or one of its crystals is read from.

    Members of one node that read one file share it.
    """
    entry = node if part == "file" else getattr(node, part, None)
    return ":".join(
        ["scene", node.name.partition("#")[0], part, getattr(entry, "path", ""), getattr(entry, "sha256", "")]
    )


def sources(settings: SceneSpecimen) -> tuple[Source, ...]:
    """The structure files of all nodes, of every variant, each once."""
    found: dict[str, Source] = {}
    for node, part, entry in _entries(settings):
        key = file_key(node, part)
        where = f"specimen.nodes.{node.name}" + ("" if part == "file" else f".{part}")
        found.setdefault(
            key,
            Source(
                key,
                entry.path or f"{where}.path",
                path=entry.path,
                format=entry.format,
                sha256=entry.sha256,
            ),
        )
    return tuple(found.values())


def _entries(settings: SceneSpecimen) -> Iterator[tuple[SceneNode, str, Any]]:
    for node in settings.all_nodes():
        if isinstance(node, File):
            yield node, "file", node
        for part in _CRYSTALS:
            crystal = getattr(node, part, None)
            if isinstance(crystal, FileCrystal):
                yield node, part, crystal


def pinned(settings: SceneSpecimen, infos: tuple[StructureInfo, ...]) -> SceneSpecimen:
    """The scene as a job holds it: hashes instead of paths, and space groups spelled out as cells.

    Parameters
    ----------
    infos
        Of the sources, in their order.
    """
    keys = [source.key for source in sources(settings)]
    return _rewritten(settings, dict(zip(keys, infos, strict=True)), spelled=True)


def published(settings: SceneSpecimen, infos: Mapping[str, StructureInfo]) -> SceneSpecimen:
    """The scene as a published recipe holds it: hashes instead of paths."""
    return _rewritten(settings, infos, spelled=False)


def _rewritten(
    settings: SceneSpecimen, infos: Mapping[str, StructureInfo], *, spelled: bool
) -> SceneSpecimen:
    def entry(node: SceneNode, part: str, given: Any) -> Any:
        info = infos.get(file_key(node, part))
        if info is None:
            return given
        return given.model_copy(update={"path": "", "format": "", "sha256": info.sha256})

    def one(node: SceneNode) -> SceneNode:
        update: dict[str, Any] = {}
        for part in _CRYSTALS:
            crystal = getattr(node, part, None)
            if isinstance(crystal, FileCrystal):
                update[part] = entry(node, part, crystal)
            elif isinstance(crystal, SpacegroupCrystal) and spelled:
                update[part] = _spelled(crystal, f"specimen.nodes.{node.name}.{part}")
        if isinstance(node, Group):
            update["nodes"] = tuple(one(member) for member in node.nodes)
        changed = entry(node, "file", node) if isinstance(node, File) else node
        return changed.model_copy(update=update) if update else changed

    nodes: tuple[NodeSettings, ...] = tuple(one(node) for node in settings.nodes)  # type: ignore[misc]
    if all(new is old for new, old in zip(nodes, settings.nodes, strict=True)):
        return settings
    changed = settings.model_copy(update={"nodes": nodes})
    return validate(SceneSpecimen, changed.tree(), root="specimen")


def _spelled(crystal: SpacegroupCrystal, where: str) -> Any:
    """The same crystal with every atom of its cell listed: jobs need no table of space groups."""
    from sim.physics.elements import symbol_of
    from sim.specimen.scene.crystals import BasisAtom, CellCrystal

    with named(where):
        built = crystal_of(crystal, "", _no_structure)
    basis = tuple(
        BasisAtom(element=symbol_of(number), x=round(x, _DIGITS), y=round(y, _DIGITS), z=round(z, _DIGITS))
        for number, (x, y, z) in zip(built.numbers.tolist(), built.fractional.tolist(), strict=True)
    )
    edges = {name: getattr(crystal, name) for name in ("a", "b", "c", "alpha", "beta", "gamma")}
    return CellCrystal(**edges, basis=basis)


def _no_structure() -> Structure:
    raise AssertionError("a space group reads no file")
