"""The two kinds of buttons of the start page: cards with a picture, and rows with two lines of text."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QIcon, QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.gui.frame.theme import colours

_Role = QPalette.ColorRole
ELIDE = Qt.TextElideMode


class _FlatButton(QAbstractButton):
    """A rounded area with a hairline; it lights up under the mouse and shows keyboard focus."""

    ROUND = 6.0

    def __init__(self, title: str, caption: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.title, self.caption = title, caption
        self.setText(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(caption)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def _ground(self, painter: QPainter) -> None:
        palette, named = self.palette(), colours()
        active = self.isEnabled() and (self.underMouse() or self.isDown())
        fill = palette.color(_Role.Highlight) if self.isDown() else palette.color(_Role.Base)
        edge = named.accent if active or self.hasFocus() else named.line
        width = 2.0 if self.hasFocus() else 1.0
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(edge, width))
        painter.setBrush(fill)
        inset = width / 2
        area = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(area, self.ROUND, self.ROUND)

    def _text_colours(self) -> tuple[QColor, QColor]:
        palette = self.palette()
        if not self.isEnabled():
            grey = palette.color(QPalette.ColorGroup.Disabled, _Role.Text)
            return grey, grey
        if self.isDown():
            over = palette.color(_Role.HighlightedText)
            return over, over
        return palette.color(_Role.Text), colours().muted

    def _bold(self) -> QFont:
        font = QFont(self.font())
        font.setBold(True)
        return font

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()


class ClassCard(_FlatButton):
    """A class with the image of one of its members.

    Parameters
    ----------
    title, caption
        Name of the class, and what tells it apart.
    """

    SIDE = 144
    LEAST = 84
    MARGIN = 8

    def __init__(self, title: str, caption: str, parent: QWidget | None = None) -> None:
        super().__init__(title, caption, parent)
        self._picture: QPixmap | None = None
        self._said = "rendering…"
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)

    @property
    def has_picture(self) -> bool:
        """Whether the image has arrived."""
        return self._picture is not None

    def set_picture(self, picture: QPixmap) -> None:
        """Show the image."""
        self._picture = picture
        self.update()

    def set_unavailable(self) -> None:
        """Say that no image could be made; the card still works."""
        self._said = "no picture"
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._bold())
        small = self.fontMetrics()
        text = max(metrics.horizontalAdvance(self.title), small.horizontalAdvance(self.caption))
        width = max(self.SIDE, text) + 2 * self.MARGIN
        return QSize(width, self.SIDE + metrics.height() + small.height() + 3 * self.MARGIN)

    def minimumSizeHint(self) -> QSize:
        metrics = QFontMetrics(self._bold())
        width = max(self.LEAST, metrics.horizontalAdvance(self.title))
        return QSize(width + 2 * self.MARGIN, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._ground(painter)
        margin = self.MARGIN
        strong, weak = self._text_colours()
        side = min(self.SIDE, self.width() - 2 * margin)
        place = QRect((self.width() - side) // 2, margin + (self.SIDE - side) // 2, side, side)
        if self._picture is None:
            painter.setPen(weak)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self._said)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(place, self._picture)
        painter.setFont(self._bold())
        painter.setPen(strong)
        bold, small = QFontMetrics(self._bold()), self.fontMetrics()
        width = self.width() - 2 * margin
        top = margin + self.SIDE + margin // 2
        line = QRect(margin, top, width, bold.height())
        centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(line, centre, bold.elidedText(self.title, ELIDE.ElideRight, width))
        painter.setFont(self.font())
        painter.setPen(weak)
        line = QRect(margin, line.bottom() + 1, width, small.height())
        painter.drawText(line, centre, small.elidedText(self.caption, ELIDE.ElideRight, width))
        painter.end()


class Row(_FlatButton):
    """An icon, a title, and one line below it that is shortened where it does not fit.

    Parameters
    ----------
    title, caption
        The two lines.
    picture
        The icon.
    middle
        Shorten the second line in the middle, as paths want it.
    """

    PAD = 7

    def __init__(
        self, title: str, caption: str, picture: QIcon, parent: QWidget | None = None, *, middle: bool = False
    ) -> None:
        super().__init__(title, caption, parent)
        self._elide = ELIDE.ElideMiddle if middle else ELIDE.ElideRight
        self.setIcon(picture)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        lines = QFontMetrics(self._bold()).height() + self.fontMetrics().height()
        return QSize(self.fontMetrics().averageCharWidth() * 46, lines + 2 * self.PAD)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 20, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._ground(painter)
        strong, weak = self._text_colours()
        side = 22
        self.icon().paint(
            painter,
            QRect(self.PAD + 3, (self.height() - side) // 2, side, side),
            Qt.AlignmentFlag.AlignCenter,
            QIcon.Mode.Normal if self.isEnabled() else QIcon.Mode.Disabled,
        )
        left = self.PAD + side + 13
        width = self.width() - left - self.PAD
        bold, small = QFontMetrics(self._bold()), self.fontMetrics()
        painter.setFont(self._bold())
        painter.setPen(strong)
        beside = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        line = QRect(left, self.PAD, width, bold.height())
        painter.drawText(line, beside, bold.elidedText(self.title, ELIDE.ElideRight, width))
        painter.setFont(self.font())
        painter.setPen(weak)
        line = QRect(left, self.PAD + bold.height(), width, small.height())
        painter.drawText(line, beside, small.elidedText(self.caption, self._elide, width))
        painter.end()
