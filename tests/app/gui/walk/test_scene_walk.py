"""The walk of a new user through a scene, in a process of its own: offscreen, and with OpenGL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WALK = Path(__file__).with_name("scene_walk.py")
#: Pictures that the walk makes, one or more after each step.
STEPS = (
    "start",
    "scene_chosen",
    "radius_dragged",
    "kinds",
    "cluster_added",
    "dragged_to_the_top",
    "shells_vary",
    "gold_off",
    "new_sample",
    "atom_picked",
    "volumes_off",
    "volumes_on",
    "instance_map",
    "undone",
    "crowded",
    "corrected",
    "atoms",
    "g_of_r_of_the_node",
    "cluster",
    "begun_scene",
    "export_dialog",
    "exported",
    "verified",
)


def walk(folder: Path, *words: str) -> str:
    """Walk in a child process; what it says."""
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
    return done.stdout


@pytest.mark.gui
@pytest.mark.slow
def test_a_new_user_walks_through_a_scene_to_a_verified_dataset(tmp_path):
    walk(tmp_path / "walk")


@pytest.mark.gl
def test_the_walk_through_a_scene_on_a_display_with_opengl(tmp_path):
    walk(tmp_path / "dark", "--theme", "dark", "--renderer", "gl")
