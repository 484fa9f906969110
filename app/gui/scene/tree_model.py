"""The nodes of a scene as a tree that Qt can show and the user can edit in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QByteArray,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QGuiApplication

from app.gui.frame.icons import icon
from app.gui.frame.theme import colours
from app.gui.scene.nodes import about_kind, members_path, ranked, title_of_kind
from sim.recipe.model import Recipe
from sim.specimen.scene.nodes import Group, SceneNode
from sim.specimen.scene.settings import SceneSpecimen

Index = QModelIndex | QPersistentModelIndex
#: What a dragged node is to the clipboard: its path.
MIME = "application/x-nanophantom-node"
NAME, KIND, COUNT = range(3)
#: Titles of the columns, and what stands in them.
COLUMNS = (
    (
        "Name",
        "Name of the node; double-click or F2 to change it. The tick switches it on and off. "
        "Upper nodes have the higher priority: where nodes overlap, the upper one keeps its atoms. "
        "Drag to change the order, or into a group.",
    ),
    ("Kind", "What the node is."),
    ("Count", "How many of it there are; double-click to change it."),
)


@dataclass
class Item:
    """A node in the tree."""

    path: str
    node: SceneNode | None
    parent: Item | None = None
    row: int = 0
    members: list[Item] = field(default_factory=list)


class NodeModel(QAbstractItemModel):
    """Shows a recipe's nodes; what the user does goes out as signals."""

    #: (path, setting, value) of a node that the user changed in place.
    edited = Signal(str, str, object)
    #: (path, path of the group or empty, row) a node was dropped.
    dropped = Signal(str, str, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = Item("", None)
        self._by_path: dict[str, Item] = {}
        self._problems: dict[str, str] = {}
        self._varied: Callable[[str], int] = lambda path: 0

    def show_recipe(self, recipe: Recipe) -> bool:
        """Show the nodes of a recipe; True where other nodes stand there than before."""
        root = Item("", None)
        by_path: dict[str, Item] = {}
        specimen = recipe.specimen
        if isinstance(specimen, SceneSpecimen):
            self._fill(root, specimen.nodes, by_path)
        varied = [entry.path for entry in recipe.vary]
        self._varied = lambda path: sum(one.startswith(f"{path}.") for one in varied)
        other = _shape(root) != _shape(self._root)
        if other:
            self.beginResetModel()
            self._root, self._by_path = root, by_path
            self.endResetModel()
            return True
        for path, item in by_path.items():
            shown = self._by_path[path]
            if shown.node is not item.node:
                shown.node = item.node
                self.dataChanged.emit(self.index_of(path), self.index_of(path, len(COLUMNS) - 1))
        return False

    def _fill(self, parent: Item, nodes: tuple[SceneNode, ...], by_path: dict[str, Item]) -> None:
        for row, node in enumerate(ranked(nodes)):
            item = Item(f"{members_path(parent.path)}.{node.name}", node, parent, row)
            by_path[item.path] = item
            parent.members.append(item)
            if isinstance(node, Group):
                self._fill(item, node.nodes, by_path)

    # --- finding -----------------------------------------------------------------------------

    def path(self, index: Index) -> str:
        """The node at an index; empty for none."""
        return self._item(index).path

    def node(self, path: str) -> SceneNode | None:
        """The node at a path."""
        item = self._by_path.get(path)
        return None if item is None else item.node

    def index_of(self, path: str, column: int = 0) -> QModelIndex:
        """Where a node is shown; invalid if it is not."""
        item = self._by_path.get(path)
        return QModelIndex() if item is None else self.createIndex(item.row, column, item)

    def place_of(self, path: str) -> tuple[str, int, int]:
        """(group, row, number of nodes on its level) of a node."""
        item = self._by_path[path]
        assert item.parent is not None
        return item.parent.path, item.row, len(item.parent.members)

    def neighbour(self, path: str, rows: int) -> str:
        """The node some rows above or below on the same level; empty for none."""
        item = self._by_path[path]
        assert item.parent is not None
        row = item.row + rows
        return item.parent.members[row].path if 0 <= row < len(item.parent.members) else ""

    def show_problems(self, problems: dict[str, str]) -> None:
        """Mark nodes with which something is wrong (path → sentence)."""
        if problems != self._problems:
            concerned = {*problems, *self._problems}
            self._problems = dict(problems)
            for path in concerned & set(self._by_path):
                self.dataChanged.emit(self.index_of(path), self.index_of(path, len(COLUMNS) - 1))

    # --- Qt ----------------------------------------------------------------------------------

    def _item(self, index: Index) -> Item:
        found = index.internalPointer() if index.isValid() else self._root
        return found if isinstance(found, Item) else self._root

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        members = self._item(parent).members
        if not (0 <= row < len(members) and 0 <= column < len(COLUMNS)):
            return QModelIndex()
        return self.createIndex(row, column, members[row])

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008
        above = self._item(index).parent
        return (
            QModelIndex() if above is None or above is self._root else self.createIndex(above.row, 0, above)
        )

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() and parent.column() > 0 else len(self._item(parent).members)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section][0]
        return COLUMNS[section][1] if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        item = self._item(index)
        node, column = item.node, index.column()
        if node is None:
            return None
        if role == Qt.ItemDataRole.CheckStateRole and column == NAME:
            return Qt.CheckState.Checked if node.enabled else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.EditRole:
            return {NAME: node.name, COUNT: node.count}.get(column)
        if role == Qt.ItemDataRole.DisplayRole:
            kind = str(getattr(node, "kind"))  # noqa: B009
            return {NAME: node.name, KIND: title_of_kind(kind), COUNT: str(node.count)}[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(item.path, node)
        if role == Qt.ItemDataRole.AccessibleTextRole and column == NAME:
            return f"{node.name}, {'on' if node.enabled else 'off'}"
        if role == Qt.ItemDataRole.DecorationRole and column == NAME and item.path in self._problems:
            return icon("error")
        if role == Qt.ItemDataRole.ForegroundRole:
            if item.path in self._problems:
                return colours().error
            if not node.enabled:
                return QGuiApplication.palette().placeholderText()
        if role == Qt.ItemDataRole.TextAlignmentRole and column == COUNT:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _tip(self, path: str, node: SceneNode) -> str:
        lines = [self._problems[path]] if path in self._problems else []
        lines.append(about_kind(str(getattr(node, "kind"))))  # noqa: B009
        lines.append(
            f"Priority {node.priority}: upper nodes keep their atoms where nodes overlap.".replace("-", "−")
        )
        if node.only_in:
            lines.append(f"Only in variants {', '.join(node.only_in)}.")
        varied = self._varied(path)
        if varied:
            lines.append(f"{varied} of its settings {'vary' if varied > 1 else 'varies'}.")
        return "\n".join(lines)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        item = self._item(index)
        if item.node is None:
            return False
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == NAME:
            self.edited.emit(item.path, "enabled", Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        if role == Qt.ItemDataRole.EditRole and index.column() in (NAME, COUNT):
            setting = "name" if index.column() == NAME else "count"
            value = str(value).strip() if setting == "name" else int(value)
            if value != getattr(item.node, setting):
                self.edited.emit(item.path, setting, value)
            return True
        return False

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
        if index.column() in (NAME, COUNT):
            flags |= Qt.ItemFlag.ItemIsEditable
        if index.column() == NAME:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        if isinstance(self._item(index).node, Group):
            flags |= Qt.ItemFlag.ItemIsDropEnabled
        return flags

    # --- dragging ----------------------------------------------------------------------------

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Any) -> QMimeData:
        data = QMimeData()
        if indexes:
            data.setData(MIME, QByteArray(self.path(indexes[0]).encode("utf-8")))
        return data

    def canDropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        path, group = self._dragged(data), self.path(parent)
        return path in self._by_path and group != path and not group.startswith(f"{path}.")

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        if not self.canDropMimeData(data, action, row, column, parent):
            return False
        item = self._item(parent)
        path, group, place = self._dragged(data), item.path, row if row >= 0 else len(item.members)
        # Once the view is done with the drop: what it holds may be gone then.
        QTimer.singleShot(0, self, lambda: self.dropped.emit(path, group, place))
        # The view must not take rows out by itself: the recipe says what there is.
        return False

    def _dragged(self, data: QMimeData) -> str:
        return bytes(data.data(MIME).data()).decode("utf-8") if data.hasFormat(MIME) else ""


def _shape(item: Item) -> list[Any]:
    return [(one.path, type(one.node), _shape(one)) for one in item.members]
