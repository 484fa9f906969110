"""Dragging of a profile line: which part the mouse took hold of, and where that brings the line."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QPointF

from app.gui.preview.image_layers import profile_handles
from app.gui.preview.results import Profile
from app.gui.preview.viewport import Viewport

Part = Literal["start", "stop", "width", "line"]
#: How near the mouse must be, widget pixels.
REACH = 8.0


@dataclass(frozen=True)
class ProfileDrag:
    """One drag: the part in hand, the line before it, and where the mouse went down (column, row)."""

    part: Part
    before: Profile
    origin: tuple[float, float]

    @classmethod
    def of(cls, profile: Profile, view: Viewport, at: QPointF) -> ProfileDrag | None:
        """What a press at ``at`` takes hold of: a handle, the line itself, or nothing."""
        origin = view.to_image(at.x(), at.y())
        handles = profile_handles(profile, view)
        # Ends come before the width: on a short line they lie on top of one another.
        parts: tuple[Part, ...] = ("stop", "start", "width")
        for part in parts:
            if math.hypot(handles[part].x() - at.x(), handles[part].y() - at.y()) <= REACH:
                return cls(part, profile, origin)
        if _distance_to_line(handles["start"], handles["stop"], at) <= REACH * 0.75:
            return cls("line", profile, origin)
        return None

    @classmethod
    def new(cls, view: Viewport, at: QPointF, width: float) -> ProfileDrag:
        """A line that begins here; the drag moves its end."""
        start = _inside(view.to_image(at.x(), at.y()), view)
        return cls("stop", Profile(start, start, width), start)

    def moved(self, view: Viewport, at: QPointF, *, straight: bool = False) -> Profile:
        """The line with the mouse at ``at``; ``straight`` holds it to steps of 15°."""
        column, row = view.to_image(at.x(), at.y())
        profile = self.before
        if self.part == "width":
            # By how far the mouse moved, not where it is: the handle stands off a narrow line.
            wider = 2.0 * (_away(profile, (column, row)) - _away(profile, self.origin))
            return replace(profile, width=round(max(1.0, profile.width + wider), 1))
        if self.part == "line":
            return self._shifted(view, column - self.origin[0], row - self.origin[1])
        fixed = profile.start if self.part == "stop" else profile.stop
        end = _stepped(fixed, (column, row)) if straight else (column, row)
        end = _inside(end, view)
        return replace(profile, stop=end) if self.part == "stop" else replace(profile, start=end)

    def _shifted(self, view: Viewport, across: float, down: float) -> Profile:
        """Moved as a whole, as far as both ends stay on the image."""
        profile = self.before
        columns = (profile.start[0], profile.stop[0])
        rows = (profile.start[1], profile.stop[1])
        across = min(max(across, -min(columns)), view.columns - 1 - max(columns))
        down = min(max(down, -min(rows)), view.rows - 1 - max(rows))
        return replace(
            profile,
            start=(profile.start[0] + across, profile.start[1] + down),
            stop=(profile.stop[0] + across, profile.stop[1] + down),
        )


def with_width(profile: Profile, width: float) -> Profile:
    """The same line, averaged over another breadth (pixels, at least one)."""
    return replace(profile, width=max(width, 1.0))


def _inside(point: tuple[float, float], view: Viewport) -> tuple[float, float]:
    return min(max(point[0], 0.0), view.columns - 1.0), min(max(point[1], 0.0), view.rows - 1.0)


def _stepped(fixed: tuple[float, float], point: tuple[float, float]) -> tuple[float, float]:
    across, down = point[0] - fixed[0], point[1] - fixed[1]
    step = math.pi / 12.0
    angle = round(math.atan2(down, across) / step) * step
    length = math.hypot(across, down)
    return fixed[0] + length * math.cos(angle), fixed[1] + length * math.sin(angle)


def _away(profile: Profile, point: tuple[float, float]) -> float:
    """Distance of a point from the line through a profile, pixels."""
    across, down = profile.stop[0] - profile.start[0], profile.stop[1] - profile.start[1]
    length = math.hypot(across, down)
    if length < 1e-9:
        return math.hypot(point[0] - profile.start[0], point[1] - profile.start[1])
    return abs((point[0] - profile.start[0]) * down - (point[1] - profile.start[1]) * across) / length


def _distance_to_line(start: QPointF, stop: QPointF, at: QPointF) -> float:
    across, down = stop.x() - start.x(), stop.y() - start.y()
    square = across * across + down * down
    share = 0.0
    if square > 0.0:
        share = ((at.x() - start.x()) * across + (at.y() - start.y()) * down) / square
        share = min(max(share, 0.0), 1.0)
    return math.hypot(start.x() + share * across - at.x(), start.y() + share * down - at.y())
