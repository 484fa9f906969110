"""Run the golden table at several instruction-set levels of this processor, then the negative control.

    python packaging/golden_levels.py

The table must equal tests/golden/golden.json at every level, with numpy's and (where installed) numba's
kernels.  The negative control, numpy's exp in place of our own, must differ from it at every level: it
shows that the comparison can fail.  Prints one line a run; exit code 1 if anything is not as it must be.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "tests" / "golden" / "table.py"
GOLDEN = ROOT / "tests" / "golden" / "golden.json"

#: Seconds one table may take.
LIMIT = 300


@dataclass(frozen=True)
class Level:
    """One way to run the table.

    Attributes
    ----------
    name
        As printed.
    environment
        Variables that set it.
    """

    name: str
    environment: dict[str, str]


def dispatched_features() -> list[str]:
    """What numpy can use here beyond its baseline, lowest first."""
    try:
        from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
    except ImportError:  # numpy 1
        from numpy.core._multiarray_umath import __cpu_dispatch__, __cpu_features__
    return [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]


def levels() -> list[Level]:
    """From everything the processor has down to numpy's baseline, by halves, and an older C library."""
    features = dispatched_features()
    found = [Level("everything", {})]
    kept = len(features)
    while kept:
        kept = kept // 2
        disabled = " ".join(features[kept:])
        found.append(Level(f"without {disabled}", {"NPY_DISABLE_CPU_FEATURES": disabled}))
    if platform.libc_ver()[0] == "glibc" and platform.machine() in {"x86_64", "AMD64"}:
        # numpy hands some functions to the C library, which chooses its own by the processor.
        tunables = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA,-FMA4"}
        found.append(Level(f"{found[-1].name}, C library without FMA", {**found[-1].environment, **tunables}))
    return found


def run(level: Level, *arguments: str, kernels: str = "numpy") -> dict[str, str]:
    """The table at one level."""
    environment = {**os.environ, **level.environment, "NANOPHANTOM_KERNELS": kernels}
    environment["PYTHONPATH"] = str(ROOT)
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", str(TABLE), *arguments],
        env=environment, capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    if finished.returncode:
        raise SystemExit(f"golden_levels: the table failed ({level.name}):\n{finished.stderr}")
    hashes: dict[str, str] = json.loads(finished.stdout)
    return hashes


def main() -> int:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    kernels = ["numpy", *(["numba"] if importlib.util.find_spec("numba") else [])]
    failures = 0
    ours, controls = set(), set()
    for level in levels():
        for kernel in kernels:
            hashes = run(level, kernels=kernel)
            equal = hashes == golden
            failures += not equal
            ours.add(hashes["total"])
            print(
                f"{hashes['total'][:16]} {'equal' if equal else 'DIFFERENT'}: {level.name}, {kernel} kernels"
            )
            for name in golden:
                if hashes.get(name) != golden[name]:
                    print(f"  different: {name}")
        control = run(level, "--negative-control")
        caught = control["numerics.exp/values"] != golden["numerics.exp/values"]
        failures += not caught
        controls.add(control["total"])
        verdict = "differs, as it must" if caught else "NOT CAUGHT"
        print(f"{control['total'][:16]} {verdict}: {level.name}, numpy's exp")
    print(f"{len(levels())} levels: {len(ours)} table(s) with our exp, {len(controls)} with numpy's")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
