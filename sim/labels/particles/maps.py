"""Maps of spherical particles: which is seen at every pixel, how many, of which materials, and contacts.

Tier A.  A pixel is decided at the point that it shows.  A sphere covers the points within its radius of its
projected centre, the rim included; its surface there lies at z + √(r² − d²) towards the source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError, never
from sim.core.types import FloatArray, ImageGrid, IntArray
from sim.labels.discs import Band, bands
from sim.labels.kernels import compiled as compiled_discs
from sim.labels.maps import MOST_NUMBERS, topmost_by_numpy
from sim.labels.particles.kernels import compiled

#: Radius of a contact's disc, as a share of the smaller sphere's.
CONTACT_SHARE = 0.25
#: Smallest radius of a contact's disc in pixels: wherever in the field the contact lies, the disc holds the
#: centre of a pixel (half a diagonal, rounded up).
SMALLEST_CONTACT = 0.7072
#: Values of the map of contacts: between particles of one material, and of two.
EQUAL, DIFFERENT = 1, 2

#: Spheres that are told apart at one pixel, and materials.
MOST_LAYERS = 255
MOST_MATERIALS = 8

#: Pixel tests between two looks at ``cancel``: a few milliseconds, with numpy some tens.
_TESTS_AT_ONCE = 2**19

Points = FloatArray | None


@dataclass(frozen=True, eq=False)
class Surfaces:
    """What is known of some pixels; arrays (rows, W) that are changed in place.

    Attributes
    ----------
    height
        Highest surface so far, Å; −∞ where there is none.
    number
        Its sphere, −1 where there is none.
    count
        int64, spheres one behind the other.
    materials
        int64, bit s is set where there is a sphere of species s.
    """

    height: FloatArray
    number: IntArray
    count: IntArray
    materials: IntArray

    @classmethod
    def empty(cls, shape: tuple[int, ...]) -> Surfaces:
        """Pixels without a sphere."""
        return cls(
            np.full(shape, -np.inf),
            np.full(shape, -1, dtype=np.int64),
            np.zeros(shape, dtype=np.int64),
            np.zeros(shape, dtype=np.int64),
        )

    def rows(self, which: slice) -> Surfaces:
        """Some of the rows."""
        return Surfaces(self.height[which], self.number[which], self.count[which], self.materials[which])


@dataclass(frozen=True, eq=False)
class SphereMaps:
    """The maps that one look at all spheres gives.

    Attributes
    ----------
    topmost
        (H, W) int64: number of the sphere whose surface is nearest to the source, −1 where there is none.
    overlap
        (H, W) uint8: spheres one behind the other.
    semantic
        (H, W) uint8: 0 none, 1 the first species only, 2 the second only, 3 both.
    """

    topmost: IntArray
    overlap: NDArray[np.uint8]
    semantic: NDArray[np.uint8]

    @property
    def mask(self) -> NDArray[np.uint8]:
        """(H, W) uint8, 1 where there is a sphere."""
        return np.greater_equal(self.topmost, 0).astype(np.uint8)

    @property
    def instances(self) -> NDArray[np.uint16]:
        """(H, W) uint16: number from 1 on of the sphere that is seen, 0 where there is none."""
        return instance_map(self.topmost)


def sphere_maps(
    centres: FloatArray,
    radii: FloatArray,
    species: IntArray,
    grid: ImageGrid,
    *,
    sample_x: Points = None,
    sample_y: Points = None,
    cancel: Callable[[], None] = never,
) -> SphereMaps:
    """All maps of spheres at once.

    Parameters
    ----------
    centres, radii
        (N, 3) and (N,) Å.
    species
        (N,) 0 or 1 (up to 7: bit s of the semantic map stands for species s).
    grid
        Pixels of the image.
    sample_x, sample_y
        Point of the specimen that each pixel shows, Å: (H, W), or (W,) for x and (H,) for y; the pixel
        centres when None.
    cancel
        Called often; raises to stop.

    Raises
    ------
    InputError
        When a species has no bit.
    """
    centres, radii = np.asarray(centres, dtype=np.float64), np.asarray(radii, dtype=np.float64)
    species = np.asarray(species, dtype=np.int64)
    if len(species) and not 0 <= int(np.min(species)) <= int(np.max(species)) < MOST_MATERIALS:
        raise InputError(
            "labels.semantic_map", "a species has no value of its own", allowed=f"0 to {MOST_MATERIALS - 1}"
        )
    bits = np.left_shift(1, species)
    found = Surfaces.empty(grid.shape)
    module = compiled()
    mark = surfaces_by_numpy if module is None else module.surfaces_in_band
    for band in _pieces(centres[:, 0], centres[:, 1], radii, grid, sample_x, sample_y, cancel):
        mark(found.rows(band.rows), band, centres[band.atoms, 2], bits[band.atoms])
    return SphereMaps(
        found.number,
        np.minimum(found.count, MOST_LAYERS).astype(np.uint8),
        found.materials.astype(np.uint8),
    )


def surfaces_by_numpy(found: Surfaces, band: Band, z: FloatArray, bits: IntArray) -> None:
    """Enter a band's spheres into what is known of its pixels, in place.

    Parameters
    ----------
    found
        Of the band's rows.
    z, bits
        (n,) heights of the centres, Å, and the bits of the materials of the band's spheres, which are in
        ascending order.
    """
    height, number = found.height.reshape(-1), found.number.reshape(-1)
    count, materials = found.count.reshape(-1), found.materials.reshape(-1)
    shown_x, shown_y = np.ravel(band.sample_x), np.ravel(band.sample_y)
    for place, pixel in band.hits():
        across = np.subtract(shown_x[pixel], band.x[place])
        along = np.subtract(shown_y[pixel], band.y[place])
        away = np.add(np.multiply(across, across), np.multiply(along, along))
        surface = np.add(z[place], np.sqrt(np.subtract(band.square[place], away)))
        before = height[pixel]
        np.maximum.at(height, pixel, surface)
        # Of the spheres that reach the new height the first; those that only reach the old one come later.
        top = np.logical_and(np.equal(surface, height[pixel]), np.greater(surface, before))
        pixel_of_top, sphere = pixel[top], band.atoms[place[top]]
        number[pixel_of_top] = MOST_NUMBERS
        np.minimum.at(number, pixel_of_top, sphere)
        np.add.at(count, pixel, 1)
        np.bitwise_or.at(materials, pixel, bits[place])


def instance_map(topmost: IntArray) -> NDArray[np.uint16]:
    """Numbers from 1 on of the spheres that are seen, 0 where there is none.

    Parameters
    ----------
    topmost
        (H, W) as :func:`sphere_maps` finds it.

    Raises
    ------
    InputError
        When a number does not fit into 16 bits.
    """
    most = int(np.max(topmost, initial=-1)) + 1
    if most > MOST_NUMBERS:
        raise InputError(
            "labels.instance_map",
            f"particle number {most:,} cannot be stored",
            allowed=f"up to {MOST_NUMBERS:,}",
            remedy="turn the map off or make fewer particles",
        )
    return np.add(topmost, 1).astype(np.uint16)


def contact_points(centres: FloatArray, radii: FloatArray, contacts: IntArray) -> FloatArray:
    """Where particles touch: (C, 3) Å.

    Parameters
    ----------
    centres, radii
        (N, 3) and (N,) Å.
    contacts
        (C, 2) pairs of particles.

    Notes
    -----
    On the line of centres, where it crosses the plane of the circle in which the spheres intersect: at
    (d² + r₁² − r₂²)/(2 d²) of the way from the first to the second.  Of spheres that just touch that is
    where they do.
    """
    first, second = contacts[:, 0], contacts[:, 1]
    apart = np.subtract(centres[second], centres[first])
    square = np.zeros(len(contacts))
    for axis in range(3):
        square = np.add(square, np.multiply(apart[:, axis], apart[:, axis]))
    one, two = np.multiply(radii[first], radii[first]), np.multiply(radii[second], radii[second])
    # Spheres in one place have no line of centres: their point is the centre.
    whole = np.where(np.greater(square, 0.0), square, 1.0)
    share = np.divide(np.add(square, np.subtract(one, two)), np.multiply(2.0, whole))
    return np.add(centres[first], np.multiply(share[:, np.newaxis], apart))


def contact_map(
    centres: FloatArray,
    radii: FloatArray,
    contacts: IntArray,
    species: IntArray,
    grid: ImageGrid,
    *,
    share: float = CONTACT_SHARE,
    sample_x: Points = None,
    sample_y: Points = None,
    cancel: Callable[[], None] = never,
) -> NDArray[np.uint8]:
    """Discs where particles touch, whatever lies in front of them.

    Parameters
    ----------
    centres, radii, species, grid, sample_x, sample_y, cancel
        As in :func:`sphere_maps`.
    contacts
        (C, 2) pairs of particles.
    share
        Radius of a disc as a share of the smaller sphere's; never below :data:`SMALLEST_CONTACT` pixels, so
        that every contact in an undistorted field is seen.

    Returns
    -------
    (H, W) uint8: 1 a contact of particles of one material, 2 of two materials, which lie over those of one.
    """
    points = contact_points(centres, radii, contacts)
    first, second = contacts[:, 0], contacts[:, 1]
    kind = np.where(np.equal(species[first], species[second]), EQUAL, DIFFERENT).astype(np.int64)
    radius = np.multiply(share, np.minimum(radii[first], radii[second]))
    radius = np.maximum(radius, SMALLEST_CONTACT * grid.pixel_size)
    best = np.zeros(grid.shape, dtype=np.int64)
    module = compiled_discs()
    mark = topmost_by_numpy if module is None else module.topmost_in_band
    for band in _pieces(points[:, 0], points[:, 1], radius, grid, sample_x, sample_y, cancel):
        mark(best[band.rows], band, kind[band.atoms])
    return best.astype(np.uint8)


def _pieces(
    x: FloatArray,
    y: FloatArray,
    radius: FloatArray,
    grid: ImageGrid,
    sample_x: Points,
    sample_y: Points,
    cancel: Callable[[], None],
) -> Iterator[Band]:
    """The bands of an image, cut into parts that take a short time; ``cancel`` is called for each."""
    if sample_x is not None and sample_y is not None:
        sample_x = np.broadcast_to(sample_x, grid.shape)
        sample_y = np.broadcast_to(sample_y if sample_y.ndim == 2 else sample_y[:, np.newaxis], grid.shape)
    for band in bands(x, y, radius, grid, sample_x, sample_y, cancel):
        at_once = max(1, _TESTS_AT_ONCE // (len(band.sample_x) * band.width))
        if len(band.atoms) <= at_once:
            yield band
            continue
        for begin in range(0, len(band.atoms), at_once):
            cancel()
            some = slice(begin, begin + at_once)
            yield replace(
                band,
                atoms=band.atoms[some],
                x=band.x[some],
                y=band.y[some],
                square=band.square[some],
                left=band.left[some],
            )
