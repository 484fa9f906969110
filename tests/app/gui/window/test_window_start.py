"""The program as a whole: it starts in time, without a display, without OpenGL, and ends clean."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from app.gui.document.preferences import Preferences
from app.gui.structure import probe_runner
from tests.yardstick import slowness

pytestmark = pytest.mark.gui

#: Prints when the window was painted, what processor time it took, and what had been imported by then.
FIRST_WINDOW = """
import json, sys, time
import psutil
import app.gui.start as start
from PySide6.QtCore import QEvent, QObject
class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and watched.isWidgetType() and watched.isWindow():
            process = psutil.Process()
            used = sum(process.cpu_times()[:2])
            print(json.dumps([time.monotonic(), used, sorted(sys.modules)]))
            sys.stdout.flush()
            watched.removeEventFilter(self)
            watched.close_without_asking()
        return False
watch = Watch()
whole = start.stopping_on_signals
def stopping(window):
    window.installEventFilter(watch)
    return whole(window)
start.stopping_on_signals = stopping
sys.exit(start.run_window([]))
"""


def test_program_starts_offscreen_and_ends_without_a_word(command_line: Callable[..., Any]) -> None:
    program = command_line(QT_QPA_PLATFORM="offscreen", NANOPHANTOM_QUIT_AFTER="0.6")
    out, err = program.communicate(timeout=30)
    assert (program.returncode, out, err) == (0, "", "")


def test_window_is_painted_within_two_seconds_and_nothing_heavy_is_imported_before(
    python: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    took = []
    for _ in range(3):
        begun = time.monotonic()
        done = python(FIRST_WINDOW, QT_QPA_PLATFORM="offscreen")
        assert done.returncode == 0, done.stderr
        painted, used, modules = json.loads(done.stdout)
        seconds = painted - begun
        assert not {"scipy", "ase", "OpenGL", "h5py", "numba", "PIL"} & set(modules)
        # Where other programs keep the processors busy, its own time says what it would have taken; the
        # benchmark `window_start` measures what the clock says.
        took.append(min(seconds, used) / slowness())
        if took[-1] <= 2.0:
            break
    assert min(took) <= 2.0


def test_the_start_page_is_there_before_the_settings_of_other_kinds_and_the_rows_of_any(
    python: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """What a kind costs is paid when the first recipe of it is opened."""
    done = python(FIRST_WINDOW, QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, done.stderr
    modules = json.loads(done.stdout)[2]
    late = ("sim.specimen.scene.", "sim.imaging.hrtem", "sim.imaging.stem", "sim.imaging.multislice")
    late += ("app.gui.scene.editor", "app.gui.panels.panel")
    assert "sim.recipe.model" in modules
    assert [name for name in modules if name.startswith(late)] == []


def test_a_recipe_on_the_command_line_is_the_windows(command_line: Callable[..., Any], desk: Any) -> None:
    """A file that is there opens; one that is not is a sentence and no window."""
    path = desk.recipe()
    program = command_line(str(path), QT_QPA_PLATFORM="offscreen", NANOPHANTOM_QUIT_AFTER="0.6")
    out, err = program.communicate(timeout=30)
    assert (program.returncode, out, err) == (0, "", "")
    remembered = json.loads((desk.home / "state" / "recent.json").read_text(encoding="utf-8"))
    assert remembered == [str(path)]
    program = command_line(str(path) + "x.toml", QT_QPA_PLATFORM="offscreen")
    out, err = program.communicate(timeout=30)
    assert program.returncode == 2 and out == ""
    assert "there is no such file" in err and len(err.strip().splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_signal_closes_the_program_and_nothing_is_left_of_it(command_line: Callable[..., Any]) -> None:
    program = command_line(QT_QPA_PLATFORM="offscreen")
    process = psutil.Process(program.pid)
    deadline = time.monotonic() + 20.0
    while time.monotonic() < deadline and process.num_threads() < 3:
        time.sleep(0.05)
    time.sleep(0.5)
    children = process.children(recursive=True)
    os.kill(program.pid, signal.SIGTERM)
    out, err = program.communicate(timeout=20)
    assert (program.returncode, out, err) == (0, "", "")
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)


def test_without_a_display_there_is_a_sentence(command_line: Callable[..., Any]) -> None:
    program = command_line(QT_QPA_PLATFORM="")
    out, err = program.communicate(timeout=30)
    assert program.returncode == 2 and out == ""
    assert "no display" in err and "Traceback" not in err


@pytest.mark.parametrize("wanted", ["auto", "gl", "painter"])
def test_without_opengl_the_painter_draws_and_says_so_once(
    desk: Any, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here OpenGL is missing: the preference decides whether that is worth a word."""
    monkeypatch.setattr(probe_runner, "_KNOWN", {}, raising=False)
    window = desk.open(desk.recipe(), preferences=Preferences(structure_view=wanted, restore_workspace=False))
    desk.settle(window)
    assert window.status.text("renderer") == "painter"
    if wanted == "gl":
        desk.qtbot.waitUntil(lambda: "OpenGL" in window.structure.overlay_content.notice)
    if wanted == "painter":
        assert window.structure.overlay_content.notice == ""
    picture = window.structure.grab().toImage()
    colours = {picture.pixel(x, picture.height() // 2) for x in range(0, picture.width(), 3)}
    assert len(colours) > 20, "the atoms are there"


def test_the_engine_and_the_command_line_need_no_qt_and_no_opengl(
    python: Callable[..., subprocess.CompletedProcess[str]], home: Any
) -> None:
    """Neither imported nor loaded by anything imported; with all of it out of reach a render works."""
    code = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("PySide6", "shiboken6", "pyqtgraph", "OpenGL"):
            raise ImportError(f"libGL.so.1: cannot open shared object file ({name})")
sys.meta_path.insert(0, Missing())
import sim, sim.render.render, sim.plan.plan, sim.dataset.run
from app.cli.main import run
code = run(["render", "au55_four_classes", "--index", "1", "-o", sys.argv[1]])
with open("/proc/self/maps") as maps:
    loaded = [line for line in maps if any(name in line for name in ("libGL", "libEGL", "libQt6"))]
sys.exit(code or bool(loaded))
"""
    done = python(code, str(home / "one.npy"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (home / "one.npy").exists()


def test_a_missing_system_library_is_a_sentence(
    python: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    code = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "PySide6.QtGui":
            raise ImportError("libGL.so.1: cannot open shared object file")
sys.meta_path.insert(0, Missing())
from app.gui.start import run_window
sys.exit(run_window([]))
"""
    done = python(code, QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 2
    assert "libGL.so.1" in done.stderr and "apt-get install libgl1" in done.stderr
    assert "Traceback" not in done.stderr
