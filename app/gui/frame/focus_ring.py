"""A ring around the control the keys go to: around fields of text always, around others once the keyboard
is used to go there.

Styles mark the focus by a hairline, or not at all on a flat button.  The ring is a widget of its own beside
the control, cut down to its edge by a mask: nothing is painted anew but the ring, and only when the focus
moves.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QSplitter,
    QStackedWidget,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

from app.gui.frame.theme import colours

#: Breadth of the ring and its distance from the control, device-independent pixels.
BREADTH = 2
NAME = "focus.ring"
#: Changes of the control or of what holds it after which the ring is laid anew.
_MOVES = frozenset(
    {
        QEvent.Type.Move,
        QEvent.Type.Resize,
        QEvent.Type.Show,
        QEvent.Type.Hide,
        QEvent.Type.ParentChange,
        QEvent.Type.ZOrderChange,
    }
)


class FocusRing(QObject):
    """Lays a ring around the focused widget of the program while the keyboard is used.

    Parameters
    ----------
    application
        Owner; its ``focusChanged`` is followed.
    """

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._target: QWidget | None = None
        self._edge: _Edge | None = None
        application.focusChanged.connect(self._focus_changed)

    @property
    def target(self) -> QWidget | None:
        """What the ring is laid around; None while no ring is shown."""
        return self._target if self._edge is not None and isValid(self._edge) else None

    def _focus_changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        if self._target is not None and isValid(self._target):
            self._target.removeEventFilter(self)
        self._target = None
        if self._edge is not None and isValid(self._edge):
            self._edge.hide()
            self._edge.deleteLater()
        self._edge = None
        if new is None or isinstance(new, QMenu) or new.isWindow():
            return
        if not (_takes_text(new) or new.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)):
            return
        self._target = new
        self._edge = _Edge(_holder(new))
        new.installEventFilter(self)
        self._lay()

    def _lay(self) -> None:
        edge, target = self._edge, self._target
        if edge is None or target is None or not (isValid(edge) and isValid(target)):
            return
        holder = _holder(target)
        if holder is not edge.parentWidget():
            edge.setParent(holder)
        place = QRect(target.mapTo(holder, target.rect().topLeft()), target.size())
        edge.surround(place.adjusted(-BREADTH, -BREADTH, BREADTH, BREADTH) & holder.rect())
        edge.setVisible(target.isVisible())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVES:
            self._lay()
        return False


class _Edge(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(NAME)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def surround(self, place: QRect) -> None:
        """Be the edge of a rectangle of the parent."""
        self.setGeometry(place)
        whole = self.rect()
        self.setMask(QRegion(whole) - QRegion(whole.adjusted(BREADTH, BREADTH, -BREADTH, -BREADTH)))
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), colours().focus)
        painter.end()


def _takes_text(widget: QWidget) -> bool:
    if isinstance(widget, (QTextEdit, QPlainTextEdit)):
        return not widget.isReadOnly()
    return isinstance(widget, (QLineEdit, QAbstractSpinBox)) or (
        isinstance(widget, QComboBox) and widget.isEditable()
    )


def _holder(target: QWidget) -> QWidget:
    """What the ring is a child of: the nearest ancestor that takes a child without giving it a place."""
    holder = target.parentWidget()
    while holder is not None and not holder.isWindow():
        if not isinstance(holder, (QSplitter, QStackedWidget, QAbstractScrollArea)):
            return holder
        holder = holder.parentWidget()
    return holder or target.window()
