"""Make resources/scattering/slabs.csv anew: angular distributions behind slabs, by multislice.

    python packaging/make_slab_table.py [--keep FOLDER] [--only MATERIAL ...] [--minutes M]

What is computed is kept in FOLDER (build/slabs by default) column by column, and taken from there when the
script runs again; the table holds what there is.  All of it takes about half an hour on one core.

A slab is a column of square cross-section that repeats sideways, lit by a plane wave.  Its atoms are new
at every depth: at random where it is amorphous, a stack of grains of random orientation with frozen
phonons where it is crystalline.  The wave behind every thickness of the list gives the share of the beam
within every angle.  Long columns reach all thicknesses; short ones, of other atoms, average the first
part, where a long column is only a few grains deep.

A grid that can carry a column cuts off the phases near a heavy nucleus: gold then scatters a quarter too much
to high angles.  So every element's scattering factor is corrected until exp(iσV) of one atom on the grid
scatters as the same atom does where nothing is cut off.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from sim.core.threads import one_thread_each  # noqa: E402

one_thread_each()

import numpy as np  # noqa: E402
import scipy.fft  # noqa: E402
from scipy.special import j0  # noqa: E402

from sim.core.types import FloatArray, IntArray  # noqa: E402
from sim.numerics.rotations import quaternion_to_matrix, random_quaternion  # noqa: E402
from sim.numerics.streams import Stream, derive_seed  # noqa: E402
from sim.physics.electrons import interaction_constant, wavelength  # noqa: E402
from sim.physics.masses import ATOMIC_WEIGHTS, GRAMS_PER_UNIT  # noqa: E402
from sim.physics.materials import material, number_density  # noqa: E402
from sim.physics.multislice.cell import BAND_EDGE, Cell  # noqa: E402
from sim.physics.multislice.engine import Multislice  # noqa: E402
from sim.physics.multislice.phonons import displaced  # noqa: E402
from sim.physics.multislice.spreading import Spreading  # noqa: E402
from sim.physics.scattering.factors import projected_factor, projected_potential  # noqa: E402
from sim.physics.thermal import b_factors_in  # noqa: E402
from sim.specimen.amorphous.rsa import random_addition  # noqa: E402
from sim.specimen.crystal.lattice import Crystal  # noqa: E402
from sim.specimen.crystal.table import builtin  # noqa: E402

OUTPUT = ROOT / "resources" / "scattering" / "slabs.csv"

VOLTAGES = (200.0, 300.0)
#: mrad, wider apart than the spots of a periodic column (1.6 mrad at 200 kV).
ANGLES: tuple[float, ...] = (
    2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22.5, 25, 27.5, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90,
    95, 100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200,
)  # fmt: skip
#: nm.
THICKNESSES: tuple[float, ...] = (
    1, 2, 4, 6, 8, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 100, 120, 140, 160, 180, 200,
)  # fmt: skip


@dataclass(frozen=True)
class Sampling:
    """How finely and widely is computed.

    Attributes
    ----------
    points
        Of the square cell, each way.
    step
        Distance of points, Å: 200 mrad at 300 kV lie inside the band of the waves.
    slice_thickness
        Å.
    grain
        Thickness of a grain, Å: the mean chord of a sphere of 4 nm radius is 53 Å.
    short
        Depth of the short columns, nm.
    columns
        Long and short columns of amorphous, and of crystalline matter.
    """

    points: int = 512
    step: float = 0.0315
    slice_thickness: float = 2.5
    grain: float = 50.0
    short: int = 30
    amorphous_columns: tuple[int, int] = (1, 1)
    crystalline_columns: tuple[int, int] = (1, 10)

    @property
    def side(self) -> float:
        """Period of a column, Å."""
        return self.points * self.step


@dataclass(frozen=True)
class Slab:
    """What one slab consists of.

    Attributes
    ----------
    name
        Material.
    apart
        Least distances in amorphous matter, Å, of two of the lighter, of both, of two of the heavier element:
        below the first peaks of measured distributions, as random addition needs.
    crystal
        Name of a built-in crystal; none for amorphous matter only.
    """

    name: str
    apart: tuple[float, ...]
    crystal: str = ""


SLABS = (
    Slab("WO3", (1.9, 1.6, 2.6), "WO3"),
    Slab("TiO2", (1.9, 1.6, 2.4), "TiO2_anatase"),
    Slab("Au", (2.0,), "Au"),
    Slab("C", (1.4,), "graphite"),
    Slab("Pt", (2.0,), "Pt"),
    Slab("SiO2", (2.1, 1.5, 2.5)),
)  # fmt: skip


def amorphous_piece(slab: Slab, side: float, depth: float, stream: Stream) -> tuple[FloatArray, IntArray]:
    """Atoms (N, 3) Å and their elements (N,) in a box: x and y from 0 to side, z from 0 to depth."""
    matter = material(slab.name)
    density = number_density(matter)
    species = [(number, count * density) for number, count in matter.composition]
    own, *others = slab.apart
    distances = np.array([[own, others[0]], [others[0], others[1]]]) if others else own
    atoms = random_addition((side, side, depth), species, distances, stream)
    return atoms.positions, atoms.numbers


def crystal_piece(crystal: Crystal, side: float, depth: float, stream: Stream) -> tuple[FloatArray, IntArray]:
    """A grain of random orientation and place in the same box, cut off at its faces.

    Nothing is taken out where atoms of two sides of a seam come near: the density is right on average.
    """
    matrix = quaternion_to_matrix(random_quaternion(stream.child("orientation")))
    vectors = crystal.cell @ matrix.T
    corners = np.array([(x, y, z) for x in (0, side) for y in (0, side) for z in (0, depth)]) @ np.linalg.inv(
        vectors
    )
    shift = stream.child("place").uniforms(3)
    low, high = np.floor(corners.min(axis=0)) - 1, np.ceil(corners.max(axis=0)) + 1
    axes = [np.arange(a, b + 1) for a, b in zip(low, high, strict=True)]
    cells = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    positions = ((cells + crystal.fractional + shift).reshape(-1, 3)) @ vectors
    numbers = np.tile(crystal.numbers, len(cells))
    inside = np.all((positions >= 0.0) & (positions < (side, side, depth)), axis=1)
    positions, numbers = positions[inside], numbers[inside]
    factors = b_factors_in(np.unique(crystal.numbers).tolist())
    rms = np.array([math.sqrt(factors[number] / (8.0 * math.pi**2)) for number in numbers.tolist()])
    moved = displaced(positions, rms, derive_seed(stream.seed, *stream.purpose), 0)
    return moved, numbers


def scattering_density(slab: Slab, crystal: Crystal | None) -> float:
    """Σ Z² of all atoms in a volume, 1/Å³."""
    if crystal is not None:
        return float(np.sum(np.square(crystal.numbers.astype(np.float64))) / crystal.volume)
    matter = material(slab.name)
    return number_density(matter) * sum(count * number**2 for number, count in matter.composition)


def mass_density(crystal: Crystal) -> float:
    """g/cm³ of a crystal."""
    mass = sum(ATOMIC_WEIGHTS[number - 1] for number in crystal.numbers.tolist())
    return float(mass / crystal.volume * GRAMS_PER_UNIT)


def atom_amplitude(number: int, voltage: float, k: FloatArray) -> FloatArray:
    """|∫ (exp(iσV) − 1) exp(−2πi k·r) d²r| of one atom, Å², at frequencies k (n,), on no grid at all.

    Glauber's amplitude, the limit of multislice for fine sampling.  Of gold and tungsten, exact partial waves
    of the same potential scatter 3 to 6 % more into 80 to 200 mrad at 200 and 300 kV, Born's approximation
    24 to 37 % more.
    """
    b = np.exp(np.linspace(math.log(1e-6), math.log(10.0), 30001))
    # The nearest lies 1e-6 Å from the nucleus; db = b d(log b).
    wave = np.exp(1j * interaction_constant(voltage) * projected_potential(number, b)) - 1.0
    rings_of_b = 2.0 * math.pi * np.square(b) * math.log(b[1] / b[0]) * wave
    return np.array([abs(np.sum(j0(2.0 * math.pi * one * b) * rings_of_b)) for one in k.tolist()])


@lru_cache(maxsize=64)
def correction(number: int, voltage: float, cell: Cell) -> tuple[FloatArray, FloatArray]:
    """Frequencies (n,) Å⁻¹ and factors (n,) on an element's scattering factor for the cell's grid."""
    sigma = interaction_constant(voltage)
    k = np.sqrt(cell.k2)
    # As far as the table's angles go, and where the band does not fade; the same factor beyond.
    largest = 2.0 * math.sin(0.5e-3 * ANGLES[-1]) / wavelength(voltage)
    reach = math.ceil(min(largest, cell.k_max - BAND_EDGE / cell.row_step) * cell.width)
    nodes = np.arange(reach + 1) / cell.width
    wanted = atom_amplitude(number, voltage, nodes)
    ring = np.rint(k * cell.width).astype(np.int64).ravel()
    inside = ring <= reach
    spots = np.bincount(ring[inside])
    bare = projected_factor(number, cell.k2) * cell.band() / (cell.row_step * cell.column_step)
    logarithm, weight = np.zeros(reach + 1), wanted * np.sqrt(nodes)
    for _ in range(_ROUNDS):
        potential = scipy.fft.ifft2(bare * np.exp(np.interp(k, nodes, logarithm)), workers=1).real
        wave = scipy.fft.fft2(np.exp(1j * sigma * potential) - 1.0, workers=1)
        power = np.square(np.abs(wave) * cell.row_step * cell.column_step).ravel()
        missing = np.log(wanted / np.sqrt(np.bincount(ring[inside], power[inside]) / spots))
        # Half a step at a time, and smooth: single rings swing where phases are large.
        found = np.polynomial.Chebyshev.fit(nodes, logarithm + 0.5 * missing, _DEGREE, w=weight)
        logarithm = found(nodes)
    return nodes, np.exp(logarithm)


#: Steps of the search for factors, and degree of the polynomial in k that their logarithms are.
_ROUNDS, _DEGREE = 16, 5


class CorrectedSpreading(Spreading):
    """Potentials from corrected scattering factors."""

    def __init__(self, cell: Cell, numbers: Sequence[int], voltage: float) -> None:
        super().__init__(cell, numbers, "lobato", None, cell.k_max, BAND_EDGE / cell.row_step)
        kx = np.arange(self._columns) / cell.width
        k = np.sqrt(np.add.outer(np.square(cell.ky), np.square(kx)))
        for place, number in enumerate(numbers):
            nodes, factors = correction(number, voltage, cell)
            self._factors[place] *= np.interp(k, nodes, factors).astype(np.float32)


def rings(cell: Cell, voltage: float, angles: Sequence[float]) -> FloatArray:
    """Weights (angles, points): how much of each frequency lies within an angle, k = 2 sin(θ/2)/λ.

    The rim of a ring is as wide as the distance of two frequencies, so that no spot jumps across it.
    """
    k = np.sqrt(cell.k2).ravel()
    limits = 2.0 * np.sin(0.5e-3 * np.array(angles)) / wavelength(voltage)
    return np.clip((limits[:, None] - k) * cell.width + 0.5, 0.0, 1.0)


def column(
    slab: Slab,
    phase: str,
    seed: int,
    thicknesses: Sequence[float],
    sampling: Sampling,
    voltages: Sequence[float] = VOLTAGES,
    angles: Sequence[float] = ANGLES,
) -> FloatArray:
    """Share of the beam within every angle behind one column.

    Parameters
    ----------
    slab, phase
        The matter.
    seed
        Of its atoms.
    thicknesses
        nm, ascending, whole numbers of slices.
    sampling
        Cell and grains.
    voltages, angles
        kV, mrad.

    Returns
    -------
    (voltages, thicknesses, angles).
    """
    planes = [round(10.0 * thickness / sampling.slice_thickness) for thickness in thicknesses]
    piece_slices = round(sampling.grain / sampling.slice_thickness)
    depth = piece_slices * sampling.slice_thickness
    side = sampling.side
    corner = 0.5 * sampling.step
    cell = Cell(
        sampling.points, sampling.points, sampling.step, sampling.step,
        corner, side - corner, depth, sampling.slice_thickness, piece_slices,
    )  # fmt: skip
    crystal = builtin(slab.crystal) if phase == "crystalline" else None
    elements = [number for number, _ in material(slab.name).composition]
    engines = [Multislice(cell, voltage, elements, accuracy="haadf") for voltage in voltages]
    makers = [CorrectedSpreading(cell, sorted(elements), voltage) for voltage in voltages]
    weights = [rings(cell, voltage, angles) for voltage in voltages]
    waves = [np.ones(cell.shape, dtype=np.complex64) for _ in voltages]
    result = np.empty((len(voltages), len(planes), len(angles)))
    usual, matter = scattering_density(slab, crystal) * side * side, 0.0
    for number in range(math.ceil(planes[-1] / piece_slices)):
        stream = Stream(seed, "slab", slab.name, phase, number)
        if crystal is None:
            positions, numbers = amorphous_piece(slab, side, depth, stream)
        else:
            positions, numbers = crystal_piece(crystal, side, depth, stream)
        atoms = engines[0].sliced(positions, numbers)
        slices = [atoms.of(which) for which in range(cell.slices)]
        first = number * piece_slices
        reached = [plane - first for plane in planes if first < plane <= first + piece_slices]
        stops = sorted({*reached, piece_slices})
        squares = np.concatenate(
            [[0.0], np.cumsum(np.square(np.array(sorted(elements), float))[atoms.species])]
        )
        found = {stop: matter + float(squares[atoms.bounds[stop]]) for stop in stops}
        matter = found[piece_slices]
        for which, engine in enumerate(engines):
            potentials = (
                makers[which].potential(atoms.rows[here], atoms.columns[here], atoms.species[here])
                if here.start < here.stop
                else None
                for here in slices
            )
            kept = engine.exit_wave_of(potentials, planes=stops, incident=waves[which])
            for stop, wave in zip(stops, kept, strict=True):
                if stop in reached:
                    spectrum = scipy.fft.fft2(wave, norm="forward", workers=1)
                    power = np.square(np.abs(spectrum.astype(np.complex128))).ravel()
                    # A few nanometres hold some per cent more or fewer atoms than matter of the density does.
                    ratio = usual * (first + stop) * sampling.slice_thickness / found[stop]
                    result[which, planes.index(first + stop)] = (weights[which] @ power) ** ratio
            waves[which] = kept[-1]
    return result


def columns_of(phase: str, sampling: Sampling) -> dict[str, list[float]]:
    """Thicknesses (nm) of every column of a phase by its name, long ones first."""
    long, short = sampling.amorphous_columns if phase == "amorphous" else sampling.crystalline_columns
    front = [thickness for thickness in THICKNESSES if thickness <= sampling.short]
    found = {f"long{number}": list(THICKNESSES) for number in range(long)}
    return found | {f"short{number}": front for number in range(short)}


def work(sampling: Sampling) -> Iterator[tuple[Slab, str, str, list[float]]]:
    """Slab, phase, name and thicknesses of all columns: the first of every slab, then the second of each."""
    lists = {
        (slab, phase): list(columns_of(phase, sampling).items())
        for slab in SLABS
        for phase in (("amorphous", "crystalline") if slab.crystal else ("amorphous",))
    }
    for number in range(max(len(columns) for columns in lists.values())):
        for (slab, phase), columns in lists.items():
            if number < len(columns):
                yield slab, phase, *columns[number]


def combined(short: Sequence[FloatArray], long: Sequence[FloatArray]) -> FloatArray:
    """One distribution (voltages, thicknesses, angles) of all columns of a slab.

    Where short columns end, the average of the long ones goes on with the same values: it is multiplied by
    the ratio of the two averages there, as if matter behind acted on any beam in the same way.
    """
    deep = np.mean(np.stack(long), axis=0)
    if short:
        count = short[0].shape[1]
        front = np.mean(np.stack([*short, *(part[:, :count] for part in long)]), axis=0)
        deep[:, count:] *= (front[:, -1] / deep[:, count - 1])[:, None, :]
        deep[:, :count] = front
    return np.minimum(np.maximum.accumulate(deep, axis=2), 1.0)


def recipe(sampling: Sampling) -> list[str]:
    """The head of the table: what it is and how it was made."""
    largest = 1e3 * wavelength(300.0) / (3.0 * sampling.step)
    apart = "; ".join(f"{slab.name} {', '.join(f'{value:g}' for value in slab.apart)}" for slab in SLABS)
    crystals = ", ".join(f"{slab.name} {slab.crystal}" for slab in SLABS if slab.crystal)
    return f"""
Share of a beam of fast electrons within an angle of the axis behind slabs of matter, by multislice.
Made by packaging/make_slab_table.py, which repeats it; read by sim/imaging/thickness/slabs.py.
Columns: material, phase, density (g/cm3), voltage (kV), thickness (nm), then the share within each angle
(mrad), the unscattered beam included.  Elastic scattering only.  Plane wave: a probe's convergence blurs
the angles.  k = 2 sin(angle/2)/wavelength.
Cell of {sampling.points} x {sampling.points} points of {sampling.step} A, {sampling.side:.2f} A wide, periodic;
band limit {largest:.0f} mrad at 300 kV; slices of {sampling.slice_thickness:g} A; single precision.
Lobato's scattering factors, limited to the band and corrected: one atom scatters on the grid as in Glauber's
approximation without one (to 2 % between 10 and 80, and 80 and 200 mrad).
Amorphous: random sequential addition, new atoms every {sampling.grain:g} A; least distances (A) of two of the
lighter, of both, of two of the heavier element: {apart}.
Crystalline: grains {sampling.grain:g} A thick, each of random orientation, cut at the faces of the cell; frozen phonons,
B factors of sim/physics/thermal.py (0.79 A2 where none is known); crystals {crystals}.
A share W behind n atoms (weighed by Z squared) counts as W^(m/n), where m is what the density makes of the depth.
Long columns are {THICKNESSES[-1]} nm deep, short ones {sampling.short} nm; of each slab there are as many as said below.
""".strip().splitlines()  # noqa: E501


def written(folder: Path, sampling: Sampling) -> list[str]:
    """Lines of the table from the columns that are kept."""
    head, lines = recipe(sampling), []
    for slab in sorted(SLABS, key=lambda one: one.name):
        for phase in ("amorphous", "crystalline"):
            names = columns_of(phase, sampling)
            found = {name: folder / f"{slab.name}_{phase}_{name}.npy" for name in names}
            parts = {name: np.load(path) for name, path in found.items() if path.exists()}
            long = [values for name, values in parts.items() if name.startswith("long")]
            if not long:
                continue
            table = combined([values for name, values in parts.items() if name.startswith("short")], long)
            head.append(f"{slab.name} {phase}: {len(long)} long, {len(parts) - len(long)} short")
            density = (
                material(slab.name).density if phase == "amorphous" else mass_density(builtin(slab.crystal))
            )
            for which, voltage in enumerate(VOLTAGES):
                for place, thickness in enumerate(THICKNESSES):
                    numbers = ",".join(f"{value:.7f}" for value in table[which, place])
                    lines.append(f"{slab.name},{phase},{density:.4g},{voltage:g},{thickness:g},{numbers}")
    words = ",".join(f"{angle:g}" for angle in ANGLES)
    return [
        *(f"# {line}".rstrip() for line in head),
        f"material,phase,density,voltage,thickness,{words}",
        *lines,
    ]


def main() -> int:
    """Compute what is missing and write the table; the exit code."""
    parser = argparse.ArgumentParser(description="Make the table of slabs.")
    parser.add_argument(
        "--keep", type=Path, default=ROOT / "build" / "slabs", help="folder of what is computed"
    )
    parser.add_argument("--only", nargs="*", default=[], help="materials")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no further column after these")
    chosen = parser.parse_args()
    sampling = Sampling()
    chosen.keep.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    for slab, phase, name, thicknesses in work(sampling):
        path = chosen.keep / f"{slab.name}_{phase}_{name}.npy"
        late = time.monotonic() - started > 60.0 * chosen.minutes
        if path.exists() or late or (chosen.only and slab.name not in chosen.only):
            continue
        values = column(slab, phase, derive_seed(name, phase), thicknesses, sampling)
        np.save(path.with_suffix(".part.npy"), values)
        os.replace(path.with_suffix(".part.npy"), path)
        print(f"{time.monotonic() - started:7.0f} s  {slab.name} {phase} {name}", flush=True)
    part = OUTPUT.with_suffix(".part")
    part.write_text("\n".join(written(chosen.keep, sampling)) + "\n", encoding="utf-8")
    os.replace(part, OUTPUT)
    print(f"{OUTPUT}: {OUTPUT.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
