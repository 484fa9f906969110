"""How the window shows what a specimen yields: one entry for each yield of the specimen kinds.  No Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.gui.structure.read_out import atom_lines
from app.gui.structure.scene import Scene
from sim.core.types import FloatArray, Structure
from sim.recipe.kinds import SPECIMENS, Yield


@dataclass(frozen=True)
class SpecimenView:
    """What the 3D view and the status bar need to know of a specimen before posing; its ``len`` is counted.

    Attributes
    ----------
    scene
        The specimen as it is drawn; the parts of the scene are those of the specimen, in its order.
    counted
        A number of parts in words: ``55 atoms``.
    read_out
        (specimen, index of a part, its (3,) place in the laboratory's frame in Å or None) → what is said
        of it, in lines.
    same
        Whether two specimens look alike (their hashes would take longer).
    """

    scene: Callable[[Any], Scene]
    counted: Callable[[int], str]
    read_out: Callable[[Any, int, FloatArray | None], tuple[str, ...]]
    same: Callable[[Any, Any], bool]


def view_of(kind: str) -> SpecimenView:
    """The entry of a specimen kind."""
    return VIEWS[SPECIMENS[kind].yields]


def _counted_atoms(number: int) -> str:
    return f"{number:,} atom{'' if number == 1 else 's'}"


def _atom(structure: Structure, index: int, in_beam: FloatArray | None) -> tuple[str, ...]:
    return atom_lines(int(structure.numbers[index]), index, structure.positions[index], in_beam)


def _same_atoms(one: Structure, other: Structure) -> bool:
    """Whether two structures have the same atoms and cell."""
    if (one.cell is None) != (other.cell is None):
        return False
    return (
        np.array_equal(one.numbers, other.numbers)
        and np.array_equal(one.positions, other.positions)
        and (one.cell is None or other.cell is None or np.array_equal(one.cell, other.cell))
    )


VIEWS: Mapping[Yield, SpecimenView] = {
    "atoms": SpecimenView(Scene.of, _counted_atoms, _atom, _same_atoms),
}
