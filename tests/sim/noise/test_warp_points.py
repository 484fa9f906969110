"""Where atoms appear: r + d(r) = r_atom, with an independent bilinear interpolation and real images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from sim.core.types import ImageGrid
from sim.noise.points import warp_points
from sim.noise.scan import ScanParameters, displacement, margin_pixels, warp_image
from sim.numerics.streams import Stream

GRID = ImageGrid(40, 48, 0.2)


def displaced(x: np.ndarray, y: np.ndarray, dx: np.ndarray, dy: np.ndarray, grid: ImageGrid) -> np.ndarray:
    """r + d(r) by scipy's bilinear interpolation, edge values continued."""
    where = np.array([grid.rows_of(y), grid.columns_of(x)])
    d = [map_coordinates(field, where, order=1, mode="nearest") for field in (dx, dy)]
    return np.array([x + d[0], y + d[1]])


def smooth_field(grid: ImageGrid, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    parameters = ScanParameters(
        dwell_time=16.0, drift_x=4.0, drift_y=-3.0, shear=0.02, scale=-0.015, slow_amplitude=0.3,
        slow_frequency=20.0, vibration_frequencies=(30.0,), vibration_amplitudes=(0.2,),
        settling_amplitude=0.6, settling_time=160.0,
    )  # fmt: skip
    return displacement(grid, parameters, Stream(seed, "scan"))


def test_points_go_there_and_back() -> None:
    """Choose where points appear, compute what lies there, and find them again."""
    dx, dy = smooth_field(GRID)
    random = np.random.default_rng(1)
    x, y = random.uniform(-4.4, 4.4, 500), random.uniform(-3.6, 3.6, 500)
    found = warp_points(*displaced(x, y, dx, dy, GRID), dx, dy, GRID)
    np.testing.assert_allclose([found.x, found.y], [x, y], atol=1e-7)
    assert found.residual.max() < 1e-9
    np.testing.assert_array_equal(found.appearances, 1)


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**63 - 1),
    jitter_x=st.floats(0, 1.0),
    jitter_y=st.floats(0, 0.5),
    amplitude=st.floats(0, 0.5),
    frequency=st.floats(0, 20000),
    settling=st.floats(-3, 3),
    shear=st.floats(-0.2, 0.2),
)
def test_residual_stays_small_whatever_the_scan_does(
    seed: int,
    jitter_x: float,
    jitter_y: float,
    amplitude: float,
    frequency: float,
    settling: float,
    shear: float,
) -> None:
    """Jitter beyond a pixel, folding settling, vibrations faster than a row: always below 0.01 px."""
    parameters = ScanParameters(
        jitter_x=jitter_x, jitter_y=jitter_y, vibration_frequencies=(frequency,),
        vibration_amplitudes=(amplitude,), settling_amplitude=settling, settling_time=30.0, shear=shear,
        scale=-shear,
    )  # fmt: skip
    dx, dy = displacement(GRID, parameters, Stream(seed, "scan"))
    random = np.random.default_rng(seed % 2**32)
    x, y = random.uniform(-6, 6, 80), random.uniform(-5, 5, 80)
    found = warp_points(x, y, dx, dy, GRID)
    reached = displaced(found.x, found.y, dx, dy, GRID)
    assert np.hypot(*(reached - [x, y])).max() / GRID.pixel_size < 0.01
    assert found.residual.max() < 0.01 and found.appearances.min() >= 1


def test_points_lie_on_the_spots_of_the_distorted_image() -> None:
    """Asymmetric set of Gaussian spots through the real resampling; centroids against solved points.

    Steady and linear drift only: an affine map takes the centroid of a spot to the image of its centre.
    """
    grid = ImageGrid(96, 112, 0.2)
    parameters = ScanParameters(dwell_time=16.0, drift_x=9.0, drift_y=-6.0, shear=0.03, scale=-0.02)
    dx, dy = displacement(grid, parameters, Stream(3, "scan"))
    margin = margin_pixels(dx, dy, grid.pixel_size)
    padded = grid.padded(margin)
    x, y = np.array([-7.1, -2.0, 3.3, 7.9, 0.4]), np.array([5.2, -6.4, 1.1, 6.0, -0.3])
    rows, columns = np.arange(float(padded.height)), np.arange(float(padded.width))
    across, down = padded.x_of(columns)[None, :], padded.y_of(rows)[:, None]
    found = warp_points(x, y, dx, dy, grid)
    at_x, at_y = grid.x_of(np.arange(112.0))[None, :], grid.y_of(np.arange(96.0))[:, None]
    for number in range(len(x)):
        spot = np.exp(-((across - x[number]) ** 2 + (down - y[number]) ** 2) / (2 * 0.4**2))
        image = warp_image(spot, margin, dx, dy, grid)
        total = image.sum()
        assert (image * at_x).sum() / total == pytest.approx(found.x[number], abs=0.002 * grid.pixel_size)
        assert (image * at_y).sum() / total == pytest.approx(found.y[number], abs=0.002 * grid.pixel_size)
    # The field really moves them: by more than half a pixel somewhere.
    assert np.hypot(found.x - x, found.y - y).max() > 0.1


def test_line_jitter_is_followed_from_row_to_row() -> None:
    """Row r is displaced by j_r: a point exactly on row r appears at x − j_r, between rows in between."""
    jitter = np.array([0.7, -0.9, 0.4, 1.1, -0.3, 0.0, 0.6, -1.2])
    grid = ImageGrid(8, 20, 0.5)
    dx = np.repeat(jitter[:, None], 20, axis=1)
    dy = np.zeros(grid.shape)
    rows = np.array([0.0, 1.0, 2.0, 3.5, 6.25])
    found = warp_points(np.full(5, 0.8), grid.y_of(rows), dx, dy, grid)
    np.testing.assert_allclose(grid.rows_of(found.y), rows, atol=1e-9)
    expected = 0.8 - np.array([0.7, -0.9, 0.4, (1.1 - 0.3) / 2, 0.75 * 0.6 + 0.25 * -1.2])
    np.testing.assert_allclose(found.x, expected, atol=1e-9)


def test_folded_scan_gives_the_middle_appearance() -> None:
    """Row 4 jumps up by 1.5 px, so the scan passes heights around rows 3 to 4 three times.

    Heights in px from the top: 0 1 2 3 2.5 5 6 7.  A point at height 2.8 is met at row 2.8, then between rows
    3 and 4 at 3 + 0.2/0.5 = 3.4, and between rows 4 and 5 at 4 + 0.3/2.5 = 4.12.
    """
    grid = ImageGrid(8, 10, 1.0)
    dy = np.zeros(grid.shape)
    dy[4] = 1.5
    found = warp_points(np.array([0.3]), grid.y_of(np.array([2.8])), np.zeros(grid.shape), dy, grid)
    assert found.appearances[0] == 3
    assert grid.rows_of(found.y)[0] == pytest.approx(3.4, abs=1e-9)
    assert found.x[0] == pytest.approx(0.3, abs=1e-9)


def test_points_outside_the_image_move_with_its_edge() -> None:
    dx, dy = smooth_field(GRID)
    x, y = np.array([50.0, -50.0, 0.0]), np.array([30.0, -30.0, 30.0])
    found = warp_points(x, y, dx, dy, GRID)
    # Corners: constant displacement of the corner pixel.
    assert found.x[0] == pytest.approx(50.0 - dx[0, -1]) and found.y[0] == pytest.approx(30.0 - dy[0, -1])
    assert found.x[1] == pytest.approx(-50.0 - dx[-1, 0]) and found.y[1] == pytest.approx(-30.0 - dy[-1, 0])
    assert found.y[2] > GRID.y_of(np.array([0.0]))[0]
    assert found.residual.max() < 1e-9


def test_no_displacement_is_the_identity() -> None:
    zero = np.zeros(GRID.shape)
    x, y = np.linspace(-6.0, 6.0, 50), np.linspace(5.0, -3.0, 50)
    found = warp_points(x, y, zero, zero, GRID)
    np.testing.assert_allclose([found.x, found.y], [x, y], atol=1e-12)
    np.testing.assert_array_equal(found.appearances, 1)


def test_points_on_pixel_centres_are_counted_once() -> None:
    """A solution on the border of four cells is one appearance."""
    found = warp_points(
        GRID.x_of(np.arange(5.0, 20.0)), GRID.y_of(np.arange(5.0, 20.0)),
        np.full(GRID.shape, 0.4), np.full(GRID.shape, -0.2), GRID,
    )  # fmt: skip
    np.testing.assert_array_equal(found.appearances, 1)
    np.testing.assert_allclose(GRID.columns_of(found.x), np.arange(3.0, 18.0), atol=1e-9)
    np.testing.assert_allclose(GRID.rows_of(found.y), np.arange(4.0, 19.0), atol=1e-9)


def test_no_points() -> None:
    found = warp_points(np.zeros(0), np.zeros(0), np.zeros(GRID.shape), np.zeros(GRID.shape), GRID)
    assert found.x.shape == found.residual.shape == (0,)


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    dx, dy = displacement(GRID, ScanParameters(jitter_x=0.3, jitter_y=0.2), Stream(8, "scan"))
    random = np.random.default_rng(4)
    x, y = random.uniform(-5, 5, 100), random.uniform(-4, 4, 100)
    whole = warp_points(x, y, dx, dy, GRID)
    monkeypatch.setattr("sim.noise.points.BLOCK", 7)
    parts = warp_points(x, y, dx, dy, GRID)
    np.testing.assert_array_equal(whole.x, parts.x)
    np.testing.assert_array_equal(whole.appearances, parts.appearances)
