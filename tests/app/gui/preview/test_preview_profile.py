"""The profile: calibrated curve, zoom, pan, cross-hair, export, colours; pyqtgraph is loaded late."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from app.gui.frame.theme import apply_theme, colours
from app.gui.preview import profile_view
from app.gui.preview.profile_view import CANNOT_PLOT, LOADING, NO_LINE, ProfileView
from app.gui.preview.results import Display, Profile, ProfileCurve
from tests.yardstick import slowness

pytestmark = pytest.mark.gui

LEFT = Qt.MouseButton.LeftButton
#: 50 pixels of 0.3 Å are 15 Å.
LINE = Display(profile=Profile((20.0, 30.0), (70.0, 30.0), 4.0))


@pytest.fixture
def with_line(make_result):
    return make_result(LINE)


@pytest.fixture
def view(qtbot) -> Iterator[ProfileView]:
    """A pane on the screen, with nothing in it."""
    pane = ProfileView()
    qtbot.addWidget(pane)
    pane.resize(420, 320)
    pane.show()
    qtbot.waitExposed(pane)
    yield pane
    # As the window does when it closes: half a plot would be destroyed by the collector, in any order.
    pane.shutdown()


@pytest.fixture
def loaded(qtbot, view, with_line) -> ProfileView:
    """A pane whose curve is drawn."""
    view.set_result(with_line)
    qtbot.waitUntil(lambda: view.plot is not None, timeout=10_000)
    settle(view)
    return view


@pytest.fixture
def back_to_before(qapp: QApplication) -> Iterator[None]:
    before = qapp.palette()
    yield
    qapp.setPalette(before)


def settle(view: ProfileView) -> None:
    """Let the plot lay itself out and find its range."""
    for _ in range(4):
        view.plot.viewport().repaint()
        QApplication.processEvents()


def ranges(view: ProfileView) -> tuple[list[float], list[float]]:
    x_range, y_range = view.plot.box.viewRange()
    return list(x_range), list(y_range)


def place(view: ProfileView, distance: float, value: float) -> QPoint:
    """Pixel of the viewport at a distance (axis unit) and a value."""
    scene = view.plot.box.mapViewToScene(QPointF(distance, value))
    return view.plot.mapFromScene(scene)


def turn_wheel(view: ProfileView, at: QPoint, notches: int) -> None:
    viewport = view.plot.viewport()
    event = QWheelEvent(
        QPointF(at),
        QPointF(viewport.mapToGlobal(at)),
        QPoint(0, 0),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)
    settle(view)


def with_curve(result, distance, value):
    curve = ProfileCurve(np.asarray(distance, float), np.asarray(value, float), 4.0, 1.2)
    return replace(result, picture=replace(result.picture, profile=curve))


def set_now(qtbot, view: ProfileView, result) -> None:
    """Set a result and wait until it is drawn."""
    before = view.plot.drawings
    view.set_result(result)
    qtbot.waitUntil(lambda: view.plot.drawings > before, timeout=2000)
    settle(view)


# --- numbers ---------------------------------------------------------------------------------


def test_profile_is_calibrated_and_copied_as_csv(qtbot, view, with_line):
    """Also while the plot is not there yet.  A breadth of 4 px is 0.12 nm."""
    view.set_result(with_line)
    assert view.width_box.value() == 4.0
    assert view.length_label.text() == "= 0.12 nm"
    qtbot.mouseClick(view.copy_button, LEFT)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "distance_angstrom,mean_value_e⁻"
    table = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
    assert table[0, 0] == 0.0 and table[-1, 0] == pytest.approx(15.0)
    np.testing.assert_allclose(table[:, 1], with_line.picture.profile.value, rtol=1e-9)


def test_profile_width_is_typed(qtbot, view, with_line):
    view.set_result(with_line)
    heard = []
    view.width_changed.connect(heard.append)
    view.width_box.setFocus()
    view.width_box.selectAll()
    qtbot.keyClicks(view.width_box, "6")
    qtbot.keyClick(view.width_box, Qt.Key.Key_Return)
    assert heard == [6.0]


def test_no_line_offers_to_draw_one(qtbot, view, make_result):
    view.set_result(make_result())
    asked = []
    view.line_requested.connect(lambda: asked.append(True))
    assert view.words_label.text() == NO_LINE
    assert not view.copy_button.isEnabled() and not view.export_button.isEnabled()
    qtbot.mouseClick(view.line_button, LEFT)
    assert asked == [True]


def test_axes_are_in_angstrom_or_nanometres_and_show_all(qtbot, loaded, with_line):
    """15 Å; then 25.5 Å, in nanometres.  Values from 0 to a little above the largest."""
    item = loaded.plot.plotItem
    value = with_line.picture.profile.value
    x_range, y_range = ranges(loaded)
    assert item.getAxis("bottom").labelText == "Distance, Å"
    assert item.getAxis("left").labelText == "Mean intensity, e⁻"
    assert x_range == pytest.approx([0.0, 15.0])
    assert y_range == pytest.approx([0.0, 1.04 * value.max()])
    set_now(qtbot, loaded, with_curve(with_line, np.linspace(0.0, 25.5, 86), np.linspace(-3.0, 7.0, 86)))
    x_range, y_range = ranges(loaded)
    assert item.getAxis("bottom").labelText == "Distance, nm"
    assert x_range == pytest.approx([0.0, 2.55])
    assert y_range == pytest.approx([-3.0, 7.4])


def test_strange_curves_are_drawn(qtbot, loaded, with_line):
    """All outside the image, one value everywhere, one point, values that tell nothing apart."""
    distance = np.linspace(0.0, 15.0, 51)
    for value in (np.full(51, np.nan), np.zeros(51), np.full(51, 5.0), np.full(51, 1e-30)):
        set_now(qtbot, loaded, with_curve(with_line, distance, value))
        x_range, y_range = ranges(loaded)
        assert x_range == pytest.approx([0.0, 15.0]) and y_range[1] > y_range[0]
    set_now(qtbot, loaded, with_curve(with_line, [0.0], [5.0]))
    assert np.isfinite(ranges(loaded)).all()


# --- mouse and keys --------------------------------------------------------------------------


def test_wheel_zooms_at_the_cursor_and_home_shows_all(qtbot, loaded, with_line):
    whole = ranges(loaded)
    at = place(loaded, 5.0, whole[1][1] / 2)
    turn_wheel(loaded, at, 3)
    x_range, _ = ranges(loaded)
    assert 0.0 < x_range[0] < 5.0 < x_range[1] < 15.0
    # By share of the axis: its numbers have become broader, and have moved its start.
    assert (5.0 - x_range[0]) / (x_range[1] - x_range[0]) == pytest.approx(1 / 3, abs=0.01)
    set_now(qtbot, loaded, with_curve(with_line, np.linspace(0.0, 15.0, 51), np.linspace(0.0, 9.0, 51)))
    assert ranges(loaded)[0] == pytest.approx(x_range), "a new result leaves what the user chose"
    loaded.plot.setFocus()
    qtbot.keyClick(loaded.plot, Qt.Key.Key_Home)
    settle(loaded)
    assert ranges(loaded)[0] == pytest.approx([0.0, 15.0])
    assert ranges(loaded)[1] == pytest.approx([0.0, 9.36])


def test_wheel_cannot_lose_the_curve(qtbot, loaded):
    at = place(loaded, 14.0, 1.0)
    for notches in (-40, 80, -40):
        turn_wheel(loaded, at, notches)
        x_range, y_range = ranges(loaded)
        assert -15.1 <= x_range[0] < x_range[1] <= 30.1
        assert x_range[1] - x_range[0] > 0.1 and y_range[1] > y_range[0]


def test_drag_pans(qtbot, loaded):
    turn_wheel(loaded, place(loaded, 7.0, 5.0), 4)
    before, viewport = ranges(loaded)[0], loaded.plot.viewport()
    start = place(loaded, sum(before) / 2, sum(ranges(loaded)[1]) / 2)
    per_pixel = (before[1] - before[0]) / loaded.plot.box.width()
    qtbot.mousePress(viewport, LEFT, pos=start)
    for step in range(1, 5):
        qtbot.wait(15)  # pyqtgraph looks at 100 moves a second
        qtbot.mouseMove(viewport, start - QPoint(10 * step, 0))
    qtbot.wait(15)
    qtbot.mouseRelease(viewport, LEFT, pos=start - QPoint(40, 0))
    settle(loaded)
    after = ranges(loaded)[0]
    assert after[1] - after[0] == pytest.approx(before[1] - before[0])
    assert after[0] - before[0] == pytest.approx(40 * per_pixel, rel=0.1)


def test_cross_hair_reads_under_the_mouse(qtbot, loaded, with_line):
    curve = with_line.picture.profile
    viewport = loaded.plot.viewport()
    qtbot.wait(15)
    qtbot.mouseMove(viewport, place(loaded, 7.5, 1.0))
    text = loaded.read_label.text()
    assert text.startswith("7.500 Å · ")
    assert f"{curve.value[25]:.4g} e⁻" in text
    along, up = loaded.plot.cross_hair
    assert along.isVisible() and along.value() == pytest.approx(7.5)
    assert up.value() == pytest.approx(curve.value[25])
    set_now(qtbot, loaded, with_curve(with_line, curve.distance, np.full(51, 3.5)))
    assert loaded.read_label.text() == "7.500 Å · 3.5 e⁻"
    qtbot.wait(15)
    qtbot.mouseMove(viewport, QPoint(2, 2))
    assert loaded.read_label.text() == "" and not along.isVisible()


def test_cross_hair_reads_by_keys(qtbot, loaded, with_line):
    value = with_line.picture.profile.value.copy()
    value[24] = np.nan
    set_now(qtbot, loaded, with_curve(with_line, with_line.picture.profile.distance, value))
    qtbot.keyClick(loaded.plot, Qt.Key.Key_Right)
    assert loaded.read_label.text() == f"7.500 Å · {value[25]:.4g} e⁻"
    qtbot.keyClick(loaded.plot, Qt.Key.Key_Left)
    assert loaded.read_label.text() == "7.200 Å · outside the image"


# --- drawing ---------------------------------------------------------------------------------


def test_curve_and_ground_follow_the_theme(qtbot, loaded, back_to_before):
    def pixels() -> np.ndarray:
        settle(loaded)
        image = loaded.plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        whole = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return whole[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)

    for name in ("light", "dark", "light"):
        apply_theme(name)
        drawn, named = pixels(), colours(dark=name == "dark")
        for colour in (named.plot_ground, named.plot_first):
            away = np.abs(drawn - [colour.red(), colour.green(), colour.blue()]).max(axis=2)
            assert (away <= 8).sum() > 20, (name, colour.name())


def test_drawn_at_most_thirty_times_a_second_and_the_last_always(qtbot, loaded, with_line):
    """Under results every 4 ms for 0.5 s."""
    distance = with_line.picture.profile.distance
    before, begin, number = loaded.plot.drawings, time.perf_counter(), 0
    while time.perf_counter() - begin < 0.5:
        number += 1
        loaded.set_result(with_curve(with_line, distance, np.full(51, float(number))))
        qtbot.wait(4)
    assert loaded.plot.drawings - before <= 17
    qtbot.waitUntil(lambda: loaded.plot.line.yData[0] == number, timeout=1000)


def test_a_result_costs_the_window_less_than_two_milliseconds(qtbot, loaded, with_line):
    """Of a diagonal across 4096² pixels; the median."""
    results = [
        with_curve(with_line, np.linspace(0.0, 15.0, 5793), np.random.default_rng(seed).poisson(90, 5793))
        for seed in range(2)
    ]
    spent = []
    for number in range(15):
        qtbot.wait(profile_view.DRAWING_INTERVAL + 5)
        begin = time.thread_time()
        loaded.set_result(results[number % 2])
        spent.append(time.thread_time() - begin)
    assert np.median(spent) < 0.002 * slowness()


def test_hidden_pane_draws_nothing_until_it_is_shown(qtbot, loaded, with_line):
    loaded.hide()
    before = loaded.plot.drawings
    loaded.set_result(with_curve(with_line, with_line.picture.profile.distance, np.full(51, 4.0)))
    qtbot.wait(80)
    assert loaded.plot.drawings == before
    loaded.show()
    assert loaded.plot.drawings == before + 1 and loaded.plot.line.yData[0] == 4.0


# --- export ----------------------------------------------------------------------------------


def close(qtbot, dialog) -> None:
    """Close the dialog, and let the timers end by which its number boxes report late."""
    dialog.close()
    qtbot.wait(400)


def test_export_dialog_offers_image_svg_and_csv(qtbot, loaded):
    qtbot.mouseClick(loaded.export_button, LEFT)
    dialog = loaded.plot.scene().exportDialog
    assert dialog.isVisible() and dialog.isWindow() and dialog.parent() is loaded.plot
    formats = [dialog.ui.formatList.item(row).text() for row in range(dialog.ui.formatList.count())]
    assert [text.split()[0] for text in formats] == ["Image", "Scalable", "CSV"]
    qtbot.mouseClick(dialog.ui.closeBtn, LEFT)
    assert not dialog.isVisible()
    close(qtbot, dialog)


@pytest.mark.parametrize("suffix", ["png", "svg", "csv"])
def test_exported_files_hold_the_plot(qtbot, loaded, with_line, tmp_path, suffix):
    """Through the exporter that the dialog has chosen for the format."""
    qtbot.mouseClick(loaded.export_button, LEFT)
    dialog = loaded.plot.scene().exportDialog
    dialog.ui.formatList.setCurrentRow(["png", "svg", "csv"].index(suffix))
    path = tmp_path / f"profile.{suffix}"
    dialog.currentExporter.export(str(path))
    close(qtbot, dialog)
    if suffix == "png":
        image = QImage(str(path))
        assert image.width() > 300 and image.height() > 150
    elif suffix == "svg":
        text = path.read_text(encoding="utf-8")
        assert "Distance, Å" in text
        points = [len(line.split()) for line in re.findall(r'points="([^"]*)"', text)]
        points += [line.count("L") + 1 for line in re.findall(r'd="([^"]*)"', text)]
        assert max(points) == 51, "one line, not fifty"
    else:
        with path.open(newline="", encoding="utf-8") as file:
            head, *rows = csv.reader(file)
        assert "Distance (Å), Mean intensity, e⁻" in head[0]
        curve = with_line.picture.profile
        assert np.allclose(np.array(rows, float), np.transpose([curve.distance, curve.value]))


# --- loading ---------------------------------------------------------------------------------


def test_words_stand_in_until_pyqtgraph_is_there(qtbot, view, with_line):
    view.set_result(with_line)
    assert view.plot is None and view.words_label.isVisible() and view.words_label.text() == LOADING
    qtbot.waitUntil(lambda: view.plot is not None, timeout=10_000)
    assert not view.words_label.isVisible() and view.plot.isVisible()


def test_broken_pyqtgraph_costs_the_plot_only(qtbot, view, with_line, monkeypatch):
    monkeypatch.setattr(profile_view, "PLOT_MODULE", "app.gui.preview.no_such_module")
    view.set_result(with_line)
    qtbot.waitUntil(lambda: view.words_label.text() != LOADING, timeout=10_000)
    assert view.words_label.text() == CANNOT_PLOT.format("No module named 'app.gui.preview.no_such_module'")
    assert view.copy_button.isEnabled() and not view.export_button.isEnabled()


@pytest.mark.parametrize("faults", [1, 2, 3])
def test_plot_that_cannot_be_made_is_begun_anew_and_given_up_at_last(
    qtbot, view, with_line, monkeypatch, faults
):
    """A generator that has failed is spent: asked on and on it would raise a hundred times a second."""
    from app.gui.preview import profile_plot

    build, begun = profile_plot.build, []

    def failing() -> Iterator[profile_plot.ProfilePlot | None]:
        begun.append(1)
        if len(begun) <= faults:
            yield None
            raise RuntimeError("no menu today")
        yield from build()

    monkeypatch.setattr(profile_plot, "build", failing)
    view.set_result(with_line)
    if faults < profile_view.MOST_ATTEMPTS:
        qtbot.waitUntil(lambda: view.plot is not None, timeout=10_000)
    else:
        qtbot.waitUntil(lambda: view.words_label.text() != LOADING, timeout=10_000)
        assert view.words_label.text() == CANNOT_PLOT.format("RuntimeError: no menu today")
        qtbot.wait(50)
        assert len(begun) == faults and view.plot is None
    assert view.copy_button.isEnabled()


def test_pane_may_go_while_pyqtgraph_loads(qtbot, with_line):
    pane = ProfileView()
    pane.show()
    pane.set_result(with_line)
    pane.close()
    pane.deleteLater()
    del pane
    qtbot.wait(50)


@pytest.mark.parametrize("parts", [1, 2, 3, 4])
def test_half_a_plot_is_taken_down_as_a_whole(qtbot, view, with_line, monkeypatch, parts):
    """Left to Python its parts would go in an order that crashes; the guard sees what stays behind."""
    from app.gui.preview import profile_plot

    build, made, held = profile_plot.build, [], [True]

    def slowly() -> Iterator[profile_plot.ProfilePlot | None]:
        for part in build():
            made.append(part)
            yield part
            while held and len(made) == parts:
                yield None

    monkeypatch.setattr(profile_plot, "build", slowly)
    view.set_result(with_line)
    qtbot.waitUntil(lambda: len(made) == parts, timeout=10_000)
    held.clear()
    view.shutdown()
    assert len(made) > parts and view.plot is None
    qtbot.wait(30)
    assert view.plot is None


CODE = """
import sys, time
from types import SimpleNamespace
import numpy as np
from app.gui.start import make_application
application = make_application(["test"])
from app.gui.preview.profile_view import ProfileView
from app.gui.preview.results import ProfileCurve
import app.gui.window
curve = ProfileCurve(np.linspace(0.0, 15.0, 51), np.linspace(0.0, 9.0, 51), 1.0, 0.3)
result = SimpleNamespace(picture=SimpleNamespace(unit="e", quantity="Intensity", profile=curve))
view = ProfileView()
view.set_result(result)
application.processEvents()
assert "pyqtgraph" not in sys.modules, "loaded for a pane that nobody sees"
view.show()
assert "pyqtgraph.graphicsItems.PlotItem" not in sys.modules, "loaded before anything is shown"
until = time.monotonic() + 20
while view.plot is None and time.monotonic() < until:
    application.processEvents()
    time.sleep(0.002)
for _ in range(5):
    application.processEvents()
assert view.plot is not None and view.plot.isVisible()
view.plot.show_export()
application.processEvents()
print("drawn")
"""


def test_pyqtgraph_is_loaded_when_seen_and_the_program_ends_without_noise(repository):
    """In a program of its own, left with the plot and its export dialog open."""
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=repository, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "drawn\n", "")
