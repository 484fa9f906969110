"""The optics pane under real events."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.document.document import RecipeDocument
from app.gui.document.preferences import Preferences
from app.gui.frame import theme
from app.gui.optics import pages
from app.gui.optics.lines_plot import pen_of
from app.gui.optics.pane import DEFOCUS, VARIES, OpticsPane
from app.gui.optics.transfer_curves import transfer_curve
from app.gui.window import MainWindow
from sim.core.settings import validate
from sim.core.types import FloatArray
from sim.recipe.model import Recipe

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton
UNCORRECTED = {"model": "hrtem", "aperture": 15.0, "aberrations": {"C30": 1.2e7}}


def recipe(imaging: dict[str, Any], **tree: Any) -> Recipe:
    return validate(Recipe, {"imaging": imaging, **tree})


@pytest.fixture
def document() -> RecipeDocument:
    return RecipeDocument(recipe(UNCORRECTED))


@pytest.fixture
def pane(qtbot: QtBot, document: RecipeDocument) -> Iterator[OpticsPane]:
    widget = OpticsPane(document)
    qtbot.addWidget(widget)
    widget.resize(340, 460)
    widget.show()
    qtbot.waitExposed(widget)
    yield widget
    widget.shutdown()
    widget.close()


def has_curve(pane: OpticsPane) -> bool:
    return pane.view.transfer.curve is not None


def open_page(pane: OpticsPane, title: str) -> None:
    """Click on a tab."""
    tabs = pane.view.tabs
    index = next(number for number in range(tabs.count()) if tabs.tabText(number) == title)
    bar = tabs.tabBar()
    QTest.mouseClick(bar, LEFT, pos=bar.tabRect(index).center())
    assert tabs.currentIndex() == index


def titles(pane: OpticsPane) -> list[str]:
    tabs = pane.view.tabs
    return [tabs.tabText(number) for number in range(tabs.count()) if tabs.isTabVisible(number)]


def still_waves(defocus: float, cancel: Any) -> FloatArray:
    """Images that tell the defocus they were made at, not symmetric."""
    cancel()
    return np.linspace(0.0, 1.0, 24 * 32).reshape(24, 32) * (defocus + 1000.0)


# --- which pages there are -------------------------------------------------------------------


def test_pages_follow_the_imaging_model(pane: OpticsPane, document: RecipeDocument, qtbot: QtBot) -> None:
    assert titles(pane) == ["CTF", "Map", "Pattern", "Wave", "Focus"]
    document.set("imaging.aberrations.C30", 0.0)
    document.set("imaging.model", "stem")
    assert titles(pane) == ["Probe", "Phase", "Detectors", "Pattern"]
    qtbot.waitUntil(lambda: pane.view.probe.shape is not None, timeout=10_000)
    document.set("imaging.model", "gaussian")
    assert not pane.view.isVisible() and pane.no_lens.isVisible()
    assert "“gaussian” has no lens" in pane.no_lens.text()
    document.set("imaging.model", "hrtem")
    assert not pane.no_lens.isVisible()
    assert pane.view.tabs.isVisible() and pane.view.page is pane.view.transfer


def test_without_a_lens_no_view_is_made(qtbot: QtBot) -> None:
    document = RecipeDocument()
    pane = OpticsPane(document)
    qtbot.addWidget(pane)
    pane.show()
    qtbot.waitExposed(pane)
    assert pane._view is None and pane.no_lens.isVisible()
    document.set("imaging.model", "hrtem")
    qtbot.waitUntil(lambda: pane._view is not None and has_curve(pane), timeout=10_000)
    pane.shutdown()


def test_the_view_is_made_when_the_pane_is_opened(qtbot: QtBot, document: RecipeDocument) -> None:
    pane = OpticsPane(document)
    qtbot.addWidget(pane)
    pane.set_pattern(np.ones((8, 8)), np.fft.fftfreq(8), -np.fft.fftfreq(8))
    document.set("imaging.aperture", 9.0)
    assert pane._view is None
    pane.show()
    qtbot.waitUntil(lambda: has_curve(pane), timeout=10_000)
    # What was given before has waited.
    open_page(pane, "Pattern")
    qtbot.waitUntil(lambda: pane.view.pattern.view.plane is not None, timeout=10_000)
    plane = pane.view.pattern.view.plane
    assert plane is not None and plane.marks[0].label == "aperture 9 mrad"
    pane.shutdown()


# --- curves ----------------------------------------------------------------------------------


def test_a_slider_never_piles_up_curves_and_the_last_value_is_shown(
    pane: OpticsPane, document: RecipeDocument, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtbot.waitUntil(lambda: has_curve(pane), timeout=10_000)
    at_work, most, made = 0, 0, 0
    lock = threading.Lock()

    def slow(*arguments: Any) -> Any:
        nonlocal at_work, most, made
        with lock:
            at_work, made = at_work + 1, made + 1
            most = max(most, at_work)
        time.sleep(0.03)
        found = transfer_curve(*arguments)
        with lock:
            at_work -= 1
        return found

    monkeypatch.setattr(pages, "transfer_curve", slow)
    shown: list[float] = []
    show = pane.view.transfer.show_found

    def noted(found: Any, microscope: Any) -> None:
        shown.append(microscope.aberrations.defocus)
        show(found, microscope)

    monkeypatch.setattr(pane.view.transfer, "show_found", noted)
    for step in range(60):
        document.set(DEFOCUS, 5.0 * step)
        qtbot.wait(4)
    qtbot.waitUntil(lambda: bool(shown) and shown[-1] == 295.0, timeout=10_000)
    # Something was shown on the way, in order, and most values were skipped.
    assert most == 1 and 2 < made < 40 and shown == sorted(shown) and len(shown) > 2


def test_the_curve_is_read_under_the_mouse_and_with_keys(pane: OpticsPane, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: has_curve(pane), timeout=10_000)
    page = pane.view.transfer
    area = page.plot.frame().area
    at = QPoint(int(area.left() + 0.4 * area.width()), int(area.center().y()))
    QTest.mouseMove(page.plot, at)
    k = page.plot.frame().value_at(at.x())
    qtbot.waitUntil(lambda: page.read_label.text().startswith(f"k = {k:.2f}"[:6]), timeout=2000)
    assert "Å⁻¹" in page.read_label.text() and "mrad" in page.read_label.text()
    page.plot.setFocus()
    before = page.read_label.text()
    QTest.keyClick(page.plot, Qt.Key.Key_Right)
    assert page.read_label.text() != before
    QTest.mouseClick(page.copy_button, LEFT)
    assert QGuiApplication.clipboard().text().startswith("k_per_angstrom,sin_chi,transfer")


def test_the_direction_of_the_curve_matters_with_astigmatism(
    pane: OpticsPane, document: RecipeDocument, qtbot: QtBot
) -> None:
    document.set_many({"imaging.aberrations.C12": 300.0, "imaging.aberrations.C12_azimuth": 30.0}, label="A1")
    page = pane.view.transfer
    qtbot.waitUntil(
        lambda: page.curve is not None and pane.view._under_way is None and not pane.view._wished,
        timeout=10_000,
    )
    assert page.curve is not None
    along_x = page.curve.zeros[0]
    page.azimuth.setFocus()
    QTest.keyClick(page.azimuth, Qt.Key.Key_Up)
    QTest.keyClick(page.azimuth, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: page.curve is not None and page.curve.azimuth == 30.0, timeout=10_000)
    assert abs(page.curve.zeros[0] - along_x) > 0.01


# --- Scherzer --------------------------------------------------------------------------------


def test_the_scherzer_button_sets_the_defocus_in_one_step(
    pane: OpticsPane, document: RecipeDocument, qtbot: QtBot
) -> None:
    page = pane.view.transfer
    qtbot.waitUntil(page.scherzer_button.isEnabled, timeout=10_000)
    document.set(DEFOCUS, 100.0)
    QTest.mouseClick(page.scherzer_button, LEFT, pos=QPoint(12, page.scherzer_button.height() // 2))
    assert document.value(DEFOCUS) == pytest.approx(595.3)
    assert document.undo_label == "Scherzer focus (extended)"
    # Another convention, chosen in the menu.
    menu = page.scherzer_button.menu()
    assert menu is not None
    menu.popup(page.mapToGlobal(QPoint(0, 0)))
    qtbot.waitUntil(menu.isVisible)
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(page.conventions["classic"]).center())
    assert page.convention == "classic" and "classic" in page.scherzer_button.text()
    assert document.value(DEFOCUS) == pytest.approx(595.3)
    QTest.mouseClick(page.scherzer_button, LEFT, pos=QPoint(12, page.scherzer_button.height() // 2))
    assert document.value(DEFOCUS) == pytest.approx(486.1)
    # Each in a step of its own, however fast they follow.
    document.undo()
    assert document.value(DEFOCUS) == pytest.approx(595.3)
    document.undo()
    assert document.value(DEFOCUS) == 100.0


@pytest.mark.parametrize("spherical", [0.0, -130000.0])
def test_without_positive_spherical_aberration_the_button_says_why(
    pane: OpticsPane, document: RecipeDocument, qtbot: QtBot, spherical: float
) -> None:
    page = pane.view.transfer
    qtbot.waitUntil(page.scherzer_button.isEnabled, timeout=10_000)
    document.set("imaging.aberrations.C30", spherical)
    qtbot.waitUntil(lambda: not page.scherzer_button.isEnabled(), timeout=10_000)
    assert "needs a positive spherical aberration" in page.scherzer_label.text()
    assert page.scherzer_button.toolTip() == page.scherzer_label.text()
    QTest.mouseClick(page.scherzer_button, LEFT, pos=QPoint(12, 8))
    assert document.value(DEFOCUS) == 0.0


def test_a_defocus_that_varies_is_left_alone(
    pane: OpticsPane, document: RecipeDocument, qtbot: QtBot
) -> None:
    page = pane.view.transfer
    qtbot.waitUntil(page.scherzer_button.isEnabled, timeout=10_000)
    document.set_vary(DEFOCUS, {"law": "grid", "values": [10.0, 20.0]})
    assert not page.scherzer_button.isEnabled() and page.scherzer_label.text() == VARIES
    pane.set_defocus(30.0, "by somebody else")
    assert document.value(DEFOCUS) == 0.0


# --- maps and detectors ----------------------------------------------------------------------


def test_the_map_is_made_when_looked_at_and_read_under_the_mouse(pane: OpticsPane, qtbot: QtBot) -> None:
    assert pane.view.map.view.plane is None
    open_page(pane, "Map")
    view = pane.view.map.view
    qtbot.waitUntil(lambda: view.plane is not None, timeout=10_000)
    at = view.place_of(0.3, 0.4).toPoint()
    kx, ky = view.frequency_at(QPointF(at))
    assert (kx, ky) == pytest.approx((0.3, 0.4), abs=0.02)
    # A mouse that is there already would not move.
    QTest.mouseMove(view, QPoint(2, 2))
    QTest.mouseMove(view, at)
    words = f"k = {np.hypot(kx, ky):.3f} Å⁻¹"
    qtbot.waitUntil(lambda: pane.view.map.read_label.text().startswith(words), timeout=2000)
    assert "transfer" in pane.view.map.read_label.text()


def test_detectors_beyond_the_band_limit_are_said_in_the_warning_colour(
    pane: OpticsPane, document: RecipeDocument, qtbot: QtBot
) -> None:
    document.new(recipe({"model": "stem"}))
    open_page(pane, "Detectors")
    page = pane.view.detectors
    qtbot.waitUntil(lambda: "209 mrad" in page.sentence.text(), timeout=5000)
    assert page.sentence.kind == "muted"
    document.set("imaging.multislice.sampling", 0.08)
    assert page.sentence.kind == "warning" and "beyond the band limit of 104 mrad" in page.sentence.text()
    view = page.view
    assert view.plane is not None and view.plane.marks[0].style == "beyond"
    # The ring is in the warning colour where it is drawn.
    view.repaint()
    picture = view.grab().toImage()
    ratio = picture.devicePixelRatio()
    ring = 0.5 * (view.plane.marks[0].inner + view.plane.marks[0].outer)
    at = view.place_of(-ring, 0.0).toPoint()
    colour, ground = picture.pixelColor(int(at.x() * ratio), int(at.y() * ratio)), theme.colours().plot_ground
    warning = theme.colours().warning
    assert colour != ground
    for channel in ("red", "green", "blue"):
        mixed = 0.31 * getattr(warning, channel)() + 0.69 * getattr(ground, channel)()
        assert getattr(colour, channel)() == pytest.approx(mixed, abs=4)


def test_a_probe_that_cannot_be_drawn_says_so_and_recovers(
    pane: OpticsPane, document: RecipeDocument, qtbot: QtBot
) -> None:
    document.new(recipe({"model": "stem", "focus": {"defocus": 90000.0}}))
    page = pane.view.probe
    qtbot.waitUntil(lambda: page.plot.shown is None and "wide" in page.plot._words, timeout=10_000)
    document.set(DEFOCUS, 0.0)
    qtbot.waitUntil(lambda: page.shape is not None, timeout=10_000)
    assert "d59" in page.sentence.text()


# --- waves and the series --------------------------------------------------------------------


def test_a_wave_is_shown_with_its_ranges_and_read(pane: OpticsPane, qtbot: QtBot) -> None:
    wave = np.ones((30, 40), dtype=np.complex64)
    wave[3:8, 30:38] = 0.5 * np.exp(0.7j)
    pane.set_wave(wave, 0.25)
    open_page(pane, "Wave")
    view = pane.view.wave.view
    qtbot.waitUntil(lambda: view.wave is not None, timeout=10_000)
    area = view.areas()[1]
    spot = area.topLeft() + (area.bottomRight() - area.topLeft()) * 0.17
    spot.setX(area.left() + 0.85 * area.width())
    QTest.mouseMove(view, spot.toPoint())
    qtbot.waitUntil(lambda: "amplitude 0.500" in pane.view.wave.read_label.text(), timeout=2000)


def full(pane: OpticsPane) -> bool:
    images = pane.view.focus.strip.images
    return bool(images) and all(image is not None for image in images)


def test_a_click_on_an_image_of_the_strip_sets_the_defocus_in_one_step(
    pane: OpticsPane, document: RecipeDocument, qtbot: QtBot
) -> None:
    document.set(DEFOCUS, 40.0)
    asked: list[float] = []

    def source(defocus: float, cancel: Any) -> FloatArray:
        assert threading.current_thread() is not threading.main_thread()
        asked.append(defocus)
        return still_waves(defocus, cancel)

    pane.set_focus_source(source)
    open_page(pane, "Focus")
    strip = pane.view.focus.strip
    qtbot.waitUntil(lambda: full(pane), timeout=10_000)
    assert strip.defoci == (-60.0, -10.0, 40.0, 90.0, 140.0)
    assert asked == [40.0, -10.0, 90.0, -60.0, 140.0]
    for image, defocus in zip(strip.images, strip.defoci, strict=True):
        assert image is not None
        np.testing.assert_allclose(image, still_waves(defocus, lambda: None))
    QTest.mouseClick(strip, LEFT, pos=strip.cells()[3].center().toPoint())
    assert document.value(DEFOCUS) == 90.0 and document.undo_label == "Defocus +90 Å"
    # The strip follows, around the new defocus.
    qtbot.waitUntil(lambda: strip.defoci[2] == 90.0 and full(pane), timeout=10_000)
    document.undo()
    assert document.value(DEFOCUS) == 40.0
    # The same with keys.
    qtbot.waitUntil(lambda: strip.defoci[2] == 40.0 and full(pane), timeout=10_000)
    strip.setFocus()
    strip._at = None
    QTest.keyClick(strip, Qt.Key.Key_Left)
    QTest.keyClick(strip, Qt.Key.Key_Return)
    assert document.value(DEFOCUS) == -10.0


def test_a_slow_series_is_given_up_for_the_newest(
    pane: OpticsPane, document: RecipeDocument, qtbot: QtBot
) -> None:
    begun = threading.Event()

    def slow(defocus: float, cancel: Any) -> FloatArray:
        begun.set()
        for _ in range(2000):
            cancel()
            time.sleep(0.005)
        return np.zeros((8, 8))

    pane.set_focus_source(slow)
    open_page(pane, "Focus")
    qtbot.waitUntil(begun.is_set, timeout=5000)
    document.set(DEFOCUS, 250.0)
    pane.set_focus_source(still_waves)
    qtbot.waitUntil(lambda: full(pane), timeout=5000)
    middle = pane.view.focus.strip.images[2]
    assert middle is not None
    np.testing.assert_allclose(middle, still_waves(250.0, lambda: None))


def test_a_series_that_fails_says_so(pane: OpticsPane, qtbot: QtBot) -> None:
    def broken(defocus: float, cancel: Any) -> FloatArray:
        raise OSError("the stored wave is gone")

    pane.set_focus_source(broken)
    open_page(pane, "Focus")
    page = pane.view.focus
    qtbot.waitUntil(lambda: page.sentence.kind == "error", timeout=5000)
    assert "the stored wave is gone" in page.sentence.text()
    pane.set_focus_source(still_waves)
    qtbot.waitUntil(lambda: full(pane), timeout=5000)
    assert page.sentence.kind == "muted"


def test_another_recipe_takes_pattern_wave_and_series_along(
    pane: OpticsPane, document: RecipeDocument, qtbot: QtBot
) -> None:
    pane.set_focus_source(still_waves)
    open_page(pane, "Focus")
    qtbot.waitUntil(lambda: full(pane), timeout=5000)
    document.new(recipe({"model": "hrtem"}))
    assert pane.view.focus.strip.images == ()


# --- looks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True])
def test_curves_stand_out_from_the_ground(qapp: QApplication, dark: bool) -> None:
    before = qapp.palette()
    qapp.setPalette(theme.palette(dark=dark))
    try:
        ground = theme.colours().plot_ground
        for role in ("main", "faint", "first", "second", "third", "whole"):
            assert theme.contrast(pen_of(role).color(), ground) >= 3.0, role
    finally:
        qapp.setPalette(before)


# --- in the window ---------------------------------------------------------------------------


def test_the_window_has_the_pane_and_undoes_what_it_sets(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NANOPHANTOM_HOME", str(tmp_path / "home"))
    window = MainWindow(Preferences(theme="light"))
    qtbot.addWidget(window, before_close_func=lambda widget: widget.close_without_asking())
    window.show()
    qtbot.waitExposed(window)
    window.show_start_page(False)
    window.controller.set_enabled(False)
    window.show_pane("optics")
    qtbot.waitUntil(window.optics.no_lens.isVisible, timeout=5000)
    window.document.new(recipe(UNCORRECTED))
    qtbot.waitUntil(lambda: window.optics._view is not None and has_curve(window.optics), timeout=15_000)
    button = window.optics.view.transfer.scherzer_button
    QTest.mouseClick(button, LEFT, pos=QPoint(12, button.height() // 2))
    assert window.document.value(DEFOCUS) == pytest.approx(595.3)
    window.actions_by_key["edit.undo"].trigger()
    assert window.document.value(DEFOCUS) == 0.0
