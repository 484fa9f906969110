"""Settings of planar defects in a crystal: twins and stacking faults, placed or drawn."""

from __future__ import annotations

from typing import Annotated, Literal

from sim.core.settings import About, Quantity, Settings
from sim.specimen.scene.volumes import Index, Name, length, place

DefectKind = Annotated[
    Literal["twin", "intrinsic", "extrinsic", "I1", "I2", "E"],
    About(
        "Twin: the crystal beyond the plane mirrored. Intrinsic and extrinsic: faults of cubic close packing "
        "on (111). I1, I2, E: faults of wurtzite and hexagonal crystals on (0001).",
        "J. P. Hirth and J. Lothe, Theory of Dislocations (1982), sections 10 and 11.",
    ),
]
_Number = Quantity(low=0, high=100, step=1, about="How many, at random heights.")


class DefectPlane(Settings):
    """One defect plane at a given height."""

    name: Name = "plane"
    defect: DefectKind = "twin"
    height: Annotated[
        float,
        place(
            "d", "Height of the plane over the node's centre along its normal; it snaps between two layers."
        ),
    ] = 0.0


class DefectSettings(Settings):
    """Parallel planes: those listed, and others at random."""

    h: Index = 1.0
    k: Index = 1.0
    l: Index = 1.0  # noqa: E741
    planes: Annotated[tuple[DefectPlane, ...], About("Planes at given heights.")] = ()
    twins: Annotated[int, _Number] = 0
    intrinsic: Annotated[int, _Number] = 0
    extrinsic: Annotated[int, _Number] = 0
    I1: Annotated[int, _Number] = 0
    I2: Annotated[int, _Number] = 0
    E: Annotated[int, _Number] = 0
    minimum_separation: Annotated[
        float, length("Smallest distance between two of the planes.", zero=True, step=1.0)
    ] = 5.0
