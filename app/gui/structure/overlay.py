"""What is written over the structure: axes, beam, scale bar, read-out of the picked atom, notices.

A transparent widget above either canvas, so that it is part of every picture taken of the window.  It
lets the mouse through.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.gui.scale_bar import bar_within, length_text
from app.gui.structure.camera import Camera
from sim.core.types import FloatArray

#: Axes: name, colour before a dark and before a light background.
_AXES = (("x", "#ff6b6b", "#c62828"), ("y", "#6bd66b", "#1b7f2a"), ("z", "#76a9ff", "#1f55c4"))
_BEAM = ("#ffb74d", "#a35a00")
_MARK = ("#ff7dff", "#b000b0")


@dataclass(frozen=True, eq=False)
class OverlayContent:
    """All that the overlay says.

    Attributes
    ----------
    camera
        Whose axes and scale are shown.
    source
        (3,) direction towards the electron source in the specimen's frame; None where there is no pose.
    view_name
        How the view is called.
    marked
        (3,) Å, position of the picked atom, and its radius; None without.
    read_out
        Lines about the picked atom.
    hint
        Sentence in the middle of an empty view.
    notice, note
        Badge above, and a small line below it (how much is drawn).
    legend
        What colours mean: words and red, green, blue.
    gizmo, scale_bar
        Whether these are shown.
    background, text
        Colours.
    """

    camera: Camera
    source: FloatArray | None = None
    view_name: str = ""
    marked: tuple[FloatArray, float] | None = None
    read_out: tuple[str, ...] = ()
    hint: str = ""
    notice: str = ""
    note: str = ""
    legend: tuple[tuple[str, tuple[int, int, int]], ...] = ()
    gizmo: bool = True
    scale_bar: bool = True
    background: QColor = field(default_factory=lambda: QColor(30, 31, 34))
    text: QColor = field(default_factory=lambda: QColor(230, 230, 230))


class Overlay(QWidget):
    """Paints an :class:`OverlayContent`."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("structure.overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._content = OverlayContent(Camera.along("+z"))

    @property
    def content(self) -> OverlayContent:
        """What is shown now."""
        return self._content

    def show_content(self, content: OverlayContent) -> None:
        """Show this from now on."""
        self._content = content
        self.update()

    def scale_bar_length(self) -> tuple[float, float] | None:
        """Length of the scale bar in Å and in pixels; None where none is shown."""
        return bar_length(self._content, self.width(), self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_overlay(painter, self._content, self.width(), self.height())
        painter.end()


def bar_length(content: OverlayContent, width: int, height: int) -> tuple[float, float] | None:
    """Length of the scale bar in Å and in pixels of a window of this size; None where none is shown.

    Perspective has no scale that holds for the whole picture.
    """
    if not content.scale_bar or content.camera.perspective or content.hint or min(width, height) < 40:
        return None
    return bar_within(width, content.camera.pixels_per_angstrom(height))


def paint_overlay(painter: QPainter, content: OverlayContent, width: int, height: int) -> None:
    """Draw on any surface; ``width`` and ``height`` are those of the widget, whatever the painter's scale."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _Drawing(painter, content, width, height).draw()
    painter.restore()


class _Drawing:
    """One painting of the overlay."""

    def __init__(self, painter: QPainter, content: OverlayContent, width: int, height: int) -> None:
        self.painter, self.content = painter, content
        self.width, self.height = width, height
        self.metrics = QFontMetricsF(painter.font())
        self.line = self.metrics.height()
        self.margin = 0.8 * self.line
        self.dark = content.background.lightnessF() < 0.5

    def draw(self) -> None:
        if self.content.hint:
            self._hint()
        else:
            self._marked()
            if self.content.gizmo:
                self._gizmo()
            self._scale_bar()
            self._corner_text()
            self._legend()
        if self.content.notice:
            self._notice()

    def _colour(self, pair: tuple[str, str]) -> QColor:
        return QColor(pair[0] if self.dark else pair[1])

    def _text(self, place: QRectF, text: str, colour: QColor, align: Qt.AlignmentFlag) -> None:
        """Text with a halo of the background's colour, readable on top of atoms."""
        halo = QColor(self.content.background)
        halo.setAlphaF(0.75)
        self.painter.setPen(halo)
        for across, down in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            self.painter.drawText(place.translated(across, down), align, text)
        self.painter.setPen(colour)
        self.painter.drawText(place, align, text)

    def _hint(self) -> None:
        place = QRectF(self.margin, 0, self.width - 2 * self.margin, self.height)
        colour = QColor(self.content.text)
        colour.setAlphaF(0.75)
        self.painter.setPen(colour)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        self.painter.drawText(place, int(flags), self.content.hint)

    def _marked(self) -> None:
        """A ring around the picked atom, also where others hide it."""
        if self.content.marked is None:
            return
        position, radius = self.content.marked
        camera = self.content.camera
        x, y, depth = camera.project(position[np.newaxis], self.width, self.height)
        if not bool(camera.in_front(depth, radius)[0]):
            return
        scale = camera.pixels_per_angstrom(self.height) * float(camera.magnification(depth)[0])
        ring = radius * scale + 2.5
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.setPen(QPen(self._colour(_MARK), 2.0))
        self.painter.drawEllipse(QPointF(float(x[0]), float(y[0])), ring, ring)

    def _gizmo(self) -> None:
        """The specimen's axes, and the beam that comes down on them."""
        arm = 2.5 * self.line
        room = arm + 1.3 * self.line
        if self.width < 3 * room or self.height < 3 * room:
            return
        origin = QPointF(room, self.height - room)
        rotation = self.content.camera.rotation
        arrows = [(float(rotation[2, axis]), axis) for axis in range(3)]
        source = None if self.content.source is None else rotation @ self.content.source
        if source is not None:
            arrows.append((float(source[2]), 3))
        # Far arrows first: those that point to the eye are drawn over them.
        for _, axis in sorted(arrows):
            if axis < 3:
                name, *pair = _AXES[axis]
                self._axis(origin, arm, rotation[:, axis], name, self._colour((pair[0], pair[1])))
            elif source is not None:
                self._beam(origin, arm, source)

    def _axis(self, origin: QPointF, arm: float, direction: FloatArray, name: str, colour: QColor) -> None:
        tip = origin + QPointF(float(direction[0]), -float(direction[1])) * arm
        self.painter.setPen(QPen(colour, 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        self.painter.drawLine(origin, tip)
        flat = math.hypot(float(direction[0]), float(direction[1]))
        if flat > 0.25:
            self._head(origin, tip, colour)
        # The letter stands beyond the tip; of an axis along the line of sight, beside it.
        beyond = 0.62 * self.line
        way = (
            QPointF(float(direction[0]), -float(direction[1])) * (beyond / flat)
            if flat > 0.25
            else QPointF(-beyond, beyond)
        )
        if flat <= 0.25:
            self._end_on(origin, float(direction[2]), colour, 0.22 * self.line)
        side = 2.0 * self.line
        middle = tip + way
        place = QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)
        self._text(place, name, colour, Qt.AlignmentFlag.AlignCenter)

    def _beam(self, origin: QPointF, arm: float, source: FloatArray) -> None:
        """An arrow from the source to the origin: electrons travel that way."""
        colour = self._colour(_BEAM)
        flat = math.hypot(float(source[0]), float(source[1]))
        if flat <= 0.25:
            self._end_on(origin, -float(source[2]), colour, 0.42 * self.line)
            self._beam_letter(origin + self._free_side() * (1.0 * self.line), colour)
            return
        start = origin + QPointF(float(source[0]), -float(source[1])) * (1.35 * arm)
        stop = origin + QPointF(float(source[0]), -float(source[1])) * (0.25 * arm)
        self.painter.setPen(QPen(colour, 2.0, Qt.PenStyle.DashLine))
        self.painter.drawLine(start, stop)
        self._head(start, stop, colour)
        self._beam_letter(
            start + QPointF(float(source[0]), -float(source[1])) * (0.7 * self.line / flat), colour
        )

    def _beam_letter(self, middle: QPointF, colour: QColor) -> None:
        side = 3.0 * self.line
        place = QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)
        self._text(place, "e⁻", colour, Qt.AlignmentFlag.AlignCenter)

    def _free_side(self) -> QPointF:
        """Unit vector from the origin to the side that is farthest from the letters of the axes."""
        taken = []
        for across, up in self.content.camera.rotation[:2].T.tolist():
            flat = math.hypot(across, up)
            taken.append((across / flat, -up / flat) if flat > 0.25 else (-math.sqrt(0.5), math.sqrt(0.5)))
        ways = [(math.cos(turn * math.pi / 4), math.sin(turn * math.pi / 4)) for turn in range(8)]
        free = min(ways, key=lambda way: max(way[0] * x + way[1] * y for x, y in taken))
        return QPointF(*free)

    def _head(self, start: QPointF, tip: QPointF, colour: QColor) -> None:
        way = tip - start
        length = math.hypot(way.x(), way.y())
        if length < 1.0:
            return
        along = way / length
        across = QPointF(-along.y(), along.x())
        size = min(0.42 * self.line, 0.6 * length)
        base = tip - along * size
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(colour)
        self.painter.drawPolygon(
            QPolygonF([tip + along, base + across * (0.5 * size), base - across * (0.5 * size)])
        )
        self.painter.setBrush(Qt.BrushStyle.NoBrush)

    def _end_on(self, origin: QPointF, towards_eye: float, colour: QColor, radius: float) -> None:
        """An arrow seen from its end: a dot for its tip, a cross for its tail."""
        self.painter.setPen(QPen(colour, 1.8))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.drawEllipse(origin, radius, radius)
        if towards_eye > 0.0:
            self.painter.setBrush(colour)
            self.painter.drawEllipse(origin, 0.35 * radius, 0.35 * radius)
            self.painter.setBrush(Qt.BrushStyle.NoBrush)
            return
        part = radius * math.sqrt(0.5)
        self.painter.drawLine(origin - QPointF(part, part), origin + QPointF(part, part))
        self.painter.drawLine(origin + QPointF(-part, part), origin + QPointF(part, -part))

    def _scale_bar(self) -> None:
        bar = bar_length(self.content, self.width, self.height)
        if bar is None:
            return
        length, pixels = bar
        right, bottom = self.width - self.margin, self.height - self.margin
        thickness = max(3.0, round(0.22 * self.line))
        left = right - pixels
        place = QRectF(left, bottom - thickness, pixels, thickness)
        halo = QColor(self.content.background)
        halo.setAlphaF(0.75)
        # Without smoothing, and from whole pixels, so that its length can be read off the picture.
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        whole = QRectF(round(left), round(place.top()), round(pixels), thickness)
        self.painter.fillRect(whole.adjusted(-1, -1, 1, 1), halo)
        self.painter.fillRect(whole, self.content.text)
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        words = QRectF(right - max(pixels, 8 * self.line), whole.top() - 1.25 * self.line, 0, 1.2 * self.line)
        words.setRight(right)
        if pixels > self.metrics.horizontalAdvance(length_text(length)):
            words.setLeft(left)
            self._text(words, length_text(length), self.content.text, Qt.AlignmentFlag.AlignCenter)
        else:
            self._text(words, length_text(length), self.content.text, Qt.AlignmentFlag.AlignRight)

    def _lines(self) -> list[str]:
        """What stands in the upper left corner."""
        return [line for line in (self.content.view_name, *self.content.read_out, self.content.note) if line]

    def _corner_text(self) -> None:
        lines = self._lines()
        room = self.width - 2 * self.margin
        for number, line in enumerate(lines):
            colour = QColor(self.content.text)
            if number == 0 and line == self.content.view_name:
                colour.setAlphaF(0.8)
            place = QRectF(self.margin, self.margin + 1.15 * number * self.line, room, 1.2 * self.line)
            text = self.metrics.elidedText(line, Qt.TextElideMode.ElideRight, room)
            self._text(place, text, colour, Qt.AlignmentFlag.AlignLeft)

    def _legend(self) -> None:
        """Colours and their meaning on the right, below the read-out; as many as there is room for."""
        entries = self.content.legend
        top = self.margin + 1.15 * len(self._lines()) * self.line + 0.4 * self.line
        room = int((self.height - top - 4.0 * self.line) / (1.15 * self.line))
        if not entries or room < 1:
            return
        shown = entries if len(entries) <= room else entries[:room]
        side = 0.7 * self.line
        widest = max(self.metrics.horizontalAdvance(words) for words, _ in shown)
        left = self.width - self.margin - widest - 1.5 * side
        for number, (words, colour) in enumerate(shown):
            y = top + 1.15 * number * self.line
            self.painter.setPen(QPen(self.content.text, 0.6))
            self.painter.setBrush(QColor(*colour))
            self.painter.drawEllipse(QRectF(left, y + 0.25 * self.line, side, side))
            self.painter.setBrush(Qt.BrushStyle.NoBrush)
            place = QRectF(left + 1.5 * side, y, widest + 2.0, 1.2 * self.line)
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            self._text(place, words, self.content.text, flags)

    def _notice(self) -> None:
        """A badge in the middle, above the lower edge."""
        flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        room = QRectF(0, 0, max(10.0, min(0.8 * self.width, 34 * self.line)), self.height)
        words = self.metrics.boundingRect(room, flags, self.content.notice)
        across, down = 0.8 * self.line, 0.4 * self.line
        badge = QRectF(0, 0, words.width() + 2.0 * across, words.height() + 2.0 * down)
        badge.moveCenter(QPointF(0.5 * self.width, 0))
        badge.moveTop(self.margin + 1.15 * len(self._lines()) * self.line + 0.6 * self.line)
        fill = QColor(self.content.background)
        fill.setAlphaF(0.92)
        self.painter.setPen(QPen(self._colour(_BEAM), 1.2))
        self.painter.setBrush(fill)
        self.painter.drawRoundedRect(badge, 5, 5)
        self.painter.setPen(self.content.text)
        # As wide as it was measured, or the lines break elsewhere; a pixel more, as widths are rounded.
        inside = badge.adjusted(across - 1.0, down, 1.0 - across, -down)
        self.painter.drawText(inside, flags, self.content.notice)
