"""The walk of a new user to images of electron waves, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WALK = Path(__file__).with_name("wave_walk.py")
#: Pictures that the walk makes, one or more after each step.
STEPS = (
    "gaussian",
    "draft",
    "exact",
    "two_snapshots",
    "transfer",
    "scherzer",
    "series",
    "series_moved",
    "wave",
    "pattern",
    "phase_mask",
    "phase",
    "export_dialog",
    "exported",
    "verified",
)


def walk(folder: Path, *words: str) -> None:
    """Walk in a child process."""
    done = subprocess.run(
        [sys.executable, str(WALK), str(folder), *words],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr, f"the walk complains: {done.stderr}"
    assert done.stdout.splitlines()[-1] == "walked"
    missing = [name for name in STEPS if not list(folder.glob(f"*_{name}.png"))]
    assert not missing, f"no pictures of {missing}"


@pytest.mark.gui
@pytest.mark.slow
def test_a_new_user_walks_from_a_quick_model_to_a_verified_dataset_of_waves(tmp_path: Path) -> None:
    walk(tmp_path / "walk", "--theme", "dark")
