"""Amounts as people read them: bytes and times.  The command line and the window share these."""

from __future__ import annotations


def bytes_text(count: float) -> str:
    """A number of bytes for people: 1.3 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def estimate_text(seconds: float) -> str:
    """An estimated duration for people, no finer than it is known: about 45 s, about 1 h 56 min."""
    if seconds < 1:
        return "less than a second"
    if seconds < 90:
        return f"about {round(seconds)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} min"
    if minutes < 24 * 60:
        return f"about {minutes // 60} h {minutes % 60} min" if minutes % 60 else f"about {minutes // 60} h"
    hours = round(seconds / 3600)
    return f"about {hours} h" if hours < 72 else f"about {round(seconds / 86400)} days"


def duration_text(seconds: float) -> str:
    """A measured duration: 8 s, 3 min 05 s, 2 h 07 min."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
