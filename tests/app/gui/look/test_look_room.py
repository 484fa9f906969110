"""Words have the room they need, and icons all their pixels, at every scale and with a large font."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.gui

#: Scale factor, points of the font (0: the platform's), size of the window.
CASES = {
    "scale 1": ("1", "0", "1280", "800"),
    "scale 1.5": ("1.5", "0", "1440", "900"),
    "scale 2": ("2", "0", "1440", "900"),
    "14 points": ("1", "14", "1600", "900"),
}


@pytest.fixture(scope="module")
def reports(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """A process for each case: the scale factor is that of a whole process."""
    running = {
        case: subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("surfaces.py")), points, width, height],
            env={
                **os.environ,
                "PYTHONPATH": str(repository),
                "NANOPHANTOM_HOME": str(tmp_path_factory.mktemp("home")),
                "QT_SCALE_FACTOR": scale,
                "QT_QPA_PLATFORM": "offscreen",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for case, (scale, points, width, height) in CASES.items()
    }
    yield running
    for process in running.values():
        process.kill()
        process.communicate()


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_cut_off(case: str, reports: dict[str, subprocess.Popen[str]]) -> None:
    """No label, button, choice or number is shown with less room than its words need, on any surface."""
    scale, _, width, height = CASES[case]
    said, complained = reports[case].communicate(timeout=60)
    assert said, complained
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    assert found["ratio"] == float(scale)
    assert found["size"] == [int(width), int(height)], "the window does not fit into its size"
    assert {surface: faults for surface, faults in found["faults"].items() if faults} == {}
    assert len(found["faults"]) == 10, "a surface was not shown"
