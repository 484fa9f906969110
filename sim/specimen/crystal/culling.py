"""Which cells can hold atoms of a region, without looking at every one.

Tier A.  Blocks of cells that lie wholly outside are dropped, those wholly inside need no test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sim.core.types import BoolArray, IntArray
from sim.numerics.rotations import rotate
from sim.specimen.crystal.moved_lattice import HAIR, MovedLattice, too_large
from sim.specimen.crystal.region import Region

#: Cells along the edge of the smallest block that is culled as a whole.
_BLOCK = 4
#: Cells in one table of what is empty, doubtful or full.
_TABLE = 1 << 17
#: Blocks under consideration at once; more belong to a volume that cannot be held anyway.
_MOST_BLOCKS = 4_000_000

_CHILDREN = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])


def blocks_within(
    lattice: MovedLattice,
    region: Region,
    first: IntArray,
    past: IntArray,
    most: int,
    cancel: Callable[[], None],
) -> tuple[IntArray, BoolArray]:
    """Blocks (N, 3) of cells, counted from ``first``, that may hold atoms, and which hold all of theirs.

    From one block over everything down, each level asks for the distances of eight parts of what is left.
    """
    counts = past - first
    size = _BLOCK
    while size < int(counts.max()):
        size *= 2
    blocks = np.zeros((1, 3), dtype=np.int64)
    full = np.zeros(1, dtype=np.bool_)
    while True:
        cancel()
        middle, radius = lattice.reach(size)
        starts = np.add(np.multiply(blocks, size), first).astype(np.float64)
        centres = np.add(rotate(np.ascontiguousarray(lattice.vectors.T), starts), middle)
        away = region.distance(centres)
        full = away <= -(radius + HAIR)
        held = (blocks[full] * size, np.minimum(blocks[full] * size + size, counts))
        spans = held[1] - held[0]
        cells = int(np.sum(spans[:, 0] * spans[:, 1] * spans[:, 2], dtype=np.int64))
        if cells * len(lattice.numbers) > most:
            raise too_large(most)
        # Written so that a distance that is no number keeps its block.
        near = ~(away > radius + HAIR)
        blocks, full = blocks[near], full[near]
        if size == _BLOCK or not len(blocks):
            return blocks, full
        if 8 * len(blocks) > _MOST_BLOCKS:
            raise too_large(most)
        size //= 2
        blocks = (2 * blocks[:, np.newaxis, :] + _CHILDREN).reshape(-1, 3)
        blocks = blocks[np.logical_and.reduce(blocks * size < counts, axis=1)]


def groups(
    blocks: IntArray, full: BoolArray, first: IntArray, past: IntArray
) -> Iterator[tuple[tuple[IntArray, IntArray, IntArray], BoolArray]]:
    """Cells of the blocks in order, as indices i, j, k from ``first``, and which are full; group by group.

    A group spans as many layers of blocks as keep the table of its cells small.
    """
    low, high = np.min(blocks, axis=0), np.max(blocks, axis=0) + 1
    rows, columns = (high[1:] - low[1:]).tolist()
    layers = max(1, _TABLE // (rows * columns * _BLOCK * _BLOCK * _BLOCK))
    for start in range(int(low[0]), int(high[0]), layers):
        chosen = (blocks[:, 0] >= start) & (blocks[:, 0] < start + layers)
        state = np.zeros((min(layers, int(high[0]) - start), rows, columns), dtype=np.int8)
        corner = np.array([start, low[1], low[2]])
        i, j, k = (blocks[chosen] - corner).T
        state[i, j, k] = np.where(full[chosen], 2, 1)
        for axis in range(3):
            state = np.repeat(state, _BLOCK, axis=axis)
        corner *= _BLOCK
        # Blocks reach past the last cell.
        counts = past - first - corner
        state = np.ascontiguousarray(state[: counts[0], : counts[1], : counts[2]])
        flat = np.flatnonzero(state)
        i, j, k = np.unravel_index(flat, state.shape)
        yield (i + corner[0], j + corner[1], k + corner[2]), np.take(state.reshape(-1), flat) == 2


def closer_look(
    lattice: MovedLattice,
    region: Region,
    first: IntArray,
    i: IntArray,
    j: IntArray,
    k: IntArray,
    sure: BoolArray,
) -> tuple[IntArray, IntArray, IntArray, BoolArray]:
    """Single cells instead of blocks: those that may hold atoms, and which hold all of theirs."""
    middle, radius = lattice.reach(1)
    doubtful = np.flatnonzero(~sure)
    starts = np.stack([i[doubtful], j[doubtful], k[doubtful]], axis=1) + first
    vectors = np.ascontiguousarray(lattice.vectors.T)
    away = region.distance(np.add(rotate(vectors, starts.astype(np.float64)), middle))
    sure = sure.copy()
    sure[doubtful] = away <= -(radius + HAIR)
    near = np.ones(len(i), dtype=np.bool_)
    near[doubtful] = ~(away > radius + HAIR)
    return i[near], j[near], k[near], sure[near]
