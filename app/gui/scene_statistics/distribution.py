"""g(r) of a specimen, of two of its elements or of one of its objects.  No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.gui.scene_statistics.composition import Specimen, hull, own_shape
from sim.core.errors import InputError
from sim.core.types import FloatArray, IntArray
from sim.specimen.shapes.volume import volume
from sim.specimen.statistics.pair_distribution import PairDistribution, particle_distribution

Cancel = Callable[[], None]
#: Breadth of a bin, Å.
BIN = 0.05


@dataclass(frozen=True)
class Pairs:
    """Whose pairs are counted.

    Attributes
    ----------
    elements
        Two atomic numbers; None takes all.
    node
        Name of the node whose atoms alone are looked at; empty for all.
    """

    elements: tuple[int, int] | None = None
    node: str = ""


@dataclass(frozen=True, eq=False)
class Curve:
    """g (B,) at the middles r (B,) of the bins, Å, and how many pairs (B,) were counted."""

    r: FloatArray
    g: FloatArray
    pairs: IntArray


def distribution(specimen: Specimen, pairs: Pairs, largest: float, cancel: Cancel) -> Curve:
    """g(r) up to a distance.

    Of a node the pairs inside each of its objects are counted, over what the objects' volumes would hold of
    atoms at random; of all atoms, over what encloses them.

    Raises
    ------
    InputError
        If the atoms enclose no volume.
    """
    numbers: tuple[int, ...] = (0,)
    if pairs.node:
        numbers = tuple(
            number for number in specimen.details.numbers_of(pairs.node) if len(specimen.atoms_of(number))
        )
    parts = [
        part for number in numbers if (part := _part(specimen, number, pairs, largest, cancel)) is not None
    ]
    if not parts:
        raise InputError("the atoms", "enclose no volume: there is no g(r)")
    counted = np.sum([part.pairs for part in parts], axis=0)
    expected = np.sum([part.expected for part in parts], axis=0)
    g = np.divide(counted, expected, out=np.zeros(len(counted)), where=expected > 0.0)
    return Curve(np.asarray(parts[0].r), g, counted)


def _part(
    specimen: Specimen, number: int, pairs: Pairs, largest: float, cancel: Cancel
) -> PairDistribution | None:
    """Of one object, of all atoms for 0; None where no volume is enclosed."""
    atoms = specimen.atoms_of(number)
    positions = specimen.structure.positions[atoms]
    shape = (own_shape(specimen, number) if number else None) or hull(positions)
    room = 0.0 if shape is None else volume(shape, cancel)
    if shape is None or not room > 0.0:
        return None
    return particle_distribution(
        positions,
        shape,
        room,
        largest,
        max(1, round(largest / BIN)),
        numbers=specimen.structure.numbers[atoms],
        elements=pairs.elements,
        cancel=cancel,
    )
