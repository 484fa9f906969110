"""The computing cell: points, frequencies, fast lengths, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.errors import InputError
from sim.core.types import ImageGrid
from sim.physics.multislice.cell import (
    Cell,
    fast_length,
    memory_bytes,
    padded_cell,
    periodic_cell,
    require_memory,
)


def test_fast_lengths():
    assert [fast_length(n) for n in (1, 2, 11, 97, 1021, 1280, 1281, 2059)] == [
        2, 2, 12, 98, 1024, 1280, 1296, 2100
    ]  # fmt: skip


def test_points_and_frequencies():
    """A plane wave along +x and +y has its frequency at positive k_x and positive k_y."""
    cell = Cell(40, 60, 0.2, 0.1, -1.5, 3.5, 10.0, 2.0, 4)
    assert (cell.width, cell.height, cell.exit) == (pytest.approx(6.0), pytest.approx(8.0), 2.0)
    x, y = cell.x()[None, :], cell.y()[:, None]
    wave = np.exp(2j * np.pi * (3 / 6.0 * x + 5 / 8.0 * y))
    row, column = np.unravel_index(np.argmax(np.abs(np.fft.fft2(wave))), cell.shape)
    assert (cell.kx[column], cell.ky[row]) == (pytest.approx(0.5), pytest.approx(0.625))
    assert cell.k2[row, column] == pytest.approx(0.25 + 0.390625)
    np.testing.assert_allclose(cell.columns_of(cell.x()), np.arange(60), atol=1e-9)
    np.testing.assert_allclose(cell.rows_of(cell.y()), np.arange(40), atol=1e-9)


def test_band():
    """Two thirds of the Nyquist frequency of the coarser axis, with an edge of 0.01/step."""
    cell = Cell(400, 400, 0.05, 0.1, 0.0, 0.0, 0.0, 1.0, 1)
    assert cell.k_max == pytest.approx(10 / 3)
    band, k = cell.band(), np.sqrt(cell.k2)
    assert np.all(band[k > 10 / 3] == 0.0)
    assert np.all(band[k < 10 / 3 - 0.1] == 1.0)
    edge = (k > 10 / 3 - 0.1) & (k < 10 / 3)
    assert 0.3 < band[edge].mean() < 0.7
    # Published: 167 mrad at 0.05 Å and 200 kV.
    assert Cell(8, 8, 0.05, 0.05, 0, 0, 0, 1.0, 1).largest_angle(0.0250793) == pytest.approx(167.2, abs=0.1)


def test_periodic_cell_meets_its_periods():
    cell = periodic_cell(17.3, 9.1, (1.0, -2.0), 0.1, (-3.0, 4.0), 1.5)
    assert (cell.width, cell.height) == (pytest.approx(17.3), pytest.approx(9.1))
    assert cell.column_step <= 0.1 and cell.row_step <= 0.1
    assert cell.shape == (96, 180)
    np.testing.assert_allclose([cell.x().mean(), cell.y().mean()], [1.0, -2.0])
    assert (cell.slices, cell.entrance) == (5, 4.0)
    assert cell.exit == pytest.approx(-3.0)
    assert periodic_cell(128.0, 128.0, (0.0, 0.0), 0.1, (0.0, 70.0), 1.0).shape == (1280, 1280)


@given(
    st.integers(8, 90), st.integers(8, 90), st.floats(0.05, 0.6), st.floats(0.0, 8.0), st.floats(0.04, 0.3)
)
def test_padded_cell_holds_the_image(height, width, pixel, padding, sampling):
    grid = ImageGrid(height, width, pixel)
    cell = padded_cell(grid, padding, sampling, (0.0, 5.0), 1.0)
    assert not cell.periodic
    assert max(cell.row_step, cell.column_step) <= sampling * 1.001
    assert fast_length(cell.rows) == cell.rows and fast_length(cell.columns) == cell.columns
    for period in (cell.width / pixel, cell.height / pixel):
        assert period == pytest.approx(round(period))
    corner = np.array([0.0, width - 1.0]), np.array([0.0, height - 1.0])
    x, y = grid.x_of(corner[0]), grid.y_of(corner[1])
    room = padding - 1e-6 * pixel
    assert x[0] - cell.left >= room - 1e-9 and cell.left + cell.width - x[1] >= room
    assert cell.top - y[0] >= room - 1e-9 and y[1] - (cell.top - cell.height) >= room


def test_pixel_centres_are_points():
    """Pixels of 0.3 Å at 0.1 Å: every third point; the first pixel is a point."""
    grid = ImageGrid(50, 64, 0.3)
    cell = padded_cell(grid, 4.0, 0.1, (0.0, 5.0), 1.0)
    assert (cell.row_step, cell.column_step) == (pytest.approx(0.1), pytest.approx(0.1))
    columns = cell.columns_of(grid.x_of(np.arange(64.0)))
    rows = cell.rows_of(grid.y_of(np.arange(50.0)))
    np.testing.assert_allclose(columns, np.rint(columns), atol=1e-9)
    np.testing.assert_allclose(rows, np.rint(rows), atol=1e-9)
    assert np.all(np.diff(columns) > 0) and np.all(np.diff(rows) > 0)


def test_refusals():
    for arguments, words in (
        ((5.0, 5.0, (0, 0), 0.1, (0.0, 2.0), 3.0), "thicker than the cell"),
        ((5.0, 5.0, (0, 0), 0.1, (0.0, 2.0), 0.0), "slice_thickness"),
        ((5.0, 5.0, (0, 0), 0.0, (0.0, 2.0), 1.0), "sampling"),
        ((5.0, -5.0, (0, 0), 0.1, (0.0, 2.0), 1.0), "height"),
        ((5.0, 5.0, (0, 0), 0.1, (2.0, 2.0), 1.0), "z_range"),
    ):
        with pytest.raises(InputError, match=words):
            periodic_cell(*arguments)
    with pytest.raises(InputError, match="margin"):
        padded_cell(ImageGrid(8, 8, 0.1), -1.0, 0.1, (0.0, 2.0), 1.0)


def test_memory_is_refused():
    cell = periodic_cell(128.0, 128.0, (0.0, 0.0), 0.1, (0.0, 70.0), 1.0)
    needed = memory_bytes(cell, workers=2)
    assert 1e8 < needed < 7e8
    assert memory_bytes(cell, workers=2, planes=5) > needed
    require_memory(needed, 8 * 2**30)
    with pytest.raises(InputError, match="needs about"):
        require_memory(needed, 10**6)
