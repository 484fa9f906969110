"""Settings of a scene: the box, the rules between nodes, and the nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import model_validator

from sim.core.errors import InputError, nearest
from sim.core.settings import About, Printable, Quantity, Settings
from sim.specimen.scene.crystals import OF_SCENE
from sim.specimen.scene.nodes import Amorphous, Group, NodeSettings, Particle, SceneNode, Sheet, Void
from sim.specimen.scene.orientations import RandomOrientation, SeatedPlace
from sim.specimen.scene.volumes import length

#: Nodes of one scene, members of groups and instances counted.
MOST_NODES = 10_000


class SceneSpecimen(Settings):
    """A scene of named nodes: particles, supports, molecules, pores."""

    kind: Literal["scene"] = "scene"
    name: Annotated[
        str, Printable(60), About("Name of the scene: its class in the dataset, with material and variant.")
    ] = "scene"
    material: Annotated[
        str,
        Printable(40),
        About(
            "Crystal of every node whose own material is 'scene'; vary it to make a class of every material."
        ),
    ] = ""
    variant: Annotated[
        str,
        Printable(40),
        About("Which variant this is: nodes can be limited to some variants. Vary it to make classes."),
    ] = ""
    width: Annotated[float, length("Width (x) of the scene; films fill it.", step=8.0)] = 128.0
    height: Annotated[float, length("Height (y) of the scene; films fill it.", step=8.0)] = 128.0
    clearance: Annotated[
        float,
        Quantity(
            "Å",
            low=0.0,
            high=10.0,
            step=0.1,
            about="Smallest distance of atoms of two nodes: those of the lower priority give way.",
        ),
    ] = 2.0
    crowding: Annotated[
        Literal["stop", "keep"],
        About(
            "Where not all of a node's members find room: stop with a message, or keep those that fit and "
            "record how many were asked for and placed."
        ),
    ] = "stop"
    nodes: Annotated[
        tuple[NodeSettings, ...], About("The nodes, each with a unique name.", label="Nodes")
    ] = (
        Particle(name="particle", placement=SeatedPlace(), orientation=RandomOrientation()),
        Amorphous(name="film", thickness=20.0),
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names: set[str] = set()
        total = 0
        for node in self.all_nodes():
            total += node.count
            if node.name in names:
                raise InputError(
                    "specimen.nodes", "two nodes have one name", value=node.name, remedy="rename one of them"
                )
            names.add(node.name)
            for what, entries in _named_lists(node):
                members = [entry.name for entry in entries]
                twice = next((name for name in members if members.count(name) > 1), None)
                if twice is not None:
                    raise InputError(
                        f"specimen.nodes.{node.name}.{what}",
                        "two entries have one name",
                        value=twice,
                        remedy="rename one of them",
                    )
        if not names:
            raise InputError("specimen.nodes", "is empty", remedy="add a node")
        if total > MOST_NODES:
            raise InputError(
                "specimen.nodes",
                f"asks for {total:,} nodes with all their members",
                allowed=f"up to {MOST_NODES:,}",
                remedy="lower the counts",
            )
        self._check_references(names)
        return self

    def _check_references(self, names: set[str]) -> None:
        known = {name.partition("#")[0] for name in names} | names
        hollow = {node.name for node in self.all_nodes() if isinstance(node, (Group, Void))}
        for node in self.all_nodes():
            # By vars(): asking pydantic for what a kind has not got takes longer than all the rest.
            own = vars(node)
            for setting, other in (
                ("placement.on", vars(node.placement).get("on", "")),
                ("orientation.to", vars(node.orientation).get("to", "")),
                ("on", own.get("on", "")),
            ):
                if other and (other not in known or other == node.name):
                    raise InputError(
                        f"specimen.nodes.{node.name}.{setting}",
                        "names no other node",
                        value=other,
                        allowed=", ".join(sorted(known - {node.name})),
                        remedy=nearest(other, sorted(known - {node.name})) or "check the name",
                    )
            if node.orientation.kind == "aligned" and not node.orientation.to:
                raise InputError(
                    f"specimen.nodes.{node.name}.orientation.to",
                    "is empty",
                    remedy="name the node to align with",
                )
            on = own.get("on", "")
            if on in hollow:
                raise InputError(
                    f"specimen.nodes.{node.name}.on",
                    "names a node without atoms of its own",
                    value=on,
                    remedy="name the particle or film itself",
                )
            for part in ("crystal", "shell"):
                if part in own and vars(own[part]).get("basis", True) == ():
                    raise InputError(
                        f"specimen.nodes.{node.name}.{part}.basis",
                        "is empty",
                        remedy="list at least one atom",
                    )
            for crystal in (own.get("crystal"), own.get("shell")):
                if crystal is not None and vars(crystal).get("name") == OF_SCENE and not self.material:
                    raise InputError(
                        f"specimen.nodes.{node.name}.crystal.name",
                        "takes the scene's material, but the scene has none",
                        value=OF_SCENE,
                        remedy="set specimen.material",
                    )

    def all_nodes(self) -> Iterator[SceneNode]:
        """Every node, members of groups after their group."""
        waiting: list[SceneNode] = list(reversed(self.nodes))
        while waiting:
            node = waiting.pop()
            yield node
            if isinstance(node, Group):
                waiting.extend(reversed(node.nodes))

    @property
    def periodic(self) -> bool:
        """Whether the scene can go on beyond its edges: amorphous films close over them, sheets if asked."""
        return not any(isinstance(node, Sheet) and not node.closed for node in self.all_nodes())

    @property
    def repeats(self) -> bool:
        """Whether something fills the box to its edges and goes on beyond them."""
        films = any(isinstance(node, (Amorphous, Sheet)) for node in self.all_nodes())
        return films and self.periodic

    def uses_material(self) -> bool:
        """Whether any node takes the scene's material."""
        return any(takes_material(node) for node in self.all_nodes())

    def class_name(self) -> str:
        """Name of the class: scene, material and variant, as far as they are used."""
        material = self.material if self.uses_material() else ""
        return "_".join(part for part in (self.name, material, self.variant) if part)


def takes_material(node: SceneNode) -> bool:
    """Whether a node is made of the scene's material."""
    own = vars(node)
    return any(part in own and vars(own[part]).get("name") == OF_SCENE for part in ("crystal", "shell"))


def _named_lists(node: SceneNode) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Lists of a node whose entries are called by their names."""
    own = vars(node)
    yield "changes", node.changes
    if "defects" in own:
        yield "defects.planes", own["defects"].planes
    if "volume" in own:
        yield "volume.parts", vars(own["volume"]).get("parts", ())
