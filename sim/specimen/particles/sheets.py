"""Layers of two-dimensional materials over a rectangular box: stacked, twisted, rippled.

Tier A.  The crystal of a single layer has a and b in the plane and c as the distance of layers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.core.errors import InputError, never
from sim.core.types import FloatArray, IntArray
from sim.numerics.detmath import sincos_degrees
from sim.specimen.atoms import Atoms
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.particles.closing import cells, closing
from sim.specimen.particles.ripples import Ripple, closing_ripple, wave

Stacking = Literal["AA", "AB", "ABC", "2H"]
#: Atoms of a sheet at most.
MOST_ATOMS = 5_000_000
#: Fractional coordinates closer than this are the same site of a layer.
_SAME_SITE = 1e-3


@dataclass(frozen=True)
class LayerFit:
    """How a layer was changed so that it closes over the box.

    Attributes
    ----------
    strain
        Largest relative change of a length in the plane; 0 for open edges.
    turn
        Angle of the layer, degrees counter-clockwise, as built.
    """

    strain: float
    turn: float


@dataclass(frozen=True, eq=False)
class Sheet:
    """Layers as built.

    Attributes
    ----------
    atoms
        ``grain`` is the number of the layer, 0 at the bottom.
    layers
        What was done to each layer.
    ripple
        The ripple as built (its wave fits the box where that is periodic), or None.
    """

    atoms: Atoms
    layers: tuple[LayerFit, ...]
    ripple: Ripple | None


def sheet(
    crystal: Crystal,
    width: float,
    height: float,
    *,
    layers: int = 1,
    stacking: Stacking = "AA",
    twist: float | Sequence[float] = 0.0,
    in_plane: float = 0.0,
    ripple: Ripple | None = None,
    periodic: bool = False,
    most_strain: float = 0.03,
    most_turn: float = 2.0,
    most: int = MOST_ATOMS,
    cancel: Callable[[], None] = never,
) -> Sheet:
    """Layers over a box centred on x = y = 0, the lowest atom at z = 0.

    Parameters
    ----------
    crystal
        One layer: a, b in the plane, c along z the distance of layers.
    width, height
        Box along x and y, Å; atoms have −width/2 ≤ x < width/2, and likewise y.
    layers
        Number of layers.
    stacking
        "AA": all alike.  "AB": every other layer shifted by a third of the long diagonal (Bernal), "ABC":
        each by one more.  "2H": every other layer turned by 180° about a hollow site, as in bulk MoS2 (2H)
        and hBN (AA').
    twist
        Turn of each layer against the one below, degrees; or the turn of every layer against the lowest.
    in_plane
        Angle of a to x in the lowest layer, degrees counter-clockwise.
    ripple
        A wave out of the plane.
    periodic
        The layers go on beyond the box: each is turned and strained a little so that it closes.
    most_strain
        Largest strain that may be used for it.
    most_turn
        Largest additional turn that may be used for it, degrees.
    most
        Atoms at most.
    cancel
        Called now and then.

    Raises
    ------
    InputError
        When the sheet cannot be built as asked.
    """
    _check(crystal, width, height, layers, most_strain)
    turns = _turns(layers, twist, in_plane)
    ripple = closing_ripple(ripple, width, height, periodic)
    expected = layers * width * height * len(crystal.numbers) / _area(crystal)
    if expected > most:
        raise InputError(
            "layers",
            f"the sheet would have about {expected:,.0f} atoms",
            allowed=f"up to {most:,}",
            remedy="use a smaller box or fewer layers",
        )
    heights = _unwrapped_heights(crystal)
    spacing = abs(float(crystal.cell[2, 2]))
    parts, fits = [], []
    for layer, turn in enumerate(turns):
        cancel()
        flat = _stacked(crystal, stacking, layer)
        plane = _rotated(crystal.cell[:2, :2], turn)
        if periodic:
            numbers, x, y, z, fit = _closed(crystal, flat, heights, plane, (width, height), turn)
            if fit.strain > most_strain:
                raise InputError(
                    "periodic",
                    f"{crystal.name} at {turn:g}° closes over {width:g} × {height:g} Å only with a strain of "
                    f"{100.0 * fit.strain:.2f} %",
                    allowed=f"up to {100.0 * most_strain:g} %",
                    remedy="change the box or the angle, or use open edges",
                )
            if abs(fit.turn - turn) > most_turn:
                raise InputError(
                    "periodic",
                    f"{crystal.name} closes over {width:g} × {height:g} Å at {fit.turn:.2f}°, not {turn:g}°",
                    allowed=f"up to {most_turn:g}° beside",
                    remedy="change the box or the angle, or use open edges",
                )
        else:
            numbers, x, y, z = _cut(crystal, flat, heights, plane, (width, height), cancel)
            fit = LayerFit(0.0, turn)
        lifted = np.add(z, spacing * layer)
        if ripple is not None:
            lifted = np.add(lifted, wave(ripple, x, y))
        parts.append(Atoms.of(numbers, np.stack([x, y, lifted], axis=1), grain=layer))
        fits.append(fit)
    atoms = Atoms.joined(parts)
    if not len(atoms):
        raise InputError("width", "the box holds no atom of the sheet", value=[width, height])
    lowest = float(np.min(atoms.positions[:, 2]))
    atoms.positions[:, 2] = np.subtract(atoms.positions[:, 2], lowest)
    return Sheet(atoms, tuple(fits), ripple)


def _check(crystal: Crystal, width: float, height: float, layers: int, most_strain: float) -> None:
    for name, value in (("width", width), ("height", height)):
        if not 0.0 < value < math.inf:
            raise InputError(name, "is no usable length", value=value, allowed="above 0, in Å")
    if layers < 1:
        raise InputError("layers", "a sheet has at least one layer", value=layers, allowed="1 or more")
    if not 0.0 <= most_strain <= 0.2:
        raise InputError("most_strain", "is out of range", value=most_strain, allowed="0 to 0.2")
    cell = crystal.cell
    if float(np.max(np.abs([cell[0, 2], cell[1, 2], cell[2, 0], cell[2, 1]]))) > 1e-9:
        raise InputError(
            "crystal",
            "is no layer: a and b have to lie in the plane and c along z",
            value=crystal.name,
        )


def _turns(layers: int, twist: float | Sequence[float], in_plane: float) -> list[float]:
    """Angle of every layer, degrees."""
    if isinstance(twist, (int, float)):
        turns = [in_plane + layer * float(twist) for layer in range(layers)]
    else:
        if len(twist) != layers:
            raise InputError("twist", f"has {len(twist)} angles for {layers} layers", value=list(twist))
        turns = [in_plane + float(angle) for angle in twist]
    if not all(math.isfinite(turn) for turn in turns):
        raise InputError("twist", "is no angle", value=twist)
    return turns


def _area(crystal: Crystal) -> float:
    cell = crystal.cell
    return abs(float(cell[0, 0]) * float(cell[1, 1]) - float(cell[0, 1]) * float(cell[1, 0]))


def _rotated(plane: FloatArray, degrees: float) -> FloatArray:
    """The two cell vectors (rows) turned counter-clockwise, a along x for 0°."""
    sine, cosine = (float(part) for part in sincos_degrees(degrees))
    a_x, a_y = float(plane[0, 0]), float(plane[0, 1])
    size = math.sqrt(a_x * a_x + a_y * a_y)
    c, s = a_x / size, -a_y / size
    cosine, sine = cosine * c - sine * s, sine * c + cosine * s
    rows = [
        [float(x) * cosine - float(y) * sine, float(x) * sine + float(y) * cosine] for x, y in plane.tolist()
    ]
    return np.array(rows)


def _unwrapped_heights(crystal: Crystal) -> FloatArray:
    """Heights of the basis over its lowest atom, Å, the layer in one piece."""
    share = np.subtract(crystal.fractional[:, 2], np.floor(crystal.fractional[:, 2]))
    order = np.argsort(share, kind="stable")
    ordered = share[order]
    gaps = np.subtract(np.concatenate([ordered[1:], [float(ordered[0]) + 1.0]]), ordered)
    # The widest empty stretch is the gap between layers; what follows it is the bottom.
    bottom = float(ordered[(int(np.argmax(gaps)) + 1) % len(ordered)])
    over = np.subtract(share, bottom)
    over = np.subtract(over, np.floor(over))
    return np.asarray(np.multiply(over, abs(float(crystal.cell[2, 2]))))


def _stacked(crystal: Crystal, stacking: Stacking, layer: int) -> FloatArray:
    """Fractional in-plane coordinates of the basis in a layer, (B, 2)."""
    flat = crystal.fractional[:, :2]
    if stacking == "AA":
        return flat
    if stacking not in ("AB", "ABC", "2H"):
        raise InputError("stacking", "is unknown", value=stacking, allowed="AA, AB, ABC, 2H")
    third = _third(crystal)
    if stacking == "2H":
        if layer % 2 == 0:
            return flat
        # A half turn about a point h takes p to 2h − p.
        return np.subtract(np.multiply(2.0, _hollow(crystal, third)), flat)
    steps = layer % 2 if stacking == "AB" else layer % 3
    return np.add(flat, np.multiply(float(steps), third))


def _third(crystal: Crystal) -> FloatArray:
    """The step between the three sites of a hexagonal layer, in fractions of a and b, (2,)."""
    (a_x, a_y), (b_x, b_y) = crystal.cell[:2, :2].tolist()
    a_a, b_b, a_b = a_x * a_x + a_y * a_y, b_x * b_x + b_y * b_y, a_x * b_x + a_y * b_y
    if abs(a_a - b_b) > 1e-6 * a_a or abs(abs(a_b) - 0.5 * a_a) > 1e-6 * a_a:
        raise InputError(
            "stacking", "only hexagonal layers can be stacked so", value=crystal.name, remedy="use AA"
        )
    return np.array([1.0, 2.0] if a_b < 0.0 else [1.0, 1.0]) / 3.0


def _hollow(crystal: Crystal, third: FloatArray) -> FloatArray:
    """The one of the three sites over which a layer has no atom, in fractions of a and b, (2,)."""
    flat = crystal.fractional[:, :2]
    for step in range(3):
        site = np.add(flat[0], np.multiply(float(step), third))
        away = np.subtract(flat, site)
        away = np.abs(np.subtract(away, np.floor(np.add(away, 0.5))))
        if not bool(np.any(np.all(np.less(away, _SAME_SITE), axis=1))):
            return np.asarray(site)
    raise InputError("stacking", "the layer has no hollow site", value=crystal.name, remedy="use AA or AB")


def _cut(
    crystal: Crystal,
    flat: FloatArray,
    heights: FloatArray,
    plane: FloatArray,
    box: tuple[float, float],
    cancel: Callable[[], None],
) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """A layer with open edges: every atom inside the box; a lattice point is in its middle."""
    half_x, half_y = 0.5 * box[0], 0.5 * box[1]
    (a_x, a_y), (b_x, b_y) = plane.tolist()
    across = a_x * b_y - a_y * b_x
    reach_i = (abs(b_y) * half_x + abs(b_x) * half_y) / abs(across)
    span_i = math.ceil(reach_i) + math.ceil(float(np.max(np.abs(flat)))) + 1
    # For every row i of cells only those j that can lie in the box.
    i = np.arange(-span_i, span_i + 1).astype(np.float64)
    numbers, xs, ys, zs = [], [], [], []
    for kind, (u, v) in enumerate(flat.tolist()):
        cancel()
        x0 = np.multiply(np.add(i, u), a_x)
        y0 = np.multiply(np.add(i, u), a_y)
        low, high = np.full(len(i), -math.inf), np.full(len(i), math.inf)
        for start, step, half in ((x0, b_x, half_x), (y0, b_y, half_y)):
            if abs(step) > 1e-9:
                one = np.divide(np.subtract(-half, start), step)
                two = np.divide(np.subtract(half, start), step)
                low, high = np.fmax(low, np.fmin(one, two)), np.fmin(high, np.fmax(one, two))
        # One more on either side: the comparison below decides.
        first = np.subtract(np.floor(np.subtract(low, v)), 1.0)
        last = np.add(np.floor(np.subtract(high, v)), 2.0)
        count = np.fmax(np.add(np.subtract(last, first), 1.0), 0.0).astype(np.int64)
        row = np.repeat(np.arange(len(i)), count)
        ends = np.cumsum(count, dtype=np.int64)
        inside = np.subtract(np.arange(int(ends[-1])), np.repeat(np.subtract(ends, count), count))
        j = np.add(np.add(first[row], inside.astype(np.float64)), v)
        x = np.add(x0[row], np.multiply(j, b_x))
        y = np.add(y0[row], np.multiply(j, b_y))
        within = np.logical_and(
            np.logical_and(np.greater_equal(x, -half_x), np.less(x, half_x)),
            np.logical_and(np.greater_equal(y, -half_y), np.less(y, half_y)),
        )
        x, y = x[within], y[within]
        numbers.append(np.full(len(x), crystal.numbers[kind], dtype=np.int64))
        xs.append(x)
        ys.append(y)
        zs.append(np.full(len(x), heights[kind]))
    return np.concatenate(numbers), np.concatenate(xs), np.concatenate(ys), np.concatenate(zs)


def _closed(
    crystal: Crystal,
    flat: FloatArray,
    heights: FloatArray,
    plane: FloatArray,
    box: tuple[float, float],
    turn: float,
) -> tuple[IntArray, FloatArray, FloatArray, FloatArray, LayerFit]:
    """A layer that closes over the box, with exactly the atoms of its cells."""
    fit = closing(plane, box)
    along, up = cells(fit)
    (a_x, a_y), (b_x, b_y) = fit.plane.tolist()
    columns = []
    for size, (a, b), corner in ((box[0], (a_x, b_x), along), (box[1], (a_y, b_y), up)):
        offset = np.add(np.multiply(flat[:, 0], a), np.multiply(flat[:, 1], b))
        place = np.add(np.multiply(corner, size)[np.newaxis, :], offset[:, np.newaxis]).reshape(-1)
        turns = np.floor(np.add(np.divide(place, size), 0.5))
        place = np.subtract(place, np.multiply(turns, size))
        # Rounding may leave a point on the upper edge, which belongs to the other side, or below the lower.
        place = np.where(np.greater_equal(place, 0.5 * size), np.subtract(place, size), place)
        columns.append(np.fmax(place, -0.5 * size))
    count = len(along)
    return (
        np.repeat(crystal.numbers, count).astype(np.int64),
        columns[0],
        columns[1],
        np.repeat(heights, count),
        LayerFit(fit.strain, turn + fit.turn),
    )
