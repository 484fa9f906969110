"""Scans probe by probe: every probe goes through the slices by itself.

Slower than the plane waves of ``gram`` for whole images and faster for few probes; the two share the loop
over slices and agree to the rounding of single precision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import never
from sim.core.types import FloatArray
from sim.physics.stem.detectors import Layout
from sim.physics.stem.gram import BATCH, no_report
from sim.physics.stem.probe import Beams
from sim.physics.stem.waves import Cancel, SliceSeries, exit_spectra

#: Name → diffraction patterns, (planes, probes, rows, columns) float32.
Patterns = dict[str, NDArray[np.float32]]


def probe_signals(
    slices: SliceSeries,
    waves: Beams,
    places: tuple[FloatArray, FloatArray],
    detectors: Layout,
    planes: Sequence[int],
    workers: int = 1,
    cancel: Cancel = never,
    progress: Callable[[float], None] = no_report,
) -> tuple[FloatArray, Patterns]:
    """Signals of probes.

    Parameters
    ----------
    slices
        The specimen.
    waves
        The probe's plane waves.
    places
        Fractional rows and fractional columns of the probes, (probes,) each.
    detectors
        On the frequencies of the cell.
    planes
        Numbers of slices after which detectors stand, ascending.
    workers
        Threads; the result does not depend on it.

    Returns
    -------
    (planes, probes, signals) float64, and the patterns of pixelated detectors: fractions of the beam.
    """
    count = len(places[0])
    signals = np.zeros((len(planes), count, detectors.signals))
    patterns: Patterns = {
        name: np.empty((len(planes), count, *camera.pixels.shape[:2]), dtype=np.float32)
        for name, camera in detectors.cameras.items()
    }
    stored = len(slices.rows)
    rows, columns = np.mod(waves.row_numbers, stored), np.mod(waves.column_numbers, slices.cell.columns)

    def run(start: int) -> None:
        which = slice(start, min(start + BATCH, count))
        coefficients = waves.coefficients(places[0][which], places[1][which], slices.cell)
        spectra = np.zeros((len(coefficients), stored, slices.cell.columns), dtype=np.complex64)
        spectra[:, rows, columns] = coefficients
        for plane, behind in exit_spectra(slices, spectra, planes, 0, cancel):
            power = (np.square(behind.real) + np.square(behind.imag)).reshape(len(behind), -1)
            for group in detectors.groups:
                caught = np.sum(power[:, group.pixels], axis=1, dtype=np.float64)
                for signal in group.signals:
                    signals[plane, which, signal] += caught
            for name, camera in detectors.cameras.items():
                patterns[name][plane, which] = np.sum(power[:, camera.pixels], axis=-1)
        progress(which.stop / count)

    starts = range(0, count, BATCH)
    if workers == 1:
        for start in starts:
            run(start)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(run, starts))
    return signals, patterns
