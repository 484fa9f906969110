"""Thickness of a flat support film along the beam, tilted and with holes.

Tier A.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError
from sim.core.types import Film, FloatArray, ImageGrid

#: cos 88°: a film that stands more steeply has no thickness along the beam worth the name.
_STEEPEST = 0.0349
_HALF_ROOT_3 = 0.8660254037844386


def film_thickness(film: Film, grid: ImageGrid) -> FloatArray:
    """Thickness of the film along the beam, the mean over each pixel.

    Parameters
    ----------
    film
        In the laboratory frame.
    grid
        Pixels of the image.

    Returns
    -------
    (H, W) float64, Å: thickness/|n_z| outside the holes, 0 inside.

    Raises
    ------
    InputError
        If the film stands nearly upright, beyond 88°.

    Notes
    -----
    A line along the beam meets the film or a hole of it according to its point half-way through the film; so
    the walls of the holes are taken to be parallel to the beam.  A pixel at a rim gets the share of its area
    that lies outside the hole, exactly for a straight rim.
    """
    steep = abs(float(film.normal[2]))
    along_beam = film.thickness / _checked(steep)
    if film.hole_spacing <= 0.0 or film.hole_radius <= 0.0:
        return np.full(grid.shape, along_beam)
    return np.multiply(_outside_holes(film, grid), along_beam)


@dataclass(frozen=True, eq=False)
class Support:
    """A film on an image.

    Attributes
    ----------
    thickness
        (H, W) along the beam, Å.
    surface
        (H, W) height of the upper surface, Å.
    whole
        Thickness along the beam outside the holes, Å.
    """

    thickness: FloatArray
    surface: FloatArray
    whole: float

    def above(self, height: float, rows: slice) -> FloatArray:
        """Thickness of what lies above a height in some rows, Å."""
        share = np.divide(np.subtract(self.surface[rows], height), self.whole)
        return np.multiply(self.thickness[rows], np.minimum(np.maximum(share, 0.0), 1.0))


def support_of(film: Film, grid: ImageGrid) -> Support:
    """The film on an image."""
    middle, half = film_heights(film, grid)
    return Support(film_thickness(film, grid), np.add(middle, half), 2.0 * half)


def film_heights(film: Film, grid: ImageGrid) -> tuple[FloatArray, float]:
    """Height of the film's middle at every pixel, (H, W) Å, and half its thickness along the beam."""
    slope_x, slope_y = _slopes(film)
    x, y = grid.centres()
    across = np.multiply(np.subtract(x, film.point[0]), slope_x)[np.newaxis, :]
    along = np.multiply(np.subtract(y, film.point[1]), slope_y)[:, np.newaxis]
    half = 0.5 * film.thickness / abs(float(film.normal[2]))
    return np.add(np.add(across, along), film.point[2]), half


def _checked(steep: float) -> float:
    if steep < _STEEPEST:
        raise InputError(
            "pose",
            "the support film stands along the beam",
            remedy="tilt it by less than 88°, or leave it out",
        )
    return steep


def _slopes(film: Film) -> tuple[float, float]:
    """dz/dx and dz/dy of the film."""
    normal = [float(part) for part in film.normal]
    _checked(abs(normal[2]))
    return -normal[0] / normal[2], -normal[1] / normal[2]


def _outside_holes(film: Film, grid: ImageGrid) -> FloatArray:
    """(H, W) share of each pixel outside the holes."""
    slope_x, slope_y = _slopes(film)
    p = float(grid.pixel_size)
    x, y = grid.centres()
    x, y = np.subtract(x, film.point[0])[np.newaxis, :], np.subtract(y, film.point[1])[:, np.newaxis]
    place, change_x, change_y = [], [], []
    for axis in (film.across, film.along):
        first, second, third = (float(part) for part in axis)
        change_x.append(first + slope_x * third)
        change_y.append(second + slope_y * third)
        place.append(np.add(np.multiply(x, change_x[-1]), np.multiply(y, change_y[-1])))
    u, v = _from_nearest_hole(place[0], place[1], film.hole_spacing, film.hexagonal)
    apart = np.sqrt(np.add(np.multiply(u, u), np.multiply(v, v)))
    safe = np.maximum(apart, 1e-9 * film.hole_spacing)
    # How far the distance from the hole's centre changes over a pixel, along columns and along rows.
    wide = _change(u, v, safe, change_x, p)
    high = _change(u, v, safe, change_y, p)
    return _share_beyond(np.subtract(apart, film.hole_radius), wide, high)


def _change(u: FloatArray, v: FloatArray, apart: FloatArray, change: list[float], p: float) -> FloatArray:
    toward = np.add(np.multiply(u, change[0]), np.multiply(v, change[1]))
    return np.multiply(np.abs(np.divide(toward, apart)), p)


def _from_nearest_hole(
    u: FloatArray, v: FloatArray, spacing: float, hexagonal: bool
) -> tuple[FloatArray, FloatArray]:
    """Positions in the film relative to the nearest hole's centre."""
    if not hexagonal:
        return _wrapped(u, spacing), _wrapped(v, spacing)
    # A triangular lattice is two rectangular ones, the second in the middles of the first.
    height = 2.0 * _HALF_ROOT_3 * spacing
    one = _wrapped(u, spacing), _wrapped(v, height)
    two = _wrapped(np.subtract(u, 0.5 * spacing), spacing), _wrapped(np.subtract(v, 0.5 * height), height)
    square = [np.add(np.multiply(a, a), np.multiply(b, b)) for a, b in (one, two)]
    nearer = np.less_equal(square[0], square[1])
    return np.where(nearer, one[0], two[0]), np.where(nearer, one[1], two[1])


def _wrapped(values: FloatArray, period: float) -> FloatArray:
    """Values less the nearest multiple of the period."""
    return np.subtract(values, np.multiply(np.floor(np.add(np.divide(values, period), 0.5)), period))


def _share_beyond(distance: FloatArray, wide: FloatArray, high: FloatArray) -> FloatArray:
    """Share of a pixel where a linear function is above 0.

    Parameters
    ----------
    distance
        The function at the pixel's centre.
    wide, high
        How much it changes over the pixel's width and height, not negative.

    Notes
    -----
    The function's values in the pixel are distributed as the sum of two uniform numbers of these widths.
    """
    least = np.multiply(np.maximum(np.maximum(wide, high), 1e-12), 1e-3)
    wide, high = np.maximum(wide, least), np.maximum(high, least)
    plus, minus = np.multiply(np.add(wide, high), 0.5), np.multiply(np.subtract(wide, high), 0.5)
    total = np.subtract(_ramp(np.add(distance, plus)), _ramp(np.add(distance, minus)))
    total = np.subtract(total, _ramp(np.subtract(distance, minus)))
    total = np.add(total, _ramp(np.subtract(distance, plus)))
    share = np.divide(total, np.multiply(wide, high))
    # The differences of the ramps lose digits far from the rim.
    share = np.where(np.greater_equal(distance, plus), 1.0, share)
    return np.where(np.less_equal(distance, np.negative(plus)), 0.0, np.minimum(np.maximum(share, 0.0), 1.0))


def _ramp(values: FloatArray) -> FloatArray:
    above = np.maximum(values, 0.0)
    return np.multiply(np.multiply(above, above), 0.5)
