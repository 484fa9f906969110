"""How fast a run goes and how long it will still take, without the time it was paused.  No Qt."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

#: The rate is that of the last so many seconds.
WINDOW = 20.0


class Pace:
    """Rate and remaining time from counts of finished images.

    Parameters
    ----------
    clock
        Seconds, monotonic; tests bring their own.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._held = 0.0
        self._held_since: float | None = None
        self._counts: deque[tuple[float, int]] = deque()

    def elapsed(self) -> float:
        """Seconds since the start without pauses."""
        now = self._clock() if self._held_since is None else self._held_since
        return now - self._begun - self._held

    def hold(self) -> None:
        """The run pauses."""
        if self._held_since is None:
            self._held_since = self._clock()

    def go_on(self) -> None:
        """The run goes on."""
        if self._held_since is not None:
            self._held += self._clock() - self._held_since
            self._held_since = None

    def begin_step(self) -> None:
        """Another kind of work begins: earlier counts say nothing of it."""
        self._counts.clear()

    def count(self, done: int) -> None:
        """So many images are finished."""
        now = self.elapsed()
        self._counts.append((now, done))
        while len(self._counts) > 2 and now - self._counts[1][0] > WINDOW:
            self._counts.popleft()

    def rate(self) -> float | None:
        """Images a second; None before it is known."""
        if len(self._counts) < 2:
            return None
        (first, before), (last, done) = self._counts[0], self._counts[-1]
        if last - first <= 0 or done <= before:
            return None
        return (done - before) / (last - first)

    def remaining(self, total: int) -> float | None:
        """Seconds until ``total`` images are finished; None before the rate is known."""
        rate = self.rate()
        return None if rate is None else max(0.0, (total - self._counts[-1][1]) / rate)
