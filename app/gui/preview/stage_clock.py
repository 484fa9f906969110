"""How far a slow image is: the stage under way, the time so far, and what the counted stages still take."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.amounts import duration_text, estimate_text

_COUNTED = re.compile(r"(.*\D)(\d+) of (\d+)")
_SHARE = re.compile(r"(.*\D)(\d+) %")


@dataclass(frozen=True)
class Working:
    """What is being made just now.

    Attributes
    ----------
    text
        Stage and times: "exit wave 3 of 8 · 12 s · about 20 s left"; empty before the first stage.
    refining
        Whether the draft on screen is what is being made exactly.
    """

    text: str
    refining: bool


class StageClock:
    """Follows the stages of one image; told of them in the worker's threads, asked in the window's.

    Parameters
    ----------
    begun
        When the image was begun, s of any clock.
    """

    def __init__(self, begun: float) -> None:
        self._begun = begun
        self._stage = ""
        #: What is counted, when its count began, the share done then, and the share done now and when.
        self._count: tuple[str, float, float, float, float] | None = None

    def stage(self, name: str, now: float) -> None:
        """A stage begins.

        Parameters
        ----------
        name
            "lens", or counted: "exit wave 3 of 8", "probe scan 40 %".
        now
            s of the same clock.
        """
        self._stage = name
        told = _told(name)
        if told is None:
            self._count = None
            return
        what, share = told
        count = self._count
        if count is None or count[0] != what or share < count[3]:
            self._count = (what, now, share, share, now)
        else:
            self._count = (what, count[1], count[2], share, now)

    def text(self, now: float) -> str:
        """The stage, the time so far and, once part of a count is done, what is left of it."""
        if not self._stage:
            return ""
        parts = [self._stage, duration_text(now - self._begun)]
        left = self._left(now)
        if left is not None:
            parts.append(f"{estimate_text(left)} left")
        return " · ".join(parts)

    def _left(self, now: float) -> float | None:
        count = self._count
        if count is None:
            return None
        _, begun, first, share, at = count
        if share <= first:
            return None
        whole = (at - begun) / (share - first)
        return max(0.0, whole * (1.0 - share) - (now - at))


def _told(name: str) -> tuple[str, float] | None:
    """What is counted and the share that is done; None for a stage without a count."""
    found = _COUNTED.fullmatch(name)
    if found is not None:
        return found[1], (int(found[2]) - 1) / int(found[3])
    found = _SHARE.fullmatch(name)
    return None if found is None else (found[1], int(found[2]) / 100.0)
