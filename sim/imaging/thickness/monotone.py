"""Smooth curves through points that never leave the range of neighbouring points.

Tier A.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.types import FloatArray


@dataclass(frozen=True, eq=False)
class Curve:
    """Piecewise cubic through points.

    Attributes
    ----------
    x, y
        (n,) points, x ascending.
    slopes
        (n,) derivatives there.
    """

    x: FloatArray
    y: FloatArray
    slopes: FloatArray

    @classmethod
    def through(cls, x: FloatArray, y: FloatArray) -> Curve:
        """The curve through at least two points; rising where the points rise, falling where they fall.

        Notes
        -----
        Slopes of Fritsch & Butland, SIAM J. Sci. Stat. Comput. 5 (1984) 300: a weighted harmonic mean of the
        neighbouring chords, 0 where they disagree in sign; at the ends the three-point formula, limited so
        that the curve stays monotone.
        """
        step = np.subtract(x[1:], x[:-1])
        chord = np.divide(np.subtract(y[1:], y[:-1]), step)
        slopes = np.empty(len(x))
        if len(x) == 2:
            slopes[:] = chord[0]
            return cls(x, y, slopes)
        before, after = chord[:-1], chord[1:]
        agree = np.greater(np.multiply(np.sign(before), np.sign(after)), 0.0)
        first = np.add(np.multiply(step[1:], 2.0), step[:-1])
        second = np.add(step[1:], np.multiply(step[:-1], 2.0))
        weights = np.divide(first, np.where(agree, before, 1.0))
        weights = np.add(weights, np.divide(second, np.where(agree, after, 1.0)))
        slopes[1:-1] = np.where(agree, np.divide(np.add(first, second), np.where(agree, weights, 1.0)), 0.0)
        slopes[0] = _end(float(step[0]), float(step[1]), float(chord[0]), float(chord[1]))
        slopes[-1] = _end(float(step[-1]), float(step[-2]), float(chord[-1]), float(chord[-2]))
        return cls(x, y, slopes)

    def at(self, where: FloatArray) -> FloatArray:
        """Values at any places, any shape; beyond the last points straight on with the slope there."""
        place = np.asarray(where, dtype=np.float64)
        inside = np.fmin(np.fmax(place, self.x[0]), self.x[-1])
        left = np.searchsorted(self.x, inside, side="right")
        left = np.fmin(np.fmax(np.subtract(left, 1), 0), len(self.x) - 2).astype(np.int64)
        low, high = self.x[left], self.x[np.add(left, 1)]
        step = np.subtract(high, low)
        t = np.divide(np.subtract(inside, low), step)
        rest = np.subtract(1.0, t)
        rise = np.subtract(self.y[np.add(left, 1)], self.y[left])
        # y = y₀ + Δy·t²(3 − 2t) + h·t(1 − t)(m₀(1 − t) − m₁t)
        value = np.multiply(np.multiply(np.multiply(t, t), np.subtract(3.0, np.multiply(t, 2.0))), rise)
        bend = np.subtract(np.multiply(self.slopes[left], rest), np.multiply(self.slopes[np.add(left, 1)], t))
        bend = np.multiply(np.multiply(np.multiply(t, rest), step), bend)
        value = np.add(self.y[left], np.add(value, bend))
        beyond = np.subtract(place, inside)
        slope = np.where(np.less(beyond, 0.0), self.slopes[0], self.slopes[-1])
        straight: FloatArray = np.add(value, np.multiply(beyond, slope))
        return straight


def _end(near: float, far: float, chord: float, next_chord: float) -> float:
    """Slope at an end from the two steps and chords beside it."""
    slope = ((2.0 * near + far) * chord - near * next_chord) / (near + far)
    if slope * chord <= 0.0:
        return 0.0
    if chord * next_chord <= 0.0 and abs(slope) > 3.0 * abs(chord):
        return 3.0 * chord
    return slope
