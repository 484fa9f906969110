"""From the hand to the camera: what dragging, the wheel and the keys do.  The same over every canvas."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent

from app.gui.structure.camera import Camera

#: A press that moves less than this is a click, pixels.
CLICK_DISTANCE = 4.0
#: A turn of the arrow keys, and the fine one with Shift, degrees.
KEY_TURN, FINE_KEY_TURN = 5.0, 1.0
#: A shift of the arrow keys with Ctrl, part of the window's height.
KEY_PAN = 0.05
#: Enlargement by one notch of the wheel (120 eighths of a degree) or one key.
ZOOM_STEP = 1.2

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_ROLLS = {Qt.Key.Key_PageUp: 1, Qt.Key.Key_PageDown: -1}
_ZOOMS = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}

#: For "What's this" and for people who cannot see the view.
HELP = (
    "Drag with the left button to turn, with the middle button or Shift to shift, with Ctrl to turn about "
    "the line of sight. The wheel zooms at the pointer. Click an atom to read its position, double-click it "
    "to put it in the middle. Keys: arrows turn, Shift+arrows turn finely, Ctrl+arrows shift, Page Up and "
    "Page Down turn about the line of sight, + and − zoom, Home shows everything, Return picks the atom in "
    "the middle, Escape unmarks it."
)


class Drag:
    """A press of a mouse button and what follows until its release."""

    def __init__(self, event: QMouseEvent) -> None:
        modifiers = event.modifiers()
        self.start = self.last = event.position()
        self.button = event.button()
        self.moved = False
        if self.button == Qt.MouseButton.MiddleButton or modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.kind = "pan"
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            self.kind = "roll"
        else:
            self.kind = "turn"

    @staticmethod
    def begins(event: QMouseEvent) -> bool:
        """Whether a press of this button moves the picture."""
        return event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton)

    def moved_camera(self, camera: Camera, position: QPointF, width: int, height: int) -> Camera | None:
        """The camera after the mouse came to ``position``; None while it may still become a click."""
        way = position - self.start
        if not self.moved and math.hypot(way.x(), way.y()) < CLICK_DISTANCE:
            return None
        # The first few pixels that told a drag from a click are not lost: the picture stays under the hand.
        self.moved = True
        step, before = position - self.last, self.last
        self.last = position
        if self.kind == "pan":
            return camera.pan(step.x(), step.y(), height)
        if self.kind == "roll":
            middle = QPointF(0.5 * width, 0.5 * height)
            old, new = before - middle, position - middle
            angle = math.atan2(-new.y(), new.x()) - math.atan2(-old.y(), old.x())
            return camera.orbit(0.0, 0.0, math.remainder(angle, 2.0 * math.pi))
        scale = math.pi / max(1, min(width, height))
        return camera.orbit(step.x() * scale, step.y() * scale)


def wheel_factor(eighths: float) -> float:
    """Enlargement of a turn of the wheel, in eighths of a degree; away from the hand enlarges."""
    return float(ZOOM_STEP ** (eighths / 120.0))


def camera_after_key(camera: Camera, event: QKeyEvent, width: int, height: int) -> Camera | None:
    """The camera after a key; None if the key does not move it."""
    key, modifiers = Qt.Key(event.key()), event.modifiers()
    fine = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
    turn = math.radians(FINE_KEY_TURN if fine else KEY_TURN)
    if key in _ARROWS:
        across, down = _ARROWS[key]
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            return camera.pan(across * KEY_PAN * height, down * KEY_PAN * height, height)
        return camera.orbit(across * turn, down * turn)
    if modifiers & Qt.KeyboardModifier.ControlModifier:
        return None
    if key in _ROLLS:
        return camera.orbit(0.0, 0.0, _ROLLS[key] * turn)
    if key in _ZOOMS:
        return camera.zoom(ZOOM_STEP ** _ZOOMS[key], 0.5 * width, 0.5 * height, width, height)
    return None
