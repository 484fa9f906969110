"""The box for a number with a unit, driven by keys and wheel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QShortcut, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from app.gui.panels.quantity_edit import QuantityEdit

pytestmark = pytest.mark.gui


class Form(QWidget):
    """A box in Å from 0.05 to 5 in steps of 0.05, and something else to give the focus to."""

    def __init__(self) -> None:
        super().__init__()
        self.edit = QuantityEdit("Å", low=0.05, high=50.0, step=0.05, parent=self)
        self.other = QLineEdit(self)
        column = QVBoxLayout(self)
        column.addWidget(self.edit)
        column.addWidget(self.other)
        self.edited: list[object] = []
        self.invalid: list[str] = []
        self.edit.edited.connect(self.edited.append)
        self.edit.edited.connect(self.edit.set_value)
        self.edit.invalid.connect(self.invalid.append)
        self.edit.set_value(0.6)


@pytest.fixture
def form(qtbot: object) -> Iterator[Form]:
    made = Form()
    made.show()
    made.activateWindow()
    QTest.qWaitForWindowActive(made)
    made.edit.setFocus()
    made.edit.selectAll()
    yield made
    made.close()
    made.deleteLater()


def wheel(widget: QWidget, notches: int) -> bool:
    """Turn the wheel over a widget; whether it took the event."""
    event = QWheelEvent(
        QPointF(5, 5), QPointF(widget.mapToGlobal(QPoint(5, 5))), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    event.ignore()
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def test_typed_nanometres_become_angstroms(form: Form) -> None:
    QTest.keyClicks(form.edit, "1.2 nm")
    QTest.keyClick(form.edit, Qt.Key.Key_Return)
    assert form.edited == [12.0]
    assert form.edit.lineEdit().text() == "12 Å"


def test_leaving_the_box_takes_effect_too(form: Form) -> None:
    QTest.keyClicks(form.edit, "0,7")
    form.other.setFocus()
    assert form.edited == [0.7]


def test_what_is_no_number_is_said_and_escape_restores(form: Form) -> None:
    QTest.keyClicks(form.edit, "3 kg")
    QTest.keyClick(form.edit, Qt.Key.Key_Return)
    assert form.edited == [] and "kg" in form.invalid[0] and "nm" in form.invalid[0]
    assert form.edit.lineEdit().text() == "3 kg"
    QTest.keyClick(form.edit, Qt.Key.Key_Escape)
    assert form.edit.lineEdit().text() == "0.6 Å"


def test_arrows_step_fine_and_coarse(form: Form) -> None:
    QTest.keyClick(form.edit, Qt.Key.Key_Up)
    QTest.keyClick(form.edit, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(form.edit, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert form.edited == [0.65, 0.655, 0.2]


def test_steps_stay_inside_the_range(form: Form) -> None:
    form.edit.set_value(49.98)
    QTest.keyClick(form.edit, Qt.Key.Key_PageUp)
    assert form.edited == [50.0]
    form.edit.set_value(0.1)
    QTest.keyClick(form.edit, Qt.Key.Key_PageDown)
    assert form.edited[-1] == 0.05


def test_the_wheel_acts_only_with_the_focus(form: Form) -> None:
    form.other.setFocus()
    assert not wheel(form.edit, 1)
    assert form.edited == []
    form.edit.setFocus()
    assert wheel(form.edit, 1)
    assert form.edited == [0.65]


def test_undo_belongs_to_the_window_while_nothing_is_typed(form: Form) -> None:
    undone: list[int] = []
    shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), form)
    shortcut.activated.connect(lambda: undone.append(1))
    QTest.keyClick(form.edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == [1]
    QTest.keyClicks(form.edit, "9")
    QTest.keyClick(form.edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == [1]


def test_whole_numbers_keep_all_their_digits(qtbot: object) -> None:
    edit = QuantityEdit("", low=0, high=2**63 - 1, step=1, whole=True)
    edit.show()
    edited: list[object] = []
    edit.edited.connect(edited.append)
    edit.set_value(42)
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, str(2**63 - 1))
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert edited == [2**63 - 1]
    edit.close()
    edit.deleteLater()
