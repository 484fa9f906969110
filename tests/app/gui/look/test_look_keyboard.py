"""All is reached by the keyboard, in the order in which it is seen, and has a name that can be read out."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from types import ModuleType

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QScrollBar,
    QTextEdit,
    QToolBar,
    QWidget,
)

from app.gui.commands import ACTIONS
from app.gui.panels.slider import ThinSlider
from app.gui.window import MainWindow

pytestmark = pytest.mark.gui

INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QTextEdit,
)
#: Parts of other widgets that answer for themselves there.
PARTS = (QScrollBar, QHeaderView)


def interactive(faces: ModuleType, root: QWidget) -> list[QWidget]:
    """What can be used in a window, without the inner parts of spin boxes, combo boxes and tables."""
    return [
        widget
        for widget in faces.shown(root, QWidget)
        if (isinstance(widget, INTERACTIVE) or widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        and not isinstance(widget, PARTS)
        and not isinstance(widget.parentWidget(), (QAbstractSpinBox, QComboBox, QAbstractItemView))
        and not widget.objectName().startswith("qt_")
    ]


def spoken(widget: QWidget) -> str:
    """What a screen reader says the widget is called: its name, its words, or those of its label."""
    words = getattr(widget, "text", lambda: "")() if isinstance(widget, QAbstractButton) else ""
    labels = [label.text() for label in widget.window().findChildren(QLabel) if label.buddy() is widget]
    return widget.accessibleName() or words or next(iter(labels), "")


def test_everything_that_can_be_used_has_a_name(window: MainWindow, faces: ModuleType) -> None:
    nameless = []
    seen = 0
    for surface, root in faces.surfaces(window):
        for widget in interactive(faces, root):
            seen += 1
            if not spoken(widget):
                nameless.append(f"{surface}: {faces.name_of(widget)}")
    assert seen > 150
    assert not nameless, "\n".join(nameless)


def tabbed(root: QWidget, backwards: bool = False) -> list[QWidget]:
    """The widgets that Tab goes to, until it comes back."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    order: list[QWidget] = []
    for _ in range(300):
        here = application.focusWidget()
        if here is None or here in order:
            break
        order.append(here)
        modifier = Qt.KeyboardModifier.NoModifier
        QTest.keyClick(root, Qt.Key.Key_Backtab if backwards else Qt.Key.Key_Tab, modifier)
    return order


def place(widget: QWidget, root: QWidget) -> QRect:
    return QRect(widget.mapTo(root, QPoint(0, 0)), widget.size())


def steps_back(order: list[QWidget], root: QWidget, faces: ModuleType) -> list[str]:
    """Steps that go up or to the left without going down or to the right."""
    wrong = []
    for before, after in pairwise(order):
        first, second = place(before, root), place(after, root)
        if second.top() < first.bottom() - 4 and second.left() < first.right() - 4:
            wrong.append(f"{faces.name_of(before)} {first} -> {faces.name_of(after)} {second}")
    return wrong


def pane_of(widget: QWidget, window: MainWindow) -> str:
    """The pane that a widget is in."""
    for name, dock in window.docks.items():
        if dock.isAncestorOf(widget):
            return name
    return "preview" if window.preview.isAncestorOf(widget) else type(widget).__name__


def test_tab_goes_through_the_window_as_the_eye_does(window: MainWindow, faces: ModuleType) -> None:
    """From pane to pane from left to right, within a pane row by row; everything once, and back again."""
    surfaces = faces.surfaces(window)
    next(surfaces), next(surfaces)
    faces.pump(lambda: not window.controller.busy)
    window.panel.focus_search()
    order = tabbed(window)
    panes = list(dict.fromkeys(pane_of(widget, window) for widget in order))
    assert panes == ["parameters", "structure", "preview", "histogram", "statistics", "sweep"]
    wrong: list[str] = []
    for pane in panes:
        inside = [widget for widget in order if pane_of(widget, window) == pane]
        wrong += steps_back(inside, window, faces)
    assert not wrong, "\n".join(wrong)
    missed = [
        faces.name_of(widget)
        for widget in interactive(faces, window)
        if widget not in order
        and widget.isEnabled()
        and widget.focusProxy() not in order
        and not isinstance(widget.parentWidget(), (QToolBar, QDockWidget, QLineEdit))
        # The number beside a slider takes the same keys.
        and not isinstance(widget, ThinSlider)
        and not _one_of_a_group(widget, order)
    ]
    assert not missed, "\n".join(missed)


def _one_of_a_group(widget: QWidget, order: list[QWidget]) -> bool:
    """Whether the arrow keys go there: of buttons that exclude each other, Tab goes to the chosen one."""
    if not isinstance(widget, QAbstractButton):
        return False
    group = widget.group()
    return group is not None and any(button in order for button in group.buttons())


def test_tab_goes_past_panes_behind_others(window: MainWindow, faces: ModuleType) -> None:
    """Forwards and backwards, whichever pane lies in front; the one in front is gone through."""
    window.edit.choose_cluster("decahedron")
    faces.pump(lambda: window.result is not None and not window.controller.busy)
    for front in ("profile", "run"):
        window.show_pane(front)
        faces.settle()
    behind = {"statistics", "spectrum", "sweep"}
    window.show_pane("spectrum")
    window.show_pane("profile")
    faces.settle()
    for backwards in (False, True):
        window.panel.focus_search()
        order = tabbed(window, backwards)
        panes = {pane_of(widget, window) for widget in order} - {"QTabBar"}
        assert panes == {"parameters", "structure", "preview", "histogram", "profile", "run"}
        assert not panes & behind
        scrolled = ("parameters", "QTabBar")
        seen = [widget for widget in order if pane_of(widget, window) not in scrolled]
        assert all(window.rect().intersects(place(widget, window)) for widget in seen)


@pytest.mark.parametrize("title", ["export", "preferences", "shortcuts", "theory", "about", "error"])
def test_tab_goes_through_the_dialogs_as_the_eye_does(
    title: str, window: MainWindow, faces: ModuleType
) -> None:
    before = set(QApplication.topLevelWidgets())
    faces.dialogs(window)[title]()
    faces.settle()
    dialog = next(item for item in QApplication.topLevelWidgets() if item not in before and item.isVisible())
    dialog.activateWindow()
    faces.pump(dialog.isActiveWindow)
    if title == "export":
        faces.pump(lambda: dialog.findChild(QAbstractButton, "export.export").isEnabled())
    able = [
        widget
        for widget in interactive(faces, dialog)
        if widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    topmost = min(able, key=lambda widget: (place(widget, dialog).top(), place(widget, dialog).left()))
    topmost.setFocus(Qt.FocusReason.TabFocusReason)
    order = tabbed(dialog)
    wrong = steps_back(order, dialog, faces)
    missed = [faces.name_of(widget) for widget in able if widget not in order]
    dialog.close()
    faces.settle()
    assert not wrong, "\n".join(wrong)
    assert not missed, "\n".join(missed)


def menus(window: MainWindow) -> list[QMenu]:
    """All menus of the menu bar."""
    found: list[QMenu] = []
    waiting = [action.menu() for action in window.menuBar().actions()]
    while waiting:
        menu = waiting.pop()
        if isinstance(menu, QMenu):
            found.append(menu)
            menu.aboutToShow.emit()
            waiting += [action.menu() for action in menu.actions()]
    return found


def mnemonic(action: QAction) -> str:
    return QKeySequence.mnemonic(action.text()).toString()


def test_no_letter_stands_for_two_things_in_a_menu(window: MainWindow, faces: ModuleType) -> None:
    faces.settle()
    bars: list[tuple[str, list[QAction]]] = [("menu bar", window.menuBar().actions())]
    bars += [(menu.title(), menu.actions()) for menu in menus(window)]
    twice = {
        title: sorted(
            letter for letter, count in Counter(map(mnemonic, actions)).items() if letter and count > 1
        )
        for title, actions in bars
    }
    assert {title: letters for title, letters in twice.items() if letters} == {}
    assert all(mnemonic(action) for action in window.menuBar().actions())


def test_no_keys_stand_for_two_things(window: MainWindow) -> None:
    """Over all actions of the window, those of panes and tools included."""
    keys = Counter(
        sequence.toString()
        for action in set(window.findChildren(QAction))
        for sequence in action.shortcuts()
        if not sequence.isEmpty()
    )
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_command_is_reached_without_a_mouse(window: MainWindow) -> None:
    """Each stands in a menu or has keys of its own."""
    in_menus = {action for menu in menus(window) for action in menu.actions()}
    lost = [
        info.key for info in ACTIONS if window.actions_by_key[info.key] not in in_menus and not info.shortcut
    ]
    assert lost == []
