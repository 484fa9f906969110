"""Displacement of the beam and resampling, against scalar formulas and asymmetric objects."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sim.core.errors import InputError
from sim.core.types import ImageGrid
from sim.noise.scan import (
    ScanParameters,
    column_times,
    displacement,
    largest_displacement,
    margin_pixels,
    refuse_excessive,
    row_times,
    warp_image,
    warp_labels,
)
from sim.numerics.streams import Stream

GRID = ImageGrid(20, 31, 0.25)
EVERYTHING = ScanParameters(
    dwell_time=16.0, flyback_time=60.0, drift_x=3.0, drift_y=-2.0, slow_frequency=5.0, slow_amplitude=0.3,
    vibration_frequencies=(30.0, 1000.0, 2725.0), vibration_amplitudes=(0.15, 0.1, 0.07), vibration_scale=1.5,
    jitter_x=0.2, jitter_y=0.1, shear=0.02, scale=-0.03, settling_amplitude=0.8, settling_time=40.0,
)  # fmt: skip


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 30), (7, 3), (19, 0), (19, 30)])
def test_displacement_formula_pixel_by_pixel(row: int, column: int) -> None:
    """d(t) = v t + slow(t) + Σ a sin(2π f t + φ) + jitter + linear drift + settling, with math.sin."""
    stream = Stream(11, "noise", "scan")
    dx, dy = displacement(GRID, EVERYTHING, stream)
    time = row * (31 * 16e-6 + 60e-6) + column * 16e-6
    y = ((20 - 1) / 2 - row) * 0.25
    for field, axis, drift, linear, jitter in (
        (dx, "x", 3.0, 0.02, 0.2),
        (dy, "y", -2.0, -0.03, 0.1),
    ):
        expected = drift * time + linear * y + jitter * stream.child("jitter", axis).normals(20)[row]
        slow = 2 * math.pi * stream.child("slow", axis).uniforms(1)[0]
        expected += 0.3 * (math.sin(2 * math.pi * 5.0 * time + slow) - math.sin(slow))
        phases = stream.child("vibration", axis).uniforms(3)
        for frequency, amplitude, phase in zip((30, 1000, 2725), (0.15, 0.1, 0.07), phases, strict=True):
            expected += 1.5 * amplitude * math.sin(2 * math.pi * (frequency * time + phase))
        if axis == "x":
            expected += 0.8 * math.exp(-column * 16.0 / 40.0)
        assert field[row, column] == pytest.approx(expected, abs=1e-12)


def test_scan_clock() -> None:
    """t(column, row) = row (W τ + flyback) + column τ."""
    parameters = ScanParameters(dwell_time=20.0, flyback_time=100.0)
    np.testing.assert_allclose(row_times(GRID, parameters)[:3], [0.0, 720e-6, 1440e-6], rtol=1e-12)
    np.testing.assert_allclose(column_times(GRID, parameters)[:3], [0.0, 20e-6, 40e-6], rtol=1e-12)


def test_x_and_y_have_phases_of_their_own() -> None:
    parameters = ScanParameters(vibration_frequencies=(500.0,), vibration_amplitudes=(1.0,))
    dx, dy = displacement(GRID, parameters, Stream(1, "scan"))
    assert np.abs(dx - dy).max() > 0.1
    # Over a whole number of periods both have mean square a²/2.
    fast = ScanParameters(flyback_time=0.0, vibration_frequencies=(5000.0,), vibration_amplitudes=(2.0,))
    for field in displacement(ImageGrid(10, 50, 1.0), fast, Stream(1, "scan")):
        assert (field**2).mean() == pytest.approx(2.0, rel=1e-9)


def test_terms_do_not_disturb_each_other() -> None:
    """Switching a term off, or adding a vibration, changes that term and no other draw."""
    stream = Stream(2, "scan")
    whole = displacement(GRID, EVERYTHING, stream)
    for name in ("slow_amplitude", "jitter_x", "jitter_y", "vibration_scale", "drift_x"):
        without = ScanParameters(**{**vars(EVERYTHING), name: 0.0})
        alone = ScanParameters(dwell_time=16.0, flyback_time=60.0)
        kept = {key: vars(EVERYTHING)[key] for key in _fields_of(name)}
        only = displacement(GRID, ScanParameters(**{**vars(alone), **kept}), stream)
        for full, rest, part in zip(whole, displacement(GRID, without, stream), only, strict=True):
            np.testing.assert_allclose(full - rest, part, atol=1e-12)
    more = ScanParameters(
        **{**vars(EVERYTHING), "vibration_frequencies": (30.0, 1000.0, 2725.0, 60.0),
           "vibration_amplitudes": (0.15, 0.1, 0.07, 0.0)}
    )  # fmt: skip
    for full, longer in zip(whole, displacement(GRID, more, stream), strict=True):
        np.testing.assert_array_equal(full, longer)


def _fields_of(name: str) -> tuple[str, ...]:
    groups = {
        "slow_amplitude": ("slow_frequency", "slow_amplitude"),
        "vibration_scale": ("vibration_frequencies", "vibration_amplitudes", "vibration_scale"),
    }
    return groups.get(name, (name,))


def test_jitter_moves_rows_as_a_whole() -> None:
    grid = ImageGrid(2000, 8, 0.2)
    dx, dy = displacement(grid, ScanParameters(jitter_x=0.5), Stream(3, "scan"))
    assert np.ptp(dx, axis=1).max() == 0.0 and np.abs(dy).max() == 0.0
    assert dx[:, 0].std() == pytest.approx(0.5, rel=0.08)
    assert (dx[1:, 0] * dx[:-1, 0]).mean() == pytest.approx(0.0, abs=0.03)


def test_wander_begins_where_the_frame_begins() -> None:
    parameters = ScanParameters(slow_amplitude=5.0)
    dx, dy = displacement(GRID, parameters, Stream(4, "scan"))
    assert abs(dx[0, 0]) < 1e-12 and abs(dy[0, 0]) < 1e-12 and np.abs(dx).max() > 1e-4


def test_image_shows_the_specimen_at_x_plus_d() -> None:
    """An asymmetric L, d = (+2 px in x, +1 px up in y): it appears 2 px further left and 1 px lower."""
    grid, margin = ImageGrid(12, 14, 0.5), 4
    padded = np.zeros(grid.padded(margin).shape)
    for row, column, value in ((3, 6, 1.0), (4, 6, 2.0), (5, 6, 3.0), (5, 7, 4.0)):
        padded[margin + row, margin + column] = value
    dx, dy = np.full(grid.shape, 2 * 0.5), np.full(grid.shape, 1 * 0.5)
    expected = np.zeros(grid.shape)
    for row, column, value in ((4, 4, 1.0), (5, 4, 2.0), (6, 4, 3.0), (6, 5, 4.0)):
        expected[row, column] = value
    np.testing.assert_array_equal(warp_image(padded, margin, dx, dy, grid), expected)
    np.testing.assert_array_equal(
        warp_labels(padded.astype(np.uint8), margin, dx, dy, grid), expected.astype(np.uint8)
    )


def test_resampling_a_known_function() -> None:
    """I'(i, j) = I(x + d_x, y + d_y) for a smooth asymmetric I evaluated exactly."""

    def intensity(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 2.0 + np.sin(0.7 * x + 0.2) * np.cos(0.4 * y) + 0.1 * x

    dx, dy = displacement(GRID, EVERYTHING, Stream(5, "scan"))
    margin = margin_pixels(dx, dy, GRID.pixel_size)
    padded = GRID.padded(margin)
    rows, columns = np.arange(float(padded.height)), np.arange(float(padded.width))
    image = intensity(padded.x_of(columns)[None, :], padded.y_of(rows)[:, None])
    x = GRID.x_of(np.arange(31.0))[None, :] + dx
    y = GRID.y_of(np.arange(20.0))[:, None] + dy
    np.testing.assert_allclose(warp_image(image, margin, dx, dy, GRID), intensity(x, y), atol=2e-4)


def test_margin_is_large_enough() -> None:
    """More margin changes nothing; the cubic kernel never reads the replicated edge."""
    dx, dy = displacement(GRID, EVERYTHING, Stream(6, "scan"))
    margin = margin_pixels(dx, dy, GRID.pixel_size)
    assert margin >= np.abs(np.stack([dx, dy])).max() / GRID.pixel_size
    large = np.random.default_rng(1).uniform(size=GRID.padded(margin + 9).shape)
    np.testing.assert_allclose(
        warp_image(large[9:-9, 9:-9], margin, dx, dy, GRID),
        warp_image(large, margin + 9, dx, dy, GRID),
        atol=1e-12,
    )


def test_bands_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large images are resampled band by band, with the same bits."""
    dx, dy = displacement(GRID, EVERYTHING, Stream(6, "scan"))
    margin = margin_pixels(dx, dy, GRID.pixel_size)
    image = np.random.default_rng(3).uniform(size=GRID.padded(margin).shape)
    whole = warp_image(image, margin, dx, dy, GRID)
    monkeypatch.setattr("sim.noise.scan.BAND_PIXELS", 3 * 31)
    np.testing.assert_array_equal(warp_image(image, margin, dx, dy, GRID), whole)


def test_labels_are_never_blended() -> None:
    dx, dy = displacement(GRID, EVERYTHING, Stream(7, "scan"))
    margin = margin_pixels(dx, dy, GRID.pixel_size)
    ids = np.random.default_rng(2).choice(np.array([0, 5, 200], np.int32), GRID.padded(margin).shape)
    warped = warp_labels(ids, margin, dx, dy, GRID)
    assert warped.dtype == np.int32 and set(np.unique(warped)) <= {0, 5, 200}
    # Each label is that of the nearest pixel: an independent scalar computation.
    for row, column in ((0, 0), (10, 30), (19, 15)):
        at_row = math.floor(margin + row - dy[row, column] / 0.25 + 0.5)
        at_column = math.floor(margin + column + dx[row, column] / 0.25 + 0.5)
        assert warped[row, column] == ids[at_row, at_column]


def test_no_negative_expectations() -> None:
    """Cubic interpolation undershoots beside a sharp peak; electrons cannot."""
    grid = ImageGrid(9, 9, 1.0)
    image = np.zeros(grid.padded(3).shape)
    image[7, 7] = 1.0
    warped = warp_image(image, 3, np.full(grid.shape, 0.3), np.zeros(grid.shape), grid)
    assert warped.min() == 0.0 and warped.max() > 0.5


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**63 - 1),
    drift=st.floats(-500, 500),
    slow=st.floats(0, 3),
    frequency=st.floats(0, 1e5),
    jitter=st.floats(0, 2),
    shear=st.floats(-0.2, 0.2),
    settling=st.floats(-3, 3),
)
def test_bound_holds(
    seed: int, drift: float, slow: float, frequency: float, jitter: float, shear: float, settling: float
) -> None:
    parameters = ScanParameters(
        drift_x=drift, drift_y=-drift, slow_frequency=frequency, slow_amplitude=slow, jitter_x=jitter,
        vibration_frequencies=(frequency,), vibration_amplitudes=(0.4,), jitter_y=jitter, shear=shear,
        scale=shear, settling_amplitude=settling,
    )  # fmt: skip
    dx, dy = displacement(GRID, parameters, Stream(seed, "scan"))
    assert max(np.abs(dx).max(), np.abs(dy).max()) <= largest_displacement(GRID, parameters) * (1 + 1e-12)


def test_scan_that_leaves_its_field_is_refused() -> None:
    refuse_excessive(GRID, EVERYTHING)
    with pytest.raises(InputError, match=r"up to the size of the image, 5 Å"):
        refuse_excessive(GRID, ScanParameters(drift_x=1000.0, dwell_time=100.0))


def test_still_scan() -> None:
    assert ScanParameters().still
    assert ScanParameters(vibration_frequencies=(5.0,), vibration_amplitudes=(0.0,)).still
    assert ScanParameters(
        vibration_frequencies=(5.0,), vibration_amplitudes=(1.0,), vibration_scale=0.0
    ).still
    for name in ("drift_x", "drift_y", "slow_amplitude", "jitter_x", "jitter_y", "shear", "scale",
                 "settling_amplitude"):  # fmt: skip
        assert not ScanParameters(**{name: 0.1}).still
    assert not ScanParameters(vibration_frequencies=(5.0,), vibration_amplitudes=(1.0,)).still
