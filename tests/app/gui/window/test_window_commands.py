"""Commands of the window: every one by keyboard, the same words everywhere, nothing twice."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeySequence, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QTreeWidget, QWidget

from app.gui.commands import ACTIONS
from app.gui.frame.actions import info_of, plain_title
from app.gui.frame.command_palette import CommandPalette
from app.gui.frame.shortcut_help import ShortcutHelp
from app.gui.frame.theme import contrast

pytestmark = pytest.mark.gui

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def entries(menu: QMenu) -> list[Any]:
    """All actions of a menu and its submenus that are commands."""
    found = []
    for action in menu.actions():
        inner = action.menu()
        if isinstance(inner, QMenu):
            found += entries(inner)
        elif not action.isSeparator():
            found.append(action)
    return found


def test_every_command_is_in_a_menu_and_no_shortcut_is_there_twice(desk: Any) -> None:
    window = desk.on_recipe()
    menus = [window.menus_by_name[plain_title(bar.text())] for bar in window.menuBar().actions()]
    there = [action for menu in menus for action in entries(menu)]
    assert set(window.actions_by_key.values()) <= set(there)
    keys = [
        key.toString(QKeySequence.SequenceFormat.PortableText)
        for action in window.findChildren(type(there[0]))
        for key in action.shortcuts()
    ]
    assert len(keys) > 35 and len(keys) == len(set(keys))


def test_letters_of_the_menus_are_unique_in_their_menu(desk: Any) -> None:
    """Alt and a letter opens each menu; in a menu a letter runs one command."""
    window = desk.on_recipe()
    menus = {
        plain_title(bar.text()): window.menus_by_name[plain_title(bar.text())]
        for bar in window.menuBar().actions()
    }
    letters = [str(bar.text()).split("&")[1][0].lower() for bar in window.menuBar().actions()]
    assert len(letters) == len(set(letters))
    for title, menu in menus.items():
        texts = [action.text() for action in menu.actions() if "&" in action.text().replace("&&", "")]
        letters = [text.split("&")[1][0].lower() for text in texts]
        assert len(letters) == len(set(letters)), (title, sorted(texts))


def test_menu_tooltip_help_and_palette_say_the_same(desk: Any) -> None:
    window = desk.on_recipe()
    help_ = ShortcutHelp(window.actions_by_key, window)
    desk.qtbot.addWidget(help_)
    table = help_.findChild(QTreeWidget)
    assert table is not None
    rows = {}
    for group in (table.topLevelItem(place) for place in range(table.topLevelItemCount())):
        for place in range(group.childCount()):
            row = group.child(place)
            rows[(group.text(0).lower(), row.text(0))] = row
    assert len(ACTIONS) == len(window.actions_by_key)
    for key, action in window.actions_by_key.items():
        info = info_of(action)
        assert info is not None and info.tip
        row = rows[(key.split(".")[0], info.title)]
        assert row.text(2) == info.tip == action.statusTip()
        assert info.tip in action.toolTip() and row.text(1).removesuffix(" •") == info.keys
        if info.shortcut:
            assert info.keys in action.toolTip()
            assert action.shortcut() == QKeySequence(info.shortcut)
        if not key.startswith("edit.undo") and not key.startswith("edit.redo"):
            assert plain_title(action.text()) == plain_title(info.text)
    help_.close()


def test_no_two_commands_do_the_same(desk: Any) -> None:
    done = Counter((info.run, info.argument) for info in ACTIONS)
    assert [what for what, count in done.items() if count > 1] == []
    window = desk.on_recipe()
    for key, modifiers in ((Qt.Key.Key_R, CTRL), (Qt.Key.Key_E, CTRL | Qt.KeyboardModifier.ShiftModifier)):
        desk.key(window, key, modifiers)
        assert window.datasets.dialog.isVisible() and window.datasets.dialog.windowTitle() == "Export dataset"
        window.datasets.dialog.reject()
        desk.let_go()


def test_single_letters_are_letters_in_a_text_field(desk: Any) -> None:
    window = desk.on_recipe()
    before = window.document.recipe
    search = desk.find(window, QLineEdit, "parameters.search")
    desk.key(window, Qt.Key.Key_F, CTRL | SHIFT)
    assert QApplication.focusWidget() is search
    QTest.keyClicks(search, "sn1bfp")
    assert search.text() == "sn1bfp"
    assert window.document.recipe is before and not window.structure.perspective
    QTest.keyClick(search, Qt.Key.Key_Escape)


def test_the_palette_runs_a_command_by_its_name(desk: Any) -> None:
    window = desk.on_recipe()
    desk.key(window, Qt.Key.Key_P, CTRL | SHIFT)
    palette = window.findChild(CommandPalette)
    assert palette is not None
    desk.qtbot.waitUntil(palette.isVisible)
    QTest.keyClicks(palette.search, "noise-free")
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    desk.qtbot.waitUntil(lambda: window.preview.display().shown == "clean")
    assert desk.settle(window).display.shown == "clean"
    assert window.actions_by_key["view.clean"].isChecked()


def test_tab_goes_through_the_parameters_as_the_eye_does(desk: Any) -> None:
    """From the search box on, each stop is below the last one, or right of it on the same line."""
    window = desk.on_recipe()
    content = window.panel._content
    first = desk.find(window, QWidget, "section.specimen.header")
    first.setFocus()
    places, seen = [], []
    widget: QWidget | None = first
    for _ in range(200):
        if widget is None or not content.isAncestorOf(widget):
            break
        corner = widget.mapTo(content, widget.rect().center())
        places.append((corner.y(), corner.x(), widget.objectName()))
        seen.append(widget)
        QTest.keyClick(widget, Qt.Key.Key_Tab)
        widget = QApplication.focusWidget()
        if widget is first:
            break
    assert len(seen) > 25 and len(seen) == len(set(seen))
    tall = window.panel.fontMetrics().height()
    for (y, x, name), (next_y, next_x, next_name) in pairwise(places):
        assert next_y > y - tall // 2, (name, next_name)
        assert next_y > y + tall // 2 or next_x > x, (name, next_name)


def test_everything_that_takes_the_keyboard_has_a_name_and_a_meaning(desk: Any) -> None:
    window = desk.on_recipe()
    nameless = []
    for widget in window.findChildren(QWidget):
        name = widget.objectName()
        if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus or not name or name.startswith("qt_"):
            continue
        if not widget.isVisible() or widget.metaObject().className() in ("QToolBarExtension",):
            continue
        if not widget.accessibleName() and not (
            widget.inherits("QAbstractButton") and widget.property("text")
        ):
            nameless.append(name)
    assert not nameless


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_themes_are_readable_and_the_plots_follow(desk: Any, theme: str) -> None:
    window = desk.on_recipe()
    try:
        window.actions_by_key[f"view.theme_{theme}"].trigger()
        desk.qtbot.wait(50)
        role = QPalette.ColorRole
        for widget in (window, window.panel, window.preview, window.statistics, window.histogram.plot):
            palette = widget.palette()
            for text, ground in (
                (role.WindowText, role.Window), (role.Text, role.Base), (role.ButtonText, role.Button),
                (role.HighlightedText, role.Highlight), (role.ToolTipText, role.ToolTipBase),
            ):  # fmt: skip
                assert contrast(palette.color(text), palette.color(ground)) >= 4.5
        picture = window.histogram.plot.grab().toImage()
        ground = QColor(picture.pixel(2, 2))
        assert (ground.lightness() < 128) == (theme == "dark")
        assert window.actions_by_key[f"view.theme_{theme}"].isChecked()
    finally:
        window.actions_by_key["view.theme_system"].trigger()


def test_references_of_none_and_true_do_not_leak(desk: Any) -> None:
    """A thousand calls and signals of the window; a PySide that loses references ends in a crash."""
    window = desk.on_recipe()
    before = [sys.getrefcount(thing) for thing in (None, True, False)]
    for step in range(1000):
        window.setWindowModified(bool(step % 2))
        window.preview.tools.set_fitted(True)
        window.preview.image.cursor_moved.emit(None)
        window.structure.camera_changed.emit()
        window.status.say("", 1)
        assert window.findChild(QWidget, "there is no such thing") is None
    after = [sys.getrefcount(thing) for thing in (None, True, False)]
    assert all(abs(late - early) < 300 for early, late in zip(before, after, strict=True)), (before, after)
