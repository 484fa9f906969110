"""The stacking sequence of layers, read from positions alone.

Tier A.  Knows nothing of how a particle was built: it finds the layers, the lattice in one of them, and where
every other layer lies on it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray
from sim.numerics.motion import cross, heights_of, length, unit_vector
from sim.specimen.defects.layers import any_in_plane

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: Layers may lie so far from each other (parts of the in-plane cell) and still have one letter.
_TOLERANCE = 0.06


def stacking_sequence(
    positions: FloatArray,
    normal: Sequence[float] | FloatArray,
    *,
    separation: float = 0.3,
    collapse: bool = False,
    least: int = 1,
) -> str:
    """One letter for each layer, from the lowest to the highest: ``ABCABC`` for fcc along [111].

    Parameters
    ----------
    positions
        (N, 3) of one kind of atom, Å.
    normal
        (3,) of any length.
    separation
        Heights that differ by more (Å) belong to different layers.
    collapse
        Count neighbouring layers in the same place once: pairs of layers, as in diamond, then have one
        letter.
    least
        Layers with fewer atoms are left out at the two ends.

    Raises
    ------
    InputError
        When no layer shows a lattice, or a layer does not lie on the lattice of the others.
    """
    direction = unit_vector(normal)
    groups = [group for group in layers_from(positions, direction, separation)]
    while groups and len(groups[0]) < least:
        del groups[0]
    while groups and len(groups[-1]) < least:
        del groups[-1]
    if not groups:
        raise InputError("positions", "hold no layer with enough atoms")
    x = any_in_plane(direction)
    y = cross(direction, x)
    flat = np.stack([heights_of(x, positions), heights_of(y, positions)], axis=1)
    one, two = _plane_lattice(flat[max(groups, key=len)])
    area = float(one[0] * two[1] - one[1] * two[0])
    letters: list[str] = []
    seen: list[tuple[float, float]] = []
    origin = flat[groups[0][0]]
    for group in groups:
        offsets = np.subtract(flat[group], origin)
        u = np.divide(
            np.subtract(np.multiply(offsets[:, 0], two[1]), np.multiply(offsets[:, 1], two[0])), area
        )
        v = np.divide(
            np.subtract(np.multiply(offsets[:, 1], one[0]), np.multiply(offsets[:, 0], one[1])), area
        )
        place = (float(u[0]), float(v[0]))
        if not all(_apart(place, (a, b)) < _TOLERANCE for a, b in zip(u.tolist(), v.tolist(), strict=True)):
            raise InputError("positions", f"layer {len(letters)} does not have the lattice of the others")
        known = next((index for index, other in enumerate(seen) if _apart(place, other) < _TOLERANCE), None)
        if known is None:
            known = len(seen)
            seen.append(place)
        if known >= len(_LETTERS):
            raise InputError("positions", "the layers lie in more than 26 different places")
        if not (collapse and letters and letters[-1] == _LETTERS[known]):
            letters.append(_LETTERS[known])
    return "".join(letters)


def surroundings(sequence: str) -> str:
    """Whether the layers beside each inner one lie alike (h) or not (c): Jagodzinski's notation.

    A twin of an fcc crystal is one h among c, an intrinsic fault two in succession.
    """
    return "".join(
        "h" if below == above else "c" for below, above in zip(sequence, sequence[2:], strict=False)
    )


def layers_from(
    positions: FloatArray, normal: Sequence[float] | FloatArray, separation: float = 0.3
) -> list[FloatArray]:
    """Indices of the atoms of each layer, from the lowest to the highest; ascending within a layer."""
    heights = heights_of(unit_vector(normal), positions)
    order = np.argsort(heights, kind="stable")
    ends = np.flatnonzero(np.greater(np.diff(heights[order]), separation)) + 1
    return [np.sort(part, kind="stable") for part in np.split(order, ends) if len(part)]


def _plane_lattice(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The two shortest independent vectors (2,) between points (N, 2) of a layer, around its middle one."""
    middle = np.multiply(0.5, np.add(np.min(points, axis=0), np.max(points, axis=0)))
    away = np.subtract(points, middle)
    centre = points[
        int(np.argmin(np.add(np.multiply(away[:, 0], away[:, 0]), np.multiply(away[:, 1], away[:, 1]))))
    ]
    vectors = np.subtract(points, centre)
    sizes = np.sqrt(
        np.add(np.multiply(vectors[:, 0], vectors[:, 0]), np.multiply(vectors[:, 1], vectors[:, 1]))
    )
    order = np.argsort(sizes, kind="stable")[1:]
    for index in order[1:].tolist():
        one, two = vectors[order[0]], vectors[index]
        if abs(float(one[0] * two[1] - one[1] * two[0])) > 0.1 * float(sizes[order[0]] * sizes[index]):
            return one, two
    raise InputError("positions", "no layer has enough atoms to show its lattice")


def _apart(one: tuple[float, float], two: tuple[float, float]) -> float:
    """Distance of two places in parts of the in-plane cell, the nearest images."""
    u, v = one[0] - two[0], one[1] - two[1]
    return length([u - float(np.floor(u + 0.5)), v - float(np.floor(v + 0.5)), 0.0])
