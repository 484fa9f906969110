"""The probe against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import j1

from sim.core.errors import InputError
from sim.physics.electrons import wavelength
from sim.physics.multislice.cell import Cell
from sim.physics.optics.aberrations import Aberrations
from sim.physics.stem.probe import ProbeOptics, beams, probe, probe_profile

VOLTAGE = 200.0
WAVELENGTH = wavelength(VOLTAGE)
#: 20 × 16 Å.
CELL = Cell(160, 200, 0.1, 0.1, -10.0, 8.0, 0.0, 2.0, 4)


def centre_of(intensity):
    """Mean x and y of an intensity on the cell."""
    total = intensity.sum()
    return (intensity * CELL.x()).sum() / total, (intensity * CELL.y()[:, None]).sum() / total


def test_a_probe_holds_one_electron_where_it_is_put():
    """Off the middle in both directions; row 0 is the highest y."""
    x, y = np.array([0.0, 2.35]), np.array([0.0, -1.62])
    waves = probe(CELL, ProbeOptics(VOLTAGE, 20.0), x, y)
    assert waves.dtype == np.complex64
    for wave, here_x, here_y in zip(waves, x, y, strict=True):
        intensity = np.abs(wave.astype(np.complex128)) ** 2
        assert intensity.sum() == pytest.approx(1.0, abs=1e-6)
        row, column = np.unravel_index(np.argmax(intensity), intensity.shape)
        assert CELL.x()[column] == pytest.approx(here_x, abs=0.051)
        assert CELL.y()[row] == pytest.approx(here_y, abs=0.051)


def test_a_perfect_probe_is_an_airy_disc():
    """|2 J₁(u)/u|² π k₀², u = 2π k₀ r (Born and Wolf, Principles of Optics, section 8.5.2)."""
    distance = np.linspace(-4.0, 4.0, 81)
    largest = 25e-3 / WAVELENGTH
    u = 2 * np.pi * largest * np.where(distance == 0, 1e-9, distance)
    airy = (2 * j1(u) / u) ** 2 * np.pi * largest**2
    np.testing.assert_allclose(probe_profile(ProbeOptics(VOLTAGE, 25.0), distance), airy, rtol=0, atol=1e-9)


@pytest.mark.parametrize("azimuth", [0.0, 90.0])
def test_the_probe_of_a_cell_follows_its_profile(azimuth):
    """Astigmatism and coma tell the azimuths apart; the cell's discrete aperture stays within 3 %."""
    lens = Aberrations({"C10": (-50.0, 0.0), "C12": (40.0, 20.0), "C21": (1500.0, 70.0)})
    optics = ProbeOptics(VOLTAGE, 20.0, lens)
    intensity = np.abs(probe(CELL, optics, np.zeros(1), np.zeros(1))[0]) ** 2 / 0.01
    line = intensity[80] if azimuth == 0.0 else intensity[:, 100]
    along = CELL.x() if azimuth == 0.0 else CELL.y()
    near = np.abs(along) < 2.0
    expected = probe_profile(optics, along[near], azimuth)
    np.testing.assert_allclose(line[near], expected, rtol=0, atol=0.03 * expected.max())
    mirrored = probe_profile(optics, -along[near], azimuth)
    assert np.abs(mirrored - expected).max() > 0.06 * expected.max()


def test_coma_shifts_the_probe_by_the_gradient_of_the_phase():
    """The mean position of |ψ|² is minus the mean of grad χ/2π over the aperture: here by differences."""
    optics = ProbeOptics(VOLTAGE, 15.0, Aberrations({"C21": (6000.0, 30.0)}))
    waves = beams(CELL, optics)
    weights = np.abs(waves.amplitudes) ** 2
    kx, ky = waves.column_numbers / CELL.width, -waves.row_numbers / CELL.height
    lens, step = optics.aberrations, 1e-5
    slope_x = (lens.phase(kx + step, ky, WAVELENGTH) - lens.phase(kx - step, ky, WAVELENGTH)) / (2 * step)
    slope_y = (lens.phase(kx, ky + step, WAVELENGTH) - lens.phase(kx, ky - step, WAVELENGTH)) / (2 * step)
    wave = probe(CELL, optics, np.zeros(1), np.zeros(1))[0]
    mean_x, mean_y = centre_of(np.abs(wave) ** 2)
    # exp(−iχ): a slope of χ moves the probe towards the slope.
    assert mean_x == pytest.approx((weights * slope_x).sum() / (2 * np.pi), abs=0.05)
    assert mean_y == pytest.approx((weights * slope_y).sum() / (2 * np.pi), abs=0.05)
    assert mean_x > 0.2 and mean_y > 0.1


def test_a_soft_edge_lets_the_current_grow_smoothly():
    """The number of electrons under the aperture is its area to 1 %; a hard edge jumps."""
    for semiangle in (14.3, 14.6, 15.0, 15.2):
        optics = ProbeOptics(VOLTAGE, semiangle)
        peak = np.abs(beams(CELL, optics).amplitudes).max()
        area = np.pi * (semiangle * 1e-3 / WAVELENGTH) ** 2 * CELL.width * CELL.height
        soft = sum(np.abs(beams(CELL, optics).amplitudes)) / peak
        assert soft == pytest.approx(area, rel=0.01)
        hard = beams(CELL, ProbeOptics(VOLTAGE, semiangle, soft_edge=False))
        assert np.ptp(np.abs(hard.amplitudes)) < 1e-15


@pytest.mark.parametrize(
    ("optics", "sentence"),
    [
        (ProbeOptics(VOLTAGE, 0.0), "has to be positive"),
        (ProbeOptics(VOLTAGE, -5.0), "has to be positive"),
        (ProbeOptics(VOLTAGE, 90.0), "too coarse for this aperture.*up to 82.03 mrad.*Å or finer"),
        (ProbeOptics(VOLTAGE, 2.0), "too small for so narrow a cone"),
        (ProbeOptics(VOLTAGE, 20.0, source_size=-0.1), "cannot be negative"),
        (ProbeOptics(200e3, 20.0), "looks like volts"),
    ],
)
def test_probes_that_cannot_be_are_refused(optics, sentence):
    with pytest.raises(InputError, match=sentence):
        beams(CELL, optics)
