"""The export as a child process: the command line of this program, driven by lines and read as events."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from app.gui.exporting.advice import for_window
from app.gui.exporting.child import Child
from app.gui.exporting.event_lines import Event, counted, event_in
from app.gui.exporting.outcome import ACTIVE, Outcome, State
from app.gui.exporting.run_spec import RunSpec, Step, command, recipe_file, write_recipe
from sim.core.errors import InputError, NanophantomError

#: Seconds that a child has to stop after it was asked to, before it is killed.
PATIENCE = 10.0
#: How the command line says that it was stopped on request.
INTERRUPTED = "interrupted; finished shards are kept"


class RunProcess(QObject):
    """Runs the steps of an export one after another, each in a child process.

    The child is this program's command line with JSON lines on stdout; pause, resume and cancel are
    lines on its stdin, and the end of its stdin stops it too, should this process die.

    Parameters
    ----------
    command_of
        Program and arguments for the words of a command line; tests put another program in.
    """

    #: The new state.
    state_changed = Signal(str)
    #: Title of the step that begins.
    step_begun = Signal(str)
    #: Images done, images in all.
    progressed = Signal(int, int)
    #: A line for the log.
    logged = Signal(str)
    #: An :class:`Outcome`, once for every start.
    ended = Signal(object)
    _prepared = Signal(object)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        command_of: Callable[[list[str]], tuple[str, list[str]]] = command,
    ) -> None:
        super().__init__(parent)
        self._command_of = command_of
        self._child: Child | None = None
        self._thread: threading.Thread | None = None
        self._kill_timer = QTimer(self)
        self._kill_timer.setSingleShot(True)
        self._kill_timer.setInterval(int(PATIENCE * 1000))
        self._kill_timer.timeout.connect(self.kill)
        self._prepared.connect(self._begin_prepared)
        self._state: State = "idle"
        self._steps: tuple[Step, ...] = ()
        self._position = 0
        self._resuming = False
        self._closed = False
        self._forget()

    def _forget(self) -> None:
        """Forget what an earlier chain has told."""
        self._results: dict[str, Event] = {}
        self._exported: Path | None = None
        self._begin_step_facts()

    def _begin_step_facts(self) -> None:
        self._result: Event | None = None
        self._error: Event | None = None
        self._last_words = ""

    # --- what is going on --------------------------------------------------------------------

    @property
    def state(self) -> State:
        """What is going on."""
        return self._state

    @property
    def active(self) -> bool:
        """Whether a chain is under way."""
        return self._state in ACTIVE

    @property
    def step(self) -> Step | None:
        """The step under way, or the last one."""
        return self._steps[self._position] if self._steps else None

    def process_id(self) -> int:
        """Of the child; 0 where there is none."""
        return self._child.process_id() if self._child is not None else 0

    # --- what can be asked -------------------------------------------------------------------

    def start(self, spec: RunSpec) -> None:
        """Begin an export.

        Raises
        ------
        InputError
            While another one is going on.
        """
        self._start(spec.steps())

    def verify(self, dataset: Path, workers: int = 1) -> None:
        """Hash a finished dataset again.

        Raises
        ------
        InputError
            While an export is going on.
        """
        self._start((Step("verify", dataset, None, workers),))

    def resume_chain(self) -> None:
        """Go on with the chain that was cancelled or has failed, at the step where it stopped.

        Raises
        ------
        InputError
            If there is none.
        """
        if self._state not in ("cancelled", "failed") or not self._steps:
            raise InputError("export", "there is no interrupted export", remedy="start a new one")
        self._resuming = True
        self._set_state("starting")
        self._prepare()

    def _start(self, steps: tuple[Step, ...]) -> None:
        if self.active:
            raise InputError(
                "export", "another export is going on", remedy="wait for it to end, or cancel it first"
            )
        self._steps, self._position, self._resuming = steps, 0, False
        self._forget()
        self._set_state("starting")
        self._prepare()

    def pause(self) -> None:
        """Hold as soon as the child looks; nothing happens where it cannot be held."""
        if self._state == "running" and self.step is not None and self.step.reports:
            self._set_state("pausing")
            self._tell("pause")

    def resume(self) -> None:
        """Go on after a pause."""
        if self._state in ("pausing", "paused"):
            self._set_state("running")
            self._tell("resume")

    def cancel(self) -> None:
        """Stop: finished shards are kept.  A child that does not stop in time is killed."""
        if not self.active or self._state == "cancelling":
            return
        self._set_state("cancelling")
        self._kill_timer.start()
        if self._child is not None:
            if self.step is not None and self.step.reports:
                self._child.say("cancel")
            else:
                self._child.terminate()

    def kill(self) -> None:
        """End the child at once; what it had finished is safe."""
        if self._child is not None:
            self._child.kill()

    def close(self, patience: float = 2.0) -> None:
        """Stop everything; waits for the child up to ``patience`` seconds, then kills it."""
        if self._closed:
            return
        self._closed = True
        self._kill_timer.stop()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        if self._child is not None:
            self._child.close(patience)
            self._release()
            self._state = "cancelled"

    # --- one step after another --------------------------------------------------------------

    def _prepare(self) -> None:
        """Write the recipe of a run: in a thread, as it may have thousands of files and is fsynced."""
        step = self.step
        if step is None or step.kind != "run" or step.spec is None:
            self._begin()
            return
        spec = step.spec

        def work() -> None:
            fault: object = None
            try:
                write_recipe(spec)
            except NanophantomError as error:
                fault = error
            with contextlib.suppress(RuntimeError):  # the window was closed in between
                self._prepared.emit(fault)

        self._thread = threading.Thread(target=work, name="nanophantom-run-recipe")
        self._thread.start()

    def _begin_prepared(self, fault: object) -> None:
        if self._closed:
            return
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        if isinstance(fault, Exception):
            self._end("failed", str(fault))
        elif self._state == "cancelling":
            self._end("cancelled", "Cancelled before anything was made.")
        else:
            self._begin()

    def _begin(self) -> None:
        step = self.step
        assert step is not None
        self._begin_step_facts()
        words = step.arguments(resume=self._resuming)
        if step.kind == "export":
            self._exported = Path(words[words.index("--output") + 1])
        program, arguments = self._command_of(words)
        child = Child(program, arguments, self)
        child.line.connect(self._take)
        child.words.connect(self._take_words)
        child.ended.connect(self._child_ended)
        child.not_started.connect(self._not_started)
        self._child = child
        self.step_begun.emit(step.title)
        self.logged.emit(self._beginning(step))
        child.start()
        self._set_state("running")

    def _tell(self, word: str) -> None:
        if self._child is not None:
            self._child.say(word)

    def _beginning(self, step: Step) -> str:
        """The first line of a step in the log."""
        if step.kind == "run" and step.spec is not None:
            crew = "one worker" if step.spec.workers == 1 else f"{step.spec.workers} workers"
            again = "Going on with" if self._resuming or step.spec.resume else "Rendering"
            return f"{again} {step.spec.images:,} images with {crew}: {step.dataset}"
        place = self._exported if step.kind == "export" else step.dataset
        return f"{step.title}: {place}"

    def _take_words(self, line: str) -> None:
        if self._state == "cancelling" and INTERRUPTED in line:
            return  # its advice is for a terminal
        if line.strip():
            self._last_words = line.strip()
            self.logged.emit(for_window(line))

    def _take(self, line: str) -> None:
        """One line of the child's stdout."""
        event = event_in(line)
        if event is None:
            self._take_words(line)
            return
        name = event["event"]
        if name == "progress":
            numbers = counted(event)
            if numbers is not None:
                self.progressed.emit(numbers.done, numbers.total)
        elif name == "paused" and self._state == "pausing":
            self._set_state("paused")
        elif name == "finished":
            self._result = event
        elif name == "error":
            self._error = event

    def _not_started(self, reason: str) -> None:
        self._release()
        self._end("failed", f"The export process could not be started ({reason}).")

    def _child_ended(self, code: int, crashed: bool) -> None:
        self._kill_timer.stop()
        self._release()
        step = self.step
        assert step is not None
        done = not crashed and self._is_done(step, code)
        if done:
            self._results[step.kind] = self._result or {}
            self._tell_warnings()
        if self._state == "cancelling" and not (done and self._position + 1 == len(self._steps)):
            # What is done stays done: going on begins with what was not.
            self._position += 1 if done else 0
            self._end("cancelled", "Cancelled; finished shards are kept.")
        elif not done:
            self._end("failed", self._why(code, crashed))
        elif self._position + 1 < len(self._steps):
            self._position += 1
            held = self._state in ("pausing", "paused")
            self._begin()
            if held:
                self.pause()
        else:
            self._end("finished", "")

    def _is_done(self, step: Step, code: int) -> bool:
        if step.kind == "verify":
            return self._result is not None and code in (0, 1)  # 1: it has found differences
        return code == 0 and (self._result is not None or not step.reports)

    def _tell_warnings(self) -> None:
        for key in ("warnings", "notes", "problems"):
            for sentence in _sentences(self._result, key):
                self.logged.emit(sentence)

    def _why(self, code: int, crashed: bool) -> str:
        """Why a step has failed, in a sentence."""
        if self._error is not None and self._error.get("message"):
            return for_window(str(self._error["message"]))
        if crashed:
            return f"The export process died (signal {code}); finished shards are kept."
        if self._last_words:
            return for_window(self._last_words.removeprefix("nanophantom: "))
        return f"The export process ended with code {code} and said nothing."

    def _release(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.deleteLater()

    def _end(self, state: Literal["finished", "cancelled", "failed"], message: str) -> None:
        self._kill_timer.stop()
        step = self.step
        assert step is not None
        made = self._results.get("run") or self._results.get("verify") or {}
        verified = self._results.get("verify")
        spec = step.spec
        if state == "finished" and spec is not None:
            with contextlib.suppress(OSError):
                recipe_file(spec.output).unlink(missing_ok=True)
        outcome = Outcome(
            state=state,
            message=message,
            dataset=step.dataset,
            spec=spec,
            images=_whole(made.get("images")),
            content_sha256=str(made.get("content_sha256") or ""),
            sound=None if verified is None else bool(verified.get("sound")),
            problems=tuple(_sentences(verified, "problems")),
            warnings=tuple(_sentences(self._results.get("run"), "warnings"))
            + tuple(_sentences(self._results.get("export"), "warnings")),
            export=self._exported if "export" in self._results else None,
            resumable=state != "finished",
        )
        self._set_state(state)
        if message:
            self.logged.emit(message)
        self.ended.emit(outcome)

    def _set_state(self, state: State) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _sentences(event: Event | None, key: str) -> list[str]:
    found = (event or {}).get(key)
    return [str(item) for item in found] if isinstance(found, list) else []
