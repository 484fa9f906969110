"""The preview's conductor: takes requests from the window and keeps one worker busy with the newest.

One job runs and one waits.  A newer request takes the place of the waiting one and stops the running
one at its next stage, except within a movement (a dragged slider, a held key), whose images follow one
another onto the screen as fast as they are made.  What is older than the image on screen never arrives.

Of a slow image the worker first hands over a draft.  While it makes the exact one, the draft on screen can be
shown another way, in a thread of its own.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.gui.preview.results import Display, Failure, Result, Selection
from app.gui.preview.running import Running
from app.gui.preview.worker import Listener, PreviewWorker, Render, Request, failure_of, shown_anew
from sim.core.errors import Cancelled
from sim.recipe.model import Recipe

#: The exact image follows so long after the last change of a movement, milliseconds.
REST = 150
#: Changes that follow one another faster than this are one movement, seconds.
RAPID = 0.15
#: What is being made is told so often, milliseconds; of quick images nothing.
TELL = 250


class PreviewController(QObject):
    """Renders what the window shows, in one worker thread.

    Parameters
    ----------
    parent
        Owner.
    render
        Makes a sample of a job; another one only in tests.
    """

    #: A finished ``Result``.
    result = Signal(object)
    #: A ``Failure``.
    failed = Signal(object)
    #: Whether anything is being made.
    busy_changed = Signal(bool)
    #: What is being made (``Working``), told now and then while it takes a while; None when it is over.
    working = Signal(object)

    _finished = Signal(object, object)
    _drafted = Signal(object, object)
    _redrawn = Signal(object, object)

    def __init__(self, parent: QObject | None = None, *, render: Render | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview.controller")
        self._worker = PreviewWorker(render)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="nanophantom-preview")
        self._drawer = ThreadPoolExecutor(1, thread_name_prefix="nanophantom-preview-draft")
        self._running: Running | None = None
        self._pending: Request | None = None
        self._wanted: Request | None = None
        self._token = 0
        self._steps = 0
        self._samples = 0
        self._last_change = 0.0
        self._enabled = True
        self._busy = False
        self._dragging = False
        self._shown: Result | None = None
        self._closed = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._render_exactly)
        self._teller = QTimer(self)
        self._teller.setInterval(TELL)
        self._teller.timeout.connect(self._tell)
        self._drawing = False
        self._finished.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._drafted.connect(self._take_draft, Qt.ConnectionType.QueuedConnection)
        self._redrawn.connect(self._take_redrawn, Qt.ConnectionType.QueuedConnection)

    # --- requests ----------------------------------------------------------------------------

    def request(
        self, recipe: Recipe, selection: Selection, display: Display, *, dragging: bool = False
    ) -> None:
        """Ask for an image; nothing happens while the preview is off.

        Parameters
        ----------
        recipe, selection, display
            What to show.
        dragging
            Whether a movement goes on: drafts are then allowed, and the exact image follows when it
            rests.
        """
        if self._closed:
            return
        now = time.monotonic()
        before = self._wanted
        moving = dragging
        if before is not None and before.recipe is recipe and before.selection == selection:
            moving = moving or (before.moving and self._rest.isActive())
        elif before is not None and before.selection == selection:
            moving = moving or now - self._last_change < RAPID
        self._last_change = now
        if before is None or before.selection != selection:
            self._steps = self._samples = 0
        self._dragging = dragging
        wanted = Request(0, recipe, selection, display, moving=moving)
        if self._is_being_made(wanted):
            self.refresh_display(display)
        elif self._enabled:
            self._change(wanted)
        else:
            self._wanted = wanted
            self._rest.stop()

    def step(self, delta: int) -> None:
        """Go to the next (or an earlier) image of the selected class.

        Parameters
        ----------
        delta
            How many images on; negative goes back.  At the ends of the plan it stays where it is.
        """
        if self._closed or self._wanted is None or not delta:
            return
        now = time.monotonic()
        # With the live preview off, no exact image would follow a draft.
        moving = self._enabled and now - self._last_change < RAPID
        self._last_change = now
        self._steps += delta
        self._change(replace(self._wanted, moving=moving))

    def new_sample(self) -> None:
        """Go to the next specimen of the same kind: another member of what the recipe describes."""
        if self._closed or self._wanted is None:
            return
        self._last_change = time.monotonic()
        self._samples += 1
        self._change(replace(self._wanted, moving=False))

    def refresh_display(self, display: Display) -> None:
        """Show the last sample another way, without rendering anything."""
        if self._closed or self._wanted is None:
            return
        self._wanted = replace(self._wanted, display=display)
        if self._pending is not None:
            self._pending = replace(self._pending, display=display)
        if self._refining:
            # The exact image may be minutes away.
            self._redraw()
        elif self._pending is None:
            self._submit(replace(self._wanted, only_display=True))

    def set_enabled(self, enabled: bool) -> None:
        """Switch the live preview on or off; switching on renders nothing by itself."""
        if not enabled and self._rest.isActive():
            # A draft is never the last word.
            self._rest.stop()
            self._render_exactly()
        self._enabled = enabled

    @property
    def enabled(self) -> bool:
        """Whether changes are rendered as they come."""
        return self._enabled

    def refresh(self) -> None:
        """Render the newest request once, whether or not the preview is live; files are read again."""
        if self._closed or self._wanted is None:
            return
        self._rest.stop()
        self._wanted = replace(self._wanted, moving=False)
        self._submit(replace(self._wanted, reread=True))

    def gesture_ended(self) -> None:
        """A drag is over: the exact image need not wait any longer."""
        if self._rest.isActive() and self._wanted is not None and self._dragging:
            self._rest.stop()
            self._render_exactly()

    @property
    def busy(self) -> bool:
        """Whether anything is being made."""
        return self._busy

    def close(self) -> None:
        """Stop the worker and wait for its thread; nothing is shown afterwards."""
        if self._closed:
            return
        self._closed = True
        self._rest.stop()
        self._pending = None
        if self._running is not None:
            self._running.stop.set()
        self._teller.stop()
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._drawer.shutdown(wait=True, cancel_futures=True)
        self._running = None

    def _change(self, wanted: Request) -> None:
        """Make what is wanted now, and exactly when the movement that it is part of rests."""
        self._wanted = wanted
        if wanted.moving:
            self._rest.start()
        else:
            self._rest.stop()
        self._submit(wanted)

    def _is_being_made(self, wanted: Request) -> bool:
        """Whether the worker is on its way to exactly this image, and on nobody else's."""
        running, before = self._running, self._wanted
        return (
            self._refining
            and running is not None
            and before is not None
            and self._pending is None
            and not wanted.moving
            and running.request.recipe is wanted.recipe
            and before.selection == wanted.selection
            and not (self._steps or self._samples)
        )

    @property
    def _refining(self) -> bool:
        """Whether the draft on screen is being made exactly."""
        return self._running is not None and self._running.refining

    # --- the worker --------------------------------------------------------------------------

    def _render_exactly(self) -> None:
        if self._closed or self._wanted is None or not self._enabled:
            return
        wanted, shown = replace(self._wanted, moving=False), self._shown
        self._wanted = wanted
        fits = shown is not None and shown.recipe is wanted.recipe and shown.selection == wanted.selection
        if self._running is None and shown is not None and fits and not shown.draft:
            return  # fast enough to have been exact all along
        self._submit(wanted)

    def _submit(self, request: Request) -> None:
        self._token += 1
        steps, samples = (0, 0) if request.only_display else (self._steps, self._samples)
        request = replace(request, token=self._token, steps=steps, samples=samples)
        running = self._running
        if running is None:
            self._start(request)
            return
        self._pending = request
        if not request.only_display:
            running.overtaken = True
            if not running.request.moving:
                running.stop.set()
                self._tell()

    def _start(self, request: Request) -> None:
        running = Running(request)
        self._running = running
        self._set_busy(True)
        self._executor.submit(self._work, running)

    def _work(self, running: Running) -> None:
        """In the worker thread."""

        def cancel() -> None:
            if running.given_up:
                raise Cancelled("a newer preview was asked for")

        listener = Listener(
            draft=lambda result: self._drafted.emit(running, result),
            stage=running.stage,
        )
        outcome: Result | Failure | None = None
        try:
            outcome = self._worker.make(running.request, cancel, listener)
        except Cancelled:
            pass
        except Exception as error:
            outcome = failure_of(running.request.token, error)
        self._finished.emit(running, outcome)

    def _take_draft(self, running: Running, result: Result) -> None:
        """In the window's thread: show a draft; its exact image follows."""
        if self._closed or running is not self._running or running.stop.is_set():
            return
        running.drafted = True
        self._moved_to(running.request, result.selection)
        self._shown = result
        self.result.emit(result)
        self._tell()
        if self._wanted is not None and result.display != self._wanted.display:
            self._redraw()

    def _redraw(self) -> None:
        """Show the draft on screen as is wanted now; one drawing at a time, the newest last."""
        if self._drawing or self._shown is None or self._wanted is None:
            return
        self._drawing = True
        self._drawer.submit(self._draw, self._running, self._shown, self._wanted)

    def _draw(self, running: Running | None, result: Result, wanted: Request) -> None:
        """In a thread of its own."""
        made: Result | None = None
        try:
            made = shown_anew(result, replace(wanted, token=result.token))
        finally:
            self._redrawn.emit(running, made)

    def _take_redrawn(self, running: Running, result: Result | None) -> None:
        """In the window's thread: show the draft drawn anew, unless the exact image has come."""
        self._drawing = False
        if self._closed or result is None or running is not self._running or not self._refining:
            return
        self._shown = result
        self.result.emit(result)
        if self._wanted is not None and result.display != self._wanted.display:
            self._redraw()

    def _tell(self) -> None:
        """Say what is being made, where it takes a while."""
        running = self._running
        if running is not None and not self._closed:
            self.working.emit(running.told)

    def _take(self, running: Running, outcome: Result | Failure | None) -> None:
        """In the window's thread: show the outcome, start what waits."""
        if self._closed or running is not self._running:
            return
        stale = running.given_up
        self._running = None
        if isinstance(outcome, Result) and not stale and not running.drafted:
            self._moved_to(running.request, outcome.selection)
        waiting, self._pending = self._pending, None
        if waiting is not None:
            if not waiting.only_display and self._wanted is not None:
                waiting = replace(waiting, selection=self._wanted.selection, steps=self._steps)
                waiting = replace(waiting, samples=self._samples)
            self._start(waiting)
        else:
            self._set_busy(False)
        if stale or outcome is None:
            return
        if isinstance(outcome, Result):
            if not running.request.only_display:
                self._shown = outcome
            self.result.emit(outcome)
        else:
            self._shown = None
            self.failed.emit(outcome)
        self._follow_display(running, outcome)

    def _follow_display(self, running: Running, outcome: Result | Failure) -> None:
        """The way of showing may have changed while the exact image was made."""
        wanted = self._wanted
        if self._running is not None or wanted is None or not running.drafted:
            return
        if isinstance(outcome, Result) and outcome.display != wanted.display:
            self._submit(replace(wanted, only_display=True))

    def _moved_to(self, request: Request, selection: Selection) -> None:
        """The steps of a request have been made: go on from there."""
        if self._wanted is not None and self._wanted.selection == request.selection:
            self._steps -= request.steps
            self._samples -= request.samples
            self._wanted = replace(self._wanted, selection=selection)

    def _set_busy(self, busy: bool) -> None:
        if busy != self._busy:
            self._busy = busy
            if busy:
                self._teller.start()
            else:
                self._teller.stop()
                self.working.emit(None)
            self.busy_changed.emit(busy)
