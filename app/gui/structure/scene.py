"""What the structure view draws: spheres, the edges of a cell, the lines of volumes.  No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.gui.structure.elements import STRONG_COLOURS, VOLUME_COLOURS, drawn_colours, drawn_radii
from sim.core.types import BoolArray, FloatArray, IntArray, Structure

#: Corner numbers (4a + 2b + c along the cell's vectors) of the twelve edges of a cell.
_EDGES = np.array(
    [(0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 3), (2, 6), (3, 7), (4, 5), (4, 6), (5, 7), (6, 7)]
)
#: Lines of volumes are drawn as if they lay this much nearer to the eye, Å: the outermost atoms of a volume
#: stand on its surface, and would hide the lines on it.
LIFT = 1.0
#: From so many atoms on, the outermost are looked for: a camera that is to see all asks only them.
MANY = 5_000
#: Where lines are sorted among spheres by their depth, they are cut in pieces of so many lifts.
PIECE = 3.0
#: Of more different radii than this the outermost spheres are not looked for.
MOST_RADII = 200

#: Red, green, blue before a dark and before a light background.
Pair = tuple[tuple[int, int, int], tuple[int, int, int]]


def _no_lines() -> FloatArray:
    return np.zeros((0, 2, 3))


def _none_strong() -> BoolArray:
    return np.zeros(0, dtype=np.bool_)


def _origin() -> FloatArray:
    return np.zeros(3)


@dataclass(frozen=True)
class LineLook:
    """How the lines of a scene are drawn; by default those of volumes.

    Attributes
    ----------
    plain, strong
        Colours of lines, and of those that are emphasised, which are drawn over the others.
    breadths
        Of both, over that of the cell's edges.
    lifts
        Å by which both are drawn as if they lay nearer to the eye.
    """

    plain: Pair = VOLUME_COLOURS
    strong: Pair = STRONG_COLOURS
    breadths: tuple[float, float] = (0.8, 2.0)
    lifts: tuple[float, float] = (LIFT, LIFT)


#: Of the outlines of volumes.
VOLUME_LOOK = LineLook()


@dataclass(frozen=True, eq=False)
class Scene:
    """Spheres in the specimen's own frame, as they are drawn: atoms, or whole particles.

    Attributes
    ----------
    numbers
        (N,) int64, what each sphere is: an atomic number, or a material's place in the specimen.
    positions
        (N, 3) float64, Å.
    radii
        (N,) float64, Å, of the drawn spheres.
    colours
        (N, 3) uint8, red, green, blue.
    cell
        (3, 3) row vectors, Å, or None; drawn from ``cell_origin``.
    centre
        (3,) Å: the middle of the box around the atoms, about which the picture turns.
    radius
        Å: every sphere, the cell and the lines lie within this distance of the centre.
    cell_origin
        (3,) Å.
    lines
        (L, 2, 3) Å: ends of the straight pieces that volumes are drawn by.
    strong
        (L,) which of the lines are emphasised.
    look
        How the lines are drawn.
    outer
        (K,) numbers of the atoms beyond which nothing lies in any direction; None where all are to be asked.
    """

    numbers: IntArray
    positions: FloatArray
    radii: FloatArray
    colours: NDArray[np.uint8]
    cell: FloatArray | None
    centre: FloatArray
    radius: float
    cell_origin: FloatArray = field(default_factory=_origin)
    lines: FloatArray = field(default_factory=_no_lines)
    strong: BoolArray = field(default_factory=_none_strong)
    look: LineLook = VOLUME_LOOK
    outer: IntArray | None = None

    @classmethod
    def of(cls, structure: Structure, cell_origin: FloatArray | None = None) -> Scene:
        """The scene of a structure; its cell begins at the origin where nothing else is said."""
        return cls.of_spheres(
            structure.numbers,
            structure.positions,
            drawn_radii(structure.numbers),
            drawn_colours(structure.numbers),
            structure.cell,
            cell_origin,
        )

    @classmethod
    def of_spheres(
        cls,
        numbers: IntArray,
        positions: FloatArray,
        radii: FloatArray,
        colours: NDArray[np.uint8],
        cell: FloatArray | None = None,
        cell_origin: FloatArray | None = None,
    ) -> Scene:
        """The scene of spheres with radii and colours of their own; all as of the attributes."""
        begin = np.zeros(3) if cell_origin is None else cell_origin
        points = positions if len(positions) else np.zeros((1, 3))
        # Columns one by one: a reduction along the short axis of a long array takes five times as long.
        low = np.array([points[:, axis].min() for axis in range(3)])
        high = np.array([points[:, axis].max() for axis in range(3)])
        centre = (low + high) * 0.5
        square = sum((points[:, axis] - centre[axis]) ** 2 for axis in range(3))
        radius = float(np.sqrt(np.max(square)) + (radii.max() if len(radii) else 1.0))
        if cell is not None:
            corners = cell_corners(cell) + begin
            radius = max(radius, float(np.max(np.linalg.norm(corners - centre, axis=1))))
        return cls(numbers, positions, radii, colours, cell, centre, radius, begin)

    @classmethod
    def empty(cls) -> Scene:
        """No atoms and no cell."""
        return cls.of(Structure(np.zeros(0, dtype=np.int64), np.zeros((0, 3))))

    def __len__(self) -> int:
        return len(self.numbers)

    def outlined(self) -> Scene:
        """The same scene with its outermost atoms found, which takes its time; few atoms need none."""
        return replace(self, outer=outermost(self.positions, self.radii)) if len(self) >= MANY else self

    def without_cell(self) -> Scene:
        """The same atoms, and no box."""
        return replace(self, cell=None)

    def with_lines(self, lines: FloatArray, strong: BoolArray) -> Scene:
        """The same atoms with these lines (L, 2, 3), of which some (L,) are emphasised."""
        if not len(lines):
            return replace(self, lines=lines, strong=strong)
        farthest = float(np.sqrt(np.max(np.sum((lines.reshape(-1, 3) - self.centre) ** 2, axis=1))))
        return replace(self, lines=lines, strong=strong, radius=max(self.radius, farthest))

    def coloured(self, colours: NDArray[np.uint8]) -> Scene:
        """The same atoms in other colours (N, 3)."""
        return replace(self, colours=colours)

    def corners(self) -> FloatArray:
        """The cell's corners, (8, 3), Å; (0, 3) without a cell."""
        return np.zeros((0, 3)) if self.cell is None else cell_corners(self.cell) + self.cell_origin

    def cell_edges(self) -> FloatArray:
        """End points of the cell's edges, (12, 2, 3), Å; (0, 2, 3) without a cell."""
        if self.cell is None:
            return np.zeros((0, 2, 3))
        edges: FloatArray = self.corners()[_EDGES]
        return edges

    @cached_property
    def pieces(self) -> tuple[FloatArray, BoolArray]:
        """The lines cut in short pieces (P, 2, 3), and which of them are emphasised (P,)."""
        if not len(self.lines):
            return self.lines, self.strong
        start, along = self.lines[:, 0], self.lines[:, 1] - self.lines[:, 0]
        longest = PIECE * self.look.lifts[0]
        counts = np.maximum(np.ceil(np.sqrt(np.sum(along**2, axis=1)) / longest).astype(np.int64), 1)
        line = np.repeat(np.arange(len(counts)), counts)
        place = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
        parts = np.stack([place, place + 1], axis=1) / counts[line][:, np.newaxis]
        cut: FloatArray = start[line][:, np.newaxis] + parts[..., np.newaxis] * along[line][:, np.newaxis]
        return cut, self.strong[line]


def outermost(positions: FloatArray, radii: FloatArray) -> IntArray | None:
    """Numbers of the spheres that any plane from outside can touch first; None where that is not to be had.

    The corners of the convex hull of the spheres of each size (positions (N, 3), radii (N,), Å).
    """
    from scipy.spatial import ConvexHull, QhullError

    sizes = np.unique(radii)
    if len(sizes) > MOST_RADII:
        return None
    found = []
    for radius in sizes:
        same = np.flatnonzero(radii == radius)
        try:
            found.append(same[ConvexHull(positions[same]).vertices])
        except (QhullError, ValueError):
            # Too few, or all in one plane.
            found.append(same)
    numbers: IntArray = np.concatenate(found).astype(np.int64)
    return numbers if 2 * len(numbers) < len(positions) else None


def cell_corners(cell: FloatArray) -> FloatArray:
    """The eight corners (8, 3) of a cell (3, 3): corner 4a + 2b + c lies at a, b, c times the vectors."""
    steps = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)], dtype=np.float64)
    return steps @ cell
