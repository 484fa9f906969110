"""Pictures of the diffraction plane and what is drawn over them: circles, rings, sectors.  No Qt.

Lengths are spatial frequencies in Å⁻¹; pictures have row 0 at the highest k_y, as images at the highest y.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.gui.optics.microscope import DetectorShape, Microscope
from app.gui.optics.probe_shape import PhaseMap
from app.gui.optics.transfer_curves import TransferMap, place
from sim.core.errors import InputError, never
from sim.core.types import FloatArray

Pixels = NDArray[np.uint8]
Style = Literal["aperture", "limit", "detector", "beyond"]

#: Colours around the circle for phases: −π and π are the same (anchors dark blue, red, light, green).
_PHASE_ANCHORS = "2b2f77 8c3b7a d0574f f2c879 f4f4e6 8fc5a8 3a8fa3 2f5c93 2b2f77"
#: Grounds of maps go a little beyond what they show.
AROUND = 1.15
#: Of a diffraction pattern, decades below white that are shown at most.
DECADES = 5.0


@dataclass(frozen=True)
class Mark:
    """Something drawn over the diffraction plane.

    Attributes
    ----------
    outer
        Radius, or half the side of a square, Å⁻¹.
    label
        Its words.
    style
        What it means.
    inner
        Radius of the hole, Å⁻¹.
    segments, rotation
        As in :class:`~app.gui.optics.microscope.DetectorShape`.
    square
        A square instead of a circle.
    number
        Tells detectors apart by colour.
    """

    outer: float
    label: str
    style: Style
    inner: float = 0.0
    segments: int = 0
    rotation: float = 0.0
    square: bool = False
    number: int = 0


@dataclass(frozen=True, eq=False)
class Plane:
    """A picture of the diffraction plane.

    Attributes
    ----------
    reach
        Half the side of what is shown at first, Å⁻¹.
    wavelength
        Å, for angles.
    pixels
        (rows, columns) greys or (rows, columns, 3) colours; None for an empty plane.
    left, right, bottom, top
        Frequencies of the picture's outer edges, Å⁻¹.
    values
        (rows, columns) what is read under the mouse.
    quantity
        What they are, with ``{}`` for the number.
    marks
        What is drawn over it.
    """

    reach: float
    wavelength: float
    pixels: Pixels | None = None
    left: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    top: float = 0.0
    values: NDArray[Any] | None = None
    quantity: str = "{:.3g}"
    marks: tuple[Mark, ...] = ()


def read_plane(plane: Plane, kx: float, ky: float) -> str:
    """What there is at a frequency, in words."""
    k = math.hypot(kx, ky)
    words = place(k, plane.wavelength)
    if k > 1e-9:
        direction = math.degrees(math.atan2(ky, kx))
        words = f"{place(k, plane.wavelength)} · {direction:.0f}°"
    if plane.values is not None and plane.left <= kx < plane.right and plane.bottom <= ky < plane.top:
        rows, columns = plane.values.shape
        column = min(int((kx - plane.left) / (plane.right - plane.left) * columns), columns - 1)
        row = min(int((plane.top - ky) / (plane.top - plane.bottom) * rows), rows - 1)
        words += " · " + plane.quantity.format(float(plane.values[row, column]))
    return words.replace("-", "−")


def aperture_mark(microscope: Microscope) -> tuple[Mark, ...]:
    """The objective aperture or the disc of the probe; none where there is no aperture."""
    if not microscope.aperture:
        return ()
    name = "aperture" if microscope.kind == "hrtem" else "convergence"
    return (Mark(microscope.aperture, f"{name} {microscope.semiangle:g} mrad", "aperture"),)


def transfer_plane(found: TransferMap, microscope: Microscope) -> Plane:
    """The map of sin χ: black −1, grey 0, white 1."""
    reach = float(found.k[-1])
    edge = reach + 0.5 * float(found.k[1] - found.k[0])
    grey = np.clip(np.floor(found.values * 127.5 + 128.0), 0.0, 255.0).astype(np.uint8)
    marks = aperture_mark(microscope)
    if found.nyquist < reach:
        marks += (Mark(found.nyquist, "Nyquist", "limit", square=True),)
    return Plane(
        reach, microscope.wavelength, grey, -edge, edge, -edge, edge, found.values, "transfer {:+.3f}", marks
    )


def phase_plane(found: PhaseMap, microscope: Microscope) -> Plane:
    """χ over the aperture, in colours that go round with the phase."""
    edge = float(found.k[-1]) + 0.5 * float(found.k[1] - found.k[0])
    outside = np.hypot(found.k[np.newaxis, :], found.k[::-1, np.newaxis]) > found.aperture
    pixels = phase_colours(found.values)
    # Beyond the aperture nothing gets through: paler, but still there.
    pixels[outside] = pixels[outside] // 3 + 85
    marks = aperture_mark(microscope)
    if found.flat < found.aperture:
        marks += (Mark(found.flat, f"|χ| ≤ π/4: {microscope.angle(found.flat):.1f} mrad", "limit"),)
    return Plane(
        edge, microscope.wavelength, pixels, -edge, edge, -edge, edge, found.values, "χ = {:.2f} rad", marks
    )


def phase_facts(found: PhaseMap, microscope: Microscope) -> str:
    """How far the phase is flat, in words."""
    if found.flat >= found.aperture:
        return f"The phase is flat, |χ| ≤ π/4, over the whole aperture of {microscope.semiangle:g} mrad."
    return (
        f"The phase is flat, |χ| ≤ π/4, up to {microscope.angle(found.flat):.1f} mrad of the "
        f"{microscope.semiangle:g} mrad of the aperture."
    )


def phase_colours(phase: FloatArray) -> Pixels:
    """Colours of phases in radians, the same for phases 2π apart; (…, 3)."""
    anchors = np.array([list(bytes.fromhex(word)) for word in _PHASE_ANCHORS.split()], dtype=np.float64)
    places = np.linspace(0.0, 256.0, len(anchors))
    table = np.stack([np.interp(np.arange(256.0), places, anchors[:, channel]) for channel in range(3)], 1)
    index = np.floor((phase + math.pi) * (128.0 / math.pi)).astype(np.int64) & 255
    chosen: Pixels = np.rint(table).astype(np.uint8)[index]
    return chosen


# --- detectors -------------------------------------------------------------------------------


def detector_plane(microscope: Microscope) -> Plane:
    """The detectors over an empty plane, with the convergence disc and the band limit of the wave."""
    limit = microscope.band_limit
    marks = []
    for number, detector in enumerate(microscope.detectors):
        marks.append(
            Mark(
                microscope.frequency(detector.outer),
                f"{detector.name} {_angles(detector)}",
                "beyond" if is_beyond(detector, microscope) else "detector",
                microscope.frequency(detector.inner),
                detector.segments,
                detector.rotation,
                detector.square,
                number,
            )
        )
    marks += aperture_mark(microscope)
    if limit:
        marks.append(Mark(limit, f"band limit {microscope.angle(limit):.0f} mrad", "limit"))
    farthest = max(mark.outer * (math.sqrt(2.0) if mark.square else 1.0) for mark in marks)
    return Plane(AROUND * farthest, microscope.wavelength, marks=tuple(marks))


def is_beyond(detector: DetectorShape, microscope: Microscope) -> bool:
    """Whether a detector reaches beyond the band limit of the wave."""
    limit = microscope.angle(microscope.band_limit)
    return bool(microscope.band_limit) and detector.farthest > limit * (1.0 + 1e-9)


def detector_warnings(microscope: Microscope) -> tuple[str, ...]:
    """A sentence for each detector that reaches beyond the band limit."""
    limit = microscope.angle(microscope.band_limit)
    said = []
    for detector in microscope.detectors:
        if is_beyond(detector, microscope):
            corner = ", its corners at √2 of that," if detector.square else ""
            # Rounded down: what is advised must be enough.
            needed = math.floor(1e4 / (3.0 * microscope.frequency(detector.farthest))) / 1e4
            largest = math.floor(limit / (detector.farthest / detector.outer))
            said.append(
                f"{detector.name} reaches to {detector.outer:g} mrad{corner} beyond the band limit of "
                f"{limit:.0f} mrad: take a wave sampling of at most {needed:g} Å/px, or an outer angle of at "
                f"most {largest:g} mrad."
            )
    return tuple(said)


def _angles(detector: DetectorShape) -> str:
    if detector.square:
        return f"±{detector.outer:g} mrad"
    return f"{detector.inner:g}–{detector.outer:g} mrad" if detector.inner else f"0–{detector.outer:g} mrad"


# --- diffraction patterns --------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Pattern:
    """A diffraction pattern as it was handed over.

    Attributes
    ----------
    array
        (rows, columns) intensities, or a complex wave's Fourier coefficients.
    kx, ky
        (columns,) and (rows,) their frequencies, Å⁻¹, evenly spaced, in any order.
    """

    array: NDArray[Any]
    kx: FloatArray
    ky: FloatArray


@dataclass(frozen=True, eq=False)
class DrawnPattern:
    """A pattern for the screen: greys and intensities, row 0 at the highest k_y, column 0 the lowest k_x."""

    pixels: Pixels
    intensity: FloatArray
    kx: FloatArray
    ky: FloatArray
    nothing: bool = False


def checked_pattern(array: ArrayLike, kx: ArrayLike, ky: ArrayLike) -> Pattern:
    """A pattern whose sizes agree.

    Raises
    ------
    InputError
        If they do not.
    """
    values = np.asarray(array)
    columns, rows = np.asarray(kx, dtype=np.float64).ravel(), np.asarray(ky, dtype=np.float64).ravel()
    if values.shape != (len(rows), len(columns)) or min(values.shape, default=0) < 2:
        raise InputError(
            "pattern",
            "does not have one row for every k_y and one column for every k_x",
            value=values.shape,
            allowed=f"({len(rows)}, {len(columns)}) here",
        )
    return Pattern(values, columns, rows)


def drawn_pattern(pattern: Pattern, cancel: Callable[[], None] = never) -> DrawnPattern:
    """Sort by frequency and take the logarithm."""
    across, down = np.argsort(pattern.kx), np.argsort(-pattern.ky)
    array = pattern.array
    if np.iscomplexobj(array):
        array = np.square(array.real) + np.square(array.imag)
    cancel()
    intensity = np.asarray(array, dtype=np.float64)[np.ix_(down, across)]
    kx, ky = pattern.kx[across], pattern.ky[down]
    positive = intensity[intensity > 0.0]
    if not positive.size:
        return DrawnPattern(np.zeros(intensity.shape, np.uint8), intensity, kx, ky, nothing=True)
    # The beam that went straight through outshines all others: it is white whatever the others are.
    aside = np.where(_straight_through(kx, ky), 0.0, intensity)
    highest = math.log10(float(aside.max()) or float(positive.max()))
    low = max(highest - DECADES, math.log10(float(np.percentile(positive, 1.0))) - 0.01)
    cancel()
    logarithm = np.log10(np.maximum(intensity, 10.0**low))
    pixels = np.floor((np.minimum(logarithm, highest) - low) * (255.0 / (highest - low)) + 0.5)
    return DrawnPattern(pixels.astype(np.uint8), intensity, kx, ky)


def _straight_through(kx: FloatArray, ky: FloatArray) -> NDArray[np.bool_]:
    """(rows, columns) whether a frequency is zero or next to it."""
    near_x = np.abs(kx) < 1.5 * abs(float(kx[1] - kx[0]))
    near_y = np.abs(ky) < 1.5 * abs(float(ky[1] - ky[0]))
    near: NDArray[np.bool_] = near_y[:, np.newaxis] & near_x
    return near


def pattern_plane(drawn: DrawnPattern, microscope: Microscope) -> Plane:
    """A prepared pattern with the aperture over it."""
    half_x, half_y = 0.5 * (drawn.kx[1] - drawn.kx[0]), 0.5 * (drawn.ky[0] - drawn.ky[1])
    edges = (
        float(drawn.kx[0] - half_x), float(drawn.kx[-1] + half_x),
        float(drawn.ky[-1] - half_y), float(drawn.ky[0] + half_y),
    )  # fmt: skip
    reach = max(abs(edge) for edge in edges)
    return Plane(
        reach,
        microscope.wavelength,
        drawn.pixels,
        *edges,
        drawn.intensity,
        "intensity {:.3g}",
        aperture_mark(microscope),
    )
