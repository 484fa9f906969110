"""Who keeps its atoms where objects overlap: volumes first, then distances between atoms.

Tier A.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.errors import never
from sim.core.types import BoolArray, FloatArray, IntArray
from sim.specimen.scene.crossing import CrossSearch, corners, near, within_box
from sim.specimen.shapes.base import Shape

#: Atoms nearer to the clearance than this keep their place, Å: what rests on another at exactly the
#: clearance must not lose its footing to the rounding of positions.
TOLERANCE = 2.0**-16


@dataclass(frozen=True, eq=False)
class Occupant:
    """One object, in the scene's frame.

    Attributes
    ----------
    positions
        (N, 3) float64, Å.
    shape
        The volume that it takes for itself, or None for its atoms alone.
    priority
        Objects of higher priority keep their atoms; of equals the earlier one.
    depth
        How deep inside the volume another's atom must lie to go, Å: between the outermost atoms and
        the volume's boundary others may stay, as long as they keep the clearance.
    companions
        Other occupants that it is bonded to: their volumes spare each other, and ``bonded`` takes the
        place of the clearance.
    bonded
        Smallest distance to companions, Å.
    molecule
        (N,) int64 where the atoms go together or not at all: which of them belong together.
    """

    positions: FloatArray
    shape: Shape | None
    priority: int
    depth: float = 0.0
    companions: frozenset[int] = frozenset()
    bonded: float = 0.0
    molecule: IntArray | None = None


def cleared(
    occupants: Sequence[Occupant],
    clearance: float,
    candidates: CrossSearch | None = None,
    cancel: Callable[[], None] = never,
) -> list[BoolArray]:
    """Which atoms of each object stay.

    An atom goes when it lies in the volume of an object that comes before its own (higher priority, or
    equal and earlier), or closer than the clearance to an atom that such an object keeps.

    Parameters
    ----------
    occupants
        The objects, in the scene's order.
    clearance
        Smallest distance of atoms of two objects, Å.

    Returns
    -------
    (N,) bool for each occupant.
    """
    kept = [np.ones(len(occupant.positions), dtype=np.bool_) for occupant in occupants]
    boxes = np.stack([_box(occupant) for occupant in occupants]) if occupants else np.empty((0, 2, 3))
    order = sorted(range(len(occupants)), key=lambda number: (-occupants[number].priority, number))
    for place, number in enumerate(order):
        occupant = occupants[number]
        if place == 0 or not len(occupant.positions):
            continue
        before = np.array(order[:place], dtype=np.int64)
        low, high = corners(occupant.positions)
        meets = np.logical_and(
            np.all(np.less_equal(boxes[before, 0], np.add(high, clearance)), axis=1),
            np.all(np.greater_equal(boxes[before, 1], np.subtract(low, clearance)), axis=1),
        )
        rivals = [int(other) for other in before[meets]]
        stays = _outside(
            occupant, [occupants[other] for other in rivals if not _bonded(occupants, number, other)]
        )
        _keep_distance(occupants, kept, number, rivals, stays, clearance, candidates, cancel)
        if occupant.molecule is not None and not bool(np.all(stays)):
            broken = np.unique(occupant.molecule[np.logical_not(stays)])
            stays = np.logical_not(np.isin(occupant.molecule, broken))
        kept[number] = stays
        cancel()
    return kept


def outside_of(positions: FloatArray, shape: Shape, depth: float = 0.0) -> BoolArray:
    """Which points (N, 3) are not inside a volume, or less deep in it than ``depth`` (Å), (N,)."""
    stays = np.ones(len(positions), dtype=np.bool_)
    low, high = shape.bounds()
    asked = within_box(positions, low, high, 1e-6)
    if len(asked):
        points = positions[asked]
        inside = shape.contains(points)
        if depth > 0.0:
            deep = np.flatnonzero(inside)
            inside[deep] = np.less(shape.distance(points[deep]), -depth)
        stays[asked] = np.logical_not(inside)
    return stays


def _outside(occupant: Occupant, rivals: Sequence[Occupant]) -> BoolArray:
    stays = np.ones(len(occupant.positions), dtype=np.bool_)
    for rival in rivals:
        if rival.shape is not None:
            np.logical_and(stays, outside_of(occupant.positions, rival.shape, rival.depth), out=stays)
    return stays


def _keep_distance(
    occupants: Sequence[Occupant],
    kept: Sequence[BoolArray],
    number: int,
    rivals: Sequence[int],
    stays: BoolArray,
    clearance: float,
    candidates: CrossSearch | None,
    cancel: Callable[[], None],
) -> None:
    """Drop from ``stays`` what comes too near to atoms that the rivals keep."""
    occupant = occupants[number]
    low, high = corners(occupant.positions)
    groups: dict[float, list[FloatArray]] = {}
    for other in rivals:
        limit = clearance
        if _bonded(occupants, number, other):
            limit = max(occupant.bonded, occupants[other].bonded)
        limit -= TOLERANCE
        points = occupants[other].positions[kept[other]]
        if limit > 0.0 and len(points):
            touching = within_box(points, low, high, limit)
            groups.setdefault(limit, []).append(points[touching])
    for limit, found in groups.items():
        asked = np.flatnonzero(stays)
        stays[asked[near(occupant.positions[asked], np.concatenate(found), limit, candidates, cancel)]] = (
            False
        )


def _bonded(occupants: Sequence[Occupant], one: int, two: int) -> bool:
    return two in occupants[one].companions or one in occupants[two].companions


def _box(occupant: Occupant) -> FloatArray:
    """Lowest and highest corner (2, 3) of what an object takes for itself."""
    boxes = []
    if len(occupant.positions):
        boxes.append(np.stack(corners(occupant.positions)))
    if occupant.shape is not None:
        boxes.append(occupant.shape.bounds())
    if not boxes:
        return np.stack([np.full(3, np.inf), np.full(3, -np.inf)])
    both = np.stack(boxes)
    return np.stack([np.min(both[:, 0], axis=0), np.max(both[:, 1], axis=0)])
