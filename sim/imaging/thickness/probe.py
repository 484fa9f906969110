"""The width of the probe with depth, and blurring an image by it.

Tier A.
"""

from __future__ import annotations

import math

import numpy as np

from sim.core.errors import never
from sim.core.types import FloatArray
from sim.imaging.thickness import kernels
from sim.imaging.thickness.chords import Cancel
from sim.numerics import detmath

#: Full width at half maximum of a Gaussian in standard deviations.
FULL_WIDTH = 2.3548200450309493
#: Half the width of the kernel, in σ.
REACH = 4.0
#: Below this σ in pixels a sampled Gaussian is too narrow; three taps with the right variance take its place.
_NARROWEST = 0.6
#: Below this, in pixels, an image is left as it is.
_NEGLIGIBLE = 0.05
#: A disc of radius R has the standard deviation R/2 along any direction.
_DISC = 0.5
#: Products made between two looks at ``cancel``.
_AT_ONCE = 2**24


def width(full_width: float, convergence: float, distance: float) -> float:
    """Standard deviation of the probe along any direction, Å.

    Parameters
    ----------
    full_width
        Full width at half maximum in focus, Å.
    convergence
        Semiangle, mrad.
    distance
        From the plane of focus, Å.

    Notes
    -----
    σ² = (FWHM/2.355)² + (c α |z − z_focus|)², c = 1/2: away from focus the cone of rays of an evenly filled
    aperture is a disc of radius α|z − z_focus|, whose standard deviation along one direction is half of that.
    """
    focused = full_width / FULL_WIDTH
    cone = _DISC * convergence * 1e-3 * distance
    return math.sqrt(focused * focused + cone * cone)


def reach(sigma: float) -> int:
    """Pixels by which a blur of σ (px) draws on its surroundings."""
    if sigma < _NEGLIGIBLE:
        return 0
    return 1 if sigma < _NARROWEST else math.ceil(REACH * sigma)


def taps(sigma: float) -> FloatArray:
    """Weights of a Gaussian of σ (px) at whole pixels, (2·reach + 1,), whose sum is 1."""
    half = reach(sigma)
    if half == 0:
        return np.ones(1)
    if sigma < _NARROWEST:
        side = 0.5 * sigma * sigma
        return np.array([side, 1.0 - 2.0 * side, side])
    offset = np.arange(-half, half + 1).astype(np.float64)
    weights = detmath.exp(np.multiply(np.multiply(offset, offset), -1.0 / (2.0 * (sigma * sigma))))
    return np.divide(weights, detmath.ordered_sum(weights))


def blurred(image: FloatArray, sigma: float, margin: int, cancel: Cancel = never) -> FloatArray:
    """The inner part of an image, blurred by a Gaussian.

    Parameters
    ----------
    image
        (H + 2·margin, W + 2·margin).
    sigma
        px.
    margin
        Pixels to give up on every side, at least ``reach(sigma)``.

    Returns
    -------
    (H, W).
    """
    half = reach(sigma)
    rows, columns = image.shape
    if half > margin:
        raise ValueError(f"a blur of {half} px needs more than {margin} px around the image")
    if half == 0:
        return image[margin : rows - margin, margin : columns - margin].copy()
    weights = taps(sigma)
    near = image[margin - half : rows - margin + half, margin - half : columns - margin + half]
    across = _along_rows(near, weights, cancel)
    down = _along_rows(np.ascontiguousarray(across.T), weights, cancel)
    return np.ascontiguousarray(down.T)


def _along_rows(image: FloatArray, weights: FloatArray, cancel: Cancel) -> FloatArray:
    kernel = kernels.chosen()
    rows, columns = image.shape
    out = np.empty((rows, columns - len(weights) + 1))
    band = max(1, _AT_ONCE // (columns * len(weights)))
    for top in range(0, rows, band):
        cancel()
        kernel.blur_rows(np.ascontiguousarray(image[top : top + band]), weights, out[top : top + band])
    return out
