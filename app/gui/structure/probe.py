"""Does OpenGL work here?  Asked in a process of its own, because a broken driver ends the one that asks.

The question is the real one: a context of the kind that the canvas needs, its shaders, and a small
picture whose middle must show an atom.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Seconds that the other process may take: a graphics driver that starts for the first time is slow.
TIME_LIMIT = 20.0
#: First argument that makes a frozen program answer the question (see :func:`answer`) and end.
ARGUMENT = "--probe-opengl"
#: The answer's line begins with this: drivers write on standard output, too.
MARK = "nanophantom-opengl:"
#: Parts of the names of renderers that compute on the processor.
SOFTWARE = (
    "llvmpipe", "softpipe", "swrast", "software", "swiftshader", "basic render", "gdi generic",
)  # fmt: skip
#: Platforms of Qt without OpenGL; asking some of them for it ends the process.
WITHOUT_OPENGL = frozenset({"offscreen", "minimal", "vnc", "linuxfb"})


@dataclass(frozen=True)
class Probe:
    """What is known about OpenGL on this display.

    Attributes
    ----------
    ok
        A picture was drawn, and it was right.
    renderer
        The driver's name of itself.
    software
        It computes on the processor: the painter is faster.
    version
        As the driver states it.
    reason
        Why it is not ok, one sentence.
    """

    ok: bool
    renderer: str = ""
    software: bool = False
    version: str = ""
    reason: str = ""

    @property
    def hardware(self) -> bool:
        """Drawn by a graphics processor."""
        return self.ok and not self.software


_known: dict[str, Probe] = {}


def known_probe(platform: str) -> Probe | None:
    """The answer, if it is known without asking, for a platform of Qt such as "xcb"."""
    if platform in WITHOUT_OPENGL:
        return Probe(False, reason=f"there is no OpenGL on the display {platform!r}")
    return _known.get(platform)


def remember(platform: str, probe: Probe) -> None:
    """Keep an answer until the program ends."""
    _known[platform] = probe


def probe_opengl(platform: str = "", timeout: float = TIME_LIMIT) -> Probe:
    """Ask, and wait for the answer.

    Parameters
    ----------
    platform
        Of Qt, such as "xcb"; empty for the one that Qt would choose.
    timeout
        Seconds.
    """
    known = known_probe(platform or os.environ.get("QT_QPA_PLATFORM", ""))
    if known is not None:
        return known
    try:
        done = subprocess.run(
            probe_command(),
            env=probe_environment(platform),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return late(timeout)
    except OSError as error:
        return not_started(error.strerror or str(error))
    probe = understand(done.stdout, done.returncode)
    remember(platform, probe)
    return probe


def probe_command() -> list[str]:
    """Program and arguments of the process that answers."""
    if getattr(sys, "frozen", False):
        return [sys.executable, ARGUMENT]
    return [sys.executable, "-P", "-c", "from app.gui.structure.probe import answer; answer()"]


def probe_environment(platform: str = "", base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Environment of that process: this program's own packages come first, wherever it stands."""
    environment = dict(os.environ if base is None else base)
    home = str(Path(__file__).resolve().parents[3])
    paths = [home, *filter(None, [environment.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    if platform:
        environment["QT_QPA_PLATFORM"] = platform
    return environment


def understand(output: bytes, code: int) -> Probe:
    """The answer from what the process wrote and its exit code."""
    for line in output.decode("utf-8", "replace").splitlines():
        if not line.startswith(MARK):
            continue
        try:
            tree: Any = json.loads(line.removeprefix(MARK))
            return Probe(
                bool(tree["ok"]),
                str(tree["renderer"]),
                is_software(str(tree["renderer"])),
                str(tree["version"]),
                str(tree["reason"]),
            )
        except (ValueError, KeyError, TypeError):
            break
    if code:
        return Probe(False, reason=f"the graphics driver ended the test of OpenGL (code {code})")
    return Probe(False, reason="the test of OpenGL gave no answer")


def late(timeout: float) -> Probe:
    """The answer of a process that had to be stopped."""
    return Probe(False, reason=f"the graphics driver did not answer within {timeout:g} s")


def not_started(problem: str) -> Probe:
    """The answer of a process that could not be started."""
    return Probe(False, reason=f"the test of OpenGL could not be started ({problem})")


def is_software(renderer: str) -> bool:
    """Whether a renderer of this name computes on the processor."""
    name = renderer.lower()
    return any(part in name for part in SOFTWARE)


def answer() -> None:
    """Try OpenGL in this process, write the answer, and end it at once.

    Some drivers fail while they are taken down, after the answer; so nothing is taken down.
    """
    from app.gui.structure.gl_trial import trial

    tree = trial()
    sys.stdout.write(f"\n{MARK}{json.dumps(tree)}\n")
    sys.stdout.flush()
    os._exit(0)
