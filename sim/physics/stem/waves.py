"""Waves on their way through the slices, many at once, kept as spectra inside the band limit.

Between two slices a wave has no frequency beyond two thirds of Nyquist.  Only the rows of its spectrum that
can differ from zero are stored and transformed, which saves a sixth of the work and changes no value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sim.core.errors import InputError, never
from sim.core.types import IntArray
from sim.physics.electrons import wavelength
from sim.physics.multislice.cell import Cell
from sim.physics.multislice.propagation import Propagator

ComplexArray = NDArray[np.complex64]
Cancel = Callable[[], None]


def compact_rows(cell: Cell) -> IntArray:
    """Rows of a spectrum that lie inside the band limit, in the order of the transform: 0, 1, … −2, −1."""
    reach = min(int(np.floor(cell.k_max * cell.height)), (cell.rows - 1) // 2)
    return np.concatenate([np.arange(reach + 1), np.arange(cell.rows - reach, cell.rows)])


@dataclass(frozen=True, eq=False)
class SliceSeries:
    """The specimen as waves meet it: one transmission function a slice, and the way to the next.

    Attributes
    ----------
    cell
        Points and slices.
    voltage
        kV.
    transmissions
        One complex64 (rows, columns) array a slice, None where there is no atom.
    tilt
        Along x and y, mrad, as :class:`sim.physics.multislice.engine.Multislice` takes it.
    """

    cell: Cell
    voltage: float
    transmissions: Sequence[ComplexArray | None]
    tilt: tuple[float, float] = (0.0, 0.0)
    _powers: dict[int, ComplexArray] = field(default_factory=dict, repr=False)

    @cached_property
    def rows(self) -> IntArray:
        """Indices of the stored rows of spectra."""
        return compact_rows(self.cell)

    @cached_property
    def first(self) -> int:
        """Number of empty slices before the first atom."""
        filled = [number for number, each in enumerate(self.transmissions) if each is not None]
        return filled[0] if filled else len(self.transmissions)

    @cached_property
    def _propagator(self) -> NDArray[np.complex128]:
        # Powers of it stand for runs of empty slices: double precision before they are rounded.
        flight = Propagator(self.cell, wavelength(self.voltage), self.tilt, "double")
        return np.asarray(flight.array[self.rows], dtype=np.complex128)

    def propagator(self, steps: int) -> ComplexArray:
        """Propagator over so many slices with their band limits, on the stored rows, complex64."""
        if steps not in self._powers:
            self._powers[steps] = (self._propagator**steps).astype(np.complex64)
        return self._powers[steps]

    def beam_phases(self, rows: IntArray, columns: IntArray, steps: int) -> NDArray[np.complex128]:
        """What plane waves with these indices of stored rows and columns gather over empty slices."""
        return np.asarray(self._propagator[rows, columns] ** steps)


def exit_spectra(
    series: SliceSeries,
    spectra: ComplexArray,
    planes: Sequence[int],
    begin: int = 0,
    cancel: Cancel = never,
) -> Iterator[tuple[int, ComplexArray]]:
    """Send waves through the slices.

    Parameters
    ----------
    series
        The slices.
    spectra
        (waves, stored rows, columns) complex64: Fourier coefficients whose absolute squares add up to the
        electrons of a wave.  Overwritten.
    planes
        Numbers of slices, ascending, after which spectra are wanted.
    begin
        Slices that ``spectra`` have been transmitted through already, without the propagation after the last
        of them; 0 for waves at the entrance.
    cancel
        Called at every slice; raises to stop.

    Yields
    ------
    (index into ``planes``, spectra there); use them before the next is taken.
    """
    pending = 1 if begin else 0
    wanted = {plane: index for index, plane in enumerate(planes)}
    for number in range(max(begin - 1, 0), planes[-1]):
        transmission = series.transmissions[number]
        if number >= begin:
            if transmission is not None:
                cancel()
                spectra = _through(series, spectra, transmission, pending)
                pending = 0
            pending += 1
        if number + 1 in wanted:
            yield wanted[number + 1], np.multiply(spectra, series.propagator(pending))


def _through(
    series: SliceSeries, spectra: ComplexArray, transmission: ComplexArray, pending: int
) -> ComplexArray:
    """Propagate to a slice, transmit, and transform back."""
    if pending:
        spectra *= series.propagator(pending)
    half = len(series.rows) // 2 + 1
    short = scipy.fft.ifft(spectra, axis=-1, norm="forward", overwrite_x=True, workers=1)
    wave = np.zeros((len(spectra), *series.cell.shape), dtype=np.complex64)
    wave[:, :half] = short[:, :half]
    wave[:, len(wave[0]) - half + 1 :] = short[:, half:]
    wave = scipy.fft.ifft(wave, axis=-2, norm="forward", overwrite_x=True, workers=1)
    wave *= transmission
    wave = scipy.fft.fft(wave, axis=-2, norm="forward", overwrite_x=True, workers=1)
    short[:, :half] = wave[:, :half]
    short[:, half:] = wave[:, len(wave[0]) - half + 1 :]
    result: ComplexArray = scipy.fft.fft(short, axis=-1, norm="forward", overwrite_x=True, workers=1)
    return result


def exit_planes(slices: int, planes: Sequence[int] | None) -> tuple[int, ...]:
    """Slice counts of the exit planes, checked; the last surface where none are given."""
    if planes is None:
        return (slices,)
    wanted = tuple(int(plane) for plane in planes)
    if not wanted or list(wanted) != sorted(set(wanted)) or wanted[0] < 1 or wanted[-1] > slices:
        raise InputError(
            "planes",
            "exit planes are numbers of slices in ascending order",
            value=list(planes),
            allowed=f"1 to {slices}",
        )
    return wanted
