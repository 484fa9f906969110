"""A panel that is made in turns: what is asked for is there at once, and nothing is missing at rest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.gui.document.document import RecipeDocument
from app.gui.panels.editors import NumberEditor
from app.gui.panels.row import Row
from app.gui.panels.turns import Turns
from app.gui.scene.node_panel import NodePanel
from sim.recipe.toml import read_recipe

pytestmark = pytest.mark.gui
GOLD, CARBON = "specimen.nodes.gold", "specimen.nodes.carbon"


@pytest.fixture(autouse=True)
def one_step_a_turn(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slowest machine there can be."""
    monkeypatch.setattr("app.gui.panels.turns.BUDGET", 1e-9)


@pytest.fixture
def document() -> RecipeDocument:
    return RecipeDocument(read_recipe("scene_twinned_gold").recipe())


@pytest.fixture
def panel(qtbot: object, document: RecipeDocument) -> Iterator[NodePanel]:
    made = NodePanel(document)
    made.resize(400, 900)
    made.show()
    made.activateWindow()
    yield made
    made.close()
    made.deleteLater()


def paths(panel: NodePanel) -> list[str]:
    """Settings whose rows are there, as they are seen from above downwards."""
    rows = [row for row in panel.findChildren(Row) if row.isVisible()]
    return [
        row.field.path
        for row in sorted(rows, key=lambda row: row.mapTo(panel._content, row.rect().topLeft()).y())
    ]


def rest(panel: NodePanel, qtbot: object) -> None:
    qtbot.waitUntil(lambda: panel.complete)  # type: ignore[attr-defined]
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QApplication.processEvents()


def test_rows_come_one_after_the_other(panel: NodePanel, qtbot: object) -> None:
    panel.show_node(GOLD)
    assert not panel.findChildren(Row)
    seen: list[int] = []
    while not seen or not panel.complete:
        QApplication.processEvents()
        seen.append(len(panel.findChildren(Row)))
    assert len(set(seen)) > 10


def test_at_rest_all_is_as_if_made_at_once(panel: NodePanel, qtbot: object) -> None:
    panel.show_node(GOLD)
    rest(panel, qtbot)
    slowly = paths(panel)
    panel.show_node(CARBON)
    panel.show_node(GOLD)
    panel.finish()
    rest(panel, qtbot)
    assert paths(panel) == slowly and len(slowly) > 10


def test_another_node_takes_the_place_of_a_half_made_one(panel: NodePanel, qtbot: object) -> None:
    panel.show_node(GOLD)
    for _ in range(8):
        QApplication.processEvents()
    panel.show_node(CARBON)
    rest(panel, qtbot)
    assert {row.field.path.rpartition(".")[0] for row in panel.findChildren(Row)} >= {CARBON}
    assert not [row for row in panel.findChildren(Row) if row.field.path.startswith(GOLD)]


def test_setting_is_revealed_before_its_row_is_made(panel: NodePanel, qtbot: object) -> None:
    panel.show_node(GOLD)
    panel.reveal(f"{GOLD}.placement.gap")
    panel.reveal(f"{GOLD}.volume.radius")
    row = panel.row(f"{GOLD}.volume.radius")
    focused = QApplication.focusWidget()
    assert row is not None and focused is not None and row.isAncestorOf(focused)


def test_problem_stands_at_a_field_whose_row_was_not_made(panel: NodePanel) -> None:
    panel.show_node(GOLD)
    panel.show_problem(f"{GOLD}.volume.radius", "Too small.")
    found = [row for row in panel.findChildren(Row) if row.problem]
    assert [row.field.path for row in found] == [f"{GOLD}.volume.radius"]


def test_search_finds_what_was_not_made(panel: NodePanel, qtbot: object) -> None:
    panel.show_node(GOLD)
    panel.filter.search.setText("radius")
    rest(panel, qtbot)
    assert f"{GOLD}.volume.radius" in paths(panel)
    assert all(
        "radius" in row.field.about.lower() + row.field.path
        for row in panel.findChildren(Row)
        if row.isVisible()
    )


def test_tab_goes_through_rows_in_order_from_a_half_made_panel(panel: NodePanel) -> None:
    panel.show_node(GOLD)
    for _ in range(6):
        QApplication.processEvents()
    panel.filter.focus()
    made = len(panel.findChildren(Row))
    stops: list[QWidget] = []
    for _ in range(12):
        panel.focusNextChild()
        focused = QApplication.focusWidget()
        assert focused is not None
        stops.append(focused)
    places = [
        stop.mapTo(panel._content, stop.rect().center()).y()
        for stop in stops
        if panel._content.isAncestorOf(stop)
    ]
    assert len(panel.findChildren(Row)) > made, "Tab waits for no turn"
    assert len(places) > 8 and places == sorted(places)


def test_change_reaches_rows_that_were_made_and_those_that_come(
    panel: NodePanel, document: RecipeDocument, qtbot: object
) -> None:
    panel.show_node(GOLD)
    for _ in range(6):
        QApplication.processEvents()
    document.set(f"{GOLD}.count", 3)
    document.set(f"{GOLD}.volume.radius", 17.0)
    rest(panel, qtbot)
    for path, value in ((f"{GOLD}.count", 3), (f"{GOLD}.volume.radius", 17.0)):
        row = panel.row(path)
        assert row is not None and isinstance(row.editor, NumberEditor) and row.editor.edit.value == value


def test_a_step_that_fails_takes_only_its_own_piece_along(qtbot: object) -> None:
    turns, done = Turns(), []

    def bad() -> Iterator[None]:
        yield
        raise ValueError("no")

    def good() -> Iterator[None]:
        yield
        done.append(True)

    turns.begin("bad", bad())
    turns.begin("good", good())
    with pytest.raises(ValueError, match="no"):
        turns.finish()
    turns.finish()
    assert done and turns.idle
