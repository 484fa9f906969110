"""What lies over or beside the image to say in which state it is: the badge and the failure banner."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QToolTip, QWidget

from app.gui.document.wording import of_members
from app.gui.frame.icons import icon
from app.gui.frame.theme import colours
from app.gui.preview import arrays
from app.gui.preview.image_layers import BRIGHT, PLATE
from app.gui.preview.results import Display, Result


class Badge(QWidget):
    """A word in a rounded plate over the image: draft in amber, exact in grey.

    It lets the mouse through to the image; its description is the tip of that place.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("preview.badge")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._text = ""
        self._draft = False
        self.hide()
        parent.installEventFilter(self)

    @property
    def text(self) -> str:
        return self._text

    @property
    def draft(self) -> bool:
        """Whether it says that the image is a draft."""
        return self._draft

    def say(self, text: str, *, draft: bool) -> None:
        """Show another text; none hides the badge."""
        if (text, draft) == (self._text, self._draft):
            return
        self._text, self._draft = text, draft
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        self.place()
        self.update()

    def tell(self, result: Result | None, display: Display, *, rendering: bool, outdated: bool) -> None:
        """Say in which state the image is.

        Parameters
        ----------
        result
            What is shown.
        display
            What is chosen; a draft may lack the array.
        rendering
            Another image is being made, and it takes a while.
        outdated
            What is shown is not of the recipe as it is now.
        """
        described = ""
        if rendering:
            self.say("rendering …", draft=True)
        elif result is None:
            self.say("", draft=True)
        elif outdated:
            self.say("not up to date", draft=True)
        elif result.draft:
            wanted = arrays.choice_of(result.job, display)
            lacking = "" if wanted.array == result.picture.array else f", not yet {wanted.title}"
            self.say(f"draft: {result.draft}{lacking}", draft=True)
            described = "\n".join(["Unlike the exact image:", *(f"• {phrase}" for phrase in result.differs)])
        else:
            self.say("exact", draft=False)
            described = f"rendered in {result.seconds * 1e3:.0f} ms"
        self.setAccessibleDescription(described)

    def place(self) -> None:
        """In the upper right corner of its parent."""
        self.resize(self.sizeHint())
        parent = self.parentWidget()
        if parent is not None:
            self.move(parent.width() - self.width() - 8, 8)
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.place()
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            described = self.accessibleDescription()
            if described and self.isVisible() and self.geometry().contains(event.pos()):
                QToolTip.showText(event.globalPos(), described, self)
                return True
        return False

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self._text) + metrics.height(), round(metrics.height() * 1.5))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        named = colours()
        plate, words = (named.draft, named.draft_text) if self._draft else (PLATE, BRIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(plate)
        painter.drawRoundedRect(QRectF(self.rect()), self.height() * 0.28, self.height() * 0.28)
        painter.setPen(words)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)
        painter.end()


class FailureBanner(QFrame):
    """Why there is no image of the present settings; the last good image stays beneath, dimmed."""

    #: The setting at fault shall be shown (str path).
    reveal_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview.failure")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self._parameter = ""
        self._sign = QLabel()
        self._words = QLabel()
        self._words.setObjectName("preview.failure.text")
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._reveal = QToolButton()
        self._reveal.setObjectName("preview.failure.reveal")
        self._reveal.setText("Show setting")
        self._reveal.setAccessibleName("Show the setting at fault")
        self._reveal.setToolTip("Go to the setting that this is about")
        self._reveal.clicked.connect(lambda: self.reveal_requested.emit(self._parameter))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.addWidget(self._sign)
        row.addWidget(self._words, 1)
        row.addWidget(self._reveal)
        self.hide()

    @property
    def sentence(self) -> str:
        return self._words.text()

    def say(self, sentence: str, parameter: str = "") -> None:
        """Show a sentence, and the way to its setting where that is known."""
        sentence = of_members(sentence)
        side = self.fontMetrics().height() + 2
        self._sign.setPixmap(icon("warning").pixmap(side, side))
        self._tint()
        self._words.setText(sentence)
        self._words.setAccessibleName(sentence)
        self._parameter = parameter
        self._reveal.setVisible(bool(parameter))
        self.show()

    def _tint(self) -> None:
        palette = QPalette(self.palette())
        if palette.color(QPalette.ColorRole.Window) != colours().error_ground:
            palette.setColor(QPalette.ColorRole.Window, colours().error_ground)
            self.setPalette(palette)

    def clear(self) -> None:
        """All is well again."""
        self._words.clear()
        self.hide()
