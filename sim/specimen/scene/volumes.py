"""Settings of volumes: the regions that generators fill."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.core.settings import About, Printable, Quantity, Settings

VOLUME = About("The region that is filled, in the node's own frame.", label="Volume")


def length(
    about: str, *, symbol: str = "", zero: bool = False, step: float = 0.5, label: str = ""
) -> Quantity:
    """A length of up to a tenth of a micrometre."""
    return Quantity(
        "Å", low=0.0, above=not zero, high=1000.0, step=step, symbol=symbol, about=about, label=label
    )


def place(axis: str, about: str) -> Quantity:
    """One coordinate of a place, Å."""
    return Quantity("Å", low=-2000.0, high=2000.0, step=0.5, symbol=axis, about=about)


Name = Annotated[str, Printable(60), About("Name, no two alike on one level; letters, digits, _ and -.")]
Index = Annotated[float, Quantity(low=-50.0, high=50.0, step=1.0, about="Index of the direction or plane.")]


class SphereVolume(Settings):
    """A sphere."""

    kind: Annotated[Literal["sphere"], VOLUME] = "sphere"
    radius: Annotated[float, length("Radius.", symbol="r")] = 15.0


class EllipsoidVolume(Settings):
    """An ellipsoid."""

    kind: Annotated[Literal["ellipsoid"], VOLUME] = "ellipsoid"
    semi_x: Annotated[float, length("Half the length along x.")] = 20.0
    semi_y: Annotated[float, length("Half the length along y.")] = 15.0
    semi_z: Annotated[float, length("Half the length along z.")] = 10.0


class BoxVolume(Settings):
    """A box."""

    kind: Annotated[Literal["box"], VOLUME] = "box"
    size_x: Annotated[float, length("Length along x.")] = 30.0
    size_y: Annotated[float, length("Length along y.")] = 30.0
    size_z: Annotated[float, length("Length along z.")] = 30.0


class CylinderVolume(Settings):
    """A cylinder along z."""

    kind: Annotated[Literal["cylinder"], VOLUME] = "cylinder"
    radius: Annotated[float, length("Radius.")] = 15.0
    height: Annotated[float, length("Height along z.")] = 30.0


class ConeVolume(Settings):
    """A cone or its frustum along z, wide end below."""

    kind: Annotated[Literal["cone"], VOLUME] = "cone"
    radius: Annotated[float, length("Radius at the lower end.")] = 20.0
    top_radius: Annotated[float, length("Radius at the upper end; 0 makes a point.", zero=True)] = 0.0
    height: Annotated[float, length("Height along z.")] = 30.0


class CapsuleVolume(Settings):
    """A cylinder along z with half a sphere at each end."""

    kind: Annotated[Literal["capsule"], VOLUME] = "capsule"
    radius: Annotated[float, length("Radius.")] = 10.0
    height: Annotated[float, length("Height of the straight part.", zero=True)] = 30.0


class HalfSpaceVolume(Settings):
    """Everything on one side of a plane: to cut other volumes with."""

    kind: Annotated[Literal["half_space"], VOLUME] = "half_space"
    normal_x: Annotated[float, Quantity(low=-1.0, high=1.0, step=0.1, about="Outward normal, x part.")] = 0.0
    normal_y: Annotated[float, Quantity(low=-1.0, high=1.0, step=0.1, about="Outward normal, y part.")] = 0.0
    normal_z: Annotated[float, Quantity(low=-1.0, high=1.0, step=0.1, about="Outward normal, z part.")] = 1.0
    height: Annotated[float, place("h", "Height of the plane along its normal.")] = 0.0


class Corner(Settings):
    """One corner of a convex polyhedron."""

    x: Annotated[float, place("x", "x of the corner.")] = 0.0
    y: Annotated[float, place("y", "y of the corner.")] = 0.0
    z: Annotated[float, place("z", "z of the corner.")] = 0.0


class HullVolume(Settings):
    """The convex polyhedron spanned by points."""

    kind: Annotated[Literal["hull"], VOLUME] = "hull"
    corners: Annotated[tuple[Corner, ...], About("Its corners, at least four.")] = (
        Corner(x=-15.0, y=-15.0, z=-15.0),
        Corner(x=15.0, y=-15.0, z=-15.0),
        Corner(y=15.0, z=-15.0),
        Corner(z=15.0),
    )


class Facet(Settings):
    """One plane of a faceted volume, by Miller indices in the node's crystal."""

    h: Index = 1.0
    k: Index = 1.0
    l: Index = 1.0  # noqa: E741
    distance: Annotated[float, length("Distance of the plane from the centre.")] = 15.0
    family: Annotated[
        bool, About("Take all planes of the form (by the lattice's symmetry), not this one only.")
    ] = True


class FacetsVolume(Settings):
    """A crystal bounded by planes at given distances."""

    kind: Annotated[Literal["facets"], VOLUME] = "facets"
    facets: Annotated[tuple[Facet, ...], About("The planes; those of one form count as one entry.")] = (
        Facet(h=1.0, k=1.0, l=1.0, distance=15.0),
        Facet(h=1.0, k=0.0, l=0.0, distance=17.0),
    )


class SurfaceEnergy(Settings):
    """Surface energy of one form of planes."""

    h: Index = 1.0
    k: Index = 1.0
    l: Index = 1.0  # noqa: E741
    energy: Annotated[
        float,
        Quantity("J/m²", low=0.0, above=True, high=100.0, step=0.01, symbol="γ", about="Surface energy."),
    ] = 1.28


class WulffVolume(Settings):
    """The equilibrium shape for given surface energies, on a support where wanted (Winterbottom)."""

    kind: Annotated[Literal["wulff"], VOLUME] = "wulff"
    radius: Annotated[float, length("Radius of the sphere of the same volume (before cutting).")] = 15.0
    energies: Annotated[
        tuple[SurfaceEnergy, ...],
        About(
            "Surface energies; none: those of the material, where they are known.",
            "G. Wulff, Z. Kristallogr. 34, 449 (1901).",
        ),
    ] = ()
    supported: Annotated[
        bool,
        About(
            "Cut the shape by its interface with a support (Winterbottom); turn that plane downwards with "
            "the orientation.",
            "W. L. Winterbottom, Acta Metall. 15, 303 (1967).",
        ),
    ] = False
    interface_h: Index = 1.0
    interface_k: Index = 1.0
    interface_l: Index = 1.0
    interface_energy: Annotated[
        float,
        Quantity(
            "J/m²",
            low=-100.0,
            high=100.0,
            step=0.05,
            symbol="γ*",
            about="Energy of the interface less that of the bare support; negative: the support is wetted.",
        ),
    ] = 0.0


class PlainPart(Settings):
    """A volume inside a compound, shifted and turned."""

    name: Name = "part"
    x: Annotated[float, place("x", "Shift along x.")] = 0.0
    y: Annotated[float, place("y", "Shift along y.")] = 0.0
    z: Annotated[float, place("z", "Shift along z.")] = 0.0
    volume: Annotated[VolumeSettings, VOLUME] = SphereVolume()


class CompoundVolume(Settings):
    """Several volumes joined, intersected, or cut out of the first."""

    kind: Annotated[Literal["compound"], VOLUME] = "compound"
    operation: Annotated[
        Literal["union", "intersection", "difference"],
        About("Union: in any part. Intersection: in all parts. Difference: in the first and no other."),
    ] = "union"
    parts: Annotated[tuple[PlainPart, ...], About("The parts, in order.")] = ()


VolumeSettings = Annotated[
    SphereVolume
    | EllipsoidVolume
    | BoxVolume
    | CylinderVolume
    | ConeVolume
    | CapsuleVolume
    | HalfSpaceVolume
    | HullVolume
    | FacetsVolume
    | WulffVolume
    | CompoundVolume,
    Field(discriminator="kind"),
]
PlainPart.model_rebuild()
CompoundVolume.model_rebuild()
