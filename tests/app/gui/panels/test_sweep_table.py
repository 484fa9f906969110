"""The table of what varies, clicked through."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from app.gui.document.document import RecipeDocument
from app.gui.panels.quantity_edit import QuantityEdit
from app.gui.panels.sweep_table import SweepTable
from sim.core.settings import validate
from sim.recipe.model import Recipe

pytestmark = pytest.mark.gui


@pytest.fixture
def document() -> RecipeDocument:
    made = RecipeDocument(clock=count().__next__)
    made.set_vary("imaging.sigma", {"law": "grid", "start": 0.3, "stop": 1.2, "count": 4})
    made.set_vary("imaging.alpha", {"law": "grid", "values": [0.5, 1.0, 1.5]})
    return made


@pytest.fixture
def table(qtbot: object, document: RecipeDocument) -> Iterator[SweepTable]:
    made = SweepTable(document)
    made.resize(700, 200)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def texts(table: SweepTable, row: int) -> list[str]:
    items = [table.table.item(row, column) for column in range(table.table.columnCount())]
    return ["" if item is None else item.text() for item in items]


def test_one_line_a_setting_and_their_product(table: SweepTable) -> None:
    assert texts(table, 0) == ["Sigma (σ)", "Grid", "0.3 Å", "1.2 Å", "4", "each image"]
    assert texts(table, 1) == ["Alpha (α)", "Grid", "", "", "3: 0.5, 1, 1.5", "each image"]
    assert table.footer.text() == "4 × 3 = 12 combinations"


def test_it_follows_the_document(table: SweepTable, document: RecipeDocument) -> None:
    document.set_vary("imaging.alpha", None)
    assert table.table.rowCount() == 1
    document.undo()
    assert table.table.rowCount() == 2


def test_double_click_asks_for_the_editor(table: SweepTable) -> None:
    asked: list[str] = []
    table.edit_requested.connect(asked.append)
    item = table.table.item(1, 0)
    assert item is not None
    place = table.table.visualItemRect(item).center()
    QTest.mouseClick(table.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(table.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked == ["imaging.alpha"]


def test_remove_fixes_the_setting_again(table: SweepTable, document: RecipeDocument) -> None:
    table.table.selectRow(1)
    QTest.mouseClick(table.findChild(QPushButton, "sweep.remove"), Qt.MouseButton.LeftButton)
    assert document.varied_paths() == ("imaging.sigma",)
    assert document.value("imaging.alpha") == 1.0
    table.table.setFocus()
    QTest.keyClick(table.table, Qt.Key.Key_Delete)
    assert document.varied_paths() == ()
    assert table.footer.text().startswith("Nothing varies")


def test_the_menu_offers_what_may_vary_and_is_not_varied(table: SweepTable, document: RecipeDocument) -> None:
    table._menu.aboutToShow.emit()
    offered = {action.objectName(): action for menu in table._menu.actions()
               for action in menu.menu().actions()}  # fmt: skip
    assert "sweep.add.imaging.sigma" not in offered and "sweep.add.image.width" not in offered
    dose: QAction = offered["sweep.add.noise.exposure.dose"]
    dose.trigger()
    assert document.varied_paths()[-1] == "noise.exposure.dose"
    assert table.current_path() == "noise.exposure.dose"


def test_its_own_editor_changes_the_chosen_line(qtbot: object, document: RecipeDocument) -> None:
    table = SweepTable(document, own_editor=True)
    table.show()
    table.table.selectRow(0)
    edit = table.findChild(QuantityEdit, "vary.imaging.sigma.stop")
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "0.09 nm")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    entry = document.vary("imaging.sigma")
    assert entry is not None and entry.tree()["stop"] == 0.9
    assert texts(table, 0)[3] == "0.9 Å"
    table.close()
    table.deleteLater()


def test_a_line_for_a_setting_that_is_not_there_can_be_seen_and_removed(
    qtbot: object, document: RecipeDocument
) -> None:
    tree = document.recipe.tree()
    strange = {"path": "imaging.nothing", "law": "grid", "values": [1, 2]}
    of_another_kind = {"path": "pose.phi1", "law": "uniform", "low": 0.0, "high": 90.0}
    document.new(validate(Recipe, {**tree, "vary": [strange, of_another_kind, *tree["vary"]]}))
    table = SweepTable(document, own_editor=True)
    try:
        table.resize(700, 200)
        table.show()
        assert [texts(table, row)[0] for row in range(4)] == [
            "imaging.nothing",
            "Angle φ₁",
            "Sigma (σ)",
            "Alpha (α)",
        ]
        for row in (0, 1):
            table.table.selectRow(row)
            assert not table.edit_button.isEnabled()
        for row in (1, 0):
            table.table.selectRow(row)
            QTest.mouseClick(table.findChild(QPushButton, "sweep.remove"), Qt.MouseButton.LeftButton)
        assert document.varied_paths() == ("imaging.sigma", "imaging.alpha")
    finally:
        table.close()
        table.deleteLater()


def test_words_in_place_of_numbers_are_shown(qtbot: object, document: RecipeDocument) -> None:
    tree = document.recipe.tree()
    wrong = {"path": "imaging.sigma", "law": "grid", "values": ["wide", 0.5]}
    document.new(validate(Recipe, {**tree, "vary": [wrong]}))
    table = SweepTable(document, own_editor=True)
    try:
        assert texts(table, 0)[4] == "2: wide, 0.5 Å"
    finally:
        table.close()
        table.deleteLater()
