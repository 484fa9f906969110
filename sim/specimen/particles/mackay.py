"""Clusters of complete shells: icosahedra, decahedra, cuboctahedra and octahedra with magic numbers.

Tier A.  Every cluster is centred on its centroid; five-fold axes lie along z, cube axes along x, y, z.
``bond`` is the shortest distance between two atoms, Å.  Each site is built from integers, so no atom
comes twice however large the cluster.
"""

from __future__ import annotations

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray, IntArray
from sim.specimen.atoms import Atoms
from sim.specimen.particles.frames import icosahedral_frame, pentagon, used_corners

#: Largest cluster built, atoms.
MOST_ATOMS = 5_000_000


def icosahedron(number: int, shells: int, bond: float) -> Atoms:
    """Mackay icosahedron: twenty tetrahedra about a point.

    Parameters
    ----------
    number
        Atomic number.
    shells
        Shells including the central atom: 1, 13, 55, 147, 309, 561, 923 … atoms.
    bond
        Shortest distance, Å: between the shells.  Within a shell neighbours are 1.0515 times as far.

    Returns
    -------
    Atoms by shell from inside out; ``grain`` is the tetrahedron, 0 to 19 (of several that share an
    atom, the lowest).

    Raises
    ------
    InputError
        For no shells, a bond that is no length, or more than :data:`MOST_ATOMS` atoms.

    Notes
    -----
    A. L. Mackay, Acta Crystallographica 15, 916 (1962): shell n holds 10 n² + 2 atoms.
    """
    last = _checked(number, bond, "shells", shells) - 1
    _check_count("shells", shells, icosahedron_count(shells))
    frame = icosahedral_frame()
    steps = np.stack(np.meshgrid(*[np.arange(last + 1)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    shell = np.add(np.add(steps[:, 0], steps[:, 1]), steps[:, 2])
    steps, shell = steps[shell <= last], shell[shell <= last]
    mask = used_corners(np.greater(steps, 0))
    positions, grains, levels = [], [], []
    for grain, cell in enumerate(frame.cells):
        mine = np.equal(frame.owner[grain, mask], grain)
        positions.append(_combined(steps[mine], np.multiply(bond, frame.corners[cell])))
        grains.append(np.full(len(positions[-1]), grain, dtype=np.int64))
        levels.append(shell[mine])
    order = np.argsort(np.concatenate(levels), kind="stable")
    return _cluster(number, np.concatenate(positions)[order], np.concatenate(grains)[order])


def icosahedron_count(shells: int) -> int:
    """Atoms of a Mackay icosahedron, and of a cuboctahedron: (10 n³ − 15 n² + 11 n − 3)/3."""
    n = shells
    return (10 * n * n * n - 15 * n * n + 11 * n - 3) // 3


def cuboctahedron(number: int, shells: int, bond: float) -> Atoms:
    """Cuboctahedron: as many atoms as the icosahedron of the same number of shells.

    Parameters
    ----------
    number
        Atomic number.
    shells
        Shells including the central atom: 1, 13, 55, 147, 309, 561, 923 … atoms.
    bond
        Nearest-neighbour distance, Å.

    Raises
    ------
    InputError
        For no shells, a bond that is no length, or more than :data:`MOST_ATOMS` atoms.
    """
    _checked(number, bond, "shells", shells)
    _check_count("shells", shells, icosahedron_count(shells))
    return octahedron(number, 2 * shells - 1, bond, cutoff=shells - 1)


def octahedron(number: int, length: int, bond: float, cutoff: int = 0) -> Atoms:
    """Face-centred cubic octahedron with {111} faces, whole or truncated by {100} faces.

    Parameters
    ----------
    number
        Atomic number.
    length
        Atoms along an edge of the whole octahedron.
    bond
        Nearest-neighbour distance, Å.
    cutoff
        Layers cut off each corner; (length − 1)/3 gives the regular truncated octahedron,
        (length − 1)/2 the cuboctahedron.

    Returns
    -------
    Atoms of one grain, in lexical order of x, y, z.

    Raises
    ------
    InputError
        For a length below 1, a cutoff beyond half the edge, or too many atoms.
    """
    reach = _checked(number, bond, "length", length) - 1
    if not 0 <= cutoff <= reach // 2:
        raise InputError(
            "cutoff",
            f"cannot be cut off an edge of {length} atoms",
            value=cutoff,
            allowed=f"0 to {reach // 2}",
        )
    _check_count("length", length, octahedron_count(length, cutoff))
    side = reach - cutoff
    axis = np.arange(-side, side + 1)
    found = []
    for x in range(-side, side + 1):
        y, z = (part.reshape(-1) for part in np.meshgrid(axis, axis, indexing="ij"))
        beyond = np.add(np.add(np.abs(y), np.abs(z)), abs(x))
        # Sites of the lattice seen from an atom (odd length) or from the middle between six (even length).
        keep = np.logical_and(beyond <= reach, np.equal(np.remainder(np.add(beyond, reach), 2), 0))
        y, z = y[keep], z[keep]
        found.append(np.stack([np.full(len(y), x), y, z], axis=1))
    sites = np.concatenate(found).astype(np.float64)
    positions = np.multiply(sites, bond / float(np.sqrt(2.0)))
    return _cluster(number, positions, np.zeros(len(positions), dtype=np.int64))


def octahedron_count(length: int, cutoff: int = 0) -> int:
    """Atoms of an octahedron, less its six corner pyramids."""
    whole = length * (2 * length * length + 1) // 3
    return whole - cutoff * (cutoff + 1) * (2 * cutoff + 1)


def ino_decahedron(number: int, m: int, n: int, bond: float) -> Atoms:
    """Ino decahedron: a pentagonal bipyramid truncated by (100) side faces.

    Parameters
    ----------
    number
        Atomic number.
    m, n
        Atoms along the edges of the (100) faces across and along the five-fold axis; n = 1 leaves the
        bipyramid: (2, 1) has 7 atoms, (2, 2) has 13.
    bond
        Shortest distance, Å.

    Raises
    ------
    InputError
        For a number below 1, a bond that is no length, or too many atoms.

    Notes
    -----
    S. Ino, Journal of the Physical Society of Japan 27, 941 (1969).
    """
    return marks_decahedron(number, m, n, 1, bond)


def marks_decahedron(number: int, m: int, n: int, p: int, bond: float) -> Atoms:
    """Marks decahedron: an Ino decahedron with notches along its twin planes.

    Parameters
    ----------
    number
        Atomic number.
    m, n
        Atoms along the edges of the (100) faces across and along the five-fold axis.
    p
        Depth of the notches, atoms; 1 for none (Ino).
    bond
        Shortest distance, Å: within the twin planes.  Across a tetrahedron it is 1.8 % more, by the strain
        that closes the gap of 7.36°.

    Returns
    -------
    Atoms by column from the axis out; ``grain`` is the tetrahedron, 0 to 4 counter-clockwise from +x
    (of several that share an atom, the lowest).

    Raises
    ------
    InputError
        For a number below 1, a bond that is no length, or too many atoms.

    Notes
    -----
    L. D. Marks, Philosophical Magazine A 49, 81 (1984); numbers of atoms in F. Baletto and R. Ferrando,
    Reviews of Modern Physics 77, 371 (2005), section II.
    """
    for name, given in (("m", m), ("n", n), ("p", p)):
        _checked(number, bond, name, given)
    _check_count("m", m, decahedron_count(m, n, p))
    high = m + n + 2 * p - 3
    rings, notch = m + 2 * p - 2, m + p - 1
    i, j = (part.reshape(-1) for part in np.meshgrid(np.arange(1, notch), np.arange(notch), indexing="ij"))
    kept = np.add(i, j) < rings
    i, j = i[kept], j[kept]
    order = np.lexsort((j, np.add(i, j)))
    i, j = i[order], j[order]
    flat = np.multiply(bond * float(np.sqrt(0.75)), pentagon())
    axis, _ = _stacked(np.zeros((1, 3)), np.zeros(1, dtype=np.int64), high, bond)
    positions, grains = [axis], [np.zeros(high, dtype=np.int64)]
    for grain in range(5):
        columns = np.add(
            np.multiply(i[:, np.newaxis], flat[grain]),
            np.multiply(j[:, np.newaxis], flat[(grain + 1) % 5]),
        )
        stacked, column = _stacked(columns, np.add(i, j), high, bond)
        positions.append(stacked)
        # A twin plane (j = 0) is shared with the tetrahedron before; the first shares its own with the last.
        grains.append(np.where(np.equal(j[column], 0), max(grain - 1, 0), grain))
    return _cluster(number, np.concatenate(positions), np.concatenate(grains))


def decahedron_count(m: int, n: int, p: int = 1) -> int:
    """Atoms of a Marks decahedron (Baletto and Ferrando 2005, section II); p = 1: Ino's."""
    notches = 30 * p * p * p - 135 * p * p + 207 * p - 102
    across = 5 * m * m * m + (30 * p - 45) * m * m + (60 * (p * p - 3 * p) + 136) * m
    along = n * (15 * m * m + (60 * p - 75) * m + 3 * (10 * p * p - 30 * p) + 66)
    return (notches + across + along) // 6 - 1


def _combined(steps: IntArray, edges: FloatArray) -> FloatArray:
    """Positions (N, 3) of integer steps (N, 3) along three edges (3, 3)."""
    along = [np.multiply(steps[:, corner, np.newaxis], edges[corner]) for corner in range(3)]
    total: FloatArray = np.add(np.add(along[0], along[1]), along[2])
    return total


def _stacked(columns: FloatArray, ring: IntArray, high: int, bond: float) -> tuple[FloatArray, IntArray]:
    """Columns of ``high - ring`` atoms, centred on z = 0: positions, and the column of each."""
    sizes = np.subtract(high, ring)
    column = np.repeat(np.arange(len(ring)), sizes)
    starts = np.subtract(np.cumsum(sizes, dtype=np.int64), sizes)
    level = np.subtract(np.arange(len(column)), starts[column])
    positions = columns[column]
    positions[:, 2] = np.multiply(0.5 * bond, np.subtract(np.multiply(2, level), sizes[column] - 1))
    return positions, column


def _cluster(number: int, positions: FloatArray, grains: IntArray) -> Atoms:
    count = len(positions)
    none = np.zeros(count, dtype=np.int64)
    # + 0.0 turns -0 into 0.
    return Atoms(np.full(count, number, dtype=np.int64), np.add(positions, 0.0), grains, none)


def _checked(number: int, bond: float, name: str, size: int) -> int:
    if not 1 <= number <= 118:
        raise InputError("number", "is no chemical element", value=number, allowed="1 to 118")
    if not 0.0 < bond < float("inf"):
        raise InputError("bond", "is no length", value=bond, allowed="above 0 Å")
    if size < 1:
        raise InputError(name, "leaves no atom", value=size, allowed="1 or more")
    return size


def _check_count(name: str, size: int, count: int) -> None:
    if count > MOST_ATOMS:
        raise InputError(
            name, f"gives {count} atoms", value=size, allowed=f"up to {MOST_ATOMS} atoms", remedy="take fewer"
        )
