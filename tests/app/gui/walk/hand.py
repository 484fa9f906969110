"""A user's hand on the real window: mouse and keys go the way that Qt brings them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QEvent, QEventLoop, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QLineEdit,
    QMenuBar,
    QMessageBox,
    QScrollArea,
    QWidget,
)

LEFT = Qt.MouseButton.LeftButton
#: How often a condition that is waited for is looked at, milliseconds.
EVERY = 10
#: Seconds that anything may take before the walk gives up: renderers compile when they are first used.
PATIENCE = 30.0

Kind = TypeVar("Kind", bound=QObject)


class Hand:
    """Finds widgets by name, clicks, drags and types.

    Waiting runs Qt's loop proper: QTest's own waiting holds the interpreter's lock, and the preview's
    thread starves.

    Parameters
    ----------
    window
        Where names are looked for, and in dialogs over it.
    """

    def __init__(self, window: QWidget) -> None:
        self.window = window

    # --- waiting -----------------------------------------------------------------------------

    def until(self, true: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
        """Let the window live until something is so.

        Raises
        ------
        AssertionError
            If it does not become so in time.
        """
        loop, looking = QEventLoop(), QTimer()
        limit = time.monotonic() + seconds

        def look() -> None:
            if true() or time.monotonic() > limit:
                loop.quit()

        looking.timeout.connect(look)
        looking.start(EVERY)
        if not true():
            loop.exec()
        looking.stop()
        assert true(), f"{what}: not so after {seconds:.0f} s"

    def pause(self, seconds: float) -> None:
        """Do nothing for a while."""
        over = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > over, "time passes", seconds + 5.0)

    # --- finding -----------------------------------------------------------------------------

    def find(self, kind: type[Kind], name: str) -> Kind:
        """The widget of this name, in the window or in a dialog over it."""
        for place in (self.window, *self._dialogs()):
            if place.objectName() == name and isinstance(place, kind):
                return place
            found = place.findChild(kind, name)
            if found is not None:
                return found
        raise AssertionError(f"there is no {kind.__name__} called {name}")

    def _field(self, name: str) -> QWidget:
        """What text is typed into; a label may have the same name."""
        for kind in (QAbstractSpinBox, QLineEdit):
            try:
                return self.find(kind, name)
            except AssertionError:
                continue
        raise AssertionError(f"there is no field called {name}")

    def _dialogs(self) -> list[QWidget]:
        return [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QDialog)]

    def see(self, widget: QWidget) -> QWidget:
        """Scroll to a widget, as a user does before he uses it."""
        above: QWidget | None = widget.parentWidget()
        while above is not None:
            if isinstance(above, QScrollArea):
                above.ensureWidgetVisible(widget, 0, 4 * widget.height())
            above = above.parentWidget()
        self.settle()
        assert widget.isVisible(), f"{widget.objectName()} is not to be seen"
        assert _in_sight(widget), f"{widget.objectName()} is scrolled away"
        return widget

    def settle(self) -> None:
        """Let layouts and posted events have their turn."""
        for _ in range(3):
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)

    # --- mouse -------------------------------------------------------------------------------

    def click(self, kind: type[QWidget], name: str) -> None:
        """Click the middle of a widget."""
        widget = self.see(self.find(kind, name))
        assert widget.isEnabled(), f"{name} cannot be clicked: {widget.toolTip()}"
        spot = QPoint(10, widget.height() // 2) if isinstance(widget, QCheckBox) else widget.rect().center()
        QTest.mouseClick(widget, LEFT, Qt.KeyboardModifier.NoModifier, spot)
        self.settle()

    def drag(
        self, widget: QWidget, start: QPoint, stop: QPoint, steps: int = 12, each: Callable[[], object] = int
    ) -> None:
        """Press, move in steps and release; ``each`` is called after every step."""
        self.see(widget)
        QTest.mousePress(widget, LEFT, Qt.KeyboardModifier.NoModifier, start)
        for step in range(1, steps + 1):
            QTest.mouseMove(widget, start + (stop - start) * (step / steps))
            self.pause(0.016)
            each()
        QTest.mouseRelease(widget, LEFT, Qt.KeyboardModifier.NoModifier, stop)
        self.settle()

    def action(self, key: str) -> None:
        """Open the menu of a command and click it there."""
        action = self.find(QAction, f"action.{key}")
        bar = self.find(QMenuBar, "")
        for title in bar.actions():
            menu = title.menu()
            if menu is not None and action in menu.actions():
                QTest.mouseClick(
                    bar, LEFT, Qt.KeyboardModifier.NoModifier, bar.actionGeometry(title).center()
                )
                self.until(menu.isVisible, f"the menu {title.text()} opens", 5.0)
                spot = menu.actionGeometry(action).center()
                QTest.mouseMove(menu, spot)
                QTest.mouseClick(menu, LEFT, Qt.KeyboardModifier.NoModifier, spot)
                self.settle()
                return
        raise AssertionError(f"{key} stands in no menu")

    # --- keys --------------------------------------------------------------------------------

    def choose(self, name: str, data: Any) -> None:
        """Open a combo box by the mouse and take an entry by the keys."""
        box = self.find(QComboBox, name)
        self.see(box)
        wanted = box.findData(data)
        assert wanted >= 0, f"{name} does not offer {data}"
        QTest.mouseClick(box, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(12, box.height() // 2))
        view = box.view()
        self.until(view.isVisible, f"{name} opens", 5.0)
        QTest.keyClick(view, Qt.Key.Key_Home)
        for _ in range(wanted):
            QTest.keyClick(view, Qt.Key.Key_Down)
        QTest.keyClick(view, Qt.Key.Key_Return)
        self.until(lambda: not view.isVisible(), f"{name} closes", 5.0)
        assert box.currentData() == data, f"{name} shows {box.currentData()}, not {data}"

    def type(self, name: str, text: str, *, confirm: bool = True) -> None:
        """Click into a field, type over what is there, and confirm with Return."""
        widget = self.see(self._field(name))
        QTest.mouseClick(widget, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(8, widget.height() // 2))
        widget.setFocus(Qt.FocusReason.MouseFocusReason)
        QTest.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(widget, text)
        if confirm:
            QTest.keyClick(widget, Qt.Key.Key_Return)
        self.settle()

    def keys(
        self,
        key: Qt.Key,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        window: QWidget | None = None,
    ) -> None:
        """Press a key in a window, where its focus is."""
        window = window or self.window
        # A display without a window manager activates no window when another one closes.
        window.activateWindow()
        self.until(window.isActiveWindow, f"{window.objectName()} becomes the active window", 5.0)
        QTest.keyClick(window.focusWidget() or window, key, modifiers)
        self.settle()

    # --- questions ---------------------------------------------------------------------------

    def answering(self, button: QMessageBox.StandardButton, said: list[str]) -> QTimer:
        """A timer that answers the next question; its text goes into ``said``."""
        timer = QTimer(self.window)

        def answer() -> None:
            box = QApplication.activeModalWidget()
            if isinstance(box, QMessageBox):
                timer.stop()
                said.append(box.text())
                QTest.mouseClick(box.button(button), LEFT)

        timer.timeout.connect(answer)
        timer.start(EVERY)
        return timer


def _in_sight(widget: QWidget) -> bool:
    """Whether the middle of a widget lies inside everything that holds it."""
    above, middle = widget.parentWidget(), widget.rect().center()
    while above is not None and not widget.isWindow():
        if not above.rect().contains(widget.mapTo(above, middle)):
            return False
        if above.isWindow():
            break
        above = above.parentWidget()
    return True


def deleted() -> None:
    """Let what is being deleted go."""
    for _ in range(3):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        QApplication.processEvents()
