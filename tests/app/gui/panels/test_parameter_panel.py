"""The parameter panel, typed and clicked at: what reaches the recipe, and what is said when nothing may."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QToolButton, QWidget

from app.gui.document import fields
from app.gui.document.document import RecipeDocument
from app.gui.panels.editors import AutoEditor, ChoiceEditor, NumberEditor
from app.gui.panels.files_editor import FilesEditor
from app.gui.panels.panel import ParameterPanel
from app.gui.panels.quantity_edit import QuantityEdit
from app.gui.panels.row import Row
from app.gui.panels.slider import ThinSlider
from app.gui.panels.text_editors import Line
from tests.yardstick import slowness

pytestmark = pytest.mark.gui


@pytest.fixture
def document() -> RecipeDocument:
    # A clock that ticks a second a look: no two edits merge but those of a gesture.
    return RecipeDocument(clock=count().__next__)


@pytest.fixture
def panel(qtbot: object, document: RecipeDocument) -> Iterator[ParameterPanel]:
    made = ParameterPanel(document)
    made.resize(360, 1000)
    made.show()
    made.activateWindow()
    QTest.qWaitForWindowActive(made)
    yield made
    made.close()
    made.deleteLater()


def row_of(panel: ParameterPanel, path: str) -> Row:
    row = panel.row(path)
    assert row is not None
    return row


def box(panel: ParameterPanel, path: str) -> QuantityEdit:
    found = panel.findChild(QuantityEdit, f"field.{path}")
    assert found is not None
    return found


def type_into(widget: QWidget, text: str, *, key: Qt.Key = Qt.Key.Key_Return) -> None:
    widget.setFocus()
    widget.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(widget, text)
    QTest.keyClick(widget, key)


def click(panel: ParameterPanel, kind: type[QWidget], name: str) -> None:
    found = panel.findChild(kind, name)
    assert found is not None, name
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def choose(panel: ParameterPanel, name: str, word: str) -> None:
    """Pick a word of a combo box with the keyboard."""
    combo = panel.findChild(QComboBox, name)
    assert combo is not None
    combo.setFocus()
    position = combo.findText(word)
    assert position >= 0
    key = Qt.Key.Key_Down if position > combo.currentIndex() else Qt.Key.Key_Up
    for _ in range(abs(position - combo.currentIndex())):
        QTest.keyClick(combo, key)


# --- values ------------------------------------------------------------------------------------


def test_typed_unit_is_converted(panel: ParameterPanel, document: RecipeDocument) -> None:
    type_into(box(panel, "pose.shift_x"), "1.2 nm")
    assert document.value("pose.shift_x") == 12.0
    assert box(panel, "pose.shift_x").lineEdit().text() == "12 Å"


def test_escape_gives_up_a_value_that_waits_for_others(
    panel: ParameterPanel, document: RecipeDocument
) -> None:
    panel.reveal("dataset.split.train")
    train = box(panel, "dataset.split.train")
    before = train.value
    type_into(train, "0.31")
    row = row_of(panel, "dataset.split.train")
    assert document.value("dataset.split.train") == before and row.problem and train.value == 0.31
    QTest.keyClick(train, Qt.Key.Key_Escape)
    assert train.value == before and not row.problem


def test_invalid_text_keeps_the_value_and_escape_restores(
    panel: ParameterPanel, document: RecipeDocument
) -> None:
    type_into(box(panel, "imaging.sigma"), "wide")
    row = row_of(panel, "imaging.sigma")
    assert document.value("imaging.sigma") == 0.6
    assert "no number" in row.problem
    QTest.keyClick(box(panel, "imaging.sigma"), Qt.Key.Key_Escape)
    assert row.problem == ""
    assert box(panel, "imaging.sigma").lineEdit().text() == "0.6 Å"


def test_out_of_range_says_the_range_until_it_is_mended(
    panel: ParameterPanel, document: RecipeDocument
) -> None:
    """A preview that comes in late clears its own problems, not what is wrong with a typed text."""
    type_into(box(panel, "imaging.sigma"), "99")
    row = row_of(panel, "imaging.sigma")
    assert document.value("imaging.sigma") == 0.6
    assert "0.05 to 5 Å" in row.problem
    panel.clear_problems()
    assert "0.05 to 5 Å" in row.problem
    type_into(box(panel, "imaging.sigma"), "0.9")
    assert row.problem == "" and document.value("imaging.sigma") == 0.9


def test_a_drag_of_the_slider_is_one_step(panel: ParameterPanel, document: RecipeDocument) -> None:
    slider = panel.findChild(ThinSlider, "field.imaging.sigma.slider")
    assert slider is not None
    middle = slider.height() // 2
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 4, middle))
    assert document.in_gesture
    for x in range(slider.width() // 4, slider.width(), 2):
        QTest.mouseMove(slider, QPoint(x, middle))
    QTest.mouseMove(slider, QPoint(slider.width() + 50, middle))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() + 50, middle))
    assert not document.in_gesture
    assert document.value("imaging.sigma") == 5.0
    assert document.undo_label == "Sigma"
    document.undo()
    assert document.value("imaging.sigma") == 0.6 and not document.can_undo
    assert box(panel, "imaging.sigma").lineEdit().text() == "0.6 Å"


def test_a_change_costs_little(panel: ParameterPanel, document: RecipeDocument) -> None:
    """A slider moves 125 times a second: a change may cost 4 ms with all there is to show."""
    panel.set_open_sections(tuple(panel._sections))
    times = []
    document.begin_gesture()
    for step in range(200):
        begun = time.thread_time()
        document.set("imaging.sigma", 0.3 + step / 1000)
        times.append(time.thread_time() - begun)
    document.end_gesture()
    assert sorted(times)[len(times) // 2] < 0.004 * slowness()


def test_only_the_changed_rows_are_touched(
    panel: ParameterPanel, document: RecipeDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    original = Row.show_value

    def watched(row: Row, *args: Any, **named: Any) -> None:
        shown.append(row.field.path)
        original(row, *args, **named)

    monkeypatch.setattr(Row, "show_value", watched)
    document.set("imaging.sigma", 0.7)
    assert shown == ["imaging.sigma"]


def test_choices_switches_and_automatic_numbers(panel: ParameterPanel, document: RecipeDocument) -> None:
    choose(panel, "field.specimen.geometry", "decahedron")
    assert document.value("specimen.geometry") == "decahedron"
    editor = row_of(panel, "imaging.normalisation").editor
    assert isinstance(editor, ChoiceEditor)
    QTest.mouseClick(editor.buttons["area"], Qt.MouseButton.LeftButton)
    assert document.value("imaging.normalisation") == "area"
    click(panel, QToolButton, "field.image.width.auto")
    assert document.value("image.width") == "auto"
    click(panel, QToolButton, "field.image.width.auto")
    assert document.value("image.width") == 128
    panel.reveal("labels.particle_mask")
    QTest.keyClick(row_of(panel, "labels.particle_mask").editor.main, Qt.Key.Key_Space)
    assert document.value("labels.particle_mask") is False


def test_lists_of_numbers_wait_for_each_other(panel: ParameterPanel, document: RecipeDocument) -> None:
    """One amplitude for each frequency: neither list alone leads from one valid recipe to the next."""
    panel.reveal("noise.scan.vibration_frequencies")
    line = panel.findChild(Line, "field.noise.scan.vibration_frequencies")
    assert line is not None
    type_into(line, "0.05 kHz, 100 Hz")
    assert document.value("noise.scan.vibration_frequencies") == ()
    assert "one amplitude for each frequency" in row_of(panel, "noise.scan.vibration_frequencies").problem
    panel.clear_problems()
    assert line.text() == "50, 100 Hz"
    amplitudes = panel.findChild(Line, "field.noise.scan.vibration_amplitudes")
    assert amplitudes is not None
    type_into(amplitudes, "0.2, 0.1 Å")
    assert document.value("noise.scan.vibration_frequencies") == (50.0, 100.0)
    assert document.value("noise.scan.vibration_amplitudes") == (0.2, 0.1)
    assert row_of(panel, "noise.scan.vibration_frequencies").problem == ""


def test_shares_that_must_add_up_can_be_changed(panel: ParameterPanel, document: RecipeDocument) -> None:
    panel.reveal("dataset.split.train")
    type_into(box(panel, "dataset.split.train"), "0.7")
    assert document.value("dataset.split.train") == 0.8
    assert "add up to 1" in row_of(panel, "dataset.split.train").problem
    assert box(panel, "dataset.split.train").lineEdit().text() == "0.7"
    type_into(box(panel, "dataset.split.test"), "0.2")
    assert document.value("dataset.split.train") == 0.7
    assert document.value("dataset.split.test") == 0.2
    assert row_of(panel, "dataset.split.train").problem == ""


# --- kinds, files, presets ---------------------------------------------------------------------


def test_a_kind_brings_its_own_fields(panel: ParameterPanel, document: RecipeDocument) -> None:
    assert panel.row("pose.phi1") is None
    choose(panel, "field.pose.kind", "euler")
    assert document.value("pose.kind") == "euler"
    assert row_of(panel, "pose.phi1").isVisible()
    assert row_of(panel, "pose.shift_x").isVisible()
    document.undo()
    QApplication.processEvents()
    assert panel.row("pose.phi1") is None


def test_structure_files_are_dropped_renamed_and_removed(
    panel: ParameterPanel, document: RecipeDocument
) -> None:
    choose(panel, "field.specimen.kind", "file")
    # The recipe cannot image files before there is one: the panel asks for it.
    assert document.value("specimen.kind") == "cluster"
    assert "at least one structure file" in row_of(panel, "specimen.files").problem
    editor = row_of(panel, "specimen.files").editor
    assert isinstance(editor, FilesEditor)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/data/a.xyz"), QUrl.fromLocalFile("/other/a.xyz")])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), copy, mime, left, none)
    QApplication.sendEvent(editor.table.viewport(), enter)
    assert enter.isAccepted()
    QApplication.sendEvent(editor.table.viewport(), QDropEvent(QPointF(5, 5), copy, mime, left, none))
    assert document.value("specimen.kind") == "file"
    assert [entry["name"] for entry in document.value("specimen.files")] == ["a", "a 2"]
    editor = row_of(panel, "specimen.files").editor
    assert isinstance(editor, FilesEditor)
    editor.table.selectRow(1)
    QTest.keyClick(editor.table, Qt.Key.Key_Delete)
    assert [entry["name"] for entry in document.value("specimen.files")] == ["a"]


def test_the_preset_says_when_it_is_modified(panel: ParameterPanel, document: RecipeDocument) -> None:
    row = row_of(panel, "noise.preset")
    type_into(box(panel, "noise.exposure.dose"), "1000 e-/A2")
    assert document.value("noise.exposure.dose") == 1000.0
    note = row.findChild(QWidget, "field.noise.preset.note")
    assert note is not None and note.isVisible()
    choose(panel, "field.noise.preset", "poisson low")
    assert document.value("noise.preset") == "poisson_low"
    assert not note.isVisible()
    assert not row_of(panel, "noise.exposure.dose").changed


# --- marks, reset, search ----------------------------------------------------------------------


def test_the_mark_of_a_changed_value_resets_it(panel: ParameterPanel, document: RecipeDocument) -> None:
    row = row_of(panel, "imaging.sigma")
    assert row.reset.isHidden()
    document.set("imaging.sigma", 0.9)
    assert row.reset.isVisible()
    QTest.mouseClick(row.reset, Qt.MouseButton.LeftButton)
    assert document.value("imaging.sigma") == 0.6 and row.reset.isHidden()


def test_a_section_is_reset_as_a_whole(panel: ParameterPanel, document: RecipeDocument) -> None:
    document.set("imaging.sigma", 0.9)
    document.set("imaging.alpha", 2.0)
    click(panel, QToolButton, "section.imaging.reset")
    assert document.overridden("imaging") == ()
    document.set("image.pixel_size", 0.5)
    box(panel, "image.pixel_size").setFocus()
    panel.reset_focused_section()
    assert document.value("image.pixel_size") == 0.2


def test_search_finds_by_symbol_path_and_meaning(panel: ParameterPanel) -> None:
    for words, path in (("σ", "imaging.sigma"), ("read_noise", "noise.detector.read_noise"),
                        ("carbon film", "noise.background.thickness")):  # fmt: skip
        panel.focus_search()
        if words.isascii():
            QTest.keyClicks(panel.filter.search, words)
        else:  # QTest has no keys for other letters
            panel.filter.search.setText(words)
        assert row_of(panel, path).isVisible(), words
    assert not row_of(panel, "image.pixel_size").isVisible()
    panel.filter.search.clear()
    assert row_of(panel, "image.pixel_size").isVisible()
    assert "noise.detector" not in panel.open_sections()


def test_only_what_is_changed(panel: ParameterPanel, document: RecipeDocument) -> None:
    document.set("dataset.licence", "CC0-1.0")
    click(panel, QToolButton, "parameters.only_changed")
    visible = [row.field.path for row in panel.rows() if row.isVisible()]
    assert visible == ["dataset.licence"]
    click(panel, QToolButton, "parameters.only_changed")
    assert row_of(panel, "imaging.sigma").isVisible()


def test_sections_open_by_keyboard_and_stay(panel: ParameterPanel, document: RecipeDocument) -> None:
    header = panel.findChild(QToolButton, "section.labels.header")
    assert header is not None
    header.setFocus()
    QTest.keyClick(header, Qt.Key.Key_Space)
    assert row_of(panel, "labels.atoms").isVisible()
    document.replace(document.recipe.model_copy(update={"seed": 7}), label="Other recipe")
    assert "labels" in panel.open_sections()
    QTest.keyClick(header, Qt.Key.Key_Left)
    assert "labels" not in panel.open_sections()


def test_reveal_opens_scrolls_and_focuses(panel: ParameterPanel, qtbot: Any) -> None:
    panel.resize(360, 300)
    panel.reveal("noise.detector.adc_gain")  # a rare setting in a closed section
    row = row_of(panel, "noise.detector.adc_gain")
    qtbot.waitUntil(lambda: not row.visibleRegion().isEmpty(), timeout=2000)
    assert row.editor.main.hasFocus()


# --- variation ---------------------------------------------------------------------------------


def test_vary_from_one_button(panel: ParameterPanel, document: RecipeDocument) -> None:
    row = row_of(panel, "imaging.sigma")
    assert row.vary is not None
    QTest.mouseClick(row.vary, Qt.MouseButton.LeftButton)
    entry = document.vary("imaging.sigma")
    assert entry is not None and entry.tree() | {"per": None, "values": ()} == {
        "path": "imaging.sigma", "law": "grid", "per": None, "values": (), "start": 0.4, "stop": 0.8,
        "count": 5,
    }  # fmt: skip
    assert not row.editor.isEnabled()
    chip = panel.findChild(QToolButton, "field.imaging.sigma.chip")
    assert chip is not None and chip.text() == "0.4 … 0.8 Å, 5 values"
    stop = panel.findChild(QuantityEdit, "vary.imaging.sigma.stop")
    assert stop is not None
    type_into(stop, "0.12 nm")
    assert chip.text() == "0.4 … 1.2 Å, 5 values"
    choose(panel, "vary.imaging.sigma.law", "Uniform")
    entry = document.vary("imaging.sigma")
    assert entry is not None and (entry.law, entry.tree()["high"]) == ("uniform", 1.2)
    click(panel, QToolButton, "vary.imaging.sigma.remove")
    assert document.vary("imaging.sigma") is None
    assert row.editor.isEnabled() and row.editor.isVisible() and not row.vary_open
    assert document.value("imaging.sigma") == 0.6


def test_what_is_wrong_with_a_variation_is_said_in_its_editor(
    panel: ParameterPanel, document: RecipeDocument
) -> None:
    row = row_of(panel, "imaging.sigma")
    assert row.vary is not None
    QTest.mouseClick(row.vary, Qt.MouseButton.LeftButton)
    choose(panel, "vary.imaging.sigma.law", "Uniform")
    high = panel.findChild(QuantityEdit, "vary.imaging.sigma.high")
    low = panel.findChild(QuantityEdit, "vary.imaging.sigma.low")
    assert high is not None and low is not None
    type_into(low, "2")
    problem = panel.findChild(QWidget, "vary.imaging.sigma.problem")
    assert problem is not None and problem.isVisible()
    entry = document.vary("imaging.sigma")
    assert entry is not None and entry.tree()["low"] == 0.4
    # The refused end is kept, so that the other one can follow it.
    type_into(high, "3")
    entry = document.vary("imaging.sigma")
    assert entry is not None and (entry.tree()["low"], entry.tree()["high"]) == (2.0, 3.0)
    assert not problem.isVisible()


def test_words_are_ticked(panel: ParameterPanel, document: RecipeDocument) -> None:
    row = row_of(panel, "specimen.geometry")
    assert row.vary is not None
    QTest.mouseClick(row.vary, Qt.MouseButton.LeftButton)
    entry = document.vary("specimen.geometry")
    assert entry is not None and len(entry.tree()["values"]) == 4
    words: Any = panel.findChild(QWidget, "vary.specimen.geometry.values")
    words.setFocus()
    words.setCurrentRow(0)
    QTest.keyClick(words, Qt.Key.Key_Space)
    entry = document.vary("specimen.geometry")
    assert entry is not None
    assert entry.tree()["values"] == ("cuboctahedron", "decahedron", "garzon")


# --- problems from elsewhere -------------------------------------------------------------------


def test_problems_are_shown_where_they_belong(panel: ParameterPanel, document: RecipeDocument) -> None:
    panel.show_problem("labels.column_tolerance", "Is too large for this lattice.")
    assert row_of(panel, "labels.column_tolerance").problem == "Is too large for this lattice."
    panel.show_problem("nowhere", "Something is wrong.")
    assert panel.banner.isVisible() and panel.banner.text() == "Something is wrong."
    document.set_vary("imaging.sigma", {"law": "grid", "values": [0.4, 0.6]})
    panel.show_problem("vary (imaging.sigma).values", "Are too many.")
    problem: Any = panel.findChild(QWidget, "vary.imaging.sigma.problem")
    assert problem.isVisible() and problem.text() == "Are too many."
    panel.clear_problems()
    assert row_of(panel, "labels.column_tolerance").problem == ""
    assert not panel.banner.isVisible() and not problem.isVisible()


# --- for all fields ----------------------------------------------------------------------------


def test_every_setting_has_a_row_with_name_meaning_and_step(
    panel: ParameterPanel, document: RecipeDocument
) -> None:
    document.set("pose.kind", "euler")
    panel.set_open_sections(tuple(panel._sections))
    for field in fields.fields_of(document.recipe):
        panel.reveal(field.path)
        row = row_of(panel, field.path)
        assert row.editor.main.accessibleName().startswith(field.label), field.path
        assert row.editor.main.objectName().startswith(f"field.{field.path}")
        assert row.editor.main.focusPolicy() & Qt.FocusPolicy.TabFocus, field.path
        assert field.path in field.tooltip() and field.about in field.tooltip()
        if isinstance(row.editor, NumberEditor | AutoEditor) and field.unit:
            assert row.editor.edit.lineEdit().text().endswith(field.unit), field.path


def test_nothing_is_wider_than_the_panel(panel: ParameterPanel) -> None:
    panel.set_open_sections(tuple(panel._sections))
    row = row_of(panel, "imaging.sigma")
    assert row.vary is not None
    QTest.mouseClick(row.vary, Qt.MouseButton.LeftButton)
    panel.resize(350, 900)
    QApplication.processEvents()
    content = panel.area.widget()
    assert content is not None
    assert content.minimumSizeHint().width() <= panel.area.viewport().width()


def test_a_panel_that_is_gone_listens_no_more(qtbot: Any, document: RecipeDocument) -> None:
    panel = ParameterPanel(document)
    panel.show()
    panel.close()
    panel.deleteLater()
    del panel
    qtbot.waitUntil(lambda: not document.changed._listeners, timeout=2000)
    document.set("imaging.sigma", 0.9)


def test_tab_goes_down_the_panel(panel: ParameterPanel, document: RecipeDocument) -> None:
    """Also through rows that were made later, when a kind was chosen or a section opened."""
    choose(panel, "field.pose.kind", "euler")
    row = row_of(panel, "imaging.sigma")
    assert row.vary is not None
    QTest.mouseClick(row.vary, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    panel.filter.search.setFocus()
    seen: list[tuple[int, int]] = []
    for _ in range(200):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        widget = QApplication.focusWidget()
        if widget is None or widget is panel.filter.search:
            break
        if panel._content.isAncestorOf(widget):
            place = widget.mapTo(panel._content, widget.rect().center())
            seen.append((place.y() // 4, place.x()))
    assert len(seen) > 30
    assert seen == sorted(seen)


def test_ten_thousand_files_do_not_slow_a_slider(panel: ParameterPanel, document: RecipeDocument) -> None:
    files = [{"name": f"s{i}", "path": f"/data/s{i}.xyz"} for i in range(10_000)]
    document.set_many({"specimen.kind": "file", "specimen.files": files}, label="Files")
    times = []
    for step in range(3):
        begun = time.thread_time()
        document.set("imaging.sigma", 0.9 + step / 10)
        times.append(time.thread_time() - begun)
    assert min(times) < 0.016 * slowness()
