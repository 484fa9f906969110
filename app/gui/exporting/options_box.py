"""The part of the export dialog for workers, other formats and what follows the run."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QGroupBox, QHBoxLayout, QLabel, QWidget

from app.gui.exporting.forecast_worker import MOST_WORKERS
from app.gui.exporting.whole_number import WholeNumberBox
from app.machine import processors
from sim.dataset.export.formats import FORMATS, FROM_MASK, METHODS, SCALED

#: What each format of the engine is called here, and what it is.
FORMAT_WORDS = {
    "npy": (".npy", "One stack of every array for each split, as numpy reads it"),
    "tiff": ("TIFF", "Every image calibrated in nanometres, unscaled or as chosen below"),
    "hdf5": ("HDF5", "One file of images and labels for each split, to train from"),
    "png": ("PNG", "8-bit previews"),
    "coco": (
        "COCO",
        "Annotations of the particles as COCO's JSON, with PNG previews; from instance map or particle mask",
    ),
    "yolo": (
        "YOLO",
        "Labels of the particles for YOLO, with PNG previews; from instance map or particle mask",
    ),
}
#: The same for the ways to scale images.
SCALE_WORDS = {
    "none": ("not scaled", "Values as in the dataset"),
    "standardise": ("standardised", "Each image to mean 0 and variance 1; the constants are stored"),
    "percentile": ("1st to 99th percentile", "Its 1st and 99th percentile to 0 and 1; constants stored"),
}


class OptionsBox(QGroupBox):
    """Workers, formats, scaling, contact sheet, verification."""

    #: Anything here was changed.
    changed = Signal()

    def __init__(self, workers: int, parent: QWidget | None = None) -> None:
        super().__init__("Workers and formats", parent)
        self.setObjectName("export.options")
        self._workers = WholeNumberBox(1, MOST_WORKERS, self)
        self._workers.setObjectName("export.workers")
        self._workers.setAccessibleName("Worker processes")
        self._workers.setToolTip("Processes that render at the same time; the dataset does not depend on it")
        self._workers.setValue(workers)
        self._formats = {name: self._check(name, *FORMAT_WORDS[name]) for name in FORMATS}
        self._scale = QComboBox(self)
        self._scale.setObjectName("export.scale")
        self._scale.setAccessibleName("Scaling of .npy, TIFF and HDF5")
        for position, name in enumerate(METHODS):
            text, tip = SCALE_WORDS[name]
            self._scale.addItem(text, name)
            self._scale.setItemData(position, tip, Qt.ItemDataRole.ToolTipRole)
        self._scale.setToolTip("Scaling of images in .npy, TIFF and HDF5; the dataset itself is never scaled")
        self._sheet = self._check("contact_sheet", "Contact sheet", "An overview picture beside the folder")
        self._verify = self._check("verify_after", "Verify afterwards", "Hash the finished dataset again")
        self._where = QLabel(self)
        self._where.setObjectName("export.where")
        self._where.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._lay_out()
        self._workers.valueChanged.connect(lambda _: self._changed())
        self._scale.currentIndexChanged.connect(lambda _: self._changed())
        self._changed()

    def _check(self, name: str, text: str, tip: str) -> QCheckBox:
        box = QCheckBox(text, self)
        box.setObjectName(f"export.{name}")
        box.setToolTip(tip)
        box.toggled.connect(lambda _: self._changed())
        return box

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setVerticalSpacing(5)
        formats, scaling, after, crew = QHBoxLayout(), QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for line in (formats, after):
            line.setSpacing(14)
        crew.setSpacing(8)
        crew.addWidget(self._workers)
        count = processors()
        of = QLabel(f"of {count} processor{'' if count == 1 else 's'} of this machine", self)
        of.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        crew.addWidget(of)
        for box in self._formats.values():
            formats.addWidget(box)
        scaling.addWidget(self._scale)
        scaling.addWidget(self._where)
        after.addWidget(self._sheet)
        after.addWidget(self._verify)
        for row, (title, buddy, line) in enumerate((
            ("&Workers", self._workers, crew),
            ("Also write", None, formats),
            ("Sca&ling", self._scale, scaling),
            ("Then", None, after),
        )):  # fmt: skip
            label = QLabel(title, self)
            if buddy is not None:
                label.setBuddy(buddy)
            line.addStretch(1)
            grid.addWidget(label, row, 0)
            grid.addLayout(line, row, 1)
        grid.setColumnStretch(1, 1)

    def _changed(self) -> None:
        if not hasattr(self, "_where"):
            return
        self._scale.setEnabled(any(self._formats[name].isChecked() for name in SCALED))
        self.changed.emit()

    def set_name(self, name: str) -> None:
        """Tell where the other formats go: beside the dataset of this name."""
        self._where.setText(f"in {name}_export beside it" if self.formats and name else "")

    def set_mask(self, stored: bool) -> None:
        """Whether the recipe stores what annotations are made from: the instance map or the particle mask."""
        for name in FROM_MASK:
            box = self._formats[name]
            box.setEnabled(stored)
            if not stored:
                box.setChecked(False)
            tip = FORMAT_WORDS[name][1]
            box.setToolTip(tip if stored else f"{tip}; the recipe stores neither (Labels)")

    @property
    def workers(self) -> int:
        """Worker processes."""
        return self._workers.value()

    @property
    def formats(self) -> tuple[str, ...]:
        """Names of the chosen formats."""
        return tuple(name for name, box in self._formats.items() if box.isChecked())

    @property
    def scale(self) -> str:
        """Scaling of npy, TIFF and HDF5."""
        return str(self._scale.currentData()) if self._scale.isEnabled() else "none"

    @property
    def contact_sheet(self) -> bool:
        """Whether an overview picture is drawn."""
        return self._sheet.isChecked()

    @property
    def verify_after(self) -> bool:
        """Whether the dataset is verified at the end."""
        return self._verify.isChecked()
