"""The carbon film: its scattering, its statistics and its band limit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.core.types import ImageGrid
from sim.noise.background import WAVES_X, WAVES_Y, BackgroundParameters, add_background, carbon_field
from sim.numerics.streams import Stream


def test_default_scattering_is_the_screened_rutherford_value() -> None:
    """Carbon at 200 kV into 80–200 mrad: dσ/dΩ = (2 γ Z / a0)² / (q² + q0²)², q0 = Z^(1/3)/a0.

    λ 0.0250793 Å and γ 1.39139 at 200 kV; 0.1103075 atoms/Å³ is 2.20 g/cm³.
    """
    bohr, wavelength, gamma, number, density = 0.529177, 0.0250793, 1.39139, 6, 0.1103075
    screening = number ** (1 / 3) / bohr * wavelength / (2 * math.pi)
    angles = np.linspace(0.080, 0.200, 20001)
    per_angle = (2 * gamma * number / bohr) ** 2 * (wavelength / (2 * math.pi)) ** 4
    per_angle = per_angle / (angles**2 + screening**2) ** 2 * 2 * math.pi * angles
    per_nanometre = np.trapezoid(per_angle, angles) * density * 10.0
    assert BackgroundParameters().scattering == pytest.approx(per_nanometre, rel=0.02)


def test_field_is_standard_normal_over_many_films() -> None:
    grid = ImageGrid(3, 4, 25.0)  # points much farther apart than the waves: nearly independent
    values = np.array([carbon_field(grid, 5.0, Stream(seed, "film")) for seed in range(800)])
    count = values.size
    assert abs(values.mean()) < 5.0 / math.sqrt(count)
    assert values.var() == pytest.approx(1.0, abs=5.0 * math.sqrt(2.0 / count))
    assert (values**4).mean() == pytest.approx(3.0, abs=5.0 * math.sqrt(96.0 / count))


def test_field_has_no_wave_beyond_its_band() -> None:
    """Power spectrum under a Blackman–Harris window: nothing beyond the cut-off, plenty below it."""
    grid = ImageGrid(240, 256, 0.5)
    field = carbon_field(grid, 6.0, Stream(3, "film"))

    def window(size: int) -> np.ndarray:
        phase = 2 * np.pi * np.arange(size) / size
        return 0.35875 - 0.48829 * np.cos(phase) + 0.14128 * np.cos(2 * phase) - 0.01168 * np.cos(3 * phase)

    power = np.abs(np.fft.fft2(field * window(240)[:, None] * window(256)[None, :])) ** 2
    k = np.hypot(np.fft.fftfreq(240, 0.5)[:, None], np.fft.fftfreq(256, 0.5)[None, :])
    width = 4.0 / (240 * 0.5)  # half-width of the window's main lobe
    assert power[k > 1 / 6.0 + width].sum() < 1e-7 * power.sum()
    for low, high in ((0.0, 0.06), (0.06, 0.11), (0.11, 1 / 6.0)):  # filled, not a ring
        ring = (k >= low) & (k < high)
        assert power[ring].sum() > 0.05 * power.sum()
    # Both signs of k_y: neither diagonal is preferred by more than chance.
    half = power[1:120, 1:128].sum() / power[121:, 1:128].sum()
    assert 0.5 < half < 2.0


def test_field_is_a_sum_of_plane_waves() -> None:
    """Wave by wave with math.cos at three places: one wave in every cell of the half disc."""
    grid = ImageGrid(50, 70, 0.4)
    field = carbon_field(grid, 4.0, Stream(8, "film"))
    offsets = Stream(8, "film", "wave_numbers").uniforms(WAVES_X + WAVES_Y)
    draws = Stream(8, "film", "amplitudes").normals(2 * WAVES_X * WAVES_Y).reshape(2, WAVES_X, WAVES_Y)
    cutoff = 1.0 / 4.0
    for row, column in ((0, 0), (31, 12), (49, 69)):
        x, y = (column - 34.5) * 0.4, (24.5 - row) * 0.4
        total, waves = 0.0, 0
        for i in range(WAVES_X):
            for j in range(WAVES_Y):
                k_x = cutoff * (i + offsets[i]) / WAVES_X
                k_y = cutoff * (2 * (j + offsets[WAVES_X + j]) / WAVES_Y - 1)
                if k_x**2 + k_y**2 <= cutoff**2:
                    waves += 1
                    phase = 2 * math.pi * (k_x * x + k_y * y)
                    total += draws[0, i, j] * math.cos(phase) + draws[1, i, j] * math.sin(phase)
        assert field[row, column] == pytest.approx(total / math.sqrt(waves), abs=1e-12)
        # The half disc covers π/4 of the half square.
        assert waves == pytest.approx(math.pi / 4 * WAVES_X * WAVES_Y, rel=0.05)


def test_film_at_a_place_does_not_depend_on_the_margin() -> None:
    """Switching drift on enlarges the rendered image; the film must not change under it."""
    grid = ImageGrid(30, 41, 0.3)
    alone = carbon_field(grid, 4.0, Stream(1, "film"))
    padded = carbon_field(grid.padded(7), 4.0, Stream(1, "film"))
    np.testing.assert_array_equal(padded[7:-7, 7:-7], alone)


def test_background_adds_kappa_t_times_one_plus_the_field() -> None:
    grid = ImageGrid(20, 30, 0.5)
    parameters = BackgroundParameters(thickness=8.0, scattering=2e-4, roughness=0.2)
    ideal = np.linspace(0.0, 0.01, 600).reshape(20, 30)
    field = carbon_field(grid, 5.0, Stream(9, "film"))
    result = add_background(ideal, grid, parameters, Stream(9, "film"))
    np.testing.assert_allclose(result - ideal, 8.0 * 2e-4 * (1 + 0.2 * field), rtol=1e-9)


def test_film_is_never_thinner_than_nothing() -> None:
    grid = ImageGrid(128, 128, 1.0)
    parameters = BackgroundParameters(thickness=1.0, scattering=1.0, roughness=0.3)
    films = [
        add_background(np.zeros(grid.shape), grid, parameters, Stream(seed, "film")) for seed in range(8)
    ]
    assert min(film.min() for film in films) == 0.0


def test_flat_film_and_no_film() -> None:
    ideal = np.arange(6.0).reshape(2, 3)
    grid = ImageGrid(2, 3, 1.0)
    flat = BackgroundParameters(thickness=2.0, scattering=0.5, roughness=0.0)
    np.testing.assert_array_equal(add_background(ideal, grid, flat, Stream(1)), ideal + 1.0)
    assert add_background(ideal, grid, BackgroundParameters(), Stream(1)) is ideal
