"""What a stage of the golden table is, and numbers that stages begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sim.numerics.streams import Stream

Arrays = Mapping[str, np.ndarray[Any, Any]]

#: Every stage by name, in the order of the table.
STAGES: dict[str, Callable[[], Arrays]] = {}
#: Packages that a stage needs beyond numpy.
NEEDS: dict[str, tuple[str, ...]] = {}


def stage(name: str, *needs: str) -> Callable[[Callable[[], Arrays]], Callable[[], Arrays]]:
    """Register a function that returns the arrays of one stage, with the packages that it needs."""

    def register(function: Callable[[], Arrays]) -> Callable[[], Arrays]:
        if name in STAGES:
            raise ValueError(f"two stages are called {name}")
        STAGES[name] = function
        if needs:
            NEEDS[name] = needs
        return function

    return register


def spread(name: str, low: float, high: float, count: int = 20_000) -> np.ndarray[Any, Any]:
    """Fixed random numbers between two limits."""
    return np.add(np.multiply(Stream(1, "golden", name).uniforms(count), high - low), low)
