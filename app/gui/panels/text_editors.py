"""Editors of texts, and of lists of numbers, which are typed as texts too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QCompleter, QFileDialog, QLineEdit, QPlainTextEdit, QToolButton, QWidget

from app.gui.document.fields import Field
from app.gui.panels.editor import Editor
from app.gui.panels.idle_undo import is_idle_undo
from app.gui.panels.number_list import format_list, parse_list
from app.gui.panels.quantity_edit import sentence
from app.gui.panels.suggestions import names_for
from sim.core.errors import InputError

#: Lines of a text of several lines.
TEXT_LINES = 3


class Line(QLineEdit):
    """A line of text that takes effect with Return or on leaving; Escape brings the old text back."""

    committed = Signal(str)
    reverted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self._names: Callable[[], Sequence[str]] | None = None
        self.editingFinished.connect(self._commit)

    @property
    def modified(self) -> bool:
        """Whether something is typed that has not taken effect."""
        return bool(self.text() != self._shown)

    def show_text(self, text: str) -> None:
        """Show a text; nothing is emitted."""
        if text != self.text() or text != self._shown:
            self._shown = text
            self.setText(text)
            self.setCursorPosition(0)

    def suggest(self, names: Callable[[], Sequence[str]]) -> None:
        """Offer names while something is typed; they are asked for when the line is first used."""
        self._names = names

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._names is not None:
            completer = QCompleter(list(self._names()), self)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            self.setCompleter(completer)
            self._names = None

    def _commit(self) -> None:
        if self.modified:
            self.committed.emit(self.text())

    def event(self, event: QEvent) -> bool:
        if is_idle_undo(event, self.modified):
            event.ignore()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.modified:
            self.setText(self._shown)
            self.reverted.emit()
            event.accept()
            return
        super().keyPressEvent(event)


class TextEditor(Editor):
    """One line of text."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.text = Line(self)
        self.adopt(self.text, stretch=1)
        self.text.committed.connect(lambda text: self.edited.emit(text))
        self.text.reverted.connect(self.reverted)
        names = names_for(field.path)
        if names is not None:
            self.text.suggest(names)

    def show_value(self, value: Any) -> None:
        self.text.show_text(str(value))


class PathEditor(TextEditor):
    """The path of a structure file: typed, or looked for."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.text.setPlaceholderText("no file yet")
        self.browse = QToolButton(self)
        self.browse.setText("Browse…")
        self.adopt(self.browse, suffix=".browse")
        self.browse.setAccessibleName(f"{field.label}: browse")
        self.browse.clicked.connect(lambda *_: self._ask())

    def set_tip(self, tip: str) -> None:
        super().set_tip(tip)
        self.browse.setToolTip("Look for a structure file (xyz, cif, pdb, POSCAR, LAMMPS).")

    def show_value(self, value: Any) -> None:
        super().show_value(value)
        if value:
            # The end of a path tells files apart.
            self.text.setCursorPosition(len(str(value)))

    def _ask(self) -> None:
        # The readers are wanted only when somebody looks for files.
        from app.gui.document.opening import STRUCTURE_PATTERNS

        path, _ = QFileDialog.getOpenFileName(
            self, "Structure file", self.text.text(), f"Structures ({STRUCTURE_PATTERNS});;All files (*)"
        )
        if path:
            self.edited.emit(path)


class WordsEditor(Editor):
    """A list of words: ``thin, thick``."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.text = Line(self)
        self.text.setPlaceholderText("none")
        self.adopt(self.text, stretch=1)
        self.text.committed.connect(self._read)
        self.text.reverted.connect(self.reverted)

    def show_value(self, value: Any) -> None:
        self.text.show_text(", ".join(value))

    def _read(self, text: str) -> None:
        words = [word.strip() for word in text.split(",")]
        self.edited.emit(tuple(word for word in words if word))


class NumbersEditor(Editor):
    """A list of numbers: ``50, 100 Hz``."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.text = Line(self)
        self.text.setPlaceholderText("none")
        self.adopt(self.text, stretch=1)
        self.text.committed.connect(self._commit)
        self.text.reverted.connect(self.reverted)

    def show_value(self, value: Any) -> None:
        self.text.show_text(format_list(value, self.field.unit, self.field.step))

    def _commit(self, text: str) -> None:
        try:
            self.edited.emit(parse_list(text, self.field.unit))
        except InputError as error:
            self.invalid.emit(sentence(error))


class Lines(QPlainTextEdit):
    """Some lines of text that take effect on leaving or with Ctrl+Return."""

    committed = Signal(str)
    reverted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self.setTabChangesFocus(True)
        height = self.fontMetrics().lineSpacing() * TEXT_LINES + 2 * self.frameWidth()
        self.setFixedHeight(int(height + 2 * self.document().documentMargin()))

    @property
    def modified(self) -> bool:
        """Whether something is typed that has not taken effect."""
        return bool(self.toPlainText() != self._shown)

    def show_text(self, text: str) -> None:
        """Show a text; nothing is emitted."""
        if text != self._shown or self.modified:
            self._shown = text
            self.setPlainText(text)

    def event(self, event: QEvent) -> bool:
        if is_idle_undo(event, self.modified):
            event.ignore()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._commit()
            event.accept()
        elif event.key() == Qt.Key.Key_Escape and self.modified:
            self.setPlainText(self._shown)
            self.reverted.emit()
            event.accept()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._commit()

    def _commit(self) -> None:
        if self.modified:
            self.committed.emit(self.toPlainText())


class LinesEditor(Editor):
    """Some lines of text."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.text = Lines(self)
        self.adopt(self.text, stretch=1)
        self.text.committed.connect(lambda text: self.edited.emit(text))
        self.text.reverted.connect(self.reverted)

    def show_value(self, value: Any) -> None:
        self.text.show_text(str(value))
