"""The Tab key follows the layouts, and what follows them leaves nothing behind in PySide."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLayoutItem, QLineEdit, QVBoxLayout, QWidget
from shiboken6 import Shiboken

from app.gui.panels.tab_order import follow_layout

pytestmark = pytest.mark.gui


def known_items() -> int:
    """How many items of layouts PySide knows, without those that are layouts themselves."""
    return sum(
        isinstance(known, QLayoutItem) and not isinstance(known, QObject)
        for known in Shiboken.getAllValidWrappers()
    )


@pytest.fixture
def holder(qtbot) -> QWidget:
    """A column: one line, a row of two lines, another line; made in another order than laid out."""
    made = QWidget()
    qtbot.addWidget(made)
    column, row = QVBoxLayout(made), QHBoxLayout()
    lines = {}
    for name in ("last", "right", "first", "left"):
        lines[name] = QLineEdit(made)
        lines[name].setObjectName(name)
    column.addWidget(lines["last"])
    column.insertLayout(0, row)
    column.insertWidget(0, lines["first"])
    column.insertStretch(1)
    row.addWidget(lines["right"])
    row.insertWidget(0, lines["left"])
    made.show()
    made.activateWindow()
    qtbot.waitActive(made)
    return made


def test_tab_goes_from_top_to_bottom_and_from_left_to_right(qtbot, holder) -> None:
    follow_layout(holder)
    holder.findChild(QLineEdit, "first").setFocus()
    visited = []
    for _ in range(4):
        visited.append(QApplication.focusWidget().objectName())
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert visited == ["first", "left", "right", "last"]


def test_items_of_the_layout_stay_unknown_to_pyside(holder) -> None:
    """An item it knows goes with its widget, unnoticed; something else is taken for it then: a crash."""
    before = known_items()
    follow_layout(holder)
    assert known_items() == before
