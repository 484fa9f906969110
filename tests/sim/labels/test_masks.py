"""Masks against the definition, pixel by pixel, on straight and on distorted grids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import Cancelled
from sim.core.types import ImageGrid
from sim.labels import masks
from sim.labels.masks import particle_mask, visible_mask


def pixel_points(grid):
    x = (np.arange(grid.width) - (grid.width - 1) / 2) * grid.pixel_size
    y = ((grid.height - 1) / 2 - np.arange(grid.height)) * grid.pixel_size
    return np.broadcast_arrays(x[None, :], y[:, None])


def by_definition(x, y, radius, sample_x, sample_y):
    """Every pixel against every atom."""
    square = (sample_x[..., None] - x) ** 2 + (sample_y[..., None] - y) ** 2
    return np.any(square <= radius**2, axis=-1).astype(np.uint8)


def distortion(grid, seed=0):
    """Asymmetric displacement (Å): drift, shear and a jitter of whole rows."""
    generator = np.random.default_rng(seed)
    row = np.arange(grid.height)[:, None]
    column = np.arange(grid.width)[None, :]
    dx = 0.9 + 0.04 * row + 0.003 * column + 0.1 * generator.normal(size=(grid.height, 1))
    dy = -0.5 + 0.01 * row - 0.006 * column + 0.05 * generator.normal(size=(grid.height, 1))
    return np.broadcast_arrays(dx, dy)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(0, 25),
    radius=st.sampled_from([0.05, 0.4, 1.44, 3.0, 40.0]),
    height=st.integers(8, 40),
    width=st.integers(8, 40),
    pixel_size=st.sampled_from([0.11, 0.2, 1.0, 3.0]),
    distorted=st.booleans(),
)
def test_the_mask_is_the_union_of_discs(seed, count, radius, height, width, pixel_size, distorted):
    """Atoms inside, on the edges and outside; discs smaller than a pixel and larger than the field."""
    grid = ImageGrid(height, width, pixel_size)
    generator = np.random.default_rng(seed)
    reach = 0.8 * pixel_size * np.array([width, height])
    x, y = (generator.uniform(-1, 1, (count, 2)) * reach).T
    sample_x, sample_y = pixel_points(grid)
    if distorted:
        dx, dy = distortion(grid, seed)
        sample_x, sample_y = sample_x + dx, sample_y + dy
        found = particle_mask(x, y, radius, grid, sample_x=sample_x, sample_y=sample_y)
    else:
        found = particle_mask(x, y, radius, grid)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, by_definition(x, y, radius, sample_x, sample_y))


def test_rows_descend_from_the_highest_y():
    """One disc far right and high up."""
    grid = ImageGrid(20, 30, 0.5)
    found = particle_mask(np.array([5.0]), np.array([3.0]), 1.0, grid)
    rows, columns = np.nonzero(found)
    assert (rows.mean(), columns.mean()) == pytest.approx((9.5 - 6.0, 14.5 + 10.0), abs=0.3)


def test_the_rim_belongs_to_the_disc():
    grid = ImageGrid(9, 9, 0.25)
    sample_x, sample_y = pixel_points(grid)
    for points in ({}, dict(sample_x=sample_x, sample_y=sample_y)):
        found = particle_mask(np.zeros(1), np.zeros(1), 0.5, grid, **points)
        assert found[4].tolist() == [0, 0, 1, 1, 1, 1, 1, 0, 0]
        assert found.sum() == 13


def test_area_of_a_disc():
    grid = ImageGrid(400, 400, 0.01)
    found = particle_mask(np.array([0.1234]), np.array([-0.0567]), 1.44, grid)
    assert found.sum() * 1e-4 == pytest.approx(np.pi * 1.44**2, rel=2e-3)


def test_no_displacement_changes_nothing():
    grid = ImageGrid(50, 37, 0.2)
    generator = np.random.default_rng(2)
    x, y = generator.uniform(-6, 6, (2, 80))
    sample_x, sample_y = pixel_points(grid)
    straight = particle_mask(x, y, 1.44, grid)
    assert np.array_equal(particle_mask(x, y, 1.44, grid, sample_x=sample_x, sample_y=sample_y), straight)


def test_a_drift_moves_the_mask_against_itself():
    """Pixels that show points 3 pixels to the right see the particle 3 pixels further left."""
    grid = ImageGrid(40, 60, 0.25)
    x, y = np.array([0.3, -1.1, 1.9]), np.array([0.2, 0.9, -1.3])
    sample_x, sample_y = pixel_points(grid)
    straight = particle_mask(x, y, 1.0, grid)
    moved = particle_mask(x, y, 1.0, grid, sample_x=sample_x + 0.75, sample_y=sample_y - 0.5)
    # y − 0.5 Å is two rows further down in the specimen: the particle appears two rows higher.
    np.testing.assert_array_equal(moved[:-2, :-3], straight[2:, 3:])
    assert straight.any()


@pytest.mark.parametrize("distorted", [False, True])
def test_portions_of_work_do_not_change_the_mask(monkeypatch, distorted):
    grid = ImageGrid(50, 61, 0.2)
    generator = np.random.default_rng(3)
    x, y = generator.uniform(-7, 7, (2, 60))
    sample_x, sample_y = pixel_points(grid)
    dx, dy = distortion(grid)
    points = dict(sample_x=sample_x + dx, sample_y=sample_y + dy) if distorted else {}
    whole = particle_mask(x, y, 1.2, grid, **points)
    monkeypatch.setattr(masks, "_TESTS_AT_ONCE", 1)
    monkeypatch.setattr(masks, "_BAND", 7)
    assert np.array_equal(particle_mask(x, y, 1.2, grid, **points), whole)


@pytest.mark.parametrize("distorted", [False, True])
def test_it_is_cancelled(distorted):
    def stop():
        raise Cancelled("stopped")

    grid = ImageGrid(16, 16, 0.2)
    sample_x, sample_y = pixel_points(grid)
    points = dict(sample_x=sample_x, sample_y=sample_y) if distorted else {}
    with pytest.raises(Cancelled):
        particle_mask(np.zeros(2), np.zeros(2), 1.0, grid, **points, cancel=stop)


def test_visible_is_brighter_than_the_fraction_of_the_maximum():
    clean = np.array([[0.0, 1.0, 2.0], [4.0, 8.0, 2.0001]], dtype=np.float32)
    assert visible_mask(clean, 0.25).tolist() == [[0, 0, 0], [1, 1, 1]]
    assert visible_mask(clean, 0.0).tolist() == [[0, 1, 1], [1, 1, 1]]
    assert visible_mask(clean, 1.0).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert visible_mask(np.zeros((2, 3)), 0.5).tolist() == [[0, 0, 0], [0, 0, 0]]
