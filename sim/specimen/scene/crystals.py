"""Settings of crystals: where a node takes its lattice and basis from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.core.settings import About, Printable, Quantity, Settings
from sim.specimen.settings import FileFormat, Sha256

CRYSTAL = About("The crystal: a cell and the atoms in it.", label="Crystal")

#: Instead of a crystal's name: the scene's own material.
OF_SCENE = "scene"


def _edge(symbol: str) -> Quantity:
    return Quantity(
        "Å", low=0.5, high=1000.0, step=0.01, symbol=symbol, about=f"Length of the cell's edge {symbol}."
    )


def _corner(symbol: str, between: str) -> Quantity:
    return Quantity(
        "°",
        low=10.0,
        high=170.0,
        step=0.1,
        symbol=symbol,
        about=f"Angle between the cell's edges {between}.",
    )


_FRACTION = {"low": -10.0, "high": 10.0, "step": 0.01}


class BasisAtom(Settings):
    """One atom of a crystal's basis."""

    element: Annotated[str, Printable(3), About("Chemical symbol.")] = "Au"
    x: Annotated[float, Quantity(**_FRACTION, about="Coordinate along a, in units of a.")] = 0.0
    y: Annotated[float, Quantity(**_FRACTION, about="Coordinate along b, in units of b.")] = 0.0
    z: Annotated[float, Quantity(**_FRACTION, about="Coordinate along c, in units of c.")] = 0.0


class BuiltinCrystal(Settings):
    """A crystal that comes with the program."""

    kind: Annotated[Literal["builtin"], CRYSTAL] = "builtin"
    name: Annotated[
        str,
        Printable(40),
        About(
            "Name of the crystal (CdSe, Au, Si, Fe3O4 …); 'scene' takes the scene's own material.",
            label="Material",
        ),
    ] = "Au"
    scale: Annotated[
        float,
        Quantity(
            low=0.5,
            high=2.0,
            step=0.001,
            about="Factor on all lattice constants: 1.01 makes bonds one per cent longer.",
            label="Lattice scale",
            advanced=True,
        ),
    ] = 1.0


class _CellSettings(Settings):
    a: Annotated[float, _edge("a")] = 4.078
    b: Annotated[float, _edge("b")] = 4.078
    c: Annotated[float, _edge("c")] = 4.078
    alpha: Annotated[float, _corner("α", "b and c")] = 90.0
    beta: Annotated[float, _corner("β", "a and c")] = 90.0
    gamma: Annotated[float, _corner("γ", "a and b")] = 90.0
    basis: Annotated[tuple[BasisAtom, ...], About("Atoms of the basis.")] = (BasisAtom(),)


class CellCrystal(_CellSettings):
    """A cell given by its edges and angles, with every atom in it listed."""

    kind: Annotated[Literal["cell"], CRYSTAL] = "cell"


class SpacegroupCrystal(_CellSettings):
    """A cell whose atoms follow from a few of them by the symmetry of a space group."""

    kind: Annotated[Literal["spacegroup"], CRYSTAL] = "spacegroup"
    group: Annotated[
        int,
        Quantity(
            low=1,
            high=230,
            step=1,
            about="Number of the space group.",
            reference="International Tables for Crystallography, volume A.",
            label="Space group",
        ),
    ] = 225
    setting: Annotated[
        Literal[1, 2], About("Setting of the space group where it has two (choice of origin or axes).")
    ] = 1


class FileCrystal(Settings):
    """The unit cell of a structure file (CIF, POSCAR, extended XYZ with a cell)."""

    kind: Annotated[Literal["file"], CRYSTAL] = "file"
    path: Annotated[
        str, Printable(4096), About("The file; a relative path starts from the recipe's folder.")
    ] = ""
    format: Annotated[FileFormat, About("Format of the file; empty: as its name says.")] = ""
    sha256: Sha256 = ""


CrystalSettings = Annotated[
    BuiltinCrystal | CellCrystal | SpacegroupCrystal | FileCrystal, Field(discriminator="kind")
]
