"""Random sequential addition: atoms thrown into a box one by one, kept where none is too near.

Tier A.  Proposals are looked at in batches, but each is decided by the earlier ones alone, so that the
result is that of adding one by one and depends on no batch size.

The law: Widom, J. Chem. Phys. 44, 3888 (1966).  Spheres jam at 0.384 of the volume (Zhang and Torquato,
Phys. Rev. E 88, 053312, 2013: 0.38413).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sim.core.errors import InputError, never
from sim.core.types import POSITION_GRID, BoolArray, FloatArray, IntArray
from sim.numerics.detmath import uniform_from
from sim.numerics.periodic import IN_PLANE, CellGrid, Periodic
from sim.numerics.streams import Stream
from sim.specimen.atoms import Atoms

#: Packing fraction at which random sequential addition of spheres jams.
SATURATION = 0.38413
#: Packing fraction that the effort allowed here reaches in boxes of any size.
_REACHED = 0.33
#: Proposals at most, in units of the atoms wanted: 2 to this power.
_DOUBLINGS = 9
#: From this power on the atoms gained by doubling the proposals only become fewer.
_STEADY = 4
_BATCH = 1 << 16
#: Atoms in one box at most.
_MOST_ATOMS = 20_000_000

Densities = Sequence[tuple[int, float]]


@dataclass(frozen=True)
class _Wanted:
    """What is to be placed."""

    box: tuple[float, float, float]
    numbers: IntArray
    counts: IntArray
    distances: FloatArray
    periodic: Periodic

    @property
    def total(self) -> int:
        return int(np.sum(self.counts, dtype=np.int64))

    @property
    def volume(self) -> float:
        return self.box[0] * self.box[1] * self.box[2]


def random_addition(
    box: Sequence[float],
    densities: Densities,
    minimum_distance: ArrayLike,
    stream: Stream,
    *,
    periodic: Periodic = IN_PLANE,
    batch: int = _BATCH,
    cancel: Callable[[], None] = never,
) -> Atoms:
    """Atoms at random places of a box, none nearer to another than a minimum distance.

    Parameters
    ----------
    box
        (3,) edges, Å.
    densities
        (atomic number, atoms/Å³) of every species; the numbers of atoms are exact (rounded once).
    minimum_distance
        Å: one number, or (S, S) symmetric with a distance for each pair of species in their order.
    stream
        Block n of its words (four words) is proposal n: three coordinates and the species.
    periodic
        Which axes repeat: distances are kept over those seams too.
    batch
        Proposals looked at together; the result does not depend on it.

    Returns
    -------
    Atoms in [0, edge) along each axis, on the 2⁻²⁰ Å grid, in the order in which they were added.

    Raises
    ------
    InputError
        For a density that spheres cannot reach (before any work), or that up to 512 proposals an atom
        did not reach (given up sooner where they cannot be enough); both name the density that fits.
    """
    wanted = _wanted(box, densities, minimum_distance, periodic)
    if not wanted.total:
        return Atoms.none()
    grid = CellGrid(wanted.box, float(np.max(wanted.distances)), periodic)
    kinds = np.empty(0, dtype=np.int64)
    placed = np.zeros(len(wanted.counts), dtype=np.int64)
    limits = np.multiply(wanted.distances, wanted.distances)
    thresholds = np.cumsum(wanted.counts, dtype=np.int64)
    effort = _Effort(wanted)
    done = 0
    while len(grid) < wanted.total:
        cancel()
        # The fuller the box, the fewer proposals are kept: then more are looked at together.
        count = max(2048, 2 * (wanted.total - len(grid)), done // 4)
        count = min(count, max(1, batch), effort.next - done)
        points, kind = _proposals(wanted, stream, thresholds, done, count)
        # Species that are complete take no part any more.
        index = np.flatnonzero(np.less(placed, wanted.counts)[kind])
        points, kind = points[index], kind[index]
        free = _free(grid, kinds, points, kind, limits, cancel)
        index, points, kind = index[free], points[free], kind[free]
        accepted = _earliest_first(wanted, points, kind, limits, cancel)
        last, taken = _up_to_a_full_species(index, kind, accepted, wanted.counts, placed)
        grid.add(points[taken])
        kinds = np.concatenate([kinds, kind[taken]])
        placed = np.add(placed, np.bincount(kind[taken], minlength=len(placed)))
        done += count if last < 0 else last + 1
        effort.check(done, placed)
    return Atoms.of(wanted.numbers[kinds], grid.positions)


def _wanted(
    box: Sequence[float], densities: Densities, minimum_distance: ArrayLike, periodic: Periodic
) -> _Wanted:
    edges = [float(edge) for edge in box]
    if len(edges) != 3 or not all(0.0 < edge < 1e6 for edge in edges):
        raise InputError(
            "box", "needs three edges above 0", value=tuple(edges), allowed="0 to 1000000 Å each"
        )
    if not densities:
        raise InputError("densities", "names no species", remedy="give at least one element and its density")
    for number, density in densities:
        if not 1 <= number <= 118:
            raise InputError("densities", "is no atomic number", value=number, allowed="1 to 118")
        if not 0.0 <= density < float("inf"):
            raise InputError("densities", "is no density", value=density, allowed="0 or more, atoms/Å³")
    kinds = len(densities)
    given = np.asarray(minimum_distance, dtype=np.float64)
    if given.shape not in ((), (kinds, kinds)):
        raise InputError(
            "minimum_distance",
            f"has the shape {given.shape}",
            allowed=f"one number, or {kinds} rows of {kinds}",
        )
    distances = np.array(np.broadcast_to(given, (kinds, kinds)))
    if not bool(np.all(np.logical_and(np.greater(distances, 0.0), np.isfinite(distances)))):
        raise InputError("minimum_distance", "is no distance", value=minimum_distance, allowed="above 0, Å")
    if not bool(np.all(np.equal(distances, distances.T))):
        raise InputError("minimum_distance", "differs between a pair and the same pair reversed")
    largest = float(np.max(distances))
    for axis in range(3):
        if periodic[axis] and edges[axis] < largest:
            raise InputError(
                "box",
                f"repeats every {edges[axis]:g} Å along {'xyz'[axis]}, nearer than the minimum distance",
                value=tuple(edges),
                allowed=f"edges of at least {largest:g} Å",
            )
    volume = edges[0] * edges[1] * edges[2]
    amounts = [min(density * volume, 1e18) for _, density in densities]
    counts = np.array([int(amount + 0.5) for amount in amounts], dtype=np.int64)
    wanted = _Wanted(
        (edges[0], edges[1], edges[2]),
        np.array([number for number, _ in densities], dtype=np.int64),
        counts,
        distances,
        periodic,
    )
    _refuse_the_impossible(wanted)
    return wanted


def _refuse_the_impossible(wanted: _Wanted) -> None:
    """Refuse what no random addition reaches: more of one species than jams the box."""
    for kind, count in enumerate(wanted.counts.tolist()):
        distance = float(wanted.distances[kind, kind])
        # Spheres stick out of the faces that do not repeat, by a radius on either side.
        room = 1.0
        for edge, repeats in zip(wanted.box, wanted.periodic, strict=True):
            room *= edge if repeats else edge + distance
        sphere = np.pi / 6.0 * distance * distance * distance
        jammed = SATURATION * room / sphere
        # Small boxes jam at numbers that scatter a little.
        if count > jammed * 1.01 + 3.0 * float(np.sqrt(jammed)):
            raise InputError(
                "densities",
                f"element {int(wanted.numbers[kind])} does not fit: random addition with a minimum distance "
                f"of {distance:g} Å stops at about {SATURATION / sphere:.4g} atoms/Å³",
                value=float(f"{count / wanted.volume:.6g}"),
                allowed=f"up to about {_REACHED / sphere:.4g} atoms/Å³",
                remedy="lower the density or the minimum distance",
            )
    if wanted.total > _MOST_ATOMS:
        raise InputError(
            "densities", f"give {wanted.total} atoms in this box", allowed=f"up to {_MOST_ATOMS}"
        )


class _Effort:
    """Gives up where the proposals that are left cannot be enough.

    It looks after 2^k proposals an atom, at whatever batch: one and the same proposal ends the search.
    """

    def __init__(self, wanted: _Wanted) -> None:
        self._wanted = wanted
        self._power = 0
        self._before = 0
        self.next = wanted.total + 1000

    def check(self, done: int, placed: IntArray) -> None:
        """Raise where there is no hope; ``done`` never goes past ``next``."""
        have = int(np.sum(placed, dtype=np.int64))
        total = self._wanted.total
        if done < self.next or have == total:
            return
        gained, self._before = have - self._before, have
        left = _DOUBLINGS - self._power
        if self._power >= _STEADY and total - have > gained * left:
            raise InputError(
                "densities",
                f"only {have} of {total} atoms fit in this box after {done} proposals "
                f"({have / self._wanted.volume:.4g} of {total / self._wanted.volume:.4g} atoms/Å³)",
                allowed=f"up to {have / self._wanted.volume:.4g} atoms/Å³ in all",
                remedy="lower the density or the minimum distance",
            )
        self._power += 1
        self.next *= 2


def _proposals(
    wanted: _Wanted, stream: Stream, thresholds: IntArray, start: int, count: int
) -> tuple[FloatArray, IntArray]:
    """Proposals from ``start`` on: places (count, 3) on the position grid, and species (count,)."""
    uniforms = uniform_from(stream.words(4 * count, 4 * start)).reshape(count, 4)
    points = np.empty((count, 3))
    for axis, edge in enumerate(wanted.box):
        steps = np.floor(np.multiply(uniforms[:, axis], edge * 2.0**20))
        points[:, axis] = np.multiply(steps, POSITION_GRID)
    if len(wanted.counts) == 1:
        return points, np.zeros(count, dtype=np.int64)
    chosen = np.floor(np.multiply(uniforms[:, 3], float(wanted.total))).astype(np.int64)
    kinds = np.searchsorted(thresholds, chosen, side="right").astype(np.int64)
    return points, np.minimum(kinds, len(wanted.counts) - 1)


def _free(
    grid: CellGrid,
    kinds: IntArray,
    points: FloatArray,
    kind: IntArray,
    limits: FloatArray,
    cancel: Callable[[], None],
) -> IntArray:
    """Numbers of the proposals that no atom of the grid forbids, ascending."""
    blocked = np.zeros(len(points), dtype=np.bool_)
    for asked, held, squared in grid.near(points):
        cancel()
        blocked[asked[_too_near(squared, kind, asked, kinds, held, limits)]] = True
    return np.flatnonzero(np.logical_not(blocked))


def _too_near(
    squared: FloatArray, one: IntArray, first: IntArray, two: IntArray, second: IntArray, limits: FloatArray
) -> BoolArray:
    if limits.size == 1:
        return np.less(squared, float(limits[0, 0]))
    return np.less(squared, limits[one[first], two[second]])


def _earliest_first(
    wanted: _Wanted, points: FloatArray, kind: IntArray, limits: FloatArray, cancel: Callable[[], None]
) -> BoolArray:
    """Which proposals stay when each yields to earlier ones that stay."""
    grid = CellGrid(wanted.box, float(np.max(wanted.distances)), wanted.periodic)
    grid.add(points)
    early: list[IntArray] = []
    late: list[IntArray] = []
    for asked, held, squared in grid.near(points):
        cancel()
        rival = np.logical_and(np.less(held, asked), _too_near(squared, kind, asked, kind, held, limits))
        early.append(held[rival])
        late.append(asked[rival])
    state = np.zeros(len(points), dtype=np.int8)
    if not early:
        return np.ones(len(points), dtype=np.bool_)
    first, second = np.concatenate(early), np.concatenate(late)
    # 1 stays, -1 goes, 0 is not known: the earliest unknown of every group is known after a round.
    while True:
        waits = np.zeros(len(points), dtype=np.bool_)
        waits[second[np.greater_equal(state[first], 0)]] = True
        state[np.logical_and(np.equal(state, 0), np.logical_not(waits))] = 1
        state[second[np.equal(state[first], 1)]] = -1
        if bool(np.all(state)):
            return np.equal(state, 1)
        open_ends = np.logical_or(np.equal(state[first], 0), np.equal(state[second], 0))
        first, second = first[open_ends], second[open_ends]


def _up_to_a_full_species(
    index: IntArray, kind: IntArray, accepted: BoolArray, counts: IntArray, placed: IntArray
) -> tuple[int, IntArray]:
    """The accepted proposals up to the first that completes a species, and its number (-1 for none).

    Later ones were decided as if that species went on: they are looked at again.
    """
    taken = np.flatnonzero(accepted)
    cut = taken.size + 1
    for number in range(len(counts)):
        own = np.flatnonzero(np.equal(kind[taken], number))
        room = int(counts[number] - placed[number])
        if 0 < room <= own.size:
            cut = min(cut, int(own[room - 1]) + 1)
    if cut > taken.size:
        return -1, taken
    return int(index[taken[cut - 1]]), taken[:cut]
