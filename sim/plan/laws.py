"""How the laws of ``[[vary]]`` entries are drawn: keyed, tier A, one value a call.

Nothing here knows recipes; callers say what the setting allows and give a stream that belongs to
exactly one value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from sim.core.errors import InputError
from sim.numerics import detmath
from sim.numerics.streams import Stream
from sim.recipe.vary import (
    Choice,
    VaryChoice,
    VaryLatinHypercube,
    VaryLogNormal,
    VaryNormal,
    VarySobol,
    VaryTruncatedNormal,
    VaryUniform,
)

#: A law that misses its bounds this often in a row is refused.
MOST_REDRAWS = 1000

RandomLaw = VaryUniform | VaryNormal | VaryTruncatedNormal | VaryLogNormal | VaryChoice
DesignLaw = VarySobol | VaryLatinHypercube


def draw(law: RandomLaw, stream: Stream, *, whole: bool, fits: Callable[[float], bool]) -> Choice:
    """One value of a law.

    Parameters
    ----------
    law
        The ``[[vary]]`` entry.
    stream
        Stream of this one value.
    whole
        The setting takes whole numbers.
    fits
        Whether the setting itself allows a number; normal laws draw again until it does.

    Raises
    ------
    InputError
        If the law practically never gives an allowed value.
    """
    if isinstance(law, VaryChoice):
        return _choose(law, _uniform(stream, 0))
    if isinstance(law, VaryUniform):
        return between(law.low, law.high, _uniform(stream, 0), whole=whole)
    for attempt in range(MOST_REDRAWS):
        value = _normal_like(law, stream, attempt)
        if whole:
            value = math.floor(value + 0.5)
        if isinstance(law, VaryTruncatedNormal) and not law.low <= value <= law.high:
            continue
        if fits(value):
            return value
    raise InputError(
        f"vary ({law.path})",
        f"the {law.law} law gave no allowed value in {MOST_REDRAWS} draws",
        remedy="move its centre into the allowed range or make it wider",
    )


def between(low: float, high: float, uniform: float, *, whole: bool) -> int | float:
    """A uniform number of (0, 1) brought to [low, high]; whole numbers include both bounds."""
    if whole:
        span = math.floor(high) - math.ceil(low) + 1
        return min(math.ceil(low) + math.floor(uniform * span), math.floor(high))
    # Written so that the result cannot leave [low, high] by rounding.
    return min(max(low + (high - low) * uniform, low), high)


def _choose(law: VaryChoice, uniform: float) -> Choice:
    weights = law.weights or (1.0,) * len(law.values)
    total = 0.0
    for weight in weights:
        total += weight
    reached = 0.0
    for value, weight in zip(law.values, weights, strict=True):
        reached += weight
        if uniform * total < reached:
            return value
    return [value for value, weight in zip(law.values, weights, strict=True) if weight > 0][-1]


def _normal_like(law: Any, stream: Stream, attempt: int) -> float:
    quantile = float(stream.normals(1, attempt)[0])
    if isinstance(law, VaryLogNormal):
        return float(law.median * detmath.exp(np.array([law.deviation * quantile]))[0])
    return float(law.mean + law.deviation * quantile)


def _uniform(stream: Stream, position: int) -> float:
    return float(stream.uniforms(1, position)[0])
