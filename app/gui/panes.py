"""The panes of the window and their places: made from one table, shown, hidden, put back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget
from shiboken6 import Shiboken

from app.gui.panels.turns import Turns

#: Version of the arrangement of panes; raised when a pane is added or renamed.
LAYOUT_VERSION = 3

#: What the structure gets of the width beside parameters and inspection; the image gets the rest.
STRUCTURE_PART = 0.4
#: Height of the sweep pane at first, in lines of text: a title, a heading, three sweeps, the buttons.
SWEEP_LINES = 9

_Area = Qt.DockWidgetArea


@dataclass(frozen=True)
class Pane:
    """Where a pane has its first place, and whether it is open there from the beginning."""

    title: str
    area: Qt.DockWidgetArea
    open_at_first: bool = True


#: By name, from left to right and from top to bottom.
PANES: Mapping[str, Pane] = {
    "parameters": Pane("Parameters", _Area.LeftDockWidgetArea),
    "scene": Pane("Scene", _Area.LeftDockWidgetArea, open_at_first=False),
    "structure": Pane("Structure", _Area.LeftDockWidgetArea),
    "histogram": Pane("Histogram", _Area.RightDockWidgetArea),
    "spectrum": Pane("FFT", _Area.RightDockWidgetArea, open_at_first=False),
    "profile": Pane("Profile", _Area.RightDockWidgetArea, open_at_first=False),
    "statistics": Pane("Statistics", _Area.RightDockWidgetArea),
    "atoms": Pane("Atoms", _Area.RightDockWidgetArea, open_at_first=False),
    "optics": Pane("Optics", _Area.RightDockWidgetArea, open_at_first=False),
    "sweep": Pane("Sweep", _Area.BottomDockWidgetArea),
    "run": Pane("Export", _Area.BottomDockWidgetArea, open_at_first=False),
}


class Panes:
    """The docks of a main window.

    Parameters
    ----------
    window
        Owner of the docks.
    widgets
        What each of :data:`PANES` holds.

    Attributes
    ----------
    docks
        By name.
    """

    def __init__(self, window: QMainWindow, widgets: Mapping[str, QWidget]) -> None:
        self._window = window
        self._open: tuple[str, ...] = ()
        self._turns = Turns(window)
        # The inspection keeps its height: histogram and statistics have more to show than a sweep.
        window.setCorner(Qt.Corner.BottomRightCorner, _Area.RightDockWidgetArea)
        self.docks: dict[str, QDockWidget] = {}
        for name, pane in PANES.items():
            dock = QDockWidget(pane.title, window)
            dock.setObjectName(f"dock.{name}")
            dock.setWidget(widgets[name])
            window.addDockWidget(pane.area, dock)
            dock.hide()
            dock.visibilityChanged.connect(self._look_at_tabs)
            self.docks[name] = dock

    def _look_at_tabs(self, _: bool) -> None:
        # A window that is being destroyed hides its docks one after the other.
        if Shiboken.isValid(self._window):
            # Qt moves tab bars out of the way once the docks are laid out.
            QTimer.singleShot(0, self._window, self._skip_parked_tabs)

    def _skip_parked_tabs(self) -> None:
        """Keep the keyboard away from tab bars of one pane: Qt puts them out of sight without hiding them."""
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for bar in self._window.findChildren(QTabBar, options=direct):
            seen = bar.count() > 1 and bar.geometry().right() > 0
            bar.setAccessibleName("Panes in one place")
            bar.setFocusPolicy(Qt.FocusPolicy.TabFocus if seen else Qt.FocusPolicy.NoFocus)

    def is_behind(self, widget: QWidget | None) -> bool:
        """Whether a widget is in a pane behind another: Qt puts those out of sight without hiding them."""
        area = self._window.rect()
        return widget is not None and any(
            dock.isAncestorOf(widget) and not dock.isFloating() and not area.intersects(dock.geometry())
            for dock in self.docks.values()
        )

    def show(self, name: str) -> None:
        """Bring a pane to the front, once all are in their places."""
        if self._turns.idle:
            self._raise(name)
        else:
            self._turns.begin(name, self._showing(name))

    def _raise(self, name: str) -> None:
        self.docks[name].show()
        self.docks[name].raise_()

    def _showing(self, name: str) -> Iterator[None]:
        self._raise(name)
        yield

    def put_away(self) -> None:
        """Hide all, and remember which were open."""
        self._turns.finish()
        self._open = tuple(name for name, dock in self.docks.items() if not dock.isHidden())
        for dock in self.docks.values():
            dock.hide()

    def bring_back(self) -> None:
        """Show those that were put away; at the first time, all in their first places."""
        if self._open:
            for name in self._open:
                self.docks[name].show()
        elif all(dock.isHidden() for dock in self.docks.values()):
            # One pane a turn: all of them take longer than a frame.
            self._turns.begin("reset", self._resetting())

    def reset(self) -> None:
        """Put every pane back in its first place."""
        self._turns.begin("reset", self._resetting())
        self._turns.finish()

    def _resetting(self) -> Iterator[None]:
        window, docks = self._window, self.docks
        for name, pane in PANES.items():
            docks[name].setFloating(False)
            window.addDockWidget(pane.area, docks[name])
        yield
        window.splitDockWidget(docks["parameters"], docks["structure"], Qt.Orientation.Horizontal)
        window.tabifyDockWidget(docks["parameters"], docks["scene"])
        window.tabifyDockWidget(docks["statistics"], docks["profile"])
        window.tabifyDockWidget(docks["statistics"], docks["spectrum"])
        window.tabifyDockWidget(docks["statistics"], docks["atoms"])
        window.tabifyDockWidget(docks["statistics"], docks["optics"])
        window.tabifyDockWidget(docks["sweep"], docks["run"])
        for name, pane in PANES.items():
            yield
            docks[name].setVisible(pane.open_at_first)
        docks["statistics"].raise_()
        # Docks take a size only once the window has laid them out.
        QTimer.singleShot(0, window, self._first_sizes)

    def _first_sizes(self) -> None:
        """Parameters and inspection as wide as their words need; the rest for structure and image."""
        window, docks = self._window, self.docks
        metrics = window.fontMetrics()
        letter, line = metrics.averageCharWidth(), metrics.height()
        parameters, inspection = 58 * letter, 42 * letter
        rest = max(0, window.width() - parameters - inspection)
        window.resizeDocks(
            [docks["parameters"], docks["structure"], docks["histogram"]],
            [parameters, round(STRUCTURE_PART * rest), inspection],
            Qt.Orientation.Horizontal,
        )
        window.resizeDocks(
            [docks["histogram"], docks["statistics"]], [15 * line, 27 * line], Qt.Orientation.Vertical
        )
        window.resizeDocks([docks["sweep"]], [SWEEP_LINES * line], Qt.Orientation.Vertical)

    def state(self) -> bytes:
        """The arrangement, for the next start."""
        self._turns.finish()
        return bytes(self._window.saveState(LAYOUT_VERSION).data())

    def restore(self, state: bytes) -> bool:
        """Arrange the panes as they were; False where the state is of another version."""
        self._turns.finish()
        return self._window.restoreState(QByteArray(state), LAYOUT_VERSION)
