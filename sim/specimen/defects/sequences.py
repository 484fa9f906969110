"""Random sequences of parallel defect planes with a smallest distance between them.

Tier A.  Every allowed arrangement is equally likely; none is found by trial.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray
from sim.numerics.motion import Motion, heights_of, unit_vector
from sim.numerics.streams import Stream
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.defects.layers import miller_indices
from sim.specimen.defects.operations import Sites, sites_of
from sim.specimen.defects.planar import Plane


@dataclass(frozen=True)
class Grid:
    """Heights at which a crystal takes defects.

    Attributes
    ----------
    first
        One of them, Å.
    step
        Distance from each to the next, Å.
    spread
        Kinds that lie in different gaps may come nearer than drawn by at most this, Å.
    """

    first: float
    step: float
    spread: float = 0.0


def grid_of(crystal: Crystal, motion: Motion, hkl: Sequence[float], kinds: Sequence[str]) -> Grid:
    """The heights along the normal of (hkl) at which a crystal takes planes of some kinds.

    Parameters
    ----------
    crystal, motion, hkl
        As for :func:`sim.specimen.defects.planar.stack`; the motion must be rigid.
    kinds
        At least one of ``twin``, ``intrinsic``, ``extrinsic``, ``I1``, ``I2``, ``E``.
    """
    if not motion.rigid:
        raise InputError("motion", "strains the crystal", remedy="draw in the strained crystal's own cell")
    indices = miller_indices(hkl)
    every = [sites_of(crystal, indices, kind) for kind in dict.fromkeys(kinds)]
    if not every:
        raise InputError("counts", "names no kind of defect")
    normal = unit_vector(motion.turn(crystal.normal(indices)[np.newaxis])[0])
    above = float(heights_of(normal, motion.offset[np.newaxis])[0])
    numbers = [len(sites.choices) for sites in every if _even(sites)]
    step = every[0].repeat / (min(numbers) if len(numbers) == len(every) else 1)
    first = every[0].choices[0].height
    points = [first + count * step for count in range(int(every[0].repeat / step + 0.5))]
    away = [_way_to(sites, point) for sites in every for point in points]
    spread = max(away) - min(away)
    return Grid(first + above, step, spread if spread > 1e-6 else 0.0)


def _even(sites: Sites) -> bool:
    """Whether the gaps of a kind follow each other at equal distances."""
    heights = [site.height for site in sites.choices]
    step = sites.repeat / len(heights)
    return all(abs(two - one - step) < 1e-6 for one, two in itertools.pairwise(heights))


def _way_to(sites: Sites, point: float) -> float:
    """How far a plane drawn at a height moves into its gap, Å."""
    ways = [
        site.height - point - sites.repeat * math.floor((site.height - point) / sites.repeat + 0.5)
        for site in sites.choices
    ]
    # Half-way the lower gap is taken, as by the stack.
    return min((abs(way + 1e-6), way) for way in ways)[1]


def draw(
    counts: Mapping[str, int],
    extent: tuple[float, float],
    minimum_separation: float,
    stream: Stream,
    grid: Grid | None = None,
) -> tuple[Plane, ...]:
    """Defect planes of several kinds in random order at random heights.

    Parameters
    ----------
    counts
        How many of each kind; the order in which kinds are named has no influence.
    extent
        Lowest and highest height, Å.
    minimum_separation
        Between two neighbouring planes, Å.
    stream
        Source of the randomness.
    grid
        Heights that may be drawn; None: any.  With a grid the separation holds after the planes
        have moved into their gaps.

    Returns
    -------
    Planes in ascending order.

    Raises
    ------
    InputError
        When they do not fit; says how many would.

    Notes
    -----
    n heights with at least d between neighbours correspond one to one to n points in a range shortened
    by (n − 1)·d, so sorting and spreading free points draws uniformly from all arrangements.
    """
    low, high = extent
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise InputError("extent", "is not a range of heights", value=extent)
    if not (math.isfinite(minimum_separation) and minimum_separation >= 0.0):
        raise InputError(
            "minimum_separation", "not a distance", value=minimum_separation, allowed="0 or more"
        )
    for kind, count in counts.items():
        if count < 0:
            raise InputError("counts", f"{kind} cannot be there {count} times", allowed="0 or more")
    kinds = [kind for kind in sorted(counts) for _ in range(counts[kind])]
    if not kinds:
        return ()
    order = stream.child("order").permutation(len(kinds)).tolist()
    child = stream.child("heights")
    if grid is None:
        heights = _anywhere(low, high, minimum_separation, len(kinds), child)
    else:
        heights = _on_grid(low, high, minimum_separation, len(kinds), child, grid)
    return tuple(Plane(kinds[place], height) for place, height in zip(order, heights, strict=True))


def _anywhere(low: float, high: float, apart: float, count: int, stream: Stream) -> list[float]:
    free = (high - low) - (count - 1) * apart
    if free < 0.0:
        raise _too_many(count, 1 + math.floor((high - low) / apart), low, high, apart)
    points: FloatArray = np.sort(stream.uniforms(count), kind="stable")
    spread = np.multiply(np.arange(count), apart)
    return np.add(np.add(low, np.multiply(points, free)), spread).tolist()  # type: ignore[no-any-return]


def _on_grid(low: float, high: float, apart: float, count: int, stream: Stream, grid: Grid) -> list[float]:
    start = math.ceil((low - grid.first) / grid.step - 1e-9)
    heights = math.floor((high - grid.first) / grid.step + 1e-9) - start + 1
    # Two planes in one gap are no two planes.
    jump = max(1, math.ceil((apart + grid.spread) / grid.step - 1e-9))
    free = heights - (count - 1) * (jump - 1)
    if free < count:
        fits = 0 if heights < 1 else 1 + (heights - 1) // jump
        raise _too_many(count, fits, low, high, apart)
    chosen = np.sort(stream.permutation(free)[:count], kind="stable")
    places = np.add(np.add(chosen, np.multiply(np.arange(count), jump - 1)), start)
    return np.add(np.multiply(places, grid.step), grid.first).tolist()  # type: ignore[no-any-return]


def _too_many(count: int, fits: int, low: float, high: float, apart: float) -> InputError:
    return InputError(
        "counts",
        f"{count} defect planes at least {apart:g} Å apart do not fit between {low:.2f} and {high:.2f} Å",
        allowed=f"at most {fits}",
        remedy="ask for fewer, a smaller separation or a larger particle",
    )
