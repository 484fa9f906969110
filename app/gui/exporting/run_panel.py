"""The pane of a run: what is going on, how far it is, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTime, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.gui.exporting.outcome import Outcome, State
from app.gui.exporting.pace import Pace
from app.gui.exporting.run_facts import RunFacts
from app.gui.exporting.run_observer import Observation, RunObserver
from app.gui.exporting.run_process import RunProcess
from app.gui.exporting.run_spec import RunSpec
from app.gui.exporting.thumbnail_view import ThumbnailView
from app.gui.frame.file_manager import show_folder
from app.gui.frame.icons import icon
from sim.core.errors import InputError
from sim.recipe.model import Recipe

#: Lines of the log that are kept.
MOST_LINES = 2000
#: Milliseconds between two refreshes of the times.
TICK = 500

STATES: dict[State, str] = {
    "idle": "No export is running. Dataset ▸ Export dataset… starts one.",
    "starting": "Starting…",
    "pausing": "Pausing…",
    "paused": "Paused",
    "cancelling": "Stopping…",
}


class RunPanel(QWidget):
    """Follows one run at a time.

    Parameters
    ----------
    process
        What does the work; made here by default.
    open_place
        Shows a folder in the file manager.
    """

    #: Whether something is going on; emitted whenever what can be done changes.
    running_changed = Signal(bool)
    #: The :class:`Outcome` of a run or a verification.
    finished = Signal(object)

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        process: RunProcess | None = None,
        open_place: Callable[[Path], None] = show_folder,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("run")
        self.process = process or RunProcess(self)
        self.observer = RunObserver(self)
        self._open_place = open_place
        self._pace = Pace()
        self._title = ""
        self._counts = (0, 0)
        self._outcome: Outcome | None = None
        self._tick = QTimer(self)
        self._tick.setInterval(TICK)
        self._tick.timeout.connect(self._show_times)
        self._build()
        self.process.state_changed.connect(self._state_changed)
        self.process.step_begun.connect(self._step_begun)
        self.process.progressed.connect(self._progressed)
        self.process.logged.connect(self._log)
        self.process.ended.connect(self._ended)
        self.observer.observed.connect(self._observed)
        self._update()

    # --- construction ------------------------------------------------------------------------

    def _build(self) -> None:
        self.thumbnail = ThumbnailView(self)
        self._state_label = QLabel(self)
        self._state_label.setObjectName("run.state")
        self._state_label.setWordWrap(True)
        self._state_label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        font = self._state_label.font()
        font.setBold(True)
        self._state_label.setFont(font)
        self._bar = QProgressBar(self)
        self._bar.setObjectName("run.progress")
        self._bar.setAccessibleName("Progress of the export")
        self._bar.setFormat("%v of %m images")
        self._bar.setRange(0, 1)
        self._bar.setValue(0)
        self._log_view = QPlainTextEdit(self)
        self._log_view.setObjectName("run.log")
        self._log_view.setAccessibleName("Log of the export")
        self._log_view.setToolTip("What the export has said")
        self._log_view.setPlaceholderText("The log of the export appears here.")
        self._log_view.setReadOnly(True)
        self._log_view.setMaximumBlockCount(MOST_LINES)
        self._log_view.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)

        middle = QWidget(self)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 6, 0)
        column.addWidget(self._state_label)
        column.addWidget(self._bar)
        self._facts = RunFacts(self)
        column.addWidget(self._facts)
        column.addLayout(self._result_row())
        column.addStretch(1)
        column.addLayout(self._buttons_row())
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.setObjectName("run.splitter")
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(middle)
        splitter.addWidget(self._log_view)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.addWidget(self.thumbnail)
        row.addWidget(splitter, 1)

    def _result_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._digest_title = QLabel("content_sha256", self)
        self._digest = QLineEdit(self)
        self._digest.setObjectName("run.digest")
        self._digest.setReadOnly(True)
        self._digest.setAccessibleName("content_sha256 of the dataset")
        self._digest.setToolTip("Two datasets are equal, image by image and bit by bit, when this is equal")
        self._digest_title.setBuddy(self._digest)
        self._copy = self._button("copy", "Copy", "Copy the content_sha256", self.copy_digest)
        for widget in (self._digest_title, self._digest, self._copy):
            row.addWidget(widget, 1 if widget is self._digest else 0)
        return row

    def _buttons_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._pause = self._button("pause", "Pause", "Hold the export; nothing is lost", self.toggle_pause)
        self._cancel = self._button(
            "cancel", "Cancel", "Stop the export; finished shards are kept and Resume goes on", self.cancel
        )
        self._resume = self._button(
            "resume",
            "Resume",
            "Go on where the export was interrupted; the dataset becomes the same",
            self.resume,
        )
        self._verify = self._button(
            "verify", "Verify", "Hash the dataset again and compare it with its manifest", self.verify_again
        )
        self._folder = self._button(
            "folder", "Open folder", "Show the dataset in the file manager", self.open_folder
        )
        for button in (self._pause, self._cancel, self._resume, self._verify, self._folder):
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _button(self, name: str, text: str, tip: str, run: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(f"run.{name}")
        button.setIcon(icon(name))
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        button.clicked.connect(lambda: run())
        return button

    # --- what it says ------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether a run or a verification is going on."""
        return self.process.active

    @property
    def can_pause(self) -> bool:
        """Whether the run can be held now."""
        step = self.process.step
        return self.process.state == "running" and step is not None and step.reports

    @property
    def can_resume(self) -> bool:
        """Whether there is a paused or an interrupted run to go on with."""
        interrupted = self._outcome is not None and self._outcome.resumable and not self.running
        return interrupted or self.process.state in ("pausing", "paused")

    @property
    def folder(self) -> Path | None:
        """The dataset of the present or the last run."""
        step = self.process.step
        return step.dataset if step is not None else None

    @property
    def outcome(self) -> Outcome | None:
        """How the last run ended; None while one is going on."""
        return self._outcome

    # --- what can be asked -------------------------------------------------------------------

    def start(self, spec: RunSpec) -> bool:
        """Begin an export; while another one is going on it is refused with a sentence in the log."""
        return self._begin(lambda: self.process.start(spec), spec.output, spec.recipe)

    def verify(self, folder: Path) -> bool:
        """Hash a finished dataset again; refused while something else is going on."""
        return self._begin(lambda: self.process.verify(folder), folder)

    def verify_again(self) -> None:
        """Verify the dataset of the last run."""
        if self.folder is not None:
            self.verify(self.folder)

    def _begin(self, begin: Callable[[], None], folder: Path, recipe: Recipe | None = None) -> bool:
        if self.running:
            self._log(
                f"{folder} was not begun: another export is going on; wait for it to end, or cancel it."
            )
            return False
        self._outcome = None
        self._counts = (0, 0)
        self._pace = Pace()
        self.thumbnail.clear()
        self._log_view.clear()
        self._bar.setRange(0, 0)
        self._digest.clear()
        begin()
        self._tick.start()
        self.observer.start(folder, recipe)
        self._update()
        return True

    def toggle_pause(self) -> None:
        """Pause, or go on after a pause."""
        if self.process.state in ("pausing", "paused"):
            self.process.resume()
        else:
            self.process.pause()

    def pause(self) -> None:
        """Hold the run."""
        self.process.pause()

    def resume(self) -> None:
        """Go on after a pause, or with the run that was cancelled or has failed."""
        if self.process.state in ("pausing", "paused"):
            self.process.resume()
            return
        outcome = self._outcome
        if outcome is None or not outcome.resumable or self.running:
            return
        self._outcome = None
        self._pace = Pace()
        try:
            self.process.resume_chain()
        except InputError as error:
            self._log(str(error))
            return
        self._tick.start()
        self.observer.start(outcome.dataset, None if outcome.spec is None else outcome.spec.recipe)
        self._update()

    def cancel(self) -> None:
        """Stop the run."""
        self.process.cancel()

    def open_folder(self) -> None:
        """Show the dataset in the file manager."""
        if self.folder is not None:
            self._open_place(self.folder)

    def copy_digest(self) -> None:
        """Put the content_sha256 on the clipboard."""
        QGuiApplication.clipboard().setText(self._digest.text())

    def shutdown(self) -> None:
        """Stop what is running: asks first, waits up to 2 s, then ends it; safe to call twice."""
        self._tick.stop()
        self.process.close(2.0)
        self.observer.close()

    # --- what the run tells ------------------------------------------------------------------

    def _state_changed(self, state: str) -> None:
        if state in ("paused", "pausing"):
            self._pace.hold()
        elif state == "running":
            self._pace.go_on()
        self._update()

    def _step_begun(self, title: str) -> None:
        self._title = title
        self._counts = (0, 0)
        self._pace.begin_step()
        self._bar.setRange(0, 0)
        self._update()

    def _progressed(self, done: int, total: int) -> None:
        self._counts = (done, total)
        step = self.process.step
        self.observer.done = done if step is not None and step.kind == "run" else 0
        self._pace.count(done)
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._show_times()

    def _observed(self, observation: Observation | None) -> None:
        if observation is None:
            return
        self._facts.show_bytes(observation.written, observation.free)
        if observation.thumbnail is not None:
            self.thumbnail.show_image(observation.thumbnail.grey, observation.thumbnail.image_id)

    def _ended(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._pace.hold()
        self._tick.stop()
        self.observer.stop()
        if self._bar.maximum() == 0:
            self._bar.setRange(0, 1)
            self._bar.setValue(1 if outcome.state == "finished" else 0)
        if outcome.export is not None:
            self._log(f"Other formats: {outcome.export}")
        self._digest.setText(outcome.content_sha256)
        self._digest.setCursorPosition(0)
        self._show_times()
        self._update()
        self.finished.emit(outcome)

    def _log(self, text: str) -> None:
        now = QTime.currentTime().toString("HH:mm:ss")
        self._log_view.appendPlainText(f"{now}  {text}")

    def _show_times(self) -> None:
        pace = self._pace
        remaining = pace.remaining(self._counts[1]) if self.running else None
        self._facts.show_times(pace.rate(), pace.elapsed() if self._title else None, remaining)

    def _update(self) -> None:
        """Texts and buttons as the state has them."""
        state = self.process.state
        self._state_label.setText(self._sentence(state))
        paused = state in ("pausing", "paused")
        self._pause.setText("Continue" if paused else "Pause")
        self._pause.setIcon(icon("resume" if paused else "pause"))
        self._pause.setEnabled(self.can_pause or paused)
        self._cancel.setEnabled(self.running and state != "cancelling")
        outcome = self._outcome
        self._resume.setEnabled(outcome is not None and outcome.resumable)
        whole = outcome is not None and bool(outcome.content_sha256)
        self._verify.setEnabled(whole and not self.running)
        self._folder.setEnabled(self.folder is not None)
        for widget in (self._digest_title, self._digest, self._copy):
            widget.setVisible(whole)
        self.running_changed.emit(self.running)

    def _sentence(self, state: State) -> str:
        outcome = self._outcome
        if outcome is None:
            return STATES.get(state, f"{self._title}: {self.folder}")
        return outcome.sentence()
