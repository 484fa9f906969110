"""How a picture A is compared with one kept as B: split by a divider, or in turn."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from app.gui.preview.drawn_pictures import ImageLayers

Compare = Literal["off", "split", "blink"]
#: Time of each side in a blinking comparison, ms.
BLINK = 600
#: Within this distance of the divider the mouse takes hold of it, widget pixels.
GRASP = 7.0


class Comparison(QObject):
    """What is kept as B, and which parts of a widget show it.

    Attributes
    ----------
    held
        The picture kept as B, or None.
    divider
        Where A ends and B begins in a split, as a part of the widget's width.
    """

    #: Another side is shown now.
    turned = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.held: ImageLayers | None = None
        self.divider = 0.5
        self._mode: Compare = "off"
        self._b_in_turn = False
        self._timer = QTimer(self)
        self._timer.setInterval(BLINK)
        self._timer.timeout.connect(self._turn)

    @property
    def mode(self) -> Compare:
        """How the two are compared."""
        return self._mode

    def set_mode(self, mode: Compare) -> None:
        """Compare in another way; without a B, not at all."""
        self._mode = mode if self.held is not None else "off"
        self._b_in_turn = False
        self.go_on()

    def go_on(self) -> None:
        """Blink where that is the mode: the widget is in sight."""
        if self._mode == "blink":
            self._timer.start()
        else:
            self._timer.stop()

    def pause(self) -> None:
        """The widget is out of sight."""
        self._timer.stop()

    @property
    def only_b(self) -> bool:
        """Whether B is shown in the place of A."""
        return self._mode == "blink" and self._b_in_turn

    @property
    def sides(self) -> str:
        """What is shown, from left to right; empty where nothing is compared."""
        if self._mode == "split":
            return "AB"
        return "" if self._mode == "off" else "B" if self._b_in_turn else "A"

    def at_divider(self, x: float, width: float) -> bool:
        """Whether a press at ``x`` takes hold of the divider."""
        return self._mode == "split" and abs(x - self.divider * width) <= GRASP

    def move_divider(self, x: float, width: float) -> None:
        """Put the divider there, as far as it stays on the widget."""
        self.divider = min(max(x / max(width, 1.0), 0.0), 1.0)

    def over_b(self, x: float, width: float) -> bool:
        """Whether B is what is seen at ``x``."""
        return self.only_b or (self._mode == "split" and x >= self.divider * width)

    def _turn(self) -> None:
        self._b_in_turn = not self._b_in_turn
        self.turned.emit()
