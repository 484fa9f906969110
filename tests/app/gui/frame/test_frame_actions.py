"""Commands as data: one record makes action, menu, tooltip and keys, and contradictions are refused."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.gui.frame.actions import (
    ActionError,
    ActionInfo,
    build_actions,
    build_menus,
    build_toolbar,
    check_unique,
    info_of,
)
from app.gui.frame.presets_menu import PresetsMenu

pytestmark = pytest.mark.gui

INFOS = (
    ActionInfo("file.save", "&Save", "files.save", "Ctrl+S", "save", "Save the recipe."),
    ActionInfo("view.fit", "&Fit", "fit", "F", "fit", "Show all atoms.", scope="view"),
    ActionInfo("view.live", "&Live", "live", "Space", "live", "Render at every change.", True, "view"),
    ActionInfo("view.light", "&Light", "theme", checkable=True, group="theme", argument="light"),
    ActionInfo("view.dark", "&Dark", "theme", checkable=True, group="theme", argument="dark"),
)


class Files:
    def __init__(self, calls: list[object]) -> None:
        self.calls = calls

    def save(self) -> None:
        self.calls.append("save")


class Window(QMainWindow):
    """A window with a text field and one view, in which stand a switch, a text field and a list."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[object] = []
        self.files = Files(self.calls)
        middle = QWidget()
        row = QHBoxLayout(middle)
        self.outside, self.button = QLineEdit(), QPushButton("b")
        self.view = QWidget()
        self.view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        inner = QHBoxLayout(self.view)
        self.switch, self.words, self.choice = QCheckBox("s"), QLineEdit(), QComboBox()
        self.choice.addItems(["alpha", "fine"])
        for part in (self.switch, self.words, self.choice):
            inner.addWidget(part)
        row.addWidget(self.outside)
        row.addWidget(self.button)
        row.addWidget(self.view)
        self.setCentralWidget(middle)
        self.made = build_actions(self, INFOS, (self.view,))

    def fit(self) -> None:
        self.calls.append("fit")

    def live(self, on: bool) -> None:
        self.calls.append(("live", on))

    def theme(self, name: str) -> None:
        self.calls.append(name)


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    made = Window()
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    return made


def _focus(qtbot: QtBot, widget: QWidget) -> None:
    widget.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is widget)


def test_keys_of_the_window_work_while_a_text_field_has_the_focus(qtbot: QtBot, window: Window) -> None:
    _focus(qtbot, window.outside)
    qtbot.keyClick(window.outside, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert window.calls == ["save"]


def test_single_letters_act_in_a_view_and_are_letters_elsewhere(qtbot: QtBot, window: Window) -> None:
    _focus(qtbot, window.outside)
    qtbot.keyClick(window.outside, Qt.Key.Key_F)
    assert (window.calls, window.outside.text()) == ([], "f")
    _focus(qtbot, window.button)
    qtbot.keyClick(window.button, Qt.Key.Key_F)
    assert window.calls == []
    _focus(qtbot, window.view)
    qtbot.keyClick(window.view, Qt.Key.Key_F)
    assert window.calls == ["fit"]


def test_controls_inside_a_view_keep_the_keys_they_need(qtbot: QtBot, window: Window) -> None:
    """Space toggles the switch, letters go into the field and choose in the list; F on a switch is free."""
    _focus(qtbot, window.switch)
    qtbot.keyClick(window.switch, Qt.Key.Key_Space)
    assert window.switch.isChecked()
    _focus(qtbot, window.words)
    qtbot.keyClick(window.words, Qt.Key.Key_F)
    assert window.words.text() == "f"
    _focus(qtbot, window.choice)
    qtbot.keyClick(window.choice, Qt.Key.Key_F)
    assert window.choice.currentText() == "fine"
    assert window.calls == []
    _focus(qtbot, window.switch)
    qtbot.keyClick(window.switch, Qt.Key.Key_F)
    assert window.calls == ["fit"]


def test_switches_hear_whether_they_are_on_and_groups_exclude(qtbot: QtBot, window: Window) -> None:
    _focus(qtbot, window.view)
    qtbot.keyClick(window.view, Qt.Key.Key_Space)
    qtbot.keyClick(window.view, Qt.Key.Key_Space)
    window.made["view.light"].trigger()
    window.made["view.dark"].trigger()
    assert window.calls == [("live", True), ("live", False), "light", "dark"]
    assert not window.made["view.light"].isChecked()


def test_menu_toolbar_and_tooltip_say_the_same(qtbot: QtBot, window: Window) -> None:
    menus = build_menus(
        window.menuBar(),
        (
            ("&File", ("file.save", ("Open &recent", "[recent]"), "-")),
            ("&View", (("&Theme", ("view.light",)), "view.fit")),
        ),
        window.made,
    )
    bar = window.addToolBar("t")
    build_toolbar(bar, ("file.save", "-", "view.fit"), window.made)
    save = window.made["file.save"]
    assert menus["File"].actions()[0] is save
    assert bar.widgetForAction(save).toolTip() == "Save the recipe. (Ctrl+S)" == save.toolTip()
    assert bar.widgetForAction(save).accessibleName() == "Save"
    assert menus["[recent]"].title() == "Open &recent"
    assert menus["Theme"].actions() == [window.made["view.light"]]
    assert info_of(save) is INFOS[0]


def test_contradictions_are_refused() -> None:
    save = INFOS[0]
    with pytest.raises(ActionError, match="same shortcut"):
        check_unique((save, ActionInfo("a.b", "B", "b", "ctrl+s", scope="view")))
    with pytest.raises(ActionError, match="the key file.save"):
        check_unique((save, ActionInfo("file.save", "B", "b")))
    with pytest.raises(ActionError, match="is no shortcut"):
        check_unique((ActionInfo("a.b", "B", "b", "Ctrl+Nonsense+Q"),))


def test_a_method_or_key_that_does_not_exist_is_refused(qtbot: QtBot, window: Window) -> None:
    with pytest.raises(ActionError, match="does not have"):
        build_actions(window, (ActionInfo("a.b", "B", "files.missing"),))
    with pytest.raises(ActionError, match="names file.gone"):
        build_menus(window.menuBar(), (("&File", ("file.gone",)),), window.made)


def test_presets_menu_marks_and_chooses(qtbot: QtBot, window: Window) -> None:
    """A recipe may name a preset that no longer ships: then nothing is marked."""
    named, picked = ["poisson_low"], []
    menu = window.menuBar().addMenu("p")
    PresetsMenu(menu, lambda: named[0], picked.append).update()
    marks = {action.data(): action for action in menu.actions()}
    assert [name for name, action in marks.items() if action.isChecked()] == ["poisson_low"]
    marks["none"].trigger()
    assert picked == ["none"]
    named[0] = "gone"
    menu.aboutToShow.emit()
    assert not any(action.isChecked() for action in marks.values())
    assert "e⁻" in marks["poisson_low"].toolTip() or "dose" in marks["poisson_low"].toolTip().lower()
