"""Commands of the dataset menu: export, and what goes with a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog, QMessageBox

if TYPE_CHECKING:
    from app.gui.exporting.run_spec import RunSpec
    from app.gui.window import MainWindow


class DatasetCommands:
    """The export dialog, the run panel, and the question when the window closes during a run."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.dialog: Any = None
        window.run_panel.running_changed.connect(self._running_changed)

    def show_sweep(self) -> None:
        self.window.show_pane("sweep")

    def export(self) -> None:
        """Open the export dialog, or bring the one that is open to the front."""
        from app.gui.exporting.dialog import ExportDialog

        window = self.window
        if self.dialog is None:
            self.dialog = ExportDialog(window.document, window.preferences, window)
            self.dialog.export_requested.connect(self._start)
            self.dialog.finished.connect(self._dialog_closed)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def _dialog_closed(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.shutdown()
            dialog.deleteLater()

    def shutdown(self) -> None:
        """Close the dialog that is open; it has threads of its own."""
        self._dialog_closed()

    def _start(self, spec: RunSpec) -> None:
        window = self.window
        window.choices.change(last_dataset_folder=str(Path(spec.output).parent))
        window.show_pane("run")
        window.run_panel.start(spec)

    def pause(self) -> None:
        self.window.run_panel.pause()

    def cancel(self) -> None:
        self.window.run_panel.cancel()

    def resume(self) -> None:
        self.window.run_panel.resume()

    def verify(self) -> None:
        """Choose a dataset and hash it again."""
        folder = QFileDialog.getExistingDirectory(
            self.window, "Verify a dataset", self.window.choices.first_folder
        )
        if folder:
            self.window.show_pane("run")
            self.window.run_panel.verify(Path(folder))

    def open_folder(self) -> None:
        self.window.run_panel.open_folder()

    def may_close(self) -> bool:
        """Whether the window may close: nothing runs, or the user lets the run go."""
        if not self.window.run_panel.running or not self.window.preferences.confirm_close_during_run:
            return True
        answer = QMessageBox.question(
            self.window,
            "An export is running",
            "Stop the export and close? Finished shards are kept, and Resume goes on from there.",
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No,
            QMessageBox.StandardButton.No,
        )
        return answer == QMessageBox.StandardButton.Yes

    def _running_changed(self, *_: object) -> None:
        self.update_enabled()
        if self.dialog is not None:
            self.dialog.set_running(self.window.run_panel.running)

    def update_enabled(self) -> None:
        """Only what can be done now is offered."""
        panel = self.window.run_panel
        actions = self.window.actions_by_key
        actions["dataset.pause"].setEnabled(panel.can_pause)
        actions["dataset.cancel"].setEnabled(panel.running)
        actions["dataset.resume"].setEnabled(panel.can_resume)
        actions["dataset.folder"].setEnabled(panel.folder is not None)
