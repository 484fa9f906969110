"""What the 3D view shows of a specimen beside its atoms: objects, volumes, the scene's box.  No Qt.

Made in the preview's thread: of a large scene it takes longer than a frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.gui.document.wording import of_members
from app.gui.structure.scene import Scene
from sim.core.types import BoolArray, Built, FloatArray, IntArray, SpecimenObject
from sim.recipe.kinds import SPECIMENS

#: Lines (L, 2, 3), the object of each (L,), and the box (3, 3) with its corner (3,), or None.
Drawn = tuple[FloatArray, IntArray, tuple[FloatArray, FloatArray] | None]


Colours = NDArray[np.uint8]
#: What a colour means, in a few words, and the colour.
LegendEntry = tuple[str, tuple[int, int, int]]


def _no_numbers() -> IntArray:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Coloured:
    """One colouring of a specimen's spheres.

    Attributes
    ----------
    colours
        (N, 3).
    legend
        What the colours mean.
    """

    colours: Colours
    legend: tuple[LegendEntry, ...] = ()


@dataclass(frozen=True, eq=False)
class Details:
    """A specimen as it is drawn, and what its atoms belong to.

    Attributes
    ----------
    scene
        Spheres in the colours of their elements, and the box: the unit cell or the scene's.
    objects
        Names and roles; none where the specimen is one object.
    object_of, grain_of, side_of
        (N,) number of the object, from 1; grain and side in it, from 0.  Empty without objects.
    grains, sides
        (M + 1,) how many of them each object has, by its number.
    members
        Numbers of the objects that a name stands for: of the very object, of all members of a node with a
        count, of everything in a group.
    lines, line_object
        (L, 2, 3) Å, the straight pieces of the volumes' outlines, and (L,) the objects they belong to.
    marked
        (L,) lines that are emphasised whatever is chosen; empty where none are.
    tell
        Index of a sphere → more that is said of it; where it is None, its object is named.
    colourings
        The specimen's own, ready made, by name; none where colours follow from elements and objects.
    """

    scene: Scene
    objects: tuple[SpecimenObject, ...] = ()
    object_of: IntArray = field(default_factory=_no_numbers)
    grain_of: IntArray = field(default_factory=_no_numbers)
    side_of: IntArray = field(default_factory=_no_numbers)
    grains: IntArray = field(default_factory=_no_numbers)
    sides: IntArray = field(default_factory=_no_numbers)
    members: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    lines: FloatArray = field(default_factory=lambda: np.zeros((0, 2, 3)))
    line_object: IntArray = field(default_factory=_no_numbers)
    marked: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    tell: Callable[[int], str] | None = None
    colourings: Mapping[str, Coloured] = field(default_factory=dict)

    def name_of(self, atom: int) -> str:
        """Name of the object that an atom belongs to; empty for none."""
        if not 0 <= atom < len(self.object_of):
            return ""
        return self.objects[int(self.object_of[atom]) - 1].name

    def numbers_of(self, name: str, *, only_one: bool = False) -> tuple[int, ...]:
        """Numbers of the objects that a name stands for, or of the one that bears it."""
        numbers = self.members.get(name, ())
        if only_one:
            numbers = tuple(number for number in numbers if self.objects[number - 1].name == name)
        return numbers

    def atoms_of(self, numbers: Sequence[int]) -> BoolArray:
        """(N,) which atoms belong to any of some objects."""
        return self._wanted(numbers)[self.object_of]

    def lines_of(self, numbers: Sequence[int]) -> BoolArray:
        """(L,) which lines belong to any of some objects."""
        return self._wanted(numbers)[self.line_object]

    def _wanted(self, numbers: Sequence[int]) -> BoolArray:
        wanted = np.zeros(len(self.objects) + 1, dtype=np.bool_)
        wanted[list(numbers)] = True
        return wanted

    def said_of(self, atom: int) -> str:
        """Object, role, grain and side of an atom in words; empty where nothing is known of it."""
        if self.tell is not None:
            return self.tell(atom)
        if not 0 <= atom < len(self.object_of):
            return ""
        number = int(self.object_of[atom])
        own = self.objects[number - 1]
        words = [of_members(own.name), *([own.role] if own.role else [])]
        # Labels count grains and sides from 1, too.
        for what, of_atom, counts in (
            ("grain", self.grain_of, self.grains),
            ("side", self.side_of, self.sides),
        ):
            if counts[number] > 1:
                words.append(f"{what} {int(of_atom[atom]) + 1} of {int(counts[number])}")
        return " · ".join(words)


def details_of(settings: Any, built: Built) -> Details:
    """What is shown of a specimen.

    Parameters
    ----------
    settings
        The specimen's, as a job holds them.
    built
        What was built of them.
    """
    structure = built.structure
    objects = SPECIMENS[settings.kind].objects(settings)
    if "object" not in built.parts or not objects:
        return Details(Scene.of(structure).outlined())
    lines, line_object, box = DRAWN.get(settings.kind, _undrawn)(settings, built)
    origin = None
    if box is not None:
        structure = replace(structure, cell=box[0])
        origin = box[1]
    object_of, grain_of, side_of = (np.asarray(built.parts[name]) for name in ("object", "grain", "side"))
    return Details(
        Scene.of(structure, origin).outlined(),
        objects,
        object_of,
        grain_of,
        side_of,
        _counts(object_of, grain_of, len(objects)),
        _counts(object_of, side_of, len(objects)),
        members_of(settings),
        lines,
        line_object,
    )


def _counts(object_of: IntArray, part: IntArray, objects: int) -> IntArray:
    """(M + 1,) the largest number of a part in each object, plus one."""
    counts = np.zeros(objects + 1, dtype=np.int64)
    np.maximum.at(counts, object_of, part + 1)
    return counts


def members_of(settings: Any) -> dict[str, tuple[int, ...]]:
    """Numbers of the objects that each name of a concrete scene stands for; other kinds name every one."""
    found: dict[str, list[int]] = {}
    if not hasattr(settings, "all_nodes"):
        for number, own in enumerate(SPECIMENS[settings.kind].objects(settings), start=1):
            for name in dict.fromkeys((own.name, own.name.partition("#")[0])):
                found.setdefault(name, []).append(number)
        return {name: tuple(these) for name, these in found.items()}
    numbers = iter(range(1, 1 + sum(1 for _ in settings.all_nodes())))

    def visit(nodes: Sequence[Any], above: tuple[str, ...]) -> None:
        for node in nodes:
            number = next(numbers)
            names = {node.name, node.name.partition("#")[0], *above}
            for name in names:
                found.setdefault(name, []).append(number)
            visit(getattr(node, "nodes", ()), tuple(names))

    visit(settings.nodes, ())
    return {name: tuple(these) for name, these in found.items()}


def _undrawn(settings: Any, built: Built) -> Drawn:
    """Objects without volumes of their own."""
    del settings, built
    return np.zeros((0, 2, 3)), _no_numbers(), None


def _scene_drawn(settings: Any, built: Built) -> Drawn:
    """Outlines of the nodes' volumes; the box is as wide as the scene and as high as its atoms."""
    # What builds scenes is imported when a scene is shown.
    from sim.specimen.scene.outline import wireframes

    lines, numbers = [np.zeros((0, 2, 3))], [_no_numbers()]
    for number, piece in _pieces(wireframes(settings, built)):
        lines.append(piece)
        numbers.append(np.full(len(piece), number, dtype=np.int64))
    heights = built.structure.positions[:, 2]
    low, high = float(heights.min()), float(heights.max())
    edges = np.diag([settings.width, settings.height, max(high - low, 1e-3)])
    corner = np.array([-0.5 * settings.width, -0.5 * settings.height, low])
    return np.concatenate(lines), np.concatenate(numbers), (edges, corner)


def _pieces(outlines: Mapping[int, Sequence[FloatArray]]) -> Iterator[tuple[int, FloatArray]]:
    """Objects with the straight pieces (n, 2, 3) of each of their polylines."""
    for number, polylines in outlines.items():
        for line in polylines:
            yield number, np.stack([line[:-1], line[1:]], axis=1)


#: By the kind of specimen: lines and box of those that have objects.
DRAWN: Mapping[str, Callable[[Any, Built], Drawn]] = {"scene": _scene_drawn}
