"""The focus of least contrast, by which a defocus is counted from the specimen itself.

An exit wave belongs to a plane, and where its image has the least contrast lies somewhere inside the
specimen.  Counting the nominal defocus from there makes it mean the same for every structure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError, never
from sim.core.types import FloatArray
from sim.physics.optics.imaging import HrtemOptics, ImageFormation, Wave


@dataclass(frozen=True, eq=False)
class MinimumContrast:
    """The result of :func:`minimum_contrast`.

    Attributes
    ----------
    c10
        C10 of the least variance, Å, relative to the plane of the waves.
    variance
        The variance there; vacuum has intensity 1.
    curve_c10, curve_variance
        (n,) every focus that was looked at, ascending, Å, and its variance.
    """

    c10: float
    variance: float
    curve_c10: FloatArray
    curve_variance: FloatArray


def minimum_contrast(
    blocks: Sequence[Wave],
    kx: FloatArray,
    ky: FloatArray,
    voltage: float,
    low: float,
    high: float,
    *,
    focal_spread: float = 0.0,
    coarse: float = 1.0,
    fine: float = 0.1,
    workers: int = 1,
    cancel: Callable[[], None] = never,
) -> MinimumContrast:
    """The C10 at which the noise-free image varies least, searched in two stages.

    Parameters
    ----------
    blocks
        Fourier blocks (rows, columns) of the configurations of the particles in vacuum; see
        :mod:`sim.physics.optics.imaging`.
    kx, ky
        (columns,) and (rows,) frequencies of the blocks, Å⁻¹.
    voltage
        kV.
    low, high
        Range of C10, Å, relative to the plane of the waves: a plane z nearer to the source is in focus
        at C10 = −z.
    focal_spread
        1/e half-width, Å.
    coarse, fine
        Steps of the two stages, Å; the second covers one coarse step on either side of the first's best.
    workers
        Threads; the result does not depend on it.
    cancel
        Called for every transform.

    Returns
    -------
    The best focus, and the curve of both stages.

    Raises
    ------
    InputError
        For an empty range or steps that are none.

    Notes
    -----
    The image is the mean intensity over the configurations at the points of the blocks (or as many more, or
    one fewer of an odd number, as make a fast transform), with the focal spread as an envelope, without
    aberrations and without an aperture; its contrast is measured by its variance.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise InputError("focus", "there is no focus to search", value=(low, high))
    if not 0.0 < fine <= coarse < math.inf:
        raise InputError(
            "focus.fine_step", "the fine step must be positive and no coarser than the coarse one",
            value=fine, allowed=f"above 0 and up to {coarse:g} Å",
        )  # fmt: skip
    formation = ImageFormation(kx, ky, HrtemOptics(voltage=voltage, focal_spread=focal_spread))

    def variance(c10: float) -> float:
        return formation.variance(blocks, c10, cancel)

    def curve(foci: list[float]) -> list[float]:
        if workers <= 1:
            return [variance(focus) for focus in foci]
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(variance, foci))

    first = [low + coarse * number for number in range(math.floor((high - low) / coarse + 1e-9) + 1)]
    found = dict(zip(first, curve(first), strict=True))
    near = min(found, key=found.__getitem__)
    # Whole multiples of the fine step around the best: the point itself is already known.
    reach = math.floor(coarse / fine + 1e-9)
    second = [near + fine * number for number in range(-reach, reach + 1) if number]
    second = [focus for focus in second if low <= focus <= high and focus not in found]
    found |= dict(zip(second, curve(second), strict=True))
    best = min(found, key=found.__getitem__)
    foci = sorted(found)
    return MinimumContrast(best, found[best], np.array(foci), np.array([found[focus] for focus in foci]))
