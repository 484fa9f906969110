"""How the window shows what a specimen yields: one entry for each yield of the specimen kinds.  No Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.gui.structure import particles
from app.gui.structure.details import Details, details_of
from app.gui.structure.read_out import atom_lines
from app.gui.structure.scene import Scene
from sim.core.types import Built, FloatArray, Structure
from sim.recipe.kinds import SPECIMENS, Yield


def centroid(scene: Scene) -> FloatArray:
    """(3,) Å, the mean of the spheres' places."""
    if not len(scene):
        return np.zeros(3)
    # Columns one by one: a mean along the long axis of all three takes several times as long.
    return np.array([column.mean() for column in scene.positions.T])


@dataclass(frozen=True)
class SpecimenView:
    """What the window needs to know of a specimen before posing; its ``len`` is counted.

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
    subject
        What a generator built → the specimen that is shown.
    details
        (settings of a job, what was built of them) → how it is drawn, with its parts.
    middle
        (scene) → (3,) Å: the point of the specimen that its pose puts into the middle of the image.
    summary
        The specimen in a few words; None: its parts are counted.
    """

    scene: Callable[[Any], Scene]
    counted: Callable[[int], str]
    read_out: Callable[[Any, int, FloatArray | None], tuple[str, ...]]
    same: Callable[[Any, Any], bool]
    subject: Callable[[Any], Any] = lambda built: built
    details: Callable[[Any, Any], Details] = details_of
    middle: Callable[[Scene], FloatArray] = centroid
    summary: Callable[[Any], str] | None = None

    def in_words(self, specimen: Any) -> str:
        """What a specimen is, for the status bar."""
        return self.counted(len(specimen)) if self.summary is None else self.summary(specimen)


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


def _atoms(built: Built) -> Structure:
    return built.structure


def _origin(scene: Scene) -> FloatArray:
    del scene
    return np.zeros(3)


VIEWS: Mapping[Yield, SpecimenView] = {
    "atoms": SpecimenView(Scene.of, _counted_atoms, _atom, _same_atoms, _atoms),
    "particles": SpecimenView(
        particles.scene_of,
        particles.counted,
        particles.read_out,
        particles.same,
        details=particles.details_of,
        # Particles lie about their centre of mass, and turn about it.
        middle=_origin,
        summary=particles.summary,
    ),
}
