"""Progress events: versioned, throttled, the same for one process and for many."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

#: Receives a progress event: a plain dictionary that prints as one JSON line.
Listener = Callable[[dict[str, Any]], None]

VERSION = 1
#: Seconds between two events.
INTERVAL = 0.2


def silent(event: dict[str, Any]) -> None:
    """Nobody listens."""


class Meter:
    """Turns counts of finished images into events.

    Parameters
    ----------
    total
        Images of the whole piece of work.
    done
        Images that were finished before it (a resumed run); they do not count in the rate.
    """

    def __init__(self, total: int, done: int, listener: Listener, unit: str = "images") -> None:
        self._total = total
        self._before = done
        self._listener = listener
        self._unit = unit
        self._begun = time.monotonic()
        self._last = float("-inf")

    def show(self, done: int, *, now: bool = False) -> None:
        """Report that ``done`` images are finished; most calls are swallowed by the throttle."""
        moment = time.monotonic()
        if not now and moment - self._last < INTERVAL:
            return
        self._last = moment
        elapsed = moment - self._begun
        rate = (done - self._before) / elapsed if elapsed > 0 else 0.0
        remaining = (self._total - done) / rate if rate > 0 else None
        self._listener(
            {
                "event": "progress",
                "version": VERSION,
                "done": done,
                "total": self._total,
                f"{self._unit}_per_second": round(rate, 2),
                "remaining_s": None if remaining is None else round(remaining, 1),
            }
        )
