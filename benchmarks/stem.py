"""Annular dark-field scan of Au55 beside abTEM's plane-wave (PRISM) scan without interpolation, in one run.

abTEM (GPL-3) is only ever timed here, in a process of its own: the environment variable
``NANOPHANTOM_ABTEM_PYTHON`` names a Python that has it.  Without it ours is timed alone.  Times are seconds
of processor, all threads together: the two spread over cores differently.  abTEM sends all plane waves and
then forms a few lines of the image; the time of the whole image is that of the waves and the lines' in
proportion.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ase.cluster import Icosahedron

from benchmarks.registry import Line, Observation, Ratio, benchmark, three_digits, verdict
from sim.core.types import FloatArray, IntArray
from sim.physics.multislice.cell import Cell
from sim.physics.stem.detectors import Annular
from sim.physics.stem.probe import ProbeOptics
from sim.physics.stem.scan import stem_images

PYTHON = "NANOPHANTOM_ABTEM_PYTHON"
TITLE = "HAADF of Au55, 100 × 100 probes, 400², 8 slices"
#: Field, Å; points; probes; kV; mrad; the ring ends below the band limit, 167 mrad.
FIELD, POINTS, PROBES, VOLTAGE, SEMIANGLE = 20.0, 400, 100, 200.0, 25.0
RING = (80.0, 165.0)
LEAST, MOST_OFF = 6.0, 1e-6
#: Lines of the image that abTEM forms, and the lowest y of them, Å.
LINES, LOW = 4, 9.6
#: Probes of the scan (row, column) that are computed one by one.
CHECKED = ((50, 50), (10, 20), (63, 41), (47, 55), (30, 70), (0, 0))

#: What the other Python runs; it prints seconds of processor and leaves the image.
CHILD = """
import json, resource, sys
import numpy as np, ase, abtem
work = json.loads(sys.argv[1])
atoms = ase.Atoms(work["numbers"], work["positions"], cell=[work["field"]] * 2 + [16.0], pbc=True)
potential = abtem.Potential(atoms, gpts=work["points"], slice_thickness=2.0, parametrization="lobato",
                            projection="infinite")
matrix = abtem.SMatrix(potential=potential, energy=1e3 * work["voltage"], semiangle_cutoff=work["semiangle"],
                       interpolation=1)
low, high = work["band"]
scan = abtem.GridScan((0, low), (work["field"], high), gpts=(work["probes"], work["lines"]), endpoint=False)
def used():
    here = resource.getrusage(resource.RUSAGE_SELF)
    return here.ru_utime + here.ru_stime
begin = used()
built = matrix.build(lazy=False)
ready = used()
image = built.reduce(scan=scan, detectors=abtem.AnnularDetector(*work["ring"]))
seconds = ready - begin + (used() - ready) * work["probes"] / work["lines"]
print(json.dumps({"seconds": seconds, "build": ready - begin, "version": abtem.__version__}))
np.save(work["target"], np.asarray(image.array))
"""


def gold() -> tuple[FloatArray, IntArray]:
    """Au55 in the middle of the field and of 16 Å, z upwards: positions (55, 3) Å and atomic numbers."""
    atoms: Any = Icosahedron("Au", 3)  # type: ignore[no-untyped-call]
    middle = np.array([FIELD / 2, FIELD / 2, -8.0])
    return atoms.positions - atoms.positions.mean(axis=0) + middle, atoms.numbers


def lines() -> Sequence[Line]:
    """Ours, how exact it is, and abTEM where there is one."""
    positions, numbers = gold()
    step = FIELD / POINTS
    cell = Cell(POINTS, POINTS, step, step, 0.0, FIELD - step, 0.0, 2.0, 8)
    optics, ring = ProbeOptics(VOLTAGE, SEMIANGLE), [Annular("haadf", *RING)]
    x = FIELD / PROBES * np.arange(PROBES, dtype=np.float64)
    y = x[::-1]
    seconds = float("inf")
    for _ in range(2):
        begin = time.process_time()
        image = stem_images(positions, numbers, None, cell, optics, ring, x, y, method="gram")["haadf"]
        seconds = min(seconds, time.process_time() - begin)
    ours = "ours, plane waves and Gram matrix"
    found = [Line(TITLE, ours, f"{three_digits(seconds)} s of processor", "", "", "")]
    worst = 0.0
    for row, column in CHECKED:
        probe = stem_images(
            positions, numbers, None, cell, optics, ring, x[[column]], y[[row]], method="direct"
        )["haadf"]
        worst = max(worst, abs(float(probe[0, 0]) - image[row, column]) / image.max())
    # Shown in millionths of the maximum, so that three digits mean something.
    target = verdict(worst, Ratio("", "", most=MOST_OFF))
    found.append(
        Line(TITLE, "off from direct probes, 10⁻⁶ of the maximum", "", "", three_digits(worst * 1e6), target)
    )
    python = os.environ.get(PYTHON)
    if python:
        found += theirs(python, positions, numbers, seconds, image)
    return found


def theirs(
    python: str, positions: FloatArray, numbers: IntArray, seconds: float, image: FloatArray
) -> Sequence[Line]:
    """abTEM's time beside ours, and how far the images are apart."""
    pitch = FIELD / PROBES
    last = PROBES - round(LOW / pitch)
    part = image[last - LINES : last]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "image.npy"
        # Its z runs along the beam.
        work = {
            "positions": (positions * [1.0, 1.0, -1.0]).tolist(), "numbers": numbers.tolist(), "field": FIELD,
            "points": POINTS, "voltage": VOLTAGE, "semiangle": SEMIANGLE, "probes": PROBES, "ring": RING,
            "target": str(target), "lines": LINES, "band": (LOW, LOW + LINES * pitch),
        }  # fmt: skip
        answer = subprocess.run(
            [python, "-c", CHILD, json.dumps(work)], capture_output=True, text=True, check=True
        )
        other = np.load(target).T[::-1]
    report = json.loads(answer.stdout.strip().splitlines()[-1])
    name, ratio = f"abTEM {report['version']}, PRISM f = 1", report["seconds"] / seconds
    apart = float(np.linalg.norm(other - part) / np.linalg.norm(part))
    return [
        Line(
            TITLE,
            f"{name} (image from {LINES / PROBES:.0%})",
            f"{three_digits(report['seconds'])} s of processor",
            "",
            "",
            "",
        ),
        Line(
            TITLE, f"{name} / ours", "", "", three_digits(ratio), verdict(ratio, Ratio("", "", least=LEAST))
        ),
        Line(
            TITLE,
            "difference of the images, of ours (its potential is not band-limited)",
            "",
            "",
            f"{apart:.1%}",
            "",
        ),
    ]


@benchmark("stem")
def scans() -> Sequence[Observation]:
    """One scan: ours, its exactness, and abTEM's."""
    return [Observation(TITLE, lines)]
