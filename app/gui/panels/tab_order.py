"""The Tab key goes where the eye goes: through the widgets in the order of their layouts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QWidget


def follow_layout(widget: QWidget) -> None:
    """Let Tab visit what is inside a widget in the order of its layout; widgets made late join in."""
    for first, second in pairwise(_stops(widget.layout())):
        QWidget.setTabOrder(first, second)


def follow_layouts_around(widget: QWidget) -> None:
    """The same from the outermost layout that the widget is in: what is made late may be the first inside."""
    outer = widget
    parent = outer.parentWidget()
    while parent is not None and parent.layout() is not None and not outer.isWindow():
        outer, parent = parent, parent.parentWidget()
    follow_layout(outer)


def _stops(layout: QLayout | None) -> Iterator[QWidget]:
    for position in range(layout.count() if layout is not None else 0):
        item = layout.itemAt(position) if layout is not None else None
        if item is None:
            continue
        widget = item.widget()
        if widget is None:
            yield from _stops(item.layout())
            continue
        if widget.focusProxy() is None and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            yield widget
        yield from _stops(widget.layout())
