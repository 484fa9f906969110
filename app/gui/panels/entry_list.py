"""The editor of a list of settings: its entries in a table, the settings of the chosen one below."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QStyledItemDelegate,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.document import entry_fields, lists, numbers
from app.gui.document.document import RecipeDocument
from app.gui.document.fields import Field, Section
from app.gui.document.labels import sentence_of
from app.gui.document.placing import tag_of
from app.gui.document.wording import words_of
from app.gui.frame.icons import icon
from app.gui.panels.problem_label import ProblemLabel
from app.gui.panels.quantity_edit import sentence
from sim.core.entries import key_of, position_of
from sim.core.errors import InputError
from sim.core.settings import model_fields

#: Lines of the table before it scrolls.
MOST_LINES = 6
#: An entry with no more settings than this is edited in the table itself.
MOST_COLUMNS = 5
Index = QModelIndex | QPersistentModelIndex
_EDITABLE = ("number", "integer", "text")


class _Table(QTableWidget):
    """The table; Delete removes the chosen entry, Ctrl+D copies it, Alt and an arrow move it."""

    def __init__(self, owner: EntryList) -> None:
        super().__init__(0, 0, owner)
        self._owner = owner

    def keyPressEvent(self, event: QKeyEvent) -> None:
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._owner.remove()
        elif event.key() == Qt.Key.Key_D and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._owner.duplicate()
        elif alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._owner.move_by(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)
            return
        event.accept()


class _Delegate(QStyledItemDelegate):
    """Takes what is typed in a cell to the list, which asks the document."""

    def __init__(self, owner: EntryList) -> None:
        super().__init__(owner)
        self._owner = owner

    def setModelData(self, editor: QWidget, model: Any, index: Index) -> None:
        if isinstance(editor, QLineEdit) and editor.text() != index.data():
            self._owner.type_into(index.row(), index.column(), editor.text())


class EntryList(QWidget):
    """Adds, removes, moves and edits the entries of a list.

    Parameters
    ----------
    field
        The list.
    document
        The recipe.

    Attributes
    ----------
    detail
        Where the settings of the chosen entry belong.
    """

    #: Another entry is chosen, or the chosen one became something else.
    chosen = Signal()

    def __init__(self, field: Field, document: RecipeDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._document = document
        self._key = ""
        self._shown: tuple[str, type | None, bool] = ("", None, False)
        self._columns = _columns(field)
        self.setObjectName(f"list.{field.path}")
        self._build()
        self.refresh()

    def _build(self) -> None:
        name = f"list.{self.field.path}"
        self.table = _Table(self)
        self.table.setObjectName(f"{name}.table")
        self.table.setAccessibleName(self.field.label)
        self.table.setAccessibleDescription(self.field.about)
        self.table.setToolTip(f"{self.field.about}\nPath: {self.field.path}")
        self.table.setColumnCount(len(self._columns))
        self.table.setHorizontalHeaderLabels([column.title for column in self._columns])
        self.table.setItemDelegate(_Delegate(self))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(int(self.fontMetrics().height() * 1.4))
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.itemSelectionChanged.connect(self._selected)
        self.problem = ProblemLabel(f"{name}.problem", self)
        self.add_button = self._button("add", "Add", "Add an entry.")
        if len(self.field.groups) > 1:
            menu = QMenu(self.add_button)
            menu.setObjectName(f"{name}.menu")
            menu.setToolTipsVisible(True)
            for kind in self.field.groups:
                word = str(kind.model_fields[tag_of(self.field.groups)].default)
                action = menu.addAction(words_of(word))
                action.setObjectName(f"{name}.add.{word}")
                action.setToolTip(sentence_of(kind))
                action.triggered.connect(lambda *_, kind=kind: self.add(kind))
            self.add_button.setMenu(menu)
            self.add_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        else:
            self.add_button.clicked.connect(lambda *_: self.add(self.field.groups[0]))
        self.copy_button = self._button("copy", "Duplicate", "Duplicate the chosen entry (Ctrl+D).")
        self.copy_button.clicked.connect(lambda *_: self.duplicate())
        self.remove_button = self._button("remove", "Remove", "Remove the chosen entry (Delete).")
        self.remove_button.clicked.connect(lambda *_: self.remove())
        self.up_button = self._button("move_up", "Up", "Move the chosen entry up (Alt+Up).")
        self.up_button.clicked.connect(lambda *_: self.move_by(-1))
        self.down_button = self._button("move_down", "Down", "Move the chosen entry down (Alt+Down).")
        self.down_button.clicked.connect(lambda *_: self.move_by(1))
        line = QHBoxLayout()
        line.setSpacing(2)
        for button in (
            self.add_button,
            self.copy_button,
            self.remove_button,
            self.up_button,
            self.down_button,
        ):
            line.addWidget(button)
        line.addStretch(1)
        self.detail = QVBoxLayout()
        self.detail.setSpacing(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.table)
        column.addLayout(line)
        column.addWidget(self.problem)
        column.addLayout(self.detail)

    def _button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"list.{self.field.path}.{name}")
        button.setIcon(icon(name))
        button.setText(text)
        button.setAutoRaise(True)
        button.setToolTip(tip)
        button.setAccessibleName(f"{self.field.label}: {tip.rstrip('.')}")
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if name == "add":
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        return button

    # --- showing -----------------------------------------------------------------------------

    @property
    def key(self) -> str:
        """What the chosen entry is called; empty if none is."""
        return self._key

    def sections(self) -> tuple[Section, ...]:
        """The sections of the chosen entry; none where the table has all there is."""
        entry = entry_fields.entry_at(self._document.recipe, self._path(self._key)) if self._key else None
        if entry is None or entry.list_path != self.field.path:
            return ()
        title = entry_fields.title_in(self.field, self._key)
        first = lists.OF_THE_FIRST.get(self.field.path, "")
        if first and position_of(self._entries(), self._key) == 0:
            title = f"{title}, {first}"
        return entry_fields.entry_sections(type(entry.settings), entry.path, entry.kinds, ("name",), title)

    def choose(self, key: str) -> None:
        """Choose an entry; one that there is not leaves the choice as it is."""
        position = position_of(self._entries(), key)
        if position is not None:
            self.table.selectRow(position)

    def refresh(self) -> None:
        """Show what the recipe says."""
        entries = self._entries()
        position = position_of(entries, self._key) if self._key else None
        if position is None and entries:
            position = min(max(self.table.currentRow(), 0), len(entries) - 1)
        self._key = key_of(entries, position) if position is not None else ""
        self.table.blockSignals(True)
        self.table.setRowCount(len(entries))
        for row, entry in enumerate(entries):
            for place, column in enumerate(self._columns):
                self._show_cell(row, place, column, entry)
        if position is not None:
            self.table.selectRow(position)
            self.table.setCurrentCell(position, max(self.table.currentColumn(), 0))
        self.table.blockSignals(False)
        lines = max(1, min(len(entries), MOST_LINES))
        height = self.table.verticalHeader().defaultSectionSize()
        head = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(head + lines * height + 2 * self.table.frameWidth())
        self.remove_button.setEnabled(bool(entries))
        self.copy_button.setEnabled(bool(entries))
        self.up_button.setEnabled(position is not None and position > 0)
        self.down_button.setEnabled(position is not None and position < len(entries) - 1)
        self.problem.show_sentence("")
        self._tell()

    def _show_cell(self, row: int, place: int, column: Field, entry: dict[str, Any]) -> None:
        name = column.path
        item = self.table.item(row, place)
        if item is None:
            item = QTableWidgetItem()
            self.table.setItem(row, place, item)
        if name == "summary":
            text = entry_fields.names_in(entry)
        elif column.editor == "number":
            text = numbers.format(entry[name], "", column.step)
        elif column.editor == "switch":
            text = "yes" if entry[name] else "no"
        else:
            text = str(entry[name]).replace("_", " ") if column.editor == "kind" else str(entry[name])
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if column.editor in _EDITABLE:
            flags |= Qt.ItemFlag.ItemIsEditable
        item.setFlags(flags)
        item.setText(text)
        item.setToolTip(text if name == "summary" else column.about)
        first = lists.OF_THE_FIRST.get(self.field.path, "")
        if first and place == 0:
            # The mark says in a picture what the tip and the screen reader say in words.
            item.setIcon(icon("image") if row == 0 else QIcon())
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{text}, {first}" if row == 0 else text)
            if row == 0:
                item.setToolTip(f"The first one {first}. {column.about}")

    def _tell(self) -> None:
        """Say that another entry is to be shown, or another kind of it."""
        entry = entry_fields.entry_at(self._document.recipe, self._path(self._key)) if self._key else None
        first = self.field.path in lists.OF_THE_FIRST and position_of(self._entries(), self._key) == 0
        now = (self._key, type(entry.settings) if entry is not None else None, first)
        if now != self._shown:
            self._shown = now
            self.chosen.emit()

    def _selected(self) -> None:
        entries, row = self._entries(), self.table.currentRow()
        self._key = key_of(entries, row) if 0 <= row < len(entries) else ""
        self.up_button.setEnabled(row > 0)
        self.down_button.setEnabled(0 <= row < len(entries) - 1)
        self._tell()

    def _entries(self) -> tuple[dict[str, Any], ...]:
        try:
            return tuple(self._document.value(self.field.path))
        except KeyError:
            # The kind that has the list is not chosen.
            return ()

    def _path(self, key: str) -> str:
        return f"{self.field.path}.{key}"

    # --- what the user does ------------------------------------------------------------------

    def add(self, kind: type[Any]) -> None:
        """Add an entry of a kind behind the chosen one; in a list of one kind, a copy of it."""
        entries = self._entries()
        row = self.table.currentRow() if entries else -1
        like = entries[row] if len(self.field.groups) == 1 and row >= 0 else None
        new = lists.new_entry(kind, entries, like)
        order: list[int | dict[str, Any]] = [*range(row + 1), new, *range(row + 1, len(entries))]
        self._put(order, "Add to", new.get("name") or str(row + 1))

    def duplicate(self) -> None:
        """Put a copy of the chosen entry behind it, with a name of its own."""
        row = self.table.currentRow()
        if not 0 <= row < len(self._entries()):
            return
        try:
            recipe, key = lists.duplicated(self._document.recipe, self.field.path, row)
        except InputError as error:
            self.problem.show_sentence(sentence(error))
            return
        self._key = key
        self._document.change(recipe, label=f"Duplicate in {self.field.label.lower()}")
        self.refresh()

    def remove(self) -> None:
        """Take the chosen entry out."""
        row, count = self.table.currentRow(), len(self._entries())
        if 0 <= row < count:
            entries = self._entries()
            following = [position for position in range(count) if position != row]
            near = following[min(row, len(following) - 1)] if following else None
            key = "" if near is None else key_of([entries[i] for i in following], following.index(near))
            self._put(list(following), "Remove from", key)

    def move_by(self, steps: int) -> None:
        """Move the chosen entry up or down."""
        entries, row = self._entries(), self.table.currentRow()
        to = row + steps
        if 0 <= row < len(entries) and 0 <= to < len(entries):
            order = list(range(len(entries)))
            order.insert(to, order.pop(row))
            self._put(list(order), "Order of", key_of([entries[i] for i in order], to))

    def _put(self, order: list[Any], what: str, key: str) -> None:
        try:
            recipe = lists.with_entries(self._document.recipe, self.field.path, order)
        except InputError as error:
            self.problem.show_sentence(sentence(error))
            return
        self._key = key
        self._document.change(recipe, label=f"{what} {self.field.label.lower()}")
        self.refresh()

    def type_into(self, row: int, column: int, text: str) -> None:
        """Take what was typed into a cell."""
        entries = self._entries()
        field = self._columns[column]
        key = key_of(entries, row)
        path = f"{self._path(key)}.{field.path}"
        try:
            value: Any = text.strip()
            if field.editor in ("number", "integer"):
                value = numbers.parse(text, unit=field.unit)
                value = int(value) if field.editor == "integer" and value.is_integer() else value
            if field.path == "name":
                self._key = value
            self._document.set(path, value)
        except InputError as error:
            self._key = key
            self.refresh()
            self.problem.show_sentence(sentence(error))
            return
        self.refresh()


def _columns(field: Field) -> tuple[Field, ...]:
    """The columns of a table of entries: all settings where they are few and plain, else what they are."""
    if len(field.groups) == 1:
        section = entry_fields.entry_sections(field.groups[0], "entry")
        plain = [one for one in section[0].fields if one.editor in (*_EDITABLE, "choice", "switch")]
        simple = len(section) == 1 and len(plain) == len(tuple(model_fields(field.groups[0])))
        if simple and len(plain) <= MOST_COLUMNS:
            return tuple(_column(one) for one in plain)
    named = any("name" in kind.model_fields for kind in field.groups)
    first = (Field("name", "Name", "", "text", about="Name; double-click to change it."),) if named else ()
    kind = (Field("kind", "Kind", "", "kind", about="What it is."),) if len(field.groups) > 1 else ()
    return (*first, *kind, Field("summary", "Settings", "", "choice"))


def _column(field: Field) -> Field:
    from dataclasses import replace

    name = field.path.rpartition(".")[2]
    label = f"{field.label} / {field.unit}" if field.unit else field.label
    return replace(field, path=name, label=label, symbol="")
