"""Listening without Qt: the document tells the window, and tests, what changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

Parameters = ParamSpec("Parameters")


class Event(Generic[Parameters]):
    """A list of callbacks.

    Every listener is called, in the order of connection, even where one before it failed; the
    first failure is raised afterwards.
    """

    def __init__(self) -> None:
        self._listeners: list[Callable[Parameters, object]] = []

    def connect(self, listener: Callable[Parameters, object]) -> None:
        """Call ``listener`` from now on; connecting it twice changes nothing."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def disconnect(self, listener: Callable[Parameters, object]) -> None:
        """Call it no more; unknown listeners are ignored, so that closing twice is harmless."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def emit(self, *arguments: Parameters.args, **named: Parameters.kwargs) -> None:
        """Call every listener."""
        failure: Exception | None = None
        for listener in tuple(self._listeners):
            try:
                listener(*arguments, **named)
            except Exception as error:
                failure = failure or error
        if failure is not None:
            raise failure
