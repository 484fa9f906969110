"""Progress for people (a line on stderr) and for programs (JSON lines on stdout)."""

from __future__ import annotations

import contextlib
import itertools
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.cli.interrupt import StopRequest, obey_lines, stoppable
from app.cli.streams import printable
from sim.core.errors import Cancelled, InputError

#: Version of the JSON events; raised when a reader would have to change.
EVENT_VERSION = 1

Event = dict[str, Any]

#: Attribute of an error of which the program that reads the events knows already.
REPORTED = "reported_as_event"


class Reporter(Protocol):
    """Receives events; ``close`` leaves the terminal tidy."""

    def __call__(self, event: Event) -> None: ...

    def close(self) -> None: ...


class Silent:
    """Says nothing."""

    def __call__(self, event: Event) -> None:
        return None

    def close(self) -> None:
        return None


class JsonLines:
    """One JSON object a line on stdout, flushed at once."""

    def __call__(self, event: Event) -> None:
        print(json.dumps({"version": EVENT_VERSION, **event}, ensure_ascii=True, allow_nan=False), flush=True)

    def close(self) -> None:
        return None


class Line:
    """A progress line on the terminal with rate and remaining time."""

    def __init__(self) -> None:
        self._bar: Any = None

    def __call__(self, event: Event) -> None:
        if event.get("event") != "progress":
            return
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(
                total=event["total"],
                initial=event["done"],
                unit="img",
                file=sys.stderr,
                dynamic_ncols=True,
                smoothing=0.1,
            )
        self._bar.update(event["done"] - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


@dataclass(frozen=True)
class Work:
    """What a long command hands to the engine.

    Attributes
    ----------
    cancel
        Raises ``Cancelled`` once the user wants to stop.
    report
        Receives progress events.
    machine
        Whether a program reads stdout, so that nothing but JSON lines may be written there.
    """

    cancel: Callable[[], None]
    report: Reporter
    machine: bool

    def finished(self, text: str, **summary: Any) -> None:
        """The result: as text for people, as an event for programs."""
        if self.machine:
            self.report({"event": "finished", **summary})
        else:
            self.report.close()
            for line in text.split("\n"):
                print(printable(line))


@contextlib.contextmanager
def working(progress: str) -> Iterator[Work]:
    """Surroundings of a long command: signals, progress, and in JSON mode the lines on stdin.

    Parameters
    ----------
    progress
        ``auto``, ``json`` or ``none``.
    """
    machine = progress == "json"
    report: Reporter = (
        JsonLines() if machine else Line() if progress == "auto" and sys.stderr.isatty() else Silent()
    )
    with stoppable() as request:
        if machine:
            obey_lines(request)
        try:
            yield Work(_announcing(request, report), report, machine)
        except (Exception, KeyboardInterrupt) as error:
            report(_last_event(error))
            if machine:
                setattr(error, REPORTED, True)
            raise
        finally:
            report.close()


@contextlib.contextmanager
def events_for_errors(arguments: Sequence[str]) -> Iterator[None]:
    """With ``--progress json`` on the command line, errors before :func:`working` are events too.

    A recipe is read, and options are checked, before there is work to report on.
    """
    words = list(arguments[: arguments.index("--")] if "--" in arguments else arguments)
    machine = "--progress=json" in words or ("--progress", "json") in itertools.pairwise(words)
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        if machine and not hasattr(error, REPORTED) and not isinstance(error, BrokenPipeError):
            JsonLines()(_last_event(error))
        raise


def _last_event(error: BaseException) -> Event:
    """How the work ended, for a program."""
    if isinstance(error, (Cancelled, KeyboardInterrupt)):
        return {"event": "cancelled"}
    event: Event = {"event": "error", "message": str(error) or type(error).__name__}
    if isinstance(error, InputError):
        event["parameter"] = error.parameter
    return event


def _announcing(request: StopRequest, report: Reporter) -> Callable[[], None]:
    """The request's ``cancel``, with an event before and after a pause."""

    def cancel() -> None:
        paused = request.paused
        if paused:
            report({"event": "paused"})
        request.cancel()
        if paused:
            report({"event": "resumed"})

    return cancel
