"""The inspect panes: histogram, spectrum, statistics."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from app.gui.preview.histogram_view import HistogramView
from app.gui.preview.pane import PreviewPane
from app.gui.preview.plot_frame import tick_text, ticks
from app.gui.preview.profile_view import ProfileView
from app.gui.preview.results import Display, Spectrum
from app.gui.preview.spectrum_view import SpectrumView, read_out
from app.gui.preview.statistics_view import StatisticsView

pytestmark = pytest.mark.gui

LEFT = Qt.MouseButton.LeftButton


def shown(qtbot, widget, width=360, height=300):
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


# --- histogram -------------------------------------------------------------------------------


def test_white_line_is_dragged_to_a_new_level(qtbot, make_result):
    view = shown(qtbot, HistogramView())
    view.set_result(make_result())
    frame = view.plot.frame()
    low, high = view.plot.levels
    middle = round(frame.area.center().y())
    heard = []
    view.levels_changed.connect(lambda *levels: heard.append(levels))
    start = QPoint(round(frame.x(high)), middle)
    target = frame.value_at(start.x() - 60)
    qtbot.mousePress(view.plot, LEFT, pos=start)
    qtbot.mouseMove(view.plot, start - QPoint(60, 0))
    qtbot.mouseRelease(view.plot, LEFT, pos=start - QPoint(60, 0))
    assert heard[-1][0] == low
    assert heard[-1][1] == pytest.approx(target, rel=0.02)


def test_black_never_passes_white(qtbot, make_result):
    view = shown(qtbot, HistogramView())
    view.set_result(make_result())
    frame = view.plot.frame()
    heard = []
    view.levels_changed.connect(lambda *levels: heard.append(levels))
    at = QPoint(round(frame.x(view.plot.levels[0])), round(frame.area.center().y()))
    qtbot.mousePress(view.plot, LEFT, pos=at)
    qtbot.mouseMove(view.plot, QPoint(view.plot.width() - 1, at.y()))
    qtbot.mouseRelease(view.plot, LEFT, pos=at)
    assert heard and all(low < high for low, high in heard)


def test_levels_move_by_keys(qtbot, make_result):
    view = shown(qtbot, HistogramView())
    view.set_result(make_result())
    low, high = view.plot.levels
    qtbot.keyClick(view.plot, Qt.Key.Key_Left)
    assert view.plot.levels[0] == low and view.plot.levels[1] < high
    qtbot.keyClick(view.plot, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert view.plot.levels[0] < low


def test_histogram_is_drawn_at_most_ten_times_a_second_and_the_last_always(qtbot, make_result):
    """Under results every 8 ms for 0.6 s."""
    view = shown(qtbot, HistogramView())
    first, last = make_result(Display(shown="clean")), make_result()
    before = view.plot.drawings
    begin = time.perf_counter()
    while time.perf_counter() - begin < 0.6:
        view.set_result(first)
        qtbot.wait(8)
    view.set_result(last)
    assert view.plot.drawings - before <= 8
    qtbot.waitUntil(lambda: view.plot.levels == (last.picture.low, last.picture.high), timeout=1000)


def test_dragging_in_the_histogram_locks_the_pane_and_auto_frees_it(qtbot, make_result):
    pane = shown(qtbot, PreviewPane())
    views = HistogramView(), SpectrumView(), ProfileView(), StatisticsView()
    for view in views:
        qtbot.addWidget(view)
    pane.attach(*views)
    histogram = views[0]
    histogram.show()
    histogram.set_result(make_result())
    qtbot.keyClick(histogram.plot, Qt.Key.Key_Left)
    assert pane.display().levels == "locked"
    assert (pane.display().low, pane.display().high) == histogram.plot.levels
    qtbot.mouseClick(histogram.auto_button, LEFT)
    assert pane.display().levels == "auto"
    histogram.hide()
    assert not pane.display().histogram
    views[1].show()
    assert pane.display().spectrum
    pane.shutdown()


# --- spectrum --------------------------------------------------------------------------------


def striped(make_result, rows: int = 64, columns: int = 128):
    """Spectrum with one bright pixel: 12 columns right of and 5 rows above the middle."""
    image = np.zeros((rows, columns), np.uint8)
    image[rows // 2 - 5, columns // 2 + 12] = 255
    result = make_result()
    spectrum = Spectrum(image, 10.0 / (columns * 0.3), 10.0 / (rows * 0.3))
    return replace(result, picture=replace(result.picture, spectrum=spectrum)), spectrum


def test_spectrum_reads_frequency_and_spacing(qtbot, make_result):
    """12 columns of 10 / (128 · 0.3) and 5 rows of 10 / (64 · 0.3), y upwards."""
    view = shown(qtbot, SpectrumView())
    result, _ = striped(make_result)
    view.set_result(result)
    qtbot.mouseClick(view.rings_button, LEFT)  # a ring's number would lie on the peak
    x, y = 12 * 10.0 / (128 * 0.3), 5 * 10.0 / (64 * 0.3)
    at = view.plot.place_of(x, y)
    colour = view.plot.grab().toImage().pixelColor(at.toPoint())
    assert colour.lightness() > 200
    qtbot.mouseMove(view.plot, at.toPoint())
    words = view.read_label.text()
    frequency = float(words.split(" 1/nm")[0])
    spacing = float(words.split("· ")[1].split(" nm")[0])
    assert frequency == pytest.approx(np.hypot(x, y), abs=0.06)
    assert spacing == pytest.approx(1.0 / frequency, rel=1e-3)
    assert 0.0 < float(words.split("· ")[2].rstrip("°")) < 90.0


@pytest.mark.parametrize(("rows", "columns"), [(64, 128), (128, 64)])
def test_frequencies_are_square_for_an_oblong_image(qtbot, make_result, rows, columns):
    """A ring is a circle: one 1/nm is as long across as it is up."""
    view = shown(qtbot, SpectrumView())
    result, _ = striped(make_result, rows, columns)
    view.set_result(result)
    centre = view.plot.place_of(0.0, 0.0)
    across, up = view.plot.place_of(4.0, 0.0) - centre, view.plot.place_of(0.0, 4.0) - centre
    assert across.x() == pytest.approx(-up.y(), rel=0.02)
    assert across.y() == up.x() == 0.0


def test_the_middle_of_the_spectrum_is_the_mean(make_result):
    _, spectrum = striped(make_result)
    assert read_out(spectrum, 64.0, 32.0).startswith("0 1/nm")


# --- statistics ------------------------------------------------------------------------------


def test_statistics_show_the_images_numbers_and_truth(qtbot, make_result):
    view = shown(qtbot, StatisticsView())
    result = make_result()
    view.set_result(result)
    cells = {
        view.table.item(row, 0).text(): view.table.item(row, 1).text() for row in range(view.table.rowCount())
    }
    assert cells["Maximum"] == f"{int(result.sample.image.max()):,} e⁻"
    assert cells["Atoms"] == "55"
    assert cells["Image"] == result.job.image_id
    assert cells["Noise seed"] == str(result.job.noise_seed)
    quaternion = [float(part.replace("−", "-")) for part in cells["Quaternion"].split(", ")]
    np.testing.assert_allclose(quaternion, result.quaternion, rtol=2e-4)


def test_chosen_rows_are_copied(qtbot, make_result):
    view = shown(qtbot, StatisticsView())
    view.set_result(make_result())
    view.table.setFocus()
    view.table.selectRow(1)
    qtbot.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Size\t96 × 64 px"


# --- axes ------------------------------------------------------------------------------------


def test_ticks_are_round_and_lie_inside():
    assert ticks(0.0, 1.0, 5) == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert ticks(-3.1, 17.0, 4) == pytest.approx([0.0, 5.0, 10.0, 15.0])
    assert len(ticks(0.0, 60123.0, 6)) <= 7


def test_ticks_are_written_with_the_decimals_they_need():
    assert tick_text(0.30000000000000004, 0.1) == "0.3"
    assert tick_text(-5.0, 5.0) == "−5"
