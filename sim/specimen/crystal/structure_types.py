"""Structure types: bases and cells that many crystals share.

Tier A.  Coordinates as in International Tables for Crystallography A.  Cubic crystals get their
conventional cells, hexagonal ones a along x and b at 120° to it in the upper half of the xy plane.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.core.types import FloatArray
from sim.numerics.detmath import sincos_degrees
from sim.specimen.crystal.lattice import Crystal

Point = tuple[float, float, float]

THIRD, TWO_THIRDS = 1.0 / 3.0, 2.0 / 3.0

_FACES: tuple[Point, ...] = ((0.0, 0.0, 0.0), (0.0, 0.5, 0.5), (0.5, 0.0, 0.5), (0.5, 0.5, 0.0))
_BODY: tuple[Point, ...] = ((0.0, 0.0, 0.0), (0.5, 0.5, 0.5))


def cubic(a: float) -> FloatArray:
    """Cell (3, 3) of edge a, Å."""
    return np.diag([a, a, a])


def tetragonal(a: float, c: float) -> FloatArray:
    """Cell (3, 3) of edges a, a, c, Å."""
    return np.diag([a, a, c])


def hexagonal(a: float, c: float) -> FloatArray:
    """Cell (3, 3) of edges a, a, c (Å) and γ = 120°."""
    return np.array([[a, 0.0, 0.0], [-0.5 * a, a * float(np.sqrt(0.75)), 0.0], [0.0, 0.0, c]])


def monoclinic(a: float, b: float, c: float, beta: float) -> FloatArray:
    """Cell (3, 3) of edges a, b, c (Å) and β in degrees, b the unique axis: a along x, b along y."""
    sine, cosine = (float(part) for part in sincos_degrees(beta))
    return np.array([[a, 0.0, 0.0], [0.0, b, 0.0], [c * cosine, 0.0, c * sine]])


def crystal(name: str, cell: FloatArray, sites: Sequence[tuple[int, Sequence[Point]]]) -> Crystal:
    """A crystal of (atomic number, coordinates) lists, coordinates brought into [0, 1)."""
    numbers = np.array([number for number, points in sites for _ in points], dtype=np.int64)
    fractional = np.array([point for _, points in sites for point in points], dtype=np.float64)
    fractional = np.subtract(fractional, np.floor(fractional))
    for array in (cell, numbers, fractional):
        array.setflags(write=False)
    return Crystal(name, cell, numbers, fractional)


def centred(points: Sequence[Point], shifts: Sequence[Point]) -> list[Point]:
    """Every point at every shift."""
    return [(x + u, y + v, z + w) for u, v, w in shifts for x, y, z in points]


def fcc(name: str, number: int, a: float) -> Crystal:
    """Face-centred cubic, group 225."""
    return crystal(name, cubic(a), [(number, _FACES)])


def bcc(name: str, number: int, a: float) -> Crystal:
    """Body-centred cubic, group 229."""
    return crystal(name, cubic(a), [(number, _BODY)])


def hcp(name: str, number: int, a: float, c: float) -> Crystal:
    """Hexagonal close-packed, group 194."""
    return crystal(name, hexagonal(a, c), [(number, [(THIRD, TWO_THIRDS, 0.25), (TWO_THIRDS, THIRD, 0.75)])])


def diamond(name: str, number: int, a: float) -> Crystal:
    """Diamond, group 227 with an atom at the origin (origin 1)."""
    return crystal(name, cubic(a), [(number, centred([(0.0, 0.0, 0.0), (0.25, 0.25, 0.25)], _FACES))])


def zincblende(name: str, cation: int, anion: int, a: float) -> Crystal:
    """Zinc blende, group 216."""
    return crystal(name, cubic(a), [(cation, _FACES), (anion, centred([(0.25, 0.25, 0.25)], _FACES))])


def wurtzite(name: str, cation: int, anion: int, a: float, c: float, u: float) -> Crystal:
    """Wurtzite, group 186; u is the length of the bond along c in units of c."""
    first, second = (THIRD, TWO_THIRDS), (TWO_THIRDS, THIRD)
    return crystal(
        name,
        hexagonal(a, c),
        [(cation, [(*first, 0.0), (*second, 0.5)]), (anion, [(*first, u), (*second, 0.5 + u)])],
    )


def rocksalt(name: str, cation: int, anion: int, a: float) -> Crystal:
    """Rock salt, group 225."""
    return crystal(name, cubic(a), [(cation, _FACES), (anion, centred([(0.5, 0.5, 0.5)], _FACES))])


def fluorite(name: str, cation: int, anion: int, a: float) -> Crystal:
    """Fluorite, group 225."""
    anions = centred([(0.25, 0.25, 0.25), (0.75, 0.75, 0.75)], _FACES)
    return crystal(name, cubic(a), [(cation, _FACES), (anion, anions)])


def rutile(name: str, cation: int, anion: int, a: float, c: float, x: float) -> Crystal:
    """Rutile, group 136."""
    anions = [(x, x, 0.0), (-x, -x, 0.0), (0.5 - x, 0.5 + x, 0.5), (0.5 + x, 0.5 - x, 0.5)]
    return crystal(name, tetragonal(a, c), [(cation, _BODY), (anion, anions)])


def anatase(name: str, cation: int, anion: int, a: float, c: float, z: float) -> Crystal:
    """Anatase, group 141 with a cation at the origin (origin 1)."""
    cations = centred([(0.0, 0.0, 0.0), (0.0, 0.5, 0.25)], _BODY)
    anions = [(0.0, 0.0, z), (0.0, 0.0, -z), (0.0, 0.5, 0.25 + z), (0.0, 0.5, 0.25 - z)]
    return crystal(name, tetragonal(a, c), [(cation, cations), (anion, centred(anions, _BODY))])


def perovskite(name: str, large: int, small: int, anion: int, a: float) -> Crystal:
    """Cubic perovskite, group 221, the large cation at the origin."""
    anions = [(0.5, 0.5, 0.0), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5)]
    return crystal(name, cubic(a), [(large, [(0.0, 0.0, 0.0)]), (small, [(0.5, 0.5, 0.5)]), (anion, anions)])


def spinel(name: str, tetrahedral: int, octahedral: int, anion: int, a: float, u: float) -> Crystal:
    """Spinel, group 227, origin at the centre of inversion (origin 2): 8a, 16d and 32e (u, u, u)."""
    eighth = [(0.125, 0.125, 0.125), (0.875, 0.375, 0.375)]
    sixteenth = [(0.5, 0.5, 0.5), (0.25, 0.75, 0.0), (0.75, 0.0, 0.25), (0.0, 0.25, 0.75)]
    upper = [(u, u, u), (0.75 - u, 0.25 - u, 0.5 + u), (0.25 - u, 0.5 + u, 0.75 - u)]
    upper.append((0.5 + u, 0.75 - u, 0.25 - u))
    lower = [(-x, -y, -z) for x, y, z in upper]
    return crystal(
        name,
        cubic(a),
        [
            (tetrahedral, centred(eighth, _FACES)),
            (octahedral, centred(sixteenth, _FACES)),
            (anion, centred(upper + lower, _FACES)),
        ],
    )


def corundum(name: str, cation: int, anion: int, a: float, c: float, z: float, x: float) -> Crystal:
    """Corundum in hexagonal axes, group 167: cation 12c (0, 0, z), anion 18e (x, 0, 1/4)."""
    centres = ((0.0, 0.0, 0.0), (TWO_THIRDS, THIRD, THIRD), (THIRD, TWO_THIRDS, TWO_THIRDS))
    cations = [(0.0, 0.0, z), (0.0, 0.0, 0.5 - z), (0.0, 0.0, -z), (0.0, 0.0, 0.5 + z)]
    upper = [(x, 0.0, 0.25), (0.0, x, 0.25), (-x, -x, 0.25)]
    anions = upper + [(-u, -v, -w) for u, v, w in upper]
    return crystal(
        name, hexagonal(a, c), [(cation, centred(cations, centres)), (anion, centred(anions, centres))]
    )


def monoclinic_14(
    name: str, cell: FloatArray, sites: Sequence[tuple[int, Sequence[Point]]], *, diagonal: bool
) -> Crystal:
    """Group 14 with b unique, every site in a general position (4e).

    ``diagonal`` takes the setting with a diagonal glide (P2₁/n), otherwise the one along c (P2₁/c).
    """
    shift = 0.5 if diagonal else 0.0
    images = []
    for number, points in sites:
        found: list[Point] = []
        for x, y, z in points:
            turned = (shift - x, 0.5 + y, 0.5 - z)
            found += [(x, y, z), turned, (-x, -y, -z), (-turned[0], -turned[1], -turned[2])]
        images.append((number, found))
    return crystal(name, cell, images)


def ordered_l10(name: str, one: int, two: int, a: float, c: float) -> Crystal:
    """L1₀ (CuAu I) in its face-centred cell: layers of ``one`` and ``two`` alternate along c."""
    return crystal(name, tetragonal(a, c), [(one, (_FACES[0], _FACES[3])), (two, _FACES[1:3])])


def ordered_l12(name: str, faces: int, corner: int, a: float) -> Crystal:
    """L1₂ (Cu3Au), group 221."""
    return crystal(name, cubic(a), [(corner, _FACES[:1]), (faces, _FACES[1:])])


def graphite(name: str, number: int, a: float, c: float) -> Crystal:
    """Hexagonal (AB) graphite, group 194."""
    sites = [(0.0, 0.0, 0.25), (0.0, 0.0, 0.75), (THIRD, TWO_THIRDS, 0.25), (TWO_THIRDS, THIRD, 0.75)]
    return crystal(name, hexagonal(a, c), [(number, sites)])


def boron_nitride(name: str, one: int, two: int, a: float, c: float) -> Crystal:
    """Hexagonal boron nitride (AA'), group 194: each atom above one of the other kind."""
    first, second = (THIRD, TWO_THIRDS), (TWO_THIRDS, THIRD)
    return crystal(
        name,
        hexagonal(a, c),
        [(one, [(*first, 0.25), (*second, 0.75)]), (two, [(*second, 0.25), (*first, 0.75)])],
    )


def trigonal_prismatic(name: str, metal: int, other: int, a: float, c: float, z: float) -> Crystal:
    """2H layers of MX2 (molybdenite), group 194: metal 2c, other 4f (1/3, 2/3, z)."""
    first, second = (THIRD, TWO_THIRDS), (TWO_THIRDS, THIRD)
    others = [(*first, z), (*second, z + 0.5), (*second, -z), (*first, 0.5 - z)]
    return crystal(name, hexagonal(a, c), [(metal, [(*first, 0.25), (*second, 0.75)]), (other, others)])


def honeycomb(name: str, one: int, two: int, a: float, spacing: float) -> Crystal:
    """A single flat layer at height 0; ``spacing`` to the next layer of the bulk, Å."""
    sites = [(one, [(THIRD, TWO_THIRDS, 0.0)]), (two, [(TWO_THIRDS, THIRD, 0.0)])]
    return crystal(name, hexagonal(a, spacing), sites)


def prismatic_layer(name: str, metal: int, other: int, a: float, c: float, z: float) -> Crystal:
    """A single layer of :func:`trigonal_prismatic` (same parameters), its metal at height 0."""
    height = 2.0 * (z - 0.5)
    # Bulk coordinate z - 1/2 of the other element against the metal's 1/4, in units of c / 2.
    lift = 0.5 - height
    layer = crystal(name, hexagonal(a, 0.5 * c), [(metal, [(THIRD, TWO_THIRDS, 0.0)])])
    fractional = np.array([[THIRD, TWO_THIRDS, 0.0], [TWO_THIRDS, THIRD, lift], [TWO_THIRDS, THIRD, -lift]])
    fractional.setflags(write=False)
    numbers = np.array([metal, other, other], dtype=np.int64)
    numbers.setflags(write=False)
    return Crystal(name, layer.cell, numbers, fractional)
