"""The preferences as a form, made from their own model: what is described there appears here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.gui.document.wording import words_of
from app.gui.frame.sentence_label import SentenceLabel
from sim.core.description import Quantity, members_of
from sim.core.errors import InputError
from sim.core.settings import Leaf, Settings, model_fields, validate

LARGEST = 1_000_000_000
#: Words of choices that read badly as they stand.
WORDS = {
    "gl": "With OpenGL",
    "auto": "With OpenGL if the graphics card has it",
    "painter": "Without OpenGL",
    "system": "As the desktop",
}
#: What 0 stands for, where it is no number.
NOTHING_SET = {"export_workers": "one per processor"}

Reader = Callable[[], Any]
Writer = Callable[[Any], None]


class PreferencesDialog(QDialog):
    """Edits a copy; :meth:`preferences` is what the user wants once the dialog is accepted.

    Parameters
    ----------
    preferences
        The present ones.
    """

    def __init__(self, preferences: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preferences")
        self.setWindowTitle("Preferences")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._before = preferences
        self._readers: dict[str, Reader] = {}
        self._writers: dict[str, Writer] = {}
        self._leaves = {leaf.path: leaf for leaf in model_fields(type(preferences)) if _is_shown(leaf)}
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        for path, leaf in self._leaves.items():
            editor = self._editor(path, leaf, getattr(preferences, path))
            editor.setObjectName(f"preferences.{path}")
            editor.setAccessibleName(title_of(leaf))
            tip = leaf.description.about if leaf.description else ""
            editor.setToolTip(tip)
            editor.setWhatsThis(tip)
            if isinstance(editor, QCheckBox):
                editor.setText(title_of(leaf))
                form.addRow("", editor)
                continue
            label = QLabel(title_of(leaf), self)
            label.setToolTip(tip)
            label.setBuddy(editor)
            form.addRow(label, editor)
        self.problem = SentenceLabel(self)
        self.problem.setObjectName("preferences.problem")
        self.problem.hide()
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel | kinds.RestoreDefaults, self)
        for kind, name in ((kinds.Ok, "ok"), (kinds.Cancel, "cancel"), (kinds.RestoreDefaults, "defaults")):
            buttons.button(kind).setObjectName(f"preferences.{name}")
        buttons.button(kinds.RestoreDefaults).setToolTip("Set every preference back as it came.")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        buttons.button(kinds.RestoreDefaults).clicked.connect(self._restore_defaults)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 12)
        column.setSpacing(14)
        column.addLayout(form)
        column.addWidget(self.problem)
        column.addStretch(1)
        column.addWidget(buttons)

    def preferences(self) -> Any:
        """The preferences as the form shows them, of the same model as those given.

        Raises
        ------
        InputError
            If a value cannot be used.
        """
        tree = self._before.tree()
        tree.update({path: read() for path, read in self._readers.items()})
        return validate(type(self._before), tree)

    def accept(self) -> None:
        """Close, unless a value cannot be used."""
        try:
            self.preferences()
        except InputError as error:
            self.problem.say("error", str(error))
            self.problem.show()
            return
        super().accept()

    def _restore_defaults(self) -> None:
        for path, write in self._writers.items():
            write(self._leaves[path].default)

    def _editor(self, path: str, leaf: Leaf, value: Any) -> QWidget:
        if leaf.choices:
            combo = QComboBox(self)
            for word in leaf.choices:
                combo.addItem(WORDS.get(str(word), words_of(str(word))), word)
            self._register(path, combo.currentData, lambda v: combo.setCurrentIndex(combo.findData(v)), value)
            return combo
        if bool in members_of(leaf.annotation):
            box = QCheckBox(self)
            self._register(path, box.isChecked, box.setChecked, value)
            return box
        quantity = leaf.description if isinstance(leaf.description, Quantity) else Quantity()
        if int in members_of(leaf.annotation):
            whole = QSpinBox(self)
            whole.setRange(int(_or(quantity.low, -LARGEST)), int(_or(quantity.high, LARGEST)))
            whole.setSingleStep(int(quantity.step or 1))
            whole.setSuffix(f" {quantity.unit}" if quantity.unit else "")
            if quantity.low == 0:
                whole.setSpecialValueText(NOTHING_SET.get(path, ""))
            self._register(path, whole.value, whole.setValue, value)
            return whole
        number = _Number(self)
        number.setDecimals(4)
        number.setRange(_or(quantity.low, -LARGEST), _or(quantity.high, LARGEST))
        number.setSingleStep(quantity.step or 1.0)
        number.setSuffix(f" {quantity.unit}" if quantity.unit else "")
        self._register(path, number.value, number.setValue, value)
        return number

    def _register(self, path: str, read: Reader, write: Writer, value: Any) -> None:
        self._readers[path], self._writers[path] = read, write
        write(value)


class _Number(QDoubleSpinBox):
    """Shows as many decimals as a number has."""

    def textFromValue(self, value: float) -> str:
        return self.locale().toString(value, "g", 8)


def title_of(leaf: Leaf) -> str:
    """What a preference is called in the form."""
    return (leaf.description and leaf.description.label) or words_of(leaf.path)


def _or(bound: float | None, otherwise: float) -> float:
    return otherwise if bound is None else bound


def _is_shown(leaf: Leaf) -> bool:
    """Whether a person chooses this: not what the window only remembers, and not the version."""
    if "." in leaf.path or leaf.path == "schema_version" or leaf.path == "version":
        return False
    kinds = members_of(leaf.annotation)
    if leaf.choices:
        return len(leaf.choices) > 1
    return bool in kinds or int in kinds or float in kinds
