"""Parallel defect planes through a crystal: the slabs between them, each with its own motion of the lattice.

Tier A.  Heights are measured along the plane normal from the origin of the particle's own frame.  A plane
moves into the middle of the nearest gap that can take it, so that no layer is cut; everything above it is
changed by it, the planes above it included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.core.errors import InputError, nearest
from sim.core.types import FloatArray, IntArray
from sim.numerics.motion import Motion, determinant, heights_of, unit_vector
from sim.specimen.crystal.fill import Slice
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.defects.layers import inside_plane, layers_of, miller_indices
from sim.specimen.defects.operations import KINDS, sites_of
from sim.specimen.shapes.base import Shape

#: Boundaries whose upper grain is turned by an angle of choice.
BOUNDARIES = ("tilt", "twist")
#: Samples along and across the normal when a volume's extent is measured.
_SAMPLES = 64


@dataclass(frozen=True)
class Plane:
    """One defect plane.

    Attributes
    ----------
    kind
        ``twin``, ``intrinsic``, ``extrinsic``, ``I1``, ``I2``, ``E``, ``tilt`` or ``twist``.
    height
        Along the normal from the particle's origin, Å.
    angle
        Of a tilt or twist boundary, degrees, right-handed about the axis or the normal.
    axis
        Of a tilt boundary: lattice direction [uvw] of the undisturbed crystal, in the plane.
    shift
        Added to the upper grain of a tilt or twist boundary, Å, in the particle's frame.
    gap
        Distance by which a tilt or twist boundary is opened along the normal, Å.
    """

    kind: str
    height: float
    angle: float = 0.0
    axis: tuple[float, float, float] | None = None
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gap: float = 0.0


@dataclass(frozen=True, eq=False)
class Stack:
    """What a list of planes makes of a crystal.

    Attributes
    ----------
    normal
        (3,) unit vector, the particle's frame.
    slices
        From the lowest to the highest.
    planes
        The planes where they came to lie, from the lowest to the highest.
    """

    normal: FloatArray
    slices: tuple[Slice, ...]
    planes: tuple[Plane, ...]


def slices(
    crystal: Crystal, motion: Motion, normal_hkl: Sequence[float], planes: Sequence[Plane]
) -> tuple[Slice, ...]:
    """The slabs of :func:`stack` alone, for :func:`sim.specimen.crystal.fill.fill_slices`."""
    return stack(crystal, motion, normal_hkl, planes).slices


def stack(crystal: Crystal, motion: Motion, normal_hkl: Sequence[float], planes: Sequence[Plane]) -> Stack:
    """Cut a crystal along parallel planes and move what lies above each.

    Parameters
    ----------
    crystal
        The crystal.
    motion
        Of its lattice into the particle's frame; where it strains, bonds and gaps are those of the
        strained crystal.
    normal_hkl
        Miller indices (hkl), or (hkil), of the planes in ``crystal``.
    planes
        In any order.

    Raises
    ------
    InputError
        When the crystal has no such defect there, two planes claim one gap, or one lies above a tilt
        boundary, where no layers are parallel to it any more.
    """
    hkl = miller_indices(normal_hkl)
    before = Motion.identity() if motion.rigid else Motion.linear(motion.matrix)
    base, current = (
        (crystal, motion) if motion.rigid else (_strained(crystal, motion), Motion.translation(motion.offset))
    )
    normal = unit_vector(current.turn(base.normal(hkl)[np.newaxis])[0])
    result: list[Slice] = []
    placed: list[Plane] = []
    low, sign = -np.inf, 1
    for side, plane in enumerate(sorted(planes, key=lambda entry: (entry.height, entry.kind))):
        _check(plane)
        if placed and placed[-1].kind == "tilt":
            raise InputError(
                "height",
                "above a tilt boundary no layers are parallel to the planes",
                value=plane.height,
                remedy="let the tilt boundary be the highest plane",
            )
        own = (sign * hkl[0], sign * hkl[1], sign * hkl[2])
        above = float(heights_of(normal, current.offset[np.newaxis])[0])
        if plane.kind in BOUNDARIES:
            height, step = _boundary_height(base, own, plane.height - above)
            steps = [(0.0, current)]
        else:
            sites = sites_of(base, own, plane.kind)
            step = sites.step
            height, times, site = min(
                (
                    (entry.height + count * sites.repeat, count, entry)
                    for entry in sites.choices
                    for count in _counts(plane.height - above - entry.height, sites.repeat)
                ),
                # Half-way between two gaps the lower one, whatever the rounding.
                key=lambda choice: (abs(choice[0] - (plane.height - above - 1e-6)), choice[0]),
            )
            there = Motion.translation(np.multiply(float(times), sites.climb))
            steps = [
                (offset, current.after(there.after(change).after(there.inverse)))
                for offset, change in site.steps
            ]
        height += above
        if height < low + 0.5 * step:
            raise InputError(
                "height",
                f"two planes would share the gap at {height:.3f} Å",
                value=plane.height,
                remedy=f"keep planes at least {1.5 * step:.3f} Å apart",
            )
        if plane.kind in BOUNDARIES:
            steps = [(0.0, _turned(crystal, motion, plane, normal, height).after(current))]
        for number, (offset, change) in enumerate(steps):
            result.append(Slice(current.after(before), normal, low, height + offset, side + (number > 0)))
            low, current = height + offset, change
        if (
            determinant(current.matrix) * determinant(result[-1].motion.matrix) * determinant(before.matrix)
            < 0.0
        ):
            sign = -sign
        placed.append(replace(plane, height=height))
    result.append(Slice(current.after(before), normal, low, np.inf, len(placed)))
    return Stack(normal, tuple(result), tuple(placed))


def extent(shape: Shape, normal: Sequence[float] | FloatArray) -> tuple[float, float]:
    """Lowest and highest height of a bounded volume along a direction, Å.

    Found on a grid of 64 points along and 64 across each way: a narrow tip counts from where it is wider
    than the grid's step.
    """
    direction = unit_vector(normal)
    turned = shape.moved(_normal_to_z(direction))
    low, high = turned.bounds().tolist()
    if not bool(np.all(np.isfinite(np.array([low, high])))):
        raise InputError("volume", "has no end", remedy="bound it with another volume")
    steps = np.divide(np.add(np.arange(_SAMPLES), 0.5), float(_SAMPLES))
    axes = [np.add(low[axis], np.multiply(steps, high[axis] - low[axis])) for axis in range(3)]
    x, y = (part.reshape(-1) for part in np.meshgrid(axes[0], axes[1], indexing="ij"))

    def hit(height: float) -> bool:
        return bool(np.any(turned.contains(np.stack([x, y, np.full(len(x), height)], axis=1))))

    step = (high[2] - low[2]) / _SAMPLES
    ends: list[float] = []
    for outwards, heights in ((-step, axes[2]), (step, axes[2][::-1])):
        inside = next((height for height in heights.tolist() if hit(height)), None)
        if inside is None:
            raise InputError("volume", "is empty or too thin to hold a plane")
        outside = inside + outwards
        for _ in range(12):
            middle = 0.5 * (inside + outside)
            inside, outside = (middle, outside) if hit(middle) else (inside, middle)
        ends.append(inside)
    return ends[0], ends[1]


def check_hits(shape: Shape, normal: Sequence[float] | FloatArray, planes: Sequence[Plane]) -> None:
    """Refuse planes that miss a volume.

    Parameters
    ----------
    shape
        The volume, in the particle's frame.
    normal
        (3,) of any length, the same frame.
    planes
        Heights in Å along it.

    Raises
    ------
    InputError
        Naming the heights that hit.
    """
    if not planes:
        return
    low, high = extent(shape, normal)
    for plane in planes:
        if not low < plane.height < high:
            raise _missed(plane, low, high)


def check_sides(stacked: Stack, positions: FloatArray, side: IntArray) -> None:
    """Refuse planes that have no atom of the finished particle on one side of them.

    Parameters
    ----------
    stacked
        The planes as they came to lie.
    positions
        (N, 3) the particle's atoms in its own frame, Å.
    side
        (N,) how many planes lie below each.

    Raises
    ------
    InputError
        Naming the heights that hit.
    """
    if not stacked.planes:
        return
    present = np.unique(side)
    heights = heights_of(stacked.normal, positions) if len(positions) else np.zeros(1)
    for number, plane in enumerate(stacked.planes):
        if not (bool(np.any(present <= number)) and bool(np.any(present > number))):
            raise _missed(plane, float(np.min(heights)), float(np.max(heights)))


def _missed(plane: Plane, low: float, high: float) -> InputError:
    return InputError(
        "height",
        f"this {plane.kind} plane misses the particle",
        value=round(plane.height, 3),
        allowed=f"between {low:.3f} and {high:.3f} Å from the particle's centre along the normal",
    )


def _check(plane: Plane) -> None:
    every = (*KINDS, *BOUNDARIES)
    if plane.kind not in every:
        raise InputError(
            "kind",
            "no such defect",
            value=plane.kind,
            allowed=", ".join(every),
            remedy=nearest(plane.kind, every),
        )
    if not bool(np.all(np.isfinite(np.array([plane.height, plane.angle, plane.gap, *plane.shift])))):
        raise InputError("height", "height, angle, gap and shift must be finite numbers", value=plane.height)


def _counts(target: float, repeat: float) -> tuple[int, ...]:
    """The whole numbers of repeats next to a target."""
    lower = int(np.floor(target / repeat))
    return lower, lower + 1


def _boundary_height(crystal: Crystal, hkl: tuple[int, int, int], target: float) -> tuple[float, float]:
    """The middle of the wide gap nearest a height, and the distance between such gaps, Å."""
    layers = layers_of(crystal, hkl)
    wide = layers.gaps[np.greater(layers.widths, 0.5 * float(np.max(layers.widths)))].tolist()
    heights = [gap + count * layers.repeat for gap in wide for count in _counts(target - gap, layers.repeat)]
    return min(heights, key=lambda height: (abs(height - (target - 1e-6)), height)), layers.repeat / len(wide)


def _turned(crystal: Crystal, motion: Motion, plane: Plane, normal: FloatArray, height: float) -> Motion:
    """What a tilt or twist boundary does to the grain above it."""
    axis = normal
    if plane.kind == "tilt":
        if plane.axis is None or not any(plane.axis):
            raise InputError(
                "axis", "a tilt boundary turns about a lattice direction in its plane", value=plane.axis
            )
        axis = motion.turn(crystal.direction(plane.axis)[np.newaxis])[0]
        if not inside_plane(normal, axis):
            raise InputError(
                "axis",
                "does not lie in the plane of the boundary",
                value=plane.axis,
                remedy="choose [uvw] with h·u + k·v + l·w = 0",
            )
    centre = np.multiply(height, normal)
    apart = np.add(np.asarray(plane.shift, dtype=np.float64), np.multiply(plane.gap, normal))
    return Motion.translation(apart).after(Motion.about_axis(axis, plane.angle).about(centre))


def _strained(crystal: Crystal, motion: Motion) -> Crystal:
    return Crystal(crystal.name, motion.turn(crystal.cell), crystal.numbers, crystal.fractional)


def _normal_to_z(normal: FloatArray) -> Motion:
    """A rotation that turns a unit vector onto +z: a half turn about the line between the two."""
    between = np.add(normal, [0.0, 0.0, 1.0])
    if float(np.max(np.abs(between))) < 1e-6:
        between = np.array([1.0, 0.0, 0.0])
    return Motion.about_axis(between, 180.0)
