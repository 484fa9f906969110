"""Choosing which image of the plan is shown: class, number, next and previous; what varies in it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.frame.icons import icon
from app.gui.preview.chip import Chip
from app.gui.preview.elided_label import ElidedLabel
from app.gui.preview.flow_layout import FlowLayout
from app.gui.preview.results import Result, Selection
from app.gui.preview.varied_values import varied_chips

ALL_CLASSES = "All classes"


class SampleBrowser(QWidget):
    """Class, image number, image_id and varied values of the image that is shown.

    Signals
    -------
    selection_changed
        Another image (by number) or another class was chosen (Selection).
    step_requested
        +1 or −1: the next or previous image of the class.
    copied
        Something was copied to the clipboard (str, what).
    """

    selection_changed = Signal(object)
    step_requested = Signal(int)
    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview.browser")
        self._selection = Selection()
        self._image_id = ""

        self.class_box = QComboBox()
        self.class_box.setObjectName("preview.browser.class")
        self.class_box.setAccessibleName("Class of the images shown")
        self.class_box.setToolTip("Go through the images of this class only")
        self.class_box.addItem(ALL_CLASSES, "")
        self.class_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        # As wide as its words where there is room.
        self.class_box.setMinimumContentsLength(9)
        self.class_box.activated.connect(self._class_chosen)

        self.previous_button = self._button(
            "previous", "Previous image", "Previous image of the class (,)", "previous"
        )
        self.next_button = self._button("next", "Next image", "Next image of the class (.)", "next")
        self.previous_button.clicked.connect(lambda: self.step_requested.emit(-1))
        self.next_button.clicked.connect(lambda: self.step_requested.emit(1))

        self.index_box = QSpinBox()
        self.index_box.setObjectName("preview.browser.index")
        self.index_box.setAccessibleName("Number of the image, from 0")
        self.index_box.setToolTip("Number of the image in the dataset, from 0, as nanophantom render --index")
        self.index_box.setRange(0, 0)
        self.index_box.setKeyboardTracking(False)
        self.index_box.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.index_box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.index_box.valueChanged.connect(self._index_chosen)
        self.total_label = QLabel("of 0")

        self.id_label = ElidedLabel()
        self.id_label.setObjectName("preview.browser.image_id")
        self.id_label.setAccessibleName("Name of the image")
        self.id_label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.copy_button = self._button("copy_id", "Copy the image's name", "Copy the image_id", "copy")
        self.copy_button.clicked.connect(self.copy_image_id)

        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for widget in (
            self.class_box,
            self.previous_button,
            self.index_box,
            self.total_label,
            self.next_button,
        ):
            row.addWidget(widget)
        row.addSpacing(6)
        row.addWidget(self.id_label, 1)
        row.addWidget(self.copy_button)
        self._chips = QWidget()
        self._chip_line = FlowLayout(self._chips, gap=4)
        self._chip_line.setContentsMargins(0, 0, 0, 0)
        self._chips.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 3, 4, 3)
        column.setSpacing(3)
        column.addLayout(row)
        column.addWidget(self._chips)
        self.setEnabled(False)

    def _button(self, key: str, name: str, tip: str, icon_name: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"preview.browser.{key}")
        button.setAccessibleName(name)
        button.setToolTip(tip)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setIcon(icon(icon_name))
        button.setAutoRepeat(icon_name != "copy")
        return button

    @property
    def selection(self) -> Selection:
        """The image that is shown or was last asked for."""
        return self._selection

    def set_selection(self, selection: Selection) -> None:
        """Another image from now on; emits nothing."""
        self._selection = selection
        with QSignalBlocker(self.index_box):
            self.index_box.setMaximum(max(self.index_box.maximum(), selection.index))
            self.index_box.setValue(selection.index)
        row = self.class_box.findData(selection.class_name)
        with QSignalBlocker(self.class_box):
            self.class_box.setCurrentIndex(max(row, 0))

    def set_result(self, result: Result) -> None:
        """Tell which image is shown; emits nothing."""
        self.setEnabled(True)
        self._selection = result.selection
        self._image_id = result.job.image_id
        self._set_classes(result.classes, result.selection.class_name)
        with QSignalBlocker(self.index_box):
            self.index_box.setMaximum(max(result.total - 1, 0))
            if not (self.index_box.hasFocus() and self._typing()):
                self.index_box.setValue(result.selection.index)
        self.total_label.setText(f"of {result.total:,}")
        self.total_label.setToolTip(f"The dataset has {result.total:,} images")
        self.id_label.setText(result.job.image_id)
        self._set_chips(varied_chips(result.job))

    def _typing(self) -> bool:
        """Whether a number is being typed that is not taken over yet."""
        return self.index_box.lineEdit().text() != self.index_box.textFromValue(self.index_box.value())

    def _set_classes(self, names: tuple[str, ...], chosen: str) -> None:
        entries = ["", *names] if chosen in names or not chosen else ["", *names, chosen]
        present = [self.class_box.itemData(row) for row in range(self.class_box.count())]
        with QSignalBlocker(self.class_box):
            if entries != present:
                self.class_box.clear()
                for name in entries:
                    self.class_box.addItem(name or ALL_CLASSES, name)
            self.class_box.setCurrentIndex(entries.index(chosen))

    def _set_chips(self, chips: list[tuple[str, str]]) -> None:
        while self._chip_line.count() > len(chips):
            item = self._chip_line.takeAt(self._chip_line.count() - 1)
            widget = None if item is None else item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for number, (text, tip) in enumerate(chips):
            item = self._chip_line.itemAt(number)
            chip = None if item is None else item.widget()
            if not isinstance(chip, Chip):
                chip = Chip()
                chip.setObjectName(f"preview.browser.chip{number}")
                self._chip_line.addWidget(chip)
            chip.setText(text)
            chip.setToolTip(tip)
        self._chips.setVisible(bool(chips))

    def _class_chosen(self, row: int) -> None:
        self._choose(Selection(self._selection.index, str(self.class_box.itemData(row))))

    def _index_chosen(self, value: int) -> None:
        # A number typed under a chosen class may belong to another: the number wins.
        self._choose(Selection(value, ""))

    def _choose(self, selection: Selection) -> None:
        if selection != self._selection:
            self._selection = selection
            self.selection_changed.emit(selection)

    def copy_image_id(self) -> None:
        """The image's name to the clipboard."""
        if self._image_id:
            QGuiApplication.clipboard().setText(self._image_id)
            self.copied.emit(self._image_id)
