"""The table of what varies: one line a setting, and how the lines combine."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.document import entry_fields, fields
from app.gui.document.document import Change, RecipeDocument
from app.gui.document.references import nodes_of
from app.gui.frame.icons import icon
from app.gui.panels import laws
from app.gui.panels.problem_label import ProblemLabel
from app.gui.panels.quantity_edit import sentence
from app.gui.panels.vary_editor import LEVELS, VaryEditor
from sim.core.errors import InputError
from sim.plan.targets import STRUCTURE_SECTIONS

#: Titles of the columns, and what stands in them.
COLUMNS = (
    ("Parameter", "The setting that varies."),
    ("Law", "How its values come about."),
    ("From", "Smallest value, or the centre of a normal law."),
    ("To", "Largest value, or the deviation of a normal law."),
    ("Values", "Number of values, or the values themselves."),
    ("For", "How often a value is taken."),
)
#: Said of an entry that varies what no recipe has.
NO_SETTING = "There is no such setting; remove the line, or correct the name in the recipe's file."


class SweepTable(QWidget):
    """What varies in a document.

    Parameters
    ----------
    document
        The recipe.
    own_editor
        Edit the chosen line beside the table; otherwise editing is asked for by ``edit_requested``.
    """

    #: (path) the user wants to change how a setting varies.
    edit_requested = Signal(str)

    def __init__(
        self, document: RecipeDocument, parent: QWidget | None = None, *, own_editor: bool = False
    ) -> None:
        super().__init__(parent)
        self.setObjectName("sweep")
        self._document = document
        self._own_editor = own_editor
        self._editor: VaryEditor | None = None
        self._paths: tuple[str, ...] = ()
        self._build()
        document.changed.connect(self._changed)
        self.destroyed.connect(partial(document.changed.disconnect, self._changed))
        self.refresh()

    def _build(self) -> None:
        self.table = QTableWidget(0, len(COLUMNS), self)
        self.table.setObjectName("sweep.table")
        self.table.setAccessibleName("What varies")
        for place, (title, tip) in enumerate(COLUMNS):
            heading = QTableWidgetItem(title)
            heading.setToolTip(tip)
            self.table.setHorizontalHeaderItem(place, heading)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setAlternatingRowColors(True)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(int(self.fontMetrics().height() * 1.45))
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(4, QHeaderView.ResizeMode.Stretch)
        self.table.itemDoubleClicked.connect(lambda item: self._edit(item.row()))
        self.table.itemSelectionChanged.connect(self._selected)
        self.add_button = QToolButton(self)
        self.add_button.setText("Add")
        self.add_button.setIcon(icon("add"))
        self.add_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.add_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.add_button.setObjectName("sweep.add")
        self.add_button.setToolTip("Let another setting vary.")
        self.add_button.setAccessibleName("Let another setting vary")
        self.add_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._menu = QMenu(self.add_button)
        self._menu.setObjectName("sweep.menu")
        self._menu.aboutToShow.connect(self._fill_menu)
        self.add_button.setMenu(self._menu)
        self.edit_button = self._button("Edit…", "edit", "Change how the chosen setting varies.")
        self.edit_button.clicked.connect(lambda *_: self._edit(self.table.currentRow()))
        self.edit_button.setVisible(not self._own_editor)
        self.remove_button = self._button("Remove", "remove", "Fix the chosen setting at its own value.")
        self.remove_button.clicked.connect(lambda *_: self._remove(self.table.currentRow()))
        self.footer = QLabel(self)
        self.footer.setObjectName("sweep.footer")
        self.problem = ProblemLabel("sweep.problem", self)
        below = QHBoxLayout()
        below.setContentsMargins(4, 0, 4, 2)
        below.setSpacing(4)
        below.addWidget(self.add_button)
        below.addWidget(self.edit_button)
        below.addWidget(self.remove_button)
        below.addWidget(self.footer, 1)
        self._beside = QVBoxLayout()
        middle = QHBoxLayout()
        middle.setSpacing(4)
        middle.addWidget(self.table, 3)
        middle.addLayout(self._beside, 2 if self._own_editor else 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(middle, 1)
        column.addWidget(self.problem)
        column.addLayout(below)

    def _button(self, text: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(icon(name), text, self)
        button.setObjectName(f"sweep.{name}")
        button.setToolTip(tip)
        button.setAccessibleName(tip.rstrip("."))
        button.setAutoDefault(False)
        return button

    # --- showing -----------------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        if not change.paths or "vary" in change.paths:
            self.refresh()

    def refresh(self) -> None:
        """Show what the recipe says."""
        chosen = self.current_path()
        entries = [entry.tree() for entry in self._document.recipe.vary]
        self._paths = tuple(entry["path"] for entry in entries)
        self.problem.show_sentence("")
        self.table.blockSignals(True)
        self.table.setRowCount(len(entries))
        for row, entry in enumerate(entries):
            for column, (text, tip) in enumerate(_cells(entry, _field(entry["path"], self._document))):
                item = QTableWidgetItem(text)
                item.setToolTip(tip)
                self.table.setItem(row, column, item)
        if self._paths:
            self.table.selectRow(self._paths.index(chosen) if chosen in self._paths else 0)
        self.table.blockSignals(False)
        self.footer.setText(laws.footer(entries))
        self._selected()

    def current_path(self) -> str:
        """The setting of the chosen line; empty if there is none."""
        row = self.table.currentRow()
        return self._paths[row] if 0 <= row < len(self._paths) else ""

    def _selected(self) -> None:
        path = self.current_path()
        field = _field(path, self._document) if path else None
        self.edit_button.setEnabled(field is not None)
        self.remove_button.setEnabled(bool(path))
        if not self._own_editor:
            return
        if self._editor is not None and self._editor.field.path != path:
            self._beside.removeWidget(self._editor)
            self._editor.hide()
            self._editor.deleteLater()
            self._editor = None
        if field is None:
            return
        if self._editor is None:
            choices = field.choices
            self._editor = VaryEditor(field, lambda: self._document.value(path), lambda: choices, self)
            self._editor.edited.connect(lambda entry: self._set(path, entry))
            self._beside.insertWidget(0, self._editor, 0, Qt.AlignmentFlag.AlignTop)
        entry = self._document.vary(path)
        self._editor.show_entry(None if entry is None else entry.tree())

    # --- what the user does ------------------------------------------------------------------

    def _fill_menu(self) -> None:
        self._menu.clear()
        recipe = self._document.recipe
        for section in fields.sections(recipe):
            self._offer(self._menu, section.title, section.all_fields())
        for field in (field for section in fields.sections(recipe) for field in section.lists()):
            for path, title in entry_fields.entries_in(recipe, field):
                entry = entry_fields.entry_at(recipe, path)
                assert entry is not None
                for section in entry_fields.entry_sections(type(entry.settings), path):
                    self._offer(self._menu, title, section.all_fields())
        for path, node in nodes_of(recipe):
            below = QMenu(node.name, self._menu)
            for section in entry_fields.entry_sections(type(node), path):
                self._offer(below, section.title, section.all_fields())
            if not below.isEmpty():
                self._menu.addMenu(below)

    def _offer(self, menu: QMenu, title: str, offered: Iterable[fields.Field]) -> None:
        """Offer what can vary and does not yet."""
        free = [
            field
            for field in offered
            if field.can_vary and field.path not in self._paths and field.exists_in(self._document.recipe)
        ]
        if not free:
            return
        below = menu.addMenu(title)
        below.setToolTipsVisible(True)
        for field in free:
            action = below.addAction(field.title)
            action.setObjectName(f"sweep.add.{field.path}")
            action.setToolTip(field.about)
            action.triggered.connect(lambda *_, path=field.path: self.add(path))

    def add(self, path: str) -> None:
        """Let a setting vary around its present value."""
        field = _field(path, self._document)
        assert field is not None, path  # the menu offers only what the recipe has
        law = laws.laws_for(field)[0]
        entry = laws.first_entry(field, law, self._document.value(path), field.choices)
        if self._set(path, entry):
            self.table.selectRow(self._paths.index(path))
            self.edit_requested.emit(path)

    def _set(self, path: str, entry: dict[str, Any] | None) -> bool:
        try:
            self._document.set_vary(path, entry)
        except InputError as error:
            if self._editor is not None and self._editor.field.path == path:
                self._editor.show_problem(sentence(error))
            else:
                self.problem.show_sentence(str(error))
            return False
        if self._editor is not None and self._editor.field.path == path:
            self._selected()
        return True

    def _edit(self, row: int) -> None:
        if not 0 <= row < len(self._paths):
            return
        if self._editor is not None:
            self._editor.law.setFocus(Qt.FocusReason.OtherFocusReason)
        self.edit_requested.emit(self._paths[row])

    def _remove(self, row: int) -> None:
        if 0 <= row < len(self._paths):
            self._set(self._paths[row], None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.table.hasFocus() and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._remove(self.table.currentRow())
            event.accept()
        elif self.table.hasFocus() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._edit(self.table.currentRow())
            event.accept()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        path = self.current_path()
        if not path:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Edit").triggered.connect(lambda *_: self.edit_requested.emit(path))
        menu.addAction("Remove").triggered.connect(lambda *_: self._set(path, None))
        menu.popup(QPoint(event.globalPos()))


def _field(path: str, document: RecipeDocument) -> fields.Field | None:
    """The field of a varied setting, with the choices that this recipe gives it; None if it has none."""
    try:
        return entry_fields.field_in(document.recipe, path)
    except KeyError:
        return None


def _by_any_kind(path: str) -> fields.Field | None:
    """The field of a setting that another kind than the chosen one has."""
    try:
        return fields.field_of(path)
    except KeyError:
        return None


def _title(field: fields.Field) -> str:
    """The name of a setting, with the node that it belongs to."""
    owner, colon, _ = fields.title_of(field.path).rpartition(": ")
    return f"{owner}{colon}{field.title}"


def _cells(entry: dict[str, Any], field: fields.Field | None) -> list[tuple[str, str]]:
    """(text, tooltip) of the columns of one entry, over a field or what the recipe does not know."""
    path = entry["path"]
    law = laws.law_of(entry)
    if field is None:
        field = _by_any_kind(path)
    if field is None:
        # A file can name anything; what is wrong with it is said where the images are counted.
        return [(path, NO_SETTING), (law.title.partition(":")[0], law.about), *[("", NO_SETTING)] * 4]
    names = {part.name for part in law.fields}

    def number(*candidates: str) -> str:
        name = next((item for item in candidates if item in names), "")
        if not name:
            return ""
        text = laws.short_number(entry[name], field)
        return f"± {text}" if name == "deviation" else text

    if "values" in names:
        count = len(entry["values"])
        values = laws.listed_words(entry["values"], field)
        many = f"{count}: {values}" if law.key == "list" else values
    else:
        many = str(entry["count"]) if "count" in names else "drawn"
    if "mean" in names and "low" in names:
        many = f"within {number('low')} … {number('high')}"
    structure = path.partition(".")[0] in STRUCTURE_SECTIONS
    level = entry.get("per") or ("structure" if structure else "image")
    unit = f" {field.unit}" if field.unit else ""
    first, second = number("start", "mean", "median", "low"), number("stop", "deviation", "high")
    return [
        (_title(field), field.tooltip()),
        (law.title.partition(":")[0], law.about),
        (f"{first}{unit}" if first else "", ""),
        (f"{second}{unit}" if second and law.key != "log_normal" else second, ""),
        (many, laws.summary(entry, field)),
        (LEVELS.get(level, level), ""),
    ]
