"""Frames of the structure view: the painter and OpenGL against the algorithms of the first prototypes."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.registry import Comparison, Contender, Ratio, benchmark

PAINTER, PAINTER_MOVING, PAINTER_PEER = "painter", "painter, moving", "prototype painter"
OPENGL, OPENGL_SMOOTH, OPENGL_MOVING = "OpenGL", "OpenGL, smooth edges", "OpenGL, moving"
OPENGL_PEER = "prototype OpenGL"
SIZES = (("Au55", 55), ("10,000 atoms", 10_000), ("100,000 atoms", 100_000), ("1,000,000 atoms", 1_000_000))
#: The painter's prototype draws this many at most: each frame more takes seconds.
PAINTER_MOST = 100_000


class Drawing:
    """A process that draws frames on request.

    Raises
    ------
    OSError
        If it cannot draw here.
    """

    def __init__(self, kind: str) -> None:
        environment = dict(os.environ)
        command = [sys.executable, "-m", "benchmarks.structure_drawers", kind]
        if kind == "painter":
            environment["QT_QPA_PLATFORM"] = "offscreen"
            environment.pop("DISPLAY", None)
        elif not _has_display():
            runner = shutil.which("xvfb-run")
            if runner is None:
                raise OSError("no display, and no xvfb-run to make one")
            environment["QT_QPA_PLATFORM"] = "xcb"
            command = [runner, "-a", "-s", "-screen 0 1600x1200x24", *command]
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(self.close)
        self._scene = 0
        if self._answer() != "ready":
            raise OSError(f"the {kind} does not draw here")

    def draw(self, way: str, atoms: int, frames: int) -> None:
        """Draw some frames of a scene."""
        if self._scene != atoms:
            self._ask(f"scene {atoms}")
            self._scene = atoms
        self._ask(f"{frames} {way}")

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _ask(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        if self._answer() != "done":
            raise OSError(f"the process that draws has ended at {line!r}")

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) and (
        os.environ.get("QT_QPA_PLATFORM") != "offscreen"
    )


@benchmark("structure_view")
def frames() -> Sequence[Comparison]:
    """A turning structure, 900 × 700 pixels."""
    drawings = {"painter": Drawing("painter")}
    try:
        drawings["opengl"] = Drawing("opengl")
    except OSError as error:
        print(f"OpenGL is left out: {error}", file=sys.stderr)

    found = []
    for title, atoms in SIZES:
        # One frame after another, as under the mouse: the first one after another way's is slow.
        frames = 4 if atoms < 1e6 else 1

        def run(kind: str, way: str, atoms: int = atoms, frames: int = frames) -> Callable[[], object]:
            return partial(drawings[kind].draw, way, atoms, frames)

        contenders = []
        if atoms <= PAINTER_MOST:
            contenders += [
                Contender(way, run("painter", way)) for way in (PAINTER_PEER, PAINTER, PAINTER_MOVING)
            ]
        if "opengl" in drawings:
            ways = (OPENGL_PEER, OPENGL, OPENGL_SMOOTH, OPENGL_MOVING)
            contenders += [Contender(way, run("opengl", way)) for way in ways]
        ratios = (Ratio(PAINTER_PEER, PAINTER, least=1.0), Ratio(OPENGL_PEER, OPENGL, least=1.0))
        work = (
            f"structure view, {title}, {frames} frames" if frames > 1 else f"structure view, {title}, a frame"
        )
        rounds = 7 if atoms < 1e5 else 3
        found.append(Comparison(work, frames, "frames", contenders, ratios, rounds=rounds))
    return found
