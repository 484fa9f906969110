"""Particles of a core and a shell of two crystals.

Tier A.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from sim.core.errors import InputError, never
from sim.core.types import BoolArray, FloatArray
from sim.numerics.motion import Motion, dot
from sim.numerics.neighbours import CandidateSearch, pairs_within
from sim.specimen.atoms import Atoms
from sim.specimen.crystal.fill import fill
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.particles.lattices import nearest_neighbour
from sim.specimen.shapes.base import Line, Shape
from sim.specimen.shapes.blocks import TOLERANCE, as_points, is_translation
from sim.specimen.shapes.polyhedron import Polyhedron

#: Grains of the two parts.
CORE, SHELL = 0, 1

#: Of the mean nearest-neighbour distance: shell atoms nearer than this to a core atom go.
_CLEARANCE = 0.8


@dataclass(frozen=True, eq=False)
class Offset(Shape):
    """A shape grown outwards, or shrunk for a negative distance, by the same distance everywhere.

    Exact where the shape's own distances are; where they are bounds, it is grown or shrunk by more rather
    than less.  A grown polyhedron has rounded edges; :func:`offset` keeps them sharp.

    Attributes
    ----------
    shape
        The shape before.
    by
        Distance, Å.
    placed
        Where the result stands.
    """

    shape: Shape
    by: float
    placed: Motion = field(default_factory=Motion.identity)

    def contains(self, points: FloatArray) -> BoolArray:
        """Which points lie inside or on the boundary, (N,)."""
        away = self.shape.distance(self.placed.inverse.apply(as_points(points)))
        return np.less_equal(away, self.by + TOLERANCE)

    def distance(self, points: FloatArray) -> FloatArray:
        """A bound on the signed distance, Å, (N,): never beyond the true one."""
        back = self.placed.inverse
        away = np.subtract(self.shape.distance(back.apply(as_points(points))), self.by)
        if self.placed.rigid:
            return away
        # No vector gets longer on the way back than by the length of all columns together.
        longest = float(np.sqrt(dot([dot(row, row) for row in back.matrix], (1.0, 1.0, 1.0))))
        return np.divide(away, longest)

    def bounds(self) -> FloatArray:
        """A box around the shape, (2, 3), Å."""
        low, high = self.shape.bounds()
        low, high = np.subtract(low, self.by), np.add(high, self.by)
        if is_translation(self.placed):
            return np.stack([np.add(low, self.placed.offset), np.add(high, self.placed.offset)])
        corners = np.array(list(product(*zip(low.tolist(), high.tolist(), strict=True))))
        if not bool(np.all(np.isfinite(corners))):
            return np.array([[-np.inf] * 3, [np.inf] * 3])
        moved = self.placed.apply(corners)
        return np.stack([np.min(moved, axis=0), np.max(moved, axis=0)])

    def moved(self, motion: Motion) -> Shape:
        """The shape elsewhere."""
        return Offset(self.shape, self.by, motion.after(self.placed))

    def wireframe(self) -> tuple[Line, ...]:
        """The outlines of the shape before it was grown or shrunk."""
        return tuple(self.placed.apply(line) for line in self.shape.wireframe())


def offset(shape: Shape, by: float) -> Shape:
    """A shape grown (by > 0) or shrunk (by < 0) by a distance in Å; polyhedra keep their sharp edges.

    Raises
    ------
    InputError
        When nothing is left of it.
    """
    if not -float("inf") < by < float("inf"):
        raise InputError("thickness", "is no length", value=by)
    if isinstance(shape, Polyhedron):
        try:
            return Polyhedron(shape.normals, np.add(shape.heights, by))
        except InputError as error:
            raise _too_thick(by) from error
    grown = Offset(shape, by)
    low, high = grown.bounds()
    if bool(np.any(low > high)):
        raise _too_thick(by)
    return grown


def core_shell(
    core: Crystal,
    shell: Crystal,
    *,
    inner: Shape | None = None,
    outer: Shape | None = None,
    thickness: float | None = None,
    core_motion: Motion | None = None,
    shell_motion: Motion | None = None,
    core_origin: ArrayLike = (0.0, 0.0, 0.0),
    shell_origin: ArrayLike = (0.0, 0.0, 0.0),
    coherent: bool = False,
    clearance: float | None = None,
    most: int = 5_000_000,
    candidates: CandidateSearch | None = None,
    cancel: Callable[[], None] = never,
) -> Atoms:
    """A core of one crystal inside a shell of another, grown on it.

    Parameters
    ----------
    core, shell
        The crystals.
    inner, outer
        Volumes of the core and of the whole particle, Å.
    thickness
        Of the shell, Å; two of ``inner``, ``outer`` and ``thickness`` are given.
    core_motion, shell_motion
        Where the lattices lie; without the second the shell's lies as the core's (epitaxy, cube on cube).
    core_origin, shell_origin
        Where the lattices' origins lie before the motion, in units of the cell.
    coherent
        Strain the shell's lattice to the core's cell (pseudomorphic growth).
    clearance
        Atoms of the shell nearer than this to one of the core are left out, Å; without it 0.8 of the mean
        of the two nearest-neighbour distances.  Atoms of the shell's lattice up to half as deep inside the
        core's volume stay where this leaves room, so that lattices of different width meet without
        vacancies; 0 cuts both lattices at the boundary and looks no further.
    most
        Atoms at most.
    candidates
        Search for near atoms; see :func:`~sim.numerics.neighbours.pairs_within`.
    cancel
        Called often; raises to stop.

    Returns
    -------
    Atoms, those of the core first: ``grain`` :data:`CORE` and :data:`SHELL`.

    Raises
    ------
    InputError
        When not two of the three sizes are given, no core or no shell is left, a volume has no end, or
        the atoms would be more than ``most``.
    """
    inside, outside = _volumes(inner, outer, thickness)
    below = Motion.identity() if core_motion is None else core_motion
    above = below if shell_motion is None else shell_motion
    gap = _gap(core, shell, clearance)
    strained = Crystal(shell.name, core.cell, shell.numbers, shell.fractional) if coherent else shell
    kernel = fill(core, inside, motion=below, origin=core_origin, grain=CORE, most=most, cancel=cancel)
    # A core that reaches through the particle ends with it.
    kernel = kernel.kept(outside.contains(kernel.positions))
    if not len(kernel):
        raise InputError("thickness", "leaves no atom for the core", remedy="make the shell thinner")
    whole = fill(strained, outside, motion=above, origin=shell_origin, grain=SHELL, most=most, cancel=cancel)
    cover = _cleared(whole, kernel, inside, gap, candidates)
    cancel()
    if not len(cover):
        raise InputError("thickness", "leaves no atom for the shell", remedy="make the shell thicker")
    if len(kernel) + len(cover) > most:
        raise InputError("thickness", f"gives more than {most} atoms", remedy="make the particle smaller")
    return Atoms.joined([kernel, cover])


def _volumes(inner: Shape | None, outer: Shape | None, thickness: float | None) -> tuple[Shape, Shape]:
    if thickness is not None and not thickness > 0.0:
        raise InputError("thickness", "is no thickness", value=thickness, allowed="above 0 Å")
    if inner is not None and outer is not None and thickness is None:
        return inner, outer
    if inner is not None and outer is None and thickness is not None:
        return inner, offset(inner, thickness)
    if inner is None and outer is not None and thickness is not None:
        return offset(outer, -thickness), outer
    raise InputError(
        "thickness", "give two of the core's volume, the particle's volume and the shell's thickness"
    )


def _gap(core: Crystal, shell: Crystal, clearance: float | None) -> float:
    if clearance is None:
        return 0.5 * _CLEARANCE * (nearest_neighbour(core) + nearest_neighbour(shell))
    if not 0.0 <= clearance < float("inf"):
        raise InputError("clearance", "is no distance", value=clearance, allowed="0 Å or more")
    return clearance


def _cleared(
    cover: Atoms, kernel: Atoms, inside: Shape, gap: float, candidates: CandidateSearch | None
) -> Atoms:
    """The shell without what lies in the core or nearer to its atoms than the gap."""
    if gap == 0.0:
        return cover.kept(np.logical_not(inside.contains(cover.positions)))
    cover = cover.kept(inside.distance(cover.positions) > -0.5 * gap)
    # Distances are true or too small, so nothing near the other part is missed.
    near_cover = np.flatnonzero(inside.distance(cover.positions) <= gap)
    near_kernel = np.flatnonzero(inside.distance(kernel.positions) >= -1.5 * gap)
    both = np.concatenate([kernel.positions[near_kernel], cover.positions[near_cover]])
    one, two = pairs_within(both, gap, candidates)
    first = len(near_kernel)
    across = np.logical_and(one < first, two >= first)
    apart = np.subtract(both[one[across]], both[two[across]])
    squares = np.multiply(apart, apart)
    nearer = np.add(np.add(squares[:, 0], squares[:, 1]), squares[:, 2]) < gap * gap
    kept = np.ones(len(cover), dtype=np.bool_)
    kept[near_cover[np.subtract(two[across][nearer], first)]] = False
    return cover.kept(kept)


def _too_thick(by: float) -> InputError:
    return InputError("thickness", "leaves nothing of the volume", value=abs(by), remedy="make it thinner")
