"""Settings of what is done to a node's atoms and volume after they are made: motions, strain, chemistry."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.core.settings import About, Printable, Quantity, Settings
from sim.specimen.scene.orientations import turning
from sim.specimen.scene.volumes import Name, length, place

CHANGE = About("What is done to the node, in the order of the list.", label="Change")
Moves = Annotated[
    Literal["both", "atoms", "volume"],
    About(
        "What is moved: atoms and volume together, the lattice inside a fixed volume, or the volume alone."
    ),
]
Share = Quantity(low=0.0, high=1.0, step=0.01, about="Share of the atoms; the count is exact.")
Where = Annotated[
    Literal["everywhere", "surface", "inside"],
    About("Which atoms: all, those that a ball rolling over the particle touches, or the others."),
]
Element = Annotated[str, Printable(3), About("Chemical symbol.")]


class _Change(Settings):
    name: Name = "change"
    enabled: Annotated[bool, About("Off: the change is left out.")] = True


class Translate(_Change):
    """A shift."""

    kind: Annotated[Literal["translate"], CHANGE] = "translate"
    moves: Moves = "both"
    x: Annotated[float, place("x", "Shift along x.")] = 0.0
    y: Annotated[float, place("y", "Shift along y.")] = 0.0
    z: Annotated[float, place("z", "Shift along z.")] = 0.0


class Rotate(_Change):
    """A turn about an axis through the node's origin, right-handed."""

    kind: Annotated[Literal["rotate"], CHANGE] = "rotate"
    moves: Moves = "both"
    axis_x: Annotated[float, Quantity(low=-1.0, high=1.0, step=0.1, about="Axis, x part.")] = 0.0
    axis_y: Annotated[float, Quantity(low=-1.0, high=1.0, step=0.1, about="Axis, y part.")] = 0.0
    axis_z: Annotated[float, Quantity(low=-1.0, high=1.0, step=0.1, about="Axis, z part.")] = 1.0
    angle: Annotated[float, turning("ω", "Angle of the turn.")] = 0.0


class Reflect(_Change):
    """A reflection in a plane through the node's origin."""

    kind: Annotated[Literal["reflect"], CHANGE] = "reflect"
    moves: Moves = "both"
    normal_x: Annotated[float, Quantity(low=-1.0, high=1.0, step=0.1, about="Normal, x part.")] = 1.0
    normal_y: Annotated[float, Quantity(low=-1.0, high=1.0, step=0.1, about="Normal, y part.")] = 0.0
    normal_z: Annotated[float, Quantity(low=-1.0, high=1.0, step=0.1, about="Normal, z part.")] = 0.0


class Invert(_Change):
    """An inversion through the node's origin."""

    kind: Annotated[Literal["invert"], CHANGE] = "invert"
    moves: Moves = "both"


def _strain(part: str) -> Quantity:
    return Quantity(low=-0.3, high=0.3, step=0.005, symbol=f"ε{part}", about=f"Strain component {part}.")


class Strain(_Change):
    """A strain that is the same everywhere."""

    kind: Annotated[Literal["strain"], CHANGE] = "strain"
    moves: Moves = "both"
    xx: Annotated[float, _strain("xx")] = 0.0
    yy: Annotated[float, _strain("yy")] = 0.0
    zz: Annotated[float, _strain("zz")] = 0.0
    xy: Annotated[float, _strain("xy")] = 0.0
    xz: Annotated[float, _strain("xz")] = 0.0
    yz: Annotated[float, _strain("yz")] = 0.0


class StrainGradient(_Change):
    """A strain along one axis that grows linearly along another."""

    kind: Annotated[Literal["strain_gradient"], CHANGE] = "strain_gradient"
    along: Annotated[Literal["x", "y", "z"], About("Axis along which lengths change.")] = "x"
    across: Annotated[Literal["x", "y", "z"], About("Axis along which the strain grows.")] = "x"
    start: Annotated[float, _strain("0")] = 0.0
    per_nanometre: Annotated[
        float,
        Quantity("1/nm", low=-0.1, high=0.1, step=0.001, about="Growth of the strain for every nanometre."),
    ] = 0.005


class SurfaceRelaxation(_Change):
    """Bonds at the surface shorter or longer, fading away towards the inside."""

    kind: Annotated[Literal["surface_relaxation"], CHANGE] = "surface_relaxation"
    strain: Annotated[float, _strain("s")] = -0.02
    decay: Annotated[float, length("Depth over which the strain falls to 1/e.")] = 5.0


class Bend(_Change):
    """A bend to a cylinder about an axis across the node."""

    kind: Annotated[Literal["bend"], CHANGE] = "bend"
    along: Annotated[Literal["x", "y"], About("Axis that is bent.")] = "x"
    radius: Annotated[
        float,
        Quantity("Å", low=20.0, high=1e6, step=10.0, about="Radius of curvature of the middle plane."),
    ] = 500.0


class Substitute(_Change):
    """Some atoms of one element replaced by another at random: alloys and dopants."""

    kind: Annotated[Literal["substitute"], CHANGE] = "substitute"
    element: Element = "Au"
    by: Element = "Ag"
    share: Annotated[float, Share] = 0.5
    where: Where = "everywhere"


class Vacancies(_Change):
    """Some atoms missing at random."""

    kind: Annotated[Literal["vacancies"], CHANGE] = "vacancies"
    share: Annotated[float, Share] = 0.02
    element: Annotated[str, Printable(3), About("Only atoms of this element; empty: of any.")] = ""
    where: Where = "everywhere"


class Displace(_Change):
    """Every atom displaced at random as by thermal motion or static disorder, frozen."""

    kind: Annotated[Literal["displace"], CHANGE] = "displace"
    b_factor: Annotated[
        float,
        Quantity(
            "Å²",
            low=0.0,
            high=20.0,
            step=0.05,
            symbol="B",
            about=(
                "Debye–Waller factor; 0 takes the table's value of each element. Root mean square per axis: "
                "√(B/8π²)."
            ),
            reference="L.-M. Peng et al., Acta Cryst. A 52, 456 (1996).",
            label="B factor",
        ),
    ] = 0.0


ChangeSettings = Annotated[
    Translate
    | Rotate
    | Reflect
    | Invert
    | Strain
    | StrainGradient
    | SurfaceRelaxation
    | Bend
    | Substitute
    | Vacancies
    | Displace,
    Field(discriminator="kind"),
]
