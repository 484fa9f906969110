"""Who makes the shards: this process, or worker processes beside it.

Both hand every finished shard to the caller, who gives it its final name and journals it.  The
digest of a dataset does not depend on the executor or the number of workers.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait as wait_for_handles
from multiprocessing.sharedctypes import RawArray
from typing import Any

from sim.core.errors import Cancelled, InputError, NanophantomError
from sim.core.threads import VARIABLES
from sim.dataset.durable import disk_full, full_disk
from sim.dataset.shard import (
    PlanLike,
    Render,
    ShardSetting,
    ShardTask,
    WrittenShard,
    discard_shard,
    write_shard,
)

Accept = Callable[[WrittenShard], None]
#: Told how many images of unfinished shards are rendered.
Partial = Callable[[int], None]

#: A worker computes on one core; the libraries below it must not multiply that.
THREAD_LIMITS = (*VARIABLES, "NUMBA_NUM_THREADS")

#: Seconds between two looks at cancel and progress.
POLL = 0.05
#: ProcessPoolExecutor on Windows cannot wait for more.
MOST_WORKERS_WINDOWS = 61
CRASHES_BEFORE_QUARANTINE = 2
#: With so many shards set aside the trouble is not in the shards.
MOST_QUARANTINED = 3


@dataclass(frozen=True)
class Work:
    """How to make a shard; picklable and small, so that a worker gets it once.

    Attributes
    ----------
    make_plan
        Makes the plan anew in a worker.
    setting
        What all shards share.
    render
        Makes a sample of a job.
    """

    make_plan: Callable[[], PlanLike]
    setting: ShardSetting
    render: Render


@dataclass(frozen=True)
class Failure:
    """An error of a worker as plain data: not every exception survives the way between processes."""

    kind: str
    message: str
    parameter: str = ""
    problem: str = ""
    allowed: str = ""
    remedy: str = ""
    details: str = ""


def run_serial(
    tasks: Iterable[ShardTask],
    plan: PlanLike,
    work: Work,
    accept: Accept,
    partial: Partial,
    cancel: Callable[[], None],
) -> None:
    """Make the shards one after another in this process."""
    for task in tasks:
        done = 0

        def count() -> None:
            nonlocal done
            done += 1
            partial(done)

        accept(write_shard(task, plan, work.setting, work.render, cancel=cancel, on_image=count))


def run_processes(
    tasks: Iterable[ShardTask],
    workers: int,
    work: Work,
    accept: Accept,
    partial: Partial,
    cancel: Callable[[], None],
) -> None:
    """Make the shards in ``workers`` spawned processes, one shard a task.

    A worker that dies (out of memory, killed) takes the whole pool with it: the pool is rebuilt and
    the shards that were under way run again, one at a time, so that a second crash names its shard.
    That shard is set aside; the others are still made.

    Raises
    ------
    NanophantomError
        At the end, if shards were set aside.
    """
    if os.name == "nt":
        workers = min(workers, MOST_WORKERS_WINDOWS)
    _Pool(deque(tasks), workers, work, accept, partial, cancel).run()


class _Pool:
    """State of one run over worker processes."""

    def __init__(
        self,
        tasks: deque[ShardTask],
        workers: int,
        work: Work,
        accept: Accept,
        partial: Partial,
        cancel: Callable[[], None],
    ) -> None:
        self._tasks = tasks
        self._workers = max(1, min(workers, len(tasks)))
        self._work = work
        self._accept = accept
        self._partial = partial
        self._cancel = cancel
        self._suspects: deque[ShardTask] = deque()
        self._crashes: Counter[int] = Counter()
        self._quarantined: list[ShardTask] = []
        self._running: dict[Future[WrittenShard | Failure], tuple[ShardTask, int]] = {}
        # Slot 0 tells the workers to stop; the others count images of the tasks under way.  Plain
        # shared memory without a lock: a worker killed while holding one would stop all others.
        self._slots = RawArray("q", self._workers + 2)
        self._executor: ProcessPoolExecutor | None = None

    def run(self) -> None:
        with single_threaded_children():
            try:
                while self._tasks or self._suspects or self._running:
                    self._cancel()
                    self._submit()
                    done, _ = wait(self._running, timeout=POLL, return_when=FIRST_COMPLETED)
                    self._collect(done)
                    self._partial(sum(self._slots[slot] for _, slot in self._running.values()))
            finally:
                self._stop()
        if self._quarantined:
            raise NanophantomError(_quarantine_sentence(self._quarantined))

    def _submit(self) -> None:
        if self._suspects:
            if not self._running:
                self._start(self._suspects.popleft())
            return
        while self._tasks and len(self._running) <= self._workers:
            self._start(self._tasks.popleft())

    def _start(self, task: ShardTask) -> None:
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                self._workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin_worker,
                initargs=(self._work, self._slots),
            )
        taken = {slot for _, slot in self._running.values()}
        slot = next(number for number in range(1, len(self._slots)) if number not in taken)
        self._slots[slot] = 0
        try:
            self._running[self._executor.submit(_make, task, slot)] = (task, slot)
        except BrokenProcessPool:
            self._tasks.appendleft(task)
            self._rebuild()

    def _collect(self, done: set[Future[WrittenShard | Failure]]) -> None:
        broken = False
        for future in done:
            try:
                result = future.result()
            except BrokenProcessPool:
                broken = True
                continue
            self._running.pop(future)
            if isinstance(result, Failure):
                raise _error_of(result, self._work)
            self._accept(result)
        if broken:
            self._rebuild()

    def _rebuild(self) -> None:
        """After a crash: everything that was under way is under suspicion."""
        self._shut_down()
        under_way = []
        for future, (task, _) in self._running.items():
            result = _result_of(future)
            if isinstance(result, WrittenShard):
                self._accept(result)
            else:
                under_way.append(task)
        self._running.clear()
        for task in under_way:
            self._crashes[task.number] += 1
            if len(under_way) == 1 and self._crashes[task.number] >= CRASHES_BEFORE_QUARANTINE:
                self._quarantined.append(task)
                if len(self._quarantined) >= MOST_QUARANTINED:
                    raise NanophantomError(_quarantine_sentence(self._quarantined))
            else:
                self._suspects.append(task)

    def _shut_down(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    def _stop(self) -> None:
        """Tell the workers to stop, wait for them, drop what they had not handed over."""
        self._slots[0] = 1
        self._shut_down()
        for future in self._running:
            result = _result_of(future)
            if isinstance(result, WrittenShard):
                discard_shard(result)


def _result_of(future: Future[WrittenShard | Failure]) -> WrittenShard | Failure | None:
    """The result of a future of a pool that was shut down; None where there is none."""
    if not future.done() or future.cancelled() or future.exception() is not None:
        return None
    return future.result()


def _quarantine_sentence(tasks: list[ShardTask]) -> str:
    names = ", ".join(f"{task.number} (images {task.start} to {task.stop - 1})" for task in tasks)
    many = len(tasks) > 1
    return (
        f"{'shards' if many else 'shard'} {names}: the worker process died twice while making "
        f"{'them' if many else 'it'}, perhaps for want of memory; every other shard is finished and kept; "
        "run the same command with --resume and fewer workers."
    )


@contextlib.contextmanager
def single_threaded_children() -> Iterator[None]:
    """Set the thread limits that children read when they start; put the old values back afterwards."""
    before = {name: os.environ.get(name) for name in THREAD_LIMITS}
    os.environ.update(dict.fromkeys(THREAD_LIMITS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


# --- in the worker ---------------------------------------------------------------------------


@dataclass
class _Worker:
    """What one worker process keeps between tasks."""

    work: Work
    slots: Any
    plan: PlanLike | None = None


_worker: _Worker | None = None


def _begin_worker(work: Work, slots: Any) -> None:
    global _worker
    follow_parent()
    _worker = _Worker(work, slots)


def follow_parent() -> None:
    """Make a worker stop only when its parent says so or is gone."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent decides
    threading.Thread(target=_die_with_parent, name="parent-watch", daemon=True).start()


def _die_with_parent() -> None:
    """Leave when the parent is gone, even by kill −9: its end of a pipe closes then."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for_handles([parent.sentinel])
        os._exit(1)


def _make(task: ShardTask, slot: int) -> WrittenShard | Failure:
    worker = _worker
    assert worker is not None

    def cancel() -> None:
        if worker.slots[0]:
            raise Cancelled("stopped")

    def count() -> None:
        worker.slots[slot] += 1

    try:
        if worker.plan is None:
            worker.plan = worker.work.make_plan()
        return write_shard(
            task, worker.plan, worker.work.setting, worker.work.render, cancel=cancel, on_image=count
        )
    except Exception as error:  # carried home as data, whatever it is
        return _failure_of(error)


def _failure_of(error: Exception) -> Failure:
    details = traceback.format_exc()
    if isinstance(error, Cancelled):
        return Failure("cancelled", str(error))
    if disk_full(error):
        return Failure("disk", str(error))
    if isinstance(error, InputError):
        return Failure(
            "input", str(error), error.parameter, error.problem, error.allowed, error.remedy, details
        )
    if isinstance(error, NanophantomError):
        return Failure(type(error).__name__, str(error), details=details)
    return Failure("unexpected", f"{type(error).__name__}: {error}", details=details)


def _error_of(failure: Failure, work: Work) -> Exception:
    """The error to raise in the parent."""
    if failure.kind == "cancelled":
        return Cancelled(failure.message)
    if failure.kind == "disk":
        return full_disk(work.setting.directory)
    if failure.kind == "input":
        error = InputError(failure.parameter, failure.problem, allowed=failure.allowed, remedy=failure.remedy)
        error.args = (failure.message,)
        return error
    if failure.kind == "unexpected":
        return RuntimeError(f"in a worker process: {failure.message}\n{failure.details}")
    import sim.core.errors

    kind = getattr(sim.core.errors, failure.kind, NanophantomError)
    return kind(failure.message) if issubclass(kind, NanophantomError) else NanophantomError(failure.message)
