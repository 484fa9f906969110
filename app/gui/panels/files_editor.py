"""The table of structure files of a recipe.  It lists files and never reads one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.document.fields import Field
from app.gui.panels.editor import Editor
from sim.specimen.settings import StructureFile

Index = QModelIndex | QPersistentModelIndex
#: A file as the recipe holds it, or the tree of one that is not in the recipe yet.
Entry = StructureFile | Mapping[str, Any]

#: Columns: field of an entry, title, meaning.
COLUMNS = (
    ("name", "Name", "Name in the recipe and in the dataset, no two alike; double-click to change it."),
    ("geometry", "Class", "Geometry (class) in the manifest; empty: the name."),
    ("path", "File", "Where the file lies."),
)
#: Lines of the table before it scrolls.
LINES = 5


class FilesModel(QAbstractTableModel):
    """The entries of ``specimen.files`` as a table."""

    def __init__(self, editor: FilesEditor) -> None:
        super().__init__(editor)
        self._editor = editor
        self.entries: tuple[Entry, ...] = ()

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show other entries."""
        self.beginResetModel()
        self.entries = tuple(entries)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section][1]
        return COLUMNS[section][2] if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry, name = self.entries[index.row()], COLUMNS[index.column()][0]
        text = _text(entry, name)
        if role == Qt.ItemDataRole.EditRole:
            return text
        if role == Qt.ItemDataRole.DisplayRole:
            return Path(text).name if name == "path" else text or _text(entry, "name")
        if role == Qt.ItemDataRole.ToolTipRole:
            return _text(entry, "path") or f"snapshot {_text(entry, 'sha256')[:12]}"
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if COLUMNS[index.column()][0] != "path" else flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        name = COLUMNS[index.column()][0]
        entry = self.entries[index.row()]
        if role != Qt.ItemDataRole.EditRole or str(value).strip() == _text(entry, name):
            return False
        tree = entry.tree() if isinstance(entry, StructureFile) else entry
        changed = {**tree, name: str(value).strip()}
        self._editor.edited.emit((*self.entries[: index.row()], changed, *self.entries[index.row() + 1 :]))
        return True


class FilesTable(QTableView):
    """The table; Delete removes the selected files, files can be dropped on it."""

    def __init__(self, editor: FilesEditor) -> None:
        super().__init__(editor)
        self._editor = editor
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setAcceptDrops(True)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(int(self.fontMetrics().height() * 1.35))
        self.setFixedHeight(int(self.fontMetrics().height() * 1.35 * (LINES + 1)) + 8)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._editor.remove_selected()
            event.accept()
            return
        super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self._editor.add(paths)


class FilesEditor(Editor):
    """Structure files: add, remove, rename, drop."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.model = FilesModel(self)
        self.table = FilesTable(self)
        self.table.setModel(self.model)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        self.main = self.table
        self.table.setObjectName(f"field.{field.path}")
        self.table.setAccessibleName(field.label)
        self.table.setAccessibleDescription(field.about)
        self._adopted.append(self.table)
        self._count = QLabel(self)
        self._count.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._count.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(self.table)
        line = QHBoxLayout()
        line.setSpacing(4)
        self.add_button = self._button("add", "Add…", "Add structure files (xyz, cif, pdb, POSCAR, LAMMPS).")
        self.add_button.clicked.connect(self._ask)
        self.remove_button = self._button("remove", "Remove", "Remove the selected files from the recipe.")
        self.remove_button.clicked.connect(lambda *_: self.remove_selected())
        line.addWidget(self.add_button)
        line.addWidget(self.remove_button)
        line.addWidget(self._count, 1)
        column.addLayout(line)
        self.line.addLayout(column, 1)

    def _button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"field.{self.field.path}.{name}")
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(f"{self.field.label}: {text.rstrip('…').lower()}")
        return button

    def show_value(self, value: Any) -> None:
        entries = tuple(value)
        if entries != self.model.entries:
            self.model.show_entries(entries)
        files = len(entries)
        self._count.setText(f"{files:,} file{'' if files == 1 else 's'}" if files else "drop files here")
        self.remove_button.setEnabled(files > 0)

    def add(self, paths: Sequence[str]) -> None:
        """Add files under names of their own."""
        from app.gui.document.opening import free_name

        entries = list(self.model.entries)
        names = {_text(entry, "name") for entry in entries}
        known = {_text(entry, "path") for entry in entries}
        for text in paths:
            path = Path(text).absolute()
            if str(path) in known:
                continue
            name = free_name(path, names)
            names.add(name)
            known.add(str(path))
            entries.append({"name": name, "path": str(path)})
        if len(entries) > len(self.model.entries):
            self.edited.emit(tuple(entries))

    def remove_selected(self) -> None:
        """Take the selected files out of the recipe."""
        rows = {index.row() for index in self.table.selectionModel().selectedRows()}
        if rows:
            self.edited.emit(tuple(e for i, e in enumerate(self.model.entries) if i not in rows))

    def _ask(self) -> None:
        # The readers are wanted only when somebody looks for files.
        from app.gui.document.opening import STRUCTURE_PATTERNS

        paths, _ = QFileDialog.getOpenFileNames(
            self, "Add structure files", "", f"Structures ({STRUCTURE_PATTERNS});;All files (*)"
        )
        self.add(paths)


def _text(entry: Entry, name: str) -> str:
    value = getattr(entry, name) if isinstance(entry, StructureFile) else entry.get(name)
    return str(value or "")
