"""Atoms while a scene is being built: elements and positions with the grain and side each belongs to.

Tier A.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.core.types import BoolArray, FloatArray, IntArray
from sim.numerics.motion import Motion


@dataclass(frozen=True, eq=False)
class Atoms:
    """Atoms of one object.

    Attributes
    ----------
    numbers
        (N,) int64, atomic numbers.
    positions
        (N, 3) float64, Å.
    grain
        (N,) int64: which grain of the object, from 0 on.
    side
        (N,) int64: how many defect planes of its grain lie below the atom.
    """

    numbers: IntArray
    positions: FloatArray
    grain: IntArray
    side: IntArray

    @classmethod
    def of(cls, numbers: IntArray, positions: FloatArray, grain: int = 0, side: int = 0) -> Atoms:
        """Atoms of one grain on one side."""
        count = len(numbers)
        return cls(
            np.asarray(numbers, dtype=np.int64),
            np.asarray(positions, dtype=np.float64).reshape(count, 3),
            np.full(count, grain, dtype=np.int64),
            np.full(count, side, dtype=np.int64),
        )

    @classmethod
    def none(cls) -> Atoms:
        """No atoms."""
        return cls.of(np.empty(0, dtype=np.int64), np.empty((0, 3)))

    @classmethod
    def joined(cls, parts: Sequence[Atoms]) -> Atoms:
        """The atoms of several parts, in their order."""
        if not parts:
            return cls.none()
        return cls(
            np.concatenate([part.numbers for part in parts]),
            np.concatenate([part.positions for part in parts]),
            np.concatenate([part.grain for part in parts]),
            np.concatenate([part.side for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.numbers)

    def kept(self, which: BoolArray | IntArray) -> Atoms:
        """The chosen atoms."""
        return Atoms(self.numbers[which], self.positions[which], self.grain[which], self.side[which])

    def moved(self, motion: Motion) -> Atoms:
        """The atoms elsewhere."""
        return replace(self, positions=motion.apply(self.positions))
