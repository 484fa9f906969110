"""Whole scans from the plane waves under the aperture, exactly.

Every plane wave b of the probe goes through the specimen once; S_b(k) is what leaves.  A probe is a sum of
plane waves with phases that depend on its place, so a detector's signal is a quadratic form of these phases:

    I(p) = Σ_k∈detector |Σ_b c_b S_b(k)|² = Σ_bb' conj(c_b) c_b' G_bb'
    c_b = a_b exp(−2πi q_b·p),  G_bb' = Σ_k∈detector conj(S_b(k)) S_b'(k)

G is one matrix product, and pairs with the same q_b − q_b' add up to one Fourier coefficient of the image.
This is the plane-wave (PRISM) form of Ophus, Advanced Structural and Chemical Imaging 3, 13 (2017),
equation 12, without its interpolation, and with the sum over the detector done before the sum over probes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sim.core.errors import never
from sim.core.types import IntArray
from sim.physics.multislice.cell import Cell
from sim.physics.stem.detectors import Group
from sim.physics.stem.probe import Beams
from sim.physics.stem.products import RATE, gram, product
from sim.physics.stem.spectrum import Spectrum, grid_size
from sim.physics.stem.waves import Cancel, ComplexArray, SliceSeries, exit_spectra

#: Waves that travel together: more spill out of the processor's caches.
BATCH = 2
#: Waves whose products with those held in memory are made together.
_AT_ONCE = 64


def no_report(_: float) -> None:
    """Stands in for ``progress`` where nobody looks."""


class PlaneWaves:
    """Plane waves of a probe, sent through the slices.

    Parameters
    ----------
    slices
        The specimen.
    waves
        The probe's plane waves; their amplitudes play no part here.
    planes
        Numbers of slices after which spectra are wanted, ascending.
    workers
        Threads.  The result does not depend on it: every wave is computed by itself.
    """

    def __init__(self, slices: SliceSeries, waves: Beams, planes: Sequence[int], workers: int = 1) -> None:
        self.slices, self.waves, self.planes, self.workers = slices, waves, planes, workers
        stored = len(slices.rows)
        self._rows = np.mod(waves.row_numbers, stored)
        self._columns = np.mod(waves.column_numbers, slices.cell.columns)
        self._doubled: ComplexArray | None = None
        if slices.first < planes[0]:
            # Transmitting a plane wave shifts the spectrum of the first transmission function: no transform.
            transmission = np.asarray(slices.transmissions[slices.first], dtype=np.complex64)
            spectrum = scipy.fft.fft2(transmission, norm="forward", workers=1)
            self._doubled = np.concatenate([spectrum, spectrum], axis=1)

    def outgoing(
        self,
        first: int,
        last: int,
        wanted: Sequence[IntArray],
        cancel: Cancel = never,
        sent: Callable[[int], None] | None = None,
    ) -> list[list[ComplexArray]]:
        """Spectra of beams ``first`` to ``last``.

        Parameters
        ----------
        wanted
            Sets of flat indices into stored spectra.
        sent
            Told how many more beams have gone through, from the threads.

        Returns
        -------
        For every plane and set, (beams, indices) complex64.
        """
        count = last - first
        found = [
            [np.empty((count, len(pixels)), dtype=np.complex64) for pixels in wanted] for _ in self.planes
        ]

        def run(begin: int) -> None:
            end = min(begin + BATCH, last)
            for plane, spectra in self._sent(begin, end, cancel):
                flat = spectra.reshape(end - begin, -1)
                for target, pixels in zip(found[plane], wanted, strict=True):
                    np.take(flat, pixels, axis=1, out=target[begin - first : end - first])
            if sent is not None:
                sent(end - begin)

        starts = range(first, last, BATCH)
        if self.workers == 1:
            for start in starts:
                run(start)
        else:
            with ThreadPoolExecutor(self.workers) as pool:
                list(pool.map(run, starts))
        return found

    def _sent(self, begin: int, end: int, cancel: Cancel) -> Iterator[tuple[int, ComplexArray]]:
        slices = self.slices
        spectra = np.zeros((end - begin, len(slices.rows), slices.cell.columns), dtype=np.complex64)
        if self._doubled is None:
            spectra[np.arange(end - begin), self._rows[begin:end], self._columns[begin:end]] = 1.0
            return exit_spectra(slices, spectra, self.planes, 0, cancel)
        phases = slices.beam_phases(self._rows[begin:end], self._columns[begin:end], slices.first)
        for place, beam in enumerate(range(begin, end)):
            rows = np.mod(slices.rows - self.waves.row_numbers[beam], slices.cell.rows)
            start = slices.cell.columns - self._columns[beam]
            window = self._doubled[:, start : start + slices.cell.columns]
            np.multiply(window[rows], np.complex64(phases[place]), out=spectra[place])
        return exit_spectra(slices, spectra, self.planes, slices.first + 1, cancel)


class _Work:
    """Adds up what is done, from any thread, and tells the share.

    Parameters
    ----------
    beam, pair
        Work of sending a beam, and of the products of a pair of beams on all planes.
    whole
        All the work.
    """

    def __init__(self, beam: float, pair: float, whole: float, progress: Callable[[float], None]) -> None:
        self.pair = pair
        self._beam, self._whole, self._progress = beam, max(whole, 1.0), progress
        self._done, self._lock = 0.0, Lock()

    def sent(self, beams: int) -> None:
        """Beams have gone through."""
        self.add(beams * self._beam)

    def add(self, work: float) -> None:
        """Some work is done."""
        with self._lock:
            self._done += work
            self._progress(min(self._done / self._whole, 1.0))


def sending_work(cell: Cell, slices: int) -> float:
    """Work of sending one wave through so many slices, in floating-point operations of transforms."""
    size = cell.rows * cell.columns
    return 10.0 * size * math.log2(size) * slices


def held_beams(beams: int, pixels: int, planes: int, memory: int) -> int:
    """How many beams' outgoing waves fit into ``memory`` bytes at once; the rest are sent again for each
    block."""
    return max(1, min(beams, memory // max(1, 8 * pixels * planes)))


def gram_spectra(
    plane_waves: PlaneWaves,
    groups: Sequence[Group],
    signals: int,
    memory: int,
    cameras: Sequence[IntArray] = (),
    cancel: Cancel = never,
    progress: Callable[[float], None] = no_report,
) -> tuple[Spectrum, list[list[ComplexArray]]]:
    """Fourier coefficients of the images of all signals.

    Parameters
    ----------
    plane_waves
        Of the probe.
    groups
        Disjoint sets of frequencies and the signals that count them.
    signals
        Number of signals.
    memory
        Bytes that outgoing waves may take.
    cameras
        Sets of flat indices for which the outgoing waves themselves are wanted.
    progress
        Called with the share of the work that is done, every few beams, from the threads.

    Returns
    -------
    (planes, signals, rows, columns) complex128, centred; and for every plane and camera the outgoing waves,
    (beams, indices) complex64.
    """
    waves, planes = plane_waves.waves, len(plane_waves.planes)
    shape = grid_size(waves.reach)
    result = np.zeros((planes, signals, *shape), dtype=np.complex128)
    wanted = [group.pixels for group in groups]
    ring = sum(len(pixels) for pixels in wanted)
    block = held_beams(len(waves), ring, planes, memory)
    rounds = range(0, len(waves), block)
    filled = sum(each is not None for each in plane_waves.slices.transmissions)
    beam, pair = sending_work(plane_waves.slices.cell, filled), 8.0 * ring * planes / RATE
    whole = sum(len(waves) - first for first in rounds) * beam + 0.5 * len(waves) ** 2 * pair
    work = _Work(beam, pair, whole, progress)

    def add(begin: int, later: int, held: list[list[ComplexArray]], others: list[list[ComplexArray]]) -> None:
        for plane, which, matrix in _products(held, others, work, cancel):
            folded = _folded(matrix, waves, begin, later)
            for signal in groups[which].signals:
                result[plane, signal] += folded

    kept: list[list[list[ComplexArray]]] = []
    for first in rounds:
        last = min(first + block, len(waves))
        found = plane_waves.outgoing(first, last, [*wanted, *cameras], cancel, work.sent)
        held = [sets[: len(wanted)] for sets in found]
        kept.append([sets[len(wanted) :] for sets in found])
        add(first, first, held, held)
        for later in range(last, len(waves), _AT_ONCE):
            sent = plane_waves.outgoing(later, min(later + _AT_ONCE, len(waves)), wanted, cancel, work.sent)
            add(first, later, held, sent)
    # Of every pair of beams only one order was counted, twice; the image's real part is the same.
    result = 0.5 * (result + np.conj(result[..., ::-1, ::-1]))
    joined = [
        [np.concatenate([part[plane][which] for part in kept]) for which in range(len(cameras))]
        for plane in range(planes)
    ]
    return result, joined


def _products(
    held: list[list[ComplexArray]], others: list[list[ComplexArray]], work: _Work, cancel: Cancel
) -> Iterator[tuple[int, int, ComplexArray]]:
    """conj(S) Sᵀ for every plane and group; of a set with itself only the upper triangle."""
    pixels = sum(one.shape[1] for one in held[0])
    for plane, (ours, theirs) in enumerate(zip(held, others, strict=True)):
        for which, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            same = one is other
            pairs = len(one) * len(other) * (0.5 if same else 1.0)
            size = pairs * work.pair * one.shape[1] / (pixels * len(held))

            def tell(share: float, size: float = size) -> None:
                cancel()
                work.add(share * size)

            yield plane, which, gram(one, tell) if same else product(np.conj(one), other.T, tell)


def _folded(matrix: ComplexArray, waves: Beams, begin: int, later: int) -> Spectrum:
    """Add up pairs of beams with the same difference of frequencies."""
    row_reach, column_reach = waves.reach
    shape = grid_size(waves.reach)
    result = np.zeros(shape, dtype=np.complex128)
    flipped = np.zeros((2 * row_reach + 1, 2 * column_reach + 1), dtype=np.complex128)
    others = slice(later, later + matrix.shape[1])
    places = (row_reach - waves.row_numbers[others], column_reach - waves.column_numbers[others])
    amplitudes = waves.amplitudes[others]
    for number, line in enumerate(matrix):
        beam = begin + number
        values = amplitudes * line * (2.0 * np.conj(waves.amplitudes[beam]))
        if later == begin:
            values[:number] = 0.0
            values[number] *= 0.5
        flipped[places] = values
        row = int(waves.row_numbers[beam]) + row_reach
        column = int(waves.column_numbers[beam]) + column_reach
        result[row : row + len(flipped), column : column + flipped.shape[1]] += flipped
    return result


def patterns(
    coefficients: NDArray[np.complex128], outgoing: ComplexArray, batch: int = 64, cancel: Cancel = never
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Diffraction patterns of probes from outgoing plane waves.

    Parameters
    ----------
    coefficients
        (probes, beams).
    outgoing
        (beams, pixels).

    Yields
    ------
    (which probes, (probes, pixels) float32).
    """
    narrow = partial(np.asarray, dtype=np.complex64)
    for start in range(0, len(coefficients), batch):
        cancel()
        which = slice(start, min(start + batch, len(coefficients)))
        wave = product(narrow(coefficients[which]), outgoing)
        yield which, np.square(wave.real) + np.square(wave.imag)
