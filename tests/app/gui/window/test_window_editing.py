"""Typing, dragging, undoing and looking in the whole window, with mouse and keyboard."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QCheckBox, QComboBox, QLabel, QLineEdit

from app.gui.document.fields import Field, fields_of
from app.gui.panels.quantity_edit import QuantityEdit
from app.gui.panels.slider import ThinSlider
from sim.numerics.rotations import quaternion_to_matrix

pytestmark = pytest.mark.gui

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def undo(desk: Any, window: Any) -> None:
    desk.key(window, Qt.Key.Key_Z, CTRL)


def redo(desk: Any, window: Any) -> None:
    desk.key(window, Qt.Key.Key_Z, CTRL | SHIFT)


def undo_text(window: Any) -> str:
    text: str = window.actions_by_key["edit.undo"].text().replace("&", "")
    return text


# --- numbers ---------------------------------------------------------------------------------------


def test_every_number_box_says_unit_range_step_meaning_and_name(desk: Any) -> None:
    window = desk.on_recipe()
    window.panel.set_open_sections(tuple(window.panel._sections))
    for section in window.panel._sections.values():
        section.more.setChecked(True)
    there = {field.path: field for field in fields_of(window.document.recipe)}
    numbers = {
        path: field for path, field in there.items() if field.editor in ("number", "integer", "auto_integer")
    }
    assert len(numbers) > 25
    for path, field in numbers.items():
        row = window.panel.row(path)
        assert row is not None, path
        box = row.editor.findChild(QuantityEdit)
        assert box is not None and box.accessibleName(), path
        tip = box.toolTip()
        assert field.about and field.about in tip, path
        assert f"Path: {path}" in tip and "Default:" in tip, path
        assert field.low is not None or field.high is not None, path
        assert field.allowed and f"Range: {field.allowed}" in tip, path
        assert field.step, path
        if field.reference:
            assert field.reference in tip, path
        value = window.document.value(path)
        text = box.lineEdit().text()
        assert value == "auto" or text.endswith(field.unit), path
        if value != "auto" and box.isEnabled():
            steps = box.stepEnabled()
            assert steps != QAbstractSpinBox.StepEnabledFlag.StepNone, path
    for box in window.findChildren(QAbstractSpinBox):
        assert box.accessibleName() and box.toolTip(), box.objectName()


def test_nanometres_typed_into_a_box_of_angstroms_are_converted(desk: Any) -> None:
    window = desk.on_recipe()
    box = desk.type(window, "pose.shift_x", "1.2 nm")
    assert window.document.value("pose.shift_x") == 12.0
    assert box.lineEdit().text() == "12 Å"
    assert desk.settle(window).job.pose.shift_x == 12.0


@pytest.mark.parametrize("text", ["wide", "3 kg", "-7", "1,000.5"])
def test_what_cannot_be_meant_is_said_below_the_box_and_the_value_stays(desk: Any, text: str) -> None:
    window = desk.on_recipe()
    result = window.result
    box = desk.type(window, "imaging.sigma", text)
    problem = desk.find(window, QLabel, "field.imaging.sigma.problem")
    assert problem.isVisible() and problem.text()
    assert window.document.value("imaging.sigma") == 0.6 and not window.document.dirty
    desk.qtbot.wait(100)
    assert window.result is result, "nothing was rendered"
    QTest.keyClick(box, Qt.Key.Key_Escape)
    assert not problem.isVisible() and box.lineEdit().text() == "0.6 Å"


# --- undo ------------------------------------------------------------------------------------------


def change_by_hand(window: Any, field: Field) -> bool:
    """Change a setting with the keyboard or the mouse; whether its editor could be used."""
    row = window.panel.row(field.path)
    assert row is not None, field.path
    editor = row.editor
    if not editor.isEnabled() or editor.isHidden():
        return False
    box = editor.findChild(QuantityEdit)
    if box is not None:
        if window.document.value(field.path) == "auto":
            QTest.mouseClick(editor.findChild(QAbstractButton), Qt.MouseButton.LeftButton)
            return True
        before = window.document.value(field.path)
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Up)
        if window.document.value(field.path) == before:
            QTest.keyClick(box, Qt.Key.Key_Down)
        return True
    combo = editor.findChild(QComboBox)
    if combo is not None:
        combo.setFocus()
        last = combo.currentIndex() == combo.count() - 1
        QTest.keyClick(combo, Qt.Key.Key_Up if last else Qt.Key.Key_Down)
        return True
    switch = editor.findChild(QCheckBox)
    if switch is not None:
        switch.setFocus()
        QTest.keyClick(switch, Qt.Key.Key_Space)
        return True
    buttons = [button for button in editor.findChildren(QAbstractButton) if not button.isChecked()]
    if field.editor == "choice" and buttons:
        QTest.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
        return True
    line = editor.findChild(QLineEdit)
    if line is not None and field.editor == "text":
        line.setFocus()
        QTest.keyClick(line, Qt.Key.Key_End)
        QTest.keyClicks(line, "x")
        QTest.keyClick(line, Qt.Key.Key_Return)
        return True
    return False


def take_back(window: Any, field: Field) -> None:
    """Give up a change that waits."""
    main = window.panel.row(field.path).editor.main
    main.setFocus()
    if isinstance(main, QComboBox):
        QTest.keyClick(main, Qt.Key.Key_Up if main.currentIndex() else Qt.Key.Key_Down)
    else:
        QTest.keyClick(main, Qt.Key.Key_Escape)


def test_every_setting_can_be_undone_and_redone_by_its_name(desk: Any) -> None:
    """The keyboard changes each setting of the recipe in turn; undo and redo bring back what was."""
    window = desk.on_recipe(noise__preset="mixed_medium", image__width=32, image__height=32)
    window.panel.set_open_sections(tuple(window.panel._sections))
    for section in window.panel._sections.values():
        section.more.setChecked(True)
    # The layout needs a moment: what has no height cannot be clicked.
    desk.qtbot.wait(100)
    document = window.document
    changed = []
    for field in fields_of(document.recipe):
        if document.vary(field.path) is not None or not field.exists_in(document.recipe):
            continue
        before = document.recipe
        if not change_by_hand(window, field):
            continue
        after = document.recipe
        if after == before:
            # Shares must add up to one, and files must be there: the change waits for the others.
            there = field.path, window.panel.row(field.path).problem
            assert field.path.startswith("dataset.split.") or field.path == "specimen.kind", there
            take_back(window, field)
            continue
        assert field.label.lower() in undo_text(window).lower(), (field.path, undo_text(window))
        undo(desk, window)
        assert document.recipe == before, field.path
        assert field.label.lower() in window.actions_by_key["edit.redo"].text().lower(), field.path
        redo(desk, window)
        assert document.recipe == after, field.path
        undo(desk, window)
        changed.append(field.path)
    assert len(changed) > 40, changed
    assert not document.dirty
    desk.settle(window)


def test_a_drag_of_the_slider_is_one_step_with_a_name(desk: Any) -> None:
    window = desk.on_recipe()
    slider = desk.find(window, ThinSlider, "field.imaging.sigma.slider")
    middle, wide = slider.height() // 2, slider.width()
    QTest.mousePress(
        slider, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(wide // 4, middle)
    )
    for step in range(wide // 4, wide // 2, 8):
        QTest.mouseMove(slider, QPoint(step, middle))
    # Longer than quick edits may be apart to be one: the hand rests, and the knob is still held.
    desk.qtbot.wait(900)
    QTest.mouseMove(slider, QPoint(wide // 2, middle))
    QTest.mouseRelease(
        slider, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(wide // 2, middle)
    )
    dragged = window.document.value("imaging.sigma")
    assert dragged != 0.6
    desk.qtbot.wait(20)
    desk.drag(slider, QPoint(wide // 2, middle), QPoint(2 * wide // 3, middle))
    assert window.document.value("imaging.sigma") not in (0.6, dragged)
    assert undo_text(window).startswith("Undo Sigma")
    undo(desk, window)
    assert window.document.value("imaging.sigma") == dragged
    undo(desk, window)
    assert window.document.value("imaging.sigma") == 0.6
    assert not window.document.can_undo and not window.isWindowModified()
    assert desk.settle(window).job.imaging.sigma == 0.6


# --- views -----------------------------------------------------------------------------------------


def test_views_along_axes_and_along_the_beam_agree_with_gizmo_and_image(desk: Any, crooked_file: Any) -> None:
    """+z: x right, y up.  Along the beam: every atom stands where the preview has its bright spot."""
    window = desk.open(desk.recipe(image__width=96, image__height=96, noise__preset="none"))
    desk.settle(window)
    assert desk.drop(window.structure, [crooked_file])
    desk.qtbot.waitUntil(lambda: len(window.result.structure) == 4, timeout=20_000)
    view = window.structure
    desk.key(view, Qt.Key.Key_3)
    x, y, _ = view.camera.project(view.scene.positions, view.width(), view.height())
    oxygen, silver, gold = 0, 1, 2
    assert x[silver] > x[oxygen] + 5 and abs(y[silver] - y[oxygen]) < 1e-6
    assert y[gold] < y[oxygen] - 5 and abs(x[gold] - x[oxygen]) < 1e-6
    assert view.overlay_content.view_name == "From +z"
    result = desk.settle(window)
    desk.key(view, Qt.Key.Key_B)
    np.testing.assert_allclose(view.view_rotation(), quaternion_to_matrix(result.quaternion), atol=1e-12)
    x, y, _ = view.camera.project(view.scene.positions, view.width(), view.height())
    middle_x, middle_y = x.mean(), y.mean()
    per_pixel = result.job.image.pixel_size * view.height() / view.camera.height
    clean = np.asarray(result.sample.clean, dtype=np.float64)
    rows, columns = clean.shape
    for atom in (silver, gold):
        column = (x[atom] - middle_x) / per_pixel + (columns - 1) / 2
        row = (y[atom] - middle_y) / per_pixel + (rows - 1) / 2
        at = np.round([row, column]).astype(int)
        near = clean[at[0] - 1 : at[0] + 2, at[1] - 1 : at[1] + 2].max()
        around = clean[at[0] - 6 : at[0] + 7, at[1] - 6 : at[1] + 7].max()
        assert near == around > 0.3 * clean.max()


def test_the_view_becomes_the_beam_direction_in_one_step_and_the_image_turns_with_it(desk: Any) -> None:
    window = desk.on_recipe()
    view = window.structure
    middle = view.rect().center()
    desk.drag(view, middle, middle + QPoint(40, 10), middle + QPoint(90, -35))
    turned = view.view_rotation()
    assert not np.allclose(turned, quaternion_to_matrix(window.result.quaternion))
    before = window.result.sample.clean.copy()
    desk.key(window, Qt.Key.Key_B, CTRL)
    result = desk.settle(window)
    assert result.job.pose.kind == "euler"
    # The angles have four decimals.
    np.testing.assert_allclose(quaternion_to_matrix(result.quaternion), turned, atol=3e-6)
    assert not np.array_equal(result.sample.clean, before)
    assert undo_text(window) == "Undo View as beam direction"
    undo(desk, window)
    np.testing.assert_array_equal(desk.settle(window).sample.clean, before)


def test_a_specimen_without_a_pose_offers_no_beam_direction(desk: Any) -> None:
    window = desk.on_recipe()
    action = window.actions_by_key["structure.view_as_beam"]
    assert action.isEnabled()
    window.controller.result.emit(replace(window.result, quaternion=None))
    assert not action.isEnabled()
    window.controller.result.emit(replace(window.result, quaternion=np.array([1.0, 0.0, 0.0, 0.0])))
    assert action.isEnabled()


def test_a_class_is_one_click_away(desk: Any) -> None:
    window = desk.open()
    for geometry in ("icosahedron", "garzon"):
        desk.click(window, f"start.class.{geometry}")
        result = desk.settle(window)
        assert result.job.geometry == geometry and len(result.structure) == 55
        assert geometry in window.status.text("specimen") and "55 atoms" in window.status.text("specimen")
        window.actions_by_key["file.start_page"].trigger()
        assert window.on_start_page


# --- what the recipe says about variation -----------------------------------------------------------


def test_a_setting_varies_with_one_click_and_the_browser_shows_the_value(desk: Any) -> None:
    window = desk.on_recipe()
    desk.click(window, "field.imaging.sigma.vary.open")
    assert window.document.vary("imaging.sigma") is not None
    assert window.sweep.isVisible()
    result = desk.settle(window)
    assert result.total == 400
    chips = [label for label in window.preview.browser.findChildren(QLabel) if "σ" in label.text()]
    desk.qtbot.waitUntil(lambda: bool(chips) and chips[0].isVisible())
    undo(desk, window)
    assert window.document.vary("imaging.sigma") is None
    desk.settle(window)
