"""The dialog for errors that nobody expected."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.frame.diagnostics import diagnostics
from app.gui.frame.icons import icon
from app.gui.frame.logs import open_log_folder

#: Errors kept in the text of one dialog.
MOST_SHOWN = 20


class ErrorDialog(QDialog):
    """One sentence; the details on demand; errors that follow are added, not piled up.

    Parameters
    ----------
    sentence
        What happened.
    details
        Its traceback.
    parent
        The window in front of which it stands; the active one if left out.
    """

    def __init__(self, sentence: str, details: str, parent: QWidget | None = None) -> None:
        super().__init__(parent or QApplication.activeWindow())
        self.setObjectName("error")
        self.setWindowTitle("Unexpected error")
        self._texts = [details]
        self._count = 1
        picture = QLabel(self)
        picture.setPixmap(icon("error").pixmap(40, 40))
        picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.sentence = QLabel(sentence, self)
        self.sentence.setObjectName("error.sentence")
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        font = self.sentence.font()
        font.setBold(True)
        self.sentence.setFont(font)
        self.advice = QLabel(self)
        self.advice.setWordWrap(True)
        words = QVBoxLayout()
        words.addWidget(self.sentence)
        words.addWidget(self.advice)
        top = QHBoxLayout()
        top.setSpacing(14)
        top.addWidget(picture)
        top.addLayout(words, 1)

        self.toggle = QToolButton(self)
        self.toggle.setObjectName("error.details")
        self.toggle.setText("Details")
        self.toggle.setToolTip("Show where in the program it happened.")
        self.toggle.setCheckable(True)
        self.toggle.setAutoRaise(True)
        self.toggle.setArrowType(Qt.ArrowType.RightArrow)
        self.toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggle.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.toggle.toggled.connect(self._show_details)
        self.details = QPlainTextEdit(details, self)
        self.details.setObjectName("error.text")
        self.details.setAccessibleName("Details of the error")
        self.details.setReadOnly(True)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.details.hide()

        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        copy = QPushButton(icon("copy"), "Copy diagnostics", self)
        copy.setObjectName("error.copy")
        copy.setToolTip("Copy this error, versions and the last log lines, for a report.")
        logs = QPushButton(icon("folder"), "Open log folder", self)
        logs.setObjectName("error.logs")
        logs.setToolTip("Show the logs and crash reports in the file manager.")
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(logs, QDialogButtonBox.ButtonRole.ActionRole)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setObjectName("error.close")
        close.setDefault(True)
        buttons.rejected.connect(self.reject)
        copy.clicked.connect(self.copy_diagnostics)
        logs.clicked.connect(open_log_folder)

        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addLayout(top)
        column.addWidget(self.toggle, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.details, 1)
        column.addWidget(buttons)
        self._advise()
        self.resize(self.fontMetrics().averageCharWidth() * 84, self.sizeHint().height())
        close.setFocus()

    def add(self, sentence: str, details: str) -> None:
        """Another error while the dialog is open: counted, and its details added."""
        self._count += 1
        if len(self._texts) < MOST_SHOWN:
            self._texts.append(details)
            self.details.setPlainText("\n".join(self._texts))
        self._advise()

    def copy_diagnostics(self) -> None:
        """Put everything a report needs on the clipboard."""
        QGuiApplication.clipboard().setText(diagnostics(errors=self._texts))

    def _advise(self) -> None:
        more = "" if self._count == 1 else f" {self._count - 1} more followed."
        self.advice.setText(
            f"The program goes on and your recipe is kept.{more} If this comes again, copy the "
            "diagnostics into a report: it is a mistake of the program, not yours."
        )

    def _show_details(self, shown: bool) -> None:
        self.toggle.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self.details.setVisible(shown)
        height = max(self.sizeHint().height(), 420 if shown else 0)
        self.resize(self.width(), height)
