"""One thing at a time in a thread, the newest request wins."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Signal

from sim.core.errors import Cancelled

Cancel = Callable[[], None]
#: Sends a part of the result on before the rest is known.
Tell = Callable[[Any], None]
Work = Callable[[Cancel, Tell], None]


class LatestTask(QObject):
    """Runs the newest of the requested pieces of work; those before it are cancelled and never heard of.

    Parameters
    ----------
    name
        Of the thread.
    """

    #: What the newest piece of work has told.
    told = Signal(object)
    #: The exception with which it ended.
    failed = Signal(object)
    _arrived = Signal(int, object, bool)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._executor: ThreadPoolExecutor | None = None
        self._token = 0
        self._stop = threading.Event()
        self._arrived.connect(self._pass_on)

    def request(self, work: Work) -> None:
        """Begin a piece of work as soon as the one under way has noticed that it is not wanted any more."""
        self.cancel()
        stop = self._stop = threading.Event()
        token = self._token
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix=self._name)

        def check() -> None:
            if stop.is_set():
                raise Cancelled("superseded")

        def send(value: object, failure: bool) -> None:
            with contextlib.suppress(RuntimeError):  # the window was closed in between
                self._arrived.emit(token, value, failure)

        def run() -> None:
            try:
                check()
                work(check, lambda value: send(value, False))
            except Cancelled:
                pass
            except Exception as error:  # carried to the window, whatever it is
                send(error, True)

        self._executor.submit(run)

    def cancel(self) -> None:
        """What was requested is wanted no more."""
        self._stop.set()
        self._token += 1

    def close(self) -> None:
        """Cancel and wait for the thread to end."""
        self.cancel()
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True, cancel_futures=True)

    def _pass_on(self, token: int, value: object, failure: bool) -> None:
        if token == self._token:
            (self.failed if failure else self.told).emit(value)
