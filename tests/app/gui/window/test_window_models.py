"""The imaging model chosen in the window by the mouse: what goes along, and what the new one cannot make."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QToolButton, QWidget

from app.gui.window import MainWindow

pytestmark = pytest.mark.gui
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
#: A few slices of a small wave.
SMALL: dict[str, Any] = {
    "image.width": 24,
    "image.height": 24,
    "image.pixel_size": 0.6,
    "imaging.model": "hrtem",
    "imaging.beam.voltage": 120.0,
    "imaging.multislice.sampling": 0.2,
    "imaging.multislice.slice_thickness": 4.0,
    "imaging.phonons.kind": "none",
    "imaging.aberrations.C30": 5000.0,
}


def waves(desk: Any, **values: Any) -> MainWindow:
    """A window on a small recipe of waves."""
    window: MainWindow = desk.on_recipe("au55_four_classes")
    named = {name.replace("__", "."): value for name, value in values.items()}
    window.document.set_many({**SMALL, **named}, label="Small")
    desk.settle(window)
    return window


def pick(desk: Any, window: MainWindow, name: str, data: str) -> None:
    """Choose in a list as the mouse does: open it, click the word."""
    box: QComboBox = desk.find(window, QComboBox, name)
    window.panel.area.ensureWidgetVisible(box)
    QTest.mouseClick(box, LEFT, NONE, box.rect().center())
    desk.qtbot.waitUntil(lambda: box.view().isVisible())
    # A list that has just opened takes no click for the length of a double click.
    QTest.qWait(QApplication.doubleClickInterval() + 50)
    view = box.view()
    place = view.visualRect(view.model().index(box.findData(data), 0)).center()
    QTest.mouseClick(view.viewport(), LEFT, NONE, QPoint(20, place.y()))
    desk.qtbot.waitUntil(lambda: box.currentData() == data)


def test_all_models_and_back(desk: Any) -> None:
    """Voltage and aberrations go with the microscope; the picture follows, and nothing is refused."""
    window = waves(desk)
    for model in ("probe", "stem", "hrtem"):
        pick(desk, window, "field.imaging.model", model)
        value = window.document.value
        assert value("imaging.model") == model
        assert value("imaging.beam.voltage") == 120.0 and value("imaging.aberrations.C30") == 5000.0
        if model != "stem":
            desk.settle(window)
            assert not window.preview.banner.isVisible() and window.panel.banner.text() == ""
    assert window.document.value("imaging.multislice.sampling") == 0.1
    pick(desk, window, "field.imaging.model", "gaussian")
    desk.settle(window)
    # What followed fast enough is one step.
    while window.document.undo_label != "Small":
        assert window.document.undo_label == "Imaging model"
        desk.key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.document.value("imaging.multislice.sampling") == 0.2
    desk.settle(window)


def test_a_label_that_needs_a_wave_is_mended_where_it_stands(desk: Any) -> None:
    window = waves(desk, labels__phase_mask=True)
    pick(desk, window, "field.imaging.model", "gaussian")
    desk.qtbot.waitUntil(lambda: window.preview.banner.isVisible(), timeout=10_000)
    row = window.panel.row("labels.phase_mask")
    assert row is not None and row.isVisible() and "wave" in row.problem
    # From the image to the setting, and there one click.
    desk.click(window, "preview.failure.reveal")
    QTest.qWait(50)
    for key, model, label in (("undo", "hrtem", True), ("off", "gaussian", False)):
        if key == "off":
            pick(desk, window, "field.imaging.model", "gaussian")
            desk.qtbot.waitUntil(lambda: "wave" in row.problem, timeout=10_000)
        button: QToolButton = desk.find(window, QToolButton, f"field.labels.phase_mask.ways.{key}")
        window.panel.area.ensureWidgetVisible(button)
        QTest.qWait(20)
        QTest.mouseClick(button, LEFT)
        desk.qtbot.waitUntil(lambda: row.problem == "")
        desk.settle(window)
        assert window.document.value("imaging.model") == model
        assert window.document.value("labels.phase_mask") is label
        assert not desk.find(window, QWidget, "preview.failure").isVisible()
        QApplication.processEvents()
