"""The part of the export dialog that asks where the dataset goes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QDir, QTimer, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QGridLayout,
    QGroupBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)

from app.amounts import bytes_text
from app.gui.exporting.destination import Destination, FreeBytes, inspect_destination, name_fault
from app.gui.frame.sentence_label import SentenceLabel
from app.gui.latest import LatestTask

Mode = Literal["new", "resume", "replace"]
#: Milliseconds after the last key before the folder is looked at.
REST = 150


def folder_name(title: str) -> str:
    """A name for a folder made from the name of a recipe."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", title).strip("._-")[:80] or "dataset"


class DestinationBox(QGroupBox):
    """Name and folder of the dataset, and what to do with one that is there already.

    Parameters
    ----------
    name, folder
        What to begin with.
    free_bytes
        Free space of a folder's disk; tests bring their own.
    """

    #: Anything that decides whether and how the export can begin.
    changed = Signal()

    def __init__(
        self, name: str, folder: Path, parent: QWidget | None = None, *, free_bytes: FreeBytes | None = None
    ) -> None:
        super().__init__("Destination", parent)
        self.setObjectName("export.destination")
        self._free_bytes = free_bytes
        self._found: Destination | None = None
        self._plan_sha256 = ""
        self._task = LatestTask("nanophantom-destination", self)
        self._task.told.connect(self._take)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.inspect)
        self._build(name, folder)
        self.inspect()

    def _build(self, name: str, folder: Path) -> None:
        self._name = QLineEdit(name, self)
        self._name.setObjectName("export.name")
        self._name.setToolTip("Name of the dataset's folder")
        self._folder = QLineEdit(str(folder), self)
        self._folder.setObjectName("export.folder")
        self._folder.setToolTip("Folder in which the dataset's own folder is made")
        self._browse = QPushButton("Browse…", self)
        self._browse.setObjectName("export.browse")
        self._browse.setToolTip("Choose the folder")
        self._browse.setAutoDefault(False)
        self._sentence = SentenceLabel(self)
        self._sentence.setObjectName("export.destination.sentence")
        self._resume = QRadioButton("Resume it", self)
        self._resume.setObjectName("export.resume")
        self._resume.setToolTip("Keep what is finished and make the rest; the result is the same")
        self._replace = QRadioButton("Replace it", self)
        self._replace.setObjectName("export.replace")
        self._replace.setToolTip("Make the dataset anew; the old one stays whole until the new one is")
        self._choices = QButtonGroup(self)
        for number, choice in enumerate((self._resume, self._replace)):
            self._choices.addButton(choice, number)
            choice.hide()
        grid = QGridLayout(self)
        for row, (title, edit) in enumerate((("&Name", self._name), ("&Folder", self._folder))):
            label = QLabel(title, self)
            label.setBuddy(edit)
            edit.setAccessibleName(title.replace("&", ""))
            grid.addWidget(label, row, 0)
            grid.addWidget(edit, row, 1)
            edit.textChanged.connect(self._edited)
        grid.addWidget(self._browse, 1, 2)
        grid.addWidget(self._sentence, 2, 1, 1, 2)
        grid.addWidget(self._resume, 3, 1, 1, 2)
        grid.addWidget(self._replace, 4, 1, 1, 2)
        grid.setColumnStretch(1, 1)
        self._browse.clicked.connect(self._choose_folder)
        self._choices.buttonToggled.connect(lambda *_: self.changed.emit())

    # --- what was chosen ---------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The dataset's folder."""
        return Path(self._folder.text().strip()).expanduser() / self._name.text()

    @property
    def found(self) -> Destination | None:
        """What is there; None while that is being looked at."""
        return self._found

    @property
    def mode(self) -> Mode:
        """What to do with what is there."""
        if self._found is None or self._found.state == "new":
            return "new"
        return "resume" if self._resume.isChecked() else "replace"

    def fault(self) -> str:
        """Why the export cannot go there, in a sentence; empty where it can."""
        wrong = name_fault(self._name.text())
        if wrong:
            return wrong
        found = self._found
        if found is None:
            return "Looking at the folder…"
        if found.state == "refused":
            return found.sentence
        if found.state != "new" and not self._plan_sha256:
            return "Comparing what is there with the recipe…"
        if found.state != "new" and self._choices.checkedId() < 0:
            return "The folder holds another dataset: choose another name, or replace it."
        return ""

    def shown_fault(self) -> str:
        """The fault that the sentence below the name shows already."""
        return self.fault() if self._sentence.text() == self.fault() else ""

    # --- looking -----------------------------------------------------------------------------

    def _edited(self) -> None:
        self._task.cancel()
        self._found = None
        self._rest.start()
        wrong = name_fault(self._name.text())
        self._show("error" if wrong else "muted", wrong)
        self.changed.emit()

    def inspect(self) -> None:
        """Look at the folder in a thread."""
        if name_fault(self._name.text()):
            return
        path, free_bytes = self.path, self._free_bytes
        self._task.request(lambda cancel, tell: tell(inspect_destination(path, free_bytes)))

    def _take(self, found: Destination) -> None:
        if found.path != self.path:
            return
        self._found = found
        self._offer()

    def set_plan(self, plan_sha256: str) -> None:
        """Say which plan is to be exported (empty: not known yet)."""
        if plan_sha256 != self._plan_sha256:
            self._plan_sha256 = plan_sha256
            self._offer()

    def _offer(self) -> None:
        """Say what is there and offer what can be done with it."""
        found = self._found
        if found is None:
            return
        held = found.state in ("unfinished", "complete")
        same = held and found.plan_sha256 in ("", self._plan_sha256)
        can_resume = same and found.resumable
        before = self.mode if self._choices.checkedId() >= 0 else None
        self._resume.setVisible(can_resume)
        self._resume.setText("Resume it" if found.state == "unfinished" else "Keep it as it is")
        self._replace.setVisible(held and found.replaceable)
        if can_resume and before is None:
            self._resume.setChecked(True)
        elif not held or (before == "resume" and not can_resume):
            self._uncheck()
        self._show(*self._words(found, same))
        self.changed.emit()

    def _uncheck(self) -> None:
        self._choices.setExclusive(False)
        self._resume.setChecked(False)
        self._replace.setChecked(False)
        self._choices.setExclusive(True)

    def _words(self, found: Destination, same: bool) -> tuple[str, str]:
        if found.state == "refused":
            return "error", found.sentence
        if found.state == "new":
            return "muted", f"A new folder; {bytes_text(found.free)} are free on its disk."
        counts = f"{found.done:,} of {found.images:,} images" if found.images else "an interrupted run"
        if not self._plan_sha256:
            what = f"It holds a dataset ({counts})."
        elif found.state == "unfinished":
            what = f"It holds {counts} of {'this very' if same else 'another'} dataset."
        elif same:
            what = f"This very dataset is there already, complete with {found.images:,} images."
        else:
            what = f"It holds another dataset, complete with {found.images:,} images."
        return "warning", f"{what} {found.sentence}".rstrip()

    def _show(self, kind: str, text: str) -> None:
        self._sentence.say(kind, text)

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder for the dataset", self._folder.text())
        if chosen:
            self._folder.setText(QDir.toNativeSeparators(chosen))

    def close_down(self) -> None:
        """Stop the timer and the thread."""
        self._rest.stop()
        self._task.close()
