"""How many atoms of what, and how densely they lie, by element and by object.  No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.gui.structure.details import Details
from sim.core.errors import InputError
from sim.core.types import FloatArray, IntArray, Structure
from sim.numerics.motion import Motion
from sim.specimen.shapes.base import Shape
from sim.specimen.shapes.polyhedron import Polyhedron
from sim.specimen.shapes.volume import volume
from sim.specimen.statistics.density import counts_by_element, density

Cancel = Callable[[], None]
#: Above so many atoms the hull of a structure is its box.
_HULL_ATOMS = 20_000


@dataclass(frozen=True)
class Amount:
    """Atoms of one object, or of all.

    Attributes
    ----------
    name, role
        Of the object; both empty for all atoms of the specimen.
    counts
        Atoms by atomic number.
    number, mass
        Densities, 1/Å³ and g/cm³; None where no volume is known.
    """

    name: str
    role: str
    counts: dict[int, int]
    number: float | None
    mass: float | None

    @property
    def atoms(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, eq=False)
class Specimen:
    """What the statistics are made of: the atoms, what they belong to, and the settings of the volumes."""

    structure: Structure
    details: Details
    settings: Any
    motions: FloatArray

    def atoms_of(self, number: int) -> IntArray:
        """Indices of an object's atoms; of all for 0."""
        if number == 0:
            return np.arange(len(self.structure))
        return np.flatnonzero(self.details.object_of == number)


def amounts(specimen: Specimen, cancel: Cancel) -> tuple[Amount, ...]:
    """Of all atoms, then of every object that has atoms."""
    numbers = specimen.structure.numbers
    cell = specimen.structure.cell
    whole = None if cell is None else abs(float(np.linalg.det(cell)))
    found = [_amount("", "", numbers, whole)]
    for number, own in enumerate(specimen.details.objects, start=1):
        cancel()
        atoms = specimen.atoms_of(number)
        if len(atoms):
            shape = own_shape(specimen, number)
            room = None if shape is None else volume(shape, cancel)
            found.append(_amount(own.name, own.role, numbers[atoms], room))
    return tuple(found)


def _amount(name: str, role: str, numbers: IntArray, room: float | None) -> Amount:
    if not room:
        return Amount(name, role, counts_by_element(numbers), None, None)
    known = density(numbers, room)
    return Amount(name, role, known.counts, known.number, known.mass)


def own_shape(specimen: Specimen, number: int) -> Shape | None:
    """The volume of an object in the scene; None where its settings give none."""
    if not hasattr(specimen.settings, "all_nodes"):
        return None
    # What builds scenes is imported when one is looked at.
    from sim.specimen.scene import outline

    node = list(specimen.settings.all_nodes())[number - 1]
    shape = outline.own_shape(node, specimen.settings)
    if shape is None or not np.all(np.isfinite(shape.bounds())):
        return None
    moved = specimen.motions[number - 1]
    return shape.moved(Motion(np.ascontiguousarray(moved[:, :3]), np.ascontiguousarray(moved[:, 3])))


def hull(positions: FloatArray) -> Shape | None:
    """What encloses atoms: their convex hull, of very many the box along the axes; None for a flat set."""
    if len(positions) < 4:
        return None
    points = positions
    if len(points) > _HULL_ATOMS:
        low, high = points.min(axis=0), points.max(axis=0)
        points = np.stack(np.meshgrid(*zip(low, high, strict=True)), axis=-1).reshape(-1, 3)
    try:
        return Polyhedron.from_points(points)
    except InputError:
        return None
