"""From the bytes a child process prints to events and foreign text.  No Qt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

#: A line longer than this is no event; it is passed on in pieces, bytes.
LONGEST_LINE = 1 << 20
#: Version of the events that is understood.
VERSION = 1

Event = dict[str, Any]


class LineReader:
    """Joins pieces of a byte stream to lines of text, whatever bytes there are."""

    def __init__(self) -> None:
        self._waiting = b""

    def feed(self, piece: bytes) -> list[str]:
        """The lines that this piece completes."""
        *lines, self._waiting = (self._waiting + piece).split(b"\n")
        if len(self._waiting) > LONGEST_LINE:
            lines.append(self._waiting)
            self._waiting = b""
        return [_text(line) for line in lines]

    def rest(self) -> list[str]:
        """What is left of a last line without an end."""
        left, self._waiting = self._waiting, b""
        return [_text(left)] if left.strip() else []


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")


def event_in(line: str) -> Event | None:
    """The event that a line is; None for any other text."""
    if not line.startswith("{"):
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not isinstance(value.get("event"), str):
        return None
    return value if value.get("version") == VERSION else None


@dataclass(frozen=True)
class Counted:
    """Images done of all."""

    done: int
    total: int


def counted(event: Event) -> Counted | None:
    """The counts of a progress event; None where they make no sense."""
    done, total = event.get("done"), event.get("total")
    if event["event"] != "progress" or not isinstance(done, int) or not isinstance(total, int):
        return None
    return Counted(done, total) if 0 <= done <= total and total > 0 else None
