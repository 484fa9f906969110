"""Pair distribution functions g(r), with the normalisation that the outline of the atoms asks for.

Tier A.  g is 1 where atoms ignore each other, also near the faces of a film and in a particle: pairs
are divided by what the same outline would hold of atoms thrown in at random.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError, never
from sim.core.types import FloatArray, IntArray
from sim.numerics.detmath import sincos_degrees
from sim.numerics.periodic import IN_PLANE, CellGrid, Periodic
from sim.specimen.shapes.base import Shape

#: Degrees of the golden angle, 180·(3 − √5).
_GOLDEN_ANGLE = 137.50776405003785
#: Atoms from which the outline of a particle is probed, and directions looked at from each.
_PROBES, _DIRECTIONS = 512, 64
_MOST_BINS = 100_000


@dataclass(frozen=True, eq=False)
class PairDistribution:
    """g(r) in bins.

    Attributes
    ----------
    edges
        (B + 1,) Å.
    pairs
        (B,) int64: pairs in each bin, each counted once (each from either side for two elements
        that differ: once).
    expected
        (B,) what atoms at random would give; 0 where the outline is too small for any.
    g
        (B,) ``pairs / expected``; 0 where nothing is expected.
    """

    edges: FloatArray
    pairs: IntArray
    expected: FloatArray
    g: FloatArray

    @property
    def r(self) -> FloatArray:
        """Middles of the bins, (B,) Å."""
        return np.multiply(np.add(self.edges[1:], self.edges[:-1]), 0.5)

    def peak(self, low: float, high: float) -> float | None:
        """r of the largest g between two distances, Å, None for no pairs.

        The top of the parabola through the highest bin and its two neighbours.
        """
        inside = np.flatnonzero(np.logical_and(np.greater_equal(self.r, low), np.less_equal(self.r, high)))
        if not inside.size or not float(np.max(self.g[inside])) > 0.0:
            return None
        place = int(inside[int(np.argmax(self.g[inside]))])
        width = float(self.edges[1])
        if not 0 < place < len(self.g) - 1:
            return float(self.r[place])
        before, here, after = (float(value) for value in self.g[place - 1 : place + 2])
        bend = before - 2.0 * here + after
        shift = 0.5 * (before - after) / bend if bend < 0.0 else 0.0
        return float(self.r[place]) + width * min(0.5, max(-0.5, shift))


def slab_distribution(
    positions: FloatArray,
    box: Sequence[float],
    largest: float,
    bins: int = 200,
    *,
    numbers: IntArray | None = None,
    elements: tuple[int, int] | None = None,
    periodic: Periodic = IN_PLANE,
    cancel: Callable[[], None] = never,
) -> PairDistribution:
    """g(r) of atoms that fill a box which repeats in the plane, or in all three directions.

    Parameters
    ----------
    positions
        (N, 3) Å, in [0, edge) of the box.
    box
        (3,) edges, Å.
    largest
        Upper end of r, Å; at most half of a repeating edge and the whole thickness.
    bins
        Number of bins.
    numbers, elements
        Atomic numbers (N,), and the two elements whose pairs count; all pairs when None.
    periodic
        (True, True, False) or (True, True, True).
    cancel
        Called often; raises to stop.

    Notes
    -----
    A ball of radius r around a random point of a slab of thickness T ≥ r has, on average, the share
    1 − 3r/8T of its volume within it: ∫ 4πs²(1 − s/2T) ds = 4π(r³/3 − r⁴/8T).
    """
    edges = _edges(largest, bins)
    thickness = float(box[2])
    if periodic not in (IN_PLANE, (True, True, True)):
        raise InputError("periodic", "is not the box of a film or a bulk solid", value=periodic)
    if not periodic[2] and largest > thickness:
        raise InputError(
            "largest", "reaches farther than the slab is thick", value=largest, allowed=f"up to {thickness:g}"
        )
    cubes = np.multiply(np.multiply(edges, edges), edges)
    volumes = np.divide(cubes, 3.0)
    if not periodic[2]:
        volumes = np.subtract(volumes, np.divide(np.multiply(cubes, edges), 8.0 * thickness))
    shells = np.multiply(4.0 * np.pi, np.subtract(volumes[1:], volumes[:-1]))
    for axis in range(3):
        if periodic[axis] and largest > 0.5 * float(box[axis]):
            raise InputError(
                "largest",
                f"reaches past half of the box, which repeats every {float(box[axis]):g} Å",
                value=largest,
                allowed=f"up to {0.5 * float(box[axis]):g}",
            )
    grid = CellGrid(box, largest, periodic)
    grid.add(np.asarray(positions, dtype=np.float64).reshape(-1, 3))
    volume = float(box[0]) * float(box[1]) * thickness
    return _divided(grid, edges, shells, volume, numbers, elements, cancel)


def particle_distribution(
    positions: FloatArray,
    shape: Shape,
    volume: float,
    largest: float,
    bins: int = 200,
    *,
    numbers: IntArray | None = None,
    elements: tuple[int, int] | None = None,
    cancel: Callable[[], None] = never,
) -> PairDistribution:
    """g(r) of the atoms of a particle, its finite size taken into account.

    Parameters
    ----------
    positions
        (N, 3) Å, inside the shape.
    shape, volume
        The particle's outline and volume, Å³.
    largest, bins, numbers, elements
        As for :func:`slab_distribution`.
    cancel
        Called often; raises to stop.

    Notes
    -----
    The part of a shell that lies within the outline is measured from up to 512 atoms, spread evenly
    over their order, in 64 directions on a Fibonacci sphere.
    """
    edges = _edges(largest, bins)
    points = np.asarray(positions, dtype=np.float64).reshape(-1, 3)
    cubes = np.multiply(np.multiply(edges, edges), edges)
    shells = np.multiply(4.0 / 3.0 * np.pi, np.subtract(cubes[1:], cubes[:-1]))
    shares = np.zeros(bins)
    if len(points):
        chosen = np.floor_divide(np.multiply(np.arange(min(_PROBES, len(points))), len(points)),
                                 min(_PROBES, len(points)))  # fmt: skip
        directions = fibonacci_sphere(_DIRECTIONS)
        origins = np.repeat(points[chosen], len(directions), axis=0)
        rays = np.tile(directions, (len(chosen), 1))
        middles = np.multiply(np.add(edges[1:], edges[:-1]), 0.5)
        for number in range(bins):
            cancel()
            inside = shape.contains(np.add(origins, np.multiply(rays, float(middles[number]))))
            shares[number] = int(np.count_nonzero(inside)) / len(origins)
    grid = _grid_around(points, largest)
    return _divided(grid, edges, np.multiply(shells, shares), volume, numbers, elements, cancel)


def _grid_around(points: FloatArray, largest: float) -> CellGrid:
    """Points of open space in a grid of their own box."""
    if not len(points):
        return CellGrid((largest, largest, largest), largest, (False, False, False))
    low = np.min(points, axis=0)
    inside = np.subtract(points, low)
    box = [float(edge) + largest for edge in np.max(inside, axis=0)]
    grid = CellGrid(box, largest, (False, False, False))
    grid.add(inside)
    return grid


def _edges(largest: float, bins: int) -> FloatArray:
    if not 0.0 < largest < float("inf"):
        raise InputError("largest", "is no distance", value=largest, allowed="above 0, Å")
    if not 1 <= bins <= _MOST_BINS:
        raise InputError("bins", "is no number of bins", value=bins, allowed=f"1 to {_MOST_BINS}")
    return np.divide(np.multiply(np.arange(bins + 1, dtype=np.float64), largest), float(bins))


def _divided(
    grid: CellGrid,
    edges: FloatArray,
    shells: FloatArray,
    volume: float,
    numbers: IntArray | None,
    elements: tuple[int, int] | None,
    cancel: Callable[[], None],
) -> PairDistribution:
    """Pairs of the grid's points by bins, over what their number in the shells of a volume would be."""
    points = grid.positions
    of_first = of_second = np.ones(len(points), dtype=np.bool_)
    combinations = 0.5 * len(points) * (len(points) - 1.0)
    if elements is not None:
        if numbers is None:
            raise InputError("elements", "cannot be told apart without the atomic numbers")
        first, second = elements
        of_first, of_second = np.equal(numbers, first), np.equal(numbers, second)
        a, b = int(np.count_nonzero(of_first)), int(np.count_nonzero(of_second))
        combinations = 0.5 * a * (a - 1.0) if first == second else float(a) * b
    squares = np.multiply(edges, edges)
    bins = len(edges) - 1
    pairs = np.zeros(bins, dtype=np.int64)
    # Pairs are counted block by block: a large r has more of them than memory holds.
    for one, two, squared in grid.near(points):
        cancel()
        keep = np.logical_and(np.less(one, two), np.less_equal(squared, float(squares[-1])))
        if elements is not None:
            forward = np.logical_and(of_first[one], of_second[two])
            keep = np.logical_and(keep, np.logical_or(forward, np.logical_and(of_second[one], of_first[two])))
        place = np.subtract(np.searchsorted(squares, squared[keep], side="right"), 1)
        # The upper end belongs to the last bin.
        pairs = np.add(pairs, np.bincount(np.minimum(place, bins - 1), minlength=bins))
    expected = np.multiply(shells, combinations / volume)
    g = np.divide(pairs, expected, out=np.zeros(bins), where=np.greater(expected, 0.0))
    return PairDistribution(edges, pairs, expected, g)


def fibonacci_sphere(count: int) -> FloatArray:
    """Directions spread evenly over a sphere, (count, 3): a spiral at the golden angle."""
    index = np.arange(count, dtype=np.float64)
    height = np.subtract(1.0, np.divide(np.add(np.multiply(index, 2.0), 1.0), float(count)))
    radius = np.sqrt(np.subtract(1.0, np.multiply(height, height)))
    sine, cosine = sincos_degrees(np.multiply(index, _GOLDEN_ANGLE))
    return np.stack([np.multiply(radius, cosine), np.multiply(radius, sine), height], axis=1)
