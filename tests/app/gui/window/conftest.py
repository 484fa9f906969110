"""The real window on the desk: opened, clicked and typed at, answered when it asks, and closed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from app.gui.document.preferences import Preferences
from app.gui.panels.quantity_edit import QuantityEdit
from app.gui.preview.results import Result
from app.gui.window import MainWindow
from sim.recipe.toml import read_recipe, save_recipe

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
#: Long enough for a machine that does other things as well, milliseconds.
PATIENCE = 20_000


class Desk:
    """Opens windows as the program does and closes them at the end of the test."""

    def __init__(self, qtbot: QtBot, home: Path) -> None:
        self.qtbot = qtbot
        self.home = home
        self.windows: list[MainWindow] = []

    # --- windows -----------------------------------------------------------------------------

    def open(self, *paths: Path, preferences: Preferences | None = None) -> MainWindow:
        """A window on these files, or as it starts without any."""
        window = MainWindow(preferences)
        self.windows.append(window)
        window.show()
        self.qtbot.waitExposed(window)
        window.activateWindow()
        self.qtbot.waitUntil(window.isActiveWindow)
        window.open_first(list(paths))
        return window

    def on_recipe(self, name: str = "au55_four_classes", /, **values: Any) -> MainWindow:
        """A window on a recipe of its own, its image on the screen; ``image__width=64`` sets a value."""
        path = self.recipe(name, **values)
        window = self.open(path)
        self.settle(window)
        return window

    def recipe(self, name: str = "au55_four_classes", /, **values: Any) -> Path:
        """The file of a shipped recipe with other values."""
        text = read_recipe(name)
        for key, value in values.items():
            text = text.with_value(key.replace("__", "."), value)
        path = self.home.parent / f"{name} of a test.toml"
        save_recipe(text.recipe(), path)
        return path

    def settle(self, window: MainWindow) -> Result:
        """Wait for the exact image of what the window says now."""

        def exact() -> bool:
            result = window.result
            return (
                result is not None
                and result.recipe is window.document.recipe
                and result.display == window.preview.display()
                and not result.draft
                and not window.controller.busy
            )

        self.qtbot.waitUntil(exact, timeout=PATIENCE)
        assert window.result is not None
        return window.result

    def close(self, window: MainWindow) -> None:
        """Close without a question and let it go."""
        window.close_without_asking()
        window.deleteLater()
        self.windows.remove(window)
        self.let_go()

    @staticmethod
    def let_go() -> None:
        """Deliver what was to be deleted."""
        for _ in range(3):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            QCoreApplication.processEvents()

    # --- hands -------------------------------------------------------------------------------

    @staticmethod
    def find(window: QWidget, kind: type[Any], name: str) -> Any:
        """A part of the window by its name."""
        found = window.findChild(kind, name)
        assert found is not None, name
        return found

    def click(self, window: QWidget, name: str, at: QPoint | None = None) -> None:
        """Click a part of the window."""
        widget = self.find(window, QWidget, name)
        assert widget.isVisible() and widget.isEnabled(), name
        QTest.mouseClick(widget, LEFT, NONE, at or widget.rect().center())

    def type(self, window: MainWindow, path: str, text: str, key: Qt.Key = Qt.Key.Key_Return) -> QuantityEdit:
        """Type into the field of a setting."""
        box: QuantityEdit = self.find(window, QuantityEdit, f"field.{path}")
        box.setFocus()
        box.selectAll()
        QTest.keyClicks(box, text)
        QTest.keyClick(box, key)
        return box

    def choose(self, window: QWidget, name: str, data: object) -> None:
        """Choose in a list by the arrow keys."""
        box: QComboBox = self.find(window, QComboBox, name)
        place = box.findData(data)
        assert place >= 0, f"{data} is not in {name}"
        box.setFocus()
        for _ in range(box.count()):
            if box.currentIndex() == place:
                return
            QTest.keyClick(box, Qt.Key.Key_Down if place > box.currentIndex() else Qt.Key.Key_Up)
        assert box.currentIndex() == place

    @staticmethod
    def drag(widget: QWidget, *points: QPoint) -> None:
        """Press at the first point, move over the others, let go at the last."""
        QTest.mousePress(widget, LEFT, NONE, points[0])
        for point in points[1:]:
            QTest.mouseMove(widget, point)
        QTest.mouseRelease(widget, LEFT, NONE, points[-1])

    def key(self, widget: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """Press a key where the keyboard is put first."""
        # A dialog that has just gone had the activation.
        widget.window().activateWindow()
        self.qtbot.waitUntil(widget.window().isActiveWindow)
        widget.setFocus()
        QTest.keyClick(widget, key, modifiers)

    def drop(self, target: QWidget, paths: Sequence[Path]) -> bool:
        """Drop files somewhere, as a file manager does; whether they were taken."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        at = QPointF(target.rect().center())
        widget: QWidget | None = target
        while widget is not None:
            # Qt gives a drag to the innermost widget that takes drops, and goes outwards from there.
            if widget.acceptDrops():
                place = widget.mapFrom(target.window(), target.mapTo(target.window(), at.toPoint()))
                enter = QDragEnterEvent(place, Qt.DropAction.CopyAction, data, LEFT, NONE)
                QApplication.sendEvent(widget, enter)
                if enter.isAccepted():
                    drop = QDropEvent(QPointF(place), Qt.DropAction.CopyAction, data, LEFT, NONE)
                    QApplication.sendEvent(widget, drop)
                    return drop.isAccepted()
            widget = widget.parentWidget()
        return False

    @contextlib.contextmanager
    def answering(self, button: QMessageBox.StandardButton) -> Iterator[list[str]]:
        """Click this button of every question that comes; the questions."""
        asked: list[str] = []

        def look() -> None:
            box = QApplication.activeModalWidget()
            if isinstance(box, QMessageBox) and box.isVisible():
                asked.append(box.text())
                QTest.mouseClick(box.button(button), LEFT)

        with self._looking(look):
            yield asked

    @contextlib.contextmanager
    def naming(self, *paths: Path) -> Iterator[list[str]]:
        """Type this name into every file dialog that comes; the titles of the dialogs."""
        seen: list[str] = []

        def look() -> None:
            dialog = QApplication.activeModalWidget()
            if isinstance(dialog, QFileDialog) and dialog.isVisible():
                seen.append(dialog.windowTitle())
                line = dialog.findChild(QLineEdit, "fileNameEdit")
                assert line is not None
                names = " ".join(f'"{path}"' for path in paths) if len(paths) > 1 else str(paths[0])
                line.setText(names)
                QTest.keyClick(line, Qt.Key.Key_Return)

        with self._looking(look):
            yield seen

    @contextlib.contextmanager
    def _looking(self, look: Callable[[], None]) -> Iterator[None]:
        timer = QTimer()
        timer.setInterval(20)
        timer.timeout.connect(look)
        timer.start()
        try:
            yield
        finally:
            timer.stop()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program's own folders, for this test alone."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("NANOPHANTOM_HOME", str(folder))
    return folder


@pytest.fixture
def desk(qtbot: QtBot, home: Path) -> Iterator[Desk]:
    made = Desk(qtbot, home)
    yield made
    for window in list(made.windows):
        made.close(window)


@pytest.fixture
def command_line(repository: Path, home: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start ``nanophantom`` with these words in a process of its own."""

    def start(*words: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "app", *words],
            env={**os.environ, "PYTHONPATH": str(repository), **environment},
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def python(repository: Path, home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Python code that may import the program, in a process of its own."""

    def run(code: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-c", code, *words],
            env={**os.environ, "PYTHONPATH": str(repository), **environment},
            cwd=home,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture(scope="session")
def crooked_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four atoms, no two views of which are alike: O at the corner, Ag to x, Au to y, C to z."""
    path = tmp_path_factory.mktemp("structures") / "crooked.xyz"
    path.write_text(
        "4\nfour unlike atoms\nO 0.0 0.0 0.0\nAg 5.0 0.0 0.0\nAu 0.0 3.0 0.0\nC 0.0 0.0 2.0\n",
        encoding="utf-8",
    )
    return path
