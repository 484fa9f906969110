"""Commands as data: one record a command, from which actions, menus, toolbar and tooltips are built.

What the commands are stands elsewhere; help and command palette read the same records through
:func:`info_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any, Literal

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QMenu,
    QMenuBar,
    QToolBar,
    QToolButton,
    QWidget,
)

from app.gui.frame.icons import icon

#: A separator in a list of keys.
SEPARATOR = "-"
#: An entry of a menu: the key of a command, a separator, (title, entries) of a submenu, or (title, name) of
#: one that is filled while the program runs.
Entry = str | tuple[str, str | Sequence[Any]]


class ActionError(ValueError):
    """The records contradict each other or name what does not exist: a mistake of the program."""


@dataclass(frozen=True)
class ActionInfo:
    """One command.

    Attributes
    ----------
    key
        Its name in menus and toolbar, as ``view.fit``.
    text
        Text in the menu, with ``&`` before the mnemonic.
    run
        Dotted name of a method, from the window on.  It is called with ``argument`` where there is one; a
        checkable command that stands alone is called with whether it is on, every other one without
        arguments.
    shortcut
        Its keys, as Qt writes them.
    icon
        Name of an icon of ``resources/icons``.
    tip
        One sentence for tooltip, status bar, help and palette.
    checkable
        Whether it switches something on and off.
    scope
        ``window``: the keys work everywhere in the window; ``view``: only while a view has the focus.
    group
        Checkable commands of the same group exclude each other.
    argument
        What tells the commands of one method apart.
    words
        What stands beside its icon on the toolbar, for commands that an icon cannot tell.
    other_shortcut
        Keys that do the same.
    """

    key: str
    text: str
    run: str
    shortcut: str = ""
    icon: str = ""
    tip: str = ""
    checkable: bool = False
    scope: Literal["window", "view"] = "window"
    group: str = ""
    argument: str = ""
    words: str = ""
    other_shortcut: str = ""

    @property
    def shortcuts(self) -> tuple[str, ...]:
        """All its keys, as Qt writes them."""
        return tuple(keys for keys in (self.shortcut, self.other_shortcut) if keys)

    @property
    def title(self) -> str:
        """The text without mnemonic and dots."""
        return plain_title(self.text)

    @property
    def keys(self) -> str:
        """The shortcuts as this system writes them."""
        native = QKeySequence.SequenceFormat.NativeText
        return " or ".join(QKeySequence(keys).toString(native) for keys in self.shortcuts)

    @property
    def tooltip(self) -> str:
        """Tip and shortcut in one line."""
        sentence = self.tip or self.title
        return f"{sentence} ({self.keys})" if self.shortcut else sentence


def plain_title(text: str) -> str:
    """A menu text as people say it: ``Save &as…`` is ``Save as``."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip(" …")


def info_of(action: QAction) -> ActionInfo | None:
    """The record behind an action; None for actions that were not built from one."""
    info = action.data()
    return info if isinstance(info, ActionInfo) else None


def build_actions(
    window: QWidget, infos: Sequence[ActionInfo], views: Sequence[QWidget] = ()
) -> dict[str, QAction]:
    """Make the actions of a window.

    Parameters
    ----------
    window
        Owner of the actions; the methods are looked up from it.
    infos
        The commands.
    views
        Widgets in which the shortcuts of scope ``view`` work.

    Returns
    -------
    The actions by key.

    Raises
    ------
    ActionError
        If two commands share a key or a shortcut, or a method does not exist.
    """
    check_unique(infos)
    groups: dict[str, QActionGroup] = {}
    actions: dict[str, QAction] = {}
    for info in infos:
        action = QAction(info.text, window)
        action.setObjectName(f"action.{info.key}")
        action.setData(info)
        action.setToolTip(info.tooltip)
        action.setStatusTip(info.tip)
        action.setWhatsThis(info.tooltip)
        action.setMenuRole(QAction.MenuRole.NoRole)
        if info.icon:
            action.setIcon(icon(info.icon))
        action.setCheckable(info.checkable)
        if info.group:
            group = groups.setdefault(info.group, QActionGroup(window))
            group.addAction(action)
        if info.shortcut:
            action.setShortcuts([QKeySequence(keys) for keys in info.shortcuts])
        if info.scope == "view":
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            for view in views:
                view.addAction(action)
        else:
            # Commands that stand in no menu have their keys too.
            window.addAction(action)
        action.triggered.connect(_slot(_method(window, info), info))
        actions[info.key] = action
    guard = _KeyGuard(window)
    for view in views:
        view.installEventFilter(guard)
    return actions


def check_unique(infos: Sequence[ActionInfo]) -> None:
    """Refuse records of which two have the same key or the same shortcut.

    Raises
    ------
    ActionError
        Naming both.
    """
    keys: set[str] = set()
    owners: dict[str, str] = {}
    for info in infos:
        if info.key in keys:
            raise ActionError(f"two commands have the key {info.key}")
        keys.add(info.key)
        for written in info.shortcuts:
            sequence = QKeySequence(written)
            portable = sequence.toString(QKeySequence.SequenceFormat.PortableText)
            if sequence.isEmpty() or not portable:
                raise ActionError(f"{info.key}: {written!r} is no shortcut")
            if portable in owners:
                raise ActionError(f"{info.key} and {owners[portable]} have the same shortcut {portable}")
            owners[portable] = info.key


def build_menus(
    menu_bar: QMenuBar, menus: Sequence[tuple[str, Sequence[Entry]]], actions: Mapping[str, QAction]
) -> dict[str, QMenu]:
    """Fill a menu bar.

    Returns
    -------
    The menus by title without mnemonic; those that are filled while the program runs by their name.
    """
    found: dict[str, QMenu] = {}
    for title, entries in menus:
        menu = menu_bar.addMenu(title)
        menu.setObjectName(f"menu.{plain_title(title).lower()}")
        menu.setToolTipsVisible(True)
        found[plain_title(title)] = menu
        _fill(menu, entries, actions, found)
    return found


def _fill(
    menu: QMenu, entries: Sequence[Entry], actions: Mapping[str, QAction], found: dict[str, QMenu]
) -> None:
    for entry in entries:
        if isinstance(entry, tuple):
            title, inner = entry
            submenu = _submenu(menu, title)
            if isinstance(inner, str):
                found[inner] = submenu
                continue
            found[plain_title(title)] = submenu
            _fill(submenu, inner, actions, found)
        elif entry == SEPARATOR:
            menu.addSeparator()
        else:
            menu.addAction(_named(actions, entry))


def _submenu(menu: QMenu, title: str) -> QMenu:
    submenu = menu.addMenu(title)
    submenu.setObjectName(f"{menu.objectName()}.{plain_title(title).lower()}")
    submenu.setToolTipsVisible(True)
    return submenu


def build_toolbar(toolbar: QToolBar, keys: Sequence[str], actions: Mapping[str, QAction]) -> None:
    """Fill a toolbar with commands and separators."""
    for key in keys:
        if key == SEPARATOR:
            toolbar.addSeparator()
            continue
        action = _named(actions, key)
        toolbar.addAction(action)
        button = toolbar.widgetForAction(action)
        if button is not None:
            info = info_of(action)
            button.setObjectName(f"toolbar.{key}")
            button.setAccessibleName(info.title if info else action.text())
            if info and info.words and isinstance(button, QToolButton):
                action.setIconText(info.words)
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)


def _named(actions: Mapping[str, QAction], key: str) -> QAction:
    try:
        return actions[key]
    except KeyError:
        raise ActionError(f"a menu or toolbar names {key}, which is no command") from None


def _method(window: QWidget, info: ActionInfo) -> Callable[[], Callable[..., object]]:
    """How to find what a command calls: anew at every call, so that it may be replaced."""
    find = attrgetter(info.run)
    try:
        method = find(window)
    except AttributeError:
        method = None
    if not callable(method):
        raise ActionError(f"{info.key} runs {info.run}, which the window does not have")
    return partial(find, window)


def _slot(find: Callable[[], Callable[..., object]], info: ActionInfo) -> Callable[[bool], None]:
    def run(checked: bool) -> None:
        if info.argument:
            find()(info.argument)
        elif info.checkable and not info.group:
            find()(checked)
        else:
            find()()

    return run


class _KeyGuard(QObject):
    """Leaves single keys to the control inside a view that has a use for them.

    Text fields keep their letters by themselves; a button needs its Space, a list its letters.
    """

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            modifiers = event.modifiers() & ~(
                Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
            )
            if modifiers == Qt.KeyboardModifier.NoModifier and _wants(
                QApplication.focusWidget(), event.key()
            ):
                event.accept()
                return True
        return super().eventFilter(watched, event)


def _wants(widget: QWidget | None, key: int) -> bool:
    if isinstance(widget, QAbstractButton):
        return key == Qt.Key.Key_Space
    return isinstance(widget, (QComboBox, QAbstractItemView))
