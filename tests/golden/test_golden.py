"""The golden table in this environment, and that it needs nothing but numpy and the standard library.

packaging/golden_levels.py runs it at other instruction-set levels, packaging/emulated_aarch64.sh on another
processor.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "tests" / "golden" / "table.py"
GOLDEN = json.loads((ROOT / "tests" / "golden" / "golden.json").read_text(encoding="utf-8"))
#: Stages that need pydantic: whole scenes and aggregates of atoms, from their settings on.
WHOLE = ("scene.recipes/", "scene.nodes/", "aggregate.atoms/")

#: Refuses every import beyond numpy, the standard library and the repository, then runs the table.
BARE = """
import importlib.abc, runpy, sys

class Blocker(importlib.abc.MetaPathFinder):
    own = {"sim", "resources", "stages", "aggregates", "scenes", "specimens"}
    allowed = {"numpy"} | own | set(sys.stdlib_module_names)

    def find_spec(self, name, path, target=None):
        if name.split(".")[0] not in self.allowed:
            raise ImportError(f"{name} is not there", name=name)
        return None

sys.meta_path.insert(0, Blocker())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def table(*arguments, prefix=(str(TABLE),), kernels=None):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["PYTHONPATH"] = str(ROOT)
    environment.pop("NANOPHANTOM_KERNELS", None)
    if kernels:
        environment["NANOPHANTOM_KERNELS"] = kernels
    return subprocess.run(
        [sys.executable, "-W", "ignore", *prefix, *arguments],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_table_equals_the_golden_one_with_numpy_alone():
    """Also proves that no tier-A module imports pydantic, scipy, ase, h5py or numba on its way."""
    finished = table("--compare", prefix=("-c", BARE, str(TABLE)))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    whole = sum(name.startswith(WHOLE) for name in GOLDEN)
    assert whole > 50
    assert f"all {len(GOLDEN) - 1 - whole} equal, {whole} left out" in finished.stdout


def test_table_equals_the_golden_one_with_everything_installed():
    """Whole scenes too."""
    finished = table("--compare", kernels="numpy")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert f"all {len(GOLDEN) - 1} equal (" in finished.stdout


@pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="the extra 'fast' is not installed")
def test_table_equals_the_golden_one_with_numba_kernels():
    finished = table("--compare", kernels="numba")
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_negative_control_is_caught():
    """numpy's exp in place of ours: the comparison fails and names images, not only exp itself."""
    finished = table("--compare", "--negative-control", kernels="numpy")
    assert finished.returncode == 1
    assert "different: numerics.exp/values" in finished.stdout
    assert "different: imaging.gaussian/" in finished.stdout
    assert "different: thickness.image/" in finished.stdout
    assert "different: numerics.log" not in finished.stdout


@pytest.mark.slow
def test_every_stage_is_in_the_golden_table():
    finished = table(kernels="numpy")
    hashes = json.loads(finished.stdout)
    assert list(hashes) == list(GOLDEN)
    assert len(set(hashes.values())) > 0.9 * len(hashes), "stages that hash alike test nothing"
