"""The export dialog: what will be made, where, and what is wrong with it; its recipe is the document's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.amounts import bytes_text
from app.gui.document.wording import of_members
from app.gui.exporting.content_area import Content, ContentArea
from app.gui.exporting.destination import FreeBytes
from app.gui.exporting.destination_box import DestinationBox, folder_name
from app.gui.exporting.expectation_view import ExpectationView
from app.gui.exporting.forecast_worker import Expectation, ForecastWorker
from app.gui.exporting.options_box import OptionsBox
from app.gui.exporting.run_spec import RunSpec
from app.gui.exporting.whole_number import WholeNumberBox
from app.gui.frame.sentence_label import SentenceLabel
from app.gui.panels.sweep_table import SweepTable
from app.machine import processors
from sim.core.errors import InputError
from sim.core.settings import Quantity, model_fields
from sim.recipe.model import Recipe

if TYPE_CHECKING:
    from app.gui.document.document import Change, RecipeDocument
    from app.gui.document.preferences import Preferences

#: Milliseconds after the last change before a forecast begins.
REST = 120
#: Settings of the document that this dialog edits.
COUNTS = ("images", "repeats")
#: Beside the button, for what stands in full at the destination.
SEE_ABOVE = "The destination cannot be used: see above."


class ExportDialog(QDialog):
    """Asks for everything an export needs; number of images and sweep are edited in the document itself.

    Parameters
    ----------
    document
        Its recipe is exported.
    preferences
        For the folder and the number of workers to begin with.
    free_bytes
        Free space of a folder's disk; tests bring their own.
    """

    #: A :class:`RunSpec`, when the user presses Export.
    export_requested = Signal(object)

    def __init__(
        self,
        document: RecipeDocument,
        preferences: Preferences,
        parent: QWidget | None = None,
        *,
        free_bytes: FreeBytes | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("export")
        self.setWindowTitle("Export dataset")
        self._document = document
        self._expectation: Expectation | None = None
        self._problem = ""
        self._running = False
        self._closed = False
        self.worker = ForecastWorker(self)
        self.worker.expected.connect(self._expected)
        self.worker.failed.connect(self._failed)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._forecast)
        folder = Path(preferences.last_dataset_folder or preferences.last_folder or Path.home())
        self._content = Content(self)
        self.destination = DestinationBox(
            folder_name(document.recipe.name), folder, self._content, free_bytes=free_bytes
        )
        self.options = OptionsBox(preferences.export_workers or processors(), self._content)
        self.expectation = ExpectationView(self._content)
        self._build()
        self.destination.changed.connect(self._update)
        self.options.changed.connect(self._update)
        document.changed.connect(self._document_changed)
        self._take_counts()
        self._forecast()

    # --- construction ------------------------------------------------------------------------

    def _build(self) -> None:
        left, both = QVBoxLayout(), QHBoxLayout()
        left.addWidget(self.destination)
        left.addWidget(self.options)
        left.addStretch(1)
        both.addLayout(left, 1)
        both.addWidget(self.expectation, 1)
        # Before the buttons: Tab goes through widgets in the order in which they are made.
        self._images = self._images_box()
        self._reason = SentenceLabel(self)
        self._reason.setObjectName("export.reason")
        buttons = QDialogButtonBox(self)
        self._export = QPushButton("Export", self)
        self._export.setObjectName("export.export")
        self._export.setDefault(True)
        cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        cancel.setObjectName("export.close")
        cancel.setIcon(QIcon())  # some desktops put a picture on it that Export does not have
        cancel.setToolTip("Close without exporting; changes of the recipe stay")
        buttons.addButton(self._export, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._request)
        buttons.rejected.connect(self.reject)
        foot = QHBoxLayout()
        foot.addWidget(self._reason, 1)
        foot.addWidget(buttons)
        inner = QVBoxLayout(self._content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addLayout(both, 3)
        inner.addWidget(self._images, 2)
        # The button stays in sight where the content is scrolled.
        column = QVBoxLayout(self)
        column.addWidget(ContentArea(self._content, self), 1)
        column.addLayout(foot)
        unit = self.fontMetrics().height()
        self.resize(66 * unit, 40 * unit)

    def _images_box(self) -> QGroupBox:
        box = QGroupBox("Images and sweep", self._content)
        grid = QGridLayout(box)
        self._counts: dict[str, WholeNumberBox] = {}
        leaves = {leaf.path: leaf for leaf in model_fields(Recipe) if leaf.path in COUNTS}
        for place, (path, title) in enumerate(zip(COUNTS, ("Number of &images", "&Repeats"), strict=True)):
            quantity = leaves[path].description
            assert isinstance(quantity, Quantity)
            edit = WholeNumberBox(int(quantity.low or 1), int(quantity.high or 2**31 - 1), box)
            edit.setObjectName(f"export.{path}")
            edit.setAccessibleName(title.replace("&", ""))
            edit.setToolTip(quantity.about)
            edit.valueChanged.connect(lambda value, path=path: self._set(path, value))
            label = QLabel(title, box)
            label.setBuddy(edit)
            grid.addWidget(label, 0, 2 * place)
            grid.addWidget(edit, 0, 2 * place + 1)
            self._counts[path] = edit
        grid.setColumnStretch(2 * len(COUNTS), 1)
        grid.setHorizontalSpacing(8)
        self.sweep = SweepTable(self._document, box, own_editor=True)
        grid.addWidget(self.sweep, 1, 0, 1, 2 * len(COUNTS) + 1)
        grid.setRowStretch(1, 1)
        return box

    # --- the document ------------------------------------------------------------------------

    def _set(self, path: str, value: int) -> None:
        if self._document.value(path) == value:
            return
        try:
            self._document.set(path, value)
        except InputError as error:
            self._problem = str(error)
            self._update()

    def _document_changed(self, change: Change) -> None:
        del change
        self._take_counts()
        self._expectation = None
        self._problem = ""
        self.expectation.wait()
        self.destination.set_plan("")
        self._rest.start()
        self._update()

    def _take_counts(self) -> None:
        for path, edit in self._counts.items():
            blocked = edit.blockSignals(True)
            edit.setValue(int(self._document.value(path)))
            edit.blockSignals(blocked)
        labels = self._document.recipe.labels
        self.options.set_mask(labels.particle_mask or labels.instance_map)

    # --- the forecast ------------------------------------------------------------------------

    def _forecast(self) -> None:
        if not self._closed:
            self.worker.request(self._document.recipe)

    def _expected(self, found: Expectation) -> None:
        self._expectation = found
        self._problem = ""
        self.destination.set_plan(found.plan_sha256)
        self._update()

    def _failed(self, sentence: str, parameter: str) -> None:
        del parameter
        self._expectation = None
        self._problem = sentence = of_members(sentence)
        self.expectation.show_failure(sentence)
        self._update()

    # --- may it begin ------------------------------------------------------------------------

    def set_running(self, running: bool) -> None:
        """Whether another export is going on: a second one cannot begin then."""
        self._running = running
        self._update()

    def fault(self) -> str:
        """Why the export cannot begin, in a sentence; empty where it can."""
        if self._problem:
            return self._problem
        wrong = self.destination.fault()
        if wrong:
            return wrong
        found = self._expectation
        if found is None:
            return "Counting the images…"
        if self.options.workers > found.most_workers:
            return (
                f"{self.options.workers} workers need more memory than this machine has; "
                f"choose up to {found.most_workers}."
            )
        there = self.destination.found
        needed = found.needed_bytes(self.options.formats, self._done())
        if there is not None and needed > there.free:
            return (
                f"The disk is too small: about {bytes_text(needed)} are needed and {bytes_text(there.free)} "
                "are free; choose another disk, or make fewer or smaller images."
            )
        return "Another export is going on; wait for it to end, or cancel it." if self._running else ""

    def _done(self) -> int:
        """Images that are there already and are kept."""
        there = self.destination.found
        return there.done if there is not None and self.destination.mode == "resume" else 0

    def _update(self) -> None:
        found = self._expectation
        name = self.destination.path.name
        self.options.set_name(name)
        if found is not None:
            self.expectation.show_expectation(found, self.options.workers, self.options.formats, self._done())
        reason = self.fault()
        waiting = reason.endswith("…")
        shown = SEE_ABOVE if reason and reason == self.destination.shown_fault() else reason
        self._reason.say("muted" if waiting or not reason else "error", shown)
        self._export.setEnabled(not reason)
        self._export.setToolTip(reason or f"Make the dataset {name} in a process of its own")

    def spec(self) -> RunSpec:
        """The export as it is set up now."""
        mode = self.destination.mode
        return RunSpec(
            recipe=self._document.recipe,
            output=self.destination.path,
            workers=self.options.workers,
            resume=mode == "resume",
            overwrite=mode == "replace",
            formats=self.options.formats,
            scale=self.options.scale,
            contact_sheet=self.options.contact_sheet,
            verify_after=self.options.verify_after,
        )

    def _request(self) -> None:
        if not self.fault():
            spec = self.spec()
            self.accept()
            self.export_requested.emit(spec)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return ends the typing of a number; it does not begin an export then."""
        focus = self.focusWidget()
        typing = focus is not None and self._images.isAncestorOf(focus)
        if typing and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
        else:
            super().keyPressEvent(event)

    # --- the end -----------------------------------------------------------------------------

    def done(self, result: int) -> None:
        """Close, whatever was pressed."""
        self.shutdown()
        super().done(result)

    def shutdown(self) -> None:
        """Stop everything that runs; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._document.changed.disconnect(self._document_changed)
        self._rest.stop()
        self.worker.close()
        self.destination.close_down()
