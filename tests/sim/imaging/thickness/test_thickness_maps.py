"""Pixel-averaged thickness of spheres against integrals, lens formulas and brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import dblquad

from sim.core.errors import InputError
from sim.core.types import ImageGrid
from sim.imaging.thickness import chords, kernels
from sim.imaging.thickness.chords import spheres_of, thickness_maps
from sim.imaging.thickness.kernels_numpy import Field

ONE = np.zeros(1, dtype=np.int64)


def sphere_volume(radius):
    return 4.0 / 3.0 * math.pi * radius**3


def lens_volume(one, two, apart):
    """What two spheres share; Weisstein, MathWorld, 'Sphere-Sphere Intersection', eq. 16."""
    rest = one + two - apart
    return math.pi * rest**2 * (apart**2 + 2 * apart * (one + two) - 3 * (one - two) ** 2) / (12 * apart)


def volume(maps, grid):
    return float(np.sum(maps)) * grid.pixel_size**2


def crowd(seed=3, count=12, box=60.0):
    """Spheres of two species that overlap one another in twos, threes and more."""
    random = np.random.default_rng(seed)
    centres = random.uniform(-box, box, (count, 3)) * [1.0, 0.8, 0.5]
    return centres, random.uniform(9.0, 26.0, count), random.integers(0, 2, count)


def brute_force(centres, radii, species, grid, fine, height=-np.inf):
    """Union along many lines a pixel, each point of the line given to the largest sphere, in steps of z."""
    p = grid.pixel_size
    x = ((np.arange(grid.width * fine) + 0.5) / fine - grid.width / 2) * p
    y = (grid.height / 2 - (np.arange(grid.height * fine) + 0.5) / fine) * p
    z = np.linspace(-72.0, 72.0, 961)
    z = 0.5 * (z[1:] + z[:-1])
    step = z[1] - z[0]
    maps = np.zeros((2, grid.height * fine, grid.width * fine))
    for row, value in enumerate(y):
        owner = np.full((len(x), len(z)), -1)
        for number in sorted(range(len(radii)), key=lambda each: (radii[each], -each)):
            square = (x[:, None] - centres[number, 0]) ** 2 + (value - centres[number, 1]) ** 2
            inside = square + (z[None] - centres[number, 2]) ** 2 < radii[number] ** 2
            owner[inside] = species[number]
        for which in range(2):
            maps[which, row] = np.sum((owner == which) & (z[None] > height), axis=1) * step
    return maps.reshape(2, grid.height, fine, grid.width, fine).mean(axis=(2, 4))


def test_chord_profile_of_one_sphere():
    """Along a line through the centre: 2 sqrt(r² − d²), where pixels are small and off the rim.

    The mean over a pixel differs from its middle by p²/24 of the second derivatives, here up to 3e-5.
    """
    grid = ImageGrid(5, 401, 0.5)
    thickness = thickness_maps(np.array([[0.0, 0.0, 31.0]]), np.array([90.0]), ONE, 1, grid)[0]
    x, _ = grid.centres()
    inside = np.abs(x) < 80.0
    expected = 2.0 * np.sqrt(90.0**2 - x[inside] ** 2)
    np.testing.assert_allclose(thickness[2, inside], expected, rtol=5e-5)
    assert np.all(thickness[2, np.abs(x) > 90.5] == 0.0)


@pytest.mark.parametrize("pixel", [(3, 4), (2, 1), (5, 6), (0, 3), (4, 4)])
def test_mean_over_a_pixel_is_the_integral(pixel):
    """Numerical integration of the chord over single pixels: inside, at the rim, at a corner."""
    grid = ImageGrid(7, 8, 5.0)
    centre, radius = (1.3, -2.2), 11.7
    made = thickness_maps(np.array([[*centre, 4.0]]), np.array([radius]), ONE, 1, grid)[0]
    row, column = pixel
    left, top = (column - 4.0) * 5.0, (3.5 - row) * 5.0

    def chord(y, x):
        return 2.0 * math.sqrt(max(radius**2 - (x - centre[0]) ** 2 - (y - centre[1]) ** 2, 0.0))

    expected = dblquad(chord, left, left + 5.0, top - 5.0, top, epsabs=1e-7)[0] / 25.0
    assert made[row, column] == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("ratio", [0.3, 0.77, 2.0, 3.9, 8.0, 50.0])
def test_total_is_the_volume(ratio):
    grid = ImageGrid(150, 140, 4.0)
    radius = ratio * 4.0
    made = thickness_maps(np.array([[7.31, -11.77, 0.0]]), np.array([radius]), ONE, 1, grid)
    assert volume(made, grid) == pytest.approx(sphere_volume(radius), rel=1e-11)


@pytest.mark.parametrize("ratio", [2.0, 4.1, 10.0])
@pytest.mark.parametrize("apart", [0.62, 0.8, 0.93])
def test_overlapping_pair_counts_once(ratio, apart):
    """The union of two unequal spheres to 1e-4 of its volume, in any direction (lens formula)."""
    grid = ImageGrid(64, 64, 40.0 / ratio)
    radii = np.array([40.0, 29.0])
    for direction in ((1, 0, 0), (0, 0, 1), (0.3, -0.8, 0.52), (0.7, 0.7, 0.1)):
        way = np.array(direction, dtype=float) / np.linalg.norm(direction)
        distance = apart * 69.0
        centres = np.array([[3.0, -5.0, 2.0], np.array([3.0, -5.0, 2.0]) + distance * way])
        made = thickness_maps(centres, radii, np.array([1, 0]), 2, grid)
        shared = lens_volume(40.0, 29.0, distance)
        union = sphere_volume(40.0) + sphere_volume(29.0) - shared
        assert volume(made, grid) == pytest.approx(union, rel=1e-4)
        # The first sphere keeps what both hold.
        assert volume(made[1], grid) == pytest.approx(sphere_volume(40.0), rel=1e-11)


def test_three_spheres_that_overlap_mutually():
    """Pixel by pixel against points on a fine lattice, for each species and above a plane."""
    grid = ImageGrid(12, 13, 8.0)
    centres = np.array([[-11.0, 4.0, -6.0], [9.0, 7.0, 5.0], [2.0, -10.0, 1.0]])
    radii, species = np.array([21.0, 17.0, 19.0]), np.array([0, 1, 0])
    for height in (-np.inf, 3.6):
        expected = brute_force(centres, radii, species, grid, 16, height)
        heights = None if np.isinf(height) else np.array([height])
        made = thickness_maps(centres, radii, species, 2, grid, heights=heights).reshape(2, 12, 13)
        assert np.max(expected) > 15.0
        np.testing.assert_allclose(made, expected, atol=0.12)
        np.testing.assert_allclose(made.sum(), expected.sum(), rtol=5e-4)


def test_a_crowd_against_brute_force():
    centres, radii, species = crowd()
    grid = ImageGrid(20, 22, 8.0)
    expected = brute_force(centres, radii, species, grid, 8)
    made = thickness_maps(centres, radii, species, 2, grid)
    assert len(spheres_of(centres, radii, species).earlier) > len(radii)
    np.testing.assert_allclose(made, expected, atol=0.4)
    np.testing.assert_allclose(made.sum(axis=(1, 2)), expected.sum(axis=(1, 2)), rtol=1e-3)


def test_a_sphere_inside_another_adds_nothing():
    centres = np.array([[0.0, 0.0, 0.0], [4.0, -3.0, 2.0]])
    grid = ImageGrid(32, 32, 3.0)
    made = thickness_maps(centres, np.array([30.0, 12.0]), np.array([0, 1]), 2, grid)
    assert np.max(made[1]) < 0.3
    assert volume(made[1], grid) < 2e-3 * sphere_volume(12.0)


def test_row_0_is_at_the_highest_y():
    """Large x is to the right, large y at the top; the second species is the second map."""
    grid = ImageGrid(30, 50, 2.0)
    centres = np.array([[30.0, 20.0, 0.0], [-40.0, -12.0, 0.0]])
    first, second = thickness_maps(centres, np.array([4.0, 6.0]), np.array([0, 1]), 2, grid)
    assert np.unravel_index(np.argmax(first), first.shape) in [(4, 39), (4, 40), (5, 39), (5, 40)]
    assert np.argmax(second.sum(axis=0)) in (4, 5)
    assert np.argmax(second.sum(axis=1)) in (20, 21)


def test_layers_add_up_to_the_whole():
    centres, radii, species = crowd(count=5, box=140.0)
    grid = ImageGrid(40, 44, 8.0)
    whole = thickness_maps(centres, radii, species, 2, grid)
    heights = np.array([60.0, 12.5, 3.0, -7.0, -np.inf])
    layers = thickness_maps(centres, radii, species, 2, grid, heights=heights)
    assert np.all(np.diff(layers, axis=0) >= -1e-12)
    np.testing.assert_allclose(layers[-1], whole, atol=1e-11)


@pytest.mark.parametrize("level", [-19.0, -6.0, 0.0, 1.5, 14.0])
def test_part_above_a_plane_is_a_cap(level):
    """Volume of a spherical cap, π h² (3r − h)/3 with h = r − level."""
    grid = ImageGrid(40, 40, 3.0)
    radius, z = 20.0, 7.0
    centres = np.array([[3.1, -1.2, z]])
    made = thickness_maps(centres, np.array([radius]), ONE, 1, grid, heights=np.array([z + level]))
    high = radius - level
    expected = math.pi * high**2 * (3.0 * radius - high) / 3.0
    assert volume(made, grid) == pytest.approx(expected, abs=2e-3 * sphere_volume(radius))


def test_what_lies_outside_the_field_is_left_out():
    """An image is the middle of a larger one, bit for bit."""
    centres, radii, species = crowd()
    small, large = ImageGrid(9, 12, 7.3), ImageGrid(9, 12, 7.3).padded(5)
    heights = np.array([4.0, -np.inf])
    inner = thickness_maps(centres, radii, species, 2, small, heights=heights)
    outer = thickness_maps(centres, radii, species, 2, large, heights=heights)
    np.testing.assert_array_equal(inner, outer[:, :, 5:-5, 5:-5])


def test_bands_and_portions_change_no_bit(monkeypatch):
    centres, radii, species = crowd()
    grid = ImageGrid(33, 31, 4.1)
    heights = np.array([10.0, -5.0, -np.inf])
    whole = thickness_maps(centres, radii, species, 2, grid, heights=heights)
    monkeypatch.setattr(chords, "_AT_ONCE", 900)
    calls = []
    parts = thickness_maps(
        centres, radii, species, 2, grid, heights=heights, cancel=lambda: calls.append(None)
    )
    assert len(calls) > 10
    np.testing.assert_array_equal(parts, whole)


def test_compiled_kernels_give_numpys_bits():
    compiled = kernels.compiled()
    if isinstance(compiled, str):
        pytest.skip(compiled)
    centres, radii, species = crowd(seed=8, count=16)
    spheres = spheres_of(centres, radii, species)
    for p, bounds in (
        (7.7, (np.inf, -np.inf)),
        (1.9, (np.inf, 3.3)),
        (40.0, (8.1, -2.2)),
        (11.0, (0.4, -np.inf)),
    ):
        made = []
        for kernel in (kernels.NUMPY, compiled):
            maps = np.zeros((2, 27, 24))
            kernel.add_spheres(maps, spheres, np.arange(16), *bounds, Field(27, 24, p, 3, 25))
            made.append(maps)
        assert np.any(made[0])
        np.testing.assert_array_equal(made[0], made[1])
    image = np.random.default_rng(1).normal(size=(11, 40))
    taps = np.array([0.1, 0.37, 0.22, 0.31])
    rows = [np.empty((11, 37)), np.empty((11, 37))]
    for kernel, out in zip((kernels.NUMPY, compiled), rows, strict=True):
        kernel.blur_rows(image, taps, out)
    np.testing.assert_array_equal(rows[0], rows[1])


def test_no_spheres_no_matter():
    made = thickness_maps(np.zeros((0, 3)), np.zeros(0), np.zeros(0, dtype=np.int64), 2, ImageGrid(9, 8, 1.0))
    assert made.shape == (2, 9, 8)
    assert not made.any()


def test_cancel_is_asked():
    class Stop(Exception):
        pass

    def stop():
        raise Stop

    centres, radii, species = crowd()
    with pytest.raises(Stop):
        thickness_maps(centres, radii, species, 2, ImageGrid(9, 8, 9.0), cancel=stop)


def test_planes_must_descend():
    centres, radii, species = crowd()
    with pytest.raises(InputError, match="descend"):
        thickness_maps(centres, radii, species, 2, ImageGrid(9, 8, 9.0), heights=np.array([0.0, 3.0]))
