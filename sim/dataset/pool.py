"""A pure function over many items in worker processes, results in order."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

from sim.dataset.executors import POLL, follow_parent, single_threaded_children

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_processes(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int, cancel: Callable[[], None]
) -> Iterator[Result]:
    """Results of ``function`` for every item, in the order of the items.

    Items are taken as they are needed, a few ahead of the results, so that memory stays flat.
    """
    if workers <= 1:
        for item in items:
            cancel()
            yield function(item)
        return
    context = multiprocessing.get_context("spawn")
    with (
        single_threaded_children(),
        ProcessPoolExecutor(workers, mp_context=context, initializer=follow_parent) as pool,
    ):
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                while len(waiting) > 2 * workers:
                    yield _result(waiting.popleft(), cancel)
            while waiting:
                yield _result(waiting.popleft(), cancel)
        finally:
            for future in waiting:
                future.cancel()


def _result(future: Future[Result], cancel: Callable[[], None]) -> Result:
    while True:
        cancel()
        try:
            return future.result(timeout=POLL)
        except FutureTimeout:
            if future.done():  # the function itself raised a TimeoutError
                raise
