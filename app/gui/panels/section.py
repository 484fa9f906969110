"""A section of the panel that opens and closes, with a line that says what is inside."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.gui.frame.icons import icon


class Header(QToolButton):
    """The button of a section; the right arrow opens it, the left one closes it."""

    #: (open) asked for by an arrow key.
    turned = Signal(bool)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        opened = {Qt.Key.Key_Right: True, Qt.Key.Key_Left: False}.get(Qt.Key(event.key()))
        if opened is None:
            super().keyPressEvent(event)
            return
        self.turned.emit(opened)
        event.accept()


class CollapsibleSection(QWidget):
    """A header to click on, and a body below it.

    Parameters
    ----------
    title
        Text of the header.
    name
        Object name; the header's is ``name.header``.
    level
        0 for a section, 1 for one inside a section.
    """

    #: (open) the user opened or closed it.
    toggled = Signal(bool)
    #: The user wants the defaults back.
    reset_wanted = Signal()

    def __init__(self, title: str, name: str, *, level: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.title = title
        self._open = False
        self.header = Header(self)
        self.header.setObjectName(f"{name}.header")
        self.header.setText(title)
        self.header.setAccessibleName(f"Section {title}")
        self.header.setToolTip(f"Open or close the section {title}.")
        self.header.setAutoRaise(True)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.header.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.header.clicked.connect(lambda *_: self._turn(not self.is_open))
        self.header.turned.connect(self._turn)
        font = self.header.font()
        font.setBold(level == 0)
        self.header.setFont(font)
        self._summary = QLabel(self)
        self._summary.setObjectName(f"{name}.summary")
        self._summary.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._summary.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._reset = QToolButton(self)
        self._reset.setObjectName(f"{name}.reset")
        self._reset.setIcon(icon("reset"))
        self._reset.setAutoRaise(True)
        side = int(self.fontMetrics().height() * 0.85)
        self._reset.setIconSize(QSize(side, side))
        self._reset.setAccessibleName(f"Reset section {title}")
        self._reset.setToolTip(f"Set everything in {title} back to its default.")
        self._reset.clicked.connect(lambda *_: self.reset_wanted.emit())
        policy = self._reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._reset.setSizePolicy(policy)
        self._reset.hide()
        self.bar = QWidget(self)
        self.bar.setObjectName(f"{name}.bar")
        if level == 0:
            self.bar.setAutoFillBackground(True)
            self.bar.setBackgroundRole(self.bar.backgroundRole().Button)
        line = QHBoxLayout(self.bar)
        line.setContentsMargins(0, 0, 2, 0)
        line.setSpacing(4)
        line.addWidget(self.header)
        line.addWidget(self._summary, 1)
        line.addWidget(self._reset)
        self.body = QWidget(self)
        self.body.setObjectName(f"{name}.body")
        self.body_layout = QVBoxLayout(self.body)
        indent = self.fontMetrics().horizontalAdvance("0")
        self.body_layout.setContentsMargins(indent if level == 0 else 0, 2, 0, 4)
        self.body_layout.setSpacing(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.body)
        self.set_open(False)

    @property
    def is_open(self) -> bool:
        """Whether the body is shown."""
        return self._open

    def set_open(self, opened: bool) -> None:
        """Show or hide the body; nothing is emitted."""
        self._open = opened
        self.header.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self.body.setVisible(opened)

    def show_state(self, changed: int, varied: int) -> None:
        """Say how many of the settings inside differ from their defaults, and how many vary."""
        parts = []
        if changed:
            parts.append(f"{changed} changed")
        if varied:
            parts.append(f"{varied} varied")
        text = ", ".join(parts)
        if text != self._summary.text():
            self._summary.setText(text)
        self._reset.setVisible(bool(changed))

    def _turn(self, opened: bool) -> None:
        if opened != self.is_open:
            self.set_open(opened)
            self.toggled.emit(opened)
