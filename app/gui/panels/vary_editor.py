"""The editor of how one setting varies: the law, its numbers, and how often a value is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.document.fields import Field
from app.gui.frame.icons import icon
from app.gui.panels import laws
from app.gui.panels.editor import Combo
from app.gui.panels.editors import in_words
from app.gui.panels.number_list import format_list, parse_list
from app.gui.panels.problem_label import ProblemLabel
from app.gui.panels.quantity_edit import QuantityEdit, sentence
from app.gui.panels.tab_order import follow_layout
from app.gui.panels.text_editors import Line
from sim.core.errors import InputError
from sim.plan.targets import STRUCTURE_SECTIONS

#: Lines of a list of words before it scrolls.
MOST_LINES = 5
#: Words for how often a value is taken.
LEVELS = {"image": "each image", "structure": "each structure", "instance": "each instance"}


class VaryEditor(QFrame):
    """Edits one ``[[vary]]`` entry, or says that the setting is fixed.

    Parameters
    ----------
    field
        The setting.
    value
        Gives its present fixed value, to start a law around.
    choices
        Gives all values it may have, where it is no number.
    """

    #: The entry the user wants (a tree without its path), or None for a fixed value.
    edited = Signal(object)

    def __init__(
        self,
        field: Field,
        value: Callable[[], Any],
        choices: Callable[[], Sequence[Any]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.field, self._value, self._choices = field, value, choices
        self._entry: dict[str, Any] | None = None
        self._law: laws.Law | None = None
        self._edits: dict[str, QWidget] = {}
        self.setObjectName(f"vary.{field.path}")
        self.setAccessibleName(f"How {field.label} varies")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.law = Combo(self)
        self.law.setObjectName(f"vary.{field.path}.law")
        self.law.setAccessibleName(f"Law of {field.label}")
        self.law.addItem("Fixed", "")
        for law in laws.laws_for(field):
            self.law.addItem(law.title, law.key)
            self.law.setItemData(self.law.count() - 1, law.about, Qt.ItemDataRole.ToolTipRole)
        self.law.activated.connect(self._choose_law)
        self.remove = QToolButton(self)
        self.remove.setObjectName(f"vary.{field.path}.remove")
        self.remove.setIcon(icon("reset"))
        self.remove.setAutoRaise(True)
        self.remove.setAccessibleName(f"Fix {field.label}")
        self.remove.setToolTip("Fix it again at its own value.")
        self.remove.clicked.connect(lambda *_: self.edited.emit(None))
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(3, 1)
        self._problem = ProblemLabel(f"vary.{field.path}.problem", self)
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.law, 1)
        top.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(3)
        column.addLayout(top)
        column.addLayout(self._grid)
        column.addWidget(self._problem)

    # --- showing -----------------------------------------------------------------------------

    def show_entry(self, entry: Mapping[str, Any] | None) -> None:
        """Show an entry as it is in the recipe; None: the setting is fixed."""
        self._entry = None if entry is None else dict(entry)
        law = None if entry is None else laws.law_of(entry)
        if law != self._law or (law is not None and not self._edits):
            self._law = law
            self._build()
        self.law.show_data("" if law is None else law.key)
        self.remove.setVisible(law is not None)
        self.law.setToolTip(law.about if law is not None else "Every image has the value of the panel.")
        if law is not None and self._entry is not None:
            for part in law.fields:
                self._show_part(part, self._entry.get(part.name))
            self._level.show_data(self._entry.get("per") or "")
        self.show_problem("")

    def show_problem(self, text: str) -> None:
        """Say below the fields what is wrong; an empty text takes it away."""
        self._problem.show_sentence(text)

    @property
    def problem(self) -> str:
        """What it says is wrong."""
        return self._problem.text()

    # --- the fields of the law ---------------------------------------------------------------

    def _build(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._edits = {}
        if self._law is None:
            return
        place = 0
        for part in self._law.fields:
            edit = self._edit_of(part)
            self._edits[part.name] = edit
            wide = part.kind in ("values", "weights")
            if wide and place % 2:
                place += 1
            row, column = divmod(place, 2)
            self._add(part.label, edit, row, 2 * column, 3 if wide else 1, part.about)
            place += 2 if wide else 1
        self._level = self._level_combo()
        row, column = divmod(place, 2)
        self._add("for", self._level, row, 2 * column, 1, self._level.toolTip())
        follow_layout(self)

    def _add(self, word: str, edit: QWidget, row: int, column: int, span: int, about: str) -> None:
        label = QLabel(word, self)
        label.setBuddy(edit)
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        edit.setToolTip(about)
        label.setToolTip(about)
        edit.setAccessibleName(f"{self.field.label}: {word}")
        self._grid.addWidget(label, row, column)
        self._grid.addWidget(edit, row, column + 1, 1, span)

    def _edit_of(self, part: laws.LawField) -> QWidget:
        name = f"vary.{self.field.path}.{part.name}"
        if part.kind == "values" and not laws.is_number(self.field):
            words = WordList(self._choices(), self)
            words.setObjectName(name)
            words.chosen.connect(lambda values, part=part: self._changed(part.name, values))
            return words
        if part.kind in ("values", "weights"):
            line = Line(self)
            line.setObjectName(name)
            if part.kind == "weights":
                line.setPlaceholderText("all alike")
            line.committed.connect(lambda text, part=part: self._read_list(part, text))
            line.reverted.connect(lambda: self.show_problem(""))
            return line
        count = part.kind == "count"
        edit = QuantityEdit(
            self.field.unit if part.in_unit else "",
            low=2 if count else None,
            step=1 if count else self.field.step if part.in_unit else 0.05,
            whole=count,
            characters=6,
            parent=self,
        )
        edit.setObjectName(name)
        edit.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        edit.edited.connect(lambda value, part=part: self._changed(part.name, value))
        edit.invalid.connect(self.show_problem)
        edit.reverted.connect(lambda: self.show_problem(""))
        return edit

    def _level_combo(self) -> Combo:
        level = Combo(self)
        level.setObjectName(f"vary.{self.field.path}.per")
        tip = "How often a value is taken; all images of a structure share its values."
        if self.field.per_member:
            tip += " Instances are the members of a node with a count: each draws a value of its own."
        level.setToolTip(tip)
        structure = self.field.path.partition(".")[0] in STRUCTURE_SECTIONS
        own = "structure" if structure else "image"
        level.addItem(LEVELS[own], "")
        for word, title in LEVELS.items():
            fits = self.field.per_member if word == "instance" else not structure
            if word != own and fits:
                level.addItem(title, word)
        level.activated.connect(lambda position: self._choose_level(level.itemData(position) or None))
        return level

    def _show_part(self, part: laws.LawField, value: Any) -> None:
        edit = self._edits[part.name]
        if isinstance(edit, QuantityEdit):
            edit.set_value(value)
        elif isinstance(edit, WordList):
            edit.show_values(value or ())
        elif isinstance(edit, Line):
            unit = self.field.unit if part.in_unit else ""
            step = self.field.step if part.in_unit else None
            edit.show_text(format_list(value or (), unit, step))

    # --- what the user does ------------------------------------------------------------------

    def _choose_law(self, position: int) -> None:
        key = self.law.itemData(position)
        if not key:
            self.edited.emit(None)
        elif self._law is None or key != self._law.key:
            law = laws.laws()[key]
            old = self._entry or {}
            self.edited.emit(laws.converted(self.field, law, old, self._value(), self._choices()))

    def _choose_level(self, level: str | None) -> None:
        if level == "instance" and self._law is not None and not self._law.by_member:
            # Grids and designs go through the dataset; members of a scene draw at random.
            old = {**(self._entry or {}), "per": level}
            law = laws.laws()["uniform" if laws.is_number(self.field) else "choice"]
            self.edited.emit(laws.converted(self.field, law, old, self._value(), self._choices()))
            return
        self._changed("per", level)

    def _changed(self, name: str, value: Any) -> None:
        if self._entry is None:
            return
        entry = {key: item for key, item in self._entry.items() if key != "path" and item is not None}
        entry[name] = value
        if value is None:
            del entry[name]
        # The entry that was asked for is kept where it is refused, so that the next field can mend it.
        self._entry = dict(entry)
        self.edited.emit(entry)

    def _read_list(self, part: laws.LawField, text: str) -> None:
        try:
            values: list[Any] = list(parse_list(text, self.field.unit if part.in_unit else ""))
        except InputError as error:
            self.show_problem(sentence(error))
            return
        if part.kind == "values" and self.field.editor == "integer":
            values = [int(value) if float(value).is_integer() else value for value in values]
        self._changed(part.name, values)


class WordList(QListWidget):
    """Words to tick; one at least stays ticked."""

    #: The ticked values, in the order of the list.
    chosen = Signal(object)

    def __init__(self, words: Sequence[Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setUniformItemSizes(True)
        for word in words:
            item = QListWidgetItem(in_words(word) if not isinstance(word, str) else word, self)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            item.setData(Qt.ItemDataRole.UserRole, word)
            item.setCheckState(Qt.CheckState.Unchecked)
        lines = max(2, min(len(words), MOST_LINES))
        self.setFixedHeight(int(self.fontMetrics().height() * 1.25 * lines) + 2 * self.frameWidth() + 2)
        self.itemChanged.connect(lambda *_: self.chosen.emit(self.values()))

    def values(self) -> list[Any]:
        """The ticked values."""
        items = [self.item(position) for position in range(self.count())]
        return [
            item.data(Qt.ItemDataRole.UserRole)
            for item in items
            if item.checkState() == Qt.CheckState.Checked
        ]

    def show_values(self, values: Sequence[Any]) -> None:
        """Tick some; nothing is emitted."""
        self.blockSignals(True)
        wanted = set(values)
        for position in range(self.count()):
            item = self.item(position)
            ticked = item.data(Qt.ItemDataRole.UserRole) in wanted
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        self.blockSignals(False)
        self.viewport().update()
