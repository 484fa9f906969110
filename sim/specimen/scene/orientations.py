"""Settings of how a node is turned and where it lies."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.core.settings import About, Printable, Quantity, Settings
from sim.specimen.scene.volumes import Index, length, place

ORIENTATION = About("How the node is turned in the scene.", label="Orientation")
PLACEMENT = About("Where the node lies in the scene.", label="Place")


def turning(symbol: str, about: str, label: str = "") -> Quantity:
    """An angle of up to a full turn either way."""
    return Quantity("°", low=-360.0, high=360.0, step=1.0, symbol=symbol, about=about, label=label)


_IN_PLANE = turning("ψ", "Turn about the beam afterwards, counter-clockwise in the image.")


class AsBuilt(Settings):
    """As its crystal or shape defines it."""

    kind: Annotated[Literal["none"], ORIENTATION] = "none"


class RandomOrientation(Settings):
    """Every orientation equally likely, new for every specimen."""

    kind: Annotated[Literal["random"], ORIENTATION] = "random"


class SpunOrientation(Settings):
    """A crystal direction along the beam, with a random turn about it."""

    kind: Annotated[Literal["spun"], ORIENTATION] = "spun"
    u: Index = 0.0
    v: Index = 0.0
    w: Index = 1.0
    tilt: Annotated[
        float,
        Quantity(
            "°",
            low=0.0,
            high=90.0,
            step=0.5,
            about="Largest tilt of the direction against the beam; all in that cone are equally likely.",
        ),
    ] = 0.0


class EulerOrientation(Settings):
    """Euler angles, intrinsic ZXZ (Bunge)."""

    kind: Annotated[Literal["euler"], ORIENTATION] = "euler"
    phi1: Annotated[float, turning("φ₁", "First angle, about z.", "Angle φ₁")] = 0.0
    Phi: Annotated[float, turning("Φ", "Second angle, about the new x axis.", "Angle Φ")] = 0.0
    phi2: Annotated[float, turning("φ₂", "Third angle, about the node's own z axis.", "Angle φ₂")] = 0.0


class AxisOrientation(Settings):
    """A turn about an axis of the scene, right-handed."""

    kind: Annotated[Literal["axis"], ORIENTATION] = "axis"
    axis_x: Annotated[float, Quantity(low=-1.0, high=1.0, step=0.1, about="Axis, x part.")] = 0.0
    axis_y: Annotated[float, Quantity(low=-1.0, high=1.0, step=0.1, about="Axis, y part.")] = 0.0
    axis_z: Annotated[float, Quantity(low=-1.0, high=1.0, step=0.1, about="Axis, z part.")] = 1.0
    angle: Annotated[float, turning("ω", "Angle of the turn.")] = 0.0


class ZoneOrientation(Settings):
    """A crystal direction [uvw] along the beam, towards the source, and an angle about it."""

    kind: Annotated[Literal["zone"], ORIENTATION] = "zone"
    u: Index = 0.0
    v: Index = 0.0
    w: Index = 1.0
    in_plane: Annotated[float, _IN_PLANE] = 0.0


class PlaneOrientation(Settings):
    """A crystal plane (hkl) facing up, with a direction [uvw] in it towards +x."""

    kind: Annotated[Literal["plane"], ORIENTATION] = "plane"
    h: Index = 1.0
    k: Index = 1.0
    l: Index = 1.0  # noqa: E741
    u: Index = 1.0
    v: Index = -1.0
    w: Index = 0.0
    in_plane: Annotated[float, _IN_PLANE] = 0.0
    downwards: Annotated[bool, About("Let the plane face down, to the support, instead of up.")] = False


class AlignedOrientation(Settings):
    """A plane and a direction of this crystal parallel to those of another node (epitaxy)."""

    kind: Annotated[Literal["aligned"], ORIENTATION] = "aligned"
    to: Annotated[str, Printable(60), About("Name of the other node, earlier in the scene.")] = ""
    h: Index = 1.0
    k: Index = 1.0
    l: Index = 1.0  # noqa: E741
    u: Index = 1.0
    v: Index = -1.0
    w: Index = 0.0
    other_h: Index = 1.0
    other_k: Index = 1.0
    other_l: Index = 1.0
    other_u: Index = 1.0
    other_v: Index = -1.0
    other_w: Index = 0.0


OrientationSettings = Annotated[
    AsBuilt
    | RandomOrientation
    | SpunOrientation
    | EulerOrientation
    | AxisOrientation
    | ZoneOrientation
    | PlaneOrientation
    | AlignedOrientation,
    Field(discriminator="kind"),
]


class FixedPlace(Settings):
    """At a given place."""

    kind: Annotated[Literal["fixed"], PLACEMENT] = "fixed"
    x: Annotated[float, place("x", "x of the node's origin, to the right.")] = 0.0
    y: Annotated[float, place("y", "y of the node's origin, upwards in the image.")] = 0.0
    z: Annotated[float, place("z", "z of the node's origin, against the beam.")] = 0.0


_ON = Annotated[
    str,
    Printable(60),
    About("Name of the node to rest on; empty: whatever lies below, or z = 0 where nothing does."),
]
_DEPTH = Annotated[
    float,
    Quantity(
        "Å",
        low=-100.0,
        high=500.0,
        step=0.5,
        about=(
            "How deep the node sinks below the height at which its atoms touch those of the support; the "
            "support gives way. Negative: it floats."
        ),
    ),
]


class SeatedPlace(Settings):
    """Resting on another node at a given place."""

    kind: Annotated[Literal["seated"], PLACEMENT] = "seated"
    x: Annotated[float, place("x", "x of the node's origin, to the right.")] = 0.0
    y: Annotated[float, place("y", "y of the node's origin, upwards in the image.")] = 0.0
    on: _ON = ""
    depth: _DEPTH = 0.0


class ScatteredPlace(Settings):
    """At a random place, with a distance from its like; resting on a support or at a height."""

    kind: Annotated[Literal["scattered"], PLACEMENT] = "scattered"
    gap: Annotated[
        float,
        length("Smallest gap seen along the beam to anything else that is scattered.", zero=True, step=1.0),
    ] = 10.0
    margin: Annotated[
        float,
        Quantity(
            "Å",
            low=-1000.0,
            high=1000.0,
            step=1.0,
            about="Smallest distance of the outline from the edge of the scene; negative lets it stick out.",
        ),
    ] = 0.0
    seated: Annotated[bool, About("Rest on what lies below; off: its origin at the height z.")] = True
    z: Annotated[float, place("z", "z of the node's origin where it is not seated.")] = 0.0
    on: _ON = ""
    depth: _DEPTH = 0.0


PlacementSettings = Annotated[FixedPlace | SeatedPlace | ScatteredPlace, Field(discriminator="kind")]
