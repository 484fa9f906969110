"""What is drawn over an image: scale bar, legend, points, profile line, cross.  No state and no mouse.

Lines and words lie on pictures of any brightness: all are bright with a dark edge.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from app.gui.preview.results import Profile
from app.gui.preview.viewport import Viewport
from app.gui.scale_bar import bar_within, length_text
from sim.core.types import FloatArray

BRIGHT = QColor(255, 255, 255)
DARK = QColor(0, 0, 0, 170)
#: What the user has laid over a picture.
MARK = QColor(255, 214, 64)
#: Ground of words.
PLATE = QColor(0, 0, 0, 140)


def draw_scale_bar(painter: QPainter, area: QRectF, pixels_per_angstrom: float, font: QFont) -> None:
    """A bar with its length above it, in the lower left corner of ``area``.

    The bar is within half a pixel of its true length.
    """
    length, pixels = bar_within(area.width(), pixels_per_angstrom)
    font = QFont(font)
    font.setBold(True)
    metrics = QFontMetricsF(font)
    line = metrics.height()
    thick = max(2.0, round(line * 0.22))
    text = length_text(length)
    wide = max(pixels, metrics.horizontalAdvance(text))
    margin = round(min(line * 0.6, area.width() * 0.04))
    pad = round(line * 0.35)
    if wide + 2 * pad + margin > area.width() or line + thick + 2 * pad + margin > area.height():
        return
    plate = QRectF(
        round(area.left()) + margin,
        round(area.bottom()) - margin - (line + thick + 2 * pad),
        wide + 2 * pad,
        line + thick + 2 * pad,
    )
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(PLATE)
    painter.drawRoundedRect(plate, pad * 0.7, pad * 0.7)
    painter.setFont(font)
    painter.setPen(BRIGHT)
    painter.drawText(
        QRectF(plate.left(), plate.top() + pad * 0.6, plate.width(), line), Qt.AlignmentFlag.AlignCenter, text
    )
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    left = round(plate.center().x() - pixels / 2.0)
    top = round(plate.bottom() - pad - thick)
    painter.fillRect(QRectF(left, top, round(pixels), thick), BRIGHT)
    painter.restore()


def draw_legend(painter: QPainter, area: QRectF, entries: Sequence[tuple[str, QColor, bool]]) -> None:
    """Names and colours of the overlays, upper left; ``(name, colour, whether it is a ring)``."""
    if not entries:
        return
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    pad = line * 0.4
    wide = max(metrics.horizontalAdvance(name) for name, _, _ in entries) + line * 1.2
    plate = QRectF(area.left() + pad, area.top() + pad, wide + 2 * pad, line * len(entries) + pad)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(PLATE)
    painter.drawRoundedRect(plate, pad * 0.6, pad * 0.6)
    for number, (name, colour, ring) in enumerate(entries):
        top = plate.top() + pad / 2 + number * line
        mark = QRectF(plate.left() + pad, top + line * 0.22, line * 0.56, line * 0.56)
        solid = QColor(colour.red(), colour.green(), colour.blue())
        if ring:
            painter.setPen(QPen(solid, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(mark.adjusted(1, 1, -1, -1))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(solid)
            painter.drawRect(mark)
        painter.setPen(BRIGHT)
        words = QRectF(mark.right() + line * 0.4, top, wide, line)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
    painter.restore()


def draw_points(
    painter: QPainter,
    view: Viewport,
    points: Mapping[str, FloatArray],
    colours: Mapping[str, QColor],
    opacity: float,
) -> None:
    """Rings around overlaid atoms and columns, along the edges of particles; only those in sight."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setOpacity(opacity)
    for name, places in points.items():
        radius = np.full(
            len(places), min(max(view.scale * 3.0, 2.5), 7.0) * (1.0 if name == "columns" else 0.6)
        )
        if places.shape[1] > 2:
            radius = np.maximum(places[:, 2] * view.scale, 1.5)
        x = (places[:, 0] - view.column) * view.scale + view.width / 2.0
        y = (places[:, 1] - view.row) * view.scale + view.height / 2.0
        seen = (x > -radius) & (x < view.width + radius) & (y > -radius) & (y < view.height + radius)
        path = QPainterPath()
        for at in np.flatnonzero(seen):
            reach = float(radius[at])
            path.addEllipse(QPointF(float(x[at]), float(y[at])), reach, reach)
        colour = colours.get(name, BRIGHT)
        painter.setPen(QPen(DARK, 3.0))
        painter.drawPath(path)
        painter.setPen(QPen(colour, 1.4))
        painter.drawPath(path)
    painter.restore()


def profile_handles(profile: Profile, view: Viewport) -> dict[str, QPointF]:
    """Widget positions of a profile's handles: ``start``, ``stop`` and ``width``."""
    start, stop = QPointF(*view.to_widget(*profile.start)), QPointF(*view.to_widget(*profile.stop))
    middle = (start + stop) / 2.0
    length = math.hypot(stop.x() - start.x(), stop.y() - start.y())
    # A line of no length has no side; its handles then lie as those of a horizontal one.
    across = (
        QPointF(0.0, 1.0)
        if length < 1e-9
        else QPointF(-(stop.y() - start.y()) / length, (stop.x() - start.x()) / length)
    )
    # Kept clear of the line itself, so that line and width can both be grasped at a width of one pixel.
    reach = max(profile.width * view.scale / 2.0, 9.0)
    return {"start": start, "stop": stop, "width": middle + across * reach}


def draw_profile(painter: QPainter, view: Viewport, profile: Profile) -> None:
    """The profile's line, its breadth and its handles; an arrow head tells its end."""
    handles = profile_handles(profile, view)
    start, stop = handles["start"], handles["stop"]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    line = QLineF(start, stop)
    if line.length() > 1e-9:
        side = line.normalVector().unitVector()
        half = QPointF(side.dx(), side.dy()) * (profile.width * view.scale / 2.0)
        band = QPolygonF([start + half, stop + half, stop - half, start - half])
        if profile.width * view.scale > 3.0:
            tint = QColor(MARK)
            tint.setAlpha(45)
            painter.setBrush(tint)
            painter.setPen(QPen(MARK, 0.8, Qt.PenStyle.DashLine))
            painter.drawPolygon(band)
    for pen in (QPen(DARK, 3.4), QPen(MARK, 1.6)):
        painter.setPen(pen)
        painter.drawLine(line)
    if line.length() > 14.0:
        along = line.unitVector()
        back = stop - QPointF(along.dx(), along.dy()) * 11.0
        aside = QPointF(-along.dy(), along.dx()) * 4.5
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(MARK)
        painter.drawPolygon(QPolygonF([stop, back + aside, back - aside]))
    painter.setBrush(MARK)
    painter.setPen(QPen(DARK, 1.2))
    for point in (start, stop):
        painter.drawEllipse(point, 3.6, 3.6)
    painter.drawRect(QRectF(handles["width"] - QPointF(3.0, 3.0), handles["width"] + QPointF(3.0, 3.0)))
    painter.restore()


def draw_cross(painter: QPainter, area: QRectF, at: QPointF) -> None:
    """Hair lines through the cursor, open around it so that the pixel itself stays visible."""
    gap = 10.0
    lines = [
        QLineF(area.left(), at.y(), at.x() - gap, at.y()),
        QLineF(at.x() + gap, at.y(), area.right(), at.y()),
        QLineF(at.x(), area.top(), at.x(), at.y() - gap),
        QLineF(at.x(), at.y() + gap, at.x(), area.bottom()),
    ]
    painter.save()
    for colour in (QColor(0, 0, 0, 70), QColor(255, 255, 255, 90)):
        painter.setPen(QPen(colour, 1.0, Qt.PenStyle.SolidLine))
        painter.drawLines(lines)
        lines = [item.translated(1.0, 1.0) for item in lines]
    painter.restore()


def draw_sides(painter: QPainter, area: QRectF, sides: str, divider: float) -> None:
    """Which picture is A and which B: ``AB`` about a divider, or the one that is shown."""
    line = QFontMetricsF(painter.font()).height()
    if len(sides) == 2:
        painter.fillRect(QRectF(divider - 1.0, area.top(), 2.0, area.height()), MARK)
        places = [divider - 1.6 * line, divider + 0.3 * line]
    else:
        places = [area.center().x() - 0.65 * line]
    for text, left in zip(sides, places, strict=True):
        plate = QRectF(left, area.top() + 0.4 * line, 1.3 * line, 1.3 * line)
        painter.fillRect(plate, PLATE)
        painter.setPen(BRIGHT)
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
