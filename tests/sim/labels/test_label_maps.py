"""Maps of particles against the definition, pixel by pixel, on straight and on distorted grids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import Cancelled, InputError
from sim.core.types import ImageGrid
from sim.labels import discs, maps
from sim.labels.masks import particle_mask


def pixel_points(grid):
    x = (np.arange(grid.width) - (grid.width - 1) / 2) * grid.pixel_size
    y = ((grid.height - 1) / 2 - np.arange(grid.height)) * grid.pixel_size
    return np.broadcast_arrays(x[None, :], y[:, None])


def distortion(grid, seed):
    """Drift, shear and a jitter of whole rows, Å."""
    generator = np.random.default_rng(seed)
    row, column = np.indices(grid.shape)
    dx = 0.9 + 0.04 * row + 0.003 * column + 0.1 * generator.normal(size=(grid.height, 1))
    dy = -0.5 + 0.01 * row - 0.006 * column + 0.05 * generator.normal(size=(grid.height, 1))
    return dx, dy


def covering(x, y, radius, sample_x, sample_y):
    """(H, W, N) whether an atom's disc covers a pixel's point."""
    square = (sample_x[..., None] - x) ** 2 + (sample_y[..., None] - y) ** 2
    return square <= np.broadcast_to(radius, x.shape) ** 2


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(0, 25),
    largest=st.sampled_from([0.1, 1.44, 30.0]),
    height=st.integers(8, 40),
    width=st.integers(8, 40),
    pixel_size=st.sampled_from([0.11, 0.2, 1.0]),
    distorted=st.booleans(),
)
def test_maps_follow_their_definition(seed, count, largest, height, width, pixel_size, distorted):
    """Of the discs over a pixel the highest, of equals the first; and how many owners there are."""
    grid = ImageGrid(height, width, pixel_size)
    generator = np.random.default_rng(seed)
    x, y = (generator.uniform(-1, 1, (count, 2)) * 0.8 * pixel_size * np.array([width, height])).T
    z = generator.integers(-2, 3, count).astype(float)
    radius = generator.uniform(0.2, 1.0, count) * largest
    owner = generator.integers(1, 5, count)
    sample_x, sample_y = pixel_points(grid)
    points = {}
    if distorted:
        dx, dy = distortion(grid, seed)
        sample_x, sample_y = sample_x + dx, sample_y + dy
        points = dict(sample_x=sample_x, sample_y=sample_y)
    covers = covering(x, y, radius, sample_x, sample_y)
    expected = np.full(grid.shape, -1)
    if count:
        best = np.argmax(np.where(covers, z, -9.0), axis=-1)  # the first of equals
        expected = np.where(covers.any(axis=-1), best, -1)
    found = maps.topmost_atom(x, y, z, radius, grid, **points)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, expected)
    layers = sum((covers[..., owner == one].any(axis=-1).astype(int) for one in range(1, 5)), 0)
    np.testing.assert_array_equal(maps.overlap_map(x, y, radius, owner, grid, **points), layers)


def test_the_topmost_atoms_cover_the_particle_mask():
    grid = ImageGrid(50, 61, 0.2)
    generator = np.random.default_rng(3)
    x, y, z = generator.uniform(-7, 7, (3, 60))
    found = maps.topmost_atom(x, y, z, 1.2, grid)
    np.testing.assert_array_equal(found >= 0, particle_mask(x, y, 1.2, grid) == 1)


@pytest.mark.parametrize("kernels", ["numpy", "numba"])
@pytest.mark.parametrize("distorted", [False, True])
def test_portions_of_work_change_nothing(monkeypatch, kernels, distorted):
    monkeypatch.setenv("NANOPHANTOM_KERNELS", kernels)
    grid = ImageGrid(50, 61, 0.2)
    generator = np.random.default_rng(3)
    x, y, z = generator.uniform(-7, 7, (3, 60))
    owner = generator.integers(0, 4, 60)
    sample_x, sample_y = pixel_points(grid)
    dx, dy = distortion(grid, 1)
    points = dict(sample_x=sample_x + dx, sample_y=sample_y + dy) if distorted else {}
    whole = (
        maps.topmost_atom(x, y, z, 1.2, grid, **points),
        maps.overlap_map(x, y, 1.2, owner, grid, **points),
    )
    assert whole[1].max() > 1
    monkeypatch.setattr(discs, "_TESTS_AT_ONCE", 1)
    monkeypatch.setattr(discs, "BAND", 7)
    again = (
        maps.topmost_atom(x, y, z, 1.2, grid, **points),
        maps.overlap_map(x, y, 1.2, owner, grid, **points),
    )
    for one, two in zip(whole, again, strict=True):
        np.testing.assert_array_equal(one, two)


def test_values_are_those_of_the_seen_atom():
    topmost = np.array([[-1, 0], [2, 1]])
    found = maps.seen(topmost, np.array([7, 300, 9]), np.uint16)
    assert found.dtype == np.uint16 and found.tolist() == [[0, 7], [9, 300]]
    assert maps.seen(np.full((2, 2), -1), np.empty(0, np.int64), np.uint8).tolist() == [[0, 0], [0, 0]]


def test_grains_are_numbered_by_object_and_grain():
    objects = np.array([4, 2, 2, 4, 2, 9])
    grains = np.array([0, 5, 1, 7, 1, 0])
    assert maps.grain_numbers(objects, grains).tolist() == [3, 2, 1, 4, 1, 5]
    assert maps.grain_numbers(np.empty(0, np.int64), np.empty(0, np.int64)).tolist() == []


def test_too_many_grains_are_refused():
    with pytest.raises(InputError, match="grain_map"):
        maps.grain_numbers(np.ones(70_000, np.int64), np.arange(70_000))


def test_domains_count_from_one_and_end_at_255():
    assert maps.domain_numbers(np.array([0, 1, 254, 255, 900])).tolist() == [1, 2, 255, 255, 255]


def test_more_layers_than_a_byte_holds():
    grid = ImageGrid(3, 3, 1.0)
    found = maps.overlap_map(np.zeros(300), np.zeros(300), 0.5, np.arange(300), grid)
    assert found.dtype == np.uint8 and found.max() == 255


def test_maps_are_cancelled():
    def stop():
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        maps.topmost_atom(np.zeros(2), np.zeros(2), np.zeros(2), 1.0, ImageGrid(16, 16, 0.2), cancel=stop)
