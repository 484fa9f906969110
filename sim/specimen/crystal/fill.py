"""Filling a volume with a crystal: every lattice atom that lies inside.

Tier A.  An atom of cell (i, j, k) lies at (i·a + j·b) + (k·c + atom), with the vectors already moved:
the same sum whichever way it was found, so culling and chunks leave no trace in the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from sim.core.errors import never
from sim.core.types import FloatArray, IntArray
from sim.numerics.motion import Motion
from sim.specimen.atoms import Atoms
from sim.specimen.crystal.culling import blocks_within, closer_look, groups
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.crystal.moved_lattice import MovedLattice, product, too_large
from sim.specimen.crystal.region import Region, Slice, bounds_of
from sim.specimen.shapes.base import Shape

__all__ = ["MOST", "Slice", "fill", "fill_slices"]

#: Atoms that one volume holds at most.
MOST = 5_000_000
#: Up to this many candidate atoms all are tested: cheaper than looking for empty cells.
_FEW = 100_000
#: Candidate atoms held at once.
_CHUNK = 16_384
#: From this many atoms a cell on, asking for the distance of its centre first pays.
_LARGE_BASIS = 8


def fill(
    crystal: Crystal,
    shape: Shape,
    *,
    motion: Motion | None = None,
    origin: ArrayLike = (0.0, 0.0, 0.0),
    grain: int = 0,
    side: int = 0,
    most: int = MOST,
    cancel: Callable[[], None] = never,
) -> Atoms:
    """Every atom of a moved crystal inside a volume.

    Parameters
    ----------
    crystal
        Cell and basis.
    shape
        The volume, in the final frame; must be bounded.
    motion
        Of the lattice, into the final frame; any invertible one.  None leaves it where it is.
    origin
        (3,) where the lattice's origin lies before the motion, in units of a, b, c.
    grain, side
        Given to every atom.
    most
        Atoms at most.
    cancel
        Called often; raises to stop.

    Returns
    -------
    Atoms in the order of their cells (i slowest) and, within a cell, of the basis; positions in Å, not
    yet on the position grid.

    Raises
    ------
    InputError
        When the volume has no end, the motion no inverse, or the atoms would be more than ``most``.
    """
    moved = MovedLattice.of(crystal, Motion.identity() if motion is None else motion, origin)
    return _filled(moved, Region(shape, bounds_of(shape), None), grain, side, most, cancel)


def fill_slices(
    crystal: Crystal,
    shape: Shape,
    slices: Sequence[Slice],
    *,
    origin: ArrayLike = (0.0, 0.0, 0.0),
    grain: int = 0,
    most: int = MOST,
    cancel: Callable[[], None] = never,
) -> Atoms:
    """Like :func:`fill`, with another motion of the lattice in every layer of the volume.

    Parameters
    ----------
    slices
        The layers.  Those that share a normal and touch (high of one equal to low of the next) hold
        every atom of their union once.  Empty layers (low >= high) are passed over.

    Returns
    -------
    Atoms slice after slice, each in the order of :func:`fill`.

    Raises
    ------
    InputError
        As :func:`fill`; ``most`` holds for all slices together.
    """
    bounds = bounds_of(shape)
    parts: list[Atoms] = []
    total = 0
    for layer in slices:
        if not layer.low < layer.high:
            continue
        moved = MovedLattice.of(crystal, layer.motion, origin)
        of_layer = grain if layer.grain is None else layer.grain
        found = _filled(moved, Region(shape, bounds, layer), of_layer, layer.side, most, cancel)
        parts.append(found)
        total += len(found)
        if total > most:
            raise too_large(most)
    return Atoms.joined(parts)


def _filled(
    lattice: MovedLattice, region: Region, grain: int, side: int, most: int, cancel: Callable[[], None]
) -> Atoms:
    cancel()
    hull = region.hull() if bool((region.bounds[0] <= region.bounds[1]).all()) else np.empty((0, 3))
    if not len(hull) or not len(lattice.numbers):
        return Atoms.none()
    first, past = lattice.index_range(hull)
    if bool((past <= first).any()):
        return Atoms.none()
    candidates = product(past - first) * len(lattice.numbers)
    if candidates <= _FEW:
        positions, kinds = _all_tested(lattice, region, first, past)
    else:
        positions, kinds = _by_blocks(lattice, region, first, past, most, cancel)
    if len(kinds) > most:
        raise too_large(most)
    return Atoms.of(np.take(lattice.numbers, kinds), positions, grain, side)


def _all_tested(
    lattice: MovedLattice, region: Region, first: IntArray, past: IntArray
) -> tuple[FloatArray, IntArray]:
    """Positions (N, 3) and basis indices (N,) found by testing every atom of a range of cells."""
    of_i, of_j, of_k = lattice.tables(first, past)
    shape = (len(of_i), len(of_j), of_k.shape[1] * of_k.shape[2])
    points = np.empty((*shape, 3))
    for axis in range(3):
        rows = np.add(of_i[:, axis, np.newaxis], of_j[:, axis])
        # One column at a time: numpy is slow along an axis of three.
        np.add(rows[:, :, np.newaxis], of_k[axis].reshape(-1), out=points[..., axis])
    flat = points.reshape(-1, 3)
    found = np.flatnonzero(region.contains(flat))
    return np.take(flat, found, axis=0), np.remainder(found, len(lattice.numbers))


def _by_blocks(
    lattice: MovedLattice,
    region: Region,
    first: IntArray,
    past: IntArray,
    most: int,
    cancel: Callable[[], None],
) -> tuple[FloatArray, IntArray]:
    """The same where most cells are empty or full: only blocks that may hold atoms are looked into."""
    blocks, full = blocks_within(lattice, region, first, past, most, cancel)
    of_i, of_j, of_k = lattice.tables(first, past)
    kinds_of_cell = len(lattice.numbers)
    found: list[FloatArray] = []
    kinds: list[IntArray] = []
    total = 0
    if not len(blocks):
        return np.empty((0, 3)), np.empty(0, dtype=np.int64)
    for cells, whole in groups(blocks, full, first, past):
        step = max(1, _CHUNK // kinds_of_cell)
        for start in range(0, len(cells[0]), step):
            cancel()
            i, j, k = (part[start : start + step] for part in cells)
            sure = whole[start : start + step]
            if kinds_of_cell >= _LARGE_BASIS:
                i, j, k, sure = closer_look(lattice, region, first, i, j, k, sure)
            points = np.empty((len(i), kinds_of_cell, 3))
            for axis in range(3):
                row = np.add(np.take(of_i[:, axis], i), np.take(of_j[:, axis], j))
                np.add(row[:, np.newaxis], np.take(of_k[axis], k, axis=0), out=points[..., axis])
            inside = np.repeat(sure, kinds_of_cell)
            flat = points.reshape(-1, 3)
            doubtful = np.flatnonzero(~inside)
            inside[doubtful] = region.contains(np.take(flat, doubtful, axis=0))
            kept = np.flatnonzero(inside)
            found.append(np.take(flat, kept, axis=0))
            kinds.append(np.remainder(kept, kinds_of_cell))
            total += len(kept)
            if total > most:
                raise too_large(most)
    return np.concatenate(found), np.concatenate(kinds)
