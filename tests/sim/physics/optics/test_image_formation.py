"""Images of known waves: analytic fringes, an independent complex128 sum of plane waves, dense averages."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest

from sim.core.errors import Cancelled, InputError
from sim.physics.electrons import wavelength
from sim.physics.optics.aberrations import Aberrations
from sim.physics.optics.imaging import HrtemOptics, ImageFormation, blurred, form_image

ROWS, COLUMNS, STEP = 24, 30, 0.4
KX = np.fft.fftfreq(COLUMNS, STEP)
KY = -np.fft.fftfreq(ROWS, STEP)
ABERRATIONS = Aberrations(
    {"C10": (-90.0, 0.0), "C12": (40.0, 25.0), "C21": (900.0, 140.0), "C23": (700.0, 50.0), "C30": (2e5, 0.0)}
)


def block_of(beams: dict[tuple[int, int], complex]) -> np.ndarray:
    """A wave of a few beams, given by (row, column) of the transform."""
    block = np.zeros((ROWS, COLUMNS), np.complex64)
    for place, amplitude in beams.items():
        block[place] = amplitude
    return block


BEAMS = {(0, 0): 1.0, (2, 3): 0.2j, (-1, 4): 0.1 + 0.1j, (3, -5): -0.15, (-4, -2): 0.12j}


def plane_waves(optics: HrtemOptics, c10: float, kind: str = "coherent") -> np.ndarray:
    """|Σ beams|² at the pixels (x right, y up), aberrations written out by hand for C12, C21, C23."""
    wave = wavelength(optics.voltage)
    x = np.arange(COLUMNS)[None, :] * STEP
    y = -np.arange(ROWS)[:, None] * STEP
    psi = np.zeros((ROWS, COLUMNS), complex)
    for (row, column), amplitude in BEAMS.items():
        kx, ky = KX[column], KY[row]
        alpha, phi = wave * math.hypot(kx, ky), math.atan2(ky, kx)
        chi = c10 * alpha**2 / 2
        for symbol, (n, m) in {"C12": (1, 2), "C21": (2, 1), "C23": (2, 3), "C30": (3, 0)}.items():
            size, azimuth = optics.aberrations.coefficients[symbol]
            chi += size * alpha ** (n + 1) / (n + 1) * math.cos(m * (phi - math.radians(azimuth)))
        weight = amplitude * cmath.exp(-2j * math.pi / wave * chi)
        if kind == "envelope":
            weight *= math.exp(-((0.5 * math.pi * wave * optics.focal_spread * (kx**2 + ky**2)) ** 2))
        psi += weight * np.exp(2j * math.pi * (kx * x + ky * y))
    return np.abs(psi) ** 2


def test_image_is_the_sum_of_its_plane_waves() -> None:
    """Asymmetric beams and aberrations: a flip of an axis or a sign of an azimuth changes the image."""
    optics = HrtemOptics(300.0, ABERRATIONS)
    image = form_image([block_of(BEAMS)], KX, KY, optics)
    np.testing.assert_allclose(image, plane_waves(optics, -90.0), atol=2e-6)
    mirrored = form_image([block_of(BEAMS)], KX, -KY, optics)
    assert np.abs(mirrored - image).max() > 0.01


def test_blocks_may_be_centred() -> None:
    """fftshift of block and frequencies gives the same image."""
    optics = HrtemOptics(300.0, ABERRATIONS, focal_spread=60.0, convergence=0.4)
    plain = form_image([block_of(BEAMS)], KX, KY, optics)
    centred = form_image([np.fft.fftshift(block_of(BEAMS))], np.fft.fftshift(KX), np.fft.fftshift(KY), optics)
    np.testing.assert_allclose(centred, plain, atol=2e-6)


def test_vacuum_has_intensity_one() -> None:
    optics = HrtemOptics(200.0, ABERRATIONS, 12.0, 50.0, 0.5, 0.3, "focal_integration", 7, (4.0, -3.0))
    np.testing.assert_allclose(form_image([block_of({(0, 0): 1.0})], KX, KY, optics), 1.0, rtol=1e-6)


def test_focal_spread_envelope_and_integration() -> None:
    """Envelope by its formula; the integration equals a dense average over foci."""
    optics = HrtemOptics(300.0, ABERRATIONS, focal_spread=60.0)
    image = form_image([block_of(BEAMS)], KX, KY, optics)
    np.testing.assert_allclose(image, plane_waves(optics, -90.0, "envelope"), atol=2e-6)
    integrated = HrtemOptics(
        300.0, ABERRATIONS, focal_spread=60.0, coherence="focal_integration", focal_points=9
    )
    offsets = np.linspace(-240.0, 240.0, 481)
    weights = np.exp(-((offsets / 60.0) ** 2))
    weights /= weights.sum()
    dense = sum(w * plane_waves(optics, -90.0 + d) for w, d in zip(weights, offsets, strict=True))
    result = form_image([block_of(BEAMS)], KX, KY, integrated)
    np.testing.assert_allclose(result, dense, atol=5e-6)
    assert np.abs(result - image).max() > 1e-4
    spread = math.sqrt(sum(weight * focus**2 for focus, weight in integrated.foci()))
    assert spread == pytest.approx(60.0 / math.sqrt(2.0))


@pytest.mark.parametrize("tilt", [(0.0, 0.0), (3.0, -2.0)])
def test_convergence_damps_fringes_as_an_average_over_directions(tilt: tuple[float, float]) -> None:
    """Two beams: |average of exp(−i(χ(α+δ) − χ(α0+δ)))| over Gaussian δ of 1/e half-angle θ0."""
    lens = ABERRATIONS.replaced("C10", -900.0)
    optics = HrtemOptics(300.0, lens, convergence=0.5, tilt=tilt)
    coherent = HrtemOptics(300.0, lens, tilt=tilt)
    block = block_of({(0, 0): 1.0, (2, 3): 0.1})
    contrast = [np.ptp(form_image([block], KX, KY, each)) for each in (optics, coherent)]
    wave = wavelength(300.0)
    base = [math.tan(angle * 1e-3) / wave for angle in tilt]
    grid = np.linspace(-3, 3, 61) * 0.5e-3 / wave
    dx, dy = np.meshgrid(grid, grid)
    weight = np.exp(-(dx**2 + dy**2) * (wave / 0.5e-3) ** 2)
    beam = lens.phase(base[0] + dx, base[1] + dy, wave)
    other = lens.phase(base[0] + KX[3] + dx, base[1] + KY[2] + dy, wave)
    expected = abs((weight * np.exp(-1j * (other - beam))).sum() / weight.sum())
    assert expected < 0.85
    assert contrast[0] / contrast[1] == pytest.approx(expected, abs=2e-3)


def test_beam_tilt_moves_the_aberrations_centre() -> None:
    """A tilted beam of C30 sees coma: the fringes of two beams stand where χ(α0 + α) − χ(α0) puts them."""
    tilt = (6.0, -4.0)
    optics = HrtemOptics(200.0, Aberrations({"C30": (1e7, 0.0), "C10": (-300.0, 0.0)}), tilt=tilt)
    block = block_of({(0, 0): 1.0, (2, 3): 0.05})
    image = form_image([block], KX, KY, optics)
    wave = wavelength(200.0)
    base = [math.tan(angle * 1e-3) / wave for angle in tilt]
    chi = [
        float(optics.aberrations.phase(np.array(base[0] + kx), np.array(base[1] + ky), wave))
        for kx, ky in ((KX[3], KY[2]), (0.0, 0.0))
    ]
    x, y = np.arange(COLUMNS)[None, :] * STEP, -np.arange(ROWS)[:, None] * STEP
    fringe = 2 * np.pi * (KX[3] * x + KY[2] * y) - (chi[0] - chi[1])
    np.testing.assert_allclose(image, 1.0025 + 0.1 * np.cos(fringe), atol=2e-5)


def test_intensities_are_averaged_with_weights() -> None:
    optics = HrtemOptics(300.0, ABERRATIONS)
    blocks = [block_of(BEAMS), block_of({(0, 0): 1.0, (5, 1): 0.3})]
    each = [form_image([block], KX, KY, optics) for block in blocks]
    np.testing.assert_allclose(form_image(iter(blocks), KX, KY, optics), (each[0] + each[1]) / 2, atol=1e-6)
    weighted = form_image(blocks, KX, KY, optics, weights=[3.0, 1.0])
    np.testing.assert_allclose(weighted, 0.75 * each[0] + 0.25 * each[1], atol=1e-6)


def test_placed_waves_make_the_same_image() -> None:
    """``place`` by direct sums at the pixels of a corner of the cell."""
    optics = HrtemOptics(300.0, ABERRATIONS, focal_spread=30.0)
    rows, columns = np.arange(10), np.arange(14)
    along_y = np.exp(-2j * np.pi * KY[None, :] * rows[:, None] * STEP)
    along_x = np.exp(2j * np.pi * KX[:, None] * columns[None, :] * STEP)
    part = form_image([block_of(BEAMS)], KX, KY, optics, place=lambda block: along_y @ block @ along_x)
    np.testing.assert_allclose(part, form_image([block_of(BEAMS)], KX, KY, optics)[:10, :14], atol=2e-6)


def test_vibration_blurs_the_intensity() -> None:
    """Every Fourier component of the image, not of the wave, falls by exp(−2π²u²q²)."""
    still = form_image([block_of(BEAMS)], KX, KY, HrtemOptics(300.0, ABERRATIONS))
    shaken = form_image([block_of(BEAMS)], KX, KY, HrtemOptics(300.0, ABERRATIONS, vibration=0.5))
    q2 = KY[:, None] ** 2 + KX[None, :] ** 2
    np.testing.assert_allclose(
        np.fft.fft2(shaken), np.fft.fft2(still) * np.exp(-2 * np.pi**2 * 0.25 * q2), atol=1e-9
    )


def test_blur_of_a_cut_out_field_keeps_flat_edges_flat() -> None:
    """A point far from the edge becomes the Gaussian; a ramp's edges do not meet."""
    image = np.zeros((40, 50))
    image[18, 27] = 1.0
    result = blurred(image, 0.6, 0.3)
    rows, columns = np.arange(40)[:, None] - 18, np.arange(50)[None, :] - 27
    expected = np.exp(-(rows**2 + columns**2) / 8.0) / (8.0 * np.pi)
    np.testing.assert_allclose(result, expected, atol=1e-6)
    ramp = np.broadcast_to(np.arange(50.0), (40, 50))
    assert blurred(ramp, 0.6, 0.3)[:, 0].max() < 2.0


def test_images_of_a_series_equal_single_ones() -> None:
    optics = HrtemOptics(300.0, ABERRATIONS, aperture=14.0, focal_spread=40.0, convergence=0.6)
    series = ImageFormation(KX, KY, optics)
    for c10 in (-200.0, 50.0):
        single = HrtemOptics(300.0, ABERRATIONS.replaced("C10", c10), 14.0, 40.0, 0.6)
        np.testing.assert_array_equal(
            series.image([block_of(BEAMS)], c10), form_image([block_of(BEAMS)], KX, KY, single)
        )


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="^aperture = -1"):
        HrtemOptics(300.0, aperture=-1.0)
    with pytest.raises(InputError, match="voltage"):
        form_image([block_of(BEAMS)], KX, KY, HrtemOptics(300000.0))
    with pytest.raises(InputError, match="none to make an image"):
        form_image([], KX, KY, HrtemOptics(300.0))
    with pytest.raises(InputError, match="do not fit"):
        form_image([np.ones((3, 4), np.complex64)], KX, KY, HrtemOptics(300.0))
    with pytest.raises(InputError, match="fewer than waves"):
        form_image([block_of(BEAMS)] * 2, KX, KY, HrtemOptics(300.0), weights=[1.0])


def test_cancel_stops() -> None:
    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        form_image([block_of(BEAMS)], KX, KY, HrtemOptics(300.0), cancel=cancel)
