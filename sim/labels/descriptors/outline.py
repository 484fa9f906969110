"""The exact outline of an aggregate seen along the beam: area and rim of a union of discs.

Tier A.  Not limited by pixels or by the field, unlike the descriptors of the mask in
:mod:`sim.labels.descriptors.projected`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from sim.core.errors import never
from sim.core.spheres import Spheres
from sim.labels.descriptors.aggregate import Descriptor
from sim.labels.descriptors.near import near_pairs
from sim.numerics.detmath import BoolArray, FloatArray, IntArray, arctan2, ordered_sum, sincos_degrees

#: Units of the descriptors.
UNITS = {"outline_area": "Å²", "outline_perimeter": "Å"}

_TURN = 2.0 * math.pi
#: Discs whose arcs are joined between two looks at ``cancel``.
_AT_ONCE = 500


def outline_descriptors(spheres: Spheres, *, cancel: Callable[[], None] = never) -> dict[str, Descriptor]:
    """``outline_area`` (Å²) and ``outline_perimeter`` (Å) of all spheres projected along z."""
    area, perimeter = union_of_discs(spheres.centres[:, :2], spheres.radii, cancel=cancel)
    return {"outline_area": area, "outline_perimeter": perimeter}


def union_of_discs(
    centres: FloatArray, radii: FloatArray, *, cancel: Callable[[], None] = never
) -> tuple[float, float]:
    """Area and perimeter of what discs cover together, the rims of enclosed holes included.

    Parameters
    ----------
    centres
        (N, 2) Å.
    radii
        (N,) Å, above 0.
    cancel
        Called at least every 100 ms; raises to stop.

    Returns
    -------
    Area in Å² and perimeter in Å, to about 1e-13 of the sums over the discs.

    Notes
    -----
    Arcs of every circle that no other disc covers are the rim; the area follows from them by Green's
    theorem, ½ ∮ (x dy − y dx).
    """
    if not len(radii):
        return 0.0, 0.0
    hidden, owner, begin, end = _covered_arcs(centres, radii, cancel)
    keep = np.logical_not(hidden[owner])
    owner, begin, end = owner[keep], begin[keep], end[keep]
    order = np.lexsort((end, begin, owner))
    owner, begin, end = owner[order], begin[order], end[order]
    free_owner, free_begin, free_end = _free_arcs(
        np.flatnonzero(np.logical_not(hidden)), owner, begin, end, cancel
    )
    radius, x, y = radii[free_owner], centres[free_owner, 0], centres[free_owner, 1]
    angle = np.subtract(free_end, free_begin)
    sine_0, cosine_0 = sincos_degrees(np.multiply(free_begin, 180.0 / math.pi))
    sine_1, cosine_1 = sincos_degrees(np.multiply(free_end, 180.0 / math.pi))
    arcs = np.multiply(radius, angle)
    # r² Δφ + r (x Δsin − y Δcos), twice the area between the arc and the origin
    shift = np.subtract(
        np.multiply(x, np.subtract(sine_1, sine_0)), np.multiply(y, np.subtract(cosine_1, cosine_0))
    )
    twice = np.multiply(radius, np.add(arcs, shift))
    return 0.5 * float(ordered_sum(twice)), float(ordered_sum(arcs))


def _covered_arcs(
    centres: FloatArray, radii: FloatArray, cancel: Callable[[], None]
) -> tuple[BoolArray, IntArray, FloatArray, FloatArray]:
    """Which discs lie inside another, and (disc, from, to) of every arc that another disc covers.

    Arcs lie within one turn from 0; one that passes 0 is given as two.
    """
    hidden = np.zeros(len(radii), dtype=np.bool_)
    owners, begins, ends = [], [], []
    for first, second, squared in near_pairs(centres, 2.0 * float(np.max(radii)), cancel=cancel):
        both = np.add(radii[first], radii[second])
        difference = np.subtract(radii[first], radii[second])
        crossing = np.less(squared, np.multiply(both, both))
        inside = np.logical_and(crossing, np.less_equal(squared, np.multiply(difference, difference)))
        # Of two equal discs in one place the later one is hidden.
        later = np.logical_and(np.equal(difference, 0.0), np.less(first, second))
        smaller = np.where(np.logical_or(np.greater(difference, 0.0), later), second, first)
        hidden[smaller[inside]] = True
        crossing &= np.logical_not(inside)
        one, two, square = first[crossing], second[crossing], squared[crossing]
        for disc, other in ((one, two), (two, one)):
            begin, end = _covered(centres, radii, disc, other, square)
            owners.append(disc)
            begins.append(begin)
            ends.append(end)
    if not owners:
        return hidden, np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)
    owner, begin, end = np.concatenate(owners), np.concatenate(begins), np.concatenate(ends)
    past = np.greater(end, _TURN)
    before = np.less(begin, 0.0)
    return (
        hidden,
        np.concatenate([owner, owner[past], owner[before]]),
        np.concatenate(
            [np.maximum(begin, 0.0), np.zeros(np.count_nonzero(past)), np.add(begin[before], _TURN)]
        ),
        np.concatenate(
            [np.minimum(end, _TURN), np.subtract(end[past], _TURN), np.full(np.count_nonzero(before), _TURN)]
        ),
    )


def _covered(
    centres: FloatArray, radii: FloatArray, disc: IntArray, other: IntArray, squared: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Arc of one circle inside another that it crosses: middle − α to middle + α."""
    offsets = np.subtract(centres[other], centres[disc])
    middle = arctan2(offsets[:, 1], offsets[:, 0])
    middle = np.where(np.less(middle, 0.0), np.add(middle, _TURN), middle)
    mine, theirs = radii[disc], radii[other]
    # d² + r² − s² = 2 d r cos α, and (2 d r sin α)² is the product of four factors, as in Heron's formula.
    adjacent = np.add(squared, np.multiply(np.subtract(mine, theirs), np.add(mine, theirs)))
    both, difference = np.add(mine, theirs), np.subtract(mine, theirs)
    opposite = np.multiply(
        np.subtract(np.multiply(both, both), squared),
        np.subtract(squared, np.multiply(difference, difference)),
    )
    half = arctan2(np.sqrt(np.maximum(opposite, 0.0)), adjacent)
    return np.subtract(middle, half), np.add(middle, half)


def _free_arcs(
    shown: IntArray, owner: IntArray, begin: FloatArray, end: FloatArray, cancel: Callable[[], None]
) -> tuple[IntArray, FloatArray, FloatArray]:
    """What the covered arcs, sorted by disc and beginning, leave of the circles ``shown``."""
    owners: list[IntArray] = []
    begins: list[FloatArray] = []
    ends: list[FloatArray] = []
    low = np.searchsorted(owner, shown, side="left")
    high = np.searchsorted(owner, shown, side="right")
    for number, disc in enumerate(shown):
        if number % _AT_ONCE == 0:
            cancel()
        own = slice(int(low[number]), int(high[number]))
        reached = np.maximum.accumulate(np.concatenate([[0.0], end[own]]))
        following = np.concatenate([begin[own], [_TURN]])
        free = np.greater(following, reached)
        owners.append(np.full(np.count_nonzero(free), disc))
        begins.append(reached[free])
        ends.append(following[free])
    return np.concatenate(owners), np.concatenate(begins), np.concatenate(ends)
