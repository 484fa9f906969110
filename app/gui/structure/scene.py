"""What the structure view draws: spheres and the edges of a cell.  No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.gui.structure.elements import drawn_colours, drawn_radii
from sim.core.types import FloatArray, IntArray, Structure

#: Corner numbers (4a + 2b + c along the cell's vectors) of the twelve edges of a cell.
_EDGES = np.array(
    [(0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 3), (2, 6), (3, 7), (4, 5), (4, 6), (5, 7), (6, 7)]
)


@dataclass(frozen=True, eq=False)
class Scene:
    """Atoms in the specimen's own frame, as they are drawn.

    Attributes
    ----------
    numbers
        (N,) int64, atomic numbers.
    positions
        (N, 3) float64, Å.
    radii
        (N,) float64, Å, of the drawn spheres.
    colours
        (N, 3) uint8, red, green, blue.
    cell
        (3, 3) row vectors, Å, or None; drawn from the origin.
    centre
        (3,) Å: the middle of the box around the atoms, about which the picture turns.
    radius
        Å: every sphere and the cell lie within this distance of the centre.
    """

    numbers: IntArray
    positions: FloatArray
    radii: FloatArray
    colours: NDArray[np.uint8]
    cell: FloatArray | None
    centre: FloatArray
    radius: float

    @classmethod
    def of(cls, structure: Structure) -> Scene:
        """The scene of a structure."""
        positions = structure.positions
        radii = drawn_radii(structure.numbers)
        scene_points = positions if len(positions) else np.zeros((1, 3))
        # Columns one by one: a reduction along the short axis of a long array takes five times as long.
        low = np.array([scene_points[:, axis].min() for axis in range(3)])
        high = np.array([scene_points[:, axis].max() for axis in range(3)])
        centre = (low + high) * 0.5
        square = sum((scene_points[:, axis] - centre[axis]) ** 2 for axis in range(3))
        radius = float(np.sqrt(np.max(square)) + (radii.max() if len(radii) else 1.0))
        if structure.cell is not None:
            corners = cell_corners(structure.cell)
            radius = max(radius, float(np.max(np.linalg.norm(corners - centre, axis=1))))
        return cls(
            structure.numbers,
            positions,
            radii,
            drawn_colours(structure.numbers),
            structure.cell,
            centre,
            radius,
        )

    @classmethod
    def empty(cls) -> Scene:
        """No atoms and no cell."""
        return cls.of(Structure(np.zeros(0, dtype=np.int64), np.zeros((0, 3))))

    def __len__(self) -> int:
        return len(self.numbers)

    def without_cell(self) -> Scene:
        """The same atoms, and no box."""
        return Scene(self.numbers, self.positions, self.radii, self.colours, None, self.centre, self.radius)

    def cell_edges(self) -> FloatArray:
        """End points of the cell's edges, (12, 2, 3), Å; (0, 2, 3) without a cell."""
        if self.cell is None:
            return np.zeros((0, 2, 3))
        edges: FloatArray = cell_corners(self.cell)[_EDGES]
        return edges


def cell_corners(cell: FloatArray) -> FloatArray:
    """The eight corners (8, 3) of a cell (3, 3): corner 4a + 2b + c lies at a, b, c times the vectors."""
    steps = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)], dtype=np.float64)
    return steps @ cell
