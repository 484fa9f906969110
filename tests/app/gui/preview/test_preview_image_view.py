"""The image as drawn: read back from grabs, driven by real mouse and key events."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from app.gui.preview.drawn_pictures import ImageLayers
from app.gui.preview.image_view import ImageView
from app.gui.preview.results import Profile

pytestmark = pytest.mark.gui


def asymmetric(rows: int = 60, columns: int = 100) -> np.ndarray:
    """Bright at the top left, half bright at the top right, black elsewhere."""
    grey = np.zeros((rows, columns), dtype=np.uint8)
    grey[:10, :10] = 250
    grey[:10, -10:] = 130
    return grey


def pixels(widget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


@pytest.fixture
def view(qtbot):
    widget = ImageView()
    qtbot.addWidget(widget)
    widget.resize(500, 300)
    widget.show_scale_bar = False
    widget.show_cross = False  # wherever the last test left the mouse
    widget.set_layers(ImageLayers(asymmetric(), 0.2))
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def wheel(widget, at: QPointF, clicks: int) -> None:
    event = QWheelEvent(
        at, widget.mapToGlobal(at), QPoint(), QPoint(0, 120 * clicks), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def drag(qtbot, widget, start: QPoint, stop: QPoint, button=Qt.MouseButton.LeftButton) -> None:
    qtbot.mousePress(widget, button, pos=start)
    for share in (0.3, 0.7, 1.0):
        qtbot.mouseMove(widget, start + (stop - start) * share)
    qtbot.mouseRelease(widget, button, pos=stop)


def test_row_zero_is_at_the_top_and_column_zero_at_the_left(view):
    shown = pixels(view)
    assert shown[20, 20].tolist() == [250] * 3
    assert shown[20, 480].tolist() == [130] * 3
    assert shown[280, 20].tolist() == [0] * 3
    assert shown[280, 480].tolist() == [0] * 3


def test_pixels_stay_squares_with_sharp_edges_when_zoomed(view):
    """Nearest neighbour: no grey between 250 and 0."""
    wheel(view, QPointF(50.0, 50.0), 5)
    assert set(np.unique(pixels(view)[3:-3, 3:250])) == {0, 250}


def test_wheel_zooms_at_the_cursor(view):
    before = view.viewport.to_image(130.0, 90.0)
    wheel(view, QPointF(130.0, 90.0), 3)
    assert view.viewport.scale == pytest.approx(5.0 * 1.2**3)
    assert view.viewport.to_image(130.0, 90.0) == pytest.approx(before)


def test_drag_pans_and_double_click_fits(view, qtbot):
    wheel(view, QPointF(250.0, 150.0), 4)
    before = view.viewport.to_image(200.0, 100.0)
    drag(qtbot, view, QPoint(200, 100), QPoint(260, 130))
    assert view.viewport.to_image(260.0, 130.0) == pytest.approx(before)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(250, 150))
    assert view.viewport.fitted and view.viewport.scale == 5.0


def test_colour_table_colours_the_greys(view):
    table = np.zeros((256, 3), np.uint8)
    table[250] = (10, 200, 30)
    view.set_colour_table(table)
    assert pixels(view)[20, 20].tolist() == [10, 200, 30]


@pytest.mark.parametrize("clicks", [0, 3, -2])
def test_scale_bar_is_within_one_pixel_of_its_true_length(view, clicks):
    """The widest bar by the 1-2-5 rule; measured as the longest white run of the grab."""
    view.set_layers(ImageLayers(np.zeros((60, 100), np.uint8), 0.2))
    view.show_scale_bar = True
    wheel(view, QPointF(250.0, 150.0), clicks)
    per_angstrom = view.viewport.scale / 0.2
    white = (pixels(view) == 255).all(axis=2)
    rows = ("".join("x" if on else " " for on in row) for row in white)
    longest = max(len(run) for row in rows for run in row.split(" "))
    lengths = np.array([digit * 10.0**power for power in range(-2, 4) for digit in (1, 2, 5)])
    assert np.abs(lengths * per_angstrom - longest).min() <= 1.0
    assert longest > 40


def test_cursor_tells_the_pixel_and_none_beside_the_image(view, qtbot):
    heard = []
    view.cursor_moved.connect(heard.append)
    qtbot.mouseMove(view, QPoint(7, 3))
    qtbot.mouseMove(view, QPoint(498, 296))
    view.resize(500, 400)
    qtbot.mouseMove(view, QPoint(250, 395))
    assert heard[0] == (1, 0)
    assert (99, 59) in heard
    assert heard[-1] is None


def test_profile_is_drawn_with_the_mouse(view, qtbot):
    view.set_profile_mode(True)
    heard = []
    view.profile_changed.connect(heard.append)
    drag(qtbot, view, QPoint(52, 32), QPoint(402, 232))
    line = heard[-1]
    assert line.start == pytest.approx((9.9, 5.9))
    assert line.stop == pytest.approx((79.9, 45.9))
    assert view.profile == line


def test_profile_end_line_and_width_are_dragged(view, qtbot):
    view.set_profile_mode(True)
    view.set_profile(Profile((20.0, 30.0), (80.0, 30.0), 1.0))
    view.set_profile_mode(True)
    end = view.viewport.to_widget(80.0, 30.0)
    drag(qtbot, view, QPoint(round(end[0]), round(end[1])), QPoint(round(end[0]), round(end[1]) + 50))
    assert view.profile.stop[1] == pytest.approx(40.0, abs=0.3)
    assert view.profile.start == (20.0, 30.0)

    view.set_profile(Profile((20.0, 30.0), (80.0, 30.0), 4.0))
    middle = view.viewport.to_widget(50.0, 30.0)
    handle = QPoint(round(middle[0]), round(middle[1]) + 10)
    drag(qtbot, view, handle, handle + QPoint(0, 20))
    assert view.profile.width == pytest.approx(12.0, abs=0.1)
    assert view.profile.start == (20.0, 30.0)

    body = QPoint(round(view.viewport.to_widget(35.0, 30.0)[0]), round(middle[1]))
    drag(qtbot, view, body, body + QPoint(10, -25))
    assert view.profile.start == pytest.approx((22.0, 25.0), abs=0.3)
    assert view.profile.stop == pytest.approx((82.0, 25.0), abs=0.3)


def test_profile_stays_on_the_image(view, qtbot):
    view.set_profile_mode(True)
    drag(qtbot, view, QPoint(100, 100), QPoint(499, 299))
    assert view.profile.stop[0] <= 99.0 and view.profile.stop[1] <= 59.0


def test_compare_shows_a_left_and_b_right_of_a_divider_to_drag(view, qtbot):
    assert view.hold_as_b()
    view.set_layers(ImageLayers(np.full((60, 100), 40, np.uint8), 0.2))
    view.set_compare("split")
    shown = pixels(view)
    assert shown[20, 20, 0] == 40  # A: the new image
    assert shown[20, 480, 0] == 130  # B: what was held
    assert shown[200, 440, 0] == 0
    drag(qtbot, view, QPoint(250, 200), QPoint(490, 200))
    assert pixels(view)[200, 440, 0] == 40


def test_blink_shows_a_and_b_in_turn(view, qtbot):
    view.hold_as_b()
    view.set_layers(ImageLayers(np.full((60, 100), 40, np.uint8), 0.2))
    view.set_compare("blink")
    assert pixels(view)[40, 20, 0] == 40
    qtbot.waitUntil(lambda: pixels(view)[40, 20, 0] == 250, timeout=3000)
    view.set_compare("off")
    assert pixels(view)[40, 20, 0] == 40


def test_overlays_and_legend_are_drawn_where_they_belong(view):
    overlay = np.zeros((60, 100, 4), np.uint8)
    overlay[40:50, 70:80] = (255, 0, 0, 255)
    points = {"atoms": np.array([[50.0, 30.0]])}
    legend = (("Mask", QColor(255, 0, 0), False),)
    shown = ImageLayers(asymmetric(), 0.2, overlay, points, {"atoms": QColor(0, 255, 0)}, legend)
    view.set_overlay_opacity(1.0)
    view.set_layers(shown)
    drawn = pixels(view)
    assert drawn[225, 375].tolist() == [255, 0, 0]
    assert drawn[190, 375].tolist() == [0, 0, 0]
    ring = drawn[140:166, 240:266]
    assert (ring[:, :, 1] > 150).any() and ring[12, 12].tolist() == [0, 0, 0]


def test_keys_zoom_fit_and_pan(view, qtbot):
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.viewport.scale > 5.0
    column = view.viewport.column
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.viewport.column > column
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.viewport.fitted


def test_one_image_costs_the_window_at_most_five_milliseconds_at_1024(qtbot):
    """Handing over and drawing; the best of several, as the machine is shared."""
    widget = ImageView()
    qtbot.addWidget(widget)
    widget.resize(900, 900)
    widget.show()
    qtbot.waitExposed(widget)
    grey = np.random.default_rng(3).integers(0, 256, (1024, 1024), dtype=np.uint8)
    took = []
    for _ in range(12):
        start = time.perf_counter()
        widget.set_layers(ImageLayers(grey, 0.1))
        widget.repaint()
        took.append(time.perf_counter() - start)
    assert min(took) < 5e-3
