"""Settings of scene nodes: what a scene is made of, one class a kind."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.core.errors import InputError
from sim.core.settings import About, Printable, Quantity, Settings
from sim.specimen.scene.changes import ChangeSettings
from sim.specimen.scene.crystals import CRYSTAL, BuiltinCrystal, CrystalSettings
from sim.specimen.scene.orientations import (
    ORIENTATION,
    PLACEMENT,
    AsBuilt,
    FixedPlace,
    OrientationSettings,
    PlacementSettings,
)
from sim.specimen.scene.planes import DefectSettings
from sim.specimen.scene.volumes import VOLUME, SphereVolume, VolumeSettings, length, place
from sim.specimen.settings import FileFormat, Sha256

NODE = About("What the node is.", label="Kind")
Role = Literal["particle", "support", "adsorbate", "matrix"]
#: A name as a user gives it; planning adds "#2" and so on to further members of a node.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}(#[0-9]{1,4})?")

_ROLE = About(
    "What the labels take the node's atoms for: particles have masks and instances, a support has none."
)


def _count(about: str, most: int = 1000) -> Quantity:
    return Quantity(low=0, high=most, step=1, about=about)


def _priority(about: str) -> Quantity:
    return Quantity(low=-1000, high=1000, step=1, about=about)


_PRIORITY = _priority(
    "Where nodes overlap, that of higher priority keeps its atoms; of equals the earlier one."
)


class SceneNode(Settings):
    """What every node has.

    ``instance`` is filled in by planning: a node with a count becomes that many nodes.
    """

    name: Annotated[
        str, About("Name, no two alike in the scene; it also names the node's random streams.")
    ] = "node"
    enabled: Annotated[bool, About("Off: the node is left out.")] = True
    only_in: Annotated[
        tuple[str, ...],
        About("Variants of the scene in which the node exists; none: in all.", advanced=True),
    ] = ()
    count: Annotated[
        int, _count("How many of them; each has its own place, orientation and values drawn per instance.")
    ] = 1
    instance: Annotated[int, About("Number of the member; filled in by planning.")] = 1
    priority: Annotated[int, _PRIORITY] = 0
    placement: Annotated[PlacementSettings, PLACEMENT] = FixedPlace()
    orientation: Annotated[OrientationSettings, ORIENTATION] = AsBuilt()
    changes: Annotated[
        tuple[ChangeSettings, ...], About("What is done to the node, in this order.", label="Changes")
    ] = ()

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not _NAME.fullmatch(self.name):
            raise InputError(
                "specimen.nodes.name",
                "is no usable name",
                value=self.name,
                allowed="up to 60 letters, digits, _ and -",
                remedy="rename the node",
            )
        return self


class Particle(SceneNode):
    """A piece of crystal: any volume filled with any crystal, with defects where wanted."""

    kind: Annotated[Literal["particle"], NODE] = "particle"
    role: Annotated[Role, _ROLE] = "particle"
    crystal: Annotated[CrystalSettings, CRYSTAL] = BuiltinCrystal()
    volume: Annotated[VolumeSettings, VOLUME] = SphereVolume()
    origin_a: Annotated[
        float,
        Quantity(
            low=-1.0, high=1.0, step=0.05, about="Point of the cell at the centre, along a.", advanced=True
        ),
    ] = 0.0
    origin_b: Annotated[
        float,
        Quantity(
            low=-1.0, high=1.0, step=0.05, about="Point of the cell at the centre, along b.", advanced=True
        ),
    ] = 0.0
    origin_c: Annotated[
        float,
        Quantity(
            low=-1.0, high=1.0, step=0.05, about="Point of the cell at the centre, along c.", advanced=True
        ),
    ] = 0.0
    defects: Annotated[
        DefectSettings, About("Twins and stacking faults, in the particle's own frame.", label="Defects")
    ] = DefectSettings()


class Cluster(SceneNode):
    """A cluster of complete shells: a magic number of atoms."""

    kind: Annotated[Literal["cluster"], NODE] = "cluster"
    role: Annotated[Role, _ROLE] = "particle"
    motif: Annotated[
        Literal["icosahedron", "cuboctahedron", "ino_decahedron", "marks_decahedron", "octahedron"],
        About(
            "Mackay icosahedron, cuboctahedron, Ino's or Marks's decahedron, (truncated) octahedron.",
            "A. L. Mackay, Acta Cryst. 15, 916 (1962); L. D. Marks, Rep. Prog. Phys. 57, 603 (1994).",
        ),
    ] = "icosahedron"
    element: Annotated[str, Printable(3), About("Chemical symbol.")] = "Au"
    bond: Annotated[
        float,
        Quantity("Å", low=0.5, high=10.0, step=0.01, about="Bond length (shortest distance between atoms)."),
    ] = 2.884
    shells: Annotated[
        int,
        Quantity(
            low=1,
            high=40,
            step=1,
            about="Shells including the central atom (icosahedron, cuboctahedron), or atoms along an edge.",
        ),
    ] = 4
    notch: Annotated[
        int,
        Quantity(
            low=0,
            high=20,
            step=1,
            about="Depth of the notches of a Marks decahedron, or layers cut off an octahedron's corners.",
        ),
    ] = 1
    facet: Annotated[
        int,
        Quantity(low=1, high=40, step=1, about="Atoms along the (100) side facets of a decahedron, upwards."),
    ] = 2


class MultiTwin(SceneNode):
    """A multiply twinned particle of five or twenty tetrahedra, cut by any volume."""

    kind: Annotated[Literal["multi_twin"], NODE] = "multi_twin"
    role: Annotated[Role, _ROLE] = "particle"
    crystal: Annotated[CrystalSettings, CRYSTAL] = BuiltinCrystal()
    fold: Annotated[
        Literal["five", "twenty"],
        About("Five tetrahedra about an axis (decahedral) or twenty about a point (icosahedral)."),
    ] = "five"
    volume: Annotated[VolumeSettings, VOLUME] = SphereVolume(radius=20.0)


class CoreShell(SceneNode):
    """A core of one crystal in a shell of another."""

    kind: Annotated[Literal["core_shell"], NODE] = "core_shell"
    role: Annotated[Role, _ROLE] = "particle"
    crystal: Annotated[CrystalSettings, CRYSTAL] = BuiltinCrystal()
    shell: Annotated[CrystalSettings, About("Crystal of the shell.", label="Shell crystal")] = BuiltinCrystal(
        name="Ag"
    )
    volume: Annotated[VolumeSettings, About("The core's volume.", label="Core volume")] = SphereVolume()
    thickness: Annotated[float, length("Thickness of the shell.")] = 8.0
    shift_x: Annotated[float, place("x", "Shift of the core inside the shell along x.")] = 0.0
    shift_y: Annotated[float, place("y", "Shift of the core inside the shell along y.")] = 0.0
    shift_z: Annotated[float, place("z", "Shift of the core inside the shell along z.")] = 0.0
    shell_turn: Annotated[
        float,
        Quantity(
            "°",
            low=-180.0,
            high=180.0,
            step=1.0,
            about="Turn of the shell's lattice about [001] of the core.",
        ),
    ] = 0.0


class Bicrystal(SceneNode):
    """Two grains of one crystal that meet in a tilt or twist boundary."""

    kind: Annotated[Literal["bicrystal"], NODE] = "bicrystal"
    role: Annotated[Role, _ROLE] = "particle"
    crystal: Annotated[CrystalSettings, CRYSTAL] = BuiltinCrystal()
    volume: Annotated[VolumeSettings, VOLUME] = SphereVolume(radius=20.0)
    boundary: Annotated[
        Literal["tilt", "twist"],
        About("Tilt: grains turned against each other about [uvw] in the plane. Twist: about its normal."),
    ] = "tilt"
    h: Annotated[float, Quantity(low=-50.0, high=50.0, step=1.0, about="Plane of the boundary, h.")] = 1.0
    k: Annotated[float, Quantity(low=-50.0, high=50.0, step=1.0, about="Plane of the boundary, k.")] = 0.0
    l: Annotated[float, Quantity(low=-50.0, high=50.0, step=1.0, about="Plane of the boundary, l.")] = 0.0  # noqa: E741
    u: Annotated[float, Quantity(low=-50.0, high=50.0, step=1.0, about="Tilt axis, u.")] = 0.0
    v: Annotated[float, Quantity(low=-50.0, high=50.0, step=1.0, about="Tilt axis, v.")] = 0.0
    w: Annotated[float, Quantity(low=-50.0, high=50.0, step=1.0, about="Tilt axis, w.")] = 1.0
    angle: Annotated[
        float, Quantity("°", low=-180.0, high=180.0, step=0.5, about="Misorientation, half to each grain.")
    ] = 36.87
    height: Annotated[float, place("d", "Height of the boundary over the centre.")] = 0.0
    gap: Annotated[
        float, Quantity("Å", low=0.0, high=20.0, step=0.1, about="Additional distance between the grains.")
    ] = 0.0


class Polycrystal(SceneNode):
    """Randomly oriented grains about random seeds (Voronoi)."""

    kind: Annotated[Literal["polycrystal"], NODE] = "polycrystal"
    role: Annotated[Role, _ROLE] = "particle"
    crystal: Annotated[CrystalSettings, CRYSTAL] = BuiltinCrystal()
    volume: Annotated[VolumeSettings, VOLUME] = SphereVolume(radius=30.0)
    grains: Annotated[int, Quantity(low=1, high=1000, step=1, about="Number of grains.")] = 6


class Amorphous(SceneNode):
    """An amorphous solid: a film over the whole scene, or any volume."""

    kind: Annotated[Literal["amorphous"], NODE] = "amorphous"
    role: Annotated[Role, _ROLE] = "support"
    priority: Annotated[int, _PRIORITY] = -10
    material: Annotated[
        str, Printable(40), About("Material by name: carbon, silica, silicon_nitride, silicon …")
    ] = "carbon"
    film: Annotated[
        bool,
        About(
            "A film over the whole scene, periodic in its plane, its top at the node's height. "
            "Off: the volume."
        ),
    ] = True
    thickness: Annotated[float, length("Thickness of the film.", step=1.0)] = 50.0
    volume: Annotated[VolumeSettings, VOLUME] = SphereVolume()
    density: Annotated[
        float,
        Quantity(
            "1/Å³",
            low=0.0,
            high=1.0,
            step=0.005,
            about="Atoms per volume; 0 takes the material's own.",
            label="Number density",
        ),
    ] = 0.0
    minimum_distance: Annotated[
        float,
        Quantity(
            "Å",
            low=0.0,
            high=10.0,
            step=0.05,
            about="Smallest distance of two atoms; 0 takes the material's own.",
        ),
    ] = 0.0
    relaxation: Annotated[
        int,
        Quantity(
            low=0,
            high=2000,
            step=50,
            about="Steps of relaxation towards real bond lengths and about three neighbours (carbon only).",
        ),
    ] = 0


class Sheet(SceneNode):
    """Layers of a two-dimensional material over the whole scene."""

    kind: Annotated[Literal["sheet"], NODE] = "sheet"
    role: Annotated[Role, _ROLE] = "support"
    priority: Annotated[int, _PRIORITY] = -10
    material: Annotated[
        Literal["graphene", "hBN", "MoS2", "WS2", "MoSe2", "WSe2"], About("The material.")
    ] = "graphene"
    layers: Annotated[int, Quantity(low=1, high=100, step=1, about="Number of layers.")] = 1
    stacking: Annotated[
        Literal["AA", "AB", "ABC", "2H"],
        About("How layers lie upon each other: AB as in graphite, 2H as in MoS2, AA straight above."),
    ] = "AB"
    twist: Annotated[
        float,
        Quantity("°", low=-180.0, high=180.0, step=0.1, about="Turn of each layer against the one below."),
    ] = 0.0
    in_plane: Annotated[
        float, Quantity("°", low=-180.0, high=180.0, step=1.0, about="Turn of the lowest layer.")
    ] = 0.0
    closed: Annotated[
        bool,
        About(
            "Strain every layer by up to 3 % and turn it by up to 2° so that it closes over the edges of the "
            "scene, for periodic simulations. Off: the exact lattice, cut at the edges."
        ),
    ] = False
    ripple: Annotated[float, length("Amplitude of ripples.", zero=True, step=0.1)] = 0.0
    ripple_wavelength: Annotated[float, length("Wavelength of ripples.", step=5.0)] = 80.0


class Molecules(SceneNode):
    """Molecules on the surface of another node, or one by itself."""

    kind: Annotated[Literal["molecules"], NODE] = "molecules"
    role: Annotated[Role, _ROLE] = "adsorbate"
    priority: Annotated[int, _PRIORITY] = -5
    molecule: Annotated[str, Printable(40), About("Molecule by name: CO, H2O, C60 …")] = "CO"
    on: Annotated[
        str,
        Printable(60),
        About("Name of the node whose surface holds them; empty: one at the node's place."),
    ] = ""
    number: Annotated[int, _count("Number of molecules on the surface.", 100_000)] = 20
    height: Annotated[
        float,
        Quantity(
            "Å", low=0.5, high=20.0, step=0.1, about="Distance of the molecule's foot from the surface atom."
        ),
    ] = 2.0
    gap: Annotated[float, length("Smallest distance between two of them.", zero=True)] = 3.0


class File(SceneNode):
    """Atoms of a structure file."""

    kind: Annotated[Literal["file"], NODE] = "file"
    role: Annotated[Role, _ROLE] = "particle"
    path: Annotated[
        str, Printable(4096), About("The file; a relative path starts from the recipe's folder.")
    ] = ""
    format: Annotated[FileFormat, About("Format of the file; empty: as its name says.")] = ""
    sha256: Sha256 = ""


class Void(SceneNode):
    """A volume without atoms: a pore, a hole in the film, a cut."""

    kind: Annotated[Literal["void"], NODE] = "void"
    priority: Annotated[
        int,
        _priority(
            "Atoms of nodes of lower priority are removed inside the volume; of equals the later ones."
        ),
    ] = 100
    volume: Annotated[VolumeSettings, VOLUME] = SphereVolume()


class Group(SceneNode):
    """Nodes that are placed and turned together."""

    kind: Annotated[Literal["group"], NODE] = "group"
    priority: Annotated[int, _priority("Added to the priority of every member.")] = 0
    nodes: Annotated[tuple[NodeSettings, ...], About("The nodes, in the group's own frame.")] = ()


NodeSettings = Annotated[
    Particle
    | Cluster
    | MultiTwin
    | CoreShell
    | Bicrystal
    | Polycrystal
    | Amorphous
    | Sheet
    | Molecules
    | File
    | Void
    | Group,
    Field(discriminator="kind"),
]

Group.model_rebuild()
