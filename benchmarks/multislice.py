"""Exit waves beside abTEM and the floor of scipy's transforms: one scene, one run, one thread each.

The scene: a CdSe sphere of 4 nm on 3 nm of amorphous carbon (points at random), 56 678 atoms in 128 × 128 ×
70 Å; 1280² points, 70 slices of 1 Å, 300 kV.  The floor is two transforms a slice.  abTEM (GPL) is only
timed: it runs in a process of a Python of its own, which ``NANOPHANTOM_ABTEM_PYTHON`` names, with one thread;
without the variable its lines are left out.  The numpy kernels are chosen by ``NANOPHANTOM_KERNELS``.
Then defocus series of stored waves and the contrasts of a calibration beside the transforms they need.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import scipy.fft

from benchmarks.registry import (
    Comparison,
    Contender,
    Line,
    Observation,
    Ratio,
    benchmark,
    three_digits,
    verdict,
)
from sim.core.types import FloatArray, ImageGrid, IntArray
from sim.numerics.streams import Stream
from sim.physics.multislice import kernels
from sim.physics.multislice.blocks import GridPoints, block_frequencies, block_shape
from sim.physics.multislice.cell import Cell, padded_cell, periodic_cell
from sim.physics.multislice.engine import Multislice
from sim.physics.optics.aberrations import Aberrations
from sim.physics.optics.imaging import HrtemOptics, ImageFormation
from sim.specimen.crystal.table import builtin

VARIABLE = "NANOPHANTOM_ABTEM_PYTHON"
SIDE, DEPTH, ATOMS, RADIUS, FILM = 128.0, 70.0, 56678, 20.0, 29.9
VOLTAGE = 300.0
ROUNDS = 3
CONFIGURATIONS, WORKERS = 8, 2
#: Largest memory of the eight configurations, MB; exit wave over floor; build of the potential, s.
MEMORY, LIMIT_FLOOR, LIMIT_BUILD = 700.0, 1.4, 0.15
LEAST = {"numba": 3.5, "numpy": 1.9}
LEAST_TOGETHER = 4.5
#: Foci of a series, and the most that its images may take beside their transforms.
FOCI, LIMIT_SERIES = 11, 1.5

#: What abTEM does, once or for the configurations; prints the best time.
PEER = """
import os, sys, time
threads = sys.argv[2]
for name in ("OMP", "MKL", "OPENBLAS", "NUMBA"):
    os.environ[name + "_NUM_THREADS"] = "1"
import abtem, dask, numpy as np
from ase import Atoms
abtem.config.set({"precision": "float32", "local_diagnostics.progress_bar": False, "fftw.threads": 1})
dask.config.set({"num_workers": int(threads)})
data = np.load(sys.argv[1])
points = data["positions"] * [1, 1, -1] + [64, 64, 70]
atoms = Atoms(numbers=data["numbers"], positions=points, cell=[128, 128, 70], pbc=True)
count, best = int(sys.argv[3]), 1e9
for _ in range(int(sys.argv[4])):
    begin = time.perf_counter()
    what = atoms if count == 1 else abtem.FrozenPhonons(atoms, count, 0.08, seed=1)
    potential = abtem.Potential(what, gpts=1280, slice_thickness=1.0, parametrization="lobato")
    wave = abtem.PlaneWave(energy=300e3).multislice(potential)
    wave.compute(scheduler="threads" if int(threads) > 1 else "synchronous", num_workers=int(threads))
    best = min(best, time.perf_counter() - begin)
print(best)
"""

#: Eight configurations of ours in a process of their own: seconds and its largest memory in MB.
OURS = """
import sys, time
import numpy as np
from sim.physics.multislice.cell import periodic_cell
from sim.physics.multislice.configurations import exit_waves
from sim.physics.multislice.engine import Multislice
data = np.load(sys.argv[1])
cell = periodic_cell(128.0, 128.0, (0.0, 0.0), 0.1, (0.0, 70.0), 1.0)
engine = Multislice(cell, 300.0, np.unique(data["numbers"]))
rms = np.full(len(data["numbers"]), 0.08)
begin = time.perf_counter()
for wave in exit_waves(engine, data["positions"], data["numbers"], rms, 1, 8, workers=2):
    pass
seconds = time.perf_counter() - begin
peak = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(seconds, int(peak[0].split()[1]) / 1e3)
"""


def scene() -> tuple[FloatArray, IntArray]:
    """Positions (N, 3) Å, centred on x = y = 0 with z from 0 to 70 Å, and atomic numbers."""
    crystal = builtin("CdSe")
    reach = np.arange(-8, 9)
    cells = np.stack(np.meshgrid(reach, reach, reach, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    points = ((cells + crystal.fractional[None]) @ crystal.cell).reshape(-1, 3)
    numbers = np.tile(crystal.numbers, len(cells))
    held = np.sum(np.square(points), axis=1) < RADIUS**2
    points, numbers = points[held] + [0.0, 0.0, FILM + RADIUS], numbers[held]
    carbon = ATOMS - len(points)
    film = Stream(1, "carbon").uniforms(3 * carbon).reshape(-1, 3) - [0.5, 0.5, 0.0]
    positions = np.concatenate([points, film * [SIDE, SIDE, FILM]])
    return positions, np.concatenate([numbers, np.full(carbon, 6)]).astype(np.int64)


def _cell() -> Cell:
    return periodic_cell(SIDE, SIDE, (0.0, 0.0), 0.1, (0.0, DEPTH), 1.0)


def _floor() -> None:
    wave = np.ones((1280, 1280), dtype=np.complex64)
    for _ in range(70):
        wave = scipy.fft.fft2(wave, overwrite_x=True, workers=1)
        wave = scipy.fft.ifft2(wave, overwrite_x=True, workers=1)


def _engines() -> dict[str, Multislice]:
    before = os.environ.get("NANOPHANTOM_KERNELS")
    engines = {}
    try:
        for name in ("numba", "numpy"):
            if name == "numba" and isinstance(kernels.compiled_or_reason(), str):
                continue
            os.environ["NANOPHANTOM_KERNELS"] = name
            engines[name] = Multislice(_cell(), VOLTAGE, (6, 34, 48))
    finally:
        os.environ.pop("NANOPHANTOM_KERNELS")
        if before is not None:
            os.environ["NANOPHANTOM_KERNELS"] = before
    return engines


def _child(python: str, text: str, *arguments: str) -> list[float]:
    """Numbers that a script prints, run by a Python with one thread a library."""
    quiet = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMBA")}
    answer = subprocess.run(
        [python, "-c", text, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[1],
        env={**os.environ, **quiet},
    )
    return [float(word) for word in answer.stdout.split()]


def one_wave(positions: FloatArray, numbers: IntArray, file: str) -> Sequence[Line]:
    """One exit wave, all in turn."""
    engines = _engines()
    ways: dict[str, Callable[[], object]] = {"floor": _floor}
    for name, engine in engines.items():
        ways[name] = partial(engine.exit_wave, positions, numbers)
        ways[f"potential, {name}"] = partial(_drain, engine, positions, numbers)
    best = dict.fromkeys(ways, float("inf"))
    python = os.environ.get(VARIABLE)
    theirs = float("inf")
    for turn in range(ROUNDS + 1):
        for name, run in ways.items():
            begin = time.perf_counter()
            run()
            if turn:
                best[name] = min(best[name], time.perf_counter() - begin)
        if python and turn:
            theirs = min(theirs, _child(python, PEER, file, "1", "1", "1")[0])
    title = f"exit wave, 1280², 70 slices, {len(positions):,} atoms, one thread"
    lines = [Line(title, name, f"{three_digits(seconds)} s", "", "", "") for name, seconds in best.items()]
    for name in engines:
        most = LIMIT_FLOOR if name == "numba" else None
        share = best[name] / best["floor"]
        lines.append(_ratio(title, f"{name} / floor", share, Ratio("", "", most=most)))
    if "numba" in engines:
        build = best["potential, numba"]
        lines.append(_ratio(title, "potential, numba, s", build, Ratio("", "", most=LIMIT_BUILD)))
    if python:
        lines.append(Line(title, "abTEM", f"{three_digits(theirs)} s", "", "", ""))
        for name in engines:
            ratio = Ratio("", "", least=LEAST[name])
            lines.append(_ratio(title, f"abTEM / {name}", theirs / best[name], ratio))
    return lines


def _drain(engine: Multislice, positions: FloatArray, numbers: IntArray) -> None:
    for _ in engine.potentials(positions, numbers):
        pass


def together(file: str) -> Sequence[Line]:
    """Eight configurations on two threads, with the process's largest memory (Linux)."""
    if not sys.platform.startswith("linux"):
        return []
    seconds, peak = _child(sys.executable, OURS, file)
    title = f"{CONFIGURATIONS} configurations, {WORKERS} threads"
    lines = [
        Line(title, "ours", f"{three_digits(seconds)} s", "", "", ""),
        _ratio(title, "largest memory, MB", peak, Ratio("", "", most=MEMORY)),
    ]
    python = os.environ.get(VARIABLE)
    if python:
        theirs = _child(python, PEER, file, str(WORKERS), str(CONFIGURATIONS), "1")[0]
        lines.append(Line(title, "abTEM", f"{three_digits(theirs)} s", "", "", ""))
        lines.append(_ratio(title, "abTEM / ours", theirs / seconds, Ratio("", "", least=LEAST_TOGETHER)))
    return lines


def _ratio(title: str, name: str, value: float, ratio: Ratio) -> Line:
    return Line(title, name, "", "", three_digits(value), verdict(value, ratio))


@benchmark("multislice")
def multislice() -> Sequence[Observation | Comparison]:
    """One exit wave on one thread, eight configurations on two, and images of stored waves."""
    positions, numbers = scene()
    folder = Path(tempfile.gettempdir())

    def with_file(run: Callable[[str], Sequence[Line]]) -> Sequence[Line]:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            file = str(Path(place) / "scene.npz")
            np.savez(file, positions=positions, numbers=numbers)
            return run(file)

    return [
        Observation("one exit wave", lambda: with_file(partial(one_wave, positions, numbers))),
        Observation("configurations", lambda: with_file(together)),
        *series(),
    ]


def series() -> Sequence[Comparison]:
    """Images of stored waves beside the transforms that they need: 512² pixels of 640² points, 0.2 Å."""
    grid = ImageGrid(512, 512, 0.2)
    cell = padded_cell(grid, 12.8, 0.1, (0.0, DEPTH), 1.0)
    shape = block_shape(cell, 0.5 / grid.pixel_size)
    kx, ky = block_frequencies(cell, shape)
    parts = Stream(2, "blocks").normals(2 * CONFIGURATIONS * shape[0] * shape[1]).astype(np.float32)
    blocks = list(parts.view(np.complex64).reshape(CONFIGURATIONS, *shape))
    waves = [block[: cell.rows // 2, : cell.columns // 2].copy() for block in blocks]
    aberrations = Aberrations({"C30": (1e7, 0.0)})
    lenses = {
        convergence: ImageFormation(
            kx,
            ky,
            HrtemOptics(VOLTAGE, aberrations, focal_spread=10.0, convergence=convergence),
        )
        for convergence in (0.0, 0.2)
    }

    def images(convergence: float) -> None:
        for number in range(FOCI):
            lenses[convergence].image(
                blocks,
                -100.0 + 20.0 * number,
                place=GridPoints(cell, grid),
                pixel_size=grid.pixel_size,
            )

    def contrasts() -> None:
        for number in range(FOCI):
            lenses[0.0].variance(blocks, float(number))

    def transforms() -> None:
        for _ in range(FOCI):
            for wave in waves:
                scipy.fft.ifft2(wave, norm="forward", workers=1)

    plain, damped = "images", "images, with beam convergence"
    title = f"{FOCI} foci of {CONFIGURATIONS} stored waves, {len(waves[0])}²"
    return [
        Comparison(
            title,
            FOCI,
            "images",
            [
                Contender("transforms alone", transforms),
                Contender(plain, partial(images, 0.0)),
                Contender(damped, partial(images, 0.2)),
                Contender("contrasts of the calibration", contrasts),
            ],
            [
                Ratio(plain, "transforms alone", most=LIMIT_SERIES),
                Ratio(damped, "transforms alone", most=LIMIT_SERIES),
                Ratio("contrasts of the calibration", "transforms alone"),
            ],
            rounds=5,
        )
    ]
