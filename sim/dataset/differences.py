"""How far two versions of an array are apart, and how far tier B lets them be.

Arrays of tier B have equal bits only on one machine type with one set of library versions.  Elsewhere
an FFT rounds otherwise in its last digits; a count may then fall on the other side of a threshold.
What may differ is stated here once, for the command line, its help and docs/hashes.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Largest deviation of a value, as a share of the largest absolute value of its array.
LARGEST_DEVIATION = 1e-3
#: Share of the whole numbers (counts, labels) of an array that may differ at all.
LARGEST_UNEQUAL = 0.02
#: The two in words.
TOLERANCE = (
    f"no value further off than {LARGEST_DEVIATION:g} of the largest value of its array, and of counts "
    f"and labels a share of {LARGEST_UNEQUAL:g} different at most"
)


@dataclass(frozen=True)
class Difference:
    """Two versions of one array, or of the scalars of an image.

    Attributes
    ----------
    unequal
        Share of the values that are not equal.
    deviation
        Largest difference as a share of the largest absolute value of the stored version; infinite where
        one of them has no number.
    whole
        Whether the values are whole numbers, of which some may differ by any amount.
    """

    unequal: float
    deviation: float
    whole: bool

    @property
    def within_tolerance(self) -> bool:
        """Whether this is no more than tier B allows."""
        if self.whole:
            return self.unequal <= LARGEST_UNEQUAL
        return self.deviation <= LARGEST_DEVIATION

    def __str__(self) -> str:
        if self.whole:
            return f"{self.unequal:.3g} of the values unequal (tolerance {LARGEST_UNEQUAL:g})"
        return f"largest deviation {self.deviation:.3g} (tolerance {LARGEST_DEVIATION:g})"


def difference(stored: NDArray[Any], made: NDArray[Any], *, angle: bool = False) -> Difference | None:
    """How far an array made now is from the stored one.

    Parameters
    ----------
    stored, made
        Arrays of numbers.
    angle
        The values are angles in radians: −π and π are the same, and π stands for the largest value.

    Returns
    -------
    None when the two have not the same shape and type, and cannot be compared.
    """
    if stored.shape != made.shape or stored.dtype.newbyteorder("=") != made.dtype.newbyteorder("="):
        return None
    # Counts of further detectors are whole numbers too, though stored as float32.
    whole = stored.dtype.kind in "biu" or (_all_whole(stored) and _all_whole(made))
    unequal, largest, furthest = 0, 0.0, 0.0
    for one, other in zip(_rows(stored), _rows(made), strict=True):
        before, now = one.astype(np.float64), other.astype(np.float64)
        # The same not-a-number or infinity on both sides is no difference.
        apart = ~((before == now) | (np.isnan(before) & np.isnan(now)))
        unequal += int(np.count_nonzero(apart))
        finite = np.abs(before[np.isfinite(before)])
        largest = max(largest, float(finite.max(initial=0.0)))
        with np.errstate(invalid="ignore"):
            gaps = np.abs(now[apart] - before[apart])
        if angle:
            turns = np.mod(gaps, 2.0 * np.pi)
            gaps = np.minimum(turns, 2.0 * np.pi - turns)
        gaps = np.where(np.isnan(gaps), np.inf, gaps)
        furthest = max(furthest, float(gaps.max(initial=0.0)))
    scale = math.pi if angle else largest
    return Difference(unequal / max(1, stored.size), _share(furthest, scale), whole)


def _rows(array: NDArray[Any]) -> NDArray[Any]:
    """Parts of an array that fit memory as float64: the rows of a large one, or all of a small one."""
    return array[np.newaxis] if array.ndim < 2 or array.nbytes < 16 << 20 else array


def _all_whole(array: NDArray[Any]) -> bool:
    return all(bool(np.all(row == np.trunc(row))) for row in _rows(array))


def _share(furthest: float, scale: float) -> float:
    if furthest == 0.0:
        return 0.0
    return furthest / scale if scale > 0.0 else math.inf


def scalar_difference(stored: Mapping[str, Any], made: Mapping[str, Any]) -> Difference | None:
    """How far the scalars of an image are from the stored ones; fractions by their own size.

    Returns
    -------
    None when there are others, or one that is a word or a whole number differs.
    """
    if list(stored) != list(made) and set(stored) != set(made):
        return None
    unequal, furthest = 0, 0.0
    for name, before in stored.items():
        now = made[name]
        if before == now:
            continue
        one, other = (value if isinstance(value, list) else [value] for value in (before, now))
        if len(one) != len(other) or not all(isinstance(value, float) for value in (*one, *other)):
            return None
        unequal += 1
        gap = max(abs(value - item) for value, item in zip(one, other, strict=True))
        furthest = max(furthest, _share(gap, max(map(abs, one))))
    return Difference(unequal / max(1, len(stored)), furthest, whole=False)
