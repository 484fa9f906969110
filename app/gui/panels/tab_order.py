"""The Tab key goes where the eye goes: through the widgets in the order of their layouts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from operator import itemgetter

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QWidget


def follow_layout(widget: QWidget) -> None:
    """Let Tab visit what is inside a widget in the order of its layout; widgets made late join in."""
    for first, second in pairwise(_stops(widget.layout(), widget)):
        QWidget.setTabOrder(first, second)


def follow_layouts_around(widget: QWidget) -> None:
    """The same from the outermost layout that the widget is in: what is made late may be the first inside."""
    outer = widget
    parent = outer.parentWidget()
    while parent is not None and parent.layout() is not None and not outer.isWindow():
        outer, parent = parent, parent.parentWidget()
    follow_layout(outer)


def _stops(layout: QLayout | None, holder: QWidget) -> Iterator[QWidget]:
    """What Tab visits in a layout, whose widgets are children of the holder."""
    if layout is None:
        return
    # Not by itemAt(): PySide keeps what it returns for as long as the layout, and does not notice that Qt
    # deletes an item together with its widget.  What is made at that place of the memory next, be it a
    # widget or an icon, would be mistaken for the item and crash the program when it goes.
    inside: list[tuple[int, QWidget | QLayout]] = [
        (layout.indexOf(child), child)
        for child in (*holder.children(), *layout.children())
        if isinstance(child, QWidget | QLayout)
    ]
    for place, child in sorted(inside, key=itemgetter(0)):
        if place < 0:
            continue
        if isinstance(child, QLayout):
            yield from _stops(child, holder)
            continue
        if child.focusProxy() is None and child.focusPolicy() & Qt.FocusPolicy.TabFocus:
            yield child
        yield from _stops(child.layout(), child)
