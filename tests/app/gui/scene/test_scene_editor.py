"""The scene editor with mouse and keys: what reaches the recipe, what can be undone, what is said."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QToolButton, QWidget

from app.gui.document.document import RecipeDocument
from app.gui.panels.entry_list import EntryList
from app.gui.panels.quantity_edit import QuantityEdit
from app.gui.panels.sweep_table import SweepTable
from app.gui.panels.vary_editor import VaryEditor
from app.gui.scene.editor import SceneEditor
from app.gui.scene.tree_view import NodeTree

pytestmark = pytest.mark.gui
TOP = "specimen.nodes"


@pytest.fixture
def document() -> RecipeDocument:
    # A clock that ticks a second a look: no two edits merge but those of a gesture.
    return RecipeDocument(clock=count().__next__)


@pytest.fixture
def editor(qtbot: object, document: RecipeDocument) -> Iterator[SceneEditor]:
    made = SceneEditor(document)
    made.resize(420, 1100)
    made.show()
    made.activateWindow()
    QTest.qWaitForWindowActive(made)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def scene(editor: SceneEditor, document: RecipeDocument) -> SceneEditor:
    """A particle, a film, a group with a cluster in it."""
    begin(editor)
    for word, near in (("amorphous", "particle"), ("group", "particle"), ("cluster", "group")):
        editor.choose(f"{TOP}.{near}")
        add(editor, word)
    settle(editor)
    return editor


def begin(editor: SceneEditor) -> None:
    """A scene of one particle: without the film that a new scene has."""
    QTest.mouseClick(editor.empty.begin, Qt.MouseButton.LeftButton)
    editor.choose(f"{TOP}.film")
    editor.delete()
    editor.choose(f"{TOP}.particle")


def settle(editor: SceneEditor) -> None:
    """Wait for the panel, and for what was shown before to be gone."""
    editor.panel.finish()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QApplication.processEvents()


def add(editor: SceneEditor, word: str) -> None:
    """Pick a kind in the menu of the button."""
    action = next(item for item in editor.bar.kinds.actions() if item.objectName() == f"scene.add.{word}")
    action.trigger()
    QApplication.processEvents()


def names(editor: SceneEditor, parent: str = "") -> list[str]:
    index = editor.model.index_of(parent) if parent else editor.tree.rootIndex()
    rows = range(editor.model.rowCount(index))
    return [editor.model.index(row, 0, index).data() for row in rows]


def press(editor: SceneEditor, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    editor.tree.setFocus()
    held = Qt.KeyboardModifier.NoModifier
    for modifier in modifiers:
        held |= modifier
    QTest.keyClick(editor.tree, key, held)
    QApplication.processEvents()


def click(editor: QWidget, name: str) -> None:
    found = editor.findChild(QToolButton, name)
    assert found is not None, name
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)
    QApplication.processEvents()


def drag(editor: SceneEditor, path: str, place: QPoint) -> None:
    """Drop a node somewhere on the tree."""
    data = editor.model.mimeData([editor.model.index_of(path)])
    view, action, keys = editor.tree.viewport(), Qt.DropAction.MoveAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(place, action, data, Qt.MouseButton.LeftButton, keys)
    QApplication.sendEvent(view, enter)
    drop = QDropEvent(QPointF(place), action, data, Qt.MouseButton.LeftButton, keys)
    QApplication.sendEvent(view, drop)
    QApplication.processEvents()


def drag_by_hand(editor: SceneEditor, path: str, place: QPoint, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Press a node in the window, move with the button held, let go; the nodes that Qt took along.

    What carries a drag from window to window is the desktop's own, and the offscreen platform has none:
    the drop that it would bring follows as soon as Qt begins the drag.
    """
    viewport, window = editor.tree.viewport(), editor.windowHandle()
    taken: list[str] = []

    def carry(tree: NodeTree, actions: Qt.DropAction) -> None:
        assert actions == Qt.DropAction.MoveAction
        taken.extend({editor.model.path(index) for index in tree.selectedIndexes()})
        drag(editor, taken[0], place)

    monkeypatch.setattr(NodeTree, "startDrag", carry, raising=False)
    held, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    begun = editor.tree.visualRect(editor.model.index_of(path)).center()
    QTest.mousePress(window, held, keys, viewport.mapTo(editor, begun))
    # The first move is taken for the beginning of a drag, the second begins it.
    for step in (1, 2):
        at = begun + QPoint(step * (QApplication.startDragDistance() + 4), 0)
        QTest.mouseMove(window, viewport.mapTo(editor, at))
    QTest.mouseRelease(window, held, keys, viewport.mapTo(editor, place))
    QApplication.processEvents()
    return taken


# --- the tree ----------------------------------------------------------------------------------


def test_scene_is_begun_and_shown(editor: SceneEditor, document: RecipeDocument) -> None:
    assert editor.pages.currentIndex() == 0
    QTest.mouseClick(editor.empty.begin, Qt.MouseButton.LeftButton)
    assert document.value("specimen.kind") == "scene" and document.undo_label == "Begin a scene"
    assert editor.pages.currentIndex() == 1 and editor.current_path() == f"{TOP}.particle"
    document.undo()
    assert editor.pages.currentIndex() == 0 and editor.panel.path == ""


def test_added_nodes_stand_by_priority(scene: SceneEditor, document: RecipeDocument) -> None:
    assert names(scene) == ["particle", "group", "amorphous"]
    assert names(scene, f"{TOP}.group") == ["cluster"]
    assert scene.current_path() == f"{TOP}.group.nodes.cluster"
    assert document.undo_label == "Add cluster"
    index = scene.model.index_of(f"{TOP}.amorphous")
    assert [index.siblingAtColumn(column).data() for column in range(3)] == ["amorphous", "Amorphous", "1"]
    assert "upper" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_renamed_in_place(scene: SceneEditor, document: RecipeDocument) -> None:
    document.set_vary(f"{TOP}.particle.volume.radius", {"law": "uniform", "low": 5.0, "high": 9.0})
    scene.choose(f"{TOP}.particle")
    press(scene, Qt.Key.Key_F2)
    line = scene.tree.findChild(QLineEdit)
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, "cdse")
    QTest.keyClick(line, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert names(scene)[0] == "cdse" and scene.current_path() == f"{TOP}.cdse"
    assert document.varied_paths() == (f"{TOP}.cdse.volume.radius",)
    assert document.undo_label == "Rename particle"
    scene.model.setData(scene.model.index_of(f"{TOP}.cdse"), "amorphous")
    assert "one name" in scene.problem.text() and names(scene)[0] == "cdse"


def test_switched_off_and_on_with_space_and_mouse(scene: SceneEditor, document: RecipeDocument) -> None:
    scene.choose(f"{TOP}.particle")
    press(scene, Qt.Key.Key_Space)
    assert document.value(f"{TOP}.particle.enabled") is False and document.undo_label == "Switch off particle"
    box = scene.tree.visualRect(scene.model.index_of(f"{TOP}.particle"))
    QTest.mouseClick(
        scene.tree.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(box.left() + 8, box.center().y())
    )
    assert document.value(f"{TOP}.particle.enabled") is True


def test_duplicated_and_deleted_with_keys(scene: SceneEditor, document: RecipeDocument) -> None:
    scene.choose(f"{TOP}.group")
    press(scene, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert scene.current_path() == f"{TOP}.group_2" and names(scene, f"{TOP}.group_2") == ["cluster_2"]
    press(scene, Qt.Key.Key_Delete)
    assert names(scene) == ["particle", "group", "amorphous"] and document.undo_label == "Delete group_2"
    document.undo()
    document.undo()
    assert names(scene) == ["particle", "group", "amorphous"]


def test_last_node_stays_and_says_why(editor: SceneEditor, document: RecipeDocument) -> None:
    begin(editor)
    press(editor, Qt.Key.Key_Delete)
    assert "add a node" in editor.problem.text() and names(editor) == ["particle"]


def test_moved_with_keys(scene: SceneEditor, document: RecipeDocument) -> None:
    alt = Qt.KeyboardModifier.AltModifier
    scene.choose(f"{TOP}.amorphous")
    press(scene, Qt.Key.Key_Up, alt)
    assert names(scene) == ["particle", "amorphous", "group"] and document.undo_label == "Move amorphous"
    press(scene, Qt.Key.Key_Down, alt)
    assert names(scene) == ["particle", "group", "amorphous"]
    press(scene, Qt.Key.Key_Right, alt)
    assert names(scene, f"{TOP}.group") == ["cluster", "amorphous"]
    assert scene.current_path() == f"{TOP}.group.nodes.amorphous"
    press(scene, Qt.Key.Key_Left, alt)
    assert names(scene) == ["particle", "group", "amorphous"]


def test_dragged_to_another_place_and_into_a_group(scene: SceneEditor, document: RecipeDocument) -> None:
    first = scene.tree.visualRect(scene.model.index_of(f"{TOP}.particle"))
    drag(scene, f"{TOP}.amorphous", QPoint(first.center().x(), first.top() + 1))
    assert names(scene) == ["amorphous", "particle", "group"]
    assert document.value(f"{TOP}.amorphous.priority") >= document.value(f"{TOP}.particle.priority")
    group = scene.tree.visualRect(scene.model.index_of(f"{TOP}.group"))
    drag(scene, f"{TOP}.particle", group.center())
    assert names(scene, f"{TOP}.group") == ["cluster", "particle"]
    assert document.undo_label == "Move particle"
    inside = scene.tree.visualRect(scene.model.index_of(f"{TOP}.group.nodes.cluster"))
    before = document.recipe
    drag(scene, f"{TOP}.group", QPoint(inside.center().x(), inside.bottom()))
    assert document.recipe is before, "a group cannot go into itself"


def test_dragged_by_the_mouse_before_another_node(
    scene: SceneEditor, document: RecipeDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way of a hand: press, move, let go; Qt makes the drag of it."""
    assert names(scene) == ["particle", "group", "amorphous"]
    first = scene.tree.visualRect(scene.model.index_of(f"{TOP}.particle"))
    place = QPoint(first.center().x(), first.top() + 1)
    assert drag_by_hand(scene, f"{TOP}.amorphous", place, monkeypatch) == [f"{TOP}.amorphous"]
    assert names(scene) == ["amorphous", "particle", "group"]
    assert document.undo_label == "Move amorphous" and scene.current_path() == f"{TOP}.amorphous"
    document.undo()
    assert names(scene) == ["particle", "group", "amorphous"]


def test_count_is_edited_in_the_tree(scene: SceneEditor, document: RecipeDocument) -> None:
    index = scene.model.index_of(f"{TOP}.particle", 2)
    place = scene.tree.visualRect(index).center()
    QTest.mouseClick(scene.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(scene.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    cell = scene.tree.findChild(QWidget, "scene.tree.cell")
    assert cell is not None
    cell.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(cell, "12")
    QTest.keyClick(cell, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert document.value(f"{TOP}.particle.count") == 12


def test_new_sample_is_asked_for(scene: SceneEditor, qtbot: object) -> None:
    with qtbot.waitSignal(scene.new_sample_requested, timeout=1000):  # type: ignore[attr-defined]
        click(scene, "scene.new_sample")


# --- the chosen node ---------------------------------------------------------------------------


def test_typed_unit_reaches_the_node(scene: SceneEditor, document: RecipeDocument) -> None:
    scene.choose(f"{TOP}.particle")
    settle(scene)
    box = scene.panel.findChild(QuantityEdit, f"field.{TOP}.particle.volume.radius")
    assert box is not None
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "2.2 nm")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert document.value(f"{TOP}.particle.volume.radius") == 22.0
    assert document.undo_label == "particle: Radius"
    row = scene.panel.row(f"{TOP}.particle.volume.radius")
    assert row is not None and row.changed and row.reset.isVisible()
    box.selectAll()
    QTest.keyClicks(box, "-3")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert "Outside its range" in row.problem and document.value(f"{TOP}.particle.volume.radius") == 22.0


def test_kinds_switch_the_fields(scene: SceneEditor, document: RecipeDocument) -> None:
    path = f"{TOP}.particle"
    scene.choose(path)
    settle(scene)
    combo = scene.panel.findChild(QComboBox, f"field.{path}.volume.kind")
    assert combo is not None and scene.panel.row(f"{path}.volume.height") is None
    combo.setFocus()
    for _ in range(combo.findData("cylinder") - combo.currentIndex()):
        QTest.keyClick(combo, Qt.Key.Key_Down)
    assert document.value(f"{path}.volume.kind") == "cylinder"
    assert scene.panel.row(f"{path}.volume.height") is not None
    node = scene.panel.findChild(QComboBox, f"field.{path}.kind")
    assert node is not None
    node.setFocus()
    QTest.keyClick(node, Qt.Key.Key_Down)
    settle(scene)
    assert document.value(f"{path}.kind") == "cluster"
    assert scene.panel.row(f"{path}.shells") is not None


def test_list_is_edited_in_place(scene: SceneEditor, document: RecipeDocument) -> None:
    path = f"{TOP}.particle.volume.facets"
    document.set(f"{TOP}.particle.volume.kind", "facets")
    scene.choose(f"{TOP}.particle")
    settle(scene)
    shown = scene.panel.findChild(EntryList, f"list.{path}")
    assert shown is not None and shown.isVisible() and shown.table.rowCount() == 2
    shown.table.selectRow(1)
    click(shown, f"list.{path}.add")
    assert len(document.value(path)) == 3 and document.undo_label == "Add to facets"
    assert scene.panel.row(f"{path}.2.distance") is not None, "the new entry is shown"
    shown.type_into(2, 3, "1.9 nm")
    assert document.value(f"{path}.2.distance") == 19.0
    shown.type_into(2, 3, "-1")
    assert "Outside its range" in shown.problem.text() and document.value(f"{path}.2.distance") == 19.0
    shown.table.setFocus()
    QTest.keyClick(shown.table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert document.value(f"{path}.1.distance") == 19.0 and shown.key == "1"
    QTest.keyClick(shown.table, Qt.Key.Key_Delete)
    assert [entry["distance"] for entry in document.value(path)] == [15.0, 17.0]


def test_changes_come_from_a_menu(scene: SceneEditor, document: RecipeDocument) -> None:
    path = f"{TOP}.particle.changes"
    scene.choose(f"{TOP}.particle")
    settle(scene)
    scene.panel.set_open_sections((path,))
    shown = scene.panel.findChild(EntryList, f"list.{path}")
    assert shown is not None
    menu = shown.add_button.menu()
    next(item for item in menu.actions() if item.objectName().endswith(".rotate")).trigger()
    next(item for item in menu.actions() if item.objectName().endswith(".rotate")).trigger()
    assert [entry["name"] for entry in document.value(path)] == ["rotate", "rotate_2"]
    assert scene.panel.row(f"{path}.rotate_2.angle") is not None
    assert scene.panel.row(f"{path}.rotate.angle") is None
    document.set(f"{path}.rotate_2.angle", 30.0)
    row = scene.panel.row(f"{path}.rotate_2.angle")
    assert row is not None and row.changed


def test_members_draw_values_of_their_own(scene: SceneEditor, document: RecipeDocument) -> None:
    path = f"{TOP}.particle.volume.radius"
    scene.choose(f"{TOP}.particle")
    settle(scene)
    click(scene.panel, f"field.{path}.vary.open")
    assert document.vary(path).law == "grid"
    level = scene.panel.findChild(QComboBox, f"vary.{path}.per")
    assert level is not None
    level.setFocus()
    assert level.findData("instance") >= 0
    QTest.keyClick(level, Qt.Key.Key_Down)
    entry = document.vary(path)
    assert (entry.law, entry.per) == ("uniform", "instance"), "grids go through the dataset"
    law = scene.panel.findChild(QComboBox, f"vary.{path}.law")
    assert law is not None
    law.setFocus()
    QTest.keyClick(law, Qt.Key.Key_Up)
    assert document.vary(path).law == "grid" and document.vary(path).per is None
    click(scene.panel, f"field.{TOP}.particle.count.vary.open")
    found = scene.panel.findChild(VaryEditor, f"vary.{TOP}.particle.count")
    assert found is not None
    per = found.findChild(QComboBox, f"vary.{TOP}.particle.count.per")
    assert document.vary(f"{TOP}.particle.count") is not None, found.problem
    assert per is not None and per.findData("instance") < 0, "members cannot draw how many they are"


def test_sweep_names_the_node(scene: SceneEditor, document: RecipeDocument) -> None:
    table = SweepTable(document)
    table.add(f"{TOP}.particle.volume.radius")
    assert table.table.item(0, 0).text() == "particle: Radius (r)"
    table.deleteLater()


# --- what is wrong -----------------------------------------------------------------------------


def test_problem_is_shown_at_its_node(scene: SceneEditor, document: RecipeDocument) -> None:
    scene.choose(f"{TOP}.particle")
    settle(scene)
    said = "the sphere is too small for one atom."
    assert scene.show_problem("specimen.nodes.particle#3.volume.radius", said)
    row = scene.panel.row(f"{TOP}.particle.volume.radius")
    assert row is not None and row.problem == said
    assert said in scene.model.index_of(f"{TOP}.particle").data(Qt.ItemDataRole.ToolTipRole)
    assert scene.show_problem("specimen.nodes.cluster.shells", said)
    assert said in scene.model.index_of(f"{TOP}.group.nodes.cluster").data(Qt.ItemDataRole.ToolTipRole)
    assert not scene.show_problem("imaging.sigma", said)
    document.set(f"{TOP}.particle.volume.radius", 20.0)
    assert row.problem == ""
    assert said not in scene.model.index_of(f"{TOP}.particle").data(Qt.ItemDataRole.ToolTipRole)


def test_setting_is_revealed(scene: SceneEditor) -> None:
    assert scene.reveal(f"{TOP}.group.nodes.cluster.shells")
    QApplication.processEvents()
    assert scene.current_path() == f"{TOP}.group.nodes.cluster"
    assert scene.panel.row(f"{TOP}.group.nodes.cluster.shells") is not None
    assert not scene.reveal("imaging.sigma")


def test_material_is_suggested_while_it_is_typed(scene: SceneEditor, document: RecipeDocument) -> None:
    path = f"{TOP}.particle.crystal.name"
    scene.choose(f"{TOP}.particle")
    settle(scene)
    line = scene.panel.findChild(QLineEdit, f"field.{path}")
    assert line is not None
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "cds")
    offered = line.completer()
    assert offered is not None and offered.currentCompletion() in ("CdS", "CdSe")
    offered.popup().hide()
    QTest.keyClicks(line, "e")
    assert offered.currentCompletion() == "CdSe"
    offered.popup().hide()
    line.setText("CdSe")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert document.value(path) == "CdSe"


def test_names_to_choose_from_follow_the_nodes(scene: SceneEditor, document: RecipeDocument) -> None:
    path = f"{TOP}.particle"
    document.set(f"{path}.placement.kind", "seated")
    scene.choose(path)
    settle(scene)

    def offered() -> list[str]:
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        combo = scene.panel.findChild(QComboBox, f"field.{path}.placement.on")
        assert combo is not None
        return [combo.itemData(row) for row in range(combo.count())]

    assert offered() == ["", "amorphous", "group", "cluster"]
    document.set(f"{path}.placement.on", "amorphous")
    document.set(f"{TOP}.amorphous.name", "film")
    assert offered() == ["", "film", "group", "cluster"]
    combo = scene.panel.findChild(QComboBox, f"field.{path}.placement.on")
    assert combo is not None and combo.currentData() == "film"
