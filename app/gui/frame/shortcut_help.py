"""The table of commands and keys, from the records that make the menus."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.gui.frame.actions import ActionInfo, info_of

COLUMNS = ("Command", "Keys", "What it does")
NOTE = "Keys marked • act while the structure view or the image has the focus; all others work everywhere."
_KEPT = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class ShortcutHelp(QDialog):
    """Every command with its keys, by menu, with a line to search.

    Parameters
    ----------
    actions
        The window's commands.
    """

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shortcuts")
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.search = QLineEdit(self)
        self.search.setObjectName("shortcuts.search")
        self.search.setAccessibleName("Find a command")
        self.search.setPlaceholderText("Find a command or key")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.table = QTreeWidget(self)
        self.table.setObjectName("shortcuts.table")
        self.table.setAccessibleName("Commands and their keys")
        self.table.setHeaderLabels(COLUMNS)
        self.table.setRootIsDecorated(False)
        self.table.setAlternatingRowColors(True)
        self.table.setUniformRowHeights(True)
        self.table.setIndentation(14)
        self._fill([info for info in map(info_of, actions.values()) if info is not None], actions)
        header = self.table.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        note = QLabel(NOTE, self)
        note.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setObjectName("shortcuts.close")
        close.setAutoDefault(False)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addWidget(self.search)
        column.addWidget(self.table, 1)
        column.addWidget(note)
        column.addWidget(buttons)
        metrics = self.fontMetrics()
        self.resize(metrics.averageCharWidth() * 150, metrics.height() * 40)
        self.search.setFocus()

    def _fill(self, infos: list[ActionInfo], actions: Mapping[str, QAction]) -> None:
        groups: dict[str, QTreeWidgetItem] = {}
        for info in infos:
            name = info.key.split(".")[0].capitalize()
            group = groups.get(name)
            if group is None:
                group = groups[name] = QTreeWidgetItem(self.table, [name])
                font = group.font(0)
                font.setBold(True)
                group.setFont(0, font)
                group.setFlags(Qt.ItemFlag.ItemIsEnabled)
                group.setFirstColumnSpanned(True)
                group.setExpanded(True)
            keys = f"{info.keys} •" if info.shortcut and info.scope == "view" else info.keys
            row = QTreeWidgetItem(group, [info.title, keys, info.tip])
            row.setIcon(0, actions[info.key].icon())
            row.setToolTip(2, info.tooltip)

    def _filter(self, wanted: str) -> None:
        words = wanted.casefold().split()
        for index in range(self.table.topLevelItemCount()):
            group = self.table.topLevelItem(index)
            if group is None:
                continue
            any_shown = False
            for place in range(group.childCount()):
                row = group.child(place)
                if row is None:
                    continue
                text = " ".join(row.text(column) for column in range(3)).casefold()
                shown = all(word in text for word in words)
                row.setHidden(not shown)
                any_shown = any_shown or shown
            group.setHidden(not any_shown)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # The table scrolls while the search line keeps the focus.
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in _KEPT:
            bar = self.table.verticalScrollBar()
            step = {
                Qt.Key.Key_Up: -bar.singleStep(),
                Qt.Key.Key_Down: bar.singleStep(),
                Qt.Key.Key_PageUp: -bar.pageStep(),
                Qt.Key.Key_PageDown: bar.pageStep(),
            }
            bar.setValue(bar.value() + step[Qt.Key(event.key())])
            return True
        return super().eventFilter(watched, event)
