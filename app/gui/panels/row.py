"""One setting in the panel: name, editor, the button that resets it, the button that varies it.

A row shows what it is told and says what the user wants; the panel asks the document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.gui.document.fields import Field
from app.gui.frame.icons import icon
from app.gui.frame.theme import colours
from app.gui.panels import laws
from app.gui.panels.editor import Editor
from app.gui.panels.editors import EDITORS
from app.gui.panels.files_editor import FilesEditor
from app.gui.panels.problem_label import ProblemLabel
from app.gui.panels.tab_order import follow_layouts_around
from app.gui.panels.vary_editor import VaryEditor
from app.gui.panels.ways_out import WaysOut

#: How long a row that was looked for stays marked, milliseconds.
FLASH = 900


class NameLabel(QWidget):
    """The name of a setting: with its symbol where there is room, else without it, else cut."""

    def __init__(self, text: str, shorter: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._shorter = text, shorter
        self._marked = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def set_marked(self, marked: bool) -> None:
        """Stand out, for a value that is not the default."""
        if marked != self._marked:
            self._marked = marked
            self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 2, int(metrics.height() * 1.2))

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setPen(colours().accent if self._marked else self.palette().windowText().color())
        metrics = self.fontMetrics()
        text = self._text if metrics.horizontalAdvance(self._text) <= self.width() else self._shorter
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


class Row(QWidget):
    """A line of the panel, and what may stand below it: a problem, the editor of its variation.

    Parameters
    ----------
    field
        The setting.
    label_width
        Width of the names, the same for all rows.
    value
        Gives the present value, for a law to start around.
    """

    #: (path, value) the user wants.
    edited = Signal(str, object)
    #: (path, entry or None) how the user wants it to vary.
    vary_edited = Signal(str, object)
    #: (path) the default is wanted.
    reset_wanted = Signal(str)
    #: (path) Escape was pressed: what was refused is forgotten.
    reverted = Signal(str)
    #: (path, key) a way out of the problem shown was chosen.
    way_chosen = Signal(str, str)
    gesture_began = Signal()
    gesture_ended = Signal()

    def __init__(
        self, field: Field, label_width: int, value: Callable[[str], Any], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.field = field
        self._value = value
        self._default: Any = field.default
        self.changed = False
        self.varied = False
        self._vary_editor: VaryEditor | None = None
        self._chip: QToolButton | None = None
        self._problem: ProblemLabel | None = None
        self._ways: WaysOut | None = None
        self._note: QLabel | None = None
        self.setObjectName(f"row.{field.path}")
        self.name = NameLabel(field.title, field.label, self)
        self.name.setFixedWidth(label_width)
        self.editor = _editor(field, self)
        self.editor.edited.connect(lambda item: self.edited.emit(field.path, item))
        self.editor.invalid.connect(self.show_problem)
        self.editor.reverted.connect(lambda: self.reverted.emit(field.path))
        self.editor.gesture_began.connect(self.gesture_began)
        self.editor.gesture_ended.connect(self.gesture_ended)
        self.reset = self._button("reset", "reset", f"Reset {field.label}")
        self.reset.clicked.connect(lambda *_: self.reset_wanted.emit(field.path))
        self.reset.hide()
        self._line = QHBoxLayout()
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(3)
        top = Qt.AlignmentFlag.AlignTop if isinstance(self.editor, FilesEditor) else Qt.AlignmentFlag(0)
        self._line.addWidget(self.name, 0, top)
        self._line.addWidget(self.editor, 1)
        self._line.addWidget(self.reset, 0, top)
        self.vary: QToolButton | None = None
        if field.can_vary:
            self.vary = self._button("vary", "vary.open", f"Vary {field.label}")
            self.vary.setCheckable(True)
            self.vary.setToolTip("Let it vary from image to image, or see how it varies.")
            self.vary.clicked.connect(self._vary_clicked)
            self._line.addWidget(self.vary, 0, top)
        else:
            self._line.addSpacing(self.reset.width() + self._line.spacing())
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self._column.addLayout(self._line)

    def _button(self, icon_name: str, suffix: str, words: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"field.{self.field.path}.{suffix}")
        button.setIcon(icon(icon_name))
        button.setAutoRaise(True)
        side = int(self.fontMetrics().height() * 0.85)
        button.setIconSize(QSize(side, side))
        button.setFixedSize(side + 6, side + 6)
        button.setAccessibleName(words)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        policy = button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        button.setSizePolicy(policy)
        return button

    # --- showing -----------------------------------------------------------------------------

    def show_value(self, value: Any, default: Any, *, changed: bool) -> None:
        """Show the value that the recipe has."""
        if default != self._default or not self.toolTip():
            self._default = default
            tip = self.field.tooltip(default)
            self.setToolTip(tip)
            self.editor.set_tip(tip)
        self.editor.show_value(value)
        self.editor.show_default(default)
        self.changed = changed
        self.name.set_marked(changed or self.varied)
        if self.reset.isHidden() == changed:
            self.reset.setVisible(changed)
        self.show_problem("")

    def show_vary(self, entry: Mapping[str, Any] | None) -> None:
        """Show how the setting varies in the recipe; None: it is fixed."""
        self.varied = entry is not None
        self.name.set_marked(self.changed or self.varied)
        self.editor.setEnabled(not self.varied)
        self.editor.setVisible(not self.varied)
        if entry is not None:
            self._show_chip(laws.summary(entry, self.field))
        elif self._chip is not None:
            self._chip.hide()
        if self._vary_editor is not None:
            self._vary_editor.show_entry(entry)
            if entry is None:
                self._vary_editor.hide()
        if self.vary is not None:
            self.vary.setChecked(self.vary_open)

    def show_problem(self, text: str, ways: Sequence[tuple[str, str]] = ()) -> None:
        """Say below the editor what is wrong; an empty text takes it away.

        Parameters
        ----------
        ways
            (key, text of a button) of what mends it by one click.
        """
        self._offer(ways)
        if self._problem is None:
            if not text:
                return
            self._problem = ProblemLabel(f"field.{self.field.path}.problem", self)
            self._problem.setIndent(self.name.width() + self._line.spacing())
            self._column.insertWidget(1, self._problem)
        self._problem.show_sentence(text)

    def _offer(self, ways: Sequence[tuple[str, str]]) -> None:
        if self._ways is None:
            if not ways:
                return
            indent = self.name.width() + self._line.spacing()
            self._ways = WaysOut(f"field.{self.field.path}.ways", indent, self)
            self._ways.chosen.connect(lambda key: self.way_chosen.emit(self.field.path, key))
            # Below the sentence, which stands below the line.
            self._column.insertWidget(1 if self._problem is None else 2, self._ways)
        if self._ways.offer(ways) and ways:
            follow_layouts_around(self)

    def show_vary_problem(self, text: str) -> None:
        """Say in the editor of the variation what is wrong with it."""
        if text:
            self.open_vary(True)
        if self._vary_editor is not None:
            self._vary_editor.show_problem(text)

    def clear_problems(self) -> None:
        """Nothing is wrong."""
        self.show_problem("")
        if self._vary_editor is not None:
            self._vary_editor.show_problem("")

    @property
    def problem(self) -> str:
        """What is said to be wrong with the value."""
        return "" if self._problem is None else self._problem.text()

    def show_note(self, text: str) -> None:
        """A word beside the editor."""
        if self._note is None:
            if not text:
                return
            self._note = QLabel(self)
            self._note.setObjectName(f"field.{self.field.path}.note")
            self._note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            self._line.insertWidget(2, self._note)
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def flash(self) -> None:
        """Mark the row for a moment."""
        palette = self.palette()
        palette.setColor(self.backgroundRole(), palette.highlight().color())
        self.setPalette(palette)
        self.setAutoFillBackground(True)
        QTimer.singleShot(FLASH, self, self._end_flash)

    def _end_flash(self) -> None:
        self.setAutoFillBackground(False)
        self.setPalette(QGuiApplication.palette())

    # --- variation ---------------------------------------------------------------------------

    @property
    def vary_open(self) -> bool:
        """Whether the editor of the variation is shown."""
        return self._vary_editor is not None and not self._vary_editor.isHidden()

    def open_vary(self, opened: bool) -> None:
        """Show or hide the editor of the variation."""
        if opened and self._vary_editor is None:
            self._vary_editor = VaryEditor(
                self.field, lambda: self._value(self.field.path), self._choices, self
            )
            self._vary_editor.edited.connect(lambda entry: self.vary_edited.emit(self.field.path, entry))
            self._column.addWidget(self._vary_editor)
            follow_layouts_around(self)
        if self._vary_editor is not None:
            self._vary_editor.setVisible(opened)
        if self.vary is not None:
            self.vary.setChecked(opened)

    def _vary_clicked(self) -> None:
        if self.varied:
            opened = not self.vary_open
            self.open_vary(opened)
            if opened:
                # An editor made just now has not heard of the entry yet.
                self.vary_shown.emit(self.field.path)
            return
        law = laws.laws_for(self.field)[0]
        entry = laws.first_entry(self.field, law, self._value(self.field.path), self._choices())
        self.open_vary(True)
        self.vary_edited.emit(self.field.path, entry)

    #: (path) the editor of the variation came into view and wants to know its entry.
    vary_shown = Signal(str)

    def _choices(self) -> Sequence[Any]:
        return self.field.choices

    def _show_chip(self, text: str) -> None:
        if self._chip is None:
            self._chip = QToolButton(self)
            self._chip.setObjectName(f"field.{self.field.path}.chip")
            self._chip.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            self._chip.clicked.connect(self._vary_clicked)
            self._line.insertWidget(1, self._chip, 1)
            follow_layouts_around(self)
        self._chip.setText(text)
        self._chip.setToolTip(f"Varies: {text}. Click to change how.")
        self._chip.setAccessibleName(f"{self.field.label} varies: {text}")
        self._chip.show()

    # --- the menu of the row -----------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        path = self.field.path
        reset = menu.addAction(f"Reset to {self.field.shown(self._default)}")
        reset.setEnabled(self.changed)
        reset.triggered.connect(lambda *_: self.reset_wanted.emit(path))
        if self.varied:
            menu.addAction("Fix").triggered.connect(lambda *_: self.vary_edited.emit(path, None))
        elif self.vary is not None:
            menu.addAction("Vary").triggered.connect(lambda *_: self._vary_clicked())
        menu.addSeparator()
        menu.addAction("Copy path").triggered.connect(lambda *_: QGuiApplication.clipboard().setText(path))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())


def _editor(field: Field, parent: QWidget) -> Editor:
    if field.editor == "files":
        return FilesEditor(field, parent)
    return EDITORS[field.editor](field, parent)
