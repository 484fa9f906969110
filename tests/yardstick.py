"""How slow the machine is just now.

A test never asserts seconds: other work, a processor shared with another thread or a slower machine would
turn it red.  Limits of the thread's own time are stated for the machine the README's figures come from,
and multiplied by what a fixed piece of work takes now over what it took there.
"""

from __future__ import annotations

import time

#: Seconds the work takes on that machine when it does nothing else.
REFERENCE = 2.6e-3


def _work() -> list[tuple[tuple[str, int], int]]:
    table: dict[tuple[str, int], int] = {}
    for number in range(6000):
        key = ("yardstick", number % 97)
        table[key] = table.get(key, 0) + len(str(number))
    return sorted(table.items(), key=lambda item: -item[1])


def slowness(rounds: int = 5) -> float:
    """Times the work takes longer now, by the thread's own time; never less than one."""
    best = float("inf")
    for _ in range(rounds):
        begun = time.thread_time()
        _work()
        best = min(best, time.thread_time() - begun)
    return max(1.0, best / REFERENCE)
