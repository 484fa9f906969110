"""Work that is spread over turns of the event loop: the window answers between its steps."""

from __future__ import annotations

import math
import time
from collections.abc import Hashable, Iterator

from PySide6.QtCore import QObject, QTimer, Signal

#: Steps begin for so long in one turn, seconds; the last of them may go on.  Without limit, as most
#: tests have it, all is done where it begins.
BUDGET = 4e-3


class Turns(QObject):
    """Does pieces of work one after the other, so many steps of them a turn as fit into a part of a frame.

    A piece of work is an iterator; what it does up to its next item is one step.  An item that is a number
    says how many seconds the step costs afterwards, in events that it posted.
    """

    #: All that was begun is done.
    finished = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._works: dict[Hashable, Iterator[object]] = {}
        self._left = 0.0
        self._running = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._turn)

    @property
    def idle(self) -> bool:
        """Whether nothing is left to do."""
        return not self._works

    def begin(self, key: Hashable, work: Iterator[object]) -> None:
        """Do a piece of work behind the others, in place of what was begun under the same key.

        It waits for the next turn: this one has the work of whoever begins it.
        """
        self._works.pop(key, None)
        self._works[key] = work
        self._timer.start()
        if math.isinf(BUDGET):
            self.finish()

    def clear(self) -> None:
        """Leave undone what is left."""
        self._works.clear()

    def finish(self) -> None:
        """Do all that is left now."""
        left, self._left = self._left, math.inf
        self._go_on()
        self._left = left

    def _turn(self) -> None:
        self._left = BUDGET
        try:
            self._go_on()
        finally:
            if self._works:
                self._timer.start()

    def _go_on(self) -> None:
        if self._running or not self._works:
            # A step that begins another piece goes on with its own.
            return
        self._running = True
        try:
            while self._works and self._left > 0.0:
                self._step()
        finally:
            self._running = False
        if not self._works:
            self.finished.emit()

    def _step(self) -> None:
        key, work = next(iter(self._works.items()))
        begun = time.perf_counter()
        # A piece that fails is over, and no other with it.
        later: object = self
        try:
            later = next(work, self)
        finally:
            if later is self and self._works.get(key) is work:
                del self._works[key]
            self._left -= time.perf_counter() - begun
        if isinstance(later, float):
            self._left -= later
