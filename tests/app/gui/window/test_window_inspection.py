"""Looking closely at an image in the window: cursor, profile, spectrum, scale bars, pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

pytestmark = pytest.mark.gui

CTRL = Qt.KeyboardModifier.ControlModifier


def pixels(image: QImage) -> NDArray[np.uint8]:
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 4 * plain.width()].reshape(plain.height(), plain.width(), 4)[..., :3].copy()


def place(window: Any, column: float, row: float) -> QPoint:
    """Where a pixel of the image lies on its view."""
    x, y = window.preview.image.viewport.to_widget(column, row)
    return QPoint(round(x), round(y))


def within(window: Any, widget: QWidget) -> tuple[slice, slice]:
    corner = widget.mapTo(window, QPoint(0, 0))
    return slice(corner.y(), corner.y() + widget.height()), slice(corner.x(), corner.x() + widget.width())


# --- read-outs -------------------------------------------------------------------------------------


def test_the_cursor_reads_position_and_value_with_their_units(desk: Any) -> None:
    window = desk.on_recipe()
    column, row = 70, 20
    QTest.mouseMove(window.preview.image, place(window, column, row))
    x, y = (column - 63.5) * 0.2, (63.5 - row) * 0.2
    value = window.result.sample.image[row, column]
    desk.qtbot.waitUntil(lambda: window.status.text("cursor") != "")
    text = window.status.text("cursor").replace("−", "-")
    assert text.startswith(f"x {x:.2f} y {y:.2f} Å · {value} e⁻"), text
    desk.key(window.preview.image, Qt.Key.Key_C)
    clean = desk.settle(window).sample.clean[row, column]
    QTest.mouseMove(window.preview.image, place(window, column, row) + QPoint(1, 0))
    QTest.mouseMove(window.preview.image, place(window, column, row))
    desk.qtbot.waitUntil(lambda: f"{clean:.4g}" in window.status.text("cursor"))
    QTest.mouseMove(window.preview.image, QPoint(1, 1))
    desk.qtbot.waitUntil(lambda: window.status.text("cursor") == "")


def test_the_line_profile_is_calibrated_widened_and_copied(desk: Any) -> None:
    """Drawn with the mouse over the image; its numbers are those of the pixels below it."""
    window = desk.on_recipe()
    desk.key(window, Qt.Key.Key_L, CTRL)
    desk.qtbot.waitUntil(window.profile.isVisible)
    desk.settle(window)
    start, stop = place(window, 20, 40), place(window, 100, 40)
    desk.drag(window.preview.image, start, (start + stop) / 2, stop)
    result = desk.settle(window)
    line, curve = result.display.profile, result.picture.profile
    assert line is not None and curve is not None
    assert line.start == pytest.approx((20, 40), abs=0.6) and line.stop == pytest.approx((100, 40), abs=0.6)
    length = np.hypot(line.stop[0] - line.start[0], line.stop[1] - line.start[1]) * 0.2
    assert curve.distance[-1] == pytest.approx(length, rel=0.02)
    box = window.profile.width_box
    desk.qtbot.waitUntil(box.isEnabled)
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "5")
    QTest.keyClick(box, Qt.Key.Key_Return)
    curve = desk.settle(window).picture.profile
    assert curve.width == 5.0 and curve.width_length == pytest.approx(1.0)
    label = desk.find(window, QLabel, "preview.profile.length")
    desk.qtbot.waitUntil(lambda: label.text() == "= 0.1 nm")
    columns = np.arange(21, 100)
    there = window.result.sample.image[38:43, 21:100].mean(axis=0)
    along = np.linspace(line.start[0], line.stop[0], len(curve.value))
    assert np.corrcoef(there, np.interp(columns, along, curve.value))[0, 1] > 0.95
    desk.click(window, "preview.profile.copy")
    head, *lines = QGuiApplication.clipboard().text().strip().splitlines()
    assert head.startswith("distance_angstrom,") and len(lines) == len(curve.value)
    distance, value = lines[-1].split(",")
    assert float(distance) == pytest.approx(curve.distance[-1], rel=1e-4)
    assert float(value) == pytest.approx(curve.value[-1], rel=1e-3)


def test_the_spectrum_has_a_scale_in_reciprocal_nanometres_and_a_cross_at_zero(desk: Any) -> None:
    window = desk.on_recipe()
    assert window.result.picture.spectrum is None, "not computed for a pane that is closed"
    desk.key(window, Qt.Key.Key_F, CTRL)
    desk.qtbot.waitUntil(window.spectrum.isVisible)
    desk.qtbot.waitUntil(lambda: desk.settle(window).picture.spectrum is not None)
    spectrum = window.result.picture.spectrum
    assert spectrum.step_x == pytest.approx(1.0 / (128 * 0.02))
    plot = window.spectrum.plot
    desk.qtbot.waitUntil(lambda: plot.spectrum is not None)
    at = plot.place_of(4.0, 0.0)
    QTest.mouseMove(plot, at.toPoint())
    desk.qtbot.waitUntil(lambda: window.spectrum.read_label.text() != "")
    frequency, spacing, _ = window.spectrum.read_label.text().split(" · ")
    assert frequency.endswith("1/nm") and float(frequency.split()[0]) == pytest.approx(4.0, abs=0.3)
    assert spacing.endswith("nm") and float(spacing.split()[0]) == pytest.approx(0.25, abs=0.02)
    centre = plot.place_of(0.0, 0.0).toPoint()
    yellow = pixels(plot.grab().toImage())[centre.y() - 1 : centre.y() + 2, centre.x() - 7 : centre.x() + 8]
    assert np.any((yellow[..., 0] > 150) & (yellow[..., 2] < 120)), "the cross"
    # The mean is taken out of the logarithm's way, but near zero there is far more than at the rim.
    rows, columns = spectrum.image.shape
    assert spectrum.image[rows // 2, columns // 2 + 2] > np.median(spectrum.image[:8])


# --- scale bars and pictures -----------------------------------------------------------------------


def test_overlays_are_in_the_picture_of_the_whole_window(desk: Any) -> None:
    """Axes, scale bars and the profile line appear in what is grabbed, and go when switched off."""
    window = desk.on_recipe()
    window.preview.image.setFocus()
    both = pixels(window.grab().toImage())
    structure, image = within(window, window.structure), within(window, window.preview.image)
    red = np.abs(both[structure].astype(int) - (222, 60, 60)).max(axis=-1) < 60
    reds, greens, blues = (both[structure][..., part] for part in range(3))
    green = (greens > 120) & (reds < 120) & (blues < 120)
    assert red.any() and green.any(), "the axes"
    desk.key(window.preview.image, Qt.Key.Key_S)
    none = pixels(window.grab().toImage())
    for part in (structure, image):
        differs = np.argwhere(np.any(both[part] != none[part], axis=-1))
        height, width = both[part].shape[:2]
        assert len(differs) > 30, "the bar was there"
        assert differs[:, 0].min() > 0.6 * height, "and only at the foot"
        assert np.ptp(differs[:, 1]) < 0.6 * width
    outside = both.copy()
    assert np.mean(np.any(outside != none, axis=-1)) < 0.05


def test_the_scale_bar_of_the_view_is_true_and_goes_in_perspective(desk: Any) -> None:
    window = desk.on_recipe()
    view = window.structure
    shown = view.scale_bar_length()
    assert shown is not None
    length, drawn = shown
    assert abs(drawn - length * view.height() / view.camera.height) <= 1.0
    desk.key(view, Qt.Key.Key_P)
    assert view.scale_bar_length() is None and window.actions_by_key["view.perspective"].isChecked()
    desk.key(view, Qt.Key.Key_P)
    assert view.scale_bar_length() == shown


def test_copied_image_and_exported_pictures_have_the_scale_bar_if_it_is_shown(
    desk: Any, tmp_path: Path
) -> None:
    window = desk.on_recipe()
    image = window.preview.image

    def copied() -> NDArray[np.uint8]:
        QGuiApplication.clipboard().clear()
        desk.key(image, Qt.Key.Key_C, CTRL)
        picture = QGuiApplication.clipboard().image()
        assert not picture.isNull()
        return pixels(picture)

    def written(name: str) -> Path:
        path = tmp_path / name
        with (
            desk.naming(path) as titles,
            desk.qtbot.waitSignal(window.preview.picture_written, timeout=10_000),
        ):
            desk.key(window, Qt.Key.Key_E, CTRL)
        assert titles == ["Export image"]
        return path

    with_bar = copied()
    png = np.asarray(Image.open(written("with.png")).convert("RGB"))
    tiff = tifffile.imread(written("with.tif"))
    np.testing.assert_array_equal(png, with_bar)
    np.testing.assert_array_equal(tiff, with_bar)
    desk.key(image, Qt.Key.Key_S)
    without = copied()
    assert without.shape == with_bar.shape
    differs = np.argwhere(np.any(without != with_bar, axis=-1))
    assert len(differs) > 20 and differs[:, 0].min() > 0.6 * len(without)
    np.testing.assert_array_equal(np.asarray(Image.open(written("without.png")).convert("RGB")), without)
    raw = tifffile.imread(written("values.float.tif"))
    assert raw.dtype == np.float32
    np.testing.assert_array_equal(raw, window.result.sample.image.astype(np.float32))
    values = np.load(written("values.npy"))
    assert values.dtype == window.result.sample.image.dtype
    np.testing.assert_array_equal(values, window.result.sample.image)


def test_the_mask_lies_over_the_particle(desk: Any) -> None:
    window = desk.on_recipe()
    desk.key(window.preview.image, Qt.Key.Key_M)
    overlay = desk.settle(window).picture.overlay
    assert overlay is not None
    mask = window.result.sample.labels["particle_mask"] > 0
    assert mask.any() and not overlay[~mask][..., 3].any() and overlay[mask][..., 3].any()
    assert window.actions_by_key["view.mask"].isChecked()
    desk.key(window.preview.image, Qt.Key.Key_M)
    assert desk.settle(window).picture.overlay is None


def test_hold_as_b_compares_with_what_follows(desk: Any) -> None:
    window = desk.on_recipe()
    image = window.preview.image
    desk.key(image, Qt.Key.Key_H)
    assert window.preview.held and window.actions_by_key["simulate.compare"].isChecked()
    desk.key(image, Qt.Key.Key_Period)
    desk.qtbot.waitUntil(lambda: window.result.selection.index == 1)
    desk.settle(window)
    split = pixels(image.grab().toImage())
    desk.key(image, Qt.Key.Key_H)
    assert not window.preview.held
    alone = pixels(image.grab().toImage())
    differs = np.argwhere(np.any(split != alone, axis=-1))
    assert len(differs) > 100 and differs[:, 1].max() > image.width() / 2
