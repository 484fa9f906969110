"""Python's collection of cyclic garbage, in the window's own thread.

Python collects in whatever thread happens to allocate.  A closed dialog is often part of a cycle; were
it collected by the preview's worker, its Qt object would be destroyed outside the window's thread,
which crashes now and then.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimerEvent

#: Milliseconds between two looks at how much has gathered.
INTERVAL = 500


class GarbageCollection(QObject):
    """Takes automatic collection over for as long as it lives.

    Parameters
    ----------
    parent
        An object of the window's thread, usually the application.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._thresholds = gc.get_threshold()
        gc.disable()
        self.startTimer(INTERVAL)

    def timerEvent(self, event: QTimerEvent) -> None:
        """Collect the generation that Python would collect by now, if any."""
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > self._thresholds[generation]:
                gc.collect(generation)
                return

    @staticmethod
    def keep_what_is_there() -> None:
        """Look no more at what exists now, which is there to stay: later collections take a moment only."""
        gc.freeze()
