"""What stands above the tree of nodes, and what stands in its place while there is no scene."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.frame.icons import icon
from app.gui.scene import nodes

#: (key, icon, text, keys, tooltip) of what is done to the chosen node.
COMMANDS = (
    ("duplicate", "copy", "Duplicate", "Ctrl+D", "Put a copy with a name of its own beside the node."),
    ("delete", "delete", "Delete", "Del", "Take the node out of the scene."),
    ("rename", "edit", "Rename", "F2", "Give the node another name; what names it follows."),
    (
        "up",
        "move_up",
        "Move up",
        "Alt+Up",
        "Higher priority: upper nodes keep their atoms where nodes overlap.",
    ),
    ("down", "move_down", "Move down", "Alt+Down", "Lower priority: the nodes above keep their atoms."),
    ("into", "expand", "Into the group above", "Alt+Right", "Make it a member of the group above it."),
    ("out", "collapse", "Out of the group", "Alt+Left", "Take it out of its group."),
)
#: Those with a button above the tree; the others are in the menu of the tree.
BUTTONS = ("duplicate", "delete", "up", "down")


class EmptyPage(QWidget):
    """Says that there is no scene, and offers one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        text = QLabel("The specimen is no scene.", self)
        text.setObjectName("scene.empty")
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        text.setWordWrap(True)
        self.begin = QPushButton(icon("new"), "Begin a scene", self)
        self.begin.setObjectName("scene.begin")
        self.begin.setToolTip("Make the specimen a scene of named nodes: particles, supports, molecules.")
        self.begin.setAccessibleName("Begin a scene")
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(text)
        column.addWidget(self.begin, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)


class SceneBar(QWidget):
    """The buttons above the tree; the commands have their keys where the tree has the focus.

    Attributes
    ----------
    commands
        What is done to the chosen node, by key.
    kinds
        The menu of all kinds of nodes.
    sample
        The button that asks for another sample.
    """

    #: (word) a new node of a kind is wanted.
    kind_wanted = Signal(str)

    def __init__(self, tree: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("scene.bar")
        self._tree = tree
        self.commands = {key: self._command(key, *row) for key, *row in COMMANDS}
        self.kinds = self._menu()
        self.add = self._text_button(
            "scene.add", "Add", "add", "Add a node to the scene, or to the chosen group (Insert)."
        )
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.add.setMenu(self.kinds)
        insert = QAction("Add", tree)
        insert.setShortcut(QKeySequence("Ins"))
        insert.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        insert.triggered.connect(lambda *_: self.add.showMenu())
        tree.addAction(insert)
        self.sample = self._text_button(
            "scene.new_sample",
            "New sample",
            "random",
            "Draw another member of the distribution: the preview shows the next specimen of the recipe.",
        )
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2)
        line.addWidget(self.add)
        for key in BUTTONS:
            line.addWidget(self._icon_button(key))
        line.addStretch(1)
        line.addWidget(self.sample)

    def _command(self, key: str, name: str, text: str, keys: str, tip: str) -> QAction:
        action = QAction(icon(name), text, self._tree)
        action.setObjectName(f"scene.{key}")
        action.setToolTip(f"{tip} ({QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)})")
        if keys != "F2":  # the tree's own key
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._tree.addAction(action)
        return action

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName("scene.add.menu")
        menu.setToolTipsVisible(True)
        for word in nodes.kinds():
            # What it is stands beside the name: a menu of twelve kinds is no place to guess.
            about = nodes.about_kind(word)
            action = menu.addAction(f"{nodes.title_of_kind(word)}: {nodes.in_short(about)}")
            action.setObjectName(f"scene.add.{word}")
            action.setToolTip(about)
            action.triggered.connect(lambda *_, word=word: self.kind_wanted.emit(word))
        return menu

    def _text_button(self, name: str, text: str, icon_name: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(text)
        button.setIcon(icon(icon_name))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setToolTip(tip)
        button.setAccessibleName(text if text != "Add" else "Add a node")
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _icon_button(self, key: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"scene.button.{key}")
        button.setDefaultAction(self.commands[key])
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setAccessibleName(self.commands[key].text())
        return button
