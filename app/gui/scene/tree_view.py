"""The tree of nodes: its columns, and how it takes drops."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QDragMoveEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSpinBox,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from app.gui.frame.theme import colours
from app.gui.scene.tree_model import COUNT, KIND, MIME, NAME, NodeModel

#: Most members of one node.
MOST_MEMBERS = 1000
#: Lines of text that fit at least, the heading included.
LINES = 6


class _CellDelegate(QStyledItemDelegate):
    """Edits names as text and counts as numbers, both named for screen readers."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        if index.column() != NAME:
            return
        # The style gives boxes in lists an edge that is not to be seen on a dark ground.
        full = QStyleOptionViewItem(option)
        self.initStyleOption(full, index)
        tree = self.parent()
        assert isinstance(tree, QTreeView)
        part = QStyle.SubElement.SE_ItemViewItemCheckIndicator
        box = tree.style().subElementRect(part, full, tree)
        painter.setPen(colours().outline)
        painter.drawRect(box.adjusted(0, 0, -1, -1))

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        editor = super().createEditor(parent, option, index)
        if isinstance(editor, QSpinBox):
            editor.setRange(0, MOST_MEMBERS)
            editor.setAccelerated(True)
        editor.setObjectName("scene.tree.cell")
        editor.setAccessibleName("Name of the node" if index.column() == NAME else "Count of the node")
        return editor


class NodeTree(QTreeView):
    """Shows a :class:`NodeModel`."""

    def __init__(self, model: NodeModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("scene.tree")
        self.setAccessibleName("Nodes of the scene")
        self.setAccessibleDescription(
            "F2 renames, Space switches on and off, Delete removes, Ctrl+D duplicates, "
            "Alt with the arrow keys moves."
        )
        self.setModel(model)
        self.setItemDelegate(_CellDelegate(self))
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setTabKeyNavigation(False)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        letter = self.fontMetrics().averageCharWidth()
        header.setSectionResizeMode(KIND, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(COUNT, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(KIND, 13 * letter)
        header.resizeSection(COUNT, 8 * letter)
        self.setMinimumHeight(self.fontMetrics().height() * LINES)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        # Only nodes of this tree: names and numbers would follow no other.
        if event.mimeData().hasFormat(MIME):
            super().dragMoveEvent(event)
        else:
            event.ignore()
