"""Palette, shortcut help, preferences, theory, about: from the records and settings themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QDoubleSpinBox,
    QMainWindow,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.gui.commands import ACTIONS
from app.gui.document.preferences import Preferences
from app.gui.frame.about import AboutDialog, TheoryDialog
from app.gui.frame.actions import ActionInfo, build_actions
from app.gui.frame.command_palette import CommandPalette
from app.gui.frame.preferences_dialog import PreferencesDialog
from app.gui.frame.searching import best_first, score
from app.gui.frame.shortcut_help import ShortcutHelp
from app.gui.frame.theory_text import references
from sim.core.settings import About, Quantity, Settings
from sim.core.version import __version__

pytestmark = pytest.mark.gui


class Anything:
    """Has every method of every dotted name; remembers what was called."""

    def __init__(self, calls: list[str], name: str = "") -> None:
        self._calls, self._name = calls, name

    def __getattr__(self, name: str) -> Anything:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(self._calls, f"{self._name}.{name}".lstrip("."))

    def __call__(self, *arguments: object) -> None:
        self._calls.append(self._name)


class Window(QMainWindow):
    """All commands of the program over methods that only remember."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        for info in ACTIONS:
            first = info.run.split(".")[0]
            if not hasattr(type(self), first) or "." not in info.run:
                setattr(self, first, Anything(self.calls, first))
        self.made: dict[str, QAction] = build_actions(self, ACTIONS, (QWidget(self),))


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    made = Window()
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def palette(window: Window, qtbot: QtBot) -> Iterator[CommandPalette]:
    made = CommandPalette(window.made, window)
    made.show()
    qtbot.waitUntil(made.isVisible)
    yield made


def test_letters_match_words_first_then_beginnings() -> None:
    names = ["View: Line profile", "View: Lock levels", "File: Export image", "View: Full screen"]
    assert best_first("lock", names, str) == ["View: Lock levels"]
    assert best_first("ll", names, str)[0] == "View: Lock levels"
    assert best_first("lp", names, str)[0] == "View: Line profile"
    assert best_first("", names, str) == names
    assert score("zz", "File: Export image") is None


def test_palette_runs_what_is_typed(qtbot: QtBot, window: Window, palette: CommandPalette) -> None:
    qtbot.keyClicks(palette.search, "along beam")
    assert palette.list.item(0).text() == "View: Along the beam"
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.calls == ["view.along_beam"])


def test_palette_moves_by_keys_and_passes_over_what_cannot_be_run(qtbot: QtBot, window: Window) -> None:
    window.made["edit.undo"].setEnabled(False)
    palette = CommandPalette(window.made, window)
    palette.show()
    qtbot.keyClicks(palette.search, "edit: do")
    texts = [palette.list.item(row).text() for row in range(palette.list.count())]
    assert {"Edit: Undo", "Edit: Redo"} <= set(texts)
    for _ in range(len(texts)):
        assert palette.list.currentItem().text() != "Edit: Undo"
        qtbot.keyClick(palette.search, Qt.Key.Key_Down)
    qtbot.keyClick(palette.search, Qt.Key.Key_Escape)
    assert not window.calls


def test_palette_runs_what_is_clicked(qtbot: QtBot, window: Window, palette: CommandPalette) -> None:
    qtbot.keyClicks(palette.search, "refresh")
    place = palette.list.visualItemRect(palette.list.item(0)).center()
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))
    qtbot.waitUntil(lambda: window.calls == ["refresh"])


def test_help_lists_every_command_with_its_keys(qtbot: QtBot, window: Window) -> None:
    dialog = ShortcutHelp(window.made, window)
    dialog.show()
    rows = {}
    for top in range(dialog.table.topLevelItemCount()):
        group = dialog.table.topLevelItem(top)
        for place in range(group.childCount()):
            row = group.child(place)
            rows[(group.text(0).lower(), row.text(0))] = row
    assert len(rows) == len(ACTIONS)
    fit = rows["view", "Fit"]
    assert (fit.text(1), fit.text(2)) == ("F •", "Show all atoms, and the whole image.")
    assert rows["file", "Save"].text(1) == "Ctrl+S"
    qtbot.keyClicks(dialog.search, "Ctrl+S")
    assert {name for name, row in rows.items() if not row.isHidden() and row.text(1) == "Ctrl+S"} == {
        ("file", "Save")
    }
    assert fit.isHidden() and fit.parent().isHidden()
    dialog.search.clear()
    before = dialog.table.verticalScrollBar().value()
    qtbot.keyClick(dialog.search, Qt.Key.Key_PageDown)
    assert dialog.table.verticalScrollBar().value() > before
    dialog.close()


class Many(Settings):
    """One preference of every kind."""

    version: Literal[1] = 1
    theme: Annotated[Literal["system", "light", "dark"], About("Light or dark.")] = "system"
    live: Annotated[bool, About("Render at once.")] = True
    workers: Annotated[int, Quantity(low=0, high=64, step=1, about="Processes of an export.")] = 2
    seconds: Annotated[float, Quantity("s", low=1.0, high=600.0, step=0.5, about="Between two.")] = 20.0
    last_folder: Annotated[str, About("Remembered.")] = "/x"


def test_preferences_are_a_form_of_their_model(qtbot: QtBot) -> None:
    dialog = PreferencesDialog(Many(theme="dark", last_folder="/kept"))
    qtbot.addWidget(dialog)
    dialog.show()
    theme = dialog.findChild(QComboBox, "preferences.theme")
    live = dialog.findChild(QCheckBox, "preferences.live")
    workers = dialog.findChild(QSpinBox, "preferences.workers")
    assert theme is not None and live is not None and workers is not None
    assert dialog.findChild(QWidget, "preferences.last_folder") is None
    assert (theme.currentText(), workers.maximum(), live.toolTip()) == ("Dark", 64, "Render at once.")
    qtbot.mouseClick(live, Qt.MouseButton.LeftButton, pos=QPoint(6, live.height() // 2))
    qtbot.keyClick(workers, Qt.Key.Key_Up)
    assert dialog.preferences() == Many(theme="dark", live=False, workers=3, last_folder="/kept")
    buttons = dialog.findChild(QDialogButtonBox)
    assert buttons is not None
    defaults = buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults)
    qtbot.mouseClick(defaults, Qt.MouseButton.LeftButton)
    assert dialog.preferences() == Many(last_folder="/kept")
    with qtbot.waitSignal(dialog.accepted):
        qtbot.mouseClick(buttons.button(QDialogButtonBox.StandardButton.Ok), Qt.MouseButton.LeftButton)


def test_the_programs_preferences_survive_the_dialog(qtbot: QtBot) -> None:
    """Every one that a person chooses has an editor with a name and a meaning; the rest is kept."""
    before = Preferences(theme="light", last_folder="/data", autosave_seconds=12.5)
    dialog = PreferencesDialog(before)
    qtbot.addWidget(dialog)
    assert dialog.preferences() == before
    seconds = dialog.findChild(QDoubleSpinBox, "preferences.autosave_seconds")
    assert seconds is not None and seconds.text() == "12.5 s"
    editors = [item for item in dialog.findChildren(QWidget) if item.objectName() in {
        f"preferences.{name}" for name in Preferences.model_fields
    }]  # fmt: skip
    assert len(editors) == len(
        [name for name in Preferences.model_fields if name != "version" and "last_" not in name]
    )
    assert all(editor.toolTip() and editor.accessibleName() for editor in editors)


def test_theory_names_every_symbol_and_reference_and_can_be_searched(qtbot: QtBot) -> None:
    dialog = TheoryDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    text = dialog.text.toPlainText()
    for reference, paths in references():
        assert reference in text and paths[0] in text
    assert "imaging.sigma" in text and "Poisson" in text
    qtbot.keyClicks(dialog.search, "bunge")
    places = []
    for _ in range(3):
        qtbot.keyClick(dialog.search, Qt.Key.Key_Return)
        places.append(dialog.text.textCursor().selectionStart())
        assert dialog.text.textCursor().selectedText().lower() == "bunge"
    assert places[0] < places[1] and places[2] == places[0]
    assert dialog.isVisible(), "Enter searches and does not close"


def test_about_names_the_version(qtbot: QtBot) -> None:
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    assert __version__ in dialog.version.text()


def test_texts_are_not_cut_off(qtbot: QtBot, window: Window) -> None:
    for dialog in (PreferencesDialog(Preferences(), window), AboutDialog(window)):
        dialog.show()
        QApplication.processEvents()
        for child in dialog.findChildren(QWidget):
            if child.isVisible():
                assert child.width() >= child.minimumSizeHint().width(), child.objectName()
        dialog.close()


def test_commands_of_the_program_are_consistent() -> None:
    """Every command has a sentence; single letters are of scope ``view``."""
    for info in ACTIONS:
        assert info.tip.endswith("."), info.key
        if len(info.shortcut) == 1 or info.shortcut in ("Space", "Shift+1"):
            assert info.scope == "view", info.key
    assert isinstance(ACTIONS[0], ActionInfo)
