"""The walk of a new user, in a process of its own: offscreen, and on a display with OpenGL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WALK = Path(__file__).with_name("walk.py")
#: Pictures that the walk makes, one after each step.
STEPS = (
    "start",
    "class_chosen",
    "sigma_dragged",
    "preset_chosen",
    "rotated",
    "view_is_beam",
    "undone_twice",
    "sigma_and_alpha_varied",
    "export_dialog",
    "exporting",
    "paused",
    "cancelled",
    "resumed",
    "verified",
)


def walk(folder: Path, *words: str, **variables: str) -> str:
    """Walk in a child process; what it says."""
    done = subprocess.run(
        [sys.executable, str(WALK), str(folder), *words],
        env={**os.environ, **variables},
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
def test_a_new_user_walks_from_the_start_page_to_a_verified_dataset(tmp_path):
    walk(tmp_path / "walk")


@pytest.mark.gl
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_walk_on_a_display_with_opengl(tmp_path, theme):
    said = walk(tmp_path / theme, "--theme", theme, "--renderer", "gl")
    assert "renderer: " in said
    assert list((tmp_path / theme).glob("*_verified_screen.png"))


@pytest.mark.gl
def test_the_walk_at_scale_factor_one_and_a_half(tmp_path):
    """A window that fills a screen of 1600 × 1200 pixels."""
    walk(tmp_path / "small", "--size", "1066x760", QT_SCALE_FACTOR="1.5")
