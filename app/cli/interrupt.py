"""Stopping on request: Ctrl-C, SIGTERM, or a line on stdin; work looks at ``cancel`` and stops cleanly."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

from sim.core.errors import Cancelled

#: How often a paused run looks whether it may go on, seconds.
PAUSE_STEP = 0.05


class StopRequest:
    """What the user has asked of a running command."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._pause = threading.Event()

    def stop(self) -> None:
        """Stop at the next look."""
        self._stop.set()

    def pause(self) -> None:
        """Hold at the next look."""
        self._pause.set()

    def resume(self) -> None:
        """Go on."""
        self._pause.clear()

    @property
    def paused(self) -> bool:
        return self._pause.is_set()

    def cancel(self) -> None:
        """What loops call: hold while paused.

        Raises
        ------
        Cancelled
            Once a stop was asked for.
        """
        while self._pause.is_set() and not self._stop.is_set():
            time.sleep(PAUSE_STEP)
        if self._stop.is_set():
            raise Cancelled("stopped on request")


@contextlib.contextmanager
def stoppable() -> Iterator[StopRequest]:
    """A request that SIGINT and SIGTERM set; a second signal interrupts at once."""
    request = StopRequest()
    signals = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal signals
        signals += 1
        if signals > 1:
            raise KeyboardInterrupt
        request.stop()

    numbers = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def obey_lines(request: StopRequest, descriptor: int = 0) -> threading.Thread:
    """Follow ``pause``, ``resume`` and ``cancel`` lines (bare words or {"command": ...}).

    End of input cancels.  Used only where another program drives this one and reads its progress as
    JSON: when that program dies, the pipe closes and the run ends cleanly.
    """

    def listen() -> None:
        for line in _lines_of(descriptor):
            word = _command_in(line)
            if word == "pause":
                request.pause()
            elif word == "resume":
                request.resume()
            elif word == "cancel":
                break
        request.stop()

    thread = threading.Thread(target=listen, name="nanophantom-stdin", daemon=True)
    thread.start()
    return thread


def _lines_of(descriptor: int) -> Iterator[str]:
    # Read past sys.stdin: a daemon thread inside its buffer would hold a lock when the interpreter ends.
    waiting = b""
    while True:
        try:
            piece = os.read(descriptor, 4096)
        except OSError:
            return
        if not piece:
            return
        *lines, waiting = (waiting + piece).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in lines)


def _command_in(line: str) -> str:
    try:
        value = json.loads(line)
    except ValueError:
        return line.strip()
    return str(value.get("command", "")) if isinstance(value, dict) else ""
