"""What accompanies a rendering without ever changing its result: structures, cache, cancel, progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sim.core.errors import never
from sim.core.types import Structure
from sim.render.cache import Cache


def _silent(stage: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class RenderContext:
    """Surroundings of a rendering.

    Attributes
    ----------
    structures
        Structures by their sha256.
    cache
        Results of earlier stages; None renders everything anew.
    cancel
        Raises ``Cancelled`` when the user wants to stop; called between stages and inside long ones.
    progress
        Called with the name of every stage as it begins.
    workers
        Threads that costly stages may use.
    """

    structures: Mapping[str, Structure]
    cache: Cache | None = None
    cancel: Callable[[], None] = field(default=never)
    progress: Callable[[str], None] = field(default=_silent)
    workers: int = 1
