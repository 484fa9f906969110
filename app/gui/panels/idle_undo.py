"""Undo and redo in a line of text: of the line while something is typed there, else of the window."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QKeyEvent, QKeySequence


def is_idle_undo(event: QEvent, modified: bool) -> bool:
    """Whether an event asks for undo or redo in a text in which nothing is typed: the window's, then."""
    return (
        event.type() == QEvent.Type.ShortcutOverride
        and isinstance(event, QKeyEvent)
        and (event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo))
        and not modified
    )
