"""The multislice engine: atoms and a wave in, waves behind chosen slices out.

    ψ ← F⁻¹ [P · F [exp(iσV) ψ]]   in every slice, from the entrance (largest z) downwards

Tier B: the same bits in every run on one machine type, whatever else runs beside it; every exit wave is
computed by one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from sim.core.errors import InputError, never
from sim.core.types import FloatArray, IntArray
from sim.physics.electrons import interaction_constant, wavelength
from sim.physics.multislice import kernels, kernels_numpy
from sim.physics.multislice.cell import Cell
from sim.physics.multislice.propagation import ComplexArray, Precision, Propagator
from sim.physics.multislice.sources import Accuracy, Placed, Potential, potential_source, whole
from sim.physics.scattering.factors import Parametrisation

#: Atoms this much above the entrance or below the exit (thermal motion) count to the outermost slices, Å.
_BEYOND = 1.5
#: Rows of the grid whose atoms are worked on from left to right.
_BAND_ROWS = 32


@dataclass(frozen=True, eq=False)
class SlicedAtoms:
    """Atoms of a cell sorted by slice and, there, by place.

    Attributes
    ----------
    rows, columns
        (N,) fractional row and column, inside the grid.
    species
        (N,) index into the engine's elements.
    bounds
        (slices + 1,): slice s holds atoms bounds[s] to bounds[s + 1].
    """

    rows: FloatArray
    columns: FloatArray
    species: IntArray
    bounds: IntArray

    def of(self, number: int) -> slice:
        """The atoms of a slice."""
        return slice(int(self.bounds[number]), int(self.bounds[number + 1]))


class Multislice:
    """Multislice through atoms in one cell.

    Parameters
    ----------
    cell
        Points and slices.
    voltage
        kV.
    numbers
        Atomic numbers that will occur.
    parametrisation
        Of the scattering factors.
    accuracy
        ``hrtem``: potentials as sharp as the grid allows, for exit waves.  ``haadf``: potentials limited to
        the band of the waves, so that the power scattered to high angles does not depend on where an atom
        lies in its pixel.
    tilt
        (t_x, t_y), mrad, at most a few degrees: the wave behind a free slice of thickness Δz is displaced
        by −(t_x, t_y)Δz against the untilted one.  It is the tilt of Kirkland's book; abTEM's beam tilt is
        minus this.  The wave is divided by the tilted plane wave: its zero frequency is the incident beam.
    b_factors
        Debye–Waller factors B by atomic number, Å², that smear atoms at rest; none with frozen phonons.
    precision
        ``double``: complex128 and exact potentials, slow, for small cells.

    Raises
    ------
    InputError
        Unknown elements, voltages, tilts.
    """

    def __init__(
        self,
        cell: Cell,
        voltage: float,
        numbers: Iterable[int],
        *,
        parametrisation: Parametrisation = "lobato",
        accuracy: Accuracy = "hrtem",
        tilt: tuple[float, float] = (0.0, 0.0),
        b_factors: Mapping[int, float] | None = None,
        precision: Precision = "single",
    ) -> None:
        if max(abs(tilt[0]), abs(tilt[1])) > 100.0:
            raise InputError("tilt", "larger than the theory allows", value=list(tilt), allowed="±100 mrad")
        self.cell = cell
        self.voltage = voltage
        self.wavelength = wavelength(voltage)
        self.sigma = interaction_constant(voltage)
        self.numbers = tuple(sorted({int(number) for number in numbers}))
        self.precision = precision
        self.accuracy = accuracy
        self.propagator = Propagator(cell, self.wavelength, tilt, precision)
        self.dtype = self.propagator.dtype
        module = kernels.compiled()
        self._transmit = kernels_numpy.transmit
        if module is not None and precision == "single":
            self._transmit = module.transmit
        self._source = potential_source(cell, self.numbers, accuracy, precision, parametrisation, b_factors)

    def sliced(self, positions: FloatArray, numbers: IntArray) -> SlicedAtoms:
        """Atoms sorted by slice and put onto the grid.

        Parameters
        ----------
        positions
            (N, 3) Å.
        numbers
            (N,) atomic numbers, all among the engine's.

        Raises
        ------
        InputError
            Atoms above the entrance or below the exit, elements that the engine was not made for.
        """
        cell = self.cell
        positions, numbers = np.asarray(positions, dtype=np.float64), np.asarray(numbers)
        known = np.array(self.numbers, dtype=np.int64)
        foreign = np.setdiff1d(numbers, known)
        if foreign.size:
            raise InputError("numbers", "the engine was not made for this element", value=int(foreign[0]))
        columns, rows = cell.columns_of(positions[:, 0]), cell.rows_of(positions[:, 1])
        depth = cell.entrance - positions[:, 2]
        if not np.all(np.isfinite(positions)):
            raise InputError("positions", "an atom's position is no number")
        if np.any(depth < -_BEYOND) or np.any(depth > cell.depth + _BEYOND):
            raise InputError(
                "specimen",
                f"atoms lie at z from {np.min(positions[:, 2]):.4g} to {np.max(positions[:, 2]):.4g} Å, "
                "outside the cell",
                allowed=f"{cell.exit:.4g} to {cell.entrance:.4g} Å",
                remedy="make the cell thicker",
            )
        index = np.clip(np.floor(depth / cell.slice_thickness + 1e-9), 0, cell.slices - 1).astype(np.int64)
        # Neighbours in bands of rows one after the other: their stamps meet in the processor's cache.
        bands = cell.rows // _BAND_ROWS + 1
        band = index * bands + np.mod(np.floor(rows).astype(np.int64), cell.rows) // _BAND_ROWS
        along = np.mod(np.floor(columns).astype(np.int64), cell.columns)
        chosen = np.argsort(band * cell.columns + along, kind="stable")
        if not cell.periodic:
            held = (
                (columns > -0.5) & (columns < cell.columns - 0.5) & (rows > -0.5) & (rows < cell.rows - 0.5)
            )
            chosen = chosen[held[chosen]]
        bounds = np.searchsorted(index[chosen], np.arange(cell.slices + 1))
        species = np.searchsorted(known, numbers[chosen]).astype(np.int64)
        return SlicedAtoms(
            _wrapped(rows[chosen], cell.rows),
            _wrapped(columns[chosen], cell.columns),
            species,
            bounds.astype(np.int64),
        )

    def potentials(
        self, positions: FloatArray, numbers: IntArray, cancel: Callable[[], None] = never
    ) -> Iterator[Potential | None]:
        """Projected potential of every slice from the entrance, V Å; None where a slice is empty.

        Each array is valid until the next one is asked for.
        """
        rows, columns = self.cell.shape
        for placed in self._placed(positions, numbers, cancel):
            if placed is None:
                yield None
            else:
                yield placed.values[placed.top : placed.top + rows, placed.left : placed.left + columns]

    def _placed(
        self, positions: FloatArray, numbers: IntArray, cancel: Callable[[], None]
    ) -> Iterator[Placed | None]:
        atoms = self.sliced(positions, numbers)
        source = self._source()
        for number in range(self.cell.slices):
            cancel()
            here = atoms.of(number)
            if here.start == here.stop:
                yield None
            else:
                yield source(atoms.rows[here], atoms.columns[here], atoms.species[here])

    def transmission(self, potential: Potential) -> ComplexArray:
        """exp(iσV) of a potential, a new array of the engine's precision."""
        values: ComplexArray = np.ones(self.cell.shape, dtype=self.dtype)
        self._transmit(values, np.ascontiguousarray(potential), 0, 0, self.sigma)
        return values

    def transmissions(
        self, positions: FloatArray, numbers: IntArray, cancel: Callable[[], None] = never
    ) -> Iterator[ComplexArray | None]:
        """exp(iσV) of every slice from the entrance; None where a slice is empty."""
        for potential in self.potentials(positions, numbers, cancel):
            yield None if potential is None else self.transmission(potential)

    def exit_wave(
        self,
        positions: FloatArray,
        numbers: IntArray,
        *,
        planes: Sequence[int] | None = None,
        incident: ComplexArray | None = None,
        cancel: Callable[[], None] = never,
    ) -> ComplexArray:
        """Waves behind chosen slices.

        Parameters
        ----------
        positions
            (N, 3) Å.
        numbers
            (N,) atomic numbers.
        planes
            Numbers of slices after which to keep the wave, 0 (the incident wave) to ``cell.slices``,
            ascending; only the last by default.
        incident
            (rows, columns) wave at the entrance surface; by default a plane wave of amplitude 1.
        cancel
            Called in every slice.

        Returns
        -------
        (planes, rows, columns) complex64, complex128 in double precision.
        """
        return self._waves(self._placed(positions, numbers, cancel), planes, incident, cancel)

    def exit_wave_of(
        self,
        potentials: Iterable[Potential | None],
        *,
        planes: Sequence[int] | None = None,
        incident: ComplexArray | None = None,
        cancel: Callable[[], None] = never,
    ) -> ComplexArray:
        """As :meth:`exit_wave`, through given potentials (V Å), one a slice, None for vacuum."""
        kind = np.float32 if self.precision == "single" else np.float64
        placed = (
            None if potential is None else whole(np.ascontiguousarray(potential, dtype=kind))
            for potential in potentials
        )
        return self._waves(placed, planes, incident, cancel)

    def _waves(
        self,
        potentials: Iterable[Placed | None],
        planes: Sequence[int] | None,
        incident: ComplexArray | None,
        cancel: Callable[[], None],
    ) -> ComplexArray:
        cell, flight = self.cell, self.propagator
        wanted = [cell.slices] if planes is None else [int(plane) for plane in planes]
        if not wanted or wanted != sorted(set(wanted)) or wanted[0] < 0 or wanted[-1] > cell.slices:
            raise InputError(
                "planes", "exit planes are numbers of slices, ascending", value=wanted,
                allowed=f"0 to {cell.slices}",
            )  # fmt: skip
        if incident is None:
            wave: ComplexArray = np.ones(cell.shape, dtype=self.dtype)
        else:
            wave = np.array(incident, dtype=self.dtype, order="C")
        kept: ComplexArray = np.empty((len(wanted), *cell.shape), dtype=self.dtype)
        place = 0
        if wanted[0] == 0:
            kept[0] = wave
            place = 1
        flown = False
        for number, potential in enumerate(potentials, start=1):
            if place == len(wanted):
                break
            cancel()
            self._slice(wave, potential, flown)
            flown = True
            if wanted[place] == number:
                kept[place] = wave
                flight.end(kept[place])
                place += 1
        return kept

    def _slice(self, wave: ComplexArray, placed: Placed | None, flown: bool) -> None:
        """One slice; ``wave`` is half a spectrum after the first."""

        def act(block: ComplexArray, rows: slice) -> None:
            if placed is None:
                return
            first, last = max(rows.start, placed.first), min(rows.stop, placed.last)
            if first < last:
                part = block[first - rows.start : last - rows.start]
                self._transmit(part, placed.values, placed.top + first, placed.left, self.sigma)

        if not flown:
            act(wave, slice(0, self.cell.rows))
            self.propagator.begin(wave)
        elif placed is not None:
            self.propagator.transmit(wave, act)
        self.propagator.fly(wave)


def _wrapped(index: FloatArray, count: int) -> FloatArray:
    """Fractional indices in [0, count)."""
    wrapped = np.mod(index, float(count))
    # A tiny negative index is rounded to the count itself.
    wrapped[wrapped >= count] = 0.0
    return cast(FloatArray, wrapped)
