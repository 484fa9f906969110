"""Detectors in the diffraction plane, as the image is oriented: angles turn from +x towards +y.

An angle belongs to a detector if inner ≤ angle < outer.  What a cell cannot hold is refused, not left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError
from sim.core.types import BoolArray, FloatArray, IntArray
from sim.physics.electrons import wavelength
from sim.physics.multislice.cell import Cell
from sim.physics.stem.waves import compact_rows


@dataclass(frozen=True)
class Annular:
    """A ring, or a disc where ``inner`` is 0.

    Attributes
    ----------
    name
        Of its image.
    inner, outer
        Scattering angles, mrad.
    """

    name: str
    inner: float
    outer: float


@dataclass(frozen=True)
class Segmented:
    """A ring cut into equal sectors, one image each.

    Attributes
    ----------
    name
        Of its images.
    inner, outer
        Scattering angles, mrad.
    segments
        Number of sectors.
    rotation
        Azimuth at which sector 0 begins, degrees from +x towards +y (anticlockwise in the image); sectors
        follow anticlockwise.
    """

    name: str
    inner: float
    outer: float
    segments: int = 4
    rotation: float = 0.0


@dataclass(frozen=True)
class Pixelated:
    """A square camera: one diffraction pattern a probe.

    Attributes
    ----------
    name
        Of its patterns.
    outer
        Angle of the nearest edge, mrad; the corners lie at √2 of it.
    binning
        Odd number of frequencies of the cell along each axis that make one pixel, so that the beam's middle
        is a pixel's middle.
    """

    name: str
    outer: float
    binning: int = 1

    def pixels(self, cell: Cell, voltage: float) -> tuple[int, int]:
        """Numbers of pixels along y and x, both odd."""
        reach = self.outer * 1e-3 / wavelength(voltage)
        counts = []
        for length in (cell.height, cell.width):
            steps = math.floor(reach * length + 1e-9)
            counts.append(2 * max(0, (steps - self.binning // 2) // self.binning) + 1)
        return counts[0], counts[1]

    def angles(self, cell: Cell, voltage: float) -> tuple[FloatArray, FloatArray]:
        """Angles of the pixels' middles along y, descending, and x, ascending, mrad."""
        rows, columns = self.pixels(cell, voltage)
        scale = 1e3 * wavelength(voltage) * self.binning
        y, x = (np.arange(count) - np.float64(count // 2) for count in (rows, columns))
        return -scale / cell.height * y, scale / cell.width * x


Detector = Annular | Segmented | Pixelated


def check_detectors(detectors: Sequence[Detector], cell: Cell, voltage: float) -> None:
    """Refuse detectors that cannot be.

    Raises
    ------
    InputError
        Two of one name, angles in the wrong order or beyond the band limit of the cell; the largest angle and
        the sampling that would be needed are named.
    """
    names = [detector.name for detector in detectors]
    if not names:
        raise InputError("detectors", "a scan needs at least one detector")
    for name in names:
        if names.count(name) > 1:
            raise InputError("detectors", "two detectors have one name", value=name)
    largest = 1e3 * cell.k_max * wavelength(voltage)
    for detector in detectors:
        where = f"detectors.{detector.name}"
        inner = 0.0 if isinstance(detector, Pixelated) else detector.inner
        if not 0.0 <= inner < detector.outer:
            raise InputError(
                f"{where}.inner" if inner else f"{where}.outer",
                "angles have to grow from inner to outer and cannot be negative",
                value=inner if inner else detector.outer,
            )
        corner = math.sqrt(2.0) if isinstance(detector, Pixelated) else 1.0
        if detector.outer * corner > largest * (1 + 1e-9):
            step = max(cell.row_step, cell.column_step) * largest / (detector.outer * corner)
            digits = math.floor(largest / corner * 100) / 100
            raise InputError(
                f"{where}.outer",
                "electrons at this angle are beyond the band limit of the computation"
                + (" (the camera's corners lie at √2 of it)" if corner > 1.0 else ""),
                value=detector.outer,
                allowed=f"up to {digits:.2f} mrad",
                remedy=f"take a sampling of {math.floor(step * 1e4) / 1e4:.4f} Å or finer",
            )
        if isinstance(detector, Segmented) and detector.segments < 1:
            raise InputError(f"{where}.segments", "has to be at least 1", value=detector.segments)
        if isinstance(detector, Pixelated) and (detector.binning < 1 or detector.binning % 2 == 0):
            raise InputError(
                f"{where}.binning",
                "has to be odd, so that a pixel lies around the axis",
                value=detector.binning,
            )


@dataclass(frozen=True, eq=False)
class Group:
    """Frequencies that the same signals count.

    Attributes
    ----------
    pixels
        (n,) flat indices into a stored spectrum.
    signals
        Numbers of the signals that count them.
    """

    pixels: IntArray
    signals: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Camera:
    """Where the pixels of a pixelated detector lie in a stored spectrum.

    Attributes
    ----------
    pixels
        (rows, columns, binning²) flat indices.
    """

    pixels: IntArray


@dataclass(frozen=True, eq=False)
class Layout:
    """All detectors on the frequencies of a cell.

    Attributes
    ----------
    signals
        Number of signals: one an annular detector, one a segment.
    places
        Detector name → (number of its first signal, how many, or None for one image).
    groups
        Disjoint sets of frequencies.
    cameras
        Name → camera of a pixelated detector.
    """

    signals: int
    places: dict[str, tuple[int, int | None]]
    groups: tuple[Group, ...]
    cameras: dict[str, Camera]


def sectors(detector: Segmented, kx: FloatArray, ky: FloatArray) -> IntArray:
    """Number of the sector that each frequency lies in (any shapes that broadcast)."""
    azimuth = np.rad2deg(np.arctan2(ky, kx)) - detector.rotation
    # A multiple of the sector that rounding puts a hair below belongs to the sector that begins there.
    turns = np.floor(azimuth * detector.segments / 360.0 + 1e-9)
    return np.asarray(np.mod(turns, detector.segments), dtype=np.int64)


def layout(detectors: Sequence[Detector], cell: Cell, voltage: float) -> Layout:
    """Put detectors onto the frequencies of a cell.

    Raises
    ------
    InputError
        See :func:`check_detectors`; also a detector so small that it catches no frequency of the cell.
    """
    check_detectors(detectors, cell, voltage)
    rows = compact_rows(cell)
    kx, ky = np.broadcast_arrays(cell.kx[np.newaxis, :], cell.ky[rows, np.newaxis])
    angle = 1e3 * wavelength(voltage) * np.sqrt(kx**2 + ky**2)
    places: dict[str, tuple[int, int | None]] = {}
    masks: list[BoolArray] = []
    cameras: dict[str, Camera] = {}
    for detector in detectors:
        if isinstance(detector, Pixelated):
            cameras[detector.name] = _camera(detector, cell, voltage)
            continue
        ring = (
            (angle >= detector.inner)
            & (angle < detector.outer)
            & (angle <= 1e3 * wavelength(voltage) * cell.k_max)
        )
        parts = [ring]
        if isinstance(detector, Segmented):
            which = sectors(detector, kx, ky)
            parts = [ring & (which == number) for number in range(detector.segments)]
        places[detector.name] = (len(masks), len(parts) if isinstance(detector, Segmented) else None)
        if not all(bool(part.any()) for part in parts):
            step = 1e3 * wavelength(voltage) / max(cell.width, cell.height)
            raise InputError(
                f"detectors.{detector.name}",
                f"catches no frequency of the cell, which lie {step:.3g} mrad apart",
                remedy="take a wider ring or a larger field",
            )
        masks += parts
    return Layout(len(masks), places, _groups(masks), cameras)


def _groups(masks: list[BoolArray]) -> tuple[Group, ...]:
    """Disjoint sets of frequencies that the same signals count, in the order of these signals as digits."""
    if not masks:
        return ()
    # Sets are numbered mask by mask, which is much faster than sorting rows of truth values.
    number = np.zeros(masks[0].size, dtype=np.int64)
    for mask in masks:
        _, number = np.unique(2 * number + mask.ravel(), return_inverse=True)
    first = np.unique(number, return_index=True)[1]
    groups = []
    for place, example in enumerate(first.tolist()):
        signals = tuple(signal for signal, mask in enumerate(masks) if mask.ravel()[example])
        if signals:
            groups.append(Group(np.flatnonzero(number == place), signals))
    return tuple(groups)


def _camera(detector: Pixelated, cell: Cell, voltage: float) -> Camera:
    shape = detector.pixels(cell, voltage)
    kept = compact_rows(cell)
    axes: list[NDArray[np.int64]] = []
    for count in shape:
        middles = detector.binning * (np.arange(count) - count // 2)
        axes.append(middles[:, np.newaxis] + np.arange(detector.binning) - detector.binning // 2)
    # Rows of a transform run with −k_y: index −h is the highest k_y, so the first row of the picture.
    row = np.mod(axes[0], len(kept))
    column = np.mod(axes[1], cell.columns)
    pixels = row[:, np.newaxis, :, np.newaxis] * cell.columns + column[np.newaxis, :, np.newaxis, :]
    return Camera(pixels.reshape(*shape, -1))
