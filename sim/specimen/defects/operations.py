"""What each kind of planar defect does to the lattice above it, and in which gap it lies.

Tier A.  Everything is in the crystal's own frame; heights along the plane normal from its lattice origin.

Notes
-----
A twin turns what lies above by 180° about the normal (or reflects it), a fault shifts it.  With e the
in-plane part of the step from a close-packed layer to the next and h the distance between them, the layers
above the plane are shifted by

- intrinsic fault (fcc) and I2 (hcp): e;
- extrinsic fault: e for one layer, 2e from the next on (a layer is inserted);
- I1: −(h + e): a layer is removed, then the rest is sheared;
- E: e for one layer, then h: a layer is inserted

(Hirth and Lothe, Theory of Dislocations, 2nd edition, chapters 10 and 11).  Where layers are pairs, as in
diamond and wurtzite, the pair stands on its bonds and a shear between its two halves would break them: faults
are found in the narrow gaps between pairs (the glide set), twins in the middle of the wide ones (the shuffle
set), where the bonds that cross the plane stay as they are.  Twins are rigid and unrelaxed: outside fcc,
diamond and zincblende, distances across them differ from the bulk's (:class:`Misfit`), and a twin that is a
mirror image (hcp {10-11}) may open the gap upwards.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError, nearest
from sim.core.types import FloatArray, IntArray
from sim.numerics.motion import Motion, heights_of, length, squared_lengths
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.defects.bonds import Misfit, Piece, Surroundings
from sim.specimen.defects.layers import Layers, block, cartesian, layers_of, onto_itself

#: Layers of the stack after which each kind of fault finds the lattice again: 1 in fcc, 2 in hcp.
STACKING = {"intrinsic": 1, "extrinsic": 1, "I1": 2, "I2": 2, "E": 2}
#: Kinds that follow from the crystal alone.
KINDS = ("twin", *STACKING)
#: A fault may change first-shell distances by so much on average, Å.
MOST_CHANGE = 0.02
#: No two atoms of a twin may be closer than this part of the crystal's smallest distance between them.
LEAST_DISTANCE = 0.8
#: Measures of two candidates that agree to this (Å) are equal.
EQUAL = 1e-6


@dataclass(frozen=True, eq=False)
class Site:
    """A gap that takes a defect.

    Attributes
    ----------
    height, width
        Middle of the gap above the lattice origin and its width, Å.
    steps
        (offset, motion): from ``offset`` Å above the middle on, the lattice moves by ``motion``.
    misfit
        What it does to the bonds.
    """

    height: float
    width: float
    steps: tuple[tuple[float, Motion], ...]
    misfit: Misfit


@dataclass(frozen=True, eq=False)
class Sites:
    """All gaps within one repeat that take a kind of defect equally well."""

    normal: FloatArray
    repeat: float
    climb: FloatArray
    step: float
    choices: tuple[Site, ...]


def sites_of(crystal: Crystal, hkl: tuple[int, int, int], kind: str) -> Sites:
    """The gaps of a crystal that a kind of defect on (hkl) lies in, and what it does there.

    Parameters
    ----------
    crystal
        Any crystal.
    hkl
        The plane, whole numbers without a common divisor; its sign says which side is above.
    kind
        One of :data:`KINDS`.

    Raises
    ------
    InputError
        For an unknown kind, and when the crystal has no such defect on that plane.
    """
    if kind not in KINDS:
        raise InputError(
            "kind", "no such defect", value=kind, allowed=", ".join(KINDS), remedy=nearest(kind, KINDS)
        )
    cell, fractional = np.ascontiguousarray(crystal.cell), np.ascontiguousarray(crystal.fractional)
    numbers = np.ascontiguousarray(crystal.numbers, dtype=np.int64)
    return _sites(crystal.name, cell.tobytes(), numbers.tobytes(), fractional.tobytes(), hkl, kind)


@functools.lru_cache(maxsize=128)
def _sites(
    name: str, cell: bytes, numbers: bytes, fractional: bytes, hkl: tuple[int, int, int], kind: str
) -> Sites:
    crystal = Crystal(
        name,
        np.frombuffer(cell).reshape(3, 3),
        np.frombuffer(numbers, dtype=np.int64),
        np.frombuffer(fractional).reshape(-1, 3),
    )
    layers = layers_of(crystal, hkl)
    surroundings = Surroundings.of(layers)
    label = "(" + " ".join(str(index) for index in hkl) + ")"
    if kind == "twin":
        step = layers.repeat
        choices = _best_twins(layers, surroundings, label)
    else:
        step = layers.repeat / STACKING[kind]
        choices = _best_faults(layers, surroundings, label, kind, step)
    return Sites(layers.normal, layers.repeat, surroundings.one_repeat(), step, choices)


def _best_twins(layers: Layers, surroundings: Surroundings, label: str) -> tuple[Site, ...]:
    half_turn = np.subtract(
        np.multiply(2.0, np.multiply(layers.normal[:, np.newaxis], layers.normal[np.newaxis, :])), np.eye(3)
    )
    mirror = np.negative(half_turn)
    name = layers.crystal.name
    turns = not onto_itself(layers.crystal, half_turn)
    mirrors = not onto_itself(layers.crystal, mirror)
    if not turns:
        # A mirror image that differs only by its polarity is an inversion domain, no twin.
        raise InputError(
            "plane",
            f"a half turn about the normal of {label} leaves {name} as it is, so there is no twin",
            remedy="choose another plane, such as (1 1 1) in fcc and diamond or (1 1 2) in bcc crystals",
        )
    found: list[tuple[bool, Site]] = []
    for gap, width in zip(layers.gaps.tolist(), layers.widths.tolist(), strict=True):
        motions = [(False, motion) for motion in _half_turns(layers, half_turn)]
        if mirrors:
            motions += [
                (True, Motion.reflection(layers.normal, gap + part * width)) for part in (0.0, -0.5, 0.5)
            ]
        for reflected, motion in motions:
            pieces = [Piece(Motion.identity(), -np.inf, gap), Piece(motion, gap, np.inf)]
            found.append((reflected, Site(gap, width, ((0.0, motion),), surroundings.misfit(pieces))))
    good = [entry for entry in found if entry[1].misfit.closest >= LEAST_DISTANCE]
    if not good:
        raise InputError(
            "plane",
            f"atoms of {name} would collide across a twin on {label}",
            remedy="choose another plane, such as (1 1 1) in fcc and diamond or (1 1 2) in bcc crystals",
        )
    least = min(site.misfit.change for _, site in good)
    good = [entry for entry in good if entry[1].misfit.change <= least + EQUAL]
    # A rotation keeps the polarity of the crystal; it is taken wherever it does as well as a mirror.
    turned = [site for reflected, site in good if not reflected]
    return _widest(turned or [site for _, site in good])


def _half_turns(layers: Layers, matrix: FloatArray) -> Iterator[Motion]:
    """Half turns about the normal through every atom of a primitive cell and between pairs of them."""
    places = cartesian(layers.crystal, layers.crystal.fractional[layers.primitive])
    axes = [place for place in places]
    if len(places) <= 8:
        axes += [
            np.multiply(0.5, np.add(one, two)) for index, one in enumerate(places) for two in places[:index]
        ]
    for axis in axes:
        yield Motion.linear(matrix).about(axis)


def _best_faults(
    layers: Layers, surroundings: Surroundings, label: str, kind: str, step: float
) -> tuple[Site, ...]:
    found: list[Site] = []
    points, numbers = block(layers.crystal, 2.0 * layers.repeat)
    heights = heights_of(layers.normal, points)
    for gap, width in zip(layers.gaps.tolist(), layers.widths.tolist(), strict=True):
        across = _layer_step(layers.normal, points, numbers, heights, gap, step)
        if across is None:
            continue
        rise = np.multiply(step, layers.normal)
        slide = np.subtract(across, rise)
        steps = {
            "intrinsic": [(0.0, slide)],
            "extrinsic": [(0.0, slide), (step, np.multiply(2.0, slide))],
            "I1": [(0.0, np.negative(across))],
            "I2": [(0.0, slide)],
            "E": [(0.0, slide), (step, rise)],
        }[kind]
        motions = [(offset, Motion.translation(shift)) for offset, shift in steps]
        ends = [gap + offset for offset, _ in motions[1:]] + [np.inf]
        pieces = [Piece(Motion.identity(), -np.inf, gap)] + [
            Piece(motion, gap + offset, end) for (offset, motion), end in zip(motions, ends, strict=True)
        ]
        found.append(Site(gap, width, tuple(motions), surroundings.misfit(pieces)))
    good = [
        site
        for site in found
        if site.misfit.change <= MOST_CHANGE and site.misfit.closest >= 1.0 - MOST_CHANGE
    ]
    if not good:
        where = "(1 1 1) of fcc and diamond" if STACKING[kind] == 1 else "(0 0 1) of hcp and wurtzite"
        raise InputError(
            "kind",
            f"a fault of this kind on {label} of {layers.crystal.name} would break bonds",
            value=kind,
            remedy=f"it belongs to close-packed layers such as {where} crystals",
        )
    least = min(site.misfit.change for site in good)
    # An I1 fault may also pass through the bonds that stand on the plane: the same atoms, but labelled in
    # the middle of a pair of layers.
    good = [site for site in good if site.misfit.change <= least + EQUAL]
    width = min(site.width for site in good) + EQUAL
    return tuple(site for site in good if site.width <= width)


def _layer_step(
    normal: FloatArray, points: FloatArray, numbers: IntArray, heights: FloatArray, gap: float, step: float
) -> FloatArray | None:
    """The shortest vector from an atom just below a gap to one of its kind one layer up, (3,), or None.

    None as well where the next layer stands exactly above: nothing can then be faulted.
    """
    below = np.flatnonzero(np.less(heights, gap))
    # The highest layer below the gap; of its atoms the one nearest the normal through the origin.
    top = below[np.greater(heights[below], float(np.max(heights[below])) - 0.05)]
    start = int(top[int(np.argmin(_sideways(normal, points[top], heights[top])))])
    level = np.abs(np.subtract(np.subtract(heights, heights[start]), step)) < 0.05
    targets = np.flatnonzero(np.logical_and(level, np.equal(numbers, numbers[start])))
    if not len(targets):
        return None
    vectors = np.subtract(points[targets], points[start][np.newaxis])
    squared = _sideways(normal, vectors, heights_of(normal, vectors))
    # Of equally short ones the first: rounding must not choose.
    nearest_one = int(np.flatnonzero(np.less(squared, float(np.min(squared)) + 1e-3))[0])
    vector: FloatArray = vectors[nearest_one]
    return vector if length(np.subtract(vector, np.multiply(step, normal))) > 0.1 else None


def _sideways(normal: FloatArray, vectors: FloatArray, heights: FloatArray) -> FloatArray:
    """Squared lengths (N,) of the parts of vectors that lie in the plane, Å²."""
    flat = np.subtract(vectors, np.multiply(heights[:, np.newaxis], normal[np.newaxis]))
    return squared_lengths(flat)


def _widest(sites: list[Site]) -> tuple[Site, ...]:
    """The first site of each of the widest gaps."""
    width = max(site.width for site in sites) - EQUAL
    chosen: dict[float, Site] = {}
    for site in sites:
        if site.width >= width:
            chosen.setdefault(site.height, site)
    return tuple(chosen[height] for height in sorted(chosen))
