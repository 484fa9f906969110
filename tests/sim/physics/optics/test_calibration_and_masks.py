"""Minimum contrast of phase objects at known heights, and masks of discs of known phase."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.physics.electrons import wavelength
from sim.physics.optics.aberrations import Aberrations
from sim.physics.optics.calibration import minimum_contrast
from sim.physics.optics.masks import THRESHOLD, area, mean_block, phase_mask, propagated, smoothed, wave_of
from sim.physics.optics.transfer import ctf

SIDE, STEP = 96, 0.25
KX, KY = np.fft.fftfreq(SIDE, STEP), -np.fft.fftfreq(SIDE, STEP)
WAVE = wavelength(300.0)


def atoms(height: float, strength: float = 0.3, seed: int = 0) -> np.ndarray:
    """Block of a phase object of Gaussian atoms, seen ``height`` Å behind it."""
    generator = np.random.default_rng(seed)
    x = np.arange(SIDE) * STEP
    phase = np.zeros((SIDE, SIDE))
    for row, column in generator.uniform(6.0, 18.0, (12, 2)):
        phase += strength * np.exp(-((x[:, None] - row) ** 2 + (x[None, :] - column) ** 2) / (2 * 0.5**2))
    spectrum = np.fft.fft2(np.exp(1j * phase), norm="forward")
    k2 = KY[:, None] ** 2 + KX[None, :] ** 2
    return (spectrum * np.exp(-1j * np.pi * WAVE * height * k2)).astype(np.complex64)


@pytest.mark.parametrize("height", [0.0, 23.7, -11.2])
def test_a_phase_object_has_least_contrast_in_focus(height: float) -> None:
    """Free space behind the object is undone at C10 = −height, found to a tenth of an ångström."""
    found = minimum_contrast(
        [atoms(height)], KX, KY, 300.0, -40.0, 40.0, focal_spread=10.0, coarse=1.0, fine=0.1
    )
    assert found.c10 == pytest.approx(-height, abs=0.1)
    assert found.variance == found.curve_variance.min()


def test_two_stages_look_where_they_should() -> None:
    """A whole-ångström grid from the lower end, then tenths one step to either side of its best."""
    found = minimum_contrast([atoms(4.3)], KX, KY, 300.0, -10.5, 2.0, focal_spread=10.0)
    coarse = np.arange(-10.5, 2.0 + 1e-9, 1.0)
    fine = np.setdiff1d(np.round(np.arange(-5.5, -3.5 + 1e-9, 0.1), 6), np.round(coarse, 6))
    expected = np.sort(np.concatenate([coarse, fine]))
    np.testing.assert_allclose(found.curve_c10, expected, atol=1e-9)


def test_variance_is_that_of_the_mean_image() -> None:
    """Two configurations: the mean intensity's variance, written out in complex128 with the envelope."""
    blocks = [atoms(3.0, seed=1), atoms(3.0, seed=2)]
    found = minimum_contrast(blocks, KX, KY, 300.0, 7.0, 7.0, focal_spread=25.0, fine=1.0)
    k2 = KY[:, None] ** 2 + KX[None, :] ** 2
    transfer = np.exp(-1j * np.pi * WAVE * 7.0 * k2 - (0.5 * np.pi * WAVE * 25.0 * k2) ** 2)
    images = [np.abs(np.fft.ifft2(block * transfer, norm="forward")) ** 2 for block in blocks]
    assert found.c10 == 7.0 and len(found.curve_c10) == 1
    assert found.variance == pytest.approx(np.mean(images, axis=0).var(), rel=1e-4)


def test_workers_do_not_matter() -> None:
    one, two = (
        minimum_contrast([atoms(5.0)], KX, KY, 300.0, -12.0, 2.0, focal_spread=10.0, workers=workers)
        for workers in (1, 2)
    )
    np.testing.assert_array_equal(one.curve_variance, two.curve_variance)
    assert one.c10 == two.c10


def test_an_impossible_search_is_refused() -> None:
    with pytest.raises(InputError, match="no focus to search"):
        minimum_contrast([atoms(0.0)], KX, KY, 300.0, 5.0, 4.0)
    with pytest.raises(InputError, match="fine_step = 2.0"):
        minimum_contrast([atoms(0.0)], KX, KY, 300.0, 0.0, 4.0, fine=2.0)


def disc(phase: float, row: float, column: float, radius: float) -> np.ndarray:
    x = np.arange(SIDE) * STEP
    inside = (x[:, None] - row) ** 2 + (x[None, :] - column) ** 2 <= radius**2
    return np.fft.fft2(np.exp(1j * phase * inside), norm="forward").astype(np.complex64)


def test_mask_of_a_phase_disc() -> None:
    """A disc of 0.5 rad off the centre: place, area and phase; centred blocks too.

    The blur moves the edge of a disc inwards by σ²/2R.
    """
    block = disc(0.5, 8.0, 14.0, 4.0)
    found = phase_mask([block], KX, KY, WAVE, 0.0, pixel_size=STEP, sigma=1.0)
    assert found.area == pytest.approx(math.pi * (4.0 - 1.0 / 8.0) ** 2, rel=0.01)
    rows, columns = np.nonzero(found.mask)
    assert rows.mean() * STEP == pytest.approx(8.0, abs=0.1)
    assert columns.mean() * STEP == pytest.approx(14.0, abs=0.1)
    assert found.phase[32, 56] == pytest.approx(0.5, abs=1e-5) and found.amplitude[0, 0] == pytest.approx(1.0)
    assert not found.empty and found.mask.dtype == np.uint8
    shifted = phase_mask([np.fft.fftshift(block)], np.fft.fftshift(KX), np.fft.fftshift(KY), WAVE, 0.0,
                         pixel_size=STEP, sigma=1.0)  # fmt: skip
    np.testing.assert_array_equal(shifted.mask, found.mask)
    np.testing.assert_allclose(shifted.phase, found.phase, atol=1e-6)


@pytest.mark.parametrize(("phase", "empty"), [(0.19, True), (0.205, False), (-0.205, False), (6.0, False)])
def test_threshold_is_absolute_and_wraps(phase: float, empty: bool) -> None:
    """π/16 = 0.196; a phase of 6 rad appears as −0.28 and counts."""
    found = phase_mask([disc(phase, 12.0, 12.0, 5.0)], KX, KY, WAVE, 0.0, pixel_size=STEP, sigma=0.0)
    assert found.empty is empty
    assert math.isclose(THRESHOLD, math.pi / 16)


def test_mean_wave_is_masked_in_the_plane_given() -> None:
    """Configurations are averaged as waves (not phases), then brought back to focus."""
    blocks = [disc(0.8, 10.0, 13.0, 4.0), disc(-0.2, 10.0, 13.0, 4.0)]
    away = [propagated(block, KX, KY, WAVE, 30.0) for block in blocks]
    found = phase_mask(away, KX, KY, WAVE, -30.0, pixel_size=STEP, sigma=0.0)
    expected = np.angle((np.exp(0.8j) + np.exp(-0.2j)) / 2)
    assert found.phase[40, 52] == pytest.approx(expected, abs=1e-4)
    np.testing.assert_allclose(
        wave_of(propagated(mean_block(away), KX, KY, WAVE, -30.0), KX, KY),
        wave_of(mean_block(blocks), KX, KY),
        atol=1e-5,
    )


def test_propagation_is_the_transfer_of_the_focus_alone() -> None:
    """exp(−iχ) with C10 and nothing else: the sign is the lens's."""
    ones = np.ones((SIDE, SIDE), np.complex64)
    expected = ctf(KX[None, :], KY[:, None], WAVE, Aberrations({"C10": (37.0, 0.0)}))
    np.testing.assert_allclose(propagated(ones, KX, KY, WAVE, 37.0), expected, atol=1e-6)


def test_vacuum_wave_is_divided_out() -> None:
    turned = disc(0.5, 8.0, 14.0, 4.0) * np.complex64(np.exp(0.7j))
    found = phase_mask([turned], KX, KY, WAVE, 0.0, pixel_size=STEP, sigma=1.0, vacuum=complex(np.exp(0.7j)))
    assert found.area == pytest.approx(math.pi * (4.0 - 1.0 / 8.0) ** 2, rel=0.01)


def test_smoothing_removes_specks_and_keeps_half_planes() -> None:
    mask = np.zeros((40, 40), bool)
    mask[:, :17] = True
    mask[20, 30] = True
    result = smoothed(mask, 2.0)
    np.testing.assert_array_equal(result[:, :17], 1)
    np.testing.assert_array_equal(result[:, 17:], 0)
    assert area(result, 0.5) == pytest.approx(40 * 17 * 0.25)
