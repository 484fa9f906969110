"""An amorphous carbon substrate: time and memory beside plain ways of doing the same work.

The work is that of scene builders: 128 × 128 × 50 Å, 0.1103075 atoms/Å³, no two atoms closer than 1.4 Å.  The
plain ways are written here: proposals one by one against lists of the atoms in each voxel, and batches
against a KD-tree that is built anew for each.  The published times are those of Construction Zone
(2024-09) on another machine.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

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
from sim.core.types import FloatArray
from sim.numerics.streams import Stream
from sim.specimen.amorphous.rsa import random_addition

BOX = (128.0, 128.0, 50.0)
DENSITY, DISTANCE = 0.1103075, 1.4
OURS, ONE_BY_ONE, BATCHED = "ours", "one by one, voxel lists", "batches, KD-tree"
#: Part of the thickness that the slow way builds: its time is proportional to the atoms.
SHARE = 0.1
#: Published times, s, and how many times faster ours has to be.
PUBLISHED = (("Construction Zone, published", 9.3, 10.0), ("Construction Zone, batched, published", 4.7, 5.0))
MEMORY = 120.0

#: What a process of its own runs: peak of what Python and numpy hold, and growth of the whole process.
CHILD = """
import sys, tracemalloc
from sim.numerics.streams import Stream
from sim.specimen.amorphous.rsa import random_addition

def highest():
    # Of this process alone: getrusage would begin at the memory of the process that started it.
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024 / 1e6

random_addition((10, 10, 10), [(6, 0.05)], 1.4, Stream(1, "warm"))
before = highest()
random_addition((128, 128, 50), [(6, 0.1103075)], 1.4, Stream(1, "substrate"))
after = highest()
tracemalloc.start()
random_addition((128, 128, 50), [(6, 0.1103075)], 1.4, Stream(1, "substrate"))
print(tracemalloc.get_traced_memory()[1] / 1e6, after - before, after)
"""


def ours() -> object:
    """The program's substrate."""
    return random_addition(BOX, [(6, DENSITY)], DISTANCE, Stream(1, "substrate"))


def one_by_one(box: Sequence[float]) -> FloatArray:
    """Every proposal by itself against the atoms in the 27 voxels around it."""
    generator = np.random.default_rng(1)
    wanted = round(float(np.prod(box)) * DENSITY)
    counts = [max(1, int(edge / DISTANCE)) for edge in box]
    voxels: dict[tuple[int, int, int], list[tuple[float, float, float]]] = {}
    atoms: list[tuple[float, float, float]] = []
    limit = DISTANCE * DISTANCE
    while len(atoms) < wanted:
        x, y, z = (float(u) * edge for u, edge in zip(generator.random(3), box, strict=True))
        i, j, k = (int(p / edge * n) for p, edge, n in zip((x, y, z), box, counts, strict=True))
        free = True
        for a in (i - 1, i, i + 1):
            for b in (j - 1, j, j + 1):
                for c in (k - 1, k, k + 1):
                    for u, v, w in voxels.get((a % counts[0], b % counts[1], c), ()):
                        dx, dy, dz = abs(x - u), abs(y - v), z - w
                        dx, dy = min(dx, box[0] - dx), min(dy, box[1] - dy)
                        if dx * dx + dy * dy + dz * dz < limit:
                            free = False
        if free:
            voxels.setdefault((i, j, k), []).append((x, y, z))
            atoms.append((x, y, z))
    return np.array(atoms)


def batched(box: Sequence[float], size: int = 8192) -> FloatArray:
    """Batches against a KD-tree of the atoms so far; of two rivals in a batch the later goes."""
    generator = np.random.default_rng(1)
    edges = np.array(box)
    wanted = round(float(np.prod(edges)) * DENSITY)
    repeats = np.array([edges[0], edges[1], 0.0])
    atoms = np.empty((0, 3))
    while len(atoms) < wanted:
        proposals = generator.random((size, 3)) * edges
        if len(atoms):
            nearest = cKDTree(atoms, boxsize=repeats).query(proposals, distance_upper_bound=DISTANCE)[0]
            proposals = proposals[np.isinf(nearest)]
        rivals = cKDTree(proposals, boxsize=repeats).query_pairs(DISTANCE, output_type="ndarray")
        keep = np.ones(len(proposals), dtype=np.bool_)
        keep[rivals.max(axis=1)] = False
        atoms = np.concatenate([atoms, proposals[keep]])
    return atoms[:wanted]


def published() -> Sequence[Line]:
    """Ours, the fastest of three, against the published times."""
    seconds = float("inf")
    for _ in range(3):
        begin = time.perf_counter()
        ours()
        seconds = min(seconds, time.perf_counter() - begin)
    title = "carbon 128 × 128 × 50 Å, published times"
    lines = [Line(title, OURS, f"{three_digits(seconds * 1e3)} ms", "", "", "")]
    for name, theirs, least in PUBLISHED:
        ratio = Ratio(name, OURS, least=least)
        lines.append(
            Line(
                title,
                f"{name} / {OURS}",
                f"{theirs:g} s",
                "",
                three_digits(theirs / seconds),
                verdict(theirs / seconds, ratio),
            )
        )
    return lines


def memory() -> Sequence[Line]:
    """Peak memory in a process of its own (Linux)."""
    if not sys.platform.startswith("linux"):
        return []
    answer = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=True)
    traced, growth, whole = (float(word) for word in answer.stdout.split())
    title = "carbon 128 × 128 × 50 Å, memory"
    limit = Ratio("", "", most=MEMORY)
    return [
        Line(title, "peak of what it allocates", "", f"{traced:.0f} MB", "", verdict(traced, limit)),
        Line(title, "growth of the process", "", f"{growth:.0f} MB", "", ""),
        Line(title, "the whole process", "", f"{whole:.0f} MB", "", verdict(whole, limit)),
    ]


@benchmark("substrate")
def substrate() -> Sequence[Comparison | Observation]:
    """Time against plain ways and published times, and memory."""
    part = (BOX[0], BOX[1], BOX[2] * SHARE)
    atoms = BOX[0] * BOX[1] * BOX[2] * DENSITY
    return [
        Comparison(
            "carbon 128 × 128 × 50 Å",
            atoms,
            "atoms",
            [
                Contender(ONE_BY_ONE, lambda: one_by_one(part), SHARE),
                Contender(BATCHED, lambda: batched(BOX)),
                Contender(OURS, ours),
            ],
            [Ratio(ONE_BY_ONE, OURS, least=10.0), Ratio(BATCHED, OURS, least=5.0)],
            rounds=2,
        ),
        Observation("published times", published),
        Observation("memory", memory),
    ]
