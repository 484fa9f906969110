"""Tools on one line: those that find no room go into a menu at its end."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QToolButton, QWidget


class OverflowRow(QWidget):
    """Widgets from left to right on one line, whatever the width.

    Parameters
    ----------
    name
        Object name of the row; the button of the menu is ``name.more``.
    gap
        Pixels between two widgets.
    """

    def __init__(self, name: str, parent: QWidget | None = None, *, gap: int = 4) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._widgets: list[QWidget] = []
        self._spare: list[QWidget] = []
        self._absent: set[QWidget] = set()
        # Joins the row after the others, as Tab shall come to it after them.
        self.more = QToolButton()
        self.more.setObjectName(f"{name}.more")
        self.more.setText("»")
        self.more.setAccessibleName("More tools")
        self.more.setToolTip("Tools for which the line has no room")
        self.more.setAutoRaise(True)
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self._menu = QMenu(self.more)
        self._menu.setObjectName(f"{name}.more_menu")
        self._menu.setToolTipsVisible(True)
        self._menu.aboutToShow.connect(self._fill)
        self.more.setMenu(self._menu)
        self.more.hide()
        self._line = QHBoxLayout(self)
        self._line.setSpacing(gap)
        self._line.addStretch(1)

    def add(self, widget: QWidget) -> None:
        """Add a widget at the right."""
        self._line.insertWidget(len(self._widgets), widget)
        self._widgets.append(widget)

    def set_spare(self, widgets: Sequence[QWidget]) -> None:
        """Those that may go into the menu, the first to go first; called once, after all were added."""
        self._spare = list(widgets)
        self._line.addWidget(self.more)
        self._share_out()

    def set_present(self, widget: QWidget, present: bool) -> None:
        """Whether a widget has anything to offer: one that has not stands neither here nor in the menu."""
        if present == (widget in self._absent):
            (self._absent.discard if present else self._absent.add)(widget)
            self._share_out()

    def hidden_tools(self) -> tuple[QWidget, ...]:
        """What is in the menu at present, from left to right."""
        return tuple(widget for widget in self._present() if widget.isHidden())

    def _present(self) -> list[QWidget]:
        return [widget for widget in self._widgets if widget not in self._absent]

    # --- room --------------------------------------------------------------------------------

    def _needed(self, widgets: Sequence[QWidget]) -> int:
        margins = self.contentsMargins()
        line = self._line.contentsMargins()
        return (
            sum(widget.sizeHint().width() for widget in widgets)
            + self._line.spacing() * len(widgets)
            + sum((margins.left(), margins.right(), line.left(), line.right()))
        )

    def minimumSizeHint(self) -> QSize:
        kept = [widget for widget in self._present() if widget not in self._spare]
        return QSize(self._needed([*kept, self.more]), super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        return QSize(self._needed(self._present()), super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_out()

    def event(self, event: QEvent) -> bool:
        # A button that gets another text asks for another width.
        if event.type() == QEvent.Type.LayoutRequest:
            self._share_out()
        return super().event(event)

    def _share_out(self) -> None:
        present = self._present()
        shown = list(present)
        for widget in self._spare:
            if widget in self._absent:
                continue
            if self._needed(shown if len(shown) == len(present) else [*shown, self.more]) <= self.width():
                break
            shown.remove(widget)
        for widget in self._widgets:
            if widget.isHidden() == (widget in shown):
                widget.setVisible(widget in shown)
        if self.more.isHidden() == (len(shown) < len(present)):
            self.more.setVisible(len(shown) < len(present))

    # --- the menu ----------------------------------------------------------------------------

    def _fill(self) -> None:
        self._menu.clear()
        for widget in self.hidden_tools():
            buttons = (
                [widget] if isinstance(widget, QAbstractButton) else widget.findChildren(QAbstractButton)
            )
            for button in buttons:
                self._enter(button)

    def _enter(self, button: QAbstractButton) -> None:
        title = button.accessibleName()
        inner = button.menu() if isinstance(button, QToolButton) else None
        if inner is not None:
            inner.menuAction().setText(title)
            inner.menuAction().setIcon(button.icon())
            self._menu.addMenu(inner)
            return
        entry = QAction(button.icon(), title, self._menu)
        entry.setObjectName(f"{button.objectName()}.entry")
        entry.setToolTip(button.toolTip())
        entry.setCheckable(button.isCheckable())
        entry.setChecked(button.isChecked())
        entry.setEnabled(button.isEnabled())
        entry.triggered.connect(lambda *_: button.click())
        self._menu.addAction(entry)
