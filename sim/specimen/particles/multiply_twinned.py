"""Multiply twinned particles of any size and outline: five tetrahedra about an axis, twenty about a point.

Tier A.  The closed clusters of :mod:`sim.specimen.particles.mackay` are these, cut along atomic planes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sim.core.errors import InputError, never
from sim.core.types import FloatArray, IntArray
from sim.numerics.motion import Motion, dot, heights_of, inverse_matrix, unit_vector
from sim.numerics.neighbours import CandidateSearch, pairs_within
from sim.numerics.rotations import rotate
from sim.specimen.atoms import Atoms
from sim.specimen.crystal.fill import fill
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.particles.frames import icosahedral_frame, pentagon, used_corners
from sim.specimen.particles.lattices import maps_onto_itself, nearest_neighbour
from sim.specimen.shapes.base import Shape
from sim.specimen.shapes.combined import Intersection
from sim.specimen.shapes.plain import Sphere
from sim.specimen.shapes.polyhedron import Polyhedron

#: An atom this close to a twin plane lies in it, Å.
_HAIR = 1e-6
#: Atoms of neighbouring grains nearer than this part of the bond are one too many.
_TOO_NEAR = 0.999
#: Part of the bond below which a twin counts as crowded.
_CROWDED = 0.9

#: Edges of a tetrahedron from one corner, along <110>; of a wedge, its axis [-110] and its two <112>.
_TETRAHEDRON = ((1.0, 1.0, 0.0), (0.0, 1.0, 1.0), (1.0, 0.0, 1.0))
_WEDGE = ((1.0, 1.0, -2.0), (-1.0, -1.0, -2.0), (-1.0, 1.0, 0.0))
#: Inward normals of a face of each.
_TETRAHEDRON_FACE, _WEDGE_FACE = (1.0, -1.0, 1.0), (1.0, 1.0, 1.0)
#: Mirror between the two twin planes of a wedge, and the turn about [111] that a tetrahedron adds.
_MIRROR = ((0, -1, 0), (-1, 0, 0), (0, 0, 1))
_TURN = ((0, 0, 1), (1, 0, 0), (0, 1, 0))
#: Mirror between two faces of a tetrahedron.
_FACE_MIRROR = ((0, 1, 0), (1, 0, 0), (0, 0, 1))


def five_fold(
    crystal: Crystal,
    shape: Shape,
    *,
    closed: bool = True,
    origin: ArrayLike | None = None,
    most: int = 5_000_000,
    candidates: CandidateSearch | None = None,
    cancel: Callable[[], None] = never,
) -> Atoms:
    """Five wedges of a cubic crystal, twins of each other on {111}, about a common [110] axis along z.

    Parameters
    ----------
    crystal
        A crystal in its conventional cubic cell.
    shape
        The particle's outline, bounded, in the particle's frame: axis on x = y = 0, one twin plane
        through +x.
    closed
        Whether strain closes the gap of 7.36° (distances along the axis and within the twin planes
        stay; across a wedge they grow by 1.8 % and shrink by 0.9 %), or the gap stays open, without
        strain, below the +x axis.
    origin
        Where the lattice's origin lies, in units of the cell.  Must keep the mirror between the two twin
        planes, as (0, 0, w) does.  None: as :func:`twin_origin` says, for the layers along [111].
    most
        Atoms at most.
    candidates
        Search for near atoms across the open gap; see :func:`~sim.numerics.neighbours.pairs_within`.
    cancel
        Called often; raises to stop.

    Returns
    -------
    Atoms wedge by wedge; ``grain`` 0 to 4 counter-clockwise from +x.  Atoms in a shared plane come
    once, in the lowest of the wedges that share them.

    Raises
    ------
    InputError
        When the crystal is not cubic, its two twin planes are not mirror images (``origin``) or bring
        atoms too near (body-centred metals), the shape has no end, or the atoms would be more than
        ``most``.

    Notes
    -----
    Bagley, Nature 208, 674 (1965); strain and gap: L. D. Marks, Rep. Prog. Phys. 57, 603 (1994).
    """
    if origin is None:
        origin = twin_origin(crystal, _WEDGE_FACE, (0.0, 0.0, 1.0))
    _check_crystal(crystal, origin, (_MIRROR,), _WEDGE_FACE)
    reach = _reach(shape)
    edges = np.stack([unit_vector(crystal.direction(edge)) for edge in _WEDGE])
    around = pentagon() if closed else _unstrained_pentagon()
    wedges = []
    for grain in range(5):
        ends = np.stack([around[grain], around[(grain + 1) % len(around)], np.array([0.0, 0.0, 1.0])])
        caps = [unit_vector(np.add(ends[0], ends[1])), ends[2], np.negative(ends[2])]
        wedges.append(_Grain(ends, 2, np.stack(caps)))
    found = _grown(crystal, edges, shape, reach, wedges, _wedge_owner(closed), origin, most, cancel)
    return found if closed else _thinned(found, wedges, crystal, candidates)


def twenty_fold(
    crystal: Crystal,
    shape: Shape,
    *,
    closed: bool = True,
    origin: ArrayLike | None = None,
    most: int = 5_000_000,
    candidates: CandidateSearch | None = None,
    cancel: Callable[[], None] = never,
) -> Atoms:
    """Twenty tetrahedra of a cubic crystal, twins of each other on {111}, about a common corner.

    Parameters
    ----------
    crystal
        A crystal in its conventional cubic cell.
    shape
        The particle's outline, bounded, in the particle's frame: common corner at 0, a five-fold axis
        along z.
    closed
        Whether strain closes the gaps between the tetrahedra (radial distances stay, those across grow
        by 5.15 %), or they stay as they are: of atoms nearer than 0.999 of the bond across a gap, the
        one of the later tetrahedron is left out.
    origin, most, candidates, cancel
        As for :func:`five_fold`; the origin must keep all mirrors of the tetrahedron, as (w, w, w) does
        (None: for the layers along [1-11], the inward normal of a face).

    Returns
    -------
    Atoms tetrahedron by tetrahedron; ``grain`` 0 to 19.  Atoms in a shared plane come once, in the
    lowest of the tetrahedra that share them.

    Raises
    ------
    InputError
        As :func:`five_fold`.

    Notes
    -----
    A. L. Mackay, Acta Crystallographica 15, 916 (1962).
    """
    if origin is None:
        origin = twin_origin(crystal, _TETRAHEDRON_FACE, (1.0, 1.0, 1.0))
    _check_crystal(crystal, origin, (_TURN, _FACE_MIRROR), _TETRAHEDRON_FACE)
    reach = _reach(shape)
    frame = icosahedral_frame()
    edges = np.stack([unit_vector(crystal.direction(edge)) for edge in _TETRAHEDRON])
    grains = []
    for cell in frame.cells:
        ends = frame.corners[cell]
        middle = unit_vector(np.add(np.add(ends[0], ends[1]), ends[2]))
        if not closed:
            ends = _narrowed(ends, middle)
        grains.append(_Grain(ends, 3, middle[np.newaxis, :]))
    owner = frame.owner if closed else np.repeat(np.arange(20)[:, np.newaxis], 8, axis=1)
    found = _grown(crystal, edges, shape, reach, grains, owner, origin, most, cancel)
    return found if closed else _thinned(found, grains, crystal, candidates)


def twin_origin(
    crystal: Crystal, normal: tuple[float, float, float], shift: tuple[float, float, float]
) -> FloatArray:
    """Where a lattice's origin has to lie so that a twin plane through 0 leaves bonds as they are.

    Parameters
    ----------
    crystal
        A cubic crystal in its conventional cell.
    normal
        Indices of the twin plane.
    shift
        Direction in which the lattice may be moved, in units of the cell, with normal · shift = 1.

    Returns
    -------
    (3,), in units of the cell: zero when the plane goes through a layer of atoms, as in metals; else
    the middle of the widest gap between layers lies in the plane, as in diamond and zincblende, where
    that gap is a whole bond and its mirror image restores it.
    """
    heights = np.multiply(crystal.fractional, np.asarray(normal))
    levels = np.add(np.add(heights[:, 0], heights[:, 1]), heights[:, 2])
    # Shifted by a hair, so that 0 does not become a little less than 1.
    levels = np.unique(np.subtract(np.add(levels, _HAIR), np.floor(np.add(levels, _HAIR))))
    gaps = np.diff(np.append(levels, levels[0] + 1.0))
    widest = int(np.argmax(gaps))
    along = crystal.normal(normal)
    spacing = 1.0 / float(np.sqrt(dot(along, along)))
    if float(gaps[widest]) * spacing < _TOO_NEAR * nearest_neighbour(crystal):
        return np.zeros(3)
    middle = float(levels[widest] - _HAIR + 0.5 * gaps[widest])
    placed: FloatArray = np.multiply(-middle, np.asarray(shift))
    return placed


@dataclass(frozen=True, eq=False)
class _Grain:
    """One cone or wedge.

    Attributes
    ----------
    ends
        (3, 3) unit vectors along its edges; of a wedge, the third along its axis.
    faces
        How many of the faces opposite to the edges bound it.
    caps
        (C, 3) unit normals of the planes that end it.
    """

    ends: FloatArray
    faces: int
    caps: FloatArray

    def reciprocal(self) -> FloatArray:
        """(3, 3) rows whose scalar products with a point are its coordinates along the edges."""
        return inverse_matrix(np.ascontiguousarray(self.ends.T))

    def region(self, reach: float) -> Polyhedron:
        """The part of it within ``reach`` of the centre, a hair thicker than it is."""
        inwards = [unit_vector(row) for row in self.reciprocal()[: self.faces]]
        normals = np.concatenate([np.negative(np.stack(inwards)), self.caps])
        heights = np.concatenate([np.full(self.faces, _HAIR), np.full(len(self.caps), reach)])
        return Polyhedron(normals, heights)

    def motion(self, edges: FloatArray) -> Motion:
        """What puts the crystal's edges (3, 3) along the grain's."""
        back = inverse_matrix(np.ascontiguousarray(edges.T))
        columns = rotate(np.ascontiguousarray(self.ends.T), np.ascontiguousarray(back.T))
        return Motion.linear(np.ascontiguousarray(columns.T))


def _grown(
    crystal: Crystal,
    edges: FloatArray,
    shape: Shape,
    reach: float,
    grains: Sequence[_Grain],
    owner: IntArray,
    origin: ArrayLike,
    most: int,
    cancel: Callable[[], None],
) -> Atoms:
    """The grains inside a shape, every site of a shared plane, edge or corner in its owner only."""
    parts: list[Atoms] = []
    left = most
    for number, grain in enumerate(grains):
        region = Intersection([grain.region(reach), shape])
        found = fill(
            crystal, region, motion=grain.motion(edges), origin=origin, grain=number, most=left, cancel=cancel
        )
        above = np.greater(rotate(grain.reciprocal(), found.positions), 2.0 * _HAIR)
        # Along the axis of a wedge there is nothing to share.
        above[:, grain.faces :] = False
        mine = found.kept(np.equal(owner[number, used_corners(above)], number))
        parts.append(mine)
        left -= len(mine)
    return Atoms.joined(parts)


def _wedge_owner(closed: bool) -> IntArray:
    """Like :attr:`Frame.owner`, for five wedges: bit 0 for the first plane's side, bit 1 for the second's."""
    owner = np.zeros((5, 8), dtype=np.int64)
    for grain in range(5):
        owner[grain, 1] = max(grain - 1, 0)
        owner[grain, 2] = 0 if closed and grain == 4 else grain
        owner[grain, 3] = grain
    return owner


def _unstrained_pentagon() -> FloatArray:
    """(6, 3) unit vectors at 0, 1 … 5 times the angle between {111} planes, arccos 1/3."""
    cosine, sine = 1.0 / 3.0, float(np.sqrt(8.0)) / 3.0
    x, y = 1.0, 0.0
    vectors = []
    for _ in range(6):
        vectors.append((x, y, 0.0))
        x, y = x * cosine - y * sine, x * sine + y * cosine
    return np.array(vectors)


def _narrowed(ends: FloatArray, middle: FloatArray) -> FloatArray:
    """Edges (3, 3) of an unstrained tetrahedron around the same middle: cos(<110>, <111>) = √(2/3)."""
    along, across = float(np.sqrt(2.0 / 3.0)), float(np.sqrt(1.0 / 3.0))
    aside = [unit_vector(np.subtract(end, np.multiply(dot(end, middle), middle))) for end in ends]
    return np.stack([np.add(np.multiply(along, middle), np.multiply(across, part)) for part in aside])


def _thinned(
    atoms: Atoms, grains: Sequence[_Grain], crystal: Crystal, candidates: CandidateSearch | None
) -> Atoms:
    """Atoms no two of which are too near across a gap: of such a pair the later goes, first pairs first."""
    distance = _TOO_NEAR * nearest_neighbour(crystal)
    doubtful = np.zeros(len(atoms), dtype=np.bool_)
    for number, grain in enumerate(grains):
        mine = np.flatnonzero(np.equal(atoms.grain, number))
        over = rotate(np.negative(grain.region(1.0).normals[: grain.faces]), atoms.positions[mine])
        doubtful[mine] = np.min(over, axis=1) <= distance
    near = np.flatnonzero(doubtful)
    one, two = pairs_within(atoms.positions[near], distance, candidates)
    gone = np.zeros(len(near), dtype=np.bool_)
    while len(one):
        waiting = np.zeros(len(near), dtype=np.bool_)
        waiting[two] = True
        gone[two[np.logical_not(waiting[one])]] = True
        alive = np.logical_not(np.logical_or(gone[one], gone[two]))
        # Pairs of an atom that stays lost their second; those of one that waits are asked again.
        one, two = one[alive], two[alive]
    kept = np.ones(len(atoms), dtype=np.bool_)
    kept[near[gone]] = False
    return atoms.kept(kept)


def _reach(shape: Shape) -> float:
    """A radius about the centre that holds the shape, Å."""
    farthest = np.max(np.abs(shape.bounds()), axis=0)
    if not bool(np.all(np.isfinite(farthest))):
        raise InputError("shape", "has no end", remedy="intersect it with a sphere or a box")
    return float(np.sqrt(dot(farthest, farthest))) + 1.0


def _check_crystal(
    crystal: Crystal,
    origin: ArrayLike,
    operations: Sequence[tuple[tuple[int, int, int], ...]],
    normal: tuple[float, float, float],
) -> None:
    """Refuse what cannot be joined along {111}: another cell, twin planes that do not match or crowd."""
    square = dot(crystal.cell[0], crystal.cell[0])
    for i in range(3):
        for j in range(3):
            if abs(dot(crystal.cell[i], crystal.cell[j]) - (square if i == j else 0.0)) > 1e-6 * square:
                raise InputError(
                    "crystal",
                    "multiply twinned particles need a cubic cell",
                    value=crystal.name,
                    remedy="give the conventional cell of a cubic crystal",
                )
    shift = np.asarray(origin, dtype=np.float64)
    for operation in operations:
        moved = rotate(np.array(operation, dtype=np.float64), shift[np.newaxis, :])[0]
        if not maps_onto_itself(crystal, operation, np.subtract(moved, shift)):
            raise InputError(
                "crystal",
                "its {111} planes do not match across the twins",
                value=crystal.name,
                remedy="take another crystal, or a lattice origin that keeps its mirror planes",
            )
    near = fill(crystal, Sphere(1.5 * float(np.sqrt(square))), origin=origin).positions
    unit = unit_vector(crystal.normal(normal))
    above = near[heights_of(unit, near) > _HAIR]
    both = np.concatenate([above, Motion.reflection(unit).apply(above)])
    if len(pairs_within(both, _CROWDED * nearest_neighbour(crystal))[0]):
        raise InputError(
            "crystal",
            "its atoms crowd at twins on {111}, which it does not form",
            value=crystal.name,
            remedy="take a face-centred cubic metal, diamond, zinc blende or rock salt",
        )
