"""What this machine offers to a run."""

from __future__ import annotations

import os


def processors() -> int:
    """Processors that this program may use, which may be fewer than there are."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable is not None else os.cpu_count() or 1
