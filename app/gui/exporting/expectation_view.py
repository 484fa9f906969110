"""What the dataset will be: numbers, the table of classes and splits, notes and warnings."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFormLayout,
    QGroupBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.amounts import bytes_text, estimate_text
from app.forecast import SPLITS, dose_text, points_text
from app.gui.exporting.forecast_worker import Expectation
from app.gui.frame.sentence_label import SentenceLabel

#: Rows of the table; more classes are counted in one.
MOST_CLASSES = 200
#: Sentences that are shown.
MOST_REMARKS = 4

FACTS = (
    ("images", "Images", "Number, size and type of the images"),
    ("points", "Sweep", "Combinations of the varied values that have an image"),
    ("dose", "Dose", "Electrons that hit the specimen"),
    ("bytes", "On disk", "What the dataset and the other formats will about take"),
    ("memory", "Memory", "Working memory of rendering, estimated"),
    ("time", "Time", "From images rendered just now, for the chosen number of workers"),
)


class ExpectationView(QGroupBox):
    """Shows an :class:`Expectation` for the chosen workers and formats."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What will be made", parent)
        self.setObjectName("export.expectation")
        form = QFormLayout()
        form.setVerticalSpacing(3)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._facts: dict[str, QLabel] = {}
        self._form = form
        for name, title, meaning in FACTS:
            value = QLabel("…", self)
            value.setObjectName(f"export.{name}")
            value.setAccessibleName(title)
            value.setToolTip(meaning)
            value.setWordWrap(True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            form.addRow(title, value)
            self._facts[name] = value
        self._table = QTableWidget(0, len(SPLITS) + 1, self)
        self._table.setObjectName("export.classes")
        self._table.setAccessibleName("Images by class and split")
        self._table.setToolTip("Images by class and split")
        self._table.setHorizontalHeaderLabels(["Train", "Validation", "Test", "All"])
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._table.setTabKeyNavigation(False)
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        rows = self._table.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(1)
        rows.setMaximumWidth(16 * self.fontMetrics().averageCharWidth() + 60)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 6)
        self._table.setMinimumHeight(7 * (self.fontMetrics().height() + 6))
        self._remarks = SentenceLabel(self)
        self._remarks.setObjectName("export.remarks")
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self._table, 1)
        column.addWidget(self._remarks)

    def text(self, name: str) -> str:
        """One of the facts as it is shown."""
        return self._facts[name].text()

    def remarks(self) -> str:
        """Notes and warnings as they are shown."""
        return self._remarks.text()

    def wait(self) -> None:
        """Another forecast is under way: what is shown is not true any more."""
        for label in self._facts.values():
            label.setEnabled(False)
        self._table.setEnabled(False)

    def show_expectation(self, found: Expectation, workers: int, formats: tuple[str, ...], done: int) -> None:
        """Show a forecast.

        Parameters
        ----------
        done
            Images that are there already.
        """
        for label in self._facts.values():
            label.setEnabled(True)
        self._table.setEnabled(True)
        recipe = found.recipe
        rest = f", of which {done:,} are there" if done else ""
        self._set("images", f"{recipe.images:,} of {found.height} × {found.width} px, {found.dtype}{rest}")
        self._set("points", points_text(found.counts))
        self._form.setRowVisible(self._facts["points"], bool(points_text(found.counts)))
        self._set("dose", dose_text(found.counts))
        shards = "one shard" if found.shards == 1 else f"{found.shards:,} shards"
        self._set(
            "bytes",
            f"about {bytes_text(found.needed_bytes(formats, done))} "
            f"({bytes_text(found.bytes)} of arrays before compression, {shards})",
        )
        each = f"about {bytes_text(found.memory)} a worker"
        together = f", {bytes_text(found.memory * workers)} together" if workers > 1 else ""
        self._set("memory", each + together)
        seconds = found.seconds(workers, done)
        if seconds is None:
            self._set("time", "rendering a few images to measure it…")
        else:
            crew = "one worker" if workers == 1 else f"{workers} workers"
            self._set("time", f"{estimate_text(seconds)} with {crew}")
        self._show_classes(found)
        self._show_remarks(found)

    def show_failure(self, sentence: str) -> None:
        """Say why there is no forecast, or no time in it; what was counted stays, but counts no more."""
        self.wait()
        self._facts["time"].setEnabled(True)
        self._set("time", f"not known: {sentence}")

    def _set(self, name: str, text: str) -> None:
        self._facts[name].setText(text)

    def _show_classes(self, found: Expectation) -> None:
        counts = found.counts
        names = list(counts.classes)[:MOST_CLASSES]
        rows = [
            (name, [counts.splits[split]["classes"].get(name, 0) for split in SPLITS], counts.classes[name])
            for name in names
        ]
        if len(counts.classes) > len(names):
            others = [name for name in counts.classes if name not in set(names)]
            rows.append((
                f"{len(others)} more classes",
                [sum(counts.splits[split]["classes"].get(name, 0) for name in others) for split in SPLITS],
                sum(counts.classes[name] for name in others),
            ))  # fmt: skip
        every = [counts.splits[split]["images"] for split in SPLITS]
        rows.append(("All images", every, sum(every)))
        if counts.exact:
            specimens = [counts.splits[split]["specimens"] for split in SPLITS]
            rows.append(("Specimens", specimens, sum(specimens)))
        about = "" if counts.exact else "≈ "
        self._table.setRowCount(len(rows))
        self._table.setVerticalHeaderLabels([name for name, _, _ in rows])
        for row, (_, numbers, total) in enumerate(rows):
            for column, number in enumerate([*numbers, total]):
                item = QTableWidgetItem(f"{about}{number:,}")
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self._table.setItem(row, column, item)

    def _show_remarks(self, found: Expectation) -> None:
        sentences = [*found.warnings, *found.notes]
        shown = [f"• {sentence}" for sentence in sentences[:MOST_REMARKS]]
        if len(sentences) > MOST_REMARKS:
            shown.append(f"• and {len(sentences) - MOST_REMARKS} more, which the log of the export will show")
        self._remarks.say("warning" if found.warnings else "muted", "\n".join(shown))
        self._remarks.setVisible(bool(shown))
