"""Lists of the recipe in the parameter panel: detectors, B factors, blurs; with mouse and keys."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QToolButton, QWidget

from app.gui.document.document import RecipeDocument
from app.gui.panels.entry_list import EntryList
from app.gui.panels.panel import ParameterPanel
from app.gui.panels.quantity_edit import QuantityEdit
from app.gui.panels.sweep_table import SweepTable
from sim.plan.plan import Plan, collect_structures
from sim.recipe.toml import read_recipe

pytestmark = pytest.mark.gui
DETECTORS = "imaging.detectors"
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def document() -> RecipeDocument:
    """One annular detector of 30 to 80 mrad, called adf, and a camera."""
    return RecipeDocument(read_recipe("stem_4d_au55_small").recipe(), clock=count().__next__)


@pytest.fixture
def panel(qtbot: object, document: RecipeDocument) -> Iterator[ParameterPanel]:
    made = ParameterPanel(document)
    made.resize(380, 1200)
    made.show()
    made.activateWindow()
    QTest.qWaitForWindowActive(made)
    yield made
    made.close()
    made.deleteLater()


def find(panel: ParameterPanel, kind: type[Any], name: str) -> Any:
    found = panel.findChild(kind, name)
    assert found is not None, name
    return found


def click(panel: ParameterPanel, name: str) -> None:
    button = find(panel, QToolButton, name)
    assert button.isVisible() and button.isEnabled(), name
    QTest.mouseClick(button, LEFT)
    settle()


def settle() -> None:
    """Let what was clicked take effect, and let go of what was taken away."""
    QApplication.processEvents()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QApplication.processEvents()


def add(panel: ParameterPanel, word: str) -> None:
    """Pick a kind in the menu of the button."""
    menu = find(panel, QToolButton, f"list.{DETECTORS}.add").menu()
    next(item for item in menu.actions() if item.objectName() == f"list.{DETECTORS}.add.{word}").trigger()
    settle()


def type_into(panel: ParameterPanel, path: str, text: str) -> None:
    box = find(panel, QuantityEdit, f"field.{path}")
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Return)
    settle()


def names(document: RecipeDocument) -> list[str]:
    return [entry["name"] for entry in document.value(DETECTORS)]


def the_list(panel: ParameterPanel) -> EntryList:
    found: EntryList = find(panel, EntryList, f"list.{DETECTORS}")
    return found


def test_detectors_are_added_copied_moved_and_removed_in_one_step_each(
    panel: ParameterPanel, document: RecipeDocument
) -> None:
    """Names are made unique; every button is one step of undo."""
    assert the_list(panel).isVisible() and names(document) == ["adf", "camera"]
    the_list(panel).choose("adf")
    click(panel, f"list.{DETECTORS}.copy")
    assert names(document) == ["adf", "adf_2", "camera"] and the_list(panel).key == "adf_2"
    assert document.value(f"{DETECTORS}.adf_2.inner") == 30.0
    add(panel, "bright_field")
    add(panel, "bright_field")
    assert names(document) == ["adf", "adf_2", "bright_field", "bright_field_2", "camera"]
    QTest.keyClick(the_list(panel).table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert names(document) == ["adf", "adf_2", "bright_field_2", "bright_field", "camera"]
    QTest.keyClick(the_list(panel).table, Qt.Key.Key_Delete)
    settle()
    assert names(document) == ["adf", "adf_2", "bright_field", "camera"]
    for _ in range(5):
        document.undo()
    assert names(document) == ["adf", "camera"] and not document.can_undo


def test_the_first_detector_is_marked(panel: ParameterPanel, document: RecipeDocument) -> None:
    shown = the_list(panel)
    add(panel, "bright_field")
    shown.choose("adf")
    settle()
    first, second = shown.table.item(0, 0), shown.table.item(1, 0)
    assert not first.icon().isNull() and second.icon().isNull()
    assert first.data(Qt.ItemDataRole.AccessibleTextRole) == "adf, makes the images"
    assert [section.title for section in shown.sections()] == ["adf, makes the images"]
    click(panel, f"list.{DETECTORS}.move_down")
    assert names(document) == ["bright_field", "adf", "camera"]
    assert [section.title for section in shown.sections()] == ["adf"]
    assert shown.table.item(0, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "bright_field, makes the images"
    header = find(panel, QToolButton, f"section.{DETECTORS}.adf.header")
    assert header.text() == "adf"


def test_a_camera_may_not_be_first_and_says_so(panel: ParameterPanel, document: RecipeDocument) -> None:
    shown = the_list(panel)
    shown.choose("camera")
    settle()
    click(panel, f"list.{DETECTORS}.move_up")
    assert names(document) == ["adf", "camera"]
    assert shown.problem.text().startswith("Cannot make the images") and shown.problem.isVisible()


def test_kind_and_angles_of_a_detector(panel: ParameterPanel, document: RecipeDocument) -> None:
    """Another kind keeps what both have; what is wrong is said at the field."""
    the_list(panel).choose("adf")
    settle()
    type_into(panel, f"{DETECTORS}.adf.inner", "90")
    row = panel.row(f"{DETECTORS}.adf.inner")
    assert row is not None and "not below the outer angle" in row.problem.lower()
    assert document.value(f"{DETECTORS}.adf.inner") == 30.0
    # What was refused waits for what it clashes with.
    type_into(panel, f"{DETECTORS}.adf.outer", "120")
    assert document.value(DETECTORS)[0] == {"name": "adf", "kind": "annular", "inner": 90.0, "outer": 120.0}
    add(panel, "annular")
    kind = find(panel, QComboBox, f"field.{DETECTORS}.annular.kind")
    kind.setFocus()
    QTest.keyClick(kind, Qt.Key.Key_Down)
    QTest.keyClick(find(panel, QComboBox, f"field.{DETECTORS}.annular.kind"), Qt.Key.Key_Down)
    settle()
    assert document.value(DETECTORS)[1]["kind"] == "segmented"
    assert panel.row(f"{DETECTORS}.annular.segments") is not None
    assert panel.row(f"{DETECTORS}.annular.segments").vary is None  # type: ignore[union-attr]


def test_a_detector_is_renamed_and_its_variation_follows(
    panel: ParameterPanel, document: RecipeDocument
) -> None:
    the_list(panel).choose("adf")
    settle()
    click(panel, f"field.{DETECTORS}.adf.inner.vary.open")
    assert f"{DETECTORS}.adf.inner" in document.varied_paths()
    Plan(document.recipe, collect_structures(document.recipe))
    table = the_list(panel).table
    table.setCurrentCell(0, 0)
    table.edit(table.model().index(0, 0))
    line = table.findChild(QLineEdit)
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, "haadf")
    QTest.keyClick(line, Qt.Key.Key_Return)
    settle()
    assert names(document) == ["haadf", "camera"] and the_list(panel).key == "haadf"
    assert f"{DETECTORS}.haadf.inner" in document.varied_paths()
    row = panel.row(f"{DETECTORS}.haadf.inner")
    assert row is not None and row.varied


def test_the_sweep_offers_settings_of_detectors(panel: ParameterPanel, document: RecipeDocument) -> None:
    sweep = SweepTable(document)
    sweep.add(f"{DETECTORS}.adf.outer")
    assert sweep.table.item(1, 0).text() == "adf: Outer"
    sweep.deleteLater()


def test_a_problem_from_elsewhere_chooses_the_entry(panel: ParameterPanel, document: RecipeDocument) -> None:
    the_list(panel).choose("camera")
    settle()
    panel.show_problem(f"{DETECTORS}.adf.outer", "Is beyond the largest angle.")
    row = panel.row(f"{DETECTORS}.adf.outer")
    assert row is not None and row.isVisible() and row.problem == "Is beyond the largest angle."


def test_lists_in_closed_sections_are_made_when_they_are_opened(
    panel: ParameterPanel, document: RecipeDocument
) -> None:
    assert panel.findChild(EntryList, "list.labels.phase_blurs") is None
    panel.set_open_sections((*panel.open_sections(), "labels", "labels.phase_blurs"))
    settle()
    click(panel, "list.labels.phase_blurs.add")
    assert document.value("labels.phase_blurs") == ({"word": "C", "blur": 1.0},)
    panel.set_open_sections(("imaging", "imaging.phonons", "imaging.phonons.elements"))
    settle()
    click(panel, "list.imaging.phonons.elements.add")
    type_into(panel, "imaging.phonons.elements.0.b_factor", "0.7")
    assert document.value("imaging.phonons.elements") == ({"element": "Au", "b_factor": 0.7},)
    click(panel, "field.imaging.phonons.elements.0.b_factor.vary.open")
    assert "imaging.phonons.elements.0.b_factor" in document.varied_paths()


def headers(panel: ParameterPanel) -> set[str]:
    """Titles of the sections that are to be seen."""
    found = panel.findChildren(QToolButton)
    return {one.text() for one in found if one.objectName().endswith(".header") and one.isVisible()}


@pytest.mark.parametrize(
    ("model", "there", "missing"),
    [
        ("gaussian", {"Optics"}, {"Beam", "Focus", "Coherence", "Detectors", "Multislice", "Phonons"}),
        ("hrtem", {"Beam", "Focus", "Aberrations", "Coherence", "Multislice", "Phonons"}, {"Detectors"}),
        ("stem", {"Beam", "Focus", "Aberrations", "Detectors", "Multislice", "Phonons"}, {"Coherence"}),
        ("probe", {"Beam", "Focus", "Aberrations", "Phonons"}, {"Coherence", "Multislice", "Detectors"}),
    ],
)
def test_only_sections_that_the_model_has_are_shown(
    panel: ParameterPanel, document: RecipeDocument, model: str, there: set[str], missing: set[str]
) -> None:
    document.set("imaging.model", model)
    settle()
    assert there <= headers(panel) and not missing & headers(panel)
    # Nor when a search has come and gone, nor while one is on.
    panel.filter.search.setText("detectors")
    settle()
    assert ("Detectors" in headers(panel)) == (model == "stem")
    assert not missing & headers(panel)
    panel.filter.clear()
    settle()
    assert there <= headers(panel) and not missing & headers(panel)
    panel.filter.only_changed.setChecked(True)
    settle()
    assert not missing & headers(panel)


def test_search_looks_into_the_entries(panel: ParameterPanel, document: RecipeDocument) -> None:
    panel.set_open_sections(())
    panel.filter.search.setText("half width")
    settle()
    # Of the camera, which is not the chosen one.
    assert {"Optics", "Detectors"} <= headers(panel) and the_list(panel).isVisible()
    the_list(panel).choose("camera")
    settle()
    row = panel.row(f"{DETECTORS}.camera.outer")
    other = panel.row(f"{DETECTORS}.camera.pixels")
    assert row is not None and row.isVisible() and (other is None or not other.isVisible())


def test_a_kind_chosen_while_a_search_is_on(panel: ParameterPanel, document: RecipeDocument) -> None:
    panel.filter.search.setText("coherence")
    settle()
    assert "Coherence" not in headers(panel)
    document.set("imaging.model", "hrtem")
    settle()
    assert "Coherence" in headers(panel)


def test_tab_goes_down_through_the_lists(panel: ParameterPanel, document: RecipeDocument) -> None:
    """From the table to its buttons to the settings of the entry, and on to the next section."""
    panel.focusNextPrevChild(True)
    the_list(panel).table.setFocus()
    seen: list[str] = []
    for _ in range(12):
        panel.focusNextPrevChild(True)
        focus = QApplication.focusWidget()
        assert isinstance(focus, QWidget)
        seen.append(focus.objectName())
    places = [
        next((i for i, name in enumerate(seen) if name.startswith(start)), -1)
        for start in (
            f"list.{DETECTORS}.add",
            f"list.{DETECTORS}.copy",
            f"section.{DETECTORS}.adf.header",
            f"field.{DETECTORS}.adf.kind",
            f"field.{DETECTORS}.adf.inner",
        )
    ]
    assert -1 not in places and places == sorted(places), seen


# --- ways out of a problem -----------------------------------------------------------------------


def test_a_label_that_the_model_cannot_make_is_switched_off_by_one_click(
    panel: ParameterPanel, document: RecipeDocument
) -> None:
    document.set("labels.phase_mask", True)
    said = "Needs a wave."
    document.set("imaging.model", "gaussian")
    panel.show_problem("labels.phase_mask", said)
    row = panel.row("labels.phase_mask")
    assert row is not None and row.isVisible() and row.problem == said
    off = find(panel, QToolButton, "field.labels.phase_mask.ways.off")
    undo = find(panel, QToolButton, "field.labels.phase_mask.ways.undo")
    assert off.text() == "Switch off" and undo.text() == "Undo Imaging model"
    QTest.mouseClick(undo, LEFT)
    settle()
    assert document.value("imaging.model") == "stem" and row.problem == ""
    document.redo()
    panel.show_problem("labels.phase_mask", said)
    settle()
    QTest.mouseClick(find(panel, QToolButton, "field.labels.phase_mask.ways.off"), LEFT)
    settle()
    assert document.value("labels.phase_mask") is False and row.problem == ""
    assert not find(panel, QWidget, "field.labels.phase_mask.ways").isVisible()
