"""Images of a scanned probe: from atoms and a scan to one array a detector."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError, never
from sim.core.types import FloatArray, IntArray
from sim.physics.multislice.cell import Cell
from sim.physics.multislice.engine import Multislice
from sim.physics.multislice.phonons import displaced
from sim.physics.scattering.factors import Parametrisation
from sim.physics.stem.detectors import Camera, Detector, Layout, layout
from sim.physics.stem.direct import probe_signals
from sim.physics.stem.gram import PlaneWaves, gram_spectra, held_beams, no_report, patterns, sending_work
from sim.physics.stem.probe import Beams, ProbeOptics, beams
from sim.physics.stem.products import RATE
from sim.physics.stem.spectrum import (
    evaluate,
    grid_points,
    grid_size,
    source_factor,
    spectrum_of,
)
from sim.physics.stem.waves import Cancel, SliceSeries, exit_planes

Method = Literal["auto", "gram", "direct"]

#: Bytes that outgoing plane waves may take before they are computed in several rounds.
MEMORY = 1_000_000_000


@dataclass(frozen=True)
class Cost:
    """What a scan takes by either method, in transforms' floating-point operations."""

    gram: float
    direct: float

    @property
    def cheaper(self) -> Literal["gram", "direct"]:
        """The method to take."""
        return "gram" if self.gram <= self.direct else "direct"


def cost(
    cell: Cell,
    waves: Beams,
    detectors: Layout,
    points: int,
    *,
    planes: int = 1,
    slices: int | None = None,
    source_size: float = 0.0,
    memory: int = MEMORY,
) -> Cost:
    """Estimate the work of one configuration of phonons.

    Parameters
    ----------
    points
        Probes of the scan.
    planes
        Exit planes.
    slices
        Slices that hold atoms; all of the cell's by default.
    source_size, memory
        As in :func:`stem_images`.

    Notes
    -----
    Both send waves through the slices, one a plane wave under the aperture or one a probe; of probes never
    more than the image has frequencies.  Plane waves cost a matrix product besides, and are sent again for
    every block that does not fit into ``memory``.
    """
    wave = sending_work(cell, cell.slices if slices is None else slices)
    count, ring = len(waves), sum(len(group.pixels) for group in detectors.groups)
    picture = sum(camera.pixels.size for camera in detectors.cameras.values())
    nyquist = math.prod(grid_size(waves.reach))
    probes = nyquist if source_size > 0 else min(points, nyquist)
    blocks = math.ceil(count / held_beams(count, ring, planes, memory)) if ring else 1
    product = 4.0 * count * count * ring + 8.0 * count * probes * picture
    gram = wave * count * 0.5 * (blocks + 1) + planes * product / RATE
    if 8 * count * picture * planes > memory:
        gram = math.inf
    return Cost(gram, wave * probes)


def stem_images(
    positions: FloatArray,
    numbers: IntArray,
    rms: FloatArray | None,
    cell: Cell,
    optics: ProbeOptics,
    detectors: Sequence[Detector],
    x: FloatArray,
    y: FloatArray,
    *,
    method: Method = "auto",
    seed: int = 0,
    configurations: int = 1,
    planes: Sequence[int] | None = None,
    tilt: tuple[float, float] = (0.0, 0.0),
    parametrisation: Parametrisation = "lobato",
    b_factors: Mapping[int, float] | None = None,
    memory: int = MEMORY,
    workers: int = 1,
    cancel: Cancel = never,
    progress: Callable[[float], None] = no_report,
    ids: IntArray | None = None,
) -> dict[str, NDArray[Any]]:
    """Scan a probe over atoms.

    Parameters
    ----------
    positions, numbers
        (N, 3) Å and (N,) atomic numbers.
    rms
        (N,) root mean square displacement of frozen phonons along each axis, Å; None: atoms at rest.
    cell
        The periodic box in which waves are computed.
    optics
        The probe; defocus 0 lies on the cell's entrance surface.
    detectors
        Any number; one pass serves all.
    x, y
        Columns' x and rows' y of the scan, Å, any spacing; rows of an image descend in y.
    method
        ``gram``: plane waves, exact for any scan.  ``direct``: probe by probe.  ``auto``: the cheaper, see
        :func:`cost`.
    seed, configurations
        Of the frozen phonons; signals are averaged over configurations.
    planes
        Numbers of slices after which detectors stand (a thickness series), ascending; None: the last only.
    tilt, parametrisation, b_factors
        As for :class:`sim.physics.multislice.engine.Multislice`.
    memory
        Bytes that outgoing plane waves may take.
    workers
        Threads; the result does not depend on it.
    cancel, progress
        Stop by raising; share of the work that is done, told every few waves, from the threads.
    ids
        As for :func:`sim.physics.multislice.phonons.displaced`.

    Returns
    -------
    Name → fraction of the beam: float64 (rows, columns) of a ring, (rows, columns, segments) of sectors,
    float32 (rows, columns, k_y descending, k_x ascending) of a camera.  With ``planes``, one more axis in
    front.

    Raises
    ------
    InputError
        Before work begins, for an aperture or detector that the cell cannot hold and everything else that
        cannot be.

    Notes
    -----
    A scan finer than Nyquist's step, λ/(4α), carries no more information: ``direct`` then scans the whole
    cell at that step and interpolates exactly.  A source of finite size is treated exactly in the same way.
    """
    job = _Scan(cell, optics, detectors, x, y, planes)
    if configurations < 1:
        raise InputError(
            "phonons.configurations", "at least one is needed", value=configurations, allowed="1 or more"
        )
    engine = Multislice(
        cell,
        optics.voltage,
        numbers,
        accuracy="haadf",
        tilt=tilt,
        parametrisation=parametrisation,
        b_factors=b_factors,
    )
    chosen = job.method(method, memory)
    still = rms is None or not np.any(rms)
    rounds = 1 if still else configurations
    for number in range(rounds):
        here = positions if still or rms is None else displaced(positions, rms, seed, number, ids)
        slices = SliceSeries(cell, optics.voltage, tuple(engine.transmissions(here, numbers, cancel)), tilt)
        begin = number

        def report(share: float, begin: int = begin) -> None:
            progress((begin + share) / rounds)

        if chosen == "gram":
            job.add_gram(slices, memory, workers, cancel, report)
        else:
            job.add_direct(slices, workers, cancel, report)
        progress((number + 1) / rounds)
    return job.images(rounds)


class _Scan:
    """One scan while its configurations are added up."""

    def __init__(
        self,
        cell: Cell,
        optics: ProbeOptics,
        detectors: Sequence[Detector],
        x: FloatArray,
        y: FloatArray,
        planes: Sequence[int] | None,
    ) -> None:
        self.cell, self.optics = cell, optics
        self.x, self.y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if self.x.ndim != 1 or self.y.ndim != 1 or not self.x.size or not self.y.size:
            raise InputError("scan", "needs one x for every column and one y for every row")
        self.waves = beams(cell, optics)
        self.layout = layout(detectors, cell, optics.voltage)
        self.series = planes is not None
        self.planes = exit_planes(cell.slices, planes)
        self.shape = grid_size(self.waves.reach)
        # The probes that are computed: those of the scan, or fewer on a grid over the whole cell.
        self.on_grid = optics.source_size > 0 or self.x.size * self.y.size > math.prod(self.shape)
        self.spectra: NDArray[np.complex128] | None = None
        self.signals: FloatArray | None = None
        self.pictures: dict[str, NDArray[np.float32]] = {}

    @property
    def probes(self) -> int:
        """Number of probes that are computed."""
        return math.prod(self.shape) if self.on_grid else self.x.size * self.y.size

    def method(self, wanted: Method, memory: int) -> Literal["gram", "direct"]:
        """The method to use."""
        expense = cost(
            self.cell,
            self.waves,
            self.layout,
            self.x.size * self.y.size,
            planes=len(self.planes),
            source_size=self.optics.source_size,
            memory=memory,
        )
        if wanted == "gram" and math.isinf(expense.gram):
            raise InputError(
                "stem.method",
                "the plane waves on the pixelated detectors need more memory than is allowed",
                value=wanted,
                allowed=f"{memory / 1e9:.3g} GB",
                remedy="go probe by probe (method multislice), or take smaller angles or fewer exit planes",
            )
        return expense.cheaper if wanted == "auto" else wanted

    def places(self) -> tuple[FloatArray, FloatArray]:
        """Fractional rows and columns of the probes that are computed, row by row of the scan."""
        x, y = grid_points(self.shape, self.cell) if self.on_grid else (self.x, self.y)
        rows, columns = np.meshgrid(self.cell.rows_of(y), self.cell.columns_of(x), indexing="ij")
        return rows.ravel(), columns.ravel()

    def add_gram(
        self, slices: SliceSeries, memory: int, workers: int, cancel: Cancel, report: Callable[[float], None]
    ) -> None:
        """One configuration by plane waves."""
        sent = PlaneWaves(slices, self.waves, self.planes, workers)
        cameras = self.layout.cameras
        pixels = [camera.pixels.ravel() for camera in cameras.values()]
        picture = sum(len(each) for each in pixels)
        patterned = 8.0 * self.probes * picture * len(self.planes) / RATE
        sending = sending_work(self.cell, sum(each is not None for each in slices.transmissions))
        first = sending / (sending + patterned) if cameras else 1.0
        spectra, kept = gram_spectra(
            sent,
            self.layout.groups,
            self.layout.signals,
            memory,
            pixels,
            cancel,
            lambda share: report(first * share),
        )
        self.spectra = spectra if self.spectra is None else self.spectra + spectra
        if not cameras:
            return
        coefficients = self.waves.coefficients(*self.places(), self.cell)
        done, whole = 0, picture * len(self.planes) * len(coefficients)
        for plane, outgoing in enumerate(kept):
            for (name, camera), spectrum in zip(cameras.items(), outgoing, strict=True):
                images = self._picture(name, camera)
                for which, found in patterns(coefficients, spectrum, cancel=cancel):
                    images[plane, which] += np.sum(found.reshape(len(found), *camera.pixels.shape), axis=-1)
                    done += found.size
                    report(first + (1.0 - first) * done / whole)

    def _picture(self, name: str, camera: Camera) -> NDArray[np.float32]:
        if name not in self.pictures:
            self.pictures[name] = np.zeros(
                (len(self.planes), self.probes, *camera.pixels.shape[:2]), dtype=np.float32
            )
        return self.pictures[name]

    def add_direct(
        self, slices: SliceSeries, workers: int, cancel: Cancel, report: Callable[[float], None]
    ) -> None:
        """One configuration probe by probe."""
        signals, found = probe_signals(
            slices, self.waves, self.places(), self.layout, self.planes, workers, cancel, report
        )
        self.signals = signals if self.signals is None else self.signals + signals
        for name, picture in found.items():
            self._picture(name, self.layout.cameras[name])
            self.pictures[name] += picture

    def images(self, rounds: int) -> dict[str, NDArray[Any]]:
        """The mean of all configurations on the points of the scan."""
        values = self._signal_images() / rounds
        result: dict[str, NDArray[Any]] = {}
        for name, (first, count) in self.layout.places.items():
            image = (
                values[:, first] if count is None else np.moveaxis(values[:, first : first + count], 1, -1)
            )
            result[name] = np.ascontiguousarray(image)
        for name, picture in self.pictures.items():
            result[name] = self._camera_images(picture) / np.float32(rounds)
        return result if self.series else {name: image[0] for name, image in result.items()}

    def _signal_images(self) -> FloatArray:
        """(planes, signals, rows, columns), sums over configurations."""
        if self.signals is not None and not self.on_grid:
            shape = (len(self.planes), self.y.size, self.x.size, self.layout.signals)
            return np.moveaxis(self.signals.reshape(shape), -1, 1)
        spectra = self.spectra
        if self.signals is not None:
            grid = self.signals.reshape(len(self.planes), *self.shape, self.layout.signals)
            spectra = spectrum_of(np.moveaxis(grid, -1, 1))
        assert spectra is not None
        return self._evaluated(spectra)

    def _evaluated(self, spectra: NDArray[np.complex128]) -> FloatArray:
        factor = source_factor(self.shape, self.cell, self.optics.source_size)
        return evaluate(spectra * factor, self.cell, self.x, self.y)

    def _camera_images(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """(planes, rows, columns, k_y, k_x)."""
        pixels = picture.shape[2:]
        if not self.on_grid:
            return picture.reshape(len(self.planes), self.y.size, self.x.size, *pixels)
        grid = picture.reshape(len(self.planes), *self.shape, *pixels)
        result = np.empty((len(self.planes), self.y.size, self.x.size, *pixels), dtype=np.float32)
        for row in range(pixels[0]):  # a row of the camera at a time bounds the memory
            spectra = spectrum_of(np.moveaxis(grid[:, :, :, row], -1, 1))
            result[:, :, :, row] = np.moveaxis(self._evaluated(spectra), 1, -1)
        return result
