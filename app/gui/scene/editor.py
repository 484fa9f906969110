"""The scene editor: the tree of nodes, what is done to them, and the settings of the chosen one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QMenu,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.gui.document.document import Change, RecipeDocument
from app.gui.document.references import NODES, nodes_of
from app.gui.document.wording import of_members
from app.gui.panels.problem_label import ProblemLabel
from app.gui.panels.quantity_edit import sentence
from app.gui.scene import nodes
from app.gui.scene.bar import EmptyPage, SceneBar
from app.gui.scene.node_panel import NodePanel
from app.gui.scene.tree_model import NodeModel
from app.gui.scene.tree_view import NodeTree
from sim.core.errors import InputError
from sim.recipe.model import Recipe
from sim.specimen.scene.nodes import Group

#: Height of the tree with its buttons at first, in lines of text.
TREE_LINES = 14


class SceneEditor(QWidget):
    """Edits the nodes of a scene.

    Parameters
    ----------
    document
        The recipe.

    Attributes
    ----------
    tree, model
        The tree of nodes.
    panel
        The settings of the chosen node.
    """

    #: (path) another node is chosen; empty for none.
    node_chosen = Signal(str)
    #: Another member of the distribution is wanted in the preview.
    new_sample_requested = Signal()

    def __init__(self, document: RecipeDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("scene")
        self._document = document
        self._problems: dict[str, str] = {}
        self._build()
        self._connect()
        self.refresh()

    # --- construction ------------------------------------------------------------------------

    def _build(self) -> None:
        self.model = NodeModel(self)
        self.tree = NodeTree(self.model, self)
        self.panel = NodePanel(self._document, self)
        self.problem = ProblemLabel("scene.problem", self)
        self.problem.setMargin(4)
        self.bar = SceneBar(self.tree, self)
        self.commands = self.bar.commands
        upper = QWidget(self)
        column = QVBoxLayout(upper)
        column.setContentsMargins(4, 4, 4, 0)
        column.setSpacing(3)
        column.addWidget(self.bar)
        column.addWidget(self.tree, 1)
        column.addWidget(self.problem)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.setObjectName("scene.splitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(upper)
        self.splitter.addWidget(self.panel)
        self.splitter.setStretchFactor(0, 2)
        self.splitter.setStretchFactor(1, 5)
        line = self.fontMetrics().height()
        self.splitter.setSizes([TREE_LINES * line, 3 * TREE_LINES * line])
        self.pages = QStackedWidget(self)
        self.empty = EmptyPage(self)
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.splitter)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)

    def _connect(self) -> None:
        self.model.edited.connect(self._edit)
        self.model.dropped.connect(self._move)
        self.tree.selectionModel().currentChanged.connect(lambda *_: self._chosen())
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self.empty.begin.clicked.connect(lambda *_: self.begin())
        self.bar.kind_wanted.connect(self.add)
        self.bar.sample.clicked.connect(lambda *_: self.new_sample_requested.emit())
        for key, run in (
            ("duplicate", self.duplicate),
            ("delete", self.delete),
            ("rename", self.rename),
            ("up", lambda: self.move_by(-1)),
            ("down", lambda: self.move_by(1)),
            ("into", self.move_into),
            ("out", self.move_out),
        ):
            self.commands[key].triggered.connect(lambda *_, run=run: run())
        self._document.changed.connect(self._changed)
        self.destroyed.connect(partial(self._document.changed.disconnect, self._changed))

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 52, self.fontMetrics().height() * 46)

    # --- showing -----------------------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        paths = change.paths
        if not paths or any(path.startswith((NODES, "specimen.kind", "vary")) for path in paths):
            self.refresh()

    def refresh(self) -> None:
        """Show what the recipe says."""
        chosen = self.current_path()
        place = self.model.place_of(chosen) if chosen else None
        closed = self._closed()
        self.problem.show_sentence("")
        selection = self.tree.selectionModel()
        blocked = selection.blockSignals(True)
        other = self.model.show_recipe(self._document.recipe)
        if other:
            self.tree.expandAll()
            for path in closed:
                self.tree.collapse(self.model.index_of(path))
        selection.blockSignals(blocked)
        if other:
            self._choose(chosen if self.model.node(chosen) is not None else self._near(place))
        self.pages.setCurrentIndex(1 if self.model.rowCount() else 0)
        self.clear_problems()
        self._chosen()

    def _near(self, place: tuple[str, int, int] | None) -> str:
        """The node that stands where one stood; the first for none."""
        group, row, _ = place or ("", 0, 0)
        parent = self.model.index_of(group) if group else self.tree.rootIndex()
        rows = self.model.rowCount(parent)
        if not rows:
            return group or self.model.path(self.model.index(0, 0))
        return self.model.path(self.model.index(min(row, rows - 1), 0, parent))

    def _closed(self) -> list[str]:
        return [
            path
            for path, node in nodes_of(self._document.recipe)
            if isinstance(node, Group)
            and self.model.node(path) is not None
            and self.model.rowCount(self.model.index_of(path))
            and not self.tree.isExpanded(self.model.index_of(path))
        ]

    def current_path(self) -> str:
        """The chosen node; empty for none."""
        return self.model.path(self.tree.currentIndex())

    def choose(self, path: str) -> None:
        """Choose a node by its path."""
        self._choose(path)
        self._chosen()

    def _choose(self, path: str) -> None:
        index = self.model.index_of(path)
        if index.isValid():
            self.tree.setCurrentIndex(index)
            self.tree.scrollTo(index)

    def _chosen(self) -> None:
        path = self.current_path()
        known = bool(path)
        for key in ("duplicate", "delete", "rename"):
            self.commands[key].setEnabled(known)
        group, row, count = self.model.place_of(path) if known else ("", 0, 0)
        self.commands["up"].setEnabled(row > 0)
        self.commands["down"].setEnabled(row < count - 1)
        above = self.model.neighbour(path, -1) if known else ""
        self.commands["into"].setEnabled(isinstance(self.model.node(above), Group))
        self.commands["out"].setEnabled(bool(group))
        if path != self.panel.path or not known:
            self.panel.show_node(path)
            self.node_chosen.emit(path)
        else:
            self.panel.show_node(path)

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setObjectName("scene.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        add = menu.addMenu(self.bar.kinds)
        add.setText("Add")
        menu.addSeparator()
        menu.addActions(list(self.commands.values()))
        menu.popup(self.tree.viewport().mapToGlobal(place))

    # --- what the user does ------------------------------------------------------------------

    def begin(self) -> None:
        """Make the specimen a scene."""
        self._try(lambda: self._document.set("specimen.kind", "scene", label="Begin a scene"))

    def add(self, word: str) -> None:
        """Add a node of a kind, and choose it."""
        self._apply(
            lambda recipe: nodes.added(recipe, word, self.current_path()), f"Add {word.replace('_', ' ')}"
        )

    def duplicate(self) -> None:
        """Copy the chosen node, with all its members."""
        self._at_current("Duplicate", nodes.duplicated)

    def delete(self) -> None:
        """Take the chosen node out."""
        self._at_current("Delete", lambda recipe, path: (nodes.removed(recipe, path), ""))

    def rename(self) -> None:
        """Edit the name of the chosen node in place."""
        index = self.model.index_of(self.current_path())
        if index.isValid():
            self.tree.edit(index)

    def move_by(self, rows: int) -> None:
        """Move the chosen node up (−1) or down (1) on its level."""
        path = self.current_path()
        if path:
            group, row, count = self.model.place_of(path)
            if 0 <= row + rows < count:
                self._move(path, group, row + rows + (rows > 0))

    def move_into(self) -> None:
        """Make the chosen node a member of the group above it."""
        path = self.current_path()
        above = self.model.neighbour(path, -1) if path else ""
        if isinstance(self.model.node(above), Group):
            self._move(path, above, self.model.rowCount(self.model.index_of(above)))

    def move_out(self) -> None:
        """Take the chosen node out of its group, to stand below it."""
        path = self.current_path()
        group = self.model.place_of(path)[0] if path else ""
        if group:
            outer, row, _ = self.model.place_of(group)
            self._move(path, outer, row + 1)

    def _move(self, path: str, group: str, row: int) -> None:
        name = path.rpartition(".")[2]
        self._apply(lambda recipe: nodes.moved(recipe, path, group, row), f"Move {name}")

    def _edit(self, path: str, setting: str, value: object) -> None:
        name = path.rpartition(".")[2]
        words = {"name": "Rename", "count": "Count of", "enabled": "Switch on" if value else "Switch off"}
        done = self._try(
            lambda: self._document.set(f"{path}.{setting}", value, label=f"{words[setting]} {name}")
        )
        if done and setting == "name":
            self.choose(f"{path.rpartition('.')[0]}.{value}")

    def _at_current(self, word: str, change: Callable[[Recipe, str], tuple[Recipe, str]]) -> None:
        path = self.current_path()
        if path:
            self._apply(lambda recipe: change(recipe, path), f"{word} {path.rpartition('.')[2]}")

    def _apply(self, change: Callable[[Recipe], tuple[Recipe, str]], label: str) -> None:
        def work() -> None:
            recipe, path = change(self._document.recipe)
            self._document.change(recipe, label=label)
            if path:
                self.choose(path)

        self._try(work)

    def _try(self, work: Callable[[], None]) -> bool:
        self.problem.show_sentence("")
        try:
            work()
        except InputError as error:
            self.problem.show_sentence(sentence(error))
            return False
        return True

    # --- problems ----------------------------------------------------------------------------

    def show_problem(self, parameter: str, text: str) -> bool:
        """Show a sentence at the node that it is about; False where it is about none.

        Parameters
        ----------
        parameter
            What an error names: ``specimen.nodes.cdse.volume.radius``, a member as ``cdse#3``.
        text
            The sentence.
        """
        if not parameter.startswith(f"{NODES}.") or not self.model.rowCount():
            return False
        text = of_members(text)
        rest = parameter.removeprefix(f"{NODES}.").split(".")
        path = nodes.find(self._document.recipe, rest[0])
        # Inside groups the innermost node is meant.
        while len(rest) > 2 and rest[1] == "nodes" and (inner := nodes.find(self._document.recipe, rest[2])):
            path, rest = inner, rest[2:]
        if not path:
            self.problem.show_sentence(text)
            return True
        self._problems[path] = text
        self.model.show_problems(self._problems)
        if path == self.panel.path:
            self.panel.show_problem(".".join((path, *rest[1:])), text)
        return True

    def clear_problems(self) -> None:
        """Nothing is wrong any more."""
        if self._problems:
            self._problems = {}
            self.model.show_problems({})

    def reveal(self, path: str) -> bool:
        """Choose the node that a setting belongs to and bring the setting into view."""
        owner = max(
            (node for node, _ in nodes_of(self._document.recipe) if path.startswith(f"{node}.")),
            key=len,
            default="",
        )
        if not owner:
            return False
        self.choose(owner)
        self.panel.reveal(path)
        return True
