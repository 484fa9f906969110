"""The command palette: type a few letters, press Enter."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.gui.frame.actions import info_of, plain_title
from app.gui.frame.palette_row import KEYS, PaletteRow
from app.gui.frame.searching import best_first

_ACTION = Qt.ItemDataRole.UserRole + 1
#: Rows shown without scrolling.
ROWS = 12
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class CommandPalette(QFrame):
    """A pop-up over the window with a search line and the commands that match.

    Parameters
    ----------
    actions
        The window's commands.
    window
        Over whose top it opens.
    """

    def __init__(self, actions: Mapping[str, QAction], window: QWidget) -> None:
        super().__init__(window, Qt.WindowType.Popup)
        self.setObjectName("palette")
        self.setAccessibleName("Command palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._actions = [action for action in actions.values() if info_of(action) is not None]
        self.search = QLineEdit(self)
        self.search.setObjectName("palette.search")
        self.search.setAccessibleName("Find a command")
        self.search.setPlaceholderText("Find a command")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.list = QListWidget(self)
        self.list.setObjectName("palette.list")
        self.list.setAccessibleName("Commands")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._delegate = PaletteRow(self.list)
        self.list.setItemDelegate(self._delegate)
        self.list.itemClicked.connect(self._run)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        column.addWidget(self.search)
        column.addWidget(self.list)
        self.setFocusProxy(self.search)
        self._fill("")
        self._place(window)
        self.search.setFocus()

    def _place(self, window: QWidget) -> None:
        metrics = self.fontMetrics()
        width = min(metrics.averageCharWidth() * 90, max(200, window.width() - 40))
        row = max(1, self.list.sizeHintForRow(0))
        self.resize(width, row * ROWS + self.search.sizeHint().height() + 20)
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(corner.x() + (window.width() - width) // 2, corner.y() + max(30, window.height() // 10))

    def _fill(self, pattern: str) -> None:
        self.list.clear()
        for action in best_first(pattern, self._actions, _searched):
            info = info_of(action)
            if info is None:
                continue
            item = QListWidgetItem(action.icon(), _said(action))
            item.setData(_ACTION, action)
            item.setData(KEYS, info.keys)
            item.setToolTip(info.tooltip)
            if not action.isEnabled():
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
        self._move(Qt.Key.Key_Home)

    def _move(self, key: int) -> None:
        """Choose another row; commands that cannot be run now are passed over."""
        usable = [row for row in range(self.list.count()) if self.list.item(row).flags()]
        if not usable:
            return
        here = self.list.currentRow()
        place = usable.index(here) if here in usable else 0
        steps = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: 1 - ROWS,
            Qt.Key.Key_PageDown: ROWS - 1,
            Qt.Key.Key_Home: -len(usable),
        }
        place = min(len(usable) - 1, max(0, place + steps[Qt.Key(key)]))
        self.list.setCurrentRow(usable[place])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in _MOVES:
                self._move(event.key())
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run(self.list.currentItem())
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close()
                return True
        return super().eventFilter(watched, event)

    def _run(self, item: QListWidgetItem | None) -> None:
        action = None if item is None or not item.flags() else item.data(_ACTION)
        if isinstance(action, QAction):
            self.close()
            # After the pop-up is gone, so that focus and dialogs belong to the window again.
            QTimer.singleShot(0, action, action.trigger)


def _said(action: QAction) -> str:
    info = info_of(action)
    menu = info.key.split(".")[0].capitalize() if info else ""
    return f"{menu}: {plain_title(action.text())}"


def _searched(action: QAction) -> str:
    info = info_of(action)
    return f"{_said(action)} {info.tip if info else ''}"
