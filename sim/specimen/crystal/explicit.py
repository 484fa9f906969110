"""Crystals that a user describes: by edges and angles, by a space group, or by a file's structure.

Not tier A: cosines and symmetry come from the mathematics library and ase.  What leaves this module is
rounded to 2⁻⁴⁰ of its size, far above the last bits in which machines differ and far below the 2⁻²⁰ Å
grid of positions.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from sim.core.errors import InputError
from sim.core.types import FloatArray, Structure
from sim.numerics.motion import determinant, inverse_matrix
from sim.numerics.rotations import rotate
from sim.specimen.crystal.lattice import Crystal

#: Most atoms of a basis.
MOST_ATOMS = 100_000
#: Relative change of a cell's squared lengths that still counts as the symmetry of its group.
_METRIC = 1e-4
_PARAMETERS = ("a", "b", "c", "alpha", "beta", "gamma")

#: Atoms of a basis no farther apart than this are at one place, Å.
_ONE_PLACE = 0.1


def from_parameters(
    name: str,
    a: float,
    b: float,
    c: float,
    alpha: float,
    beta: float,
    gamma: float,
    numbers: ArrayLike,
    fractional: ArrayLike,
) -> Crystal:
    """A crystal from its edges and angles, with every atom of the cell listed.

    Parameters
    ----------
    name
        What it is called.
    a, b, c
        Edges, Å.
    alpha, beta, gamma
        Angles between b and c, a and c, a and b, degrees.
    numbers
        (B,) atomic numbers.
    fractional
        (B, 3) coordinates in units of a, b, c.

    Returns
    -------
    The crystal, a along x and b in the upper half of the xy plane (ase.geometry.cellpar_to_cell).

    Raises
    ------
    InputError
        When no cell has these edges and angles, or atoms are missing, not finite or at one place.
    """
    cell = _cell((a, b, c, alpha, beta, gamma))
    crystal = _checked(name, cell, np.asarray(numbers), np.asarray(fractional, dtype=np.float64))
    for number, atom in enumerate(crystal.fractional):
        apart = np.subtract(crystal.fractional[number + 1 :], atom)
        apart = np.subtract(apart, np.floor(np.add(apart, 0.5))) @ crystal.cell
        if np.any(np.sum(np.square(apart), axis=1) < _ONE_PLACE**2):
            raise InputError(
                "basis", "two atoms lie at one place", value=atom.tolist(), remedy="remove one of them"
            )
    return crystal


def from_spacegroup(
    group: int,
    setting: int,
    cellpar: Sequence[float],
    symbols: Sequence[str],
    coordinates: ArrayLike,
    name: str = "",
) -> Crystal:
    """A crystal from a few of its atoms and its space group (ase.spacegroup.crystal).

    Parameters
    ----------
    group
        Number of the space group, 1 to 230.
    setting
        1, or 2 where the group has two (choice of origin or axes).
    cellpar
        a, b, c (Å), alpha, beta, gamma (degrees).
    symbols
        Chemical symbols of the listed atoms.
    coordinates
        (n, 3) their coordinates in units of a, b, c.
    name
        What it is called; empty: its formula.

    Raises
    ------
    InputError
        When there is no such group or setting, the cell has not the group's symmetry, or two atoms fall
        on one site.
    """
    from ase.spacegroup import Spacegroup, crystal
    from ase.spacegroup.spacegroup import SpacegroupNotFoundError, SpacegroupValueError

    cell = _cell(tuple(cellpar))
    places = np.asarray(coordinates, dtype=np.float64)
    if not len(symbols) or places.shape != (len(symbols), 3) or not bool(np.isfinite(places).all()):
        raise InputError("basis", "is not a list of atoms with three coordinates each")
    try:
        symmetry = Spacegroup(group, setting)
    except (SpacegroupNotFoundError, SpacegroupValueError) as error:
        raise InputError(
            "group",
            f"is no space group with a setting {setting}",
            value=group,
            allowed="1 to 230, setting 1, or 2 where there are two",
        ) from error
    _refuse_other_symmetry(cell, symmetry.get_rotations(), group)  # type: ignore[no-untyped-call]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            built = crystal(
                list(symbols), places, spacegroup=symmetry, cellpar=list(cellpar), onduplicates="error"
            )
    except SpacegroupValueError as error:
        raise InputError(
            "basis", "puts two atoms on one site", remedy="list each site once, without its images"
        ) from error
    except KeyError as error:
        raise InputError("basis", "has an unknown element", value=str(error.args[0])) from error
    fractional = built.get_scaled_positions(wrap=True)  # type: ignore[no-untyped-call]
    formula = built.get_chemical_formula()  # type: ignore[no-untyped-call]
    return _checked(name or formula, cell, built.numbers, fractional)


def from_structure(name: str, structure: Structure) -> Crystal:
    """The crystal whose unit cell a structure holds.

    Raises
    ------
    InputError
        When the structure has no cell, or a flat one.
    """
    if structure.cell is None:
        raise InputError(
            "structure", "has no unit cell", remedy="use a file that states its cell, such as a CIF"
        )
    cell = _rounded(structure.cell)
    if not abs(determinant(cell)) > 0.0:
        raise InputError("structure", "has a flat unit cell", remedy="give a cell with three dimensions")
    fractional = rotate(inverse_matrix(cell.T), structure.positions)
    return _checked(name, cell, structure.numbers, fractional)


def _cell(parameters: tuple[float, ...]) -> FloatArray:
    if len(parameters) != 6:
        raise InputError("cell", "is not three edges and three angles", value=list(parameters))
    for name, value in zip(_PARAMETERS, parameters, strict=True):
        low, high = (0.0, 1e6) if len(name) == 1 else (0.0, 180.0)
        if not low < value < high:
            raise InputError(name, "is not possible", value=value, allowed=f"between {low:g} and {high:g}")
    x, y, z = (math.cos(math.radians(angle)) for angle in parameters[3:])
    if 1.0 - x * x - y * y - z * z + 2.0 * x * y * z < 1e-8:
        raise InputError(
            "alpha, beta, gamma",
            "are the angles of no cell",
            value=list(parameters[3:]),
            remedy="each must be smaller than the sum of the other two, and all together below 360",
        )
    from ase.geometry import cellpar_to_cell

    rows = cellpar_to_cell(list(parameters))  # type: ignore[no-untyped-call]
    return _rounded(np.asarray(rows, dtype=np.float64))


def _refuse_other_symmetry(cell: FloatArray, rotations: ArrayLike, group: int) -> None:
    metric = cell @ cell.T
    operations = np.asarray(rotations, dtype=np.float64)
    turned = operations.transpose(0, 2, 1) @ metric @ operations
    if np.max(np.abs(turned - metric)) > _METRIC * np.max(np.diag(metric)):
        raise InputError(
            "group",
            "does not fit the edges and angles of the cell",
            value=group,
            remedy="a cubic group needs equal edges and right angles, a hexagonal one gamma = 120",
        )


def _checked(name: str, cell: FloatArray, numbers: ArrayLike, fractional: FloatArray) -> Crystal:
    kinds = np.asarray(numbers, dtype=np.int64)
    if not len(kinds) or fractional.shape != (len(kinds), 3) or not bool(np.isfinite(fractional).all()):
        raise InputError("basis", "is not a list of atoms with three coordinates each")
    if len(kinds) > MOST_ATOMS:
        raise InputError("basis", f"has {len(kinds)} atoms", allowed=f"up to {MOST_ATOMS}")
    if determinant(cell) < 0.0:
        # The same crystal in a right-handed cell, as everything here expects it.
        cell, fractional = cell[[1, 0, 2]], fractional[:, [1, 0, 2]]
    steps = np.round(fractional * 2.0**40) * 2.0**-40
    return Crystal(name, np.ascontiguousarray(cell), kinds, np.ascontiguousarray(steps - np.floor(steps)))


def _rounded(cell: FloatArray) -> FloatArray:
    """A cell rounded to 2⁻⁴⁰ of its longest edge (up to the next power of two)."""
    largest = float(np.max(np.abs(cell)))
    if not 0.0 < largest < math.inf:
        raise InputError("cell", "has no size", value=np.asarray(cell).tolist())
    step = math.ldexp(1.0, math.frexp(largest)[1] - 40)
    return np.asarray(np.round(cell / step) * step + 0.0, dtype=np.float64)
