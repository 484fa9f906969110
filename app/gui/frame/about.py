"""What the program is, and the theory behind its images."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from app.gui.frame.icons import icon
from app.gui.frame.theme import colours
from app.gui.frame.theory_text import theory_html
from sim.core.version import __version__, git_tag

ABOUT = (
    "Synthetic electron-microscopy images of nanoparticles with exact ground truth, for people who train "
    "and test machine-learning models on STEM and HRTEM images."
)
LICENCE = (
    "MIT licence. Built on NumPy, SciPy, ASE, h5py, pydantic, Qt for Python (LGPL 3), pyqtgraph and others."
)


class AboutDialog(QDialog):
    """Version, purpose and licence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("about")
        self.setWindowTitle("About Nanophantom")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        mark = QLabel(self)
        mark.setPixmap(icon("app").pixmap(96, 96))
        mark.setAlignment(Qt.AlignmentFlag.AlignTop)
        name = QLabel("Nanophantom", self)
        font = name.font()
        font.setBold(True)
        font.setPointSizeF(max(font.pointSizeF(), 8.0) * 1.7)
        name.setFont(font)
        self.version = QLabel(f"Version {__version__} ({git_tag})", self)
        self.version.setObjectName("about.version")
        self.version.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words = QVBoxLayout()
        words.setSpacing(8)
        words.addWidget(name)
        words.addWidget(self.version)
        for text in (ABOUT, LICENCE):
            label = QLabel(text, self)
            label.setWordWrap(True)
            label.setMinimumWidth(label.fontMetrics().averageCharWidth() * 52)
            words.addWidget(label)
        row = QHBoxLayout()
        row.setSpacing(18)
        row.addWidget(mark)
        row.addLayout(words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 12)
        column.setSpacing(14)
        column.addLayout(row)
        column.addWidget(_close_button(self))


class TheoryDialog(QDialog):
    """Formulas, symbols and references, with a line to search them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("theory")
        self.setWindowTitle("Theory and references")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.search = QLineEdit(self)
        self.search.setObjectName("theory.search")
        self.search.setAccessibleName("Find in the text")
        self.search.setPlaceholderText("Find in the text (Enter: next)")
        self.search.setClearButtonEnabled(True)
        self.search.returnPressed.connect(self.find_next)
        self.text = QTextBrowser(self)
        self.text.setObjectName("theory.text")
        self.text.setAccessibleName("Theory and references")
        self.text.setOpenExternalLinks(True)
        column = QVBoxLayout(self)
        column.addWidget(self.search)
        column.addWidget(self.text, 1)
        column.addWidget(_close_button(self))
        metrics = self.fontMetrics()
        self.resize(metrics.averageCharWidth() * 110, metrics.height() * 42)
        self._fill()
        self.search.setFocus()

    def find_next(self) -> None:
        """Go to the next place that holds the words searched; from the top again after the last."""
        wanted = self.search.text()
        if wanted and not self.text.find(wanted):
            cursor = self.text.textCursor()
            cursor.setPosition(0)
            self.text.setTextCursor(cursor)
            self.text.find(wanted)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "text"):
            self._fill()

    def _fill(self) -> None:
        named = colours()
        self.text.document().setDefaultStyleSheet(
            f".formula {{ margin-left: 24px; color: {named.accent.name()}; }}"
            f"small {{ color: {named.muted.name()}; }}"
            "td, th { padding: 2px 10px 2px 0; text-align: left; }"
            "h2 { margin-top: 18px; } h3 { margin-top: 12px; margin-bottom: 2px; }"
        )
        place = self.text.verticalScrollBar().value()
        self.text.setHtml(theory_html())
        self.text.verticalScrollBar().setValue(place)


def _close_button(dialog: QDialog) -> QDialogButtonBox:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, dialog)
    button = buttons.button(QDialogButtonBox.StandardButton.Close)
    button.setObjectName(f"{dialog.objectName()}.close")
    button.setAutoDefault(False)
    buttons.rejected.connect(dialog.close)
    return buttons
