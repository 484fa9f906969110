"""A function over files of unknown origin, each file in a child process of its own.

A damaged or hostile HDF5 file can crash the HDF5 library, and the process with it, or make it ask
for any amount of memory.  Here only the child dies, and the caller learns it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from types import ModuleType
from typing import Any, Generic, Protocol, TypeVar

from sim.dataset.executors import POLL, follow_parent, single_threaded_children

#: Memory that a child may take on top of what its task says, bytes: libraries, text, caches.
SPARE_MEMORY = 1 << 30
#: Processor time that a child may take on top of what its task says, seconds.
SPARE_SECONDS = 300

MEMORY_SENTENCE = "is damaged: reading it takes far more memory than such a file can need"
TIME_SENTENCE = "is damaged: reading it does not end"
CRASH_SENTENCE = "is damaged: reading it crashes the HDF5 library"

Result = TypeVar("Result")


class Task(Protocol):
    """What a child works on: picklable, and able to say what it may cost."""

    @property
    def memory(self) -> int:
        """Bytes that the work may need."""
        ...

    @property
    def seconds(self) -> int:
        """Processor time that the work may need."""
        ...


Item = TypeVar("Item", bound=Task)


@dataclass(frozen=True)
class Died:
    """The child ended without a result; ``problem`` says of the file what that means."""

    problem: str


@dataclass
class _Child(Generic[Result]):
    process: Any
    pipe: Connection
    result: list[Result | Died] = field(default_factory=list)


def map_in_children(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int, cancel: Callable[[], None]
) -> Iterator[Result | Died]:
    """Results of ``function`` for every item, in the order of the items; ``Died`` where there is none.

    Items are taken as they are needed, a few ahead of the results, so that memory stays flat.

    Parameters
    ----------
    function
        At the top of a module; it raises only what is a mistake of the program.
    workers
        Children at a time.
    """
    waiting: deque[_Child[Result]] = deque()
    source = iter(items)
    more = True
    with single_threaded_children():
        try:
            while more or waiting:
                cancel()
                while more and _running(waiting) < max(1, workers) and len(waiting) <= 2 * workers:
                    item = next(source, None)
                    if item is None:
                        more = False
                    else:
                        waiting.append(_start(function, item))
                _collect(waiting)
                while waiting and waiting[0].result:
                    yield waiting.popleft().result[0]
        finally:
            for child in waiting:
                if not child.result:
                    child.process.kill()
                    _end(child)


def _running(children: Iterable[_Child[Any]]) -> int:
    return sum(not child.result for child in children)


def _collect(children: Iterable[_Child[Any]]) -> None:
    """Take in what is there within a moment."""
    busy = {child.pipe: child for child in children if not child.result}
    for pipe in wait(list(busy), timeout=POLL):
        child = busy[pipe]  # type: ignore[index]
        try:
            child.result.append(child.pipe.recv())
        except (EOFError, OSError):  # it ended: the pipe's other end is closed
            child.process.join()
            child.result.append(Died(_sentence(child.process.exitcode)))
        _end(child)
        if isinstance(child.result[0], BaseException):
            raise child.result[0]


def _sentence(exit_code: int | None) -> str:
    if exit_code is not None and -exit_code == _time_signal():
        return TIME_SENTENCE
    return CRASH_SENTENCE


def _time_signal() -> int:
    import signal

    return int(getattr(signal, "SIGXCPU", 0)) or sys.maxsize


def _start(function: Callable[[Item], Result], item: Item) -> _Child[Result]:
    here, there = multiprocessing.Pipe(duplex=False)
    with there, _no_main():
        context: Any = _context()
        process = context.Process(target=_work, args=(function, item, there), daemon=True)
        process.start()
    return _Child(process, here)


def _context() -> Any:
    """Children of a server process without threads start in milliseconds, where there is such a thing."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["sim.dataset.check_shard", "sim.dataset.check_master"])
    return context


@contextlib.contextmanager
def _no_main() -> Iterator[None]:
    """Start a child without the user's main program, which it does not need.

    multiprocessing runs the main program again in every child: a script without a ``__main__``
    guard would begin anew there.
    """
    main = sys.modules.get("__main__")
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        if main is not None:
            sys.modules["__main__"] = main


def _end(child: _Child[Any]) -> None:
    child.process.join()
    child.pipe.close()
    child.process.close()


# --- in the child ----------------------------------------------------------------------------


def _work(function: Callable[[Any], Any], item: Task, pipe: Connection) -> None:
    follow_parent()
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)  # "Segmentation fault" and HDF5's last words are told in a sentence
    _limit(item.memory + SPARE_MEMORY, item.seconds + SPARE_SECONDS)
    result: Any
    try:
        result = function(item)
    except MemoryError:
        result = Died(MEMORY_SENTENCE)
    except Exception as error:
        result = RuntimeError(f"in a child process: {type(error).__name__}: {error}")
    pipe.send(result)
    pipe.close()


def _limit(memory: int, seconds: int) -> None:
    """Bound what the process may take from now on, where the system can."""
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(
            resource.RLIMIT_CPU, (_below(int(used.ru_utime + used.ru_stime) + seconds, hard), hard)
        )
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (_below(_address_space() + memory, hard), hard))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _below(wanted: int, hard: int) -> int:
    import resource

    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def _address_space() -> int:
    """Bytes of address space in use; libraries reserve much more than they take."""
    try:
        with open("/proc/self/statm") as stream:
            return int(stream.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 4 << 30
