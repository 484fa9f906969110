"""Sampling at fractional positions, against polynomials and scipy's nearest neighbour."""

from __future__ import annotations

import numpy as np
import scipy.ndimage

from sim.numerics import resample
from sim.numerics.resample import sample_cubic, sample_nearest

NUMBERS = np.random.Generator(np.random.PCG64(5))


def test_pixel_centres_give_pixel_values_exactly():
    image = NUMBERS.normal(size=(7, 11))
    rows, columns = np.meshgrid(np.arange(7.0), np.arange(11.0), indexing="ij")
    np.testing.assert_array_equal(sample_cubic(image, rows, columns), image)


def test_quadratic_surfaces_are_reproduced():
    """Keys (1981): a = −1/2 is exact for second-degree polynomials; rows and columns are told apart."""
    rows, columns = np.meshgrid(np.arange(12.0), np.arange(20.0), indexing="ij")

    def surface(r, c):
        return 3.0 + 2.0 * r - c + 0.5 * r * r - 0.25 * c * c + 0.1 * r * c

    r, c = NUMBERS.uniform(1.0, 10.0, 500), NUMBERS.uniform(1.0, 18.0, 500)
    np.testing.assert_allclose(sample_cubic(surface(rows, columns), r, c), surface(r, c), atol=1e-12)


def test_an_impulse_shows_keys_kernel():
    """u(s) = 3/2|s|³ − 5/2|s|² + 1 and −1/2|s|³ + 5/2|s|² − 4|s| + 2 (Keys 1981, eq. 15)."""
    image = np.zeros((9, 9))
    image[4, 4] = 1.0
    s = np.linspace(-2.5, 2.5, 101)
    a = np.abs(s)
    kernel = np.where(
        a < 1, 1.5 * a**3 - 2.5 * a**2 + 1, np.where(a < 2, -0.5 * a**3 + 2.5 * a**2 - 4 * a + 2, 0)
    )
    np.testing.assert_allclose(sample_cubic(image, 4.0 + s, np.full(101, 4.0)), kernel, atol=1e-15)
    np.testing.assert_allclose(sample_cubic(image, np.full(101, 4.0), 4.0 + s), kernel, atol=1e-15)


def test_edges_continue():
    """Equal to sampling a widely padded image; far outside only the corner pixel is left."""
    image = NUMBERS.normal(size=(5, 6))
    rows, columns = NUMBERS.uniform(-6.0, 10.0, 400), NUMBERS.uniform(-6.0, 11.0, 400)
    padded = np.pad(image, 20, mode="edge")
    np.testing.assert_allclose(
        sample_cubic(image, rows, columns), sample_cubic(padded, rows + 20, columns + 20), atol=1e-14
    )
    assert sample_cubic(image, np.array([-1e9]), np.array([1e9]))[0] == image[0, -1]


def test_result_does_not_depend_on_blocks(monkeypatch):
    image = NUMBERS.normal(size=(30, 40))
    rows, columns = NUMBERS.uniform(0.0, 29.0, (50, 60)), NUMBERS.uniform(0.0, 39.0, (50, 60))
    expected = sample_cubic(image, rows, columns)
    monkeypatch.setattr(resample, "BLOCK", 77)
    np.testing.assert_array_equal(sample_cubic(image, rows, columns), expected)


def test_nearest_keeps_values_and_type():
    """scipy.ndimage order 0 rounds the same way away from halves."""
    labels = NUMBERS.integers(0, 250, (9, 14)).astype(np.uint8)
    rows, columns = NUMBERS.uniform(-3.0, 12.0, 500), NUMBERS.uniform(-3.0, 17.0, 500)
    got = sample_nearest(labels, rows, columns)
    assert got.dtype == np.uint8
    expected = scipy.ndimage.map_coordinates(labels, [rows, columns], order=0, mode="nearest")
    np.testing.assert_array_equal(got, expected)
    assert sample_nearest(labels, np.array([0.5]), np.array([1.5]))[0] == labels[1, 2]
