"""Cameras of high-resolution TEM: the spread of an electron's signal over pixels, and broken pixels.

Tier B: the curves of a camera are applied by Fourier transforms.  ``chain`` is handed a camera where there is
one and imports nothing from here, so that images without one stay tier A.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.core.types import FloatArray
from sim.numerics.samplers import bernoulli
from sim.numerics.streams import Stream

Frequencies = NDArray[np.floating[Any]]

#: Points of the transform from which the bound of a curve's overshoot is taken.
_BOUND_POINTS = 4096


@dataclass(frozen=True)
class Curve:
    """A transfer curve w exp(−(q/a)²) + (1 − w) exp(−(q/b)²), q in cycles per pixel.

    Attributes
    ----------
    weight, first, second
        w, a and b.
    """

    weight: float
    first: float
    second: float

    def at(self, q: FloatArray) -> FloatArray:
        """Values at frequencies ``q`` (cycles per pixel, any shape)."""
        q2 = np.square(q)
        first = np.exp(-q2 / (self.first * self.first))
        return self.weight * first + (1.0 - self.weight) * np.exp(-q2 / (self.second * self.second))

    def on(self, qy: Frequencies, qx: Frequencies) -> FloatArray:
        """Values on the plane of frequencies of rows (n,) and columns (m,), (n, m)."""
        result = self.weight * np.multiply.outer(_gaussian(qy, self.first), _gaussian(qx, self.first))
        if self.weight != 1.0:
            tail = np.multiply.outer(_gaussian(qy, self.second), _gaussian(qx, self.second))
            result += (1.0 - self.weight) * tail
        return result

    @property
    def overshoot(self) -> float:
        """Largest factor by which a filter with this curve can raise a pixel above the brightest one."""
        return _overshoot(self)


@dataclass(frozen=True)
class CameraParameters:
    """The camera, and what it makes of electrons.

    Attributes
    ----------
    kind
        ``integrating``: the signals of electrons add up; ``counting``: every electron is found and
        counted in one pixel, the right one or one nearby.
    mtf
        Modulation transfer function, by which the signal is damped.
    ntf
        Noise transfer function of an integrating camera, by which shot noise is damped.
    efficiency
        Share of the electrons that the camera registers at all; of a counting one it is DQE(0).
    hot_pixels, dead_pixels
        Share of pixels that are broken.
    hot_signal
        What a hot pixel adds, in units of the signal.
    """

    kind: Literal["integrating", "counting"] = "counting"
    mtf: Curve = Curve(1.0, 0.5, 0.05)
    ntf: Curve = Curve(1.0, 0.5, 0.05)
    efficiency: float = 1.0
    hot_pixels: float = 0.0
    hot_signal: float = 0.0
    dead_pixels: float = 0.0

    @property
    def counts(self) -> bool:
        """Whether it counts electrons."""
        return self.kind == "counting"

    @property
    def broken(self) -> bool:
        """Whether there are broken pixels that show."""
        return self.dead_pixels > 0.0 or (self.hot_pixels > 0.0 and self.hot_signal > 0.0)

    def registered(self, expected: FloatArray) -> FloatArray:
        """Expected number of electrons, (H, W), that each pixel registers.

        What a counting camera draws its counts from is λ behind the MTF, never negative.
        """
        if self.efficiency != 1.0:
            expected = expected * self.efficiency
        if not self.counts:
            return expected
        result = blurred(expected, self.mtf)
        return np.maximum(result, 0.0, out=result)

    def integrated(self, signal: FloatArray, mean: FloatArray) -> FloatArray:
        """Signal of an integrating camera: F⁻¹{MTF·F[mean]} + F⁻¹{NTF·F[signal − mean]}.

        Parameters
        ----------
        signal
            (H, W) pulse heights of the electrons that hit each pixel.
        mean
            (H, W) its expectation.

        Returns
        -------
        (H, W); that of a counting camera is ``signal`` itself.  With equal curves this is
        F⁻¹{MTF·F[signal]} but for the edges.  The detective quantum efficiency is
        DQE(q) = DQE(0)·(MTF/NTF)², where the gain spread s gives DQE(0) = efficiency/(1 + s²).
        """
        if self.counts:
            return signal
        result = blurred(mean, self.mtf)
        result += blurred_noise(signal - mean, self.ntf)
        return result

    def with_broken_pixels(self, signal: FloatArray, stream: Stream) -> FloatArray:
        """(H, W) signal with dead pixels, which have none, and hot ones, which have ``hot_signal`` more.

        Parameters
        ----------
        stream
            Keys which pixels.
        """
        if self.dead_pixels:
            dead = bernoulli(stream.child("dead"), signal.shape, self.dead_pixels)
            signal = np.where(dead, 0.0, signal)
        if self.hot_pixels and self.hot_signal:
            hot = bernoulli(stream.child("hot"), signal.shape, self.hot_pixels)
            signal = np.where(hot, signal + self.hot_signal, signal)
        return signal

    @property
    def mean_overshoot(self) -> float:
        """Bound of any pixel's expectation behind the camera, in units of the brightest one before it."""
        return self.mtf.overshoot

    @property
    def noise_overshoot(self) -> float:
        """Bound of the shot noise of any pixel, in units of its bound in a pixel alone."""
        return 1.0 if self.counts else self.ntf.overshoot


def blurred(image: FloatArray, curve: Curve) -> FloatArray:
    """The expected image behind a camera's transfer curve, (H, W).

    Notes
    -----
    F⁻¹{MTF·F[λ]} on the image and its mirror images (a cosine transform): light that the curve spreads
    over the edge comes back from the mirror, not from the opposite edge.  The mean is kept.
    """
    from scipy import fft

    height, width = image.shape
    spectrum = fft.dctn(image, type=2, norm="ortho", workers=1)
    spectrum *= curve.on(np.arange(float(height)) / (2 * height), np.arange(float(width)) / (2 * width))
    result: FloatArray = fft.idctn(spectrum, type=2, norm="ortho", overwrite_x=True, workers=1)
    return result


def blurred_noise(noise: FloatArray, curve: Curve) -> FloatArray:
    """Noise behind a transfer curve, (H, W): F⁻¹{NTF·F[noise]} on a periodic image.

    Here the opposite edge does no harm, and mirrored noise would double its variance at the edges.
    """
    from scipy import fft

    height, width = noise.shape
    spectrum = fft.rfft2(noise, workers=1)
    spectrum *= curve.on(np.fft.fftfreq(height), np.fft.rfftfreq(width))
    result: FloatArray = fft.irfft2(spectrum, s=noise.shape, overwrite_x=True, workers=1)
    return result


def _gaussian(q: Frequencies, width: float) -> FloatArray:
    result: FloatArray = np.exp(-np.square(q / width))
    return result


@lru_cache(maxsize=64)
def _overshoot(curve: Curve) -> float:
    # No pixel of a filtered image exceeds max|image| times the sum of the filter's moduli.  Each
    # Gaussian is separable; what the pixel grid cuts off beyond half a cycle makes it ring a little.
    def modulus_sum(width: float) -> float:
        response = np.fft.irfft(_gaussian(np.fft.rfftfreq(_BOUND_POINTS), width))
        return float(np.sum(np.abs(response)))

    first, second = modulus_sum(curve.first), modulus_sum(curve.second)
    # What lies beyond the points of the transform falls with the square of the distance.
    return 1.001 * (curve.weight * first**2 + (1.0 - curve.weight) * second**2)
