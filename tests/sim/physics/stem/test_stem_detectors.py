"""Detectors: what they catch, how they are oriented, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.physics.electrons import wavelength
from sim.physics.multislice.cell import Cell
from sim.physics.stem.detectors import Annular, Pixelated, Segmented, check_detectors, layout
from sim.physics.stem.direct import probe_signals
from sim.physics.stem.probe import ProbeOptics, beams
from sim.physics.stem.waves import SliceSeries

VOLTAGE = 200.0
#: Ten by eight Å, the axes differ.
CELL = Cell(96, 120, 8 / 96, 10 / 120, -5.0, 4.0, 0.0, 1.0, 1)
OPTICS = ProbeOptics(VOLTAGE, 12.0)
MIDDLE = (np.array([48.0]), np.array([60.0]))


def behind_prism(orders, detectors):
    """Signals of a probe that a phase ramp has turned by whole frequencies (along x, along y).

    The wave exp(2πi(k_x x + k_y y)) travels towards +x and +y for positive numbers, whatever the arrays are.
    """
    ramp = np.exp(
        2j * np.pi * np.add.outer(orders[1] / CELL.height * CELL.y(), orders[0] / CELL.width * CELL.x())
    )
    series = SliceSeries(CELL, VOLTAGE, [ramp.astype(np.complex64)])
    found = layout(detectors, CELL, VOLTAGE)
    signals, pictures = probe_signals(series, beams(CELL, OPTICS), MIDDLE, found, (1,))
    return signals[0, 0], {name: picture[0, 0] for name, picture in pictures.items()}


@pytest.mark.parametrize(
    ("orders", "rotation", "brightest"),
    [
        ((10, 0), -45.0, 0),  # towards +x: the sector around 0°
        ((0, 8), -45.0, 1),  # towards +y, up in the image: around 90°
        ((-10, 0), -45.0, 2),
        ((0, -8), -45.0, 3),
        ((0, 8), 45.0, 0),  # turned by 90°, sector 0 lies around 90°
        ((10, 0), 45.0, 3),
    ],
)
def test_sectors_follow_each_other_from_x_towards_y(orders, rotation, brightest):
    signals, _ = behind_prism(orders, [Segmented("s", 5.0, 50.0, 4, rotation)])
    assert np.argmax(signals) == brightest and signals[brightest] > 0.9


def test_cameras_have_the_orientation_of_the_image():
    """A beam turned towards +x and more towards +y lies right of and well above the middle."""
    camera = Pixelated("camera", 40.0)
    _, pictures = behind_prism((4, 8), [camera])
    picture = pictures["camera"]
    y, x = camera.angles(CELL, VOLTAGE)
    assert y[0] > 0 > y[-1] and x[0] < 0 < x[-1]
    mean_x = float((picture * x).sum() / picture.sum())
    mean_y = float((picture * y[:, None]).sum() / picture.sum())
    scale = 1e3 * wavelength(VOLTAGE)
    assert mean_x == pytest.approx(4 * scale / CELL.width, rel=1e-5)
    assert mean_y == pytest.approx(8 * scale / CELL.height, rel=1e-5)


def test_pixels_of_a_camera_add_up_to_rings_and_to_sectors():
    camera, ring, sectors = (
        Pixelated("camera", 40.0),
        Annular("ring", 8.0, 38.0),
        Segmented("s", 8.0, 38.0, 3, 17.0),
    )
    signals, pictures = behind_prism((5, -3), [ring, camera, sectors])
    y, x = np.meshgrid(*camera.angles(CELL, VOLTAGE), indexing="ij")
    angle, azimuth = np.hypot(x, y), np.rad2deg(np.arctan2(y, x))
    inside = (angle >= 8.0) & (angle < 38.0)
    assert signals[0] == pytest.approx(pictures["camera"][inside].sum(), rel=1e-5)
    for number in range(3):
        here = inside & (np.floor(((azimuth - 17.0) % 360.0) / 120.0) == number)
        assert signals[1 + number] == pytest.approx(pictures["camera"][here].sum(), rel=1e-5)


def test_binning_adds_neighbours_around_the_axis():
    fine, coarse = Pixelated("fine", 40.0), Pixelated("coarse", 40.0, binning=3)
    _, pictures = behind_prism((5, -3), [fine, coarse])
    rows, columns = coarse.pixels(CELL, VOLTAGE)
    whole = pictures["fine"]
    top, left = (whole.shape[0] - 3 * rows) // 2, (whole.shape[1] - 3 * columns) // 2
    cut = whole[top : top + 3 * rows, left : left + 3 * columns]
    np.testing.assert_allclose(
        pictures["coarse"], cut.reshape(rows, 3, columns, 3).sum(axis=(1, 3)), rtol=1e-6, atol=1e-9
    )
    np.testing.assert_allclose(
        coarse.angles(CELL, VOLTAGE)[1], fine.angles(CELL, VOLTAGE)[1][left + 1 :: 3][:columns]
    )


def test_a_signal_shared_by_detectors_is_counted_by_each():
    """Overlapping rings: the frequencies are sorted into disjoint sets, the sums stay those of the rings."""
    rings = [Annular("a", 0.0, 20.0), Annular("b", 10.0, 30.0), Annular("c", 0.0, 30.0)]
    found = layout(rings, CELL, VOLTAGE)
    pixels = np.concatenate([group.pixels for group in found.groups])
    assert len(pixels) == len(np.unique(pixels))
    signals, _ = behind_prism((3, 2), rings)
    inner, _ = behind_prism((3, 2), [Annular("d", 0.0, 10.0)])
    assert signals[2] == pytest.approx(signals[1] + inner[0], rel=1e-6)


def test_angles_beyond_the_band_limit_are_refused_with_the_largest():
    """At 0.05 Å and 200 kV the limit is 2/3 · 1/(2 · 0.05 Å) · λ = 167.195 mrad; 250 mrad need 0.0334 Å."""
    cell = Cell(400, 400, 0.05, 0.05, -10.0, 10.0, 0.0, 2.0, 1)
    check_detectors([Annular("haadf", 80.0, 167.19)], cell, VOLTAGE)
    with pytest.raises(InputError) as caught:
        check_detectors([Annular("haadf", 80.0, 250.0)], cell, VOLTAGE)
    text = str(caught.value)
    assert "detectors.haadf.outer = 250.0" in text and "beyond the band limit" in text
    assert "up to 167.19 mrad" in text and "0.0334 Å or finer" in text
    finer = Cell(600, 600, 0.0334, 0.0334, -10.0, 10.0, 0.0, 2.0, 1)
    check_detectors([Annular("haadf", 80.0, 250.0)], finer, VOLTAGE)
    with pytest.raises(InputError, match="corners.*up to 118.22 mrad"):
        check_detectors([Pixelated("camera", 120.0)], cell, VOLTAGE)


@pytest.mark.parametrize(
    ("detector", "sentence"),
    [
        (Annular("a", 30.0, 20.0), "have to grow"),
        (Annular("a", -1.0, 20.0), "cannot be negative"),
        (Annular("a", 0.0, float("nan")), "have to grow"),
        (Segmented("a", 0.0, 20.0, 0), "at least 1"),
        (Pixelated("a", 20.0, 2), "has to be odd"),
    ],
)
def test_detectors_that_cannot_be_are_refused(detector, sentence):
    with pytest.raises(InputError, match=sentence):
        check_detectors([detector], CELL, VOLTAGE)


def test_names_are_unique_and_detectors_catch_something():
    with pytest.raises(InputError, match="two detectors have one name"):
        check_detectors([Annular("a", 0.0, 1.0), Annular("a", 1.0, 2.0)], CELL, VOLTAGE)
    with pytest.raises(InputError, match="catches no frequency"):
        layout([Annular("a", 0.5, 1.0)], CELL, VOLTAGE)
